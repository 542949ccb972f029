"""Training on haplotypes: known tracts, resuming, going on from a model, several files."""

from __future__ import annotations

import numpy as np
import pandas as pd

from archaictools.haplotypes import fit as bin_fitting
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.learning import training
from archaictools.learning.checkpoint import save_checkpoint
from archaictools.learning.model_file import load_model
from helpers import SMALL, make_words


def test_the_temperature_is_of_people_beside_an_archaic_genome(run, tmp_path, monkeypatch):
    """The same people are read without one, too: of 4 haplotypes and 300 bins on the validation side, either way."""
    fitted_to = []
    monkeypatch.setattr(bin_fitting, "fit_temperature", lambda label, _: fitted_to.append(label.copy()) or 2.0)
    files = [tmp_path / name for name in ("beside.h5", "without.h5", "also_without.h5")]
    for file, archaic, seed in zip(files, (("A0",), (), ()), (1, 2, 3), strict=True):
        truth = make_words(file, bins=300, archaic=archaic, seed=seed, vcf="the same")
        if archaic:
            beside = truth["chr2"] > 0
    common = ("--validation-chromosomes", "chr2", "--test-chromosomes", "chr3", "--epochs", 1, "--patience", 0, *SMALL)
    assert run("train", *files, *common, "--model", tmp_path / "m.h5").code == 0
    assert run("train", *files[1:], *common, "--model", tmp_path / "n.h5").code == 0
    assert np.array_equal(fitted_to[0], beside.ravel())
    # That of the second reading is of people without one, who alone are read twice.
    assert [len(label) for label in fitted_to[1:]] == [2 * beside.size] * 3


def test_training_finds_planted_tracts_on_a_held_out_chromosome(trained):
    metrics = trained[1]
    assert metrics["verdict"] == "skill"
    assert metrics["reason"].endswith(" on held-out bins of haplotypes")
    assert metrics["audit"] == {
        "schema_version": 1,
        "verdict": "clean",
        "reason": "whole chromosomes of all haplotypes are held out",
        "distance_bp": None,
        "people_on_two_sides": 0,
    }
    held = metrics["split"]["chromosomes"]
    assert sorted(len(held[side]) for side in ("train", "validation", "test")) == [1, 1, 2]
    assert metrics["test"]["n"] == 8 * 600
    assert metrics["test"]["auprc"] > 0.95


def test_resuming_gives_the_same_model(ok, run, tmp_path, monkeypatch):
    """Stopped after the first of three epochs, then gone on; and once more after the last, when nothing is left to do."""
    make_words(tmp_path / "w.h5", bins=250)
    common = ("train", tmp_path / "w.h5", "--epochs", 3, *SMALL)
    ok(*common, "--model", tmp_path / "whole.h5")

    def stop(*arguments):
        save_checkpoint(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_checkpoint", stop)
        assert run(*common, "--model", tmp_path / "a.h5", "--checkpoint", tmp_path / "c").code == 130
    assert not (tmp_path / "a.h5").exists()
    for going_on, name in ((1, "a.h5"), (3, "again.h5")):
        result = ok(*common, "--model", tmp_path / name, "--checkpoint", tmp_path / "c")
        assert f"resuming after epoch {going_on}" in result.err
        assert (tmp_path / "whole.h5").read_bytes() == (tmp_path / name).read_bytes()
    other = run(
        "train", tmp_path / "w.h5", "--epochs", 4, *SMALL, "--model", tmp_path / "b.h5", "--checkpoint", tmp_path / "c"
    )
    assert other.code == 3
    assert "other settings" in other.err


def test_what_training_saw_are_places_of_its_own_people(ok, tmp_path, words, trained):
    """Other people's chromosomes of the same names are not seen; its own are, also in a model of several files."""
    make_words(tmp_path / "others.h5", chromosomes=4, people=1, seed=9)
    ok("predict", trained[0], tmp_path / "others.h5", "--table", tmp_path / "t.tsv")
    assert pd.read_csv(tmp_path / "t.tsv", sep="\t")["seen"].sum() == 0
    ok("train", words[0], tmp_path / "others.h5", "--epochs", 1, "--test-chromosomes", "words/chr1",
       "--validation-chromosomes", "words/chr2", *SMALL, "--model", tmp_path / "two.h5")  # fmt: skip
    ok("predict", tmp_path / "two.h5", words[0], "--table", tmp_path / "t.tsv")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    assert set(table.loc[table["seen"] == 0, "chrom"]) == {"chr1"}
    assert set(table.loc[table["seen"] == 1, "chrom"]) == {"chr2", "chr3", "chr4"}


def test_going_on_from_a_model(ok, run, tmp_path, words, trained):
    """Where it hardly learns, the weights stay; what the earlier model has seen stays seen."""
    make_words(tmp_path / "others.h5", chromosomes=3, people=2, seed=9)
    common = ("train", tmp_path / "others.h5", "--start-from", trained[0], "--epochs", 1, "--stretch", 100, "--model")
    ok(*common, tmp_path / "on.h5", "--learning-rate", 1e-9)
    before, after = (load_model(path, HaplotypeEncoding).member(1) for path in (trained[0], tmp_path / "on.h5"))
    for name in ("embedding", "forward_recurrent", "backward_kernel", "dense_kernel"):
        assert np.allclose(after.weights[name], before.weights[name], atol=1e-6), name
    ok("predict", tmp_path / "on.h5", words[0], "--table", tmp_path / "t.tsv")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    assert set(table.loc[table["seen"] == 0, "chrom"]) == set(trained[1]["split"]["chromosomes"]["test"])
    ok("predict", tmp_path / "on.h5", tmp_path / "others.h5", "--table", tmp_path / "t.tsv")
    assert pd.read_csv(tmp_path / "t.tsv", sep="\t").groupby("chrom")["seen"].mean().sort_values().tolist() == [0, 1, 1]
    for size in ("--lstm", "--lstm-layers"):
        assert run(*common, tmp_path / "x.h5", size, 4).code == 2
    ok(*common, tmp_path / "dropped.h5", "--dropout", 0.25)
    assert load_model(tmp_path / "dropped.h5", HaplotypeEncoding).network.dropout == 0.25


def test_two_layers_learn_and_are_read_back(ok, tmp_path, words):
    ok("train", words[0], "--epochs", 8, "--no-augment", *SMALL, "--lstm-layers", 2, "--model", tmp_path / "m.h5")
    model = load_model(tmp_path / "m.h5", HaplotypeEncoding)
    assert model.network.lstm_layers == 2
    assert model.member(1).weights["forward_2_kernel"].shape == (16, 32)  # both directions of the layer below
    assert model.metrics["test"]["auroc"] > 0.9
