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
#: Variable sites of the outgroup in a bin: without an archaic genome, those of chr2 are more than in any training.
VARIABLE = {"chr1": 6, "chr2": 12, "chr10": 6}
#: First haplotypes of three groups of people, and the people of each: names that do not come in the order of letters.
GROUPS = (0, 24, 48)
PEOPLE = [f"P{(7 * number) % 30}" for number in range(30)]
HAPLOTYPES = [(name, side) for name in PEOPLE for side in (1, 2)]
SHARDS = [slice(0, 24), slice(24, 48), slice(48, 60)]
TABLES = ("segments", "bed", "bigbed", "summary", "deserts")


#: Mean counts of a bin by frequency in the outgroup, outside of tracts and within, and most common archaic genotype.
RATES = {
    "absent": (0.05, 1.2),
    "to_10": (0.15, 0.15),
    "to_50": (1.0, 1.0),
    "over_50": (2.0, 1.8),
    "from_90": (2.1, 2.3),
}


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
            # None in the first 40 bins. Without archaic genomes, posteriors of short ones would be diffuse and lowered.
            start, length = int(rng.integers(40, bins - 40)), int(rng.integers(8 if archaic else 30, 40))
            tract = slice(start, start + length)
            inside[row, tract] = True
            if archaic:  # one genome shares the tract, both share it, or none
                kind = int(rng.integers(0, len(archaic) + 2))
                shared = rng.poisson(0.8, size=length)
                for own in range(len(archaic)):
                    matches[row, tract, own, 0] += shared
                    matches[row, tract, own, 1] += shared * (kind in {own, len(archaic)})
                for number, (first, _) in enumerate(pairs):
                    apart[row, tract, number, 0] += shared * (first == kind)
        for name, (outside, within) in RATES.items():
            states = ("lacked", "hom") if archaic else ("uncalled",)
            for state in states:
                rate = np.where(inside & (state != "lacked"), within, outside / len(states))
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
                    np.full(bins, VARIABLE[chrom], dtype=np.uint16),
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
    command = ["predict", "pretrained", words, "--threads", 2, "--quiet", "--desert-length", 15_000, *options]
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
    assert one.stat().st_size > 100
    return filecmp.cmp(one, other, shallow=False)


def of_whole(runs, name):
    """Return an output of the undivided run."""
    others = {"callable": "segments.callable.bed", "mean": "tracks/mean.bw", "share": "tracks/share.bw"}
    return runs.whole / (others | {"segments": "segments.tsv"}).get(name, name)


#: Chromosomes and shards of one chromosome in any order; only the order of people is that of the parts.
ORDERS = [
    [(number, chrom) for number in range(3) for chrom in CHROMS],
    [(number, chrom) for chrom in reversed(CHROMS) for number in range(3)],
]


ALL = [*TABLES, "callable", "mean", "share"]


@pytest.mark.parametrize("order", ORDERS)
def test_sums_give_every_output_of_the_undivided_run(runs, ok, tmp_path, order):
    ok("merge", *runs.files("sums", order), *[part for name in ALL for part in (f"--{name}", tmp_path / name)])
    for name in ALL:
        assert same(tmp_path / name, of_whole(runs, name)), name
    names = pd.read_csv(tmp_path / "segments", sep="\t")["source"].value_counts()
    assert names.min() > 10
    assert set(names.index) == {"AltaiNea", "Denisova", "ambiguous", "unmatched"}


def test_sums_without_archaic_genomes(alone, ok, tmp_path):
    ok("merge", *alone.files("sums"), *[part for name in ALL for part in (f"--{name}", tmp_path / name)])
    for name in ALL:
        assert same(tmp_path / name, of_whole(alone, name)), name
    people = pd.read_csv(tmp_path / "summary", sep="\t")
    unlike = people["unlike_training"]
    assert unlike.between(1, people["callable"] - 1).all()


def test_sums_are_joined_in_steps(runs, ok, tmp_path):
    """Sums of each shard, joined over chromosomes, are sums that are joined again."""
    steps = []
    for number in range(3):
        steps.append(tmp_path / f"{number}.sums.h5")
        ok("merge", *(runs.parts[number, chrom] / "sums" for chrom in ("chr2", "chr10", "chr1")), "--out", steps[-1])
    ok("merge", *steps, "--out", tmp_path / "all.sums.h5", "--segments", tmp_path / "direct.tsv")
    ok("merge", tmp_path / "all.sums.h5", *[part for name in ALL for part in (f"--{name}", tmp_path / name)])
    for name in ALL:
        assert same(tmp_path / name, of_whole(runs, name)), name
    assert same(tmp_path / "direct.tsv", of_whole(runs, "segments"))
    assert same(tmp_path / "direct.callable.bed", of_whole(runs, "callable"))


