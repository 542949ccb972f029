"""The rival that everyone uses: a Hidden Markov Model of two states that emit Poisson counts.

Skov et al. 2018 (hmmix) read, in each kilobase, how many alleles a haplotype carries that the outgroup lacks; in an
archaic state there are more of them. With an archaic genome, alleles that it shares are counted apart from those that
it lacks, as DAIseg does. The parameters are fitted by expectation and maximisation to the haplotypes themselves,
without labels, by hmmlearn.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
from hmmlearn.hmm import PoissonHMM

from archaictools.haplotypes.allele_classes import ARCHAIC, FREQUENCIES, PATTERNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

#: Before fitting: share of introgressed bins, mean length of a tract in bins, and how many more alleles tracts have.
SHARE, TRACT, MORE = 0.02, 50, 5.0

#: Rounds of expectation and maximisation at most.
ROUNDS = 30

_ABSENT = FREQUENCIES.index("absent")
_SHARED = [ARCHAIC.index("het"), ARCHAIC.index("hom")]


def observations(inputs: npt.NDArray[np.uint8], *, archaic: bool) -> npt.NDArray[np.int64]:
    """Return what the HMM reads of each bin.

    Parameters
    ----------
    inputs
        uint8 (..., 34).
    archaic
        Count alleles that the archaic people share apart from the others.

    Returns
    -------
    numpy.ndarray
        int64 (..., 1 or 2): alleles that the outgroup lacks; with ``archaic``, those not shared, then those shared.
    """
    shape = (*inputs.shape[:-1], len(FREQUENCIES), len(ARCHAIC))
    absent = inputs[..., : len(PATTERNS)].reshape(shape)[..., _ABSENT, :].astype(np.int64)
    total, shared = absent.sum(axis=-1), absent[..., _SHARED].sum(axis=-1)
    return np.stack([total - shared, shared], axis=-1) if archaic else total[..., None]


def fitted(haplotypes: Sequence[npt.NDArray[np.int64]], *, seed: int) -> PoissonHMM:
    """Fit the HMM to haplotypes, each (bins, counts) as from :func:`observations`."""
    logging.getLogger("hmmlearn").setLevel(logging.ERROR)  # says when a round gains nothing
    joined = np.concatenate(haplotypes)
    mean = np.maximum(joined.mean(axis=0), 1e-3)
    model = PoissonHMM(n_components=2, params="stl", init_params="", n_iter=ROUNDS, random_state=seed)
    leave, enter = 1 / TRACT, SHARE / (1 - SHARE) / TRACT
    model.startprob_ = np.array([1 - SHARE, SHARE])
    model.transmat_ = np.array([[1 - enter, enter], [leave, 1 - leave]])
    model.lambdas_ = np.stack([mean * 0.9, mean * MORE])
    model.fit(joined, [len(one) for one in haplotypes])
    # Where no haplotype had an allele, both rates are 0 and a haplotype that has one would be impossible.
    model.lambdas_ = np.maximum(model.lambdas_, 1e-6)
    return model


def posterior(model: PoissonHMM, haplotype: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the posterior of the archaic state, float64 (bins,), of one haplotype, as from :func:`observations`."""
    archaic = int(np.argmax(model.lambdas_[:, -1]))  # of two counts, the alleles that are shared
    return np.asarray(model.predict_proba(haplotype)[:, archaic], dtype=np.float64)
