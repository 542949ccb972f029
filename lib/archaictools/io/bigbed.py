"""bigBed: rows of a BED with further columns, indexed, for UCSC, IGV and Galaxy.

A bigBed describes its columns in autoSql, which browsers show when a reader clicks on a feature. Coordinates are
0-based and half-open. Chromosomes are in the order of their names as bytes, as the format demands.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import pybigtools

from archaictools.errors import ArchaicError
from archaictools.io.files import check_readable
from archaictools.io.schema import check_lengths, shown
from archaictools.io.tables import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

Kind = Literal["string", "lstring", "char[1]", "uint", "float"]

_MAGIC = (b"\xeb\xf2\x89\x87", b"\x87\x89\xf2\xeb")

#: Positions in the header, see Kent et al. 2010 (doi:10.1093/bioinformatics/btq351), supplement.
_ZOOMS, _OFFSETS, _BED_COLUMNS, _SUMMARY = 6, 16, 34, 44

#: Position of the size of the first block in an index of one node: after the header, the node's and the coordinates.
_BLOCK_SIZE = 48 + 4 + 24


@dataclass(frozen=True)
class Column:
    """A column of a bigBed.

    Attributes
    ----------
    name
        Name in autoSql: letters and digits.
    kind
        Type in autoSql; a column with ``NA`` is ``string``.
    comment
        What it contains: one sentence.
    """

    name: str
    kind: Kind
    comment: str


#: The first columns of every bigBed of this package, up to the colour.
BED9 = (
    Column("chrom", "string", "Chromosome"),
    Column("chromStart", "uint", "Start, 0-based"),
    Column("chromEnd", "uint", "End, not included"),
    Column("name", "string", "Name"),
    Column("score", "uint", "Score from 0 to 1000"),
    Column("strand", "char[1]", "Strand, or . for none"),
    Column("thickStart", "uint", "Start"),
    Column("thickEnd", "uint", "End"),
    Column("itemRgb", "uint", "Colour as red,green,blue"),
)


def is_bigbed(path: Path) -> bool:
    """Return whether a file is a bigBed, by its first bytes, in either byte order."""
    check_readable(path)
    with path.open("rb") as handle:
        return handle.read(4) in _MAGIC


def autosql(name: str, comment: str, columns: Sequence[Column]) -> str:
    """Return the description of columns in autoSql.

    Examples
    --------
    >>> print(autosql("calls", "Called segments", [Column("chrom", "string", "Chromosome")]))
    table calls
    "Called segments"
        (
        string chrom; "Chromosome"
        )
    <BLANKLINE>
    """
    lines = [f'    {column.kind} {column.name}; "{_quoted(column.comment)}"' for column in columns]
    return "\n".join([f"table {name}", f'"{_quoted(comment)}"', "    (", *lines, "    )", ""])


def _quoted(text: str) -> str:
    return " ".join(text.replace('"', "'").split())


def write_bigbed(
    path: Path,
    rows: pd.DataFrame | Iterable[pd.DataFrame],
    lengths: Mapping[str, int],
    extra: Sequence[Column],
    *,
    name: str,
    comment: str,
) -> None:
    """Write rows as a bigBed; without rows it is a valid bigBed that contains none.

    Parameters
    ----------
    path
        The file to write.
    rows
        Rows in any order, or tables of them in the order of a bigBed: by name of the chromosome as bytes, start and
        end. Nine columns as :data:`BED9` has them, then those of ``extra``, in this order; their own names do not
        matter.
    lengths
        Chromosome lengths in bp, of at least one chromosome.
    extra
        The columns after the colour.
    name, comment
        Name of the table in autoSql, and what a row is.

    Raises
    ------
    InputError
        If a bigBed cannot store the name or the length of a chromosome, or if a text holds a tab or a line break.
    ArchaicError
        If an interval is empty or outside its chromosome, or if the file cannot be written.
    """
    chromosomes = check_lengths(list(lengths), np.array(list(lengths.values()), dtype=np.int64), None)
    lines = _Lines(path, [_in_order(rows)] if isinstance(rows, pd.DataFrame) else rows, chromosomes)
    first = next(iter(lines), None)
    lines.raise_error()
    try:
        path.open("wb").close()
    except OSError as error:
        raise ArchaicError(f"cannot write the bigBed {shown(path.name)} ({error.strerror})") from error
    # pybigtools writes no file without rows: one row is written, and then taken out of all counts.
    begin = first or _row_of_nothing(chromosomes, len(BED9) + len(extra))
    # pybigtools tells the kind of a file by its name; ours may have any name, as in Galaxy.
    named = path.with_name(f"{path.name}.bb")
    writer = pybigtools.open(str(named), "w")
    writer.write(chromosomes, itertools.chain([begin], lines), autosql=autosql(name, comment, (*BED9, *extra)))
    named.replace(path)
    lines.raise_error()
    _finish(path, lines.count)


class _Lines:
    """Rows as a bigBed has them: coordinates, and the text of the other columns.

    An error is kept, because pybigtools only prints it.
    """

    def __init__(self, path: Path, frames: Iterable[pd.DataFrame], lengths: Mapping[str, int]) -> None:
        self.count = 0
        self._error: Exception | None = None
        self._lines = self._of(path, frames, lengths)

    def __iter__(self) -> Iterator[tuple[str, int, int, str]]:
        return self._lines

    def raise_error(self) -> None:
        """Raise the error that ended the rows, if there was one."""
        if self._error is not None:
            raise self._error

    def _of(
        self, path: Path, frames: Iterable[pd.DataFrame], lengths: Mapping[str, int]
    ) -> Iterator[tuple[str, int, int, str]]:
        try:
            for rows in frames:
                _check_intervals(path, rows, lengths)
                for line in as_text(rows).split("\n")[:-1]:
                    chrom, start, end, rest = line.split("\t", 3)
                    self.count += 1
                    yield chrom, int(start), int(end), rest
        except Exception as error:  # noqa: BLE001 - raised again where pybigtools has returned
            self._error = error


def _check_intervals(path: Path, rows: pd.DataFrame, lengths: Mapping[str, int]) -> None:
    """Raise ArchaicError at the first interval that is empty or outside its chromosome; pybigtools writes such."""
    chrom, start, end = (rows.iloc[:, number] for number in range(3))
    wrong = np.flatnonzero((start < 0) | (start >= end) | ~(end <= chrom.map(lengths)))
    if len(wrong):
        at = int(wrong[0])
        where = f"{shown(str(chrom.iloc[at]))}:{start.iloc[at]}-{end.iloc[at]}"
        raise ArchaicError(
            f"cannot write {where} into the bigBed {shown(path.name)}: it is empty or not on a chromosome"
        )


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of a bigBed."""
    keys = [rows.iloc[:, number].to_numpy() for number in (2, 1)]
    names = np.array([str(chrom).encode() for chrom in rows.iloc[:, 0]], dtype=object)
    return rows.iloc[np.lexsort([*keys, np.unique(names, return_inverse=True)[1]])]


