"""What haplotypes that share alleles say of each other: the inputs of a second reading.

An archaic tract came in once and went to many: who carries a piece of it carries the same alleles that the outgroup
lacks. By itself a short piece, or one with few such alleles, looks like chance; beside a haplotype that shares them
and of which the first reading is sure, it does not. So every haplotype is read twice: by itself, and then with what
was said of it and of those that share its alleles. The second network is of the same family
(:class:`archaictools.learning.network.NetworkConfig`); it reads what the first reads of a bin, and these inputs. Where
an archaic genome is named, which tells more than others do, the first reading stands
(:class:`archaictools.haplotypes.predict.TwoStagePredictor`).

Who is alike is judged in stretches around a bin by Jaccard's index of the alleles that the outgroup all but lacks
(:data:`archaictools.haplotypes.allele_classes.PRIVATE`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from archaictools.haplotypes.allele_classes import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = npt.NDArray[np.float32]

#: Bins of the stretches, each around the bin asked about.
WINDOWS = (5, 15, 41)

#: What the second network reads of a bin. ``odds`` are log odds of the first reading: of this haplotype, of the two
#: most like it, and the highest among all that share two alleles, and among those of them that are half alike or more.
INPUTS = (
    "odds",
    "private",
    "shared",
    *(
        f"{name}_{window}"
        for window in WINDOWS
        for name in (
            "likeness_1", "odds_1", "likeness_2", "odds_2", "shared_1", "odds_sharing", "odds_alike", "private",
        )
    ),
)  # fmt: skip

#: Log odds are cut off here, the lowest also stands for "there is nobody"; and divided, to lie about as other inputs.
MOST, SCALE = 16.0, 4.0

#: Alleles that must be shared, and likeness, to be asked.
SHARED, ALIKE = 2, 0.5

#: Of haplotypes equally like another, the one of the highest odds comes first: they count so little beside likeness.
TIE = 100_000


def private_alleles(counts: npt.NDArray[np.uint8]) -> Floats:
    """Count the alleles in each bin that the outgroup all but lacks: float32 (...) of word counts (..., 32 or more)."""
    return np.asarray(counts[..., :PRIVATE].sum(axis=-1, dtype=np.float32))


def second_inputs(
    odds: npt.NDArray[np.floating],
    private: Floats,
    bins: npt.NDArray[np.int64],
    carriers: npt.NDArray[np.bool_],
) -> Iterator[Floats]:
    """Yield what the second network reads of one haplotype after the other, beside all that were read together.

    Parameters
    ----------
    odds
        (haplotypes, bins): log odds of the first reading.
    private
        (haplotypes, bins), see :func:`private_alleles`.
    bins, carriers
        (alleles,) and (alleles, haplotypes): alleles that they share, see
        :meth:`archaictools.haplotypes.feature_file.FeatureFile.sharing`.

    Yields
    ------
    numpy.ndarray
        float32 (bins, inputs), see :data:`INPUTS`.
    """
    haplotypes, number = odds.shape
    said = np.clip(odds, -MOST, MOST).astype(np.float32) / np.float32(SCALE)
    nobody = np.float32(-MOST / SCALE)
    around = [_around(private, window) for window in WINDOWS]
    every = np.arange(number)
    for row in range(haplotypes):
        mine = carriers[:, row]
        site, other = np.nonzero(carriers[mine])
        pairs = np.bincount(other * number + bins[mine][site], minlength=haplotypes * number)
        pairs = pairs.reshape(haplotypes, number)
        pairs[row] = 0
        shared = np.bincount(bins[mine], minlength=number)
        columns = [said[row], np.log1p(private[row]), np.log1p(shared)]
        for window, alleles in zip(WINDOWS, around, strict=True):
            both = _around(pairs, window)
            likeness = both / np.maximum(alleles[row] + alleles - both, 1)
            alike = (both > SHARED - 0.5) & (likeness > ALIKE)
            order = likeness + said / np.float32(TIE)
            order[row] = -0.5  # before who is asked already: itself, with which it shares nothing, stands for nobody
            first = order.argmax(axis=0)
            order[first, every] = -1
            for place in (first, order.argmax(axis=0)):
                value = likeness[place, every]
                columns += [value, np.where(value > 0, said[place, every], nobody)]
            columns += [
                np.log1p(both[first, every]),
                np.where(both > SHARED - 0.5, said, nobody).max(axis=0),
                np.where(alike, said, nobody).max(axis=0),
                np.log1p(alleles[row]),
            ]
        yield np.stack(columns, axis=-1, dtype=np.float32, casting="same_kind")


def _around(counts: npt.NDArray[Any], window: int) -> Floats:
    """Add up counts in stretches around each bin."""
    mean = uniform_filter1d(counts, window, axis=-1, mode="constant", output=np.float32)
    return np.asarray(np.rint(window * mean), dtype=np.float32)
