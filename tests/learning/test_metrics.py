"""Measures against definitions computed the long way."""

from __future__ import annotations

import numpy as np
import pytest

from archaictools.learning.metrics import calibration_error, compute_metrics
from archaictools.learning.report import Predicted, judge
from archaictools.learning.splits import SIDES, Locations


@pytest.fixture
def example():
    rng = np.random.default_rng(5)
    label = rng.integers(0, 2, 400)
    probability = np.clip(rng.normal(0.35 + 0.3 * label, 0.2), 0, 1).round(2)
    return label.astype(np.int8), probability


def test_measures_equal_their_definitions(example):
    label, p = example
    found = compute_metrics(label, p)
    one, zero = p[label == 1], p[label == 0]
    auroc = np.mean([(a > b) + (a == b) / 2 for a in one for b in zero])
    called = p >= 0.5
    tp, fp = (called & (label == 1)).sum(), (called & (label == 0)).sum()
    fn, tn = (~called & (label == 1)).sum(), (~called & (label == 0)).sum()
    mcc = (tp * tn - fp * fn) / np.sqrt(float((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
    assert found["auroc"] == pytest.approx(auroc)
    assert found["accuracy"] == pytest.approx((tp + tn) / 400)
    assert found["mcc"] == pytest.approx(mcc)
    assert found["precision"] == pytest.approx(tp / (tp + fp))
    assert found["recall"] == pytest.approx(tp / (tp + fn))
    assert found["f1"] == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert found["brier"] == pytest.approx(np.mean((p - label) ** 2))
    assert found["prevalence"] == pytest.approx(label.mean())
    ece = 0.0
    for low in range(10):
        inside = (p >= low / 10) & ((p < (low + 1) / 10) | (low == 9))
        if inside.any():
            ece += inside.mean() * abs(p[inside].mean() - label[inside].mean())
    assert found["ece"] == pytest.approx(ece)


def test_calibration_of_honest_and_of_overconfident_probabilities():
    rng = np.random.default_rng(1)
    p = rng.random(200_000)
    label = (rng.random(200_000) < p).astype(int)
    assert calibration_error(label, p) < 0.01
    assert calibration_error(label, (p > 0.5).astype(float)) == pytest.approx(0.25, abs=0.01)


def test_one_class_has_no_auroc():
    found = compute_metrics(np.ones(5, dtype=np.int8), np.linspace(0.2, 0.9, 5))
    assert np.isnan(found["auroc"])
    assert np.isnan(found["mcc"])
    assert found["recall"] == 0.6


def locations_of(label):
    count = len(label)
    start = np.arange(count, dtype=np.int64) * 200
    return Locations(["chr1"], np.zeros(count, dtype=np.uint32), start, start + 200, label.astype(np.int8))


@pytest.mark.parametrize(
    ("signal", "audit", "verdict"),
    [(1.0, "clean", "skill"), (0.0, "clean", "no skill"), (1.0, "leaky", "leaky"), (-1.0, "clean", "no skill")],
)
def test_verdict(signal, audit, verdict):
    rng = np.random.default_rng(3)
    label = rng.integers(0, 2, 900)
    probability = 1 / (1 + np.exp(-(signal * (2 * label - 1) + rng.normal(0, 1, 900))))
    sides = {
        name: Predicted(rows, probability[rows], np.ones(300, dtype=np.int64))
        for name, rows in zip(SIDES, np.arange(900).reshape(3, 300), strict=True)
    }
    found = judge(locations_of(label), sides, {"verdict": audit, "reason": "because"}, units="bins", seed=1)
    assert found["verdict"] == verdict
    assert "on held-out bins" in found["reason"]
    assert found["test"]["n"] == 300
