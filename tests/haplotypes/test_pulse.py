"""The time of one pulse against exponential and geometric lengths, simulated pulses and counting."""

from __future__ import annotations

import msprime
import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes.options import CUT, RECOMBINATION
from archaictools.haplotypes.pulse import Population, apart, places, populations_of, pulse
from archaictools.intervals import intervals_by_chromosome
from archaictools.simulation.demography import scenario
from archaictools.simulation.options import PopulationOptions
from archaictools.simulation.tracts import archaic_tracts


def exponential(count, generations, share, rng):
    """Return segments far apart with the lengths of one pulse."""
    length = rng.exponential(1 / (RECOMBINATION * generations * (1 - share)), count)
    start = 10_000_000 * np.arange(count)
    return pd.DataFrame({"chrom": "chr1", "start": start, "end": start + np.maximum(length.round().astype(int), 1)})


def test_the_time_of_exponential_lengths_is_found_and_the_cut_does_not_matter():
    segments = exponential(20_000, 1_800, 0.05, np.random.default_rng(1))
    for cut in (0, 20_000, 40_000, 80_000):
        found = pulse(segments, 0.05, cut=cut)
        assert found.segments == ((segments["end"] - segments["start"]) >= cut).sum()
        assert found.generations == pytest.approx(1_800, rel=4 / np.sqrt(found.segments))
    kept = segments[segments["end"] - segments["start"] >= CUT]
    assert pulse(kept, 0.05) == pulse(segments, 0.05)
    # Half of the archaic share more, half of the breaks that are seen less.
    assert pulse(segments, 0.525).generations == pytest.approx(2 * pulse(segments, 0.05).generations)


def test_the_interval_has_the_time_in_95_of_100_samples():
    rng = np.random.default_rng(2)
    found = [pulse(exponential(300, 1_800, 0.0, rng)) for _ in range(150)]
    inside = sum(one.low <= 1_800 <= one.high for one in found)
    assert 135 <= inside <= 149, inside


def test_copies_of_a_segment_do_not_narrow_the_interval():
    segments = exponential(200, 1_800, 0.0, np.random.default_rng(3))
    once, often = pulse(segments), pulse(pd.concat([segments] * 20))
    assert (often.segments, often.places) == (20 * once.segments, once.places)
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_few_segments_or_few_places_give_no_time():
    segments = exponential(2_000, 1_000, 0.0, np.random.default_rng(4))
    long = segments[segments["end"] - segments["start"] > CUT]
    assert pulse(long.head(20)).segments == 20
    assert pulse(long.head(19)) is None
    assert pulse(pd.concat([long.head(10)] * 2)).places == 10
    assert pulse(pd.concat([long.head(9)] * 10)) is None
    assert pulse(long.head(0)) is None
    same = long.head(30).assign(end=lambda rows: rows["start"] + CUT)
    assert pulse(same) is None  # no length above the cut


def test_the_curve_passes_through_the_number_at_the_cut():
    found = pulse(exponential(2_000, 1_000, 0.0, np.random.default_rng(5)))
    twice = np.log(2) / (RECOMBINATION * found.generations)
    assert found.longer(np.array([CUT, CUT + twice])) == pytest.approx([found.segments, found.segments / 2])


def test_places_are_segments_that_overlap_directly_or_through_others():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"chrom": rng.choice(["2", "10", "X"], 200), "start": rng.integers(0, 20_000, 200)})
    frame["end"] = frame["start"] + rng.integers(1, 200, 200)
    expected = list(range(200))
    rows = frame.to_dict("records")
    for one in range(200):
        for other in range(200):
            a, b = rows[one], rows[other]
            if a["chrom"] == b["chrom"] and a["start"] <= b["end"] and b["start"] <= a["end"]:
                old, new = expected[other], expected[one]
                expected = [new if each == old else each for each in expected]
    found = places(frame, intervals_by_chromosome(frame))
    assert 20 < len(set(expected)) < 200
    assert len(set(zip(found.tolist(), expected, strict=True))) == len(set(expected)) == found.max() + 1


def tracts(demography, ingroup, sources, chromosomes, seed):
    """Return the true tracts of ten people on chromosomes of 10 Mb."""
    names = [population.name for population in demography.populations]
    parts = []
    for number in range(chromosomes):
        trees = msprime.sim_ancestry(
            [msprime.SampleSet(10, population=ingroup)], demography=demography, sequence_length=10_000_000,
            recombination_rate=RECOMBINATION, record_migrations=True, random_seed=seed + number, end_time=4_000,
        )  # fmt: skip
        nodes = [int(node) for person in trees.individuals() for node in person.nodes]
        parts.append(archaic_tracts(trees, sources, names, nodes).assign(chrom=f"chr{number + 1}"))
    found = pd.concat(parts, ignore_index=True)
    return found, float((found["end"] - found["start"]).sum()) / (chromosomes * 20 * 10_000_000)


