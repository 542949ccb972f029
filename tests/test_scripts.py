"""Scripts outside the package: their imports of the package resolve, and their lists of simulations are well formed."""

from __future__ import annotations

import csv
import importlib
import re
import sys
from contextlib import suppress
from dataclasses import replace

import demes
import pytest

from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.pretrained import load_pretrained
from archaictools.learning.model_file import load_model, save_model
from archaictools.simulation.demography import scenario
from archaictools.simulation.options import PopulationOptions
from helpers import ROOT

SCRIPTS = sorted(
    path for folder in ("performance", "pretraining", "validation") for path in (ROOT / folder).rglob("*.py")
)
#: Imports of the package, also those in code that a script passes to another process.
IMPORT = re.compile(r"^ *from (archaictools[\w.]*) import (\([^)]*\)|[^\n#]*)", re.MULTILINE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_imports_of_scripts_resolve(path):
    missing = []
    for module, names in IMPORT.findall(path.read_text()):
        found = importlib.import_module(module)
        for name in re.findall(r"\w+", re.sub(r" as \w+", "", names)):
            with suppress(ModuleNotFoundError):
                importlib.import_module(f"{module}.{name}")
            if not hasattr(found, name):
                missing.append(f"{module}.{name}")
    assert not missing


def test_simulations_of_the_pretrained_model():
    with (ROOT / "pretraining" / "simulations.tsv").open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert len(rows) == 326
    names = [(row["history"], row["outgroup"], row["seed"]) for row in rows]
    assert len(set(names)) == len(names)
    for row in rows:
        assert set(row["trainings"].split(",")) <= {"first", "second", "third", "fourth", "fifth"}
        assert int(row["seed"]) >= 100  # smaller seeds are kept for measuring
        for encoding in row["encodings"].split(","):
            outgroup, archaic = map(int, encoding.split(":"))
            assert 0 < outgroup <= int(row["outgroup"])
            assert archaic in {1, 2}


def test_random_histories_are_those_of_their_seed_and_of_every_kind(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "path", [str(ROOT / "pretraining"), *sys.path])
    histories = importlib.import_module("random_histories")
    diversity, kinds = [], set()
    for seed in range(501, 541):
        histories.main(seed, tmp_path)
        options = dict(re.findall(r"(--[a-z-]+) ([^- ]\S*)", capsys.readouterr().out))
        path = tmp_path / f"random_{seed}.yaml"
        chosen = PopulationOptions(
            outgroup_population="Outgroup",
            ingroup_population="Ingroup",
            archaic_population=tuple(options["--archaic-population"].split(",")),
            archaic_time=float(options["--archaic-time"]),
        )
        assert chosen.archaic_population[0] == "Genome"  # the genome that is named, whether it is a source or not
        assert scenario(str(path), chosen).sources.keys() == set(chosen.archaic_population)
        graph = demes.load(path)
        pulses = {name for pulse in graph.pulses if pulse.dest == "Ingroup" for name in pulse.sources}
        assert pulses <= set(chosen.archaic_population) - {"Genome"}
        kinds.add(tuple(sorted(pulses)))
        diversity.append(4e3 * graph["Outgroup"].epochs[-1].start_size * float(options["--mutation-rate"]))
        text = path.read_text()
        histories.main(seed, tmp_path)
        assert path.read_text() == text
    assert min(diversity) < 0.6
    assert max(diversity) > 1.2
    assert kinds == {(), ("Source",), ("Ghost",), ("Ghost", "Source")}


def test_random_histories_of_one_kind(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "path", [str(ROOT / "pretraining"), *sys.path])
    histories = importlib.import_module("random_histories")
    for kind, seeds in {"ghost": range(621, 637), "steady": range(651, 671), "far": range(681, 689)}.items():
        for seed in seeds:
            histories.main(seed, tmp_path, kind)
            graph = demes.load(tmp_path / f"random_{kind}_{seed}.yaml")
            sources = {name for pulse in graph.pulses if pulse.dest == "Ingroup" for name in pulse.sources}
            split = graph["Ingroup"].start_time
            sizes = [size for epoch in graph["Ingroup"].epochs for size in (epoch.start_size, epoch.end_size)]
            if kind == "ghost":
                assert sources == {"Ghost"}
            elif kind == "steady":  # no bottleneck
                assert min(sizes) > 0.5 * graph["Modern"].epochs[0].start_size
                assert max(sizes) < 2 * min(sizes)
            assert (split >= 10_000) == (kind == "far")


def test_mean_weights_of_models(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "pretraining"), *sys.path])
    average = importlib.import_module("average_models")
    one = load_pretrained()
    doubled = {name: 2 * array for name, array in one.members[0].weights.items()}
    two = replace(one, members=[replace(one.members[0], weights=doubled)])
    save_model(tmp_path / "mean.h5", average.averaged([one, two], [1, 3]))
    mean = load_model(tmp_path / "mean.h5", HaplotypeEncoding)
    assert mean.second_network is None
    for name, array in one.members[0].weights.items():
        assert mean.members[0].weights[name] == pytest.approx(1.75 * array, abs=1e-6)
    other = replace(one, network=replace(one.network, lstm=8))
    with pytest.raises(SystemExit, match="the networks differ"):
        average.averaged([one, other], [1, 1])


def test_timed_code_runs_on_small_data(planted, tmp_path, monkeypatch):
    """Code of the benchmark that needs no TensorFlow: k-mers of a small genome, many windows, encoding of people."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "performance"), *sys.path])
    speed = importlib.import_module("speed")
    genome, windows = speed.random_genome(tmp_path, 1)
    names = {"genome": str(genome), "windows": str(windows), "out": str(tmp_path / "w.h5")}
    assert speed.child(speed.OURS.format(**names))["windows"] == 5_000
    assert speed.child(speed.ARTICLE.format(**names))["windows"] == 5_000
    many = speed.MANY.format(planted=str(planted), windows=1_000, out=str(tmp_path / "many.h5"))
    assert speed.child(many)["written"] == 1_000
    for role in ("ingroup", "outgroup"):
        (tmp_path / f"{role}.txt").write_text((planted / f"{role}.txt").read_text())
    people = {"sim": str(tmp_path), "vcf": str(planted / "people.vcf.gz"), "out": str(tmp_path / "people.h5")}
    sites = {speed.child(code.format(**people))["sites"] for code in (speed.READ, speed.LOOP)}
    assert sites == {2_481}
