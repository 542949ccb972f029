"""Match rates beside the expected ones, lineages, and the closest archaic individual of a segment."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes.match_rates import ExpectedRates, lineages_and_closest
from archaictools.haplotypes.sources import AMBIGUOUS, LEVEL, UNMATCHED, Evidence, Sources

DATA = Path(__file__).parents[2] / "test-data"


def rounded(shared, compared):
    return round(shared / compared, 4) if compared else float("nan")


def counted_outside(path, segments, genome):
    """Return shared and compared alleles of each person and chromosome outside of its segments, bin by bin."""
    found = {}
    with h5py.File(path) as file:
        chroms = file["chromosomes/name"].asstr()[...]
        haplotypes = list(zip(file["haplotypes/sample"].asstr()[...], file["haplotypes/haplotype"][...], strict=True))
        for number, chrom in enumerate(chroms):
            if f"bins/{number}" not in file:
                continue
            group = file[f"bins/{number}"]
            unshared = group["unshared"][genome]
            lacking = unshared[1] < 0.05 * unshared[0]
            matches, callable_ = group["matches"][...].astype(int), group["callable"][...]
            assert not group["missing"][...].any()
            for row, (sample, side) in enumerate(haplotypes):
                here = (segments["chrom"] == chrom) & (segments["sample"] == sample)
                own = segments[here & (segments["haplotype"] == side)]
                sums = found.setdefault((chrom, sample), [0, 0])
                for place in np.flatnonzero(callable_):
                    start = 1_000 * place
                    if not ((own["start"] <= start) & (start < own["end"])).any():
                        called, shared, missing = matches[row, place, genome]
                        sums[0] += shared
                        sums[1] += called + (missing if lacking else 0)
    return found


def test_the_expected_rate_is_that_outside_of_segments(words, ok, tmp_path):
    """A low threshold gives many segments: what is outside of them is counted all the same."""
    known = 0
    for number, (path, threshold) in enumerate(((words[0], 0.5), (DATA / "haplotypes.h5", 0.02))):
        out = tmp_path / f"{number}.tsv"
        ok("predict", "pretrained", path, "--threshold", threshold, "--min-length", 2_000, "--segments", out)
        predicted = pd.read_csv(out, sep="\t")
        assert len(predicted) > 3
        names = [column.removesuffix("_expected") for column in predicted if column.endswith("_expected")]
        assert len(names) == 2 - number
        for genome, name in enumerate(names):
            outside = counted_outside(path, predicted, genome)
            for row in predicted.to_dict("records"):
                shared, compared = outside[row["chrom"], row["sample"]]
                assert row[f"{name}_expected"] == pytest.approx(rounded(shared, compared), nan_ok=True)
                own = rounded(row[f"{name}_shared"], row[f"{name}_compared"])
                assert row[f"{name}_rate"] == pytest.approx(own, nan_ok=True)
                known += 0 < row[f"{name}_expected"] < row[f"{name}_rate"]
    assert known > 5


def test_expected_rates_are_of_a_person_and_a_chromosome():
    """Both haplotypes count; a missing call counts for a file without REF calls; nothing compared gives NaN."""
    counts = {
        "chr1": np.array([[[10, 1, 7]], [[30, 3, 3]], [[0, 0, 0]]]),
        "chr2": np.array([[[8, 8, 0]], [[0, 0, 0]], [[5, 0, 5]]]),
    }
    rates = ExpectedRates([("A", 1), ("A", 2), ("B", 1)], counts.__getitem__)
    chroms, samples = ["chr1", "chr2", "chr1", "chr2", "chr1"], ["A", "A", "B", "B", "A"]
    lacking = np.array([[False], [False], [False], [True], [True]])
    found = rates.of(chroms, samples, lacking)[:, 0].tolist()
    assert found == pytest.approx([4 / 40, 1.0, float("nan"), 0.0, 4 / 50], nan_ok=True)


NAMES, LINEAGES = ("AltaiNea", "Vindija", "Denisova"), ("Neanderthal", "Neanderthal", "Denisovan")


def one(source, best, over, rates, names=NAMES, lineages=LINEAGES):
    """Return lineage and closest genome of a segment; ``over`` are ratios of the best genome over each."""
    ratios = np.zeros((1, len(names), len(names)))
    ratios[0, best] = over
    evidence = Evidence(np.ones((1, len(names)), dtype=np.int64), np.zeros((1, len(names))), ratios)
    found = Sources(np.array([source], dtype=object), np.zeros(1), np.zeros((1, len(names))), np.array([best]))
    lineage, closest = lineages_and_closest(found, evidence, np.array([rates]), names, lineages)
    return lineage[0], closest[0]


FAR, NEAR, NONE = LEVEL + 0.1, LEVEL - 0.1, np.inf


@pytest.mark.parametrize(
    ("source", "best", "over", "rates", "expected"),
    [
        # Named: the closest is of the same lineage, even if another genome has a higher rate.
        ("AltaiNea", 0, (NONE, FAR, FAR), (0.5, 0.4, 0.9), ("Neanderthal", "AltaiNea")),
        ("AltaiNea", 0, (NONE, FAR, FAR), (0.5, 0.6, 0.1), ("Neanderthal", "Vindija")),
        ("Denisova", 2, (FAR, FAR, NONE), (0.5, 0.6, 0.55), ("Denisovan", "Denisova")),
        # Two Neanderthals that are not separated, and a Denisovan that is.
        (AMBIGUOUS, 0, (NONE, NEAR, FAR), (0.7, 0.7, 0.2), ("Neanderthal", "AltaiNea,Vindija")),
        (AMBIGUOUS, 0, (NONE, NEAR, FAR), (0.6, 0.7, 0.2), ("Neanderthal", "Vindija")),
        (AMBIGUOUS, 0, (NONE, NEAR, FAR), (0.6, np.nan, 0.2), ("Neanderthal", "AltaiNea")),
        # Two lineages that are not separated: the genome that is stays out.
        (AMBIGUOUS, 0, (NONE, FAR, NEAR), (0.5, 0.9, 0.6), (AMBIGUOUS, "Denisova")),
        (AMBIGUOUS, 2, (NEAR, NEAR, NONE), (0.5, 0.5, 0.5), (AMBIGUOUS, "AltaiNea,Vindija,Denisova")),
        (UNMATCHED, 0, (NONE, NEAR, NEAR), (0.5, 0.5, 0.5), (UNMATCHED, None)),
    ],
)
def test_lineage_and_closest(source, best, over, rates, expected):
    assert one(source, best, over, rates) == expected


def test_genomes_of_unknown_lineage_are_lineages_of_their_own():
    names = ("X", "Y")
    assert one(AMBIGUOUS, 0, (NONE, NEAR), (0.5, 0.4), names, names) == (AMBIGUOUS, "X")
    assert one("Y", 1, (FAR, NONE), (0.5, 0.4), names, names) == ("Y", "Y")


def test_nothing_to_be_close_to():
    none = np.zeros((2, 0))
    evidence = Evidence(none.astype(np.int64), none, np.zeros((2, 0, 0)))
    found = Sources(np.array([UNMATCHED] * 2, dtype=object), np.zeros(2), none, np.zeros(2, dtype=np.int64))
    lineage, closest = lineages_and_closest(found, evidence, none, (), ())
    assert (lineage.tolist(), closest.tolist()) == ([UNMATCHED] * 2, [None, None])
