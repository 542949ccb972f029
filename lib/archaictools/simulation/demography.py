"""Demographic histories with archaic ancestry: named ones, any human model of stdpopsim, or a demes file.

A scenario names the populations of the outgroup, the ingroup and the archaic genomes, and the time at which the archaic
samples lived. It also names the archaic source populations: DNA is archaic if its lineage, going back in time, enters
one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from archaictools.errors import InputError, UsageError, shortlist

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msprime

    from archaictools.simulation.options import PopulationOptions

#: Mutation rate per base and generation of models without a rate of their own (stdpopsim's for humans).
MUTATION_RATE = 1.29e-8

#: Largest population of a history.
MAX_POPULATION = 1e8


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A history, and the populations to sample.

    Attributes
    ----------
    name
        Name of the model or file.
    demography
        The history for msprime.
    mutation_rate
        Rate per base and generation.
    outgroup, ingroup, ingroup_time
        Populations of the outgroup, sampled today, and of the ingroup, with the time at which it lived, in generations
        ago.
    archaic, archaic_time
        Populations of the archaic samples, and the time at which they lived, in generations ago.
    sources
        Archaic source populations, each with the label of its tracts (``Nea``, ``Den``).
    """

    name: str
    demography: msprime.Demography
    mutation_rate: float
    outgroup: str
    ingroup: str
    archaic: tuple[str, ...]
    archaic_time: float
    sources: Mapping[str, str]
    ingroup_time: float = 0.0


@dataclass(frozen=True)
class _Known:
    """The id of a model of stdpopsim, and the populations to sample."""

    model: str
    outgroup: str
    ingroup: str
    archaic: str
    archaic_time: float


#: Aliases of common models. 9K19 has one Neanderthal pulse, and an outgroup without archaic DNA. 10J19 has several
#: pulses, and migration that brings Neanderthal DNA into the outgroup.
_STDPOPSIM = {
    "9K19": _Known("AncientEurasia_9K19", "Mbuti", "Han", "Neanderthal", 2_000),
    "10J19": _Known("PapuansOutOfAfrica_10J19", "YRI", "CEU", "NeaA", 2_612),
}
_OOA3 = "ooa3"

#: Prefixes of the names of archaic populations in stdpopsim, and the label of their tracts.
_ARCHAIC_NAMES = {"Nea": "Nea", "ND": "Nea", "Den": "Den"}


def scenario(name: str, sampling: PopulationOptions) -> Scenario:
    """Return the history of a name.

    Parameters
    ----------
    name
        ``9K19``, ``10J19``, ``ooa3``, the id of a human model in stdpopsim, or the path of a demes file (YAML).
    sampling
        Populations to sample in place of the history's own; a demes file has none of its own.

    Raises
    ------
    UsageError
        If there is no such model, or a population to sample is not in it or not given.
    InputError
        If a demes file cannot be read.
    """
    if name == _OOA3:
        found = _ooa3()
    elif is_demes(Path(name)):
        found = _from_demes(Path(name), sampling)
    else:
        found = _from_stdpopsim(name, sampling)
    return _sampled(found, sampling)


def is_demes(path: Path) -> bool:
    """Return whether a path names a demes file."""
    return path.suffix.lower() in {".yaml", ".yml"}


def _sampled(found: Scenario, sampling: PopulationOptions) -> Scenario:
    """Return the scenario with the user's choice of populations."""
    populations = [population.name for population in found.demography.populations]
    chosen = replace(
        found,
        outgroup=sampling.outgroup_population or found.outgroup,
        ingroup=sampling.ingroup_population or found.ingroup,
        ingroup_time=sampling.ingroup_time,
        archaic=sampling.archaic_population or found.archaic,
        archaic_time=found.archaic_time if sampling.archaic_time is None else sampling.archaic_time,
    )
    roles = {"outgroup": (chosen.outgroup,), "ingroup": (chosen.ingroup,), "archaic": chosen.archaic or ("",)}
    for role, asked in roles.items():
        for population in asked:
            if population not in populations:
                raise UsageError(
                    f"--{role}-population is {population or 'not given'}; {found.name} has "
                    f"{shortlist(populations, limit=30)}"
                )
    history = chosen.demography.debug().epochs
    sizes = [size for epoch in history for each in epoch.populations for size in (each.start_size, each.end_size)]
    if not max(sizes) <= MAX_POPULATION:
        raise UsageError(f"{found.name} has a population of {max(sizes):g} people, expected at most {MAX_POPULATION:g}")
    for role, time in (("ingroup", chosen.ingroup_time), ("archaic", chosen.archaic_time)):
        alive = _alive(chosen.demography, [epoch for epoch in history if epoch.start_time <= time][-1], time)
        if dead := [population for population in roles[role] if population not in alive]:
            raise UsageError(f"{shortlist(dead)} has no samples {time:g} generations ago: choose another --{role}-time")
    if not chosen.sources:
        return replace(chosen, sources={population: population for population in chosen.archaic})
    return chosen


