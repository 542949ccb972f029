"""Plots along chromosomes and of genes, for windows and for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.learning.plots import as_label, in_style, new_figure, plain_numbers, show_nothing, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from matplotlib.figure import Figure

#: Columns of the longest chromosome.
COLUMNS = 1_000
#: Most chromosomes and most genes of a plot.
MOST_CHROMOSOMES, MOST_GENES = 30, 20

_MB = 1_000_000


@dataclass(frozen=True)
class Profile:
    """Means along a chromosome, in columns of equal width.

    Attributes
    ----------
    edges
        float64 (columns + 1,): edges of the columns in bp.
    mean
        float64 (columns,): NaN where there are no data.
    """

    edges: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]


def profile_of(
    start: npt.NDArray[Any], end: npt.NDArray[Any], total: npt.NDArray[Any], weight: npt.NDArray[Any], *, width: float
) -> Profile:
    """Return the means of intervals that do not overlap, in columns.

    A mean is the integral of ``total`` over that of ``weight``, so an interval counts in each column by the bases that
    it has there.

    Parameters
    ----------
    start, end
        Sorted intervals, 0-based half-open, in bp (n,).
    total, weight
        Sum of the values of each interval, and how many there are (n,): for a mean over haplotypes, those with data.
    width
        Width of a column in bp.
    """
    if not len(start):
        return Profile(np.zeros(1), np.zeros(0))
    columns = int(np.ceil(float(end[-1]) / width))
    edges = np.arange(columns + 1, dtype=np.float64) * width
    place = np.stack([start, end], axis=1).reshape(-1).astype(np.float64)
    sums = []
    for value in (total, weight):
        steps = np.stack([np.zeros(len(start)), (end - start) * value.astype(np.float64)], axis=1).reshape(-1)
        sums.append(np.diff(np.interp(edges, place, np.cumsum(steps))))
    # A column without data has a weight of rounding errors alone.
    known = sums[1] > 1e-6 * width
    return Profile(edges, np.divide(sums[0], sums[1], out=np.full(columns, np.nan), where=known))


@in_style
def plot_genome(profiles: Mapping[str, Profile], *, title: str, value: str, note: str, colour: str) -> Figure:
    """Plot a value from 0 to 1 along every chromosome, one row for each, all on one scale.

    Parameters
    ----------
    profiles
        By chromosome.
    title
        What is shown.
    value
        The value, as the note names it.
    note
        How it was measured.
    colour
        Of the value.
    """
    shown = {chrom: profile for chrom, profile in profiles.items() if np.isfinite(profile.mean).any()}
    left_out = len(shown) - MOST_CHROMOSOMES
    if left_out > 0:
        longest = sorted(shown, key=lambda chrom: -shown[chrom].edges[-1])[:MOST_CHROMOSOMES]
        shown = {chrom: profile for chrom, profile in shown.items() if chrom in longest}
        note = f"the {MOST_CHROMOSOMES} longest chromosomes, {left_out:,} are left out; {note}"
    highest = max((float(np.nanmax(profile.mean)) for profile in shown.values()), default=0.0)
    scale = _round_up(highest)
    note = f"height of a row: {value}, 0 to {scale:g}; grey: no data; {note}"
    figure, axes = new_figure(7.6, 1.5 + max(0.9, 0.34 * len(shown)), title, note=note)
    axes.set_xlabel("position on the chromosome (Mb)")
    if not shown:
        show_nothing(axes, "No chromosome has data.")
        return figure
    last = max(profile.edges[-1] for profile in shown.values()) / _MB
    for row, profile in enumerate(shown.values()):
        base = -float(row)
        place, height = profile.edges / _MB, 0.8 * np.nan_to_num(profile.mean) / scale
        axes.stairs(base + height, place, baseline=base, fill=True, color=colour, linewidth=0.4, edgecolor=colour)
        for first, end in _runs(np.isnan(profile.mean)):
            axes.fill_between([place[first], place[end]], base, base + 0.8, color="0.9", linewidth=0)
        axes.plot([0, place[-1]], [base, base], color="0.5", linewidth=0.5, marker="", linestyle="-")
    axes.set(
        yticks=-np.arange(len(shown), dtype=float) + 0.4,
        yticklabels=[as_label(chrom) for chrom in shown],
        xlim=(0, last * 1.002),
        ylim=(0.9 - len(shown), 1.0),
        ylabel="chromosome",
    )
    axes.tick_params(axis="y", length=0)
    bar = axes.secondary_yaxis("right", functions=(lambda y: y * scale / 0.8, lambda y: y * 0.8 / scale))
    bar.set_yticks([0, scale], labels=["0", f"{scale:g}"], fontsize=7)
    return figure


def _round_up(value: float) -> float:
    """Return the next of 1, 2 and 5 times a power of ten, at most 1."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return min(1.0, float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))))


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first column of each run of True, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@in_style
def plot_top_genes(
    table: pd.DataFrame, column: str, labels: Sequence[str], *, title: str, xlabel: str, note: str, nothing: str
) -> Figure:
    """Plot the first genes of a sorted table as bars, with their places.

    Parameters
    ----------
    table
        Genes, the highest first; at most :data:`MOST_GENES` are shown.
    column
        The column that is shown.
    labels
        Text at the end of each bar.
    title, xlabel, note
        Texts of the plot.
    nothing
        Shown if there is no gene.
    """
    from matplotlib.ticker import MaxNLocator

    integer = pd.api.types.is_integer_dtype(table[column])
    shown = table.head(MOST_GENES)
    figure, axes = new_figure(7, 1.5 + 0.22 * max(3, len(shown)), title, note=note)
    axes.set_xlabel(xlabel)
    if not len(shown):
        show_nothing(axes, nothing)
        return figure
    place = -np.arange(len(shown))
    value = shown[column].to_numpy(dtype=np.float64)
    axes.barh(place, value, color="0.35", height=0.7)
    for y, x, label in zip(place, value, labels, strict=False):
        axes.annotate(label, (x, y), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7)
    names = [
        f"{as_label(row['gene'])}  ({row['chrom']}:{row['start'] / _MB:,.2f} Mb)" for row in shown.to_dict("records")
    ]
    axes.set_yticks(place, names, fontsize=7)
    highest = float(value.max()) or 1.0
    ticks = MaxNLocator(6, integer=integer).tick_values(0, highest)
    # The text at the end of the longest bar needs a quarter of the width; an axis of a share ends at 1.
    axes.set(ylim=(-len(shown), 1), xlim=(0, highest * 1.28), xticks=[tick for tick in ticks if tick <= highest * 1.02])
    return figure


