"""Plots of a k-mer model: importance of positions, map of word vectors, comparison with baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archaictools.learning.plots import BLUE, RED, new_figure, plot_measure, plot_reliability, save

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from archaictools.sequence.evaluate import KmerEvaluation


def plot_importance(
    path: Path, table: pd.DataFrame, important: npt.NDArray[Any], *, title: str, ylabel: str, file_format: str
) -> None:
    """Plot importance by position with its spread over repeats, and mark the important positions."""
    figure, axes = new_figure(7, 3)
    x, y, sd = (table[name].to_numpy(dtype=float) for name in ("position", "importance", "sd"))
    axes.fill_between(x, y - sd, y + sd, color="0.85", linewidth=0, label="± SD over repeats")
    axes.plot(x, y, color=BLUE, linewidth=1)
    axes.scatter(
        x[important],
        y[important],
        s=10,
        color=RED,
        zorder=3,
        label=f"important ({int(important.sum())})",
    )
    axes.axhline(0, color="0.5", linewidth=0.6)
    axes.set(xlabel="position of the word in the sentence", ylabel=ylabel, title=title)
    axes.legend(frameon=False)
    save(figure, path, file_format)


def plot_embedding(path: Path, table: pd.DataFrame, *, file_format: str) -> None:
    """Plot the UMAP map twice: coloured by GC content, and by the log odds of the class."""
    figure, (left, right) = new_figure(9, 4, columns=2)
    size = max(2.0, min(12.0, 20_000 / len(table)))
    order = table["log_odds"].abs().argsort().to_numpy()
    common = {"s": size, "linewidths": 0, "rasterized": True}
    shown = left.scatter(table["umap1"], table["umap2"], c=1 - table["at_content"], cmap="viridis", **common)
    figure.colorbar(shown, ax=left, label="GC content")
    top = table.iloc[order]
    limit = max(1e-9, float(table["log_odds"].abs().quantile(0.99)))
    shown = right.scatter(
        top["umap1"], top["umap2"], c=top["log_odds"], cmap="RdBu_r", vmin=-limit, vmax=limit, **common
    )
    figure.colorbar(shown, ax=right, label="log odds, introgressed : depleted")
    for axes in (left, right):
        axes.set(xlabel="UMAP 1", ylabel="UMAP 2", xticks=[], yticks=[])
    left.set_title(f"{len(table):,} words")
    save(figure, path, file_format)


def plot_evaluation(folder: Path, found: KmerEvaluation) -> None:
    """Write three plots into a folder: AUROC of all rows, reliability, and AUROC by similarity to training."""
    plot_measure(folder / "comparison.png", found.table, "auroc", "AUROC on held-out sentences, with 95 % interval")
    plot_reliability(folder / "reliability.png", found.curve)
    figure, axes = new_figure(5, 3)
    shown = [row for row in found.report["similarity"] if row["n"]]
    labels = ["none" if row["up_to"] == 0 else f"to {row['up_to']:.0%}" for row in shown]
    axes.bar(range(len(shown)), [row["auroc"] for row in shown], color=BLUE, width=0.6)
    for number, bar in enumerate(shown):
        axes.annotate(f"n = {bar['n']:,}", (number, 0.02), ha="center", color="white", fontsize=7, rotation=90)
    axes.axhline(0.5, color="0.5", linewidth=0.8)
    axes.set(
        xlabel="share of a window's 31-mers that stands in training",
        ylabel="AUROC",
        ylim=(0, 1),
        xlim=(-0.6, max(len(shown), 4) - 0.4),
        xticks=range(len(shown)),
        xticklabels=labels,
    )
    save(figure, folder / "similarity.png", "png")
