"""predict, genes and merge as functions: the same bytes as the command line, and tables that equal the files."""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import archaictools as at
from archaictools.alphabet import Alphabet
from archaictools.api.inputs import open_model
from archaictools.api.predictions import HaplotypePredictions, WindowPredictions
from archaictools.errors import InputError, UsageError
from archaictools.haplotypes import posteriors
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.posteriors import HaplotypePosteriors, KeptPosteriors
from archaictools.learning.options import MIN_LENGTH, SegmentOptions

DESERT = 100_000
#: So low that there are segments, and short ones.
LOOSE = {"threshold": 0.1, "max_gap": 2_000}
GENES = "chr1\t0\t60000\tfirst\nchr1\t60000\t90000\tsecond\nchr1\t10\t200\tsmall\n"


def flags(**options):
    return [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]


def read(path, names=None):
    return pd.read_csv(path, sep="\t", header=None if names else "infer", names=names, dtype={"chrom": str})


def same(table, written):
    """Compare a table with the six digits of a file."""
    pd.testing.assert_frame_equal(table.reset_index(drop=True), written, check_dtype=False, rtol=1e-5, atol=1e-9)


@pytest.fixture(scope="module")
def people(planted, tmp_path_factory):
    """Files of one command line, and the result of the function without outputs."""
    from archaictools.cli.main import main

    folder = tmp_path_factory.mktemp("people")
    outputs = {"bed": "s.bed", "segments": "s.tsv", "summary": "p.tsv", "deserts": "d.bed", "bigwig": "tracks"}
    outputs = {name: folder / path for name, path in outputs.items()}
    given = flags(**outputs, **LOOSE, desert_length=DESERT)
    assert main(["predict", "pretrained", str(planted / "haplotypes.h5"), *map(str, given)]) == 0
    return folder, at.predict("pretrained", planted / "haplotypes.h5", **LOOSE, desert_length=DESERT)


@pytest.fixture(scope="module")
def windows(planted, tmp_path_factory):
    """The same for windows."""
    from archaictools.cli.main import main

    folder = tmp_path_factory.mktemp("windows")
    outputs = {"bed": folder / "s.bed", "table": folder / "t.tsv", "bigwig": folder / "t.bw"}
    command = ["predict", planted / "model.h5", planted / "words.h5", *flags(**outputs, max_gap=200)]
    assert main([str(word) for word in command]) == 0
    return folder, at.predict(model=str(planted / "model.h5"), words=str(planted / "words.h5"), max_gap=200)


def test_tables_of_haplotypes_equal_the_files(people):
    folder, found = people
    assert isinstance(found, HaplotypePredictions)
    assert len(found.segments)
    same(found.segments, read(folder / "s.tsv"))
    same(found.people, read(folder / "p.tsv").astype({"unlike_training": "Int64"}))  # NA: too few sites
    same(found.deserts, read(folder / "d.bed", names=list(found.deserts)))
    same(found.callable, read(folder / "s.callable.bed", names=list(found.callable)))
    assert "outputs" not in found.facts
    assert str(found).startswith("bins: 1,600 with data, of 4 haplotypes")
    assert found.people["sample"].iloc[0] in found._repr_html_()


