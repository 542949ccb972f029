"""model.h5: whole, checked, and unable to do anything but hold numbers. No TensorFlow is needed to read one."""

from __future__ import annotations

import dataclasses
import json
import pickle

import h5py
import numpy as np
import pytest

from archaictools.errors import InputError
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.learning.model_file import load_model, save_model
from archaictools.sequence.compatibility import check_fit
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.token_file import open_tokens
from fuzzing.containers import haplotype_model
from helpers import small_model


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "model.h5"
    save_model(target, small_model())
    return target


def test_round_trip(path, tmp_path):
    before, after = small_model(), load_model(path, KmerEncoding)
    assert len(after.members) == 2
    for one, other in zip(before.members, after.members, strict=True):
        assert one.split == other.split
        assert (one.counts == other.counts).all()
        assert (list(one.seen.chrom), one.seen.start.tolist(), one.seen.end.tolist()) == (
            list(other.seen.chrom),
            other.seen.start.tolist(),
            other.seen.end.tolist(),
        )
        for name, array in one.weights.items():
            assert (other.weights[name] == array).all()
    for name in ("network", "encoding", "both_strands", "chromosomes", "metrics", "provenance"):
        assert getattr(after, name) == getattr(before, name)
    save_model(tmp_path / "again.h5", after)
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


def edit_network(handle, **changes):
    description = json.loads(handle.attrs["network"])
    handle.attrs["network"] = json.dumps(description | changes)


def replace(handle, name, data):
    del handle[name]
    handle[name] = data


def set_sources(handle, titles, digests):
    replace(handle, "sources/title", np.array(titles, dtype=h5py.string_dtype()))
    replace(handle, "sources/sha256", np.array(digests, dtype=h5py.string_dtype()))


