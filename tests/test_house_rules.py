"""Rules of the house that a program can measure: imports, sizes, signatures and words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import ROOT

PACKAGE = ROOT / "lib/archaictools"
MODULES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}
VERBS = {name for name in MODULES if name.startswith("cli/")} - {"cli/__init__.py", "cli/main.py", "cli/command.py"}

#: Modules whose functions take or return JSON documents: parameters, settings and provenance, stored as they are.
JSON = {
    "haplotypes/encoding.py",
    "haplotypes/feature_writer.py",
    "haplotypes/fit.py",
    "io/hdf5.py",
    "learning/checkpoint.py",
    "learning/encoding.py",
    "learning/network.py",
    "learning/splits.py",
    "learning/training.py",
    "provenance.py",
    "sequence/encoding.py",
    "sequence/token_file.py",
}

#: What plain English does not say, from the project's list of sentences and their translations.
BANNED = (
    r"\bcompan(?:y|ies)\b",
    r"\bwhoever\b",
    r"\bnobody\b",
    r"\banew\b",
    r"\bas far as (?:asked|it)\b",
    r"\bdealt\b",
    r"\bsuffer(?:s|ed)?\b",
    r"\blearnt from\b",
    r"\bwhat (?:is|was) said\b",
    r"\bsay(?:s)? (?:nothing|of)\b",
    r"\bsaid of\b",
    r"\btold of\b",
    r"\bspeaks? (?:of|last)\b",
    r"\bstands? (?:at|for itself|beside)\b",
    r"\bparted\b",
    r"^Of [a-z]",
)


def definitions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every function of the package with the name of its module and its own."""
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.name}", node


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    rest = [one for one in (node.args.vararg, node.args.kwarg) if one]
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *rest]


def test_imports_keep_the_contract():
    """The layers of pyproject.toml; the output names the import that breaks them.

    In a process of its own: import-linter changes logging and the standard streams of the one it runs in.
    """
    pytest.importorskip("importlinter", reason="import-linter is of the extra 'lint'")
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def lines(names) -> dict[str, int]:
    return {name: len(MODULES[name].read_text().splitlines()) for name in names}


def test_a_module_has_at_most_400_lines():
    assert {name for name, count in lines(MODULES).items() if count > 400} == set()


def test_a_verb_of_the_command_line_has_at_most_120_lines():
    assert {name for name, count in lines(VERBS).items() if count > 120} == set()


def test_no_function_has_more_than_12_parameters():
    found = {name for name, node in definitions() if len(parameters(node)) > 12}
    assert found == set()


def test_no_dict_of_anything_is_an_interface():
    """``dict[str, Any]`` in the signature of a public function hides what it takes or returns."""
    found = set()
    for name, node in definitions():
        hints = [arg.annotation for arg in parameters(node)] + [node.returns]
        if not node.name.startswith("_") and any("dict[str, Any]" in ast.unparse(hint) for hint in hints if hint):
            found.add(name.partition(":")[0])
    assert found - JSON == set()


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield docstrings, and the help of options, with their lines."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in {"help", "short_help"}:
                    yield keyword.value.lineno, ast.unparse(keyword.value).strip("'\"")


def test_help_and_docstrings_are_plain_english():
    wrong = [
        f"{name}:{line}: {match.group()!r} in {text[:60]!r}"
        for name, path in MODULES.items()
        for line, text in texts(path)
        for phrase in BANNED
        for match in re.finditer(phrase, text, re.MULTILINE)
    ]
    assert not wrong, "\n".join(wrong)