def test_haplotypes_are_written_later_as_at_once(people, tmp_path):
    folder, found = people
    found.to_bed(tmp_path / "s.bed")
    found.to_tsv(tmp_path / "s.tsv")
    found.to_bigwig(tmp_path / "tracks")
    for name in ("s.bed", "s.tsv", "s.callable.bed"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    tracks = sorted(path.name for path in (folder / "tracks").iterdir())
    assert len(tracks) == 6
    assert tracks == sorted(path.name for path in (tmp_path / "tracks").iterdir())
    for name in tracks:
        assert (tmp_path / "tracks" / name).read_bytes() == (folder / "tracks" / name).read_bytes()


def test_posteriors_beyond_the_limit_are_predicted_again(people, planted, tmp_path, monkeypatch):
    folder, _ = people
    monkeypatch.setattr(posteriors, "MAX_KEPT_BYTES", 4 * 400 * 2 - 1)
    found = at.predict("pretrained", planted / "haplotypes.h5", **LOOSE)
    assert found._kept is None
    found.to_bigwig(tmp_path / "tracks")
    for path in (folder / "tracks").iterdir():
        assert (tmp_path / "tracks" / path.name).read_bytes() == path.read_bytes()


def test_outputs_keep_nothing_in_memory(planted, tmp_path):
    found = at.predict("pretrained", planted / "haplotypes.h5", summary=tmp_path / "p.tsv")
    assert found._kept is None
    assert found.facts["outputs"] == str(tmp_path / "p.tsv")


def test_the_minimum_length_is_that_of_the_options_class(people, planted):
    """A caller that gives none gets no haplotype segment below it; one that gives 0 gets them all."""
    _, found = people
    shortest = MIN_LENGTH[Alphabet.VARIANT]
    assert (found.segments["end"] - found.segments["start"]).min() >= shortest
    with open_features(planted / "haplotypes.h5") as features:
        edges = features.edges("chr1")
        probability = np.zeros(len(edges) - 1)
        probability[5 : 5 + shortest // 1_000 - 1] = 1
        known = np.ones(len(probability), dtype=bool)
        one = HaplotypePosteriors("chr1", 0, edges, probability, known, ~known)
        from archaictools.haplotypes.outputs import write_posteriors

        for options, count in ((SegmentOptions(), 0), (SegmentOptions(min_length=0), 1)):
            assert len(write_posteriors([one], features, options, desert_length=DESERT).segments) == count


@given(st.lists(st.tuples(st.integers(0, 1_000), st.booleans(), st.booleans()), min_size=1, max_size=50))
def test_kept_posteriors_come_back_without_loss(bins):
    thousandths, known, seen = (np.array(column) for column in zip(*bins, strict=True))
    edges = np.arange(len(bins) + 1) * 1_000
    one = HaplotypePosteriors("c", 3, edges, np.round(thousandths.astype(float) / 1_000, 3), known, seen)
    kept = KeptPosteriors([], [], {})
    kept.add(one)
    (back,) = kept
    assert (back.chrom, back.row) == ("c", 3)
    assert back.probability[known].tolist() == one.probability[known].tolist()
    assert (back.callable == known).all()
    assert (back.seen == seen).all()
    for mine, other in zip(back.track(), one.track(), strict=True):
        assert mine.tolist() == other.tolist()


def test_windows_equal_the_files(windows, planted, tmp_path):
    folder, found = windows
    assert isinstance(found, WindowPredictions)
    same(found.windows, read(folder / "t.tsv"))
    same(found.segments, read(folder / "s.bed", names=list(found.segments)))
    assert 0 < len(found.segments) < len(found.windows)
    found.to_bed(tmp_path / "s.bed")
    found.to_tsv(tmp_path / "t.tsv")
    found.to_bigwig(tmp_path / "t.bw")
    for name in ("s.bed", "t.tsv", "t.bw"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    assert "introgressed" in found._repr_html_()


def test_tables_of_written_windows_are_read_from_the_files(windows, planted, tmp_path):
    _, kept = windows
    model, words = open_model(planted / "model.h5", Alphabet.KMER), planted / "words.h5"
    found = at.predict(model, words, max_gap=200, table=tmp_path / "t.tsv", bed=tmp_path / "s.bed")
    assert found._kept is None
    same(kept.windows, found.windows)
    pd.testing.assert_frame_equal(found.segments, kept.segments, check_dtype=False)
    other = at.predict(SimpleNamespace(model=model), words, max_gap=200, bed=tmp_path / "b.bed")
    pd.testing.assert_frame_equal(other.windows, kept.windows)  # neither kept nor written: predicted again


def test_genes_take_predictions_in_memory(people, windows, ok, tmp_path):
    (tmp_path / "g.bed").write_text(GENES)
    (tmp_path / "w.bed").write_text("chr4\t1000\t9000\tone\nchr5\t0\t20000\ttwo\n")
    for (folder, found), file, annotation in ((people, "s.tsv", "g.bed"), (windows, "t.tsv", "w.bed")):
        ok("genes", folder / file, "--annotation", tmp_path / annotation, "--out", tmp_path / "c.tsv", "--bed",
           tmp_path / "c.bed")  # fmt: skip
        table = at.genes(found, annotation=tmp_path / annotation, out=tmp_path / "a.tsv", bed=tmp_path / "a.bed")
        assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "c.tsv").read_bytes()
        assert (tmp_path / "a.bed").read_bytes() == (tmp_path / "c.bed").read_bytes()
        same(table.table, read(tmp_path / "c.tsv"))
        again = at.genes(folder / file, annotation=str(tmp_path / annotation))
        again.to_tsv(tmp_path / "b.tsv")
        again.to_bed(tmp_path / "b.bed")
        assert (tmp_path / "b.tsv").read_bytes() == (tmp_path / "c.tsv").read_bytes()
        assert (tmp_path / "b.bed").read_bytes() == (tmp_path / "c.bed").read_bytes()


def test_genes_count_segments_though_only_the_table_of_bins_is_written(people, planted, tmp_path):
    (tmp_path / "g.bed").write_text(GENES)
    folder, _ = people
    found = at.predict("pretrained", planted / "haplotypes.h5", table=tmp_path / "bins.tsv", **LOOSE)
    assert not found.has_file
    table = at.genes(found, annotation=tmp_path / "g.bed").table
    same(table, at.genes(folder / "s.tsv", annotation=tmp_path / "g.bed").table)


def test_genes_compare_with_published_calls(planted, ok, tmp_path):
    command = ["genes", planted / "predictions_chr5.tsv", "--annotation", planted / "genes_plain.bed"]
    shown = ok(*command, "--published", planted / "published.tsv", "--agreement", tmp_path / "a.json", "--out",
               tmp_path / "g.tsv").out  # fmt: skip
    found = at.genes(
        planted / "predictions_chr5.tsv", annotation=planted / "genes_plain.bed", published=planted / "published.tsv"
    )
    assert f"agreement: {found.agreement}" in shown
    assert found.facts["agreement"] == str(found.agreement)


def test_merge_is_the_command_line(planted, ok, tmp_path):
    parts = [planted / f"predictions_chr{number}.tsv" for number in (5, 4)]
    ok("merge", *parts, "--out", tmp_path / "c.tsv")
    found = at.merge(list(map(str, parts)), out=tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "c.tsv").read_bytes()
    assert (found.kind, found.rows, found.callable) == ("table", len(read(tmp_path / "c.tsv")), None)
    (tmp_path / "g.bed").write_text("chr4\t1000\t9000\tone\n")
    assert len(at.genes(found, annotation=tmp_path / "g.bed").table) == 1


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        ("haplotypes.h5", {"threshold": 1.5}, "--threshold: 1.5 is not in the range"),
        ("haplotypes.h5", {"any_build": True}, "--any-build: only for k-mers"),
        ("haplotypes.h5", {"bigwig": "x.bw"}, "haplotypes have one track each"),
        ("words.h5", {"desert_length": 5}, "--desert-length: only for haplotypes"),
        ("words.h5", {}, "'pretrained' reads haplotypes"),
    ],
)
def test_wrong_options_of_predict(planted, words, options, message):
    with pytest.raises(UsageError, match=message):
        at.predict("pretrained", planted / words, **options)


