"""Leakage by coordinates: test windows that overlap training windows, and classes that coordinates predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, TypeVar

import numpy as np

from archaictools.intervals import IntervalSet, end_to_end
from archaictools.learning.report import Audit
from archaictools.learning.splits import TEST, TRAIN, Locations, SplitScheme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

#: Share of test windows that overlap training windows, above which a split is leaky; any overlap is suspect.
LEAKY_SHARE = 0.01
#: Gain in accuracy of coordinates alone over the majority class, above which a split is suspect. It alone does not make
#: a split leaky, because a model of sequence does not see coordinates.
SUSPECT_GAIN = 0.05

#: Verdicts, from best to worst.
VERDICTS = ("clean", "suspect", "leaky")

AuditT = TypeVar("AuditT", bound=Audit)


class Coordinates(TypedDict):
    """Test windows compared with training windows by coordinates; see :func:`check_leakage`."""

    test_windows: int
    overlapping: int
    overlapping_share: float
    identical: int
    nearest_bp: list[float] | None
    coordinate_accuracy: float
    majority_accuracy: float


class LeakageReport(Audit, Coordinates):
    """Verdict on a split by coordinates alone, and its measures."""


def check_leakage(locations: Locations, sides: npt.NDArray[np.int8], options: SplitScheme) -> LeakageReport:
    """Compare the coordinates of test windows with those of training windows.

    Parameters
    ----------
    locations
        All windows, 0-based half-open.
    sides
        int8 (windows,): their sides.
    options
        How the split was made: a random one is always leaky.

    Returns
    -------
    LeakageReport
        ``verdict`` (``clean``, ``suspect`` or ``leaky``) and ``reason``; ``test_windows``; ``overlapping`` and
        ``identical``: test windows that overlap, or equal, a training window; ``overlapping_share``; ``nearest_bp``:
        quartiles of the distance in bp to the nearest training window of the chromosome (None without one); and
        ``coordinate_accuracy`` and ``majority_accuracy``: how often the class of the nearest training window, and the
        majority class of the training side, are right.
    """
    train, test = np.flatnonzero(sides == TRAIN), np.flatnonzero(sides == TEST)
    start, end = end_to_end(locations.chrom, locations.start, locations.end)
    overlapping = IntervalSet.merged(start[train], end[train]).overlaps(start[test], end[test])
    longest = int((end - start).max(initial=0)) + 1
    key = start * longest + (end - start)
    identical = np.isin(key[test], key[train])
    share = float(overlapping.mean()) if len(test) else 0.0
    coordinate, majority = _accuracies(locations, train, test)
    found: Coordinates = {
        "test_windows": len(test),
        "overlapping": int(overlapping.sum()),
        "overlapping_share": share,
        "identical": int(identical.sum()),
        "nearest_bp": _distances(locations, train, test),
        "coordinate_accuracy": coordinate,
        "majority_accuracy": majority,
    }
    verdict, reason = _verdict(found, options)
    return {"verdict": verdict, "reason": reason, **found}


def worst(*verdicts: str) -> str:
    """Return the worst of several verdicts."""
    return VERDICTS[max(map(VERDICTS.index, verdicts), default=0)]


def worst_of(audits: Sequence[AuditT]) -> AuditT:
    """Return the first audit with the worst verdict."""
    return max(audits, key=lambda audit: VERDICTS.index(audit["verdict"]))


def _verdict(found: Coordinates, options: SplitScheme) -> tuple[str, str]:
    """Return the verdict by coordinates, and the reason."""
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
    locations: Locations, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the training window with the nearest middle, twice its distance, and whether it is on the chromosome."""
    far = 4 * (int(locations.end.max(initial=0)) + 1)  # more than twice any distance within a chromosome
    middle = locations.start + locations.end + locations.chrom.astype(np.int64) * far
    order = train[np.argsort(middle[train], kind="stable")]
    known = middle[order]
    right = np.searchsorted(known, middle[test])
    left = np.maximum(right - 1, 0)
    right = np.minimum(right, len(known) - 1)
    to_left, to_right = np.abs(middle[test] - known[left]), np.abs(known[right] - middle[test])
    nearest = order[np.where(to_left <= to_right, left, right)]
    return nearest, np.minimum(to_left, to_right), locations.chrom[nearest] == locations.chrom[test]


def nearest_class(
    locations: Locations, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Predict each test window by coordinates alone: the class of the nearest training window of its chromosome.

    Parameters
    ----------
    locations
        All windows.
    train, test
        Rows of the two sides.

    Returns
    -------
    numpy.ndarray
        float64 (test windows,): 1 introgressed, 0 depleted; on a chromosome without training windows, the share of
        introgressed windows in the training side.
    """
    nearest, _, same = _neighbours(locations, train, test)
    return np.where(same, locations.label[nearest], locations.label[train].mean())


def _accuracies(locations: Locations, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return the accuracies of coordinates alone and of the majority class."""
    if not len(train) or not len(test):
        return float("nan"), float("nan")
    truth = locations.label[test] == 1
    majority = locations.label[train].mean() >= 0.5
    guess = nearest_class(locations, train, test) >= 0.5
    return float((guess == truth).mean()), float((truth == majority).mean())


def _distances(locations: Locations, train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]) -> list[float] | None:
    """Return the quartiles of the distance in bp to the nearest training window, or None."""
    if not len(train) or not len(test):
        return None
    nearest, twice, same = _neighbours(locations, train, test)
    if not same.any():
        return None
    size = (locations.end - locations.start)[nearest] + (locations.end - locations.start)[test]
    between = np.maximum(twice - size, 0)[same] / 2
    return [float(value) for value in np.quantile(between, [0.25, 0.5, 0.75])]
