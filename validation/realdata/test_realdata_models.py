"""Verdicts on models of hg19 chr21 with the published regions: no skill, and leaky under the article's split."""

from __future__ import annotations

import json

import pytest

from archaictools.cli.main import main

pytestmark = [pytest.mark.realdata, pytest.mark.slow]


def evaluated(real_data, folder, windows: tuple[str, ...], train: tuple[str, ...]) -> dict:
    """Train on every fifth window of chr21 and compare with baselines."""
    genome = real_data / "hg19.chr21.fa.gz"
    for verb, *arguments in (
        ("windows", "--genome", genome, "--chromosomes", "chr21", "--introgressed", real_data / "akey_intr.hg19.bed.gz",
         "--depleted", real_data / "akey_depl.hg19.bed.gz", "--step", 1000, *windows, "--out", folder / "w.bed"),
        ("tokenize", folder / "w.bed", "--genome", genome, "--out", folder / "w.h5"),
        ("train", folder / "w.h5", "--epochs", 3, *train, "--model", folder / "m.h5"),
        ("evaluate", folder / "m.h5", folder / "w.h5", "--trees", 20, "--metrics", folder / "e.json"),
    ):  # fmt: skip
        assert main([verb, *map(str, arguments), "--quiet"]) == 0
    return json.loads((folder / "e.json").read_text())


def test_reference_sequence_alone_is_no_skill(real_data, tmp_path):
    """Merged regions, blocks of 1 Mb held out with a gap: AUROC is 0.48 to 0.49, as from base composition."""
    found = evaluated(real_data, tmp_path, (), ("--split", "block", "--gap", "100000"))
    assert found["verdict"] == "no skill"
    assert found["audit"]["overlapping"] == 0
    assert found["test"]["auroc_ci"][0] < 0.55
    assert found["models"]["dinucleotides"]["auroc"] < 0.6


def test_the_article_s_protocol_is_leaky(real_data, tmp_path):
    found = evaluated(real_data, tmp_path, ("--no-merge",), ("--split", "random", "--forget-bias", "unit"))
    assert found["verdict"] == "leaky"
    assert found["audit"]["overlapping_share"] > 0.5
    assert found["test"]["auroc"] > 0.65  # held-out blocks give 0.48: a random split leaks
    assert found["models"]["nearest_coordinate"]["accuracy"] > 0.98
    assert found["models"]["nearest_sequence"]["auroc"] > 0.85
