"""The model that ships with the package, on simulated people of whom it has seen nothing."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from archaictools.cli.main import main
from archaictools.haplotypes.batches import scaled
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.predictors import CHUNKING, BinPredictor
from archaictools.haplotypes.pretrained import load_pretrained
from archaictools.learning.backend import start_tensorflow
from archaictools.learning.forward import KerasForward


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    """Words of two people, read beside an archaic genome (beside.h5) and without (alone.h5)."""
    folder = tmp_path_factory.mktemp("people")
    sim = folder / "sim"
    simulate = ["simulate", "--model", "10J19", "--outgroup", 30, "--ingroup", 2, "--length", 8_000_000, "--seed", 3,
                "--out", sim]  # fmt: skip
    read = ["haplotypes", "--vcf", sim / "modern.chr1.vcf.gz", "--ingroup", sim / "ingroup.txt",
            "--outgroup", sim / "outgroup.txt", "--truth", sim / "truth.bed"]  # fmt: skip
    beside = ["--archaic-vcf", sim / "archaic.chr1.vcf.gz", "--archaic", sim / "archaic.txt"]
    for command in (simulate, [*read, *beside, "--out", folder / "beside.h5"], [*read, "--out", folder / "alone.h5"]):
        assert main([str(word) for word in command]) == 0
    return folder


def test_the_word_pretrained_means_the_model_of_the_package(ok, people, tmp_path):
    weights = Path(str(resources.files("archaictools.haplotypes"))) / "weights" / "pretrained.h5"
    for name, model in (("word", "pretrained"), ("file", weights)):
        ok("predict", model, people / "beside.h5", "--table", tmp_path / f"{name}.tsv")
    assert (tmp_path / "word.tsv").read_bytes() == (tmp_path / "file.tsv").read_bytes()


@pytest.mark.parametrize("verb", ["predict", "evaluate", "importance"])
def test_it_does_not_read_k_mers(run, planted, tmp_path, verb):
    output = {"predict": "--table", "evaluate": "--metrics", "importance": "--positions"}[verb]
    result = run(verb, "pretrained", planted / "words.h5", output, tmp_path / "x")
    assert result.code == 2
    assert "'pretrained' reads haplotypes, but the words are k-mers" in result.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("words", ["beside", "alone"])
def test_it_beats_hmms_fitted_to_these_very_people(ok, people, tmp_path, words):
    """In rank (AUPRC) and in bases called by default, with probabilities that mean what they say."""
    ok("evaluate", "pretrained", people / f"{words}.h5", "--metrics", tmp_path / "m.json")
    found = json.loads((tmp_path / "m.json").read_text())
    assert found["verdict"] == "skill"
    model = found["models"]["model"]
    for rival in {"beside": ("hmm", "hmm_archaic"), "alone": ("hmm",)}[words]:
        assert model["auprc"] > found["models"][rival]["auprc"] + 0.1
        assert model["f1_bp"] > found["models"][rival]["f1_bp"] + 0.05
    # Without an archaic genome it is up to 0.01 beside 50 people or more, and rises with fewer: here are 30.
    assert model["ece"] < {"beside": 0.01, "alone": 0.025}[words]


@pytest.mark.parametrize("words", ["beside", "alone"])
def test_windows_are_blended_without_seams(people, words):
    start_tensorflow(threads=2, seed=1)
    model = load_pretrained()
    network = model.network.build(dict(model.members[0].weights))
    with open_features(people / f"{words}.h5") as bins:
        inputs = bins.inputs("chr1")
    assert inputs.shape == (4, 8_000, 34)
    forward = BinPredictor(KerasForward(network), both_strands=False)

    def odds(part):
        probability = network.predict_on_batch(scaled(part))[..., 0].astype(np.float64)
        return np.log(probability / (1 - probability))

    def logistic(z):
        return 1 / (1 + np.exp(-z))

    # What fits into a chunk is one pass of the network; of both ways, the mean of the log odds.
    size, overlap = CHUNKING.size, CHUNKING.overlap
    short = inputs[:, 500 : 500 + size]
    assert np.allclose(forward(short), logistic(odds(short)), atol=1e-4)
    assert model.both_strands
    both = BinPredictor(KerasForward(network), both_strands=True)
    assert np.allclose(both(short), logistic((odds(short) + odds(short[:, ::-1])[:, ::-1]) / 2), atol=1e-4)
    # Where two chunks overlap, one fades into the other in a straight line. Elsewhere there is one pass.
    found = forward(inputs)
    begin, following = size - overlap, 2 * (size - overlap)
    first, second = (odds(inputs[:, start : start + size]) for start in (begin, following))
    share = (np.arange(overlap) + 1) / (overlap + 1)
    blended = logistic((1 - share) * first[:, -overlap:] + share * second[:, :overlap])
    assert np.abs(found[:, following : begin + size] - blended).max() < 1e-4
    assert np.abs(found[:, size:following] - logistic(first)[:, overlap:-overlap]).max() < 1e-4
    # So it hardly matters where chunks begin, away from what was cut off.
    found = both(inputs)[:, size:]
    elsewhere = both(inputs[:, 313:])[:, size - 313 :]
    little = {"beside": 1e-3, "alone": 5e-3}[words]
    assert np.abs(elsewhere - found).mean() < little
    assert ((elsewhere >= 0.5) != (found >= 0.5)).mean() < little
    assert found.max() > {"beside": 0.9, "alone": 0.5}[words]
    assert np.allclose(both(short[:, ::-1])[:, ::-1], both(short), atol=1e-5)
