"""Wrong, absurd and extreme values of simulate."""

from __future__ import annotations

import json

import numpy as np
import pytest

import archaictools as at
from archaictools.errors import UsageError
from archaictools.options import build
from archaictools.simulation.options import ErrorOptions


def test_wrong_options(run, tmp_path):
    for options, code, message in (
        (("--model", "nope"), 2, "choose 9K19, 10J19, ooa3"),
        (("--model", "9K19", "--ingroup-population", "Klingon"), 2, "--ingroup-population is Klingon; 9K19 has Mbuti"),
        (("--model", "9K19", "--map", tmp_path / "no.txt"), 3, "no.txt"),
        (("--model", "gone.yaml"), 3, "gone.yaml: is not a file"),
    ):
        result = run("simulate", *options, "--out", tmp_path / "s")
        assert (result.code, message in result.err) == (code, True), result.err
        assert not (tmp_path / "s").exists()
    text = "Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)\nchr1\t0\t1.0\t0\nchr1\t50000\t0\t0.05\n"
    (tmp_path / "short.txt").write_text(text)
    result = run("simulate", "--model", "9K19", "--map", tmp_path / "short.txt", "--out", tmp_path / "s")
    assert result.code == 3
    assert "ends at 50,000 bp" in result.err
    with pytest.raises(UsageError, match="--flip: 1.0 is not in the range 0<=x<1"):
        build(ErrorOptions, {"flip": 1})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--length", "1e300"), "not a valid integer"),
        (("--length", 10**9), "is not in the range 1<=x<=500000000"),
        (("--length", -5), "is not in the range"),
        (("--ingroup", 10**9), "is not in the range 1<=x<=20000"),
        (("--archaic", -1), "is not in the range"),
        (("--chromosomes", 10**9), "is not in the range 1<=x<=1000"),
        (("--recombination", "nan"), "nan is no finite number"),
        (("--recombination", "inf"), "is not in the range"),
        (("--recombination", "1e-5"), "recombination rate times length: 200 is not in the range 0 to 20"),
        (("--mutation-rate", "-1e-8"), "is not in the range"),
        (("--mutation-rate", "1e-4"), "mutation rate times length: 2000 is not in the range 0 to 20"),
        (("--switch-errors", "1e9"), "is not in the range 0<=x<=1000"),
        (("--switch-errors", "nan"), "nan is no finite number"),
        (("--archaic-time", "inf"), "is not in the range"),
        (("--archaic-time", "nan"), "nan is no finite number"),
        (("--mutation-variation", "inf"), "is not in the range 1<=x<=1000"),
        (("--flip", "nan"), "nan is no finite number"),
        (("--seed", 2**40), "is not in the range"),
    ],
)
def test_absurd_numbers_are_refused_before_any_work(run, tmp_path, options, message):
    result = run("simulate", "--model", "9K19", *options, "--out", tmp_path / "s")
    assert result.code == 2
    assert message in result.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "values",
    [
        {"recombination": np.nan},
        {"length": 10**10},
        {"mutation_rate": np.inf},
        {"switch_errors": np.nan},
        {"recombination": 1e-5},
    ],
)
def test_absurd_numbers_are_refused_without_the_command_line_too(tmp_path, values):
    with pytest.raises(UsageError, match="is not in the range|is no finite number"):
        at.simulate(model="9K19", out=tmp_path / "s", **values)
    assert not list(tmp_path.iterdir())


def test_absurd_maps_and_histories_are_refused(run, tmp_path):
    path = tmp_path / "map.txt"
    for end in ("inf", "nan", "1e9", "-1", "x"):
        path.write_text(f"Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)\nchr1\t0\t0\t0\nchr1\t50000\t0\t{end}\n")
        result = run("simulate", "--model", "9K19", "--length", 50_000, "--map", path, "--out", tmp_path / "s")
        assert result.code == 3, result.err
        assert "recombination map" in result.err
    history = tmp_path / "h.yaml"
    history.write_text("time_units: generations\ndemes: [{name: A, epochs: [{start_size: 1e12}]}]\n")
    people = [f"--{role}-population=A" for role in ("outgroup", "ingroup", "archaic")]
    result = run("simulate", "--model", history, *people, "--out", tmp_path / "s")
    assert result.code == 2
    assert "has a population of 1e+12 people" in result.err


@pytest.mark.parametrize("length", [1, 2])
def test_the_shortest_chromosomes(ok, tmp_path, length):
    ok("simulate", "--model", "ooa3", "--outgroup", 1, "--ingroup", 1, "--archaic", 1, "--length", length,
       "--switch-errors", 1_000, "--hotspots", "--mutation-variation", 2, "--uncallable", 0.5, "--out",
       tmp_path / "s")  # fmt: skip
    assert json.loads((tmp_path / "s/meta.json").read_text())["tracts"] >= 0
