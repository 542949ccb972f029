"""Plots of a comparison of a k-mer model with its baselines, and of a vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.learning.measure_plots import plot_measure, plot_reliability
from archaictools.learning.plots import BLUE, LINES, RED, in_style, new_figure, plain_numbers, show_nothing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from archaictools.sequence.evaluate import KmerEvaluation, SimilarityRow
    from archaictools.sequence.vocabulary import WordCounts

#: Most points of a curve of ranks.
_RANK_POINTS = 400


def evaluation_plots(found: KmerEvaluation) -> dict[str, Figure]:
    """Return the plots of an evaluation by name: AUROC of all rows, reliability, AUROC by similarity to training."""
    return {
        "comparison": plot_measure(found.table, "auroc", "windows"),
        "reliability": plot_reliability(found.curve, "windows"),
        "similarity": plot_similarity(found.report["similarity"]),
    }


@in_style
def plot_similarity(rows: Sequence[SimilarityRow]) -> Figure:
    """Plot AUROC by the share of a window's 31-mers that occur in training."""
    figure, axes = new_figure(
        5.6,
        3.6,
        "AUROC of held-out windows by their similarity to training",
        note="n: windows; one class alone has no AUROC",
    )
    axes.set(xlabel="share of a window's 31-mers that occur in training (%)", ylabel="AUROC (0 to 1)")
    shown = [row for row in rows if row["n"]]
    if not shown:
        show_nothing(axes, "No held-out window has a 31-mer without N.")
        return figure
    axes.axhline(0.5, color="0.5", linewidth=0.9, linestyle=":", label="chance")
    for place, row in enumerate(shown):
        if np.isnan(row["auroc"]):
            axes.annotate("not defined", (place, 0.02), ha="center", fontsize=7)
        else:
            axes.bar(place, row["auroc"], color=BLUE, width=0.6)
        top = 0.1 if np.isnan(row["auroc"]) else row["auroc"] + 0.015
        axes.annotate(f"n = {row['n']:,}", (place, top), ha="center", fontsize=7)
    axes.set(
        ylim=(0, 1.1),
        yticks=np.arange(0, 1.01, 0.2),
        xlim=(-0.6, max(len(shown), 4) - 0.4),
        xticks=range(len(shown)),
        xticklabels=[_range_of(row) for row in shown],
    )
    axes.legend(loc="lower right")
    return figure


def _range_of(row: SimilarityRow) -> str:
    return "none" if row["up_to"] == 0 else f"{100 * row['above']:.0f} to {100 * row['up_to']:.0f}"


def vocabulary_plots(counts: WordCounts) -> dict[str, Figure]:
    """Return the plot of a vocabulary by name: counts of k-mers by their rank in each class."""
    return {"rank_frequency": plot_ranks(counts)}


@in_style
def plot_ranks(counts: WordCounts) -> Figure:
    """Plot the count of every k-mer by its rank, most frequent first, on logarithmic axes, for each class."""
    k = counts.encoding.k
    distinct = int(np.count_nonzero(counts.counts[:, 1:].sum(axis=0)))
    figure, axes = new_figure(
        6.2,
        3.8,
        f"Counts of {k}-mers by rank",
        note=f"{distinct:,} distinct {k}-mers of {counts.encoding.vocabulary - 1:,}; ranks are those of each class",
    )
    axes.set(xlabel="rank of a k-mer, most frequent first", ylabel="count (occurrences in windows)")
    classes = (("introgressed", RED, "o"), ("depleted", BLUE, "^"), ("unlabelled", "0.4", "s"))
    drawn = False
    for row, ((name, colour, marker), line) in zip(
        counts.counts[:, 1:], zip(classes, LINES, strict=False), strict=True
    ):
        ranked = np.sort(row[row > 0])[::-1]
        if not len(ranked):
            continue
        rank = np.unique(np.geomspace(1, len(ranked), min(len(ranked), _RANK_POINTS)).round().astype(np.int64))
        axes.plot(
            rank, ranked[rank - 1], color=colour, linestyle=line, marker=marker, markersize=4, markevery=0.12,
            linewidth=1.2, label=f"{name} ({int(row.sum()):,} words)",
        )  # fmt: skip
        drawn = True
    if not drawn:
        show_nothing(axes, "No window has a k-mer without N.")
        return figure
    axes.set(xscale="log", yscale="log")
    axes.set_ylim(bottom=0.8)
    for axis in (axes.xaxis, axes.yaxis):
        plain_numbers(axis)
    axes.legend()
    return figure
