"""Bases as small integers, and their packed form on disk.

A is 0, C is 1, G is 2 and T is 3, so that base-4 values sort like k-mers. U of RNA is T. N, other ambiguity codes and
gaps are :data:`AMBIGUOUS`. Lower case (soft-masked) is read as upper case.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]

ALPHABET = "ACGT"
#: Code of a base other than A, C, G and T, and of padding.
AMBIGUOUS = 4


def _encoding() -> bytes:
    table = bytearray([AMBIGUOUS]) * 256
    for code, letter in enumerate(ALPHABET):
        table[ord(letter)] = table[ord(letter.lower())] = code
    table[ord("U")] = table[ord("u")] = table[ord("T")]
    return bytes(table)


_ENCODE = _encoding()
#: The four codes in each packed byte, as one 32-bit number: one look-up unpacks four bases.
_UNPACK = np.array([[byte >> shift & 3 for shift in (6, 4, 2, 0)] for byte in range(256)], dtype=np.uint8).view(
    np.uint32
)[:, 0]


def encode(sequence: str | bytes) -> Codes:
    """Return letters as base codes, a read-only array.

    Examples
    --------
    >>> encode("ACgtN-u").tolist()
    [0, 1, 2, 3, 4, 4, 3]
    """
    letters = sequence.encode("ascii", errors="replace") if isinstance(sequence, str) else sequence
    return np.frombuffer(letters.translate(_ENCODE), dtype=np.uint8)


def reverse_complement(codes: Codes) -> Codes:
    """Return the reverse complement of base codes along the last axis; ambiguous codes stay ambiguous.

    Examples
    --------
    >>> reverse_complement(encode("AACN")).tolist()
    [4, 2, 3, 3]
    """
    flipped = codes[..., ::-1]
    return np.where(flipped < AMBIGUOUS, 3 - flipped, AMBIGUOUS).astype(np.uint8)


def packed_width(size: int) -> int:
    """Return the number of bytes of ``size`` bases packed four to a byte."""
    return -(-size // 4)


def pack(codes: Codes) -> Codes:
    """Pack rows of base codes, shape (n, size), four to a byte, shape (n, ceil(size / 4)); ambiguous reads as A."""
    rows, size = codes.shape
    padded = codes
    if size % 4:
        padded = np.zeros((rows, 4 * packed_width(size)), dtype=np.uint8)
        padded[:, :size] = codes
    if codes.size and codes.max() >= AMBIGUOUS:
        padded = np.bitwise_and(padded, np.uint8(3))  # AMBIGUOUS (4) becomes 0; its positions are stored separately
    first, second, third, fourth = (padded[:, place::4] for place in range(4))
    return np.asarray(first << 6 | second << 4 | third << 2 | fourth, dtype=np.uint8)


def unpack(packed: Codes, size: int) -> Codes:
    """Return rows of ``size`` base codes 0–3, packed by :func:`pack`."""
    return _UNPACK[packed].view(np.uint8)[:, :size]
