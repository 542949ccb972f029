"""Plots of called segments of people: percent by person and source, lengths, share along the genome, and genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.lineages import sources_of
from archaictools.haplotypes.people_file import UNLIKE
from archaictools.haplotypes.sources import UNMATCHED
from archaictools.learning.genome_plots import (
    COLUMNS,
    MOST_GENES,
    plot_counts,
    plot_genome,
    plot_top_genes,
    profile_of,
)
from archaictools.learning.plots import (
    HATCHES,
    Group,
    as_label,
    in_style,
    legend_above,
    new_figure,
    plot_lengths,
    show_nothing,
    stack_bars,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from archaictools.haplotypes.segments import CallResult, ChromosomeSums

#: Most people whose names are shown, and height of a row in inches with names and without.
_MOST_NAMES, _ROW, _THIN_ROW = 60, 0.21, 0.02

#: Hatches of sources that are no archaic genome.
_OTHER_HATCHES = {"ambiguous": "xxxx", UNMATCHED: ".."}


def prediction_plots(found: CallResult, archaic: tuple[str, ...]) -> dict[str, Figure]:
    """Return the plots of a prediction by name.

    Parameters
    ----------
    found
        Segments of all haplotypes, and tables made of them.
    archaic
        Names of the archaic genomes.
    """
    segments = found.segments
    length = (segments["end"] - segments["start"]).to_numpy(dtype=np.int64)
    source = segments["source"].to_numpy()
    return {
        "people": plot_people(found.people, archaic),
        "segment_lengths": plot_lengths(
            [(group, length[source == name]) for name, group in _groups(archaic).items() if (source == name).any()],
            title="Lengths of archaic segments by source",
            note=f"{len(segments):,} segments of {found.haplotypes:,} haplotypes",
        ),
        "genome": _plot_share(found.chromosomes, found.haplotypes),
    }


def _groups(archaic: Sequence[str]) -> dict[str, Group]:
    """Return label, colour and hatch of each source by its name; without archaic genomes there is one."""
    if not archaic:
        colour = sources_of(())[-1].colour
        return {UNMATCHED: Group(label="archaic (no archaic genome to compare with)", colour=colour)}
    return {
        source.name: Group(
            label=as_label(source.label),
            colour=source.colour,
            hatch=_OTHER_HATCHES.get(source.name, HATCHES[number % len(HATCHES)]),
        )
        for number, source in enumerate(sources_of(archaic))
    }


@in_style
def plot_people(people: pd.DataFrame, archaic: tuple[str, ...]) -> Figure:
    """Plot the archaic percent of each person by source, the highest first; people without data come last.

    Parameters
    ----------
    people
        See :class:`archaictools.haplotypes.tables.PeopleCounts`.
    archaic
        Names of the archaic genomes.
    """
    table = people.sort_values("percent", ascending=False, kind="stable", na_position="last")
    known = table["percent"].notna().to_numpy()
    named = len(table) <= _MOST_NAMES
    height = min(12.0, (_ROW if named else _THIN_ROW) * max(3, len(table)))
    missing, unlike = int((~known).sum()), int((table[UNLIKE] > 0).sum()) if UNLIKE in table else 0
    figure, axes = new_figure(
        7,
        1.7 + height,
        "Archaic sequence of each person by source",
        note="called bases of all callable bases of both haplotypes; a person without data is NA, not 0"
        + (f"; {missing:,} people without data are not drawn" if missing and not named else "")
        + (f"; data of {unlike:,} people are unlike the training: posteriors not reliable" if unlike else ""),
    )
    axes.set_xlabel("archaic sequence (% of callable bases)")
    shown = table[known]
    if not len(shown):
        show_nothing(axes, "No person has data.")
        return figure
    place = -np.arange(len(shown), dtype=float)
    callable_ = shown["callable"].to_numpy(dtype=np.float64)
    groups = _groups(archaic)
    percent = shown["percent"].to_numpy(dtype=np.float64)
    parts = (
        [(group, 100 * shown[f"{name}_bases"].to_numpy(dtype=np.float64) / callable_) for name, group in groups.items()]
        if archaic
        else [(group, percent) for group in groups.values()]
    )
    parts = [(group, share) for group, share in parts if share.any()]
    stack_bars(axes, place, parts, thickness=0.75 if named else 1.0)
    mean = float(percent.mean())
    axes.axvline(mean, color="black", linewidth=1, linestyle="--", label=f"mean {mean:.2f} %")
    if named:
        for row in range(len(shown), len(table)):
            axes.text(0, -row, " no data (NA)", va="center", fontsize=7, color="0.3")
        axes.set_yticks(-np.arange(len(table)), [as_label(name) for name in table["sample"]], fontsize=7)
        axes.set_ylim(-len(table) + 0.4, 0.6)
    else:
        axes.set(yticks=[], ylabel=f"{len(shown):,} people, the highest first", ylim=(0.5 - len(shown), 0.5))
    axes.set_xlim(0, max(float(percent.max()), 1e-3) * 1.05)
    legend_above(axes, columns=4)
    return figure


def _plot_share(chromosomes: Mapping[str, ChromosomeSums], haplotypes: int) -> Figure:
    """Plot the share of haplotypes with a segment along the genome."""
    longest = max((int(sums.edges[-1]) for sums in chromosomes.values()), default=0)
    width = max(1.0, longest / COLUMNS)
    profiles = {
        chrom: profile_of(sums.edges[:-1], sums.edges[1:], sums.carriers, sums.callable, width=width)
        for chrom, sums in chromosomes.items()
    }
    return plot_genome(
        profiles,
        title="Share of haplotypes with an archaic segment along the genome",
        value="share of haplotypes",
        note=f"of the haplotypes with data ({haplotypes:,} in all), mean over columns of {width / 1_000:,.3g} kb",
        colour="0.25",
    )


def gene_plots(table: pd.DataFrame) -> dict[str, Figure]:
    """Return the plots of genes by name: numbers of carriers, and the genes with most.

    Parameters
    ----------
    table
        See :func:`archaictools.haplotypes.genes.carriers`.
    """
    known = table[table["haplotypes"].notna()]
    carried = known[known["haplotypes"] > 0]
    top = carried.sort_values(
        ["haplotypes", "chrom", "start", "gene"], ascending=[False, True, True, True], kind="stable"
    )
    missing = len(table) - len(known)
    return {
        "distribution": plot_counts(
            known["haplotypes"].astype(int).tolist(),
            title="Genes by the number of haplotypes with archaic sequence",
            xlabel="haplotypes with a segment that overlaps the gene",
            ylabel="number of genes (logarithmic)",
            note=f"{len(known):,} genes; {missing:,} genes without callable bases are NA and not drawn",
            nothing="No gene has callable bases.",
        ),
        "top_genes": plot_top_genes(
            top,
            "haplotypes",
            [f"{row['haplotypes']:,}, in {row['people']:,} people" for row in top.head(MOST_GENES).to_dict("records")],
            title="Genes that most haplotypes carry archaic sequence in",
            xlabel="haplotypes with a segment that overlaps the gene",
            note=f"the first {min(MOST_GENES, len(top))} of {len(top):,} genes with a segment; neighbours may share it",
            nothing="No gene has a segment.",
        ),
    }
