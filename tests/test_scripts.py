"""Scripts outside the package: their imports of the package resolve, and their lists of simulations are well formed."""

from __future__ import annotations

import csv
import importlib
import re
import sys
from contextlib import suppress

import pytest

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
    assert len(rows) == 151
    names = [(row["history"], row["outgroup"], row["seed"]) for row in rows]
    assert len(set(names)) == len(names)
    for row in rows:
        assert set(row["trainings"].split(",")) <= {"first", "second"}
        assert int(row["seed"]) >= 100  # smaller seeds are kept for measuring
        for encoding in row["encodings"].split(","):
            outgroup, archaic = map(int, encoding.split(":"))
            assert 0 < outgroup <= int(row["outgroup"])
            assert archaic in {1, 2}


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
