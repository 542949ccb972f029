"""Predictions of windows summarised over genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.intervals import end_to_end, mean_where_overlapping
from archaictools.io.bigwig_reader import is_bigwig, open_bigwig
from archaictools.io.columns import intervals_of
from archaictools.io.fasta import unknown_chromosomes
from archaictools.io.naming_styles import Matcher, match_names, refuse_both_styles, renamed
from archaictools.io.tables import COORDINATE, FLAG, PROBABILITY_OR_NA, ROWS, Columns, read_table
from archaictools.learning.gene_table import GENE_COLUMNS, coordinates, highest_end, overlaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from archaictools.io.bigwig import Track
    from archaictools.io.summary import Summary

COLUMNS = [*GENE_COLUMNS, "windows", "mean", "max", "fraction", "call", "seen"]

#: How columns are added up over the windows of a gene; ``unknown`` counts windows without ``seen``.
_TOTALS: dict[str, Any] = {
    "windows": "sum",
    "weight": "sum",
    "bases": "sum",
    "sum": "sum",
    "above": "sum",
    "seen": "sum",
    "unknown": "sum",
    "max": "max",
}

_WINDOW: Columns = {"chrom": str, "start": COORDINATE, "end": COORDINATE, "probability": PROBABILITY_OR_NA}

#: Tables have six digits and bigWigs single precision, so a probability this little below a threshold still reaches it.
ROUNDING = 1e-7


def read_predictions(path: Path, *, tally: Summary) -> Iterator[pd.DataFrame]:
    """Yield the rows of a prediction table or a bigWig: ``chrom, start, end, probability, seen`` (NaN if unknown).

    Every value is checked. Windows without a probability (``NA``, in a bigWig NaN) are counted and left out.

    Raises
    ------
    InputError
        If a value is wrong.
    """
    if is_bigwig(path):
        yield from _bigwig_frames(path, tally)
        return
    for table in read_table(path, _WINDOW, optional={"seen": FLAG}):
        frame = intervals_of(table, path, tally=None)
        unknown = frame["probability"].isna()
        if unknown.any():
            tally.add("predictions", "windows without a probability (NA), left out", int(unknown.sum()))
        frame = frame[~unknown].reset_index(drop=True)
        yield frame if "seen" in frame else frame.assign(seen=np.nan)


def _bigwig_frames(path: Path, tally: Summary) -> Iterator[pd.DataFrame]:
    """Yield whole chromosomes, several small ones at a time."""
    parts: list[tuple[str, Track]] = []
    with open_bigwig(path) as reader:
        rows = 0
        for chrom in reader.lengths:
            if track := reader.track(chrom):
                parts.append((chrom, track))
                rows += len(track[0])
            if rows > ROWS:
                yield _joined(parts)
                parts, rows = [], 0
        if parts:
            yield _joined(parts)
        if reader.unknown:
            tally.add("predictions", "intervals without a value (NaN), left out", reader.unknown)


def _joined(parts: list[tuple[str, Track]]) -> pd.DataFrame:
    names = np.array([chrom for chrom, _ in parts], dtype=object)
    start, end, probability = (np.concatenate(column) for column in zip(*(track for _, track in parts), strict=True))
    chrom = np.repeat(names, [len(track[0]) for _, track in parts])
    return pd.DataFrame({"chrom": chrom, "start": start, "end": end, "probability": probability, "seen": np.nan})


def genome_names(path: Path) -> tuple[str, ...]:
    """Return all chromosomes in the header of a bigWig; none for other files."""
    if not is_bigwig(path):
        return ()
    with open_bigwig(path) as reader:
        return tuple(reader.lengths)


def summarise_genes(
    genes: pd.DataFrame,
    windows: Iterable[pd.DataFrame],
    *,
    threshold: float = 0.5,
    names: Iterable[str] = (),
    source: Path | str = "the annotation",
    tally: Summary | None = None,
) -> pd.DataFrame:
    """Summarise predictions over genes.

    Parameters
    ----------
    genes
        ``chrom, start, end, name, strand``.
    windows
        Predictions as from :func:`read_predictions`, in pieces of whole chromosomes.
    threshold
        Minimum probability of an introgressed base, and minimum mean of an introgressed gene.
    names
        Further chromosomes of the genome of the predictions, see :func:`genome_names`.
    source
        File of the genes, named in errors.
    tally
        Counts chromosomes that the annotation names in another style than the predictions.

    Returns
    -------
    pandas.DataFrame
        One row for each gene, sorted by chromosome and start: ``gene, chrom, start, end, strand``, with the chromosome
        names of the predictions (of the annotation where there is no prediction). ``windows``: number of windows that
        overlap the gene. ``mean`` and ``fraction``: mean probability, and fraction at or above the threshold, of the
        bases of the gene in windows; a base in several windows has their mean. ``max``: highest probability. ``call``:
        ``introgressed`` if the mean reaches the threshold, ``free`` if not, ``NA`` without a window. ``seen``: fraction
        of its windows that training has seen, weighted by overlap; their probabilities are not held-out.

    Raises
    ------
    InputError
        If no gene lies on a chromosome that has predictions.
    """
    refuse_both_styles(genes["chrom"], source=source)
    genes = genes.sort_values(["chrom", "start", "end", "name"], kind="stable").reset_index(drop=True)
    found: list[pd.DataFrame] = []
    chroms = dict.fromkeys(genes["chrom"])
    matcher, unknown = Matcher(chroms, source="the predictions"), []
    for given in windows:
        unknown += matcher.unknown(given["chrom"].unique())
        frame = given.assign(chrom=renamed(given["chrom"], matcher.names))
        found.extend(_of_windows(genes, frame))
        found.extend(_of_bases(genes, _track(frame), threshold))
    if unknown and not matcher.names:
        raise unknown_chromosomes(list(chroms), unknown, source=source, genome="the predictions")
    known = match_names(chroms, [*names, *matcher.names], source=source, tally=tally)
    totals = pd.concat(found) if found else pd.DataFrame(columns=["gene", *_TOTALS])
    # A piece has all windows of a gene, unless pieces split its chromosome: then their sums add up.
    totals = totals.groupby("gene").agg(_TOTALS).reindex(range(len(genes)))
    mean = (totals["sum"] / totals["bases"]).to_numpy(dtype=float)
    table = pd.DataFrame(
        {
            "gene": genes["name"],
            "chrom": renamed(genes["chrom"], known),
            "start": genes["start"],
            "end": genes["end"],
            "strand": genes["strand"],
            "windows": totals["windows"].fillna(0).astype(int),
            "mean": mean,
            "max": totals["max"].astype(float),
            "fraction": (totals["above"] / totals["bases"]).astype(float),
            "call": np.where(np.isnan(mean), "NA", np.where(mean >= threshold - ROUNDING, "introgressed", "free")),
            "seen": (totals["seen"] / totals["weight"]).where(totals["unknown"] == 0).astype(float),
        }
    )[COLUMNS]
    return table.sort_values(["chrom", "start", "end", "gene"], kind="stable").reset_index(drop=True)


def _track(windows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of windows over the bases that they cover: intervals that do not overlap."""
    code, names = pd.factorize(windows["chrom"])
    longest = highest_end(windows)
    start, end = end_to_end(code, *coordinates(windows), longest=longest)
    start, end, mean = mean_where_overlapping(start, end, windows["probability"].to_numpy(dtype=np.float64))
    code, begin = np.divmod(start, longest + 1)
    return pd.DataFrame({"chrom": names.take(code), "start": begin, "end": begin + end - start, "probability": mean})


