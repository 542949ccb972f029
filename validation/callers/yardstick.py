"""Print the table of yardstick.sh from its results: yardstick.py FOLDER CELL ..."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

COLUMNS = ("simulation, outgroup samples, seed", "precision", "recall", "**F1**", "hmmix F1 at 0.5 / 0.8", "recall 10–30 kb",
           "hmmix", "calls half true", "hmmix", "ECE", "hmmix", "AUPRC", "AUPRC without archaic genome", "hmmix AUPRC",
           "seconds", "hmmix train and decode", "peak MiB")  # fmt: skip


def cost(path: Path) -> tuple[float, float]:
    """Return total seconds and peak MiB of our commands."""
    rows = [line.split() for line in path.read_text().splitlines()]
    return sum(float(row[0]) for row in rows), max(float(row[1]) for row in rows) / 1024


def hmmix_seconds(path: Path) -> float:
    """Return the seconds of hmmix training and decoding, summed over people."""
    rows = [line.split() for line in path.read_text().splitlines()[1:]]
    return sum(float(row[1]) for row in rows if row[0].startswith(("train.", "decode.")))


def row(folder: Path, cell: str) -> list[str]:
    """Return the cells of one row."""
    found: dict[str, Any] = {
        kind: json.loads((folder / f"{cell}.{kind}.json").read_text()) for kind in ("archaic", "alone", "hmmix")
    }
    mine, theirs, strict = (
        found["archaic"]["thresholds"]["0.5"],
        found["hmmix"]["thresholds"]["0.5"],
        found["hmmix"]["thresholds"]["0.8"],
    )
    short = [of["recall_by_tract_bp"]["10-30kb"]["bp_recall"] for of in (mine, theirs)]
    seconds, peak = cost(folder / f"{cell}.archaic.times")
    decimals = [
        mine["precision"], mine["recall"], mine["f1"], None, *short, mine["calls_half_true"], theirs["calls_half_true"],
        found["archaic"]["ece"], found["hmmix"]["ece"], *(found[kind]["auprc"] for kind in ("archaic", "alone", "hmmix")),
    ]  # fmt: skip
    cells = ["" if value is None else f"{value:.3f}" for value in decimals]
    cells[3] = f"{theirs['f1']:.3f} / {strict['f1']:.3f}"
    whole = [seconds, hmmix_seconds(folder / f"{cell}.hmmix/times.tsv"), peak]
    return [cell.replace("_", ", "), *cells, *(f"{value:.0f}" for value in whole)]


def main() -> None:
    """Print the table as Markdown."""
    folder, cells = Path(sys.argv[1]), sys.argv[2:]
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for cell in cells:
        print("| " + " | ".join(row(folder, cell)) + " |")


if __name__ == "__main__":
    main()