def _alive(demography: msprime.Demography, epoch: msprime.demography.Epoch, time: float) -> set[str]:
    """Return the populations that exist at a time (generations ago) in an epoch of the history.

    Models of stdpopsim move all lineages out of a population without ending it. Lineages that are sampled there later
    in the past would never leave it, and the simulation would not end.
    """
    import msprime

    alive = {population.name for population in epoch.active_populations}
    left = [event for event in demography.events if isinstance(event, msprime.MassMigration) and event.proportion == 1]
    return alive - {demography[event.source].name for event in left if event.time <= time}


def _from_stdpopsim(name: str, sampling: PopulationOptions) -> Scenario:
    import stdpopsim

    species = stdpopsim.get_species("HomSap")
    known = _STDPOPSIM.get(name)
    ids = [model.id for model in species.demographic_models]
    wanted = known.model if known else name
    if wanted not in ids:
        raise UsageError(
            f"there is no model {name}; choose {', '.join([*_STDPOPSIM, _OOA3])}, a demes file (.yaml), or of "
            f"stdpopsim: {shortlist(sorted(ids), limit=40)}"
        )
    model = species.get_demographic_model(wanted)
    names = [population.name for population in model.model.populations]
    sources = {
        population: label
        for population in names
        for start, label in _ARCHAIC_NAMES.items()
        if population.startswith(start)
    }
    return Scenario(
        name=name,
        demography=model.model,
        mutation_rate=model.mutation_rate or MUTATION_RATE,
        outgroup=known.outgroup if known else "",
        ingroup=known.ingroup if known else "",
        archaic=(known.archaic,) if known else (),
        archaic_time=known.archaic_time if known else 0.0,
        sources=sources,
    )


def _from_demes(path: Path, sampling: PopulationOptions) -> Scenario:
    import demes
    import msprime

    if not path.is_file():
        raise InputError("is not a file", path=path)
    try:
        graph = demes.load(path)
    except Exception as error:
        reason = str(error).split("\n", 1)[0]
        raise InputError(f"is not a demes model ({reason})", path=path) from error
    return Scenario(
        name=path.name,
        demography=msprime.Demography.from_demes(graph),
        mutation_rate=MUTATION_RATE,
        outgroup="",
        ingroup="",
        archaic=(),
        archaic_time=sampling.archaic_time or 0.0,
        sources={},
    )


def _ooa3() -> Scenario:
    """Return a history of Africans and Europeans with one pulse of 3 % Neanderthal DNA 55,000 years ago.

    The values, with a generation of 29 years, are those of the simulations of DAIseg (Genomics-HSE/DAIseg,
    ``simulations/``), so that the accuracy of both can be compared.
    """
    import msprime

    years = 29.0
    made = msprime.Demography()
    made.add_population(name="AF", initial_size=27_600)
    made.add_population(name="EU", initial_size=13_377, growth_rate=0.00202)
    made.add_population(name="AMH", initial_size=23_000)
    made.add_population(name="ND", initial_size=3_400, default_sampling_time=38_000 / years)
    made.add_population(name="ANC", initial_size=18_500)
    made.add_population(name="OOA", initial_size=1_861)
    made.add_population_parameters_change(time=31_900 / years, initial_size=1_450, growth_rate=0, population="EU")
    made.add_admixture(time=55_000 / years, derived="EU", ancestral=["OOA", "ND"], proportions=[0.97, 0.03])
    made.add_population_split(time=65_700 / years, derived=["AF", "OOA"], ancestral="AMH")
    made.add_population_split(time=550_000 / years, derived=["AMH", "ND"], ancestral="ANC")
    made.sort_events()
    return Scenario(
        name=_OOA3,
        demography=made,
        mutation_rate=MUTATION_RATE,
        outgroup="AF",
        ingroup="EU",
        archaic=("ND",),
        archaic_time=38_000 / years,
        sources={"ND": "Nea"},
    )
