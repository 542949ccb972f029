"""Plots of what a model is worth: learning curves, ROC, precision and recall, reliability, and baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.learning.metrics import reliability, roc
from archaictools.learning.plots import (
    BLUE,
    GREY,
    LINES,
    MARKERS,
    RED,
    in_style,
    legend_above,
    new_figure,
    show_nothing,
)
from archaictools.learning.score_histogram import ScoreHistogram

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from archaictools.learning.training import FitResult

#: Colour, marker and meaning by column ``kind`` of the table.
_KINDS = {
    "model": (RED, "o", "the model"),
    "rival": (BLUE, "^", "rival: can detect introgression"),
    "control": (GREY, "s", "control: cannot have learnt introgression"),
}
_MEASURES = {"auroc": "AUROC", "auprc": "AUPRC"}

#: Most points of a curve.
_CURVE_POINTS = 1_000


@in_style
def plot_measure(table: pd.DataFrame, measure: str, unit: str) -> Figure:
    """Plot a measure of the model and of every baseline, with intervals.

    Parameters
    ----------
    table
        See :class:`archaictools.learning.report.Evaluation`.
    measure
        ``auroc`` or ``auprc``.
    unit
        What was predicted: ``windows``, or ``bins of haplotypes``.
    """
    from matplotlib.lines import Line2D

    name = _MEASURES[measure]
    count = int(table["n"].max()) if len(table) else 0
    figure, axes = new_figure(
        7,
        1.5 + 0.32 * len(table),
        f"{name} of the model and its baselines on held-out {unit}",
        note=f"{count:,} {unit}; bars: 95 % intervals from resampled blocks of the genome",
    )
    rows = table.to_dict("records")
    for number, row in enumerate(rows):
        value, low, high = row[measure], row[f"{measure}_low"], row[f"{measure}_high"]
        colour, marker, _ = _KINDS[row["kind"]]
        if np.isnan(value):
            axes.text(0.02, -number, "not defined", transform=axes.get_yaxis_transform(), va="center", fontsize=8)
            continue
        bounds = np.nan_to_num([[max(0.0, value - low)], [max(0.0, high - value)]])
        axes.errorbar(value, -number, xerr=bounds, fmt=marker, ms=5, capsize=3, color=colour)
    # AUPRC of chance is the prevalence.
    chance = 0.5 if measure == "auroc" else float(table["prevalence"].max()) if len(table) else np.nan
    axes.axvline(chance, color="0.6", linewidth=0.9, linestyle=":")
    least = float(np.nanmin([0.4 if measure == "auroc" else 0.0, *table[f"{measure}_low"]]))
    axes.set(
        xlabel=f"{name} (0 to 1), with its 95 % interval",
        xlim=(least - 0.02, 1.01),
        ylim=(0.6 - len(rows), 0.6),
        yticks=-np.arange(len(rows)),
        yticklabels=[row["model"].replace("_", " ") for row in rows],
    )
    kinds = dict.fromkeys(row["kind"] for row in rows)
    marks = [
        Line2D([], [], color=_KINDS[kind][0], marker=_KINDS[kind][1], ls="", label=_KINDS[kind][2]) for kind in kinds
    ]
    marks.append(Line2D([], [], color="0.6", linestyle=":", label=f"chance ({chance:.2g})"))
    legend_above(axes, columns=2, handles=marks)
    return figure


@in_style
def plot_reliability(curve: pd.DataFrame, unit: str) -> Figure:
    """Plot the reliability curves of a table with a column ``model``."""
    figure, axes = new_figure(
        4.8,
        4.6,
        f"Reliability of probabilities of held-out {unit}",
        note="area of a point: its share of all predictions; on the dotted line both are equal",
    )
    _diagonal(axes)
    for name, points in curve.groupby("model", sort=False):
        x, y = points["mean_probability"], points["introgressed_share"]
        drawn = axes.plot(x, y, linewidth=1, marker="", label=str(name).replace("_", " "))[0]
        number = len(axes.collections) % len(MARKERS)
        size = 15 + 150 * points["n"] / points["n"].sum()
        axes.scatter(x, y, s=size, color=drawn.get_color(), marker=MARKERS[number])
    axes.set(
        xlabel="predicted probability (mean of a bin)",
        ylabel=f"share of {unit} that are introgressed",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
    )
    if len(curve):
        axes.legend(loc="upper left")
    else:
        show_nothing(axes, "Nothing was held out.")
    return figure


def training_plots(fitted: FitResult, unit: str) -> dict[str, Figure]:
    """Return the plots of a training by name: learning curves, and three of the test side.

    Parameters
    ----------
    fitted
        The trained model.
    unit
        What was predicted: ``windows``, or ``bins of haplotypes``.
    """
    side = fitted.predicted["test"]
    label = fitted.locations.label[side.rows]
    scores = ScoreHistogram.of(label, side.probability, np.zeros(len(label), dtype=np.int64)).flat()
    test: Mapping[str, Any] = fitted.model.metrics["test"]
    return {
        "learning_curves": plot_history(pd.DataFrame(fitted.history)),
        "roc": plot_roc(*scores, test, unit),
        "precision_recall": plot_precision_recall(*scores, test, unit),
        "reliability": plot_reliability(reliability(*scores).assign(model="model"), unit),
    }


@in_style
def plot_history(history: pd.DataFrame) -> Figure:
    """Plot loss and AUROC by epoch, of every fold and network.

    Parameters
    ----------
    history
        ``fold, epoch, loss, validation_loss, validation_auroc`` and, with a second network, ``reading``.
    """
    folds = history["fold"].nunique() if len(history) else 0
    title = "Learning curves" + (f" of {folds} folds" if folds > 1 else "")
    note = "ring: lowest validation loss" + (" of a fold" if folds > 1 else "")
    figure, (left, right) = new_figure(7.6, 3.4, title, note=note, columns=2)
    left.set(xlabel="epoch", ylabel="log loss (nats)")
    right.set(xlabel="epoch", ylabel="AUROC (0 to 1)")
    if not len(history):
        for axes in (left, right):
            show_nothing(axes, "No epoch was trained.")
        return figure
    keys = [name for name in ("reading", "fold") if name in history]
    known = set()
    for key, rows in history.groupby(keys, sort=True):
        second = "reading" in keys and key[0] == 2
        network = ", second network" if second else ""
        for axes, column, name, style in (
            (left, "loss", "training", 1),
            (left, "validation_loss", "validation", 0),
            (right, "validation_auroc", "validation", 0),
        ):
            label = name + network
            axes.plot(
                rows["epoch"],
                rows[column],
                color=(BLUE, RED)[style == 0] if not second else GREY,
                linestyle=LINES[style],
                marker=MARKERS[style + 2 * second],
                markersize=4,
                linewidth=1,
                label=label if (axes, label) not in known else "_",
            )
            known.add((axes, label))
        best = rows.iloc[int(rows["validation_loss"].to_numpy().argmin())]
        for axes, column in ((left, "validation_loss"), (right, "validation_auroc")):
            axes.plot(best["epoch"], best[column], "o", ms=10, mfc="none", mec="black", linestyle="", label="_")
    from matplotlib.ticker import MaxNLocator

    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()
    left.set_ylim(bottom=0)
    return figure


@in_style
def plot_roc(
    label: npt.NDArray[Any], probability: npt.NDArray[Any], count: npt.NDArray[Any], test: Mapping[str, Any], unit: str
) -> Figure:
    """Plot the ROC curve of the test side.

    Parameters
    ----------
    label, probability, count
        As for :func:`archaictools.learning.metrics.compute_metrics`.
    test
        Measures of the test side, see :class:`archaictools.learning.report.IntervalMetrics`.
    unit
        What was predicted.
    """
    figure, axes = new_figure(4.8, 4.6, f"ROC curve of held-out {unit}", note=_counted(test, unit))
    axes.set(xlabel="false positive rate (0 to 1)", ylabel="true positive rate, recall (0 to 1)")
    curve = roc(label, probability, count)
    if curve.empty:
        show_nothing(axes, "The test side has one class, so this curve is not defined.")
        return figure
    false, true = (curve[f"{name}_positive_rate"].to_numpy() for name in ("false", "true"))
    thin = _thinned(len(curve))
    _diagonal(axes, "chance")
    axes.plot(false[thin], true[thin], color=RED, marker="", label=_with_interval("AUROC", test, "auroc"))
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(loc="lower right")
    return figure


@in_style
def plot_precision_recall(
    label: npt.NDArray[Any], probability: npt.NDArray[Any], count: npt.NDArray[Any], test: Mapping[str, Any], unit: str
) -> Figure:
    """Plot precision by recall of the test side; the parameters are those of :func:`plot_roc`."""
    from sklearn.metrics import precision_recall_curve

    figure, axes = new_figure(4.8, 4.6, f"Precision and recall of held-out {unit}", note=_counted(test, unit))
    axes.set(xlabel="recall (0 to 1)", ylabel="precision (0 to 1)")
    if not _both_classes(label):
        show_nothing(axes, "The test side has one class, so this curve is not defined.")
        return figure
    precision, recall, _ = precision_recall_curve(label, probability, sample_weight=count)
    thin = _thinned(len(recall))
    share = test["prevalence"]
    axes.axhline(share, color="0.6", linewidth=0.9, linestyle=":", label=f"chance: prevalence {share:.2g}")
    axes.plot(recall[thin], precision[thin], color=RED, marker="", label=_with_interval("AUPRC", test, "auprc"))
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(loc="lower left")
    return figure


def _thinned(points: int) -> npt.NDArray[np.int64]:
    """Return indices of at most :data:`_CURVE_POINTS` points of a curve, both ends among them."""
    return np.unique(np.linspace(0, points - 1, min(points, _CURVE_POINTS)).astype(np.int64))


def _both_classes(label: npt.NDArray[Any]) -> bool:
    return bool((label == 1).any() and (label == 0).any())


def _counted(test: Mapping[str, Any], unit: str) -> str:
    return f"{test['n']:,} {unit}" + (f", {test['prevalence']:.1%} introgressed" if test["n"] else "")


def _with_interval(name: str, test: Mapping[str, Any], key: str) -> str:
    low, high = test[f"{key}_ci"]
    return f"{name} {test[key]:.3f} (95 % interval {low:.3f} to {high:.3f})"


def _diagonal(axes: Axes, label: str = "_") -> None:
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.9, linestyle=":", marker="", label=label)
