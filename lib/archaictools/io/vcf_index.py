"""Chromosomes of a VCF, from its tabix index if the index is up to date.

An index is not used if it is older than its file, or if its last record is not the last record of the file. Reading
the whole file takes longer than reading its index, but is always right.
"""

from __future__ import annotations

import gzip
import logging
import struct
from typing import TYPE_CHECKING

from archaictools.io.files import BGZF_END

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger("archaictools")

#: The bin of a .tbi that contains counts instead of offsets.
_TBI_COUNTS = 37_450


def indexed_chromosomes(path: Path) -> list[str] | None:
    """Return the chromosomes that the index of a file names; None without an index that fits the file.

    A warning names an index that does not fit.
    """
    for suffix in (".tbi", ".csi"):
        index = path.with_name(path.name + suffix)
        if not index.is_file():
            continue
        problem = "cannot be read"
        try:
            names, end = _read(gzip.decompress(index.read_bytes()))
            if not names:
                return None
            if index.stat().st_mtime < path.stat().st_mtime:
                problem = "is older than its file"
            elif end != path.stat().st_size - len(BGZF_END) and not _ends_with(path, end):
                problem = "is of another file, or of this one before it was changed"
            else:
                return names
        except (OSError, EOFError, ValueError, struct.error):
            pass
        log.warning("%s %s: not used, the file is read without it; make it again with tabix -f", index, problem)
    return None


def _read(raw: bytes) -> tuple[list[str], int]:
    """Return the names in a .tbi or .csi, and the offset at which the block of its last record begins or ends."""
    if raw[:4] == b"TBI\1":
        (count,) = struct.unpack_from("<i", raw, 4)
        (length,) = struct.unpack_from("<i", raw, 32)
        names, place, counts, coordinate = raw[36 : 36 + length], 36 + length, _TBI_COUNTS, 0
    elif raw[:4] == b"CSI\1":
        _, depth, size = struct.unpack_from("<3i", raw, 4)
        (count,) = struct.unpack_from("<i", raw, 16 + size)
        # The names come last in the auxiliary data of tabix; the index of a BCF has none.
        names, place, coordinate = raw[16 + 28 : 16 + size], 20 + size, 8
        counts = ((1 << (3 * depth + 3)) - 1) // 7 + 1
    else:
        raise ValueError("neither .tbi nor .csi")
    end = 0
    for _ in range(count):
        (bins,) = struct.unpack_from("<i", raw, place)
        place += 4
        for _ in range(bins):
            (number,) = struct.unpack_from("<I", raw, place)
            (chunks,) = struct.unpack_from("<i", raw, place + 4 + coordinate)
            place += 8 + coordinate
            if number != counts:
                end = max(end, 0, *struct.unpack_from(f"<{2 * chunks}Q", raw, place)[1::2])
            place += 16 * chunks
        if not coordinate:
            (intervals,) = struct.unpack_from("<i", raw, place)
            place += 4 + 8 * intervals
    return [name.decode(errors="replace") for name in names.split(b"\0") if name], end >> 16


def _ends_with(path: Path, start: int) -> bool:
    """Return whether the BGZF block that begins at ``start`` is the last block with data."""
    with path.open("rb") as handle:
        handle.seek(start)
        head = handle.read(18)
        if len(head) < 18:
            return False
        return bool(start + struct.unpack_from("<H", head, 16)[0] + 1 == path.stat().st_size - len(BGZF_END))
