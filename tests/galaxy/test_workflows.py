"""The workflows' own tests, in the running server."""

from __future__ import annotations

import pytest

from conftest import WORKFLOWS


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*/*.ga")), ids=lambda path: path.stem)
def test_workflow(planemo_test, path):
    assert planemo_test(path)
