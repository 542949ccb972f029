"""How often each probability was said: all that the measures need, in memory that does not grow with the genome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    import numpy.typing as npt

    Int = npt.NDArray[np.integer]

#: Steps into which probabilities are put: of log odds from -:data:`WIDEST` to :data:`WIDEST`, as far as an HMM is ever
#: certain, and finer towards the middle. Their number is even, so that none lies on both sides of one half.
STEPS, WIDEST = 10_000, 32.0


@dataclass(frozen=True)
class Scores:
    """Counts of places by what was said of them.

    Attributes
    ----------
    probability
        float64 (steps,), ascending.
    count
        int64 (pieces, steps, 2): places of each piece of the genome that are not introgressed, and that are.
    """

    probability: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]

    @classmethod
    def of(cls, label: Int, probability: npt.NDArray[np.floating], piece: Int) -> Scores:
        """Count places, as parallel arrays; up to :data:`STEPS` distinct probabilities stand for themselves."""
        pieces = int(piece.max(initial=0)) + 1
        distinct, step = np.unique(probability, return_inverse=True)
        if len(distinct) > STEPS:
            counter = ScoreCounter(pieces)
            counter.add(label, probability, piece)
            return counter.scores()
        return cls(distinct.astype(np.float64), _counted(label, step, piece, (pieces, len(distinct), 2)))

    @property
    def pieces(self) -> int:
        """Number of pieces."""
        return len(self.count)

    def joined(self, group: Int, groups: int) -> Scores:
        """Add up the pieces of each group; ``group`` (pieces,) is from 0."""
        count = np.zeros((groups, *self.count.shape[1:]), dtype=np.int64)
        np.add.at(count, group, self.count)
        return Scores(self.probability, count)

    def flat(self, pieces: slice = slice(None)) -> tuple[Int, npt.NDArray[np.float64], Int]:
        """Return label, probability and number of places that had them, of some pieces together."""
        count = self.count[pieces].sum(axis=0).T
        label, step = np.nonzero(count)
        return label, self.probability[step], count[label, step]


class ScoreCounter:
    """Count places as they come, by steps of log odds.

    Parameters
    ----------
    pieces
        Pieces of the genome that are counted apart.
    """

    def __init__(self, pieces: int) -> None:
        self._count = np.zeros((pieces, STEPS, 2), dtype=np.int64)

    def add(self, label: Int, probability: npt.NDArray[np.floating], piece: Int) -> None:
        """Count some places: parallel arrays, labels 0 or 1."""
        odds = np.arcsinh(logit(np.asarray(probability, dtype=np.float64)))
        step = np.floor((odds / np.arcsinh(WIDEST) + 1) * (STEPS // 2))
        self._count += _counted(label, np.clip(step, 0, STEPS - 1).astype(np.int64), piece, self._count.shape)

    def scores(self) -> Scores:
        """Return what was counted; a step stands for the probability in its middle."""
        middle = ((np.arange(STEPS) + 0.5) / (STEPS // 2) - 1) * np.arcsinh(WIDEST)
        return Scores(expit(np.sinh(middle)), self._count)


def _counted(label: Int, step: Int, piece: Int, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    cell = np.ravel_multi_index((piece, step, np.asarray(label)), shape)
    return np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape)
