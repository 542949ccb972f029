"""Splits keep their promises, and leakage is counted as a loop over all pairs would count it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archaictools.errors import InputError, UsageError
from archaictools.learning.splits import (
    EXCLUDED,
    TEST,
    TRAIN,
    VALIDATION,
    Locations,
    Split,
    SplitScheme,
    interval_numbers,
    make_split,
)
from archaictools.sequence.audit.overlap import check_leakage


def genome(counts, *, step=200, size=200, seed=0):
    """Windows of random labels on chromosomes of the given numbers of windows."""
    rng = np.random.default_rng(seed)
    chrom = np.repeat(np.arange(len(counts)), counts).astype(np.uint32)
    start = np.concatenate([np.arange(n) * step for n in counts]).astype(np.int64)
    label = rng.integers(0, 2, size=len(start)).astype(np.int8)
    return Locations([f"chr{i + 1}" for i in range(len(counts))], chrom, start, start + size, label)


def test_chromosomes_are_held_out_whole_smallest_first():
    places = genome([500, 300, 200, 100, 90, 60])
    split = make_split(places, SplitScheme())
    assert split.chromosomes == {
        "test": ["chr4", "chr5", "chr6"],  # 250 of 1,250 windows: just 20 %
        "validation": ["chr3"],
        "train": ["chr1", "chr2"],
    }
    sides = split.sides(places)
    for side, names in ((TRAIN, {0, 1}), (VALIDATION, {2}), (TEST, {3, 4, 5})):
        assert set(places.chrom[sides == side].tolist()) == names


def test_named_chromosomes_are_used_and_checked():
    places = genome([50, 50, 50, 50])
    options = SplitScheme(test_chromosomes=("chr2",), validation_chromosomes=("chr4",))
    assert make_split(places, options).chromosomes["train"] == ["chr1", "chr3"]
    with pytest.raises(InputError, match="no labelled sentence is on chrX"):
        make_split(places, SplitScheme(test_chromosomes=("chrX",)))
    with pytest.raises(UsageError, match="for test and for validation"):
        make_split(places, SplitScheme(test_chromosomes=("chr2",), validation_chromosomes=("chr2",)))
    with pytest.raises(InputError, match="no chromosome is left for training"):
        make_split(places, SplitScheme(test_chromosomes=("chr1", "chr2"), validation_chromosomes=("chr3", "chr4")))


def test_the_largest_of_three_is_always_trained_on():
    split = make_split(genome([800, 100, 100]), SplitScheme())
    assert split.chromosomes == {"test": ["chr2"], "validation": ["chr3"], "train": ["chr1"]}


def test_too_few_chromosomes_suggest_blocks():
    with pytest.raises(InputError, match="needs three, one per side; use --split block"):
        make_split(genome([500, 500]), SplitScheme())


def test_one_class_cannot_be_learnt():
    places = genome([50, 50, 50])
    places.label[:] = 1
    with pytest.raises(InputError, match="all 150 labelled sentences are introgressed"):
        make_split(places, SplitScheme())
    places.label[:] = -1
    with pytest.raises(InputError, match="no sentence has a label"):
        make_split(places, SplitScheme())
    places = genome([50, 50, 50])
    places.label[places.chrom == 0] = 0
    with pytest.raises(InputError, match="contains one class only"):
        make_split(places, SplitScheme())


@pytest.mark.parametrize("gap", [0, 3_000])
def test_blocks_keep_their_distance(gap):
    places = genome([4_000, 2_000], step=100)
    split = make_split(places, SplitScheme(method="block", block_size=20_000, gap=gap, seed=4))
    sides = split.sides(places)
    assert {TRAIN, VALIDATION, TEST} <= set(sides.tolist())
    for chrom in (0, 1):
        for one, other in ((TRAIN, TEST), (TRAIN, VALIDATION), (VALIDATION, TEST)):
            a, b = (places.start[(sides == side) & (places.chrom == chrom)] for side in (one, other))
            if len(a) and len(b):
                nearest = np.abs(a[:, None] - b).min() - 200
                assert nearest >= gap
    share = (sides == TEST).sum() / (sides != EXCLUDED).sum()
    assert 0.1 < share < 0.3


def test_intervals_go_whole():
    places = genome([300], step=200)
    label = np.repeat(np.arange(30) % 2, 10).astype(np.int8)  # runs of ten windows of one class
    places = Locations(places.names, places.chrom, places.start, places.end, label)
    number = interval_numbers(places)
    assert number.tolist() == np.repeat(np.arange(30), 10).tolist()
    sides = make_split(places, SplitScheme(method="interval")).sides(places)
    assert all(len(set(sides[number == n])) == 1 for n in range(30))


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 60), st.integers(1, 30), st.integers(0, 1)), min_size=1, max_size=12
    )
)
def test_overlapping_windows_are_one_interval(rows):
    chrom, start, length, label = (np.array(column) for column in zip(*rows, strict=True))
    places = Locations(["a", "b"], chrom.astype(np.uint32), start, start + length, label.astype(np.int8))
    number = interval_numbers(places)
    for i in range(len(rows)):
        for j in range(len(rows)):
            if chrom[i] == chrom[j] and start[i] < start[j] + length[j] and start[j] < start[i] + length[i]:
                assert number[i] == number[j]


@pytest.mark.parametrize("method", ["chromosome", "block", "interval"])
def test_a_split_is_the_same_however_chromosomes_are_numbered(method):
    """By name, as in a BED file, or in the order of a genome, as in words: chr10 is before chr2, or after chr9."""
    named = genome([300] * 12, step=900)
    sides = make_split(named, SplitScheme(method=method, block_size=20_000, seed=2)).sides(named)
    order = np.argsort(named.names)
    names, number = [named.names[n] for n in order], np.argsort(order)[named.chrom]
    assert names != named.names
    for rows in (np.arange(len(named)), np.argsort(number, kind="stable")):
        places = Locations(names, number[rows].astype(np.uint32), named.start[rows], named.end[rows], named.label[rows])
        split = make_split(places, SplitScheme(method=method, block_size=20_000, seed=2))
        assert (split.sides(places) == sides[rows]).all()


@pytest.mark.parametrize("method", ["chromosome", "block", "interval", "random"])
def test_a_split_is_the_same_after_storage(method):
    places = genome([3_000, 2_000, 1_000, 900], step=900)
    split = make_split(places, SplitScheme(method=method, block_size=50_000, seed=9))
    again = Split.from_dict(split.to_dict())
    assert (again.sides(places) == split.sides(places)).all()


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 80), st.integers(1, 15), st.sampled_from([0, 2])),
        min_size=2,
        max_size=14,
    )
)
@example([(0, 0, 1, 2), (0, 0, 1, 2)])  # nothing is trained on
@example([(0, 0, 1, 0), (0, 0, 1, 0)])  # nothing is held out
def test_leakage_equals_the_loop_over_pairs(rows):
    chrom, start, length, side = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    places = Locations(["a", "b"], chrom.astype(np.uint32), start, start + length, np.ones(len(rows), dtype=np.int8))
    found = check_leakage(places, side.astype(np.int8), SplitScheme(method="interval"))
    overlapping = identical = 0
    for i in np.flatnonzero(side == 2):
        others = [j for j in np.flatnonzero(side == 0) if chrom[i] == chrom[j]]
        overlapping += any(start[i] < start[j] + length[j] and start[j] < start[i] + length[i] for j in others)
        identical += any(start[i] == start[j] and length[i] == length[j] for j in others)
    assert (found["overlapping"], found["identical"]) == (overlapping, identical)
    assert found["verdict"] == ("clean" if not overlapping else found["verdict"])
    assert (found["verdict"] == "clean") == (overlapping == 0)


def test_random_is_called_leaky():
    places = genome([300, 200, 100])
    split = make_split(places, SplitScheme(method="random"))
    found = check_leakage(places, split.sides(places), split.options)
    assert found["verdict"] == "leaky"
    assert "random split" in found["reason"]
