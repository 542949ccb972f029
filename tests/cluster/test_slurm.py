"""The Snakemake workflow on a real Slurm of one node: jobs that are killed are submitted again."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from slurm import cluster, lacking

from conftest import Run, assert_same

pytestmark = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))
LIMIT = 600  # seconds, for what must happen at some time
OPTIONS = ("--slurm-init-seconds-before-status-checks", 1, "--slurm-status-command", "squeue", "--slurm-no-account")


@pytest.fixture(scope="module")
def node():
    """A Slurm cluster of this machine. Its folder is one that munged accepts."""
    with tempfile.TemporaryDirectory(prefix="slurm-") as name:
        Path(name).chmod(0o755)
        with cluster(Path(name) / "one") as made:
            yield made


def running(folder: Path, verb: str) -> list[int]:
    """Return the process numbers of a verb that works in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if verb.encode() in words and b"snakemake" not in words and (entry / "cwd").samefile(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def until(found, workflow):
    """Wait until a function returns something, while the workflow runs; return that."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end and workflow.poll() is None:
        if what := found():
            return what
        time.sleep(0.05)
    raise AssertionError("did not happen")


def test_killed_jobs_are_submitted_again(node, run, undivided):
    on_node = Run(run.folder, node.environment)
    log = run.folder / "snakemake.out"
    with log.open("wb") as out:
        workflow = subprocess.Popen(
            on_node.command(*OPTIONS, profile="slurm"), cwd=run.folder, env=node.environment, stdout=out, stderr=out
        )
        try:
            cancelled = until(lambda: node.jobs("RUNNING"), workflow)[0]
            node.call("scancel", cancelled)
            killed = until(lambda: running(run.folder, "predict"), workflow)[0]
            os.kill(killed, signal.SIGKILL)
            code = workflow.wait(LIMIT)
        finally:
            workflow.kill()
    text = log.read_text()
    assert code == 0, text + on_node.logs()
    assert text.count("Trying to restart job") >= 2, text
    assert cancelled in node.jobs("CANCELLED")
    assert len(node.jobs("COMPLETED,FAILED,CANCELLED")) == len(node.jobs("COMPLETED")) + 2
    assert_same(run.folder / "results", undivided)
