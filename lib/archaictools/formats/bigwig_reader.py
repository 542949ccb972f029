"""Reading bigWig in Python, because a damaged file must not crash the process.

libBigWig (behind pyBigWig) trusts the counts and offsets of a file, and reads beyond its memory where they are wrong.
Here every offset is compared with the file's size, and every block is unpacked within a limit.

The format is that of Kent et al. 2010 (doi 10.1093/bioinformatics/btq351): a head, a B+ tree of chromosomes, an R tree
of blocks, and in each block, deflated, the intervals of one chromosome in one of three forms.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from typing import IO, TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError
from archaictools.formats.schema import check_name, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

BIGWIG, BIGBED = 0x888FFC26, 0x8789F2EB
_CHROMOSOMES, _BLOCKS = 0x78CA8C91, 0x2468ACE0

#: Bytes of an unpacked block, at most; programs write some 10,000.
_MOST_BLOCK = 1 << 24

#: Levels of a tree, at most.
_MOST_LEVELS = 32

#: Forms of a block: bytes of an interval.
_BEDGRAPH, _VARIABLE, _FIXED = 1, 2, 3
_WIDTHS = {_BEDGRAPH: 12, _VARIABLE: 8, _FIXED: 4}

#: Where a block lies: offset and bytes in the file.
_Block = tuple[int, int]

_Columns = tuple["npt.NDArray[np.int64]", "npt.NDArray[np.int64]", "npt.NDArray[np.float64]"]


class BigWigFile(contextlib.AbstractContextManager["BigWigFile"]):
    """An open bigWig.

    Attributes
    ----------
    lengths
        Chromosomes, name to length in bp, in the file's order.

    Raises
    ------
    InputError
        If the file is no bigWig, or damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, path.stat().st_size
        self._handle: IO[bytes] = path.open("rb")
        try:
            head = self._handle.read(64)
            self._order = next((order for order in "<>" if head[:4] == struct.pack(f"{order}I", BIGWIG)), "")
            if not self._order:
                bed = head[:4] in {struct.pack("<I", BIGBED), struct.pack(">I", BIGBED)}
                raise InputError("is a bigBed, expected a bigWig" if bed else "is not a bigWig file", path=path)
            if len(head) < 64:
                raise self._damaged()
            _, _, tree, self._data, self._index, _, _, _, _, unpacked, _ = self._unpack("HHQQQHHQQIQ", head[4:])
            self._packed = unpacked > 0
            self._chromosomes = self._read_chromosomes(tree)
        except BaseException:
            self._handle.close()
            raise
        self.lengths = dict(self._chromosomes.values())

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the file."""
        self._handle.close()

    def tracks(self, only: str | None = None) -> Iterator[tuple[str, _Columns]]:
        """Yield starts, ends and values of every chromosome that has some, in the file's order; or of one."""
        numbers = [number for number, (name, _) in self._chromosomes.items() if only is None or name == only]
        blocks: dict[int, list[_Block]] = {}
        for number, block in self._read_blocks(numbers):
            blocks.setdefault(number, []).append(block)
        for number in numbers:
            name, length = self._chromosomes[number]
            parts, before = [], 0
            for block in blocks.get(number, []):
                part = self._read_block(block, number)
                if not len(part[0]):
                    continue
                starts, ends, _ = part
                if starts[0] < before or (starts[1:] < ends[:-1]).any() or (starts >= ends).any() or ends[-1] > length:
                    raise InputError(
                        f"has intervals of {shown(name)} that overlap, are not in order, or lie beyond its end",
                        path=self._path,
                    )
                before = int(ends[-1])
                parts.append(part)
            if parts:
                starts, ends, values = (np.concatenate(column) for column in zip(*parts, strict=True))
                yield name, (starts, ends, values)

    def _read_chromosomes(self, offset: int) -> dict[int, tuple[str, int]]:
        magic, _, key, value, _, _ = self._unpack("IIIIQQ", self._read(offset, 32))
        if magic != _CHROMOSOMES or value != 8 or not 0 < key <= 1 << 16:
            raise self._damaged()
        found: dict[int, tuple[str, int]] = {}
        for items in self._leaves(offset + 32, inner=key + 8, leaf=key + 8, child=key):
            for item in items:
                number, length = self._unpack("II", item[key:])
                try:
                    name = item[:key].rstrip(b"\0").decode()
                except UnicodeDecodeError as error:
                    raise self._damaged() from error
                if number in found:
                    raise self._damaged()
                found[number] = check_name(name, self._path, what="a chromosome's name"), length
        if len({name for name, _ in found.values()}) != len(found):
            raise self._damaged()
        return dict(sorted(found.items()))

    def _read_blocks(self, wanted: list[int]) -> Iterator[tuple[int, _Block]]:
        """Yield chromosome and place of the blocks, passing over branches without a wanted chromosome."""
        if not self._index and not self._unpack("I", self._read(self._data, 4))[0]:
            return  # pyBigWig writes no index where there is no block
        if self._unpack("I", self._read(self._index, 48)[:4])[0] != _BLOCKS:
            raise self._damaged()
        low, high = min(wanted, default=0), max(wanted, default=-1)

        def touches(item: bytes) -> bool:
            first, _, last, _ = self._unpack("IIII", item[:16])
            return first <= high and last >= low

        for items in self._leaves(self._index + 48, inner=24, leaf=32, child=16, keep=touches):
            for item in items:
                first, _, last, _, offset, size = self._unpack("IIIIQQ", item)
                if first != last or first not in self._chromosomes:
                    raise self._damaged()
                if low <= first <= high:
                    yield first, (offset, size)

    def _leaves(
        self, root: int, *, inner: int, leaf: int, child: int, keep: Callable[[bytes], bool] = lambda _: True
    ) -> Iterator[list[bytes]]:
        """Yield the items of each leaf of a tree, in order; no node may be reached twice."""
        waiting, seen = [(root, 0)], {root}
        while waiting:
            offset, level = waiting.pop()
            is_leaf, _, count = self._unpack("BBH", self._read(offset, 4))
            width = leaf if is_leaf else inner
            body = self._read(offset + 4, count * width)
            items = [body[at : at + width] for at in range(0, len(body), width)]
            if is_leaf:
                yield items
                continue
            children = [self._unpack("Q", item[child : child + 8])[0] for item in items if keep(item)]
            if level == _MOST_LEVELS or len(set(children)) != len(children) or not seen.isdisjoint(children):
                raise self._damaged()
            seen.update(children)
            waiting.extend((each, level + 1) for each in reversed(children))

    def _read_block(self, block: _Block, wanted: int) -> _Columns:
        """Read the intervals of a block, if it is of the chromosome wanted."""
        offset, size = block
        data = self._read(offset, size)
        if self._packed:
            unpack = zlib.decompressobj()
            try:
                data = unpack.decompress(data, _MOST_BLOCK)
            except zlib.error as error:
                raise self._damaged() from error
            if not unpack.eof:
                raise self._damaged()
        if len(data) < 24:
            raise self._damaged()
        number, first, _, step, span, form, _, count = self._unpack("IIIIIBBH", data[:24])
        width = _WIDTHS.get(form)
        if width is None or 24 + count * width > len(data):
            raise self._damaged()
        if number != wanted:
            count = 0
        words = np.frombuffer(data, dtype=f"{self._order}u4", count=count * width // 4, offset=24)
        rows = words.reshape(count, width // 4)
        values = rows[:, -1].copy().view(f"{self._order}f4").astype(np.float64)
        if form == _BEDGRAPH:
            return rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), values
        starts = rows[:, 0].astype(np.int64) if form == _VARIABLE else first + step * np.arange(count, dtype=np.int64)
        return starts, starts + span, values

    def _read(self, offset: int, size: int) -> bytes:
        if offset + size > self._size:
            raise self._damaged()
        self._handle.seek(offset)
        return self._handle.read(size)

    def _unpack(self, form: str, data: bytes) -> tuple[int, ...]:
        try:
            return struct.unpack(f"{self._order}{form}", data)
        except struct.error as error:
            raise self._damaged() from error

    def _damaged(self) -> InputError:
        return InputError("is a damaged bigWig", path=self._path, remedy="copy or make it again")
