"""Second-network inputs: first-network scores of haplotypes that share very rare alleles.

An introgressed tract enters once and is inherited by many descendants, which carry the same very rare alleles (at most
1 % of the outgroup carries them). A short tract, or one with few such alleles, looks like chance in one haplotype. It
does not if a haplotype that shares these alleles has a high score. So without an archaic genome, a second network
refines each haplotype's score. It is of the same family (:class:`archaictools.learning.network.NetworkConfig`), and
reads the inputs of the first network and those made here. With an archaic genome, which is more informative than other
people, the first score is final (:class:`archaictools.haplotypes.predict.TwoStagePredictor`).

The similarity of two haplotypes around a bin is Jaccard's index of their very rare alleles
(:data:`archaictools.haplotypes.allele_classes.VERY_RARE`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from archaictools.haplotypes.allele_classes import VERY_RARE

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = npt.NDArray[np.float32]

#: Numbers of bins, centred on a bin, over which alleles are counted.
WINDOWS = (5, 15, 41)

#: Inputs of the second network for a bin. ``odds`` are log odds of the first network: of the haplotype, of the two most
#: similar ones, the highest among all that share two alleles, and the highest among those with a similarity above 0.5.
INPUTS = (
    "odds",
    "very_rare",
    "shared",
    *(
        f"{name}_{window}"
        for window in WINDOWS
        for name in (
            "likeness_1", "odds_1", "likeness_2", "odds_2", "shared_1", "odds_sharing", "odds_alike", "very_rare",
        )
    ),
)  # fmt: skip

#: Log odds are clipped to this (the lowest also means "no such haplotype"), and divided to be as large as other inputs.
MAX_ODDS, SCALE = 16.0, 4.0

#: Smallest number of shared alleles, and smallest similarity.
MIN_SHARED, MIN_SIMILARITY = 2, 0.5

#: Odds are divided by this and added to the similarity, so that they only decide between equally similar haplotypes.
TIE_BREAK = 100_000


def count_very_rare(counts: npt.NDArray[np.uint8]) -> Floats:
    """Count the very rare alleles in each bin: float32 (...), given counts (..., 32 or more)."""
    return np.asarray(counts[..., :VERY_RARE].sum(axis=-1, dtype=np.float32))


def second_inputs(
    odds: npt.NDArray[np.floating],
    very_rare: Floats,
    bins: npt.NDArray[np.int64],
    carriers: npt.NDArray[np.bool_],
    *,
    before: int = 0,
) -> Iterator[Floats]:
    """Yield the inputs of the second network, haplotype by haplotype, for a group of haplotypes.

    Parameters
    ----------
    odds
        (haplotypes, bins): log odds of the first network.
    very_rare
        (haplotypes, bins), see :func:`count_very_rare`; also of bins around those with odds.
    bins, carriers
        (alleles,) and (alleles, haplotypes): alleles that they share, see
        :meth:`archaictools.haplotypes.feature_file.FeatureFile.shared_alleles`.
    before
        Bins before those with odds.

    Yields
    ------
    numpy.ndarray
        float32 (bins with odds, inputs), see :data:`INPUTS`.
    """
    haplotypes, number = very_rare.shape
    here = slice(before, before + odds.shape[1])
    scores = np.clip(odds, -MAX_ODDS, MAX_ODDS).astype(np.float32) / np.float32(SCALE)
    nobody = np.float32(-MAX_ODDS / SCALE)
    around = [_around(very_rare, window)[:, here] for window in WINDOWS]
    every = np.arange(odds.shape[1])
    for row in range(haplotypes):
        mine = carriers[:, row]
        site, other = np.nonzero(carriers[mine])
        pairs = np.bincount(other * number + bins[mine][site], minlength=haplotypes * number)
        pairs = pairs.reshape(haplotypes, number)
        pairs[row] = 0
        shared = np.bincount(bins[mine], minlength=number)[here]
        columns = [scores[row], np.log1p(very_rare[row, here]), np.log1p(shared)]
        for window, alleles in zip(WINDOWS, around, strict=True):
            both = _around(pairs, window)[:, here]
            similarity = both / np.maximum(alleles[row] + alleles - both, 1)
            alike = (both > MIN_SHARED - 0.5) & (similarity > MIN_SIMILARITY)
            order = similarity + scores / np.float32(TIE_BREAK)
            order[row] = -0.5  # itself, with no shared alleles, means nobody; it comes before those chosen already
            first = order.argmax(axis=0)
            order[first, every] = -1
            for other_row in (first, order.argmax(axis=0)):
                value = similarity[other_row, every]
                columns += [value, np.where(value > 0, scores[other_row, every], nobody)]
            columns += [
                np.log1p(both[first, every]),
                np.where(both > MIN_SHARED - 0.5, scores, nobody).max(axis=0),
                np.where(alike, scores, nobody).max(axis=0),
                np.log1p(alleles[row]),
            ]
        yield np.stack(columns, axis=-1, dtype=np.float32, casting="same_kind")


def _around(counts: npt.NDArray[Any], window: int) -> Floats:
    """Sum counts over a window centred on each bin."""
    mean = uniform_filter1d(counts, window, axis=-1, mode="constant", output=np.float32)
    return np.asarray(np.rint(window * mean), dtype=np.float32)
