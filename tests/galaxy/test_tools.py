"""Every tool's own tests, in the running server."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from archaictools.cli.main import VERBS
from conftest import TOOLS

#: Longest first, so that no worker is left with it at the end.
LONG = ("train", "importance", "windows", "embedding", "tokenize", "predict")
ORDER = (*LONG, *(verb for verb in VERBS if verb not in LONG))


@pytest.mark.parametrize("verb", ORDER)
def test_tool(planemo_test, verb):
    path = TOOLS / f"{verb}.xml"
    assert len(planemo_test(path)) == len(ElementTree.parse(path).findall("tests/test"))
