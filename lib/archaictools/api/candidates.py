"""``archaictools.candidates``: windows with signs of adaptive introgression, and the frequency of archaic segments."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from archaictools.api.genotype_inputs import archaic_files, archaic_samples, modern_files
from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult
from archaictools.errors import InputError, UsageError, shortlist
from archaictools.haplotypes.options import ChromosomeOptions, GenotypeOptions, WindowOptions, split_names
from archaictools.options import BINARY, INPUT, OUTPUT, RunOptions, option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.haplotypes.archaic_alleles import ArchaicSource
    from archaictools.haplotypes.candidates import CandidateScan
    from archaictools.haplotypes.samples import SampleSets
    from archaictools.haplotypes.segment_frequencies import HaplotypeData
    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")


@dataclass(frozen=True, kw_only=True)
class CandidateInputs:
    """Files and samples to read."""

    vcf: tuple[Path, ...] = modern_files()
    groups: Path = option(type=INPUT, help="TSV with the columns sample and population (or pop).")
    reference_group: tuple[str, ...] = option(
        multiple=True, parse=split_names, help="Populations with little archaic DNA, separated by commas."
    )
    target_group: tuple[str, ...] = option(
        multiple=True, parse=split_names, help="Populations in which candidates are sought, separated by commas."
    )
    archaic: tuple[str, ...] = archaic_samples()
    archaic_vcf: tuple[Path, ...] = archaic_files()
    source: tuple[str, ...] = option(
        (),
        multiple=True,
        parse=split_names,
        help="Archaic genomes that must all be fixed for an allele, as Altai or Altai+Vindija; several separated by "
        "commas [default: each genome, and all together].",
    )
    regions: Path | None = option(
        None, type=INPUT, help="BED of regions to scan, in place of windows along the genome."
    )
    segments: Path | None = option(
        None, type=INPUT, help="Table of predict --segments, for the frequency of segments by population."
    )
    summary: Path | None = option(
        None, type=INPUT, help="Table of predict --summary: the people in whom segments were called."
    )
    callable: Path | None = option(
        None, type=INPUT, help="BED of predict --callable [default: x.callable.bed in the folder of --segments x.tsv]."
    )
    words: Path | None = option(
        None,
        type=INPUT,
        help="The file of haplotypes that was predicted, in place of --summary and --callable. It tells where each "
        "haplotype has data.",
    )
    loci: Path | None = option(
        None, type=INPUT, help="BED of named loci to label windows with [default: published loci of the package]."
    )
    build: str = option(
        "auto",
        type=click.Choice(["auto", "hg19", "hg38"]),
        help="Build of the coordinates, for the published loci; auto: told from chromosome lengths of the headers.",
    )

    def __post_init__(self) -> None:
        for name in ("vcf", "reference_group", "target_group", "archaic"):
            if not getattr(self, name):
                raise UsageError(f"--{name.replace('_', '-')} is empty, expected a name or several")
        if self.segments is None:
            given = [name for name in ("summary", "callable", "words") if getattr(self, name) is not None]
            if given:
                raise UsageError(f"--{given[0]} is for segments; name their table with --segments")
        elif self.words is None and self.summary is None:
            raise UsageError(
                "--segments needs --summary (the people in whom segments were called), or --words (their haplotypes)"
            )


@dataclass(frozen=True, kw_only=True)
class CandidateOutputs:
    """Files to write."""

    out: Path | None = option(None, type=OUTPUT, required=True, help="TSV, one row per window and source.")
    frequencies: Path | None = option(
        None, type=OUTPUT, help="TSV of the frequency of segments in each population along the genome."
    )
    bed: Path | None = option(None, type=OUTPUT, help="BED9 of candidates, coloured by source.")
    bigbed: Path | None = option(None, type=BINARY, help="bigBed of candidates, with the columns of the table.")
    bigwig: Path | None = option(None, type=BINARY, help="bigWig of the highest Q95 of all sources.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CandidatesResult(FileResult):
    """Windows with signs of adaptive introgression.

    Attributes
    ----------
    path
        The TSV, or None if none was written.
    table
        One row for each window and source: ``chrom, start, end`` (for regions also ``region``), ``source, sites,
        archaic_sites, U, Q95, segment_frequency, segment_population, rank, candidate, locus``.
    frequencies
        With segments, ``chrom, start, end, population, haplotypes, carriers, frequency, locus``; else None.
    """

    NO_FILE = "the candidates have no file; give candidates() an `out`"

    table: pd.DataFrame = field(repr=False)
    frequencies: pd.DataFrame | None = field(repr=False)

    def write_to(self, folder: Path) -> Path | None:
        """Write a table that is only in memory to ``candidates.tsv`` in a folder."""
        if self.path is not None:
            return None
        self.to_tsv(folder / "candidates.tsv")
        return folder / "candidates.tsv"

    def to_tsv(self, path: PathLike) -> None:
        """Write the table of windows."""
        from archaictools.io.files import StagedOutputs
        from archaictools.io.tables import write_table

        with StagedOutputs() as outputs:
            write_table(outputs.stage(Path(path)), self.table)


@keywords(
    inputs=CandidateInputs,
    chromosomes=ChromosomeOptions,
    windows=WindowOptions,
    genotypes=GenotypeOptions,
    outputs=CandidateOutputs,
    run=RunOptions,
)
def candidates(
    *,
    inputs: CandidateInputs,
    chromosomes: ChromosomeOptions,
    windows: WindowOptions,
    genotypes: GenotypeOptions,
    outputs: CandidateOutputs,
    run: RunOptions,
) -> CandidatesResult:
    """Scan genomes for candidates of adaptive introgression, and compute the frequency of segments by population.

    Returns
    -------
    CandidatesResult
        One row for each window and source. What was not observed is NA.

    Raises
    ------
    InputError
        If a file cannot be understood, lacks a sample, or holds no site that can be used.
    UsageError
        If options contradict each other.

    Examples
    --------
    >>> import archaictools as at
    >>> found = at.candidates(
    ...     vcf="people.vcf.gz", groups="panel.tsv", reference_group="YRI", target_group="CEU", archaic="Altai",
    ... )  # doctest: +SKIP
    >>> found.table.nsmallest(10, "rank")  # doctest: +SKIP
    """
    from archaictools.haplotypes.archaic_alleles import archaic_sources, colours_of
    from archaictools.haplotypes.candidate_table import labelled, ranked, with_frequency
    from archaictools.haplotypes.candidates import CandidateScan, warn_of_few
    from archaictools.haplotypes.people_file import read_populations
    from archaictools.haplotypes.published_loci import loci_of_build, read_loci
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary

    if outputs.frequencies and inputs.segments is None:
        raise UsageError("--frequencies needs --segments, the table of predict --segments")
    summary, populations = Summary(), read_populations(inputs.groups)
    samples = _samples(inputs, chromosomes, populations, summary)
    sources = archaic_sources(inputs.source, samples.archaic)
    with StagedOutputs() as staged:
        paths = {each.name: getattr(outputs, each.name) for each in fields(outputs)}
        targets = {name: staged.stage(path) for name, path in paths.items() if path}
        regions = _callable_path(inputs)
        if regions:
            staged.keep(regions)
        # All small files are read before the scan, which may take hours.
        calls = _calls(inputs, regions, populations, summary) if inputs.segments else None
        loci = read_loci(inputs.loci, tally=summary) if inputs.loci else None
        scan = CandidateScan(samples, sources, windows, genotypes, regions=inputs.regions, tally=summary)
        table, lengths = _scanned(scan, sources, chromosomes, run)
        along = _frequencies(*calls, populations, lengths) if calls else None
        loci = loci_of_build(inputs.build, scan.lengths) if loci is None else loci
        table = labelled(ranked(with_frequency(table, along), top=windows.top), loci)
        along = None if along is None else labelled(along, loci)
        _write(targets, table, along, colours_of(sources, samples.archaic), lengths)
    warn_of_few(len(samples.outgroup), windows.reference_below)
    facts = _facts(table, samples, scan.sites, outputs.out, summary)
    return CandidatesResult(path=outputs.out, table=table, frequencies=along, facts=facts)


def _samples(
    inputs: CandidateInputs, chromosomes: ChromosomeOptions, populations: Mapping[str, str], summary: Summary
) -> SampleSets:
    from archaictools.haplotypes.candidates import samples_of
    from archaictools.haplotypes.parts import files_with
    from archaictools.haplotypes.sample_names import read_names
    from archaictools.haplotypes.samples import SampleSets, samples_in

    vcf = files_with(chromosomes.chromosomes, inputs.vcf, refuse=True)
    archaic_vcf = files_with(chromosomes.chromosomes, inputs.archaic_vcf)
    modern = samples_in(vcf)
    archaic = read_names(inputs.archaic, lambda: modern | samples_in(archaic_vcf))
    reference, target = samples_of(
        populations, inputs.reference_group, inputs.target_group, known=modern, path=inputs.groups, tally=summary
    )
    if both := [name for name in archaic if name in {*reference, *target}]:
        raise UsageError(f"--archaic names {shortlist(both)}, which is a sample of the reference or the target")
    return SampleSets(vcf=vcf, ingroup=target, outgroup=reference, archaic=archaic, archaic_vcf=archaic_vcf)


def _scanned(
    scan: CandidateScan, sources: Sequence[ArchaicSource], chromosomes: ChromosomeOptions, run: RunOptions
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the rows of all windows, and the length of each chromosome that was scanned."""
    import pandas as pd

    from archaictools.haplotypes.candidate_table import rows_of
    from archaictools.progress import Progress

    parts, lengths = [], {}
    with Progress(None, "sites", "candidates") as progress:
        for one in scan.chromosomes(chromosomes.chromosomes, progress=progress, threads=run.usable_threads):
            parts.append(rows_of(one, sources))
            lengths[one.chrom] = one.length
    return pd.concat(parts, ignore_index=True), lengths


