"""Fixtures of tests/ and validation/realdata/: the planted genome, the real data, and a way to run the command line."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from archaictools.cli.main import main

pytest.register_assert_rewrite("helpers")
from helpers import PLANTED, ROOT  # noqa: E402 - its assertions are rewritten first

settings.register_profile("untimed", settings.get_profile("ci" if os.environ.get("CI") else "default"), deadline=None)
settings.load_profile("untimed")


#: Files that take longest. They start first, so that no worker ends with one of them.
LONGEST = (
    "realdata/test_realdata_models.py", "sequence/test_planted.py", "learning/test_training.py",
    "haplotypes/test_fit.py", "sequence/test_evaluate.py", "haplotypes/test_sharing.py", "haplotypes/test_evaluate.py",
    "haplotypes/test_pretrained.py", "learning/test_folds.py", "docs/test_tutorial.py", "realdata/test_realdata.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the longest files to the front."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get("/".join(item.path.parts[-2:]), len(rank)))


@dataclass(frozen=True)
class Result:
    """Exit code, stdout and stderr of a command line."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capfd):
    """Return a function that runs one archaictools command line in this process."""

    def runner(*arguments: object) -> Result:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    return runner


@pytest.fixture
def ok(run):
    """Return a function that runs one command line, which must succeed."""

    def runner(*arguments: object) -> Result:
        result = run(*arguments)
        assert result.code == 0, result.err
        return result

    return runner


@pytest.fixture(scope="session")
def planted() -> Path:
    """Return the folder of the planted genome."""
    return PLANTED


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real human data; skip the test without it."""
    folder = Path(os.environ.get("ARCHAICTOOLS_DATA", ROOT / "../shared/data"))
    folder = folder if folder.is_absolute() else ROOT / folder
    if not (folder / "hg19.chr21.fa.gz").exists():
        pytest.skip(f"the real data are not in {folder}; set ARCHAICTOOLS_DATA")
    return folder.resolve()


@pytest.fixture
def warned(caplog, monkeypatch):
    """Messages as pytest catches them, whatever command lines before have set."""
    monkeypatch.setattr(logging.getLogger("archaictools"), "propagate", True)
    return caplog
