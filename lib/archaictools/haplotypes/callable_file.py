"""Callable regions of people: the file that tells a region without segments from one without data."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.intervals import IntervalSet
from archaictools.io.bed import iter_bed
from archaictools.io.tables import COUNT

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.io.summary import Summary


def callable_file_of(segments: Path) -> Path:
    """Return the name of the file of callable regions that belongs to a table of segments.

    Examples
    --------
    >>> from pathlib import Path
    >>> callable_file_of(Path("calls/x.tsv")).as_posix(), callable_file_of(Path("x.tsv.gz")).as_posix()
    ('calls/x.callable.bed', 'x.callable.bed')
    """
    plain = segments.with_suffix("") if segments.suffix in {".gz", ".bgz"} else segments
    return plain.with_suffix(".callable.bed")


def callable_file_beside(segments: Path | None) -> Path | None:
    """Return where the callable regions of a table to be written go; None if there is none, or if it is a stream."""
    file = segments is not None and (segments.is_file() or not segments.exists())
    return callable_file_of(segments) if segments is not None and file else None


def read_callable_file(path: Path, *, tally: Summary) -> dict[str, IntervalSet]:
    """Return the regions that are callable in at least one haplotype.

    Parameters
    ----------
    path
        BED of three columns (a mask), or with the number of haplotypes that have data in the fourth, as ``predict``
        writes it. An empty file means that nothing is callable.
    tally
        Counts rows of zero length, under the class ``callable``.

    Returns
    -------
    dict
        Callable regions by the chromosome's name in the file.
    """
    if path.is_file() and not path.stat().st_size:
        return {}
    parts: dict[str, list[np.ndarray]] = defaultdict(list)
    for frame in iter_bed(path, tally=tally, group="callable"):
        with_data = frame[frame["name"] != "0"]
        for chrom, rows in with_data.groupby("chrom", observed=True):
            parts[str(chrom)].append(rows[["start", "end"]].to_numpy())
    return {chrom: IntervalSet.merged(*np.concatenate(pieces).T) for chrom, pieces in parts.items()}


def read_callable_counts(path: Path, *, haplotypes: int, tally: Summary) -> pd.DataFrame:
    """Return how many haplotypes have data: ``chrom, start, end, haplotypes``, in the order of the file.

    Parameters
    ----------
    path
        As for :func:`read_callable_file`.
    haplotypes
        Number of all haplotypes, which a mask of three columns stands for.
    tally
        Counts rows of zero length, under the class ``callable``.

    Raises
    ------
    InputError
        If a number is not a whole one of 0 or more.
    """
    empty = pd.DataFrame({"chrom": [], "start": [], "end": [], "haplotypes": []})
    if path.is_file() and not path.stat().st_size:
        return empty.astype({"chrom": str, "start": np.int64, "end": np.int64, "haplotypes": np.int64})
    parts = []
    for frame in iter_bed(path, tally=tally, group="callable"):
        text = frame["name"].astype(str)
        count = COUNT.read(text.where(text != ".", str(haplotypes)).rename("name"), path)
        parts.append(frame[["chrom", "start", "end"]].astype({"chrom": str}).assign(haplotypes=count))
    table = pd.concat(parts, ignore_index=True)
    return table[table["haplotypes"] > 0].reset_index(drop=True)
