"""Counts of scores against the same measures of every single place, by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import average_precision_score, brier_score_loss, matthews_corrcoef, roc_auc_score

from archaictools.learning.metrics import compute_metrics, reliability
from archaictools.learning.score_histogram import STEPS, ScoreCounter, ScoreHistogram


@pytest.fixture
def said():
    """60,000 places in 7 pieces; a few are as certain as can be, and some stand at one half or next to it."""
    rng = np.random.default_rng(7)
    label = (rng.random(60_000) < 0.1).astype(np.int8)
    probability = 1 / (1 + np.exp(3 - 5 * label - rng.normal(0, 2, 60_000)))
    probability[:6] = 0, 1, 1e-12, 1 - 1e-12, 0.5, 0.5 - 1e-12
    return label, probability, rng.integers(0, 7, 60_000)


def counted(label, probability, piece) -> ScoreHistogram:
    counter = ScoreCounter(int(piece.max()) + 1)
    counter.add(label, probability, piece)
    return counter.histogram()


@pytest.mark.parametrize("way", [counted, ScoreHistogram.of])
def test_steps_say_what_every_place_says(said, way):
    label, probability, _ = said
    found = compute_metrics(*way(*said).flat())
    called = probability >= 0.5
    assert len(np.unique(probability)) > STEPS
    assert found["n"] == 60_000
    assert found["auroc"] == pytest.approx(roc_auc_score(label, probability), abs=1e-5)
    assert found["auprc"] == pytest.approx(average_precision_score(label, probability), abs=3e-4)
    assert found["brier"] == pytest.approx(brier_score_loss(label, probability), abs=1e-5)
    assert found["mcc"] == pytest.approx(matthews_corrcoef(label, called), abs=1e-12)  # no step crosses one half
    assert found["recall"] == (called & (label == 1)).sum() / label.sum()
    assert found["precision"] == (called & (label == 1)).sum() / called.sum()


@pytest.mark.parametrize("middle", [0.5, 0.02])
def test_scores_that_differ_little_keep_their_ranks(middle):
    """As of a weak control: 30,000 sentences whose log odds differ by a thousandth."""
    rng = np.random.default_rng(3)
    label = (rng.random(30_000) < 0.2).astype(np.int8)
    probability = 1 / (1 + np.exp(-logit(middle) - 1e-3 * (rng.normal(0, 1, 30_000) + label)))
    found = compute_metrics(*ScoreHistogram.of(label, probability, np.zeros(30_000, dtype=np.int64)).flat())
    assert found["auroc"] == pytest.approx(roc_auc_score(label, probability), abs=1e-4)
    assert found["auprc"] == pytest.approx(average_precision_score(label, probability), abs=5e-4)
    assert found["accuracy"] == ((probability >= 0.5) == label).mean()


def test_steps_keep_apart_what_is_almost_certain():
    certain = np.array([1 - 1e-6, 1 - 1e-9, 1 - 1e-12, 1e-6, 1e-9, 1e-12])
    counter = ScoreCounter(1)
    counter.add(np.zeros(6, dtype=np.int8), certain, np.zeros(6, dtype=np.int64))
    _, probability, number = counter.histogram().flat()
    assert number.tolist() == [1] * 6
    assert logit(probability) == pytest.approx(logit(np.sort(certain)), abs=0.02)


def test_few_scores_stand_for_themselves(said):
    label, probability, piece = said
    rounded = probability.round(2)
    found, expected = compute_metrics(*ScoreHistogram.of(label, rounded, piece).flat()), compute_metrics(label, rounded)
    assert found == pytest.approx(expected, rel=1e-12)
    assert found["auprc"] == pytest.approx(average_precision_score(label, rounded), rel=1e-12)


def test_pieces_add_up(said):
    label, probability, piece = said
    counter = ScoreCounter(7)
    for part in np.array_split(np.random.default_rng(1).permutation(60_000), 9):
        counter.add(label[part], probability[part], piece[part])
    scores = counter.histogram()
    assert np.array_equal(scores.count, counted(*said).count)
    inside = (piece == 2) | (piece == 3)
    some = compute_metrics(*scores.flat(slice(2, 4)))
    assert some["n"] == inside.sum()
    assert some["auroc"] == pytest.approx(roc_auc_score(label[inside], probability[inside]), abs=1e-4)
    group = np.array([0, 0, 1, 1, 1, 2, 2])
    joined = scores.joined(group, 3)
    assert joined.count.sum(axis=(1, 2)).tolist() == np.bincount(group[piece]).tolist()
    assert joined.count[1, :, 1].sum() == label[group[piece] == 1].sum()


def test_reliability_of_counts(said):
    label, probability, _ = said
    curve = reliability(*counted(*said).flat())
    place = np.minimum((probability * 10).astype(int), 9)
    assert curve["n"].sum() == 60_000
    for number, row in enumerate(curve.itertuples()):
        inside = place == number
        # A step at a tenth goes to one side as a whole.
        assert row.n == pytest.approx(inside.sum(), rel=0.02)
        assert row.mean_probability == pytest.approx(probability[inside].mean(), abs=2e-3)
        assert row.introgressed_share == pytest.approx(label[inside].mean(), abs=0.01)
