"""The suite's files, and how to run planemo on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
WORKFLOWS = ROOT / "workflows"
sys.path.insert(0, str(ROOT / "lib"))  # the command line's options, to compare with; it imports click alone


def planemo(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run planemo; its standard error comes with its output."""
    program = Path(sys.executable).with_name("planemo")
    return subprocess.run(
        [program, *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture
def planemo_test(tmp_path):
    """Test one tool or workflow in the running server; return the tests' results."""

    def run(path: Path) -> list[dict[str, Any]]:
        report = tmp_path / "report.json"
        done = planemo(
            "test", "--engine", "external_galaxy", "--no_shed_install", "--test_timeout", 300,
            "--galaxy_url", os.environ["GALAXY_URL"],
            "--galaxy_admin_key", os.environ["GALAXY_ADMIN_KEY"],
            "--galaxy_user_key", os.environ["GALAXY_USER_KEY"],
            "--test_output_json", report, "--test_output", tmp_path / "report.html", path,
        )  # fmt: skip
        assert report.exists(), done.stdout
        tests = json.loads(report.read_text())["tests"]
        problems = [_problem(test) for test in tests if test["data"]["status"] != "success"]
        assert not problems, "\n\n".join(problems)
        assert done.returncode == 0, done.stdout
        return tests

    return run


def _problem(test: dict[str, Any]) -> str:
    """Say what went wrong in one test: what was expected, and what the job printed."""
    data = test["data"]
    job = data.get("job") or {}
    facts = {
        "problems": data.get("output_problems") or data.get("execution_problem"),
        "command": job.get("command_line"),
        "exit code": job.get("exit_code"),
        "stdout": job.get("stdout"),
        "stderr": job.get("stderr"),
    }
    return "\n".join([f"{test['id']}: {data['status']}", *(f"  {k}: {str(v)[-2000:]}" for k, v in facts.items() if v)])
