"""train as a function: the same bytes as the command line, tables that equal the files, and wrong options refused."""

from __future__ import annotations

import inspect
import json

import pandas as pd
import pytest

import archaictools as at
from archaictools.alphabet import Alphabet
from archaictools.api.inputs import open_model
from archaictools.errors import InputError, UsageError
from archaictools.sequence.token_file import open_tokens

SMALL = {"epochs": 1, "batch_size": 256, "embedding": 2, "lstm": 2, "dense": 0}
KMERS = {**SMALL, "rc": True, "split": "block", "block_size": 20_000, "gap": 200, "threads": 1}
PEOPLE = {
    **SMALL,
    "split": "block",
    "block_size": 10_000,
    "gap": 1_000,
    "stretch": 50,
    "no_sharing": True,
    "threads": 1,
}
OUTPUTS = {"model": "m.h5", "history": "h.tsv", "metrics": "m.json", "write_folds": "f.bed"}


def flags(**options):
    parts = []
    for name, value in options.items():
        parts += [f"--{name.replace('_', '-')}"] if value is True else [f"--{name.replace('_', '-')}", value]
    return parts


def same_files(one, other, names):
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_kmers(ok, planted, tmp_path):
    for name in ("line", "function"):
        (tmp_path / name).mkdir()
    outputs = {**OUTPUTS, "predictions": "p.tsv"}
    line, function = ({key: tmp_path / name / path for key, path in outputs.items()} for name in ("line", "function"))
    result = ok("train", planted / "words.h5", *flags(**KMERS, **line))
    with open_tokens(planted / "words.h5") as words:  # an open file is as good as its path
        found = at.train(words, **KMERS, **function)
    same_files(tmp_path / "line", tmp_path / "function", outputs.values())
    assert str(found).replace("/function/", "/line/") == result.out.strip()
    kept = at.train(planted / "words.h5", **KMERS)
    assert kept.path is None
    assert kept.model.metrics == found.model.metrics == kept.metrics
    assert kept.metrics["verdict"] == json.loads((tmp_path / "line" / "m.json").read_text())["verdict"]
    pd.testing.assert_frame_equal(kept.history, pd.read_csv(line["history"], sep="\t"), check_dtype=False, rtol=1e-5)
    written = pd.read_csv(line["predictions"], sep="\t")
    pd.testing.assert_frame_equal(kept.predictions, written, check_dtype=False, rtol=1e-5, atol=1e-6)
    # A result stands for its model, in a file or in memory.
    assert open_model(found, Alphabet.KMER) is found.model
    assert open_model(function["model"], Alphabet.KMER).words_digest == found.model.words_digest
    assert "verdict" in kept._repr_html_()
    with pytest.raises(UsageError, match="no file"):
        kept.__fspath__()


def test_haplotypes(ok, planted, tmp_path):
    for name in ("line", "function"):
        (tmp_path / name).mkdir()
    line, function = ({key: tmp_path / name / path for key, path in OUTPUTS.items()} for name in ("line", "function"))
    ok("train", planted / "haplotypes.h5", *flags(**PEOPLE, **line))
    found = at.train([planted / "haplotypes.h5"], **PEOPLE, **function)
    same_files(tmp_path / "line", tmp_path / "function", OUTPUTS.values())
    assert found.model.sources[""] == [json.loads(line["metrics"].read_text())["sources"][""][0]]
    assert found.predictions["split"].value_counts()["test"] == found.metrics["test"]["n"]
    more = at.train(planted / "haplotypes.h5", start_from=found, epochs=0, no_sharing=True, split="block",
                    block_size=10_000, gap=1_000, stretch=50, threads=1)  # fmt: skip
    assert set(more.model.sources) == {"", "earlier:"}
    assert set(more.model.members[0].seen.chrom) == {"chr1", "earlier:/chr1"}
    assert more.model.network.lstm == SMALL["lstm"]


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        ("words.h5", {"epochs": -1}, "--epochs: -1 is not in the range"),
        ("words.h5", {"epochs": 0}, "--epochs is 0, expected 1 or more"),
        ("words.h5", {"schedule": "linear"}, "--schedule: 'linear' is not one of"),
        ("words.h5", {"folds": 2}, "folds is 2"),
        ("words.h5", {"split": "random", "write_folds": "f.bed"}, "a random split has no regions"),
        ("words.h5", {"stretch": 50}, "--stretch: only for haplotypes"),
        ("words.h5", {"lstm_layers": 2}, "--lstm-layers: only for haplotypes"),
        ("haplotypes.h5", {"rc": True, "predictions": "p.tsv"}, "--predictions, --rc: only for k-mers"),
        ("haplotypes.h5", {"epochs": 0}, "--epochs 0 trains nothing"),
        ("haplotypes.h5", {"start_from": "pretrained", "lstm": 4}, "those of the model of --start-from"),
    ],
)
def test_wrong_options(planted, words, options, message):
    with pytest.raises(UsageError, match=message):
        at.train(planted / words, **options)


def test_wrong_files(planted):
    with pytest.raises(UsageError, match="several files make one model only if all are of haplotypes"):
        at.train([planted / "words.h5", planted / "haplotypes.h5"])
    with pytest.raises(UsageError, match="no file"):
        at.train([])
    with pytest.raises(InputError, match="not an intact HDF5 file"):
        at.train(planted / "windows.bed")


def test_the_signature_has_every_option_once():
    names = list(inspect.signature(at.train).parameters)
    assert len(names) == len(set(names))
    assert {"words", "split", "epochs", "rc", "stretch", "lstm", "model", "seed", "threads"} <= set(names)
