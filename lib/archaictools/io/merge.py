"""Join files that were made chromosome by chromosome, as jobs on a cluster make them."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from enum import StrEnum
from itertools import groupby
from typing import IO, TYPE_CHECKING

from archaictools.errors import InputError
from archaictools.intervals import runs_of_equal
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.bigwig_reader import is_bigwig, open_bigwig
from archaictools.io.chromosomes import bare
from archaictools.io.columns import intervals_of, is_comment, read_columns
from archaictools.io.files import open_text
from archaictools.io.tables import (
    COORDINATE,
    COUNT,
    FLAG,
    PROBABILITY,
    PROBABILITY_OR_NA,
    Number,
    as_text,
    iter_rows,
    read_header,
    require_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from archaictools.io.summary import Summary

#: Columns of BED by position.
_BED = ("chrom", "start", "end", "name", "score", "strand", "thick_start", "thick_end", "colour")

#: Numbers in columns of these names.
_VALUES = {"probability": PROBABILITY_OR_NA, "posterior": PROBABILITY, "haplotype": COUNT, "seen": FLAG}

#: Names, or ends of names (``NAME_called``), of the columns with counts in tables with a posterior.
_COUNTS = ("callable", "_called", "_shared", "_compared")

_SCORE = Number(0, 1000)

#: Names of chromosomes in every build, which show its naming style.
_STYLED = re.compile(r"(chr)?(?:[0-9]+[A-Z]?|[WXYZ])")


class Kind(StrEnum):
    """Kinds of files that are merged; the value names the kind in messages."""

    BIGWIG = "bigWig"
    TABLE = "table"
    BED = "BED"
    PEOPLE = "summary"


def kind_of_parts(parts: Sequence[Path]) -> tuple[Kind, list[Path]]:
    """Return the one kind of all parts, and the parts that are not empty: a BED file without a segment may be.

    Raises
    ------
    InputError
        If parts differ in kind, a part is given twice, or a part of another kind than BED is empty.
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


def merge_files(parts: Sequence[Path], target: Path, kind: Kind, *, tally: Summary) -> int:
    """Join bigWigs, tables with the same header, or BED files, and check every value.

    Parameters
    ----------
    parts
        Files of ``archaictools predict``, or of any program if their first column is a chromosome. Chromosomes are
        written by name, whatever their order here, the rows of each in their order.
    target
        Where to write.
    kind
        As from :func:`kind_of_parts`, but not :attr:`Kind.PEOPLE`.
    tally
        Counts headers and comments of BED parts, and bigWig values that are NaN and left out.

    Returns
    -------
    int
        Number of rows, or of intervals of a bigWig.

    Raises
    ------
    InputError
        If parts differ in build or naming style, a chromosome is in two of them, or a value is wrong.
    """
    if kind is Kind.BIGWIG:
        return _merge_bigwigs(parts, target, tally)
    return _merge_text(parts, target, tally, header=kind is Kind.TABLE)


def _is_empty(part: Path) -> bool:
    return part.is_file() and not part.stat().st_size


def _kind(part: Path) -> Kind:
    if is_bigwig(part):
        return Kind.BIGWIG
    begin = read_header(part)[0]
    if begin == "chrom":
        return Kind.TABLE
    if begin == "sample":
        return Kind.PEOPLE
    row = _first_row(part)
    if not row or (len(row) >= 3 and all(map(_is_number, row[1:3]))):
        return Kind.BED
    raise InputError(
        f"begins with {row[0][:40]!r}",
        path=part,
        remedy="expected a bigWig, a BED file, a table whose first column is chrom, or a summary of people",
    )


