"""What a user of a notebook does: results are passed on, wrong objects are refused in one sentence."""

from __future__ import annotations

import os
from dataclasses import replace

import pandas as pd
import pytest

import archaictools as at
from archaictools.alphabet import Alphabet
from archaictools.api import inputs
from archaictools.api.predictions import HaplotypePredictions, PredictionFiles, WindowPredictions
from archaictools.api.train import TrainFiles, TrainResult
from archaictools.errors import ArchaicError, InputError, UsageError
from archaictools.haplotypes import outputs
from archaictools.options import build


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    """A FASTA of one chromosome of 40,000 bp, with one introgressed and one depleted region."""
    folder = tmp_path_factory.mktemp("genome")
    (folder / "g.fa").write_text(">chr1\n" + "\n".join(["ACGTTGCAAC" * 10] * 400) + "\n")
    (folder / "i.bed").write_text("chr1\t0\t10000\n")
    (folder / "d.bed").write_text("chr1\t20000\t30000\n")
    return folder


def cut(genome, **options):
    return at.windows(
        genome=genome / "g.fa", introgressed=genome / "i.bed", depleted=genome / "d.bed", size=100, **options
    )


@pytest.fixture
def windows(genome):
    """Windows in memory."""
    return cut(genome)


def test_windows_in_memory_are_tokenized_as_their_file(genome, windows, tmp_path):
    at.tokenize(cut(genome, out=tmp_path / "windows.bed"), genome=genome / "g.fa", out=tmp_path / "1.h5", k=4)
    found = at.tokenize(windows, genome=genome / "g.fa", out=tmp_path / "2.h5", k=4)
    assert found.sentences == {"introgressed": 50, "depleted": 50, ".": 0}
    assert (tmp_path / "1.h5").read_bytes() == (tmp_path / "2.h5").read_bytes()
    parts = cut(genome, by_chromosome=tmp_path / "parts")
    at.tokenize(parts, genome=genome / "g.fa", out=tmp_path / "3.h5", k=4)
    assert (tmp_path / "1.h5").read_bytes() == (tmp_path / "3.h5").read_bytes()


def test_windows_in_memory_are_audited_as_their_file(genome, windows, tmp_path):
    split = {"split": "random"}
    written = cut(genome, out=tmp_path / "windows.bed")
    assert at.audit(windows, **split).report == at.audit(written, **split).report


def test_a_result_without_a_file_states_the_remedy(windows):
    with pytest.raises(UsageError, match="the windows have no file; give windows\\(\\) an `out`"):
        windows.__fspath__()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "is None"),
        (5, "is an int"),
        ([b"x"], "is a list"),
        (pd.DataFrame({"chrom": ["chr1"]}), "is a DataFrame"),
        ("", "is an empty text"),
    ],
)
def test_wrong_objects_are_refused_in_one_sentence(given, message, tmp_path):
    expected = f"words {message}, expected a path, a result or an open file"
    model = f"model {message}, expected a path, a result or an open file"
    with pytest.raises(UsageError, match=expected):
        at.predict("pretrained", given)
    with pytest.raises(UsageError, match=expected):
        at.evaluate("pretrained", given)
    with pytest.raises(UsageError, match=expected):
        at.importance("pretrained", given)
    with pytest.raises(UsageError, match=expected.replace("list", "bytes")):
        at.train(given)
    with pytest.raises(UsageError, match=model):
        at.embedding(given)
    with pytest.raises(UsageError, match=model):
        inputs.open_model(given, Alphabet.KMER)
    with pytest.raises(UsageError, match=f"windows {message}"):
        at.audit(given)
    with pytest.raises(UsageError, match=f"predictions {message}"):
        at.genes(given, annotation=tmp_path / "genes.bed")
    with pytest.raises(UsageError, match=f"parts {message}".replace("list", "bytes")):
        at.merge(given, out=tmp_path / "x.tsv")
    if given is not None:
        with pytest.raises(UsageError, match=f"windows {message}"):
            at.tokenize(given, genome=tmp_path / "g.fa", out=tmp_path / "k.h5")


@pytest.fixture
def trained(planted):
    """A result of train that was given no `model`."""
    model = inputs.open_model(planted / "model.h5", Alphabet.KMER)
    return TrainResult(path=None, model=model, history=pd.DataFrame(), _fitted=None)


