"""Plots of a model of haplotypes: comparison with baselines, importance of inputs, and the map of their vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.allele_classes import ARCHAIC, FREQUENCIES
from archaictools.learning.measure_plots import plot_measure, plot_reliability
from archaictools.learning.plots import GREY, HATCHES, RED, in_style, legend_above, new_figure, show_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from archaictools.haplotypes.evaluate import BinEvaluation, BinMetrics

#: Unit of what a model of haplotypes predicts.
BINS = "bins of haplotypes"

#: Colour and marker of an allele class on the map, by its archaic genotype.
_STATES = {"lacked": ("0.55", "o"), "het": ("#8e44ad", "s"), "hom": (RED, "^"), "uncalled": ("0.2", "x")}


def evaluation_plots(found: BinEvaluation) -> dict[str, Figure]:
    """Return the plots of an evaluation by name: AUPRC of all rows, reliability, and recall by length of tracts."""
    return {
        "comparison": plot_measure(found.table, "auprc", BINS),
        "reliability": plot_reliability(found.curve, BINS),
        "recall_by_length": plot_recall(found.models),
    }


@in_style
def plot_recall(models: Mapping[str, BinMetrics]) -> Figure:
    """Plot the recall of the bases of true tracts by the length of the tract, of the model and its rivals."""
    figure, axes = new_figure(
        6.8,
        4,
        "Recall of true tracts by their length",
        note="share of the bases of true tracts that lie in predicted bins; precision: of predicted bases",
    )
    axes.set(xlabel="length of a true tract (kb), and bases in all", ylabel="recall (0 to 1)", ylim=(0, 1.02))
    shown = [name for name, row in models.items() if row["kind"] != "control"]
    width = 0.8 / max(1, len(shown))
    for number, name in enumerate(shown):
        rows = models[name]["recall_by_length"]
        x = np.arange(len(rows)) + (number - (len(shown) - 1) / 2) * width
        recall = np.array([row["recall"] for row in rows], dtype=float)
        known = np.isfinite(recall)
        label = f"{name.replace('_', ' ')} (precision {models[name]['precision_bp']:.2f})"
        hatch = HATCHES[number % len(HATCHES)]
        axes.bar(x[known], recall[known], width=width, label=label, hatch=hatch, edgecolor="white", linewidth=0.3)
    labels = [
        (f"{row['from'] // 1000} to {row['to'] // 1000}" if row["to"] < 1_000_000 else f"over {row['from'] // 1000}")
        + (f"\n{row['bases'] / 1_000:,.0f} kb in all" if row["bases"] else "\nnone")
        for row in models[shown[0]]["recall_by_length"]
    ]
    axes.set_xticks(range(len(labels)), labels)
    legend_above(axes, columns=len(shown))
    return figure


@in_style
def plot_inputs(table: pd.DataFrame, *, fdr: float, measured_on: str) -> Figure:
    """Plot the importance of every input of a bin, most important first.

    Parameters
    ----------
    table
        See :func:`archaictools.haplotypes.explain.input_importance`.
    fdr
        Largest q of an important input.
    measured_on
        Chunks of bins, for the note.
    """
    shown = table.sort_values("importance", ascending=False).to_dict("records")
    figure, axes = new_figure(
        6.4,
        1.6 + 0.19 * len(shown),
        "Permutation importance of the inputs of a bin",
        note=f"{measured_on}; bars: SD over repeats",
    )
    groups = ((True, f"important: q up to {fdr:g}", RED, ""), (False, f"q above {fdr:g}", "0.75", "////"))
    for important, label, colour, hatch in groups:
        rows = [(-place, row) for place, row in enumerate(shown) if (row["q"] <= fdr) == important]
        if rows:
            axes.barh(
                [place for place, _ in rows],
                [row["importance"] for _, row in rows],
                xerr=[np.nan_to_num(row["sd"]) for _, row in rows],
                error_kw={"elinewidth": 0.8},
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0.3,
                height=0.7,
                label=label,
            )
    axes.set_yticks(-np.arange(len(shown)), [str(row["word"]).replace("_", " ") for row in shown], fontsize=7)
    axes.axvline(0, color="0.5", linewidth=0.6)
    axes.set(xlabel="log loss of a bin gained when the input is exchanged (nats)", ylim=(-len(shown), 1))
    axes.legend(loc="lower right")
    return figure


@in_style
def plot_map(table: pd.DataFrame) -> Figure:
    """Plot the UMAP map of the vectors of allele classes; the mark tells the archaic genotype, its size the frequency.

    Parameters
    ----------
    table
        ``word, umap1, umap2``, see :func:`archaictools.learning.embedding.umap_table`.
    """
    from matplotlib.lines import Line2D

    figure, axes = new_figure(
        7,
        4.6,
        f"UMAP map of the vectors of {len(table)} allele classes",
        note="near classes have similar vectors; classes without an allele in training are left out",
    )
    axes.set(xlabel="UMAP 1 (no unit)", ylabel="UMAP 2 (no unit)", xticks=[], yticks=[])
    if not len(table):
        show_nothing(axes, "No allele class was trained.")
        return figure
    parts = table["word"].str.rsplit("_", n=1, expand=True)
    sizes = {name: 16 + 16 * place for place, name in enumerate(FREQUENCIES)}
    for state in ARCHAIC:
        own = (parts[1] == state).to_numpy()
        colour, marker = _STATES[state]
        axes.scatter(
            table["umap1"][own], table["umap2"][own], s=[sizes[name] for name in parts[0][own]], color=colour,
            marker=marker, linewidths=1, alpha=0.85,
        )  # fmt: skip
    marks = [Line2D([], [], ls="", marker=mark, color=colour, label=name) for name, (colour, mark) in _STATES.items()]
    steps = [
        Line2D([], [], ls="", marker="o", color=GREY, ms=float(np.sqrt(size)), label=name.replace("_", " "))
        for name, size in sizes.items()
    ]
    figure.legend(handles=marks, title="in archaic genomes", loc="outside right upper", alignment="left")
    figure.legend(handles=steps, title="outgroup frequency (%)", loc="outside right lower", alignment="left")
    return figure
