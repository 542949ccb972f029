"""The section on amounts: its table, its charts and the published shares beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes.lineages import Lineage, sources_of
from archaictools.report.blocks import Chart, Table, Text
from archaictools.report.citations import CITATIONS
from archaictools.report.people import amounts
from archaictools.report.people.shares import either_haplotype, of_lineage, shares
from archaictools.report.people.usual import AUTOSOMES_MB, PUBLISHED, REGIONS, published_for, region_of
from synthetic_people import HG19, people

KINDS = ("AltaiNea", "Denisova", "ambiguous", "unmatched")


@pytest.fixture(scope="module")
def results():
    return people(5, seed=6)


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def table_of(section, name):
    [found] = [block for block in blocks(section, Table) if block.name == name]
    return found


def chart_of(section):
    [found] = blocks(section, Chart)
    return found


def test_shares_are_those_of_the_segments(results):
    found = shares(results).set_index("sample")
    for name in found.index:
        own = results.segments[results.segments["sample"] == name]
        length = own["end"] - own["start"]
        assert found.loc[name, "callable_mb"] == 60
        assert found.loc[name, "percent"] == pytest.approx(100 * length.sum() / 60e6)
        assert found.loc[name, "segments"] == len(own)
        assert found.loc[name, "mean_kb"] == pytest.approx(length.mean() / 1e3)
        assert found.loc[name, "longest_kb"] == length.max() / 1e3
        for kind in KINDS:
            inside = length[own["source"] == kind].sum()
            assert found.loc[name, f"{kind}_percent"] == pytest.approx(100 * inside / 60e6)


def test_shares_by_source_do_not_need_columns_of_the_summary(results):
    without = results.people.drop(columns=[f"{kind}_bases" for kind in KINDS])
    pd.testing.assert_frame_equal(shares(replace(results, people=without)), shares(results))


def test_what_was_not_read_is_unknown(results):
    table = results.people.astype({"callable": "Int64", "percent": "Float64", "segments": "Int64"})
    table.loc[1, "callable"] = 0
    row = shares(replace(results, people=table)).loc[1]
    numbers = ["percent", "segments", "mean_kb", "longest_kb", *(f"{kind}_percent" for kind in KINDS)]
    assert row[numbers].isna().all()
    table.loc[1, "callable"] = pd.NA
    row = shares(replace(results, people=table)).loc[1]
    assert row["segments"] == results.people.loc[1, "segments"]
    assert np.isnan(row["percent"])
    assert np.isnan(row["callable_mb"])


def test_a_person_without_a_segment_has_a_share_of_0_and_no_length(results):
    table = results.people.copy()
    table.loc[0, ["introgressed", "percent", "segments", "longest", *(f"{kind}_bases" for kind in KINDS)]] = 0
    row = shares(replace(results, people=table)).iloc[0]
    assert (row["percent"], row["segments"], row["AltaiNea_percent"]) == (0, 0, 0)
    assert row[["mean_kb", "longest_kb"]].isna().all()


def test_the_table_has_the_largest_share_first_and_a_column_for_each_source(results):
    table = table_of(amounts.section(results), "amounts-people")
    assert table.frame["percent"].is_monotonic_decreasing
    titles = [column.title for column in table.columns]
    assert titles == [
        "Person", "Callable (Mb)", "Archaic (%)", "AltaiNea (%)", "Denisova (%)", "ambiguous (%)", "unmatched (%)",
        "Segments", "Mean (kb)", "Longest (kb)",
    ]  # fmt: skip
    assert {column.field for column in table.columns} <= set(table.frame)
    populated = replace(results, populations={"P000": "CEU"})
    assert table_of(amounts.section(populated), "amounts-people").columns[1].title == "Population"
    one = table_of(amounts.section(people(2, archaic=("AltaiNea",))), "amounts-people")
    assert "ambiguous (%)" not in [column.title for column in one.columns]
    alone = people(2, archaic=())
    titles = [column.title for column in table_of(amounts.section(alone), "amounts-people").columns]
    assert titles == ["Person", "Callable (Mb)", "Archaic (%)", "Segments", "Mean (kb)", "Longest (kb)"]


def test_a_share_on_data_unlike_the_training_has_its_mark(results):
    table = results.people.assign(unlike_training=0)
    clean = amounts.section(replace(results, people=table))
    assert "unlike_training" not in {column.field for column in table_of(clean, "amounts-people").columns}
    assert "not reliable" not in clean.lead
    table.loc[0, ["introgressed", "percent", "segments"]] = 0
    table.loc[[0, 3], "unlike_training"] = [table.loc[0, "callable"], table.loc[3, "callable"] // 4]
    section = amounts.section(replace(results, people=table))
    marked = table_of(section, "amounts-people")
    assert [column.title for column in marked.columns][3] == "Unlike training (%)"
    assert marked.frame.set_index("sample")["unlike_training"].to_dict() == {
        "P000": 100, "P001": 0, "P002": 0, "P003": 25, "P004": 0,
    }  # fmt: skip
    note = "posteriors are not reliable; their ranking may be."
    assert marked.caption.endswith(f"Where 'Unlike training' is above 0, {note}")
    sentence = "Unlike the model's training: 2 of 5 people. Posteriors are not reliable there; their ranking may be."
    assert section.lead.endswith(sentence)
    assert chart_of(section).caption.endswith(sentence)


def test_a_source_named_like_a_column_keeps_its_own():
    found = people(2, archaic=("percent", "sample"))
    table = shares(found)
    assert table["sample"].tolist() == ["P000", "P001"]
    assert table["percent_percent"].le(table["percent"]).all()


def test_pieces_of_a_bar_touch_and_reach_the_share_of_the_person(results):
    pieces = amounts.stacked(results, shares(results))
    for name, own in pieces.groupby("person", sort=False):
        assert own["source"].tolist() == list(KINDS)
        assert own["start"].tolist() == [0, *own["end"][:-1]]
        whole = results.people.set_index("sample").loc[name, "percent"]
        assert own["end"].iloc[-1] == pytest.approx(whole)
        assert (own["end"] - own["start"]).tolist() == pytest.approx(own["percent"].tolist())


def test_bars_have_the_colours_and_shapes_of_the_legend(results):
    chart = chart_of(amounts.section(results)).chart.to_dict()
    marks = {layer["encoding"]["tooltip"][1]["title"]: layer for layer in chart["layer"]}
    assert marks
    for layer, source in zip(chart["layer"], results.sources, strict=True):
        assert layer["mark"]["color"] == source.colour
        assert layer["mark"]["height"]["band"] == {"full": 0.8}.get(source.shape, 0.4)
        assert np.sign(layer["mark"]["yOffset"]) == {"upper": -1, "lower": 1}.get(source.shape, 0)
        order = layer["encoding"]["y"]["sort"]
        assert order == results.people.sort_values("percent", ascending=False)["sample"].tolist()
    assert chart["width"] == "container"


def test_two_genomes_of_one_label_have_a_layer_and_a_column_each(results):
    both = {"AltaiNea": "Neanderthal", "Denisova": "Neanderthal"}
    section = amounts.section(replace(results, sources=sources_of(["AltaiNea", "Denisova"], both)))
    spec = chart_of(section).chart.to_dict()
    names = [{row["source"] for row in spec["datasets"][layer["data"]["name"]]} for layer in spec["layer"]]
    assert names == [{"Neanderthal (AltaiNea)"}, {"Neanderthal (Denisova)"}, {"ambiguous"}, {"unmatched"}]
    titles = [column.title for column in table_of(section, "amounts-people").columns]
    assert {"Neanderthal (AltaiNea) (%)", "Neanderthal (Denisova) (%)"} <= set(titles)


@pytest.mark.parametrize("samples", [60, 61])
def test_more_people_than_bars_are_ticks_by_population(samples):
    found = people(samples, lengths={"chr21": 20_000_000})
    names = found.people["sample"].tolist()
    found = replace(found, populations={name: "CEU" if number % 2 else "CHB" for number, name in enumerate(names[:-1])})
    chart = chart_of(amounts.section(found))
    assert chart.name == {60: "amounts-bars", 61: "amounts-ticks"}[samples]
    if samples == 61:
        spec = chart.chart.to_dict()
        data = [pd.DataFrame(spec["datasets"][layer["data"]["name"]]) for layer in spec["layer"]]
        rows, medians = data
        assert len(rows) == 61
        assert set(rows["row"]) == {"CEU", "CHB", "no population"}
        expected = rows.groupby("row")["percent"].median()
        assert medians.set_index("row")["median"].to_dict() == pytest.approx(expected.to_dict())
        assert "61 people" in chart.caption


def test_people_without_data_have_no_bar_and_empty_results_no_chart(results):
    table = results.people.astype({"callable": "Int64"})
    table.loc[0, "callable"] = 0
    section = amounts.section(replace(results, people=table))
    assert "P000" not in str(chart_of(section).chart.to_dict())
    assert section.lead.endswith("NA means that a person was not read; it is not 0.")
    zero = replace(results, people=results.people.assign(percent=0.0))
    assert not blocks(amounts.section(zero), Chart)
    nothing = replace(results, people=results.people.assign(callable=pd.NA, percent=pd.NA))
    assert not blocks(amounts.section(nothing), Chart)
    assert "--summary" in amounts.section(nothing).lead


def test_either_haplotype_counts_a_position_once(results):
    segments = pd.DataFrame(
        [
            ("chr20", 0, 1_000_000, "P000", 1, "AltaiNea"),
            ("chr20", 500_000, 1_500_000, "P000", 2, "AltaiNea"),
            ("chr21", 0, 500_000, "P000", 2, "AltaiNea"),
            ("chr21", 0, 9_000_000, "P000", 1, "Denisova"),
            ("chr20", 0, 300_000, "P001", 1, "AltaiNea"),
        ],
        columns=["chrom", "start", "end", "sample", "haplotype", "source"],
    )
    found = either_haplotype(replace(results, segments=segments), segments[segments["source"] == "AltaiNea"])
    assert found.tolist() == pytest.approx([100 * 2e6 / 30e6, 1.0, 0, 0, 0])


def test_without_populations_one_line_tells_how_to_add_them(results):
    assert [block.text for block in blocks(amounts.section(results), Text)] == [amounts.HOW_TO_ADD]
    assert "--populations TSV" in amounts.HOW_TO_ADD


def test_published_shares_stand_beside_the_same_measure(results):
    populations = {"P000": "CEU", "P001": "FIN", "P002": "Papuan", "P003": "ASW"}
    found = replace(results, populations=populations)
    section = amounts.section(found)
    frame = table_of(section, "amounts-usual").frame
    assert frame["region"].unique().tolist() == ["Europe (2 here)", "Oceania (1 here)"]
    own = shares(found).set_index("sample")
    two = own.loc[["P000", "P001"], "AltaiNea_percent"]
    ratio = frame[frame["citation"] == "Prüfer et al. 2017"].iloc[0]
    assert ratio["published"] == "1.8 to 2.4 %"
    assert ratio["here"] == f"{two.mean():.2f} ({two.min():.2f} to {two.max():.2f})"
    either = either_haplotype(found, of_lineage(found, Lineage.NEANDERTHAL))[["P000", "P001"]]
    chen = frame[frame["citation"] == "Chen et al. 2020"].iloc[0]
    assert chen["here"].startswith(f"{either.mean():.2f} (")
    assert chen["published"] == "51 Mb a person (1.8 % of 2,881 Mb)"
    denisovan = frame[frame["region"].str.startswith("Oceania")]
    assert denisovan["here"].tolist() == [f"{own.loc['P002', 'Denisova_percent']:.2f}"] * 2
    texts = [block.text for block in blocks(section, Text)]
    assert "No published share is listed for ASW." in texts
    assert "No population is given for P004." in texts


def test_a_lineage_without_a_genome_is_not_compared(results):
    alone = replace(results, sources=sources_of(["AltaiNea"]), populations={"P000": "Papuan"})
    frame = table_of(amounts.section(alone), "amounts-usual").frame
    assert frame["here"].tolist() == ["NA", "NA"]
    assert frame["lineage"].tolist() == ["Denisovan"] * 2


def test_populations_are_known_by_label_and_region():
    """All 26 populations of the 1000 Genomes Project but the two of mixed ancestry have a region."""
    labels = [
        "CHB", "JPT", "CHS", "CDX", "KHV", "CEU", "TSI", "FIN", "GBR", "IBS", "YRI", "LWK", "GWD", "MSL", "ESN", "ASW",
        "ACB", "MXL", "PUR", "CLM", "PEL", "GIH", "PJL", "BEB", "STU", "ITU",
    ]  # fmt: skip
    assert len(labels) == 26
    assert [label for label in labels if region_of(label) is None] == ["ASW", "ACB"]
    every = [label.casefold() for region in REGIONS for label in region.populations]
    assert len(every) == len(set(every))
    assert [region_of(region.label) for region in REGIONS] == list(REGIONS)


def test_published_shares_are_cited_and_consistent():
    assert round(sum(HG19.values()) / 1e6) == AUTOSOMES_MB
    for row in PUBLISHED:
        assert row.citation in CITATIONS
        assert CITATIONS[row.citation].doi
        assert set(row.regions) <= {region.label for region in REGIONS}
        low, high = row.percent
        assert 0 < low <= high < 7
        for number in (low, high) if row.measure != "person" else ():
            assert f"{number:g}" in row.value
        assert row.lineage in {Lineage.NEANDERTHAL, Lineage.DENISOVAN}
    assert {row.citation for row in published_for({"a": "YRI"})} == {"chen"}
    assert published_for({"a": "nowhere"}) == ()