def _callable_path(inputs: CandidateInputs) -> Path | None:
    """Return the file of callable regions of the segments; None where it is not needed."""
    from archaictools.haplotypes.callable_file import callable_file_of

    if inputs.segments is None or inputs.words is not None:
        return None
    path = inputs.callable or callable_file_of(inputs.segments)
    if not path.is_file():
        raise InputError(
            "no such file, which tells where people have data",
            path=path,
            remedy="name the callable regions of the segments with --callable, or the haplotypes with --words",
        )
    if inputs.callable is None:
        log.info("callable regions are read from %s", path)
    return path


def _calls(
    inputs: CandidateInputs, regions: Path | None, populations: Mapping[str, str], summary: Summary
) -> tuple[pd.DataFrame, HaplotypeData]:
    """Return the segments, and the haplotypes with data."""
    from archaictools.haplotypes.callable_file import read_callable_counts
    from archaictools.haplotypes.feature_file import open_features
    from archaictools.haplotypes.people_file import read_people
    from archaictools.haplotypes.segment_file import read_segments
    from archaictools.haplotypes.segment_frequencies import HaplotypeData, check_people

    path = cast("Path", inputs.segments)
    segments = read_segments(path)
    if inputs.words is not None:
        with open_features(inputs.words) as features:
            people = dict.fromkeys((sample for sample, _ in features.haplotypes), 2)
            data = HaplotypeData.of_features(features, populations)
    else:
        table = read_people(cast("Path", inputs.summary))
        people = {str(name): int(number) for name, number in table["haplotypes"].items()}
        counts = read_callable_counts(cast("Path", regions), haplotypes=sum(people.values()), tally=summary)
        data = HaplotypeData.of_counts(people, populations, counts)
    check_people(segments, people, populations, path=path, tally=summary)
    return segments, data


