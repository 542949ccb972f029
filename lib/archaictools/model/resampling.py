"""Intervals of measures, by resampling contiguous blocks of the genome.

Windows near each other are not independent, so blocks are drawn with replacement, never windows. All models of one
comparison see the same draws, so that their differences have intervals too. Except for AUPRC, a draw costs the square
of the number of blocks, not the number of windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.model.metrics import CALIBRATION_BINS

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.model.splits import Places

    Draws = npt.NDArray[np.float64]

#: Blocks into which a held-out side is cut, and how often they are drawn.
BLOCKS, DRAWS = 50, 1_000

#: More sentences than this are sorted by probability in steps for AUPRC: a draw then costs the number of steps.
MANY, STEPS = 200_000, 10_000


class Resampler:
    """Draws of contiguous blocks of some sentences.

    Sentences are put in genome order and cut into :data:`BLOCKS` blocks of equal count; blocks are drawn with
    replacement :data:`DRAWS` times.

    Parameters
    ----------
    places
        The sentences, in any order, with their labels.
    seed
        Of the draws.
    """

    def __init__(self, places: Places, *, seed: int) -> None:
        count = len(places)
        self.blocks = max(1, min(BLOCKS, count))
        self._block = np.empty(count, dtype=np.int64)
        self._block[np.lexsort((places.start, places.chrom))] = np.arange(count) * self.blocks // max(1, count)
        self._label = places.label == 1
        rng = np.random.default_rng(seed)
        chosen = rng.integers(0, self.blocks, size=(DRAWS, self.blocks))
        self._weight = np.apply_along_axis(np.bincount, 1, chosen, minlength=self.blocks).astype(np.float64)

    def draw(self, probability: npt.NDArray[np.floating], *, threshold: float = 0.5) -> dict[str, Draws]:
        """Measure one model in every draw.

        Parameters
        ----------
        probability
            P(introgressed), in the order of the places.
        threshold
            From which a sentence counts as called.

        Returns
        -------
        dict
            ``accuracy, auroc, auprc, mcc, brier, ece``: float64 (DRAWS,), NaN in draws of one class where that class
            alone defines nothing.
        """
        score: npt.NDArray[np.float64] = np.asarray(probability, dtype=np.float64)
        label = self._label
        called = score >= threshold
        hits, missed, false, free = (
            self._totals(mask) for mask in (called & label, ~called & label, called & ~label, ~called & ~label)
        )
        total = hits + missed + false + free
        with np.errstate(invalid="ignore", divide="ignore"):
            mcc = (hits * free - false * missed) / np.sqrt(
                (hits + false) * (hits + missed) * (free + false) * (free + missed)
            )
            # Where nothing, or everything, is called, there is no correlation; scikit-learn says 0, too.
            mcc = np.where((hits + missed > 0) & (free + false > 0), np.nan_to_num(mcc), np.nan)
            return {
                "accuracy": (hits + free) / total,
                "auroc": self._auroc(score),
                "auprc": self._auprc(score),
                "mcc": mcc,
                "brier": self._totals((score - label) ** 2) / total,
                "ece": self._calibration(score) / total,
            }

    def _totals(self, values: npt.NDArray[np.generic]) -> Draws:
        """Add up a value of every sentence in every draw."""
        totals: Draws = self._weight @ np.bincount(self._block, weights=values, minlength=self.blocks)
        return totals

    def _calibration(self, probability: npt.NDArray[np.float64]) -> Draws:
        place = np.minimum((probability * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
        cell = self._block * CALIBRATION_BINS + place
        gap = np.bincount(cell, weights=probability - self._label, minlength=self.blocks * CALIBRATION_BINS)
        errors: Draws = np.abs(self._weight @ gap.reshape(self.blocks, CALIBRATION_BINS)).sum(axis=1)
        return errors

    def _auroc(self, probability: npt.NDArray[np.float64]) -> Draws:
        """Count, for each pair of blocks, the introgressed of one that stand above the depleted of the other."""
        pairs = np.zeros((self.blocks, self.blocks))
        positive = np.flatnonzero(self._label)
        for block in range(self.blocks):
            depleted = np.sort(probability[~self._label & (self._block == block)])
            if not len(depleted):
                continue
            below = np.searchsorted(depleted, probability[positive], side="left")
            upto = np.searchsorted(depleted, probability[positive], side="right")
            pairs[:, block] = np.bincount(self._block[positive], weights=(below + upto) / 2, minlength=self.blocks)
        above = np.einsum("di,ij,dj->d", self._weight, pairs, self._weight, optimize=True)
        auroc: Draws = above / (self._totals(self._label) * self._totals(~self._label))
        return auroc

    def _auprc(self, probability: npt.NDArray[np.float64]) -> Draws:
        """Average precision (the step-wise sum of scikit-learn), from windows grouped by score, best first."""
        if len(probability) > MANY:
            return self._auprc_of_steps(probability)
        order = np.argsort(-probability, kind="stable")
        label, block, score = self._label[order], self._block[order], probability[order]
        last = np.append(score[1:] != score[:-1], True)
        found = np.empty(DRAWS)
        for number, weight in enumerate(self._weight):
            drawn = weight[block]
            hits = np.cumsum(drawn * label)[last]
            called = np.cumsum(drawn)[last]
            gained = np.diff(hits, prepend=0.0)
            precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
            found[number] = (gained * precision).sum() / hits[-1] if hits[-1] else np.nan
        return found

    def _auprc_of_steps(self, probability: npt.NDArray[np.float64]) -> Draws:
        step = STEPS - np.rint(probability * STEPS).astype(np.int64)  # best first
        cell = self._block * (STEPS + 1) + step
        shape = (self.blocks, STEPS + 1)
        labels = np.bincount(cell, weights=self._label, minlength=shape[0] * shape[1]).reshape(shape)
        total = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        used = total.any(axis=0)
        hits = np.cumsum(self._weight @ labels[:, used], axis=1)
        called = np.cumsum(self._weight @ total[:, used], axis=1)
        precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
        with np.errstate(invalid="ignore"):
            found: Draws = (np.diff(hits, axis=1, prepend=0.0) * precision).sum(axis=1) / hits[:, -1]
        return found


def interval(draws: Draws, level: float = 0.95) -> list[float]:
    """Return the central interval of draws, without those that are not defined; NaN where none is."""
    known = draws[~np.isnan(draws)]
    if not len(known):
        return [float("nan"), float("nan")]
    return [float(bound) for bound in np.quantile(known, [(1 - level) / 2, (1 + level) / 2])]
