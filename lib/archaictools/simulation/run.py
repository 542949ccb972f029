"""A simulated data set: chromosomes made in parallel, kept when interrupted, put together when all are there.

One seed gives one data set, whatever the number of processes. Random numbers are those of msprime for ancestry and
mutations (two seeds a chromosome, from NumPy's SeedSequence), so that other programs can make the same trees.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.intervals import IntervalSet
from archaictools.io.files import sha256
from archaictools.io.tables import plain, write_json, write_table
from archaictools.simulation import limits
from archaictools.simulation.demography import Sampling, Scenario, is_demes, scenario
from archaictools.simulation.genotypes import (
    Errors,
    blocks,
    callable_stretches,
    mutation_rates,
    switch_positions,
)
from archaictools.simulation.recombination import hotspots, known, read_map
from archaictools.simulation.tracts import archaic_tracts, switched
from archaictools.simulation.vcf import VcfWriter

if TYPE_CHECKING:
    import tskit

    from archaictools.progress import Progress

_DONE = "done.json"


@dataclass(frozen=True, kw_only=True)
class SimulationOptions:
    """What to simulate.

    Attributes
    ----------
    model
        Name of a history; see :func:`archaictools.simulation.demography.scenario`.
    sampling
        Populations to sample, where the history's own are not wanted.
    outgroup, ingroup, archaic
        Numbers of people.
    length, chromosomes
        Length of a chromosome in bp, and how many.
    recombination
        Per base and generation.
    recombination_map
        HapMap file in place of a flat rate; it must span the chromosomes.
    hotspots
        Let the rate vary as in people, each chromosome in its own way, with this mean.
    mutation_rate
        Per base and generation; 0 for the history's own.
    errors
        What is wrong with the data.
    seed
        Of everything random.
    """

    model: str
    sampling: Sampling = field(default_factory=Sampling)
    outgroup: int = 50
    ingroup: int = 4
    archaic: int = 2
    length: int = 20_000_000
    chromosomes: int = 1
    recombination: float = 1.2e-8
    recombination_map: Path | None = None
    hotspots: bool = False
    mutation_rate: float = 0.0
    errors: Errors = field(default_factory=Errors)
    seed: int = 1

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("outgroup people", self.outgroup, 1, limits.MAX_PEOPLE),
            ("ingroup people", self.ingroup, 1, limits.MAX_PEOPLE),
            ("archaic people", self.archaic, 0, limits.MAX_PEOPLE),
            ("chromosomes", self.chromosomes, 1, limits.MAX_CHROMOSOMES),
            ("length of a chromosome", self.length, 1, limits.MAX_LENGTH),
            ("recombination rate", self.recombination, 0, limits.MAX_RATE),
            ("mutation rate", self.mutation_rate, 0, limits.MAX_RATE),
            ("recombination rate times length", self.recombination * self.length, 0, limits.MAX_PER_CHROMOSOME),
            ("mutation rate times length", self.mutation_rate * self.length, 0, limits.MAX_PER_CHROMOSOME),
        ):
            if not low <= value <= high:  # nan is not, either
                raise UsageError(f"{name}: {value:g} is not in the range {low:,} to {high:,g}")
        if self.hotspots and self.recombination_map is not None:
            raise UsageError("give either a recombination map or hotspots")


def simulate(
    options: SimulationOptions, folder: Path, work: Path, *, processes: int, progress: Progress
) -> dict[str, Any]:
    """Make a data set.

    Parameters
    ----------
    options
        What to simulate.
    folder
        An empty folder for the result.
    work
        A folder for finished chromosomes, made if it is not there; what it holds of the same options is used, and it is
        removed at the end.
    processes
        Chromosomes simulated at once.
    progress
        Told of chromosomes done.

    Returns
    -------
    dict
        What ``meta.json`` says.

    Raises
    ------
    InputError
        If ``work`` holds chromosomes of other options.
    """
    # What is wrong with the options is told before any process starts.
    scenario(options.model, options.sampling)
    if options.recombination_map is not None:
        read_map(options.recombination_map, options.length)
    work.mkdir(parents=True, exist_ok=True)
    _claim(work, options)
    todo = [number for number in range(options.chromosomes) if not _finished(work / _name(number), options)]
    progress.advance(options.chromosomes - len(todo))
    if processes == 1 or len(todo) <= 1:
        for number in todo:
            _chromosome(options, number, work)
            progress.advance(1)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(processes, len(todo)), mp_context=context, initializer=_ignore_interrupt) as pool:
            try:
                for finished in as_completed([pool.submit(_chromosome, options, number, work) for number in todo]):
                    finished.result()
                    progress.advance(1)
            except BaseException:  # do not wait for chromosomes that nobody needs
                pool.shutdown(wait=False, cancel_futures=True)
                for child in multiprocessing.active_children():
                    child.terminate()
                raise
    return _assemble(options, folder, work)


def _ignore_interrupt() -> None:
    """Leave Ctrl-C to the main process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _claim(work: Path, options: SimulationOptions) -> None:
    """Note the options beside the chromosomes, and refuse chromosomes of other options."""
    mine = json.dumps(_parameters(options), sort_keys=True)
    note = work / "options.json"
    if note.exists() and note.read_text() != mine:
        raise InputError(
            "holds chromosomes of an interrupted simulation with other options",
            path=work,
            remedy="repeat that command, or remove the folder",
        )
    note.write_text(mine)


