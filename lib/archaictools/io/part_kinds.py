"""Kinds of files that are merged, recognised by content."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from archaictools.errors import InputError
from archaictools.io.bigbed import is_bigbed
from archaictools.io.bigwig_reader import is_bigwig
from archaictools.io.columns import is_comment
from archaictools.io.files import open_text
from archaictools.io.hdf5 import is_hdf5
from archaictools.io.tables import read_header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Kind(StrEnum):
    """Kinds of files that are merged; the value names the kind in messages."""

    BIGWIG = "bigWig"
    TABLE = "table"
    BED = "BED"
    PEOPLE = "summary"
    SUMS = "sums"
    TRACKS = "folder of tracks"


def kind_of_parts(parts: Sequence[Path]) -> tuple[Kind, list[Path]]:
    """Return the one kind of all parts, and the parts that are not empty: a BED file without a segment may be.

    Raises
    ------
    InputError
        If parts differ in kind, a part is given twice, a part of another kind than BED is empty, or parts are of a kind
        that cannot be joined exactly.
    """
    for number, part in enumerate(parts):
        if part in parts[:number]:
            raise InputError("is given twice", path=part)
    filled = [part for part in parts if not _is_empty(part)]
    kinds = {part: _kind(part) for part in filled}
    kind = next(iter(kinds.values()), Kind.BED)
    for part, found in kinds.items():
        if found != kind:
            raise InputError(f"is a {found}, but {filled[0]} a {kind}", path=part, remedy="merge files of one kind")
    if len(filled) < len(parts) and kind != Kind.BED:
        raise InputError("is empty", path=next(part for part in parts if _is_empty(part)))
    return kind, filled


def _is_empty(part: Path) -> bool:
    return part.is_file() and not part.stat().st_size


def _kind(part: Path) -> Kind:
    if part.is_dir():
        return Kind.TRACKS
    if is_bigwig(part):
        return Kind.BIGWIG
    if is_hdf5(part):
        return Kind.SUMS
    if is_bigbed(part):
        raise InputError(
            "is a bigBed, whose sources rest on all people", path=part, remedy="merge sums with --bigbed instead"
        )
    begin = read_header(part)[0]
    if begin == "chrom":
        return Kind.TABLE
    if begin == "sample":
        return Kind.PEOPLE
    if begin == "gene":
        raise InputError(
            "is a table of genes, which counts all people", path=part, remedy="merge the predictions, then run genes"
        )
    row = first_row(part)
    if not row or (len(row) >= 3 and all(map(_is_number, row[1:3]))):
        return Kind.BED
    raise InputError(
        f"begins with {row[0][:40]!r}",
        path=part,
        remedy="expected sums, a bigWig, a BED file, a table whose first column is chrom, or a summary of people",
    )


def _is_number(text: str) -> bool:
    """Tell coordinates, right or wrong, from other text; the reader of BED checks them."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def first_row(part: Path) -> list[str]:
    """Return the fields of the first row of a BED file, none if all lines are headers, comments or blank."""
    with open_text(part) as handle:
        rows = (line.rstrip("\r\n").split("\t") for line in handle)
        return next((row for row in rows if not is_comment(row[0])), [])
