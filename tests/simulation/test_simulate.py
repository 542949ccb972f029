"""Simulated people: tracts against every lineage followed by hand, genotypes against tskit, errors as asked for."""

from __future__ import annotations

import json
from pathlib import Path

import msprime
import numpy as np
import pandas as pd
import pysam
import pytest

import archaictools as at
from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.feature_file import open_features
from archaictools.simulation.chromosome import simulate_ancestry
from archaictools.simulation.demography import scenario
from archaictools.simulation.genotypes import callable_regions, mutation_rates, switch_positions
from archaictools.simulation.options import PopulationOptions, SimulationOptions
from archaictools.simulation.plan import Simulation
from archaictools.simulation.run import is_finished
from archaictools.simulation.tracts import archaic_tracts, switch_tracts
from helpers import ROOT, read_vcf

SMALL = ("--outgroup", 6, "--ingroup", 3, "--length", 400_000, "--seed", 5)


@pytest.fixture(scope="module")
def trees():
    """A history with much archaic DNA, so that a short stretch holds tracts."""
    found = scenario("10J19", PopulationOptions())
    options = SimulationOptions(model="10J19", outgroup=3, ingroup=6, archaic=1, length=1_500_000)
    return found, simulate_ancestry(Simulation(options=options), found, 11)


def test_tracts_against_every_lineage(trees):
    found, history = trees
    names = [population.name for population in found.demography.populations]
    nodes = [int(node) for person in history.individuals() for node in person.nodes][6:18]
    tracts = archaic_tracts(history, found.sources, names, nodes)
    assert len(tracts) >= 5
    moves = list(history.migrations())
    rng = np.random.default_rng(1)
    for position in rng.integers(0, 1_500_000, size=150).tolist():
        tree = history.at(position)
        for number, sample in enumerate(nodes):
            lineage, source = sample, None
            # Up from the sample to the root: does any move of this lineage here lead into an archaic population?
            while lineage != -1 and source is None:
                mine = [m for m in moves if m.node == lineage and m.left <= position < m.right]
                for move in sorted(mine, key=lambda move: move.time):
                    if names[move.dest] in found.sources and names[move.source] not in found.sources:
                        source = found.sources[names[move.dest]]
                        break
                lineage = tree.parent(lineage)
            here = tracts[(tracts["haplotype"] == number) & (tracts["start"] <= position) & (tracts["end"] > position)]
            assert (len(here) > 0) == (source is not None), (position, number)
            if source:
                assert source in set(here["source"])


def test_genotypes_are_those_of_the_trees(ok, tmp_path):
    ok("simulate", "--model", "9K19", *SMALL, "--out", tmp_path / "s")
    found = scenario("9K19", PopulationOptions())
    seeds = np.random.SeedSequence(5).generate_state(3) % (2**31 - 2) + 1
    options = SimulationOptions(model="9K19", outgroup=6, ingroup=3, length=400_000)
    history = simulate_ancestry(Simulation(options=options, seed=5), found, int(seeds[0]))
    tables = history.dump_tables()
    tables.migrations.clear()
    mutated = msprime.sim_mutations(
        tables.tree_sequence(), rate=found.mutation_rate, model="jc69", random_seed=int(seeds[1])
    )
    names, position, alleles, calls, between = read_vcf(tmp_path / "s/modern.chr1.vcf.gz")
    assert names == (tmp_path / "s/outgroup.txt").read_text().split() + (tmp_path / "s/ingroup.txt").read_text().split()
    assert between == {"|"}
    matrix = mutated.genotype_matrix()
    letters = [variant.alleles for variant in mutated.variants()]
    assert position.tolist() == [int(site.position) for site in mutated.sites()]
    for row in range(0, len(position), 7):
        expected = [letters[row][number] for number in matrix[row, :18]]
        assert [alleles[row][number] for number in calls[row].ravel()] == expected
        assert alleles[row][0] == mutated.site(row).ancestral_state
    _, archaic_position, archaic_alleles, archaic_calls, between = read_vcf(tmp_path / "s/archaic.chr1.vcf.gz")
    assert between == {"/"}
    assert archaic_position.tolist() == position.tolist()
    for row in range(0, len(position), 7):
        expected = [letters[row][number] for number in matrix[row, 18:]]
        assert [archaic_alleles[row][number] for number in archaic_calls[row].ravel()] == expected


