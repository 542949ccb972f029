"""What installs the package must name the package's own version, program and dependencies."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

import archaictools
from helpers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RECIPE = (ROOT / "packaging/bioconda/meta.yaml").read_text()
#: PyPI name to conda name, where they differ.
CONDA = {"isal": "python-isal", "matplotlib": "matplotlib-base"}


def test_the_recipe_has_the_packages_version_and_dependencies():
    assert f'version = "{archaictools.__version__}"' in RECIPE
    needed = {}
    for requirement in PROJECT["dependencies"]:
        name, bounds = re.fullmatch(r"([A-Za-z0-9_-]+)(.*)", requirement).groups()
        needed[CONDA.get(name, name).lower()] = bounds
    needed["python"] = PROJECT["requires-python"]
    run = RECIPE.split("  run:\n")[1].split("\n\n")[0]
    assert dict(re.findall(r"- (\S+) (\S+)", run)) == needed


def test_the_recipe_installs_the_program():
    ((name, target),) = PROJECT["scripts"].items()
    assert f"- {name} = {target}" in RECIPE


def test_the_galaxy_tools_carry_the_packages_version():
    macros = (ROOT / "tools/macros.xml").read_text()
    assert f'<token name="@TOOL_VERSION@">{archaictools.__version__}</token>' in macros


@pytest.mark.parametrize("path", sorted((ROOT / "workflows").glob("*/*-tests.yml")), ids=lambda path: path.parent.name)
def test_inputs_of_workflows_have_the_digests_that_their_tests_give(path):
    """Galaxy refuses an upload with another digest, so a fixture made again must be entered here, too."""
    pattern = r"path: (\S+)(?:\n +(?:filetype|dbkey): \S+)*\n +hashes:\n +- hash_function: SHA-1\n +hash_value: (\w+)"
    found = re.findall(pattern, path.read_text())
    assert len(found) == path.read_text().count("hash_value")
    for name, digest in found:
        assert hashlib.sha1((path.parent / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("path", sorted((ROOT / "workflows").glob("*/*.ga")), ids=lambda path: path.stem)
def test_workflows_end_in_a_report_and_show_what_they_make(path):
    """Galaxy leaves an empty place in a workflow's report for a name that is no output."""
    flow = json.loads(path.read_text())
    steps = [flow["steps"][number] for number in sorted(flow["steps"], key=int)]
    assert steps[-1]["tool_id"] == "archaictools_report"
    outputs = [output["label"] for step in steps for output in step["workflow_outputs"]]
    assert len(outputs) == len(set(outputs))
    shown = re.findall(r'output="([^"]+)"', flow["report"]["markdown"])
    assert set(shown) <= set(outputs)
    assert "Report" in shown
    changes = (path.parent / "CHANGELOG.md").read_text()
    assert re.search(r"^## \[(\S+)\]", changes, re.MULTILINE)[1] == flow["release"]


def predict_only() -> set[str]:
    """The requirements of an install that predicts."""
    lines = (ROOT / "packaging/requirements-predict.txt").read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def without_the_others(*verb):
    """Run a verb where no library can be imported that an install for predictions lacks."""
    modules = {"scikit-learn": "sklearn", "umap-learn": "umap"}
    names = [re.split(r"[<>=]", requirement)[0] for requirement in PROJECT["dependencies"]]
    kept = {re.split(r"[<>=]", requirement)[0] for requirement in predict_only()}
    hidden = [modules.get(name, name) for name in names if name not in kept]
    assert {"tensorflow", "keras", "msprime", "sklearn", "matplotlib"} <= set(hidden)
    code = (
        f"import sys\nfor name in {hidden}: sys.modules[name] = None\n"
        "from archaictools.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "lib")}
    words = [sys.executable, "-c", code, *map(str, verb)]
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False)


def test_an_install_that_predicts_needs_fewer_packages(tmp_path):
    assert predict_only() < {requirement.replace(" ", "") for requirement in PROJECT["dependencies"]}
    data = ROOT / "test-data"
    outputs = [
        word for name in ("segments", "summary", "bed", "bigbed", "bigwig") for word in (f"--{name}", tmp_path / name)
    ]
    result = without_the_others("predict", "pretrained", data / "haplotypes.h5", *outputs)
    assert result.returncode == 0, result.stderr
    result = without_the_others("predict", data / "model.h5", data / "words.h5", "--bed", tmp_path / "bed_of_windows")
    assert result.returncode == 0, result.stderr
    genome = ("--genome", data / "planted.fa.gz")
    result = without_the_others("tokenize", data / "windows.bed", *genome, "--out", tmp_path / "words.h5")
    assert result.returncode == 0, result.stderr
    genes = ("--annotation", data / "genes.bed", "--out", tmp_path / "genes")
    result = without_the_others("genes", tmp_path / "segments", *genes)
    assert result.returncode == 0, result.stderr
    result = without_the_others(
        "sharing", tmp_path / "segments", "--summary", tmp_path / "summary", "--ages", tmp_path / "ages"
    )
    assert result.returncode == 0, result.stderr


def test_a_verb_says_which_package_it_lacks(tmp_path):
    result = without_the_others("simulate", "--model", "9K19", "--out", tmp_path / "people")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "archaictools: error: this needs msprime, which is not installed; run: pip install msprime"
    )
    assert not list(tmp_path.iterdir())
