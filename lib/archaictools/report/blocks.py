"""What a report consists of: sections of text, tables, charts and pictures; :mod:`archaictools.report.page` shows them.

A section knows nothing of HTML, and the page knows nothing of archaic DNA. All texts are plain text; the page escapes
them. Coordinates are 0-based and half-open; the page shows them 1-based, as genome browsers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import altair as alt
    import pandas as pd


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Names and values, as large figures in a row: ``(("Archaic share", "1.23 %"), ...)``."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Notes:
    """A list of sentences; ``warning`` marks what the reader must mistrust."""

    items: tuple[str, ...]
    title: str | None = None
    warning: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a :class:`Table`.

    Attributes
    ----------
    field
        Column of the data frame.
    title
        Header, with the unit: ``Archaic share (%)``.
    kind
        ``text``; ``number`` (right-aligned, NA is shown as ``NA``); ``bar`` (a number with a bar behind it, from 0 to
        the largest of the column); ``locus`` (text ``chr1:1,001-2,000`` that moves the browser, from the columns
        ``chrom, start, end`` of the same row); ``picture`` (an SVG text, inserted as it is, so never from a file).
    digits
        Digits after the point of a number.
    help
        What the column means: one sentence, shown when the header is pointed at.
    """

    field: str
    title: str
    kind: Literal["text", "number", "bar", "locus", "picture"] = "text"
    digits: int = 0
    help: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table that can be sorted and, with ``search``, searched; up to 50,000 rows.

    Attributes
    ----------
    name
        Unique in the page: letters, digits and ``-``.
    frame
        One row for each row. Columns beyond ``columns`` may be there for a locus.
    columns
        What is shown, from left to right.
    caption
        What the table contains: one sentence.
    search
        Whether there is a search field.
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    caption: str
    search: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A Vega-Altair chart, drawn as SVG.

    Colours, fonts and grid come from the page, which has a light and a dark version; the chart sets only colours that
    mean something. Its width is ``"container"``. A mark whose row has ``chrom``, ``start`` and ``end`` moves the
    browser when it is clicked.

    Attributes
    ----------
    name
        Unique in the page: letters, digits and ``-``.
    chart
        The chart; it refers to a :class:`Dataset` by ``alt.NamedData(name)``, or contains its (small) data.
    caption
        What the chart shows, with units: one or two sentences. It is the text for readers who cannot see it.
    large
        Draw on a canvas: for more than 5,000 marks.
    """

    name: str
    chart: alt.Chart | alt.LayerChart | alt.ConcatChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart
    caption: str
    large: bool = False


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A static SVG picture that the program has drawn."""

    name: str
    svg: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class Track:
    """A track of the genome browser.

    Attributes
    ----------
    name
        Shown beside the track.
    dataset
        Name of a :class:`Dataset` with ``chrom, start, end`` and, for ``values``, ``value``; for ``features``,
        ``name`` and optionally ``colour`` (``#rrggbb``), ``score`` (0-1, its opacity) and more columns, which a click
        on a feature shows.
    kind
        ``values`` (drawn as bars, from ``low`` to ``high``) or ``features``.
    colour
        ``#rrggbb``.
    visible
        Loaded at the start, or only when the reader chooses it.
    where
        Rows of the dataset: those whose column has this value, ``("haplotype", "NA06984.1")``.
    compact
        Draw features in low rows, without their names.
    """

    name: str
    dataset: str
    kind: Literal["values", "features"]
    colour: str
    visible: bool = True
    low: float = 0.0
    high: float = 1.0
    height: int = 50
    where: tuple[str, str] | None = None
    compact: bool = False


@dataclass(frozen=True, kw_only=True)
class Browser:
    """igv.js with embedded tracks.

    Attributes
    ----------
    lengths
        Chromosome lengths in bp, in order.
    build
        Name of the genome, shown and used as its id.
    locus
        ``(chrom, start, end)`` at which it opens.
    tracks
        From top to bottom.
    """

    lengths: Mapping[str, int]
    build: str
    locus: tuple[str, int, int]
    tracks: tuple[Track, ...]


Block = Text | Facts | Notes | Table | Chart | Picture | Browser


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    id
        Anchor: lower-case letters and ``-``.
    title
        Heading.
    lead
        What the reader sees here, and what it means: one to three plain sentences.
    blocks
        Contents, from top to bottom.
    """

    id: str
    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Absent:
    """A section that is left out since its input is missing, with one line on how to add it."""

    id: str
    title: str
    how: str


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Rows that charts and tracks of the page share; they are stored once, packed by column.

    Attributes
    ----------
    name
        Unique in the page: letters, digits and ``-``.
    frame
        Columns of text (repeated texts cost little), whole numbers, or floating-point numbers (stored in 32 bits).
    """

    name: str
    frame: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class LegendEntry:
    """A colour with its meaning; ``shape`` tells it apart without colour: the height of a segment in the karyogram."""

    label: str
    colour: str
    shape: Literal["full", "upper", "lower", "middle", "outline"] = "full"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole report."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    absent: tuple[Absent, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    legend: tuple[LegendEntry, ...] = ()
