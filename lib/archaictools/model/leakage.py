"""The cheap part of asking whether a split is honest: held-out windows that lie on bases trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.model.splits import TEST, TRAIN, Places, SplitOptions

if TYPE_CHECKING:
    import numpy.typing as npt

#: A held-out side of which more than this share overlaps training windows is leaky; any overlap is suspect.
LEAKY_SHARE = 0.01


def check_leakage(places: Places, sides: npt.NDArray[np.int8], options: SplitOptions) -> dict[str, Any]:
    """Count test windows that overlap, or are the same as, a training window.

    Returns
    -------
    dict
        ``verdict`` (``clean``, ``suspect``, ``leaky``), ``reason``, ``test_windows``, ``overlapping`` and
        ``identical`` (counts), ``overlapping_share``.
    """
    train, test = np.flatnonzero(sides == TRAIN), np.flatnonzero(sides == TEST)
    stride = int(places.end.max()) + 1
    offset = places.chrom.astype(np.int64) * stride
    start, end = places.start + offset, places.end + offset
    order = train[np.argsort(start[train], kind="stable")]
    # Of the training windows that start before a test window ends, the furthest end tells of overlap; none: -1.
    furthest = np.maximum.accumulate(np.concatenate(([-1], end[order])))
    before = np.searchsorted(start[order], end[test], side="left")
    overlapping = furthest[before] > start[test]
    longest = int((end - start).max()) + 1
    key = start * longest + (end - start)
    identical = np.isin(key[test], key[train])
    share = float(overlapping.mean()) if len(test) else 0.0
    if options.method == "random":
        verdict = "leaky"
        reason = "a random split puts neighbouring windows on both sides: its accuracy is not skill"
    elif share > LEAKY_SHARE:
        verdict, reason = "leaky", f"{share:.1%} of the test windows overlap a training window"
    elif overlapping.any():
        verdict, reason = "suspect", f"{int(overlapping.sum())} test windows overlap a training window"
    else:
        verdict, reason = "clean", "no test window overlaps a training window"
    return {
        "verdict": verdict,
        "reason": reason,
        "test_windows": len(test),
        "overlapping": int(overlapping.sum()),
        "overlapping_share": share,
        "identical": int(identical.sum()),
    }
