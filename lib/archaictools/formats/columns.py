"""Headerless, tab-separated genomics text (BED, GTF, GFF3) as streams of columns with line numbers."""

from __future__ import annotations

import csv
import io
from typing import IO, TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.formats.files import open_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archaictools.formats.tally import Tally

#: Rows read at a time: bounds memory whatever the file's size.
CHUNK = 200_000


class _Widened(io.TextIOBase):
    """A text stream that begins with one line of empty fields.

    pandas takes the number of columns from the first line; files of the field may name further columns later.
    """

    def __init__(self, handle: IO[str], width: int) -> None:
        self._handle, self._first = handle, "\t" * (width - 1) + "\n"

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        first, self._first = self._first, ""
        return first or self._handle.read(-1 if size is None else size)

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        """Satisfy pandas, which asks whether it can iterate and then reads."""
        yield self._first
        yield from self._handle


def read_columns(path: Path, names: Sequence[str], *, tally: Tally, group: str = "all") -> Iterator[pd.DataFrame]:
    """Stream the first columns of a headerless tab-separated file.

    Comments (``#``), ``track`` and ``browser`` lines and blank lines are dropped and counted in ``tally`` as
    ``header, comment or blank lines``; Windows line ends are accepted and counted.

    Parameters
    ----------
    path
        Plain or gzip text.
    names
        Names of the leading columns; missing trailing ones read as empty text.
    tally, group
        Where dropped lines are counted, and under which class.

    Yields
    ------
    pandas.DataFrame
        Text columns ``names``, indexed by line number (from 1).
    """
    with open_text(path) as handle:
        try:
            chunks = pd.read_csv(
                _Widened(handle, len(names)),
                sep="\t",
                header=None,
                dtype=str,
                names=list(names),
                usecols=range(len(names)),
                index_col=False,
                quoting=csv.QUOTE_NONE,
                skip_blank_lines=False,
                keep_default_na=False,
                na_values=[],
                lineterminator="\n",
                chunksize=CHUNK,
            )
            for chunk in chunks:
                frame = chunk.iloc[1:] if chunk.index[0] == 0 else chunk  # without the widening line
                yield _without_comments(frame, tally, group)
        except pd.errors.ParserError as error:
            raise InputError(f"is not tab-separated text ({error})", path=path) from error


def _without_comments(frame: pd.DataFrame, tally: Tally, group: str) -> pd.DataFrame:
    first = frame.iloc[:, 0]
    carriage = sum(int(frame[name].str.endswith("\r").sum()) for name in frame.columns)
    if carriage:
        tally.add(group, "rows with Windows line ends", carriage)
        frame = frame.apply(lambda column: column.str.rstrip("\r"))
        first = frame.iloc[:, 0]
    dropped = first.str.startswith(("#", "track ", "browser ")) | first.isin(["", "track", "browser"])
    if dropped.any():
        tally.add(group, "header, comment or blank lines", int(dropped.sum()))
        return frame[~dropped]
    return frame


def intervals_of(
    frame: pd.DataFrame, path: Path, *, start: str = "start", end: str = "end", one_based: bool = False
) -> pd.DataFrame:
    """Check and convert the two coordinate columns of a text frame.

    Parameters
    ----------
    frame
        As :func:`read_columns` yields it, with a ``chrom`` column.
    path
        Named in errors.
    start, end
        Names of the coordinate columns.
    one_based
        True for GTF and GFF3, whose start counts from 1 and whose end is included.

    Returns
    -------
    pandas.DataFrame
        The frame with int64 coordinates, 0-based and half-open.

    Raises
    ------
    InputError
        At the first row whose coordinates are not whole numbers, negative, reversed or of zero length.
    """
    numbers = {}
    for column in (start, end):
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64)
        bad = np.flatnonzero(~np.isfinite(values) | (values != np.floor(values)))
        if len(bad):
            row = frame.iloc[int(bad[0])]
            found = repr(row[column]) if row[column] else "missing"
            hint = None if row[column] else "columns must be separated by tabs"
            raise InputError(
                f"{column} is {found}, expected a whole number",
                path=path,
                line=_line(frame, bad[0]),
                remedy=hint,
            )
        numbers[column] = values.astype(np.int64)
    starts, ends = numbers[start] - int(one_based), numbers[end]
    for wrong, what in (
        (starts < 0, "start is before the chromosome's first base"),
        (ends < starts, "end lies before start"),
        (ends == starts, "the interval has zero length"),
    ):
        bad = np.flatnonzero(wrong)
        if len(bad):
            row = frame.iloc[int(bad[0])]
            raise InputError(
                f"{what} ({row['chrom']} {row[start]} {row[end]})",
                path=path,
                line=_line(frame, bad[0]),
                remedy="correct or remove the row",
            )
    return frame.assign(start=starts, end=ends)


def _line(frame: pd.DataFrame, position: int) -> int:
    return int(frame.index[int(position)])
