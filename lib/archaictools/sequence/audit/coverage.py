"""Depth of coverage by windows: published maps repeat regions, so that the sides of a random split share bases."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from archaictools.intervals import depth, end_to_end

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from archaictools.learning.splits import Locations

CLASSES = {"introgressed": 1, "depleted": 0}


class ClassCoverage(TypedDict):
    """Bases of one class: summed over windows, counted once, and covered by two windows or more."""

    windows: int
    bases_summed: int
    bases: int
    depth: float
    bases_covered_twice: int


class SharedCoverage(TypedDict):
    """Bases that windows of both classes cover."""

    bases: int


class Coverage(TypedDict):
    """Coverage of the genome by the windows of each class, and of both."""

    introgressed: ClassCoverage
    depleted: ClassCoverage
    both: SharedCoverage


def coverage(locations: Locations) -> Coverage:
    """Count the bases of each class, and those covered more than once.

    Parameters
    ----------
    locations
        All windows with their labels, 0-based half-open.

    Returns
    -------
    Coverage
        For ``introgressed`` and ``depleted``: ``windows``; ``bases_summed``; ``bases``, each counted once; ``depth``,
        the ratio of the two; and ``bases_covered_twice``, by two windows or more. For ``both``: ``bases`` that windows
        of both classes cover.
    """
    introgressed, depleted = (_coverage_of(locations, label) for label in CLASSES.values())
    union, _ = _covered(locations, locations.label >= 0)
    return {
        "introgressed": introgressed,
        "depleted": depleted,
        "both": {"bases": introgressed["bases"] + depleted["bases"] - union},
    }


def _coverage_of(locations: Locations, label: int) -> ClassCoverage:
    """Return the coverage by the windows of one class."""
    rows = locations.label == label
    summed = int((locations.end - locations.start)[rows].sum())
    once, twice = _covered(locations, rows)
    return {
        "windows": int(rows.sum()),
        "bases_summed": summed,
        "bases": once,
        "depth": summed / once if once else float("nan"),
        "bases_covered_twice": twice,
    }


def _covered(locations: Locations, rows: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return the numbers of bases that at least one, and at least two, of the chosen windows cover."""
    left, right, number = depth(*end_to_end(locations.chrom[rows], locations.start[rows], locations.end[rows]))
    return int((right - left).sum()), int((right - left)[number > 1].sum())
