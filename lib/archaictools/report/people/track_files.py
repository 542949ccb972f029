"""Tracks of people as files for genome browsers: segments, share, mean, genes, and haplotypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from archaictools.haplotypes.lineages import item_rgb
from archaictools.haplotypes.tables import BIGBED_COLUMNS, write_segments_bigbed
from archaictools.io.bigbed import Column
from archaictools.io.files import safe_file_name
from archaictools.io.tables import NA
from archaictools.report.people.along import used_chromosomes
from archaictools.report.people.browser import opening
from archaictools.report.track_files import (
    DARK,
    LONGEST_NAME,
    MIDDLE,
    PALE,
    TrackFile,
    Tracks,
    browser_names,
    copy_bigwig,
    plain,
    present,
    unique_name,
    within,
    write_genes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from archaictools.report.people.results import PeopleResults

#: Columns of genes in a bigBed after the colour, by their column in the table; unknown values are NA.
_PEOPLE_GENES = {
    "haplotypes": Column("haplotypes", "string", "Haplotypes with an archaic segment in the gene"),
    "people": Column("people", "string", "People with an archaic segment in the gene"),
    "mean": Column("meanPosterior", "string", "Mean posterior of these segments"),
    "max": Column("maxPosterior", "string", "Highest posterior of these segments"),
    "fraction": Column("fraction", "string", "Share of the callable bases of the gene that is within segments"),
    "sources": Column("sources", "string", "Segments by source"),
    "read": Column("read", "string", "Share of the bases of the gene in which haplotypes have data"),
}


def write_people_tracks(folder: Path, results: PeopleResults) -> Tracks:
    """Write the tracks of people into an existing folder: segments, share and mean, genes, then haplotypes."""
    names = browser_names(results.lengths, results.build)
    lengths = {names[chrom]: length for chrom, length in results.lengths.items()}
    segments = results.segments.assign(chrom=results.segments["chrom"].astype(str).map(names))
    write_segments_bigbed(folder / "segments.bb", segments, results.sources, lengths)
    found = [
        TrackFile(
            name="segments",
            file="segments.bb",
            label="Archaic segments",
            text="Archaic segments of each haplotype, coloured by source",
            kind="features",
            columns=tuple(column for name, column in BIGBED_COLUMNS.items() if name in segments),
            mouse_over="$sample, haplotype $haplotype: $source, posterior $posterior",
        )
    ]
    values = list(_people_values(folder, results))
    found += [track for track in values if track.group == "all"]
    if results.genes is not None:
        found.append(_people_genes(folder / "genes.bb", results, results.genes, names, lengths))
    found += [track for track in values if track.group == "one"]
    locus = None
    if used_chromosomes(results):
        chrom, start, end = opening(results)
        locus = names[chrom], start, end
    return Tracks(files=tuple(found), names=names, locus=locus)


def _people_values(folder: Path, results: PeopleResults) -> Iterator[TrackFile]:
    """Copy the bigWigs of ``predict --bigwig`` under safe names, and yield their tracks."""
    if results.tracks is None:
        return
    summaries = {
        "share": ("Share of carriers", "Fraction of the haplotypes with data that have an archaic segment", DARK),
        "mean": ("Mean posterior", "Mean posterior of the haplotypes with data", MIDDLE),
    }
    for name, (label, text, colour) in summaries.items():
        source = results.tracks / f"{name}.bw"
        if source.is_file():
            copy_bigwig(source, folder / f"{name}.bw", results.build)
            yield TrackFile(
                name=name, file=f"{name}.bw", label=label, text=text, kind="values", colour=colour, group="all"
            )
    taken: set[str] = set()
    people = dict.fromkeys(sample for sample, _ in results.haplotypes)
    both = [(f"{sample}.{side}", f"{sample}, haplotype {side}") for sample, side in results.haplotypes]
    for stem, label in [*both, *((sample, sample) for sample in people)]:
        source = results.tracks / safe_file_name(f"{stem}.bw")
        if stem in summaries or not source.is_file():
            continue
        name = unique_name(f"hap_{plain(stem, LONGEST_NAME)}", taken)
        copy_bigwig(source, folder / f"{name}.bw", results.build)
        what = "P(introgressed)" if stem != label else "P(introgressed), maximum of both haplotypes"
        yield TrackFile(
            name=name,
            file=f"{name}.bw",
            label=stem,
            text=f"{label}: {what}",
            kind="values",
            colour=MIDDLE,
            group="one",
        )


def _people_genes(
    path: Path, results: PeopleResults, table: pd.DataFrame, names: Mapping[str, str], lengths: Mapping[str, int]
) -> TrackFile:
    genes = within(table, names, lengths, "genes")
    colours = {source.name: source.item_rgb for source in results.sources}
    most = [_most_frequent(sources) for sources in genes["sources"].fillna(NA).astype(str)]
    carried = genes["haplotypes"].fillna(0).astype(float).gt(0)
    colour = pd.Series([colours.get(source, item_rgb(MIDDLE)) for source in most], index=genes.index, dtype=object)
    write_genes(path, genes, _PEOPLE_GENES, colour.where(carried, item_rgb(PALE)), lengths)
    return TrackFile(
        name="genes",
        file="genes.bb",
        label="Genes",
        text="Genes, coloured by their most frequent source; pale without a carrier, or not looked at (NA)",
        kind="features",
        columns=present(_PEOPLE_GENES, genes),
        mouse_over="$name: $haplotypes haplotypes with a segment, of $people people; $sources",
    )


def _most_frequent(sources: str) -> str:
    """Return the most frequent source in a text such as ``Altai:3,ambiguous:1``."""
    counts = [part.rpartition(":")[::2] for part in sources.split(",") if part.rpartition(":")[2].isdigit()]
    return max(counts, key=lambda pair: int(pair[1]))[0] if counts else ""
