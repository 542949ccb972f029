"""Plots of both wings: their artists equal the tables, both formats have the title, and equal data give equal bytes."""

from __future__ import annotations

import re

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from archaictools.learning import genome_plots, measure_plots, plots

COLOUR = "#009e73"


def texts(figure):
    """Return every text of a figure."""
    figure.canvas.draw()
    return [text.get_text().replace("\n", " ") for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def bars(axes):
    """Return position, length and start of each bar that is not empty, drawn along x."""
    return sorted((b.get_y() + b.get_height() / 2, b.get_width(), b.get_x()) for b in axes.patches if b.get_width())


def line(axes, label):
    """Return the points of the line whose label begins with a text."""
    return next(each for each in axes.lines if str(each.get_label()).startswith(label)).get_xydata()


def comparison():
    return pd.DataFrame(
        {
            "model": ["model", "random_forest", "majority"],
            "kind": ["model", "rival", "control"],
            "n": 300,
            "prevalence": 0.2,
            "auroc": [0.9, 0.85, np.nan],
            "auroc_low": [0.8, 0.7, np.nan],
            "auroc_high": [0.95, 0.9, np.nan],
        }
    )


def test_both_formats_have_title_and_units_and_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        figure = measure_plots.plot_measure(comparison(), "auroc", "windows")
        plots.write_plots(tmp_path / name, {"comparison": figure})
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["comparison.png", "comparison.svg"]
    for name in ("comparison.png", "comparison.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    svg = (tmp_path / "one" / "comparison.svg").read_text()
    assert "AUROC of the model and its baselines on held-out windows" in svg
    assert "AUROC (0 to 1), with its 95 % interval" in svg
    assert "<dc:date>" not in svg
    assert "random forest" in svg, "text is text, not outlines"
    assert matplotlib.image.imread(tmp_path / "one" / "comparison.png").shape[1] == 7 * 150


def test_a_long_title_and_a_name_with_dollar_signs_stay_in_the_figure():
    title = "A title of many words that is much longer than the figure is wide, so that it needs several lines"
    figure, axes = plots.new_figure(4, 3, title, note=title * 2)
    axes.set_yticks([0], labels=[plots.as_label("a $x$ name " * 10)])
    figure.canvas.draw()
    for text in (figure._suptitle, figure._supxlabel):
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
    assert axes.get_yticklabels()[0].get_text().startswith("a $x$ name")
    assert figure._suptitle.get_text().replace("\n", " ") == title


def test_measures_are_at_their_values_and_an_undefined_one_is_said():
    figure = measure_plots.plot_measure(comparison(), "auroc", "windows")
    axes = figure.axes[0]
    found = {container.lines[0].get_xdata()[0]: container.lines[0].get_marker() for container in axes.containers}
    assert found == {0.9: "o", 0.85: "^"}
    low = [container.lines[2][0].get_segments()[0][:, 0].tolist() for container in axes.containers]
    np.testing.assert_allclose(low, [[0.8, 0.95], [0.7, 0.9]])
    assert "not defined" in texts(figure)


def test_learning_curves_are_the_history():
    history = pd.DataFrame(
        {
            "fold": [1, 1, 2, 2],
            "epoch": [1, 2, 1, 2],
            "loss": [0.7, 0.3, 0.6, 0.2],
            "validation_loss": [0.5, 0.4, 0.3, 0.6],
            "validation_auroc": [0.8, 0.9, 0.85, np.nan],
        }
    )
    left, right = measure_plots.plot_history(history).axes
    drawn = [each.get_xydata().tolist() for each in left.lines if len(each.get_xdata()) == 2]
    assert drawn == [[[1, 0.7], [2, 0.3]], [[1, 0.5], [2, 0.4]], [[1, 0.6], [2, 0.2]], [[1, 0.3], [2, 0.6]]]
    rings = [each.get_xydata()[0].tolist() for each in left.lines if len(each.get_xdata()) == 1]
    assert rings == [[2, 0.4], [1, 0.3]], "the lowest validation loss of each fold"
    assert left.get_ylabel() == "log loss (nats)"
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["training", "validation"]
    assert {each.get_linestyle() for each in left.lines if len(each.get_xdata()) == 2} == {"-", "--"}
    assert len(right.lines) == 4
    assert "No epoch was trained." in texts(measure_plots.plot_history(pd.DataFrame([])))


def test_roc_and_precision_by_counting():
    label, probability = np.array([0, 0, 1, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.8, 0.9])
    test = {"n": 6, "prevalence": 0.5, "auroc": 8 / 9, "auroc_ci": [0.5, 1.0], "auprc": 0.9, "auprc_ci": [0.4, 1.0]}
    count = np.ones(6, dtype=int)
    roc = line(measure_plots.plot_roc(label, probability, count, test, "windows").axes[0], "AUROC")
    assert np.trapezoid(roc[:, 1], roc[:, 0]) == pytest.approx(8 / 9)  # 8 of 9 pairs are in order
    curve = line(measure_plots.plot_precision_recall(label, probability, count, test, "windows").axes[0], "AUPRC")
    expected = {
        ((label == 1) & (probability >= cut)).sum() / 3: label[probability >= cut].mean() for cut in probability
    }
    assert {tuple(point) for point in curve.tolist()} >= {(recall, expected[recall]) for recall in (1 / 3, 2 / 3)}
    one = measure_plots.plot_roc(np.ones(6, dtype=int), probability, count, test, "windows")
    assert any("has one class" in text for text in texts(one))


def test_reliability_has_the_points_of_the_table():
    curve = pd.DataFrame(
        {
            "model": ["a", "a", "b"],
            "n": [1, 3, 4],
            "mean_probability": [0.1, 0.8, 0.5],
            "introgressed_share": [0, 1, 0.4],
        }
    )
    axes = measure_plots.plot_reliability(curve, "windows").axes[0]
    assert line(axes, "a").tolist() == [[0.1, 0], [0.8, 1]]
    assert line(axes, "b").tolist() == [[0.5, 0.4]]
    assert len({tuple(each.get_paths()[0].vertices.ravel()) for each in axes.collections}) == 2, "two shapes of marks"
    assert "Nothing was held out." in texts(measure_plots.plot_reliability(curve.head(0), "windows"))


def test_lengths_of_groups_are_stacked_and_add_up():
    groups = [
        (plots.Group(label="one", colour=COLOUR), np.array([5_000, 7_000, 90_000])),
        (plots.Group(label="two", colour="0.5", hatch="//"), np.array([30_000])),
    ]
    figure = plots.plot_lengths(groups, title="Lengths", note="")
    axes = figure.axes[0]
    by_label = {container.get_label(): sum(b.get_height() for b in container) for container in axes.containers}
    assert by_label == {"one": 3, "two": 1}
    edges = [(b.get_x(), b.get_x() + b.get_width()) for b in axes.containers[1] if b.get_height()]
    assert len(edges) == 1
    assert edges[0][0] <= 30 < edges[0][1], "in kb"
    assert "median 18.5 kb" in texts(figure)
    assert "No segment is called." in texts(plots.plot_lengths([], title="Lengths", note=""))


def test_a_column_is_the_mean_over_its_bases_and_na_without_data():
    rng = np.random.default_rng(1)
    base, weight = np.full(100, np.nan), np.zeros(100)
    start, end, total, known = [], [], [], []
    for first, last in ((3, 17), (17, 40), (62, 91)):
        value, haplotypes = rng.integers(0, 5), rng.integers(5, 9)
        base[first:last], weight[first:last] = value, haplotypes
        start.append(first), end.append(last), total.append(value), known.append(haplotypes)
    found = genome_plots.profile_of(*map(np.array, (start, end, total, known)), width=7)
    for edge, mean in zip(found.edges[:-1].astype(int), found.mean, strict=True):
        part = slice(edge, edge + 7)
        expected = np.nansum(base[part]) / weight[part].sum() if weight[part].any() else np.nan
        np.testing.assert_allclose(mean, expected)
    assert np.isnan(found.mean).any()
    assert found.edges[-1] >= 91


def test_the_genome_has_a_row_for_each_chromosome_and_no_data_is_not_0():
    edges = np.arange(5) * 1e6
    profiles = {
        "1": genome_plots.Profile(edges, np.array([0.1, np.nan, 0.0, 0.45])),
        "2": genome_plots.Profile(edges[:3], np.array([0.5, 0.2])),
        "empty": genome_plots.Profile(np.zeros(1), np.zeros(0)),
    }
    figure = genome_plots.plot_genome(profiles, title="Share", value="share", note="", colour=COLOUR)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "2"]
    first, second = (patch.get_data() for patch in axes.patches if hasattr(patch, "get_data"))
    np.testing.assert_allclose(first[1], edges / 1e6)
    np.testing.assert_allclose((first[0] - first[2]) / 0.8 * 0.5, [0.1, 0, 0, 0.45])
    np.testing.assert_allclose((second[0] - second[2]) / 0.8 * 0.5, [0.5, 0.2])
    gaps = [each.get_paths()[0].get_extents() for each in axes.collections]
    assert [(gap.x0, gap.x1) for gap in gaps] == [(1, 2)]
    assert any("0 to 0.5; grey: no data" in text for text in texts(figure))
    assert axes.get_xlabel() == "position on the chromosome (Mb)"
    none = genome_plots.plot_genome({}, title="Share", value="share", note="", colour=COLOUR)
    assert "No chromosome has data." in texts(none)


def test_of_many_chromosomes_the_longest_are_shown():
    profiles = {f"contig{n}": genome_plots.Profile(np.arange(n + 2) * 1e3, np.full(n + 1, 0.1)) for n in range(40)}
    figure = genome_plots.plot_genome(profiles, title="Share", value="share", note="", colour=COLOUR)
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert shown == [f"contig{n}" for n in range(10, 40)]
    assert any("the 30 longest chromosomes, 10 are left out" in text for text in texts(figure))


@pytest.mark.parametrize("highest", [3, 500])
def test_counts_are_counted(highest):
    counts = [0] * 50 + [1, 1, 2, highest]
    figure = genome_plots.plot_counts(counts, title="Genes", xlabel="x", ylabel="y", note="", nothing="none")
    drawn = {round(b.get_x() + 0.5): b.get_height() for b in figure.axes[0].patches}
    assert sum(drawn.values()) == len(counts)
    assert drawn[0] == 50
    assert re.fullmatch(r"\d+", figure.axes[0].yaxis.get_major_formatter()(10, 0))
    empty = genome_plots.plot_counts([], title="Genes", xlabel="x", ylabel="y", note="", nothing="No gene.")
    assert "No gene." in texts(empty)


def test_top_genes_are_the_first_rows():
    table = pd.DataFrame(
        {"gene": [f"G{n}" for n in range(30)], "chrom": "21", "start": 14_000_000, "haplotypes": range(30, 0, -1)}
    )
    figure = genome_plots.plot_top_genes(
        table, "haplotypes", [f"{n} here" for n in range(20)], title="Top", xlabel="haplotypes", note="", nothing="none"
    )
    axes = figure.axes[0]
    assert [width for _, width, _ in reversed(bars(axes))] == list(range(30, 10, -1))
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == "G0  (21:14.00 Mb)"
    assert len(names) == 20
    assert "19 here" in texts(figure)
