"""Scan genomes for candidates of adaptive introgression, window by window, in one pass over the VCFs.

Only sites of the modern VCFs are read. An archaic allele that no modern record names is not seen.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, UsageError, shortlist
from archaictools.haplotypes.archaic_alleles import AlleleRules, archaic_frequencies
from archaictools.haplotypes.candidate_windows import Windows, WindowScan, WindowStatistics, check_regions, grid
from archaictools.haplotypes.site_walk import SiteWalk
from archaictools.io.bed import read_bed
from archaictools.io.chromosomes import bare
from archaictools.io.naming_styles import refuse_both_styles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.haplotypes.archaic_alleles import ArchaicSource
    from archaictools.haplotypes.options import GenotypeOptions, WindowOptions
    from archaictools.haplotypes.samples import SampleSets
    from archaictools.haplotypes.site_walk import Block
    from archaictools.io.summary import Summary
    from archaictools.progress import Progress

log = logging.getLogger("archaictools")

#: The two groups of modern samples, in the order in which they are read.
ROLES = ("reference", "target")


@dataclass(frozen=True)
class Regions:
    """Regions of one chromosome, in place of windows of a grid.

    Attributes
    ----------
    chrom
        Name of the chromosome in the BED.
    windows, names
        The regions, sorted, and their names.
    """

    chrom: str
    windows: Windows
    names: Sequence[str]


@dataclass(frozen=True)
class ScannedChromosome:
    """Statistics of the windows of one chromosome.

    Attributes
    ----------
    chrom
        Its name in the results.
    length
        Length in bp; without one in the header, the end of the last site.
    windows
        The windows, sorted by start.
    names
        Names of the regions; None for windows of a grid.
    statistics
        Statistics of each window and source.
    """

    chrom: str
    length: int
    windows: Windows
    names: Sequence[str] | None
    statistics: WindowStatistics


class CandidateScan:
    """A scan of all chromosomes.

    Parameters
    ----------
    samples
        The target as ingroup, the reference as outgroup, and the archaic genomes.
    sources
        Archaic genomes of each source.
    windows, genotypes
        Windows, thresholds, and the meaning of missing calls.
    regions
        BED of regions, in place of windows of a grid.
    tally
        Counts every record that is not used.

    Attributes
    ----------
    lengths
        Chromosome lengths in bp that headers give, by names in the results.
    sites
        Sites read.
    """

    def __init__(
        self,
        samples: SampleSets,
        sources: Sequence[ArchaicSource],
        windows: WindowOptions,
        genotypes: GenotypeOptions,
        *,
        regions: Path | None,
        tally: Summary,
    ) -> None:
        self._samples, self._sources, self._windows, self._genotypes = samples, sources, windows, genotypes
        self._rules = AlleleRules(windows.reference_below, windows.others)
        self._path, self._tally = regions, tally
        self._regions = _read_regions(regions, tally) if regions else None
        self.lengths: dict[str, int] = {}
        self.sites = 0

    def chromosomes(
        self, chromosomes: Sequence[str], *, progress: Progress, threads: int = 1
    ) -> Iterator[ScannedChromosome]:
        """Yield the chromosomes in the order of the VCFs; then those on which only regions lie.

        Parameters
        ----------
        chromosomes
            Chromosomes to read, in either style of names; empty for all.
        progress
            Advances by sites.
        threads
            With more than one, files are decompressed in advance.

        Raises
        ------
        InputError
            If a file cannot be understood, if no file holds a chosen chromosome, or if no site is left.
        """
        groups = (len(self._samples.outgroup), len(self._samples.ingroup))
        current: _Chromosome | None = None
        with SiteWalk(
            self._samples, self._genotypes, tally=self._tally, chromosomes=chromosomes, threads=threads, roles=ROLES
        ) as walk:
            for block in walk.blocks():
                if current is None or block.lengths is not None:
                    if current is not None:
                        yield current.finish()
                    current = self._begin(block)
                carried, called = block.archaics.carried(block.chrom, block.sites)
                found = archaic_frequencies(
                    block.sites, carried, called, groups=groups, sources=self._sources, rules=self._rules
                )
                current.add(block.sites.position, *found)
                self.sites += len(block.sites)
                progress.advance(len(block.sites))
            if current is not None:
                yield current.finish()
            walk.finish()
        if not self.sites:
            raise InputError(
                f"holds no single-nucleotide record that can be used ({self._tally.sentence()})",
                path=shortlist(self._samples.vcf),
                remedy="give genotypes of single-nucleotide variants",
            )
        walk.missing.warn_one_sided()
        yield from self._elsewhere(walk.done, chromosomes)

    def _begin(self, block: Block) -> _Chromosome:
        self.lengths |= {name: length for name, length in (block.lengths or {}).items() if name not in self.lengths}
        length = (block.lengths or {}).get(block.chrom, 0)
        if self._regions is None:
            return _Chromosome(block, length, self._windows, len(self._sources))
        regions = self._regions.get(bare(block.chrom)) or Regions(block.chrom, grid(0, size=1, step=1), [])
        if length and self._path:
            check_regions(regions.windows, length, chrom=block.chrom, path=self._path)
        return _Chromosome(block, length, self._windows, len(self._sources), regions)

    def _elsewhere(self, done: set[str], chromosomes: Sequence[str]) -> Iterator[ScannedChromosome]:
        """Yield regions on chromosomes without a site: nothing is known of them."""
        chosen = set(map(bare, chromosomes))
        read = set(map(bare, done))
        for chrom, own in (self._regions or {}).items():
            if chrom in read:
                continue
            if chosen and chrom not in chosen:
                self._tally.add("regions", "regions on chromosomes not asked for, left out", len(own.windows))
                continue
            self._tally.add("regions", "regions on chromosomes without a site, NA", len(own.windows))
            scan = WindowScan(own.windows, len(self._sources), target_above=self._windows.target_above)
            end = int(own.windows.end.max())
            yield ScannedChromosome(own.chrom, end, own.windows, own.names, scan.finish())


class _Chromosome:
    """The chromosome that is being read; windows of a grid grow with its sites where its length is not known."""

    def __init__(
        self,
        block: Block,
        length: int,
        options: WindowOptions,
        sources: int,
        regions: Regions | None = None,
    ) -> None:
        self._chrom, self._length, self._path = block.chrom, length, block.path
        self._options, self._end = options, 0
        self._fixed, self._names = regions is not None, regions.names if regions else None
        chosen = regions.windows if regions else grid(length, size=options.window, step=options.step)
        self._scan = WindowScan(chosen, sources, target_above=options.target_above)

    def add(
        self,
        position: npt.NDArray[np.int64],
        compared: npt.NDArray[np.bool_],
        frequency: npt.NDArray[np.float64],
    ) -> None:
        self._end = int(position[-1]) + 1
        if self._length and self._end > self._length:
            raise InputError(
                f"{self._chrom}:{self._end:,} lies beyond the chromosome's {self._length:,} bp, which the header gives",
                path=self._path,
            )
        if not self._length and not self._fixed:
            # One window more than needed: the last one ends with the last site only when that is known.
            whole = self._end + self._options.window
            self._scan.extend(grid(whole, size=self._options.window, step=self._options.step))
        self._scan.add(position, compared, frequency)

    def finish(self) -> ScannedChromosome:
        length = self._length or self._end
        if not self._length and not self._fixed:
            self._scan.cut(length)
        statistics = self._scan.finish()
        return ScannedChromosome(self._chrom, length, self._scan.windows, self._names, statistics)


def samples_of(
    groups: Mapping[str, str],
    reference: Sequence[str],
    target: Sequence[str],
    *,
    known: frozenset[str],
    path: Path,
    tally: Summary,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the samples of the reference and of the target, in the order of the table of groups.

    Parameters
    ----------
    groups
        Population of each sample.
    reference, target
        Populations of each group.
    known
        Samples of the VCFs; others are counted and not used.
    path
        The table of groups, named in errors.
    tally
        Counts samples that are not in the VCFs.

    Raises
    ------
    InputError
        If a population is not in the table, or if a group has no sample in the VCFs.
    UsageError
        If a population is in both groups.
    """
    populations = dict.fromkeys(groups.values())
    both = [name for name in reference if name in target]
    if both:
        raise UsageError(f"--reference-group and --target-group both name {shortlist(both)}")
    found = []
    for role, names in zip(ROLES, (reference, target), strict=True):
        unknown = [name for name in names if name not in populations]
        if unknown:
            raise InputError(
                f"has no population {shortlist(unknown)} (it has {shortlist(sorted(populations))})",
                path=path,
                remedy=f"name populations of the table in --{role}-group",
            )
        named = [sample for sample, population in groups.items() if population in names]
        there = tuple(sample for sample in named if sample in known)
        if len(there) < len(named):
            tally.add(role, "samples of the table that the VCFs lack, not used", len(named) - len(there))
        if not there:
            raise InputError(
                f"names no sample of {shortlist(names)} that the VCFs hold (they hold {shortlist(sorted(known))})",
                path=path,
                remedy="name samples as in the #CHROM line",
            )
        found.append(there)
    return found[0], found[1]


def warn_of_few(samples: int, below: float) -> None:
    """Warn of a reference in which one carrier is no longer rare: frequent alleles may be absent from it by chance."""
    if 2 * samples * below > 1:
        return
    limit = 1 - 0.05 ** (1 / (2 * samples))  # the frequency at which all chromosomes lack an allele in 5 % of draws
    log.warning(
        "the reference has %s samples: an allele that none of them carries may have a frequency of up to %s in the "
        "population (95 %% limit), so old alleles look archaic; give %s samples or more",
        f"{samples:,}", f"{limit:.0%}", f"{int(1 / (2 * below)) + 1:,}",
    )  # fmt: skip


def _read_regions(path: Path, tally: Summary) -> dict[str, Regions]:
    """Return the regions of a BED by chromosome, named without ``chr``, sorted by start and end."""
    table = read_bed(path, tally=tally, group="regions")
    refuse_both_styles(table["chrom"], source=path)
    found = {}
    for chrom, rows in table.sort_values(["start", "end"], kind="stable").groupby("chrom", sort=False):
        start, end = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        found[bare(str(chrom))] = Regions(str(chrom), Windows(start, end), rows["name"].tolist())
    return found
