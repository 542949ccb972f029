"""The genome browser of people: share, mean posterior, segments, genes, deserts and posteriors of haplotypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import shortlist
from archaictools.intervals import mean_where_overlapping
from archaictools.io.bigwig_reader import read_bigwig
from archaictools.io.files import safe_file_name
from archaictools.report.binning import means_in_bins
from archaictools.report.blocks import Absent, Browser, Dataset, Notes, Section, Track
from archaictools.report.people.along import (
    bounds,
    by_chromosome,
    people_of,
    share_along,
    used_chromosomes,
    window_size,
)
from archaictools.report.people.genes import genes_read
from archaictools.report.people.loci import deserts, meaning_of_strongest, source_labels, strongest_locus
from archaictools.report.wording import place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.report.people.results import PeopleResults

ID, TITLE = "genome-browser", "Genome browser"

#: Name of the track of mean posteriors: tables have those of carriers.
MEAN = "Mean posterior, all haplotypes"

#: Up to so many people have a track each that is shown, and one that can be added.
OWN_TRACKS, MORE_TRACKS = 12, 30

#: Values of a track, and segments, that the page holds at most.
MOST_VALUES, MOST_SEGMENTS = 100_000, 1_200_000

#: Bytes of bigWigs of haplotypes that the page holds at most.
MOST_BYTES = 2_500_000

#: Digits of posteriors after the point.
_DIGITS = 3

_SHARE, _MEAN, _OTHER = "#6b6b9a", "#4d4d4d", "#808080"
_CARRIED, _FREE, _NOT_READ = "#8a4b08", "#8c96a3", "#d3d3d3"
_DESERT = "#009e73"


def section(results: PeopleResults) -> Section | Absent:
    """Return the genome browser, which opens at the strongest segment."""
    if not used_chromosomes(results):
        return Absent(id=ID, title=TITLE, how="No haplotype has data on any chromosome.")
    where = strongest_locus(results)
    lead = "Every track over the same bases. Click a segment or a gene for its values."
    if where:
        lead += f" It opens at the strongest segment ({meaning_of_strongest(results)}), {place(*where)}."
    browser = Browser(
        lengths=results.lengths, build=results.build, locus=opening(results), tracks=tuple(_tracks(results))
    )
    notes = _notes(results)
    return Section(id=ID, title=TITLE, lead=lead, blocks=(browser, *((Notes(items=notes),) if notes else ())))


def datasets(results: PeopleResults) -> tuple[Dataset, ...]:
    """Return the data of the tracks; other sections use ``segments``, too."""
    found = {"segments": segment_rows(results), "share": _share(results)}
    mean = _mean(results)
    found |= {} if mean is None else {"mean": mean}
    found |= {"gene-track": _genes(results)} if results.genes is not None else {}
    found |= {"desert-track": _desert_rows(results)} if results.deserts is not None and len(results.deserts) else {}
    found |= {"haplotype-posteriors": _posteriors(results)} if shows_posteriors(results) else {}
    return tuple(Dataset(name=name, frame=frame) for name, frame in found.items())


def opening(results: PeopleResults) -> tuple[str, int, int]:
    """Return the locus at which the browser opens: the strongest segment, with as much on either side.

    Without a segment it is the first chromosome with data.
    """
    where = strongest_locus(results)
    if where is None:
        chrom, length = next(iter(used_chromosomes(results).items()))
        return chrom, 0, length
    chrom, start, end = where
    side = max(end - start, 20_000)
    return chrom, max(0, start - side), min(results.lengths[chrom], end + side)


def segment_rows(results: PeopleResults) -> pd.DataFrame:
    """Return the segments as the page holds them.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, name`` (``SAMPLE.HAPLOTYPE``), ``source`` (label), ``posterior``, ``score`` (the same,
        as opacity) and ``colour``; for up to :data:`MORE_TRACKS` people also ``sample`` and ``haplotype``. Of more than
        :data:`MOST_SEGMENTS` those with the highest posterior.
    """
    kept = _kept(results)
    labels = source_labels(results)
    colours = {source.name: source.colour for source in results.sources}
    columns = {
        "chrom": kept["chrom"].astype(str),
        "start": kept["start"],
        "end": kept["end"],
        "name": kept["sample"].astype(str) + "." + kept["haplotype"].astype(str),
        "source": kept["source"].map(labels).fillna(kept["source"]),
        "posterior": kept["posterior"].astype(float).round(_DIGITS),
        "score": kept["posterior"].astype(float).round(_DIGITS),
        "colour": kept["source"].map(colours).fillna(_OTHER),
    }
    if len(people_of(results)) <= MORE_TRACKS:
        columns |= {"sample": kept["sample"].astype(str), "haplotype": kept["haplotype"].astype(int)}
    return pd.DataFrame(columns).reset_index(drop=True)


def shows_posteriors(results: PeopleResults) -> bool:
    """Return whether the posteriors of all haplotypes are known and fit into the page."""
    paths = _haplotype_files(results)
    return bool(paths) and sum(path.stat().st_size for path in paths.values()) <= MOST_BYTES


def binned(frame: pd.DataFrame, lengths: Mapping[str, int], most: int = MOST_VALUES) -> pd.DataFrame:
    """Return a track with at most about ``most`` values: the exact means of windows over their bases with a value.

    Parameters
    ----------
    frame
        ``chrom, start, end, value``; sorted, none overlaps another.
    lengths
        Chromosome lengths in bp.
    most
        A track with no more values stays as it is.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, value``. A window begins at its first and ends at its last base with a value.
    """
    if len(frame) <= most:
        return frame
    own = {chrom: lengths[chrom] for chrom in by_chromosome(frame)}
    size = window_size(own, count=most, together=True)
    parts = []
    for chrom, rows in by_chromosome(frame).items():
        start, end = bounds(rows)
        length = max(lengths[chrom], int(end.max()))
        left, right, mean = means_in_bins(start, end, rows["value"].to_numpy(), length=length, size=size)
        parts.append(pd.DataFrame({"chrom": chrom, "start": left, "end": right, "value": mean}))
    return pd.concat(parts, ignore_index=True)


def _tracks(results: PeopleResults) -> list[Track]:
    top = _top(share_along(results)["share"])
    tracks = [Track(name="Share of haplotypes", dataset="share", kind="values", colour=_SHARE, high=top, height=60)]
    mean = _mean(results)
    if mean is not None:
        top = _top(mean["value"])
        tracks.append(Track(name=MEAN, dataset="mean", kind="values", colour=_MEAN, high=top, height=60))
    people = people_of(results)
    if len(people) > OWN_TRACKS:
        dense = len(people) > MORE_TRACKS
        tracks.append(
            Track(name="Segments", dataset="segments", kind="features", colour=_OTHER, height=220, compact=dense)
        )
    if len(people) <= MORE_TRACKS:
        tracks += [
            Track(
                name=sample,
                dataset="segments",
                kind="features",
                colour=_OTHER,
                height=30,
                compact=True,
                visible=len(people) <= OWN_TRACKS,
                where=("sample", sample),
            )
            for sample in people
        ]
    if results.genes is not None:
        tracks.append(Track(name="Genes", dataset="gene-track", kind="features", colour=_FREE, height=80))
    if results.deserts is not None and len(results.deserts):
        tracks.append(Track(name="Deserts", dataset="desert-track", kind="features", colour=_DESERT, height=30))
    if shows_posteriors(results):
        colour = next((source.colour for source in results.archaic), _MEAN)
        tracks += [
            Track(
                name=f"Posterior {name}",
                dataset="haplotype-posteriors",
                kind="values",
                colour=colour,
                visible=False,
                where=("haplotype", name),
            )
            for name in _haplotype_files(results)
        ]
    return tracks


def _top(values: pd.Series[float]) -> float:
    """Return the top of an axis: the highest value, rounded up to tenths."""
    return float(np.clip(np.ceil(10 * values.max() - 1e-9) / 10, 0.1, 1)) if len(values) else 1.0


def _notes(results: PeopleResults) -> tuple[str, ...]:
    notes = []
    if results.genes is not None:
        notes.append(
            "Genes are brown where a haplotype has a segment, grey where none has, and pale where nothing was read."
        )
    if len(share_along(results)) > MOST_VALUES:
        size = window_size(used_chromosomes(results), count=MOST_VALUES, together=True)
        notes.append(f"The share is the mean in windows of {size / 1000:,.0f} kb.")
    if not _file(results, "mean"):
        notes.append(
            "To add the mean posterior of all haplotypes and that of each: predict --bigwig DIR, "
            "then report --bigwig DIR."
        )
    elif _haplotype_files(results) and not shows_posteriors(results):
        notes.append(
            "Posteriors of single haplotypes are too large for this page. "
            "To see them in UCSC or IGV, make a hub: report --hub DIR."
        )
    if without := _without_track(results):
        notes.append(
            f"The folder of tracks has no track of {shortlist(without)} ({len(without):,} of "
            f"{len(results.haplotypes):,} haplotypes), so their posteriors are not shown."
        )
    kept = len(_kept(results))
    if kept < len(results.segments):
        notes.append(
            f"The page holds the {kept:,} segments with the highest posterior, of {len(results.segments):,}. "
            "A hub holds all: report --hub DIR."
        )
    return tuple(notes)


def _kept(results: PeopleResults) -> pd.DataFrame:
    segments = results.segments
    if len(segments) <= MOST_SEGMENTS:
        return segments
    best = np.argsort(-segments["posterior"].to_numpy(dtype=np.float64), kind="stable")[:MOST_SEGMENTS]
    return segments.iloc[np.sort(best)]


def _share(results: PeopleResults) -> pd.DataFrame:
    share = share_along(results).rename(columns={"share": "value"})
    return binned(share[["chrom", "start", "end", "value"]], results.lengths)


def _file(results: PeopleResults, name: str) -> Path | None:
    """Return the bigWig of that name in the folder of tracks, or None."""
    path = results.tracks / safe_file_name(f"{name}.bw") if results.tracks else None
    return path if path and path.is_file() else None


def _haplotype_files(results: PeopleResults) -> dict[str, Path]:
    """Return the bigWig of each haplotype, by ``SAMPLE.HAPLOTYPE``; those that are there."""
    found = {
        f"{sample}.{haplotype}": _file(results, f"{sample}.{haplotype}") for sample, haplotype in results.haplotypes
    }
    return {name: path for name, path in found.items() if path}


def _without_track(results: PeopleResults) -> list[str]:
    """Return the haplotypes that have no track, neither their own nor that of the person, where others have one."""
    own = {
        f"{sample}.{haplotype}": _file(results, f"{sample}.{haplotype}") or _file(results, sample)
        for sample, haplotype in results.haplotypes
    }
    return [name for name, path in own.items() if path is None] if any(own.values()) else []


def _values(path: Path, lengths: Mapping[str, int]) -> pd.DataFrame:
    """Return the values of a bigWig of posteriors on the known chromosomes, rounded; equal neighbours are joined."""
    parts = [pd.DataFrame({"chrom": [], "start": [], "end": [], "value": []})]
    for chrom, (start, end, value) in read_bigwig(path):
        if chrom in lengths:
            left, right, mean = mean_where_overlapping(start, end, np.round(value, _DIGITS))
            parts.append(pd.DataFrame({"chrom": chrom, "start": left, "end": right, "value": mean}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _mean(results: PeopleResults) -> pd.DataFrame | None:
    path = _file(results, "mean")
    return binned(_values(path, results.lengths), results.lengths) if path else None


def _posteriors(results: PeopleResults) -> pd.DataFrame:
    parts = [_values(path, results.lengths).assign(haplotype=name) for name, path in _haplotype_files(results).items()]
    return pd.concat(parts, ignore_index=True)


def _genes(results: PeopleResults) -> pd.DataFrame:
    genes = genes_read(results)
    number = pd.to_numeric(genes["haplotypes"], errors="coerce").astype(float)
    colour = np.where(number.isna(), _NOT_READ, np.where(number > 0, _CARRIED, _FREE))
    frame = genes[["chrom", "start", "end"]].assign(name=genes["gene"].astype(str), strand=genes["strand"].astype(str))
    return frame.assign(haplotypes=number, colour=colour).reset_index(drop=True)


def _desert_rows(results: PeopleResults) -> pd.DataFrame:
    found = deserts(results)
    place = {chrom: number for number, chrom in enumerate(results.lengths)}
    found = found.sort_values(["chrom", "start"], key=lambda c: c.map(place) if c.name == "chrom" else c)
    return found[["chrom", "start", "end", "expected"]].assign(name="desert").reset_index(drop=True)
