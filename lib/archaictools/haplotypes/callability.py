"""Bins in which a haplotype has data, from its missing calls at sites at which others are called.

A mask tells where genomes can be called. Missing genotypes tell where this one is not: a sample without calls, the end
of a haploid chromosome, a deletion. A bin without calls has no evidence: its probability is NA, and its bases do not
count as callable.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from archaictools.intervals import IntervalSet, flags_of_runs, runs_of_true

#: A bin is read if a haplotype is called at more than this share of the sites at which others are called.
MIN_CALLED_SHARE = 0.1


def read_bins(typed: npt.NDArray[np.integer], missing: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Return the bins in which haplotypes have data.

    A bin without sites is read unless the nearest bins with sites, on both sides, are not read: a gap continues between
    its ends, and to the end of the chromosome.

    Parameters
    ----------
    typed
        (bins,): number of sites at which an outgroup haplotype is called.
    missing
        (haplotypes, bins): number of these sites at which a haplotype is not called.

    Returns
    -------
    numpy.ndarray
        bool (haplotypes, bins).

    Examples
    --------
    >>> read_bins(np.array([9, 0, 9, 0, 9, 0]), np.array([[9, 0, 9, 0, 1, 0], [0, 0, 9, 0, 9, 0]])).astype(int).tolist()
    [[0, 0, 0, 1, 1, 1], [1, 1, 0, 0, 0, 0]]
    """
    there = np.flatnonzero(typed)
    found = np.ones(missing.shape, dtype=bool)
    if not len(there) or not missing.any():
        return found
    typed = np.asarray(typed, dtype=np.int64)
    after = np.searchsorted(there, np.arange(len(typed)))
    left = there[np.maximum(np.searchsorted(there, np.arange(len(typed)), side="right") - 1, 0)]
    right = there[np.minimum(after, len(there) - 1)]
    for row, lacking in enumerate(missing):
        read = typed - lacking > MIN_CALLED_SHARE * typed
        found[row] = read[left] | read[right]
    return found


def called_share(
    typed: npt.NDArray[np.integer], missing: npt.NDArray[np.integer], gaps: npt.NDArray[np.bool_], around: int
) -> npt.NDArray[np.float64]:
    """Return the share of sites at which haplotypes are called, outside of their gaps.

    Parameters
    ----------
    typed, missing
        As for :func:`read_bins`.
    gaps
        bool (haplotypes, bins): bins without data.
    around
        Width of the running mean in bins, an odd number.

    Returns
    -------
    numpy.ndarray
        float64 (haplotypes, bins); 1 where there is no site, and at least :data:`MIN_CALLED_SHARE`.

    Examples
    --------
    >>> called_share(np.array([4, 4, 4]), np.array([[2, 0, 4]]), np.array([[False, False, True]]), 1).tolist()
    [[0.5, 1.0, 1.0]]
    """
    known = np.where(gaps, 0, typed)
    called = np.where(gaps, 0, np.maximum(known - missing, 0))
    if around > 1:
        known, called = (
            uniform_filter1d(counts.astype(np.float64), around, axis=-1, mode="constant") for counts in (known, called)
        )
    share = np.divide(called, known, out=np.ones(gaps.shape), where=known > 1e-9)
    return np.asarray(np.clip(share, MIN_CALLED_SHARE, 1))


def bridged(read: npt.NDArray[np.bool_], most: int) -> npt.NDArray[np.bool_]:
    """Return bool (bins,): bins that are read, and gaps of at most ``most`` bins between them.

    Examples
    --------
    >>> bridged(np.array([True, False, True, False, False, True, False]), 1).astype(int).tolist()
    [1, 1, 1, 0, 0, 1, 0]
    """
    whole = IntervalSet.merged(*runs_of_true(read), gap=most)
    return flags_of_runs(whole.start, whole.end, len(read))


def stretches(callable_bins: npt.NDArray[np.bool_], apart: int) -> list[tuple[int, int]]:
    """Return the runs [first, last) of callable bins, joined over gaps of fewer than ``apart`` bins.

    Examples
    --------
    >>> stretches(np.array([False, True, False, True, False, False, True]), 2)
    [(1, 4), (6, 7)]
    """
    return list(IntervalSet.merged(*runs_of_true(callable_bins), gap=apart - 1))
