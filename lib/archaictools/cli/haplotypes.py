"""``archaictools haplotypes``."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import click

from archaictools.cli.options import common, report
from archaictools.options import BINARY, INPUT, OUTPUT

if TYPE_CHECKING:
    from pathlib import Path


@click.command("haplotypes", short_help="Read phased people as sentences of bins.")
@click.option("--vcf", type=INPUT, multiple=True, required=True, help="Phased VCF or BCF of modern people; repeat it.")
@click.option("--ingroup", multiple=True, help="People to look into: names, or a file of names.")
@click.option("--outgroup", multiple=True, help="People thought free of archaic DNA, in the same way.")
@click.option(
    "--individuals", type=INPUT, help="individuals.json of hmmix: both groups, in place of --ingroup and --outgroup."
)
@click.option("--archaic", multiple=True, help="Archaic people, in the same way; in --vcf or in --archaic-vcf.")
@click.option(
    "--archaic-vcf",
    type=INPUT,
    multiple=True,
    help="VCF, gVCF or BCF of archaic people; repeat it. Where two files have a call, the file named first counts. If "
    "REF is no modern allele at more than 1 % of the shared sites, a warning is given; at more than 10 % of at least "
    "20, the run stops.",
)
@click.option(
    "--callable",
    "callable_",
    type=INPUT,
    help="BED outside of which sites are not used [default: all but stretches of 50 kb without any].",
)
@click.option("--truth", type=INPUT, help="BED chrom start end sample haplotype of introgressed segments: labels.")
@click.option("--bin", "bin_size", type=click.IntRange(1), default=1_000, show_default=True, help="Of a word, bp.")
@click.option(
    "--together",
    type=click.IntRange(1),
    default=12,
    show_default=True,
    help="People of the ingroup read together, to tell whose alleles are shared; more are parted into groups.",
)
@click.option(
    "--unphased",
    type=click.Choice(["refuse", "random"]),
    default="refuse",
    show_default=True,
    help="What to do with unphased heterozygotes of the ingroup.",
)
@click.option(
    "--archaic-missing",
    type=click.Choice(["ask", "uncalled", "reference"]),
    default="ask",
    show_default=True,
    help="What a missing archaic call means; ask reads it as uncalled, but refuses a file that holds no REF call "
    "beside others (one call in all: a warning).",
)
@click.option(
    "--missing",
    type=click.Choice(["ask", "uncalled", "reference"]),
    default="ask",
    show_default=True,
    help="What a missing modern genotype means; ask reads it as uncalled, and warns if at more than 10 % of the sites "
    "all of the outgroup or all of the ingroup is missing, as in call sets merged by bcftools merge.",
)
@click.option("--pass-only", is_flag=True, help="Use only records whose FILTER is PASS or not given, archaic ones too.")
@click.option("--out", type=BINARY, required=True, help="words.h5.")
@click.option("--summary", type=OUTPUT, help="TSV of what was read, not used, and why.")
@common
def command(
    *,
    vcf: tuple[Path, ...],
    ingroup: tuple[str, ...],
    outgroup: tuple[str, ...],
    individuals: Path | None,
    archaic: tuple[str, ...],
    archaic_vcf: tuple[Path, ...],
    callable_: Path | None,
    truth: Path | None,
    bin_size: int,
    together: int,
    unphased: str,
    archaic_missing: str,
    missing: str,
    pass_only: bool,
    out: Path,
    summary: Path | None,
    threads: int,
    seed: int,
) -> None:
    """Read phased haplotypes as sentences: in every bin, how a person's alleles differ from an outgroup.

    Files may hold one chromosome each, name chromosomes chr21 or 21, and list sites of several alleles. No ancestral
    alleles are needed: each haplotype's own allele counts, whichever is REF.

    A record of several bases is used at each position at which single bases differ, aligned as by bcftools norm
    --atomize. A haplotype with *, with a deletion of that position, or with <NON_REF> has no base there.

    All files must be of one build: if two headers give a chromosome that is read different lengths, the run stops.

    Names are given with commas between them, or as a file (or pipe): one name a line, or a table with tabs whose first
    column is the name. The individuals.json of hmmix ({"ingroup": [...], "outgroup": [...]}) is given as --individuals.
    """
    from archaictools import provenance
    from archaictools.errors import UsageError
    from archaictools.haplotypes.encode import encode_vcfs
    from archaictools.haplotypes.feature_file import HaplotypeEncoding
    from archaictools.haplotypes.feature_writer import write_features
    from archaictools.haplotypes.sample_names import read_individuals, read_names
    from archaictools.haplotypes.samples import EncodingOptions, SampleSets
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_table
    from archaictools.progress import Progress

    samples = cache(partial(_samples, (*vcf, *archaic_vcf)))
    if individuals and (ingroup or outgroup):
        raise UsageError("--individuals names both groups; leave out --ingroup and --outgroup")
    if not individuals and not (ingroup and outgroup):
        raise UsageError("name the people: --ingroup and --outgroup, or --individuals")
    within, beside = (
        read_individuals(individuals) if individuals else (read_names(ingroup, samples), read_names(outgroup, samples))
    )
    people = SampleSets(
        vcf=vcf,
        ingroup=within,
        outgroup=beside,
        archaic=read_names(archaic, samples),
        archaic_vcf=archaic_vcf,
    )
    options = EncodingOptions(
        bin=bin_size,
        together=together,
        unphased=unphased,
        archaic_missing=archaic_missing,
        missing=missing,
        pass_only=pass_only,
        threads=threads,
        seed=seed,
    )
    alphabet = HaplotypeEncoding(bin=bin_size, archaic=people.archaic, outgroup=len(people.outgroup))
    parameters = {
        "bin": bin_size, "together": together, "unphased": unphased, "archaic_missing": archaic_missing,
        "missing": missing, "pass_only": pass_only,
    }  # fmt: skip
    # Files with the same vcf_N hold the same people, see archaictools.haplotypes.dataset.
    inputs = {f"vcf_{number}": path for number, path in enumerate(vcf)}
    inputs |= {f"archaic_vcf_{number}": path for number, path in enumerate(archaic_vcf)}
    origin = provenance.record("haplotypes", parameters, {**inputs, "callable": callable_, "truth": truth})
    tally = Summary()
    with StagedOutputs() as outputs:
        target = outputs.stage(out)
        table = outputs.stage(summary) if summary else None
        groups = options.groups(len(people.ingroup))
        with (
            write_features(
                target,
                alphabet,
                haplotypes=people.haplotypes,
                lengths={},
                provenance=origin,
                groups=(2 * groups).tolist(),
            ) as writer,
            Progress(None, "sites", "haplotypes") as progress,
        ):
            used = encode_vcfs(
                people, options, writer, tally=tally, progress=progress, callable_regions=callable_, truth=truth
            )
        if table:
            write_table(table, tally.frame())
    report(
        haplotypes=f"{len(people.haplotypes):,} of {len(people.ingroup):,} people"
        f"{f' in {len(groups):,} groups' if len(groups) > 1 else ''}, beside {len(people.outgroup):,} "
        f"of the outgroup and {len(people.archaic):,} archaic",
        sites=f"{used.sites:,} at which they differ",
        bins=f"{used.bins:,} of {bin_size:,} bp in {out}",
    )
    if truth:
        report(introgressed=f"{used.introgressed / (used.bases * len(people.haplotypes)):.2%} of the bases")


def _samples(files: tuple[Path, ...]) -> frozenset[str]:
    """Return the samples of all VCFs."""
    from archaictools.io.vcf import open_variants

    found: set[str] = set()
    for path in files:
        with open_variants(path) as variants:
            found.update(variants.samples)
    return frozenset(found)
