"""The cheap part of asking whether a split is honest: what the coordinates of the windows alone give away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.intervals import IntervalSet, end_to_end
from archaictools.learning.splits import TEST, TRAIN, Locations, SplitScheme

if TYPE_CHECKING:
    import numpy.typing as npt

#: A held-out side of which more than this share overlaps training windows is leaky; any overlap is suspect.
LEAKY_SHARE = 0.01
#: By how much a classifier that sees coordinates only may beat the majority class before a split is suspect. A model of
#: sequence does not see coordinates, so without shared bases this alone does not make a split leaky.
SUSPECT_GAIN = 0.05

VERDICTS = ("clean", "suspect", "leaky")


def check_leakage(places: Locations, sides: npt.NDArray[np.int8], options: SplitScheme) -> dict[str, Any]:
    """Compare the coordinates of test windows with those of training windows.

    Returns
    -------
    dict
        ``verdict`` (``clean``, ``suspect``, ``leaky``), ``reason``, ``test_windows``, ``overlapping`` and
        ``identical`` (counts of test windows that overlap, or are the same as, a training window),
        ``overlapping_share``, ``nearest_bp`` (quartiles of the distance to the nearest training window of the
        chromosome; none if there is none), and ``coordinate_accuracy`` beside ``majority_accuracy``: how often the
        class of the nearest training window, and the commoner class of the training side, are right.
    """
    train, test = np.flatnonzero(sides == TRAIN), np.flatnonzero(sides == TEST)
    start, end = end_to_end(places.chrom, places.start, places.end)
    overlapping = IntervalSet.merged(start[train], end[train]).overlaps(start[test], end[test])
    longest = int((end - start).max(initial=0)) + 1
    key = start * longest + (end - start)
    identical = np.isin(key[test], key[train])
    share = float(overlapping.mean()) if len(test) else 0.0
    coordinate, majority = _accuracies(places, train, test)
    found = {
        "test_windows": len(test),
        "overlapping": int(overlapping.sum()),
        "overlapping_share": share,
        "identical": int(identical.sum()),
        "nearest_bp": _distances(places, train, test),
        "coordinate_accuracy": coordinate,
        "majority_accuracy": majority,
    }
    verdict, reason = _verdict(found, options)
    return {"verdict": verdict, "reason": reason, **found}


def worst(*verdicts: str) -> str:
    """Return the worst of some verdicts."""
    return VERDICTS[max(map(VERDICTS.index, verdicts), default=0)]


def _verdict(found: dict[str, Any], options: SplitScheme) -> tuple[str, str]:
    coordinate, majority = found["coordinate_accuracy"], found["majority_accuracy"]
    gain = coordinate - majority
    alone = f"the nearest training window's class is right {coordinate:.1%} of the time, the commoner {majority:.1%}"
    if options.method == "random":
        return "leaky", "a random split puts neighbouring windows on both sides: its accuracy is not skill"
    if found["overlapping_share"] > LEAKY_SHARE:
        return "leaky", f"{found['overlapping_share']:.1%} of the test windows overlap a training window"
    if found["overlapping"]:
        return "suspect", f"{found['overlapping']} test windows overlap a training window"
    if gain > SUSPECT_GAIN:
        return "suspect", f"coordinates alone tell something of the class of test windows: {alone}"
    return "clean", "no test window overlaps a training window, and coordinates alone do not tell the class"


def _neighbours(
    places: Locations, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Find the training window whose middle is nearest, twice the distance, and whether its chromosome has any."""
    far = 4 * (int(places.end.max(initial=0)) + 1)  # more than twice any distance within a chromosome
    middle = places.start + places.end + places.chrom.astype(np.int64) * far
    order = train[np.argsort(middle[train], kind="stable")]
    known = middle[order]
    right = np.searchsorted(known, middle[test])
    left = np.maximum(right - 1, 0)
    right = np.minimum(right, len(known) - 1)
    to_left, to_right = np.abs(middle[test] - known[left]), np.abs(known[right] - middle[test])
    nearest = order[np.where(to_left <= to_right, left, right)]
    return nearest, np.minimum(to_left, to_right), places.chrom[nearest] == places.chrom[test]


def nearest_class(
    places: Locations, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Predict each test window by coordinates alone: the class of the nearest training window of its chromosome.

    Returns
    -------
    numpy.ndarray
        1 introgressed, 0 depleted, and the training side's share of introgressed windows on other chromosomes.
    """
    nearest, _, same = _neighbours(places, train, test)
    return np.where(same, places.label[nearest], places.label[train].mean())


def _accuracies(places: Locations, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]) -> tuple[float, float]:
    if not len(train) or not len(test):
        return float("nan"), float("nan")
    truth = places.label[test] == 1
    majority = places.label[train].mean() >= 0.5
    guess = nearest_class(places, train, test) >= 0.5
    return float((guess == truth).mean()), float((truth == majority).mean())


def _distances(places: Locations, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]) -> list[float] | None:
    if not len(train) or not len(test):
        return None
    nearest, twice, same = _neighbours(places, train, test)
    if not same.any():
        return None
    size = (places.end - places.start)[nearest] + (places.end - places.start)[test]
    between = np.maximum(twice - size, 0)[same] / 2
    return [float(value) for value in np.quantile(between, [0.25, 0.5, 0.75])]
