"""Reader of bigWig files that checks every offset; libBigWig crashes on damaged files."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections import defaultdict
from typing import IO, TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError
from archaictools.intervals import IntervalSet, sums_of_ranges
from archaictools.io.files import check_readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archaictools.io.bigwig import Track

_MAGIC = {b"\x26\xfc\x8f\x88": "<", b"\x88\x8f\xfc\x26": ">"}
_TREE, _INDEX = 0x78CA8C91, 0x2468ACE0

#: Bytes of a section's header, and of the largest section: 65,535 items of 12 bytes.
_HEADER, _LARGEST = 24, 24 + 12 * 0xFFFF

_BEDGRAPH, _VARIABLE, _FIXED = 1, 2, 3


def is_bigwig(path: Path) -> bool:
    """Return whether a file is a bigWig, by its first bytes, in either byte order."""
    check_readable(path)
    with path.open("rb") as handle:
        return handle.read(4) in _MAGIC


class BigWigReader:
    """An open bigWig of probabilities, or of their differences; obtain one from :func:`open_bigwig`.

    Attributes
    ----------
    path
        The file.
    lengths
        Name and length in bp of every chromosome, in the file's order.
    unknown
        Number of intervals with NaN that :meth:`track` dropped so far.
    """

    def __init__(self, path: Path, handle: IO[bytes], *, lowest: float = 0.0) -> None:
        self.path, self._handle, self.unknown, self._lowest = path, handle, 0, lowest
        self._size = os.fstat(handle.fileno()).st_size
        magic = handle.read(4)
        if magic not in _MAGIC:
            raise InputError("is not a bigWig file", path=path)
        self._order = _MAGIC[magic]
        head = self._unpack("HHQQQHHQQIQ", 4)
        tree, index, self._buffer = head[2], head[4], head[9]
        self._number: dict[str, int] = {}
        self.lengths: dict[str, int] = {}
        self._read_chromosomes(tree)
        self._blocks: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        if index:  # a file without values has none
            self._read_index(index)

    def _damaged(self, what: str) -> InputError:
        return InputError(f"is a damaged bigWig ({what})", path=self.path, remedy="copy or download the file again")

    def _bytes(self, offset: int, size: int) -> bytes:
        if offset + size > self._size:
            raise self._damaged("it ends too early")
        self._handle.seek(offset)
        return self._handle.read(size)

    def _unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        size = struct.calcsize(self._order + layout)
        return struct.unpack(self._order + layout, self._bytes(offset, size))

    def _nodes(self, root: int, leaf: int, inner: int) -> Iterator[tuple[bytes, int]]:
        """Yield the items of all leaves of a tree, in order; ``leaf`` and ``inner`` are bytes an item.

        An inner item ends in the offset of its child.
        """
        waiting, met = [root], set()
        while waiting:
            offset = waiting.pop()
            if offset in met:
                raise self._damaged("its index runs in circles")
            met.add(offset)
            is_leaf, _, count = self._unpack("BBH", offset)
            if is_leaf:
                yield self._bytes(offset + 4, leaf * count), count
            else:
                items = self._bytes(offset + 4, inner * count)
                children = [struct.unpack_from(self._order + "Q", items, inner * (n + 1) - 8)[0] for n in range(count)]
                waiting.extend(reversed(children))

    def _read_chromosomes(self, offset: int) -> None:
        magic, _, key, value, _, _ = self._unpack("IIIIQQ", offset)
        if magic != _TREE or value != 8 or not 0 < key <= self._size:
            raise self._damaged("it has no list of chromosomes")
        found: dict[int, tuple[str, int]] = {}
        for items, count in self._nodes(offset + 32, key + 8, key + 8):
            for place in range(0, count * (key + 8), key + 8):
                try:
                    name = items[place : place + key].rstrip(b"\0").decode()
                except UnicodeDecodeError as error:
                    raise self._damaged("a chromosome's name is no text") from error
                number, length = struct.unpack_from(self._order + "II", items, place + key)
                if not name.isprintable() or not name or number in found:
                    raise self._damaged("its list of chromosomes is wrong")
                found[number] = name, length
        for number, (name, length) in sorted(found.items()):
            self.lengths[name], self._number[name] = length, number
        if len(self.lengths) < len(found):
            raise self._damaged("two chromosomes have one name")

    def _read_index(self, offset: int) -> None:
        if self._unpack("I", offset)[0] != _INDEX:
            raise self._damaged("it has no index")
        for items, count in self._nodes(offset + 48, 32, 24):
            for place in range(0, 32 * count, 32):
                chrom, start, last, _, at, size = struct.unpack_from(self._order + "IIIIQQ", items, place)
                if last != chrom or at + size > self._size:
                    raise self._damaged("its index is wrong")
                self._blocks[chrom].append((start, at, size))
        if sum(size for blocks in self._blocks.values() for _, _, size in blocks) > self._size:
            raise self._damaged("its index names some values twice")

    def _section(self, chrom: int, offset: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return starts, ends and values of a section."""
        data = self._bytes(offset, size)
        if self._buffer:
            try:
                data = zlib.decompressobj().decompress(data, _LARGEST)
            except zlib.error as error:
                raise self._damaged("its values cannot be decompressed") from error
        if len(data) < _HEADER:
            raise self._damaged("a section of values is cut short")
        number, start, _, step, span, kind, _, count = struct.unpack_from(self._order + "IIIIIBBH", data)
        width = {_BEDGRAPH: 3, _VARIABLE: 2, _FIXED: 1}.get(kind, 0)
        if number != chrom or not width or len(data) < _HEADER + 4 * width * count:
            raise self._damaged("a section of values is wrong")
        fields = np.frombuffer(data, dtype=f"{self._order}u4", count=width * count, offset=_HEADER).reshape(
            count, width
        )
        values = fields[:, -1].view(f"{self._order}f4").astype(np.float64)
        stepped = start + step * np.arange(count, dtype=np.int64)
        starts = stepped if kind == _FIXED else fields[:, 0].astype(np.int64)
        ends = fields[:, 1].astype(np.int64) if kind == _BEDGRAPH else starts + span
        return starts, ends, values

    def track(self, chrom: str, *, near: tuple[int, int] | None = None) -> Track | None:
        """Return the track of a chromosome, or None if it has no value; NaN is no value.

        Parameters
        ----------
        chrom
            Name of a chromosome of :attr:`lengths`.
        near
            Start and end in bp (0-based, half-open): only sections of the file that may reach there are read.

        Raises
        ------
        InputError
            If a value is not from the lowest to 1, as in tracks of coverage, or if the file is damaged.
        """
        number = self._number[chrom]
        blocks = sorted(self._blocks.get(number, []))
        if near:
            starts = np.array([start for start, _, _ in blocks])
            first = max(0, int(np.searchsorted(starts, near[0], side="right")) - 1)
            blocks = blocks[first : int(np.searchsorted(starts, near[1]))]
        parts = [self._section(number, at, size) for _, at, size in blocks]
        if not parts:
            return None
        starts, ends, values = (np.concatenate(column) for column in zip(*parts, strict=True))
        if (starts >= ends).any() or (starts[1:] < ends[:-1]).any() or (ends > self.lengths[chrom]).any():
            raise self._damaged(f"intervals of {chrom} overlap or lie outside of it")
        wrong = np.flatnonzero((values < self._lowest) | (values > 1))
        if len(wrong):
            first = int(wrong[0])
            kind = "a probability from 0 to 1" if self._lowest == 0 else "a difference of probabilities from -1 to 1"
            verb = "predict" if self._lowest == 0 else "importance --attribution"
            raise InputError(
                f"the value at {chrom}:{starts[first]}-{ends[first]} is {values[first]:g}, expected {kind}",
                path=self.path,
                remedy=f"give a track of 'archaictools {verb}'",
            )
        known = ~np.isnan(values)
        self.unknown += int((~known).sum())
        return (starts[known], ends[known], values[known]) if known.any() else None


