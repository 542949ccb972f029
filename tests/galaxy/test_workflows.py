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
