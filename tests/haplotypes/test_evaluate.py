"""Evaluation of haplotypes against scikit-learn and counting."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from archaictools.haplotypes import evaluate as bin_evaluation
from archaictools.haplotypes import hmm
from archaictools.haplotypes.base_measures import THRESHOLDS, BaseCounter
from archaictools.haplotypes.both_readings import BothReadings
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.evaluate import CONTROLS, RIVALS, evaluate_bins
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.predictors import BinPredictor
from archaictools.haplotypes.pretrained import load_pretrained
from archaictools.learning.forward import OpenVinoRuntime
from archaictools.learning.model_file import load_model
from helpers import SMALL, make_words


def test_evaluate_against_scikit_learn_and_counting(ok, tmp_path, words, trained):
    """The test chromosome alone is measured: the model has seen the others."""
    path, truth = words
    ok("evaluate", trained[0], path, "--metrics", tmp_path / "e.json", "--table", tmp_path / "e.tsv",
       "--plots", tmp_path / "plots")  # fmt: skip
    report = json.loads((tmp_path / "e.json").read_text())
    ok("predict", trained[0], path, "--table", tmp_path / "t.tsv", "--min-length", 0, "--segments", tmp_path / "s.tsv")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    (held,) = trained[1]["split"]["chromosomes"]["test"]
    assert set(table.loc[table["seen"] == 0, "chrom"]) == {held}
    part = table[table["chrom"] == held].sort_values(["sample", "haplotype", "start"])
    inside = truth[held].reshape(-1) > 0
    assert report["models"]["model"]["n"] == len(inside) == 8 * 600
    assert "on held-out bins of haplotypes" in report["reason"]
    # The table rounds to a thousandth.
    assert report["models"]["model"]["auprc"] == pytest.approx(
        average_precision_score(inside, part["probability"]), abs=0.01
    )
    called = part["probability"].to_numpy() >= 0.5
    precision, recall = (called & inside).sum() / called.sum(), (called & inside).sum() / inside.sum()
    assert report["models"]["model"]["precision_bp"] == pytest.approx(precision, abs=0.01)
    assert report["models"]["model"]["recall_bp"] == pytest.approx(recall, abs=0.01)
    assert report["models"]["model"]["f1_bp"] == pytest.approx(2 * precision * recall / (precision + recall), abs=0.01)
    lengths = report["models"]["model"]["recall_by_length"]
    assert lengths[2]["bases"] == inside.sum() * 1_000  # all tracts have 40 to 80 kb
    assert set(report["models"]) == {"model", "hmm", "hmm_archaic", "majority", "private_alleles"}
    assert report["models"]["hmm_archaic"]["auprc"] > report["models"]["hmm"]["auprc"] > 0.05
    assert {plot.name for plot in (tmp_path / "plots").iterdir()} == {
        f"{name}.{suffix}" for name in ("comparison", "reliability", "recall_by_length") for suffix in ("png", "svg")
    }


def test_precision_and_recall_by_threshold_against_counting():
    """Bases of ten haplotypes with bins of several lengths, some not measured; thresholds that a bin meets exactly."""
    rng = np.random.default_rng(5)
    counter, parts = BaseCounter(0.5), []
    for _ in range(10):
        size = rng.integers(100, 1_001, 300)
        truth = np.where(rng.random(300) < 0.2, rng.integers(0, size + 1), 0)
        used = rng.random(300) < 0.9
        probability = np.clip(np.round(rng.normal(0.3 + 0.4 * (truth > 0), 0.2) * 20) / 20, 0, 1)
        counter.add(truth, size, used, probability)
        parts.append(np.column_stack([truth, size, probability])[used])
    truth, size, probability = np.concatenate(parts).T
    measured = counter.metrics()
    assert [row["threshold"] for row in measured["by_threshold"]] == [round(0.05 * step, 2) for step in range(2, 20)]
    for row in measured["by_threshold"]:
        called = probability >= row["threshold"]
        precision, recall = truth[called].sum() / size[called].sum(), truth[called].sum() / truth.sum()
        assert row["precision_bp"] == pytest.approx(precision, rel=1e-12), row
        assert row["recall_bp"] == pytest.approx(recall, rel=1e-12), row
        assert row["f1_bp"] == pytest.approx(2 * truth[called].sum() / (size[called].sum() + truth.sum())), row
    half = measured["by_threshold"][THRESHOLDS.index(0.5)]
    assert (half["precision_bp"], half["recall_bp"], half["f1_bp"]) == (
        measured["precision_bp"], measured["recall_bp"], measured["f1_bp"],
    )  # fmt: skip


def test_precision_is_not_defined_where_nothing_is_predicted():
    counter = BaseCounter(0.5)
    counter.add(np.array([0, 1_000]), np.array([1_000, 1_000]), np.array([True, True]), np.array([0.2, 0.6]))
    rows = {row["threshold"]: row for row in counter.metrics()["by_threshold"]}
    assert (rows[0.6]["precision_bp"], rows[0.6]["recall_bp"]) == (1, 1)
    assert np.isnan(rows[0.65]["precision_bp"])
    assert rows[0.65]["recall_bp"] == 0


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Four haplotypes of four chromosomes of 600 bins, which the pretrained model has not seen."""
    path = tmp_path_factory.mktemp("few") / "words.h5"
    make_words(path, chromosomes=4, people=2)
    return path


