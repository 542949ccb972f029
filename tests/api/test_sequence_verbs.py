"""tokenize, audit, evaluate, importance and embedding as functions: the same bytes as the command line, same tables."""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

import archaictools as at
from archaictools.errors import UsageError

#: Few sentences and exchanges: the numbers are checked elsewhere.
QUICK = {"windows": 40, "repeats": 1}


def flags(**options):
    parts = []
    for name, value in options.items():
        parts += [f"--{name.replace('_', '-')}", *([] if value is True else [value])]
    return parts


def same(table, path):
    """Compare a table with the six digits of a file."""
    pd.testing.assert_frame_equal(
        table.reset_index(drop=True), pd.read_csv(path, sep="\t"), check_dtype=False, rtol=1e-5, atol=1e-9
    )


def lines(result):
    return "".join(f"{line}\n" for line in str(result).splitlines())


@pytest.mark.parametrize("verb", ["tokenize", "audit", "evaluate", "importance", "embedding"])
def test_defaults_of_the_function_are_those_of_the_command(verb):
    from archaictools.cli.main import cli

    command = {option.name: option for option in cli.get_command(None, verb).params}
    for name, parameter in inspect.signature(getattr(at, verb)).parameters.items():
        option = command[name]
        if parameter.default not in (inspect.Parameter.empty, None, (), False):
            assert option.default == parameter.default, name


def test_tokenize(ok, planted, tmp_path):
    one, other = tmp_path / "1.h5", tmp_path / "2.h5"
    given = {"genome": planted / "planted.fa.gz", "k": 4, "canonical": True}
    printed = ok(
        "tokenize", planted / "windows.bed", *flags(**given, out=one, vocabulary=tmp_path / "v.tsv"), "--quiet"
    )
    found = at.tokenize(planted / "windows.bed", out=other, **given)
    assert one.read_bytes() == other.read_bytes()
    assert Path(found) == other
    assert found.sentences == {"introgressed": 711, "depleted": 690, ".": 0}
    same(found.vocabulary, tmp_path / "v.tsv")
    assert lines(found).replace(str(other), str(one)) in printed.out
    with pytest.raises(UsageError, match="--k: 13 is not in the range"):
        at.tokenize(planted / "windows.bed", out=other, k=13)
    with pytest.raises(UsageError, match="either WINDOWS with --genome, or --fasta"):
        at.tokenize(planted / "windows.bed", fasta=planted / "records.fa", out=other)
    assert at.audit(found).verdict == "clean"


def test_audit(ok, planted, tmp_path):
    printed = ok("audit", planted / "words.h5", *flags(folds=3, out=tmp_path / "a.json"), "--quiet")
    ok("audit", planted / "words.h5", *flags(folds=3, out=tmp_path / "a.tsv"), "--quiet")
    found = at.audit(planted / "words.h5", folds=3)
    assert json.loads(json.dumps(found.report)) == json.loads((tmp_path / "a.json").read_text())
    assert found.table.astype(str).equals(pd.read_csv(tmp_path / "a.tsv", sep="\t", dtype=str, keep_default_na=False))
    assert lines(found) == printed.out
    assert (found.verdict, found.reason) == (found.report["verdict"], found.report["reason"])
    assert [fold["fold"] for fold in found.report["folds"]] == [1, 2, 3]
    with pytest.raises(UsageError, match="--split: 'region' is not one of"):
        at.audit(planted / "words.h5", split="region")
    with pytest.raises(UsageError, match="leave out --folds"):
        at.audit(planted / "words.h5", fold_file=planted / "folds.bed", folds=3)


