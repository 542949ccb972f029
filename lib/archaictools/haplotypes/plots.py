"""Plots of a model of haplotypes: comparison with baselines, importance of inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.learning.plots import RED, new_figure, plot_measure, plot_reliability, save

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from archaictools.haplotypes.evaluate import BinEvaluation


def plot_evaluation(folder: Path, found: BinEvaluation) -> None:
    """Write three plots into a folder: AUPRC of all rows, reliability, and recall by length of the true tract."""
    models = found.models
    plot_measure(
        folder / "comparison.png", found.table, "auprc", "AUPRC on bins not seen in training, with 95 % interval"
    )
    plot_reliability(folder / "reliability.png", found.curve)
    figure, axes = new_figure(6, 3.2)
    shown = [name for name, row in models.items() if row["kind"] != "control"]
    width = 0.8 / max(1, len(shown))
    for number, name in enumerate(shown):
        rows = models[name]["recall_by_length"]
        x = np.arange(len(rows)) + (number - (len(shown) - 1) / 2) * width
        label = f"{name.replace('_', ' ')} (precision {models[name]['precision_bp']:.2f})"
        axes.bar(x, [row["recall"] for row in rows], width=width, label=label)
    labels = [
        (f"{row['from'] // 1000}-{row['to'] // 1000} kb" if row["to"] < 1_000_000 else f"> {row['from'] // 1000} kb")
        + (f"\n{row['bases'] / 1_000:,.0f} kb in all" if row["bases"] else "\nnone")
        for row in models[shown[0]]["recall_by_length"]
    ]
    axes.set(xlabel="length of a true tract", ylabel="share of its bases called", ylim=(0, 1.02))
    axes.set_xticks(range(len(labels)), labels)
    figure.legend(frameon=False, fontsize=8, columnspacing=1.2, loc="outside upper center", ncols=len(shown))
    save(figure, folder / "recall_by_length.png", "png")


def plot_input_importance(path: Path, table: pd.DataFrame, *, fdr: float, file_format: str) -> None:
    """Plot the importance of every input of a bin, most important first."""
    shown = table.sort_values("importance", ascending=False).to_dict("records")
    figure, axes = new_figure(6, 0.8 + 0.19 * len(shown))
    colours = [RED if row["q"] <= fdr else "0.7" for row in shown]
    axes.barh(
        -np.arange(len(shown)),
        [row["importance"] for row in shown],
        xerr=[np.nan_to_num(row["sd"]) for row in shown],
        color=colours,
        height=0.7,
    )
    axes.set_yticks(-np.arange(len(shown)), [str(row["word"]).replace("_", " ") for row in shown], fontsize=7)
    axes.set(xlabel=f"log loss of a bin gained when it is exchanged (red: q up to {fdr:g})", ylim=(-len(shown), 1))
    save(figure, path, file_format)
