"""Regions of tracts to extract: from BED or as text, and the haplotypes that carry a segment there."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archaictools.errors import UsageError, shorten
from archaictools.haplotypes.segment_file import read_segments
from archaictools.io.bed import read_bed
from archaictools.io.chromosomes import bare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.io.summary import Summary

_TEXT = re.compile(r"(?P<chrom>\S+):(?P<start>[\d,]+)-(?P<end>[\d,]+)")


@dataclass(frozen=True, kw_only=True)
class Region:
    """A region.

    Attributes
    ----------
    name
        A name that no other region has.
    chrom
        Chromosome, as the user named it.
    start, end
        0-based and half-open, in bp.
    carriers
        Sample and number of haplotypes with a segment that overlaps the region; None if segments are not known.
    """

    name: str
    chrom: str
    start: int
    end: int
    carriers: frozenset[tuple[str, int]] | None = None


def region_of(text: str) -> Region:
    """Return the region of a text, which counts from 1 and includes the end, as in genome browsers and samtools.

    Raises
    ------
    UsageError
        If it is no region.

    Examples
    --------
    >>> region_of("chr9:16,720,001-16,760,000")
    Region(name='chr9:16720001-16760000', chrom='chr9', start=16720000, end=16760000, carriers=None)
    """
    found = _TEXT.fullmatch(text.strip())
    if found:
        start, end = (int(found[name].replace(",", "") or 0) for name in ("start", "end"))
        if 1 <= start <= end:
            return Region(name=f"{found['chrom']}:{start}-{end}", chrom=found["chrom"], start=start - 1, end=end)
    raise UsageError(f"--region {shorten(text)} is no region, expected CHROM:START-END such as chr9:16720001-16760000")


def read_regions(path: Path | None, texts: Sequence[str], *, tally: Summary) -> list[Region]:
    """Return the regions of a BED file and of texts, sorted by chromosome and start.

    A region without a name, or with the name of another one, is named ``CHROM:START-END``, as a text. A region that is
    given twice counts once.

    Parameters
    ----------
    path
        BED of three columns or more.
    texts
        See :func:`region_of`.
    tally
        Counts rows of zero length, and rows that repeat another.

    Raises
    ------
    InputError
        If the file cannot be understood.
    UsageError
        If a text is no region.
    """
    found = {_place(region): region for region in map(region_of, texts)}
    if path:
        rows = read_bed(path, tally=tally, group="regions").drop_duplicates(["chrom", "start", "end"])
        often = Counter(rows["name"])
        for chrom, start, end, name in rows[["chrom", "start", "end", "name"]].itertuples(index=False):
            own = name if name != "." and often[name] == 1 else f"{chrom}:{start + 1}-{end}"
            region = Region(name=own, chrom=chrom, start=int(start), end=int(end))
            found.setdefault(_place(region), region)
    return [found[place] for place in sorted(found)]


def _place(region: Region) -> tuple[str, int, int]:
    return bare(region.chrom), region.start, region.end


def with_carriers(regions: Sequence[Region], segments: Path) -> list[Region]:
    """Return the regions with the haplotypes that carry a segment of ``predict --segments`` there."""
    table = read_segments(segments)
    by_chromosome = {bare(str(chrom)): rows for chrom, rows in table.groupby("chrom", sort=False)}
    found = []
    for region in regions:
        rows = by_chromosome.get(bare(region.chrom))
        carriers: frozenset[tuple[str, int]] = frozenset()
        if rows is not None:
            here = rows[(rows["start"] < region.end) & (rows["end"] > region.start)]
            carriers = frozenset(zip(here["sample"].tolist(), here["haplotype"].tolist(), strict=True))
        found.append(
            Region(name=region.name, chrom=region.chrom, start=region.start, end=region.end, carriers=carriers)
        )
    return found
