"""Score the calls of histories.sh and print its table: histories.py OUT [NAME ...].

Measures are of bases of single haplotypes, with the seeds of a history pooled. "check" says whether `predict` found the
data unlike the training. OUT/scores.tsv has one row for each simulation, caller and threshold.
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from callers import KEYS, Counts, count, merged

from archaictools.learning.metrics import compute_metrics

COLUMNS = ("history", "outgroup people", "archaic", "with genome: F1", "precision / recall", "AUPRC", "called",
           "check", "without: F1", "precision / recall", "AUPRC", "called", "check", "hmmix 0.8.0 at 0.5 / 0.8: F1", "AUPRC", "called", "hmmix 0.9.2 with -hybrid: F1")  # fmt: skip
#: Thresholds at which calls of hmmix are scored.
HMMIX_THRESHOLDS = (0.5, 0.8)
NONE = "–"
#: The results of :func:`cells` that the table shows of each caller.
SHOWN = {"with": range(5), "without": range(5), "hmmix": (0, 2, 3), "hybrid": (0,)}


class Ranking(NamedTuple):
    """Bases of bins: probability, bases in true tracts, all bases."""

    probability: np.ndarray
    true: np.ndarray
    size: np.ndarray

    def auprc(self) -> float:
        """Return the area under the curve of precision and recall of bases; NaN without true bases."""
        probability = np.concatenate([self.probability, self.probability])
        bases = np.concatenate([self.true, self.size - self.true])
        label = np.repeat([1, 0], len(self.true))
        kept = bases > 0
        return compute_metrics(label[kept], probability[kept], bases[kept])["auprc"]


def ranking(bins: pd.DataFrame, truth: pd.DataFrame, bases: int) -> Ranking:
    """Rank the bins of all haplotypes; ``bases`` in no bin have a probability of 0."""
    tracts = {key: merged(rows) for key, rows in truth.groupby(KEYS)}
    bins = bins.dropna(subset="probability")
    parts = []
    for key, rows in bins.groupby(KEYS):
        edges = tracts.get(key, np.zeros((0, 2), dtype=np.int64))
        # The number of true bases before a position is linear within tracts, and constant between them.
        before = np.repeat(np.concatenate([[0], np.cumsum(edges[:, 1] - edges[:, 0])]), 2)[1:-1]
        start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
        true = np.zeros(len(rows), dtype=np.int64)
        if len(edges):
            true = np.rint(np.diff(np.interp([start, end], edges.ravel(), before), axis=0)[0]).astype(np.int64)
        parts.append((rows["probability"].to_numpy(), true, end - start))
    probability, true, size = (np.concatenate(column) for column in zip(*parts, strict=True))
    missed = sum(int((rows[:, 1] - rows[:, 0]).sum()) for rows in tracts.values()) - int(true.sum())
    rest = bases - int(size.sum())
    return Ranking(np.append(probability, 0.0), np.append(true, missed), np.append(size, rest))


def pooled(rankings: list[Ranking]) -> Ranking:
    """Join the bins of several simulations."""
    return Ranking(*(np.concatenate(column) for column in zip(*rankings, strict=True)))


class Scored(NamedTuple):
    """Calls of one caller in one simulation by threshold, the ranking of its bins, and whether it warned.

    Our caller warns of data unlike the training; None for another caller.
    """

    counts: list[Counts]
    ranking: Ranking
    unlike: bool | None = None


def read_bed(path: Path, *names: str) -> pd.DataFrame:
    """Read a file without a header line; it may be empty."""
    columns = ["chrom", "start", "end", "sample", "haplotype", *names]
    try:
        return pd.read_csv(path, sep="\t", header=None, names=columns, usecols=range(len(columns)), comment="#")
    except pd.errors.EmptyDataError:
        return pd.DataFrame({name: pd.Series(dtype="int64") for name in columns})


def scored(folder: Path) -> tuple[int, dict[str, Scored]]:
    """Return the bases of all haplotypes of a simulation, and the results of each caller that has run."""
    sim = folder / "sim"
    truth = read_bed(sim / "truth.bed")
    length = int((sim / "genome.chrom.sizes").read_text().split()[1])
    bases = 2 * length * len((sim / "ingroup.txt").read_text().split())
    found = {}
    for kind in ("with", "without"):
        if (folder / f"{kind}.table.tsv").exists():
            segments = pd.read_csv(folder / f"{kind}.segments.tsv", sep="\t")
            bins = pd.read_csv(folder / f"{kind}.table.tsv", sep="\t")
            people = pd.read_csv(folder / f"{kind}.people.tsv", sep="\t")
            unlike = bool((people["unlike_training"] > 0).any())
            found[kind] = Scored([count(segments, truth)], ranking(bins, truth, bases), unlike)
    for kind in ("hmmix", "hybrid"):
        if (folder / kind / "windows.tsv.gz").exists():
            segments = read_bed(folder / kind / "segments.bed", "probability")
            counts = [count(segments[segments["probability"] >= least], truth) for least in HMMIX_THRESHOLDS]
            found[kind] = Scored(
                counts, ranking(read_bed(folder / kind / "windows.tsv.gz", "probability"), truth, bases)
            )
    return bases, found


def cells(results: list[Scored], bases: int) -> list[str]:
    """Return F1, precision / recall, AUPRC, share called and check of pooled simulations; thresholds by a stroke."""
    sums = [sum(some[1:], some[0]) for some in zip(*(result.counts for result in results), strict=True)]
    area = pooled([result.ranking for result in results]).auprc()
    f1 = " / ".join(decimal(one.f1()) if one.true else NONE for one in sums)
    both = f"{decimal(sums[0].precision())} / {decimal(sums[0].recall())}" if sums[0].true else NONE
    warned = sum(bool(result.unlike) for result in results)
    check = "like" if not warned else "unlike" if warned == len(results) else f"unlike: {warned} of {len(results)}"
    return [f1, both, decimal(area), " / ".join(percent(one.called / bases) for one in sums), check]


def decimal(value: float) -> str:
    return NONE if np.isnan(value) else f"{value:.3f}"


def percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def line(row: dict[str, str], runs: list[tuple[Path, int, dict[str, Scored]]]) -> list[str]:
    """Return the cells of one history."""
    true = sum(next(iter(found.values())).counts[0].true for _, _, found in runs)
    filled = [row["name"], row["people"], percent(true / sum(bases for _, bases, _ in runs))]
    for kind, shown in SHOWN.items():
        results = [(found[kind], bases) for _, bases, found in runs if kind in found]
        cell = [NONE] * 5
        if results:
            cell = cells([one for one, _ in results], sum(bases for _, bases in results))
        filled += [cell[number] for number in shown]
    return filled


def single(folder: Path, bases: int, found: dict[str, Scored]) -> list[dict[str, object]]:
    """Return the rows of one simulation for ``scores.tsv``."""
    return [
        {
            "simulation": folder.name,
            "caller": kind,
            "threshold": least,
            "precision": counts.precision(),
            "recall": counts.recall(),
            "f1": counts.f1(),
            "auprc": result.ranking.auprc(),
            "true": counts.true / bases,
            "called": counts.called / bases,
            "unlike": result.unlike,
        }
        for kind, result in found.items()
        for least, counts in zip(HMMIX_THRESHOLDS, result.counts, strict=False)
    ]


def main() -> None:
    """Print the table as Markdown, and write ``OUT/scores.tsv``."""
    out, chosen = Path(sys.argv[1]), sys.argv[2:]
    with (Path(__file__).parent / "histories.tsv").open() as handle:
        rows = [row for row in csv.DictReader(handle, delimiter="\t") if not chosen or row["name"] in chosen]
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    scores = []
    for row in rows:
        seeds = os.environ.get("SEEDS", "").split() or row["seeds"].split(",")  # as in histories.sh
        folders = [out / f"{row['name']}.{seed}" for seed in seeds]
        runs = [(folder, *scored(folder)) for folder in folders if (folder / "without.table.tsv").exists()]
        if runs:
            print("| " + " | ".join(line(row, runs)) + " |", flush=True)
        for run in runs:
            scores += single(*run)
    pd.DataFrame(scores).to_csv(out / "scores.tsv", sep="\t", index=False, float_format="%.5f", na_rep="NA")


if __name__ == "__main__":
    main()
