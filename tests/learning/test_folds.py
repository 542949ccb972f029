"""Folds: everything is held out once, fold files say the same again, and predictions are out of fold."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archaictools.errors import InputError, UsageError
from archaictools.learning.regions import distance_between_sides, fold_table, read_folds, seen_by
from archaictools.learning.splits import (
    EXCLUDED,
    METHODS,
    TEST,
    TRAIN,
    VALIDATION,
    Locations,
    Split,
    SplitScheme,
    make_splits,
)
from archaictools.sequence.audit.overlap import check_leakage

LENGTHS = {f"chr{number}": 1_000_000 for number in range(1, 8)}


@pytest.fixture
def places() -> Locations:
    """Windows of 200 bp, some overlapping, classes in runs, on seven chromosomes of unlike fill."""
    rng = np.random.default_rng(5)
    chrom, start, label = [], [], []
    for number in range(7):
        first = np.sort(rng.integers(0, 999_800, size=200 + 60 * number))
        chrom += [number] * len(first)
        start += first.tolist()
        label += (first // 20_000 % 2).tolist()
    start = np.array(start, dtype=np.int64)
    label = np.array(label, dtype=np.int8)
    label[::17] = -1
    return Locations(list(LENGTHS), np.array(chrom, dtype=np.uint32), start, start + 200, label)


def folded(method: str, places: Locations, tmp_path) -> list[Split]:
    if method == "file":
        path = tmp_path / "f.bed"
        path.write_text("".join(f"chr{n}\t0\t1000000\t{n % 4 + 1}\n" for n in range(1, 8)))
        options = read_folds(path)
    else:
        options = SplitScheme(method=method, folds=4, block_size=50_000)
    return make_splits(places, options)


@pytest.mark.parametrize("method", METHODS)
def test_every_sentence_is_held_out_once(places, tmp_path, method):
    splits = folded(method, places, tmp_path)
    sides = np.array([split.sides(places) for split in splits])
    assert sides.shape == (4, len(places))
    unlabelled = places.label < 0
    assert (sides[:, unlabelled] == EXCLUDED).all()
    used = ~unlabelled & (sides != EXCLUDED).all(axis=0)
    assert used.sum() >= 0.95 * (~unlabelled).sum()  # windows across the border of two blocks are left out
    for side, times in ((TEST, 1), (VALIDATION, 1), (TRAIN, 2)):
        assert ((sides[:, used] == side).sum(axis=0) == times).all()
    # The next fold's test side is this fold's validation side.
    assert (sides[0][used] == VALIDATION).tolist() == (sides[1][used] == TEST).tolist()
    counts = (sides == TEST).sum(axis=1)
    assert method == "file" or counts.max() < 2 * counts.min()
    for split in splits:
        again = Split.from_dict(json.loads(json.dumps(split.to_dict())))
        assert (again.sides(places) == split.sides(places)).all()


@pytest.mark.parametrize("folds", [0, 4])
@pytest.mark.parametrize("method", ["chromosome", "block", "interval"])
def test_a_fold_file_says_the_same_again(places, tmp_path, method, folds):
    splits = make_splits(places, SplitScheme(method=method, folds=folds, block_size=50_000, seed=3))
    table = fold_table(splits, places, LENGTHS)
    path = tmp_path / "folds.bed"
    table.to_csv(path, sep="\t", index=False, header=False)
    again = make_splits(places, read_folds(path))
    assert len(again) == len(splits)
    for before, after in zip(splits, again, strict=True):
        assert (before.sides(places) == after.sides(places)).mean() > (0.999 if method != "interval" else 0.95)
        used = (before.sides(places) != EXCLUDED) & (after.sides(places) != EXCLUDED)
        assert (before.sides(places) == after.sides(places))[used].all()


@pytest.mark.parametrize("gap", [1, 7, 30])
def test_a_fold_file_keeps_the_gap_to_the_base(tmp_path, gap):
    """A window at every base: one base more or less beside a block would move one of them to another side."""
    start = np.arange(2_000 - 20)
    label = (start % 2).astype(np.int8)
    places = Locations(["c"], np.zeros(len(start), dtype=np.uint32), start, start + 20, label)
    (before,) = make_splits(places, SplitScheme(method="block", block_size=100, gap=gap, seed=2))
    path = tmp_path / "folds.bed"
    fold_table([before], places, {"c": 2_000}).to_csv(path, sep="\t", index=False, header=False)
    (after,) = make_splits(places, read_folds(path))
    sides = before.sides(places)
    assert sides.tolist() == after.sides(places).tolist()
    assert set(sides.tolist()) == {TRAIN, VALIDATION, TEST, EXCLUDED}


SIDED = st.tuples(
    st.integers(0, 2), st.integers(0, 90), st.integers(1, 12), st.sampled_from([TRAIN, VALIDATION, TEST, EXCLUDED])
)


@given(st.lists(SIDED, min_size=1, max_size=12))
def test_the_distance_between_sides_equals_the_loop_over_pairs(rows):
    chrom, start, length, sides = np.array(rows, dtype=np.int64).T
    places = Locations(
        ["a", "b", "c"], chrom.astype(np.uint32), start, start + length, np.zeros(len(rows), dtype=np.int8)
    )
    gaps = [
        max(b - a - n, a - b - m, 0)
        for (c, a, n, one), (d, b, m, other) in combinations(rows, 2)
        if c == d and one != other and EXCLUDED not in (one, other)
    ]
    assert distance_between_sides(places, sides.astype(np.int8)) == min(gaps, default=None)


@pytest.mark.parametrize("gap", [0, 3_000])
def test_windows_have_one_verdict_from_options_and_from_their_fold_file(places, tmp_path, gap):
    """So too where no window is without a label, as the audit asks."""
    places = replace(places, label=np.maximum(places.label, 0))
    (before,) = make_splits(places, SplitScheme(method="block", block_size=50_000, gap=gap, seed=3))
    path = tmp_path / "folds.bed"
    fold_table([before], places, LENGTHS).to_csv(path, sep="\t", index=False, header=False)
    (after,) = make_splits(places, read_folds(path))
    assert check_leakage(places, before.sides(places), before.options) == check_leakage(
        places, after.sides(places), after.options
    )


def test_a_fold_file_serves_chromosomes_in_any_order(tmp_path):
    """A genome lists chr2 before chr10, a sorted BED after it."""
    names = ["chr1", "chr2", "chr10", "X", "chr9"]
    start = np.tile(np.arange(0, 1_000, 100), len(names))
    chrom = np.repeat(np.arange(len(names), dtype=np.uint32), 10)
    label = (np.arange(len(start)) % 2).astype(np.int8)
    places = Locations(names, chrom, start, start + 100, label)
    path = tmp_path / "f.bed"
    side = {"chr1": "train", "chr2": "validation", "chr10": "test", "X": "train", "chr9": "test"}
    path.write_text("".join(f"{name}\t0\t1000\t{side[name]}\n" for name in names))
    (split,) = make_splits(places, read_folds(path))
    expected = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
    assert split.sides(places).tolist() == [expected[side[names[number]]] for number in chrom]


def test_a_window_over_a_small_region_of_another_side_is_left_out(tmp_path):
    path = tmp_path / "f.bed"
    path.write_text("c\t0\t1000\ttrain\nc\t1000\t1050\ttest\nc\t1050\t2000\ttrain\nc\t3000\t4000\tvalidation\n")
    start = np.array([0, 800, 801, 950, 1_000, 1_049, 1_050, 1_900, 2_900, 3_500])
    places = Locations(["c"], np.zeros(10, dtype=np.uint32), start, start + 200, np.zeros(10, dtype=np.int8))
    # The last ones: beyond its region a window may reach what has no side; it must start in a region.
    expected = [TRAIN, TRAIN, *[EXCLUDED] * 4, TRAIN, TRAIN, EXCLUDED, VALIDATION]
    assert Split(read_folds(path)).sides(places).tolist() == expected


def test_a_fold_file_keeps_the_gap(places, tmp_path):
    """What was left out beside a block of another side is left out again, and nothing else is."""
    (before,) = make_splits(places, SplitScheme(method="block", block_size=50_000, gap=3_000, seed=3))
    path = tmp_path / "folds.bed"
    fold_table([before], places, LENGTHS).to_csv(path, sep="\t", index=False, header=False)
    (after,) = make_splits(places, read_folds(path))
    (wide,) = make_splits(places, SplitScheme(method="block", block_size=50_000, seed=3))
    assert (before.sides(places) == after.sides(places)).all()
    assert (before.sides(places) == EXCLUDED).sum() > (wide.sides(places) == EXCLUDED).sum() + 100


@pytest.mark.parametrize("options", [("--split", "random"), ("--gap", 100), ("--block-size", 1_000), ("--folds", 3)])
def test_a_fold_file_is_the_whole_split(run, planted, tmp_path, options):
    """With it, no other option may define what is held out, even with its default value."""
    command = ("audit", planted / "words.h5", "--fold-file", planted / "folds.bed", "--out", tmp_path / "a.json")
    assert run(*command).code == 0
    for others in (options, ("--split", "chromosome")):
        result = run(*command, *others)
        assert result.code == 2
        assert f"--fold-file defines what is held out: leave out {others[0]}" in result.err


@pytest.mark.parametrize("method", METHODS)
def test_what_was_seen_base_by_base(places, tmp_path, method):
    split = folded(method, places, tmp_path)[2]
    seen = seen_by(split, places, LENGTHS)
    sides = split.sides(places)
    learnt = np.zeros((7, 1_000_000), dtype=bool)
    for row in np.flatnonzero((sides == TRAIN) | (sides == VALIDATION)):
        learnt[places.chrom[row], places.start[row] : places.end[row]] = True
    rng = np.random.default_rng(1)
    start = rng.integers(0, 999_000, size=300)
    end = start + rng.integers(1, 900, size=300)
    for number, name in enumerate(LENGTHS):
        touched = np.array([learnt[number, s:e].any() for s, e in zip(start, end, strict=True)])
        found = seen.touches(name, start, end)
        assert found[touched].all()  # whatever was learnt from counts as seen
        if method in {"interval", "random"}:
            assert (found == touched).all()
        elif method in {"chromosome", "file"}:  # and so does the rest of its chromosome
            whole = ((sides == TRAIN) | (sides == VALIDATION))[places.chrom == number].any()
            assert (found == whole).all()
    held = places.chrom == 0
    test = held & (sides == TEST)
    if method != "random":  # no place that is tested on was seen
        assert not seen.touches("chr1", places.start[test], places.end[test]).any()


BAD = {
    "neither": ("chr1\t0\t10\tleft\n", "names a region 'left'"),
    "mixed": ("chr1\t0\t10\ttrain\nchr2\t0\t10\t1\n", "expected train, validation and test, or numbers"),
    "gap": ("chr1\t0\t10\t1\nchr2\t0\t10\t2\nchr3\t0\t10\t4\n", "has folds 1, 2, 4"),
    "few": ("chr1\t0\t10\t1\nchr2\t0\t10\t2\n", "expected 3 or more"),
    "overlap": ("chr1\t0\t10\ttrain\nchr1\t9\t20\ttest\n", "overlap at chr1:9"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_fold_files(tmp_path, case):
    text, message = BAD[case]
    path = tmp_path / "f.bed"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_folds(path)


def test_regions_of_another_genome_are_named(places):
    regions = (("22", 0, 9, "train"), ("22", 9, 20, "test"))
    with pytest.raises(InputError, match=r"no region of the fold file contains a sentence \(22; chr1"):
        make_splits(places, SplitScheme(method="file", regions=regions))


def test_what_folds_cannot_be(run, planted, tmp_path, places):
    result = run("train", planted / "words.h5", "--split", "random", "--write-folds", tmp_path / "f.bed", "--model",
                 tmp_path / "m.h5")  # fmt: skip
    assert result.code == 2
    assert "a random split has no regions to write" in result.err
    with pytest.raises(UsageError, match="3 or more"):
        SplitScheme(folds=2)
    with pytest.raises(UsageError, match="name none"):
        SplitScheme(folds=3, test_chromosomes=("chr1",))
    with pytest.raises(InputError, match="too few for 8 folds"):
        make_splits(places, SplitScheme(folds=8))
    splits = make_splits(places, SplitScheme(method="random"))
    with pytest.raises(UsageError, match="has no regions to write"):
        fold_table(splits, places, LENGTHS)


def test_predictions_are_out_of_fold(ok, planted, tmp_path):
    words, folder = planted / "words.h5", tmp_path
    result = ok("train", words, "--folds", 3, "--epochs", 2, "--model", folder / "m.h5", "--predictions", folder / "p.tsv",
                "--metrics", folder / "m.json", "--history", folder / "h.tsv", "--write-folds", folder / "f.bed")  # fmt: skip
    assert "3 networks" in result.out
    metrics = json.loads((folder / "m.json").read_text())
    assert [fold["chromosomes"]["test"] for fold in metrics["folds"]] == [["chr3"], ["chr4"], ["chr5"]]
    assert metrics["test"]["n"] == sum(fold["test"]["n"] for fold in metrics["folds"])
    assert pd.read_csv(folder / "h.tsv", sep="\t")["fold"].tolist() == [1, 1, 2, 2, 3, 3]
    assert (folder / "f.bed").read_text() == "".join(
        f"{chrom}\t0\t{length}\t{fold}\n"
        for chrom, length, fold in (("chr3", 350_000, 1), ("chr4", 220_000, 2), ("chr5", 160_000, 3))
    )
    held = pd.read_csv(folder / "p.tsv", sep="\t")
    test = held[held["split"] == "test"]
    assert dict(test.groupby("chrom")["fold"].unique().str[0]) == {"chr3": 1, "chr4": 2, "chr5": 3}
    assert len(test) == metrics["test"]["n"] == len(held) / 2
    ok("predict", folder / "m.h5", words, "--table", folder / "t.tsv")
    table = pd.read_csv(folder / "t.tsv", sep="\t")
    assert (table["seen"] == 0).all()
    both = table.merge(test, on=["chrom", "start", "end"], suffixes=("", "_held"))
    assert len(both) == len(table) == len(test)
    np.testing.assert_allclose(both["probability"], both["probability_held"], rtol=1e-4, atol=1e-7)
    # The networks of other folds say something else: it matters whose prediction it is.
    other = held[held["split"] == "validation"].merge(test, on=["chrom", "start", "end"])
    assert not np.allclose(other["probability_x"], other["probability_y"], rtol=1e-2)


def test_what_training_saw_is_marked(ok, planted, tmp_path):
    ok("train", planted / "words.h5", "--epochs", 1, "--model", tmp_path / "m.h5", "--predictions", tmp_path / "p.tsv")
    result = ok("predict", tmp_path / "m.h5", planted / "words.h5", "--table", tmp_path / "t.tsv", "--bed",
                tmp_path / "s.bed", "--threshold", 0.3, "--max-gap", 1000)  # fmt: skip
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    held = pd.read_csv(tmp_path / "p.tsv", sep="\t")
    tested = set(held[held["split"] == "test"]["chrom"])
    assert (table["seen"] == ~table["chrom"].isin(tested)).all()
    assert 0 < table["seen"].sum() < len(table)
    assert f"seen in training: {table['seen'].sum():,} windows" in result.out
    segments = pd.read_csv(tmp_path / "s.bed", sep="\t", header=None)
    assert set(segments[3]) == {"introgressed", "introgressed_seen"}
    assert ((segments[3] == "introgressed") == segments[0].isin(tested)).all()
    genes = tmp_path / "genes.bed"
    genes.write_text("chr3\t0\t200000\ta\nchr4\t0\t200000\tb\nchr5\t0\t150000\tc\n")
    ok("genes", tmp_path / "t.tsv", "--annotation", genes, "--out", tmp_path / "g.tsv")
    found = pd.read_csv(tmp_path / "g.tsv", sep="\t").set_index("chrom")["seen"]
    assert found.to_dict() == {chrom: float(chrom not in tested) for chrom in ("chr3", "chr4", "chr5")}
