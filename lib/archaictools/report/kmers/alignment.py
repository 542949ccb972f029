"""Overlapping k-mers joined into motifs by a greedy rule.

The most significant k-mer that is in no motif begins one. A k-mer joins if it, or its reverse complement, equals that
first k-mer in all bases of an overlap of at least :func:`least_overlap` bases. It is aligned by the longest such
overlap, and adds its count to its bases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

BASES = "ACGT"
_COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")

#: Part of a k-mer that must overlap with the first one of a motif, and the fewest bases.
OVERLAP, FEWEST = 0.7, 4

#: Columns at the ends of a motif with less information than this are cut, in bits.
LEAST_BITS = 0.25


@dataclass(frozen=True, kw_only=True)
class Motif:
    """Aligned k-mers.

    Attributes
    ----------
    members
        K-mers as they are in the table, the first one first.
    count
        Sum of their counts.
    weights
        float64 (columns, 4): counts of A, C, G and T in each column.
    """

    members: tuple[str, ...]
    count: int
    weights: npt.NDArray[np.float64]

    @property
    def bits(self) -> npt.NDArray[np.float64]:
        """Return the height of each base in each column in bits: its fraction times the column's information.

        Half a count is added to each base; the background is one quarter each.
        """
        return information(self.weights)

    @property
    def consensus(self) -> str:
        """Return the most frequent base of each column; lower case where it is less than half of the column."""
        share = self.weights.max(axis=1) / self.weights.sum(axis=1)
        letters = [BASES[index] for index in self.weights.argmax(axis=1)]
        return "".join(letter if part >= 0.5 else letter.lower() for letter, part in zip(letters, share, strict=True))


def reverse_complement(kmer: str) -> str:
    """Return the other strand.

    Examples
    --------
    >>> reverse_complement("AACG")
    'CGTT'
    """
    return kmer.translate(_COMPLEMENT)[::-1]


def least_overlap(k: int) -> int:
    """Return the fewest bases in which a k-mer must overlap the first one of a motif.

    Examples
    --------
    >>> [least_overlap(k) for k in (3, 5, 10)]
    [3, 4, 7]
    """
    return min(k, max(FEWEST, math.ceil(OVERLAP * k)))


def information(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the heights of a logo in bits (Schneider and Stephens 1990); see :attr:`Motif.bits`.

    Examples
    --------
    >>> information(np.array([[10.0, 10.0, 10.0, 10.0]])).sum().item()
    0.0
    """
    smooth = weights + 0.5
    share = smooth / smooth.sum(axis=1, keepdims=True)
    found = 2 + (share * np.log2(share)).sum(axis=1, keepdims=True)
    return np.asarray(share * np.maximum(found, 0))


def align(kmers: Sequence[str], counts: Sequence[int], *, most: int) -> list[Motif]:
    """Join k-mers into motifs.

    Parameters
    ----------
    kmers
        K-mers of one length, the most significant first.
    counts
        How often each occurs.
    most
        Largest number of motifs.

    Returns
    -------
    list of Motif
        In the order of their first k-mers. K-mers in no motif are those of later ones.

    Examples
    --------
    >>> [one.consensus for one in align(["CCAGGA", "CAGGAT", "TTCCTG", "AAAAAA"], [9, 8, 7, 1], most=1)]
    ['CCAGGAT']
    """
    waiting = list(zip(kmers, counts, strict=True))
    motifs: list[Motif] = []
    while waiting and len(motifs) < most:
        first = waiting[0][0]
        placed, rest = [], []
        for kmer, count in waiting:
            found = _placed(first, kmer)
            if found is None:
                rest.append((kmer, count))
            else:
                placed.append((kmer, *found, count))
        motifs.append(_motif(placed, len(first)))
        waiting = rest
    return motifs


def _placed(first: str, kmer: str) -> tuple[str, int] | None:
    """Return the strand and the offset at which a k-mer fits the first one, or None."""
    k = len(first)
    for shift in range(k - least_overlap(k) + 1):
        for text in (kmer, reverse_complement(kmer)):
            if first[shift:] == text[: k - shift]:
                return text, shift
            if first[: k - shift] == text[shift:]:
                return text, -shift
    return None


def _motif(placed: Sequence[tuple[str, str, int, int]], k: int) -> Motif:
    start = min(offset for _, _, offset, _ in placed)
    weights = np.zeros((max(offset for _, _, offset, _ in placed) - start + k, len(BASES)))
    for _, text, offset, count in placed:
        for column, letter in enumerate(text, start=offset - start):
            weights[column, BASES.index(letter)] += count
    kept = np.flatnonzero(information(weights).sum(axis=1) >= LEAST_BITS)
    inside = slice(kept[0], kept[-1] + 1) if len(kept) else slice(None)
    return Motif(
        members=tuple(kmer for kmer, *_ in placed),
        count=sum(count for *_, count in placed),
        weights=weights[inside],
    )
