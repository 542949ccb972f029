"""Lineage, label and colour of the sources of segments: the same in BED files, pictures, tracks and reports.

The field draws Neanderthal in red and Denisovan in blue. Colours are from the palettes of Okabe and Ito and of Tol, for
readers who are colour-blind, or shades of them. Each source also has a shape, so that it is told apart without colour.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from archaictools.haplotypes.sources import AMBIGUOUS, UNMATCHED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Colours of Neanderthals, Denisovans and other archaic genomes, in the order of their names; then of the rest.
REDS, BLUES = ("#cc3311", "#7f1d10", "#ee8877"), ("#0072b2", "#56b4e9", "#123f6b")
OTHERS = ("#009e73", "#e69f00", "#7a5c00")
PURPLE, GREY = "#8e44ad", "#888888"

Shape = Literal["full", "upper", "lower", "middle", "outline"]


class Lineage(StrEnum):
    """What kind of archaic human a genome is from, as its name tells."""

    NEANDERTHAL = "Neanderthal"
    DENISOVAN = "Denisovan"
    UNKNOWN = "archaic"


_NAMES = {
    Lineage.DENISOVAN: re.compile(r"den(?:i|$|[\W\d_])|^den", re.IGNORECASE),
    Lineage.NEANDERTHAL: re.compile(r"nea|altai|vindija|chagyrskaya|mezmaiskaya|goyet", re.IGNORECASE),
}


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source of segments.

    Attributes
    ----------
    name
        As in the table of segments.
    label
        As a reader sees it.
    lineage
        None for ``ambiguous`` and ``unmatched``.
    colour
        ``#rrggbb``.
    shape
        Part of the row that a segment of this source fills in a picture.
    """

    name: str
    label: str
    lineage: Lineage | None
    colour: str
    shape: Shape

    @property
    def item_rgb(self) -> str:
        """Return the colour as a BED has it, such as ``204,51,17``."""
        return item_rgb(self.colour)


def item_rgb(colour: str) -> str:
    """Return a colour as a BED has it.

    Examples
    --------
    >>> item_rgb("#cc3311")
    '204,51,17'
    """
    return ",".join(str(int(colour[first : first + 2], 16)) for first in (1, 3, 5))


def lineage_of(name: str) -> Lineage:
    """Return the lineage that a name of an archaic genome tells.

    Examples
    --------
    >>> [lineage_of(name).value for name in ("AltaiNea", "Vindija33.19", "Denisova", "DenisovaPinky", "ARC000")]
    ['Neanderthal', 'Neanderthal', 'Denisovan', 'Denisovan', 'archaic']
    """
    return next((lineage for lineage, names in _NAMES.items() if names.search(name)), Lineage.UNKNOWN)


def lineage_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the lineage of each archaic genome; a genome whose name tells none is a lineage of its own.

    Examples
    --------
    >>> lineage_names(["AltaiNea", "Vindija33.19", "Denisova", "ARC000"])
    ('Neanderthal', 'Neanderthal', 'Denisovan', 'ARC000')
    """
    return tuple(name if (kind := lineage_of(name)) is Lineage.UNKNOWN else kind.value for name in names)


def sources_of(archaic: Sequence[str], labels: Mapping[str, str] | None = None) -> tuple[Source, ...]:
    """Return the archaic genomes as sources, then ``ambiguous`` and ``unmatched``.

    Parameters
    ----------
    archaic
        Names of the archaic genomes.
    labels
        Label by name; the label of a genome tells its lineage, too (``{"ARC000": "Neanderthal"}``).

    Examples
    --------
    >>> [(source.name, source.colour) for source in sources_of(["Nean", "Denisova"])]
    [('Nean', '#cc3311'), ('Denisova', '#0072b2'), ('ambiguous', '#8e44ad'), ('unmatched', '#888888')]
    """
    palette = {Lineage.NEANDERTHAL: REDS, Lineage.DENISOVAN: BLUES, Lineage.UNKNOWN: OTHERS}
    shapes: dict[Lineage, Shape] = {Lineage.NEANDERTHAL: "full", Lineage.DENISOVAN: "upper", Lineage.UNKNOWN: "full"}
    used: Counter[Lineage] = Counter()
    found = []
    for name in archaic:
        label = (labels or {}).get(name, name)
        lineage = lineage_of(label)
        colours = palette[lineage]
        colour = colours[used[lineage] % len(colours)]
        used[lineage] += 1
        found.append(Source(name=name, label=label, lineage=lineage, colour=colour, shape=shapes[lineage]))
    return (
        *found,
        Source(name=AMBIGUOUS, label=AMBIGUOUS, lineage=None, colour=PURPLE, shape="middle"),
        Source(name=UNMATCHED, label=UNMATCHED, lineage=None, colour=GREY, shape="lower"),
    )