@pytest.mark.parametrize(
    ("model", "words", "leave_out"),
    [("model.h5", "words.h5", "shuffled_labels,random_forest"), ("pretrained", "haplotypes.h5", "hmm,hmm_archaic")],
)
def test_evaluate(ok, planted, tmp_path, model, words, leave_out):
    model = planted / model if model != "pretrained" else model
    options = flags(metrics=tmp_path / "e.json", table=tmp_path / "e.tsv", leave_out=leave_out)
    printed = ok("evaluate", model, planted / words, *options, "--quiet")
    found = at.evaluate(model, planted / words, leave_out=leave_out.split(","))
    same(found.table, tmp_path / "e.tsv")
    written = json.loads((tmp_path / "e.json").read_text())
    assert found.verdict == written["verdict"]
    inputs = {"words": words} | ({} if model == "pretrained" else {"model": "model.h5"})
    for kind, name in inputs.items():
        digest = hashlib.sha256((planted / name).read_bytes()).hexdigest()
        assert written["inputs"][kind] == found.report["inputs"][kind] == {"name": name, "sha256": digest}
    assert written["inputs"]["model"]["name"] == ("pretrained.h5" if model == "pretrained" else "model.h5")
    assert found.report["models"]["model"]["auroc"] == pytest.approx(written["models"]["model"]["auroc"], rel=1e-5)
    assert len(found.curve) == len(written["calibration"]["reliability"])
    assert lines(found) == printed.out
    assert "majority" in found._repr_html_()
    with pytest.raises(UsageError, match="astrology is no baseline; choose among"):
        at.evaluate(model, planted / words, leave_out="astrology")


def test_importance(ok, planted, tmp_path):
    options = flags(**QUICK, permutations=50, positions=tmp_path / "p.tsv", kmers=tmp_path / "k.tsv")
    printed = ok("importance", planted / "model.h5", planted / "words.h5", *options, "--quiet")
    found = at.importance(planted / "model.h5", planted / "words.h5", permutations=50, **QUICK)
    same(found.positions, tmp_path / "p.tsv")
    same(found.kmers, tmp_path / "k.tsv")
    assert lines(found) == printed.out
    with pytest.raises(UsageError, match="--fdr: 2.0 is not in the range"):
        at.importance(planted / "model.h5", planted / "words.h5", fdr=2)
    with pytest.raises(UsageError, match="--mode, --kmers: only for k-mers"):
        at.importance("pretrained", planted / "haplotypes.h5", mode="word", kmers=tmp_path / "k.tsv")


def test_importance_of_haplotypes(ok, planted, tmp_path):
    options = flags(**QUICK, positions=tmp_path / "p.tsv")
    printed = ok("importance", "pretrained", planted / "haplotypes.h5", *options, "--quiet")
    found = at.importance("pretrained", planted / "haplotypes.h5", **QUICK)
    same(found.positions, tmp_path / "p.tsv")
    assert found.kmers is None
    assert lines(found) == printed.out


@pytest.mark.parametrize("model", ["model.h5", "pretrained"])
def test_embedding(ok, planted, tmp_path, model):
    model = planted / model if model != "pretrained" else model
    options = flags(top=20, vectors=tmp_path / "v.tsv", metadata=tmp_path / "m.tsv", umap=tmp_path / "u.tsv")
    printed = ok("embedding", model, *options, "--quiet")
    found = at.embedding(model, top=20)
    np.testing.assert_allclose(
        pd.read_csv(tmp_path / "v.tsv", sep="\t", header=None).to_numpy(), found.vectors, rtol=1e-5, atol=1e-9
    )
    written = pd.read_csv(tmp_path / "m.tsv", sep="\t")
    same(found.metadata[written.columns.tolist()], tmp_path / "m.tsv")
    same(found.umap, tmp_path / "u.tsv")
    assert lines(found) in printed.out
    with pytest.raises(UsageError, match="--top: 4 is not in the range"):
        at.embedding(model, top=4)
    with pytest.raises(UsageError, match="--columns names astrology, expected some of"):
        at.embedding(model, metadata=tmp_path / "m.tsv", columns="astrology")


def test_embedding_counts_equal_the_file(planted):
    found = at.embedding(planted / "model.h5")
    with h5py.File(planted / "model.h5") as handle:
        counts = handle["members/0/counts"][...].sum(axis=0)
    assert found.metadata["count"].tolist() == counts[found.metadata["id"]].tolist()
    assert found.metadata["count"].is_monotonic_decreasing
