"""Plots of k-mers: their artists equal the tables, and what is not known is not drawn as 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from archaictools.learning.options import SegmentOptions
from archaictools.sequence.audit.plots import audit_plots
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.explain.permutation import Importance
from archaictools.sequence.explain.plots import plot_kmers, plot_map, plot_positions
from archaictools.sequence.plots import plot_similarity, vocabulary_plots
from archaictools.sequence.prediction_plots import PredictionSummary, gene_plots
from archaictools.sequence.tracks import ChromosomePredictions, call_segments
from archaictools.sequence.vocabulary import WordCounts


def texts(figure):
    figure.canvas.draw()
    return [text.get_text().replace("\n", " ") for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def report(**parts):
    coordinates = {"test_windows": 200, "overlapping_share": 0.03, "identical": 4, "coordinate_accuracy": 0.75,
                   "majority_accuracy": 0.6}  # fmt: skip
    return {"verdict": "leaky", "coordinates": coordinates, **parts}


def test_leakage_and_composition_are_those_of_the_report():
    sequence = {"touched_share": 0.5, "twins_share": 0.3, "identical_share": 0.0}
    separability = {name: {"auroc": value} for name, value in (("length", 0.8), ("n", 0.5), ("gc", 0.4))}
    label, gc = np.array([1, 1, 0, 0, -1]), np.zeros((5, 23), dtype=np.float32)
    gc[:, 2] = [0.4, 0.5, 0.6, 0.6, 0.1]
    found = audit_plots(report(sequence=sequence, separability=separability), label, gc)
    assert list(found) == ["leakage", "composition", "gc"]
    left, right = found["leakage"].axes
    np.testing.assert_allclose([bar.get_width() for bar in left.patches], [3, 2, 50, 30, 0])
    assert [bar.get_facecolor() == left.patches[0].get_facecolor() for bar in left.patches] == [
        True, False, False, True, False,
    ], "those above a limit have another colour"  # fmt: skip
    np.testing.assert_allclose([bar.get_width() for bar in right.patches], [75, 60])
    assert "share of the test windows (%)" in texts(found["leakage"])
    axes = found["composition"].axes[0]
    marks = [each.get_xdata()[0] for each in axes.lines if each.get_marker() in {"s", "o"}]
    assert marks == [0.8, 0.5, 0.4]
    classes = {patch.get_label()[:12]: patch.get_data() for patch in found["gc"].axes[0].patches}
    assert set(classes) == {"introgressed", "depleted: 2 "}
    for share, _, _ in classes.values():
        assert share.sum() == pytest.approx(100), "per cent of the class"
    share, edges, _ = classes["introgressed"]
    assert {round(float(edges[place])) for place in np.flatnonzero(share)} == {40, 50}


def test_without_sequence_the_audit_says_so_and_draws_no_0():
    found = audit_plots(report(), np.array([1, 0]), None)
    assert len(found["leakage"].axes[0].patches) == 2
    assert texts(found["leakage"]).count(" not looked at") == 3
    for name in ("composition", "gc"):
        assert "Not looked at: give --genome, or a file of k-mers." in texts(found[name])


def test_positions_have_their_band_and_marks():
    table = pd.DataFrame({"position": range(4), "importance": [0.1, 0.5, 0.0, -0.1], "sd": [0.01, 0.02, np.nan, 0.0],
                          "p": 0.5, "q": [0.9, 0.01, 0.9, 0.9]})  # fmt: skip
    null = np.array([[-0.2, 0.2], [-0.3, 0.1], [-0.2, 0.2], [-0.1, 0.1]])
    important = table["q"].to_numpy() < 0.05
    found = Importance(table, important, null, np.zeros((4, 2), dtype=np.float32))
    figure = plot_positions(found, metric="loss", measured_on="10 test windows, mode sequence")
    axes = figure.axes[0]
    line = next(each for each in axes.lines if each.get_label() == "importance")
    assert line.get_ydata().tolist() == table["importance"].tolist()
    band, spread, marked = axes.collections
    assert band.get_paths()[0].get_extents().extents.tolist() == [0, -0.3, 3, 0.2]
    assert {tuple(point) for point in band.get_paths()[0].vertices} >= {(1, -0.3), (1, 0.1)}
    assert {tuple(point) for point in spread.get_paths()[0].vertices} >= {(1, 0.48), (1, 0.52), (2, 0.0)}
    assert marked.get_offsets().tolist() == [[1, 0.5]]
    assert axes.get_ylabel() == "log loss gained (nats)"
    assert "important (1 of 4)" in texts(figure)


def test_kmers_are_at_their_odds_ratios():
    table = pd.DataFrame({"kmer": ["ACG", "TTT", "GGG"], "count": [50, 20, 3], "odds_ratio": [900.0, 7.0, 0.8],
                          "q": [1e-9, 0.2, 0.9], "log_odds": [3.0, -1.0, 0.5]})  # fmt: skip
    figure = plot_kmers(table, fdr=0.05)
    axes = figure.axes[0]
    up, down = (each.get_offsets().tolist() for each in axes.collections)
    assert (up, down) == ([[900, 0], [0.8, -2]], [[7, -1]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ACG", "TTT", "GGG"]
    filled = [tuple(colour) != (1, 1, 1, 1) for colour in axes.collections[0].get_facecolor()]
    assert filled == [True, False], "open above the largest q"
    assert any(text.startswith("No position is important") for text in texts(plot_kmers(table.head(0), fdr=0.05)))


def test_the_map_has_every_kmer_in_both_panels():
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"kmer": "A", "umap1": rng.normal(size=9), "umap2": rng.normal(size=9),
                          "at_content": np.linspace(0, 1, 9), "log_odds": np.linspace(-2, 2, 9)})  # fmt: skip
    figure = plot_map(table)
    left, right = figure.axes[:2]
    points = table[["umap1", "umap2"]].to_numpy()
    np.testing.assert_allclose(left.collections[0].get_offsets(), points)
    np.testing.assert_allclose(left.collections[0].get_array(), 1 - table["at_content"])
    both = np.concatenate([each.get_offsets() for each in right.collections])
    np.testing.assert_allclose(np.sort(both, axis=0), np.sort(points, axis=0))
    assert "UMAP map of the vectors of 9 k-mers" in texts(figure)


def test_similarity_without_both_classes_is_said():
    rows = [{"above": 0.0, "up_to": 0.0, "n": 30, "auroc": 0.9}, {"above": 0.0, "up_to": 0.1, "n": 0, "auroc": np.nan},
            {"above": 0.1, "up_to": 0.5, "n": 2, "auroc": np.nan}]  # fmt: skip
    figure = plot_similarity(rows)
    axes = figure.axes[0]
    assert [bar.get_height() for bar in axes.patches] == [0.9]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["none", "10 to 50"]
    assert "not defined" in texts(figure)


def test_ranks_are_those_of_sorted_counts():
    counts = WordCounts(KmerEncoding(k=2, stride=1, canonical=False, size=10))
    counts.counts[0, 1:6] = [3, 100, 7, 1, 0]
    counts.counts[1, 1:3] = [4, 2]
    figure = vocabulary_plots(counts)["rank_frequency"]
    drawn = {each.get_label(): each.get_xydata().tolist() for each in figure.axes[0].lines}
    assert drawn == {
        "introgressed (111 words)": [[1, 100], [2, 7], [3, 3], [4, 1]],
        "depleted (6 words)": [[1, 4], [2, 2]],
    }
    assert "4 distinct 2-mers of 16; ranks are those of each class" in texts(figure)


def test_predicted_windows_add_up():
    start = np.arange(6) * 100
    part = ChromosomePredictions(
        "chr1",
        start,
        start + 200,
        np.array([0.01, 0.9, 0.95, 0.99, 0.3, 0.02]),
        np.array([0, 0, 0, 0, 1, 1], dtype=bool),
    )
    summary = PredictionSummary({"chr1": 1_000}, 0.5)
    segments, track = call_segments(part, SegmentOptions(threshold=0.5, min_length=0, max_gap=0))
    summary.add(part, segments, track)
    found = summary.plots()
    assert list(found) == ["probabilities", "segment_lengths", "genome"]
    heights = {
        box.get_label(): sum(bar.get_height() for bar in box) for box in found["probabilities"].axes[0].containers
    }
    assert heights == {"held out": 4, "seen in training: not held out": 2}
    lengths = sum(bar.get_height() for box in found["segment_lengths"].axes[0].containers for bar in box)
    assert lengths == len(segments)
    height, edges, base = found["genome"].axes[0].patches[0].get_data()
    heights = (height - base) / 0.8
    for place in (50, 150, 250, 650):
        value = part.probability[(part.start <= place) & (part.end > place)].mean()
        column = np.searchsorted(edges * 1e6, place, side="right") - 1
        assert heights[column] == pytest.approx(value)


def test_no_window_gives_empty_plots_with_a_sentence():
    found = PredictionSummary({"chr1": 1_000}, 0.5).plots()
    assert "There is no window." in texts(found["probabilities"])
    assert "No segment is called." in texts(found["segment_lengths"])
    assert "No chromosome has data." in texts(found["genome"])


def test_genes_without_a_window_are_not_drawn():
    table = pd.DataFrame({"gene": ["a", "b", "c"], "chrom": "1", "start": 5, "windows": [3, 4, 0],
                          "mean": [0.1, 0.9, np.nan], "call": ["free", "introgressed", "NA"]})  # fmt: skip
    found = gene_plots(table, threshold=0.5)
    axes = found["distribution"].axes[0]
    assert {box.get_label(): sum(bar.get_height() for bar in box) for box in axes.containers} == {
        "introgressed": 1, "free": 1,
    }  # fmt: skip
    assert "2 genes with a window; 1 without are NA and not drawn" in texts(found["distribution"])
    assert [bar.get_width() for bar in found["top_genes"].axes[0].patches] == [0.9, 0.1]
    assert "No gene has a window." in texts(gene_plots(table.tail(1), threshold=0.5)["top_genes"])
