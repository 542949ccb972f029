"""Means of a track in bins, so that a page holds a track of any length."""

from __future__ import annotations

import numpy as np

from archaictools.intervals import IntervalSet, runs_of_equal, sums_of_ranges


def means_in_bins(
    start: np.ndarray, end: np.ndarray, value: np.ndarray, *, length: int, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean of a track over the bases with a value of each bin; bins without one are left out.

    Parameters
    ----------
    start, end, value
        Sorted intervals that do not overlap.
    length
        Length of the chromosome in bp; the last bin ends there.
    size
        Length of a bin in bp.

    Returns
    -------
    tuple
        First and last base with a value of each bin, int64, 0-based and half-open, and means, float64.

    Examples
    --------
    >>> track = np.array([0, 10]), np.array([10, 15]), np.array([1.0, 0.5])
    >>> [part.tolist() for part in means_in_bins(*track, length=45, size=20)]
    [[0], [15], [0.8333333333333334]]
    """
    edges = np.append(np.arange(0, length, size, dtype=np.int64), length)
    pieces = IntervalSet(np.asarray(start), np.asarray(end))
    number, left, right = pieces.pieces_within(edges[:-1], edges[1:])
    first, last = runs_of_equal(number)
    bases = right - left
    area = sums_of_ranges(bases * np.asarray(value, dtype=np.float64)[pieces.find(left)], first, last)
    return left[first], right[last - 1], area / sums_of_ranges(bases, first, last)
