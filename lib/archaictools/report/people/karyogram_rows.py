"""Where the karyogram draws what: rows of haplotypes, stretches with data, segments, and density in many people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.report.people.along import (
    bounds,
    by_chromosome,
    people_of,
    runs_of_windows,
    sums_in_windows,
    used_chromosomes,
    window_size,
    windows,
)
from archaictools.report.people.loci import source_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archaictools.report.people.results import PeopleResults

#: Up to so many people have their own rows.
MOST_PEOPLE = 30

#: Up to so many chromosomes are shown: the longest.
MOST_CHROMOSOMES = 40

#: Windows along the longest chromosome of the density.
DENSITY_WINDOWS = 250

#: Heights in units of a row: between people, between chromosomes, and of a chromosome in the density.
BETWEEN_PEOPLE, BETWEEN_CHROMOSOMES, LANE = 0.4, 2.0, 12

#: Part of a row that a segment fills, from the top, and how the legend calls it.
FILLED = {
    "full": (0.0, 1.0, "full height"),
    "upper": (0.0, 0.55, "upper half"),
    "lower": (0.45, 1.0, "lower half"),
    "middle": (0.25, 0.75, "middle"),
    "outline": (0.1, 0.9, "nearly full height"),
}


@dataclass(frozen=True)
class Rows:
    """Where the rows are: units from the top.

    Attributes
    ----------
    chromosomes
        Lengths of the chromosomes that are shown, in bp.
    tops
        Top of each chromosome.
    rows
        Top of each haplotype below the top of its chromosome, by ``SAMPLE.HAPLOTYPE``; empty for the density.
    height
        Height of a chromosome.
    """

    chromosomes: Mapping[str, int]
    tops: Mapping[str, float]
    rows: Mapping[str, float]
    height: float

    @property
    def total(self) -> float:
        """Height of all chromosomes."""
        return len(self.tops) * (self.height + BETWEEN_CHROMOSOMES)


def is_density(results: PeopleResults) -> bool:
    """Return whether there are too many people for a row each."""
    return len(people_of(results)) > MOST_PEOPLE


def _shown(chromosomes: Mapping[str, int]) -> dict[str, int]:
    longest = sorted(chromosomes, key=lambda chrom: -chromosomes[chrom])[:MOST_CHROMOSOMES]
    return {chrom: length for chrom, length in chromosomes.items() if chrom in longest}


def layout_of(results: PeopleResults) -> Rows:
    """Return where the rows of the karyogram are."""
    rows: dict[str, float] = {}
    at, before = 0.0, None
    for sample, haplotype in results.haplotypes:
        at += BETWEEN_PEOPLE if before not in (None, sample) else 0
        rows[f"{sample}.{haplotype}"] = round(at, 2)
        at, before = at + 1, sample
    dense = is_density(results)
    height = LANE if dense else max(at, 1.0)
    chromosomes = _shown(used_chromosomes(results))
    tops = {chrom: round(n * (height + BETWEEN_CHROMOSOMES), 2) for n, chrom in enumerate(chromosomes)}
    return Rows(chromosomes, tops, {} if dense else rows, round(height, 2))


def read_stretches(results: PeopleResults, layout: Rows) -> pd.DataFrame:
    """Return where haplotypes were read: ``chromosome, left, right, top, bottom, read`` (share of all haplotypes).

    Its columns have other names than those of a segment, so that a click on the background does not move the browser.
    """
    size, count = window_size(layout.chromosomes), len(results.haplotypes)
    regions = by_chromosome(results.callable)
    parts = []
    for chrom, length in layout.chromosomes.items():
        edges = windows(length, size)
        rows = regions.get(chrom, results.callable.iloc[:0])
        bases = sums_in_windows(*bounds(rows), rows["haplotypes"].to_numpy(dtype=np.int64), edges)
        runs = runs_of_windows(edges, np.round(bases / np.diff(edges) / max(1, count), 1))
        top = layout.tops[chrom]
        parts.append(runs.assign(chromosome=chrom, top=top, bottom=top + layout.height))
    frame = pd.concat(parts, ignore_index=True)
    return frame.rename(columns={"start": "left", "end": "right", "value": "read"})


def density(results: PeopleResults) -> pd.DataFrame:
    """Return how much of what was read in windows is archaic, by source.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, source`` (label), ``percent`` (bases of haplotypes in segments of the source, of all bases
        of haplotypes that were read), and ``top`` and ``bottom`` of the stacked bars. Windows without data have no row.
    """
    layout = layout_of(results)
    size = window_size(layout.chromosomes, count=DENSITY_WINDOWS)
    regions = by_chromosome(results.callable)
    segments = by_chromosome(results.segments)
    labels = source_labels(results)
    parts = []
    for chrom, length in layout.chromosomes.items():
        edges = windows(length, size)
        rows = regions.get(chrom, results.callable.iloc[:0])
        read = sums_in_windows(*bounds(rows), rows["haplotypes"].to_numpy(dtype=np.int64), edges)
        there = read > 0
        own = segments.get(chrom, results.segments.iloc[:0])
        below = np.zeros(there.sum())
        for source in results.sources:
            start, end = bounds(own[own["source"] == source.name])
            bases = sums_in_windows(start, end, np.ones(len(start), dtype=np.int64), edges)
            share = np.minimum(bases[there] / read[there], 1)
            columns = {"start": edges[:-1][there], "end": edges[1:][there], "share": share, "below": below}
            parts.append(pd.DataFrame({"chrom": chrom, "source": labels[source.name], **columns}))
            below = below + share
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["share"] > 0].reset_index(drop=True)
    base = frame["chrom"].map(layout.tops).astype(float) + layout.height
    scale = layout.height / _highest(frame)
    frame["bottom"] = base - scale * frame["below"]
    frame["top"] = base - scale * (frame["below"] + frame["share"])
    frame["percent"] = 100 * frame["share"]
    return frame.drop(columns=["below", "share"]).round({"percent": 3, "top": 3, "bottom": 3})


def _highest(frame: pd.DataFrame) -> float:
    return float((frame["below"] + frame["share"]).max()) if len(frame) else 1.0


def painted_segments(results: PeopleResults) -> pd.DataFrame:
    """Return where the segments of each haplotype are drawn.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, sample, haplotype, source`` (label), ``score`` (posterior); ``reach``, the end of a segment
        that is at least a pixel wide, in bp; ``top`` and ``bottom``.
    """
    layout = layout_of(results)
    segments = results.segments
    segments = segments[segments["chrom"].isin(list(layout.tops))]
    start, end = bounds(segments)
    name = segments["sample"].astype(str) + "." + segments["haplotype"].astype(str)
    row = segments["chrom"].map(layout.tops).astype(float) + name.map(layout.rows).astype(float)
    filled = {source.name: FILLED[source.shape] for source in results.sources}
    upper, lower = (
        segments["source"].map({name: part[edge] for name, part in filled.items()}).astype(float) for edge in (0, 1)
    )
    return pd.DataFrame(
        {
            "chrom": segments["chrom"],
            "start": start,
            "end": end,
            "sample": segments["sample"],
            "haplotype": segments["haplotype"],
            "source": segments["source"].map(source_labels(results)),
            "score": segments["posterior"].astype(float).round(3),
            "reach": np.maximum(end, start + window_size(layout.chromosomes)),
            "top": (row + upper).round(2),
            "bottom": (row + lower).round(2),
        }
    ).reset_index(drop=True)
