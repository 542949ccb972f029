"""The audit of a split of haplotypes measures the distance between the sides."""

from __future__ import annotations

from itertools import pairwise

import pytest

from archaictools.haplotypes.audit import audit_haplotypes
from archaictools.haplotypes.dataset import Genomes
from archaictools.haplotypes.feature_file import open_features
from archaictools.learning.regions import fold_table, read_folds
from archaictools.learning.splits import EXCLUDED, SplitScheme, make_splits
from helpers import make_words


@pytest.mark.parametrize(("gap", "verdict"), [(0, "suspect"), (1, "clean"), (5_000, "clean")])
def test_the_audit_measures_the_distance_between_sides(tmp_path, words, gap, verdict):
    """The same split has one verdict, whether options describe it or the fold file that they wrote."""
    with open_features(words[0]) as bins:
        genomes = Genomes([bins])
        splits = make_splits(genomes.locations, SplitScheme(method="block", block_size=50_000, gap=gap))
        fold_table(splits, genomes.locations, genomes.lengths).to_csv(
            tmp_path / "f.bed", sep="\t", index=False, header=False
        )
        again = make_splits(genomes.locations, read_folds(tmp_path / "f.bed"))
        first, second = (audit_haplotypes(genomes, each) for each in (splits, again))
        sides = splits[0].sides(genomes.locations)
    runs = {}  # by brute force: the nearest bins of two sides
    for chrom, start, side in zip(genomes.locations.chrom, genomes.locations.start, sides, strict=True):
        if side != EXCLUDED:
            runs.setdefault(chrom, []).append((start, side))
    near = min(
        b - a - 1_000 for bins in runs.values() for (a, one), (b, other) in pairwise(sorted(bins)) if one != other
    )
    assert near == {0: 0, 1: 2_000, 5_000: 10_000}[gap]
    assert (first["verdict"], first["distance_bp"]) == (verdict, near)
    assert (second["verdict"], second["distance_bp"]) == (verdict, near)
    assert ("--gap" in first["reason"]) == (gap == 0)
    assert "--gap" not in second["reason"]  # it goes with --split block alone
    assert ("fold file" in second["reason"]) == (gap == 0)


@pytest.mark.parametrize(("half", "verdict"), [("test", "clean"), ("train", "suspect")])
def test_whole_chromosomes_in_a_fold_file_are_clean(tmp_path, words, half, verdict):
    rows = ["chr1 0 600000 train", "chr2 0 600000 validation", "chr4 0 600000 test"]
    rows += ["chr3 0 300000 test", f"chr3 300000 600000 {half}"]
    (tmp_path / "f.bed").write_text("".join(row.replace(" ", "\t") + "\n" for row in rows))
    with open_features(words[0]) as bins:
        genomes = Genomes([bins])
        found = audit_haplotypes(genomes, make_splits(genomes.locations, read_folds(tmp_path / "f.bed")))
    assert (found["verdict"], found["distance_bp"]) == (verdict, None if half == "test" else 0)


@pytest.mark.parametrize(
    ("seed", "test", "verdict"),
    [(1, "b/chr1", "leaky"), (2, "b/chr1", "clean"), (1, ("a/chr1", "b/chr1"), "clean")],
)
def test_the_audit_finds_people_of_two_files(tmp_path, seed, test, verdict):
    """Two VCFs of the same people: the same names, the same tracts."""
    make_words(tmp_path / "a.h5", chromosomes=3, vcf="one", seed=1)
    make_words(tmp_path / "b.h5", chromosomes=3, vcf="filtered", seed=seed)
    with open_features(tmp_path / "a.h5") as a, open_features(tmp_path / "b.h5") as b:
        genomes = Genomes([a, b])
        held = (test,) if isinstance(test, str) else test
        others = ("a/chr2", "b/chr2")
        splits = make_splits(genomes.locations, SplitScheme(test_chromosomes=held, validation_chromosomes=others))
        found = audit_haplotypes(genomes, splits)
    assert (found["verdict"], found["people_on_two_sides"]) == (verdict, 2 if verdict == "leaky" else 0)
    assert found["distance_bp"] is None
    assert ("P0, P1" in found["reason"]) == (verdict == "leaky")
