"""Deserts: long callable stretches in which nobody carries a segment, and how many chance alone would leave.

Few people leave long stretches free of segments by chance, so each desert states the number of haplotypes it rests on
and how many stretches as long are expected without selection.
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

#: Bases without data from which a desert is cut in two, and the least part of it that holds data.
APART, LEAST_READ = 100_000, 0.5


@dataclass(frozen=True)
class Landscape:
    """What haplotypes add up to on one chromosome.

    Attributes
    ----------
    edges
        int64 (bins + 1,): coordinates of the bins.
    read
        int64 (bins,): haplotypes that hold data.
    covered
        bool (bins,): somebody carries a segment.
    """

    edges: npt.NDArray[np.int64]
    read: npt.NDArray[np.int64]
    covered: npt.NDArray[np.bool_]


def find_deserts(landscapes: Mapping[str, Landscape], least: int) -> pd.DataFrame:
    """Return deserts as BED6.

    The name gives the mean number of haplotypes with data and the number of stretches at least as long that chance
    leaves: ``desert;haplotypes=20;expected=1.3``. The score is 1000 times the share of bins with data.

    Parameters
    ----------
    landscapes
        Of each chromosome, by its name.
    least
        Least length of a desert in bp.

    Notes
    -----
    Expected are stretches free of a Poisson process: with segments joined where they overlap, r of them for each free
    base, a stretch of S bases has exp(-r L) (1 + r (S - L)) gaps of L or more. Segments that people share, selection
    and uneven recombination are not in it: read it as a rough guide.
    """
    parts = {chrom: _stretches(one) for chrom, one in landscapes.items()}
    free = sum(int(np.diff(one.edges)[(one.read > 0) & ~one.covered].sum()) for one in landscapes.values())
    clumps = sum(len(runs_of_true(one.covered)[0]) for one in landscapes.values())
    rate = clumps / max(free, 1)
    whole = np.array([one.edges[b] - one.edges[a] for chrom, one in landscapes.items() for a, b in parts[chrom]])
    rows = []
    for chrom, one in landscapes.items():
        width = np.diff(one.edges)
        for begin, stop in parts[chrom]:
            for first, last in _free_runs(one, begin, stop):
                start, end = int(one.edges[first]), int(one.edges[last])
                here = one.read[first:last] > 0
                share = width[first:last][here].sum() / (end - start)
                if end - start >= least and share >= LEAST_READ:
                    length = end - start
                    longer = whole[whole >= length]
                    expected = float((np.exp(-rate * length) * (1 + rate * (longer - length))).sum())
                    people = round(float(one.read[first:last][here].mean()))
                    name = f"desert;haplotypes={people};expected={expected:.2g}"
                    rows.append((chrom, start, end, name, round(1000 * share), "."))
    return pd.DataFrame(rows, columns=COLUMNS)


def _stretches(one: Landscape) -> list[tuple[int, int]]:
    size = max(1, int(one.edges[1] - one.edges[0]))
    return stretches(one.read > 0, max(1, APART // size))


def _free_runs(one: Landscape, begin: int, stop: int) -> list[tuple[int, int]]:
    """Return runs of bins without a segment in a stretch, trimmed to bins with data."""
    found = []
    for first, last in zip(*runs_of_true(~one.covered[begin:stop]), strict=True):
        there = np.flatnonzero(one.read[begin + first : begin + last])
        if len(there):
            found.append((int(begin + first + there[0]), int(begin + first + there[-1]) + 1))
    return found