def test_the_time_of_a_simulated_pulse_into_a_large_population_is_found():
    demography = msprime.Demography()
    demography.add_population(name="EU", initial_size=50_000)
    demography.add_population(name="OLD", initial_size=50_000)
    demography.add_population(name="ND", initial_size=2_000)
    demography.add_admixture(time=800, derived="EU", ancestral=["OLD", "ND"], proportions=[0.95, 0.05])
    demography.add_population_split(time=20_000, derived=["ND"], ancestral="OLD")
    demography.sort_events()
    found, share = tracts(demography, "EU", {"ND": "Nea"}, 3, 1)
    assert 0.02 < share < 0.1
    time = pulse(found, share)
    assert time.places > 40
    assert time.low <= 800 <= time.high
    assert time.generations == pytest.approx(800, rel=0.15)


def test_lengths_in_whole_bins_give_the_time_of_the_lengths_themselves():
    segments = exponential(20_000, 1_800, 0.0, np.random.default_rng(7))
    offset = np.random.default_rng(8).integers(0, 1_000_000, len(segments))
    binned = segments.assign(
        start=(segments["start"] + offset) // 10_000 * 10_000, end=(segments["end"] + offset) // 10_000 * 10_000
    )
    found = pulse(binned, cut=50_000)
    assert found.generations == pytest.approx(1_800, rel=4 / np.sqrt(found.segments))
    mean = (binned["end"] - binned["start"] - 50_000)[binned["end"] - binned["start"] >= 50_000].mean()
    assert found.generations < 0.95 / mean / RECOMBINATION  # what the mean alone would say is too old


def test_common_ancestry_is_the_sharing_of_pairs_of_haplotypes_beyond_the_archaic_share():
    rng = np.random.default_rng(9)
    parts = []
    for haplotype in range(6):
        start = np.arange(120) * 500_000 + rng.choice([0, 60_000], 120)
        parts.append(
            pd.DataFrame(
                {"chrom": "chr1", "start": start + 1, "sample": f"S{haplotype // 2}", "haplotype": haplotype % 2 + 1}
            )
        )
    segments = pd.concat(parts, ignore_index=True).assign(
        end=lambda rows: rows["start"] + rng.integers(50_000, 130_000, len(rows))
    )
    haplotypes = [(f"S{number}", side) for number in range(3) for side in (1, 2)]
    (population,) = populations_of(segments, haplotypes, {}).values()
    both = bases = 0
    for one in haplotypes:
        for other in haplotypes:
            if one == other:
                continue
            mine, theirs = (segments[(segments["sample"] == s) & (segments["haplotype"] == h)] for s, h in (one, other))
            for a, b in mine[["start", "end"]].to_numpy():
                bases += b - a
                both += sum(max(0, min(b, d) - max(a, c)) for c, d in theirs[["start", "end"]].to_numpy())
    found = pulse(segments, 0.1, populations=[population])
    assert found.related == pytest.approx((both / bases - 0.1) / 0.9)
    assert found.generations == pytest.approx(pulse(segments, 0.1).generations / apart(np.array(found.related)))
    # Pairs of two populations do not count: of one haplotype each, no pair is left.
    alone = populations_of(segments, haplotypes, {f"S{number}": f"P{number}" for number in range(3)})
    assert {name: one.haplotypes for name, one in alone.items()} == {"P0": 2, "P1": 2, "P2": 2}
    assert pulse(segments, 0.1, populations=[Population(segments=segments, haplotypes=1)]).related is None


def test_the_correction_is_the_mean_over_the_time_since_the_pulse():
    """Two lineages of a population of constant size, counted generation by generation."""
    rate, time = 1 / 3_000, 1_800
    together = 1 - np.exp(-rate * (time - np.arange(time) - 0.5))
    assert apart(np.array(1 - np.exp(-rate * time))) == pytest.approx((1 - together).mean(), rel=1e-3)


def test_few_ancestors_make_the_time_too_recent_and_their_sharing_mends_it():
    """As the page on sharing says: the true time of ooa3 is 55,000 years of 29 years a generation."""
    history = scenario("ooa3", PopulationOptions())
    found, share = tracts(history.demography, history.ingroup, history.sources, 8, 1)
    true = 55_000 / 29
    assert 0.65 < pulse(found, share).generations / true < 0.9
    mended = pulse(found, share, populations=[Population(segments=found, haplotypes=20)])
    assert mended.generations == pytest.approx(true, rel=0.15)
    assert mended.low <= true <= mended.high
