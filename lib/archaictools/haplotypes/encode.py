"""From VCFs of people, an outgroup and archaic genomes to words along every haplotype, in one pass.

Sites come in blocks (:mod:`archaictools.io.vcf`); for each block the frequency of every allele in the
outgroup, what the archaic people carry, and each haplotype's allele become words, which are added up in bins. Memory
holds a few blocks and :data:`~archaictools.haplotypes.feature_file.TILE` bins of all haplotypes.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from archaictools.errors import InputError, shortlist
from archaictools.haplotypes.allele_classes import (
    PATTERNS,
    PRIVATE,
    RARE,
    archaic_state,
    count_words,
    frequency_class,
    keep_within_groups,
    ordered_pairs,
    pattern_ids,
)
from archaictools.haplotypes.archaic_genotypes import Archaics, check_files
from archaictools.haplotypes.archaic_vcf import ArchaicFile
from archaictools.haplotypes.evidence import Evidence
from archaictools.haplotypes.feature_file import TILE
from archaictools.haplotypes.feature_writer import FeatureChunk
from archaictools.haplotypes.headers import Headers
from archaictools.haplotypes.labels import read_cover, read_truth, tally_unused, truth_in_bins
from archaictools.haplotypes.missing_calls import REMEDY, ModernMissing
from archaictools.intervals import EMPTY_SET, IntervalSet, runs_of_equal, runs_of_true
from archaictools.io.chromosomes import Naming, bare, length_of
from archaictools.io.phase_sets import PhaseSets
from archaictools.io.vcf import open_variants
from archaictools.io.vcf_text import ALLELES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.haplotypes.feature_writer import FeatureWriter
    from archaictools.haplotypes.samples import EncodingOptions, SampleSets
    from archaictools.io.sites import Sites
    from archaictools.io.summary import Summary
    from archaictools.io.vcf import VariantFile
    from archaictools.progress import Progress

log = logging.getLogger("archaictools")

#: Without callable regions, a stretch of this many bp without a site is taken as not sequenced.
EMPTY = 50_000

#: Counts end here: a bin of 1 kb hardly reaches it.
MOST = 255

_MODERN = "modern"

Int = npt.NDArray[np.int64]


@dataclass
class Used:
    """What was read: sites at which the modern people differ; bins, and bp, of one haplotype; introgressed bp."""

    sites: int = 0
    bins: int = 0
    bases: int = 0
    introgressed: int = 0


def encode_vcfs(
    people: SampleSets,
    options: EncodingOptions,
    writer: FeatureWriter,
    *,
    tally: Summary,
    progress: Progress,
    callable_regions: Path | None = None,
    truth: Path | None = None,
) -> Used:
    """Read all files once and write the words of every haplotype.

    Parameters
    ----------
    people, options
        What to read, and how.
    writer
        Takes the bins.
    tally
        Counts every record and site that is not used.
    progress
        Told of sites.
    callable_regions
        BED: sites outside are not used. Without it everything counts as callable but stretches of :data:`EMPTY` bp or
        more without a site.
    truth
        BED of introgressed segments, see :func:`archaictools.haplotypes.labels.read_truth`.

    Raises
    ------
    InputError
        If a file cannot be understood, lacks a sample, is not phased, or holds no site that can be used.
    """
    naming = Naming(tally)
    regions = read_cover(callable_regions, tally=tally, group="callable") if callable_regions else None
    segments = read_truth(truth, people.haplotypes, tally=tally) if truth else None
    used, done = Used(), set[str]()
    missing, phase_sets = ModernMissing(options.missing, people, tally), PhaseSets(people.ingroup)
    with ExitStack() as stack:
        files = []
        for path in people.archaic_vcf:
            check = options.archaic_missing == "ask"
            files.append(
                ArchaicFile(path, people.archaic, naming=naming, tally=tally, check=check, pass_only=options.pass_only)
            )
            stack.callback(files[-1].close)
        headers = Headers(people, files)
        for path in people.vcf:
            source = stack.enter_context(open_variants(path, threads=options.threads))
            archaics = Archaics(people.archaic, source, files, options.archaic_missing, tally)
            names = [*people.outgroup, *people.ingroup, *archaics.here]
            chromosome: _Chromosome | None = None
            for read in source.sites(
                names,
                wanted=lambda _: True,
                tally=tally,
                group=_MODERN,
                pass_only=options.pass_only,
                phase_sets=phase_sets,
            ):
                sites = missing.read(read)
                chrom = naming.common(sites.chrom, path)
                if chromosome is None or chromosome.name != chrom:
                    if chromosome is not None:
                        chromosome.finish(segments, used)
                    if chrom in done:
                        raise InputError(f"holds {chrom}, as an earlier file does", path=path, remedy="give it once")
                    done.add(chrom)
                    headers.refuse_other_build(path, sites.chrom)
                    _note_lengths(source, naming, sites.chrom, writer, all_=chromosome is None)
                    cover = None if regions is None else regions.get(bare(chrom), EMPTY_SET)
                    chromosome = _Chromosome(chrom, path, people, options, archaics, writer, cover, tally)
                used.sites += chromosome.add(sites)
                progress.advance(len(sites))
            archaics.finish()
            if chromosome is not None:
                chromosome.finish(segments, used)
            else:
                log.warning("%s holds no single-nucleotide record: nothing was read from it", path)
                tally.add(_MODERN, "files without a single-nucleotide record", 1)
        check_files(files, people.archaic, sorted(done), tally)
        phase_sets.finish(tally)
    if segments and not {chrom for chrom, *_ in segments} & {bare(chrom) for chrom in done}:
        raise InputError(
            f"holds segments of other chromosomes only, none of {shortlist(sorted(done))}",
            path=truth,
            remedy="name chromosomes as in the VCF",
        )
    lengths = {bare(chrom): writer.lengths[chrom] for chrom in done}
    tally_unused((regions or {}).items(), lengths, tally=tally, group="callable", item="stretches")
    labels = ((chrom, cover) for (chrom, *_), cover in (segments or {}).items())
    tally_unused(labels, lengths, tally=tally, group="truth", item="stretches of haplotypes")
    if not used.sites:
        raise InputError(
            f"no site is left at which the modern people differ ({missing.one_sided() or tally.sentence()})",
            path=shortlist(people.vcf),
            remedy=REMEDY if missing.one_sided() else "give phased genotypes of single-nucleotide variants",
        )
    missing.warn()
    return used


def _note_lengths(source: VariantFile, naming: Naming, name: str, writer: FeatureWriter, *, all_: bool) -> None:
    """Give the writer the length of a chromosome of a file's header, and with ``all_`` those of its others."""
    if all_:
        for other, length in naming.lengths(source.lengths, name).items():
            writer.lengths.setdefault(other, length)
    if length_here := length_of(source.lengths, name):
        writer.lengths[naming.common(name, source.path)] = length_here


