"""Output files of predicted haplotypes: tracks, a table of all bins, segments, people, deserts and callable regions."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.haplotypes.posteriors import KeptPosteriors, maximum, track_lengths
from archaictools.haplotypes.segments import CallResult, SegmentCaller
from archaictools.haplotypes.tables import segments_bed, write_segments_bigbed
from archaictools.intervals import mean_where_overlapping
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.files import safe_file_name
from archaictools.io.schema import shown
from archaictools.io.spool import Spool
from archaictools.io.tables import as_text, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.likeness import SiteCounts
    from archaictools.haplotypes.lineages import Source
    from archaictools.haplotypes.posteriors import HaplotypePosteriors
    from archaictools.haplotypes.segments import ChromosomeSums
    from archaictools.learning.options import SegmentOptions


#: Tracks of all people: the mean posterior of the haplotypes with data, and the fraction of them with a segment.
SUMMARY_TRACKS = ("mean", "share")

#: First line of a BED that makes the UCSC browser show the colours.
TRACK_LINE = (
    'track name="archaic" description="Archaic segments, coloured by source (archaictools)" itemRgb="On" visibility=2\n'
)

_NOT_PER_PERSON = "leave out --per-person"


def write_posteriors(
    haplotypes: Iterable[HaplotypePosteriors],
    features: FeatureFile,
    options: SegmentOptions,
    *,
    desert_length: int,
    bigwig: Path | None = None,
    per_person: bool = False,
    table: Path | None = None,
    kept: KeptPosteriors | None = None,
    sites: Mapping[str, SiteCounts] | None = None,
) -> CallResult:
    """Call segments, and write tracks and the table of all bins as haplotypes come.

    Parameters
    ----------
    haplotypes
        As from :func:`archaictools.haplotypes.posteriors.predict_haplotypes`.
    features
        The file of these haplotypes.
    options
        How segments are called.
    desert_length
        Minimum length of a desert in bp.
    bigwig
        Existing folder for tracks, see :class:`TrackWriter`.
    per_person
        One track for each person instead of one for each haplotype.
    table
        TSV ``chrom, start, end, sample, haplotype, probability, seen`` of every callable bin, see
        :class:`BinTableWriter`.
    kept
        Where to keep the posteriors.
    sites
        See :class:`archaictools.haplotypes.segments.SegmentCaller`.

    Returns
    -------
    CallResult
        Segments, and the tables made of them.
    """
    caller = SegmentCaller(features, options, sites)
    lengths = track_lengths(features)
    with contextlib.ExitStack() as stack:
        rows = stack.enter_context(BinTableWriter(table, features)) if table else None
        tracks = None
        if bigwig:
            kind = PersonTrackWriter if per_person else TrackWriter
            tracks = stack.enter_context(kind(bigwig, features.haplotypes, features.groups, lengths))
        for one in haplotypes:
            if tracks:
                tracks.add(one)
            if rows:
                rows.write(one)
            if kept is not None:
                kept.add(one)
            caller.add(one)
    result = caller.result(desert_length=desert_length)
    if bigwig:
        _write_summary_tracks(bigwig, lengths, result.chromosomes)
    return result


def write_kept_tracks(folder: Path, kept: KeptPosteriors, result: CallResult, *, per_person: bool = False) -> None:
    """Write the tracks of posteriors that are in memory into an existing folder, see :class:`TrackWriter`."""
    kind = PersonTrackWriter if per_person else TrackWriter
    with kind(folder, kept.haplotypes, kept.groups, kept.lengths) as tracks:
        for one in kept:
            tracks.add(one)
    _write_summary_tracks(folder, kept.lengths, result.chromosomes)


class TrackWriter(contextlib.AbstractContextManager["TrackWriter"]):
    """Write a bigWig for each haplotype, ``SAMPLE.1.bw`` and ``SAMPLE.2.bw``, as posteriors come.

    The bigWigs of one group of haplotypes are open at a time.

    Parameters
    ----------
    folder
        Existing folder.
    haplotypes
        Sample and haplotype of each row.
    groups
        Rows whose chromosomes come before those of the next group.
    lengths
        Chromosome lengths in bp, in the order in which chromosomes come.
    """

    def __init__(
        self,
        folder: Path,
        haplotypes: Sequence[tuple[str, int]],
        groups: Sequence[slice],
        lengths: Mapping[str, int],
    ) -> None:
        self._folder, self._haplotypes, self._lengths = folder, haplotypes, dict(lengths)
        self._group = {row: rows.start for rows in groups for row in range(rows.start, rows.stop)}
        self._open_group = -1
        self._writers: dict[str, BigWigWriter] = {}

    def add(self, one: HaplotypePosteriors) -> None:
        """Add a haplotype on a chromosome."""
        if self._group[one.row] != self._open_group:
            self._close()
            self._open_group = self._group[one.row]
        self._take(one)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close all bigWigs."""
        self._close()

    def _take(self, one: HaplotypePosteriors) -> None:
        sample, number = self._haplotypes[one.row]
        self._write(f"{sample}.{number}", one)

    def _write(self, name: str, one: HaplotypePosteriors) -> None:
        if name not in self._writers:
            self._writers[name] = BigWigWriter(self._folder / safe_file_name(f"{name}.bw"), self._lengths)
        self._writers[name].add(one.chrom, one.track())

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.__exit__(None, None, None)
        self._writers.clear()


