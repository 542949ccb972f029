"""A history with few variable sites is neither read as free of archaic DNA nor passed over in silence."""

from __future__ import annotations

import h5py
import msprime
import numpy as np
import pandas as pd
import pytest

from archaictools.cli.main import main
from archaictools.haplotypes.diversity import LOWEST, MIN_SITES, called_part, watterson
from archaictools.haplotypes.feature_file import open_features
from helpers import make_words

MODEL = "OutOfAfricaArchaicAdmixture_5R19"


@pytest.mark.parametrize("samples", [5, 50])
def test_diversity_is_that_of_the_simulation_whatever_the_number_of_samples(samples):
    size, rate, length = 10_000, 1.25e-8, 10_000_000
    trees = msprime.sim_ancestry(
        samples, population_size=size, sequence_length=length, recombination_rate=1.2e-8, random_seed=5
    )
    sites = msprime.sim_mutations(trees, rate=rate, random_seed=6).tables.sites.position
    found = watterson(len(sites), length, samples)
    assert found == pytest.approx(1_000 * 4 * size * rate, rel=0.1)
    # With half of the bins not callable, the sites for each callable kb are the same.
    half = int((sites % 2_000 < 1_000).sum())
    assert watterson(half, length // 2, samples) == pytest.approx(found, rel=0.05)


def test_too_few_sites_give_no_estimate_and_no_correction():
    few = watterson(MIN_SITES - 1, 2_000_000, 5)
    assert np.isnan(few)
    assert called_part(few) == 1
    assert np.isnan(watterson(MIN_SITES, 2_000_000, 0))
    expected = 1_000 * MIN_SITES / 2e6 / sum(1 / i for i in range(1, 10))
    assert watterson(MIN_SITES, 2_000_000, 5) == pytest.approx(expected)


@pytest.mark.parametrize("archaic", [(), ("A0",)])
def test_bins_count_as_partly_callable_without_an_archaic_genome_alone(tmp_path, archaic):
    make_words(tmp_path / "words.h5", archaic=archaic, bins=2_000, chromosomes=1)
    with open_features(tmp_path / "words.h5") as features:
        assert features.inputs("chr1")[..., -1].min() == 255
    few = tmp_path / "few.h5"
    make_words(few, archaic=archaic, bins=2_000, chromosomes=1)
    with h5py.File(few, "r+") as handle:
        handle["bins/0/outgroup_variable"][:] = 1
    # One variable site for each bin of 1 kb, and nine outgroup people.
    diversity = 1 / sum(1 / i for i in range(1, 18))
    with open_features(few) as features:
        assert diversity < LOWEST
        part = 1 if archaic else diversity
        assert set(np.unique(features.inputs("chr1")[..., -1])) == {round(255 * part)}


def test_half_the_diversity_of_the_training_is_said_and_archaic_tracts_are_still_found(tmp_path, capsys):
    sim = tmp_path / "sim"
    populations = ["--outgroup-population", "YRI", "--ingroup-population", "CEU", "--archaic-population", "Neanderthal"]
    assert main(["simulate", "--model", MODEL, *populations, "--outgroup", "50", "--ingroup", "4", "--archaic", "1",
                 "--length", "20000000", "--seed", "43", "--quiet", "--out", str(sim)]) == 0  # fmt: skip
    words = tmp_path / "words.h5"
    assert main(["haplotypes", "--vcf", str(sim / "modern.chr1.vcf.gz"), "--ingroup", str(sim / "ingroup.txt"),
                 "--outgroup", str(sim / "outgroup.txt"), "--out", str(words), "--quiet"]) == 0  # fmt: skip
    files = {name: tmp_path / f"{name}.tsv" for name in ("segments", "summary")}
    capsys.readouterr()
    options = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    assert main(["predict", "pretrained", str(words), *options]) == 0
    told = capsys.readouterr()
    assert "unlike the training: the outgroup's diversity is 0.5" in told.err
    assert "unlike training: chr1 (diversity 0.5" in told.out
    people = pd.read_csv(files["summary"], sep="\t")
    assert (people["unlike_training"] == people["callable"]).all()
    names = ["chrom", "start", "end", "sample", "haplotype", "source"]
    truth = pd.read_csv(sim / "truth.bed", sep="\t", names=names)
    called = pd.read_csv(files["segments"], sep="\t")

    def covered(table):
        bases = np.zeros((8, 20_000_000), dtype=bool)
        rows = 2 * table["sample"].str[2:].astype(int) + table["haplotype"] - 1
        for row, start, end in zip(rows, table["start"], table["end"], strict=True):
            bases[row, start:end] = True
        return bases

    true, found = covered(truth), covered(called)
    assert true.mean() > 0.005
    assert 2 * (true & found).sum() / (true.sum() + found.sum()) > 0.45
