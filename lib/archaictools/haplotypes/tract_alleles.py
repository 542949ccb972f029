"""Alleles of haplotypes and archaic genomes at the variable sites of regions, in one pass over VCFs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, shortlist
from archaictools.haplotypes.site_walk import MODERN, SiteWalk
from archaictools.io.chromosomes import bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.options import GenotypeOptions
    from archaictools.haplotypes.samples import SampleSets
    from archaictools.haplotypes.tract_regions import Region
    from archaictools.io.sites import Sites
    from archaictools.io.summary import Summary
    from archaictools.progress import Progress

    Bases = npt.NDArray[np.int8]


@dataclass(frozen=True, kw_only=True, eq=False)
class TractSites:
    """Variable sites of one chromosome.

    Attributes
    ----------
    chrom
        Name in the VCF.
    position
        int64 (sites,), 0-based.
    bases
        int8 (sites, 4): REF and ALT as 0 to 3 for A, C, G, T; -1 for no such allele.
    alleles
        int8 (sites, samples, 2): allele number of each haplotype, -1 not called.
    known
        bool (sites, samples): the two alleles have an order, or are the same; False for an unphased heterozygote.
    haploid
        bool (sites, samples): the call has one allele.
    archaic
        int8 (sites, archaic samples, 2): bases, negative if not called.
    """

    chrom: str
    position: npt.NDArray[np.int64]
    bases: Bases
    alleles: Bases
    known: npt.NDArray[np.bool_]
    haploid: npt.NDArray[np.bool_]
    archaic: Bases

    def __len__(self) -> int:
        return len(self.position)

    @property
    def carried(self) -> Bases:
        """Return the base of each haplotype, int8 (sites, haplotypes), -1 if it is not called or not phased."""
        rows = np.arange(len(self))[:, None, None]
        found = np.where(self.alleles >= 0, self.bases[rows, np.maximum(self.alleles, 0)], np.int8(-1))
        found[~self.known] = -1
        return np.asarray(found.reshape(len(self), -1))

    def take(self, rows: npt.NDArray[np.bool_] | slice) -> TractSites:
        """Return some of the sites."""
        return TractSites(
            chrom=self.chrom,
            position=self.position[rows],
            bases=self.bases[rows],
            alleles=self.alleles[rows],
            known=self.known[rows],
            haploid=self.haploid[rows],
            archaic=self.archaic[rows],
        )

    @staticmethod
    def joined(parts: Sequence[TractSites]) -> TractSites:
        """Return the sites of several parts of one chromosome, one after the other."""
        names = ("position", "bases", "alleles", "known", "haploid", "archaic")
        return TractSites(
            chrom=parts[0].chrom, **{name: np.concatenate([getattr(one, name) for one in parts]) for name in names}
        )


def variable_sites(
    samples: SampleSets,
    options: GenotypeOptions,
    regions: Sequence[Region],
    *,
    tally: Summary,
    progress: Progress,
    threads: int = 1,
) -> Iterator[TractSites]:
    """Yield the sites of regions at which haplotypes and archaic genomes have two bases or more, in order of the files.

    Parameters
    ----------
    samples, options
        Samples to read, and the meaning of their calls.
    regions
        Regions, which may overlap; a site comes once.
    tally
        Counts records and sites that are not used, and genotypes that are not known.
    progress
        Advances by sites read.
    threads
        With more than one, files are decompressed in advance.

    Raises
    ------
    InputError
        If a file cannot be understood, or if the files lack the chromosome of a region.
    """
    wanted: dict[str, list[Region]] = {}
    for region in regions:
        wanted.setdefault(bare(region.chrom), []).append(region)
    chromosomes = list(dict.fromkeys(region.chrom for region in regions))
    with SiteWalk(samples, options, tally=tally, chromosomes=chromosomes, threads=threads) as walk:
        for block in walk.blocks():
            progress.advance(len(block.sites))
            inside = np.zeros(len(block.sites), dtype=bool)
            for region in wanted.get(bare(block.chrom), ()):
                inside[slice(*np.searchsorted(block.sites.position, (region.start, region.end)))] = True
            if not inside.any():
                continue
            sites = block.sites.take(inside)
            archaic = block.archaics.bases(block.chrom, sites)
            found = _variable(block.chrom, sites, archaic, people=len(samples.ingroup), tally=tally)
            if len(found):
                yield found
        absent = [name for name in chromosomes if bare(name) not in {bare(done) for done in walk.done}]
        if absent:
            raise InputError(
                f"holds no single-nucleotide record on {shortlist(absent)}, where a region lies",
                path=shortlist(samples.vcf),
                remedy="give the VCF of this chromosome, or leave the region out",
            )
        walk.finish()


def by_region(sites: Iterator[TractSites], regions: Sequence[Region]) -> Iterator[tuple[Region, TractSites]]:
    """Yield each region that has a site, with its sites, as soon as they are complete; memory holds open regions only.

    Parameters
    ----------
    sites
        Sites as :func:`variable_sites` yields them.
    regions
        Regions, sorted by start on each chromosome.
    """
    wanted: dict[str, list[Region]] = {}
    for region in regions:
        wanted.setdefault(bare(region.chrom), []).append(region)
    waiting: list[Region] = []
    parts: dict[str, list[TractSites]] = {}
    chrom = ""
    for block in sites:
        if block.chrom != chrom:
            yield from _completed(waiting, parts, None)
            chrom, waiting = block.chrom, list(wanted.get(bare(block.chrom), ()))
        for region in waiting:
            part = slice(*np.searchsorted(block.position, (region.start, region.end)).tolist())
            if part.start < part.stop:
                parts.setdefault(region.name, []).append(block.take(part))
        yield from _completed(waiting, parts, int(block.position[-1]))
    yield from _completed(waiting, parts, None)


def _completed(
    waiting: list[Region], parts: dict[str, list[TractSites]], last: int | None
) -> Iterator[tuple[Region, TractSites]]:
    """Yield and remove the first regions that end at or before the last site; all of them without one."""
    while waiting and (last is None or waiting[0].end <= last + 1):
        region = waiting.pop(0)
        own = parts.pop(region.name, None)
        if own:
            yield region, TractSites.joined(own)


def _variable(chrom: str, sites: Sites, archaic: Bases, *, people: int, tally: Summary) -> TractSites:
    """Return the sites at which two bases or more are called; count the others, and genotypes without a phase."""
    calls = sites.calls
    alleles = calls.alleles[:, :people]
    rows = np.arange(len(sites))[:, None, None]
    modern = np.where(alleles >= 0, sites.bases[rows, np.maximum(alleles, 0)], np.int8(-1))
    every = np.concatenate([modern.reshape(len(sites), -1), archaic.reshape(len(sites), -1)], axis=1)
    kinds = np.stack([(every == base).any(axis=1) for base in range(4)], axis=1).sum(axis=1)
    kept = kinds > 1
    if not kept.all():
        tally.add(MODERN, "sites of regions at which all called alleles are the same, left out", int((~kept).sum()))
    haploid = np.zeros(alleles.shape[:2], dtype=bool) if calls.haploid is None else calls.haploid[:, :people]
    known = calls.phased[:, :people] | (alleles[..., 0] == alleles[..., 1]) | haploid
    unphased = int((~known & (alleles >= 0).any(axis=2))[kept].sum())
    if unphased:
        tally.add(MODERN, "unphased heterozygous genotypes, whose haplotypes are NA", unphased)
    return TractSites(
        chrom=chrom,
        position=sites.position[kept],
        bases=sites.bases[kept],
        alleles=alleles[kept],
        known=known[kept],
        haploid=haploid[kept],
        archaic=archaic[kept],
    )
