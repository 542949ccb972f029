"""Plots that explain a k-mer model: importance of positions, enriched k-mers, and the map of word vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.learning.plots import BLUE, RED, in_style, legend_above, new_figure, plain_numbers, show_nothing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from archaictools.sequence.explain.permutation import Importance

#: Axis of importance by metric.
_IMPORTANCE = {"loss": "log loss gained (nats)", "auroc": "AUROC lost (0 to 1)", "accuracy": "accuracy lost (0 to 1)"}

#: Most k-mers of a plot.
_MOST_KMERS = 20


@in_style
def plot_positions(found: Importance, *, metric: str, measured_on: str) -> Figure:
    """Plot importance by position with its null band, and mark the important positions.

    Parameters
    ----------
    found
        Importance of the positions.
    metric
        ``loss``, ``auroc`` or ``accuracy``.
    measured_on
        Sentences and mode, for the note.
    """
    figure, axes = new_figure(
        7,
        3.5,
        "Permutation importance of the positions of a window",
        note=f"{measured_on}; null band: central 95 % under shuffled labels",
    )
    table = found.table
    x, y, sd = (table[name].to_numpy(dtype=float) for name in ("position", "importance", "sd"))
    axes.fill_between(
        x, found.null[:, 0], found.null[:, 1], facecolor="0.88", edgecolor="0.6", hatch="////", linewidth=0,
        label="null band",
    )  # fmt: skip
    spread = np.nan_to_num(sd)
    axes.fill_between(x, y - spread, y + spread, color=BLUE, alpha=0.35, linewidth=0, label="± SD over repeats")
    axes.plot(x, y, color=BLUE, linewidth=1, marker="", linestyle="-", label="importance")
    marked = found.important
    label = f"important ({int(marked.sum())} of {len(marked)})"
    axes.scatter(x[marked], y[marked], s=12, color=RED, marker="o", zorder=3, label=label)
    axes.axhline(0, color="0.5", linewidth=0.6)
    axes.set(xlabel="position (k-mer of the window, from 0)", ylabel=_IMPORTANCE[metric])
    legend_above(axes, columns=4)
    return figure


@in_style
def plot_kmers(table: pd.DataFrame, *, fdr: float) -> Figure:
    """Plot the odds ratios of the most enriched k-mers at important positions.

    Parameters
    ----------
    table
        See :func:`archaictools.sequence.explain.enrichment.kmers_at`.
    fdr
        Largest q of a filled mark.
    """
    shown = table.head(_MOST_KMERS).to_dict("records")
    figure, axes = new_figure(
        6.2,
        1.9 + 0.21 * max(4, len(shown)),
        "K-mers enriched at important positions of introgressed windows",
        note=f"the {len(shown)} of {len(table):,} k-mers with the lowest p; a k-mer stands for both strands; open: q "
        f"above {fdr:g}; numbers: count there",
    )
    axes.set_xlabel("odds ratio of important to other positions (logarithmic)")
    if not shown:
        show_nothing(axes, "No position is important, or no k-mer is frequent enough there.")
        return figure
    kinds = (("more frequent in introgressed windows", RED, "o"), ("more frequent in depleted windows", BLUE, "^"))
    for (label, colour, marker), positive in zip(kinds, (True, False), strict=True):
        rows = [(-n, row) for n, row in enumerate(shown) if (row["log_odds"] > 0) == positive]
        axes.scatter(
            [row["odds_ratio"] for _, row in rows],
            [place for place, _ in rows],
            s=28,
            marker=marker,
            facecolor=[colour if row["q"] <= fdr else "white" for _, row in rows],
            edgecolor=colour,
            label=label if rows else None,
            zorder=3,
        )
    for place, row in enumerate(shown):
        axes.annotate(
            f"{row['count']:,}", (row["odds_ratio"], -place), xytext=(7, 0), textcoords="offset points", va="center",
            fontsize=7,
        )  # fmt: skip
    ratios = [row["odds_ratio"] for row in shown]
    axes.set_xscale("log")
    axes.set_xlim(min(0.5, *ratios) * 0.9, max(2.0, *ratios) * 2)
    axes.axvline(1, color="0.6", linewidth=0.9, linestyle=":")
    plain_numbers(axes.xaxis)
    axes.set_yticks(-np.arange(len(shown)), [row["kmer"] for row in shown], fontsize=7, family="monospace")
    axes.set_ylim(-len(shown), 1)
    legend_above(axes, columns=2)
    return figure


@in_style
def plot_map(table: pd.DataFrame) -> Figure:
    """Plot the UMAP map of k-mers twice: coloured by GC content, and by the log odds of the class."""
    figure, (left, right) = new_figure(
        9,
        4.3,
        f"UMAP map of the vectors of {len(table):,} k-mers",
        note="near k-mers have similar vectors; distances between groups have no unit",
        columns=2,
    )
    size = max(2.0, min(12.0, 20_000 / len(table)))
    order = table["log_odds"].abs().argsort().to_numpy()
    common = {"s": size, "linewidths": 0, "rasterized": True}
    shown = left.scatter(table["umap1"], table["umap2"], c=1 - table["at_content"], cmap="viridis", **common)
    figure.colorbar(shown, ax=left, label="GC content (0 to 1)")
    top = table.iloc[order]
    limit = max(1e-9, float(table["log_odds"].abs().quantile(0.99)))
    # In grey, the two ends of a diverging scale look alike: triangles point up for introgressed, and down for depleted.
    for positive, marker in ((False, "v"), (True, "^")):
        part = top[(top["log_odds"] > 0) == positive]
        shown = right.scatter(
            part["umap1"], part["umap2"], c=part["log_odds"], cmap="RdBu_r", vmin=-limit, vmax=limit, marker=marker,
            **common,
        )  # fmt: skip
    figure.colorbar(shown, ax=right, label="log odds, introgressed : depleted (natural logarithm)")
    left.set_title("by GC content", loc="left")
    right.set_title("by class (triangle up: introgressed, down: depleted)", loc="left")
    for axes in (left, right):
        axes.set(xlabel="UMAP 1 (no unit)", ylabel="UMAP 2 (no unit)", xticks=[], yticks=[])
    return figure
