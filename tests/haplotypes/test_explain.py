"""Importance and vectors of the words of haplotypes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from archaictools.errors import InputError
from archaictools.haplotypes.explain import draw_chunks
from archaictools.haplotypes.feature_file import open_features
from helpers import ABSENT_HOM


def test_importance_is_measured_where_training_saw_nothing(run, tmp_path, words, trained):
    with open_features(words[0]) as bins:
        held = set(trained[1]["split"]["chromosomes"]["test"])
        asked = []
        draw_chunks(bins, 20, length=100, seed=1, seen=lambda chrom: asked.append(chrom) or
                       np.full(bins.bins[chrom], chrom not in held))  # fmt: skip
        assert set(asked) == set(bins.bins)
        with pytest.raises(InputError, match="introgression that the model has not seen"):
            draw_chunks(bins, 20, length=100, seed=1, seen=lambda chrom: np.ones(bins.bins[chrom], dtype=bool))


def test_a_stretch_of_which_training_saw_one_bin_is_not_drawn(words):
    with open_features(words[0]) as bins:
        free = {chrom: np.arange(number) // 100 == 2 for chrom, number in bins.bins.items()}
        seen = {chrom: ~there & (np.arange(len(there)) % 100 == 50) for chrom, there in free.items()}
        inputs, label = draw_chunks(bins, 1_000, length=100, seed=1, seen=lambda chrom: seen[chrom])
        unseen = np.concatenate([bins.inputs(chrom)[:, there] for chrom, there in free.items()])
    assert len(inputs) == len(label) == len(unseen)
    assert {one.tobytes() for one in inputs} == {one.tobytes() for one in unseen}


def test_importance_names_the_planted_word(ok, tmp_path, words, trained):
    ok("importance", trained[0], words[0], "--windows", 800, "--repeats", 2, "--positions", tmp_path / "i.tsv",
       "--plot", tmp_path / "i.png")  # fmt: skip
    table = pd.read_csv(tmp_path / "i.tsv", sep="\t")
    assert table.loc[table["importance"].idxmax(), "word"] == "absent_hom"
    assert table.loc[table["word"] == "absent_hom", "q"].iloc[0] < 0.01
    assert table.loc[table["word"] == "to_50_het", "importance"].iloc[0] == 0  # there is none


def test_vectors_of_words(ok, tmp_path, trained, words):
    ok("embedding", trained[0], "--vectors", tmp_path / "v.tsv", "--metadata", tmp_path / "m.tsv")
    table = pd.read_csv(tmp_path / "m.tsv", sep="\t").set_index("word")
    assert len(table) == 32
    with open_features(words[0]) as bins:
        train = trained[1]["split"]["chromosomes"]["train"]
        total = sum(int(bins.counts(chrom)[..., ABSENT_HOM].sum()) for chrom in train)
    assert table.loc["absent_hom", "count"] == total
    assert table.loc["absent_hom", "log_odds"] > table.loc["absent_lacked", "log_odds"]
    vectors = pd.read_csv(tmp_path / "v.tsv", sep="\t", header=None)
    assert np.allclose(np.linalg.norm(vectors, axis=1), table["norm"], rtol=1e-4)
