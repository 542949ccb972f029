"""Outputs of a run that is joined from sums: the same bytes as the whole run writes.

Chromosomes are read one at a time, and their segments some thousands at a time, so memory does not grow with the genome
or with the number of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archaictools.haplotypes.deserts import Landscape, find_deserts
from archaictools.haplotypes.likeness import is_unlike
from archaictools.haplotypes.lineages import sources_of
from archaictools.haplotypes.outputs import SUMMARY_TRACKS, TRACK_LINE, write_summary_track
from archaictools.haplotypes.segment_calls import no_segments
from archaictools.haplotypes.sums_file import write_sums
from archaictools.haplotypes.tables import PeopleCounts, callable_runs, segments_bed, write_segments_bigbed
from archaictools.io.tables import TableWriter, write_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from archaictools.haplotypes.joined_sums import JoinedSums
    from archaictools.haplotypes.segment_calls import SegmentNamer
    from archaictools.progress import Progress


@dataclass(frozen=True, kw_only=True)
class JoinedFiles:
    """Files to write, see :class:`archaictools.api.merge.MergeFiles`; None for those not asked for."""

    out: Path | None = None
    segments: Path | None = None
    bed: Path | None = None
    bigbed: Path | None = None
    summary: Path | None = None
    deserts: Path | None = None
    callable: Path | None = None
    mean: Path | None = None
    share: Path | None = None

    @property
    def of_segments(self) -> bool:
        """Whether a file needs the sources of segments."""
        return any((self.segments, self.bed, self.bigbed, self.summary))

    @property
    def passes(self) -> int:
        """Number of readings of all chromosomes that the files take."""
        alone = (self.out, self.bigbed, self.deserts, self.callable, self.mean, self.share)
        return sum(path is not None for path in alone) + self.of_segments


def write_joined(joined: JoinedSums, files: JoinedFiles, *, progress: Progress, track_line: bool = False) -> int:
    """Write the outputs of joined sums.

    Parameters
    ----------
    joined
        The sums.
    files
        Where to write.
    progress
        Counts the chromosomes of each output.
    track_line
        Whether :data:`~archaictools.haplotypes.outputs.TRACK_LINE` precedes the rows of the BED.

    Returns
    -------
    int
        Number of segments; 0 if no file of segments is asked for.
    """
    segments = 0
    if files.out:
        with write_sums(files.out, joined.head, verb="merge") as writer:
            for chrom in joined.bins:
                writer.add(chrom, joined.sums(chrom), joined.unshared(chrom), joined.segments(chrom))
                progress.advance(1)
    if files.of_segments:
        segments = _write_segments(joined, files, progress, first=TRACK_LINE if track_line else "")
    for name in SUMMARY_TRACKS:
        path = getattr(files, name)
        if path:
            sums = ((chrom, joined.sums(chrom)) for chrom in joined.bins)
            write_summary_track(path, name, joined.head.lengths, sums)
            progress.advance(len(joined.bins))
    if files.deserts:
        found = find_deserts(_Landscapes(joined), joined.head.calling.desert_length)
        write_table(files.deserts, found, header=False)
        progress.advance(len(joined.bins))
    if files.callable:
        with TableWriter(files.callable, header=False) as table:
            for chrom in joined.bins:
                sums_here = joined.sums(chrom)
                table.write(callable_runs({chrom: (sums_here.edges, sums_here.callable)}))
                progress.advance(1)
    return segments


def _write_segments(joined: JoinedSums, files: JoinedFiles, progress: Progress, *, first: str) -> int:
    """Write the files that need the sources of segments, the BED after its first line; return how many there are."""
    archaic = joined.head.encoding.archaic
    sources, namer, rows = sources_of(archaic), joined.namer(), 0
    people = PeopleCounts(joined.head.haplotypes, archaic)
    with ExitStack() as stack:
        table = stack.enter_context(TableWriter(files.segments)) if files.segments else None
        bed = stack.enter_context(TableWriter(files.bed, header=False, first=first)) if files.bed else None
        if table:
            table.write(namer.named(no_segments(len(archaic))))
        for chrom in joined.bins:
            for segments in _named(joined, namer, chrom):
                people.add_segments(segments)
                rows += len(segments)
                if table:
                    table.write(segments)
                if bed:
                    bed.write(segments_bed(segments, sources))
            if files.summary:
                sums = joined.sums(chrom)
                people.add_bases(sums.bases, unlike=is_unlike(sums.sites, joined.head.encoding))
            progress.advance(1)
    if files.summary:
        write_table(files.summary, people.table())
    if files.bigbed:
        chroms = sorted(joined.bins, key=str.encode)
        parts = (segments for chrom in chroms for segments in _named(joined, namer, chrom))
        write_segments_bigbed(files.bigbed, parts, sources, joined.head.lengths)
        progress.advance(len(joined.bins))
    return rows


def _named(joined: JoinedSums, namer: SegmentNamer, chrom: str) -> Iterator[pd.DataFrame]:
    return map(namer.named, joined.segments(chrom))


class _Landscapes(Mapping[str, Landscape]):
    """The landscapes of all chromosomes, each read when it is asked for."""

    def __init__(self, joined: JoinedSums) -> None:
        self._joined = joined

    def __getitem__(self, chrom: str) -> Landscape:
        return self._joined.sums(chrom).landscape

    def __iter__(self) -> Iterator[str]:
        return iter(self._joined.bins)

    def __len__(self) -> int:
        return len(self._joined.bins)
