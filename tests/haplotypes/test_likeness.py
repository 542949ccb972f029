"""Data unlike the simulations of the training are told, with what is off; ordinary data are not."""

from __future__ import annotations

import h5py
import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes import likeness
from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.likeness import SiteCounts, count_sites, densities_off, describe, joined_sites
from archaictools.learning.model_file import save_model
from helpers import ABSENT_LACKED, another_model, make_words

BINS = 2_000


def words(path, *, archaic=(), private=(), missing=0.0, people=6):
    """Two chromosomes of people; on those named, haplotypes have two more private alleles in each bin."""
    make_words(path, archaic=archaic, bins=BINS, chromosomes=2, people=people)
    rng = np.random.default_rng(5)
    with h5py.File(path, "r+") as handle:
        for chrom in private:
            counts = handle[f"bins/{chrom}/counts"]
            table = counts[...]
            table[..., ABSENT_LACKED] += 2
            counts[...] = table
        for number in range(2):
            lost = rng.binomial(9, missing, size=handle[f"bins/{number}/missing"].shape)
            handle[f"bins/{number}/missing"][...] = lost.astype(np.uint16)
    return path


def by_hand(path, chrom, rows):
    """Private alleles of some haplotypes, and the bases in which these have calls, one by one."""
    with h5py.File(path) as handle:
        own = handle[f"bins/{chrom}"]
        absent = [number for number, name in enumerate(CLASSES) if name.startswith("absent_")]
        private = sum(int(own["counts"][row][:, absent].sum()) for row in rows)
        bases, typed = int(own["callable"][...].sum()), int(own["typed"][...].sum())
        called = sum(bases * (typed - int(own["missing"][row].sum())) // typed for row in rows)
    return private, called


def test_private_alleles_are_those_of_eight_haplotypes_at_most(tmp_path):
    """Of twelve haplotypes every second; bases with missing calls count in part."""
    path = words(tmp_path / "w.h5", missing=0.3)
    with open_features(path) as features:
        found = count_sites(features, "chr2")
    assert (found.private, found.called) == by_hand(path, 1, range(0, 12, 2))
    assert (found.variable, found.bases) == (3 * BINS, 1_000 * BINS)
    with h5py.File(path, "r+") as handle:
        handle["bins/1/exists"][2] = 0
    with open_features(path) as features:
        found = count_sites(features, "chr2")
    assert (found.private, found.called) == by_hand(path, 1, [0, 4, 6, 8, 10])


@pytest.mark.parametrize("archaic", [(), ("A0",)])
def test_many_private_alleles_are_unlike_the_training(tmp_path, archaic):
    path = words(tmp_path / "w.h5", archaic=archaic, private=[1])
    with open_features(path) as features:
        counts = {chrom: count_sites(features, chrom) for chrom in features.bins}
        off = likeness.unlike_training(counts, features.encoding)
        assert [likeness.is_unlike(counts[chrom], features.encoding) for chrom in ("chr1", "chr2")] == [False, True]
    private, called = by_hand(path, 1, range(0, 12, 2))
    [one] = off.pop("chr2")
    assert not off
    assert one.name == "private alleles"
    assert one.value == pytest.approx(1_000 * private / called)
    assert one.value > 2
    text = describe({"chr2": (one,)})
    assert f"private alleles are {one.value:.3g} per kb and haplotype ({one.range} in training) on chr2. " in text
    assert "diversity" not in text


def counts(*, diversity=1.2, private=0.1, megabases=10, haplotypes=8):
    """Counts of a chromosome with given densities, for an outgroup of fifty."""
    bases = megabases * 1_000_000
    variable = round(diversity * bases / 1_000 * sum(1 / i for i in range(1, 100)))
    called = haplotypes * bases
    return SiteCounts(variable=variable, bases=bases, private=round(private * called / 1_000), called=called)


def names(found, *, archaic=()):
    off = densities_off(found, HaplotypeEncoding(archaic=archaic, outgroup=50))
    return None if off is None else [one.name for one in off]


def test_less_diversity_is_allowed_with_an_archaic_genome():
    """At half the diversity of the training, posteriors hold with an archaic genome, and not without."""
    assert names(counts()) == names(counts(), archaic=("A",)) == []
    half = counts(diversity=0.55)
    assert (names(half), names(half, archaic=("A",))) == (["diversity"], [])
    least = counts(diversity=0.2, private=2.0)
    assert names(least) == names(least, archaic=("A",)) == ["diversity", "private alleles"]
    most = counts(diversity=3.5, private=0.001)
    assert (names(most), names(most, archaic=("A",))) == (["diversity", "private alleles"], ["private alleles"])


def test_too_few_sites_or_bases_tell_nothing():
    few = counts(diversity=0.1, megabases=1)  # 518 variable sites
    assert names(few) is None
    assert likeness.is_unlike(few, HaplotypeEncoding(outgroup=50)) is None
    assert likeness.is_unlike(None, HaplotypeEncoding(outgroup=50)) is None
    assert names(counts(private=2.0, megabases=1, haplotypes=1)) is None
    assert names(counts(private=2.0, megabases=2, haplotypes=1)) == ["private alleles"]
    assert names(counts(diversity=3.5, private=2.0, megabases=1, haplotypes=1)) == ["diversity"]


def test_counts_of_groups_of_people_add_up():
    one, other = counts(private=0.1), counts(private=0.3, haplotypes=4)
    both = joined_sites([one, other])
    assert (both.variable, both.bases) == (one.variable, one.bases)
    assert 1_000 * both.private / both.called == pytest.approx((0.1 * 8 + 0.3 * 4) / 12)
    assert joined_sites([one, None]) is None
    assert joined_sites([]) is None


def test_blocks_of_bins_do_not_change_the_counts(tmp_path, monkeypatch):
    path = words(tmp_path / "w.h5", missing=0.2)
    with open_features(path) as features:
        whole = count_sites(features, "chr1")
        monkeypatch.setattr(likeness, "_BLOCK", 300)
        assert count_sites(features, "chr1") == whole


@pytest.fixture(scope="module")
def predicted(tmp_path_factory):
    """People with many private alleles on chr2, and what predict wrote and told."""
    folder = tmp_path_factory.mktemp("predicted")
    return words(folder / "w.h5", archaic=("A0",), private=[1], people=2), folder


def test_people_and_log_tell_what_is_unlike(predicted, ok, run, tmp_path):
    path, _ = predicted
    sums, people = tmp_path / "sums.h5", tmp_path / "people.tsv"
    done = ok("predict", "pretrained", path, "--summary", people, "--sums", sums)
    table = pd.read_csv(people, sep="\t")
    assert list(table)[-1] == "unlike_training"
    assert (table["callable"] == 2 * 2 * BINS * 1_000).all()
    assert (table["unlike_training"] == 2 * BINS * 1_000).all()  # chr2 alone
    assert "unlike the training: private alleles are 2." in done.err
    line = next(line for line in done.out.splitlines() if "unlike training" in line)
    assert "chr2 (private alleles 2." in line
    assert "posteriors are not reliable there; their ranking may be" in line
    joined = ok("merge", sums, "--summary", tmp_path / "joined.tsv")
    assert (tmp_path / "joined.tsv").read_bytes() == people.read_bytes()
    assert "unlike the training: private alleles are 2." in joined.err
    assert line.strip() in [own.strip() for own in joined.out.splitlines()]
    with h5py.File(sums, "r+") as handle:
        handle.attrs["schema_version"] = 1
    old = run("merge", sums, "--summary", tmp_path / "no.tsv")
    assert old.code == 3
    assert "has schema version 1, this release reads 2 to 2; predict again with --sums" in old.err


def test_another_model_is_not_compared(predicted, ok, tmp_path):
    """The training of another model is not known: NA, not 0."""
    path, _ = predicted
    own = tmp_path / "own.h5"
    save_model(own, another_model())
    done = ok("predict", own, path, "--summary", tmp_path / "p.tsv", "--sums", tmp_path / "s.h5")
    assert pd.read_csv(tmp_path / "p.tsv", sep="\t")["unlike_training"].isna().all()
    assert "unlike training:" not in done.out
    joined = ok("merge", tmp_path / "s.h5", "--summary", tmp_path / "joined.tsv")
    assert (tmp_path / "joined.tsv").read_bytes() == (tmp_path / "p.tsv").read_bytes()
    assert "unlike training:" not in joined.out


def test_a_report_never_shows_a_share_alone(predicted, ok, tmp_path):
    path, _ = predicted
    files = {name: tmp_path / f"{name}.tsv" for name in ("segments", "summary")}
    ok("predict", "pretrained", path, *[part for name, own in files.items() for part in (f"--{name}", own)])
    for given in (("--words", path), ()):
        out = tmp_path / f"report{len(given)}.html"
        ok("report", *given, *[part for name, own in files.items() for part in (f"--{name}", own)], "--out", out)
        page = out.read_text()
        assert "Unlike the model&#39;s training: 2 of 2 people" in page or "Unlike the model's training: 2 of 2" in page
        assert "Unlike training (%)" in page