def test_same_seed_same_bytes_and_restart(ok, run, tmp_path):
    command = ["simulate", "--model", "9K19", *SMALL, "--chromosomes", 2]
    ok(*command, "--threads", 1, "--out", tmp_path / "a")
    result = ok(*command, "--threads", 2, "--out", tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert {"truth.bed", "callable.bed", "meta.json", "ingroup.txt", "outgroup.txt", "archaic.txt"} <= set(names)
    assert "modern.chr2.vcf.gz.tbi" in names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert "simulate: 2 chromosomes" in result.err
    assert not list(tmp_path.glob(".*"))
    # Interrupted after chr1: what is there is used, and not for other options.
    work = tmp_path / ".c.partial"
    ok(*command, "--out", tmp_path / "c0")
    meta = json.loads((tmp_path / "c0/meta.json").read_text())
    part = work / "chr1"
    part.mkdir(parents=True)
    (work / "options.json").write_text(json.dumps(meta["parameters"], sort_keys=True))
    for name in ("modern.chr1.vcf.gz", "modern.chr1.vcf.gz.tbi", "archaic.chr1.vcf.gz", "archaic.chr1.vcf.gz.tbi"):
        (part / name).write_bytes((tmp_path / "c0" / name).read_bytes())
    (part / "truth.bed").write_text("kept\n")
    (part / "callable.bed").write_text("")
    (part / "done.json").write_text(
        json.dumps({"sites": 1, "tracts": 1, "archaic_bases": {}, "mapped": 1, "callable": 0})
    )
    other = run("simulate", "--model", "9K19", "--seed", 6, "--out", tmp_path / "c")
    assert other.code == 3
    assert "interrupted simulation with other options" in other.err
    ok(*command, "--out", tmp_path / "c")
    assert (tmp_path / "c/truth.bed").read_text().startswith("kept\n")
    assert (tmp_path / "c/modern.chr2.vcf.gz").read_bytes() == (tmp_path / "a/modern.chr2.vcf.gz").read_bytes()
    assert not work.exists()


def test_errors_are_as_asked_for(ok, tmp_path):
    ok("simulate", "--model", "9K19", *SMALL, "--out", tmp_path / "clean")
    ok("simulate", "--model", "9K19", *SMALL, "--missing-archaic", 0.3, "--flip", 0.4, "--switch-errors", 25, "--out",
       tmp_path / "poor")  # fmt: skip
    names, position, alleles, calls, _ = read_vcf(tmp_path / "clean/modern.chr1.vcf.gz")
    _, poor_position, poor_alleles, poor_calls, _ = read_vcf(tmp_path / "poor/modern.chr1.vcf.gz")
    assert position.tolist() == poor_position.tolist()
    flipped = np.array([a[0] != b[0] for a, b in zip(alleles, poor_alleles, strict=True)])
    assert flipped.mean() == pytest.approx(0.4, abs=0.05)
    assert all(sorted(a) == sorted(b) for a, b in zip(alleles, poor_alleles, strict=True))
    # The same letters stand there, but now and then on the other haplotype: a switch between heterozygous sites.
    letters = np.array([[[a[x] for x in g] for g in row] for a, row in zip(alleles, calls, strict=True)])
    poor = np.array([[[a[x] for x in g] for g in row] for a, row in zip(poor_alleles, poor_calls, strict=True)])
    assert (np.sort(letters, axis=2) == np.sort(poor, axis=2)).all()
    switches = 0
    for person in range(len(names)):
        het = letters[:, person, 0] != letters[:, person, 1]
        turned = (letters[het, person, 0] != poor[het, person, 0]).astype(int)
        switches += int((np.diff(turned) != 0).sum())
    expected = 25 * 0.4 * len(names)
    assert 0.5 * expected < switches < 1.2 * expected  # two between neighbouring heterozygous sites are not seen
    _, _, _, ancient, _ = read_vcf(tmp_path / "poor/archaic.chr1.vcf.gz")
    missing = (ancient == -1).all(axis=2)
    assert missing.mean() == pytest.approx(0.3, abs=0.03)
    assert ((ancient == -1).any(axis=2) == missing).all()


def test_damage_of_archaic_genomes(ok, tmp_path):
    """C is read as T and G as A, on each chromosome by itself, of archaic people alone."""
    ok("simulate", "--model", "9K19", *SMALL, "--out", tmp_path / "clean")
    ok("simulate", "--model", "9K19", *SMALL, "--archaic-damage", 0.2, "--out", tmp_path / "poor")
    modern = "modern.chr1.vcf.gz"
    assert (tmp_path / "clean" / modern).read_bytes() == (tmp_path / "poor" / modern).read_bytes()
    assert (tmp_path / "clean/truth.bed").read_bytes() == (tmp_path / "poor/truth.bed").read_bytes()
    letters = {}
    for name in ("clean", "poor"):
        _, position, alleles, calls, _ = read_vcf(tmp_path / name / "archaic.chr1.vcf.gz")
        letters[name] = np.array([[a[x] for x in row.ravel()] for a, row in zip(alleles, calls, strict=True)])
        assert all(len(set(a)) == len(a) for a in alleles)
    changed = letters["clean"] != letters["poor"]
    fragile = np.isin(letters["clean"], ["C", "G"])
    assert changed[~fragile].sum() == 0
    assert set(zip(letters["clean"][changed], letters["poor"][changed], strict=True)) == {("C", "T"), ("G", "A")}
    assert changed[fragile].mean() == pytest.approx(0.2, abs=0.03)
    # One chromosome of a person, or both: by chance.
    pairs, both = changed.reshape(len(position), -1, 2), fragile.reshape(len(position), -1, 2).all(axis=2)
    assert pairs[both].all(axis=1).mean() == pytest.approx(0.2**2, abs=0.02)


def test_files_like_merged_ones(ok, tmp_path):
    ok("simulate", "--model", "9K19", *SMALL, "--archaic-only-alternate", "--modern-variable-only", "--uncallable", 0.3,
       "--out", tmp_path / "s")  # fmt: skip
    _, position, _, calls, _ = read_vcf(tmp_path / "s/modern.chr1.vcf.gz")
    flat = calls.reshape(len(calls), -1)
    assert (flat.min(axis=1) != flat.max(axis=1)).all()
    _, _, _, ancient, _ = read_vcf(tmp_path / "s/archaic.chr1.vcf.gz")
    assert not (ancient == 0).all(axis=2).any()
    regions = pd.read_csv(tmp_path / "s/callable.bed", sep="\t", header=None)
    inside = np.zeros(400_000, dtype=bool)
    for start, end in regions[[1, 2]].itertuples(index=False):
        inside[start:end] = True
    assert inside[position].all()
    assert json.loads((tmp_path / "s/meta.json").read_text())["callable"] == inside.sum()


def test_draws():
    rng = np.random.default_rng(1)
    stretches = callable_regions(20_000_000, 0.2, rng)
    assert (stretches.end > stretches.start).all()
    assert (stretches.start[1:] > stretches.end[:-1]).all()
    assert stretches.bases / 20e6 == pytest.approx(0.8, abs=0.03)
    rates = mutation_rates(1e-8, 3.0, 10_050_000, rng)
    assert rates.mean_rate == pytest.approx(1e-8)
    assert 2 < rates.rate.max() / rates.rate.min() <= 3
    positions = switch_positions(200, 1_000_000, 1.5, rng)
    assert np.mean([len(found) for found in positions]) == pytest.approx(1.5, abs=0.3)


def test_tracts_move_with_the_phase():
    tracts = pd.DataFrame(
        [(100, 200, 0, "Nea"), (150, 400, 3, "Nea"), (150, 160, 2, "Den")],
        columns=["start", "end", "haplotype", "source"],
    )
    found = switch_tracts(tracts, [np.array([150, 180]), np.array([300])])
    assert [tuple(row) for row in found.itertuples(index=False)] == [
        (100, 150, 0, "Nea"),
        (180, 200, 0, "Nea"),
        (150, 180, 1, "Nea"),
        (150, 160, 2, "Den"),
        (300, 400, 2, "Nea"),
        (150, 300, 3, "Nea"),
    ]


def test_share_of_archaic_dna(ok, tmp_path):
    """One pulse of 2.96 % in this history (Kamm et al. 2019): what is left in the ingroup is about that."""
    ok("simulate", "--model", "9K19", "--outgroup", 1, "--ingroup", 40, "--archaic", 0, "--length", 150_000,
       "--chromosomes", 24, "--out", tmp_path / "s")  # fmt: skip
    truth = pd.read_csv(tmp_path / "s/truth.bed", sep="\t", header=None)
    share = (truth[2] - truth[1]).sum() / (24 * 150_000 * 80)
    assert 0.012 < share < 0.06
    meta = json.loads((tmp_path / "s/meta.json").read_text())
    assert meta["archaic_share"]["Nea"] == pytest.approx(share)
    assert not list((tmp_path / "s").glob("archaic*.vcf.gz"))


def test_a_demes_file(ok, run, planted, tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text((planted / "history.yaml").read_text())
    command = [
        "simulate",
        "--model",
        path,
        "--outgroup",
        2,
        "--ingroup",
        3,
        "--length",
        300_000,
        "--out",
        tmp_path / "s",
    ]
    result = run(*command)
    assert result.code == 2
    assert "--outgroup-population is not given; m.yaml has A, M, N, X, Y" in result.err
    ok(*command, "--outgroup-population", "X", "--ingroup-population", "Y", "--archaic-population", "N",
       "--archaic-time", 1000)  # fmt: skip
    meta = json.loads((tmp_path / "s/meta.json").read_text())
    assert meta["sources"] == {"N": "N"}
    assert meta["archaic_share"]["N"] > 0.02
    ok(*command[:-1], tmp_path / "two", "--outgroup-population", "X", "--ingroup-population", "Y",
       "--archaic-population", "N,X", "--archaic-time", 1000, "--archaic", 3)  # fmt: skip
    meta = json.loads((tmp_path / "two/meta.json").read_text())
    assert meta["sources"] == {"N": "N", "X": "X"}
    with pysam.VariantFile(str(tmp_path / "two/archaic.chr1.vcf.gz")) as variants:
        genotypes = np.array([[sum(call["GT"]) for call in record.samples.values()] for record in variants])
    apart = np.abs(genotypes[:, :, None] - genotypes[:, None]).sum(axis=0)
    assert apart[0, 1] < apart[0, 2]  # ARC000 and ARC001 are both of N, ARC002 is of X
    assert apart[0, 1] < apart[1, 2]
    result = run(*command[:-1], tmp_path / "other", "--outgroup-population", "X", "--ingroup-population", "Y",
                 "--archaic-population", "M", "--archaic-time", 1000)  # fmt: skip
    assert result.code == 2
    assert "M has no samples 1000 generations ago" in result.err
    path.write_text("time_units: generations\ndemes: 3\n")
    result = run(*command[:-1], tmp_path / "other")
    assert result.code == 3
    assert "is not a demes model" in result.err


def test_ancient_people_have_longer_tracts(ok, tmp_path):
    """The mean length of a tract is one over the recombination rate and the generations between pulse and person."""
    command = ["simulate", "--model", "9K19", "--ingroup-population", "UstIshim", "--outgroup", 1, "--ingroup", 20]
    command += ["--length", 10_000_000, "--recombination", 1e-8]
    for time in (0, 1_800):
        ok(*command, "--ingroup-time", time, "--out", tmp_path / f"s{time}")
        truth = pd.read_csv(tmp_path / f"s{time}/truth.bed", sep="\t", header=None)
        inside = truth[(truth[1] > 0) & (truth[2] < 10_000_000)]
        assert (inside[2] - inside[1]).mean() == pytest.approx(1e8 / (2_272 - time), rel=0.25)
        meta = json.loads((tmp_path / f"s{time}/meta.json").read_text())
        assert meta["parameters"]["sampling"]["ingroup_time"] == time


@pytest.mark.parametrize(("role", "who", "time"), [("ingroup", "UstIshim", 2_100), ("archaic", "Neanderthal", 30_000)])
def test_samples_older_than_their_population_are_refused(run, tmp_path, role, who, time):
    """This model ends no population, so their lineages would stay apart for ever."""
    given = ("--ingroup-population", "UstIshim", "--outgroup", 1, "--ingroup", 1, "--length", 1_000)
    result = run("simulate", "--model", "9K19", *given, f"--{role}-time", time, "--out", tmp_path / "s")
    assert result.code == 2
    assert f"{who} has no samples {time} generations ago: choose another --{role}-time" in result.err


def test_what_an_interrupted_simulation_has_finished(tmp_path):
    """A chromosome whose VCFs were moved away is not whole; a demes file that was edited makes another simulation."""
    history = tmp_path / "m.yaml"
    history.write_text("one")
    simulation = Simulation(options=SimulationOptions(model=str(history)))
    before = simulation.parameters()
    history.write_text("two")
    assert simulation.parameters()["model"]["sha256"] != before["model"]["sha256"]
    folder = tmp_path / "chr1"
    folder.mkdir()
    for name in ("done.json", "archaic.chr1.vcf.gz"):
        (folder / name).touch()
    assert not is_finished(folder, archaic=2)
    (folder / "modern.chr1.vcf.gz").touch()
    assert is_finished(folder, archaic=2)


def test_the_structured_history_varies_as_people_do():
    """Five Yoruba differ at 3.5 sites per kb of what can be called of chr21; ten CEU at fewer; an Altai person at few."""
    found = scenario(
        str(ROOT / "pretraining/structured.yaml"),
        PopulationOptions(
            outgroup_population="YRI", ingroup_population="CEU", archaic_population=("Nea",), archaic_time=4_000
        ),
    )
    assert found.sources == {"Nea": "Nea"}
    people = [msprime.SampleSet(5, "YRI"), msprime.SampleSet(5, "CEU"), msprime.SampleSet(1, "Nea", time=4_000)]
    trees = msprime.sim_ancestry(
        people, demography=found.demography, sequence_length=3e6, recombination_rate=1.2e-8, random_seed=1
    )
    mutated = msprime.sim_mutations(trees, rate=found.mutation_rate, random_seed=1)
    outgroup, ingroup, archaic = mutated.segregating_sites([range(10), range(10, 20), range(20, 22)]) * 1_000
    assert 3.2 < outgroup < 3.9
    assert ingroup < 0.75 * outgroup
    assert archaic < 0.25


def test_function_and_command_line_make_the_same(ok, tmp_path):
    """The same bytes; the result's tables, files and names are those of the folder."""
    result = ok("simulate", "--model", "10J19", *SMALL, "--chromosomes", 2, "--archaic", 1, "--out", tmp_path / "a")
    made = at.simulate(
        model="10J19", outgroup=6, ingroup=3, archaic=1, length=400_000, chromosomes=2, seed=5, out=tmp_path / "b"
    )
    for path in sorted((tmp_path / "a").iterdir()):
        assert (Path(made) / path.name).read_bytes() == path.read_bytes(), path.name
    assert str(made).replace(str(tmp_path / "b"), str(tmp_path / "a")) == result.out.strip()
    assert made.meta == json.loads((tmp_path / "a/meta.json").read_text())
    assert len(made.truth) == made.meta["tracts"]
    assert sum(made.truth["end"] - made.truth["start"]) / (2 * 400_000 * 6) == pytest.approx(
        sum(made.meta["archaic_share"].values())
    )
    assert [path.name for path in made.archaic_vcf] == ["archaic.chr1.vcf.gz", "archaic.chr2.vcf.gz"]
    assert all(path.is_file() for path in (*made.vcf, *made.archaic_vcf))
    assert (len(made.ingroup), len(made.outgroup), made.archaic) == (3, 6, ["ARC000"])
    names, *_ = read_vcf(made.vcf[1])
    assert names == made.outgroup + made.ingroup
    # The result is what haplotypes() reads; force is needed to replace its folder.
    words = at.haplotypes(
        vcf=made.vcf, archaic_vcf=made.archaic_vcf, archaic=made.archaic, ingroup=made.ingroup, outgroup=made.outgroup,
        truth=made.path / "truth.bed", out=tmp_path / "h.h5",
    )  # fmt: skip
    assert Path(words).stat().st_size > 0
    with pytest.raises(UsageError, match="force"):
        at.simulate(model="9K19", length=1_000, out=tmp_path / "b")


def test_people_without_an_archaic_segment_can_be_encoded_with_their_truth(tmp_path, caplog):
    made = at.simulate(model="9K19", outgroup=3, ingroup=1, length=10_000, seed=2, out=tmp_path / "s")
    assert made.meta["tracts"] == 0
    assert made.truth.empty
    words = at.haplotypes(
        vcf=made.vcf, archaic_vcf=made.archaic_vcf, archaic=made.archaic, ingroup=made.ingroup, outgroup=made.outgroup,
        truth=made.path / "truth.bed", out=tmp_path / "h.h5",
    )  # fmt: skip
    with open_features(words.path) as features:
        assert features.labelled
        assert not features.truth("chr1").any()
    assert "truth.bed has no segment" in caplog.text
    (tmp_path / "empty.bed").touch()
    with pytest.raises(InputError, match="is empty"):
        at.haplotypes(
            vcf=made.vcf, ingroup=made.ingroup, outgroup=made.outgroup, truth=tmp_path / "empty.bed",
            out=tmp_path / "i.h5",
        )  # fmt: skip
