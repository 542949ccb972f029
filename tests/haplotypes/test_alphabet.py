"""Models and options of the other alphabet are refused."""

from __future__ import annotations

import pytest

from helpers import make_words


def test_a_model_of_other_bins_or_words_is_refused(run, tmp_path, trained, planted):
    result = run("predict", trained[0], planted / "words.h5", "--bed", tmp_path / "x")
    assert result.code == 3
    assert "model of the variant alphabet, not kmer" in result.err
    result = run("predict", "pretrained", planted / "words.h5", "--segments", tmp_path / "x")
    assert result.code == 2
    result = run("train", planted / "words.h5", planted / "words.h5", "--model", tmp_path / "m.h5")
    assert result.code == 2
    make_words(tmp_path / "w.h5")
    result = run("train", tmp_path / "w.h5", "--split", "random", "--model", tmp_path / "m.h5")
    assert result.code == 2
    assert "both sides" in result.err


@pytest.mark.parametrize(
    ("verb", "of_kmers", "of_haplotypes", "output"),
    [
        ("train", ["--rc", "--forget-bias", "unit"], ["--stretch", 100, "--no-augment"], "--model"),
        ("importance", ["--mode", "word", "--metric", "auroc", "--part", "all"], [], "--positions"),
        ("predict", ["--any-build"], ["--summary", "p.tsv", "--desert-length", 500], "--table"),
        ("evaluate", ["--block-size", 1_000, "--trees", 5], [], "--table"),
        ("embedding", ["--word2vec-sentences", 50], [], "--vectors"),
    ],
)
def test_options_of_the_other_alphabet_are_refused(
    run, tmp_path, words, trained, planted, verb, of_kmers, of_haplotypes, output
):
    """An option of the other alphabet is refused by its name; its default value is accepted."""
    sides = {
        "haplotypes": (of_kmers, (trained[0], words[0])),
        "k-mers": (of_haplotypes, (planted / "model.h5", planted / "words.h5")),
    }
    for kind, (options, (model, read)) in sides.items():
        if not options:
            continue
        files = {"train": [read], "embedding": [model]}.get(verb, [model, read])
        result = run(verb, *files, *options, output, tmp_path / "out")
        assert result.code == 2
        named = [option for option in options if str(option).startswith("--")]
        assert f"{', '.join(named)}: only for" in result.err
        assert f"these are {kind}" in result.err
        assert not (tmp_path / "out").exists()
