"""Intervals against the same resampling done with scikit-learn, draw by draw."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    matthews_corrcoef,
    roc_auc_score,
)

from archaictools.learning import bootstrap as resampling
from archaictools.learning.bootstrap import BLOCKS, BlockBootstrap, blocks_of
from archaictools.learning.draws import interval
from archaictools.learning.metrics import calibration_error
from archaictools.learning.report import reliability_with_intervals
from archaictools.learning.score_histogram import ScoreHistogram
from archaictools.learning.splits import Locations


def held(label: np.ndarray, rng: np.random.Generator) -> Locations:
    count = len(label)
    chrom = rng.integers(0, 3, count).astype(np.uint32)
    start = rng.permutation(count).astype(np.int64) * 100
    return Locations(["a", "b", "c"], chrom, start, start + 200, label.astype(np.int8))


def measures(label, score):
    return {
        "accuracy": accuracy_score(label, score >= 0.5),
        "auroc": roc_auc_score(label, score),
        "auprc": average_precision_score(label, score),
        "mcc": matthews_corrcoef(label, score >= 0.5),
        "brier": brier_score_loss(label, score),
        "ece": calibration_error(label, score),
    }


@pytest.mark.parametrize("ties", [False, True])
def test_every_draw_is_what_scikit_learn_says_of_the_drawn_sentences(monkeypatch, ties):
    monkeypatch.setattr(resampling, "DRAWS", 30)
    rng = np.random.default_rng(4)
    label = rng.integers(0, 2, 1_030)
    score = np.clip(0.3 * label + rng.random(1_030) * 0.7, 0, 1)
    if ties:
        score = score.round(1)
    places = held(label, rng)
    scores = ScoreHistogram.of(label, score, blocks_of(places))
    found = BlockBootstrap(BLOCKS, seed=8).draw(scores)
    order = np.lexsort((places.start, places.chrom))
    blocks = [order[np.arange(1_030) * BLOCKS // 1_030 == block] for block in range(BLOCKS)]
    chosen = np.random.default_rng(8).integers(0, BLOCKS, size=(30, BLOCKS))
    for draw in range(30):
        rows = np.concatenate([blocks[block] for block in chosen[draw]])
        expected = measures(label[rows], score[rows])
        for name, value in expected.items():
            assert found[name][draw] == pytest.approx(value, abs=1e-9), (name, draw)


def test_intervals_of_a_reliability_curve_are_those_of_the_drawn_examples():
    rng = np.random.default_rng(4)
    score = np.concatenate([rng.uniform(0, 0.25, 900), rng.uniform(0.7, 1, 130)])
    label = (rng.random(1_030) < score**1.5).astype(int)
    places = held(label, rng)
    curve = reliability_with_intervals(ScoreHistogram.of(label, score, blocks_of(places)), seed=8)
    order = np.lexsort((places.start, places.chrom))
    blocks = [order[np.arange(1_030) * BLOCKS // 1_030 == block] for block in range(BLOCKS)]
    drawn = [
        np.concatenate([blocks[one] for one in row]) for row in np.random.default_rng(8).integers(0, 50, (1_000, 50))
    ]
    assert curve["low"].round(1).tolist() == [0, 0.1, 0.2, 0.7, 0.8, 0.9]
    for row in curve.to_dict("records"):
        shares = []
        for rows in drawn:
            inside = rows[(score[rows] >= row["low"]) & (score[rows] < row["high"])]
            if len(inside):
                shares.append(label[inside].mean())
        assert [row["share_low"], row["share_high"]] == pytest.approx(np.quantile(shares, [0.025, 0.975]), abs=1e-9)
        assert row["share_low"] < row["introgressed_share"] < row["share_high"]


def test_draws_of_one_class_define_no_ranking(monkeypatch):
    monkeypatch.setattr(resampling, "DRAWS", 200)
    label = np.array([1, 0, 0, 0])
    block = blocks_of(held(label, np.random.default_rng(1)))
    found = BlockBootstrap(4, seed=1).draw(ScoreHistogram.of(label, np.array([0.9, 0.2, 0.1, 0.4]), block))
    alone = np.isnan(found["auroc"])
    assert 0.2 < alone.mean() < 0.45  # the one introgressed window is left out of (3/4)^4 of the draws
    assert np.isnan(found["auprc"][alone]).all()
    assert np.isnan(found["mcc"][alone]).all()
    assert interval(found["auroc"]) == [1.0, 1.0]
    assert np.isnan(interval(np.full(3, np.nan))).all()


def test_intervals_are_wider_where_neighbours_agree():
    """Labels and scores constant over long runs carry less information than the same number drawn freely."""
    rng = np.random.default_rng(2)
    free = rng.integers(0, 2, 2_000)
    score_free = free * 0.4 + rng.normal(0, 1, 2_000)
    runs = np.repeat(rng.integers(0, 2, 100), 20)
    score_runs = np.repeat(runs[::20] * 0.4 + rng.normal(0, 1, 100), 20)

    def bounds(label, score):
        start = np.arange(2_000, dtype=np.int64) * 200
        places = Locations(["a"], np.zeros(2_000, dtype=np.uint32), start, start + 200, label.astype(np.int8))
        scores = ScoreHistogram.of(label, 1 / (1 + np.exp(-score)), blocks_of(places))
        return interval(BlockBootstrap(scores.pieces, seed=1).draw(scores)["auroc"])

    low, high = bounds(free, score_free)
    wide_low, wide_high = bounds(runs, score_runs)
    one, zero = score_free[free == 1], score_free[free == 0]
    assert low < (one[:, None] > zero).mean() < high
    assert wide_high - wide_low > 2 * (high - low)
