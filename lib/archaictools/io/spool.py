"""Text of many chromosomes in one temporary file, written in one order and read in another."""

from __future__ import annotations

import contextlib
import tempfile
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path


class Spool(contextlib.AbstractContextManager["Spool"]):
    """A temporary file of pieces of text, each of which belongs to a key.

    Memory contains one piece at a time, and the cost is linear in the number of keys.

    Parameters
    ----------
    folder
        Where the file is; None for the system's folder of temporary files.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._handle = tempfile.TemporaryFile(prefix="archaictools-", dir=folder)  # noqa: SIM115 - closed below
        self._offsets: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
        self._end = 0

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Remove the file."""
        self._handle.close()

    def __iter__(self) -> Iterator[Hashable]:
        """Yield the keys in the order in which they came."""
        return iter(list(self._offsets))

    def add(self, key: Hashable, text: str) -> None:
        """Append text of a key."""
        self._handle.seek(self._end)
        size = self._handle.write(text.encode())
        self._offsets[key].append((self._end, size))
        self._end += size

    def read(self, key: Hashable) -> Iterator[bytes]:
        """Yield the pieces of a key."""
        for offset, size in self._offsets.get(key, []):
            self._handle.seek(offset)
            yield self._handle.read(size)
