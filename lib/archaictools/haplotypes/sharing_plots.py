"""Plots of sharing: heat maps of people and of populations beside the tree of their clusters, and ages of one pulse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import dendrogram

from archaictools.haplotypes.ages import ALL, POPULATION, SAMPLE
from archaictools.haplotypes.sharing import between_populations, clusters_of
from archaictools.learning.plots import BLUE, GREY, MARKERS, RED, as_label, in_style, new_figure, show_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

    from archaictools.haplotypes.sharing import Clusters, Sharing

#: Most names on an axis, and most rows of the plot of ages.
_MOST_NAMES = 60
#: Height of a row with a name, in inches.
_ROW = 0.19

_MEASURE = "share of two people: bases that both carry / bases that either carries (Jaccard)"


def sharing_plots(sharing: Sharing, ages: pd.DataFrame, populations: Mapping[str, str]) -> dict[str, Figure]:
    """Return the plots by name: ``people``, ``ages``, and with two populations or more ``populations``."""
    names = [f"{name} ({populations[name]})" if name in populations else name for name in sharing.samples]
    jaccard = sharing.jaccard
    plots = {
        "people": plot_matrix(
            jaccard, names, clusters_of(jaccard), title=f"Sharing of archaic segments by {len(names):,} people"
        ),
        "ages": plot_ages(ages),
    }
    labels = sorted(set(populations.values()))
    if len(labels) > 1:
        mean = _square(between_populations(sharing, populations), labels)
        title = f"Sharing of archaic segments by {len(labels):,} populations"
        plots["populations"] = plot_matrix(mean, labels, clusters_of(mean), title=title, means=True)
    return plots


def _square(between: pd.DataFrame, labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the means between populations as a symmetric matrix, in the order of the labels."""
    place = {name: number for number, name in enumerate(labels)}
    square = np.full((len(labels), len(labels)), np.nan)
    one, other = (between[name].map(place).to_numpy() for name in ("population_1", "population_2"))
    square[one, other] = square[other, one] = between["jaccard"].to_numpy()
    return square


@in_style
def plot_matrix(
    share: npt.NDArray[np.float64], names: Sequence[str], clusters: Clusters, *, title: str, means: bool = False
) -> Figure:
    """Plot shares (n, n) as a heat map, ordered by the tree of clusters at its left.

    Parameters
    ----------
    share
        Shares from 0 to 1; NaN where they are not known.
    names
        Names of rows and columns.
    clusters
        Order and tree.
    title
        What is shown.
    means
        Whether shares are means over pairs of people: then the diagonal is of the pairs within a population.
    """
    count = len(names)
    side = max(3.2, _ROW * count) if count <= _MOST_NAMES else 7.0
    note = f"{'mean ' if means else ''}{_MEASURE}; grey: not known{'' if means else ', and the diagonal'}; " + (
        "tree: average linkage of 1 - share"
    )
    figure, (left, right) = new_figure(side + 3.4, side + 1.3, title, note=note, columns=2)
    left.get_gridspec().set_width_ratios([1, 4])
    if count < 2 or not np.isfinite(share).any():
        left.set_axis_off()
        show_nothing(right, "Fewer than two carry a segment, so nothing can be compared.")
        return figure
    dendrogram(
        clusters.tree, orientation="left", ax=left, no_labels=True, color_threshold=0, above_threshold_color=GREY
    )
    for lines in left.collections:
        lines.set_linewidth(1.2 if count <= _MOST_NAMES else 0.4)
    # Up to the first pair nothing meets, so the axis begins a little before it.
    low, high = clusters.tree[:, 2].min(), clusters.tree[:, 2].max()
    room = 0.1 * (high - low) or 0.05
    left.set(xlim=(high + room, max(0.0, low - 2 * room)), ylim=(10 * count, 0), xlabel="1 - share")
    left.set_yticks([])
    left.spines["left"].set_visible(False)
    ordered = share[np.ix_(clusters.order, clusters.order)].copy()
    if not means:
        np.fill_diagonal(ordered, np.nan)
    image = right.imshow(ordered, cmap="viridis", aspect="auto", vmin=0, interpolation="nearest")
    right.set_facecolor("0.85")  # a share that is not known is transparent
    labels = [as_label(names[number]) for number in clusters.order.tolist()]
    if count <= _MOST_NAMES:
        right.set_yticks(range(count), labels, fontsize=7)
        right.set_xticks(range(count), labels, fontsize=7, rotation=90)
    else:
        right.set(xticks=[], yticks=[], xlabel=f"{count:,} people in the order of the tree")
    right.yaxis.tick_right()
    for spine in right.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(image, ax=right, location="top", shrink=0.6, aspect=30)
    bar.set_label("share (0 to 1)", fontsize=8)
    return figure


@in_style
def plot_ages(ages: pd.DataFrame) -> Figure:
    """Plot the ages of one pulse with their intervals: of all, of populations, and of people if they are few."""
    known = ages[ages["generations"].notna()]
    if len(known) > _MOST_NAMES:
        known = known[known["level"] != SAMPLE]
    figure, axes = new_figure(
        6.4,
        max(2.2, 1.3 + _ROW * len(known)),
        "Rough age of one pulse of introgression",
        note="from the lengths of segments; bars: 95 % interval of chance alone; a rough guide, not a date",
    )
    axes.set(xlabel="generations ago")
    if known.empty:
        show_nothing(axes, "No age: too few long segments.")
        return figure
    place = np.arange(len(known))
    kinds = ((ALL, RED, MARKERS[0]), (POPULATION, BLUE, MARKERS[1]), (SAMPLE, GREY, MARKERS[2]))
    for level, colour, marker in kinds:
        own = (known["level"] == level).to_numpy()
        age, low, high = (known[name].to_numpy(dtype=np.float64)[own] for name in ("generations", "low", "high"))
        if own.any():
            axes.errorbar(
                age, place[own], xerr=np.abs(np.stack([age - low, high - age])), fmt=marker, color=colour,
                linestyle="none", elinewidth=1, markersize=5, label=level,
            )  # fmt: skip
    axes.set_yticks(place, [as_label(name) for name in known["name"]], fontsize=7)
    axes.set(ylim=(len(known) - 0.4, -0.6))
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda value, _place: f"{value:,.0f}")
    axes.legend(loc="lower left")
    return figure
