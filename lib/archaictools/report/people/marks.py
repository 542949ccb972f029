"""Colours, symbols and fills that tell sources apart in charts: all sections use the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archaictools.haplotypes.lineages import Shape, Source

#: Symbol for the part of a row that a source fills in other pictures.
_SYMBOLS: dict[Shape, str] = {
    "full": "square", "upper": "triangle-up", "middle": "diamond", "lower": "triangle-down", "outline": "circle",
}  # fmt: skip
#: Symbols of further sources of the same shape.
_MORE_SYMBOLS = ("circle", "cross", "triangle-right", "triangle-left", "stroke")
#: Opacity of a bar of segments with a named source, and without one.
_SOLID, _HOLLOW = 0.85, 0.15


class Marks:
    """Encodings of the sources in a chart.

    Parameters
    ----------
    sources
        Sources in the chart; their labels are the values of the field.
    field
        Column of the chart's data.
    """

    def __init__(self, sources: Sequence[Source], field: str = "source") -> None:
        self._sources, self._field = sources, field
        self.labels = [source.label for source in sources]

    @property
    def colour(self) -> alt.Color:
        """Colour of a mark."""
        return alt.Color(
            f"{self._field}:N", title="Source", scale=self._scale(self._colours), legend=alt.Legend(orient="top")
        )

    @property
    def stroke(self) -> alt.Stroke:
        """Colour of the edge of a bar."""
        return alt.Stroke(f"{self._field}:N", scale=self._scale(self._colours), legend=None)

    @property
    def symbol(self) -> alt.Shape:
        """Symbol of a point; a second source of equal shape has a symbol of its own."""
        chosen: list[str] = []
        for source in self._sources:
            free = [one for one in (_SYMBOLS[source.shape], *_MORE_SYMBOLS) if one not in chosen]
            chosen.append(free[0] if free else "circle")
        return alt.Shape(f"{self._field}:N", title="Source", scale=self._scale(chosen))

    @property
    def fill(self) -> alt.FillOpacity:
        """Opacity of a bar: solid for a named source, hollow for others."""
        opacity = [_SOLID if source.lineage else _HOLLOW for source in self._sources]
        return alt.FillOpacity(f"{self._field}:N", scale=self._scale(opacity), legend=None)

    @property
    def _colours(self) -> list[str]:
        return [source.colour for source in self._sources]

    def _scale(self, values: Sequence[str] | Sequence[float]) -> alt.Scale:
        return alt.Scale(type="ordinal", domain=self.labels, range=list(values))


def whole_numbers(most: int) -> alt.Axis:
    """Return an axis of whole numbers from 0 to ``most``, without ticks at fractions."""
    return alt.Axis(values=list(range(most + 1)), format="d") if most < 10 else alt.Axis(format=",d")
