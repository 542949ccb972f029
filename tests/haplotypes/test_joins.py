"""A run that is divided by chromosome and by group of people, and joined, must give the bytes of the undivided run."""

from __future__ import annotations

import filecmp
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from archaictools.cli.main import main
from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_writer import FeatureChunk, write_features

LENGTHS = {"chr1": 200_000, "chr2": 150_500, "chr3": 90_000, "chr10": 120_000}
CHROMS = ("chr1", "chr2", "chr10")
#: First haplotypes of three groups of people, and the people of each: names that do not come in the order of letters.
GROUPS = (0, 24, 48)
PEOPLE = [f"P{(7 * number) % 30}" for number in range(30)]
HAPLOTYPES = [(name, side) for name in PEOPLE for side in (1, 2)]
SHARDS = [slice(0, 24), slice(24, 48), slice(48, 60)]
TABLES = ("segments", "bed", "bigbed", "summary", "deserts")


#: Mean counts of a bin by frequency in the outgroup, outside of tracts and within, and most common archaic genotype.
RATES = {"absent": (0.2, 1.2), "to_10": (0.15, 0.15), "to_50": (1.0, 1.0), "over_50": (2.0, 1.8), "from_90": (2.1, 2.3)}


def features_of(archaic):
    """Draw features of all haplotypes on each chromosome, with tracts of alleles that the outgroup lacks."""
    rng, drawn = np.random.default_rng(20), {}
    pairs = list(itertools.permutations(range(len(archaic)), 2))
    for chrom in CHROMS:
        bins = -(-LENGTHS[chrom] // 1_000)
        counts = np.zeros((60, bins, 32), dtype=np.int64)
        matches = rng.poisson(0.05, size=(60, bins, len(archaic), 3))
        apart = rng.poisson(0.02, size=(60, bins, len(pairs), 2))
        inside = np.zeros((60, bins), dtype=bool)
        for row in range(60):
            start, length = int(rng.integers(0, bins - 40)), int(rng.integers(8, 40))
            tract = slice(start, start + length)
            inside[row, tract] = True
            if archaic:
                own = int(rng.integers(0, len(archaic)))
                matches[row, tract, own, :2] += rng.poisson(0.8, size=(length, 1))
                apart[row, tract, [n for n, pair in enumerate(pairs) if pair[0] == own], 0] += 1
        for name, (outside, within) in RATES.items():
            states = ("lacked", "hom") if archaic else ("uncalled",)
            for state in states:
                rate = np.where(inside == (state != "lacked"), within, outside) / len(states)
                counts[..., CLASSES.index(f"{name}_{state}")] = rng.poisson(rate)
        matches[..., 1] = np.minimum(matches[..., 1], matches[..., 0])
        callable_ = np.minimum(1_000, LENGTHS[chrom] - 1_000 * np.arange(bins))
        callable_[100:130] = 0
        missing = np.zeros((60, bins), dtype=np.uint16)
        for row in range(0, 60, 7):
            missing[row, 30 : 60 + row] = 9
        drawn[chrom] = (counts, matches, apart, callable_, missing)
    return drawn


def write(path, drawn, archaic, *, chroms=CHROMS, rows=slice(0, 60)):
    """Write the features of some haplotypes on some chromosomes, as the whole file has them."""
    first = [begin - rows.start for begin in GROUPS if rows.start <= begin < rows.stop]
    with write_features(
        path,
        HaplotypeEncoding(archaic=archaic, outgroup=9),
        haplotypes=HAPLOTYPES[rows],
        lengths=LENGTHS,
        provenance={},
        vcf_digests=["0" * 64],
        groups=first,
    ) as writer:
        for chrom in chroms:
            counts, matches, apart, callable_, missing = drawn[chrom]
            writer.begin(chrom)
            bins = counts.shape[1]
            writer.append(
                FeatureChunk(
                    counts[rows].astype(np.uint8),
                    matches[rows].astype(np.uint8),
                    np.full(bins, 6, dtype=np.uint16),
                    callable_.astype(np.uint16),
                    np.full(bins, 9, dtype=np.uint16),
                    missing[rows],
                    apart[rows].astype(np.uint8),
                )
            )
            writer.unshared(np.full((len(archaic), 2), 10 * (rows.stop - rows.start), dtype=np.int64))
            exists = np.ones(60, dtype=bool)
            exists[1::10] = chrom != "chr10"
            writer.exist(exists[rows])


def predict(words, folder, *more):
    """Predict one file with all outputs, into a new folder."""
    folder.mkdir()
    options = ["--bigwig", folder / "tracks", "--table", folder / "bins", "--sums", folder / "sums", *more]
    for name in TABLES:
        options += [f"--{name}", folder / (f"{name}.tsv" if name == "segments" else name)]
    command = ["predict", "pretrained", words, "--threads", 2, "--quiet", "--desert-length", 20_000, *options]
    assert main([str(part) for part in command]) == 0
    return folder


class Runs:
    """The undivided run, and the parts by number of the shard and chromosome."""

    def __init__(self, folder: Path, archaic: tuple[str, ...]) -> None:
        drawn = features_of(archaic)
        write(folder / "whole.h5", drawn, archaic)
        self.whole = predict(folder / "whole.h5", folder / "whole")
        self.parts = {}
        for (number, rows), chrom in itertools.product(enumerate(SHARDS), CHROMS):
            name = f"{number}.{chrom}"
            write(folder / f"{name}.h5", drawn, archaic, chroms=[chrom], rows=rows)
            self.parts[number, chrom] = predict(folder / f"{name}.h5", folder / name)
        self.drawn, self.archaic, self.folder = drawn, archaic, folder

    def files(self, name, order=None):
        """Return a file of every part, in an order of shards and chromosomes."""
        return [self.parts[key] / name for key in order or self.parts]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Thirty people beside two archaic genomes."""
    return Runs(tmp_path_factory.mktemp("joins"), ("AltaiNea", "Denisova"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Thirty people without an archaic genome."""
    return Runs(tmp_path_factory.mktemp("alone"), ())


def same(one: Path, other: Path) -> bool:
    assert one.stat().st_size
    return filecmp.cmp(one, other, shallow=False)


#: Chromosomes and shards of one chromosome in any order; only the order of people is that of the parts.
ORDERS = [
    [(number, chrom) for number in range(3) for chrom in CHROMS],
    [(number, chrom) for chrom in reversed(CHROMS) for number in range(3)],
]


@pytest.mark.parametrize("order", ORDERS)
def test_sums_give_every_output_of_the_undivided_run(runs, ok, tmp_path, order):
    names = [*TABLES, "callable", "mean", "share"]
    outputs = [part for name in names for part in (f"--{name}", tmp_path / name)]
    ok("merge", *runs.files("sums", order), *outputs)
    for name in TABLES:
        assert same(tmp_path / name, runs.whole / (f"{name}.tsv" if name == "segments" else name)), name
    assert same(tmp_path / "callable", runs.whole / "segments.callable.bed")
    for name in ("mean", "share"):
        assert same(tmp_path / name, runs.whole / "tracks" / f"{name}.bw"), name
