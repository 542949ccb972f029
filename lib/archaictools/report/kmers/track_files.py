"""Tracks of k-mers as files for genome browsers: predictions, segments, genes and attribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.lineages import item_rgb
from archaictools.io.bed import score
from archaictools.io.bigbed import Column, write_bigbed
from archaictools.report.kmers.tracks import SEEN_COLOUR, UNSEEN, opening, strongest_first
from archaictools.report.track_files import (
    MIDDLE,
    PALE,
    TrackFile,
    Tracks,
    browser_names,
    copy_bigwig,
    largest_value,
    present,
    within,
    write_genes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.report.kmers.results import KmerResults

#: Columns of genes in a bigBed after the colour, by their column in the table; unknown values are NA.
_KMER_GENES = {
    "windows": Column("windows", "string", "Windows that overlap the gene"),
    "mean": Column("meanProbability", "string", "Mean probability of introgression"),
    "max": Column("maxProbability", "string", "Highest probability of introgression"),
    "fraction": Column("fraction", "string", "Share of the windows at or above 0.5"),
    "call": Column("call", "string", "introgressed, free, or NA if no window overlaps the gene"),
    "seen": Column("seen", "string", "Share of the windows on which the model has trained"),
}
_PROBABILITY = Column("probability", "float", "Mean probability of introgression, 0 to 1")


def write_kmer_tracks(folder: Path, results: KmerResults) -> Tracks:
    """Write the tracks of k-mers into an existing folder: predictions, segments, genes and attribution."""
    names = browser_names(results.lengths, results.build)
    lengths = {names[chrom]: length for chrom, length in results.lengths.items()}
    found: list[TrackFile] = []
    if results.track is not None:
        copy_bigwig(results.track, folder / "predictions.bw", results.build)
        found.append(
            TrackFile(
                name="predictions",
                file="predictions.bw",
                label="P(introgressed)",
                text="Predicted probability of introgression of the sequence, 0 to 1",
                kind="values",
            )
        )
    strongest = strongest_first(results)
    if strongest is not None and lengths:
        segments = within(strongest, names, lengths, "segments")
        _write_kmer_segments(folder / "segments.bb", segments, lengths)
        found.append(
            TrackFile(
                name="segments",
                file="segments.bb",
                label="Segments",
                text="Runs of windows called introgressed; pale where the model has trained",
                kind="features",
                columns=(_PROBABILITY,),
                mouse_over="$name: mean probability $probability",
            )
        )
    if results.genes is not None and lengths:
        found.append(_kmer_genes(folder / "genes.bb", within(results.genes, names, lengths, "genes"), lengths))
    if results.attribution is not None:
        copy_bigwig(results.attribution, folder / "attribution.bw", results.build, low=-1.0)
        largest = largest_value(results.attribution)
        found.append(
            TrackFile(
                name="attribution",
                file="attribution.bw",
                label="Attribution",
                text="Fall in the predicted probability when a position is exchanged",
                kind="values",
                low=-largest,
                high=largest,
                colour=MIDDLE,
            )
        )
    locus = None
    if lengths:
        chrom, start, end = opening(results)
        locus = names[chrom], start, end
    return Tracks(files=tuple(found), names=names, locus=locus)


def _kmer_genes(path: Path, genes: pd.DataFrame, lengths: Mapping[str, int]) -> TrackFile:
    called = genes["call"].astype(str).eq("introgressed")
    colour = pd.Series(item_rgb(PALE), index=genes.index, dtype=object).where(~called, item_rgb(UNSEEN))
    write_genes(path, genes, _KMER_GENES, colour, lengths)
    return TrackFile(
        name="genes",
        file="genes.bb",
        label="Genes",
        text="Genes, coloured if they are called introgressed; NA if no window overlaps the gene",
        kind="features",
        columns=present(_KMER_GENES, genes),
        mouse_over="$name: $call, mean probability $meanProbability in $windows windows",
    )


def _write_kmer_segments(path: Path, segments: pd.DataFrame, lengths: Mapping[str, int]) -> None:
    rows = segments[["chrom", "start", "end", "name"]].assign(
        score=score(segments["probability"].to_numpy()),
        strand=".",
        thick_start=segments["start"],
        thick_end=segments["end"],
        colour=np.where(segments["seen"] == 1, item_rgb(SEEN_COLOUR), item_rgb(UNSEEN)),
        probability=segments["probability"],
    )
    write_bigbed(path, rows, lengths, (_PROBABILITY,), name="segments", comment="Segments of windows")