def _parameters(options: SimulationOptions) -> dict[str, Any]:
    values = asdict(options)
    history = Path(options.model)
    for name, path in (("recombination_map", options.recombination_map), ("model", is_demes(history) and history)):
        if path:
            values[name] = {"name": path.name, "sha256": sha256(path)}
    parameters: dict[str, Any] = plain(values)
    return parameters


def _finished(folder: Path, options: SimulationOptions) -> bool:
    """Tell whether a chromosome is whole: one that was being put together when all stopped lacks its VCFs."""
    wanted = [_DONE, f"modern.{folder.name}.vcf.gz", *([f"archaic.{folder.name}.vcf.gz"] if options.archaic else [])]
    return all((folder / name).exists() for name in wanted)


def _name(number: int) -> str:
    return f"chr{number + 1}"


def _people(options: SimulationOptions) -> dict[str, list[str]]:
    return {
        "outgroup": [f"OUT{number:03d}" for number in range(options.outgroup)],
        "ingroup": [f"IN{number:03d}" for number in range(options.ingroup)],
        "archaic": [f"ARC{number:03d}" for number in range(options.archaic)],
    }


def _ancestry(options: SimulationOptions, found: Scenario, seed: int) -> tskit.TreeSequence:
    import msprime

    samples = [
        msprime.SampleSet(options.outgroup, population=found.outgroup, time=0),
        msprime.SampleSet(options.ingroup, population=found.ingroup, time=0),
    ]
    # Dealt to the populations in turn, named population by population.
    for number, population in enumerate(found.archaic):
        if people := len(range(number, options.archaic, len(found.archaic))):
            samples.append(msprime.SampleSet(people, population=population, time=found.archaic_time))
    rate: float | msprime.RateMap = options.recombination
    if options.recombination_map is not None:
        rate = read_map(options.recombination_map, options.length)
    elif options.hotspots:
        rate = hotspots(options.recombination, options.length, np.random.default_rng([options.seed, seed]))
    return msprime.sim_ancestry(
        samples=samples,
        demography=found.demography,
        ploidy=2,
        sequence_length=options.length,
        recombination_rate=rate,
        record_migrations=True,
        random_seed=seed,
    )


