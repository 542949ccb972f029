"""``archaictools.sharing``: rough ages, sharing between people and populations, and core haplotypes."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from archaictools.api.inputs import file_of
from archaictools.api.keywords import keywords
from archaictools.api.result import Result
from archaictools.errors import UsageError
from archaictools.haplotypes.options import CUT, GENERATION, RECOMBINATION
from archaictools.options import INPUT, MAX_LENGTH, OUTPUT, RunOptions, names, option

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.api.predictions import PredictResult
    from archaictools.haplotypes.people_segments import PeopleSegments
    from archaictools.haplotypes.sharing import Sharing
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")


@dataclass(frozen=True, kw_only=True)
class SharingInputs:
    """Files that belong to the segments, and which segments count."""

    summary: Path | None = option(
        None,
        type=INPUT,
        help="Table of predict --summary. Without it, people without a segment are not known.",
    )
    groups: Path | None = option(
        None, type=INPUT, help="Population of each person: TSV with the columns sample and population."
    )
    callable: Path | None = option(
        None, type=INPUT, help="BED of the callable regions [default: x.callable.bed in the folder of x.tsv]."
    )
    threshold: float = option(0.5, type=click.FloatRange(0, 1), help="Minimum posterior of a segment.")
    source: tuple[str, ...] = option(
        (), parse=names, help="Sources of the segments that count, separated by commas [default: all]."
    )


@dataclass(frozen=True, kw_only=True)
class SharingRules:
    """What ages assume, and what a core haplotype is."""

    min_age_length: int = option(
        CUT,
        type=click.IntRange(0, MAX_LENGTH),
        help="Shortest segment in bp that counts for ages; shorter ones are missed more often.",
    )
    recombination: float = option(
        RECOMBINATION,
        type=click.FloatRange(0, 1e-3, min_open=True),
        help="Recombination rate per base and generation.",
    )
    generation: float = option(
        GENERATION, type=click.FloatRange(0, 1_000, min_open=True), help="Years of a generation."
    )
    min_haplotypes: int = option(
        2, type=click.IntRange(1), help="Fewest haplotypes with a segment at each base of a core haplotype."
    )
    min_core: int = option(5_000, type=click.IntRange(1, MAX_LENGTH), help="Shortest core haplotype in bp.")


@dataclass(frozen=True, kw_only=True)
class SharingFiles:
    """The outputs."""

    ages: Path | None = option(
        None, type=OUTPUT, help="TSV of the rough age of one pulse: of all people, each population and each person."
    )
    pairs: Path | None = option(None, type=OUTPUT, help="TSV of bases and shares of all pairs of people.")
    matrix: Path | None = option(
        None, type=OUTPUT, help="TSV of the shares of all pairs of people as a matrix, in the order of their clusters."
    )
    between: Path | None = option(
        None, type=OUTPUT, help="TSV of mean shares within and between the populations of --groups."
    )
    cores: Path | None = option(None, type=OUTPUT, help="TSV of core haplotypes with carriers and frequency.")
    bed: Path | None = option(
        None,
        type=OUTPUT,
        help="BED6 of core haplotypes; score 1000 times the frequency. BED4 if a frequency is not known.",
    )
    plots: Path | None = option(
        None, type=OUTPUT, help="New folder of plots, each as PNG and SVG: people, ages, and populations if given."
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SharingResult(Result):
    """Ages, sharing and core haplotypes.

    Attributes
    ----------
    ages
        See :func:`archaictools.haplotypes.ages.ages_of`.
    sharing
        Bases that people share, and their shares; see :class:`archaictools.haplotypes.sharing.Sharing`.
    matrix
        Shares as a matrix in the order of clusters; see :func:`archaictools.haplotypes.sharing.matrix_of_people`.
    between
        See :func:`archaictools.haplotypes.sharing.between_populations`; None without populations.
    cores
        See :func:`archaictools.haplotypes.cores.find_cores`.
    """

    ages: pd.DataFrame = field(repr=False)
    sharing: Sharing = field(repr=False)
    matrix: pd.DataFrame = field(repr=False)
    between: pd.DataFrame | None = field(repr=False)
    cores: pd.DataFrame = field(repr=False)


@keywords(inputs=SharingInputs, rules=SharingRules, files=SharingFiles, run=RunOptions)
def sharing(
    segments: PathLike | PredictResult,
    *,
    inputs: SharingInputs,
    rules: SharingRules,
    files: SharingFiles,
    run: RunOptions,
) -> SharingResult:
    """Compare the segments of people: rough ages, sharing and core haplotypes.

    Parameters
    ----------
    segments
        Table of segments, or what ``predict`` returned for haplotypes.

    Returns
    -------
    SharingResult
        All tables, whether or not files are named.

    Raises
    ------
    InputError
        If a file cannot be understood, or if files do not belong together.
    UsageError
        If an option does not apply.

    Examples
    --------
    >>> import archaictools as at
    >>> calls = at.predict(model="pretrained", words="haplotypes.h5")  # doctest: +SKIP
    >>> at.sharing(calls, groups="populations.tsv", plots="plots").between  # doctest: +SKIP
    """
    from archaictools.haplotypes.callable_file import callable_file_of
    from archaictools.haplotypes.people_segments import read_people_segments
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary

    if files.between and not inputs.groups:
        raise UsageError("--between needs --groups, the population of each person")
    tally = Summary()
    with file_of(segments, "segments") as path:
        regions = inputs.callable
        if regions is None and callable_file_of(path).is_file():
            regions = callable_file_of(path)
            log.info("callable regions are read from %s", regions)
        with StagedOutputs() as outputs:
            if regions:
                outputs.keep(regions)
            people = read_people_segments(
                path,
                summary=inputs.summary,
                groups=inputs.groups,
                callable_file=regions,
                threshold=inputs.threshold,
                sources=inputs.source,
                tally=tally,
            )
            return _compare(people, rules, files, run, outputs, tally)


def _compare(
    people: PeopleSegments,
    rules: SharingRules,
    files: SharingFiles,
    run: RunOptions,
    outputs: StagedOutputs,
    tally: Summary,
) -> SharingResult:
    """Make all tables, and write those that are named."""
    from archaictools.haplotypes.ages import AgeRule, ages_of
    from archaictools.haplotypes.cores import CoreRule, cores_bed, find_cores
    from archaictools.haplotypes.sharing import (
        between_populations,
        clusters_of,
        matrix_of_people,
        pairs_of_people,
        shared_bases,
    )
    from archaictools.io.bed import write_bed
    from archaictools.io.tables import write_table
    from archaictools.progress import Progress

    staged = {name: outputs.stage(path) for name in ("ages", "pairs", "matrix", "between", "cores", "bed")
              if (path := getattr(files, name))}  # fmt: skip
    folder = outputs.stage_folder(files.plots) if files.plots else None
    rule = AgeRule(
        cut=rules.min_age_length, recombination=rules.recombination, generation=rules.generation, seed=run.seed
    )
    with Progress(1 + len(people.members) + len(people.samples), "ages", "sharing") as progress:
        ages = ages_of(people, rule, progress=progress)
    shared = shared_bases(people.chosen, people.samples)
    matrix = matrix_of_people(shared, people.populations, clusters_of(shared.jaccard).order)
    between = between_populations(shared, people.populations) if people.populations else None
    cores, short = find_cores(
        people.chosen,
        CoreRule(haplotypes=rules.min_haplotypes, length=rules.min_core),
        haplotypes=people.haplotypes,
        populations=people.populations,
        with_data=people.with_data,
    )
    if short:
        tally.add("cores", f"cores of less than {rules.min_core:,} bp, left out", short)
    for name, frames in (("ages", ages), ("matrix", matrix), ("between", between), ("cores", cores)):
        if name in staged and frames is not None:
            write_table(staged[name], frames)
    if "pairs" in staged:
        write_table(staged["pairs"], pairs_of_people(shared, people.populations))
    if "bed" in staged:
        write_bed(staged["bed"], [cores_bed(cores)])
    if folder:
        from archaictools.haplotypes.sharing_plots import sharing_plots
        from archaictools.learning.plots import write_plots

        write_plots(folder, sharing_plots(shared, ages, people.populations))
    facts = _facts(people, ages, shared, cores, tally)
    return SharingResult(ages=ages, sharing=shared, matrix=matrix, between=between, cores=cores, facts=facts)


def _facts(
    people: PeopleSegments, ages: pd.DataFrame, shared: Sharing, cores: pd.DataFrame, tally: Summary
) -> dict[str, str]:
    """Return the short summary."""
    import numpy as np

    count = len(people.members)
    number = f" in {count:,} population{'s' * (count > 1)}" if count else ""
    unused = f" ({tally.sentence()})" if len(tally.frame()) else ""
    facts = {"segments": f"{len(people.chosen):,} of {len(people.samples):,} people{number}{unused}"}
    age = ages.iloc[0]
    if np.isfinite(age["generations"]):
        facts["rough age of one pulse"] = (
            f"{age['generations']:,.0f} generations (95 % interval {age['low']:,.0f} to {age['high']:,.0f}), "
            f"{age['years']:,.0f} years"
        )
    else:
        facts["rough age of one pulse"] = "NA, too few long segments"
    above = np.triu(np.ones(shared.shared.shape, dtype=bool), k=1)
    known = shared.jaccard[above]
    known = known[np.isfinite(known)]
    if len(known):
        pairs = f"{len(known):,} pair{'s' * (len(known) > 1)}"
        facts["sharing"] = f"two people share {known.mean():.3g} of their archaic bases (mean of {pairs})"
    else:
        facts["sharing"] = "NA, no two people with a segment"
    facts["core haplotypes"] = f"{len(cores):,}"
    if len(cores):
        row = cores.iloc[int(cores["haplotypes"].to_numpy().argmax())]
        place = f"{row['chrom']}:{row['start']:,}-{row['end']:,}"
        facts["most carried"] = f"{place}, by {row['haplotypes']:,} haplotypes of {row['people']:,} people"
    return facts
