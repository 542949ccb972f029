"""From predictions along the genome to a statement about every gene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bioframe
import numpy as np
import pandas as pd

from archaictools.formats.bed import score
from archaictools.formats.bigwig import is_bigwig, mean_over_overlaps, read_bigwig
from archaictools.formats.genome import require_chromosomes
from archaictools.formats.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

COLUMNS = ["gene", "chrom", "start", "end", "strand", "windows", "mean", "max", "fraction", "call", "seen"]

#: What is added up over the windows of a gene, and how. A sum with an unknown part is unknown.
_TOTALS: dict[str, Any] = {
    "windows": "sum",
    "weight": "sum",
    "bases": "sum",
    "sum": "sum",
    "above": "sum",
    "seen": lambda values: values.sum(skipna=False),
    "max": "max",
}

#: Genes overlapped with windows at a time: bounds the number of pairs held in memory.
BATCH = 2_000


def read_predictions(path: Path) -> Iterator[pd.DataFrame]:
    """Stream a prediction table or a bigWig as ``chrom, start, end, probability, seen`` (NaN where it is not told)."""
    if is_bigwig(path):
        for chrom, (starts, ends, values) in read_bigwig(path):
            yield pd.DataFrame({"chrom": chrom, "start": starts, "end": ends, "probability": values, "seen": np.nan})
    else:
        columns = {"chrom": str, "start": int, "end": int, "probability": float}
        for frame in read_table(path, columns, optional={"seen": int}):
            yield frame if "seen" in frame else frame.assign(seen=np.nan)


def summarise_genes(
    genes: pd.DataFrame,
    windows: Iterable[pd.DataFrame],
    *,
    threshold: float = 0.5,
    source: Path | str = "the annotation",
) -> pd.DataFrame:
    """Summarise predictions over genes.

    Parameters
    ----------
    genes
        ``chrom, start, end, name, strand``.
    windows
        Predictions as from :func:`read_predictions`, in pieces that each hold whole chromosomes.
    threshold
        From which a base counts as introgressed, and a gene's mean as a call.
    source
        Where the genes come from, named in errors.

    Returns
    -------
    pandas.DataFrame
        One row a gene, sorted by chromosome and start: ``gene, chrom, start, end, strand``; ``windows`` (that
        overlap it); ``mean`` and ``fraction`` (mean probability, and share with probability at or above the
        threshold, of the gene's bases that lie in windows; where windows overlap, a base has their mean, as in a
        track); ``max``; ``call`` (``introgressed`` when the mean reaches the threshold, ``free`` when not, ``NA``
        without a window); ``seen`` (share of its windows that training saw, each weighed by its overlap: their
        probabilities are not held-out).

    Raises
    ------
    InputError
        If no gene lies on a chromosome that has predictions.
    """
    genes = genes.sort_values(["chrom", "start", "end", "name"], kind="stable").reset_index(drop=True)
    found: list[pd.DataFrame] = []
    chroms: set[str] = set()
    for frame in windows:
        chroms.update(frame["chrom"].unique())
        found.extend(_of_windows(genes, frame))
        found.extend(_of_bases(genes, _track(frame), threshold))
    if not chroms & set(genes["chrom"]):
        require_chromosomes(genes["chrom"], chroms, source=source, genome="the predictions")
    totals = pd.concat(found) if found else pd.DataFrame(columns=["gene", *_TOTALS])
    # A gene meets its windows in one piece, unless the pieces split its chromosome: then the parts add up.
    totals = totals.groupby("gene").agg(_TOTALS).reindex(range(len(genes)))
    mean = (totals["sum"] / totals["bases"]).to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "gene": genes["name"],
            "chrom": genes["chrom"],
            "start": genes["start"],
            "end": genes["end"],
            "strand": genes["strand"],
            "windows": totals["windows"].fillna(0).astype(int),
            "mean": mean,
            "max": totals["max"].astype(float),
            "fraction": (totals["above"] / totals["bases"]).astype(float),
            "call": np.where(np.isnan(mean), "NA", np.where(mean >= threshold, "introgressed", "free")),
            "seen": (totals["seen"] / totals["weight"]).astype(float),
        }
    )[COLUMNS]


def _track(windows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of windows over the bases that they cover: intervals that do not overlap."""
    parts = []
    for chrom, rows in windows.groupby("chrom", sort=False):
        columns = (rows[name].to_numpy() for name in ("start", "end", "probability"))
        start, end, mean = mean_over_overlaps(*columns)
        parts.append(pd.DataFrame({"chrom": chrom, "start": start, "end": end, "probability": mean}))
    return pd.concat(parts) if parts else windows


def overlaps(genes: pd.DataFrame, intervals: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield overlaps of genes and intervals: the gene as a number, the interval's columns ending in ``_w``, bases."""
    here = genes[genes["chrom"].isin(intervals["chrom"].unique())]
    for first in range(0, len(here), BATCH):
        part = here.iloc[first : first + BATCH].reset_index(names="gene")
        pairs = bioframe.overlap(
            part[["chrom", "start", "end", "gene"]], intervals, how="inner", suffixes=("", "_w"), return_overlap=True
        )
        if not pairs.empty:
            bases = (pairs["overlap_end"] - pairs["overlap_start"]).astype("int64")
            yield pairs.assign(bases=bases)


def _of_windows(genes: pd.DataFrame, windows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield what is told of genes by windows: how many, the highest, and what training saw."""
    for pairs in overlaps(genes, windows):
        told = pairs.assign(
            windows=1, weight=pairs["bases"], seen=pairs["bases"] * pairs["seen_w"].astype(float),
            max=pairs["probability_w"].astype(float), bases=0, sum=0.0, above=0,
        )  # fmt: skip
        yield told.groupby("gene", as_index=False).agg(_TOTALS)


def _of_bases(genes: pd.DataFrame, track: pd.DataFrame, threshold: float) -> Iterator[pd.DataFrame]:
    """Yield what is told of genes by their bases: how many, the sum of their means, and those above the threshold."""
    for pairs in overlaps(genes, track):
        bases, mean = pairs["bases"], pairs["probability_w"].astype(float)
        told = pairs.assign(
            windows=0, weight=0, seen=0.0, max=mean, sum=bases * mean, above=bases * (mean >= threshold)
        )
        yield told.groupby("gene", as_index=False).agg(_TOTALS)


def genes_bed(table: pd.DataFrame) -> pd.DataFrame:
    """Return genes with a call as BED6; the score is 1000 times the mean probability."""
    called = table[table["call"] != "NA"]
    return pd.DataFrame(
        {
            "chrom": called["chrom"],
            "start": called["start"],
            "end": called["end"],
            "name": called["gene"],
            "score": score(called["mean"].to_numpy()),
            "strand": called["strand"],
        }
    )
