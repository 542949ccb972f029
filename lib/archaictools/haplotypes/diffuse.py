"""Posteriors that are diffuse: they add up to far more than is called.

In people without archaic ancestry many posteriors are small and few are large. In simulations without a pulse, at most
22 % as much was called as the posteriors add up to (15 % with an archaic genome). With a pulse it was 30 % or more in
nearly all histories (60 % with an archaic genome), whatever the share of archaic DNA. So diffuse posteriors are
lowered. This needs no labels.

Each group of people on each chromosome is judged by itself, so that a divided run gives what the whole run does.

Expectation maximization of the share of archaic DNA did not do it. In 62 simulations (seeds 41 and 42) it removed all
calls where 0.5 % was archaic, and doubled the calls with an outgroup of five.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from archaictools.learning.calibration import logit

#: Part of the expected bases that is called: posteriors are lowered in full up to the first, and not from the second.
DIFFUSE, SHARP = 0.25, 0.3

#: Log odds that are taken from diffuse posteriors: a bin is then called from 0.78. Chosen so that at most 0.1 % was
#: called in simulations without a pulse (seeds 41 and 42; 0.14 % in one of seed 52).
LOWERED = 1.25

#: Fewer expected bases tell nothing: they are a few segments.
LEAST_BASES = 100_000

#: Posterior from which a bin is called, in thousandths.
_CALLED = 500


def lower_diffuse(probability: npt.NDArray[np.float32], known: npt.NDArray[np.bool_], size: int) -> float:
    """Lower the posteriors of a group of people on a chromosome if they are diffuse.

    Parameters
    ----------
    probability
        float32 (haplotypes, bins): P(introgressed), 0 in bins that are not callable; changed in place.
    known
        bool (haplotypes, bins): the haplotype has data. Elsewhere a posterior is of no data, and does not count.
    size
        Length of a bin in bp.

    Returns
    -------
    float
        The log odds that were taken off, 0 to :data:`LOWERED`.
    """
    expected, called = 0.0, 0
    for own, there in zip(probability, known, strict=True):
        expected += float(own[there].sum(dtype=np.float64))
        # In thousandths, as posteriors are written, so that the last bits of a batch call no bin.
        called += int((np.rint(1_000 * own[there]) >= _CALLED).sum())
    if expected * size < LEAST_BASES:
        return 0.0
    sharpness = called / expected
    lowered = LOWERED * float(np.clip((SHARP - sharpness) / (SHARP - DIFFUSE), 0, 1))
    if lowered:
        for own in probability:  # one by one: log odds have 64 bits
            own[:] = np.where(own > 0, expit(logit(own) - lowered), 0)
    return lowered