def test_sums_are_read_in_small_pieces(runs, ok, tmp_path, monkeypatch):
    """The order of rows does not depend on how many are in memory."""
    monkeypatch.setattr("archaictools.haplotypes.joined_sums.rows_of_each", lambda _: 3)
    outputs = ("segments", "bigbed", "summary")
    ok("merge", *runs.files("sums"), *[part for name in outputs for part in (f"--{name}", tmp_path / name)])
    for name in outputs:
        assert same(tmp_path / name, of_whole(runs, name)), name


def test_people_come_in_the_order_of_the_parts(runs, ok, tmp_path):
    """All else is the same in any order of the shards."""
    order = [(number, chrom) for number in (2, 0, 1) for chrom in CHROMS]
    ok("merge", *runs.files("sums", order), *[part for name in ALL for part in (f"--{name}", tmp_path / name)])
    for name in ALL:
        assert same(tmp_path / name, of_whole(runs, name)) == (name != "summary"), name
    whole = of_whole(runs, "summary").read_text().splitlines()
    assert (tmp_path / "summary").read_text().splitlines() == [whole[0], *whole[25:], *whole[1:25]]


@pytest.mark.parametrize("order", ORDERS)
def test_tables_and_tracks_of_shards_and_chromosomes(alone, ok, tmp_path, order):
    ok("merge", *alone.files("bins", order), "--out", tmp_path / "bins")
    assert same(tmp_path / "bins", alone.whole / "bins")
    ok("merge", *alone.files("segments.tsv", order), "--out", tmp_path / "all.tsv")
    assert same(tmp_path / "all.tsv", of_whole(alone, "segments"))
    assert same(tmp_path / "all.callable.bed", of_whole(alone, "callable"))
    for name in ("bed", "summary"):
        ok("merge", *alone.files(name, order), "--out", tmp_path / name)
        assert same(tmp_path / name, of_whole(alone, name)), name
    done = ok("merge", *alone.files("tracks", order), "--out", tmp_path / "tracks")
    assert "mean.bw, share.bw) are left out" in done.err
    names = [path.name for path in (alone.whole / "tracks").iterdir() if path.name not in {"mean.bw", "share.bw"}]
    assert len(names) == 60
    assert {path.name for path in (tmp_path / "tracks").iterdir()} == set(names)
    for name in names:
        assert same(tmp_path / "tracks" / name, alone.whole / "tracks" / name), name


def test_genes_are_counted_from_joined_segments(alone, ok, run, tmp_path):
    genes = tmp_path / "genes.bed"
    genes.write_text(
        "".join(f"{c}\t{s}\t{s + 9_000}\tG{c}{s}\t0\t+\n" for c in LENGTHS for s in range(0, 80_000, 7_000))
    )
    ok("merge", *alone.files("segments.tsv"), "--out", tmp_path / "all.tsv")
    for name, table in (("joined", tmp_path / "all.tsv"), ("whole", of_whole(alone, "segments"))):
        ok("genes", table, "--annotation", genes, "--out", tmp_path / name)
    assert same(tmp_path / "joined", tmp_path / "whole")
    done = run("merge", tmp_path / "joined", tmp_path / "whole", "--out", tmp_path / "no.tsv")
    assert done.code == 3
    assert "is a table of genes, which counts all people; merge the predictions, then run genes" in done.err


def test_tracks_of_chromosomes_of_the_same_people(alone, ok, tmp_path):
    """Then the tracks of all people are joined, too."""
    for chrom in CHROMS:
        write(tmp_path / f"{chrom}.h5", alone.drawn, (), chroms=[chrom])
        predict(tmp_path / f"{chrom}.h5", tmp_path / chrom)
    (tmp_path / CHROMS[0] / "tracks/.snakemake_timestamp").touch()  # of a workflow engine, left aside
    ok("merge", *(tmp_path / chrom / "tracks" for chrom in reversed(CHROMS)), "--out", tmp_path / "tracks")
    for path in (alone.whole / "tracks").iterdir():
        assert same(tmp_path / "tracks" / path.name, path), path.name


def test_sources_of_parts_are_warned_of(runs, ok, tmp_path):
    """Rows come in the order of the undivided run, but each part has its own prior."""
    result = ok("merge", *runs.files("segments.tsv"), "--out", tmp_path / "all.tsv")
    assert "the sources of segments are those of the parts" in result.err
    joined, whole = (pd.read_csv(path, sep="\t") for path in (tmp_path / "all.tsv", of_whole(runs, "segments")))
    assert (joined["AltaiNea_match"] - whole["AltaiNea_match"]).abs().max() > 0.1
    own = ["chrom", "start", "end", "sample", "haplotype", "posterior", "AltaiNea_called", "Denisova_shared"]
    own += ["AltaiNea_rate", "Denisova_expected"]  # of a person and a chromosome
    pd.testing.assert_frame_equal(joined[own], whole[own])


