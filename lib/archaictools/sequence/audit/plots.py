"""Plots of an audit: shared bases and sequence, location, composition, and GC content of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.learning.plots import BLUE, GREY, LINES, RED, in_style, new_figure, show_nothing
from archaictools.sequence.audit.composition import FEATURES
from archaictools.sequence.audit.overlap import LEAKY_SHARE
from archaictools.sequence.audit.report import CUT_DIFFERENTLY, LEAKY_TWINS
from archaictools.sequence.audit.shared_kmers import TWIN

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from archaictools.sequence.audit.report import AuditReport

_NO_SEQUENCE = "Not looked at: give --genome, or a file of k-mers."
_GC_BINS = 40

_FEATURE_LABELS = {
    "length": "length", "n": "number of N", "gc": "GC content", "bases": "4 bases", "dinucleotides": "16 dinucleotides",
}  # fmt: skip


def audit_plots(
    report: AuditReport, label: npt.NDArray[np.int8], table: npt.NDArray[np.float32] | None
) -> dict[str, Figure]:
    """Return the plots of an audit by name.

    Parameters
    ----------
    report
        The audit.
    label
        int8 (windows,): 1 introgressed, 0 depleted, -1 unknown.
    table
        Composition of the windows, see :func:`archaictools.sequence.audit.composition.features`; None without sequence.
    """
    return {
        "leakage": plot_leakage(report),
        "composition": plot_composition(report),
        "gc": plot_gc(label, None if table is None else table[:, FEATURES["gc"]][:, 0]),
    }


@in_style
def plot_leakage(report: AuditReport) -> Figure:
    """Plot the share of test windows that training has seen, and what coordinates alone tell of their class."""
    figure, (left, right) = new_figure(
        8.4,
        3.2,
        f"Leakage from training to test windows: {report['verdict']}",
        note=f"{report['coordinates']['test_windows']:,} test windows; twins have {TWIN:.0%} or more of their 31-mers "
        "in training",
        columns=2,
    )
    found = report["coordinates"]
    rows: list[tuple[str, float | None, float | None]] = [
        ("overlap a training window", found["overlapping_share"], LEAKY_SHARE),
        ("equal a training window", found["identical"] / max(1, found["test_windows"]), None),
    ]
    sequence = report.get("sequence")
    names = {"touched": "share a 31-mer", "twins": "are twins", "identical": "have the same sequence"}
    limits = {"twins": LEAKY_TWINS}
    rows += [
        (name, float(sequence[f"{key}_share"]) if sequence else None, limits.get(key))  # type: ignore[literal-required]
        for key, name in names.items()
    ]
    for place, (_, share, limit) in enumerate(rows):
        if share is None or np.isnan(share):
            left.text(0.01, -place, " not looked at", va="center", color="0.3", fontsize=8)
            continue
        left.barh(-place, 100 * share, color=RED if limit is not None and share > limit else BLUE, height=0.55)
        beyond = max(share, LEAKY_SHARE) if limit == LEAKY_SHARE else share  # not across the mark of the limit
        left.annotate(f"{share:.2%}", (100 * beyond, -place), xytext=(3, 0), textcoords="offset points", va="center",
                      fontsize=8)  # fmt: skip
        if limit is not None:
            left.plot([100 * limit] * 2, [-place - 0.4, -place + 0.4], color="black", linestyle="--", marker="",
                      label="leaky above" if limit == LEAKY_SHARE else "_")  # fmt: skip
    left.set(
        xlabel="share of the test windows (%)",
        xlim=(0, 118),
        xticks=range(0, 101, 20),
        yticks=-np.arange(len(rows)),
        yticklabels=[name for name, _, _ in rows],
    )
    left.legend(loc="lower right")
    _accuracies(right, found["coordinate_accuracy"], found["majority_accuracy"])
    return figure


def _accuracies(axes: Axes, coordinates: float, majority: float) -> None:
    """Draw the accuracies of coordinates alone and of the commoner class."""
    rows = (
        ("class of the nearest\ntraining window", coordinates, RED, "////"),
        ("commoner class", majority, GREY, ""),
    )
    for place, (_, value, colour, hatch) in enumerate(rows):
        if np.isnan(value):
            axes.text(1, -place, "not defined", va="center", fontsize=8)
            continue
        axes.barh(-place, 100 * value, color=colour, hatch=hatch, edgecolor="white", height=0.5)
        axes.annotate(f"{value:.1%}", (100 * value, -place), xytext=(3, 0), textcoords="offset points", va="center",
                      fontsize=8)  # fmt: skip
    axes.set(
        xlabel="accuracy on test windows (%)",
        xlim=(0, 118),
        xticks=range(0, 101, 20),
        ylim=(-1.6, 0.6),
        yticks=[0, -1],
        yticklabels=[name for name, _, _, _ in rows],
    )


@in_style
def plot_composition(report: AuditReport) -> Figure:
    """Plot the AUROC of the length and of the composition of a window alone."""
    figure, axes = new_figure(
        6,
        2.9,
        "AUROC of length and composition alone",
        note="logistic regression, fitted on training windows and measured on test windows",
    )
    axes.set_xlabel("AUROC (0 to 1)")
    found = report.get("separability")
    if not found:
        show_nothing(axes, _NO_SEQUENCE)
        return figure
    axes.axvline(0.5, color="0.6", linewidth=0.9, linestyle=":", label="chance")
    for place, (name, measured) in enumerate(found.items()):
        value = measured["auroc"]
        cut = name in {"length", "n"}
        odd = cut and max(value, 1 - value) > CUT_DIFFERENTLY
        axes.plot([0.5, value], [-place] * 2, color="0.6", linewidth=1, marker="", linestyle="-")
        axes.plot(value, -place, marker="s" if cut else "o", color=RED if odd else BLUE, linestyle="")
        axes.annotate(f"{value:.3f}", (value, -place), xytext=(0, 5), textcoords="offset points", ha="center",
                      fontsize=7)  # fmt: skip
        if cut:
            for limit in (CUT_DIFFERENTLY, 1 - CUT_DIFFERENTLY):
                axes.plot([limit] * 2, [-place - 0.4, -place + 0.4], color="black", linestyle="--", marker="",
                          linewidth=1, label="_" if name == "n" or limit < 0.5 else "suspect beyond")  # fmt: skip
    axes.set(
        xlim=(0, 1.02),
        ylim=(0.6 - len(found), 0.8),
        yticks=-np.arange(len(found)),
        yticklabels=[_FEATURE_LABELS[name] for name in found],
    )
    axes.legend(loc="lower left")
    return figure


@in_style
def plot_gc(label: npt.NDArray[np.int8], gc: npt.NDArray[Any] | None) -> Figure:
    """Plot the GC content of the windows of each class, as a share of the class."""
    figure, axes = new_figure(
        5.6, 3.5, "GC content of the windows of each class", note="all labelled windows; N is not counted"
    )
    axes.set(xlabel="GC content of a window (%)", ylabel="share of the windows of the class (%)")
    if gc is None:
        show_nothing(axes, _NO_SEQUENCE)
        return figure
    labelled = 100 * gc[label >= 0]
    if not len(labelled):
        show_nothing(axes, "No window is labelled.")
        return figure
    low, high = np.floor(labelled.min()), np.ceil(labelled.max())
    edges = np.linspace(low, max(high, low + 1), _GC_BINS + 1)
    for (name, value), colour, line in zip((("introgressed", 1), ("depleted", 0)), (RED, BLUE), LINES, strict=False):
        own = 100 * gc[label == value]
        if len(own):
            share = 100 * np.histogram(own, edges)[0] / len(own)
            text = f"{name}: {len(own):,} windows, mean {own.mean():.1f} %"
            axes.stairs(share, edges, color=colour, linestyle=line, linewidth=1.3, label=text)
    axes.margins(y=0.25)
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left")
    return figure