class PersonTrackWriter(TrackWriter):
    """Write a bigWig for each person, ``SAMPLE.bw``: the maximum of both haplotypes where at least one has data.

    Posteriors of a person's first haplotype on a chromosome are kept until those of the second come.

    Raises
    ------
    InputError
        If a person is named like a summary track, or if its haplotypes are in two groups.
    """

    def __init__(
        self,
        folder: Path,
        haplotypes: Sequence[tuple[str, int]],
        groups: Sequence[slice],
        lengths: Mapping[str, int],
    ) -> None:
        super().__init__(folder, haplotypes, groups, lengths)
        self._waiting: dict[str, HaplotypePosteriors] = {}
        group_of: dict[str, int] = {}
        for row, (sample, _) in enumerate(haplotypes):
            if sample in SUMMARY_TRACKS:
                raise InputError(f"a person is named {sample}, as the track of all people", remedy=_NOT_PER_PERSON)
            if group_of.setdefault(sample, self._group[row]) != self._group[row]:
                raise InputError(f"the haplotypes of {shown(sample)} are in two groups", remedy=_NOT_PER_PERSON)

    def _take(self, one: HaplotypePosteriors) -> None:
        if any(other.chrom != one.chrom for other in self._waiting.values()):
            self._write_waiting()
        sample, _ = self._haplotypes[one.row]
        other = self._waiting.pop(sample, None)
        if other is None:
            self._waiting[sample] = one
        else:
            self._write(sample, maximum(one, other))

    def _close(self) -> None:
        self._write_waiting()
        super()._close()

    def _write_waiting(self) -> None:
        """Write people who have one haplotype on the chromosome."""
        for sample, one in self._waiting.items():
            self._write(sample, one)
        self._waiting.clear()


def _write_summary_tracks(folder: Path, lengths: Mapping[str, int], chromosomes: Mapping[str, ChromosomeSums]) -> None:
    """Write the mean posterior of the haplotypes with data, and the fraction of them with a segment."""
    for name in SUMMARY_TRACKS:
        write_summary_track(folder / f"{name}.bw", name, lengths, chromosomes.items())


def write_summary_track(
    path: Path, name: str, lengths: Mapping[str, int], chromosomes: Iterable[tuple[str, ChromosomeSums]]
) -> None:
    """Write one of :data:`SUMMARY_TRACKS` from the sums of chromosomes, in the order of the lengths."""
    with BigWigWriter(path, lengths) as writer:
        for chrom, sums in chromosomes:
            used, edges = sums.callable > 0, sums.edges
            values = sums.means() if name == "mean" else sums.shares()
            writer.add(chrom, mean_where_overlapping(edges[:-1][used], edges[1:][used], values))


class BinTableWriter(contextlib.AbstractContextManager["BinTableWriter"]):
    """Write the table of all bins, chromosome by chromosome, from haplotypes that come group by group.

    Groups of haplotypes come one after the other, each on all chromosomes. So the rows of several groups wait in a
    temporary file in the folder of the table.

    Parameters
    ----------
    path
        The file to write.
    features
        The file of haplotypes.
    """

    def __init__(self, path: Path, features: FeatureFile) -> None:
        self._haplotypes, self._chroms, self._header = features.haplotypes, list(features.bins), True
        self._handle = path.open("w", encoding="utf-8", newline="")
        several = len(features.groups) > 1 and len(features.bins) > 1
        self._spool = Spool(path.parent) if several else None

    def write(self, one: HaplotypePosteriors) -> None:
        """Add a haplotype on a chromosome."""
        rows = _table_of(one, self._haplotypes[one.row])
        if self._header:
            self._handle.write("\t".join(map(str, rows)) + "\n")
            self._header = False
        if self._spool is None:
            self._handle.write(as_text(rows))
        else:
            self._spool.add(one.chrom, as_text(rows))

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Write the rows that wait, and close the file."""
        with self._handle:
            if self._spool is None:
                return
            with self._spool as spool:
                for chrom in self._chroms if kind is None else ():
                    for piece in spool.read(chrom):
                        self._handle.write(piece.decode())


def _table_of(one: HaplotypePosteriors, haplotype: tuple[str, int]) -> pd.DataFrame:
    sample, number = haplotype
    used = one.callable
    return pd.DataFrame(
        {
            "chrom": one.chrom,
            "start": one.edges[:-1][used],
            "end": one.edges[1:][used],
            "sample": sample,
            "haplotype": number,
            "probability": one.probability[used],
            "seen": one.seen[used].astype(np.int8),
        }
    )


def write_tables(
    result: CallResult,
    sources: Sequence[Source],
    *,
    bed: Path | None = None,
    track_line: bool = False,
    bigbed: tuple[Path, Mapping[str, int]] | None = None,
    segments: Path | None = None,
    summary: Path | None = None,
    deserts: Path | None = None,
    callable: Path | None = None,
) -> None:
    """Write the requested output tables.

    ``track_line`` puts :data:`TRACK_LINE` before the rows of the BED. ``bigbed`` is a file, and the chromosome lengths
    in bp.
    """
    if bed:
        text = TRACK_LINE if track_line else ""
        bed.write_text(text + as_text(segments_bed(result.segments, sources)), encoding="utf-8", newline="")
    if bigbed:
        write_segments_bigbed(bigbed[0], result.segments, sources, bigbed[1])
    if segments:
        write_table(segments, result.segments)
    if summary:
        write_table(summary, result.people)
    if deserts:
        write_table(deserts, result.deserts, header=False)
    if callable:
        write_table(callable, result.callable, header=False)
