"""The HMM against the forward-backward algorithm by hand."""

from __future__ import annotations

import numpy as np
from scipy.stats import poisson
from sklearn.metrics import average_precision_score

from archaictools.haplotypes import hmm
from archaictools.haplotypes.allele_classes import CLASSES


def test_hmm_posteriors_against_forward_backward_by_hand():
    rng = np.random.default_rng(6)
    state = np.repeat([0, 1, 0, 1, 0], [300, 60, 400, 40, 200])
    observed = rng.poisson(np.where(state, 3.0, 0.4))[:, None]
    model = hmm.fitted([observed], seed=1)
    found = hmm.posterior(model, observed)
    assert average_precision_score(state, found) > 0.9
    # With the parameters that hmmlearn ended at, posteriors must be those of the textbook recursion.
    emission = np.stack([poisson.pmf(observed[:, 0], rate[0]) for rate in model.lambdas_], axis=1)
    forward = np.empty_like(emission)
    forward[0] = model.startprob_ * emission[0]
    forward[0] /= forward[0].sum()
    for place in range(1, len(emission)):
        forward[place] = (forward[place - 1] @ model.transmat_) * emission[place]
        forward[place] /= forward[place].sum()
    backward = np.ones_like(emission)
    for place in range(len(emission) - 2, -1, -1):
        backward[place] = model.transmat_ @ (emission[place + 1] * backward[place + 1])
        backward[place] /= backward[place].sum()
    both = forward * backward
    both /= both.sum(axis=1, keepdims=True)
    assert np.allclose(found, both[:, int(np.argmax(model.lambdas_[:, 0]))], atol=1e-6)


def test_what_the_hmm_reads():
    inputs = np.zeros((1, 1, 34), dtype=np.uint8)
    for word, count in (("absent_lacked", 3), ("absent_het", 1), ("absent_hom", 5), ("absent_uncalled", 2)):
        inputs[0, 0, CLASSES.index(word)] = count
    inputs[0, 0, CLASSES.index("to_1_hom")] = 9
    assert hmm.observations(inputs, archaic=False)[0, 0].tolist() == [11]
    assert hmm.observations(inputs, archaic=True)[0, 0].tolist() == [5, 6]


def test_an_hmm_stays_finite_where_no_fitted_haplotype_had_an_allele():
    model = hmm.fitted([np.zeros((500, 1), dtype=np.int64)], seed=1)
    found = hmm.posterior(model, np.array([[0], [3], [0], [0]]))
    assert np.isfinite(found).all()