def test_vectors_of_a_model_in_memory_are_those_of_its_file(trained, planted, tmp_path):
    files = {"vectors": tmp_path / "v.tsv", "metadata": tmp_path / "m.tsv", "config": tmp_path / "c.json"}
    found = at.embedding(trained, **files)
    assert (found.vectors == at.embedding(planted / "model.h5").vectors).all()
    assert '"tensorName": "model"' in (tmp_path / "c.json").read_text()


def test_training_starts_from_a_model_in_memory(trained, planted):
    for given in (trained, trained.model):
        assert build(TrainFiles, {"start_from": given}).start_from is trained.model
        with pytest.raises(UsageError, match="--start-from: only for haplotypes"):
            at.train(planted / "words.h5", start_from=given)
    with pytest.raises(UsageError, match="--start-from: is a list, expected a model"):
        at.train(planted / "words.h5", start_from=[])


TABLE = "chrom\tstart\tend\tprobability\nchr1\t0\t100\t0.5\n"


def test_merge_takes_one_path_and_refuses_none(tmp_path):
    (tmp_path / "1.tsv").write_text(TABLE)
    for given in (str(tmp_path / "1.tsv"), tmp_path / "1.tsv", [tmp_path / "1.tsv"]):
        at.merge(given, out=tmp_path / "all.tsv")
        assert (tmp_path / "all.tsv").read_text() == TABLE
        (tmp_path / "all.tsv").unlink()
    with pytest.raises(UsageError, match="parts is empty"):
        at.merge([], out=tmp_path / "all.tsv")


def test_merge_refuses_to_write_text_under_the_name_of_a_bigwig(tmp_path):
    (tmp_path / "1.tsv").write_text(TABLE)
    (tmp_path / "2.tsv").write_text(TABLE.replace("chr1", "chr2"))
    for name in ("m.bw", "m.BigWig"):
        with pytest.raises(UsageError, match="is the name of a bigWig, but the parts are of kind table"):
            at.merge([tmp_path / "1.tsv", tmp_path / "2.tsv"], out=tmp_path / name)
        assert not (tmp_path / name).exists()


def test_no_window_is_left_without_an_output(genome, tmp_path):
    for files in ({}, {"out": tmp_path / "w.bed"}):
        with pytest.raises(InputError, match="no window is left"):
            at.windows(genome=genome / "g.fa", size=10**7, **files)


@pytest.fixture(scope="module")
def predicted():
    """Predictions of two people, without a network."""
    table = pd.DataFrame({"chrom": ["chr1"]})
    return HaplotypePredictions(
        segments=table, people=table, deserts=table, callable=table, files=PredictionFiles(), _calls=None, _sources=(), _lengths={},
        _kept=(), _again=lambda **_: None, facts={"bins": "4 with data", "segments": "1 of 2,000 bp or more"},
    )  # fmt: skip


def test_tracks_are_written_again_with_force(predicted, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "write_kept_tracks", lambda folder, *_, **__: (folder / "mean.bw").write_text("x"))
    predicted.to_bigwig(tmp_path / "tracks")
    with pytest.raises(UsageError, match="not empty"):
        predicted.to_bigwig(tmp_path / "tracks")
    predicted.to_bigwig(tmp_path / "tracks", force=True)
    with pytest.raises(UsageError, match="not empty"):  # only that call
        predicted.to_bigwig(tmp_path / "tracks")
    assert [path.name for path in tmp_path.iterdir()] == ["tracks"]


def test_tracks_that_are_predicted_again_are_replaced_with_force(predicted, tmp_path):
    given = []
    again = replace(predicted, _kept=None, _again=lambda **options: given.append(options))
    again.to_bigwig(tmp_path / "tracks", force=True)
    assert given == [{"bigwig": tmp_path / "tracks", "per_person": False, "force": True}]


@pytest.mark.parametrize("kept", [None, ()])
def test_a_folder_of_tracks_is_not_named_like_a_file(predicted, tmp_path, kept):
    with pytest.raises(UsageError, match="haplotypes have one track each"):
        replace(predicted, _kept=kept).to_bigwig(tmp_path / "c.bw")
    assert not list(tmp_path.iterdir())


