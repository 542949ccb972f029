"""Counts of one tile of a chromosome, for all haplotypes, until the tile is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.allele_classes import CLASSES, count_classes, ordered_pairs
from archaictools.haplotypes.feature_layout import TILE
from archaictools.haplotypes.feature_writer import FeatureChunk

if TYPE_CHECKING:
    import numpy.typing as npt

#: Largest stored count; a bin of 1 kb rarely reaches it.
MAX_COUNT = 255


class TileBuffer:
    """Counts of the :data:`TILE` bins that are being encoded.

    Parameters
    ----------
    haplotypes
        Number of ingroup haplotypes.
    archaics
        Number of archaic samples.
    """

    def __init__(self, haplotypes: int, archaics: int) -> None:
        self._features = np.zeros((haplotypes, TILE, len(CLASSES)), dtype=np.uint16)
        self._matches = np.zeros((haplotypes, TILE, archaics, 3), dtype=np.uint16)
        self._pairs = np.zeros((haplotypes, TILE, archaics * (archaics - 1), 2), dtype=np.uint16)
        self._missing = np.zeros((haplotypes, TILE), dtype=np.uint16)
        self._variable, self._typed = (np.zeros(TILE, dtype=np.uint16) for _ in range(2))

    def add_evidence(
        self, bins: npt.NDArray[np.int64], typed: npt.NDArray[np.bool_], missing: npt.NDArray[np.bool_]
    ) -> None:
        """Count sites that are evidence, and missing calls there.

        Parameters
        ----------
        bins
            int64 (sites,): bin of each site within the tile.
        typed
            bool (sites,): sites that are evidence.
        missing
            bool (sites, haplotypes): missing calls at these sites.
        """
        self._typed[:] += np.bincount(bins[typed], minlength=TILE).astype(np.uint16)
        site, haplotype = np.nonzero(missing)
        if len(site):
            number = np.bincount(haplotype * TILE + bins[site], minlength=self._missing.size)
            self._missing += number.reshape(self._missing.shape).astype(np.uint16)

    def add_features(
        self, bins: npt.NDArray[np.int64], classes: npt.NDArray[np.int8], variable: npt.NDArray[np.bool_]
    ) -> None:
        """Count alleles by class, and sites that vary in the outgroup.

        Parameters
        ----------
        bins
            int64 (sites,), ascending, 1 or more: bin of each site within the tile.
        classes
            int8 (sites, haplotypes): index into :data:`~archaictools.haplotypes.allele_classes.CLASSES`, -1 for none.
        variable
            bool (sites,): sites that vary in the outgroup.
        """
        first, number = int(bins[0]), int(bins[-1] - bins[0]) + 1
        where = slice(first, first + number)
        self._features[:, where] += count_classes(classes, bins - first, number).astype(np.uint16)
        self._variable[where] += np.bincount(bins[variable] - first, minlength=number).astype(np.uint16)

    def add_matches(
        self,
        bins: npt.NDArray[np.int64],
        rare: npt.NDArray[np.bool_],
        alleles: npt.NDArray[np.int8],
        carried: npt.NDArray[np.int8],
        called: npt.NDArray[np.int8],
    ) -> None:
        """Count rare alleles by the call of each archaic sample, and those that separate two archaic samples.

        Parameters
        ----------
        bins
            int64 (sites,): bin of each site within the tile.
        rare
            bool (sites, haplotypes): haplotypes whose allele is rare in the outgroup.
        alleles
            int8 (sites, haplotypes): number of the allele, -1 not called.
        carried
            int8 (sites, alleles, archaic samples): chromosomes that carry each allele.
        called
            int8 (sites, archaic samples): called chromosomes.
        """
        site, haplotype = np.nonzero(rare)
        where, allele = bins[site], alleles[site, haplotype]
        known, shared = called[site] > 0, carried[site, allele] > 0
        missing = ~known & (allele > 0)[:, None]
        for sample in range(carried.shape[2]):
            for number, counted in enumerate((known, shared, missing)):
                chosen = np.flatnonzero(counted[:, sample])
                np.add.at(self._matches[:, :, sample, number], (haplotype[chosen], where[chosen]), 1)
        for pair, (first, second) in enumerate(ordered_pairs(carried.shape[2])):
            for number, counted in enumerate((known & ~shared, missing)):
                chosen = np.flatnonzero(shared[:, first] & counted[:, second])
                np.add.at(self._pairs[:, :, pair, number], (haplotype[chosen], where[chosen]), 1)

    def chunk(self, bins: int, callable_bases: npt.NDArray[np.int64]) -> FeatureChunk:
        """Return the counts of the first ``bins`` bins, with the callable bases of each."""
        return FeatureChunk(
            counts=np.minimum(self._features[:, :bins], MAX_COUNT).astype(np.uint8),
            matches=np.minimum(self._matches[:, :bins], MAX_COUNT).astype(np.uint8),
            outgroup_variable=self._variable[:bins],
            callable=callable_bases.astype(np.uint16),
            typed=self._typed[:bins],
            missing=self._missing[:, :bins],
            pairs=np.minimum(self._pairs[:, :bins], MAX_COUNT).astype(np.uint8),
        )
