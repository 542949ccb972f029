"""The karyogram: what its rows show, beside brute force on small genomes."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from archaictools.report.blocks import Absent, Chart, Notes
from archaictools.report.people.karyogram import datasets, section
from archaictools.report.people.karyogram_rows import MOST_PEOPLE, density, is_density, layout_of, painted_segments
from synthetic_people import HG19, people

LENGTHS = {"1": 4_000_000, "2": 3_000_000}


def chart_of(results) -> Chart:
    return next(block for block in section(results).blocks if isinstance(block, Chart))


def segment_layer(spec) -> dict:
    return next(layer for layer in spec["layer"] if layer.get("data", {}).get("name") == "karyogram-segments")


def test_rows_of_haplotypes_do_not_overlap_and_people_are_apart():
    results = people(3, lengths=LENGTHS, per_mb=4)
    spec = chart_of(results).chart.to_dict()
    drawn = painted_segments(results)
    row = layout_of(results)
    assert list(row.tops) == ["1", "2"]
    assert list(row.rows) == [f"{sample}.{side}" for sample, side in results.haplotypes]
    at = sorted((row.tops[chrom] + top, chrom, name) for chrom in row.tops for name, top in row.rows.items())
    for (one, chrom, name), (two, next_chrom, next_name) in pairwise(at):
        same = chrom == next_chrom and name.split(".")[0] == next_name.split(".")[0]
        assert two - one == pytest.approx(1) if same else two - one > 1.2
    for each in drawn.itertuples():
        top = row.tops[each.chrom] + row.rows[f"{each.sample}.{each.haplotype}"]
        assert top - 1e-6 <= each.top < each.bottom <= top + 1 + 1e-6
    domain = segment_layer(spec)["encoding"]["y"]["scale"]["domain"]
    assert domain[0] == 0
    assert domain[1] >= drawn["bottom"].max()


def test_each_segment_is_drawn_where_it_is():
    results = people(2, lengths=LENGTHS, per_mb=4)
    drawn = painted_segments(results)
    for name in ("chrom", "start", "end", "sample", "haplotype"):
        assert drawn[name].tolist() == results.segments[name].tolist()
    np.testing.assert_allclose(drawn["score"], results.segments["posterior"], atol=5.1e-4)
    short = results.segments["end"] - results.segments["start"] < 4_000
    assert (drawn["reach"] - drawn["start"] >= 4_000).all()  # a thousandth of the longest chromosome
    assert (drawn["reach"][~short] == drawn["end"][~short]).all()


def test_colours_and_shapes_tell_the_sources_and_tooltips_the_values():
    results = people(2, lengths=LENGTHS, per_mb=10)
    spec = chart_of(results).chart.to_dict()
    layer = segment_layer(spec)
    scale = layer["encoding"]["color"]["scale"]
    used = [source for source in results.sources if source.name in set(results.segments["source"])]
    assert len(used) == 4
    assert scale == {"domain": [s.label for s in used], "range": [s.colour for s in used]}
    drawn = painted_segments(results)
    height = (drawn["bottom"] - drawn["top"]).round(2)
    first = drawn["top"].round(2) - drawn["haplotype"] + 1  # of a person, but for the person and the chromosome
    assert height[drawn["source"] == "AltaiNea"].unique().tolist() == [1]
    for source in ("Denisova", "ambiguous", "unmatched"):
        assert height[drawn["source"] == source].unique().tolist() == pytest.approx(
            [0.55] if source != "ambiguous" else [0.5]
        )
    one = drawn[(drawn["sample"] == "P000") & (drawn["chrom"] == "1")]
    tops = first[one.index].groupby(one["source"]).first().round(2).to_dict()
    assert tops == {"AltaiNea": 0, "Denisova": 0, "ambiguous": 0.25, "unmatched": 0.45}
    assert layer["mark"]["tooltip"] == {"content": "data"}
    fields = {field for _, field, *_ in spec["usermeta"]["tooltip"]}
    assert fields - {"locus", "kb"} <= set(drawn.columns)
    assert {"chrom", "start", "end"} <= set(drawn.columns)  # for locus, kb and a click
    assert {each["field"] for each in layer["encoding"].values()} <= set(drawn.columns)


def test_the_background_has_no_locus_and_shows_what_was_read():
    results = people(2, lengths=LENGTHS)
    regions = pd.DataFrame(
        [("1", 0, 1_000_000, 4), ("1", 1_000_000, 2_000_000, 2), ("2", 2_000_000, 3_000_000, 4)],
        columns=["chrom", "start", "end", "haplotypes"],
    )
    found = next(each for each in datasets(dataclasses.replace(results, callable=regions)) if "read" in each.name).frame
    assert not {"chrom", "start", "end"} & set(found.columns)
    assert found[["chromosome", "left", "right", "read"]].to_numpy().tolist() == [
        ["1", 0, 1_000_000, 1.0],
        ["1", 1_000_000, 2_000_000, 0.5],
        ["2", 2_000_000, 3_000_000, 1.0],
    ]


def test_only_chromosomes_with_data():
    results = people(2, lengths=LENGTHS)
    results = dataclasses.replace(results, lengths={"0": 5_000_000, **LENGTHS, "MT": 16_000})
    assert list(layout_of(results).tops) == ["1", "2"]
    assert set(painted_segments(results)["chrom"]) == {"1", "2"}


@pytest.mark.parametrize("seed", [1, 2])
def test_density_equals_brute_force(seed):
    lengths = {"1": 300_000, "2": 200_000}
    results = people(MOST_PEOPLE + 1, lengths=lengths, per_mb=2, seed=seed)
    rng = np.random.default_rng(seed)
    regions = [("1", 0, 123_400, 62), ("1", 150_000, 300_000, 40), ("2", 1_000, 200_000, 62)]
    results = dataclasses.replace(
        results, callable=pd.DataFrame(regions, columns=["chrom", "start", "end", "haplotypes"])
    )
    inside = results.segments[
        [
            any(c == row.chrom and a <= row.start and row.end <= b for c, a, b, _ in regions)
            for row in results.segments.itertuples()
        ]
    ]
    results = dataclasses.replace(results, segments=inside.sample(frac=0.8, random_state=int(rng.integers(99))))
    assert is_density(results)
    found = density(results)
    assert len(found) > 20
    read = {chrom: np.zeros(length) for chrom, length in lengths.items()}
    for chrom, start, end, count in regions:
        read[chrom][start:end] = count
    carried = {
        (chrom, source.name): np.zeros(length) for chrom, length in lengths.items() for source in results.sources
    }
    for row in results.segments.itertuples():
        carried[row.chrom, row.source][row.start : row.end] += 1
    total = 0.0
    for row in found.itertuples():
        here = slice(row.start, row.end)
        expected = carried[row.chrom, row.source][here].sum() / read[row.chrom][here].sum()
        assert row.percent == pytest.approx(100 * expected, abs=2e-3)
        total += row.percent / 100 * read[row.chrom][here].sum()
    assert total == pytest.approx(sum(bases.sum() for bases in carried.values()), rel=1e-3)
    # Stacked bars touch, and the highest fills its chromosome.
    for (_, _), rows in found.groupby(["chrom", "start"]):
        np.testing.assert_allclose(rows["bottom"].to_numpy()[1:], rows["top"].to_numpy()[:-1], atol=2e-3)
    height = found.groupby("chrom")["bottom"].max() - found.groupby("chrom")["top"].min()
    assert height.max() == pytest.approx(12, abs=0.01)


def test_few_haploid_and_empty():
    results = people(1, lengths={"Y": 3_000_000}, archaic=())
    one = dataclasses.replace(
        results,
        haplotypes=(("P000", 1),),
        segments=results.segments[results.segments["haplotype"] == 1],
        callable=results.callable.assign(haplotypes=1),
    )
    chart = chart_of(one)
    assert "1 haplotypes" not in chart.caption
    assert "two for each person" not in chart.caption
    empty = dataclasses.replace(one, segments=one.segments.iloc[:0])
    notes = [block for block in section(empty).blocks if isinstance(block, Notes)]
    assert any("No segment was called" in text for block in notes for text in block.items)
    many = dataclasses.replace(people(40, lengths=LENGTHS), segments=one.segments.iloc[:0])
    assert density(many).empty
    assert isinstance(chart_of(many), Chart)
    nothing = dataclasses.replace(empty, callable=empty.callable.iloc[:0])
    assert isinstance(section(nothing), Absent)
    assert datasets(nothing) == ()


def test_a_large_karyogram_stays_small():
    """The specification of 20 people holds no segment, and that of many scaffolds is not too tall."""
    results = people(20, lengths=HG19, per_mb=0.02, genes=1)
    chart = chart_of(results)
    assert len(json.dumps(chart.chart.to_dict())) < 40_000
    scaffolds = {f"scaffold{n}": 1_000_000 + n for n in range(300)}
    many = section(people(2, lengths=scaffolds, per_mb=1, genes=1))
    chart = next(block for block in many.blocks if isinstance(block, Chart))
    assert set(layout_of(people(2, lengths=scaffolds, per_mb=1, genes=1)).tops) == {
        f"scaffold{n}" for n in range(260, 300)
    }
    assert "40 longest of 300" in many.blocks[-1].items[0]
    assert chart.chart.to_dict()["height"] < 4_000


def test_names_are_data_not_expressions():
    """A name with quotes and signs comes into an expression only as JSON."""
    evil = "chr'\"];alert(1)//"
    results = people(2, lengths={evil: 3_000_000})
    spec = chart_of(results).chart.to_dict()
    expression = segment_layer(spec)["encoding"]["y"]["axis"]["labelExpr"]
    assert json.loads(expression.removesuffix("[datum.value]")) == {"2.2": evil}
