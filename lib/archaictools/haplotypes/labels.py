"""Labels of bins: bases of known introgressed segments in every bin of a haplotype."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from archaictools.errors import InputError, shortlist
from archaictools.intervals import EMPTY_SET, IntervalSet, intervals_by_chromosome
from archaictools.io.bed import read_bed
from archaictools.io.chromosomes import bare
from archaictools.io.columns import intervals_of, read_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")


def read_cover(path: Path, *, tally: Summary, group: str) -> dict[str, IntervalSet]:
    """Return the regions of a BED file by chromosome, named without ``chr``."""
    frame = read_bed(path, tally=tally, group=group)
    return intervals_by_chromosome(frame.assign(chrom=frame["chrom"].map(bare)))


def read_truth(
    path: Path, haplotypes: Sequence[tuple[str, int]], *, tally: Summary, elsewhere: Collection[str] = ()
) -> dict[tuple[str, str, int], IntervalSet]:
    """Return segments of a BED file ``chrom start end sample haplotype``; ``.`` or no haplotype means both.

    A file of comments only says that no person has archaic ancestry; a warning repeats it.

    Parameters
    ----------
    path
        BED of at least four columns.
    haplotypes
        Haplotypes to label; segments of others are counted and not used.
    elsewhere
        Samples of other shards, whose segments are counted apart.

    Returns
    -------
    dict
        (chromosome without ``chr``, sample, haplotype) to the introgressed regions.

    Raises
    ------
    InputError
        If a haplotype is not 1, 2 or ``.``, or if no segment belongs to a sample of the whole ingroup.
    """
    parts, others, total = [], 0, 0
    known = {sample for sample, _ in haplotypes}
    for text in read_columns(path, ("chrom", "start", "end", "sample", "haplotype"), tally=tally, group="truth"):
        frame = intervals_of(text, path, tally=tally, group="truth")
        total += len(frame)
        wrong = ~frame["haplotype"].isin(["1", "2", ".", ""])
        if wrong.any():
            row = frame[wrong].iloc[0]
            raise InputError(
                f"haplotype is {row['haplotype']!r}, expected 1, 2 or .", path=path, line=int(frame[wrong].index[0])
            )
        tally.add("truth", "segments read", len(frame), int((frame["end"] - frame["start"]).sum()))
        other = frame["sample"].isin(elsewhere)
        if other.any():
            others += int(other.sum())
            tally.add("truth", "segments of people of other shards, not used", int(other.sum()))
        strange = ~(frame["sample"].isin(known) | other)
        if strange.any():
            tally.add("truth", "segments of people not in the ingroup, not used", int(strange.sum()))
        frame = frame[~strange & ~other].astype({"chrom": str, "sample": str, "haplotype": str})
        both = ~frame["haplotype"].isin(["1", "2"])
        parts += [frame[~both], frame[both].assign(haplotype="1"), frame[both].assign(haplotype="2")]
    segments = pd.concat(parts) if parts else pd.DataFrame()
    if not total:
        log.warning("%s has no segment: every person counts as without archaic ancestry", path.name)
    if not total or (segments.empty and others):
        return {}
    if segments.empty:
        raise InputError(
            f"holds no segment of {shortlist(sorted(known))}",
            path=path,
            remedy="expected tab-separated chrom, start, end, sample, haplotype (1, 2 or .)",
        )
    groups = segments.groupby([segments["chrom"].map(bare), "sample", "haplotype"])
    return {
        (str(chrom), str(sample), int(str(number))): IntervalSet.merged(
            *(rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        )
        for (chrom, sample, number), rows in groups
    }


def tally_unused(
    covers: Iterable[tuple[str, IntervalSet]],
    lengths: Mapping[str, int],
    *,
    tally: Summary,
    group: str,
    item: str,
    chosen: Collection[str] | None = None,
) -> None:
    """Count regions on chromosomes that were not read, and regions beyond the end of a chromosome.

    Parameters
    ----------
    covers
        Chromosomes, named without ``chr``, and their regions.
    lengths
        Lengths in bp of the chromosomes that were read, named without ``chr``.
    tally, group, item
        Summary, class and item of the counts.
    chosen
        Chromosomes that were asked for, without ``chr``; None for all.
    """
    for chrom, cover in covers:
        if chosen is not None and chrom not in chosen:
            tally.add(group, f"{item} on chromosomes not asked for", len(cover), cover.bases)
        elif chrom not in lengths:
            tally.add(group, f"{item} on chromosomes that no VCF holds, not used", len(cover), cover.bases)
        elif beyond := int((cover.end > lengths[chrom]).sum()):
            lost = cover.bases - cover.clip(lengths[chrom]).bases
            tally.add(group, f"{item} beyond the end of a chromosome, cut", beyond, lost)


def truth_in_bins(
    truth: Mapping[tuple[str, str, int], IntervalSet],
    haplotypes: Sequence[tuple[str, int]],
    chrom: str,
    *,
    length: int,
    size: int,
) -> npt.NDArray[np.uint16]:
    """Return the introgressed bases of every bin of ``size`` bp: uint16 (haplotypes, bins)."""
    covers = [truth.get((bare(chrom), *named), EMPTY_SET).clip(length) for named in haplotypes]
    rows = [cover.bases_in_bins(first=0, last=-(-length // size), size=size) for cover in covers]
    return np.array(rows, dtype=np.uint16)
