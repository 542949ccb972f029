"""Attributes and strings of an HDF5 file as bytes, checked before the HDF5 library reads them.

The library stores strings in *global heaps*. It reads a damaged heap forever, and a string of any length into memory.
Therefore this module first reads the heaps of attributes and lists of names. It knows only the file format that
:func:`archaictools.io.hdf5.create` writes: superblock 0 and object headers of version 1.
"""

from __future__ import annotations

import contextlib
import struct
from typing import IO, TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

#: Reference to a string: its length in bytes, the address of its heap, and its number in the heap.
REFERENCE = np.dtype([("length", "<u4"), ("heap", "<u8"), ("number", "<u4")])

#: Bytes of an object header and messages in it, at most: ours have a few hundred bytes.
_MOST_HEADER, _MOST_MESSAGES = 1 << 20, 1_000

_CONTINUATION, _ATTRIBUTE, _ATTRIBUTES_ELSEWHERE = 0x10, 0x0C, 0x15
_INTEGER, _FIXED_TEXT, _TEXT = 0, 3, 9


class RawFile(contextlib.AbstractContextManager["RawFile"]):
    """Bytes of an HDF5 file.

    Raises
    ------
    InputError
        If the file is of an HDF5 format that this package does not write.
    """

    def __init__(self, path: Path, *, expected: str = "a file of archaictools") -> None:
        self._path = path
        self._handle: IO[bytes] = path.open("rb")
        self._size = path.stat().st_size
        self._heaps: dict[int, dict[int, int]] = {}
        try:
            self._check_head(expected)
        except InputError:
            self._handle.close()
            raise

    def _check_head(self, expected: str) -> None:
        head = self._read(0, 32)
        # Version 0, addresses and lengths of 8 bytes, counted from the beginning of the file.
        if head[8] != 0 or head[13:15] != b"\x08\x08" or head[24:32] != bytes(8):
            raise InputError(
                f"is HDF5 of a version that archaictools does not write, expected {expected}",
                path=self._path,
                remedy="give the file that archaictools wrote",
            )

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the file."""
        self._handle.close()

    def attributes(self, address: int) -> dict[str, int | None]:
        """Return the attributes of an object.

        Parameters
        ----------
        address
            Address of the object's header.

        Returns
        -------
        dict
            Name to length in bytes of a text, or None for an integer.

        Raises
        ------
        InputError
            If an attribute is neither text nor integer, or if the header or a heap is damaged.
        """
        found: dict[str, int | None] = {}
        for kind, flags, body in self._messages(address):
            if kind == _ATTRIBUTES_ELSEWHERE or (kind == _ATTRIBUTE and flags & 2):
                raise self._damaged("attributes")
            if kind == _ATTRIBUTE:
                name, length = self._attribute(body)
                if name in found:
                    raise self._damaged("attributes")
                found[name] = length
        return found

    def check_texts(self, address: int, count: int) -> npt.NDArray[np.int64]:
        """Return the lengths in bytes of the strings of a list, after checking them.

        Parameters
        ----------
        address
            Address of the list in the file.
        count
            Number of strings in the list.
        """
        references = np.frombuffer(self._read(address, count * REFERENCE.itemsize), dtype=REFERENCE)
        for length, heap, number in references.tolist():
            self._check(length, heap, number)
        return references["length"].astype(np.int64)

    def _read(self, address: int, size: int) -> bytes:
        if address + size > self._size:
            raise self._damaged("addresses")
        self._handle.seek(address)
        found = self._handle.read(size)
        if len(found) != size:
            raise self._damaged("addresses")
        return found

    def _messages(self, address: int) -> Iterator[tuple[int, int, bytes]]:
        version, _, _, size = struct.unpack("<BxHII", self._read(address, 12))
        if version != 1:
            raise self._damaged("object headers")
        blocks, bytes_, count = [(address + 16, size)], 0, 0
        while blocks:
            start, size = blocks.pop()
            bytes_ += size
            if bytes_ > _MOST_HEADER:
                raise self._damaged("object headers")
            block, at = self._read(start, size), 0
            while at + 8 <= size:
                kind, length, flags = struct.unpack_from("<HHB", block, at)
                body = block[at + 8 : at + 8 + length]
                count += 1
                if len(body) != length or count > _MOST_MESSAGES:
                    raise self._damaged("object headers")
                if kind == _CONTINUATION:
                    if length < 16:
                        raise self._damaged("object headers")
                    blocks.append(struct.unpack_from("<QQ", body))
                else:
                    yield kind, flags, body
                at += 8 + length

    def _attribute(self, body: bytes) -> tuple[str, int | None]:
        """Return name and text length of an attribute message."""
        try:
            version, shared, name_size, type_size, space_size = struct.unpack_from("<BBHHH", body)
            at, padded = (9 if version == 3 else 8), version == 1
            parts = []
            for size in (name_size, type_size, space_size):
                parts.append(body[at : at + size])
                at += -(-size // 8) * 8 if padded else size
            name, kind, space = parts
            shape_of_one = space[1] == 0
            family, size = kind[0] & 15, struct.unpack_from("<I", kind, 4)[0]
            value = body[at : at + size]
            text = name.rstrip(b"\0").decode()
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise self._damaged("attributes") from error
        if version not in {1, 2, 3} or (version > 1 and shared) or not shape_of_one or len(value) != size:
            raise self._damaged("attributes")
        if family == _INTEGER and size <= 8:
            return text, None
        if family == _FIXED_TEXT:
            return text, size
        if family == _TEXT and size == REFERENCE.itemsize and kind[1] & 15 == 1:
            length, heap, number = np.frombuffer(value, dtype=REFERENCE)[0].tolist()
            self._check(length, heap, number)
            return text, length
        raise InputError(f"has an attribute {text[:60]!r} that is neither text nor a number", path=self._path)

    def _check(self, length: int, heap: int, number: int) -> None:
        """Raise InputError unless a string is in its heap, with its length."""
        if not heap and not length:
            return
        if heap not in self._heaps:
            self._heaps[heap] = self._walk(heap)
        if self._heaps[heap].get(number) != length:
            raise self._damaged("texts")

    def _walk(self, address: int) -> dict[int, int]:
        """Return the sizes of the objects in a heap by their numbers."""
        signature, version, size = struct.unpack("<4sB3xQ", self._read(address, 16))
        if signature != b"GCOL" or version != 1 or address + size > self._size:
            raise self._damaged("texts")
        heap, at, sizes = self._read(address, size), 16, {}
        while at + 16 <= size:
            number, length = struct.unpack_from("<H6xQ", heap, at)
            # Number 0 is the free space at the end, whose length includes its own header.
            step = 16 + -(-length // 8) * 8 if number else length
            if step < 16 or at + step > size or number in sizes:
                raise self._damaged("texts")
            if number:
                sizes[number] = length
            at += step
        return sizes

    def _damaged(self, what: str) -> InputError:
        return InputError(f"is damaged: its {what} cannot be read", path=self._path, remedy="copy or make it again")
