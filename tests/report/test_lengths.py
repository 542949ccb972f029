"""The section on lengths against counting."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes.lineages import sources_of
from archaictools.haplotypes.pulse import populations_of, pulse
from archaictools.report.blocks import Chart, Notes, Table, Text
from archaictools.report.people import lengths
from synthetic_people import people


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def rows(chart):
    """Return the rows of the first data set of a chart."""
    return next(iter(chart.to_dict()["datasets"].values()))


def with_lengths(kb, source, archaic=("AltaiNea", "Denisova")):
    """Return results with segments of these lengths, 2 Mb apart."""
    base = people(archaic=archaic)
    start = 2_000_000 * np.arange(len(kb))
    frame = pd.DataFrame(
        {"chrom": "chr1", "start": start, "end": start + 1_000 * np.array(kb), "sample": "P000", "haplotype": 1}
    )
    return dataclasses.replace(base, segments=frame.assign(source=source))


def test_bars_count_each_segment_once_in_its_class():
    found = people(20)
    section = lengths.section(found)
    bars = rows(next(block.chart for block in blocks(section, Chart) if block.name == "lengths-classes"))
    kb = (found.segments["end"] - found.segments["start"]) / 1_000
    expected = {
        (source, f"{low} to {2 * low}"): int(
            ((kb >= low) & (kb < 2 * low) & (found.segments["source"] == source)).sum()
        )
        for source in ("AltaiNea", "Denisova", "ambiguous", "unmatched")
        for low in (5, 10, 20, 40, 80, 160)
    }
    assert {(one["label"], one["length"]): one["segments"] for one in bars} == {k: v for k, v in expected.items() if v}
    assert sum(one["segments"] for one in bars) == len(kb)
    for name in {one["length"] for one in bars}:  # bars of a class lie on each other
        stack = sorted((one["bottom"], one["top"]) for one in bars if one["length"] == name)
        assert [low for low, _ in stack] == [0, *(high for _, high in stack[:-1])]


def test_a_class_ends_where_the_next_begins():
    section = lengths.section(with_lengths([4, 5, 9, 10, 1_279, 1_280, 5_000], "Denisova"))
    bars = rows(blocks(section, Chart)[0].chart)
    assert {one["length"]: one["segments"] for one in bars} == {
        "below 5": 1, "5 to 10": 2, "10 to 20": 1, "640 to 1,280": 1, "1,280 or more": 2,
    }  # fmt: skip
    assert blocks(section, Chart)[0].chart.to_dict()["encoding"]["x"]["sort"] == [
        "below 5", "5 to 10", "10 to 20", "20 to 40", "40 to 80", "80 to 160", "160 to 320", "320 to 640",
        "640 to 1,280", "1,280 or more",
    ]  # fmt: skip


def test_curves_count_segments_of_at_least_each_length_and_the_pulse_meets_them_at_the_cut():
    found = people(60)
    tail = lengths.tail(lengths.groups(found))
    kb = (found.segments["end"] - found.segments["start"]) / 1_000
    seen = tail[tail["line"] == "Segments"]
    for row in seen.to_dict("records"):
        own = kb[found.segments["source"] == row["label"]]
        assert row["segments"] == (own >= row["kb"]).sum()
    assert seen.groupby("label").size().max() <= lengths.MAX_POINTS
    own = kb[found.segments["source"] == "AltaiNea"]
    first = seen[seen["label"] == "AltaiNea"]
    assert (first["kb"].min(), first["kb"].max()) == (own.min(), own.max())
    line = tail[(tail["line"] == "One pulse") & (tail["label"] == "AltaiNea")]
    at_cut = np.exp(np.interp(40, line["kb"], np.log(line["segments"])))
    assert at_cut == pytest.approx((own >= 40).sum(), rel=1e-3)
    assert line["segments"].iloc[-1] == pytest.approx(1)


def test_the_table_has_the_time_of_each_source_or_why_there_is_none():
    found = people(20)
    (table,) = blocks(lengths.section(found), Table)
    frame = table.frame.set_index("label")
    own = found.segments[found.segments["source"] == "AltaiNea"]
    share = found.people["introgressed"].sum() / found.people["callable"].sum()
    related = populations_of(found.segments, found.haplotypes, {}).values()
    time = pulse(own, share, populations=related)
    numbers = [
        int(text.replace(",", ""))
        for text in frame.loc["AltaiNea", "time"].strip(")").replace("(", "to ").split(" to ")
    ]
    assert numbers == pytest.approx([time.generations, time.low, time.high], rel=0.05)
    assert frame.loc["AltaiNea", ["segments", "above"]].tolist() == [
        time.segments + (len(own) - time.segments),
        time.segments,
    ]
    assert frame.loc["AltaiNea", "median"] == (own["end"] - own["start"]).median() / 1_000
    assert frame.loc["Denisova", "time"] == "NA: too few"
    assert frame.loc["unmatched", "time"] == "NA: no named source"


def test_genomes_of_one_lineage_are_one_pulse():
    half = ["AltaiNea", "Vindija"] * 30
    found = with_lengths(np.random.default_rng(1).integers(40, 200, 60), half, ("AltaiNea", "Vindija", "Denisova"))
    (group,) = lengths.groups(found)
    assert group.source.label == "Neanderthal (AltaiNea, Vindija)"
    assert group.source.colour == sources_of(["AltaiNea"])[0].colour
    assert group.pulse.segments == 60


def test_without_archaic_genomes_all_segments_are_one_pulse():
    (group,) = lengths.groups(with_lengths([50, 90] * 20, "unmatched", ()))
    assert group.source.label == "all segments"
    assert group.pulse.segments == 40


def test_a_longer_minimum_moves_the_cut():
    """predict --min-length 100000: segments of less than 100 kb are missing, which says nothing on time."""
    kb = 100 + np.random.default_rng(2).exponential(50, 200).astype(int)
    kb[0] = 100
    (group,) = lengths.groups(with_lengths(kb, "Denisova"))
    assert group.pulse.cut == 100_000
    assert group.pulse.rate == pytest.approx(200 / (1_000 * (kb - 100).sum()), rel=1e-4)
    section = lengths.section(with_lengths(kb, "Denisova"))
    assert any("at least 100 kb" in item for notes in blocks(section, Notes) for item in notes.items)


def test_no_segment_one_segment_and_people_without_data():
    base = people()
    empty = lengths.section(dataclasses.replace(base, segments=base.segments.iloc[:0]))
    assert [block.text for block in blocks(empty, Text)] == ["No segment was called, so there are no lengths."]
    one = lengths.section(dataclasses.replace(base, segments=base.segments.iloc[[0]]))
    assert blocks(one, Text)[0].text.startswith("One segment was called. It has ")
    assert [block.name for block in blocks(one, Chart)] == ["lengths-classes"]
    unknown = base.people.astype({"introgressed": "Int64"})
    unknown.loc[:, "introgressed"] = pd.NA
    assert lengths.archaic_share(dataclasses.replace(base, people=unknown)) == 0


def test_people_without_phase_are_warned():
    base = people()
    assert not [notes for notes in blocks(lengths.section(base), Notes) if notes.warning]
    unphased = dataclasses.replace(base, encoded=dataclasses.replace(base.encoded, unphased=True))
    (warning,) = [notes for notes in blocks(lengths.section(unphased), Notes) if notes.warning]
    assert "had no phase" in warning.items[0]


def test_half_a_kb_is_neither_rounded_up_nor_down():
    """A median of 30.5 kb was 31 on the screen and 30 in print."""
    section = lengths.section(with_lengths([30, 31], "Denisova"))
    (table,) = blocks(section, Table)
    assert table.frame["median"].tolist() == [30.5]
    assert {column.field: column.digits for column in table.columns}["median"] == 1
    assert "median length is 30.5 kb" in blocks(section, Text)[0].text
