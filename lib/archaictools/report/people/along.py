"""Values along chromosomes: the share of haplotypes with a segment, and sums and maxima over windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.intervals import IntervalSet, depth, runs_of_equal
from archaictools.report.people.results import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from archaictools.report.people.results import PeopleResults

    Int = npt.NDArray[np.int64]

#: Windows along the longest chromosome of a picture: about one for each pixel of its width.
PIXELS = 1_000


def bounds(frame: pd.DataFrame) -> tuple[Int, Int]:
    """Return starts and ends of a table, int64."""
    return frame["start"].to_numpy(dtype=np.int64), frame["end"].to_numpy(dtype=np.int64)


def by_chromosome(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of each chromosome, by its name."""
    return {str(chrom): rows for chrom, rows in frame.groupby("chrom", sort=False, observed=True)}


def people_of(results: PeopleResults) -> list[str]:
    """Return the people that were read, in the order of the file."""
    return list(dict.fromkeys(sample for sample, _ in results.haplotypes))


def used_chromosomes(results: PeopleResults) -> dict[str, int]:
    """Return the lengths of chromosomes with data, in bp, in the order of the genome."""
    read = results.callable.loc[results.callable["haplotypes"] > 0, "chrom"]
    known = {*read.unique(), *results.segments["chrom"].unique()}
    return {chrom: length for chrom, length in results.lengths.items() if chrom in known}


@once
def share_along(results: PeopleResults) -> pd.DataFrame:
    """Return the share of haplotypes that have a segment, as a step function.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end`` (0-based, half-open), ``carriers`` (haplotypes with a segment), ``read`` (haplotypes with
        data) and ``share`` of the two, in the order of the genome. The pieces tile the bases with data. A segment
        counts over its whole length, also where its own haplotype has a short gap in its data; ``carriers`` never
        exceeds ``read``.
    """
    segments, regions = by_chromosome(results.segments), by_chromosome(results.callable)
    parts = [
        _share(chrom, length, bounds(segments.get(chrom, results.segments.iloc[:0])), regions[chrom])
        for chrom, length in results.lengths.items()
        if chrom in regions
    ]
    columns = ["chrom", "start", "end", "carriers", "read", "share"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _share(chrom: str, length: int, segments: tuple[Int, Int], regions: pd.DataFrame) -> pd.DataFrame:
    regions = regions[regions["haplotypes"] > 0].sort_values("start")
    covered, end, number = depth(*segments)
    free = IntervalSet.merged(covered, end).gaps(max(length, int(regions["end"].max()) if len(regions) else 0))
    start = np.append(covered, free.start)
    order = np.argsort(start)
    tiles = IntervalSet(start[order], np.append(end, free.end)[order])
    carriers = np.append(number, np.zeros(len(free), dtype=np.int64))[order]
    row, left, right = tiles.pieces_within(*bounds(regions))
    read = regions["haplotypes"].to_numpy(dtype=np.int64)[row]
    carried = np.minimum(carriers[tiles.find(left)], read)
    first = np.flatnonzero(
        np.append(
            np.ones(min(1, len(left)), dtype=bool),
            (left[1:] != right[:-1]) | (carried[1:] != carried[:-1]) | (read[1:] != read[:-1]),
        )
    )
    last = np.append(first[1:], len(left)) - 1 if len(first) else first
    frame = {"start": left[first], "end": right[last], "carriers": carried[first], "read": read[first]}
    return pd.DataFrame({"chrom": chrom, **frame, "share": carried[first] / read[first]})


def windows(length: int, size: int) -> Int:
    """Return the edges of windows along a chromosome, the last of which may be shorter, in bp.

    Examples
    --------
    >>> windows(25, 10).tolist()
    [0, 10, 20, 25]
    """
    return np.append(np.arange(0, length, size, dtype=np.int64), length)


def window_size(lengths: Mapping[str, int], *, count: int = PIXELS, together: bool = False) -> int:
    """Return the size of windows in bp, so that the longest chromosome (or all ``together``) has at most ``count``."""
    whole = sum(lengths.values()) if together else max(lengths.values(), default=1)
    return max(1, -(-whole // count))


def sums_in_windows(
    start: Int, end: Int, value: npt.NDArray[np.int64] | npt.NDArray[np.float64], edges: Int
) -> npt.NDArray[np.int64] | npt.NDArray[np.float64]:
    """Add up bases times values of intervals in each window; intervals may overlap and come in any order.

    Examples
    --------
    >>> sums_in_windows(np.array([5, 8]), np.array([25, 12]), np.array([1, 10]), np.array([0, 10, 20, 30])).tolist()
    [25, 30, 5]
    """
    total = np.zeros(len(edges), dtype=value.dtype)
    for position, sign in ((start, 1), (end, -1)):
        order = np.argsort(position, kind="stable")
        weight, at = value[order], position[order]
        number = np.searchsorted(at, edges)
        ahead = (np.append(0, np.cumsum(part))[number] for part in (weight, weight * at))
        weights, moments = ahead
        total = total + sign * (weights * edges - moments)
    return np.diff(total)


def highest_in_windows(frame: pd.DataFrame, value: str, edges: Int) -> pd.DataFrame:
    """Return, for each window with a piece, the piece with the highest value, cut to the window.

    Parameters
    ----------
    frame
        Pieces of one chromosome: ``start, end`` and the value; sorted, none overlaps another.
    value
        Column of the value; of equal ones the longest piece is taken, then the first.
    edges
        Windows.

    Returns
    -------
    pandas.DataFrame
        Columns of the frame, and ``left`` and ``right``: the window's part from its first to its last piece.
    """
    window, left, right = IntervalSet(*bounds(frame)).pieces_within(edges[:-1], edges[1:])
    number = IntervalSet(*bounds(frame)).find(left)
    pieces = frame.iloc[number].assign(start=left, end=right, window=window, length=right - left)
    best = pieces.sort_values(["window", value, "length"], ascending=[True, False, False], kind="stable")
    best = best.drop_duplicates("window").set_index("window")
    groups = pieces.groupby("window")
    best = best.assign(left=groups["start"].min(), right=groups["end"].max())
    return best.drop(columns="length").reset_index(drop=True)


def runs_of_windows(edges: Int, value: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Return runs of windows with equal values above 0: ``start, end, value``.

    Examples
    --------
    >>> runs_of_windows(np.array([0, 10, 20, 30]), np.array([0.5, 0.5, 0.0])).to_numpy().tolist()
    [[0.0, 20.0, 0.5]]
    """
    first, last = runs_of_equal(value)
    there = value[first] > 0
    return pd.DataFrame({"start": edges[first[there]], "end": edges[last[there]], "value": value[first[there]]})


def ticks(length: int, most: int = 14) -> list[float]:
    """Return round positions along a chromosome, in bp: at most ``most`` + 1, from 0.

    Examples
    --------
    >>> ticks(5_200_000, 6)
    [0.0, 1000000.0, 2000000.0, 3000000.0, 4000000.0, 5000000.0]
    """
    wanted = max(1, length / most)
    power = 10 ** np.floor(np.log10(wanted))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)
    return [float(value) for value in np.arange(0, length + 1, step)]
