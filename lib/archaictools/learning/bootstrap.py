"""Intervals of measures, by resampling contiguous blocks of the genome.

Windows near each other are not independent, so blocks are drawn with replacement, never windows. All models of one
comparison see the same draws, so that their differences have intervals too. What a draw costs depends on the number of
blocks and of distinct scores, not on the number of windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.learning.metrics import CALIBRATION_BINS

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.learning.score_histogram import Scores
    from archaictools.learning.splits import Locations

    Draws = npt.NDArray[np.float64]

#: Blocks into which a held-out side is cut, and how often they are drawn.
BLOCKS, DRAWS = 50, 1_000

#: Draws measured at once: 40 MB at the most steps of scores.
TOGETHER = 100


def nth_block(number: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.int64]:
    """Return the block, from 0, of the n-th of ``total`` in genome order: of :data:`BLOCKS` of equal count."""
    return number * min(BLOCKS, total) // max(1, total)


def blocks_of(places: Locations) -> npt.NDArray[np.int64]:
    """Return the block of each sentence, see :func:`nth_block`."""
    count = len(places)
    block = np.empty(count, dtype=np.int64)
    block[np.lexsort((places.start, places.chrom))] = nth_block(np.arange(count), count)
    return block


class Resampler:
    """Draws of contiguous blocks: as many as there are, with replacement, :data:`DRAWS` times.

    Parameters
    ----------
    blocks
        Their number; the pieces of the scores that are drawn from.
    seed
        Of the draws.
    """

    def __init__(self, blocks: int, *, seed: int) -> None:
        chosen = np.random.default_rng(seed).integers(0, blocks, size=(DRAWS, blocks))
        self._weight = np.apply_along_axis(np.bincount, 1, chosen, minlength=blocks).astype(np.float64)

    def draw(self, scores: Scores) -> dict[str, Draws]:
        """Measure one model in every draw; from one half on a sentence counts as called.

        Parameters
        ----------
        scores
            What it said, by block.

        Returns
        -------
        dict
            ``accuracy, auroc, auprc, mcc, brier, ece``: float64 (DRAWS,), NaN in draws of one class where that class
            alone defines nothing.
        """
        called = int(np.searchsorted(scores.probability, 0.5))
        depleted, introgressed = np.moveaxis(scores.count.astype(np.float64), 2, 0)
        hits, false = (self._weight @ part[:, called:].sum(axis=1) for part in (introgressed, depleted))
        missed, free = (self._weight @ part[:, :called].sum(axis=1) for part in (introgressed, depleted))
        total = hits + missed + false + free
        square = introgressed @ (scores.probability - 1) ** 2 + depleted @ scores.probability**2
        with np.errstate(invalid="ignore", divide="ignore"):
            mcc = (hits * free - false * missed) / np.sqrt(
                (hits + false) * (hits + missed) * (free + false) * (free + missed)
            )
            # Where nothing, or everything, is called, there is no correlation; scikit-learn says 0, too.
            mcc = np.where((hits + missed > 0) & (free + false > 0), np.nan_to_num(mcc), np.nan)
            return {
                "accuracy": (hits + free) / total,
                "auroc": self._above(introgressed, depleted) / ((hits + missed) * (free + false)),
                "auprc": self._auprc(introgressed, introgressed + depleted) / (hits + missed),
                "mcc": mcc,
                "brier": self._weight @ square / total,
                "ece": self._calibration(scores, introgressed, introgressed + depleted) / total,
            }

    def _above(self, introgressed: Draws, depleted: Draws) -> Draws:
        """Count pairs in which the introgressed one stands above the depleted one, for each pair of blocks first."""
        below = np.cumsum(depleted, axis=1) - depleted / 2  # ties count half
        pairs = introgressed @ below.T
        above: Draws = np.einsum("di,ij,dj->d", self._weight, pairs, self._weight, optimize=True)
        return above

    def _auprc(self, introgressed: Draws, total: Draws) -> Draws:
        """Add up the precision at each introgressed one (the step-wise sum of scikit-learn), best first."""
        best = np.column_stack([introgressed[:, ::-1], total[:, ::-1]])
        found = np.empty(DRAWS)
        for first in range(0, len(self._weight), TOGETHER):
            drawn = self._weight[first : first + TOGETHER] @ best
            gained, called = np.split(drawn, 2, axis=1)
            called = np.cumsum(called, axis=1)
            precision = np.divide(np.cumsum(gained, axis=1), called, out=np.zeros_like(called), where=called > 0)
            found[first : first + TOGETHER] = (gained * precision).sum(axis=1)
        return found

    def _calibration(self, scores: Scores, introgressed: Draws, total: Draws) -> Draws:
        place = np.minimum((scores.probability * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
        gap = total * scores.probability - introgressed
        by_place = gap @ (place[:, None] == np.arange(CALIBRATION_BINS))
        errors: Draws = np.abs(self._weight @ by_place).sum(axis=1)
        return errors


def interval(draws: Draws, level: float = 0.95) -> list[float]:
    """Return the central interval of draws, without those that are not defined; NaN where none is."""
    known = draws[~np.isnan(draws)]
    if not len(known):
        return [float("nan"), float("nan")]
    return [float(bound) for bound in np.quantile(known, [(1 - level) / 2, (1 + level) / 2])]
