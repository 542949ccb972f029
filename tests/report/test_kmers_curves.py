"""Curves and intervals of the report of k-mers against scikit-learn and against resampling by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from archaictools.learning.bootstrap import BlockBootstrap
from archaictools.learning.draws import interval
from archaictools.learning.metrics import precision_recall, roc
from archaictools.learning.score_histogram import ScoreHistogram
from archaictools.report.blocks import Absent, Chart, Notes
from archaictools.report.kmers import curves, reliability
from archaictools.report.kmers.loading import load_kmer_results
from archaictools.report.kmers.results import KmerResults
from synthetic_kmers import kmer_files


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return load_kmer_results(kmer_files(tmp_path_factory.mktemp("chain")))


@pytest.fixture(scope="module")
def examples():
    rng = np.random.default_rng(4)
    label = rng.integers(0, 2, 300)
    probability = np.round(np.clip(0.3 * label + rng.uniform(0, 0.7, 300), 0, 1), 2)  # with ties
    return label, probability, np.repeat(np.arange(6), 50)


def test_area_under_the_points_is_the_auroc(examples):
    label, probability, _ = examples
    points = roc(label, probability)
    area = np.trapezoid(points["true_positive_rate"], points["false_positive_rate"])
    assert area == pytest.approx(roc_auc_score(label, probability))
    steps = precision_recall(label, probability)
    average = (np.diff(steps["recall"], prepend=0) * steps["precision"]).sum()
    assert average == pytest.approx(average_precision_score(label, probability))


def test_curves_of_one_class():
    assert roc(np.ones(4), np.linspace(0, 1, 4)).empty
    assert precision_recall(np.zeros(4), np.linspace(0, 1, 4)).empty


def drawn(block, seed, count=40):
    """Rows of the first draws: blocks with replacement, as often as they were drawn."""
    blocks = int(block.max()) + 1
    chosen = np.random.default_rng(seed).integers(0, blocks, size=(1_000, blocks))
    return [np.concatenate([np.flatnonzero(block == one) for one in row]) for row in chosen[:count]]


def test_draws_equal_resampling_by_hand(examples):
    label, probability, block = examples
    scores = ScoreHistogram.of(label, probability, block)
    bootstrap = BlockBootstrap(scores.pieces, seed=9)
    at = np.linspace(0, 1, 11)
    rates, shares = bootstrap.roc(scores, at), bootstrap.shares(scores)
    precision = bootstrap.precision(scores, at[1:])
    for number, rows in enumerate(drawn(block, 9)):
        false, true, _ = roc_curve(label[rows], probability[rows], drop_intermediate=False)
        # Where the curve is vertical, its upper end counts.
        np.testing.assert_allclose(rates[number, 1:], np.interp(at[1:], false, true), atol=1e-12)
        for column, recall in enumerate(at[1:]):
            for threshold in np.unique(probability)[::-1]:
                called = probability[rows] >= threshold
                hits = label[rows][called].sum()
                if hits >= recall * label[rows].sum() - 1e-9:
                    assert precision[number, column] == pytest.approx(hits / called.sum())
                    break
        for low in range(10):
            inside = np.minimum((probability[rows] * 10).astype(int), 9) == low
            found = label[rows][inside].mean() if inside.any() else np.nan
            assert shares[number, low] == pytest.approx(found, nan_ok=True)


def test_intervals_are_those_of_training(results):
    """Blocks and seed are those of ``train``, so the stored intervals come out again."""
    found = curves.curves_of(results, "test").measures
    for measure in ("auroc", "auprc", "mcc", "brier"):
        expected = results.metrics["test"][f"{measure}_ci"]
        assert [found[f"{measure}_low"], found[f"{measure}_high"]] == pytest.approx(expected, abs=1e-5)


def test_points_and_band_of_a_side(results):
    side = curves.curves_of(results, "validation")
    area = np.trapezoid(side.roc["true_positive_rate"], side.roc["false_positive_rate"])
    assert area == pytest.approx(results.metrics["validation"]["auroc"], abs=1e-5)
    line = np.interp(side.roc_band["at"], side.roc["false_positive_rate"], side.roc["true_positive_rate"])
    inside = (side.roc_band["low"] - 1e-9 <= line) & (line <= side.roc_band["high"] + 1e-9)
    assert inside.mean() > 0.95
    assert (side.precision_band["low"] <= side.precision_band["high"]).all()


def test_few_windows_have_no_interval(results):
    curve = curves.curves_of(results, "test").reliability
    few = curve["n"] < curves.FEWEST
    assert curve.loc[~few, ["low", "high"]].notna().all(axis=None)
    assert curve.loc[few, ["low", "high"]].isna().all(axis=None)
    assert (curve["introgressed_share"][~few].between(curve["low"][~few], curve["high"][~few])).all()


def test_section_has_three_curves(results):
    found = curves.section(results)
    names = [block.name for block in found.blocks if isinstance(block, Chart)]
    assert names == ["kmers-roc", "kmers-precision-recall", "kmers-reliability"]
    assert f"AUROC {results.metrics['test']['auroc']:.3f}" in found.blocks[1].caption


def test_without_predictions_there_is_reliability_and_how_to_add_the_rest(results):
    found = curves.section(KmerResults(evaluation=results.evaluation))
    assert [block.name for block in found.blocks if isinstance(block, Chart)] == ["kmers-reliability"]
    assert "--predictions" in found.blocks[-1].items[0]
    assert isinstance(found.blocks[-1], Notes)
    assert "--predictions" in curves.section(KmerResults(metrics=results.metrics)).how
    assert isinstance(curves.section(KmerResults()), Absent)


def test_a_table_without_windows(results):
    empty = results.held_out.iloc[:0]
    assert "no window" in curves.section(KmerResults(held_out=empty)).lead


def test_one_class_alone(results):
    rows = results.held_out[results.held_out["label"] == 1]
    side = curves.curves_of(KmerResults(held_out=rows), "test")
    assert side.roc.empty
    assert side.roc_band.empty
    assert np.isnan(interval(np.array([np.nan]))[0])
    chart = curves.section(KmerResults(held_out=rows)).blocks[1].chart.to_dict()
    assert chart["height"] > 0


def test_long_curves_are_thinned_but_keep_their_ends():
    points = pd.DataFrame({"x": np.arange(5_000)})
    found = curves._thinned(points)
    assert len(found) <= curves.CORNERS
    assert found["x"].iloc[[0, -1]].tolist() == [0, 4_999]


def test_bins_with_few_windows_are_hollow_and_no_line_joins_bins():
    rows = pd.DataFrame(
        {"mean_probability": [0.1, 0.9], "introgressed_share": [0.1, 1.0], "n": [50, 3], "side": "test"}
    )
    layers = curves.reliability_chart(rows, "side").to_dict()["layer"]
    points = [layer for layer in layers if layer["mark"]["type"] == "point"]
    assert {layer["mark"]["filled"]: layer["transform"][0]["filter"] for layer in points} == {
        True: "(datum.n >= 10)",
        False: "(datum.n < 10)",
    }
    lines = [layer for layer in layers if layer["mark"]["type"] == "line"]
    assert all("strokeDash" in layer["mark"] for layer in lines)  # the diagonal alone
    assert len(lines) == 1
    assert "hollow" in reliability.READING
