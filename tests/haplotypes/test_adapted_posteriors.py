"""Posteriors are adapted to the people at hand: to little diversity, and to the absence of archaic DNA."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from archaictools.cli.main import main
from archaictools.haplotypes.both_readings import BothReadings
from archaictools.haplotypes.diffuse import DIFFUSE, LEAST_BASES, LOWERED, SHARP, lower_diffuse
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_file import WithoutArchaic, open_features
from archaictools.haplotypes.longer_bins import LongerBins
from archaictools.haplotypes.predict import BinEnsemble
from archaictools.haplotypes.pretrained import load_pretrained, pretrained_file
from archaictools.learning.forward import start_runtime
from archaictools.learning.model_file import load_model
from helpers import ROOT, another_model, make_words

HISTORIES = ROOT / "validation/callers/histories"
ROLES = ["--outgroup-population", "Reference", "--ingroup-population", "Target", "--archaic-population", "Source"]
LENGTH = 20_000_000


def simulated(folder, history, *, outgroup, seed, length=LENGTH):
    """Four people of a history with half the diversity of the training; a simulation of people is kept."""
    sim = folder / "sim"
    assert main(["simulate", "--model", str(HISTORIES / f"{history}.yaml"), *ROLES, "--archaic-time", "0",
                 "--archaic", "2", "--outgroup", str(outgroup), "--ingroup", "4", "--length", str(length),
                 "--mutation-rate", "1.25e-8", "--recombination", "1e-8", "--seed", str(seed), "--quiet",
                 "--out", str(sim)]) == 0  # fmt: skip
    return sim


def encode(sim, out, *options):
    words = ["haplotypes", "--vcf", str(sim / "modern.chr1.vcf.gz"), "--ingroup", str(sim / "ingroup.txt"),
             "--outgroup", str(sim / "outgroup.txt"), "--quiet", "--out", str(out), *options]  # fmt: skip
    assert main(words) == 0
    return out


@pytest.fixture(scope="module")
def archie(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archie")
    sim = simulated(folder, "archie_3d19", outgroup=50, seed=63)
    encode(sim, folder / "words.h5", "--truth", str(sim / "truth.bed"))
    return folder


def test_longer_bins_are_those_of_a_file_made_with_them(tmp_path):
    """The last bin of the file has no partner. A genome that is named is left out, as by the reading without it."""
    sim = simulated(tmp_path, "archie_3d19", outgroup=6, seed=64, length=2_000_500)
    genome = ["--archaic-vcf", str(sim / "archaic.chr1.vcf.gz"), "--archaic", "ARC000"]
    named = encode(sim, tmp_path / "named.h5", *genome)
    long = encode(sim, tmp_path / "long.h5", "--bin", "2000")
    with open_features(named) as one, open_features(long) as expected:
        features = LongerBins(WithoutArchaic(one))
        assert (one.bins["chr1"], features.bins) == (2_001, expected.bins)
        assert features.encoding == expected.encoding
        assert (features.edges("chr1") == expected.edges("chr1")).all()
        some = slice(100, 1_001)
        for name in ("counts", "missing"):
            found, wanted = (getattr(each, name)("chr1", slice(1, 5), some) for each in (features, expected))
            assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
            assert (found == wanted).all()
            assert name == "missing" or found.any()
        for name in ("outgroup_variable", "callable", "typed"):
            assert (features.shared("chr1", name) == expected.shared("chr1", name)).all()
        bins, carriers = features.shared_alleles("chr1", slice(0, 8))
        wanted_bins, wanted_carriers = expected.shared_alleles("chr1", slice(0, 8))
        assert len(bins) > 100
        assert (bins == wanted_bins).all()
        # Alleles of a bin are in the order of their positions in both.
        assert (carriers == wanted_carriers).all()


def test_longer_bins_hold_no_more_than_a_byte(tmp_path):
    make_words(tmp_path / "words.h5", archaic=(), bins=601, chromosomes=1)
    with h5py.File(tmp_path / "words.h5", "r+") as handle:
        handle["bins/0/counts"][...] = 200
    with open_features(tmp_path / "words.h5") as features:
        counts = LongerBins(features).counts("chr1")
        assert (counts[:, :-1] == 255).all()
        assert (counts[:, -1] == 200).all()


def f1(called, true):
    return 2 * (called & true).sum() / (called.sum() + true.sum())


def test_tracts_of_people_with_half_the_diversity_are_found(archie, ok, tmp_path):
    """Bins of the same length alone gave an F1 below 0.2 in each simulation of this history that was looked at."""
    told = ok("predict", "pretrained", archie / "words.h5", "--table", tmp_path / "bins.tsv")
    assert "chr1: the outgroup has little diversity; longer bins are read, too" in told.err
    found = pd.read_csv(tmp_path / "bins.tsv", sep="\t")["probability"].to_numpy() >= 0.5
    with open_features(archie / "words.h5") as features:
        runtime = start_runtime(threads=2, seed=1, work=1e12)
        short = BinEnsemble(load_pretrained(), features, runtime).predict("chr1", slice(0, 8))[0].ravel() >= 0.5
        assert features.read("chr1").all()
        true = features.label("chr1").ravel() == 1
    assert true.mean() > 0.01
    assert f1(found, true) > 0.45
    assert f1(short, true) < 0.3
    assert (found & ~true).sum() < 0.4 * found.sum()
    leave = ["--leave-out", "hmm", "--metrics", tmp_path / "m.json"]
    ok("evaluate", "pretrained", archie / "words.h5", *leave)
    assert json.loads((tmp_path / "m.json").read_text())["models"]["model"]["f1"] == pytest.approx(
        f1(found, true), abs=0.01
    )


def test_another_model_than_that_of_the_package_is_not_adapted(archie):
    """Its training is not known: it may have read people of little diversity."""
    with open_features(archie / "words.h5") as features:
        runtime, asked = start_runtime(threads=2, seed=1, work=1e12), []
        other = another_model()
        own = BothReadings(other, features, runtime)
        plain = BinEnsemble(other, features, runtime)
        adapted = BothReadings(load_model(pretrained_file(), HaplotypeEncoding), features, runtime)
        assert own.work() == plain.work() == 8 * 20_000
        assert adapted.work() == 8 * 30_000
        [(found, _)] = own.predict_chromosomes(["chr1"], slice(0, 8), advance=asked.append)
        assert (found == plain.predict("chr1", slice(0, 8))[0]).all()
        assert sum(asked) == pytest.approx(own.work(), rel=0.02)
        asked.clear()
        [(changed, _)] = adapted.predict_chromosomes(["chr1"], slice(0, 8), advance=asked.append)
        assert (changed != found).mean() > 0.9
        assert sum(asked) == pytest.approx(adapted.work(), rel=0.02)


def test_a_divided_run_adapts_as_the_whole_run_does(ok, tmp_path):
    """Two groups of people; longer bins are read, and posteriors of both groups are lowered or of one."""
    sim = simulated(tmp_path, "archie_no_pulse", outgroup=20, seed=66, length=8_000_000)
    parts = {"whole": [], "first": ["--people-shard", "1/2"], "second": ["--people-shard", "2/2"]}
    tables = {}
    for name, options in parts.items():
        words = encode(sim, tmp_path / f"{name}.h5", "--together", "2", *options)
        told = ok("predict", "pretrained", words, "--table", tmp_path / f"{name}.tsv").err
        assert "longer bins are read" in told
        assert name != "whole" or "posteriors are diffuse" in told
        tables[name] = (tmp_path / f"{name}.tsv").read_text().splitlines()
    assert len(tables["whole"]) == 1 + 8 * 8_000
    assert sorted(tables["whole"][1:]) == sorted(tables["first"][1:] + tables["second"][1:])


def test_an_outgroup_of_five_calls_nothing_in_people_without_archaic_ancestry(ok, tmp_path):
    """Longer bins alone called 0.3 to 1 % of such people."""
    sim = simulated(tmp_path, "archie_no_pulse", outgroup=5, seed=65)
    encode(sim, tmp_path / "words.h5")
    told = ok("predict", "pretrained", tmp_path / "words.h5", "--summary", tmp_path / "people.tsv")
    assert "chr1: posteriors are diffuse; they are lowered" in told.err
    people = pd.read_csv(tmp_path / "people.tsv", sep="\t")
    assert people["introgressed"].sum() <= 0.001 * people["callable"].sum()


def diffuse(called, expected):
    """Posteriors of two haplotypes: some of 0.6, and small ones, so that all add up to ``expected``."""
    values = np.zeros((2, 20_000), dtype=np.float32)
    values[0, :called] = 0.6
    values[1, 1:] = (expected - 0.6 * called) / 19_999
    return values


def everywhere(values):
    return np.ones(values.shape, dtype=bool)


def test_diffuse_posteriors_are_lowered_as_computed_by_hand():
    values = diffuse(100, 500)  # a fifth of what is expected is called
    before = values.astype(np.float64)
    assert lower_diffuse(values, everywhere(values), 1_000) == LOWERED
    assert (values[before == 0] == 0).all()
    known = before > 0
    assert values[known] == pytest.approx(expit(logit(before[known]) - 1.25), abs=1e-6)
    assert values.max() == pytest.approx(0.6 / 0.4 * np.exp(-1.25) / (1 + 0.6 / 0.4 * np.exp(-1.25)))
    half = diffuse(110, 400)  # between both: 0.275
    assert lower_diffuse(half, everywhere(half), 1_000) == pytest.approx(LOWERED / 2, abs=1e-3)


@pytest.mark.parametrize(
    ("called", "expected", "size"),
    [(100, 330, 1_000), (100, 500, 1_000 * LEAST_BASES // 501_000)],
    ids=["sharp", "too few bases"],
)
def test_other_posteriors_stay(called, expected, size):
    values = diffuse(called, expected)
    before = values.copy()
    assert called / expected >= SHARP or called / expected < DIFFUSE
    assert lower_diffuse(values, everywhere(values), size) == 0
    assert (values == before).all()


def test_haplotypes_without_bins_are_no_failure():
    nothing = np.zeros((2, 0), dtype=np.float32)
    assert lower_diffuse(nothing, everywhere(nothing), 1_000) == 0


def test_bins_without_data_count_neither_as_called_nor_as_expected():
    """The posterior of the second haplotype of a haploid chromosome is near 1, and that of a gap is anything."""
    for absent in (0.99, 0.2):
        values = np.vstack([diffuse(100, 500), np.full((2, 20_000), absent, dtype=np.float32)])
        known = everywhere(values)
        known[2:] = False
        assert lower_diffuse(values, known, 1_000) == LOWERED
        sharp = np.vstack([diffuse(100, 330), np.full((2, 20_000), absent, dtype=np.float32)])
        assert lower_diffuse(sharp, known, 1_000) == 0


def test_what_is_called_counts_in_the_digits_that_are_written():
    values = diffuse(100, 330)
    values[values == np.float32(0.6)] = np.float32(0.4999999)
    assert lower_diffuse(values, everywhere(values), 1_000) == 0


@pytest.mark.parametrize("archaic", [(), ("A0",)])
def test_males_are_judged_by_their_one_haplotype(tmp_path, archaic):
    """Nothing is called in a haplotype without private alleles, however the missing one reads."""
    words = tmp_path / "words.h5"
    make_words(words, archaic=archaic, bins=8_000, chromosomes=1)
    with h5py.File(words, "r+") as handle:
        counts = handle["bins/0/counts"]
        counts[...] = np.random.default_rng(7).poisson(0.05, counts.shape).astype(np.uint8)
        handle["bins/0/exists"][1::2] = 0
    with open_features(words) as features:
        runtime, known = start_runtime(threads=2, seed=1, work=1e12), features.read("chr1")
        plain = BinEnsemble(load_pretrained(), features, runtime).predict("chr1", slice(0, 4))[0]
        [(found, _)] = BothReadings(load_pretrained(), features, runtime).predict_chromosomes(["chr1"], slice(0, 4))
    assert not known[1::2].any()
    one, lowered = plain[known], plain[known]
    expected = lower_diffuse(lowered[None], np.ones((1, len(lowered)), dtype=bool), 1_000)
    assert found[known] == pytest.approx(lowered if expected else one, abs=1e-6)
