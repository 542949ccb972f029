"""Plots of predicted windows, and of genes that they were summarised over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.learning.genome_plots import COLUMNS, MOST_GENES, Profile, plot_genome, plot_top_genes, profile_of
from archaictools.learning.plots import (
    BLUE,
    GREY,
    HATCHES,
    RED,
    Group,
    in_style,
    new_figure,
    plot_lengths,
    show_nothing,
    stacked_histogram,
    whole_numbers,
)
from archaictools.learning.segments import SEEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from archaictools.io.bigwig import Track
    from archaictools.sequence.tracks import ChromosomePredictions

_BINS = 50
_HELD_OUT = Group(label="held out", colour=RED)
_SEEN = Group(label="seen in training: not held out", colour=GREY, hatch=HATCHES[1])


class PredictionSummary:
    """What the plots of predicted windows need, added up chromosome by chromosome.

    Parameters
    ----------
    lengths
        Chromosome lengths in bp.
    threshold
        Minimum probability of a called base.
    """

    def __init__(self, lengths: Mapping[str, int], threshold: float) -> None:
        self._threshold = threshold
        self._width = max(1.0, max(lengths.values(), default=0) / COLUMNS)
        self._profiles: dict[str, Profile] = {}
        self._lengths: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        self._counts = np.zeros((2, _BINS), dtype=np.int64)  # held out, seen

    def add(self, part: ChromosomePredictions, segments: pd.DataFrame, track: Track) -> None:
        """Add a chromosome: its windows, and what :func:`archaictools.sequence.tracks.call_segments` returns."""
        for row, chosen in enumerate((~part.seen, part.seen)):
            self._counts[row] += np.histogram(part.probability[chosen], _BINS, range=(0, 1))[0]
            named = segments["name"].str.endswith(SEEN).to_numpy(dtype=bool) == bool(row)
            self._lengths[row].append((segments["end"] - segments["start"]).to_numpy(dtype=np.int64)[named])
        start, end, mean = track
        self._profiles[part.chrom] = profile_of(start, end, mean, np.ones(len(mean)), width=self._width)

    def plots(self) -> dict[str, Figure]:
        """Return the plots by name: probabilities of windows, lengths of segments, and the mean along the genome."""
        groups = (_HELD_OUT, _SEEN)
        joined = [np.concatenate(parts) if parts else np.zeros(0) for parts in self._lengths]
        return {
            "probabilities": self._plot_probabilities(),
            "segment_lengths": plot_lengths(
                [(group, length) for group, length in zip(groups, joined, strict=True) if len(length)],
                title="Lengths of introgressed segments",
                note=f"{sum(map(len, joined)):,} segments of bases with a mean probability of {self._threshold:g} or "
                "more",
            ),
            "genome": plot_genome(
                self._profiles,
                title="P(introgressed) along the genome",
                value="mean P(introgressed)",
                note=f"mean over the bases with a window, in columns of {self._width / 1_000:,.3g} kb",
                colour=RED,
            ),
        }

    @in_style
    def _plot_probabilities(self) -> Figure:
        total = int(self._counts.sum())
        figure, axes = new_figure(
            6.2, 3.6, "Probabilities of windows", note=f"{total:,} windows in {_BINS} bins of 0.02"
        )
        axes.set(xlabel="P(introgressed) of a window (0 to 1)", ylabel="number of windows", xlim=(0, 1))
        if not total:
            show_nothing(axes, "There is no window.")
            return figure
        parts = zip((_HELD_OUT, _SEEN), self._counts, strict=True)
        edges = np.linspace(0, 1, _BINS + 1)
        stacked_histogram(axes, edges, [(group, count) for group, count in parts if count.any()])
        axes.axvline(
            self._threshold, color="black", linewidth=1, linestyle="--", label=f"threshold {self._threshold:g}"
        )
        whole_numbers(axes.yaxis)
        axes.legend()
        return figure


def gene_plots(table: pd.DataFrame, *, threshold: float) -> dict[str, Figure]:
    """Return the plots of genes by name: distribution of their mean probabilities, and the highest.

    Parameters
    ----------
    table
        See :func:`archaictools.sequence.genes.summarise_genes`.
    threshold
        Minimum mean probability of an introgressed gene.
    """
    known = table[table["mean"].notna()]
    top = known.sort_values(["mean", "chrom", "start", "gene"], ascending=[False, True, True, True], kind="stable")
    return {
        "distribution": plot_gene_means(table, threshold=threshold),
        "top_genes": plot_top_genes(
            top,
            "mean",
            [f"{row['mean']:.3f}, {row['windows']:,} windows" for row in top.head(MOST_GENES).to_dict("records")],
            title="Genes with the highest mean probability",
            xlabel="mean P(introgressed) over the bases of the gene (0 to 1)",
            note=f"the first {min(MOST_GENES, len(top))} of {len(top):,} genes with a window",
            nothing="No gene has a window.",
        ),
    }


@in_style
def plot_gene_means(table: pd.DataFrame, *, threshold: float) -> Figure:
    """Plot the distribution of the mean probabilities of genes; genes without a window are counted in the note."""
    known = table["mean"].dropna().to_numpy(dtype=np.float64)
    missing = len(table) - len(known)
    figure, axes = new_figure(
        6.2,
        3.6,
        "Mean probability of genes",
        note=f"{len(known):,} genes with a window; {missing:,} without are NA and not drawn",
    )
    axes.set(xlabel="mean P(introgressed) over the bases of a gene (0 to 1)", ylabel="number of genes", xlim=(0, 1))
    if not len(known):
        show_nothing(axes, "No gene has a window.")
        return figure
    edges = np.linspace(0, 1, _BINS + 1)
    called = (table["call"] == "introgressed").to_numpy()[table["mean"].notna().to_numpy()]
    groups = (Group(label="introgressed", colour=RED), Group(label="free", colour=BLUE, hatch=HATCHES[1]))
    counts = [np.histogram(known[chosen], edges)[0] for chosen in (called, ~called)]
    shown = [(group, count) for group, count in zip(groups, counts, strict=True) if count.any()]
    stacked_histogram(axes, edges, shown)
    axes.axvline(threshold, color="black", linewidth=1, linestyle="--", label=f"threshold {threshold:g}")
    whole_numbers(axes.yaxis)
    axes.legend()
    return figure