def _is_number(text: str) -> bool:
    """Tell coordinates, right or wrong, from other text; the reader of BED checks them."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _first_row(part: Path) -> list[str]:
    """Return the fields of the first row of a BED file, none if all lines are headers, comments or blank."""
    with open_text(part) as handle:
        rows = (line.rstrip("\r\n").split("\t") for line in handle)
        return next((row for row in rows if not is_comment(row[0])), [])


class _Chromosomes:
    """The part of each chromosome; no chromosome may be in two parts."""

    def __init__(self) -> None:
        self._owner: dict[str, Path] = {}
        self._named: dict[str, str] = {}
        self._styles: dict[bool, str] = {}

    def add(self, part: Path, chrom: str) -> None:
        """Note that a part contains a chromosome.

        Raises
        ------
        InputError
            If another part contains it, or names chromosomes in another style.
        """
        if self._owner.get(chrom) == part:
            return
        other = self._owner.setdefault(chrom, part)
        if other != part:
            raise InputError(
                f"{chrom} is also in {other}", path=part, remedy="give each chromosome in one part, and each part once"
            )
        same = self._named.setdefault(bare(chrom), chrom)
        if same != chrom and self._owner[same] == part:
            raise InputError(f"names the same chromosome {same} and {chrom}", path=part, remedy="rename one of them")
        styled = _STYLED.fullmatch(chrom)
        if same == chrom and styled:
            same = self._styles.get(not styled[1], chrom)
            self._styles.setdefault(bool(styled[1]), chrom)
        if self._owner[same] != part:
            raise InputError(
                f"names a chromosome {chrom}, but {self._owner[same]} names one {same}",
                path=part,
                remedy="merge parts with one style of names",
            )

    def in_order(self) -> list[tuple[str, Path]]:
        """Return all chromosomes, sorted by name, and the part of each."""
        return sorted(self._owner.items())


def _merge_bigwigs(parts: Sequence[Path], target: Path, tally: Summary) -> int:
    known, rows = _Chromosomes(), 0
    lengths: dict[str, int] = {}
    for part in parts:
        with open_bigwig(part) as reader:
            lengths = lengths or reader.lengths
            if reader.lengths != lengths:
                raise InputError(
                    f"has other chromosome lengths than {parts[0]}",
                    path=part,
                    remedy="merge tracks of one build",
                )
            for chrom in lengths:
                if reader.track(chrom):
                    known.add(part, chrom)
            if reader.unknown:
                tally.add("bigWig", "intervals without a value (NaN), left out", reader.unknown)
    used = [chrom for chrom, _ in known.in_order()]
    unused = sorted(set(lengths) - set(used))
    with BigWigWriter(target, {chrom: lengths[chrom] for chrom in (*used, *unused)}) as writer:
        for part, chroms in groupby(known.in_order(), key=lambda pair: pair[1]):
            with open_bigwig(part) as reader:
                for chrom, _ in chroms:
                    if track := reader.track(chrom):
                        writer.add(chrom, track)
                        rows += len(track[0])
    return rows


def _merge_text(parts: Sequence[Path], target: Path, tally: Summary, *, header: bool) -> int:
    known, rows = _Chromosomes(), 0
    columns: list[str] = []
    with tempfile.TemporaryFile(prefix="archaictools-") as spool:
        blocks = _Blocks(spool)
        for part in parts:
            for frame in _table_frames(part) if header else _bed_frames(part, tally):
                columns = columns or list(frame.columns)
                if list(frame.columns) != columns:
                    found, expected = (
                        ", ".join(names) if header else str(len(names)) for names in (list(frame.columns), columns)
                    )
                    raise InputError(f"has columns: {found}; {parts[0]} has {expected}", path=part, line=1)
                lines = as_text(frame).split("\n")
                chroms = frame["chrom"].astype(str).to_numpy()
                for first, last in zip(*(ends.tolist() for ends in runs_of_equal(chroms)), strict=True):
                    known.add(part, chroms[first])
                    blocks.add(chroms[first], "\n".join(lines[first:last]) + "\n")
                rows += len(frame)
        with target.open("wb") as handle:
            if header:
                handle.write(("\t".join(columns) + "\n").encode())
            for chrom, _ in known.in_order():
                for block in blocks.read(chrom):
                    handle.write(block)
    return rows


class _Blocks:
    """Text of many chromosomes in one temporary file, written in one order and read in another.

    So each part is read once, memory contains one piece of it, and the cost is linear in the number of chromosomes.
    """

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle
        self._offsets: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._end = 0

    def add(self, chrom: str, text: str) -> None:
        """Append text of a chromosome."""
        size = self._handle.write(text.encode())
        self._offsets[chrom].append((self._end, size))
        self._end += size

    def read(self, chrom: str) -> Iterator[bytes]:
        """Yield the text of a chromosome."""
        for offset, size in self._offsets[chrom]:
            self._handle.seek(offset)
            yield self._handle.read(size)


def _table_frames(part: Path) -> Iterator[pd.DataFrame]:
    """Yield a table as text, after its values are checked."""
    for frame in iter_rows(part):
        kinds = {"start": COORDINATE, "end": COORDINATE, **_VALUES}
        if "posterior" in frame:
            kinds |= {str(name): COUNT for name in frame if str(name).endswith(_COUNTS)}
        numbers = {name: kind.read(frame[name], part) for name, kind in kinds.items() if name in frame}
        if {"start", "end"} <= set(numbers):
            intervals_of(frame.assign(start=numbers["start"], end=numbers["end"]), part, tally=None)
        require_names(frame, part)
        yield frame


def _bed_frames(part: Path, tally: Summary) -> Iterator[pd.DataFrame]:
    """Yield a BED file as text, after its values are checked; all rows must have as many columns as the first."""
    width = len(_first_row(part)) or len(_BED)
    names = [*_BED[:width], *(f"column {number + 1}" for number in range(len(_BED), width)), "beyond"]
    for frame in read_columns(part, names, tally=tally, group="BED"):
        if frame.empty:
            continue
        for wrong, what in ((frame[names[-2]].astype(str) == "", "fewer"), (frame["beyond"] != "", "more")):
            if wrong.any():
                raise InputError(
                    f"the row has {what} columns than the first ({width})", path=part, line=int(frame.index[wrong][0])
                )
        checked = intervals_of(frame.drop(columns="beyond"), part, tally=None)
        if "score" in checked:
            scores = checked["score"].astype(str)
            _SCORE.read(scores[scores != "."], part)
        require_names(checked, part)
        yield checked
