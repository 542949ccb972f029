"""The section on sharing against bases counted one by one."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from archaictools.haplotypes.pulse import populations_of, pulse
from archaictools.report.blocks import Absent, Chart, Table, Text
from archaictools.report.people import sharing
from archaictools.report.people.lengths import archaic_share, rounded_time
from synthetic_people import people


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def cells(chart):
    return {(row["one"], row["other"]): row["share"] for row in next(iter(chart.to_dict()["datasets"].values()))}


def kilobases(results):
    """Return the kilobases that each person carries; all segments are whole kilobases."""
    found = {f"P{number:03d}": set() for number in range(len(results.people))}
    for row in results.segments.to_dict("records"):
        found[row["sample"]] |= {(row["chrom"], base) for base in range(row["start"] // 1_000, row["end"] // 1_000)}
    return found


def test_shares_and_ages_of_people_and_populations():
    found = dataclasses.replace(people(5, per_mb=3), populations={f"P00{n}": "AB"[n % 2] for n in range(5)})
    section = sharing.section(found)
    by_person, populations = blocks(section, Chart)
    carried = kilobases(found)
    expected = {
        (one, other): 100 * len(carried[one] & carried[other]) / len(carried[one] | carried[other])
        for one, other in itertools.permutations(carried, 2)
    }
    assert min(expected.values()) > 0
    assert cells(by_person.chart) == pytest.approx(expected, abs=0.006)
    mean = np.mean(list(expected.values()))
    assert blocks(section, Text)[0].text == f"Two people share {mean:.1f} % of their archaic bases (mean of 10 pairs)."
    group = found.populations
    assert cells(populations.chart) == pytest.approx(
        {
            (one, other): np.mean([share for (a, b), share in expected.items() if {group[a], group[b]} == {one, other}])
            for one, other in itertools.product("AB", repeat=2)
        },
        abs=0.006,
    )
    (table,) = blocks(section, Table)
    ages = table.frame.set_index("sample")
    for sample in carried:
        own = found.segments[found.segments["sample"] == sample]
        related = populations_of(found.segments, found.haplotypes, group)[group[sample]]
        time = pulse(own, archaic_share(found), populations=[related])
        assert ages.loc[sample, "time"] == rounded_time(time)
        assert ages.loc[sample, "segments"] == len(own)


def test_one_person_many_people_and_few_segments():
    assert isinstance(sharing.section(people(1)), Absent)
    assert isinstance(sharing.section(people(3, per_mb=0)), Absent)
    many = people(sharing.MAX_PEOPLE + 1, lengths={"chr1": 5_000_000})
    assert isinstance(sharing.section(many), Absent)
    grouped = dataclasses.replace(many, populations={f"P{n:03d}": "AB"[n % 2] for n in range(61)})
    assert [block.name for block in blocks(sharing.section(grouped), Chart)] == ["sharing-populations"]
    few = sharing.section(people(2, per_mb=0.3))
    assert set(blocks(few, Table)[0].frame["time"]) == {"NA: too few"}
