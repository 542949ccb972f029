"""Evidence of missing data: sites at which others are called, missing calls there, and haploid chromosomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.io.sites import Sites

    Flags = npt.NDArray[np.bool_]


class Evidence:
    """Missing calls of an ingroup on one chromosome, block by block.

    Parameters
    ----------
    outgroup, ingroup
        Numbers of samples; the outgroup comes first in all arrays.
    """

    def __init__(self, outgroup: int, ingroup: int) -> None:
        self._outgroup, self._ingroup = slice(0, outgroup), slice(outgroup, outgroup + ingroup)
        self._haploid, self._diploid = (np.zeros(ingroup, dtype=bool) for _ in range(2))

    def add(self, sites: Sites, alleles: npt.NDArray[np.int8], inside: Flags) -> tuple[Flags, Flags]:
        """Return the sites that are evidence, and the missing calls there.

        A site is evidence if an outgroup haplotype is called: there an allele can be compared. So a region that a whole
        ingroup lacks is missing there, and evidence does not depend on who else is in the ingroup. Sites at which the
        modern samples do not differ are evidence, too.

        Parameters
        ----------
        sites
            The sites; ``calls.haploid`` marks haploid genotypes.
        alleles
            int8 (sites, samples, 2): alleles of outgroup and ingroup, -1 not called.
        inside
            bool (sites,): sites in callable regions.

        Returns
        -------
        typed
            bool (sites,): sites that are evidence.
        missing
            bool (sites, ingroup haplotypes): missing calls at these sites.
        """
        ingroup, haploid = self._ingroup, sites.calls.haploid
        if haploid is not None:
            self._haploid |= (haploid[:, ingroup] & (alleles[:, ingroup, 0] >= 0)).any(axis=0)
        self._diploid |= (alleles[:, ingroup, 1] >= 0).any(axis=0)
        if alleles.min(initial=0) >= 0:
            return inside, np.zeros((len(sites), 2 * len(self._haploid)), dtype=bool)
        typed = inside & (alleles[:, self._outgroup] >= 0).any(axis=(1, 2))
        return typed, (alleles[:, ingroup] < 0).reshape(len(sites), -1) & typed[:, None]

    def exists(self) -> Flags:
        """Return which ingroup haplotypes exist: bool (haplotypes,).

        A sample with haploid calls only has no second haplotype.
        """
        exists = np.ones((len(self._haploid), 2), dtype=bool)
        exists[:, 1] = self._diploid | ~self._haploid
        return exists.reshape(-1)
