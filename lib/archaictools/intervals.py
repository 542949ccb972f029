"""Sorted intervals of a chromosome: merge them, look positions up, count bases, measure distances.

Every coordinate is 0-based and every interval half-open, in bp or in bins. The functions read whole arrays and cost
n log n in the number of intervals, whatever the length of the chromosome. This module imports no other of the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

#: A distance that no chromosome holds: an empty set lies at least so far from everything.
FAR = 2**61

_COLUMNS = ["chrom", "start", "end"]


@dataclass(frozen=True, eq=False)
class IntervalSet:
    """Intervals of one chromosome, sorted, none overlapping another.

    Attributes
    ----------
    start, end
        int64 (intervals,): ascending, ``start[i] < end[i] <= start[i + 1]``. The constructor takes them as they are;
        :meth:`merged` and :meth:`of` sort and merge, and leave no two that touch.

    Examples
    --------
    >>> found = IntervalSet.of([(10, 25), (5, 12), (40, 50)])
    >>> list(found), len(found), found.bases
    ([(5, 25), (40, 50)], 2, 30)
    >>> found.bases_in_bins(first=0, last=3, size=10).tolist()
    [5, 10, 5]
    """

    start: Int
    end: Int

    @classmethod
    def merged(cls, start: Int, end: Int, *, gap: int = 0) -> IntervalSet:
        """Merge intervals, given in any order, that overlap or lie at most ``gap`` apart."""
        if (start[1:] < start[:-1]).any():
            order = np.argsort(start, kind="stable")
            start, end = start[order], end[order]
        first = clusters(start, end, gap=gap)
        return cls(start[first], np.maximum.reduceat(end, first) if len(first) else end)

    @classmethod
    def of(cls, intervals: Iterable[tuple[int, int]]) -> IntervalSet:
        """Merge intervals given as pairs (start, end)."""
        start, end = np.array(list(intervals), dtype=np.int64).reshape(-1, 2).T
        return cls.merged(start, end)

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.start.tolist(), self.end.tolist(), strict=True)

    @property
    def bases(self) -> int:
        """Number of covered bases."""
        return int((self.end - self.start).sum())

    @cached_property
    def _reach(self) -> Int:
        """How far the first n intervals reach, for n from 0."""
        return np.concatenate([[-FAR], self.end])

    @cached_property
    def _total(self) -> Int:
        """Bases of the first n intervals, for n from 0."""
        return np.concatenate([[0], np.cumsum(self.end - self.start)])

    def clip(self, length: int) -> IntervalSet:
        """Cut at the end of a chromosome of ``length`` bp."""
        inside = self.start < length
        return IntervalSet(self.start[inside], np.minimum(self.end[inside], length))

    def union(self, other: IntervalSet) -> IntervalSet:
        """Return the bases in either set, merged."""
        return IntervalSet.merged(np.append(self.start, other.start), np.append(self.end, other.end))

    def intersection(self, other: IntervalSet) -> IntervalSet:
        """Return the bases in both sets, cut wherever one of them is cut.

        Examples
        --------
        >>> list(IntervalSet.of([(0, 10), (15, 20)]).intersection(IntervalSet.of([(5, 18)])))
        [(5, 10), (15, 18)]
        """
        _, start, end = other.pieces_within(self.start, self.end)
        return IntervalSet(start, end)

    def gaps(self, length: int) -> IntervalSet:
        """Return the bases of a chromosome of ``length`` bp that are not covered.

        Examples
        --------
        >>> list(IntervalSet.of([(0, 5), (8, 12)]).gaps(20))
        [(5, 8), (12, 20)]
        """
        inside = self.clip(length)
        start, end = np.append(0, inside.end), np.append(inside.start, length)
        return IntervalSet(start[start < end], end[start < end])

    def pieces_within(self, start: Int, end: Int) -> tuple[Int, Int, Int]:
        """Cut the set to each of some intervals, which may overlap each other and come in any order.

        Returns
        -------
        tuple
            int64 (pieces,) each: the number of the interval, start and end of what it shares with the set. Pieces come
            interval by interval, and sorted within one.
        """
        first = np.searchsorted(self.end, start, side="right")
        count = np.maximum(np.searchsorted(self.start, end, side="left") - first, 0)
        row, own = np.repeat(np.arange(len(start)), count), ranges(first, count)
        return row, np.maximum(self.start[own], start[row]), np.minimum(self.end[own], end[row])

    def bases_before(self, position: Int) -> Int:
        """Count the covered bases before each position."""
        number = np.searchsorted(self.start, position, side="right")
        return np.asarray(self._total[number] - np.maximum(self._reach[number] - position, 0), dtype=np.int64)

    def bases_within(self, start: Int, end: Int) -> Int:
        """Count the covered bases of each interval."""
        return self.bases_before(end) - self.bases_before(start)

    def bases_in_bins(self, *, first: int, last: int, size: int) -> Int:
        """Count the covered bases of the bins [first, last) of ``size`` bp."""
        return np.diff(self.bases_before(np.arange(first, last + 1, dtype=np.int64) * size))

    def contains(self, position: Int) -> Bool:
        """Tell which positions are covered."""
        return np.asarray(self._reach[np.searchsorted(self.start, position, side="right")] > position)

    def find(self, position: Int) -> Int:
        """Return the number of the interval that holds each position, -1 where none does.

        Examples
        --------
        >>> IntervalSet.of([(5, 8), (9, 12)]).find(np.array([4, 5, 8, 11])).tolist()
        [-1, 0, -1, 1]
        """
        number = np.searchsorted(self.start, position, side="right")
        return np.where(self._reach[number] > position, number - 1, -1)

    def overlaps(self, start: Int, end: Int) -> Bool:
        """Tell which intervals share a base with the set."""
        # Of the intervals that begin before the end, the last one reaches furthest.
        return np.asarray(self._reach[np.searchsorted(self.start, end, side="left")] > start)

    def distance(self, start: Int, end: Int) -> Int:
        """Count the bases between each interval and the nearest one of the set.

        Returns
        -------
        numpy.ndarray
            int64: 0 where they overlap or touch, at least :data:`FAR` from an empty set.

        Examples
        --------
        >>> IntervalSet.of([(5, 8), (20, 30)]).distance(np.array([0, 8, 13]), np.array([3, 9, 16])).tolist()
        [2, 0, 4]
        """
        number = np.searchsorted(self.start, end, side="left")
        after = np.append(self.start, 2 * FAR)[number] - end
        return np.asarray(np.minimum(np.maximum(start - self._reach[number], 0), after))


def intervals_by_chromosome(frame: pd.DataFrame) -> dict[str, IntervalSet]:
    """Merge the intervals of a table ``chrom, start, end``, chromosome by chromosome; chromosomes come sorted."""
    found = {}
    for chrom, rows in frame.groupby("chrom", observed=True):
        start, end = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        found[str(chrom)] = IntervalSet.merged(start, end)
    return found


def clusters(start: Int, end: Int, *, gap: int = 0) -> Int:
    """Return the number of the first interval of each cluster: intervals that overlap or lie at most ``gap`` apart.

    The intervals are sorted by start.

    Examples
    --------
    >>> clusters(np.array([0, 2, 20]), np.array([9, 4, 30])).tolist()
    [0, 2]
    """
    fresh = np.ones(len(start), dtype=bool)
    fresh[1:] = start[1:] - np.maximum.accumulate(end)[:-1] > gap
    return np.flatnonzero(fresh)


def end_to_end(chrom: npt.NDArray[np.integer], start: Int, end: Int, *, longest: int | None = None) -> tuple[Int, Int]:
    """Lay chromosomes one behind the other, a base apart, so that one pass reads the intervals of all.

    Starts and ends grow by ``chrom * (longest + 1)``: chromosomes have numbers from 0, and no end exceeds ``longest``,
    the highest end if left out.

    Examples
    --------
    >>> [ends.tolist() for ends in end_to_end(np.array([0, 1]), np.array([3, 0]), np.array([9, 5]))]
    [[3, 10], [9, 15]]
    """
    if longest is None:
        longest = int(end.max(initial=0))
    offset = chrom.astype(np.int64) * (longest + 1)
    return start + offset, end + offset


def merge_groups(group: npt.NDArray[np.integer], start: Int, end: Int) -> tuple[Int, Int, Int]:
    """Merge intervals of the same group (a chromosome, a haplotype) that overlap or touch.

    Returns
    -------
    tuple
        The row that begins each merged interval, its start and its end; sorted by group and start.
    """
    order = np.lexsort((start, group))
    left, right = end_to_end(group[order], start[order], end[order])
    first = clusters(left, right)
    if not len(first):
        return order, start, end
    row = order[first]
    return row, start[row], np.maximum.reduceat(end[order], first)


def merge_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Merge overlapping and touching intervals of a table ``chrom, start, end``; sorted by chromosome and start.

    Examples
    --------
    >>> rows = pd.DataFrame({"chrom": ["b", "a", "b"], "start": [5, 0, 0], "end": [9, 4, 5]})
    >>> merge_table(rows).to_numpy().tolist()
    [['a', 0, 4], ['b', 0, 9]]
    """
    code, _ = pd.factorize(frame["chrom"], sort=True)
    start, end = (frame[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    row, start, end = merge_groups(code, start, end)
    return frame[_COLUMNS].iloc[row].assign(start=start, end=end).reset_index(drop=True)


def overlapping_pairs(start: Int, end: Int, other_start: Int, other_end: Int) -> tuple[Int, Int]:
    """Find the pairs of intervals of two lists that share a base; a list may overlap itself and come in any order.

    Returns
    -------
    tuple
        Numbers in the first list, and in the second. First come the pairs whose second interval does not begin
        earlier, by the first; then the others, by the second.

    Examples
    --------
    >>> pairs = overlapping_pairs(np.array([0, 8]), np.array([5, 9]), np.array([3, 4, 7]), np.array([4, 20, 9]))
    >>> [numbers.tolist() for numbers in pairs]
    [[0, 0, 1, 1], [0, 1, 1, 2]]
    """
    one, two = np.lexsort((end, start)), np.lexsort((other_end, other_start))
    left, right, other_left, other_right = start[one], end[one], other_start[two], other_end[two]
    # Of two that overlap one begins within the other: not earlier, or (so that no pair comes twice) later.
    first = np.searchsorted(other_left, left, side="left")
    count = np.maximum(np.searchsorted(other_left, right, side="left") - first, 0)
    later = np.searchsorted(left, other_left, side="right")
    more = np.maximum(np.searchsorted(left, other_right, side="left") - later, 0)
    return (
        np.concatenate([np.repeat(one, count), one[ranges(later, more)]]),
        np.concatenate([two[ranges(first, count)], np.repeat(two, more)]),
    )


def ranges(first: Int, count: Int) -> Int:
    """Return ``first[i], first[i] + 1, ...``, ``count[i]`` of them, for each i in turn."""
    before = np.cumsum(count) - count
    return np.asarray(np.arange(int(count.sum())) + np.repeat(first - before, count))


def depth(start: Int, end: Int) -> tuple[Int, Int, Int]:
    """Return the pieces that intervals cover: starts, ends, and how many intervals cover the bases of each.

    Examples
    --------
    >>> [part.tolist() for part in depth(np.array([0, 100]), np.array([200, 300]))]
    [[0, 100, 200], [100, 200, 300], [1, 2, 1]]
    """
    event = np.sort(np.concatenate([2 * start + 1, 2 * end]))  # the last bit: it opens, not closes
    left, right, (number,) = _sums_between(event >> 1, 2 * (event & 1) - 1)
    return left[number > 0], right[number > 0], number[number > 0]


def mean_where_overlapping(start: Int, end: Int, value: Float) -> tuple[Int, Int, Float]:
    """Average the values of intervals over the bases that they cover.

    Returns
    -------
    tuple
        Starts, ends and means of sorted pieces that hold just the covered bases; neighbours of equal mean are joined.

    Examples
    --------
    >>> track = mean_where_overlapping(np.array([0, 100]), np.array([200, 300]), np.array([0.0, 1.0]))
    >>> [part.tolist() for part in track]
    [[0, 100, 200], [100, 200, 300], [0.0, 0.5, 1.0]]
    """
    # Sums are in whole units of 2^-40, so that what opens and closes cancels exactly: floating point would not.
    unit = 2.0**40
    if (start < end).all() and (end[:-1] <= start[1:]).all():  # bins, mostly: a tenth of the memory and of the time
        return _joined_equal(start, end, np.rint(value * unit) / unit)
    weight, one = np.rint(value * unit).astype(np.int64), np.ones(len(start), dtype=np.int64)
    where = np.concatenate([start, end])
    order = np.argsort(where, kind="stable")
    steps = (np.concatenate([step, -step])[order] for step in (one, weight))
    left, right, (number, total) = _sums_between(where[order], *steps)
    covered = number > 0
    return _joined_equal(left[covered], right[covered], total[covered] / (number[covered] * unit))


def _joined_equal(left: Int, right: Int, value: Float) -> tuple[Int, Int, Float]:
    """Join neighbours of equal value."""
    fresh = np.ones(len(left), dtype=bool)
    fresh[1:] = (left[1:] != right[:-1]) | (value[1:] != value[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(left)) - 1 if len(first) else first
    return left[first], right[last], value[first]


def _sums_between(where: Int, *steps: Int) -> tuple[Int, Int, list[Int]]:
    """Return the pieces between sorted positions, and for each piece the sums of all steps at and before its start."""
    last = np.flatnonzero(np.append(where[1:] != where[:-1], np.ones(min(1, len(where)), dtype=bool)))
    edge = where[last]
    return edge[:-1], edge[1:], [np.cumsum(step)[last[:-1]] for step in steps]


def runs_of_true(flags: Bool) -> tuple[Int, Int]:
    """Return where each run of true flags begins and ends.

    Examples
    --------
    >>> [ends.tolist() for ends in runs_of_true(np.array([True, False, True, True]))]
    [[0, 2], [1, 4]]
    """
    first, last = runs_of_equal(flags)
    true = slice(None if len(flags) and flags[0] else 1, None, 2)
    return first[true], last[true]


def flags_of_runs(first: Int, last: Int, length: int) -> Bool:
    """Return ``length`` flags, true within the runs [first, last), which are sorted and do not overlap.

    Examples
    --------
    >>> flags_of_runs(np.array([0, 2]), np.array([1, 4]), 5).astype(int).tolist()
    [1, 0, 1, 1, 0]
    """
    edge = np.concatenate([[0], np.column_stack([first, last]).ravel(), [length]])
    return np.repeat(np.arange(len(edge) - 1) % 2 == 1, np.diff(edge))


def runs_of_equal(values: np.ndarray) -> tuple[Int, Int]:
    """Return where each run of equal values begins and ends.

    Examples
    --------
    >>> [ends.tolist() for ends in runs_of_equal(np.array([7, 7, 3, 7]))]
    [[0, 2, 3], [2, 3, 4]]
    """
    edge = np.flatnonzero(values[1:] != values[:-1]) + 1
    some = min(1, len(values))
    return np.append(np.zeros(some, dtype=np.int64), edge), np.append(edge, np.full(some, len(values)))


def sums_of_ranges(values: np.ndarray, first: Int, last: Int) -> np.ndarray:
    """Add up rows [first, last) of values, for each of some ranges; int64, or float64 where the values are floating.

    Examples
    --------
    >>> sums_of_ranges(np.array([1, 2, 3, 4]), np.array([0, 1]), np.array([2, 4])).tolist()
    [3, 9]
    """
    kind = np.float64 if np.issubdtype(values.dtype, np.floating) else np.int64
    before = np.zeros((len(values) + 1, *values.shape[1:]), dtype=kind)
    np.cumsum(values, axis=0, out=before[1:])
    return np.asarray(before[last] - before[first])


def sums_of_runs(values: np.ndarray, first: Int, last: Int) -> np.ndarray:
    """Add up as :func:`sums_of_ranges` does, for ranges that are sorted and do not overlap.

    Memory is that of the rows in these ranges.

    Examples
    --------
    >>> sums_of_runs(np.array([1, 2, 3, 4]), np.array([0, 3]), np.array([2, 4])).tolist()
    [3, 4]
    """
    end = np.cumsum(last - first)
    return sums_of_ranges(values[flags_of_runs(first, last, len(values))], end - (last - first), end)


#: No interval.
EMPTY_SET = IntervalSet.of([])