def _row_of_nothing(lengths: Mapping[str, int], columns: int) -> tuple[str, int, int, str]:
    return next(iter(lengths)), 0, 1, "\t".join(["0"] * (columns - 3))


def _finish(path: Path, rows: int) -> None:
    """Write how many columns are those of a BED; pybigtools counts all of them, so that browsers misread the others.

    Raises
    ------
    ArchaicError
        If the file does not hold all rows: pybigtools only prints what is wrong.
    """
    with path.open("r+b") as handle:
        handle.seek(_OFFSETS)
        data, index = struct.unpack("<QQ", handle.read(16))
        handle.seek(_BED_COLUMNS)
        handle.write(struct.pack("<H", len(BED9)))
        handle.seek(data)
        (written,) = struct.unpack("<Q", handle.read(8)) if data else (0,)
        if written != max(rows, 1):
            raise ArchaicError(
                f"cannot write the bigBed {shown(path.name)} ({written:,} of {rows:,} rows were written)"
            )
        if not rows:
            _empty(handle, data, index)


def _empty(handle: IO[bytes], data: int, index: int) -> None:
    """Take the only row out of a file: its block stays in the index, but contains nothing.

    Some browsers cannot read an index without a block.
    """
    handle.seek(_SUMMARY)
    (summary,) = struct.unpack("<Q", handle.read(8))
    nothing = zlib.compress(b"")
    changes = {
        _ZOOMS: bytes(2),
        data: struct.pack("<Q", 0) + nothing,
        summary: bytes(40),
        index + _BLOCK_SIZE: struct.pack("<Q", len(nothing)),
    }
    for offset, content in changes.items():
        handle.seek(offset)
        handle.write(content)
