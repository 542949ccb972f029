"""How often windows cover the same base: published maps repeat themselves, and a random split then shares bases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archaictools.intervals import depth, end_to_end

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from archaictools.learning.splits import Locations

CLASSES = {"introgressed": 1, "depleted": 0}


def coverage(places: Locations) -> dict[str, dict[str, Any]]:
    """Count the bases of each class, and those covered more than once.

    Returns
    -------
    dict
        For ``introgressed``, ``depleted`` and ``both`` (bases that both classes claim): ``windows``, ``bases_summed``,
        ``bases`` (each counted once), ``depth`` (their ratio), ``bases_covered_twice`` (by two windows or more).
    """
    table = {}
    for name, label in CLASSES.items():
        rows = places.label == label
        summed = int((places.end - places.start)[rows].sum())
        once, twice = _covered(places, rows)
        table[name] = {
            "windows": int(rows.sum()),
            "bases_summed": summed,
            "bases": once,
            "depth": summed / once if once else float("nan"),
            "bases_covered_twice": twice,
        }
    known = places.label >= 0
    union, _ = _covered(places, known)
    table["both"] = {"bases": table["introgressed"]["bases"] + table["depleted"]["bases"] - union}
    return table


def _covered(places: Locations, rows: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Count bases under at least one, and under at least two, of some windows."""
    left, right, number = depth(*end_to_end(places.chrom[rows], places.start[rows], places.end[rows]))
    return int((right - left).sum()), int((right - left)[number > 1].sum())
