"""Random order of the alleles of unphased heterozygotes, the same whichever other samples or regions are read.

The order is a function of seed, chromosome, sample and position: a hash in place of a generator with a state. Source of
the mixing function: SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_STEP, _FIRST, _SECOND = (np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


class RandomPhase:
    """Random order of alleles on one chromosome.

    Parameters
    ----------
    samples
        Names of the samples.
    chrom, seed
        Name of the chromosome, and random seed.
    """

    def __init__(self, samples: Sequence[str], *, chrom: str, seed: int) -> None:
        texts = (f"{seed}\t{chrom}\t{name}".encode() for name in samples)
        keys = [int.from_bytes(hashlib.sha256(text).digest()[:8], "little") for text in texts]
        self._keys = np.array(keys, dtype=np.uint64)

    def swaps(self, position: npt.NDArray[np.int64], unphased: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return the genotypes whose alleles change places: about half of those that are unphased.

        Parameters
        ----------
        position
            int64 (sites,): 0-based positions.
        unphased
            bool (sites, samples): genotypes to phase.

        Returns
        -------
        numpy.ndarray
            bool (sites, samples).

        Examples
        --------
        >>> phase = RandomPhase(["a", "b"], chrom="chr1", seed=1)
        >>> both = phase.swaps(np.arange(1000), np.ones((1000, 2), dtype=bool))
        >>> alone = RandomPhase(["b"], chrom="chr1", seed=1).swaps(np.arange(500, 1000), np.ones((500, 1), dtype=bool))
        >>> bool((both[500:, 1:] == alone).all()), 400 < int(both[:, 0].sum()) < 600
        (True, True)
        """
        site, sample = np.nonzero(unphased)
        with np.errstate(over="ignore"):
            mixed = self._keys[sample] + position[site].astype(np.uint64) * _STEP
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
            mixed ^= mixed >> np.uint64(31)
        found = np.zeros(unphased.shape, dtype=bool)
        found[site, sample] = mixed >> np.uint64(63)
        return found