@in_style
def plot_counts(counts: Sequence[int], *, title: str, xlabel: str, ylabel: str, note: str, nothing: str) -> Figure:
    """Plot how many things have each count, the number of things on a logarithmic axis.

    Parameters
    ----------
    counts
        One count for each thing, 0 or more.
    title, xlabel, ylabel, note
        Texts of the plot.
    nothing
        Shown if there is no thing.
    """
    figure, axes = new_figure(6.2, 3.6, title, note=note)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if not len(counts):
        show_nothing(axes, nothing)
        return figure
    values = np.asarray(counts, dtype=np.int64)
    width = max(1, -(-int(values.max()) // 60))
    # Things without any have their own bar: none of a wider bin is mixed with them.
    edges = np.concatenate([[0], np.arange(1, values.max() + width + 1, width)]) - 0.5
    found = np.histogram(values, edges)[0]
    shown = found > 0
    size = np.diff(edges)
    axes.bar(edges[:-1][shown], found[shown], width=0.9 * size[shown], align="edge", color="0.35")
    if len(found) <= 25:
        for left, wide, count in zip(edges[:-1][shown], size[shown], found[shown], strict=True):
            axes.annotate(f"{count:,}", (left + 0.45 * wide, count), xytext=(0, 2), textcoords="offset points",
                          ha="center", fontsize=7)  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylim(0.7, found.max() * 2)
    plain_numbers(axes.yaxis)
    whole_numbers(axes.xaxis)
    return figure
