"""``archaictools.haplotypes``: encode phased haplotypes as features of bins."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from archaictools.api.genotype_inputs import archaic_files, archaic_samples, modern_files
from archaictools.api.inputs import texts_given
from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult
from archaictools.errors import UsageError
from archaictools.haplotypes.options import EncodingOptions, PartOptions
from archaictools.options import BINARY, INPUT, OUTPUT, RunOptions, option

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from archaictools.haplotypes.encode import EncodingCounts
    from archaictools.haplotypes.samples import SampleSets


@dataclass(frozen=True, kw_only=True)
class HaplotypeInputs:
    """Files and samples to read."""

    vcf: tuple[Path, ...] = modern_files(", ingroup phased")
    ingroup: tuple[str, ...] = option(
        (), multiple=True, parse=texts_given, help="Samples to search for archaic DNA: names, or a file of names."
    )
    outgroup: tuple[str, ...] = option(
        (), multiple=True, parse=texts_given, help="Samples assumed to have no archaic DNA: names, or a file of names."
    )
    individuals: Path | None = option(
        None,
        type=INPUT,
        help="individuals.json of hmmix, with both groups, in place of --ingroup and --outgroup.",
    )
    archaic: tuple[str, ...] = archaic_samples(())
    archaic_vcf: tuple[Path, ...] = archaic_files(
        " If two files have a call, that of the first file is used. If REF is no modern allele at more than 1 % of the "
        "shared sites, a warning is given; at more than 10 % of at least 20, the run stops."
    )
    callable: Path | None = option(
        None,
        type=INPUT,
        help="BED of callable regions; sites outside are not used "
        "[default: all but regions of 50 kb or more without a site].",
    )
    truth: Path | None = option(
        None, type=INPUT, help="BED chrom start end sample haplotype of introgressed segments, to label the bins."
    )

    def __post_init__(self) -> None:
        if not self.vcf:
            raise UsageError("--vcf is empty, expected a path or several")
        if self.individuals and (self.ingroup or self.outgroup):
            raise UsageError("--individuals names both groups; leave out --ingroup and --outgroup")
        if not self.individuals and not (self.ingroup and self.outgroup):
            raise UsageError("name the samples: --ingroup and --outgroup, or --individuals")


@dataclass(frozen=True, kw_only=True)
class HaplotypeOutputs:
    """Files to write."""

    out: Path = option(type=BINARY, help="HDF5 file of features, haplotypes.h5.")
    summary: Path | None = option(None, type=OUTPUT, help="TSV of the records and sites read and not used, and why.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HaplotypesResult(FileResult):
    """Features of haplotypes.

    Attributes
    ----------
    path
        The HDF5 file; the other verbs take the result in place of it.
    summary
        Table ``class, item, count, bases`` of the records and sites read and not used.
    """

    path: Path
    summary: pd.DataFrame = field(repr=False)


@keywords(inputs=HaplotypeInputs, part=PartOptions, encoding=EncodingOptions, outputs=HaplotypeOutputs, run=RunOptions)
def haplotypes(
    *,
    inputs: HaplotypeInputs,
    part: PartOptions,
    encoding: EncodingOptions,
    outputs: HaplotypeOutputs,
    run: RunOptions,
) -> HaplotypesResult:
    """Encode phased haplotypes as features of bins, compared with an outgroup.

    ``ingroup``, ``outgroup`` and ``archaic`` each take a list of names, names separated by commas, or the path of a
    file of names. An element of a list may also be a path.

    Returns
    -------
    HaplotypesResult
        The HDF5 file, and counts of all that was read.

    Raises
    ------
    InputError
        If a file cannot be understood, lacks a sample, is not phased, or has no site that can be used; if no file
        has a chosen chromosome.
    UsageError
        If options contradict each other, or if there are more shards than groups of people.

    Examples
    --------
    >>> import archaictools as at
    >>> features = at.haplotypes(
    ...     vcf=["chr21.vcf.gz", "chr22.vcf.gz"], ingroup=["NA06984", "NA06985"], outgroup="outgroup.txt",
    ...     out="haplotypes.h5",
    ... )  # doctest: +SKIP
    """
    from archaictools import provenance
    from archaictools.haplotypes.encode import encode_vcfs
    from archaictools.haplotypes.encoding import HaplotypeEncoding
    from archaictools.haplotypes.feature_writer import write_features
    from archaictools.haplotypes.parts import chromosomes_in, files_with
    from archaictools.haplotypes.samples import read_sample_sets
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_table
    from archaictools.progress import Progress

    vcf = files_with(part.chromosomes, inputs.vcf, refuse=True)
    whole = read_sample_sets(
        vcf,
        inputs.archaic_vcf,
        ingroup=inputs.ingroup,
        outgroup=inputs.outgroup,
        archaic=inputs.archaic,
        individuals=inputs.individuals,
    )
    samples = whole.divided(encoding.together, part.shard)
    files: dict[str, Path | None] = {f"vcf_{number}": path for number, path in enumerate(vcf)}
    archaic_vcf = files_with(part.chromosomes or chromosomes_in(vcf), inputs.archaic_vcf)
    files |= {f"archaic_vcf_{number}": path for number, path in enumerate(archaic_vcf)}
    files |= {"callable": inputs.callable, "truth": inputs.truth}
    origin = provenance.record("haplotypes", asdict(encoding) | part.given(), files)
    summary = Summary()
    if len(vcf) < len(inputs.vcf):
        summary.add("modern", "files of chromosomes not asked for, not read", len(inputs.vcf) - len(vcf))
    if samples.elsewhere:
        summary.add("ingroup", "people of other shards, not read", len(samples.elsewhere))
    with StagedOutputs() as staged:
        target = staged.stage(outputs.out)
        table = staged.stage(outputs.summary) if outputs.summary else None
        with (
            write_features(
                target,
                HaplotypeEncoding(bin=encoding.bin, archaic=samples.archaic, outgroup=len(samples.outgroup)),
                haplotypes=samples.haplotypes,
                lengths={},
                provenance=origin,
                vcf_digests=[origin["inputs"][f"vcf_{number}"]["sha256"] for number in range(len(vcf))],
                groups=[2 * first for first in samples.groups],
                first_group=samples.first_group,
            ) as writer,
            Progress(None, "sites", "haplotypes") as progress,
        ):
            counts = encode_vcfs(
                samples,
                encoding,
                writer,
                tally=summary,
                progress=progress,
                callable_regions=inputs.callable,
                truth=inputs.truth,
                threads=run.usable_threads,
                seed=run.seed,
                chromosomes=part.chromosomes,
            )
        if table:
            write_table(table, summary.frame())
    facts = _facts(samples, counts, part, size=encoding.bin, path=outputs.out)
    if inputs.truth:
        bases = counts.bases * len(samples.haplotypes)
        facts["introgressed"] = f"{counts.introgressed / bases:.2%} of the bases"
    return HaplotypesResult(path=outputs.out, summary=summary.frame(), facts=facts)


def _facts(samples: SampleSets, counts: EncodingCounts, part: PartOptions, *, size: int, path: Path) -> dict[str, str]:
    several = f" in {len(samples.groups):,} groups" if len(samples.groups) > 1 else ""
    found = {"chromosomes": ", ".join(part.chromosomes)} if part.chromosomes else {}
    if part.people_shard:
        people = len(samples.ingroup) + len(samples.elsewhere)
        found["people shard"] = f"{part.people_shard}, {len(samples.ingroup):,} of the ingroup's {people:,} samples"
    return found | {
        "haplotypes": f"{len(samples.haplotypes):,} of {len(samples.ingroup):,} samples{several}, compared with "
        f"{len(samples.outgroup):,} outgroup and {len(samples.archaic):,} archaic samples",
        "sites": f"{counts.sites:,} at which the samples differ",
        "bins": f"{counts.bins:,} of {size:,} bp in {path}",
    }
