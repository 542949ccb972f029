"""What was read of people's genomes: the file beside a table of segments, without which nothing found is no finding."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from archaictools.intervals import IntervalSet
from archaictools.io.bed import iter_bed

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.io.summary import Summary


def companion_of(segments: Path) -> Path:
    """Return the name of the companion of a table of segments.

    Examples
    --------
    >>> from pathlib import Path
    >>> companion_of(Path("calls/x.tsv")).as_posix(), companion_of(Path("x.tsv.gz")).as_posix()
    ('calls/x.callable.bed', 'x.callable.bed')
    """
    plain = segments.with_suffix("") if segments.suffix in {".gz", ".bgz"} else segments
    return plain.with_suffix(".callable.bed")


def read_companion(path: Path, *, tally: Summary) -> dict[str, IntervalSet]:
    """Read what was called in at least one haplotype.

    Parameters
    ----------
    path
        BED of three columns (a mask), or with the number of haplotypes that were read in the fourth, as
        ``predict --segments`` writes it. An empty file is no mistake: nothing was read.
    tally
        Counts rows that hold nothing, under the class ``callable``.

    Returns
    -------
    dict
        Chromosome, as the file names it, to what was read.
    """
    if path.is_file() and not path.stat().st_size:
        return {}
    parts: dict[str, list[np.ndarray]] = defaultdict(list)
    for frame in iter_bed(path, tally=tally, group="callable"):
        read = frame[frame["name"] != "0"]
        for chrom, rows in read.groupby("chrom", observed=True):
            parts[str(chrom)].append(rows[["start", "end"]].to_numpy())
    return {chrom: IntervalSet.merged(*np.concatenate(pieces).T) for chrom, pieces in parts.items()}
