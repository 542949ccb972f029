"""From predictions along the genome to a statement about every gene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.intervals import end_to_end, mean_where_overlapping, overlapping_pairs
from archaictools.io.bed import score
from archaictools.io.bigwig_reader import is_bigwig, open_bigwig
from archaictools.io.columns import intervals_of
from archaictools.io.fasta import unknown_chromosomes
from archaictools.io.naming_styles import Matcher, match_names, refuse_both_styles, renamed
from archaictools.io.tables import COORDINATE, FLAG, PROBABILITY_OR_NA, ROWS, Columns, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.io.bigwig import Track
    from archaictools.io.summary import Summary

COLUMNS = ["gene", "chrom", "start", "end", "strand", "windows", "mean", "max", "fraction", "call", "seen"]

#: What is added up over the windows of a gene, and how; ``unknown`` counts windows without ``seen``.
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

#: Genes overlapped with windows at a time: bounds the number of pairs held in memory.
BATCH = 2_000

#: Tables hold six digits, bigWigs single precision: a probability that is closer than this to a threshold reaches it.
ROUNDING = 1e-7


def read_predictions(path: Path, *, tally: Summary) -> Iterator[pd.DataFrame]:
    """Stream a prediction table or a bigWig as ``chrom, start, end, probability, seen`` (NaN where it is not known).

    Every value is checked. Windows without a probability (``NA``, in a bigWig NaN) are left out and counted.
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
    """Read whole chromosomes, small ones together."""
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
    """Return the chromosomes of the genome that a bigWig names; none for other files."""
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
        Predictions as from :func:`read_predictions`, in pieces that each hold whole chromosomes.
    threshold
        From which a base counts as introgressed, and a gene's mean as a call.
    names
        Further chromosomes of the genome that the predictions know, see :func:`genome_names`.
    source
        Where the genes come from, named in errors.
    tally
        Counts chromosomes that the annotation names in another style than the predictions.

    Returns
    -------
    pandas.DataFrame
        One row a gene, sorted by chromosome and start: ``gene, chrom, start, end, strand``, with the predictions' names
        of chromosomes (the annotation's own where there is no prediction); ``windows`` (that overlap it); ``mean`` and
        ``fraction`` (mean probability, and share with probability at or above the threshold, of the gene's bases that
        lie in windows; where windows overlap, a base has their mean, as in a track); ``max``; ``call``
        (``introgressed`` when the mean reaches the threshold, ``free`` when not, ``NA`` without a window); ``seen``
        (share of its windows that training saw, each weighed by its overlap: their probabilities are not held-out).

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
    # A gene meets its windows in one piece, unless the pieces split its chromosome: then the parts add up.
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
    longest = _longest(windows)
    start, end = end_to_end(code, *_ends(windows), longest=longest)
    start, end, mean = mean_where_overlapping(start, end, windows["probability"].to_numpy(dtype=np.float64))
    code, begin = np.divmod(start, longest + 1)
    return pd.DataFrame({"chrom": names.take(code), "start": begin, "end": begin + end - start, "probability": mean})


def _ends(frame: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return frame["start"].to_numpy(dtype=np.int64), frame["end"].to_numpy(dtype=np.int64)


def _longest(*frames: pd.DataFrame) -> int:
    return max(int(frame["end"].max()) if len(frame) else 0 for frame in frames)


def overlaps(genes: pd.DataFrame, intervals: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield overlaps of genes and intervals: the gene as a number, the interval's columns ending in ``_w``, bases."""
    code, names = pd.factorize(intervals["chrom"])
    own = pd.Index(names).get_indexer(genes["chrom"])
    longest = _longest(genes, intervals)
    start, end = end_to_end(code, *_ends(intervals), longest=longest)
    first, last = end_to_end(own, *_ends(genes), longest=longest)
    here = np.flatnonzero(own >= 0)
    here = here[np.argsort(first[here], kind="stable")]
    for begin in range(0, len(here), BATCH):
        part = here[begin : begin + BATCH]
        near = np.flatnonzero((start < last[part].max()) & (end > first[part[0]]))
        pairs = overlapping_pairs(first[part], last[part], start[near], end[near])
        gene, interval = part[pairs[0]], near[pairs[1]]
        if len(gene):
            bases = np.minimum(last[gene], end[interval]) - np.maximum(first[gene], start[interval])
            found = intervals.iloc[interval].add_suffix("_w").reset_index(drop=True)
            yield found.assign(gene=gene, bases=bases)


def _of_windows(genes: pd.DataFrame, windows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield what is told of genes by windows: how many, the highest, and what training saw."""
    for pairs in overlaps(genes, windows):
        told = pairs.assign(
            windows=1, weight=pairs["bases"], seen=pairs["bases"] * pairs["seen_w"].fillna(0).astype(float),
            unknown=pairs["seen_w"].isna().astype(int), max=pairs["probability_w"].astype(float), bases=0, sum=0.0,
            above=0,
        )  # fmt: skip
        yield told.groupby("gene", as_index=False).agg(_TOTALS)


def _of_bases(genes: pd.DataFrame, track: pd.DataFrame, threshold: float) -> Iterator[pd.DataFrame]:
    """Yield what is told of genes by their bases: how many, the sum of their means, and those above the threshold."""
    for pairs in overlaps(genes, track):
        bases, mean = pairs["bases"], pairs["probability_w"].astype(float)
        above = bases * (mean >= threshold - ROUNDING)
        told = pairs.assign(windows=0, weight=0, seen=0.0, unknown=0, max=mean, sum=bases * mean, above=above)
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
