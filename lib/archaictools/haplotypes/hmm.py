"""Baseline: a two-state hidden Markov model of Poisson counts (hmmix, Skov et al. 2018).

In each bin, the model reads how many alleles of a haplotype the outgroup lacks; the archaic state has more of them.
With an archaic genome, alleles that it shares are counted separately, as in DAIseg. hmmlearn fits the parameters to the
haplotypes by expectation maximisation, without labels.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
from hmmlearn.hmm import PoissonHMM

from archaictools.haplotypes.allele_classes import ARCHAIC, CLASSES, FREQUENCIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

#: Initial share of introgressed bins.
INTROGRESSED_SHARE = 0.02
#: Initial mean length of a tract, in bins.
TRACT_BINS = 50
#: Initial ratio of the rates of alleles in tracts and on average.
RATE_RATIO = 5.0

#: Largest number of rounds of expectation maximisation.
MAX_ROUNDS = 30

_ABSENT = FREQUENCIES.index("absent")
_SHARED = [ARCHAIC.index("het"), ARCHAIC.index("hom")]


def observations(inputs: npt.NDArray[np.uint8], *, archaic: bool) -> npt.NDArray[np.int64]:
    """Return the counts that the HMM reads.

    Parameters
    ----------
    inputs
        uint8 (..., 34): inputs of bins.
    archaic
        Count the alleles that the archaic genomes share separately.

    Returns
    -------
    numpy.ndarray
        int64 (..., 1): alleles that the outgroup lacks; with ``archaic`` (..., 2): those not shared, and those shared.
    """
    shape = (*inputs.shape[:-1], len(FREQUENCIES), len(ARCHAIC))
    absent = inputs[..., : len(CLASSES)].reshape(shape)[..., _ABSENT, :].astype(np.int64)
    total, shared = absent.sum(axis=-1), absent[..., _SHARED].sum(axis=-1)
    return np.stack([total - shared, shared], axis=-1) if archaic else total[..., None]


def fitted(haplotypes: Sequence[npt.NDArray[np.int64]], *, seed: int) -> PoissonHMM:
    """Return an HMM fitted to haplotypes, each int64 (bins, counts) from :func:`observations`."""
    logging.getLogger("hmmlearn").setLevel(logging.ERROR)  # it warns if a round does not improve the fit
    joined = np.concatenate(haplotypes)
    mean = np.maximum(joined.mean(axis=0), 1e-3)
    model = PoissonHMM(n_components=2, params="stl", init_params="", n_iter=MAX_ROUNDS, random_state=seed)
    leave, enter = 1 / TRACT_BINS, INTROGRESSED_SHARE / (1 - INTROGRESSED_SHARE) / TRACT_BINS
    model.startprob_ = np.array([1 - INTROGRESSED_SHARE, INTROGRESSED_SHARE])
    model.transmat_ = np.array([[1 - enter, enter], [leave, 1 - leave]])
    model.lambdas_ = np.stack([mean * 0.9, mean * RATE_RATIO])
    model.fit(joined, [len(one) for one in haplotypes])
    # If no haplotype has an allele, both rates are 0, and a haplotype that has one would be impossible.
    model.lambdas_ = np.maximum(model.lambdas_, 1e-6)
    return model


def posterior(model: PoissonHMM, haplotype: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the posterior of the archaic state, float64 (bins,).

    Parameters
    ----------
    model
        A fitted HMM.
    haplotype
        int64 (bins, counts), from :func:`observations`.
    """
    archaic = int(np.argmax(model.lambdas_[:, -1]))  # the last count: with two, the alleles that are shared
    return np.asarray(model.predict_proba(haplotype)[:, archaic], dtype=np.float64)
