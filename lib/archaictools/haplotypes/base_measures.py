"""Measures of predicted bases against true tracts: precision, recall and F1, by length and by threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from archaictools.intervals import runs_of_true, sums_of_ranges

if TYPE_CHECKING:
    import numpy.typing as npt

#: Bounds in bp of the lengths of true tracts, for recall by length.
TRACT_LENGTHS = (0, 10_000, 30_000, 100_000, 1_000_000_000)

#: Minimum probabilities of a predicted bin, for precision and recall by threshold.
THRESHOLDS = tuple(step / 20 for step in range(2, 20))

RecallRow = TypedDict("RecallRow", {"from": int, "to": int, "bases": int, "recall": float})
RecallRow.__doc__ = "Recall of the bases of true tracts whose lengths in bp are in [``from``, ``to``)."


class ThresholdRow(TypedDict):
    """Precision, recall and F1 of bases, where bins at or above ``threshold`` are predicted; undefined ones are NaN."""

    threshold: float
    precision_bp: float
    recall_bp: float
    f1_bp: float


class BaseMetrics(TypedDict):
    """Measures of predicted bases, from :class:`BaseCounter`."""

    precision_bp: float
    recall_bp: float
    f1_bp: float
    half_true: float
    runs: int
    recall_by_length: list[RecallRow]
    by_threshold: list[ThresholdRow]


class BaseCounter:
    """Counts of predicted bases of one model: in all, by length of the true tract, and by threshold.

    Parameters
    ----------
    threshold
        Minimum probability of a predicted bin, for all counts but those by threshold.
    """

    def __init__(self, threshold: float = 0.5) -> None:
        self._threshold = threshold
        self._hits = self._predicted = self._true = self._runs = self._half = 0
        self._by_length = np.zeros((2, len(TRACT_LENGTHS) - 1), dtype=np.int64)
        # Introgressed bases, and all bases, of bins from each threshold up to the next; the first is below all.
        self._by_threshold = np.zeros((2, len(THRESHOLDS) + 1), dtype=np.int64)

    def add(
        self,
        truth: npt.NDArray[np.int64],
        size: npt.NDArray[np.int64],
        used: npt.NDArray[np.bool_],
        probability: npt.NDArray[np.float64],
    ) -> None:
        """Count one haplotype.

        Parameters
        ----------
        truth, size
            Introgressed bases and length of its bins in bp, shape (bins,).
        used
            Which bins are measured, shape (bins,).
        probability
            P(introgressed) of its bins, shape (bins,).
        """
        positive = (probability >= self._threshold) & used
        self._hits += int(truth[positive].sum())
        self._predicted += int(size[positive].sum())
        self._true += int(truth[used].sum())
        first, last = runs_of_true(positive)
        self._runs += len(first)
        inside, length = (sums_of_ranges(column, first, last) for column in (truth, size))
        self._half += int((2 * inside >= length).sum())
        # A tract is a run of bins that contain introgressed bases.
        first, last = runs_of_true((truth > 0) & used)
        tract = sums_of_ranges(truth, first, last)
        by_length = np.asarray(np.searchsorted(TRACT_LENGTHS, tract, side="right") - 1, dtype=np.intp)
        np.add.at(self._by_length[0], by_length, sums_of_ranges(truth * positive, first, last))
        np.add.at(self._by_length[1], by_length, tract)
        step = np.searchsorted(THRESHOLDS, probability[used], side="right")
        for counts, bases in zip(self._by_threshold, (truth[used], size[used]), strict=True):
            np.add.at(counts, step, bases)

    def metrics(self) -> BaseMetrics:
        """Return all measures; undefined ones are NaN."""
        precision, recall, f1 = _precision_recall(self._hits, self._predicted, self._true)
        # Bins at or above a threshold are those of all steps from it on.
        above = np.cumsum(self._by_threshold[:, :0:-1], axis=1)[:, ::-1].tolist()
        return {
            "precision_bp": precision,
            "recall_bp": recall,
            "f1_bp": f1,
            "half_true": self._half / self._runs if self._runs else float("nan"),
            "runs": self._runs,
            "recall_by_length": [
                {
                    "from": low,
                    "to": high,
                    "bases": int(bases),
                    "recall": int(found) / int(bases) if bases else float("nan"),
                }
                for low, high, found, bases in zip(TRACT_LENGTHS[:-1], TRACT_LENGTHS[1:], *self._by_length, strict=True)
            ],
            "by_threshold": [
                _threshold_row(threshold, hits, predicted, self._true)
                for threshold, hits, predicted in zip(THRESHOLDS, *above, strict=True)
            ],
        }


def _threshold_row(threshold: float, hits: int, predicted: int, true: int) -> ThresholdRow:
    """Return the measures at one threshold from numbers of bases."""
    precision, recall, f1 = _precision_recall(hits, predicted, true)
    return {"threshold": threshold, "precision_bp": precision, "recall_bp": recall, "f1_bp": f1}


def _precision_recall(hits: int, predicted: int, true: int) -> tuple[float, float, float]:
    """Return precision, recall and F1 from numbers of bases; undefined ones are NaN."""
    nan = float("nan")
    return (
        hits / predicted if predicted else nan,
        hits / true if true else nan,
        2 * hits / (predicted + true) if predicted + true else nan,
    )
