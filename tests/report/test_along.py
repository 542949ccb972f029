"""Values along chromosomes, beside brute force at every base."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from archaictools.report.people.along import (
    highest_in_windows,
    share_along,
    sums_in_windows,
    used_chromosomes,
    window_size,
    windows,
)
from synthetic_people import people


def small(seed: int):
    """Return results on two chromosomes of 400 and 300 bp, and their segments and callable haplotypes at every base."""
    rng = np.random.default_rng(seed)
    lengths, haplotypes = {"1": 400, "2": 300}, tuple((f"P{n}", side) for n in range(3) for side in (1, 2))
    rows, truth, regions, read = [], {}, [], {}
    for chrom, length in lengths.items():
        truth[chrom], read[chrom] = np.zeros(length, dtype=int), np.zeros(length, dtype=int)
        for sample, side in haplotypes:
            edges = np.sort(rng.choice(length, size=2 * int(rng.integers(0, 4)), replace=False))
            for start, end in edges.reshape(-1, 2):
                rows.append((chrom, int(start), int(end), sample, side, 0.9, "ambiguous"))
                truth[chrom][start:end] += 1
        edges = [0, *np.sort(rng.choice(np.arange(1, length), size=5, replace=False)), length]
        for start, end in zip(edges[:-1], edges[1:], strict=True):
            count = int(rng.choice([0, 4, 6]))
            read[chrom][start:end] = count
            if count:
                regions.append((chrom, start, end, count))
    columns = ["chrom", "start", "end", "sample", "haplotype", "posterior", "source"]
    results = dataclasses.replace(
        people(3, lengths={"1": 400_000, "2": 300_000}, genes=1, archaic=()),
        lengths=lengths,
        segments=pd.DataFrame(rows, columns=columns),
        callable=pd.DataFrame(regions, columns=["chrom", "start", "end", "haplotypes"]),
    )
    return results, truth, read


@pytest.mark.parametrize("seed", range(20))
def test_share_at_every_base(seed):
    results, truth, read = small(seed)
    found = share_along(results)
    for chrom in results.lengths:
        known = read[chrom] > 0
        here = np.full(len(known), np.nan)
        for row in found[found["chrom"] == chrom].itertuples():
            assert np.isnan(here[row.start : row.end]).all()  # no two pieces overlap
            here[row.start : row.end] = row.share
        expected = np.full(len(known), np.nan)
        expected[known] = np.minimum(truth[chrom], read[chrom])[known] / read[chrom][known]
        np.testing.assert_allclose(here, expected)
    same = found["chrom"].eq(found["chrom"].shift()) & found["start"].eq(found["end"].shift())
    assert not (same & found["carriers"].eq(found["carriers"].shift()) & found["read"].eq(found["read"].shift())).any()


def test_share_without_segments_is_zero_and_without_data_has_no_piece():
    results = dataclasses.replace(people(1, lengths={"1": 400_000}), segments=people(1).segments.iloc[:0])
    found = share_along(results)
    assert found[["start", "end", "share"]].to_numpy().tolist() == [[0, 400_000, 0]]
    nothing = dataclasses.replace(results, callable=results.callable.iloc[:0])
    assert share_along(nothing).empty
    assert used_chromosomes(nothing) == {}
    assert used_chromosomes(results) == {"1": 400_000}


@pytest.mark.parametrize("seed", range(10))
def test_sums_and_maxima_in_windows(seed):
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 200, 15)
    end = start + rng.integers(1, 50, 15)
    value = rng.integers(1, 9, 15)
    edges = windows(247, 20)
    at = np.zeros(260, dtype=int)
    for left, right, number in zip(start, end, value, strict=True):
        at[left:right] += number
    expected = [at[a:b].sum() for a, b in zip(edges[:-1], edges[1:], strict=True)]
    assert sums_in_windows(start, end, value, edges).tolist() == expected
    np.testing.assert_allclose(sums_in_windows(start, end, value / 7, edges), np.array(expected) / 7, atol=1e-9)

    results, _, read = small(seed)
    share = share_along(results)
    share = share[share["chrom"] == "1"]
    base = np.full(400, -1.0)
    for row in share.itertuples():
        base[row.start : row.end] = row.share
    found = highest_in_windows(share, "share", windows(400, 30)).set_index("left", drop=False)
    seen = 0
    for first in range(0, 400, 30):
        here = base[first : min(first + 30, 400)]
        if (here < 0).all():
            continue
        known = np.flatnonzero(here >= 0)
        row = found.loc[first + known[0]]
        assert row["right"] == first + known[-1] + 1
        assert row["share"] == here.max()
        assert set(base[int(row["start"]) : int(row["end"])]) == {here.max()}
        seen += 1
    assert seen == len(found)
    assert (read["1"] > 0).sum() == (share["end"] - share["start"]).sum()


def test_size_of_windows():
    assert window_size({"1": 1_000_001, "2": 5}) == 1_001
    assert window_size({"1": 900, "2": 101}, count=100, together=True) == 11
    assert window_size({}) == 1