def changed(runs, folder, *, model="pretrained", more=(), archaic=None, rows=SHARDS[1]):
    """Predict a shard of chr1 in another way."""
    archaic = runs.archaic if archaic is None else archaic
    write(folder / "other.h5", runs.drawn, archaic, chroms=["chr1"], rows=rows)
    command = ["predict", model, folder / "other.h5", "--sums", folder / "other.sums.h5", *more, "--quiet"]
    assert main([str(part) for part in command]) == 0
    return folder / "other.sums.h5"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--threshold", 0.6), "has threshold 0.6, but {first} has 0.5"),
        (("--min-length", 6_000), "has min length 6000, but {first} has 5000"),
        (("--max-gap", 1_000), "has max gap 1000, but {first} has 0"),
        (("--desert-length", 999), "has desert length 999, but {first} has 15000"),
    ],
)
def test_sums_of_other_options_are_refused(runs, run, tmp_path, option, message):
    other = changed(runs, tmp_path, more=("--desert-length", 15_000, *option))
    first = runs.parts[0, "chr1"] / "sums"
    done = run("merge", first, other, "--mean", tmp_path / "mean.bw")
    assert done.code == 3
    assert f"other.sums.h5: {message.format(first=first)}" in done.err
    assert not (tmp_path / "mean.bw").exists()


def test_sums_that_do_not_belong_together_are_refused(runs, alone, run, tmp_path):
    first, out = runs.parts[0, "chr1"] / "sums", ("--mean", tmp_path / "mean.bw")
    overlap = changed(runs, tmp_path, more=("--desert-length", 15_000), rows=SHARDS[0])
    for given, message in (
        ((first, overlap), f"P0 on chr1 is also in {first}; give each person on a chromosome in one part"),
        ((first, first), "is given twice"),
        ((first, runs.parts[1, "chr2"] / "sums"), "has no sums on chr1, unlike P0; give all parts of the run"),
        ((first, alone.parts[1, "chr1"] / "sums"), f"has archaic (), but {first} has ('AltaiNea', 'Denisova')"),
        ((first, runs.parts[1, "chr1"] / "bed"), "is a BED, but"),
        ((first, runs.folder / "whole.h5"), "holds archaictools haplotypes, expected archaictools sums"),
    ):
        done = run("merge", *given, *out)
        assert done.code == 3, done.err
        assert message in done.err
    for given, message in (
        ((first,), "name an output of the joined sums: --out, --segments"),
        ((runs.parts[0, "chr1"] / "bed", "--mean", "x", "--out", "y"), "--mean: only for sums, but the parts are"),
        ((runs.parts[0, "chr1"] / "bed",), "name the output with --out"),
    ):
        done = run("merge", *given)
        assert done.code == 2, done.err
        assert message in done.err
    bigbeds = [runs.parts[number, "chr1"] / "bigbed" for number in (0, 1)]
    assert (
        "is a bigBed, whose sources rest on all people; merge sums with --bigbed instead"
        in run("merge", *bigbeds, "--out", tmp_path / "x.bb").err
    )


@pytest.mark.parametrize("name", ["bins", "segments.tsv", "bed"])
def test_one_person_twice_on_a_chromosome_is_refused(runs, run, tmp_path, name):
    copy = tmp_path / name
    copy.write_bytes((runs.parts[0, "chr1"] / name).read_bytes())
    done = run("merge", runs.parts[0, "chr1"] / name, copy, "--out", tmp_path / "all")
    assert done.code == 3
    assert (
        f" on chr1 is also in {runs.parts[0, 'chr1'] / name}; give each person on a chromosome in one part" in done.err
    )


def test_tracks_that_cannot_be_joined_are_refused(alone, run, tmp_path):
    tracks = [alone.parts[number, "chr1"] / "tracks" / "mean.bw" for number in (0, 1)]
    done = run("merge", *tracks, "--out", tmp_path / "mean.bw")
    assert done.code == 3
    assert "chr1 is also in" in done.err
    assert "of different people, merge sums" in done.err


def test_a_missing_part_of_people_is_suspected(alone, ok, tmp_path):
    parts = [alone.parts[key] / "summary" for key in ((0, "chr1"), (0, "chr2"), (1, "chr1"))]
    done = ok("merge", *parts, "--out", tmp_path / "people.tsv")
    assert "people are in different numbers of parts (P0 in 2 and P24 in 1): is a part missing?" in done.err
