"""The files that Galaxy's tool tests start from must be what the program makes of the planted genome today."""

from __future__ import annotations

import numpy as np
import pandas as pd

from archaictools.sequence.token_file import open_tokens


def test_windows_and_words_are_what_the_commands_make(ok, planted, tmp_path):
    genome = planted / "planted.fa.gz"
    ok(
        "windows", "--genome", genome, "--introgressed", planted / "introgressed.bed",
        "--depleted", planted / "depleted.bed", "--chromosomes", "chr3,chr4,chr5", "--step", 400,
        "--out", tmp_path / "windows.bed",
    )  # fmt: skip
    assert (tmp_path / "windows.bed").read_bytes() == (planted / "windows.bed").read_bytes()
    ok("tokenize", tmp_path / "windows.bed", "--genome", genome, "--k", 5, "--out", tmp_path / "words.h5")
    with open_tokens(tmp_path / "words.h5") as made, open_tokens(planted / "words.h5") as kept:
        assert made.encoding == kept.encoding
        for one, other in zip(made.chunks(), kept.chunks(), strict=True):
            assert (one.codes == other.codes).all()
            assert (one.label == other.label).all()


def test_predictions_are_what_the_model_says(ok, planted, tmp_path):
    genome = planted / "planted.fa.gz"
    ok("windows", "--genome", genome, "--chromosomes", "chr5", "--step", 400, "--out", tmp_path / "tiles.bed")
    ok("tokenize", tmp_path / "tiles.bed", "--genome", genome, "--k", 5, "--out", tmp_path / "tiles.h5")
    ok("predict", planted / "model.h5", tmp_path / "tiles.h5", "--table", tmp_path / "found.tsv")
    found, kept = (pd.read_csv(path, sep="\t") for path in (tmp_path / "found.tsv", planted / "predictions_chr5.tsv"))
    assert found[["chrom", "start", "end"]].equals(kept[["chrom", "start", "end"]])
    np.testing.assert_allclose(found["probability"], kept["probability"], atol=1e-4)
