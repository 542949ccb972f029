"""Headerless, tab-separated genomics text (BED, GTF, GFF3) as streams of columns with line numbers."""

from __future__ import annotations

import csv
import io
from typing import IO, TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.io.files import open_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from archaictools.io.summary import Summary

#: Rows read at a time, which bounds memory for files of any size.
ROWS_PER_CHUNK = 1 << 16

#: Item of the summary for rows of zero length.
EMPTY = "rows of zero length, left out"

#: Coordinates are less than this. No chromosome is longer, and 100,000 of them in a row fit into 64 bits.
MAX_COORDINATE = 1 << 40


class _Lines(io.TextIOBase):
    r"""A text stream with \n line ends, after a first line of zeros, one for each column.

    pandas takes the number of columns from the first line; files of the field may name further columns later.

    Attributes
    ----------
    windows_ends
        Lines read so far that ended in \r\n.
    """

    def __init__(self, handle: IO[str], width: int) -> None:
        self._handle, self._kept = handle, "\t".join("0" * width) + "\n"
        self.windows_ends = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        if self._kept:
            kept, self._kept = self._kept, ""
            return kept
        block = self._handle.read(-1 if size is None else size)
        if block.endswith("\r"):  # the block may end within \r\n
            block += self._handle.read(1)
        found = block.count("\r\n")
        self.windows_ends += found
        return block.replace("\r\n", "\n") if found else block

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        """Return the stream; pandas requires this method, and then calls read()."""
        raise NotImplementedError


def read_columns(
    path: Path, names: Sequence[str], *, tally: Summary, group: str = "all", numbers: Sequence[str] = ("start", "end")
) -> Generator[pd.DataFrame]:
    """Yield the first columns of a headerless tab-separated file.

    Comments (``#``), ``track`` and ``browser`` lines and blank lines are dropped and counted in ``tally`` as
    ``header, comment or blank lines``; Windows line ends and texts in quotes are accepted and counted.

    Parameters
    ----------
    path
        Plain or gzip text.
    names
        Names of the first columns; a column that a row lacks is empty text.
    tally, group
        Counts of dropped lines, and their class in the summary.
    numbers
        Columns of whole numbers; a chunk with any other text in such a column has text there.

    Yields
    ------
    pandas.DataFrame
        Columns ``names``, indexed by line number (from 1), at most :data:`ROWS_PER_CHUNK` rows; text is categorical, so
        that checks can be made once for each distinct value.
    """
    texts = [name for name in names if name not in numbers]
    with open_text(path) as handle:
        lines = _Lines(handle, len(names))
        try:
            chunks = pd.read_csv(
                lines,
                sep="\t",
                header=None,
                dtype=dict.fromkeys(texts, str),  # as categories, pandas would read 007 as the number 7
                names=list(names),
                usecols=range(len(names)),
                index_col=False,
                quoting=csv.QUOTE_NONE,
                skip_blank_lines=False,
                keep_default_na=False,
                na_values=[],
                lineterminator="\n",
                chunksize=ROWS_PER_CHUNK,
                low_memory=False,
            )
            for chunk in chunks:
                rows = chunk.iloc[1:] if chunk.index[0] == 0 else chunk  # without the line put before the first
                frame = _without_comments(rows.astype(dict.fromkeys(texts, "category")), path, tally, group)
                yield _without_quotes(frame, texts, tally, group)
        except pd.errors.ParserError as error:
            text = " ".join(str(error).split())
            raise InputError(f"is not tab-separated text ({text})", path=path) from error
        if lines.windows_ends:
            tally.add(group, "rows with Windows line ends", lines.windows_ends)


def is_comment(first: str) -> bool:
    """Return whether a line is a header, a comment or blank, given its first column."""
    return first.startswith(("#", "track ", "browser ")) or first.strip() in {"", "track", "browser"}


def _without_comments(frame: pd.DataFrame, path: Path, tally: Summary, group: str) -> pd.DataFrame:
    """Drop lines that are no rows; refuse a row whose first column is empty."""
    first = frame.iloc[:, 0]
    unwanted = [value for value in first.cat.categories if is_comment(value)]
    if not unwanted:
        return frame
    dropped = first.isin(unwanted)
    if dropped.any():
        blank = frame[first.isin([value for value in unwanted if not value.strip()])].iloc[:, 1:]
        nameless = blank.index[(blank.astype(str).apply(lambda column: column.str.strip()) != "").any(axis=1)]
        if len(nameless):
            raise InputError(
                f"{first.name} is missing", path=path, line=int(nameless[0]), remedy="correct or remove the row"
            )
        tally.add(group, "header, comment or blank lines", int(dropped.sum()))
    return frame[~dropped]


