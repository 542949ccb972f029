"""Histograms of predicted probabilities by true label: all that measures need, whatever the length of the genome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    import numpy.typing as npt

    Int = npt.NDArray[np.integer]

#: Number of steps of a histogram that is filled in a stream: even, so that no step contains both sides of one half.
STEPS = 10_000
#: The steps are of log odds from -MAX_LOG_ODDS to MAX_LOG_ODDS; odds beyond these count as these. A step is 0.001 wide
#: at one half, and 0.003 wide at odds of 1 to 20.
MAX_LOG_ODDS = 32.0


@dataclass(frozen=True)
class ScoreHistogram:
    """Numbers of examples by probability, label and piece of the genome.

    Attributes
    ----------
    probability
        float64 (steps,), ascending.
    count
        int64 (pieces, steps, 2): examples that are not introgressed, and that are.
    """

    probability: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]

    @classmethod
    def of(cls, label: Int, probability: npt.NDArray[np.floating], piece: Int) -> ScoreHistogram:
        """Count examples, given as parallel arrays.

        Up to :data:`STEPS` distinct probabilities are kept as they are. With more, neighbours in rank share one step,
        whose probability is their mean; no step contains both sides of one half.
        """
        distinct, step = np.unique(np.asarray(probability, dtype=np.float64), return_inverse=True)
        if len(distinct) > STEPS:
            low = int(np.searchsorted(distinct, 0.5))
            part = min(max(STEPS * low // len(distinct), low > 0), STEPS - (low < len(distinct)))
            lower, upper = np.arange(low), np.arange(len(distinct) - low)
            joined = np.concatenate([lower * part // max(1, low), part + upper * (STEPS - part) // max(1, len(upper))])
            step = joined[step]
            distinct = np.bincount(step, weights=probability) / np.bincount(step)
            distinct[part:] = np.maximum(distinct[part:], 0.5)  # a mean may lose its last bit
        return cls(distinct, _counted(label, step, piece, (int(piece.max(initial=0)) + 1, len(distinct), 2)))

    @property
    def pieces(self) -> int:
        """Number of pieces."""
        return len(self.count)

    def joined(self, group: Int, groups: int) -> ScoreHistogram:
        """Return the sums over groups of pieces; ``group`` (pieces,) is from 0 to ``groups`` - 1."""
        count = np.zeros((groups, *self.count.shape[1:]), dtype=np.int64)
        np.add.at(count, group, self.count)
        return ScoreHistogram(self.probability, count)

    def flat(self, chosen: slice = slice(None)) -> tuple[Int, npt.NDArray[np.float64], Int]:
        """Return label, probability and number of examples of the chosen pieces, as three parallel arrays.

        They are the parameters of :func:`archaictools.learning.metrics.compute_metrics`.
        """
        count = self.count[chosen].sum(axis=0).T
        label, step = np.nonzero(count)
        return label, self.probability[step], count[label, step]


class ScoreCounter:
    """Histogram that is filled in a stream, by steps of log odds.

    Parameters
    ----------
    pieces
        Number of pieces of the genome that are counted separately.
    """

    def __init__(self, pieces: int) -> None:
        self._count = np.zeros((pieces, STEPS, 2), dtype=np.int64)

    def add(self, label: Int, probability: npt.NDArray[np.floating], piece: Int) -> None:
        """Count examples, given as parallel arrays; a label of 1 is introgressed."""
        if not len(piece):
            return
        odds = np.arcsinh(logit(np.asarray(probability, dtype=np.float64)))
        step = np.floor((odds / np.arcsinh(MAX_LOG_ODDS) + 1) * (STEPS // 2))
        step = np.clip(step, 0, STEPS - 1).astype(np.int64)
        first, last = int(piece.min()), int(piece.max()) + 1
        self._count[first:last] += _counted(label, step, piece - first, (last - first, STEPS, 2))

    def histogram(self) -> ScoreHistogram:
        """Return the histogram; the probability of a step is that of its middle."""
        middle = ((np.arange(STEPS) + 0.5) / (STEPS // 2) - 1) * np.arcsinh(MAX_LOG_ODDS)
        return ScoreHistogram(expit(np.sinh(middle)), self._count)


def _counted(label: Int, step: Int, piece: Int, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return numbers of examples, int64 of ``shape`` (pieces, steps, 2)."""
    cell = np.ravel_multi_index((piece, step, (label == 1).astype(np.int64)), shape)
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)
