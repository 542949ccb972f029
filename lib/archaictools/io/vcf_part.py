"""Chosen chromosomes of a VCF: which files hold them, and how to read no other records.

The index of a bgzipped VCF leads straight to a chromosome. Without an index, blocks of other chromosomes are passed
over undecoded, and a file whose first and last record are of one chromosome is known to hold no other. BCF is in
:mod:`archaictools.io._viewed_text`.
"""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from isal import igzip, igzip_threaded

from archaictools.errors import InputError
from archaictools.io.chromosomes import bare
from archaictools.io.files import damage_named, is_bgzf, is_gzip, open_bytes
from archaictools.io.vcf_index import chromosome_offsets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

#: Bytes at the end of a file in which its last record is looked for, at first and at most.
_TAIL, _LONGEST_TAIL = 1 << 18, 1 << 26
#: First bytes of a BGZF block, and the subfield that holds its size.
_BLOCK_START, _BLOCK_FIELD = b"\x1f\x8b\x08\x04", b"BC\x02\x00"


@dataclass(frozen=True)
class Run:
    """Adjacent chromosomes of an indexed VCF that are read without a stop.

    Attributes
    ----------
    start
        Virtual offset of the first record; see :func:`archaictools.io.vcf_index.chromosome_offsets`.
    names
        Chromosomes, as in the file.
    """

    start: int
    names: frozenset[bytes]

    def part(self, block: bytes) -> bytes:
        """Return the lines of a block that come before another chromosome."""
        if _last_name(block) in self.names:
            return block
        start = 0
        while start < len(block) and (_name(block, start) in self.names or block.startswith((b"\n", b"\r"), start)):
            start = block.find(b"\n", start) + 1
        return block[:start]


def runs_of(path: Path, chosen: Collection[str]) -> list[Run] | None:
    """Return where an indexed, bgzipped VCF holds the chosen chromosomes; None if that is unknown.

    Parameters
    ----------
    path
        The file.
    chosen
        Names without ``chr``.
    """
    offsets = chromosome_offsets(path) if is_bgzf(path) else None
    if offsets is None:
        return None
    runs: list[Run] = []
    before = False
    for name, start in offsets.items():
        wanted = bare(name) in chosen
        if wanted and before:
            runs[-1] = Run(runs[-1].start, runs[-1].names | {name.encode()})
        elif wanted:
            runs.append(Run(start, frozenset((name.encode(),))))
        before = wanted
    return runs


@contextlib.contextmanager
def open_at(path: Path, start: int, *, ahead: bool) -> Iterator[IO[bytes]]:
    """Open a BGZF file at a virtual offset; with ``ahead``, another thread decompresses."""
    with path.open("rb") as raw:
        raw.seek(start >> 16)
        opened = igzip_threaded.open(raw, threads=1) if ahead else igzip.open(raw)  # type: ignore[no-untyped-call]
        with cast("IO[bytes]", opened) as text:
            text.read(start & 0xFFFF)
            yield text


def lines_of_another(block: bytes, wanted: Callable[[str], bool]) -> int:
    """Return the number of lines of a block whose records are all of one chromosome that is not wanted, else 0.

    A chromosome is contiguous in a sorted file, so its first and its last line tell.
    """
    name = _name(block, 0)
    if name != _last_name(block) or not name or wanted(name.decode(errors="replace")):
        return 0
    blank = b"\n\n" in block or b"\n\r" in block
    return 0 if blank else block.count(b"\n")


def chromosomes_of(path: Path) -> frozenset[str] | None:
    """Return the chromosomes of the records of a VCF, without ``chr``, if that is quickly known; else None.

    They are known from an index, or if the first and the last record are of one chromosome.

    Raises
    ------
    InputError
        If the file is missing or empty.
    """
    if path.is_dir():
        return None
    compressed = is_gzip(path)
    blocked = compressed and is_bgzf(path)
    offsets = chromosome_offsets(path) if blocked else None
    if offsets is not None:
        return frozenset(map(bare, offsets))
    if compressed and not blocked:
        return None
    first = last = None
    with contextlib.suppress(InputError), damage_named(path):  # damage is named when the file is read
        first = _first_record(path, compressed=compressed)
        last = _last_record(path, blocked=blocked) if first else None
    return frozenset((bare(first.decode(errors="replace")),)) if first and first == last else None


def _first_record(path: Path, *, compressed: bool) -> bytes | None:
    """Return the chromosome of the first record; None for a file that is no VCF, or has no record."""
    with open_bytes(path, compressed=compressed) as text:
        for number, line in enumerate(text):
            if number == 0 and b"##fileformat=VCF" not in line[:20]:
                return None
            if not line.startswith(b"#") and line.strip():
                return _name(line, 0)
    return None


def _last_record(path: Path, *, blocked: bool) -> bytes | None:
    """Return the chromosome of the last record, from the end of the file; None if it is not found there."""
    size, length = path.stat().st_size, _TAIL
    while True:
        with path.open("rb") as raw:
            raw.seek(max(0, size - length))
            tail: bytes | None = raw.read()
        whole = length >= size
        if blocked and tail is not None:
            tail = _inflated(tail)
        text = (tail or b"").rstrip(b"\r\n")
        start = text.rfind(b"\n") + 1
        if start:  # the line is whole
            return None if text.startswith(b"#", start) else _name(text, start)
        if whole or length >= _LONGEST_TAIL:
            return None
        length *= 8


def _inflated(tail: bytes) -> bytes | None:
    """Return the text of the BGZF blocks that end a file, from the first whole block on; None without one."""
    start = tail.find(_BLOCK_START)
    while start >= 0:
        place = start
        while tail[place + 12 : place + 16] == _BLOCK_FIELD and place + 18 <= len(tail):
            place += struct.unpack_from("<H", tail, place + 16)[0] + 1
        if place == len(tail):
            text: bytes = igzip.decompress(tail[start:])  # type: ignore[no-untyped-call]
            return text
        start = tail.find(_BLOCK_START, start + 1)
    return None


def _name(block: bytes, start: int) -> bytes:
    """Return CHROM of the line that begins at ``start``; empty if the line has no tab."""
    end = block.find(b"\t", start)
    name = block[start:end] if end >= 0 else b""
    return b"" if b"\n" in name else name


def _last_name(block: bytes) -> bytes:
    """Return CHROM of the last line of a block."""
    return _name(block, block.rfind(b"\n", 0, len(block) - 1) + 1)