def _chromosome(options: SimulationOptions, number: int, work: Path) -> None:
    """Make one chromosome in a folder of its own; ``done.json`` is written last."""
    import msprime

    found = scenario(options.model, options.sampling)
    folder = work / _name(number)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    chrom, errors = _name(number), options.errors
    seeds = np.random.SeedSequence(options.seed).generate_state(3 * options.chromosomes) % (2**31 - 2) + 1
    rng = np.random.default_rng([options.seed, number])
    trees = _ancestry(options, found, int(seeds[3 * number]))
    nodes = [int(node) for person in trees.individuals() for node in person.nodes]
    modern = nodes[: 2 * (options.outgroup + options.ingroup)]
    names = [population.name for population in found.demography.populations]
    tracts = archaic_tracts(trees, found.sources, names, modern[2 * options.outgroup :])
    tables = trees.dump_tables()
    tables.migrations.clear()
    rate = mutation_rates(options.mutation_rate or found.mutation_rate, errors.mutation_variation, options.length, rng)
    mutated = msprime.sim_mutations(
        tables.tree_sequence(), rate=rate, model="jc69", random_seed=int(seeds[3 * number + 1])
    )
    mapped = IntervalSet.of([(0, options.length)])
    if options.recombination_map is not None:
        mapped = known(read_map(options.recombination_map, options.length))
    stretches = callable_stretches(options.length, errors.uncallable, rng).intersection(mapped)
    people = options.outgroup + options.ingroup
    switches = switch_positions(people, options.length, errors.switch_errors, rng)
    tracts = switched(tracts, switches[options.outgroup :])
    names_of = _people(options)
    with (
        VcfWriter(
            folder / f"modern.{chrom}.vcf.gz",
            chrom,
            options.length,
            names_of["outgroup"] + names_of["ingroup"],
            phased=True,
        ) as moderns,
        VcfWriter(
            folder / f"archaic.{chrom}.vcf.gz", chrom, options.length, names_of["archaic"] or ["NONE"], phased=False
        ) as archaics,
    ):
        for ours, theirs in blocks(
            mutated,
            modern,
            nodes[len(modern) :],
            errors,
            stretches=stretches,
            switches=switches,
            rng=rng,
        ):
            moderns.write(ours)
            if options.archaic:
                archaics.write(theirs)
    truth = pd.DataFrame(
        {
            "chrom": chrom,
            "start": tracts["start"],
            "end": tracts["end"],
            "sample": np.array(names_of["ingroup"], dtype=object)[tracts["haplotype"] // 2],
            "haplotype": tracts["haplotype"] % 2 + 1,
            "source": tracts["source"],
        }
    ).sort_values(["start", "end", "sample", "haplotype"], kind="stable")
    write_table(folder / "truth.bed", truth, header=False)
    write_table(
        folder / "callable.bed",
        pd.DataFrame({"chrom": chrom, "start": stretches.start, "end": stretches.end}),
        header=False,
    )
    bases = {source: int((rows["end"] - rows["start"]).sum()) for source, rows in truth.groupby("source")}
    write_json(
        folder / _DONE,
        {
            "sites": moderns.sites,
            "tracts": len(truth),
            "archaic_bases": bases,
            "mapped": mapped.bases,
            "callable": stretches.bases,
        },
    )


def _assemble(options: SimulationOptions, folder: Path, work: Path) -> dict[str, Any]:
    found = scenario(options.model, options.sampling)
    done = []
    for table in ("truth.bed", "callable.bed"):
        with (folder / table).open("wb") as target:
            for number in range(options.chromosomes):
                target.write((work / _name(number) / table).read_bytes())
    for number in range(options.chromosomes):
        part = work / _name(number)
        done.append(json.loads((part / _DONE).read_text()))
        for path in part.glob("*.vcf.gz*"):
            if options.archaic or not path.name.startswith("archaic"):
                path.replace(folder / path.name)
    for role, names in _people(options).items():
        (folder / f"{role}.txt").write_text("".join(f"{name}\n" for name in names))
    lengths = "".join(f"{_name(number)}\t{options.length}\n" for number in range(options.chromosomes))
    (folder / "genome.chrom.sizes").write_text(lengths)
    haploid = sum(part["mapped"] for part in done) * 2 * options.ingroup
    bases: dict[str, int] = {}
    for part_done in done:
        for source, count in part_done["archaic_bases"].items():
            bases[source] = bases.get(source, 0) + count
    meta = {
        "schema_version": 1,
        "parameters": _parameters(options),
        "populations": {"outgroup": found.outgroup, "ingroup": found.ingroup, "archaic": ",".join(found.archaic)},
        "archaic_time": found.archaic_time,
        "mutation_rate": options.mutation_rate or found.mutation_rate,
        "sources": dict(found.sources),
        "sites": sum(part["sites"] for part in done),
        "tracts": sum(part["tracts"] for part in done),
        "callable": sum(part["callable"] for part in done),
        "archaic_share": {source: count / haploid for source, count in sorted(bases.items())},
        "versions": {
            name: metadata.version(name) for name in ("archaictools", "msprime", "tskit", "stdpopsim", "numpy")
        },
    }
    write_json(folder / "meta.json", meta)
    shutil.rmtree(work)
    return meta
