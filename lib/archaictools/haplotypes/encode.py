"""Encode VCFs as features along every haplotype, in one pass.

Sites come in blocks from :mod:`archaictools.io.vcf`. For each block, the frequency of every allele in the outgroup and
the archaic genotypes give a class to each haplotype's allele; classes are counted in bins. Memory holds a few blocks
and :data:`~archaictools.haplotypes.feature_layout.TILE` bins of all haplotypes.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archaictools.errors import InputError, shortlist
from archaictools.haplotypes.archaic_genotypes import Archaics, check_files
from archaictools.haplotypes.archaic_vcf import ArchaicFile
from archaictools.haplotypes.chromosome_encoder import MODERN, ChromosomeEncoder
from archaictools.haplotypes.headers import Headers
from archaictools.haplotypes.labels import read_cover, read_truth, tally_unused
from archaictools.haplotypes.missing_calls import REMEDY, ModernMissing
from archaictools.haplotypes.parts import chromosomes_in, refuse_absent
from archaictools.intervals import EMPTY_SET
from archaictools.io.chromosomes import Naming, bare, length_of
from archaictools.io.phase_sets import PhaseSets
from archaictools.io.vcf import open_variants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archaictools.haplotypes.feature_writer import FeatureWriter
    from archaictools.haplotypes.options import EncodingOptions
    from archaictools.haplotypes.samples import SampleSets
    from archaictools.intervals import IntervalSet
    from archaictools.io.summary import Summary
    from archaictools.io.vcf import VariantFile
    from archaictools.progress import Progress

log = logging.getLogger("archaictools")


@dataclass
class EncodingCounts:
    """Counts of what was encoded.

    Attributes
    ----------
    sites
        Sites at which the modern samples differ.
    bins, bases
        Bins, and bp, of one haplotype.
    introgressed
        Introgressed bp of all haplotypes; 0 without truth.
    """

    sites: int = 0
    bins: int = 0
    bases: int = 0
    introgressed: int = 0

    def add(self, chromosome: ChromosomeEncoder, truth: Mapping[tuple[str, str, int], IntervalSet] | None) -> None:
        """Finish a chromosome, and count it."""
        self.introgressed += chromosome.finish(truth)
        self.bins += chromosome.bins
        self.bases += chromosome.length


def encode_vcfs(
    samples: SampleSets,
    options: EncodingOptions,
    writer: FeatureWriter,
    *,
    tally: Summary,
    progress: Progress,
    callable_regions: Path | None = None,
    truth: Path | None = None,
    threads: int = 1,
    seed: int = 1,
    chromosomes: Sequence[str] = (),
) -> EncodingCounts:
    """Read all files once and write the features of every haplotype.

    Parameters
    ----------
    samples, options
        Samples to encode, and how.
    writer
        Receives the bins.
    tally
        Counts every record and site that is not used.
    progress
        Advances by sites.
    callable_regions
        BED of callable regions; sites outside are not used. Without it, all is callable but regions of
        :data:`~archaictools.haplotypes.chromosome_encoder.EMPTY` bp or more without a site.
    truth
        BED of introgressed segments, see :func:`archaictools.haplotypes.labels.read_truth`.
    threads
        With more than one, files are decompressed in advance.
    seed
        Random seed of the order of unphased alleles.
    chromosomes
        Chromosomes to read, in either style of names; empty for all.

    Returns
    -------
    EncodingCounts
        Counts of sites, bins and bases.

    Raises
    ------
    InputError
        If a file cannot be understood, lacks a sample, is not phased, or holds no site that can be used; if no file
        holds a chosen chromosome.
    """
    naming = Naming(tally)
    chosen = frozenset(map(bare, chromosomes)) or None
    # Of an archaic genome, only the chromosomes of the modern files are read.
    of_archaic = chosen or frozenset(chromosomes_in(samples.vcf)) or None
    regions = read_cover(callable_regions, tally=tally, group="callable") if callable_regions else None
    segments = read_truth(truth, samples.haplotypes, tally=tally, elsewhere=samples.elsewhere) if truth else None
    counts, done = EncodingCounts(), set[str]()
    missing, phase_sets = ModernMissing(options.missing, samples, tally), PhaseSets(samples.ingroup)
    with ExitStack() as stack:
        files = []
        for path in samples.archaic_vcf:
            check = options.archaic_missing == "ask"
            files.append(
                ArchaicFile(
                    path,
                    samples.archaic,
                    naming=naming,
                    tally=tally,
                    check=check,
                    pass_only=options.pass_only,
                    chosen=of_archaic,
                )
            )
            stack.callback(files[-1].close)
        headers = Headers(samples, files)
        for path in samples.vcf:
            read_too = [*samples.outgroup, *samples.ingroup, *samples.archaic]
            source = stack.enter_context(open_variants(path, read_too, threads=threads, chromosomes=chosen))
            archaics = Archaics(samples.archaic, source, files, options.archaic_missing, tally)
            names = [*samples.outgroup, *samples.ingroup, *archaics.here]
            chromosome: ChromosomeEncoder | None = None
            for read in source.sites(
                names,
                wanted=lambda name: chosen is None or bare(name) in chosen,
                tally=tally,
                group=MODERN,
                pass_only=options.pass_only,
                phase_sets=phase_sets,
            ):
                sites = missing.read(read)
                chrom = naming.common(sites.chrom, path)
                if chromosome is None or chromosome.name != chrom:
                    if chromosome is not None:
                        counts.add(chromosome, segments)
                    if chrom in done:
                        raise InputError(f"holds {chrom}, as an earlier file does", path=path, remedy="give it once")
                    done.add(chrom)
                    headers.refuse_other_build(path, sites.chrom)
                    _note_lengths(source, naming, sites.chrom, writer, all_=chromosome is None)
                    chromosome = ChromosomeEncoder(
                        chrom,
                        path,
                        samples=samples,
                        options=options,
                        archaics=archaics,
                        writer=writer,
                        regions=None if regions is None else regions.get(bare(chrom), EMPTY_SET),
                        tally=tally,
                        seed=seed,
                    )
                counts.sites += chromosome.add(sites)
                progress.advance(len(sites))
            archaics.finish()
            if chromosome is not None:
                counts.add(chromosome, segments)
            elif chosen is None:
                log.warning("%s holds no single-nucleotide record: nothing was read from it", path)
                tally.add(MODERN, "files without a single-nucleotide record", 1)
        refuse_absent(chromosomes, done, samples.vcf)
        check_files(files, samples.archaic, sorted(done), tally, chosen=chosen is not None)
        phase_sets.finish(tally)
    if segments and chosen is None and not {chrom for chrom, *_ in segments} & {bare(chrom) for chrom in done}:
        raise InputError(
            f"holds segments of other chromosomes only, none of {shortlist(sorted(done))}",
            path=truth,
            remedy="name chromosomes as in the VCF",
        )
    lengths = {bare(chrom): writer.lengths[chrom] for chrom in done}
    tally_unused((regions or {}).items(), lengths, tally=tally, group="callable", item="stretches", chosen=chosen)
    labels = ((chrom, cover) for (chrom, *_), cover in (segments or {}).items())
    tally_unused(labels, lengths, tally=tally, group="truth", item="stretches of haplotypes", chosen=chosen)
    if not counts.sites and not samples.elsewhere:  # people of another shard may differ
        raise InputError(
            f"no site is left at which the modern people differ ({missing.one_sided() or tally.sentence()})",
            path=shortlist(samples.vcf),
            remedy=REMEDY if missing.one_sided() else "give phased genotypes of single-nucleotide variants",
        )
    missing.warn()
    return counts


def _note_lengths(source: VariantFile, naming: Naming, name: str, writer: FeatureWriter, *, all_: bool) -> None:
    """Give the writer the length of a chromosome from a file's header, and with ``all_`` those of the others."""
    if all_:
        for other, length in naming.lengths(source.lengths, name).items():
            writer.lengths.setdefault(other, length)
    if length_here := length_of(source.lengths, name):
        writer.lengths[naming.common(name, source.path)] = length_here
