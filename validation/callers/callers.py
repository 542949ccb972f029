"""Print one row of the comparison of callers, its header, or what a threshold gives.

callers.py LABEL FOLDER SIMULATION
callers.py header
callers.py threshold SEGMENTS SIMULATION LOW [HIGH]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ("simulation", "precision", "recall", "F1", "recall 10-30 kb", "calls half true", "AUPRC", "ECE", "HMM AUPRC",
           "HMM F1", "HMM with archaic AUPRC", "HMM with archaic F1")  # fmt: skip


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


def score(segments: pd.DataFrame, truth: pd.DataFrame) -> list[float]:
    """Compare called segments with true tracts, base by base on every haplotype: the first five columns."""
    keys = ["chrom", "sample", "haplotype"]
    none = np.zeros((0, 2), dtype=np.int64)
    calls = {key: merged(rows) for key, rows in segments.groupby(keys)}
    true_tracts = {key: merged(rows) for key, rows in truth.groupby(keys)}
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
    precision, recall = hits / max(called, 1), hits / max(true, 1)
    f1 = 2 * hits / max(called + true, 1)
    return [precision, recall, f1, found / max(short, 1), half / max(len(segments), 1)]


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
        measures = score(chosen, tracts(Path(sys.argv[3])))
        print(*(f"{value:.3f}" for value in measures[:3]))
        return
    label, folder, simulation = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    segments = pd.read_csv(folder / "segments.tsv", sep="\t")
    truth = tracts(simulation)
    models = json.loads((folder / "evaluation.json").read_text())["models"]
    row = score(segments, truth)
    for name, other in (("model", "ece"), ("hmm", "f1_bp"), ("hmm_archaic", "f1_bp")):
        row += [models[name]["auprc"], models[name][other]] if name in models else [float("nan")] * 2
    print(f"| {label} | " + " | ".join(f"{value:.3f}" for value in row) + " |", flush=True)


if __name__ == "__main__":
    main()
