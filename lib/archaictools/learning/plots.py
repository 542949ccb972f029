"""Style and parts of all plots, which are written as PNG and SVG; equal data give equal bytes.

A function that draws returns a figure, so that a test can compare its artists with a table. Every figure has a title,
axes with units, and marks that differ by shape or hatch as well as by colour, so that it is readable in grey.
"""

from __future__ import annotations

import textwrap
import warnings
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np

from archaictools.errors import UsageError, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")
T = TypeVar("T")

#: Colours of all plots: of the model and of what is marked; of its rivals and of lines; of further rivals; of controls.
RED, BLUE, LIGHT_BLUE, GREY = "#c0392b", "#1f4e79", "#8fa9c4", "0.45"

#: Line styles and markers, in the order of the colours, and hatches of stacked bars.
LINES, MARKERS, HATCHES = ("-", "--", "-.", ":"), ("o", "^", "s", "D"), ("", "////", "\\\\\\\\", "----", "||||")

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "archaictools",
    "svg.fonttype": "none",  # text stays text, which can be searched and edited
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "text.parse_math": False,  # a name may contain a dollar sign
    "figure.dpi": 150,
    "font.size": 9,
    "figure.titlesize": 10,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    # The model first, then its baselines.
    "axes.prop_cycle": (
        f"cycler('color', {[RED, BLUE, LIGHT_BLUE, GREY]}) + cycler('linestyle', {list(LINES)}) "
        f"+ cycler('marker', {list(MARKERS)})"
    ),
}

SUFFIXES = (".png", ".svg")

#: Longest name on an axis, in characters.
_LONGEST_NAME = 28
#: Width of a bold character of a title, in points.
_TITLE_CHARACTER = 6.6
#: Width of a character of a note, in points.
_NOTE_CHARACTER = 4.15


def check_suffix(path: Path) -> None:
    """Raise UsageError unless a plot's name ends in .png or .svg."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} must end in .png or .svg: the suffix chooses the format of a plot")


def in_style(draw: Callable[P, T]) -> Callable[P, T]:
    """Return a function that draws with the style of all plots."""

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> T:
        with mpl.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return styled


@in_style
def new_figure(width: float, height: float, title: str, *, note: str = "", columns: int = 1) -> tuple[Figure, Any]:
    """Return a figure and its axes: one, or an array of several side by side.

    Parameters
    ----------
    width, height
        Size in inches.
    title
        What is shown, above the axes.
    note
        How it was measured, in small letters below the axes.
    columns
        Number of axes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(
        textwrap.fill(title, int(72 * width / _TITLE_CHARACTER)), x=0.01, ha="left", fontsize=10, fontweight="bold"
    )
    if note:
        text = textwrap.fill(note, int(72 * width / _NOTE_CHARACTER))
        figure.supxlabel(text, x=0.01, ha="left", fontsize=7.5, color="0.3")
    return figure, figure.subplots(1, columns)


@in_style
def save(figure: Figure, path: Path, file_format: str) -> None:
    """Write a figure without its date, so that equal figures give equal bytes."""
    metadata = {"Date": None} if file_format == "svg" else {"Software": "archaictools"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a name in a script that the font lacks
        figure.savefig(path, format=file_format, dpi=150, metadata=metadata)


def write_plots(folder: Path, plots: Mapping[str, Figure]) -> None:
    """Write each plot into an existing folder, as ``NAME.png`` and ``NAME.svg``."""
    for name, figure in plots.items():
        for suffix in SUFFIXES:
            save(figure, folder / f"{name}{suffix}", suffix[1:])


@in_style
def show_nothing(axes: Axes, reason: str) -> None:
    """Write into empty axes why they are empty."""
    axes.set(xticks=[], yticks=[])
    text = textwrap.fill(reason, 50)
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="0.3")


def legend_above(axes: Axes, *, columns: int, handles: Sequence[Any] | None = None) -> None:
    """Draw the legend between the title and the axes; a legend of the figure would cover the title."""
    given = {} if handles is None else {"handles": handles}
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.3,
        columnspacing=1.2,
        ncols=columns,
        fontsize=8,
        **given,
    )


