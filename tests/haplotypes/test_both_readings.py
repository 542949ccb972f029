"""With the genome of another archaic than the source, haplotypes are also read without it; with the source's, not."""

from __future__ import annotations

import json
import logging

import numpy as np
import pandas as pd
import pytest

from archaictools.cli.main import main
from archaictools.haplotypes.both_readings import BothReadings
from archaictools.haplotypes.feature_file import WithoutArchaic, open_features
from archaictools.haplotypes.predict import BinEnsemble
from archaictools.haplotypes.pretrained import load_pretrained
from archaictools.learning.forward import start_runtime
from helpers import ROOT

LENGTH = 20_000_000
GHOST = str(ROOT / "validation/callers/histories/ghost_older.yaml")
ROLES = ["--outgroup-population", "AF", "--ingroup-population", "EU"]


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Four people with DNA of a ghost, beside a Neanderthal that is no source, beside the ghost, and without a genome."""
    folder = tmp_path_factory.mktemp("ghost")
    sim = folder / "sim"
    simulate = ["simulate", "--model", GHOST, *ROLES, "--archaic-population", "ND,Ghost", "--archaic-time", "1310",
                "--archaic", "2", "--outgroup", "30", "--ingroup", "4", "--length", str(LENGTH), "--seed", "62",
                "--quiet", "--out", str(sim)]  # fmt: skip
    assert main(simulate) == 0
    read = ["haplotypes", "--vcf", str(sim / "modern.chr1.vcf.gz"), "--ingroup", str(sim / "ingroup.txt"),
            "--outgroup", str(sim / "outgroup.txt"), "--truth", str(sim / "truth.bed"), "--quiet"]  # fmt: skip
    for name, archaic in {"wrong": "ARC000", "right": "ARC001", "none": ""}.items():
        named = ["--archaic-vcf", str(sim / "archaic.chr1.vcf.gz"), "--archaic", archaic] if archaic else []
        assert main([*read, *named, "--out", str(folder / f"{name}.h5")]) == 0
    return folder


def probabilities(path):
    """Posteriors of all bins of haplotypes, from ``predict --table``."""
    return pd.read_csv(path, sep="\t")["probability"].to_numpy()


def test_a_file_read_without_its_genomes_is_one_that_names_none(people):
    with open_features(people / "wrong.h5") as named, open_features(people / "none.h5") as none:
        unnamed = WithoutArchaic(named)
        assert (named.inputs("chr1") != none.inputs("chr1")).any()
        assert (unnamed.inputs("chr1") == none.inputs("chr1")).all()
        assert unnamed.encoding == none.encoding
        assert named.encoding.archaic == ("ARC000",)


def test_a_wrong_genome_silences_nothing(people, ok, tmp_path):
    """The posterior is the larger of both readings; F1 is that of the reading without a genome, or better."""
    told = {}
    for name in ("wrong", "none"):
        options = ["--table", tmp_path / f"{name}.tsv", "--summary", tmp_path / f"{name}.people.tsv"]
        told[name] = ok(
            "predict", "pretrained", people / f"{name}.h5", *options, "--segments", tmp_path / f"{name}.bed"
        )
    found, without = (probabilities(tmp_path / f"{name}.tsv") for name in ("wrong", "none"))
    with open_features(people / "wrong.h5") as features:
        runtime = start_runtime(threads=2, seed=1, work=1e12)
        named = BinEnsemble(load_pretrained(), features, runtime).predict("chr1", slice(0, 8))[0]
        assert features.read("chr1").all()
        true = features.label("chr1").ravel() == 1
    assert np.abs(found - np.maximum(named.ravel(), without)).max() < 2e-3  # of rounding

    def f1(values):
        called = values >= 0.5
        return 2 * (called & true).sum() / (called.sum() + true.sum())

    assert f1(named.ravel()) < f1(without) - 0.05
    assert f1(found) > f1(without) - 0.02
    assert "chr1: most called bases match no named genome; haplotypes are also read without one" in told["wrong"].err
    assert "of the called bases match no named archaic genome: their source may be another one" in told["wrong"].err
    segments = pd.read_csv(tmp_path / "wrong.bed", sep="\t")
    bases = (segments["end"] - segments["start"]).groupby(segments["source"]).sum()
    assert bases["unmatched"] > 0.8 * bases.sum()
    ok(
        "evaluate",
        "pretrained",
        people / "wrong.h5",
        "--metrics",
        tmp_path / "m.json",
        "--leave-out",
        "hmm,hmm_archaic",
    )
    measured = json.loads((tmp_path / "m.json").read_text())["models"]["model"]["f1"]
    assert measured == pytest.approx(f1(found), abs=0.01)


def test_the_right_genome_is_read_alone(people, caplog):
    with open_features(people / "right.h5") as features:
        runtime = start_runtime(threads=2, seed=1, work=1e12)
        readings, asked = BothReadings(load_pretrained(), features, runtime), []
        with caplog.at_level(logging.INFO):
            [(found, _)] = readings.predict_chromosomes(["chr1"], slice(0, 8), extend=asked.append)
        named = BinEnsemble(load_pretrained(), features, runtime).predict("chr1", slice(0, 8))[0]
    assert np.abs(found - named).max() < 1e-4
    assert not asked
    assert "match no named genome" not in caplog.text
