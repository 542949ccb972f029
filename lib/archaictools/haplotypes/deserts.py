"""Deserts: long callable stretches without a segment, and the number of such stretches expected by chance.

In few people, long stretches are free of segments by chance. So each desert gives the number of haplotypes with data,
and the number of stretches as long that are expected without selection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.callability import stretches
from archaictools.intervals import runs_of_true

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

COLUMNS = ["chrom", "start", "end", "name", "score", "strand"]

#: Shortest gap without data in bp that ends a desert, and minimum fraction of a desert with data.
MIN_DATA_GAP, MIN_CALLABLE = 100_000, 0.5


@dataclass(frozen=True)
class Landscape:
    """Callable and covered bins of all haplotypes on one chromosome.

    Attributes
    ----------
    edges
        int64 (bins + 1,): coordinates of the bins.
    callable
        Integers (bins,): haplotypes with data.
    covered
        bool (bins,): at least one haplotype has a segment.
    """

    edges: npt.NDArray[np.int64]
    callable: npt.NDArray[np.signedinteger]
    covered: npt.NDArray[np.bool_]


def find_deserts(landscapes: Mapping[str, Landscape], min_length: int) -> pd.DataFrame:
    """Return deserts as BED6.

    The name gives the mean number of haplotypes with data, and the number of stretches at least as long that are
    expected by chance: ``desert;haplotypes=20;expected=1.3``. The score is 1000 times the fraction of bins with data.

    Parameters
    ----------
    landscapes
        Bins of each chromosome, by its name. They are read twice, one after the other, so they need not be in memory.
    min_length
        Minimum length of a desert in bp.

    Notes
    -----
    The expected number is that of a Poisson process. Overlapping segments are merged, which gives r segments for each
    free base. A stretch of S bases then has exp(-r L) (1 + r (S - L)) gaps of L or more. The model has neither
    segments that people share, nor selection, nor uneven recombination, so it is a rough guide.
    """
    parts: dict[str, list[tuple[int, int]]] = {}
    lengths: list[int] = []
    free = clumps = 0
    for chrom, one in landscapes.items():
        parts[chrom] = _stretches(one)
        lengths += [int(one.edges[stop] - one.edges[begin]) for begin, stop in parts[chrom]]
        free += int(np.diff(one.edges)[(one.callable > 0) & ~one.covered].sum())
        clumps += len(runs_of_true(one.covered)[0])
    rate, whole = clumps / max(free, 1), np.array(lengths)
    rows = []
    for chrom, one in landscapes.items():
        width = np.diff(one.edges)
        for begin, stop in parts[chrom]:
            for first, last in _free_runs(one, begin, stop):
                start, end = int(one.edges[first]), int(one.edges[last])
                here = one.callable[first:last] > 0
                share = width[first:last][here].sum() / (end - start)
                if end - start >= min_length and share >= MIN_CALLABLE:
                    length = end - start
                    longer = whole[whole >= length]
                    expected = float((np.exp(-rate * length) * (1 + rate * (longer - length))).sum())
                    people = round(float(one.callable[first:last][here].mean()))
                    name = f"desert;haplotypes={people};expected={expected:.2g}"
                    rows.append((chrom, start, end, name, round(1000 * share), "."))
    return pd.DataFrame(rows, columns=COLUMNS)


def _stretches(one: Landscape) -> list[tuple[int, int]]:
    size = max(1, int(one.edges[1] - one.edges[0]))
    return stretches(one.callable > 0, max(1, MIN_DATA_GAP // size))


def _free_runs(one: Landscape, begin: int, stop: int) -> list[tuple[int, int]]:
    """Return the runs of bins without a segment in a stretch, trimmed to bins with data."""
    found = []
    for first, last in zip(*runs_of_true(~one.covered[begin:stop]), strict=True):
        there = np.flatnonzero(one.callable[begin + first : begin + last])
        if len(there):
            found.append((int(begin + first + there[0]), int(begin + first + there[-1]) + 1))
    return found
