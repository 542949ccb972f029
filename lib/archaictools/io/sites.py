"""Sites: what records give at single positions, in order, each position once.

A record of several bases gives sites at later positions, too. They may lie beyond records that follow. So sites are
held back until no record that could come before them is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from archaictools.io._vcf_alleles import NO_BASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from archaictools.io._vcf_alleles import Base
    from archaictools.io.summary import Summary

    Index = npt.NDArray[np.int64]


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
        bool (records, samples), or None where no call is haploid: called on one chromosome only; the second allele
        is -1.
    baseless
        bool (records, samples), or None where there is none: an allele of the call has no base at this position (``*``,
        a deletion), so that its -1 never stands for REF.
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
class Blocks:
    """Stretches over which records give genotypes without naming each base: REF blocks of a gVCF.

    Attributes
    ----------
    start
        int64 (n,), 0-based, ascending.
    end
        int64 (n, samples), not included.
    alleles
        int8 (n, samples, 2): 0 for REF, -1 not called.
    """

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    alleles: npt.NDArray[np.int8]

    def take(self, rows: npt.NDArray[np.bool_] | slice) -> Blocks:
        """Return some of them."""
        return Blocks(self.start[rows], self.end[rows], self.alleles[rows])

    @staticmethod
    def joined(parts: Sequence[Blocks]) -> Blocks:
        """Return the blocks of several parts by their start; of equal ones the later part's come later."""
        start = np.concatenate([part.start for part in parts])
        order = np.argsort(start, kind="stable")
        end, alleles = (np.concatenate(some)[order] for some in zip(*((p.end, p.alleles) for p in parts), strict=True))
        return Blocks(start[order], end, alleles)


@dataclass(frozen=True)
class Sites:
    """Some single-nucleotide sites of one chromosome, by position; no position twice.

    Attributes
    ----------
    chrom
        As the file names it.
    position
        int64 (n,), 0-based.
    bases
        int8 (n, 4): REF and ALT as 0–3 for A, C, G, T, -1 for no such allele.
    calls
        Genotypes of the samples asked for, in the order asked for.
    line
        int64 (n,): line of each site in the file's text, from 1.
    blocks
        REF blocks that begin at one of these sites, where they were asked for and there are some.
    """

    chrom: str
    position: npt.NDArray[np.int64]
    bases: npt.NDArray[np.int8]
    calls: Calls
    line: npt.NDArray[np.int64]
    blocks: Blocks | None = None

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


def spread(sites: Sites, bases: Sequence[tuple[Base, ...]]) -> Sites:
    """Turn records into sites, one for each of the positions at which a record has bases.

    Parameters
    ----------
    sites
        One row a record; its position is POS, its calls are of the record's own alleles.
    bases
        For each record, what its alleles are at each of those positions.
    """
    row = np.repeat(np.arange(len(sites)), [len(several) for several in bases])
    flat = [base for several in bases for base in several]
    most = max((len(base.numbers) for base in flat), default=1)
    table = np.full((len(flat), most + 1), -1, dtype=np.int8)  # the last column: not called
    for number, base in enumerate(flat):
        table[number, : len(base.numbers)] = base.numbers
    taken = sites.take(row)
    alleles = table[np.arange(len(flat))[:, None, None], taken.calls.alleles]
    position = taken.position + np.array([base.offset for base in flat], dtype=np.int64)
    found = np.array([base.bases for base in flat], dtype=np.int8).reshape(-1, 4)
    return Sites(sites.chrom, position, found, replace(taken.calls, alleles=alleles), taken.line)


def merged(first: Sites, second: Sites) -> Sites:
    """Return the sites of both by position; at one position those of the first come first."""
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
        Blocks.joined(blocks) if blocks else None,
    )


class Gathering:
    """Sites in order: those beyond the last record read are held back, those of one position are joined.

    Parameters
    ----------
    tally, group
        Where records are counted.
    """

    def __init__(self, tally: Summary, group: str) -> None:
        self._tally, self._group = tally, group
        self._held: Sites | None = None
        self._chrom, self._last = "", -1

    def add(self, sites: Sites | None, chrom: str, last: int, *, mixed: bool) -> Iterator[Sites]:
        """Yield the sites that are complete, now that all records of a chromosome up to a position were read.

        Parameters
        ----------
        sites
            Those of the next records, by position.
        chrom, last
            Where those records end.
        mixed
            Some sites lie beyond ``last``, or some alleles have no base.
        """
        if self._held is not None and self._held.chrom != chrom:
            yield from self.finish()
        if self._held is not None:
            sites = self._held if sites is None else merged(self._held, sites)
            self._held, mixed = None, True
        if sites is None:
            return
        if mixed:
            sites, held = sites.up_to(last)
            self._held = held if len(held) else None
        yield from self._complete(sites, mixed=mixed)

    def finish(self) -> Iterator[Sites]:
        """Yield what is held back: no record of its chromosome is left."""
        held, self._held = self._held, None
        if held is not None:
            yield from self._complete(held, mixed=True)

    def _complete(self, sites: Sites, *, mixed: bool) -> Iterator[Sites]:
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
        """Join each record at a position that an earlier one has to that one, if both have one REF; count both kinds.

        In such a record, carriers of the other record's alleles are given as REF or as not called. So an allele without
        a base counts before an ALT, an ALT before REF, and REF before a call that is missing.
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
