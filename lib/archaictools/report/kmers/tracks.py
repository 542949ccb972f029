"""The genome browser: probability along the genome, segments, genes and attribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.io.bigwig_reader import open_bigwig
from archaictools.learning.segments import SEEN
from archaictools.report.binning import means_in_bins
from archaictools.report.blocks import Absent, Block, Browser, Column, Dataset, Facts, Notes, Section, Table, Track
from archaictools.report.kmers.methods import genome_name
from archaictools.report.kmers.numbers import number
from archaictools.report.wording import place

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.io.bigwig_reader import BigWigReader
    from archaictools.report.kmers.results import KmerResults

ID, TITLE = "tracks", "Genome browser"

PROBABILITY, SEGMENTS, GENES, ATTRIBUTION = "kmers-probability", "kmers-segments", "kmers-genes-track", "kmers-change"

#: Largest number of intervals of a track in the page; a finer track is averaged in bins.
BUDGET = 40_000

#: Colours: of what the model has not seen in training, and of what it has.
UNSEEN, SEEN_COLOUR, GREY = "#cc3311", "#ee8877", "#888888"

#: Bases beside a segment at which the browser opens, as a fraction of its length.
_MARGIN = 1.0

#: Rows of the table of segments.
_ROWS = 5_000


def section(results: KmerResults) -> Section | Absent:
    """Return the browser, which opens at the strongest segment, and the table of segments."""
    if not results.lengths or (results.track is None and results.segments is None):
        return Absent(id=ID, title=TITLE, how="Add --bigwig and --bed (of 'archaictools predict').")
    blocks: list[Block] = []
    segments = strongest_first(results)
    lead = "The probability of introgression along the genome. "
    if segments is None:
        lead += "Add --bed (of 'archaictools predict') to see segments."
    elif len(segments):
        first = segments.iloc[0]
        whether = "was trained on" if first["seen"] else "has not seen"
        lead += (
            f"It opens at the strongest segment in windows that the model {whether}: "
            f"{place(first['chrom'], first['start'], first['end'])}, "
            f"mean probability {number(first['probability'])}."
        )
        length = segments["end"] - segments["start"]
        blocks.append(
            Facts(
                items=(
                    ("Segments", number(len(segments), 0)),
                    ("Their length together (kb)", number(int(length.sum()) / 1000, 1)),
                    ("In unseen windows only", number(int((segments["seen"] == 0).sum()), 0)),
                )
            )
        )
    else:
        lead += "There is no segment: no stretch reaches the threshold of 'archaictools predict'."
    blocks.append(
        Browser(
            lengths=dict(results.lengths),
            build=genome_name(results) or results.build,
            locus=opening(results),
            tracks=_tracks(results),
        )
    )
    blocks.append(Notes(items=_notes(results)))
    if segments is not None and len(segments):
        blocks.append(_table(segments))
    return Section(id=ID, title=TITLE, lead=lead, blocks=tuple(blocks))


def _notes(results: KmerResults) -> tuple[str, ...]:
    """Return how the tracks are to be read."""
    notes = []
    for path, title, lowest in (
        (results.track, "The probability", 0.0),
        (results.attribution, "The attribution", -1.0),
    ):
        if path is not None:
            with open_bigwig(path, lowest=lowest) as reader:
                size = _bin_size(reader, BUDGET)
            if size > 1:
                notes.append(f"{title} is drawn as means over {size:,} bp; the bigWig has every value.")
    if results.track is not None:
        notes.append("Bases without a window have no bar: they were not looked at.")
    if results.segments is not None:
        notes.append(
            "Dark segments are in windows that the model has not seen; light ones share bases with its training."
        )
    if results.genes is not None:
        notes.append(
            "Genes called introgressed are red; others are grey, also those without a window. A click tells the call."
        )
    if results.attribution is not None:
        notes.append(
            "The attribution is how much the probability of a window falls when the bases at a position are exchanged. "
            "Only the windows that were drawn for it have values."
        )
    return tuple(notes)


def datasets(results: KmerResults) -> tuple[Dataset, ...]:
    """Return the rows of the tracks that are given."""
    if not results.lengths:
        return ()
    found = []
    if results.track is not None:
        found.append(Dataset(name=PROBABILITY, frame=binned(results.track, results)))
    segments = strongest_first(results)
    if segments is not None:
        rows = segments.sort_values(["chrom", "start"], kind="stable")
        colour = np.where(rows["seen"] == 1, SEEN_COLOUR, UNSEEN)
        columns = rows[["chrom", "start", "end", "name"]].assign(colour=colour, score=rows["probability"])
        found.append(Dataset(name=SEGMENTS, frame=columns.reset_index(drop=True)))
    if results.genes is not None:
        genes = results.genes[["chrom", "start", "end", "gene", "mean", "call"]].rename(columns={"gene": "name"})
        called = genes["call"] == "introgressed"
        genes = genes.assign(colour=np.where(called, UNSEEN, GREY))
        found.append(Dataset(name=GENES, frame=genes[genes["chrom"].isin(results.lengths)].reset_index(drop=True)))
    if results.attribution is not None:
        found.append(Dataset(name=ATTRIBUTION, frame=binned(results.attribution, results, lowest=-1.0)))
    return tuple(found)


def strongest_first(results: KmerResults) -> pd.DataFrame | None:
    """Return the segments by falling probability, those that training has not seen first; None if none were given.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, name``; ``probability``: mean of the bases of the segment; ``seen``: 1 if it shares a base
        with a window that the model was trained on; ``length`` in bp.
    """
    if results.segments is None:
        return None
    table = results.segments
    seen = table["name"].astype(str).str.endswith(f"_{SEEN}").astype(int)
    rows = table[["chrom", "start", "end", "name"]].assign(
        probability=table["score"].astype(float) / 1000,
        seen=seen,
        length=table["end"] - table["start"],
    )
    rows = rows.sort_values(["seen", "probability", "length"], ascending=[True, False, False], kind="stable")
    return rows.reset_index(drop=True)


def opening(results: KmerResults) -> tuple[str, int, int]:
    """Return where the browser opens: at the strongest segment with as much around it, else at the first chromosome."""
    segments = strongest_first(results)
    if segments is None or not len(segments):
        chrom = next(iter(results.lengths))
        return chrom, 0, min(results.lengths[chrom], 1_000_000)
    first = segments.iloc[0]
    around = int(_MARGIN * first["length"])
    chrom = str(first["chrom"])
    end = min(results.lengths.get(chrom, int(first["end"])), int(first["end"]) + around)
    return chrom, max(0, int(first["start"]) - around), end


def binned(path: Path, results: KmerResults, *, lowest: float = 0.0, budget: int = BUDGET) -> pd.DataFrame:
    """Return a bigWig with at most about ``budget`` intervals.

    A track with fewer intervals is returned as it is. Otherwise each bin has the mean over its bases that have a value,
    and bins without such a base are left out, so that what was not predicted never looks like 0.

    Parameters
    ----------
    path
        The bigWig.
    results
        Their chromosome lengths choose the size of the bins.
    lowest
        Smallest value of the track: 0 for probabilities, -1 for differences.
    budget
        Largest number of intervals, all chromosomes together.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end`` (0-based and half-open, in bp), ``value``.
    """
    columns = ["chrom", "start", "end", "value"]
    with open_bigwig(path, lowest=lowest) as reader:
        size = _bin_size(reader, budget)
        parts = []
        for chrom, length in reader.lengths.items():
            track = reader.track(chrom)
            if track is None:
                continue
            start, end, value = track if size == 1 else means_in_bins(*track, length=length, size=size)
            parts.append(pd.DataFrame({"chrom": chrom, "start": start, "end": end, "value": value}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _bin_size(reader: BigWigReader, budget: int) -> int:
    """Return the size of bins in bp with which a track has about ``budget`` bins, or 1 if it needs none.

    Bins are only where values are, so their size follows from the bases that have a value. Memory holds one chromosome.
    """
    intervals = covered = 0
    for chrom in reader.lengths:
        if track := reader.track(chrom):
            intervals += len(track[0])
            covered += int((track[1] - track[0]).sum())
    return 1 if intervals <= budget else max(1, -(-covered // budget))


def _tracks(results: KmerResults) -> tuple[Track, ...]:
    found = []
    if results.track is not None:
        found.append(Track(name="P(introgressed)", dataset=PROBABILITY, kind="values", colour=UNSEEN, height=80))
    if results.segments is not None:
        found.append(Track(name="Segments", dataset=SEGMENTS, kind="features", colour=UNSEEN))
    if results.genes is not None:
        found.append(Track(name="Genes", dataset=GENES, kind="features", colour=GREY))
    if results.attribution is not None:
        low, high = -1.0, 1.0
        found.append(
            Track(
                name="Attribution (fall in P)",
                dataset=ATTRIBUTION,
                kind="values",
                colour="#0072b2",
                low=low,
                high=high,
                height=60,
            )
        )
    return tuple(found)


def _table(segments: pd.DataFrame) -> Table:
    frame = segments.head(_ROWS).assign(whether=np.where(segments["seen"].head(_ROWS) == 1, "yes", "no"))
    return Table(
        name="kmers-segments-table",
        frame=frame,
        columns=(
            Column(field="locus", title="Locus", kind="locus"),
            Column(field="length", title="Length (bp)", kind="number"),
            Column(field="probability", title="Mean probability", kind="bar", digits=3),
            Column(
                field="whether",
                title="Seen in training",
                help="Whether it shares bases with windows that the model was trained on.",
            ),
        ),
        caption=f"{len(frame):,} of {len(segments):,} segments; those in windows that the model has not seen come "
        "first, then by mean probability.",
        search=True,
    )
