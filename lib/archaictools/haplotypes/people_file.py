"""Readers of tables of people: the one that ``predict --summary`` writes, and populations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from archaictools.errors import InputError
from archaictools.io.columns import MAX_COORDINATE
from archaictools.io.tables import COUNT, Number, iter_rows, read_header, read_table

if TYPE_CHECKING:
    from pathlib import Path

#: Total length of a person's segments, which gives the mean length over several files exactly.
LENGTH = "length"

_COUNT_OR_NA = Number(0, MAX_COORDINATE, whole=True, unknown=True)

#: Numbers in the columns of ``predict --summary``; bases of each source (``NAME_bases``) and ``length`` follow.
SUMMARY_COLUMNS: dict[str, Number] = {
    "haplotypes": COUNT,
    "callable": _COUNT_OR_NA,
    "introgressed": _COUNT_OR_NA,
    "percent": Number(0, 100, unknown=True),
    "segments": _COUNT_OR_NA,
    "mean_length": Number(0, MAX_COORDINATE, unknown=True),
    "longest": _COUNT_OR_NA,
}


def read_people(part: Path) -> pd.DataFrame:
    """Return a summary of people, indexed by sample; numbers that are not known are NaN.

    Columns are those of :data:`SUMMARY_COLUMNS`; then, with archaic genomes, ``NAME_bases`` for each source; and
    ``length``, which files of earlier releases lack. See :class:`archaictools.haplotypes.tables.PeopleCounts`.

    Raises
    ------
    InputError
        If a column is missing or unknown, if a value is impossible, or if a sample has two rows.
    """
    text = pd.concat(list(iter_rows(part)))
    missing = [name for name in ("sample", *SUMMARY_COLUMNS) if name not in text]
    if missing:
        raise InputError(f"has no column {', '.join(missing)}", path=part, line=1, remedy="expected predict --summary")
    names = list(map(str, text.columns))
    added = [name for name in names if name.endswith("_bases") or name == LENGTH]
    kinds = {**SUMMARY_COLUMNS, **dict.fromkeys(added, _COUNT_OR_NA)}
    strange = [name for name in names if name != "sample" and name not in kinds]
    if strange:
        raise InputError(f"has a column {strange[0][:40]!r}, which cannot be added up", path=part, line=1)
    frame = text.assign(**{name: kind.read(text[name], part) for name, kind in kinds.items()})
    for wrong, what in (
        (frame["sample"] == "", "sample is missing"),
        (frame["sample"].duplicated(), "the sample has two rows"),
        (frame["introgressed"] > frame["callable"], "introgressed is more than callable"),
        ((frame["segments"] > 0) & frame["mean_length"].isna(), "mean_length is NA, though there are segments"),
    ):
        if wrong.any():
            raise InputError(what, path=part, line=int(frame.index[wrong][0]))
    return frame.set_index("sample")


def read_populations(path: Path) -> dict[str, str]:
    """Return the population of each sample of a TSV with columns ``sample`` and ``population`` (or ``pop``)."""
    header = read_header(path)
    name = next((name for name in ("population", "pop") if name in header), "population")
    table = pd.concat(list(read_table(path, {"sample": str, name: str})))
    if not len(table):
        raise InputError("names no sample", path=path, remedy="give a row for each person")
    repeated = table["sample"].duplicated()
    if repeated.any():
        raise InputError("names a sample twice", path=path, line=int(table.index[repeated][0]))
    return dict(zip(table["sample"], table[name], strict=True))
