"""Plots of results as PNG or SVG, by the output's suffix; the same data give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from archaictools.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "archaictools",
    "figure.dpi": 150,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

SUFFIXES = (".png", ".svg")


def check_suffix(path: Path) -> None:
    """Raise UsageError unless a plot's name ends in .png or .svg."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} must end in .png or .svg: the suffix chooses the format of a plot")


def plot_importance(
    path: Path, table: pd.DataFrame, important: npt.NDArray[Any], *, title: str, ylabel: str, file_format: str
) -> None:
    """Plot importance by position, with its spread over repeats, and mark the important positions."""
    figure, axes = _figure(7, 3)
    x, y, sd = (table[name].to_numpy(dtype=float) for name in ("position", "importance", "sd"))
    axes.fill_between(x, y - sd, y + sd, color="0.85", linewidth=0, label="± SD over repeats")
    axes.plot(x, y, color="#1f4e79", linewidth=1)
    axes.scatter(
        x[important],
        y[important],
        s=10,
        color="#c0392b",
        zorder=3,
        label=f"important ({int(important.sum())})",
    )
    axes.axhline(0, color="0.5", linewidth=0.6)
    axes.set(xlabel="position of the word in the sentence", ylabel=ylabel, title=title)
    axes.legend(frameon=False)
    _save(figure, path, file_format)


def plot_embedding(path: Path, table: pd.DataFrame, *, file_format: str) -> None:
    """Plot the UMAP map twice: coloured by GC content and by class log odds."""
    figure, (left, right) = _figure(9, 4, columns=2)
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
    _save(figure, path, file_format)


def _figure(width: float, height: float, *, columns: int = 1) -> tuple[Figure, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure, figure.subplots(1, columns)


def _save(figure: Figure, path: Path, file_format: str) -> None:
    with mpl.rc_context(_STYLE):
        metadata = {"Date": None} if file_format == "svg" else {"Software": "archaictools"}
        figure.savefig(path, format=file_format, dpi=150, metadata=metadata)
