"""Encode VCFs as features along every haplotype, in one pass.

Sites come in blocks from :mod:`archaictools.io.vcf`. For each block, the frequency of every allele in the outgroup and
the archaic genotypes give a class to each haplotype's allele; classes are counted in bins. Memory holds a few blocks
and :data:`~archaictools.haplotypes.feature_layout.TILE` bins of all haplotypes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archaictools.errors import InputError, shortlist
from archaictools.haplotypes.chromosome_encoder import ChromosomeEncoder
from archaictools.haplotypes.labels import read_cover, read_truth, tally_unused
from archaictools.haplotypes.missing_calls import REMEDY
from archaictools.haplotypes.site_walk import SiteWalk
from archaictools.intervals import EMPTY_SET
from archaictools.io.chromosomes import bare
from archaictools.io.phase_sets import PhaseSets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archaictools.haplotypes.feature_writer import FeatureWriter
    from archaictools.haplotypes.options import EncodingOptions
    from archaictools.haplotypes.samples import SampleSets
    from archaictools.haplotypes.site_walk import Block
    from archaictools.intervals import IntervalSet
    from archaictools.io.summary import Summary
    from archaictools.progress import Progress


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
    chosen = frozenset(map(bare, chromosomes)) or None
    regions = read_cover(callable_regions, tally=tally, group="callable") if callable_regions else None
    segments = read_truth(truth, samples.haplotypes, tally=tally, elsewhere=samples.elsewhere) if truth else None
    counts, phase_sets = EncodingCounts(), PhaseSets(samples.ingroup)
    chromosome: ChromosomeEncoder | None = None
    with SiteWalk(
        samples, options, tally=tally, chromosomes=chromosomes, threads=threads, phase_sets=phase_sets
    ) as walk:
        for block in walk.blocks():
            if block.lengths is not None:
                if chromosome is not None:
                    counts.add(chromosome, segments)
                _note_lengths(block, writer)
                chromosome = ChromosomeEncoder(
                    block.chrom,
                    block.path,
                    samples=samples,
                    options=options,
                    archaics=block.archaics,
                    writer=writer,
                    regions=None if regions is None else regions.get(bare(block.chrom), EMPTY_SET),
                    tally=tally,
                    seed=seed,
                )
            if chromosome is not None:
                counts.sites += chromosome.add(block.sites)
                progress.advance(len(block.sites))
        if chromosome is not None:
            counts.add(chromosome, segments)
        walk.finish()
        phase_sets.finish(tally)
    if segments and chosen is None and not {chrom for chrom, *_ in segments} & {bare(chrom) for chrom in walk.done}:
        raise InputError(
            f"holds segments of other chromosomes only, none of {shortlist(sorted(walk.done))}",
            path=truth,
            remedy="name chromosomes as in the VCF",
        )
    lengths = {bare(chrom): writer.lengths[chrom] for chrom in walk.done}
    tally_unused((regions or {}).items(), lengths, tally=tally, group="callable", item="stretches", chosen=chosen)
    labels = ((chrom, cover) for (chrom, *_), cover in (segments or {}).items())
    tally_unused(labels, lengths, tally=tally, group="truth", item="stretches of haplotypes", chosen=chosen)
    if not counts.sites and not samples.elsewhere:  # people of another shard may differ
        raise InputError(
            f"no site is left at which the modern people differ ({walk.missing.one_sided() or tally.sentence()})",
            path=shortlist(samples.vcf),
            remedy=REMEDY if walk.missing.one_sided() else "give phased genotypes of single-nucleotide variants",
        )
    walk.missing.warn()
    return counts


def _note_lengths(block: Block, writer: FeatureWriter) -> None:
    """Give the writer the chromosome lengths of a header; the one of the block's chromosome replaces an earlier one."""
    for name, length in (block.lengths or {}).items():
        if name == block.chrom:
            writer.lengths[name] = length
        writer.lengths.setdefault(name, length)
