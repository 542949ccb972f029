"""TSV and JSON as every verb writes them: one header row, six significant digits, null for what is unknown."""

from __future__ import annotations

import contextlib
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.formats.files import open_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FLOAT_FORMAT = "%.6g"

#: Rows read or written at a time.
ROWS = 200_000


class TableWriter(contextlib.AbstractContextManager["TableWriter"]):
    """Write data frames one after the other into one TSV (or, without a header, BED).

    Attributes
    ----------
    rows
        Rows written so far.
    """

    def __init__(self, path: Path, *, header: bool = True) -> None:
        self._handle = path.open("w", encoding="utf-8", newline="")
        self._header, self.rows = header, 0

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the file."""
        self._handle.close()

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows."""
        frame.to_csv(
            self._handle,
            sep="\t",
            index=False,
            header=self._header,
            float_format=FLOAT_FORMAT,
            na_rep="NA",
            lineterminator="\n",
        )
        self._header = False
        self.rows += len(frame)


def write_table(path: Path, frames: pd.DataFrame | Iterable[pd.DataFrame], *, header: bool = True) -> int:
    """Write one data frame, or a stream of them, as TSV; return the number of rows."""
    with TableWriter(path, header=header) as writer:
        for frame in [frames] if isinstance(frames, pd.DataFrame) else frames:
            writer.write(frame)
    return writer.rows


def read_table(
    path: Path, columns: Mapping[str, type], *, optional: Mapping[str, type] | None = None
) -> Iterator[pd.DataFrame]:
    """Read a TSV with a header in pieces, checking that the columns are there and of the right type.

    Parameters
    ----------
    path
        Plain or gzip TSV.
    columns
        The columns to read and their types.
    optional
        Columns to read where they are there.

    Yields
    ------
    pandas.DataFrame
        At most :data:`ROWS` rows with just those columns.
    """
    with open_text(path) as handle:
        try:
            first_line = 2
            for frame in pd.read_csv(handle, sep="\t", dtype=str, chunksize=ROWS, keep_default_na=False):
                missing = [name for name in columns if name not in frame]
                if missing:
                    raise InputError(
                        f"has no column {', '.join(missing)} (found {', '.join(map(str, frame.columns[:8]))})",
                        path=path,
                        line=1,
                        remedy=f"expected a table with a header naming {', '.join(columns)}",
                    )
                wanted = {**columns, **{name: kind for name, kind in (optional or {}).items() if name in frame}}
                yield _typed(frame[list(wanted)], wanted, path, first_line)
                first_line += len(frame)
        except pd.errors.ParserError as error:
            raise InputError(f"is not a table of tab-separated columns ({error})", path=path) from error
        except pd.errors.EmptyDataError as error:
            raise InputError("holds no table", path=path) from error


def _typed(frame: pd.DataFrame, columns: Mapping[str, type], path: Path, first_line: int) -> pd.DataFrame:
    """Convert text columns to numbers, naming the first line where that fails."""
    typed = frame.copy()
    for name, kind in columns.items():
        if kind is str:
            continue
        numbers = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            raise InputError(
                f"{name} is {frame[name].iloc[bad[0]]!r}, expected a number",
                path=path,
                line=first_line + int(bad[0]),
            )
        typed[name] = numbers.astype(kind)
    return typed


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON with stable key order; numbers that are not finite become null."""
    path.write_text(json.dumps(plain(value), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def plain(value: Any) -> Any:
    """Turn NumPy scalars and arrays into plain Python values, and NaN or infinity into None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
