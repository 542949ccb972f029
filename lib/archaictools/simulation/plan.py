"""All options of one simulation, and the JSON that a data set stores about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict

from archaictools.io.files import sha256
from archaictools.simulation.demography import Scenario, is_demes, scenario
from archaictools.simulation.options import ErrorOptions, PopulationOptions, SimulationOptions


class InputDigest(TypedDict):
    """An input file, without its folder."""

    name: str
    sha256: str


class Sampling(TypedDict):
    """Populations that replace the history's own; None, or no archaic one, keeps its own."""

    outgroup: str | None
    ingroup: str | None
    ingroup_time: float
    archaic: list[str]
    archaic_time: float | None


class SimulationParameters(TypedDict):
    """All options, as plain values."""

    model: str | InputDigest
    sampling: Sampling
    outgroup: int
    ingroup: int
    archaic: int
    length: int
    chromosomes: int
    recombination: float
    recombination_map: InputDigest | None
    hotspots: bool
    mutation_rate: float
    errors: dict[str, float | bool]
    seed: int


class ChromosomeCounts(TypedDict):
    """Contents of a chromosome's ``done.json``: numbers of sites and tracts, and bp."""

    sites: int
    tracts: int
    archaic_bases: dict[str, int]
    mapped: int
    callable: int


class SimulationMeta(TypedDict):
    """Contents of ``meta.json``."""

    schema_version: int
    parameters: SimulationParameters
    populations: dict[str, str]
    archaic_time: float
    mutation_rate: float
    sources: dict[str, str]
    sites: int
    tracts: int
    callable: int
    archaic_share: dict[str, float]
    versions: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """All options of one simulation.

    Attributes
    ----------
    options, populations, errors
        History and sizes; populations to sample; errors of the data.
    seed
        Random seed.
    """

    options: SimulationOptions
    populations: PopulationOptions = field(default_factory=PopulationOptions)
    errors: ErrorOptions = field(default_factory=ErrorOptions)
    seed: int = 1

    def scenario(self) -> Scenario:
        """Return the history, with the populations to sample."""
        return scenario(self.options.model, self.populations)

    def parameters(self) -> SimulationParameters:
        """Return all options as plain values; files appear with their name and digest."""
        options, populations = self.options, self.populations
        history = Path(options.model)
        return {
            "model": _digest(history) if is_demes(history) else options.model,
            "sampling": {
                "outgroup": populations.outgroup_population,
                "ingroup": populations.ingroup_population,
                "ingroup_time": populations.ingroup_time,
                "archaic": list(populations.archaic_population),
                "archaic_time": populations.archaic_time,
            },
            "outgroup": options.outgroup,
            "ingroup": options.ingroup,
            "archaic": options.archaic,
            "length": options.length,
            "chromosomes": options.chromosomes,
            "recombination": options.recombination,
            "recombination_map": None if options.map is None else _digest(options.map),
            "hotspots": options.hotspots,
            "mutation_rate": options.mutation_rate or 0.0,
            "errors": asdict(self.errors),
            "seed": self.seed,
        }

    def samples(self) -> dict[str, list[str]]:
        """Return the names of the samples by role."""
        return {
            "outgroup": [f"OUT{number:03d}" for number in range(self.options.outgroup)],
            "ingroup": [f"IN{number:03d}" for number in range(self.options.ingroup)],
            "archaic": [f"ARC{number:03d}" for number in range(self.options.archaic)],
        }


def _digest(path: Path) -> InputDigest:
    return {"name": path.name, "sha256": sha256(path)}


def chromosome_name(number: int) -> str:
    """Return the name of a chromosome, numbered from 0.

    Examples
    --------
    >>> chromosome_name(0)
    'chr1'
    """
    return f"chr{number + 1}"
