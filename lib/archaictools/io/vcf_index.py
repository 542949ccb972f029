"""Chromosomes of a VCF or BCF and where they begin, from its index if the index is up to date.

An index is not used if it is older than its file, or if its last record is not the last record of the file. Reading
the whole file takes longer than reading its index, but is always right.
"""

from __future__ import annotations

import gzip
import logging
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

from archaictools.io.files import BGZF_END

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger("archaictools")

#: The bin of a .tbi that contains counts instead of offsets.
_TBI_COUNTS = 37_450


def chromosome_offsets(path: Path) -> dict[str, int] | None:
    """Return the chromosomes with records, and where each begins; None without an index that fits the file.

    Offsets are virtual offsets of BGZF: the start of the block in the file, times 65,536, plus the place in the
    decompressed block. Chromosomes are in the order of the file. The index of a BCF names no chromosome, so that there
    is no answer for a BCF; see :func:`has_index`.

    A warning names an index that does not fit.
    """
    found = _read_index(path)
    if found is None or not found[0]:
        return None
    offsets = {name: start for name, start in zip(*found, strict=False) if start is not None}
    return dict(sorted(offsets.items(), key=lambda item: item[1]))


def has_index(path: Path) -> bool:
    """Return whether a file has an index that fits it; a warning names an index that does not fit."""
    return _read_index(path) is not None


def _read_index(path: Path) -> tuple[list[str], list[int | None]] | None:
    """Return the names in an index, and the offset of the first record of each reference sequence."""
    for suffix in (".tbi", ".csi"):
        index = path.with_name(path.name + suffix)
        if index.is_file():
            own, beside = path.stat(), index.stat()
            found = _fitting(path, index, own.st_size, (own.st_mtime_ns, beside.st_mtime_ns, beside.st_size))
            if found is not None:
                return found
    return None


@lru_cache(maxsize=256)
def _fitting(
    path: Path, index: Path, size: int, stamps: tuple[int, int, int]
) -> tuple[list[str], list[int | None]] | None:
    """Return what an index contains, or None with a warning; ``stamps`` tells versions of the files apart."""
    problem = "cannot be read"
    try:
        names, starts, end = _read(gzip.decompress(index.read_bytes()))
        if stamps[1] < stamps[0]:
            problem = "is older than its file"
        elif end != size - len(BGZF_END) and not _ends_with(path, end):
            problem = "is of another file, or of this one before it was changed"
        else:
            return names, starts
    except (OSError, EOFError, ValueError, struct.error):
        pass
    log.warning(
        "%s %s: not used, the file is read without it; make it again with tabix -f (BCF: bcftools index -f)",
        index, problem,
    )  # fmt: skip
    return None


def _read(raw: bytes) -> tuple[list[str], list[int | None], int]:
    """Return the names and first offsets of a .tbi or .csi, and where the block of its last record begins or ends."""
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
    end, starts = 0, list[int | None]()
    for _ in range(count):
        (bins,) = struct.unpack_from("<i", raw, place)
        place += 4
        first = None
        for _ in range(bins):
            (number,) = struct.unpack_from("<I", raw, place)
            (chunks,) = struct.unpack_from("<i", raw, place + 4 + coordinate)
            place += 8 + coordinate
            if chunks < 0:
                raise ValueError("a bin with a negative number of chunks")
            if number != counts and chunks:
                ends = struct.unpack_from(f"<{2 * chunks}Q", raw, place)
                end, first = max(end, *ends[1::2]), min(ends[0] if first is None else first, *ends[::2])
            place += 16 * chunks
        starts.append(first)
        if not coordinate:
            (intervals,) = struct.unpack_from("<i", raw, place)
            place += 4 + 8 * intervals
    return [name.decode(errors="replace") for name in names.split(b"\0") if name], starts, end >> 16


def _ends_with(path: Path, start: int) -> bool:
    """Return whether the BGZF block that begins at ``start`` is the last block with data."""
    with path.open("rb") as handle:
        handle.seek(start)
        head = handle.read(18)
        if len(head) < 18:
            return False
        return bool(start + struct.unpack_from("<H", head, 16)[0] + 1 == path.stat().st_size - len(BGZF_END))