def test_what_is_measured_and_drawn_is_every_haplotype_in_blocks_of_the_genome(few):
    """The pretrained model has seen nothing here: measures and intervals from all posteriors held at once."""
    model = load_pretrained()
    with open_features(few) as bins:
        found = evaluate_bins(model, bins, OpenVinoRuntime(2), seed=3).report["models"]["model"]
        chromosomes = evaluate_bins(model, bins, OpenVinoRuntime(2), leave_out=(*RIVALS, *CONTROLS), seed=3).report[
            "chromosomes"
        ]
        readings = BothReadings(model, bins, OpenVinoRuntime(2))
        said = np.concatenate([readings.predict(c, slice(0, 4))[0] for c in bins.bins], axis=1)
        label = np.concatenate([bins.label(c) for c in bins.bins], axis=1)
    assert found["n"] == label.size
    assert found["auroc"] == pytest.approx(roc_auc_score(label.ravel(), said.ravel()), abs=1e-4)
    assert found["auprc"] == pytest.approx(average_precision_score(label.ravel(), said.ravel()), abs=1e-3)
    assert list(chromosomes) == ["chr1", "chr2", "chr3", "chr4"]
    assert chromosomes["chr2"]["auroc"] == pytest.approx(
        roc_auc_score(label[:, 600:1_200].ravel(), said[:, 600:1_200].ravel()), abs=1e-3
    )
    block = np.arange(2_400) // 48  # 50 blocks of all haplotypes
    chosen = np.random.default_rng(3).integers(0, 50, size=(1_000, 50))
    areas = []
    for draw in chosen:
        places = np.concatenate([np.flatnonzero(block == one) for one in draw])
        areas.append(roc_auc_score(label[:, places].ravel(), said[:, places].ravel()))
    assert found["auroc_ci"] == pytest.approx(np.quantile(areas, [0.025, 0.975]), abs=2e-4)


def test_hmms_are_fitted_to_so_many_haplotypes_only(few, monkeypatch):
    model = load_pretrained()
    lengths = []
    fit = hmm.fitted
    monkeypatch.setattr(
        hmm, "fitted", lambda seen, seed: lengths.append([len(one) for one in seen]) or fit(seen, seed=seed)
    )
    with open_features(few) as bins:
        whole = evaluate_bins(model, bins, OpenVinoRuntime(2), leave_out=CONTROLS).report["models"]
        monkeypatch.setattr(bin_evaluation, "MAX_HMM_BINS", 7_000)
        some = evaluate_bins(model, bins, OpenVinoRuntime(2), leave_out=CONTROLS).report["models"]
        drawn = [bin_evaluation._drawn(bins, seed) for seed in (1, 1, 2)]
    assert lengths == [[600] * 16, [600] * 16, [600] * 11, [600] * 11]
    assert drawn[0] == drawn[1] != drawn[2]
    for name in RIVALS:
        assert some[name]["n"] == whole[name]["n"] == 16 * 600  # all are measured
        assert some[name]["auroc"] == pytest.approx(whole[name]["auroc"], abs=0.05)


def test_bins_that_could_not_be_called_are_not_measured(tmp_path):
    make_words(tmp_path / "w.h5", chromosomes=2)
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        file["bins/0/callable"][100:150] = 0
        file["bins/1/callable"][:] = 0
    with open_features(tmp_path / "w.h5") as bins:
        report = evaluate_bins(load_pretrained(), bins, OpenVinoRuntime(2)).report
    assert {found["n"] for found in report["models"].values()} == {4 * 550}
    assert list(report["chromosomes"]) == ["chr1"]


def test_every_fold_is_measured_by_the_network_that_has_not_seen_it(ok, tmp_path):
    make_words(tmp_path / "w.h5", bins=300)
    ok("train", tmp_path / "w.h5", "--folds", 3, "--epochs", 10, "--no-augment", "--no-sharing", *SMALL, "--model",
       tmp_path / "m.h5")  # fmt: skip
    ok("evaluate", tmp_path / "m.h5", tmp_path / "w.h5", "--metrics", tmp_path / "e.json")
    report = json.loads((tmp_path / "e.json").read_text())
    model = load_model(tmp_path / "m.h5", HaplotypeEncoding)
    with open_features(tmp_path / "w.h5") as bins:
        label = np.concatenate([bins.label(chrom).ravel() for chrom in bins.bins])
        said = []
        for number, chrom in enumerate(bins.bins):
            held = [m for m in model.members if m.split.chromosomes["test"] == [chrom]]
            assert len(held) == 1, number
            predictor = BinPredictor(
                OpenVinoRuntime(2).network(model.network, held[0].weights), both_strands=model.both_strands
            )
            said.append(predictor(bins.inputs(chrom)).ravel())
    assert report["models"]["model"]["n"] == label.size
    assert report["models"]["model"]["auroc"] == pytest.approx(roc_auc_score(label, np.concatenate(said)), abs=1e-3)