def test_wrong_options_of_genes_and_merge(planted, tmp_path):
    predictions, genes = planted / "predictions_chr4.tsv", planted / "genes_plain.bed"
    with pytest.raises(UsageError, match="--agreement needs --published"):
        at.genes(predictions, annotation=genes, agreement=tmp_path / "a.json")
    with pytest.raises(UsageError, match="--callable is for a table of segments"):
        at.genes(predictions, annotation=genes, callable=genes)
    with pytest.raises(UsageError, match="name the output with --out"):
        at.merge([predictions])
    with pytest.raises(InputError, match="given twice"):
        at.merge([predictions, predictions], out=tmp_path / "x")


def test_a_model_of_the_other_alphabet_is_refused(planted):
    model = open_model(planted / "model.h5", Alphabet.KMER)
    with pytest.raises(InputError, match="not variant"):
        open_model(model, Alphabet.VARIANT)
    assert open_model(model, None) is model


def test_keywords_are_the_options():
    parameters = inspect.signature(at.predict).parameters
    assert list(parameters)[:3] == ["model", "words", "bigwig"]
    assert parameters["min_length"].default is None
    assert parameters["desert_length"].default == 1_000_000


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_record_of_haplotypes(ok, planted, tmp_path):
    words, given = planted / "haplotypes.h5", flags(**LOOSE, desert_length=DESERT, seed=3)
    ok("predict", "pretrained", words, "--record", tmp_path / "r.json", "--summary", tmp_path / "p.tsv", *given)
    found = json.loads((tmp_path / "r.json").read_text())
    assert (found["program"], found["version"], found["verb"]) == ("archaictools", at.__version__, "predict")
    assert found["parameters"] == {
        "threshold": 0.1, "min_length": MIN_LENGTH[Alphabet.VARIANT], "max_gap": 2_000, "desert_length": DESERT, "seed": 3
    }  # fmt: skip
    weights = Path(at.__file__).parent / "haplotypes/weights/pretrained.h5"
    assert found["inputs"] == {
        "model": {"name": "pretrained.h5", "sha256": sha256_of(weights)},
        "words": {"name": "haplotypes.h5", "sha256": sha256_of(words)},
    }
    assert found["libraries"]["tensorflow"]


def test_record_of_windows(planted, tmp_path):
    model, words = planted / "model.h5", planted / "words.h5"
    found = at.predict(model, words, record=tmp_path / "r.json", any_build=True)
    record = json.loads((tmp_path / "r.json").read_text())
    expected = {"threshold": 0.5, "min_length": MIN_LENGTH[Alphabet.KMER], "max_gap": 0, "any_build": True, "seed": 1}
    assert record["parameters"] == expected
    assert {name: each["sha256"] for name, each in record["inputs"].items()} == {
        "model": sha256_of(model),
        "words": sha256_of(words),
    }
    assert found._kept is not None
    loaded = open_model(model, Alphabet.KMER)
    at.predict(loaded, words, record=tmp_path / "memory.json")
    record = json.loads((tmp_path / "memory.json").read_text())
    assert {name: each["name"] for name, each in record["inputs"].items()} == {"words": "words.h5"}


def test_a_record_alone_keeps_predictions_in_memory(planted, tmp_path):
    found = at.predict("pretrained", planted / "haplotypes.h5", record=tmp_path / "r.json")
    assert found._kept is not None
    with open_features(planted / "haplotypes.h5") as features:
        at.predict("pretrained", features, record=tmp_path / "open.json")
    assert (tmp_path / "open.json").read_bytes() == (tmp_path / "r.json").read_bytes()
