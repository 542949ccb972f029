"""Print one row of the comparison of callers, its header, or what a threshold gives.

callers.py LABEL FOLDER SIMULATION
callers.py header
callers.py threshold SEGMENTS SIMULATION LOW [HIGH]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

COLUMNS = ("simulation", "precision", "recall", "F1", "recall 10-30 kb", "calls half true", "AUPRC", "ECE", "HMM AUPRC",
           "HMM F1", "HMM with archaic AUPRC", "HMM with archaic F1")  # fmt: skip
#: Columns that name one haplotype of one chromosome.
KEYS = ["chrom", "sample", "haplotype"]


def covered(intervals: np.ndarray, start: int, end: int) -> int:
    """Count the bases of [start, end) that sorted, disjoint intervals cover."""
    inside = np.minimum(intervals[:, 1], end) - np.maximum(intervals[:, 0], start)
    return int(inside[inside > 0].sum())


def merged(rows: pd.DataFrame) -> np.ndarray:
    """Join overlapping intervals."""
    found: list[list[int]] = []
    for start, end in sorted(zip(rows["start"], rows["end"], strict=True)):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return np.array(found, dtype=np.int64).reshape(-1, 2)


class Counts(NamedTuple):
    """Bases that calls and true tracts share, and numbers of calls.

    Attributes
    ----------
    hits, called, true
        Bases that are called and true, called, true.
    found, short
        Bases of tracts of 10 to 30 kb that are called; all of them.
    half, calls
        Calls of which at least half is true; all calls.
    """

    hits: int
    called: int
    true: int
    found: int
    short: int
    half: int
    calls: int

    def __add__(self, other: Counts) -> Counts:  # type: ignore[override]
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def precision(self) -> float:
        """Return the share of called bases that are true; NaN if none is called."""
        return self.hits / self.called if self.called else float("nan")

    def recall(self) -> float:
        """Return the share of true bases that are called; NaN if none is true."""
        return self.hits / self.true if self.true else float("nan")

    def f1(self) -> float:
        """Return F1 of bases; NaN if none is called or true."""
        both = self.called + self.true
        return 2 * self.hits / both if both else float("nan")


def count(segments: pd.DataFrame, truth: pd.DataFrame) -> Counts:
    """Compare called segments with true tracts, base by base on every haplotype."""
    none = np.zeros((0, 2), dtype=np.int64)
    calls = {key: merged(rows) for key, rows in segments.groupby(KEYS)}
    true_tracts = {key: merged(rows) for key, rows in truth.groupby(KEYS)}
    hits = called = true = short = found = half = 0
    for key in {*calls, *true_tracts}:
        mine, theirs = calls.get(key, none), true_tracts.get(key, none)
        called += int((mine[:, 1] - mine[:, 0]).sum())
        for start, end in mine:
            good = covered(theirs, start, end)
            hits += good
            half += 2 * good >= end - start
        for start, end in theirs:
            true += end - start
            if 10_000 <= end - start < 30_000:
                short += end - start
                found += covered(mine, start, end)
    return Counts(hits, called, int(true), found, int(short), half, len(segments))


def tracts(simulation: Path) -> pd.DataFrame:
    """Return the true tracts of a simulation."""
    truth = pd.read_csv(simulation / "truth.bed", sep="\t", header=None).iloc[:, :5]
    truth.columns = ["chrom", "start", "end", "sample", "haplotype"]
    return truth


def main() -> None:
    """Print a header or a row, as Markdown; or precision, recall and F1 of the segments from LOW to HIGH."""
    if sys.argv[1] == "header":
        print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
        return
    if sys.argv[1] == "threshold":
        calls = pd.read_csv(sys.argv[2], sep="\t")
        low, high = float(sys.argv[4]), float(sys.argv[5]) if len(sys.argv) > 5 else np.inf
        chosen = calls[(calls["posterior"] >= low) & (calls["posterior"] < high)]
        counts = count(chosen, tracts(Path(sys.argv[3])))
        print(*(f"{value:.3f}" for value in (counts.precision(), counts.recall(), counts.f1())))
        return
    label, folder, simulation = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    segments = pd.read_csv(folder / "segments.tsv", sep="\t")
    truth = tracts(simulation)
    models = json.loads((folder / "evaluation.json").read_text())["models"]
    counts = count(segments, truth)
    row = [counts.precision(), counts.recall(), counts.f1(), counts.found / max(counts.short, 1)]
    row.append(counts.half / max(counts.calls, 1))
    for name, other in (("model", "ece"), ("hmm", "f1_bp"), ("hmm_archaic", "f1_bp")):
        row += [models[name]["auprc"], models[name][other]] if name in models else [float("nan")] * 2
    print(f"| {label} | " + " | ".join(f"{value:.3f}" for value in row) + " |", flush=True)


if __name__ == "__main__":
    main()
