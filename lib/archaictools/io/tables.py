"""TSV and JSON of all verbs: one header row, six significant digits, NA or null for unknown values."""

from __future__ import annotations

import contextlib
import csv
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.io.columns import MAX_COORDINATE
from archaictools.io.files import open_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FLOAT_FORMAT = "%.6g"

#: Rows read or written at a time.
ROWS = 200_000

#: Largest number of a table or JSON document: beyond any count, but sums and plots of such numbers are still right.
LARGEST = 1e18

#: Text of an unknown value.
NA = "NA"

#: Name of the column for text after the last named column.
_BEYOND = "\t"


class TableWriter(contextlib.AbstractContextManager["TableWriter"]):
    """Writer of data frames into one TSV (or, without a header, BED), after a first line.

    Attributes
    ----------
    rows
        Number of rows written so far.
    """

    def __init__(self, path: Path, *, header: bool = True, first: str = "") -> None:
        self._handle = path.open("w", encoding="utf-8", newline="")
        self._handle.write(first)
        self._header, self.rows = header, 0

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the file."""
        self._handle.close()

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows."""
        self._handle.write(as_text(frame, header=self._header))
        self._header = False
        self.rows += len(frame)


def as_text(frame: pd.DataFrame, *, header: bool = False) -> str:
    """Return rows as the text of a file."""
    try:
        return frame.to_csv(
            sep="\t",
            index=False,
            header=header,
            float_format=FLOAT_FORMAT,
            na_rep=NA,
            lineterminator="\n",
            quoting=csv.QUOTE_NONE,
        )
    except csv.Error as error:
        raise InputError("a name holds a tab or a line break, which no table can hold") from error


def write_table(path: Path, frames: pd.DataFrame | Iterable[pd.DataFrame], *, header: bool = True) -> int:
    """Write one data frame, or a stream of them, as TSV; return the number of rows."""
    with TableWriter(path, header=header) as writer:
        for frame in [frames] if isinstance(frames, pd.DataFrame) else frames:
            writer.write(frame)
    return writer.rows


