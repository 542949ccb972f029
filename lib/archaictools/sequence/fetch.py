"""Bases of many windows, read in few large parts of the genome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.io.dna import AMBIGUOUS, Codes, reverse_complement

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from archaictools.io.fasta import Genome

#: Longest stretch of a chromosome read at once, in bp.
SPAN = 2_000_000
#: Most windows returned at once.
ROWS = 8_192


def window_codes(
    genome: Genome,
    chrom: str,
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    *,
    size: int,
    minus: npt.NDArray[np.bool_] | None = None,
) -> Iterator[tuple[slice, Codes]]:
    """Yield the bases of windows of one chromosome.

    Neighbouring windows share one read of the genome, so each base is read about once even if windows overlap. Memory
    is bounded by :data:`SPAN` and :data:`ROWS`, whatever the number of windows.

    Parameters
    ----------
    genome
        The sequence.
    chrom
        Chromosome of all windows.
    starts, ends
        int64 coordinates of the windows, 0-based half-open, in any order; sorted ones are fastest.
    size
        Length of a sentence in bp; no window may be longer, shorter ones are padded at their end.
    minus
        bool (windows,): which windows are read on the reverse strand; None for none.

    Yields
    ------
    rows
        Slice of the windows.
    codes
        Base codes, shape (rows, size), :data:`~archaictools.io.dna.AMBIGUOUS` where padded.
    """
    first = 0
    while first < len(starts):
        last = _end_of_run(starts, ends, first)
        rows = slice(first, last)
        left = int(starts[rows].min())
        right = max(int(ends[rows].max()), left + size)
        stretch = genome.codes(chrom, left, min(right, genome.lengths[chrom]))
        offsets = starts[rows] - left
        if len(stretch) < offsets.max() + size:  # the last window is short and near the chromosome's end
            stretch = np.pad(stretch, (0, int(offsets.max()) + size - len(stretch)), constant_values=AMBIGUOUS)
        codes = np.lib.stride_tricks.sliding_window_view(stretch, size)[offsets]
        lengths = ends[rows] - starts[rows]
        if (lengths < size).any():
            codes[np.arange(size) >= lengths[:, None]] = AMBIGUOUS
        if minus is not None and minus[rows].any():
            flip_rows(codes, lengths, minus[rows])
        yield rows, codes
        first = last


def _end_of_run(starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], first: int) -> int:
    """Return the end of the windows from ``first`` on that fit one read."""
    last = min(first + ROWS, len(starts))
    low = np.minimum.accumulate(starts[first:last])
    high = np.maximum.accumulate(ends[first:last])
    fits = high - low <= SPAN
    return first + max(1, int(np.argmin(fits)) if not fits.all() else last - first)


def flip_rows(codes: Codes, lengths: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]) -> None:
    """Reverse-complement the chosen sentences in place, each within its own length; padding stays at the end."""
    size = codes.shape[1]
    for length in np.unique(lengths[chosen]):
        rows = np.flatnonzero(chosen & (lengths == length))
        part = reverse_complement(codes[rows, :length])
        codes[rows] = np.pad(part, ((0, 0), (0, size - int(length))), constant_values=AMBIGUOUS)
