"""The tutorial notebook runs, and its saved outputs are those of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs/tutorial.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook as read, and as it is after execution beside a link to the test data."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "docs").mkdir()
    (folder / "test-data").symlink_to(ROOT / "test-data")
    saved = nbformat.read(NOTEBOOK, as_version=4)
    run = nbformat.from_dict(saved)
    resources = {"metadata": {"path": str(folder / "docs")}}
    nbclient.NotebookClient(run, timeout=300, kernel_name="python3", resources=resources).execute()
    return saved, run


def printed(notebook):
    """Return what its cells print."""
    return [
        "".join(each.get("text", ""))
        for cell in notebook.cells
        for each in cell.get("outputs", ())
        if each.get("name") == "stdout"
    ]


def test_the_notebook_finds_the_true_tracts(executed):
    _, run = executed
    ((text,)) = [text for text in printed(run) if text.startswith("precision")]
    precision, recall = (float(part.split()[1]) for part in text.split(","))
    assert precision > 0.7
    assert recall > 0.7


def test_the_saved_outputs_are_up_to_date(executed):
    saved, run = executed
    assert printed(saved) == printed(run), "run `make docs` to execute docs/tutorial.ipynb again"


def test_the_notebook_shows_tables_and_a_picture(executed):
    _, run = executed
    kinds = [kind for cell in run.cells for each in cell.get("outputs", ()) for kind in each.get("data", ())]
    assert kinds.count("text/html") >= 3
    assert kinds.count("image/png") == 1
