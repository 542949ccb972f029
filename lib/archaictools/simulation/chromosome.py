"""Simulate one chromosome: trees, mutations, VCFs and true tracts."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msprime
import numpy as np
import pandas as pd

from archaictools.intervals import IntervalSet
from archaictools.io.tables import write_json, write_table
from archaictools.simulation.genotypes import blocks, callable_regions, mutation_rates, switch_positions
from archaictools.simulation.plan import chromosome_name
from archaictools.simulation.recombination import hotspot_map, mapped_regions, read_map
from archaictools.simulation.tracts import archaic_tracts, switch_tracts
from archaictools.simulation.vcf import VcfWriter

if TYPE_CHECKING:
    from pathlib import Path

    import tskit

    from archaictools.simulation.demography import Scenario
    from archaictools.simulation.plan import ChromosomeCounts, Simulation

#: Written last, with the counts of the chromosome.
DONE = "done.json"

#: Columns of ``truth.bed``; coordinates are 0-based and half-open.
TRUTH_COLUMNS = ["chrom", "start", "end", "sample", "haplotype", "source"]


def simulate_ancestry(simulation: Simulation, history: Scenario, seed: int) -> tskit.TreeSequence:
    """Return the trees of one chromosome, with migrations; samples are outgroup, ingroup, archaic in this order."""
    options = simulation.options
    samples = [
        msprime.SampleSet(options.outgroup, population=history.outgroup, time=0),
        msprime.SampleSet(options.ingroup, population=history.ingroup, time=history.ingroup_time),
    ]
    # The archaic samples are spread evenly over the populations, and named population by population.
    for number, population in enumerate(history.archaic):
        if count := len(range(number, options.archaic, len(history.archaic))):
            samples.append(msprime.SampleSet(count, population=population, time=history.archaic_time))
    rate: float | msprime.RateMap = options.recombination
    if options.map is not None:
        rate = read_map(options.map, options.length)
    elif options.hotspots:
        rate = hotspot_map(options.recombination, options.length, np.random.default_rng([simulation.seed, seed]))
    return msprime.sim_ancestry(
        samples=samples,
        demography=history.demography,
        ploidy=2,
        sequence_length=options.length,
        recombination_rate=rate,
        record_migrations=True,
        random_seed=seed,
    )


def simulate_chromosome(simulation: Simulation, number: int, work: Path) -> None:
    """Simulate one chromosome into a folder of its own below ``work``; :data:`DONE` is written last."""
    options, errors, history = simulation.options, simulation.errors, simulation.scenario()
    chrom = chromosome_name(number)
    folder = work / chrom
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    seeds = np.random.SeedSequence(simulation.seed).generate_state(3 * options.chromosomes) % (2**31 - 2) + 1
    rng = np.random.default_rng([simulation.seed, number])
    trees = simulate_ancestry(simulation, history, int(seeds[3 * number]))
    nodes = [int(node) for sample in trees.individuals() for node in sample.nodes]
    modern = nodes[: 2 * (options.outgroup + options.ingroup)]
    names = [population.name for population in history.demography.populations]
    tracts = archaic_tracts(trees, history.sources, names, modern[2 * options.outgroup :])
    tables = trees.dump_tables()
    tables.migrations.clear()
    rate = mutation_rates(
        options.mutation_rate or history.mutation_rate, errors.mutation_variation, options.length, rng
    )
    mutated = msprime.sim_mutations(
        tables.tree_sequence(), rate=rate, model="jc69", random_seed=int(seeds[3 * number + 1])
    )
    mapped = IntervalSet.of([(0, options.length)])
    if options.map is not None:
        mapped = mapped_regions(read_map(options.map, options.length))
    regions = callable_regions(options.length, errors.uncallable, rng).intersection(mapped)
    switches = switch_positions(options.outgroup + options.ingroup, options.length, errors.switch_errors, rng)
    tracts = switch_tracts(tracts, switches[options.outgroup :])
    samples = simulation.samples()
    with (
        VcfWriter(
            folder / f"modern.{chrom}.vcf.gz",
            chrom,
            options.length,
            samples["outgroup"] + samples["ingroup"],
            phased=True,
        ) as modern_vcf,
        VcfWriter(
            folder / f"archaic.{chrom}.vcf.gz", chrom, options.length, samples["archaic"] or ["NONE"], phased=False
        ) as archaic_vcf,
    ):
        for modern_block, archaic_block in blocks(
            mutated, modern, nodes[len(modern) :], errors, regions=regions, switches=switches, rng=rng
        ):
            modern_vcf.write(modern_block)
            if options.archaic:
                archaic_vcf.write(archaic_block)
    truth = _truth(chrom, tracts, samples["ingroup"])
    write_table(folder / "truth.bed", truth, header=False)
    write_table(
        folder / "callable.bed",
        pd.DataFrame({"chrom": chrom, "start": regions.start, "end": regions.end}),
        header=False,
    )
    counts: ChromosomeCounts = {
        "sites": modern_vcf.sites,
        "tracts": len(truth),
        "archaic_bases": {
            str(source): int((rows["end"] - rows["start"]).sum()) for source, rows in truth.groupby("source")
        },
        "mapped": mapped.bases,
        "callable": regions.bases,
    }
    write_json(folder / DONE, counts)


def _truth(chrom: str, tracts: pd.DataFrame, ingroup: list[str]) -> pd.DataFrame:
    """Return the rows of ``truth.bed``, in the order of their positions."""
    rows = pd.DataFrame(
        {
            "chrom": chrom,
            "start": tracts["start"],
            "end": tracts["end"],
            "sample": np.array(ingroup, dtype=object)[tracts["haplotype"] // 2],
            "haplotype": tracts["haplotype"] % 2 + 1,
            "source": tracts["source"],
        },
        columns=TRUTH_COLUMNS,
    )
    return rows.sort_values(["start", "end", "sample", "haplotype"], kind="stable")
