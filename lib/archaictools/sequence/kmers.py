"""K-mers as integers, computed by shifts over whole arrays.

The id of a k-mer is its base-4 value + 1 (``AA…A`` is 1, ``TT…T`` is 4^k). Id 0 is "no word here": the k-mer contains N
or padding. So ids need no dictionary, are the same in every run, and carry nothing from test data into training.

The k-mers at all positions are built by doubling: two neighbouring m-mers make one 2m-mer, so that a 10-mer takes
four steps instead of ten, most of them on one-byte values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from archaictools.errors import UsageError
from archaictools.io.dna import ALPHABET, AMBIGUOUS, Codes

Ids = npt.NDArray[np.int32]

MAX_K = 12

#: Rows worked on at once: what is in between stays in the processor's cache.
BLOCK = 512


def check_k(k: int) -> None:
    """Raise UsageError unless 1 ≤ k ≤ 12 (4^12 ids still fit an embedding)."""
    if not 1 <= k <= MAX_K:
        raise UsageError(f"k is {k}, expected 1 to {MAX_K}")


def vocabulary_size(k: int) -> int:
    """Return the number of ids, "no word" included: 4^k + 1."""
    return 1 + (1 << 2 * k)


def words_in(size: int, k: int, stride: int) -> int:
    """Return the number of k-mers in a sequence of ``size`` bases at a stride."""
    return 0 if size < k else (size - k) // stride + 1


def kmer_ids(codes: Codes, *, k: int, stride: int = 1, canonical: bool = False) -> Ids:
    """Return the k-mer ids of rows of base codes.

    Parameters
    ----------
    codes
        Base codes, shape (..., size), 4 for N and padding.
    k
        Word length, 1 to 12.
    stride
        Distance in bp between the starts of neighbouring words.
    canonical
        Give a k-mer and its reverse complement one id, that of the alphabetically smaller.

    Returns
    -------
    numpy.ndarray
        int32 ids, shape (..., words_in(size, k, stride)).

    Examples
    --------
    >>> from archaictools.io.dna import encode
    >>> kmer_ids(encode("AACGN"), k=2).tolist()
    [1, 2, 7, 0]
    >>> kmer_ids(encode("TT"), k=2, canonical=True).tolist()
    [1]
    """
    check_k(k)
    words = words_in(codes.shape[-1], k, 1)
    if not words or not codes.size:
        return np.zeros((*codes.shape[:-1], words_in(codes.shape[-1], k, stride)), dtype=np.int32)
    rows = codes.reshape(-1, codes.shape[-1])
    ids = np.empty((len(rows), words), dtype=np.int32)
    for first in range(0, len(rows), BLOCK):
        _fill(ids[first : first + BLOCK], rows[first : first + BLOCK], k, canonical=canonical)
    if stride > 1:
        ids = np.ascontiguousarray(ids[:, ::stride])
    return ids.reshape(*codes.shape[:-1], ids.shape[-1])


def _fill(ids: Ids, codes: Codes, k: int, *, canonical: bool) -> None:
    """Write the ids of all k-mers of some rows into ``ids``."""
    ambiguous = codes >= AMBIGUOUS if codes.max() >= AMBIGUOUS else None
    bases = codes if ambiguous is None else np.where(ambiguous, np.uint8(0), codes)
    values = _double(bases, k, reverse=False)
    if canonical:
        values = np.minimum(values, _double(3 - bases, k, reverse=True))
    np.add(values, 1, out=ids.view(np.uint32), dtype=np.uint32)
    if ambiguous is not None:
        ids[_any_within(ambiguous, k)] = 0


def long_kmers(codes: Codes, *, k: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """Compute the canonical base-4 values of long k-mers, for comparing sequences rather than for learning.

    Parameters
    ----------
    codes
        Base codes, shape (n, size).
    k
        1 to 32.

    Returns
    -------
    tuple
        uint64 values, shape (n, size - k + 1) or (n, 0), the smaller of both strands; and whether each is free of N.
    """
    if codes.shape[-1] < k:
        return np.zeros((len(codes), 0), dtype=np.uint64), np.zeros((len(codes), 0), dtype=bool)
    ambiguous = codes >= AMBIGUOUS
    bases = np.where(ambiguous, np.uint8(0), codes)
    values = np.minimum(_double(bases, k, reverse=False), _double(3 - bases, k, reverse=True))
    return values.astype(np.uint64, copy=False), ~_any_within(ambiguous, k)


def _double(bases: Codes, k: int, *, reverse: bool) -> npt.NDArray[np.unsignedinteger]:
    """Compute base-4 values of all k-mers; ``reverse`` reads each right to left."""
    size = bases.shape[-1]
    parts: list[tuple[int, npt.NDArray[np.unsignedinteger]]] = []  # (m, values of all m-mers), m a power of two
    m, values = 1, bases
    while True:
        if k & m:
            parts.append((m, values))
        if 2 * m > k:
            break
        values = _join(values, m, values, m, reverse=reverse)
        m *= 2
    length, result = parts.pop()  # the longest part first: later shifts then act on few bits
    while parts:
        more, tail = parts.pop()
        result = _join(result, length, tail, more, reverse=reverse)
        length += more
    return result[..., : size - k + 1]


def _join(
    left: npt.NDArray[np.unsignedinteger],
    m: int,
    right: npt.NDArray[np.unsignedinteger],
    n: int,
    *,
    reverse: bool,
) -> npt.NDArray[np.unsignedinteger]:
    """Join the m-mer at each position with the n-mer that follows it, in the smallest type that holds the result."""
    bits = 2 * (m + n)
    kind = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32 if bits <= 32 else np.uint64
    count = min(left.shape[-1], right.shape[-1] - m)
    first, second = left[..., :count], right[..., m : m + count]
    high, low, shift = (second, first, 2 * m) if reverse else (first, second, 2 * n)
    joined: npt.NDArray[Any] = high.astype(kind)
    joined <<= kind(shift)
    joined |= low
    return joined


def _any_within(flags: npt.NDArray[np.bool_], k: int) -> npt.NDArray[np.bool_]:
    """Tell for each k-mer whether any of its bases is flagged."""
    count = flags.shape[-1] - k + 1
    width, wide = 1, flags
    while width < k:
        step = min(width, k - width)
        wide = wide[..., : wide.shape[-1] - step] | wide[..., step:]
        width += step
    return wide[..., :count]


def kmer_text(ids: npt.NDArray[np.integer], k: int) -> npt.NDArray[np.str_]:
    """Spell ids (1 to 4^k) as upper-case k-mers.

    Examples
    --------
    >>> kmer_text(np.array([1, 7]), 2).tolist()
    ['AA', 'CG']
    """
    shifts = 2 * np.arange(k - 1, -1, -1)
    letters = np.frombuffer(ALPHABET.encode(), dtype="S1")
    spelled = letters[(np.asarray(ids, dtype=np.int64)[:, None] - 1) >> shifts & 3]
    return np.ascontiguousarray(spelled).view(f"S{k}")[:, 0].astype(str)


def reverse_complement_ids(ids: npt.NDArray[np.integer], k: int) -> npt.NDArray[np.int64]:
    """Return the ids of the reverse complements of ids 1 to 4^k.

    Examples
    --------
    >>> reverse_complement_ids(np.array([1]), 2).tolist()  # AA -> TT
    [16]
    """
    value = np.asarray(ids, dtype=np.int64) - 1
    flipped = np.zeros_like(value)
    for _ in range(k):
        flipped = flipped << 2 | (3 - (value & 3))
        value >>= 2
    return flipped + 1


def at_content(ids: npt.NDArray[np.integer], k: int) -> npt.NDArray[np.float64]:
    """Return the share of A and T in each k-mer, 0–1."""
    digits = np.asarray(ids, dtype=np.int64)[:, None] - 1 >> 2 * np.arange(k) & 3
    return np.asarray(((digits == 0) | (digits == 3)).mean(axis=1))
