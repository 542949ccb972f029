"""Features of one chromosome, computed block by block from its sites; memory holds one tile of all haplotypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from archaictools.errors import InputError
from archaictools.haplotypes.allele_classes import (
    RARE,
    VERY_RARE,
    archaic_state,
    class_of_alleles,
    frequency_class,
    keep_within_groups,
)
from archaictools.haplotypes.evidence import Evidence
from archaictools.haplotypes.feature_layout import TILE
from archaictools.haplotypes.labels import truth_in_bins
from archaictools.haplotypes.random_phase import RandomPhase
from archaictools.haplotypes.site_walk import MODERN
from archaictools.haplotypes.tile_buffer import TileBuffer
from archaictools.intervals import IntervalSet, runs_of_equal, runs_of_true
from archaictools.io.sites import MAX_BASES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.haplotypes.archaic_genotypes import Archaics
    from archaictools.haplotypes.feature_writer import FeatureWriter
    from archaictools.haplotypes.options import EncodingOptions
    from archaictools.haplotypes.samples import SampleSets
    from archaictools.io.sites import Sites
    from archaictools.io.summary import Summary

#: Without callable regions, a region of this many bp without a site counts as not sequenced.
EMPTY = 50_000

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class ChromosomeEncoder:
    """Encoder of one chromosome.

    Parameters
    ----------
    name, path
        The chromosome, and the VCF that holds it.
    samples, options
        Samples to encode, and how.
    archaics
        Genotypes of the archaic samples.
    writer
        Receives the tiles, in order.
    regions
        Callable regions of the chromosome; None for all of it.
    tally
        Counts sites and genotypes that are not used.
    seed
        Random seed of the order of unphased alleles.

    Attributes
    ----------
    bins, length
        Number of bins, and length in bp; set by :meth:`finish`.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        samples: SampleSets,
        options: EncodingOptions,
        archaics: Archaics,
        writer: FeatureWriter,
        regions: IntervalSet | None,
        tally: Summary,
        seed: int,
    ) -> None:
        self.name, self._path = name, path
        self._samples, self._options, self._archaics = samples, options, archaics
        self._writer, self._regions, self._tally = writer, regions, tally
        self.length, self.bins = writer.lengths.get(name, 0), 0
        if regions is not None and self.length:
            self._regions = regions.clip(self.length)
        self._end = 0  # of the last site
        self._evidence = Evidence(len(samples.outgroup), len(samples.ingroup))
        # First and last site of each bin, of the sites at which an outgroup haplotype is called; bins with a site at
        # which none is. All ascend. Callable regions are those of all people, so they depend on the outgroup alone.
        self._sites: list[Positions] = []
        self._without_outgroup: list[Positions] = []
        self._random = RandomPhase(samples.ingroup, chrom=name, seed=seed)
        self._groups = 2 * np.array(samples.groups, dtype=np.int64)
        self._unshared = np.zeros((len(samples.archaic), 2), dtype=np.int64)
        writer.begin(name)
        self._tile = 0
        self._buffer = self._new_buffer()

    def add(self, sites: Sites) -> int:
        """Encode the next sites; return the number of sites at which the modern samples differ.

        Raises
        ------
        InputError
            If a site lies beyond the chromosome's end, or if an ingroup sample is not phased.
        """
        self._end = int(sites.position[-1]) + 1
        if self.length and self._end > self.length:
            raise InputError(
                f"{self.name}:{self._end:,} lies beyond the chromosome's {self.length:,} bp, which the header gives",
                path=self._path,
            )
        alleles = self._phased(sites)
        count = len(self._samples.outgroup)
        outgroup, ingroup = (part.reshape(len(sites), -1) for part in (alleles[:, :count], alleles[:, count:]))
        inside = np.ones(len(sites), dtype=bool) if self._regions is None else self._regions.contains(sites.position)
        typed, missing = self._evidence.add(sites, alleles, inside)
        several = np.flatnonzero(sites.bases[:, 2] >= 0)
        carriers = count_by_allele(outgroup, several)
        outgroup_called = np.asarray(carriers.any(axis=0))
        kept = self._usable(inside, outgroup_called, carriers + count_by_allele(ingroup, several))
        carried, called = self._archaics.carried(self.name, sites)
        self._unshared += _unshared(sites, carried, called, inside)
        rows = np.flatnonzero(kept)
        carriers, carried, called, ingroup = carriers[:, rows], carried[rows], called[rows], ingroup[rows]
        whole = carriers.sum(axis=0)
        frequency = frequency_class(carriers, whole).T
        state = archaic_state(carried, np.broadcast_to(called[:, None], carried.shape))
        variable = carriers.max(axis=0) < whole
        every = sites.position // self._options.bin
        bins = every[rows]
        self._sites.append(_ends_in_bins(sites.position[inside & outgroup_called], self._options.bin))
        if len(lacking := np.flatnonzero(inside & ~outgroup_called)):
            self._without_outgroup.append(np.unique(every[lacking]))
        classes = _look_up(class_of_alleles(frequency, state), ingroup)
        if len(self._groups) > 1:
            classes[~variable] = keep_within_groups(classes[~variable], self._groups)
        rare = (classes >= 0) & (classes < RARE)
        self._share(bins, rare & (classes < VERY_RARE), ingroup)
        for first, last in zip(*(ends.tolist() for ends in runs_of_equal(every // TILE)), strict=True):
            self._advance(int(every[first]) // TILE)
            self._buffer.add_evidence(every[first:last] % TILE, typed[first:last], missing[first:last])
            part = slice(*np.searchsorted(rows, [first, last]).tolist())
            if part.start < part.stop:
                here = bins[part] % TILE
                self._buffer.add_features(here, classes[part], variable[part])
                self._buffer.add_matches(here, rare[part], ingroup[part], carried[part], called[part])
        return len(rows)

    def finish(self, truth: Mapping[tuple[str, str, int], IntervalSet] | None) -> int:
        """Write the last tiles, and labels; return the number of introgressed bases of all haplotypes."""
        if not self.length:
            self.length = self._end
            self._writer.lengths[self.name] = self.length
            self._tally.add(MODERN, "chromosomes without a length in the header, taken to end at the last site", 1)
        self.bins = -(-self.length // self._options.bin)
        self._advance((self.bins - 1) // TILE)
        self._write(self.bins - self._tile * TILE)
        for number, name in enumerate(self._samples.archaic):
            # A sample whose files lack the chromosome tells nothing about REF calls.
            if self._archaics.lacks(name, self.name):
                self._unshared[number] = 0
        self._writer.unshared(self._unshared)
        self._leave_out_empty()
        exists = self._evidence.exists()
        self._writer.exist(exists)
        if not exists.all():
            self._tally.add("ingroup", "haploid chromosomes of samples, without a haplotype 2", int((~exists).sum()))
        if truth is None:
            return 0
        bases = truth_in_bins(truth, self._samples.haplotypes, self.name, length=self.length, size=self._options.bin)
        self._writer.label(bases)
        return int(bases.sum(dtype=np.int64))

    def _leave_out_empty(self) -> None:
        """Mark long regions without a site at which the outgroup is called as not callable: centromeres, gaps.

        With callable regions given, only regions in which no outgroup haplotype is called are marked: nothing can be
        compared there. A chromosome without any such site is marked whole, however short.
        """
        none = np.zeros(0, dtype=np.int64)
        positions, lacking = (np.concatenate([none, *parts]) for parts in (self._sites, self._without_outgroup))
        size, item = self._options.bin, f"stretches of {EMPTY:,} bp or more without a site, left out"
        empty = np.ones(self.bins, dtype=bool)
        empty[positions // size] = False
        starts, stops = runs_of_true(empty)
        ends = list(zip(starts.tolist(), stops.tolist(), strict=True))
        if self._regions is None:
            # From site to site, as a gap rarely begins with a bin.
            edges = np.concatenate([[-1], positions, [self.length]])
            place = np.searchsorted(edges, starts * size)
            long = (edges[place] - edges[place - 1] > EMPTY).tolist()
            ends = [pair for pair, enough in zip(ends, long, strict=True) if enough]
        else:
            item = f"stretches of {EMPTY:,} bp or more in which no outgroup sample is called, left out"
            within = [lacking[slice(*np.searchsorted(lacking, pair))] for pair in ends]
            ends = [(int(there[0]), int(there[-1]) + 1) for there in within if len(there)]
            ends = [(first, last) for first, last in ends if (last - first) * size >= EMPTY]
        if len(lacking) and empty.all():
            ends = [(0, self.bins)]
            item = "chromosomes without a site at which the outgroup is called, left out"
        for first, last in ends:
            self._writer.leave_out(first, last)
            self._tally.add("callable", item, 1, min(last * size, self.length) - first * size)

    def _phased(self, sites: Sites) -> npt.NDArray[np.int8]:
        """Return the alleles of outgroup and ingroup; phase unphased heterozygotes of the ingroup at random.

        int8 (sites, samples, 2), -1 not called.
        """
        ingroup = slice(len(self._samples.outgroup), len(self._samples.outgroup) + len(self._samples.ingroup))
        if sites.calls.haploid is not None and (haploid := sites.calls.haploid[:, ingroup]).any():
            self._tally.add("ingroup", "haploid genotypes, without an allele of haplotype 2", int(haploid.sum()))
        calls = sites.calls.alleles[:, : ingroup.stop]
        pairs = calls[:, ingroup]
        missing = int(np.count_nonzero((pairs[..., 0] < 0) & (pairs[..., 1] < 0)))
        if missing:
            self._tally.add("ingroup", "genotypes not called, left out", missing)
        unphased = ~sites.calls.phased[:, ingroup] & (pairs[..., 0] != pairs[..., 1])
        if not unphased.any():
            return calls
        if self._options.unphased == "refuse":
            row, sample = (int(found) for found in np.argwhere(unphased)[0])
            raise InputError(
                f"{self._samples.ingroup[sample]} is not phased at {sites.chrom}:{sites.position[row] + 1}",
                path=self._path,
                line=int(sites.line[row]) or None,
                remedy="phase the ingroup first, or give its alleles a random order with --unphased random",
            )
        self._tally.add("ingroup", "unphased heterozygous genotypes, phased at random", int(unphased.sum()))
        calls = calls.copy()
        swap = self._random.swaps(sites.position, unphased)
        calls[:, ingroup][swap] = calls[:, ingroup][swap][:, ::-1]
        return calls

    def _usable(self, inside: Flags, outgroup_called: Flags, everyone: Positions) -> Flags:
        """Return the sites that are used; count each other site once, by its first reason."""
        kept = np.ones(len(inside), dtype=bool)
        for item, good in (
            ("sites outside callable regions", inside),
            ("sites at which no outgroup sample is called", outgroup_called),
            ("sites at which the modern samples do not differ", everyone.max(axis=0) < everyone.sum(axis=0)),
        ):
            bad = kept & ~good
            if bad.any():
                self._tally.add(MODERN, f"{item}, not used", int(bad.sum()))
            kept &= good
        return kept

    def _share(self, bins: Positions, very_rare: Flags, alleles: npt.NDArray[np.int8]) -> None:
        """Write the carriers of each very rare allele that two haplotypes or more carry."""
        rows = np.flatnonzero(very_rare.sum(axis=1, dtype=np.int32) > 1)
        own = np.where(very_rare[rows], alleles[rows], -1)
        site, allele = np.nonzero(count_by_allele(own, np.arange(len(rows))).T > 1)
        self._writer.share(bins[rows[site]], own[site] == allele[:, None])

    def _advance(self, tile: int) -> None:
        """Write all tiles before ``tile``."""
        while self._tile < tile:
            self._write(TILE)
            self._tile += 1
            self._buffer = self._new_buffer()

    def _new_buffer(self) -> TileBuffer:
        return TileBuffer(len(self._samples.haplotypes), len(self._samples.archaic))

    def _write(self, bins: int) -> None:
        """Write the first bins of the buffered tile."""
        first, size = self._tile * TILE, self._options.bin
        cover = IntervalSet.of([(0, self.length or (first + bins) * size)]) if self._regions is None else self._regions
        self._writer.append(self._buffer.chunk(bins, cover.bases_in_bins(first=first, last=first + bins, size=size)))


def _ends_in_bins(position: Positions, size: int) -> Positions:
    """Return the first and the last of the ascending positions in each bin of ``size`` bp, each once."""
    first, last = runs_of_equal(position // size)
    return np.unique(np.concatenate([position[first], position[last - 1]]))


def _unshared(sites: Sites, carried: npt.NDArray[np.int8], called: npt.NDArray[np.int8], inside: Flags) -> Positions:
    """Count non-REF alleles that no archaic sample carries, and those at which each sample is called.

    All alleles of the records count, carried or not, so the counts do not depend on the ingroup.

    Parameters
    ----------
    sites
        The sites of modern samples.
    carried, called
        See :meth:`archaictools.haplotypes.archaic_genotypes.Archaics.carried`.
    inside
        bool (sites,): sites in callable regions.

    Returns
    -------
    numpy.ndarray
        int64 (archaic samples, 2).
    """
    alleles = ((sites.bases[:, 1:] >= 0) & ~carried[:, 1:].any(axis=2)).sum(axis=1) * inside
    total = np.broadcast_to(alleles.sum(), called.shape[1:])
    return np.stack([total, alleles @ (called > 0)], axis=1)


def _look_up(table: npt.NDArray[np.int8], alleles: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the entry of (sites, alleles) for the allele of each haplotype, -1 where it is not called."""
    found: npt.NDArray[np.int8] = np.take(table, alleles + table.shape[1] * np.arange(len(table))[:, None])
    found[alleles < 0] = -1
    return found


def count_by_allele(alleles: npt.NDArray[np.int8], several: Positions) -> Positions:
    """Count haplotypes by allele: int64 (4, sites).

    Parameters
    ----------
    alleles
        int8 (sites, haplotypes): allele number, -1 not called.
    several
        Numbers of the few sites that have a third allele.
    """
    found = np.zeros((MAX_BASES, len(alleles)), dtype=np.int64)
    found[1] = (alleles == 1).sum(axis=1, dtype=np.int32)  # faster than count_nonzero
    for number in range(2, MAX_BASES):
        found[number, several] = np.count_nonzero(alleles[several] == number, axis=1)
    called = alleles.shape[1] if alleles.min(initial=0) >= 0 else np.count_nonzero(alleles >= 0, axis=1)
    found[0] = called - found[1:].sum(axis=0)
    return found