def _frequencies(
    segments: pd.DataFrame, data: HaplotypeData, populations: Mapping[str, str], lengths: Mapping[str, int]
) -> pd.DataFrame:
    """Return the frequency of segments in each population along the genome."""
    import pandas as pd

    from archaictools.haplotypes.segment_frequencies import COLUMNS, frequencies

    parts = [table for _, table in frequencies(segments, data, populations, lengths)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    unknown = found["haplotypes"].isna()
    if unknown.any():
        bases = int((found["end"] - found["start"])[unknown].max())
        log.warning(
            "frequencies are NA where some haplotypes have no data, in %s intervals (the longest of %s bp): "
            "name the haplotypes with --words to count those with data",
            f"{int(unknown.sum()):,}", f"{bases:,}",
        )  # fmt: skip
    return found


def _write(
    targets: Mapping[str, Path],
    table: pd.DataFrame,
    along: pd.DataFrame | None,
    colours: Mapping[str, str],
    lengths: Mapping[str, int],
) -> None:
    from archaictools.haplotypes.candidate_table import candidates_bed, write_candidates_bigbed, write_q95
    from archaictools.io.bed import write_bed
    from archaictools.io.tables import write_table

    if "out" in targets:
        write_table(targets["out"], table)
    if "frequencies" in targets and along is not None:
        write_table(targets["frequencies"], along)
    if "bed" in targets:
        write_bed(targets["bed"], [candidates_bed(table, colours)])
    if "bigbed" in targets:
        write_candidates_bigbed(targets["bigbed"], table, colours, lengths)
    if "bigwig" in targets:
        write_q95(targets["bigwig"], table, lengths)


def _facts(table: pd.DataFrame, samples: SampleSets, sites: int, path: Path | None, summary: Summary) -> dict[str, str]:
    from archaictools.haplotypes.published_loci import NO_LOCUS

    places = ["chrom", "start", "end"]
    where = f" in {path}" if path else ""
    found = table[table["candidate"].fillna(0) == 1]
    facts = {
        "samples": f"{len(samples.outgroup):,} of the reference, {len(samples.ingroup):,} of the target, "
        f"{len(samples.archaic):,} archaic",
        "sites": f"{sites:,} ({summary.sentence()})",
        "windows": f"{len(table[places].drop_duplicates()):,}{where}, of which "
        f"{len(table.loc[table['Q95'].isna(), places].drop_duplicates()):,} are NA for a source",
        "candidates": f"{(count := len(found[places].drop_duplicates())):,} window{'s' * (count != 1)}",
    }
    loci = found["locus"].dropna()
    labels = dict.fromkeys(label for text in loci[loci != NO_LOCUS] for label in text.split(","))
    if labels:
        facts["published loci among them"] = ", ".join(labels)
    for _, row in found.sort_values("rank", kind="stable").head(1).iterrows():
        facts["strongest"] = (
            f"{row['chrom']}:{row['start'] + 1:,}-{row['end']:,} ({row['source']}), U {row['U']}, Q95 {row['Q95']:.2f}"
        )
    return facts
