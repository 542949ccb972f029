"""Simulate a data set: chromosomes in parallel, kept when interrupted, and joined when all are finished.

One seed gives one data set, whatever the number of processes. msprime draws ancestry and mutations from two seeds a
chromosome, which come from NumPy's SeedSequence, so that other programs can make the same trees.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import metadata
from typing import TYPE_CHECKING

from archaictools.errors import InputError
from archaictools.io.tables import write_json
from archaictools.simulation.chromosome import DONE, simulate_chromosome
from archaictools.simulation.plan import ChromosomeCounts, Simulation, SimulationMeta, chromosome_name
from archaictools.simulation.recombination import read_map

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.progress import Progress

#: Content of ``truth.bed`` where nobody has an archaic segment.
NO_SEGMENT = "# no archaic segment\n"


def make_data_set(
    simulation: Simulation, folder: Path, work: Path, *, processes: int, progress: Progress
) -> SimulationMeta:
    """Simulate all chromosomes and write the data set.

    Parameters
    ----------
    simulation
        All options.
    folder
        An empty folder for the result.
    work
        A folder for finished chromosomes; it is created if needed. Chromosomes of the same options are used, and the
        folder is removed at the end.
    processes
        Number of chromosomes to simulate at the same time.
    progress
        Advances by chromosomes.

    Returns
    -------
    SimulationMeta
        The contents of ``meta.json``.

    Raises
    ------
    InputError
        If ``work`` holds chromosomes of other options, or if a file cannot be read.
    UsageError
        If there is no such model or population.
    """
    options = simulation.options
    # Errors in the options are raised before any process starts.
    simulation.scenario()
    if options.map is not None:
        read_map(options.map, options.length)
    work.mkdir(parents=True, exist_ok=True)
    _claim(work, simulation)
    numbers = range(options.chromosomes)
    todo = [number for number in numbers if not is_finished(work / chromosome_name(number), archaic=options.archaic)]
    progress.advance(options.chromosomes - len(todo))
    if processes == 1 or len(todo) <= 1:
        for number in todo:
            simulate_chromosome(simulation, number, work)
            progress.advance(1)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(processes, len(todo)), mp_context=context, initializer=_ignore_interrupt) as pool:
            try:
                jobs = [pool.submit(simulate_chromosome, simulation, number, work) for number in todo]
                for finished in as_completed(jobs):
                    finished.result()
                    progress.advance(1)
            except BaseException:  # do not wait for chromosomes that are no longer needed
                pool.shutdown(wait=False, cancel_futures=True)
                for child in multiprocessing.active_children():
                    child.terminate()
                raise
    return _assemble(simulation, folder, work)


def _ignore_interrupt() -> None:
    """Leave Ctrl-C to the main process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _claim(work: Path, simulation: Simulation) -> None:
    """Write the options next to the chromosomes; refuse chromosomes of other options."""
    mine = json.dumps(simulation.parameters(), sort_keys=True)
    note = work / "options.json"
    if note.exists() and note.read_text() != mine:
        raise InputError(
            "holds chromosomes of an interrupted simulation with other options",
            path=work,
            remedy="repeat that command, or remove the folder",
        )
    note.write_text(mine)


def is_finished(folder: Path, *, archaic: int) -> bool:
    """Return whether a chromosome is complete; one whose VCFs were already moved to the result is not."""
    wanted = [DONE, f"modern.{folder.name}.vcf.gz", *([f"archaic.{folder.name}.vcf.gz"] if archaic else [])]
    return all((folder / name).exists() for name in wanted)


def _assemble(simulation: Simulation, folder: Path, work: Path) -> SimulationMeta:
    """Join the chromosomes into the data set; remove ``work``."""
    options, history = simulation.options, simulation.scenario()
    parts = [work / chromosome_name(number) for number in range(options.chromosomes)]
    for table in ("truth.bed", "callable.bed"):
        with (folder / table).open("wb") as target:
            for part in parts:
                target.write((part / table).read_bytes())
    if not (folder / "truth.bed").stat().st_size:
        (folder / "truth.bed").write_text(NO_SEGMENT)  # an empty file is refused, since it may be half a file
    done: list[ChromosomeCounts] = []
    for part in parts:
        done.append(json.loads((part / DONE).read_text()))
        for path in part.glob("*.vcf.gz*"):
            if options.archaic or not path.name.startswith("archaic"):
                path.replace(folder / path.name)
    for role, names in simulation.samples().items():
        (folder / f"{role}.txt").write_text("".join(f"{name}\n" for name in names))
    lengths = "".join(f"{part.name}\t{options.length}\n" for part in parts)
    (folder / "genome.chrom.sizes").write_text(lengths)
    haploid = sum(counts["mapped"] for counts in done) * 2 * options.ingroup
    bases: dict[str, int] = {}
    for counts in done:
        for source, count in counts["archaic_bases"].items():
            bases[source] = bases.get(source, 0) + count
    meta: SimulationMeta = {
        "schema_version": 1,
        "parameters": simulation.parameters(),
        "populations": {"outgroup": history.outgroup, "ingroup": history.ingroup, "archaic": ",".join(history.archaic)},
        "archaic_time": history.archaic_time,
        "mutation_rate": options.mutation_rate or history.mutation_rate,
        "sources": dict(history.sources),
        "sites": sum(counts["sites"] for counts in done),
        "tracts": sum(counts["tracts"] for counts in done),
        "callable": sum(counts["callable"] for counts in done),
        "archaic_share": {source: count / haploid for source, count in sorted(bases.items())},
        "versions": {
            name: metadata.version(name) for name in ("archaictools", "msprime", "tskit", "stdpopsim", "numpy")
        },
    }
    write_json(folder / "meta.json", meta)
    shutil.rmtree(work)
    return meta
