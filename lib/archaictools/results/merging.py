"""Joining results that were made part by part, as a cluster makes them: one chromosome, one job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from archaictools.errors import InputError
from archaictools.formats.bigwig import BigWigWriter, bigwig_lengths, is_bigwig, read_bigwig
from archaictools.formats.files import open_text
from archaictools.formats.tables import ROWS, TableWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass
class Merged:
    """What :func:`merge` wrote: the kind of file, rows (or intervals of a bigWig), and parts that held none."""

    kind: str
    rows: int
    empty_parts: int


def merge(parts: Sequence[Path], target: Path) -> Merged:
    """Join parts of one kind: bigWigs, tables with the same header, or BED files.

    Parameters
    ----------
    parts
        Files of ``archaictools predict`` (or of any program, if their first column is a chromosome). Chromosomes come
        out by name, whatever their order here, the rows of each as they were. A BED part may be empty: nothing was
        called there.
    target
        Where to write.

    Raises
    ------
    InputError
        If the parts are of different kinds or builds, or a chromosome is in two of them.
    """
    filled = [part for part in parts if not _is_empty(part)]
    kinds = {part: _kind(part) for part in filled}
    kind = next(iter(kinds.values()), "BED")
    for part, found in kinds.items():
        if found != kind:
            raise InputError(f"is a {found}, but {filled[0]} a {kind}", path=part, remedy="merge files of one kind")
    if len(filled) < len(parts) and kind != "BED":
        raise InputError("is empty", path=next(part for part in parts if _is_empty(part)))
    rows = _merge_bigwigs(filled, target) if kind == "bigWig" else _merge_text(filled, target, header=kind == "table")
    return Merged(kind, rows, len(parts) - len(filled))


def _is_empty(part: Path) -> bool:
    return part.is_file() and not part.stat().st_size


def _kind(part: Path) -> str:
    if is_bigwig(part):
        return "bigWig"
    with open_text(part) as handle:
        fields = handle.readline().rstrip("\r\n").split("\t")
    if len(fields) >= 3 and fields[1].isdigit() and fields[2].isdigit():
        return "BED"
    if fields[0] == "chrom":
        return "table"
    raise InputError(
        f"begins with {fields[0][:40]!r}",
        path=part,
        line=1,
        remedy="expected a bigWig, a BED file, or a table whose first column is chrom",
    )


class _Parts:
    """The parts, and which of them holds which chromosome; none may be in two."""

    def __init__(self, parts: Sequence[Path]) -> None:
        for number, part in enumerate(parts):
            if part in parts[:number]:
                raise InputError("is given twice", path=part)
        self.parts = parts
        self._owner: dict[str, Path] = {}

    def own(self, part: Path, chrom: str) -> None:
        """Note that a part holds a chromosome."""
        other = self._owner.setdefault(chrom, part)
        if other != part:
            raise InputError(
                f"{chrom} is also in {other}", path=part, remedy="give each chromosome in one part, and each part once"
            )

    def in_order(self) -> list[tuple[str, Path]]:
        """Return all chromosomes by name, and the part of each."""
        return sorted(self._owner.items())


def _merge_bigwigs(parts: Sequence[Path], target: Path) -> int:
    known, rows = _Parts(parts), 0
    lengths = bigwig_lengths(parts[0])
    for part in parts:
        if bigwig_lengths(part) != lengths:
            raise InputError(
                f"has other chromosome lengths than {parts[0]}", path=part, remedy="merge tracks of one build"
            )
        for chrom, _ in read_bigwig(part):
            known.own(part, chrom)
    used = [chrom for chrom, _ in known.in_order()]
    unused = sorted(set(lengths) - set(used))
    with BigWigWriter(target, {chrom: lengths[chrom] for chrom in (*used, *unused)}) as writer:
        for wanted, part in known.in_order():
            for chrom, track in read_bigwig(part, wanted):
                writer.add(chrom, track)
                rows += len(track[0])
    return rows


def _merge_text(parts: Sequence[Path], target: Path, *, header: bool) -> int:
    known = _Parts(parts)
    columns: list[object] = []
    for part in parts:
        for frame in _frames(part, header=header):
            columns = columns or list(frame.columns)
            if list(frame.columns) != columns:
                found, expected = (
                    ", ".join(map(str, names)) if header else str(len(names)) for names in (list(frame), columns)
                )
                raise InputError(f"has columns: {found}; {parts[0]} has {expected}", path=part, line=1)
            for chrom in frame.iloc[:, 0].unique():
                known.own(part, str(chrom))
    with TableWriter(target, header=header) as writer:
        for chrom, part in known.in_order():
            for frame in _frames(part, header=header):
                here = frame[frame.iloc[:, 0] == chrom]
                if len(here):
                    writer.write(here)
    return writer.rows


def _frames(part: Path, *, header: bool) -> Iterator[pd.DataFrame]:
    with open_text(part) as handle:
        try:
            yield from pd.read_csv(
                handle, sep="\t", dtype=str, header=0 if header else None, chunksize=ROWS, keep_default_na=False
            )
        except pd.errors.ParserError as error:
            raise InputError(f"is not a table of tab-separated columns ({error})", path=part) from error
