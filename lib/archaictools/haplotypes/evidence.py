"""Which sites tell whether a haplotype holds data, which of its calls are missing, and whether it exists at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.callability import typed_sites

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.io.sites import Sites

    Flags = npt.NDArray[np.bool_]


class Evidence:
    """Missing calls of an ingroup on one chromosome, block by block.

    Parameters
    ----------
    outgroup, ingroup
        Numbers of people; those of the outgroup come first in all arrays.
    """

    def __init__(self, outgroup: int, ingroup: int) -> None:
        self._outgroup, self._people = slice(0, outgroup), slice(outgroup, outgroup + ingroup)
        self._haploid, self._diploid = (np.zeros(ingroup, dtype=bool) for _ in range(2))

    def add(self, sites: Sites, alleles: npt.NDArray[np.int8], inside: Flags) -> tuple[Flags, Flags]:
        """Return the sites that are evidence, and the missing calls there.

        A site is evidence where somebody of the outgroup, and most of the outgroup or of the ingroup, is called. Each
        group counts by itself: a region that all of a large ingroup lacks is missing in them, however few the others
        are. Sites at which the modern people do not differ are evidence, too.

        Parameters
        ----------
        sites
            Their ``calls.haploid`` names haploid genotypes.
        alleles
            int8 (sites, people, 2) of everyone; -1 not called.
        inside
            bool (sites,): in callable regions.

        Returns
        -------
        typed
            bool (sites,): the sites that are evidence.
        missing
            bool (sites, haplotypes of the ingroup).
        """
        people, haploid = self._people, sites.calls.haploid
        if haploid is not None:
            self._haploid |= (haploid[:, people] & (alleles[:, people, 0] >= 0)).any(axis=0)
        self._diploid |= (alleles[:, people, 1] >= 0).any(axis=0)
        if alleles.min(initial=0) >= 0:
            return inside, np.zeros((len(sites), 2 * len(self._haploid)), dtype=bool)
        exists = None
        if haploid is not None:
            exists = np.ones(alleles.shape, dtype=bool)
            exists[..., 1] = ~haploid[:, : people.stop]
        flat = (len(sites), -1)
        most = [
            typed_sites(alleles[:, group].reshape(flat), None if exists is None else exists[:, group].reshape(flat))
            for group in (self._outgroup, people)
        ]
        typed = inside & (alleles[:, self._outgroup] >= 0).any(axis=(1, 2)) & (most[0] | most[1])
        return typed, (alleles[:, people] < 0).reshape(flat) & typed[:, None]

    def exists(self) -> Flags:
        """Return which haplotypes exist, bool (haplotypes,): a person with haploid calls alone has no second."""
        exists = np.ones((len(self._haploid), 2), dtype=bool)
        exists[:, 1] = self._diploid | ~self._haploid
        return exists.reshape(-1)