@dataclass(frozen=True)
class Number:
    """Allowed numbers of a column.

    Attributes
    ----------
    low, high
        Smallest and largest value.
    whole
        Whether only whole numbers are allowed.
    unknown
        ``NA`` may stand for a value that is not known; it is read as NaN.
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    unknown: bool = False

    def __str__(self) -> str:
        """Return the description of an allowed number."""
        kind = "a whole number" if self.whole else "a number"
        limits = "" if self.low == -math.inf else f" of {self.low:g} or more"
        if self.high < MAX_COORDINATE:
            limits = f" from {self.low:g} to {self.high:g}"
        return f"{kind}{limits}{' or NA' if self.unknown else ''}"

    def read(self, column: pd.Series[str], path: Path) -> pd.Series[Any]:
        """Return a column of text, indexed by line, as numbers; raise InputError at the first number not allowed."""
        values = pd.to_numeric(column, errors="coerce")
        numbers = values.to_numpy(dtype=np.float64)
        wrong = ~((numbers >= self.low) & (numbers <= self.high) & (np.abs(numbers) <= LARGEST))
        if self.whole:
            wrong |= np.floor(numbers) != numbers
        if self.unknown:
            wrong &= (column != NA).to_numpy()
        bad = np.flatnonzero(wrong)
        if len(bad):
            text = str(column.iloc[int(bad[0])])
            large = self.low <= numbers[bad[0]] <= self.high and np.abs(numbers[bad[0]]) > LARGEST
            expected = f"none beyond {LARGEST:g}" if large else self
            raise InputError(
                f"{column.name} is {text[:40]!r}, expected {expected}", path=path, line=int(column.index[bad[0]])
            )
        return values.astype(np.int64 if self.whole and not self.unknown else np.float64)


#: Names of columns, and their contents: text, or allowed numbers.
Columns = Mapping[str, type[str] | Number]

COORDINATE = COUNT = Number(0, MAX_COORDINATE, whole=True)
COUNT_OR_NA = Number(0, MAX_COORDINATE, whole=True, unknown=True)
PROBABILITY = Number(0, 1)
PROBABILITY_OR_NA = Number(0, 1, unknown=True)
FLAG = Number(0, 1, whole=True)


def read_header(path: Path) -> list[str]:
    """Return the column names of a TSV, or the fields of the first line of any other text."""
    with open_text(path) as handle:
        return _header(handle)[0]


def _header(handle: IO[str]) -> tuple[list[str], bool]:
    """Return the column names, and whether texts are in quotes, as R writes them."""
    line = handle.readline().rstrip("\r\n")
    quoted = line.startswith('"')
    return next(csv.reader([line], delimiter="\t"), [""]) if quoted else line.split("\t"), quoted


def iter_rows(path: Path) -> Iterator[pd.DataFrame]:
    """Yield all columns of a TSV with a header as text, in chunks; blank lines are skipped.

    Yields
    ------
    pandas.DataFrame
        At most :data:`ROWS` rows, indexed by line number (from 1); at least one frame, which may have no row.

    Raises
    ------
    InputError
        If a row has more columns than the header.
    """
    with open_text(path) as handle:
        names, quoted = _header(handle)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"has two columns named {twice[:40]!r}", path=path, line=1)
        try:
            chunks = pd.read_csv(
                handle,
                sep="\t",
                dtype=str,
                header=None,
                names=[*names, _BEYOND],
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
                skip_blank_lines=False,
                keep_default_na=False,
                na_values=[],
                chunksize=ROWS,
            )
            for chunk in chunks:
                yield _whole_rows(chunk, len(names), path)
        except pd.errors.ParserError as error:
            if longer := re.search(r"fields in line (\d+), saw", str(error)):
                raise _longer(int(longer[1]) + 1, len(names), path) from error
            text = " ".join(str(error).split())
            raise InputError(f"is not a table of tab-separated columns ({text})", path=path) from error
        except pd.errors.EmptyDataError:
            yield pd.DataFrame(columns=names, dtype=str)


def _whole_rows(chunk: pd.DataFrame, width: int, path: Path) -> pd.DataFrame:
    """Index rows by line, drop blank lines, and refuse rows that are longer than the header."""
    shifted = not isinstance(chunk.index, pd.RangeIndex)  # pandas uses surplus columns as row names
    longer = np.flatnonzero(chunk[_BEYOND] != "")
    if shifted or len(longer):
        raise _longer(2 if shifted else int(chunk.index[longer[0]]) + 2, width, path)
    frame = chunk.iloc[:, :width].set_axis(chunk.index + 2, axis=0)
    blank = (frame == "").all(axis=1)
    return frame[~blank] if blank.any() else frame


def _longer(line: int, width: int, path: Path) -> InputError:
    return InputError(f"the row has more columns than the header ({width:,})", path=path, line=line)


def require_names(frame: pd.DataFrame, path: Path) -> None:
    """Raise InputError at the first row without the name of its chromosome or sample."""
    for name in ("chrom", "sample"):
        if name in frame and (frame[name] == "").any():
            raise InputError(f"{name} is missing", path=path, line=int(frame.index[frame[name] == ""][0]))


def check_intervals(table: pd.DataFrame, path: Path) -> None:
    """Raise InputError at the first row, indexed by line, that does not end after its start."""
    wrong = table[table["start"] >= table["end"]]
    if len(wrong):
        row: Any = wrong.iloc[0]
        raise InputError(
            f"the row ends at {row['end']:,}, but begins at {row['start']:,}", path=path, line=int(wrong.index[0])
        )


def read_table(path: Path, columns: Columns, *, optional: Columns | None = None) -> Iterator[pd.DataFrame]:
    """Yield columns of a TSV with a header, in chunks, after checking their contents.

    Parameters
    ----------
    path
        Plain or gzip TSV.
    columns
        The columns to read: text (``str``), or allowed numbers.
    optional
        Columns to read if they exist.

    Yields
    ------
    pandas.DataFrame
        At most :data:`ROWS` rows with just those columns, indexed by line number; at least one frame.
    """
    for frame in iter_rows(path):
        missing = [name for name in columns if name not in frame]
        if missing:
            raise InputError(
                f"has no column {', '.join(missing)} (found {', '.join(name[:40] for name in frame.columns[:8])})",
                path=path,
                line=1,
                remedy=f"expected a table with a header naming {', '.join(columns)}",
            )
        wanted = {**columns, **{name: kind for name, kind in (optional or {}).items() if name in frame}}
        require_names(frame[list(columns)], path)
        yield frame[list(wanted)].assign(
            **{name: kind.read(frame[name], path) for name, kind in wanted.items() if isinstance(kind, Number)}
        )


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON with stable key order; numbers that are not finite become null."""
    path.write_text(json.dumps(plain(value), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def plain(value: Any) -> Any:
    """Return NumPy scalars and arrays as plain Python values, and NaN and infinity as None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
