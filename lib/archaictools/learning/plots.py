"""Plots that both wings share, and their style: PNG or SVG by suffix; equal data give equal bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from archaictools.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

#: Colours of all plots: of the model and of what is marked; of its rivals and of lines; of further rivals; of controls.
RED, BLUE, LIGHT_BLUE, GREY = "#c0392b", "#1f4e79", "#8fa9c4", "0.45"

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "archaictools",
    "figure.dpi": 150,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # The model first, then its baselines.
    "axes.prop_cycle": f"cycler('color', {[RED, BLUE, LIGHT_BLUE, GREY]})",
}

SUFFIXES = (".png", ".svg")


def check_suffix(path: Path) -> None:
    """Raise UsageError unless a plot's name ends in .png or .svg."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} must end in .png or .svg: the suffix chooses the format of a plot")


#: Colour by column ``kind`` of the table.
_KINDS = {"model": RED, "control": GREY, "rival": BLUE}


def plot_measure(path: Path, table: pd.DataFrame, measure: str, label: str) -> None:
    """Plot one measure of the model and of every baseline, with intervals."""
    figure, axes = new_figure(7, 0.8 + 0.32 * len(table))
    rows = table.to_dict("records")
    for number, row in enumerate(rows):
        value, low, high = row[measure], row[f"{measure}_low"], row[f"{measure}_high"]
        bounds = [[max(0.0, value - low)], [max(0.0, high - value)]]
        axes.errorbar(value, -number, xerr=bounds, fmt="o", ms=5, capsize=3, color=_KINDS[row["kind"]])
    if measure == "auroc":
        axes.axvline(0.5, color="0.7", linewidth=0.8)
    least = 0.4 if measure == "auroc" else 0.0
    axes.set(
        xlabel=label,
        xlim=(min(least, float(table[f"{measure}_low"].min())) - 0.02, 1.01),
        yticks=-np.arange(len(rows)),
        yticklabels=[
            row["model"].replace("_", " ") + ("" if row["kind"] == "model" else f" ({row['kind']})") for row in rows
        ],
    )
    save(figure, path, "png")


def plot_reliability(path: Path, curve: pd.DataFrame) -> None:
    """Plot the reliability curves of a table with a column ``model``."""
    figure, axes = new_figure(4.5, 4)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    for name, points in curve.groupby("model", sort=False):
        x, y = points["mean_probability"], points["introgressed_share"]
        drawn = axes.plot(x, y, linewidth=1, label=str(name).replace("_", " "))
        axes.scatter(x, y, s=15 + 150 * points["n"] / points["n"].sum(), color=drawn[0].get_color())
    axes.set(xlabel="predicted probability", ylabel="share introgressed", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(frameon=False)
    save(figure, path, "png")


def new_figure(width: float, height: float, *, columns: int = 1) -> tuple[Figure, Any]:
    """Return a figure of a size in inches, and its axes: one, or an array of several side by side."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure, figure.subplots(1, columns)


def save(figure: Figure, path: Path, file_format: str) -> None:
    """Write a figure without its date, so that equal figures give equal bytes."""
    with mpl.rc_context(_STYLE):
        metadata = {"Date": None} if file_format == "svg" else {"Software": "archaictools"}
        figure.savefig(path, format=file_format, dpi=150, metadata=metadata)