@contextlib.contextmanager
def open_bigwig(path: Path, *, lowest: float = 0.0) -> Iterator[BigWigReader]:
    """Open a bigWig of probabilities for reading; of their differences with a ``lowest`` value of -1."""
    check_readable(path)
    with path.open("rb") as handle:
        yield BigWigReader(path, handle, lowest=lowest)


def read_bigwig(path: Path) -> Iterator[tuple[str, Track]]:
    """Yield the chromosomes with values of a bigWig, in the order of the file."""
    with open_bigwig(path) as reader:
        for chrom in reader.lengths:
            if track := reader.track(chrom):
                yield chrom, track


def values_within(track: Track | None, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of a track over the bases with a value of each interval, and the number of these bases.

    Parameters
    ----------
    track
        As from :meth:`BigWigReader.track`.
    start, end
        int64 (intervals,): 0-based and half-open, in bp.

    Returns
    -------
    tuple of numpy.ndarray
        float64 (intervals,), NaN without such a base; int64 (intervals,).

    Examples
    --------
    >>> track = np.array([0, 10]), np.array([10, 20]), np.array([0.5, 1.0])
    >>> [found.tolist() for found in values_within(track, np.array([5, 30]), np.array([12, 40]))]
    [[0.6428571428571429, nan], [7, 0]]
    """
    found = np.full(len(start), np.nan)
    if track is None:
        return found, np.zeros(len(start), dtype=np.int64)
    pieces = IntervalSet(track[0], track[1])
    row, left, right = pieces.pieces_within(start, end)
    first, last = np.searchsorted(row, np.arange(len(start))), np.searchsorted(row, np.arange(len(start)), side="right")
    bases = right - left
    area, covered = (sums_of_ranges(part, first, last) for part in (bases * track[2][pieces.find(left)], bases))
    np.divide(area, covered, out=found, where=covered > 0)
    return found, covered
