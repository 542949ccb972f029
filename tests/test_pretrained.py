"""The models that ship with the package, on simulated people of whom they have seen nothing."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from archaictools.cli.main import main
from archaictools.model.archive import load_model
from archaictools.model.bin_batches import scaled
from archaictools.model.bin_prediction import CORE, MARGIN, BinPredictor
from archaictools.model.network import start_tensorflow
from archaictools.model.pretrained import find_model
from archaictools.words.bins import open_bins


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    """Words of two people, read beside an archaic genome (beside.h5) and without (alone.h5)."""
    folder = tmp_path_factory.mktemp("people")
    sim = folder / "sim"
    simulate = ["simulate", "--model", "10J19", "--outgroup", 8, "--ingroup", 2, "--length", 8_000_000, "--seed", 3,
                "--out", sim]  # fmt: skip
    read = ["haplotypes", "--vcf", sim / "modern.chr1.vcf.gz", "--ingroup", sim / "ingroup.txt",
            "--outgroup", sim / "outgroup.txt", "--truth", sim / "truth.bed"]  # fmt: skip
    beside = ["--archaic-vcf", sim / "archaic.chr1.vcf.gz", "--archaic", sim / "archaic.txt"]
    for command in (simulate, [*read, *beside, "--out", folder / "beside.h5"], [*read, "--out", folder / "alone.h5"]):
        assert main([str(word) for word in command]) == 0
    return folder


def test_the_word_pretrained_means_the_model_made_for_the_words(ok, people, tmp_path):
    weights = Path(str(resources.files("archaictools.model"))) / "weights"
    files = {"beside": "pretrained.h5", "alone": "pretrained.without-archaic.h5"}
    for words, file in files.items():
        result = ok("predict", "pretrained", people / f"{words}.h5", "--table", tmp_path / f"{words}.tsv")
        assert f"an archaic genome ({file})" in result.err
        ok("predict", weights / file, people / f"{words}.h5", "--table", tmp_path / "named.tsv")
        assert (tmp_path / f"{words}.tsv").read_bytes() == (tmp_path / "named.tsv").read_bytes()
    assert len({(weights / file).read_bytes() for file in files.values()}) == 2


@pytest.mark.parametrize("words", ["beside", "alone"])
def test_the_pretrained_models_beat_hmms_fitted_to_these_very_people(ok, people, tmp_path, words):
    """In rank (AUPRC), with probabilities that mean what they say; with an archaic genome also in bases called by default
    (without one, beside eight people of a leaky outgroup, the model calls less than an HMM does)."""
    ok("evaluate", "pretrained", people / f"{words}.h5", "--metrics", tmp_path / "m.json")
    found = json.loads((tmp_path / "m.json").read_text())
    assert found["verdict"] == "skill"
    model = found["models"]["model"]
    for rival in {"beside": ("hmm", "hmm_archaic"), "alone": ("hmm",)}[words]:
        assert model["auprc"] > found["models"][rival]["auprc"] + 0.1
        if words == "beside":
            assert model["f1_bp"] > found["models"][rival]["f1_bp"] + 0.05
    assert model["ece"] < {"beside": 0.02, "alone": 0.05}[words]


@pytest.mark.parametrize(("words", "surest"), [("beside", 0.9), ("alone", 0.5)])
def test_stitched_windows_are_one_pass_over_the_whole_haplotype(people, words, surest):
    """The network reads MARGIN bins beyond each window: what lies further off must not matter, at seams least of all."""
    start_tensorflow(threads=2, seed=1)
    model = load_model(find_model(Path("pretrained"), archaic=words == "beside"), alphabet="variant")
    network = model.network.build(dict(model.members[0].weights))
    with open_bins(people / f"{words}.h5") as bins:
        inputs = bins.inputs("chr1")
    assert inputs.shape == (4, 8_000, 34)
    assert inputs.shape[1] > CORE + MARGIN
    stitched = BinPredictor(network, both_strands=False)(inputs)
    whole = network.predict_on_batch(scaled(inputs))[..., 0]
    # Beyond the chromosome's ends the windows read bins without anything: compare where that is far off.
    inner = slice(MARGIN, inputs.shape[1] - MARGIN)
    assert np.abs(stitched - whole)[:, inner].max() < 1e-3
    assert whole.max() > surest
    # Read from both ends, the same haplotypes from end to start are called the same, and both ways weigh alike.
    assert model.both_strands
    both = BinPredictor(network, both_strands=True)
    for part in (inputs, inputs[:, :7_001], inputs[:, 500:2_500]):
        assert np.allclose(both(part[:, ::-1])[:, ::-1], both(part), atol=1e-3)
    backwards = network.predict_on_batch(scaled(inputs[:, ::-1]))[:, ::-1, 0]
    odds = whole.astype(np.float64) / (1 - whole) * backwards / (1 - backwards)
    sure = (whole > 1e-4) & (whole < 1 - 1e-4) & (backwards > 1e-4) & (backwards < 1 - 1e-4)
    expected = np.sqrt(odds) / (1 + np.sqrt(odds))
    assert np.abs(expected - both(inputs))[:, inner][sure[:, inner]].max() < 2e-3
