"""Loci with published evidence of adaptive introgression, to label candidates and segments with.

The list of the package names genes, with coordinates in hg19 and hg38 and the article. Genes have their RefSeq
coordinates; the locus of severe COVID-19 has those of the article.
"""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import UsageError
from archaictools.intervals import overlapping_pairs
from archaictools.io.bed import read_bed
from archaictools.io.builds import UNKNOWN, build_of
from archaictools.io.chromosomes import bare
from archaictools.io.tables import COORDINATE, Columns, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")

#: Builds of the list of the package.
BUILDS = ("hg19", "hg38")

#: Label of an interval that overlaps no locus.
NO_LOCUS = "."

_FILE = ("data", "published_loci.tsv")


def published_loci(build: str) -> pd.DataFrame:
    """Return the loci of the package: ``chrom, start, end, locus, source, doi``.

    Parameters
    ----------
    build
        One of :data:`BUILDS`.

    Examples
    --------
    >>> published_loci("hg19").query("locus == 'EPAS1'")[["chrom", "start", "end"]].to_numpy().tolist()
    [['chr2', 46524540, 46613842]]
    """
    path = Path(str(resources.files("archaictools.haplotypes").joinpath(*_FILE)))
    names = {f"{build}_start": "start", f"{build}_end": "end"}
    columns: Columns = {"locus": str, "chrom": str, **dict.fromkeys(names, COORDINATE), "source": str, "doi": str}
    table = pd.concat(list(read_table(path, columns)), ignore_index=True).rename(columns=names)
    return table[["chrom", "start", "end", "locus", "source", "doi"]]


def loci_of_build(given: str, lengths: Mapping[str, int]) -> pd.DataFrame | None:
    """Return the loci of the package; None, with a warning, if the build is not known.

    Parameters
    ----------
    given
        One of :data:`BUILDS`, or ``auto`` for the one that the lengths tell.
    lengths
        Chromosome lengths in bp of the headers.

    Raises
    ------
    UsageError
        If the lengths are those of another build than the given one.
    """
    found = build_of(lengths)
    if given != "auto" and found not in (UNKNOWN, given):
        raise UsageError(f"--build is {given}, but the chromosomes of the VCFs have the lengths of {found}")
    build = found if given == "auto" else given
    if build == UNKNOWN:
        log.warning(
            "the headers of the VCFs do not tell the build, so the published loci are NA: give --build or --loci"
        )
        return None
    return published_loci(build)


def read_loci(path: Path, *, tally: Summary) -> pd.DataFrame:
    """Return the loci of a BED, ``chrom, start, end, locus``; rows without a name are named by their coordinates.

    Raises
    ------
    InputError
        If the file is no BED, or holds no interval.
    """
    table = read_bed(path, tally=tally, group="loci").reset_index(drop=True)
    place = table["chrom"] + ":" + (table["start"] + 1).astype(str) + "-" + table["end"].astype(str)
    name = table["name"].where(table["name"] != ".", place)
    return table[["chrom", "start", "end"]].assign(locus=name)


def label(table: pd.DataFrame, loci: pd.DataFrame) -> pd.Series[str]:
    """Return the names of the loci that each interval overlaps, separated by commas; ``.`` for none.

    Parameters
    ----------
    table
        ``chrom, start, end``, in any order; chromosomes in either style of names.
    loci
        As :func:`published_loci` or :func:`read_loci` returns them.

    Examples
    --------
    >>> rows = pd.DataFrame({"chrom": ["2", "2"], "start": [46_500_000, 0], "end": [46_540_000, 40_000]})
    >>> label(rows, published_loci("hg19")).tolist()
    ['EPAS1', '.']
    """
    found: list[list[str]] = [[] for _ in range(len(table))]
    own, other = (frame["chrom"].map(bare).to_numpy() for frame in (table, loci))
    start, end = (table[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    first, last = (loci[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    names: Sequence[str] = loci["locus"].tolist()
    for chrom in np.unique(other):
        rows, those = np.flatnonzero(own == chrom), np.flatnonzero(other == chrom)
        pairs = overlapping_pairs(start[rows], end[rows], first[those], last[those])
        for row, locus in sorted(zip(rows[pairs[0]].tolist(), those[pairs[1]].tolist(), strict=True)):
            if names[locus] not in found[row]:
                found[row].append(names[locus])
    return pd.Series([",".join(labels) or NO_LOCUS for labels in found], index=table.index, dtype=object)
