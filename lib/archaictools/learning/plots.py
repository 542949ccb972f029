"""Plots of results as PNG or SVG, by the output's suffix; the same data give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from archaictools.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
    # What is judged first, then what it is compared with.
    "axes.prop_cycle": "cycler('color', ['#c0392b', '#1f4e79', '#8fa9c4', '0.45'])",
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


_KINDS = {"model": "#c0392b", "control": "0.45", "rival": "#1f4e79"}


def plot_evaluation(
    folder: Path, table: pd.DataFrame, curve: pd.DataFrame, similarity: Sequence[Mapping[str, Any]]
) -> None:
    """Plot a comparison into a folder: AUROC of all, reliability of the model, AUROC by similarity to training."""
    _plot_measure(folder / "comparison.png", table, "auroc", "AUROC on held-out sentences, with 95 % interval")
    _plot_reliability(folder / "reliability.png", curve)
    figure, axes = _figure(5, 3)
    shown = [row for row in similarity if row["n"]]
    labels = ["none" if row["up_to"] == 0 else f"to {row['up_to']:.0%}" for row in shown]
    axes.bar(range(len(shown)), [row["auroc"] for row in shown], color="#1f4e79", width=0.6)
    for place, bar in enumerate(shown):
        axes.annotate(f"n = {bar['n']:,}", (place, 0.02), ha="center", color="white", fontsize=7, rotation=90)
    axes.axhline(0.5, color="0.5", linewidth=0.8)
    axes.set(
        xlabel="share of a window's 31-mers that stands in training",
        ylabel="AUROC",
        ylim=(0, 1),
        xlim=(-0.6, max(len(shown), 4) - 0.4),
        xticks=range(len(shown)),
        xticklabels=labels,
    )
    _save(figure, folder / "similarity.png", "png")


def plot_bin_evaluation(
    folder: Path, table: pd.DataFrame, curve: pd.DataFrame, models: Mapping[str, Mapping[str, Any]]
) -> None:
    """Plot LSTM against HMM into a folder: AUPRC of all, reliability, recall by the length of true tracts."""
    _plot_measure(folder / "comparison.png", table, "auprc", "AUPRC on bins not seen in training, with 95 % interval")
    _plot_reliability(folder / "reliability.png", curve)
    figure, axes = _figure(6, 3.2)
    shown = [name for name, found in models.items() if found["kind"] != "control"]
    width = 0.8 / max(1, len(shown))
    for place, name in enumerate(shown):
        rows = models[name]["recall_by_length"]
        x = np.arange(len(rows)) + (place - (len(shown) - 1) / 2) * width
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
    _save(figure, folder / "recall_by_length.png", "png")


def plot_input_importance(path: Path, table: pd.DataFrame, *, fdr: float, file_format: str) -> None:
    """Plot the importance of every input of a bin, the most important first."""
    shown = table.sort_values("importance", ascending=False).to_dict("records")
    figure, axes = _figure(6, 0.8 + 0.19 * len(shown))
    colours = ["#c0392b" if row["q"] <= fdr else "0.7" for row in shown]
    axes.barh(
        -np.arange(len(shown)),
        [row["importance"] for row in shown],
        xerr=[np.nan_to_num(row["sd"]) for row in shown],
        color=colours,
        height=0.7,
    )
    axes.set_yticks(-np.arange(len(shown)), [str(row["word"]).replace("_", " ") for row in shown], fontsize=7)
    axes.set(xlabel=f"log loss of a bin gained when it is exchanged (red: q up to {fdr:g})", ylim=(-len(shown), 1))
    _save(figure, path, file_format)


def _plot_measure(path: Path, table: pd.DataFrame, measure: str, label: str) -> None:
    """Plot a measure of every model, control and rival with its interval."""
    figure, axes = _figure(7, 0.8 + 0.32 * len(table))
    rows = table.to_dict("records")
    for place, row in enumerate(rows):
        value, low, high = row[measure], row[f"{measure}_low"], row[f"{measure}_high"]
        bounds = [[max(0.0, value - low)], [max(0.0, high - value)]]
        axes.errorbar(value, -place, xerr=bounds, fmt="o", ms=5, capsize=3, color=_KINDS[row["kind"]])
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
    _save(figure, path, "png")


def _plot_reliability(path: Path, curve: pd.DataFrame) -> None:
    figure, axes = _figure(4.5, 4)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    for name, points in curve.groupby("model", sort=False):
        x, y = points["mean_probability"], points["introgressed_share"]
        drawn = axes.plot(x, y, linewidth=1, label=str(name).replace("_", " "))
        axes.scatter(x, y, s=15 + 150 * points["n"] / points["n"].sum(), color=drawn[0].get_color())
    axes.set(xlabel="predicted probability", ylabel="share introgressed", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(frameon=False)
    _save(figure, path, "png")


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
