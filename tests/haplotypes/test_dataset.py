"""Which haplotypes and places are on which side, and the batches of a side."""

from __future__ import annotations

import numpy as np

from archaictools.haplotypes.batches import BinBatches
from archaictools.haplotypes.dataset import Genomes, _united
from archaictools.haplotypes.feature_file import open_features
from archaictools.learning.splits import SplitScheme, make_splits
from helpers import make_words


def test_files_of_the_same_people_stay_on_one_side(tmp_path):
    for name, vcf in (("a.n5", "same"), ("a.n50", "same"), ("b.n5", "other"), ("c.n5", "third")):
        make_words(tmp_path / f"{name}.h5", chromosomes=1, vcf=vcf, seed=len(name))
    with (
        open_features(tmp_path / "a.n5.h5") as a, open_features(tmp_path / "a.n50.h5") as b,
        open_features(tmp_path / "b.n5.h5") as c, open_features(tmp_path / "c.n5.h5") as d,
    ):  # fmt: skip
        genomes = Genomes([a, b, c, d])
        assert [unit.name for unit in genomes.units] == ["a/chr1", "a/chr1", "b/chr1", "c/chr1"]
        (split,) = make_splits(genomes.locations, SplitScheme(test_chromosomes=("a/chr1",)))
        assert [run.unit.words for run in genomes.runs(split, "test")] == [a, b]
        assert len(list(genomes.runs(split, "train"))) + len(list(genomes.runs(split, "validation"))) == 2


def test_files_that_share_a_vcf_are_of_the_same_people():
    a, b, c, d = (frozenset(names) for names in (("chr1",), ("chr2",), ("chr3",), ("chr1", "chr2")))
    assert _united([a, b, c]) == [a, b, c]
    assert _united([a, c, b, d]) == [a | b, c]


def test_blocks_are_runs_without_the_other_sides(words):
    with open_features(words[0]) as bins:
        genomes = Genomes([bins])
        (split,) = make_splits(genomes.locations, SplitScheme(method="block", block_size=50_000, gap=5_000))
        seen = {}
        for side in ("train", "validation", "test"):
            for run in genomes.runs(split, side):
                for place in range(run.first, run.last):
                    assert seen.setdefault((run.unit.name, place), side) == side
        for (name, place), side in seen.items():
            for near in range(1, 6):
                assert seen.get((name, place + near), side) == side


def test_batches_hold_every_rich_stretch_and_weigh_the_others(words):
    with open_features(words[0]) as bins:
        genomes = Genomes([bins])
        (split,) = make_splits(genomes.locations, SplitScheme())
        runs = list(genomes.runs(split, "train"))
        batches = BinBatches(runs, size=1_000, stretch=100, batch=8, keep=0.5, augmentation=None, seed=3)
        drawn = list(batches.epoch(0))
        again = list(batches.epoch(0))
        other = list(batches.epoch(1))
        true = sum(int(bins.truth(run.unit.chrom).sum()) for run in runs)
    assert len(drawn) == batches.steps
    assert all(np.array_equal(a, b) for x, y in zip(drawn, again, strict=True) for a, b in zip(x, y, strict=True))
    assert not np.array_equal(drawn[0][0], other[0][0])
    label = np.concatenate([y for _, y, _ in drawn])
    weight = np.concatenate([w for _, _, w in drawn])
    used = weight[:, 0, 0] > 0
    rich = label.any(axis=(1, 2))
    assert set(np.unique(weight[rich & used])) == {1.0}
    assert set(np.unique(weight[~rich & used])) == {2.0}
    # 600 bins are cut into six stretches without loss; steps are an expectation, so a batch may be missing.
    assert abs(label.sum() * 1_000 - true) <= 8 * 100 * 1_000
