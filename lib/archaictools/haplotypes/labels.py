"""Known or published segments of people: how many bases of each bin they cover, haplotype by haplotype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from archaictools.errors import InputError, shortlist
from archaictools.io.bed import read_bed
from archaictools.io.chromosomes import bare
from archaictools.io.columns import intervals_of, read_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from archaictools.io.summary import Tally

Int = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cover:
    """Merged intervals of one chromosome.

    Examples
    --------
    >>> Cover.of([(5, 12), (10, 25)]).in_bins(first=0, last=3, size=10).tolist()
    [5, 10, 5]
    """

    start: Int
    end: Int

    @classmethod
    def of(cls, intervals: Sequence[tuple[int, int]]) -> Cover:
        """Merge intervals given as (start, end)."""
        start, end = np.array(intervals, dtype=np.int64).reshape(-1, 2).T
        return cls.between(start, end)

    @classmethod
    def between(cls, start: Int, end: Int) -> Cover:
        """Merge intervals given as arrays of starts and ends."""
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
        reach = np.maximum.accumulate(end) if len(end) else end
        fresh = np.ones(len(start), dtype=bool)
        fresh[1:] = start[1:] > reach[:-1]
        last = np.append(np.flatnonzero(fresh)[1:], len(start)) - 1
        return cls(start[fresh], reach[last] if len(start) else end)

    def cut(self, length: int) -> Cover:
        """Leave out what lies beyond a chromosome's end."""
        inside = self.start < length
        return Cover(self.start[inside], np.minimum(self.end[inside], length))

    @property
    def bases(self) -> int:
        """Covered bases."""
        return int((self.end - self.start).sum())

    def before(self, position: Int) -> Int:
        """Count covered bases before each position."""
        if not len(self.start):
            return np.zeros(len(position), dtype=np.int64)
        length = self.end - self.start
        total = np.concatenate(([0], np.cumsum(length)))
        number = np.searchsorted(self.start, position, side="right")
        last = np.maximum(number - 1, 0)
        part = np.where(number > 0, np.minimum(position - self.start[last], length[last]), 0)
        return np.asarray(total[last] * (number > 0) + part, dtype=np.int64)

    def within(self, start: Int, end: Int) -> Int:
        """Count covered bases of each interval."""
        return self.before(end) - self.before(start)

    def in_bins(self, *, first: int, last: int, size: int) -> Int:
        """Count covered bases of the bins [first, last) of ``size`` bp."""
        return np.diff(self.before(np.arange(first, last + 1, dtype=np.int64) * size))

    def holds(self, position: Int) -> npt.NDArray[np.bool_]:
        """Tell which positions are covered."""
        number = np.searchsorted(self.start, position, side="right")
        return (
            np.asarray((number > 0) & (position < self.end[np.maximum(number - 1, 0)]))
            if len(self.end)
            else (np.zeros(len(position), dtype=bool))
        )


NOTHING = Cover.of([])


def read_cover(path: Path, *, tally: Tally, group: str) -> dict[str, Cover]:
    """Read a BED file: chromosome, without ``chr``, to what it covers."""
    frame = read_bed(path, tally=tally, group=group)
    return {chrom: _cover(rows) for chrom, rows in frame.groupby(frame["chrom"].map(bare))}


def read_truth(path: Path, haplotypes: Sequence[tuple[str, int]], *, tally: Tally) -> dict[tuple[str, str, int], Cover]:
    """Read segments ``chrom start end sample haplotype``; haplotype ``.`` or left out stands for both.

    Parameters
    ----------
    path
        BED of at least four columns.
    haplotypes
        Those that can be labelled; segments of others are counted and not used.

    Returns
    -------
    dict
        (chromosome without ``chr``, sample, haplotype) to what is covered.

    Raises
    ------
    InputError
        If a haplotype is not 1, 2 or ``.``, or if no segment belongs to one of the haplotypes.
    """
    parts = []
    known = {sample for sample, _ in haplotypes}
    for text in read_columns(path, ("chrom", "start", "end", "sample", "haplotype"), tally=tally, group="truth"):
        frame = intervals_of(text, path, tally=tally, group="truth")
        wrong = ~frame["haplotype"].isin(["1", "2", ".", ""])
        if wrong.any():
            row = frame[wrong].iloc[0]
            raise InputError(
                f"haplotype is {row['haplotype']!r}, expected 1, 2 or .", path=path, line=int(frame[wrong].index[0])
            )
        tally.add("truth", "segments read", len(frame), int((frame["end"] - frame["start"]).sum()))
        strange = ~frame["sample"].isin(known)
        if strange.any():
            tally.add("truth", "segments of people not in the ingroup, not used", int(strange.sum()))
        frame = frame[~strange].astype({"chrom": str, "sample": str, "haplotype": str})
        both = ~frame["haplotype"].isin(["1", "2"])
        parts += [frame[~both], frame[both].assign(haplotype="1"), frame[both].assign(haplotype="2")]
    segments = pd.concat(parts) if parts else pd.DataFrame()
    if segments.empty:
        raise InputError(
            f"holds no segment of {shortlist(sorted(known))}",
            path=path,
            remedy="expected tab-separated chrom, start, end, sample, haplotype (1, 2 or .)",
        )
    groups = segments.groupby([segments["chrom"].map(bare), "sample", "haplotype"])
    return {(str(chrom), str(sample), int(str(number))): _cover(rows) for (chrom, sample, number), rows in groups}


def tally_unused(
    covers: Iterable[tuple[str, Cover]], lengths: Mapping[str, int], *, tally: Tally, group: str, item: str
) -> None:
    """Count what lies where nothing was read: stretches on other chromosomes, and beyond the end of one.

    Parameters
    ----------
    covers
        Of chromosomes, named without ``chr``.
    lengths
        Of the chromosomes that were read, named so too.
    tally, group, item
        Where and as what they are counted.
    """
    for chrom, cover in covers:
        if chrom not in lengths:
            tally.add(group, f"{item} on chromosomes that no VCF holds, not used", len(cover.start), cover.bases)
        elif beyond := int((cover.end > lengths[chrom]).sum()):
            lost = cover.bases - cover.cut(lengths[chrom]).bases
            tally.add(group, f"{item} beyond the end of a chromosome, cut", beyond, lost)


def _cover(frame: pd.DataFrame) -> Cover:
    return Cover.between(frame["start"].to_numpy(dtype=np.int64), frame["end"].to_numpy(dtype=np.int64))


def truth_in_bins(
    truth: Mapping[tuple[str, str, int], Cover],
    haplotypes: Sequence[tuple[str, int]],
    chrom: str,
    *,
    length: int,
    size: int,
) -> npt.NDArray[np.uint16]:
    """Count introgressed bases of a chromosome of ``length`` bp: uint16 (haplotypes, bins)."""
    covers = [truth.get((bare(chrom), *named), NOTHING).cut(length) for named in haplotypes]
    rows = [cover.in_bins(first=0, last=-(-length // size), size=size) for cover in covers]
    return np.array(rows, dtype=np.uint16)
