"""``archaictools.extract``: alleles of haplotypes and archaic genomes in regions, for follow-up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archaictools.api.genotype_inputs import archaic_files, archaic_samples, modern_files
from archaictools.api.inputs import texts_given
from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult
from archaictools.errors import UsageError
from archaictools.haplotypes.options import GenotypeOptions
from archaictools.options import INPUT, OUTPUT, RunOptions, option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from archaictools.haplotypes.samples import SampleSets
    from archaictools.haplotypes.tract_regions import Region


@dataclass(frozen=True, kw_only=True)
class ExtractInputs:
    """Files, samples and regions to read."""

    vcf: tuple[Path, ...] = modern_files(", phased")
    regions: Path | None = option(
        None, type=INPUT, help="BED of regions, such as core haplotypes of sharing --bed; name in column 4."
    )
    region: tuple[str, ...] = option(
        (),
        multiple=True,
        parse=texts_given,
        help="Region CHROM:START-END, counted from 1, END included; repeat it.",
    )
    samples: tuple[str, ...] = option(
        (),
        multiple=True,
        parse=texts_given,
        help="Samples to write: names, or a file of names [default: all that are not archaic].",
    )
    archaic: tuple[str, ...] = archaic_samples(())
    archaic_vcf: tuple[Path, ...] = archaic_files()
    segments: Path | None = option(
        None, type=INPUT, help="Table of predict --segments: haplotypes with a segment in a region are its carriers."
    )

    def __post_init__(self) -> None:
        if not self.vcf:
            raise UsageError("--vcf is empty, expected a path or several")
        if not self.regions and not self.region:
            raise UsageError("name the regions: --regions or --region")
        if self.archaic_vcf and not self.archaic:
            raise UsageError("--archaic-vcf needs --archaic, the names of its archaic samples")


@dataclass(frozen=True, kw_only=True)
class ExtractFiles:
    """The outputs."""

    out: Path | None = option(None, type=OUTPUT, help="TSV, one row per variable site of a region.")
    fasta: Path | None = option(
        None, type=OUTPUT, help="FASTA of the alleles of each haplotype at the variable sites of each region."
    )
    subset: Path | None = option(None, type=OUTPUT, help="VCF of the variable sites of all regions.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExtractResult(FileResult):
    """Alleles in regions.

    Attributes
    ----------
    path
        The TSV, or None if none was written.
    table
        One row per region and variable site, see :func:`archaictools.haplotypes.tract_files.table_of`; None if an
        output is named, since memory would then hold all regions.
    summary
        Table ``class, item, count, bases`` of records and sites that were read and not used.
    """

    NO_FILE = "the alleles have no file; give extract() an `out`"

    table: pd.DataFrame | None = field(repr=False)
    summary: pd.DataFrame = field(repr=False)


@keywords(inputs=ExtractInputs, genotypes=GenotypeOptions, files=ExtractFiles, run=RunOptions)
def extract(
    *, inputs: ExtractInputs, genotypes: GenotypeOptions, files: ExtractFiles, run: RunOptions
) -> ExtractResult:
    """Extract the alleles of haplotypes and archaic genomes at the variable sites of regions.

    ``samples``, ``archaic`` and ``region`` each take one text or a list.

    Returns
    -------
    ExtractResult
        The table, in memory if no output is named.

    Raises
    ------
    InputError
        If a file cannot be understood, or lacks a sample or the chromosome of a region.
    UsageError
        If a region cannot be understood, or if options contradict each other.

    Examples
    --------
    >>> import archaictools as at
    >>> found = at.extract(
    ...     vcf="chr9.vcf.gz", region="chr9:16720001-16760000", archaic="Altai", archaic_vcf="altai.vcf.gz",
    ... )  # doctest: +SKIP
    >>> found.table  # doctest: +SKIP
    """
    from archaictools.haplotypes.tract_alleles import by_region, variable_sites
    from archaictools.haplotypes.tract_regions import read_regions, with_carriers
    from archaictools.haplotypes.tract_writer import TractWriter
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.progress import Progress

    summary = Summary()
    regions = read_regions(inputs.regions, inputs.region, tally=summary)
    if inputs.segments:
        regions = with_carriers(regions, inputs.segments)
    samples = _samples(inputs, regions)
    targets = {name: path for name in ("out", "fasta", "subset") if (path := getattr(files, name))}
    with (
        StagedOutputs() as staged,
        TractWriter(
            {name: staged.stage(path) for name, path in targets.items()},
            haplotypes=samples.haplotypes,
            archaic=samples.archaic,
            carriers=inputs.segments is not None,
            contigs=_contigs(samples, regions),
        ) as writer,
        Progress(None, "sites", "extract") as progress,
    ):
        sites = variable_sites(
            samples, genotypes, regions, tally=summary, progress=progress, threads=run.usable_threads
        )
        for region, tract in by_region(writer.records(sites), regions):
            writer.add(region, tract)
    without = len(regions) - writer.regions
    facts = {
        "haplotypes": f"{len(samples.haplotypes):,} of {len(samples.ingroup):,} samples, and {len(samples.archaic):,} "
        "archaic genomes",
        "regions": f"{writer.regions:,} with a variable site, {without:,} without",
        "sites": f"{writer.rows:,} ({summary.sentence()})",
    }
    return ExtractResult(path=files.out, table=writer.table(), summary=summary.frame(), facts=facts)


def _samples(inputs: ExtractInputs, regions: Sequence[Region]) -> SampleSets:
    """Return the samples to read, and the files that may hold the chromosomes of regions."""
    from archaictools.haplotypes.parts import files_with
    from archaictools.haplotypes.sample_names import read_names
    from archaictools.haplotypes.samples import SampleSets, samples_in
    from archaictools.io.vcf import open_variants

    chromosomes = list(dict.fromkeys(region.chrom for region in regions))
    vcf = files_with(chromosomes, inputs.vcf) or inputs.vcf
    archaic_vcf = files_with(chromosomes, inputs.archaic_vcf)
    known = samples_in(vcf)
    archaic = read_names(inputs.archaic, lambda: known | samples_in(archaic_vcf))
    if inputs.samples:
        people = read_names(inputs.samples, lambda: known)
    else:
        with open_variants(vcf[0]) as variants:
            people = tuple(name for name in variants.samples if name not in set(archaic))
    if not people:
        raise UsageError("no sample is left to write; name some with --samples")
    return SampleSets(vcf=vcf, ingroup=people, outgroup=(), archaic=archaic, archaic_vcf=archaic_vcf)


def _contigs(samples: SampleSets, regions: Sequence[Region]) -> dict[str, int | None]:
    """Return the lengths in bp of the chromosomes of regions, by the names of the headers; None if not known."""
    from archaictools.io.chromosomes import bare
    from archaictools.io.vcf import open_variants

    found: dict[str, tuple[str, int | None]] = {bare(region.chrom): (region.chrom, None) for region in regions}
    for path in reversed(samples.vcf):
        with open_variants(path) as variants:
            own = {bare(name): (name, length) for name, length in variants.lengths.items()}
        found |= {name: own[name] for name in found if name in own}
    return dict(found.values())
