"""The section on match rates against rates by hand."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pandas as pd
import pytest

from archaictools.haplotypes.lineages import sources_of
from archaictools.report.blocks import Absent, Chart, Notes, Table, Text
from archaictools.report.people import match_rate
from archaictools.report.people.expected_rate import expected_rate
from synthetic_people import people


def results(rows, archaic, *, called=None, reference=True):
    """Return results with segments of ``source`` and ``(shared, compared)`` of each genome."""
    base = people(2, archaic=archaic)
    frame = base.segments.iloc[: len(rows)].copy()
    frame["source"] = [source for source, *_ in rows]
    for number, name in enumerate(archaic, start=1):
        frame[f"{name}_shared"] = [row[number][0] for row in rows]
        frame[f"{name}_compared"] = [row[number][1] for row in rows]
        frame[f"{name}_called"] = called or frame[f"{name}_compared"]
    encoded = dataclasses.replace(base.encoded, reference_calls=dict.fromkeys(archaic, reference))
    return dataclasses.replace(base, segments=frame, encoded=encoded)


def drawn(section):
    """Return the rows of the chart."""
    (chart,) = [block.chart for block in section.blocks if isinstance(block, Chart)]
    (rows,) = chart.to_dict()["datasets"].values()
    return rows


def texts(section):
    return [block.text for block in section.blocks if isinstance(block, Text)]


def notes(section, *, warning):
    return [item for block in section.blocks if isinstance(block, Notes) and block.warning == warning
            for item in block.items]  # fmt: skip


TWO = [
    ("AltaiNea", (9, 10), (2, 20)),
    ("Denisova", (3, 12), (9, 12)),
    ("unmatched", (9, 9), (0, 30)),  # too few alleles with the first genome
    ("ambiguous", (0, 40), (0, 9)),  # and with the second
]


def test_two_genomes_against_each_other_by_hand():
    found = match_rate.section(results(TWO, ("AltaiNea", "Denisova")))
    rows = drawn(found)
    assert [(one["x"], one["y"], one["source"]) for one in rows] == [
        (0.9, 0.1, "AltaiNea"), (0.25, 0.75, "Denisova"),
    ]  # fmt: skip
    assert [(one["x_alleles"], one["y_alleles"]) for one in rows] == [(10, 20), (12, 12)]
    assert texts(found) == [
        "2 of 4 segments are shown. 2 are left out, since they have fewer than 10 rare alleles to compare with both."
    ]
    assert {"chrom", "start", "end"} <= set(rows[0])  # a click moves the browser
    (table,) = [block for block in found.blocks if isinstance(block, Table)]
    frame = table.frame.set_index("source")
    assert frame["median0"].to_dict() == pytest.approx(
        {"AltaiNea": 90, "Denisova": 25, "ambiguous": 0, "unmatched": float("nan")}, nan_ok=True
    )
    assert frame["counted1"].to_dict() == {"AltaiNea": 1, "Denisova": 1, "ambiguous": 0, "unmatched": 1}


def test_the_denisovan_is_on_the_upward_axis_whatever_the_order():
    axes = match_rate.axes_of(sources_of(("Denisova", "AltaiNea"))[:2])
    assert [axis.names for axis in axes] == [("AltaiNea",), ("Denisova",)]


@pytest.mark.parametrize(
    ("archaic", "expected"),
    [
        (("Altai", "Vindija", "Denisova"), [("Altai", "Vindija"), ("Denisova",)]),
        (("Altai", "Vindija", "Chagyrskaya"), [("Altai",), ("Vindija",)]),
        (("Altai", "X1", "X2"), [("Altai",), ("X1", "X2")]),
        (("X1", "X2", "Denisova", "Altai"), [("Altai",), ("Denisova",)]),
    ],
)
def test_three_or_more_genomes_share_two_axes(archaic, expected):
    axes = match_rate.axes_of(sources_of(archaic)[: len(archaic)])
    assert [axis.names for axis in axes] == expected


def test_the_best_of_several_genomes_counts_with_its_own_alleles():
    rows = [
        ("Altai", (9, 10), (12, 20), (2, 20)),
        ("Vindija", (4, 4), (12, 15), (3, 15)),  # the first is not compared: too few alleles
        ("Denisova", (1, 2), (3, 3), (9, 10)),
    ]
    found = match_rate.section(results(rows, ("Altai", "Vindija", "Denisova")))
    assert [(one["x"], one["x_alleles"], one["y"]) for one in drawn(found)] == [(0.9, 10, 0.1), (0.8, 15, 0.2)]
    assert "Each segment counts with its highest rate among Altai, Vindija." in notes(found, warning=False)
    (axis,) = {layer["encoding"]["x"]["title"] for layer in [chart_of(found)]}
    assert axis == "Match rate with the best Neanderthal genome"


def chart_of(section):
    return next(block.chart.to_dict() for block in section.blocks if isinstance(block, Chart))


def test_one_genome_gives_a_histogram_whose_bars_add_up():
    rows = [("Nean", (18, 20)), ("Nean", (19, 20)), ("Nean", (20, 20)), ("unmatched", (19, 20)), ("unmatched", (3, 20))]
    found = match_rate.section(results(rows, ("Nean",)))
    bars = {(round(one["low"], 2), one["source"]): (one["bottom"], one["top"]) for one in drawn(found)}
    assert bars == {
        (0.15, "unmatched"): (0, 1),
        (0.9, "Nean"): (0, 1),
        (0.95, "Nean"): (0, 2),  # 19 of 20, and all
        (0.95, "unmatched"): (2, 3),
    }
    assert texts(found)[0].startswith("5 of 5 segments are shown. 0 are left out")


def test_many_segments_are_counted_in_cells():
    found = people(400, per_mb=0.6)
    section = match_rate.section(found)
    chart = chart_of(section)
    rows = {layer["mark"]["type"]: chart["datasets"][layer["data"]["name"]] for layer in chart["layer"]}
    own = found.segments[found.segments["AltaiNea_compared"] >= 10]
    assert len(own) > match_rate.MAX_POINTS
    expected = Counter(
        (min(20 * nea // n, 19), min(20 * den // m, 19))
        for nea, n, den, m in own[["AltaiNea_shared", "AltaiNea_compared", "Denisova_shared", "Denisova_compared"]]
        .to_numpy()
        .tolist()
    )
    assert {(round(20 * one["x"]), round(20 * one["y"])): one["segments"] for one in rows["rect"]} == expected
    medians = {one["source"]: (one["x"], one["segments"]) for one in rows["point"]}
    chosen = own[own["source"] == "Denisova"]
    assert medians["Denisova"] == (
        pytest.approx((chosen["AltaiNea_shared"] / chosen["AltaiNea_compared"]).median()), len(chosen),
    )  # fmt: skip
    assert len(str(chart)) < 150_000


def test_without_ref_calls_missing_calls_are_compared_and_the_reader_is_warned():
    """The genome is called at 10 alleles and shares all of them, but lacks 10 more."""
    case = results([("Nean", (10, 20))], ("Nean",), called=[10], reference=False)
    found = match_rate.section(case)
    (bar,) = drawn(found)
    assert bar["low"] == 0.5
    assert any("file of Nean has no REF calls" in item for item in notes(found, warning=True))
    blind = match_rate.section(dataclasses.replace(case, encoded=None))
    assert notes(blind, warning=True) == notes(found, warning=True)
    assert not notes(match_rate.section(results([("Nean", (10, 20))], ("Nean",))), warning=True)


def test_each_source_has_its_own_symbol_and_colour():
    rows = [(name, (10, 20), (10, 20), (5, 20)) for name in ("Altai", "Vindija", "Denisova", "unmatched")]
    encoding = chart_of(match_rate.section(results(rows, ("Altai", "Vindija", "Denisova"))))["encoding"]
    assert encoding["shape"]["scale"]["domain"] == ["Altai", "Vindija", "Denisova", "unmatched"]
    assert encoding["shape"]["scale"]["range"] == ["square", "circle", "triangle-up", "triangle-down"]
    assert encoding["color"]["scale"]["range"] == ["#cc3311", "#7f1d10", "#0072b2", "#888888"]


def test_a_dashed_line_marks_the_expected_rate():
    """The mean over segments; on an axis of several genomes the highest of their means; none without the columns."""
    case = results(TWO, ("AltaiNea", "Denisova"))
    assert "layer" not in chart_of(match_rate.section(case))
    expected = {"AltaiNea_expected": [0.05, 0.07, 0.05, 0.07], "Denisova_expected": [0.04, float("nan"), 0.02, 0.03]}
    for archaic, rows, lines in (
        (("AltaiNea", "Denisova"), TWO, {"x": 0.06, "y": 0.03}),
        (("AltaiNea",), TWO, {"x": 0.06}),
    ):
        case = results(rows, archaic)
        own = {name: values for name, values in expected.items() if name.removesuffix("_expected") in archaic}
        section = match_rate.section(dataclasses.replace(case, segments=case.segments.assign(**own)))
        chart = chart_of(section)
        assert chart["width"] == "container"
        found = {}
        for layer in chart["layer"]:
            if layer["mark"]["type"] == "rule":
                ((letter, _),) = [item for item in layer["encoding"].items() if item[0] in "xy"]
                found[letter] = chart["datasets"][layer["data"]["name"]][0]["rate"]
        assert found == pytest.approx(lines)
        (table,) = [block for block in section.blocks if isinstance(block, Table)]
        frame = table.frame.set_index("source")
        assert frame.loc["AltaiNea", "expected0"] == pytest.approx(5)
        titles = [column.title for column in table.columns]
        assert [title for title in titles if "expected" in title] == [f"{name}, expected (%)" for name in archaic]
    several = pd.DataFrame({"A_expected": [0.1, 0.2], "B_expected": [0.3, 0.1]})
    assert expected_rate(several, ("A", "B")) == pytest.approx(0.2)
    assert expected_rate(several, ("C",)) is None


def test_nothing_to_show():
    found = match_rate.section(people(archaic=()))
    assert isinstance(found, Absent)
    assert found.how == "No archaic genome was given. Name one: haplotypes --archaic."
    base = people()
    empty = match_rate.section(dataclasses.replace(base, segments=base.segments.iloc[:0]))
    assert texts(empty) == ["No segment was called, so there is nothing to compare."]
    few = match_rate.section(results([("unmatched", (0, 3), (0, 3))], ("AltaiNea", "Denisova")))
    assert texts(few)[0].startswith("0 of 1 segments are shown. 1 are left out")
    assert not [block for block in (*empty.blocks, *few.blocks) if isinstance(block, Chart | Table)]


def test_names_of_people_stay_text():
    case = results(TWO, ("AltaiNea", "Denisova"))
    case.segments["sample"] = pd.Series(["<b>", '"q"', "é", "x"], index=case.segments.index)
    assert drawn(match_rate.section(case))[0]["haplotype"].startswith("<b>.")
