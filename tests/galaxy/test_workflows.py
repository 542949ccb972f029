"""The workflows in the running server: their own tests, and that the form opens without a complaint."""

from __future__ import annotations

import json
import os

import pytest
from server import call

from conftest import WORKFLOWS

ALL = pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*/*.ga")), ids=lambda path: path.stem)


@ALL
def test_workflow(planemo_test, path):
    assert planemo_test(path)


@ALL
def test_nothing_is_left_to_review_before_the_first_run(path):
    """Galaxy refuses to open the form of a workflow whose steps lack a parameter; planemo's run would not notice."""
    url, key = os.environ["GALAXY_URL"], os.environ["GALAXY_USER_KEY"]
    made = call(f"{url}/api/workflows", key, {"workflow": json.loads(path.read_text())})
    opened = call(f"{url}/api/workflows/{made['id']}/download?style=editor", key)
    assert not opened["upgrade_messages"]
    assert not [step for step in opened["steps"].values() if step.get("errors")]


def test_no_list_of_names_is_chosen_for_the_user():
    """To Galaxy a BED is text, too: the form would take the newest one for the ingroup if that had to be given."""
    url, key = os.environ["GALAXY_URL"], os.environ["GALAXY_USER_KEY"]
    path = WORKFLOWS / "find-archaic-segments/find-archaic-segments.ga"
    made = call(f"{url}/api/workflows", key, {"workflow": json.loads(path.read_text())})
    history = call(f"{url}/api/histories", key, {"name": "form"})
    form = call(f"{url}/api/workflows/{made['id']}/download?style=run&history_id={history['id']}", key)
    inputs = {step["step_label"]: step["inputs"][0] for step in form["steps"] if step["step_type"] == "data_input"}
    assert set(inputs) == {"Ingroup", "Outgroup", "Archaic", "Genes"}
    for name in ("Ingroup", "Outgroup", "Archaic"):
        assert (inputs[name]["optional"], inputs[name]["value"]) == (True, None), name
        assert inputs[name]["extensions"] == ["txt", "tabular"]
    assert not inputs["Genes"]["optional"]
