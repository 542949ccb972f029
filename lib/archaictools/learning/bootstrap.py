"""Intervals of measures, by resampling contiguous blocks of the genome.

Windows near each other are not independent, so blocks are drawn with replacement, never windows. All models of one
comparison see the same draws, so that their differences have intervals too. The cost of a draw depends on the number
of blocks and of distinct scores, not on the number of windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.learning.draws import DRAWS
from archaictools.learning.metrics import CALIBRATION_BINS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from archaictools.learning.score_histogram import ScoreHistogram
    from archaictools.learning.splits import Locations

    Draws = npt.NDArray[np.float64]

#: Number of blocks of a test side.
BLOCKS = 50
#: Draws measured at once: 40 MB at the largest number of steps of a histogram.
DRAWS_AT_ONCE = 100


def nth_block(number: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.int64]:
    """Return the block (from 0) of the n-th of ``total`` examples in genome order; :data:`BLOCKS` are equally large."""
    return number * min(BLOCKS, total) // max(1, total)


def blocks_of(locations: Locations) -> npt.NDArray[np.int64]:
    """Return the block of each example, see :func:`nth_block`."""
    count = len(locations)
    block = np.empty(count, dtype=np.int64)
    block[np.lexsort((locations.start, locations.chrom))] = nth_block(np.arange(count), count)
    return block


class BlockBootstrap:
    """Draws of contiguous blocks, :data:`DRAWS` times: as many as there are, with replacement.

    Parameters
    ----------
    blocks
        Number of blocks: the pieces of the histograms.
    seed
        Random seed of the draws.
    """

    def __init__(self, blocks: int, *, seed: int) -> None:
        chosen = np.random.default_rng(seed).integers(0, blocks, size=(DRAWS, blocks))
        self._weight = np.apply_along_axis(np.bincount, 1, chosen, minlength=blocks).astype(np.float64)

    def draw(self, scores: ScoreHistogram) -> dict[str, Draws]:
        """Return the measures of one model in every draw; an example is predicted positive from one half.

        Parameters
        ----------
        scores
            Its predictions by block.

        Returns
        -------
        dict
            ``accuracy, auroc, auprc, mcc, brier, ece``: float64 (DRAWS,). A measure that one class alone does not
            define is NaN in draws of one class.
        """
        positive = int(np.searchsorted(scores.probability, 0.5))
        depleted, introgressed = np.moveaxis(scores.count.astype(np.float64), 2, 0)
        hits, false = (self._weight @ part[:, positive:].sum(axis=1) for part in (introgressed, depleted))
        missed, free = (self._weight @ part[:, :positive].sum(axis=1) for part in (introgressed, depleted))
        total = hits + missed + false + free
        square = introgressed @ (scores.probability - 1) ** 2 + depleted @ scores.probability**2
        with np.errstate(invalid="ignore", divide="ignore"):
            mcc = (hits * free - false * missed) / np.sqrt(
                (hits + false) * (hits + missed) * (free + false) * (free + missed)
            )
            # The correlation is not defined if no example, or every example, is predicted positive; as in
            # scikit-learn, it is 0 then.
            mcc = np.where((hits + missed > 0) & (free + false > 0), np.nan_to_num(mcc), np.nan)
            return {
                "accuracy": (hits + free) / total,
                "auroc": self._above(introgressed, depleted) / ((hits + missed) * (free + false)),
                "auprc": self._auprc(introgressed, introgressed + depleted) / (hits + missed),
                "mcc": mcc,
                "brier": self._weight @ square / total,
                "ece": self._calibration(scores, introgressed, introgressed + depleted) / total,
            }

    def shares(self, scores: ScoreHistogram) -> Draws:
        """Return the share introgressed in each bin of the reliability curve, in every draw.

        Parameters
        ----------
        scores
            Predictions of one model by block.

        Returns
        -------
        numpy.ndarray
            float64 (DRAWS, CALIBRATION_BINS); NaN where a draw has no example in a bin.
        """
        inside = _calibration_bins(scores)
        depleted, introgressed = (self._weight @ (part @ inside) for part in np.moveaxis(scores.count, 2, 0))
        total = depleted + introgressed
        shares: Draws = np.divide(introgressed, total, out=np.full_like(total, np.nan), where=total > 0)
        return shares

    def roc(self, scores: ScoreHistogram, at: Draws) -> Draws:
        """Return the true positive rate at false positive rates, by straight lines between the corners of the curve.

        Parameters
        ----------
        scores
            Predictions of one model by block.
        at
            float64 (n,), ascending: false positive rates.

        Returns
        -------
        numpy.ndarray
            float64 (DRAWS, n); NaN in draws of one class.
        """
        found = np.full((DRAWS, len(at)), np.nan)
        for draw, false, hits in self._curves(scores):
            if false[-1] and hits[-1]:
                found[draw] = np.interp(at, false / false[-1], hits / hits[-1])
        return found

    def precision(self, scores: ScoreHistogram, at: Draws) -> Draws:
        """Return the precision at recalls: that of the highest threshold that reaches the recall.

        Parameters
        ----------
        scores
            Predictions of one model by block.
        at
            float64 (n,), above 0: recalls.

        Returns
        -------
        numpy.ndarray
            float64 (DRAWS, n); NaN in draws without an introgressed example.
        """
        found = np.full((DRAWS, len(at)), np.nan)
        for draw, false, hits in self._curves(scores):
            if hits[-1]:
                # A recall that is a fraction of whole examples must not be missed by its last bit.
                first = np.searchsorted(hits, at * hits[-1] * (1 - 1e-12))
                found[draw] = hits[first] / (hits[first] + false[first])
        return found

    def _curves(self, scores: ScoreHistogram) -> Iterator[tuple[int, Draws, Draws]]:
        """Yield each draw with its false and true positives at falling thresholds; the first are zeros."""
        # Copies in one piece, because products with strided views take ten times as long.
        sides = [np.ascontiguousarray(scores.count[:, ::-1, label], dtype=np.float64) for label in (0, 1)]
        start = np.zeros(1)
        for first in range(0, len(self._weight), DRAWS_AT_ONCE):
            weight = self._weight[first : first + DRAWS_AT_ONCE]
            both = (np.cumsum(weight @ part, axis=1) for part in sides)
            for number, (false, hits) in enumerate(zip(*both, strict=True), start=first):
                yield number, np.concatenate([start, false]), np.concatenate([start, hits])

    def _above(self, introgressed: Draws, depleted: Draws) -> Draws:
        """Return the number of pairs in which the introgressed example scores higher; pairs of blocks come first."""
        below = np.cumsum(depleted, axis=1) - depleted / 2  # ties count half
        pairs = introgressed @ below.T
        above: Draws = np.einsum("di,ij,dj->d", self._weight, pairs, self._weight, optimize=True)
        return above

    def _auprc(self, introgressed: Draws, total: Draws) -> Draws:
        """Return the sum of the precision at each introgressed example (the step-wise sum of scikit-learn)."""
        best = np.column_stack([introgressed[:, ::-1], total[:, ::-1]])
        found = np.empty(DRAWS)
        for first in range(0, len(self._weight), DRAWS_AT_ONCE):
            drawn = self._weight[first : first + DRAWS_AT_ONCE] @ best
            gained, positive = np.split(drawn, 2, axis=1)
            positive = np.cumsum(positive, axis=1)
            precision = np.divide(np.cumsum(gained, axis=1), positive, out=np.zeros_like(positive), where=positive > 0)
            found[first : first + DRAWS_AT_ONCE] = (gained * precision).sum(axis=1)
        return found

    def _calibration(self, scores: ScoreHistogram, introgressed: Draws, total: Draws) -> Draws:
        """Return the sum over calibration bins of |expected - found| introgressed examples."""
        by_bin = (total * scores.probability - introgressed) @ _calibration_bins(scores)
        errors: Draws = np.abs(self._weight @ by_bin).sum(axis=1)
        return errors


def _calibration_bins(scores: ScoreHistogram) -> npt.NDArray[np.bool_]:
    """Return which step of a histogram is in which bin of the reliability curve, bool (steps, CALIBRATION_BINS)."""
    bin_of = np.minimum((scores.probability * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return np.asarray(bin_of[:, None] == np.arange(CALIBRATION_BINS))
