"""Plots of people: their artists equal the tables, sources have their colours, and NA is not drawn as 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.lineages import sources_of
from archaictools.haplotypes.plots import plot_inputs, plot_map, plot_recall
from archaictools.haplotypes.prediction_plots import gene_plots, plot_people, prediction_plots
from archaictools.haplotypes.segments import CallResult, ChromosomeSums
from synthetic_people import people

ARCHAIC = ("AltaiNea", "Denisova")


def texts(figure):
    figure.canvas.draw()
    return [text.get_text().replace("\n", " ") for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def called(samples, archaic=ARCHAIC):
    """Return made-up people as predict calls them, with carriers counted bin by bin."""
    made = people(samples, lengths={"21": 4_000_000, "22": 2_000_000}, archaic=archaic, per_mb=3)
    sums = {}
    for chrom, length in made.lengths.items():
        known = np.full(length // 1_000, 2 * samples)
        known[:300] = 0
        one = ChromosomeSums.empty(length, 1_000, 2 * samples)
        one.callable += known
        for row in made.segments[made.segments["chrom"] == chrom].itertuples():
            one.carriers[row.start // 1_000 : row.end // 1_000] += 1
        one.carriers[:300] = 0
        sums[chrom] = one
    return CallResult(made.segments, made.people, made.deserts, made.callable, sums, 0, 0, 2 * samples)


def test_people_are_stacked_by_source_and_without_data_are_na():
    found = called(4)
    table = found.people.astype({"percent": "Float64"})
    table.loc[1, ["percent", "AltaiNea_bases", "Denisova_bases", "ambiguous_bases", "unmatched_bases"]] = pd.NA
    figure = plot_people(table, ARCHAIC)
    axes = figure.axes[0]
    order = [table["sample"][row] for row in table["percent"].astype(float).sort_values(ascending=False).index]
    assert [label.get_text() for label in axes.get_yticklabels()] == order
    assert order[-1] == "P001"
    colours = {source.label: source.colour for source in sources_of(ARCHAIC)}
    rows = table.set_index("sample").loc[order[:-1]]
    for box in axes.containers:
        name = box.get_label()
        assert {to_hex(bar.get_facecolor()) for bar in box} == {colours[name]}
        np.testing.assert_allclose(
            [bar.get_width() for bar in box], (100 * rows[f"{name}_bases"] / rows["callable"]).astype(float)
        )
    assert len({box.patches[0].get_hatch() for box in axes.containers}) == len(axes.containers) > 1
    ends = np.sum([[bar.get_width() for bar in box] for box in axes.containers], axis=0)
    np.testing.assert_allclose(ends, rows["percent"].astype(float))
    assert " no data (NA)" in texts(figure)
    assert f"mean {rows['percent'].mean():.2f} %" in texts(figure)
    assert axes.get_xlabel() == "archaic sequence (% of callable bases)"


def test_the_plot_of_people_tells_data_unlike_the_training():
    found = called(4)
    assert not [text for text in texts(plot_people(found.people, ARCHAIC)) if "unlike the training" in text]
    table = found.people.assign(unlike_training=[5, 0, 0, 7])
    [note] = [text for text in texts(plot_people(table, ARCHAIC)) if "unlike the training" in text]
    assert note.endswith("; data of 2 people are unlike the training: posteriors not reliable")


@pytest.mark.parametrize("samples", [1, 200])
def test_one_person_and_many(samples):
    found = prediction_plots(called(samples), ARCHAIC)
    assert list(found) == ["people", "segment_lengths", "genome"]
    axes = found["people"].axes[0]
    assert len(axes.containers[0]) == samples
    assert len(axes.get_yticklabels()) == (1 if samples == 1 else 0)
    assert found["people"].get_size_inches()[1] < 14


def test_lengths_and_share_equal_the_segments():
    made = called(5)
    found = prediction_plots(made, ARCHAIC)
    counts = {
        box.get_label(): sum(bar.get_height() for bar in box) for box in found["segment_lengths"].axes[0].containers
    }
    assert counts == made.segments["source"].value_counts().to_dict()
    axes = found["genome"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["21", "22"]
    height, edges, base = next(patch.get_data() for patch in axes.patches)
    scale = float(next(text for text in texts(found["genome"]) if "0 to" in text).split("0 to ")[1].split(";")[0])
    value = (height - base) / 0.8 * scale
    known = edges[:-1] * 1e6 >= 300_000
    sums = made.chromosomes["21"]
    share = (sums.carriers / np.maximum(sums.callable, 1)).reshape(-1, 4).mean(axis=1)  # columns of 4 kb
    np.testing.assert_allclose(value[known], share[known], atol=1e-9)
    gap = axes.collections[0].get_paths()[0].get_extents()
    assert (gap.x0, gap.x1) == (0, pytest.approx(0.3))


def test_without_archaic_genomes_and_without_segments():
    bare = called(2, ())
    figure = plot_people(bare.people, ())
    np.testing.assert_allclose(
        sorted(bar.get_width() for bar in figure.axes[0].containers[0]), sorted(bare.people["percent"])
    )
    empty = called(2)
    none = CallResult(
        empty.segments.head(0), empty.people.assign(percent=pd.NA), empty.deserts, empty.callable, {}, 0, 0, 0
    )
    found = prediction_plots(none, ARCHAIC)
    assert "No person has data." in texts(found["people"])
    assert "No segment is called." in texts(found["segment_lengths"])
    assert "No chromosome has data." in texts(found["genome"])


def test_genes_count_carriers_and_leave_out_na():
    table = pd.DataFrame({"gene": ["a", "b", "c", "d"], "chrom": "21", "start": 1_000_000,
                          "haplotypes": pd.array([0, 3, 5, pd.NA], dtype="Int64"),
                          "people": pd.array([0, 2, 4, pd.NA], dtype="Int64")})  # fmt: skip
    found = gene_plots(table)
    bars = {round(bar.get_x() + 0.5): bar.get_height() for bar in found["distribution"].axes[0].patches}
    assert bars == {0: 1, 3: 1, 5: 1}
    assert "3 genes; 1 genes without callable bases are NA and not drawn" in texts(found["distribution"])
    assert [bar.get_width() for bar in found["top_genes"].axes[0].patches] == [5, 3]
    assert "5, in 4 people" in texts(found["top_genes"])
    assert "No gene has a segment." in texts(gene_plots(table.head(1))["top_genes"])


def test_recall_of_tracts_that_do_not_exist_is_not_drawn():
    rows = [{"from": 0, "to": 10_000, "bases": 0, "recall": float("nan")},
            {"from": 10_000, "to": 1_000_000_000, "bases": 50_000, "recall": 0.6}]  # fmt: skip
    models = {"model": {"kind": "model", "precision_bp": 0.8, "recall_by_length": rows},
              "majority": {"kind": "control", "precision_bp": 0.1, "recall_by_length": rows}}  # fmt: skip
    figure = plot_recall(models)
    axes = figure.axes[0]
    assert [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in axes.patches] == [(1, 0.6)]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0 to 10\nnone", "over 10\n50 kb in all"]
    assert "model (precision 0.80)" in texts(figure)


def test_inputs_are_sorted_and_marked_by_q():
    table = pd.DataFrame({"word": ["absent_hom", "to_1_het", "callable"], "importance": [0.1, 0.3, -0.01],
                          "sd": [0.01, np.nan, 0.0], "q": [0.01, 0.04, 0.8]})  # fmt: skip
    axes = plot_inputs(table, fdr=0.05, measured_on="4 chunks").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["to 1 het", "absent hom", "callable"]
    first, second = (box for box in axes.containers if len(getattr(box, "patches", ())))
    assert [bar.get_width() for bar in first] == [0.3, 0.1]
    assert [bar.get_width() for bar in second] == [-0.01]
    assert second.patches[0].get_hatch() != first.patches[0].get_hatch()


def test_the_map_has_every_class_once():
    table = pd.DataFrame({"word": CLASSES, "umap1": np.arange(32.0), "umap2": np.arange(32.0) ** 2})
    axes = plot_map(table).axes[0]
    drawn = np.concatenate([each.get_offsets() for each in axes.collections])
    np.testing.assert_allclose(np.sort(drawn, axis=0), table[["umap1", "umap2"]])
    assert [len(each.get_offsets()) for each in axes.collections] == [8, 8, 8, 8]
    assert len({tuple(each.get_paths()[0].vertices.ravel()) for each in axes.collections}) == 4, "a shape for each"
