"""The tutorial notebook runs, and its saved outputs are those of the program."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs/tutorial.ipynb"

_spec = importlib.util.spec_from_file_location("execute_notebook", ROOT / "docs/execute_notebook.py")
execute_notebook = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(execute_notebook)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook, executed in an empty folder."""
    return execute_notebook.execute(NOTEBOOK, tmp_path_factory.mktemp("tutorial"))


def printed(notebook):
    """Return what the cells of a notebook print."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return ["".join(output["text"]) for output in outputs if output.get("name") == "stdout"]


def tables(notebook):
    """Return the tables that a notebook shows, as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return ["".join(output["data"]["text/plain"]) for output in outputs if "text/html" in output.get("data", {})]


def test_the_notebook_finds_the_true_tracts(executed):
    (text,) = [text for text in printed(executed) if text.startswith("precision")]
    precision, recall = (float(part.split()[1]) for part in text.split(","))
    assert precision > 0.9
    assert recall > 0.9


def test_the_saved_outputs_are_up_to_date(executed):
    """What it prints and counts is saved as it is; probabilities may differ in their last digits between machines."""
    saved = nbformat.read(NOTEBOOK, as_version=4)
    assert printed(saved) == printed(executed), "run `make notebook`"
    assert len(tables(saved)) == len(tables(executed)) >= 4
    for old, new in zip(tables(saved), tables(executed), strict=True):
        assert [line.split()[:6] for line in old.splitlines()] == [line.split()[:6] for line in new.splitlines()]


def test_the_notebook_shows_a_picture(executed):
    kinds = [kind for cell in executed.cells for output in cell.get("outputs", ()) for kind in output.get("data", ())]
    assert kinds.count("image/png") == 1