class _Chromosome:
    """Words of one chromosome, added up region by region, each written when it is complete."""

    def __init__(
        self,
        name: str,
        path: Path,
        people: SampleSets,
        options: EncodingOptions,
        archaics: Archaics,
        writer: FeatureWriter,
        regions: IntervalSet | None,
        tally: Summary,
    ) -> None:
        self.name, self._path = name, path
        self._people, self._options, self._archaics = people, options, archaics
        self._writer, self._regions, self._tally = writer, regions, tally
        self._length = writer.lengths.get(name, 0)
        if regions is not None and self._length:
            self._regions = regions.clip(self._length)
        self._region = 0
        self._end = 0  # of the last site
        self._evidence = Evidence(len(people.outgroup), len(people.ingroup))
        # Bins that hold a site, and those with one at which nobody of the outgroup is called; ascending.
        self._filled: list[Int] = []
        self._without_outgroup: list[Int] = []
        self._rng = np.random.default_rng([options.seed, *name.encode()])
        self._groups = 2 * options.groups(len(people.ingroup))
        self._unshared = np.zeros((len(people.archaic), 2), dtype=np.int64)
        writer.begin(name)
        self._clear()

    def add(self, sites: Sites) -> int:
        """Count the words of the next sites; return at how many of them the modern people differ."""
        self._end = int(sites.position[-1]) + 1
        if self._length and self._end > self._length:
            raise InputError(
                f"{self.name}:{self._end:,} lies beyond the chromosome's {self._length:,} bp, which the header gives",
                path=self._path,
            )
        alleles = self._dealt(sites)
        count = len(self._people.outgroup)
        outgroup, ingroup = (part.reshape(len(sites), -1) for part in (alleles[:, :count], alleles[:, count:]))
        inside = np.ones(len(sites), dtype=bool) if self._regions is None else self._regions.contains(sites.position)
        typed, missing = self._evidence.add(sites, alleles, inside)
        several = np.flatnonzero(sites.bases[:, 2] >= 0)
        carriers = _by_allele(outgroup, several)
        outgroup_called = np.asarray(carriers.any(axis=0))
        kept = self._usable(inside, outgroup_called, carriers + _by_allele(ingroup, several))
        carried, called = self._archaics.carried(self.name, sites)
        rows = np.flatnonzero(kept)
        carriers, carried, called, ingroup = carriers[:, rows], carried[rows], called[rows], ingroup[rows]
        whole = carriers.sum(axis=0)
        frequency = frequency_class(carriers, whole).T
        state = archaic_state(carried, np.broadcast_to(called[:, None], carried.shape))
        varies = carriers.max(axis=0) < whole
        every = sites.position // self._options.bin
        bins = every[rows]
        self._filled.append(np.unique(bins))
        if len(lacking := np.flatnonzero(inside & ~outgroup_called)):
            self._without_outgroup.append(np.unique(every[lacking]))
        words = _look_up(pattern_ids(frequency, state), ingroup)
        if len(self._groups) > 1:
            words[~varies] = keep_within_groups(words[~varies], self._groups)
        rare = (words >= 0) & (words < RARE)
        self._share(bins, rare & (words < PRIVATE), ingroup)
        for first, last in zip(*(ends.tolist() for ends in runs_of_equal(every // TILE)), strict=True):
            self._move(int(every[first]) // TILE)
            self._note(every[first:last] % TILE, typed[first:last], missing[first:last])
            part = slice(*np.searchsorted(rows, [first, last]).tolist())
            if part.start < part.stop:
                self._count(bins[part] % TILE, words[part], varies[part])
                self._match(bins[part] % TILE, rare[part], ingroup[part], carried[part], called[part])
        return len(rows)

    def finish(self, truth: Mapping[tuple[str, str, int], IntervalSet] | None, used: Used) -> None:
        """Write what is left, and labels."""
        if not self._length:
            self._length = self._end
            self._writer.lengths[self.name] = self._length
            self._tally.add(_MODERN, "chromosomes without a length in the header, taken to end at the last site", 1)
        bins = -(-self._length // self._options.bin)
        self._move((bins - 1) // TILE)
        self._write(bins - self._region * TILE)
        for number, name in enumerate(self._people.archaic):
            # A person whose files lack the chromosome is not from a file without REF calls.
            if self._archaics.lacks(name, self.name):
                self._unshared[number] = 0
        self._writer.unshared(self._unshared)
        self._leave_out_empty(bins)
        exists = self._evidence.exists()
        self._writer.exist(exists)
        if not exists.all():
            self._tally.add("ingroup", "haploid chromosomes of people, without a haplotype 2", int((~exists).sum()))
        used.bins += bins
        used.bases += self._length
        if truth is not None:
            bases = truth_in_bins(
                truth, self._people.haplotypes, self.name, length=self._length, size=self._options.bin
            )
            self._writer.label(bases)
            used.introgressed += int(bases.sum(dtype=np.int64))

    def _leave_out_empty(self, bins: int) -> None:
        """Take long stretches in which nobody differs as not sequenced: centromeres, gaps.

        Where callable regions are given, only those in which nobody of the outgroup is called: then nothing can be
        compared, whatever the regions hold. A chromosome on which that is so throughout is left out however short.
        """
        empty = np.ones(bins, dtype=bool)
        empty[np.concatenate([np.zeros(0, dtype=np.int64), *self._filled])] = False
        lacking = np.concatenate([np.zeros(0, dtype=np.int64), *self._without_outgroup])
        size, item = self._options.bin, f"stretches of {EMPTY:,} bp or more without a site, left out"
        ends = list(zip(*(found.tolist() for found in runs_of_true(empty)), strict=True))
        if self._regions is not None:
            item = f"stretches of {EMPTY:,} bp or more in which nobody of the outgroup is called, left out"
            within = [lacking[slice(*np.searchsorted(lacking, pair))] for pair in ends]
            ends = [(int(there[0]), int(there[-1]) + 1) for there in within if len(there)]
        least = EMPTY
        if len(lacking) and empty.all():
            ends, least = [(0, bins)], 0
            item = "chromosomes without a site at which the outgroup is called and people differ, left out"
        for first, last in ends:
            if (last - first) * size >= least:
                self._writer.leave_out(first, last)
                self._tally.add("callable", item, 1, min(last * size, self._length) - first * size)

    def _dealt(self, sites: Sites) -> npt.NDArray[np.int8]:
        """Return the alleles of outgroup and ingroup; deal those of unphased heterozygotes of the ingroup."""
        people = slice(len(self._people.outgroup), len(self._people.outgroup) + len(self._people.ingroup))
        if sites.calls.haploid is not None and (haploid := sites.calls.haploid[:, people]).any():
            self._tally.add("ingroup", "haploid genotypes, haplotype 2 has no word there", int(haploid.sum()))
        calls = sites.calls.alleles[:, : people.stop]
        pairs = calls[:, people]
        missing = int(np.count_nonzero((pairs[..., 0] < 0) & (pairs[..., 1] < 0)))
        if missing:
            self._tally.add("ingroup", "genotypes not called, no word there", missing)
        open_ = ~sites.calls.phased[:, people] & (pairs[..., 0] != pairs[..., 1])
        if not open_.any():
            return calls
        if self._options.unphased == "refuse":
            row, person = (int(found) for found in np.argwhere(open_)[0])
            raise InputError(
                f"{self._people.ingroup[person]} is not phased at {sites.chrom}:{sites.position[row] + 1}",
                path=self._path,
                line=int(sites.line[row]),
                remedy="phase the ingroup first, or deal its alleles at random with --unphased random",
            )
        self._tally.add("ingroup", "unphased heterozygous genotypes, dealt at random", int(open_.sum()))
        calls = calls.copy()
        swap = open_ & (self._rng.random(open_.shape) < 0.5)
        calls[:, people][swap] = calls[:, people][swap][:, ::-1]
        return calls

    def _usable(
        self, inside: npt.NDArray[np.bool_], outgroup_called: npt.NDArray[np.bool_], everyone: Int
    ) -> npt.NDArray[np.bool_]:
        """Tell which sites are used, counting the others once each."""
        kept = np.ones(len(inside), dtype=bool)
        for item, good in (
            ("sites outside callable regions", inside),
            ("sites at which nobody of the outgroup is called", outgroup_called),
            ("sites at which the modern people do not differ", everyone.max(axis=0) < everyone.sum(axis=0)),
        ):
            bad = kept & ~good
            if bad.any():
                self._tally.add(_MODERN, f"{item}, not used", int(bad.sum()))
            kept &= good
        return kept

    def _note(self, bins: Int, typed: npt.NDArray[np.bool_], missing: npt.NDArray[np.bool_]) -> None:
        """Count the sites that tell whether a haplotype has data, and a haplotype's missing calls there."""
        self._typed[:] += np.bincount(bins[typed], minlength=TILE).astype(np.uint16)
        site, haplotype = np.nonzero(missing)
        if len(site):
            number = np.bincount(haplotype * TILE + bins[site], minlength=self._missing.size)
            self._missing += number.reshape(self._missing.shape).astype(np.uint16)

    def _count(self, bins: Int, words: npt.NDArray[np.int8], varies: npt.NDArray[np.bool_]) -> None:
        first, number = int(bins[0]), int(bins[-1] - bins[0]) + 1
        where = slice(first, first + number)
        self._words[:, where] += count_words(words, bins - first, number).astype(np.uint16)
        self._varies[where] += np.bincount(bins[varies] - first, minlength=number).astype(np.uint16)

    def _match(
        self,
        bins: Int,
        rare: npt.NDArray[np.bool_],
        alleles: npt.NDArray[np.int8],
        carried: npt.NDArray[np.int8],
        called: npt.NDArray[np.int8],
    ) -> None:
        """Count rare alleles by the call of each archaic person, and those that separate two of them."""
        site, haplotype = np.nonzero(rare)
        where, allele = bins[site], alleles[site, haplotype]
        known, shared = called[site] > 0, carried[site, allele] > 0
        missing = ~known & (allele > 0)[:, None]
        for person in range(carried.shape[2]):
            for number, counted in enumerate((known, shared, missing)):
                chosen = np.flatnonzero(counted[:, person])
                np.add.at(self._matches[:, :, person, number], (haplotype[chosen], where[chosen]), 1)
        for pair, (first, second) in enumerate(ordered_pairs(carried.shape[2])):
            for number, counted in enumerate((known & ~shared, missing)):
                chosen = np.flatnonzero(shared[:, first] & counted[:, second])
                np.add.at(self._pairs[:, :, pair, number], (haplotype[chosen], where[chosen]), 1)
        nobody = ~shared.any(axis=1) & (allele > 0)
        self._unshared += np.stack([np.broadcast_to(nobody.sum(), known.shape[1:]), known[nobody].sum(axis=0)], axis=1)

    def _share(self, bins: Int, private: npt.NDArray[np.bool_], alleles: npt.NDArray[np.int8]) -> None:
        """Note who carries each allele that the outgroup all but lacks, if two haplotypes or more do."""
        rows = np.flatnonzero(private.sum(axis=1, dtype=np.int32) > 1)
        own = np.where(private[rows], alleles[rows], -1)
        site, allele = np.nonzero(_by_allele(own, np.arange(len(rows))).T > 1)
        self._writer.share(bins[rows[site]], own[site] == allele[:, None])

    def _move(self, region: int) -> None:
        """Stand at a region, writing those before it."""
        while self._region < region:
            self._write(TILE)
            self._region += 1
            self._clear()

    def _clear(self) -> None:
        rows, people = len(self._people.haplotypes), len(self._people.archaic)
        self._words = np.zeros((rows, TILE, len(PATTERNS)), dtype=np.uint16)
        self._matches = np.zeros((rows, TILE, people, 3), dtype=np.uint16)
        self._pairs = np.zeros((rows, TILE, people * (people - 1), 2), dtype=np.uint16)
        self._missing = np.zeros((rows, TILE), dtype=np.uint16)
        self._varies, self._typed = (np.zeros(TILE, dtype=np.uint16) for _ in range(2))

    def _write(self, bins: int) -> None:
        first = self._region * TILE
        size = self._options.bin
        cover = IntervalSet.of([(0, self._length or (first + bins) * size)]) if self._regions is None else self._regions
        self._writer.append(
            FeatureChunk(
                np.minimum(self._words[:, :bins], MOST).astype(np.uint8),
                np.minimum(self._matches[:, :bins], MOST).astype(np.uint8),
                self._varies[:bins],
                cover.bases_in_bins(first=first, last=first + bins, size=size).astype(np.uint16),
                self._typed[:bins],
                self._missing[:, :bins],
                np.minimum(self._pairs[:, :bins], MOST).astype(np.uint8),
            )
        )


def _look_up(table: npt.NDArray[np.int8], alleles: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the entry of (sites, alleles) for the allele of each haplotype, -1 where it is not called."""
    found: npt.NDArray[np.int8] = np.take(table, alleles + table.shape[1] * np.arange(len(table))[:, None])
    found[alleles < 0] = -1
    return found


def _by_allele(alleles: npt.NDArray[np.int8], several: Int) -> Int:
    """Count haplotypes by allele: int64 (4, sites); ``several`` are the few sites that have a third allele."""
    found = np.zeros((ALLELES, len(alleles)), dtype=np.int64)
    found[1] = (alleles == 1).sum(axis=1, dtype=np.int32)  # faster than count_nonzero
    for number in range(2, ALLELES):
        found[number, several] = np.count_nonzero(alleles[several] == number, axis=1)
    called = alleles.shape[1] if alleles.min(initial=0) >= 0 else np.count_nonzero(alleles >= 0, axis=1)
    found[0] = called - found[1:].sum(axis=0)
    return found
