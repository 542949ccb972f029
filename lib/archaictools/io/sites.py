"""Sites: the genotypes of records at single positions, in order, each position once.

A record of several bases also gives sites at later positions, which may lie beyond the records that follow. Therefore
sites are kept back until all records that could come before them are read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from archaictools.io._vcf_alleles import NO_BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from archaictools.io._vcf_alleles import PositionBases
    from archaictools.io.summary import Summary

    Index = npt.NDArray[np.int64]

#: Largest number of bases at one position: REF and three others.
MAX_BASES = 4


@dataclass(frozen=True)
class Calls:
    """Genotypes of some records and samples.

    Attributes
    ----------
    alleles
        int8 (records, samples, 2): allele number, 0 for REF; -1 not called.
    phased
        bool (records, samples): the call is phased, or haploid.
    haploid
        bool (records, samples): the call has one allele, and its second allele is -1; None if no call is haploid.
    baseless
        bool (records, samples): an allele of the call has no base at this position (``*``, a deletion), so that its -1
        never means REF; None if there is no such call.
    """

    alleles: npt.NDArray[np.int8]
    phased: npt.NDArray[np.bool_]
    haploid: npt.NDArray[np.bool_] | None
    baseless: npt.NDArray[np.bool_] | None = None

    def take(self, rows: Index | npt.NDArray[np.bool_] | slice) -> Calls:
        """Return the calls of some records."""
        haploid, baseless = (None if part is None else part[rows] for part in (self.haploid, self.baseless))
        return replace(self, alleles=self.alleles[rows], phased=self.phased[rows], haploid=haploid, baseless=baseless)


@dataclass(frozen=True)
class ReferenceBlocks:
    """REF blocks of a gVCF: one genotype for many bases.

    Attributes
    ----------
    start
        int64 (blocks,), 0-based, ascending.
    end
        int64 (blocks, samples), exclusive.
    alleles
        int8 (blocks, samples, 2): 0 for REF, -1 not called.
    """

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    alleles: npt.NDArray[np.int8]

    def take(self, rows: npt.NDArray[np.bool_] | slice) -> ReferenceBlocks:
        """Return some of the blocks."""
        return ReferenceBlocks(self.start[rows], self.end[rows], self.alleles[rows])

    @staticmethod
    def joined(parts: Sequence[ReferenceBlocks]) -> ReferenceBlocks:
        """Return the blocks of several parts, sorted by start; blocks of equal start stay in the order of the parts."""
        start = np.concatenate([part.start for part in parts])
        order = np.argsort(start, kind="stable")
        end, alleles = (np.concatenate(some)[order] for some in zip(*((p.end, p.alleles) for p in parts), strict=True))
        return ReferenceBlocks(start[order], end, alleles)


@dataclass(frozen=True)
class Sites:
    """Some single-nucleotide sites of one chromosome, sorted by position.

    Attributes
    ----------
    chrom
        Name of the chromosome in the file.
    position
        int64 (sites,), 0-based.
    bases
        int8 (sites, 4): REF and ALT as 0–3 for A, C, G, T, -1 for no such allele.
    calls
        Genotypes of the requested samples, in the order of the request.
    line
        int64 (sites,): number of the line in the file, from 1; 0 if it is not known.
    blocks
        REF blocks that begin at one of these sites, if they were requested and there are any.
    """

    chrom: str
    position: npt.NDArray[np.int64]
    bases: npt.NDArray[np.int8]
    calls: Calls
    line: npt.NDArray[np.int64]
    blocks: ReferenceBlocks | None = None

    def __len__(self) -> int:
        return len(self.position)

    def take(self, rows: Index | npt.NDArray[np.bool_] | slice) -> Sites:
        """Return some of the sites, without blocks."""
        return Sites(self.chrom, self.position[rows], self.bases[rows], self.calls.take(rows), self.line[rows])

    def up_to(self, last: int) -> tuple[Sites, Sites]:
        """Return the sites at or before a position, and those after it, each with its blocks."""
        cut = int(np.searchsorted(self.position, last, side="right"))
        parts = self.take(slice(0, cut)), self.take(slice(cut, None))
        if self.blocks is None:
            return parts
        first = int(np.searchsorted(self.blocks.start, last, side="right"))
        blocks = self.blocks.take(slice(0, first)), self.blocks.take(slice(first, None))
        return replace(parts[0], blocks=blocks[0]), replace(parts[1], blocks=blocks[1])


def sites_of_records(records: Sites, bases: Sequence[tuple[PositionBases, ...]]) -> Sites:
    """Return a site for each position at which a record has bases.

    Parameters
    ----------
    records
        One row per record: its position is POS, and its calls name the alleles of the record.
    bases
        For each record, the bases of its alleles at each of these positions.
    """
    row = np.repeat(np.arange(len(records)), [len(several) for several in bases])
    flat = [base for several in bases for base in several]
    longest = max((len(base.numbers) for base in flat), default=1)
    table = np.full((len(flat), longest + 1), -1, dtype=np.int8)  # the last column: not called
    for number, base in enumerate(flat):
        table[number, : len(base.numbers)] = base.numbers
    taken = records.take(row)
    alleles = table[np.arange(len(flat))[:, None, None], taken.calls.alleles]
    position = taken.position + np.array([base.offset for base in flat], dtype=np.int64)
    found = np.array([base.bases for base in flat], dtype=np.int8).reshape(-1, MAX_BASES)
    return Sites(records.chrom, position, found, replace(taken.calls, alleles=alleles), taken.line)


def merge_sites(first: Sites, second: Sites) -> Sites:
    """Return the sites of both, sorted by position; at one position, sites of the first come first."""
    position = np.concatenate([first.position, second.position])
    order = np.argsort(position, kind="stable")
    both = (first.calls, second.calls)
    haploid = None
    if any(calls.haploid is not None for calls in both):
        parts = [np.zeros(calls.phased.shape, dtype=bool) if calls.haploid is None else calls.haploid for calls in both]
        haploid = np.concatenate(parts)[order]
    calls = Calls(
        np.concatenate([calls.alleles for calls in both])[order],
        np.concatenate([calls.phased for calls in both])[order],
        haploid,
    )
    blocks = [sites.blocks for sites in (first, second) if sites.blocks is not None]
    return Sites(
        first.chrom,
        position[order],
        np.concatenate([first.bases, second.bases])[order],
        calls,
        np.concatenate([first.line, second.line])[order],
        ReferenceBlocks.joined(blocks) if blocks else None,
    )


class SiteJoiner:
    """Puts sites in order: keeps back sites beyond the last record, and joins sites of one position.

    Parameters
    ----------
    tally, group
        Counts of records, and their class in the summary.
    """

    def __init__(self, tally: Summary, group: str) -> None:
        self._tally, self._group = tally, group
        self._held: Sites | None = None
        self._chrom, self._last = "", -1

    def add(self, sites: Sites | None, chrom: str, last: int, *, mixed: bool) -> Iterator[Sites]:
        """Add the sites of the next records; yield all sites that no later record can change.

        Parameters
        ----------
        sites
            Sites of the next records, sorted by position; None for none.
        chrom, last
            Chromosome and position of the last record.
        mixed
            Whether some sites lie beyond ``last``, or some alleles have no base.
        """
        if self._held is not None and self._held.chrom != chrom:
            yield from self.finish()
        if self._held is not None:
            sites = self._held if sites is None else merge_sites(self._held, sites)
            self._held, mixed = None, True
        if sites is None:
            return
        if mixed:
            sites, held = sites.up_to(last)
            self._held = held if len(held) else None
        yield from self._complete(sites, mixed=mixed)

    def finish(self) -> Iterator[Sites]:
        """Yield the sites that were kept back; no record of their chromosome is left."""
        held, self._held = self._held, None
        if held is not None:
            yield from self._complete(held, mixed=True)

    def _complete(self, sites: Sites, *, mixed: bool) -> Iterator[Sites]:
        """Yield sites after joining those of one position."""
        if len(sites):
            if sites.chrom != self._chrom:
                self._chrom, self._last = sites.chrom, -1
            fresh = np.diff(sites.position, prepend=self._last) > 0
            self._last = int(sites.position[-1])
            sites = self._joined(sites, fresh)
        if len(sites):
            yield self._without_bases(sites) if mixed else sites

    def _without_bases(self, sites: Sites) -> Sites:
        """Mark alleles that have no base as not called, and count them."""
        none = sites.calls.alleles == NO_BASE
        if not none.any():
            return sites
        self._tally.add(
            self._group, "alleles without a base there (*, <NON_REF>, a deletion), not called", int(none.sum())
        )
        alleles = np.where(none, np.int8(-1), sites.calls.alleles)
        return replace(sites, calls=replace(sites.calls, alleles=alleles, baseless=none.any(axis=2)))

    def _joined(self, sites: Sites, fresh: npt.NDArray[np.bool_]) -> Sites:
        """Join each site to an earlier site of the same position and REF; drop and count it if REF differs.

        Such records give carriers of the other record's alleles as REF or as not called. Therefore an allele without a
        base takes precedence over an ALT, an ALT over REF, and REF over a missing call. A joined genotype is phased
        only if it is phased in both records.
        """
        if fresh.all():
            return sites
        bases, alleles, phased = sites.bases.copy(), sites.calls.alleles.copy(), sites.calls.phased.copy()
        first = np.maximum.accumulate(np.where(fresh, np.arange(len(sites)), -1))
        for row in np.flatnonzero(~fresh).tolist():
            into = int(first[row])
            known = [] if into < 0 else [base for base in bases[into].tolist() if base >= 0]
            own = [base for base in bases[row].tolist() if base >= 0]
            if not known or known[0] != own[0]:
                self._tally.add(self._group, "records at a position that an earlier record has, dropped", 1)
                continue
            self._tally.add(self._group, "records of alleles of one site, joined", 1)
            known += [base for base in own if base not in known]
            bases[into, : len(known)] = known
            numbers = np.array([*(known.index(base) for base in own), NO_BASE, -1], dtype=np.int8)
            found, before = numbers[alleles[row]], alleles[into]
            better = (found == NO_BASE) | ((before != NO_BASE) & ((found > 0) | (before == -1)))
            alleles[into] = np.where(better, found, before)
            phased[into] &= phased[row]
        calls = replace(sites.calls.take(fresh), alleles=alleles[fresh], phased=phased[fresh])
        return replace(
            Sites(sites.chrom, sites.position[fresh], bases[fresh], calls, sites.line[fresh]), blocks=sites.blocks
        )
