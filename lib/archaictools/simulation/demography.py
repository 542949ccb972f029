"""Histories of populations with archaic ancestry: named ones, any human model of stdpopsim, or a demes file.

A scenario says which population is the outgroup, which the ingroup, from which the archaic genomes come and when their
bearers lived, and which populations an ingroup lineage must enter, going back in time, for its DNA to be archaic.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from archaictools.errors import InputError, UsageError, shortlist
from archaictools.simulation.limits import MAX_POPULATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msprime

#: Mutations per base and generation where the model names no rate of its own (stdpopsim's for humans).
MUTATION_RATE = 1.29e-8


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A history, and who is sampled from it.

    Attributes
    ----------
    name
        As asked for.
    demography
        For msprime.
    mutation_rate
        Per base and generation.
    outgroup, ingroup
        Populations sampled today.
    archaic, archaic_time
        Populations of the archaic genomes, and when their bearers lived, in generations ago.
    sources
        Archaic populations to the label of their tracts (``Nea``, ``Den``).
    """

    name: str
    demography: msprime.Demography
    mutation_rate: float
    outgroup: str
    ingroup: str
    archaic: tuple[str, ...]
    archaic_time: float
    sources: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Populations to sample, where the scenario's own are not wanted; None, or no archaic one, keeps its own."""

    outgroup: str | None = None
    ingroup: str | None = None
    archaic: tuple[str, ...] = ()
    archaic_time: float | None = None


@dataclass(frozen=True)
class _Known:
    """What is known of a model of stdpopsim: its id, and who is sampled."""

    model: str
    outgroup: str
    ingroup: str
    archaic: str
    archaic_time: float


#: Aliases of models that are simulated often. 9K19: one Neanderthal pulse, a clean outgroup. 10J19: several pulses, and
#: migration that brings Neanderthal DNA into the outgroup.
_STDPOPSIM = {
    "9K19": _Known("AncientEurasia_9K19", "Mbuti", "Han", "Neanderthal", 2_000),
    "10J19": _Known("PapuansOutOfAfrica_10J19", "YRI", "CEU", "NeaA", 2_612),
}
_OOA3 = "ooa3"

#: Beginnings of names that archaic populations have in stdpopsim, and the label of their tracts.
_ARCHAIC_NAMES = {"Nea": "Nea", "ND": "Nea", "Den": "Den"}


def scenario(name: str, sampling: Sampling) -> Scenario:
    """Find a history by name.

    Parameters
    ----------
    name
        ``9K19``, ``10J19``, ``ooa3``, the id of a human model in stdpopsim, or the path of a demes file (YAML).
    sampling
        Who is sampled, where the scenario's own choice is not wanted; a demes file has none.

    Raises
    ------
    UsageError
        If there is no such model, or a population to sample is not in it or not told.
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
    """Tell a demes file by its name."""
    return path.suffix.lower() in {".yaml", ".yml"}


def _sampled(found: Scenario, sampling: Sampling) -> Scenario:
    """Put the user's choice of populations in place of the scenario's."""
    populations = [population.name for population in found.demography.populations]
    chosen = replace(
        found,
        outgroup=sampling.outgroup or found.outgroup,
        ingroup=sampling.ingroup or found.ingroup,
        archaic=sampling.archaic or found.archaic,
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
    epochs = [epoch for epoch in history if epoch.start_time <= chosen.archaic_time]
    alive = {population.name for population in epochs[-1].active_populations}
    if dead := [population for population in chosen.archaic if population not in alive]:
        raise UsageError(
            f"nobody of {shortlist(dead)} lives {chosen.archaic_time:g} generations ago: choose another --archaic-time"
        )
    if not chosen.sources:
        return replace(chosen, sources={population: population for population in chosen.archaic})
    return chosen


def _from_stdpopsim(name: str, sampling: Sampling) -> Scenario:
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


def _from_demes(path: Path, sampling: Sampling) -> Scenario:
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
    """Africans and Europeans with one pulse of 3 % Neanderthal DNA 55,000 years ago.

    The values are those published with the test of DAIseg (Genomics-HSE/DAIseg, ``simulations/``), a generation of 29
    years: so that its accuracy can be compared with ours.
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