def _without_quotes(frame: pd.DataFrame, texts: Sequence[str], tally: Summary, group: str) -> pd.DataFrame:
    """Remove the quotes that R writes around texts, and count the rows."""
    quoted, plain = np.zeros(len(frame), dtype=bool), {}
    for name in texts:
        values = [value for value in frame[name].cat.categories if _unquoted(value) != value]
        if values:
            quoted |= frame[name].isin(values).to_numpy()
            plain[name] = translated(frame[name], _unquoted)
    if plain:
        tally.add(group, "rows with texts in quotes, read without them", int(quoted.sum()))
    return frame.assign(**plain)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def translated(column: pd.Series[str], meaning: Callable[[str], str]) -> pd.Series[str]:
    """Return a column with each value translated, by one call for each distinct value.

    Examples
    --------
    >>> translated(pd.Series(["", ".", "+"], dtype="category"), lambda value: value or ".").tolist()
    ['.', '.', '+']
    """
    meanings = [meaning(str(value)) for value in column.cat.categories]
    position = {value: number for number, value in enumerate(dict.fromkeys(meanings))}
    codes = np.array([position[value] for value in meanings] or [0], dtype=np.int64)[column.cat.codes.to_numpy()]
    return pd.Series(
        pd.Categorical.from_codes(codes, categories=pd.Index(list(position), dtype=object)), index=column.index
    )


def intervals_of(
    frame: pd.DataFrame, path: Path, *, tally: Summary | None, group: str = "all", one_based: bool = False
) -> pd.DataFrame:
    """Return a frame with checked int64 coordinates.

    Rows of zero length contain no base, and occur in real masks: they are dropped and counted in ``tally`` as
    :data:`EMPTY`.

    Parameters
    ----------
    frame
        Frame of :func:`read_columns` with columns ``chrom``, ``start`` and ``end``.
    path
        Path for error messages.
    tally, group
        Counts of rows of zero length, and their class; with None such rows are refused.
    one_based
        True for GTF and GFF3: the start counts from 1 and the end is inclusive, so no row has zero length.

    Returns
    -------
    pandas.DataFrame
        The frame with int64 coordinates, 0-based and half-open.

    Raises
    ------
    InputError
        At the first row whose coordinates are not whole numbers, negative, or reversed, or of zero length
        where they are not counted.
    """
    starts, ends = (_whole_numbers(frame, column, path) for column in ("start", "end"))
    starts = starts - int(one_based)
    empty = starts == ends
    for wrong, what in (
        (starts < 0, "start is before the chromosome's first base"),
        (ends < starts + int(one_based), "end lies before start"),
        (empty & (tally is None), "the interval has zero length"),
    ):
        bad = np.flatnonzero(wrong)
        if len(bad):
            row = frame.iloc[int(bad[0])]
            raise InputError(
                f"{what} ({row['chrom']} {row['start']} {row['end']})",
                path=path,
                line=int(frame.index[bad[0]]),
                remedy="correct or remove the row",
            )
    checked = frame.assign(start=starts, end=ends)
    if tally is None or not empty.any():
        return checked
    tally.add(group, EMPTY, int(empty.sum()))
    kept: pd.DataFrame = checked[~empty]
    return kept


def _whole_numbers(frame: pd.DataFrame, column: str, path: Path) -> np.ndarray:
    given = frame[column]
    numbers = given if given.dtype.kind in "iuf" else pd.to_numeric(given.astype(str), errors="coerce")
    values = numbers.to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~(np.abs(values) < MAX_COORDINATE) | (values != np.floor(values)))
    if len(bad):
        text = str(given.iloc[int(bad[0])])
        raise InputError(
            f"{column} is {text!r}, expected a whole number" if text else f"{column} is missing",
            path=path,
            line=int(frame.index[bad[0]]),
            remedy=None if text else "expected a whole number, and tabs between columns",
        )
    return values.astype(np.int64)
