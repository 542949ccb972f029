"""Genes and the intervals that overlap them: what both wings count genes with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.intervals import end_to_end, overlapping_pairs
from archaictools.io.bed import score

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

#: Columns of a table of genes that name a gene and its location.
GENE_COLUMNS = ["gene", "chrom", "start", "end", "strand"]

#: Genes that are overlapped at a time, which bounds the pairs in memory.
GENES_AT_ONCE = 2_000


def coordinates(frame: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the starts and ends of the rows of a table."""
    return frame["start"].to_numpy(dtype=np.int64), frame["end"].to_numpy(dtype=np.int64)


def highest_end(*frames: pd.DataFrame) -> int:
    """Return the highest end in some tables, 0 if all are empty."""
    return max(int(frame["end"].max()) if len(frame) else 0 for frame in frames)


def overlaps(genes: pd.DataFrame, intervals: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the pairs of a gene and an interval that share a base, :data:`GENES_AT_ONCE` genes at a time.

    Parameters
    ----------
    genes, intervals
        Tables with ``chrom, start, end`` (0-based and half-open, in bp) and any other columns.

    Yields
    ------
    pandas.DataFrame
        The interval's columns with ``_w`` at the end of their names, ``gene`` (the row number in ``genes``) and
        ``bases`` (the number of shared bases).
    """
    code, names = pd.factorize(intervals["chrom"])
    own = pd.Index(names).get_indexer(genes["chrom"])
    longest = highest_end(genes, intervals)
    start, end = end_to_end(code, *coordinates(intervals), longest=longest)
    first, last = end_to_end(own, *coordinates(genes), longest=longest)
    here = np.flatnonzero(own >= 0)
    here = here[np.argsort(first[here], kind="stable")]
    for begin in range(0, len(here), GENES_AT_ONCE):
        part = here[begin : begin + GENES_AT_ONCE]
        near = np.flatnonzero((start < last[part].max()) & (end > first[part[0]]))
        pairs = overlapping_pairs(first[part], last[part], start[near], end[near])
        gene, interval = part[pairs[0]], near[pairs[1]]
        if len(gene):
            bases = np.minimum(last[gene], end[interval]) - np.maximum(first[gene], start[interval])
            found = intervals.iloc[interval].add_suffix("_w").reset_index(drop=True)
            yield found.assign(gene=gene, bases=bases)


def genes_bed(table: pd.DataFrame, probability: str) -> pd.DataFrame:
    """Return genes as BED6; the score is 1000 times the named column."""
    return pd.DataFrame(
        {
            "chrom": table["chrom"],
            "start": table["start"],
            "end": table["end"],
            "name": table["gene"],
            "score": score(table[probability].to_numpy()),
            "strand": table["strand"],
        }
    )
