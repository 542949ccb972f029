"""What planemo says of the tools and workflows without a server; a warning is a failure."""

from __future__ import annotations

from conftest import TOOLS, WORKFLOWS, planemo


def test_tools_lint():
    done = planemo("lint", "--fail_level", "warn", *sorted(TOOLS.glob("*.xml")))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Linting tool") == len(list(TOOLS.glob("*.xml"))) - 1, done.stdout  # not macros.xml


def test_workflows_lint_as_iwc_asks():
    folders = sorted(path.parent for path in WORKFLOWS.glob("*/*.ga"))
    assert len(folders) == 3
    for folder in folders:
        done = planemo("workflow_lint", "--iwc", "--fail_level", "error", folder)
        assert done.returncode == 0, done.stdout
