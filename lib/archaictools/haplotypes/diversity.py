"""Genetic diversity of the outgroup, beside that of the simulations that the pretrained model was trained on.

The model knows how many alleles a tract carries in humans of its training. Where people differ at fewer sites, a tract
carries fewer of them, so that every posterior is near 0. This is no sign of absence.

Without an archaic genome, bins of such a chromosome therefore count as partly callable. The model then expects fewer
alleles. With an archaic genome posteriors hold without it (F1 0.97 at half the diversity), and nothing is changed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import shortlist

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile

log = logging.getLogger("archaictools")

#: Watterson's estimate for each kb in the least diverse simulations of the training (9K19).
TRAINED = 1.0

#: Range of the training, with a margin: 1.0 (9K19) to 2.2 (10J19), real Yoruba 1.2. A chromosome of fewer variable
#: sites is corrected for.
LOWEST, HIGHEST = 0.8, 2.8

#: With fewer variable sites of the outgroup, the diversity of a chromosome is not estimated.
MIN_SITES = 1_000


def watterson(variable: npt.NDArray[np.uint16], callable_bases: npt.NDArray[np.uint16], outgroup: int) -> float:
    """Return Watterson's estimate of the outgroup's diversity, for each kb of callable sequence.

    It does not depend on the number of people: the number of variable sites is divided by the sum of 1/i, for i from 1
    to the number of chromosomes less one (Watterson 1975, https://doi.org/10.1016/0040-5809(75)90020-9).

    Parameters
    ----------
    variable
        uint16 (bins,): sites that vary in the outgroup.
    callable_bases
        uint16 (bins,): bases that could be called.
    outgroup
        Number of outgroup samples, each with two chromosomes.

    Returns
    -------
    float
        Sites for each kb; NaN with fewer than :data:`MIN_SITES` sites, or without an outgroup.
    """
    sites, bases = int(variable.sum(dtype=np.int64)), int(callable_bases.sum(dtype=np.int64))
    if sites < MIN_SITES or not bases or not outgroup:
        return float("nan")
    return 1_000 * sites / bases / float((1 / np.arange(1, 2 * outgroup)).sum())


def called_part(diversity: float) -> float:
    """Return the part of a bin that counts as callable without an archaic genome; 1 within the range of the training.

    Examples
    --------
    >>> called_part(1.2), called_part(0.5), called_part(float("nan"))
    (1.0, 0.5, 1.0)
    """
    return diversity / TRAINED if diversity < LOWEST else 1.0


def diversity_of(features: FeatureFile, chrom: str) -> float:
    """Return the diversity of a chromosome, see :func:`watterson`."""
    variable, bases = (features.shared(chrom, name) for name in ("outgroup_variable", "callable"))
    return watterson(variable, bases, features.encoding.outgroup)


def unlike_training(features: FeatureFile) -> dict[str, float]:
    """Return the diversity of chromosomes outside the range of the training; none where an archaic genome is named."""
    if features.encoding.archaic:
        return {}
    found = {chrom: diversity_of(features, chrom) for chrom in features.bins}
    return {chrom: value for chrom, value in found.items() if value < LOWEST or value > HIGHEST}


def describe(found: Mapping[str, float]) -> str:
    """Return a sentence about chromosomes unlike the training."""
    values = sorted(found.values())
    span = f"{values[0]:.2f}" if len(values) == 1 else f"{values[0]:.2f} to {values[-1]:.2f}"
    return (
        f"unlike the training: the outgroup's diversity is {span} per kb ({LOWEST} to {HIGHEST} in training) on "
        f"{shortlist(list(found))}. Posteriors are not reliable there; their ranking may be. "
        "Little archaic sequence does not mean none"
    )


def warn_if_unlike_training(features: FeatureFile) -> dict[str, float]:
    """Warn of chromosomes whose diversity the pretrained model never saw, and return them."""
    found = unlike_training(features)
    if found:
        log.warning("%s", describe(found))
    return found
