"""Genetic diversity of the outgroup, beside that of the simulations that the pretrained model was trained on.

The model knows how many alleles a tract carries in humans of its training. Where people differ at fewer sites, a tract
carries fewer of them, so that every posterior is near 0. This is no sign of absence.

Without an archaic genome, bins of such a chromosome therefore count as partly callable. The model then expects fewer
alleles. With an archaic genome posteriors hold without it (F1 0.97 at half the diversity), and nothing is changed.
:mod:`archaictools.haplotypes.likeness` tells the user where data are unlike the training.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Watterson's estimate for each kb in the least diverse simulations of the training (9K19).
TRAINED = 1.0

#: A chromosome of less diversity is corrected for.
LOWEST = 0.8

#: With fewer variable sites of the outgroup, the diversity of a chromosome is not estimated.
MIN_SITES = 1_000


def watterson(sites: int, bases: int, outgroup: int) -> float:
    """Return Watterson's estimate of the outgroup's diversity, for each kb of callable sequence.

    It does not depend on the number of people: the number of variable sites is divided by the sum of 1/i, for i from 1
    to the number of chromosomes less one (Watterson 1975, https://doi.org/10.1016/0040-5809(75)90020-9).

    Parameters
    ----------
    sites
        Number of sites that vary in the outgroup.
    bases
        Number of bases that could be called.
    outgroup
        Number of outgroup samples, each with two chromosomes.

    Returns
    -------
    float
        Sites for each kb; NaN with fewer than :data:`MIN_SITES` sites, or without an outgroup.
    """
    if sites < MIN_SITES or not bases or not outgroup:
        return float("nan")
    return 1_000 * sites / bases / float((1 / np.arange(1, 2 * outgroup)).sum())


def diversity_of(variable: npt.NDArray[np.integer], bases: npt.NDArray[np.integer], outgroup: int) -> float:
    """Return Watterson's estimate from variable sites and callable bases by bin; see :func:`watterson`."""
    return watterson(int(variable.sum(dtype=np.int64)), int(bases.sum(dtype=np.int64)), outgroup)


def called_part(diversity: float) -> float:
    """Return the part of a bin that counts as callable without an archaic genome; 1 within the range of the training.

    Examples
    --------
    >>> called_part(1.2), called_part(0.5), called_part(float("nan"))
    (1.0, 0.5, 1.0)
    """
    return diversity / TRAINED if diversity < LOWEST else 1.0
