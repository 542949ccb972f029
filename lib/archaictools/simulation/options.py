"""Options of the simulation; see :mod:`archaictools.options`. This module imports no heavy library.

Values beyond the limits would run for ever, or not fit into memory or an index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from archaictools.errors import UsageError
from archaictools.options import INPUT, names, option

if TYPE_CHECKING:
    from pathlib import Path

#: Largest number of samples of each set, and of chromosomes.
MAX_SAMPLES, MAX_CHROMOSOMES = 20_000, 1_000
#: Longest chromosome in bp: an index of a VCF (.tbi) ends at 512 Mb.
MAX_CHROMOSOME = 500_000_000
#: Largest recombination or mutation rate per base and generation, and that rate times the length of a chromosome.
MAX_RATE, MAX_EVENTS = 1e-3, 20.0
#: Largest number of phasing switches per Mb, of generations ago, and ratio of the highest mutation rate to the lowest.
MAX_SWITCHES, MAX_TIME, MAX_VARIATION = 1_000.0, 1e6, 1_000.0

_RATE = click.FloatRange(0, MAX_RATE)
_SHARE = click.FloatRange(0, 1, max_open=True)


@dataclass(frozen=True, kw_only=True)
class SimulationOptions:
    """History, numbers of samples, and chromosomes.

    Attributes
    ----------
    model
        Name of a history; see :func:`archaictools.simulation.demography.scenario`.
    outgroup, ingroup, archaic
        Numbers of diploid samples.
    length, chromosomes
        Length of a chromosome in bp, and number of chromosomes.
    recombination
        Rate per base and generation.
    map
        HapMap file in place of a uniform rate; it must span the chromosomes.
    hotspots
        Let the rate vary as in humans, on each chromosome in its own way, with ``recombination`` as mean.
    mutation_rate
        Rate per base and generation; None or 0 for the history's own.
    """

    model: str = option(help="9K19, 10J19, ooa3, a human model of stdpopsim, or a demes file (.yaml).")
    outgroup: int = option(50, type=click.IntRange(1, MAX_SAMPLES), help="Number of outgroup samples.")
    ingroup: int = option(4, type=click.IntRange(1, MAX_SAMPLES), help="Number of ingroup samples.")
    archaic: int = option(2, type=click.IntRange(0, MAX_SAMPLES), help="Number of archaic samples.")
    length: int = option(20_000_000, type=click.IntRange(1, MAX_CHROMOSOME), help="Chromosome length in bp.")
    chromosomes: int = option(1, type=click.IntRange(1, MAX_CHROMOSOMES), help="Number of chromosomes.")
    recombination: float = option(
        1.2e-8,
        type=_RATE,
        help=f"Recombination rate per base and generation; times --length at most {MAX_EVENTS:g}.",
    )
    map: Path | None = option(None, type=INPUT, help="HapMap recombination map in place of a uniform rate.")
    hotspots: bool = option(False, help="Recombination in hotspots, as in humans, with --recombination as mean rate.")
    mutation_rate: float | None = option(
        None,
        type=_RATE,
        help=f"Mutation rate per base and generation; times --length at most {MAX_EVENTS:g} [default: the model's].",
    )

    def __post_init__(self) -> None:
        for name, rate in (("recombination", self.recombination), ("mutation", self.mutation_rate or 0.0)):
            events = rate * self.length
            if not 0 <= events <= MAX_EVENTS:  # nan is refused, too
                raise UsageError(f"{name} rate times length: {events:g} is not in the range 0 to {MAX_EVENTS:g}")
        if self.hotspots and self.map is not None:
            raise UsageError("give either --map or --hotspots, not both")


@dataclass(frozen=True, kw_only=True)
class PopulationOptions:
    """Populations to sample in place of the history's own; None, or no archaic one, keeps its own."""

    outgroup_population: str | None = option(None, help="Population of the outgroup [default: the model's].")
    ingroup_population: str | None = option(None, help="Population of the ingroup [default: the model's].")
    archaic_population: tuple[str, ...] = option(
        (), parse=names, help="Populations of the archaic samples, separated by commas [default: the model's one]."
    )
    ingroup_time: float = option(
        0.0,
        type=click.FloatRange(0, MAX_TIME),
        help="Time at which the ingroup lived, in generations ago: ancient people.",
    )
    archaic_time: float | None = option(
        None,
        type=click.FloatRange(0, MAX_TIME),
        help="Time at which the archaic samples lived, in generations ago [default: the model's].",
    )


@dataclass(frozen=True, kw_only=True)
class ErrorOptions:
    """Errors of the data.

    Attributes
    ----------
    switch_errors
        Phasing switch errors per Mb in each modern sample.
    missing_archaic
        Share of archaic genotypes that are not called.
    archaic_damage
        Share of the archaic C (and G) that are read as T (and A), on each chromosome independently: deamination of
        ancient DNA (Briggs et al. 2007) that is left in a called genome.
    archaic_only_alternate
        Give archaic genotypes only where they are not homozygous for REF, as merged files do: a missing genotype then
        means REF or not called.
    modern_variable_only
        Keep only sites at which modern samples differ.
    mutation_variation
        Highest mutation rate along the genome divided by the lowest. Rates of regions of 100 kb are drawn uniformly
        on a logarithmic scale; their mean stays.
    uncallable
        Share of the genome that is left out, in regions of 5 kb on average.
    flip
        Share of sites whose REF is not the ancestral allele.
    """

    switch_errors: float = option(0.0, type=click.FloatRange(0, MAX_SWITCHES), help="Phasing switches per Mb.")
    missing_archaic: float = option(0.0, type=_SHARE, help="Share of archaic genotypes that are not called.")
    archaic_damage: float = option(0.0, type=_SHARE, help="Share of archaic C (G) that are read as T (A).")
    archaic_only_alternate: bool = option(False, help="Archaic genotypes only where they are not REF.")
    modern_variable_only: bool = option(False, help="Only sites at which modern samples differ.")
    mutation_variation: float = option(
        1.0, type=click.FloatRange(1, MAX_VARIATION), help="Ratio of the highest mutation rate to the lowest."
    )
    uncallable: float = option(0.0, type=_SHARE, help="Share of the genome that is left out.")
    flip: float = option(0.0, type=_SHARE, help="Share of sites whose REF is not ancestral.")
