"""``archaictools simulate``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from archaictools.cli.options import common, names, report
from archaictools.options import INPUT, OUTPUT
from archaictools.simulation import limits

if TYPE_CHECKING:
    from pathlib import Path


#: An option that is a share of something, none by default.
_share = partial(click.option, type=click.FloatRange(0, 1, max_open=True), default=0.0, show_default=True)
_people = partial(click.IntRange, max=limits.MAX_PEOPLE)
_rate = click.FloatRange(0, limits.MAX_RATE)


@click.command("simulate", short_help="Simulate people with known truth.")
@click.option("--model", required=True, help="9K19, 10J19, ooa3, a human model of stdpopsim, or a demes file (.yaml).")
@click.option("--outgroup", type=_people(1), default=50, show_default=True, help="People of the outgroup.")
@click.option("--ingroup", type=_people(1), default=4, show_default=True, help="People of the ingroup.")
@click.option("--archaic", type=_people(0), default=2, show_default=True, help="Archaic people.")
@click.option("--outgroup-population", help="Population of the outgroup [default: the model's].")
@click.option("--ingroup-population", help="Population of the ingroup [default: the model's].")
@click.option(
    "--archaic-population",
    callback=names,
    help="Populations of the archaic people, with commas between [default: the model's one].",
)
@click.option(
    "--archaic-time", type=click.FloatRange(0, limits.MAX_TIME), help="When the archaic people lived, generations ago."
)
@click.option(
    "--length",
    type=click.IntRange(1, limits.MAX_LENGTH),
    default=20_000_000,
    show_default=True,
    help="Chromosome length in bp.",
)
@click.option(
    "--chromosomes",
    type=click.IntRange(1, limits.MAX_CHROMOSOMES),
    default=1,
    show_default=True,
    help="Number of chromosomes.",
)
@click.option(
    "--recombination",
    type=_rate,
    default=1.2e-8,
    show_default=True,
    help=f"Recombination rate per base and generation; times --length at most {limits.MAX_PER_CHROMOSOME:g}.",
)
@click.option("--map", "recombination_map", type=INPUT, help="HapMap recombination map in place of a flat rate.")
@click.option("--hotspots", is_flag=True, help="Recombination in hotspots, as in people, with that mean rate.")
@click.option(
    "--mutation-rate",
    type=_rate,
    default=0.0,
    help="Mutation rate per base and generation, times --length at most "
    f"{limits.MAX_PER_CHROMOSOME:g} [default: the model's].",
)
@click.option(
    "--switch-errors",
    type=click.FloatRange(0, limits.MAX_SWITCHES),
    default=0.0,
    show_default=True,
    help="Phasing switches per Mb.",
)
@_share("--missing-archaic", help="Share of archaic genotypes not called.")
@_share("--archaic-damage", help="Share of archaic C (G) read as T (A).")
@click.option("--archaic-only-alternate", is_flag=True, help="Archaic genotypes only where they are not REF.")
@click.option("--modern-variable-only", is_flag=True, help="Only sites at which modern people differ.")
@click.option(
    "--mutation-variation",
    type=click.FloatRange(1, limits.MAX_VARIATION),
    default=1.0,
    show_default=True,
    help="Highest mutation rate along the genome over the lowest.",
)
@_share("--uncallable", help="Share of the genome left out.")
@_share("--flip", help="Share of sites whose REF is not ancestral.")
@click.option("--out", type=OUTPUT, required=True, help="New folder for VCFs, truth and lists of samples.")
@common
def command(
    *,
    model: str,
    outgroup: int,
    ingroup: int,
    archaic: int,
    outgroup_population: str | None,
    ingroup_population: str | None,
    archaic_population: tuple[str, ...],
    archaic_time: float | None,
    length: int,
    chromosomes: int,
    recombination: float,
    recombination_map: Path | None,
    hotspots: bool,
    mutation_rate: float,
    switch_errors: float,
    missing_archaic: float,
    archaic_damage: float,
    archaic_only_alternate: bool,
    modern_variable_only: bool,
    mutation_variation: float,
    uncallable: float,
    flip: float,
    out: Path,
    threads: int,
    seed: int,
) -> None:
    """Simulate phased people, archaic genomes, and the truth about every base.

    Chromosomes are made in parallel; an interrupted simulation goes on from the chromosomes it has finished (kept in a
    hidden folder beside --out).
    """
    from archaictools.io.files import StagedOutputs
    from archaictools.progress import Progress
    from archaictools.simulation.demography import Sampling
    from archaictools.simulation.genotypes import Errors
    from archaictools.simulation.run import SimulationOptions, simulate

    options = SimulationOptions(
        model=model,
        sampling=Sampling(
            outgroup=outgroup_population,
            ingroup=ingroup_population,
            archaic=archaic_population,
            archaic_time=archaic_time,
        ),
        outgroup=outgroup,
        ingroup=ingroup,
        archaic=archaic,
        length=length,
        chromosomes=chromosomes,
        recombination=recombination,
        recombination_map=recombination_map,
        hotspots=hotspots,
        mutation_rate=mutation_rate,
        errors=Errors(
            switch_errors=switch_errors,
            missing_archaic=missing_archaic,
            archaic_damage=archaic_damage,
            archaic_only_alternate=archaic_only_alternate,
            modern_variable_only=modern_variable_only,
            mutation_variation=mutation_variation,
            uncallable=uncallable,
            flip=flip,
        ),
        seed=seed,
    )
    work = out.with_name(f".{out.name}.partial")
    with StagedOutputs() as outputs, Progress(chromosomes, "chromosomes", "simulate") as progress:
        meta = simulate(options, outputs.stage_folder(out), work, processes=threads, progress=progress)
    shares = ", ".join(f"{source} {share:.2%}" for source, share in meta["archaic_share"].items()) or "none"
    report(
        people=f"{outgroup} outgroup, {ingroup} ingroup, {archaic} archaic, in {out}",
        sites=f"{meta['sites']:,}",
        archaic=f"{shares} of the ingroup's haplotypes, {meta['tracts']:,} tracts",
    )
