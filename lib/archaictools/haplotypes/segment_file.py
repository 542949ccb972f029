"""Reader of the table of segments that ``predict --segments`` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from archaictools.io.bigwig_reader import is_bigwig
from archaictools.io.columns import intervals_of
from archaictools.io.tables import (
    COORDINATE,
    COUNT,
    COUNT_OR_NA,
    FLAG,
    PROBABILITY,
    Columns,
    Number,
    read_header,
    read_table,
)

if TYPE_CHECKING:
    from pathlib import Path

#: Columns that every table of segments has.
COLUMNS: Columns = {
    "chrom": str,
    "start": COORDINATE,
    "end": COORDINATE,
    "sample": str,
    "haplotype": COUNT,
    "posterior": PROBABILITY,
}

#: Source of a segment in a table without that column.
NO_SOURCE = "."

_NUMBER_OR_NA = Number(unknown=True)
_RATE_OR_NA = Number(0, 1, unknown=True)
_EVIDENCE: dict[str, Number] = {
    "called": COUNT_OR_NA,
    "shared": COUNT_OR_NA,
    "compared": COUNT_OR_NA,
    "match": _NUMBER_OR_NA,
}
#: Columns for each archaic genome that a table of an earlier run may lack.
_RATES = ("rate", "expected")


def is_segments(path: Path) -> bool:
    """Tell whether a file is a table of segments of ``predict --segments``, by its header."""
    return not is_bigwig(path) and set(COLUMNS) <= set(read_header(path))


def archaic_of(header: list[str]) -> tuple[str, ...]:
    """Return the archaic genomes that a table of segments has evidence for, by its header.

    Examples
    --------
    >>> archaic_of(["chrom", "posterior", "AltaiNea_called", "AltaiNea_shared", "AltaiNea_compared", "AltaiNea_match"])
    ('AltaiNea',)
    """
    names = (name.removesuffix("_called") for name in header if name.endswith("_called"))
    return tuple(name for name in names if all(f"{name}_{what}" in header for what in _EVIDENCE))


def read_segments(path: Path) -> pd.DataFrame:
    """Return a table of segments: at least the columns of :data:`COLUMNS` and ``source``; and those of the evidence.

    Coordinates are 0-based and half-open, in bp; see :class:`archaictools.haplotypes.segments.CallResult`.

    Raises
    ------
    InputError
        If a column is missing, or if a value is not one that the column may have.
    """
    optional: dict[str, type[str] | Number] = {"source": str, "seen": FLAG, "callable": COUNT}
    for name in archaic_of(read_header(path)):
        optional |= {f"{name}_{what}": kind for what, kind in _EVIDENCE.items()}
        optional |= {f"{name}_{what}": _RATE_OR_NA for what in _RATES}
    optional |= {"source_score": _NUMBER_OR_NA, "lineage": str, "closest": str}
    parts = [intervals_of(part, path, tally=None) for part in read_table(path, COLUMNS, optional=optional)]
    segments = pd.concat(parts, ignore_index=True)
    return segments if "source" in segments else segments.assign(source=NO_SOURCE)