def _of_windows(genes: pd.DataFrame, windows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield sums over the windows of genes: their number, the highest probability, and those that training has seen."""
    for pairs in overlaps(genes, windows):
        sums = pairs.assign(
            windows=1, weight=pairs["bases"], seen=pairs["bases"] * pairs["seen_w"].fillna(0).astype(float),
            unknown=pairs["seen_w"].isna().astype(int), max=pairs["probability_w"].astype(float), bases=0, sum=0.0,
            above=0,
        )  # fmt: skip
        yield sums.groupby("gene", as_index=False).agg(_TOTALS)


def _of_bases(genes: pd.DataFrame, track: pd.DataFrame, threshold: float) -> Iterator[pd.DataFrame]:
    """Yield sums over the bases of genes: their number, the sum of means, and those at or above the threshold."""
    for pairs in overlaps(genes, track):
        bases, mean = pairs["bases"], pairs["probability_w"].astype(float)
        above = bases * (mean >= threshold - ROUNDING)
        sums = pairs.assign(windows=0, weight=0, seen=0.0, unknown=0, max=mean, sum=bases * mean, above=above)
        yield sums.groupby("gene", as_index=False).agg(_TOTALS)


def called_genes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the genes with a call, of a table from :func:`summarise_genes`."""
    return table[table["call"] != "NA"]