def test_results_are_compared_by_identity(predicted, windows, genome):
    for one, other in ((predicted, replace(predicted)), (windows, cut(genome))):
        assert one == one  # noqa: PLR0124 - it is about the comparison
        assert one != other
        assert len({one, other}) == 2


def test_a_result_shows_its_facts(predicted, windows):
    assert repr(predicted) == "HaplotypePredictions\nbins: 4 with data\nsegments: 1 of 2,000 bp or more"
    assert repr(windows) == f"WindowsResult\n{windows}"
    assert "introgressed: 50" in repr(windows)


def test_a_checkpoint_that_cannot_be_written_is_refused_before_training(planted, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "ck"):
        with pytest.raises(UsageError, match=f"{tmp_path / 'file'}: is a file, expected a folder for the checkpoint"):
            at.train(planted / "words.h5", checkpoint=folder)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ArchaicError, match=f"cannot write the checkpoint ck in {tmp_path} .permission denied"):
        at.train(planted / "words.h5", checkpoint=tmp_path / "ck")
    assert not (tmp_path / "ck").exists()


def test_the_remedy_for_other_chromosomes_is_one_that_the_verb_has(genome, tmp_path):
    (tmp_path / "genes.bed").write_text("chr9\t0\t50\tgene\n")
    (tmp_path / "windows.tsv").write_text(TABLE)
    with pytest.raises(InputError, match=r"not in the predictions.*; use files of the same build$"):
        at.genes(tmp_path / "windows.tsv", annotation=tmp_path / "genes.bed")
    with pytest.raises(InputError, match=r"not in .*g.fa.*; use files of the same build$"):
        at.tokenize(tmp_path / "genes.bed", genome=genome / "g.fa", out=tmp_path / "k.h5")
    with pytest.raises(InputError, match=r"or keep only shared chromosomes with --chromosomes$"):
        at.windows(genome=genome / "g.fa", introgressed=tmp_path / "genes.bed", depleted=genome / "d.bed", size=100)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"vcf": []}, "--vcf is empty, expected a path or several"),
        ({"vcf": ""}, "a VCF is an empty text, expected a path"),
        ({"vcf": ["x.vcf", ""]}, "a VCF is an empty text, expected a path"),
        ({"vcf": "x.vcf", "archaic_vcf": ""}, "a VCF is an empty text, expected a path"),
    ],
)
def test_an_empty_vcf_is_refused(files, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        at.haplotypes(**files, ingroup=["a"], outgroup=["b"], out=tmp_path / "h.h5")


def test_columns_choose_the_metadata_also_without_a_file(planted, tmp_path):
    model = planted / "model.h5"
    with pytest.raises(UsageError, match="--columns names gc, expected some of kmer, id, count"):
        at.embedding(model, columns="gc")
    found = at.embedding(model, columns="cpg,kmer", metadata=tmp_path / "m.tsv")
    assert list(found.metadata) == ["cpg", "kmer"]
    pd.testing.assert_frame_equal(found.metadata, pd.read_csv(tmp_path / "m.tsv", sep="\t"), check_dtype=False)
    assert list(at.embedding(model).metadata) == [
        "kmer", "id", "count", "at_content", "log_odds", "cpg", "reverse_complement", "norm",
    ]  # fmt: skip


def test_the_word_of_the_package_is_a_text_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for given in (tmp_path / "pretrained", "./pretrained", os.path.join(".", "pretrained")):  # noqa: PTH118
        with pytest.raises(InputError, match="pretrained: no such file"):
            inputs.open_model(given, None)
    assert inputs.open_model("pretrained", None).encoding.name == "variant"


def test_predictions_in_memory_are_merged_as_their_tables(tmp_path, monkeypatch):
    made = [
        WindowPredictions(
            files=PredictionFiles(), _again=lambda **_: None, _kept=[], _options=None, _lengths={chrom: 9}
        )
        for chrom in ("chr2", "chr1")
    ]
    monkeypatch.setattr(
        WindowPredictions, "to_tsv", lambda self, path: path.write_text(TABLE.replace("chr1", *self._lengths))
    )
    found = at.merge(made, out=tmp_path / "all.tsv")
    assert (tmp_path / "all.tsv").read_text() == TABLE + "chr2\t0\t100\t0.5\n"
    assert (found.kind, found.rows) == ("table", 2)
