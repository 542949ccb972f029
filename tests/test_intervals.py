"""The interval module base by base, and against bedtools, neither of which shares code with it."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archaictools.intervals import (
    EMPTY_SET,
    FAR,
    IntervalSet,
    clusters,
    depth,
    end_to_end,
    flags_of_runs,
    intervals_by_chromosome,
    mean_where_overlapping,
    merge_groups,
    merge_table,
    overlapping_pairs,
    runs_of_equal,
    runs_of_true,
    sums_of_ranges,
)

#: Length of a drawn chromosome: short, so that intervals often overlap, touch and repeat.
LENGTH = 60
ANY = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 15)).map(lambda p: (p[0], min(sum(p), LENGTH))), max_size=12
)
SOME = ANY.filter(bool)


def arrays(pairs):
    start, end = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return start, end


def mask(pairs, length=LENGTH):
    """Return which bases are covered, one by one."""
    found = np.zeros(length, dtype=bool)
    for start, end in pairs:
        found[start:end] = True
    return found


def runs(flags):
    """Return runs of true flags by a loop."""
    found, begun = [], None
    for place, flag in enumerate([*flags, False]):
        if flag and begun is None:
            begun = place
        if not flag and begun is not None:
            found.append((begun, place))
            begun = None
    return found


def check(found):
    """Check what every set promises."""
    assert found.start.dtype == found.end.dtype == np.int64
    assert (found.start < found.end).all()
    assert (found.end[:-1] <= found.start[1:]).all()


@given(ANY, st.integers(0, 6))
def test_merging_equals_filling_bases(pairs, gap):
    found = IntervalSet.of(pairs)
    check(found)
    assert list(found) == runs(mask(pairs))
    assert (len(found), found.bases) == (len(runs(mask(pairs))), mask(pairs).sum())
    filled = mask(pairs)
    for (_, left), (right, _) in zip(runs(mask(pairs))[:-1], runs(mask(pairs))[1:], strict=True):
        if right - left <= gap:
            filled[left:right] = True
    assert list(IntervalSet.merged(*arrays(pairs), gap=gap)) == runs(filled)
    start, end = arrays(sorted(pairs))
    first = clusters(start, end, gap=gap)
    assert start[first].tolist() == [start for start, _ in runs(filled)]


@given(ANY, ANY)
def test_sets_equal_masks(one, other):
    a, b = IntervalSet.of(one), IntervalSet.of(other)
    for found, expected in (
        (a.union(b), mask(one) | mask(other)),
        (a.intersection(b), mask(one) & mask(other)),
        (a.gaps(LENGTH), ~mask(one)),
        (a.intersection(b.gaps(LENGTH)), mask(one) & ~mask(other)),
    ):
        check(found)
        assert list(found) == runs(expected)
    for length in (0, 20, LENGTH + 5):
        check(a.clip(length))
        assert mask(a.clip(length)).tolist() == (mask(one) & (np.arange(LENGTH) < length)).tolist()
        assert a.clip(length).end.max(initial=0) <= length
    assert list(a.gaps(20)) == runs(~mask(one)[:20])


@given(ANY)
def test_touching_sets_keep_their_cuts(pairs):
    """A set made of bins that touch, not merged, answers as the merged one does."""
    there = np.flatnonzero(mask(pairs))
    cut, whole = IntervalSet(there, there + 1), IntervalSet.of(pairs)
    place = np.arange(-3, LENGTH + 3)
    assert cut.find(place).tolist() == [there.tolist().index(base) if base in there else -1 for base in place]
    assert (cut.contains(place) == whole.contains(place)).all()
    assert (cut.bases_before(place) == whole.bases_before(place)).all()
    assert (cut.overlaps(place, place + 3) == whole.overlaps(place, place + 3)).all()
    assert (cut.distance(place, place + 3) == whole.distance(place, place + 3)).all()
    assert list(whole.intersection(cut)) == list(cut.intersection(whole)) == list(cut)


@given(ANY, SOME)
def test_look_ups_equal_looking_base_by_base(pairs, asked):
    found, covered = IntervalSet.of(pairs), mask(pairs)
    start, end = arrays(asked)
    place = np.arange(-3, LENGTH + 3)
    inside = np.concatenate([np.zeros(3, dtype=bool), covered, np.zeros(3, dtype=bool)])
    assert found.contains(place).tolist() == inside.tolist()
    number = found.find(place)
    for base, one in zip(place, number, strict=True):
        assert (one >= 0) == (0 <= base < LENGTH and covered[base])
        assert one < 0 or found.start[one] <= base < found.end[one]
    assert found.bases_before(np.arange(LENGTH + 1)).tolist() == [covered[:base].sum() for base in range(LENGTH + 1)]
    assert found.bases_within(start, end).tolist() == [covered[a:b].sum() for a, b in asked]
    assert found.overlaps(start, end).tolist() == [covered[a:b].any() for a, b in asked]
    assert found.bases_in_bins(first=1, last=9, size=7).tolist() == [
        covered[bin_ * 7 : bin_ * 7 + 7].sum() for bin_ in range(1, 9)
    ]
    nearest = [
        min(
            (max(a - base - 1, base - b, 0) if not a <= base < b else 0 for base in np.flatnonzero(covered)),
            default=None,
        )
        for a, b in asked
    ]
    distance = found.distance(start, end)
    assert [value if value < FAR else None for value in distance.tolist()] == nearest
    row, left, right = found.pieces_within(start, end)
    expected = [(n, a + x, a + y) for n, (a, b) in enumerate(asked) for x, y in runs(covered[a:b])]
    assert list(zip(row.tolist(), left.tolist(), right.tolist(), strict=True)) == expected


@given(ANY, ANY)
def test_pairs_equal_the_loop(one, other):
    first, second = overlapping_pairs(*arrays(one), *arrays(other))
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    assert sorted(pairs) == [
        (m, n) for m, (a, b) in enumerate(one) for n, (c, d) in enumerate(other) if max(a, c) < min(b, d)
    ]
    begins = [other[n][0] >= one[m][0] for m, n in pairs]
    assert begins == sorted(begins, reverse=True)  # first those whose second does not begin earlier


@given(
    st.lists(st.tuples(st.sampled_from(["x", "a", "m"]), st.integers(0, LENGTH - 1), st.integers(1, 15)), max_size=15)
)
def test_chromosomes_are_kept_apart(rows):
    frame = pd.DataFrame(rows, columns=["chrom", "start", "end"]).astype({"chrom": object, "start": int, "end": int})
    frame["end"] += frame["start"]
    length = LENGTH + 15
    expected = [
        (chrom, a, b)
        for chrom in "amx"
        for a, b in runs(mask(frame.loc[frame["chrom"] == chrom, ["start", "end"]].to_numpy(), length))
    ]
    merged = merge_table(frame)
    assert list(merged.itertuples(index=False, name=None)) == expected
    assert list(merged.columns) == ["chrom", "start", "end"]
    assert merged["start"].dtype == merged["end"].dtype == np.int64
    sets = intervals_by_chromosome(frame)
    assert list(sets) == sorted(set(frame["chrom"]))
    assert [(chrom, a, b) for chrom in "amx" if chrom in sets for a, b in sets[chrom]] == expected
    code = np.array(["amx".index(chrom) for chrom in frame["chrom"]], dtype=np.uint32)
    start, end = (frame[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    row, left, right = merge_groups(code, start, end)
    assert [("amx"[code[r]], a, b) for r, a, b in zip(row, left.tolist(), right.tolist(), strict=True)] == expected
    assert (start[row] == left).all()
    line = IntervalSet.merged(*end_to_end(code, start, end, longest=99))
    assert [("amx"[a // 100], a % 100, a % 100 + b - a) for a, b in line] == expected


@given(ANY)
def test_depth_equals_counting(pairs):
    count = np.zeros(LENGTH, dtype=int)
    for start, end in pairs:
        count[start:end] += 1
    left, right, number = depth(*arrays(pairs))
    found = np.zeros(LENGTH, dtype=int)
    for start, end, times in zip(left, right, number, strict=True):
        assert start < end
        assert not found[start:end].any()
        found[start:end] = times
    assert found.tolist() == count.tolist()
    assert (number > 0).all()
    assert (right[:-1] <= left[1:]).all()


@given(st.lists(st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 15), st.integers(0, 1_000)), max_size=12))
def test_the_mean_equals_averaging_base_by_base(rows):
    start, length, value = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    left, right, mean = mean_where_overlapping(start, start + length, value / 1_000)
    exact = [[Fraction(v, 1_000) for s, n, v in rows if s <= base < s + n] for base in range(LENGTH + 15)]
    assert not np.isnan(mean).any()
    found = np.full(LENGTH + 15, np.nan)
    for a, b, average in zip(left, right, mean, strict=True):
        assert np.isnan(found[a:b]).all()
        found[a:b] = average
    for base, values in enumerate(exact):
        assert np.isnan(found[base]) if not values else abs(found[base] - float(sum(values) / len(values))) < 1e-11
    joined = (right[:-1] == left[1:]) & (mean[:-1] == mean[1:])
    assert not joined.any()


def test_what_opens_and_closes_leaves_nothing_behind():
    """A base under one interval has just its value, whatever lay before: 0.1 + 0.2 - 0.2 is not 0.1 in floating point."""
    value = np.array([0.1, 0.2, 0.3, 0.7])
    start = np.array([0, 10, 20, 30])
    _, right, mean = mean_where_overlapping(start, np.array([100, 20, 30, 40]), value)
    assert right.tolist() == [10, 20, 30, 40, 100]
    assert mean[0] == mean[-1] == np.rint(0.1 * 2**40) / 2**40


@given(st.lists(st.booleans(), max_size=30))
def test_runs_of_flags(flags):
    first, last = runs_of_true(np.array(flags, dtype=bool))
    assert list(zip(first.tolist(), last.tolist(), strict=True)) == runs(flags)
    assert flags_of_runs(first, last, len(flags)).tolist() == flags


@given(st.lists(st.integers(0, 9), max_size=12))
def test_flags_of_runs_that_touch_or_are_empty(steps):
    edges = np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)
    first, last = edges[:-1][::2], edges[1:][::2]
    expected = [any(a <= place < b for a, b in zip(first, last, strict=True)) for place in range(120)]
    assert flags_of_runs(first, last, 120).tolist() == expected


@given(st.lists(st.integers(0, 2), max_size=30), st.sampled_from([np.int8, np.uint32, object]))
def test_runs_of_equal_values(values, kind):
    first, last = runs_of_equal(np.array(values, dtype=kind))
    parts = [values[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    assert [value for part in parts for value in part] == values
    assert all(len(set(part)) == 1 for part in parts)
    assert all(one[0] != two[0] for one, two in zip(parts[:-1], parts[1:], strict=True))


@given(SOME, st.sampled_from([np.bool_, np.uint8, np.float64]))
def test_sums_of_ranges(pairs, kind):
    values = (np.arange(2 * LENGTH).reshape(LENGTH, 2) % 251).astype(kind)
    found = sums_of_ranges(values, *arrays(pairs))
    assert found.tolist() == [values[a:b].sum(axis=0, dtype=np.int64).tolist() for a, b in pairs]
    assert found.dtype == (np.float64 if kind == np.float64 else np.int64)
    assert sums_of_ranges(values[:, 0], *arrays(pairs)).tolist() == found[:, 0].tolist()


def test_nothing_at_all():
    assert (len(EMPTY_SET), EMPTY_SET.bases, list(EMPTY_SET)) == (0, 0, [])
    some = np.array([3, 9])
    assert not EMPTY_SET.contains(some).any()
    assert EMPTY_SET.find(some).tolist() == [-1, -1]
    assert not EMPTY_SET.overlaps(some, some + 5).any()
    assert (EMPTY_SET.distance(some, some + 5) >= FAR).all()
    assert EMPTY_SET.bases_within(some, some + 5).tolist() == [0, 0]
    assert list(EMPTY_SET.gaps(7)) == [(0, 7)]
    assert list(EMPTY_SET.clip(7)) == list(EMPTY_SET.union(EMPTY_SET)) == []
    assert merge_table(pd.DataFrame({"chrom": [], "start": [], "end": []})).empty
    assert all(len(part) == 0 for part in mean_where_overlapping(*arrays([]), np.zeros(0)))


# Against bedtools: each drawn case is a chromosome, so that one process answers them all.

CASES = 300


@pytest.fixture(scope="module")
def cases():
    """Draw two lists of intervals a case, sorted, on one chromosome per case."""
    rng = np.random.default_rng(20)
    frames = []
    for _ in range(2):
        rows = []
        for case in range(CASES):
            length = int(rng.integers(20, 360))
            for _ in range(int(rng.integers(1, 14))):
                start = int(rng.integers(0, length))
                rows.append((f"c{case:03}", start, min(start + int(rng.integers(1, 30)), 400)))
            if case % 3 == 0:
                rows.append(rows[-1])  # a row twice, and one that touches it
                rows.append((f"c{case:03}", rows[-1][2], 400))
        frames.append(pd.DataFrame(sorted(rows), columns=["chrom", "start", "end"]))
    return frames


@pytest.fixture
def bedtools(tmp_path, cases):
    """Run one bedtools command on the cases, as ``a.bed`` and ``b.bed``; return its rows."""
    if not (program := shutil.which("bedtools")):
        pytest.skip("bedtools is not installed: apt-get install bedtools")
    for name, frame in zip(("a.bed", "b.bed"), cases, strict=True):
        frame.to_csv(tmp_path / name, sep="\t", header=False, index=False)
    (tmp_path / "genome.txt").write_text("".join(f"c{case:03}\t400\n" for case in range(CASES)))

    def runner(command):
        done = subprocess.run([program, *command.split()], cwd=tmp_path, check=True, capture_output=True, text=True)
        rows = (line.split("\t") for line in done.stdout.splitlines())
        return [tuple(int(value) if value.isdigit() else value for value in row) for row in rows]

    return runner


def by_case(frame):
    for chrom, rows in frame.groupby("chrom"):
        yield chrom, rows["start"].to_numpy(), rows["end"].to_numpy()


def rows_of(sets):
    return [(chrom, start, end) for chrom, found in sorted(sets.items()) for start, end in found]


def test_bedtools_merge(bedtools, cases):
    merged = bedtools("merge -i a.bed")
    assert rows_of(intervals_by_chromosome(cases[0])) == merged
    assert list(merge_table(cases[0]).itertuples(index=False, name=None)) == merged
    found = {chrom: IntervalSet.merged(start, end, gap=7) for chrom, start, end in by_case(cases[0])}
    assert rows_of(found) == bedtools("merge -i a.bed -d 7")


def test_bedtools_complement_and_subtract(bedtools, cases, tmp_path):
    a, b = (intervals_by_chromosome(frame) for frame in cases)
    assert rows_of({chrom: found.gaps(400) for chrom, found in a.items()}) == bedtools(
        "complement -i a.bed -g genome.txt"
    )
    found = [
        (chrom, left, right)
        for chrom, start, end in by_case(cases[0])
        for _, left, right in zip(
            *(part.tolist() for part in b[chrom].gaps(400).pieces_within(start, end)), strict=True
        )
    ]
    assert found == bedtools("subtract -a a.bed -b b.bed")


def test_bedtools_intersect(bedtools, cases, tmp_path):
    a, b = (intervals_by_chromosome(frame) for frame in cases)
    for name, sets in (("a", a), ("b", b)):
        pd.DataFrame(rows_of(sets)).to_csv(tmp_path / f"{name}.merged.bed", sep="\t", header=False, index=False)
    found = {chrom: one.intersection(b[chrom]) for chrom, one in a.items()}
    assert rows_of(found) == bedtools("intersect -a a.merged.bed -b b.merged.bed")
    touched = [
        (chrom, *pair)
        for chrom, start, end in by_case(cases[0])
        for pair in zip(*(column[b[chrom].overlaps(start, end)].tolist() for column in (start, end)), strict=True)
    ]
    assert touched == bedtools("intersect -u -a a.bed -b b.bed")


def test_bedtools_pairs(bedtools, cases):
    lines = []
    for frame in cases:
        number = frame["chrom"].str[1:].to_numpy(dtype=np.int64)
        lines += end_to_end(number, frame["start"].to_numpy(), frame["end"].to_numpy(), longest=400)
    sides = [
        frame.iloc[numbers].to_numpy().tolist() for frame, numbers in zip(cases, overlapping_pairs(*lines), strict=True)
    ]
    assert sorted((*one, *other) for one, other in zip(*sides, strict=True)) == sorted(
        bedtools("intersect -wa -wb -a a.bed -b b.bed")
    )


def test_bedtools_coverage(bedtools, cases):
    b = intervals_by_chromosome(cases[1])
    found = [
        (chrom, *row)
        for chrom, start, end in by_case(cases[0])
        for row in zip(*(part.tolist() for part in (start, end, b[chrom].bases_within(start, end))), strict=True)
    ]
    assert found == [
        (chrom, start, end, bases) for chrom, start, end, _, bases, *_ in bedtools("coverage -a a.bed -b b.bed")
    ]


def test_bedtools_depth(bedtools, cases):
    found = [
        (chrom, *row)
        for chrom, start, end in by_case(cases[0])
        for row in zip(*(part.tolist() for part in depth(start, end)), strict=True)
    ]
    # bedtools joins neighbours of equal depth, where one interval ends and another begins.
    joined = []
    for chrom, start, end, number in found:
        if joined and joined[-1][0] == chrom and joined[-1][2:] == (start, number):
            joined[-1] = (chrom, joined[-1][1], end, number)
        else:
            joined.append((chrom, start, end, number))
    assert joined == bedtools("genomecov -bg -i a.bed -g genome.txt")


def test_bedtools_closest(bedtools, cases):
    b = intervals_by_chromosome(cases[1])
    found = [
        (chrom, *row)
        for chrom, start, end in by_case(cases[0])
        for row in zip(*(part.tolist() for part in (start, end, b[chrom].distance(start, end))), strict=True)
    ]
    nearest = bedtools("closest -d -t first -a a.bed -b b.bed")
    # bedtools counts 1 where two touch, and 1 more than the bases between.
    assert found == [(*row[:3], max(row[-1] - 1, 0)) for row in nearest]