CASES = {
    "newer schema": (lambda h: h.attrs.__setitem__("schema_version", 5), "schema version 5, this release reads 4 to 4"),
    "older schema": (lambda h: h.attrs.__setitem__("schema_version", 3), "train the model again"),
    "sources of k-mers": (lambda h: set_sources(h, [""], ["0" * 64]), "names VCFs as its sources, but reads k-mers"),
    "other kind": (lambda h: h.attrs.__setitem__("format", "x"), "expected archaictools model"),
    "other alphabet": (lambda h: h.attrs.__setitem__("alphabet", "variant"), "variant alphabet"),
    "changed weight": (lambda h: h["members/1/weights/dense_bias"].__setitem__(0, 9.0), "digest of members/1/weights/dense_bias is wrong"),
    "wrong shape": (lambda h: replace(h, "members/1/weights/output_bias", np.zeros(2, "f4")), r"shape \(2,\), expected \(1,\)"),
    "wrong type": (lambda h: replace(h, "members/1/weights/output_bias", np.zeros(1, "f8")), "type float64, expected float32"),
    "missing": (lambda h: h.__delitem__("members/1/weights/embedding"), "no dataset members/1/weights/embedding"),
    "soft link": (lambda h: replace(h, "members/1/weights/embedding", h5py.SoftLink("/counts")), "no dataset members/1/weights/embedding"),
    "external link": (
        lambda h: replace(h, "members/1/weights/embedding", h5py.ExternalLink("/etc/passwd", "/x")), "no dataset members/1/weights/embedding",
    ),
    "unknown layer": (lambda h: edit_network(h, layer="Lambda"), "no network that this release can build"),
    "shape bomb": (lambda h: edit_network(h, lstm=10**9), "more than 4,096 units"),
    "deeper than a sentence of words has": (lambda h: edit_network(h, lstm_layers=2), "expected 1, or up to 8"),
    "depth bomb": (lambda h: edit_network(h, lstm_layers=10**9), "1,000,000,000 LSTM layers"),
    "other words": (lambda h: edit_network(h, vocabulary=17), "does not fit its own words"),
    "no members": (lambda h: h.attrs.__setitem__("members", 0), "names 0 members"),
    "member bomb": (lambda h: h.attrs.__setitem__("members", 10**9), "expected 1 to 1,000"),
    "not json": (lambda h: h.attrs.__setitem__("network", "import os"), "network is not readable JSON"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_tampered_models_are_refused(path, case):
    change, message = CASES[case]
    with h5py.File(path, "a") as handle:
        change(handle)
    with pytest.raises(InputError, match=message):
        load_model(path, KmerEncoding)


def test_an_old_model_is_refused_with_what_to_do(path):
    """Schema 3 had other attributes, and the sources among its metrics: the version is named, not the attribute."""
    with h5py.File(path, "a") as handle:
        handle.attrs["schema_version"] = 3
        handle.attrs["sharing"] = handle.attrs["second_network"]
        del handle.attrs["second_network"], handle["sources"]
    with pytest.raises(InputError, match="schema version 3, this release reads 4 to 4; train the model again"):
        load_model(path, KmerEncoding)


@pytest.fixture
def people(tmp_path):
    return haplotype_model(tmp_path / "people.h5")


def test_sources_are_read_back(people, tmp_path):
    before = load_model(people, HaplotypeEncoding)
    assert before.sources == {"": ["0" * 64]}
    sources = {"a": ["1" * 64, "2" * 64], "": ["3" * 64]}
    save_model(tmp_path / "again.h5", dataclasses.replace(before, sources=sources))
    assert load_model(tmp_path / "again.h5", HaplotypeEncoding).sources == sources


@pytest.mark.parametrize(
    ("titles", "digests", "message"),
    [
        ([], [], "does not name the VCFs of the people it has seen; train the model again"),
        ([""], ["x" * 64], "a SHA-256 of an input that is none"),
        (["other"], ["0" * 64], r"has seen chr[12], which belongs to none of its sources"),
        (["chr"], ["0" * 64], r"has seen chr[12], which belongs to none of its sources"),
        ([""], [], "has shape"),
    ],
)
def test_a_model_that_does_not_say_what_it_has_seen_is_refused(people, titles, digests, message):
    """Without its sources, a model passed as one that had seen nothing."""
    with h5py.File(people, "a") as handle:
        set_sources(handle, titles, digests)
    with pytest.raises(InputError, match=message):
        load_model(people, HaplotypeEncoding)


def test_sources_are_required(people):
    with h5py.File(people, "a") as handle:
        del handle["sources"]
    with pytest.raises(InputError, match="has no dataset sources/title"):
        load_model(people, HaplotypeEncoding)


def test_external_storage_is_not_followed(path, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"\0" * 4)
    with h5py.File(path, "a") as handle:
        del handle["members/1/weights/output_bias"]
        handle.create_dataset("members/1/weights/output_bias", (1,), "f4", external=[(str(secret), 0, 4)])
    with pytest.raises(InputError, match="keeps members/1/weights/output_bias outside itself"):
        load_model(path, KmerEncoding)


def test_a_pickle_runs_no_code(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    path = tmp_path / "model.h5"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="not an intact HDF5 file"):
        load_model(path, KmerEncoding)
    assert not (tmp_path / "ran").exists()


def test_words_that_do_not_fit_are_named(ok, run, path, tmp_path, planted):
    bed = tmp_path / "w.bed"
    bed.write_text("chr1\t0\t50\n")
    genome = planted / "planted.fa.gz"
    for options, message in (
        (("--k", 4), "k 4 (the model has 3)"),
        (("--k", 3, "--size", 60), "size 60 (the model has 50)"),
        (("--k", 3, "--canonical"), "canonical True (the model has False)"),
        (("--k", 3), "chr1 has 620,000 bp (the model's 1,000)"),
    ):
        out = tmp_path / "w.h5"
        ok("tokenize", bed, "--genome", genome, "--out", out, *options)
        with open_tokens(out) as words, pytest.raises(InputError) as caught:
            check_fit(load_model(path, KmerEncoding), words)
        assert message in str(caught.value)
    with open_tokens(out) as words:
        check_fit(load_model(path, KmerEncoding), words, any_build=True)
    result = run("predict", path, out, "--table", tmp_path / "t.tsv")
    assert result.code == 3
    assert "another genome build" in result.err
    assert not (tmp_path / "t.tsv").exists()
