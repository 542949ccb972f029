"""Inputs of the second network along one chromosome, some bins at a time, while the first network predicts them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.batches import scaled
from archaictools.haplotypes.inputs import InputReader
from archaictools.haplotypes.relatedness import WINDOWS, count_very_rare, second_inputs
from archaictools.learning.calibration import logit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.predictors import Scores

#: Bins on each side of a bin whose alleles count.
AROUND = max(WINDOWS) // 2


def both_inputs(
    own: npt.NDArray[np.uint8],
    odds: npt.NDArray[np.float32],
    bins: npt.NDArray[np.int64],
    carriers: npt.NDArray[np.bool_],
    *,
    before: int = 0,
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield all inputs of the second network, haplotype by haplotype.

    Parameters
    ----------
    own
        Inputs of the first network: uint8 (haplotypes, bins, inputs).
    odds
        Its log odds: float32 (haplotypes, fewer bins).
    bins, carriers
        Alleles that the haplotypes share, see :func:`archaictools.haplotypes.relatedness.second_inputs`.
    before
        Bins before those with odds.

    Yields
    ------
    numpy.ndarray
        float32 (bins with odds, inputs): the inputs of the first network, then
        :data:`archaictools.haplotypes.relatedness.INPUTS`.
    """
    here = slice(before, before + odds.shape[1])
    shared = second_inputs(odds, count_very_rare(own), bins, carriers, before=before)
    for one, more in zip(own, shared, strict=True):
        yield np.concatenate([scaled(one[here]), more], axis=1)


class ScoresAlong:
    """Scores of the first network along stretches, predicted when they are asked for.

    Parameters
    ----------
    scores
        As from :meth:`archaictools.haplotypes.predictors.BinPredictor.stream`.
    """

    def __init__(self, scores: Iterator[Scores]) -> None:
        self._scores, self._known = scores, defaultdict[int, list["Scores"]](list)

    def read(self, stretch: int, bins: slice) -> npt.NDArray[np.float32]:
        """Return scores, float32 (haplotypes, bins); stretches and bins that begin earlier are forgotten."""
        for earlier in [number for number in self._known if number < stretch]:
            del self._known[earlier]
        blocks = self._known[stretch]
        while not blocks or blocks[-1].bins.stop < bins.stop:
            one = next(self._scores)
            self._known[one.stretch].append(one)
        while blocks[0].bins.stop <= bins.start:
            del blocks[0]
        first = blocks[0].bins.start
        return np.concatenate([one.values for one in blocks], axis=1)[:, bins.start - first : bins.stop - first]


class SecondReader:
    """Reads the inputs of the second network.

    Parameters
    ----------
    features, chrom
        File of haplotypes, and chromosome.
    rows
        All haplotypes of a group.
    where
        Bins of the chromosome; alleles elsewhere do not count.
    """

    def __init__(self, features: FeatureFile, chrom: str, rows: slice, where: slice) -> None:
        self._features, self._chrom, self._rows = features, chrom, rows
        self._begin, self._end, _ = where.indices(features.bins[chrom])
        self._own, self._alleles = InputReader(features, chrom), features.allele_bins(chrom)

    def read(
        self, offset: int, scores: Callable[[slice], npt.NDArray[np.float32]], bins: slice
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the inputs of each haplotype: float32 (bins, inputs).

        Parameters
        ----------
        offset
            Where the stretch begins, counted from the first bin of ``where``.
        scores
            Returns scores of the first network in bins of the stretch, float32 (haplotypes, bins).
        bins
            Bins of the stretch.
        """
        begin, end = (self._begin + offset + each for each in (bins.start, bins.stop))
        first, stop = max(self._begin, begin - AROUND), min(self._end, end + AROUND)
        alleles = slice(*(int(np.searchsorted(self._alleles, each)) for each in (first, stop)))
        bin_of_allele, carriers = self._features.shared_alleles(self._chrom, self._rows, alleles)
        own = self._own.read(self._rows, slice(first, stop))
        odds = logit(scores(bins)).astype(np.float32)
        yield from both_inputs(own, odds, bin_of_allele - first, carriers, before=begin - first)
