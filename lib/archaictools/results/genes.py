"""From predictions along the genome to a statement about every gene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bioframe
import numpy as np
import pandas as pd

from archaictools.formats.bed import score
from archaictools.formats.bigwig import is_bigwig, read_bigwig
from archaictools.formats.genome import require_chromosomes
from archaictools.formats.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

COLUMNS = ["gene", "chrom", "start", "end", "strand", "windows", "mean", "max", "fraction", "call", "seen"]

#: What is added up over the windows of a gene, and how. A sum with an unknown part is unknown.
_TOTALS: dict[str, Any] = {
    "windows": "sum",
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
        threshold, of the gene's bases that lie in windows, each window weighed by its overlap); ``max``; ``call``
        (``introgressed`` when the mean reaches the threshold, ``free`` when not, ``NA`` without a window); ``seen``
        (share of those bases whose windows training saw: their probabilities are not held-out).

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
        found.extend(_overlaps(genes, frame, threshold))
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
            "seen": (totals["seen"] / totals["bases"]).astype(float),
        }
    )[COLUMNS]


def _overlaps(genes: pd.DataFrame, windows: pd.DataFrame, threshold: float) -> Iterator[pd.DataFrame]:
    here = genes[genes["chrom"].isin(windows["chrom"].unique())]
    for first in range(0, len(here), BATCH):
        part = here.iloc[first : first + BATCH].reset_index(names="gene")
        pairs = bioframe.overlap(
            part[["chrom", "start", "end", "gene"]],
            windows,
            how="inner",
            suffixes=("", "_w"),
            return_overlap=True,
        )
        if pairs.empty:
            continue
        bases = (pairs["overlap_end"] - pairs["overlap_start"]).astype("int64")
        probability = pairs["probability_w"].astype(float)
        yield (
            pairs.assign(
                windows=1,
                bases=bases,
                sum=bases * probability,
                above=bases * (probability >= threshold),
                seen=bases * pairs["seen_w"].astype(float),
                max=probability,
            )
            .groupby("gene", as_index=False)
            .agg(_TOTALS)
        )


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
