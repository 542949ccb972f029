"""Segments: stretches of the genome at or above a threshold of probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.intervals import IntervalSet, sums_of_ranges

if TYPE_CHECKING:
    from archaictools.io.bigwig import Track
    from archaictools.learning.options import SegmentOptions

#: Marks what training has seen: a column, and the end of a segment's name in BED.
SEEN = "seen"


def segments_of(track: Track, options: SegmentOptions) -> Track:
    """Join neighbouring intervals at or above the threshold into segments.

    Parameters
    ----------
    track
        Starts, ends (int64, 0-based and half-open, sorted) and probabilities of one chromosome.
    options
        Threshold, minimum length and longest gap. No minimum length means 0; see
        :meth:`archaictools.learning.options.SegmentOptions.resolved`.

    Returns
    -------
    Track
        Starts, ends, and the mean probability of the bases of a segment that have one, those in its gaps included.

    Examples
    --------
    >>> from archaictools.learning.options import SegmentOptions
    >>> track = np.array([0, 10, 20]), np.array([10, 20, 30]), np.array([0.9, 0.3, 0.6])
    >>> [part.tolist() for part in segments_of(track, SegmentOptions(max_gap=10))]
    [[0], [30], [0.6]]
    """
    starts, ends, values = track
    good = values >= options.threshold
    found = IntervalSet.merged(starts[good], ends[good], gap=options.max_gap)
    long = found.end - found.start >= (options.min_length or 0)
    begin, end = found.start[long], found.end[long]
    first, last = np.searchsorted(starts, begin), np.searchsorted(ends, end, side="right")
    area, covered = (sums_of_ranges(part, first, last) for part in (values * (ends - starts), ends - starts))
    return begin, end, area / np.maximum(covered, 1)