def as_label(name: object) -> str:
    """Return a name as it stands on an axis: cut if it is long."""
    return shorten(name, limit=_LONGEST_NAME)


@dataclass(frozen=True, kw_only=True)
class Group:
    """A part of stacked bars: its label, colour and hatch."""

    label: str
    colour: str
    hatch: str = ""


@in_style
def stack_bars(
    axes: Axes, place: npt.NDArray[Any], parts: Sequence[tuple[Group, npt.NDArray[Any]]], *, thickness: float = 0.75
) -> None:
    """Draw horizontal bars of several parts, one after the other.

    Parameters
    ----------
    axes
        Where.
    place
        Position of each bar.
    parts
        Groups and the lengths of their parts, one for each bar.
    thickness
        Of a bar; bars that touch have no outline.
    """
    left = np.zeros(len(place))
    for group, length in parts:
        axes.barh(
            place, length, left=left, height=thickness, label=group.label, color=group.colour, hatch=group.hatch,
            edgecolor="white", linewidth=0.3 if thickness < 1 else 0,
        )  # fmt: skip
        left = left + length


@in_style
def stacked_histogram(axes: Axes, edges: npt.NDArray[Any], parts: Sequence[tuple[Group, npt.NDArray[Any]]]) -> None:
    """Draw a histogram of several groups, one on top of the other.

    Parameters
    ----------
    axes
        Where.
    edges
        Edges of the bins, (bins + 1,).
    parts
        Groups and their counts, (bins,).
    """
    base = np.zeros(len(edges) - 1)
    for group, count in parts:
        axes.bar(
            edges[:-1], count, bottom=base, width=np.diff(edges), align="edge", label=group.label, color=group.colour,
            hatch=group.hatch, edgecolor="white", linewidth=0.3,
        )  # fmt: skip
        base = base + count


@in_style
def plain_numbers(axis: Any) -> None:
    """Label a logarithmic axis with numbers such as 0.1, 20 and 1,000, at 1, 2 and 5 if it is short."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    short = high / max(low, 1e-300) < 150
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if short else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


#: Most bins of a histogram of lengths.
_LENGTH_BINS = 30


@in_style
def plot_lengths(lengths: Sequence[tuple[Group, npt.NDArray[Any]]], *, title: str, note: str) -> Figure:
    """Plot the lengths of segments, given in bp for each group, in bins of equal ratio."""
    figure, axes = new_figure(6.2, 3.6, title, note=note)
    every = np.concatenate([np.asarray(length, dtype=float) for _, length in lengths] or [np.zeros(0)]) / 1_000
    axes.set(xlabel="length of a segment (kb)", ylabel="number of segments")
    if not len(every):
        show_nothing(axes, "No segment is called.")
        return figure
    edges = _length_edges(np.rint(every * 1_000).astype(np.int64)) / 1_000
    counts = [(group, np.histogram(np.asarray(length) / 1_000, edges)[0]) for group, length in lengths]
    stacked_histogram(axes, edges, [(group, count) for group, count in counts if count.any()])
    median = float(np.median(every))
    axes.axvline(median, color="black", linewidth=1, linestyle="--", label=f"median {median:,.3g} kb")
    axes.set_xscale("log")
    axes.set_xlim(edges[0], edges[-1])
    plain_numbers(axes.xaxis)
    whole_numbers(axes.yaxis)
    axes.legend()
    return figure


def _length_edges(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return edges of bins in bp whose widths grow with the length.

    Lengths are multiples of a step (the length of a bin, or the distance of windows). A bin has whole steps, and no
    fewer than the bin before it: else neighbours of one and two steps would look like peaks and gaps.
    """
    step = int(np.gcd.reduce(lengths))
    edges, last, width = [int(lengths.min()) // step], int(lengths.max()) // step, 1
    growth = ((last + 1) / edges[0]) ** (1 / min(_LENGTH_BINS, 5 + len(lengths) // 5)) - 1
    while edges[-1] <= last:
        width = max(width, round(edges[-1] * growth))
        edges.append(edges[-1] + width)
    return (np.array(edges) - 0.5) * step


def whole_numbers(axis: Any) -> None:
    """Give an axis of counts ticks at whole numbers alone, with commas."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.0f}"))
