"""Every cross-reference of docstrings and pages leads to something that exists. No module is imported for it."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers import ROOT

LIBRARY = ROOT / "lib"
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("[a-z]*/**/README.md")]
    if not {part for part in path.relative_to(ROOT).parts if part.startswith(".")}
)
ROLE = re.compile(r":(mod|func|class|meth|data|attr|exc|obj):`~?([^`<]+)`")
PATH = re.compile(r"(?<!:)`(archaictools(?:\.\w+)+)")
FILE = re.compile(r"`([a-z0-9_./-]+\.py)`")  # not those of a pattern, such as api/VERB.py


class Module(NamedTuple):
    """What a module names, and the members of each of its classes."""

    names: set[str]
    classes: dict[str, set[str]]


def members(node: ast.ClassDef) -> Iterator[str]:
    """Yield methods, fields, and attributes that methods set on ``self``."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield inner.name
        elif isinstance(inner, ast.Assign | ast.AnnAssign):
            for target in inner.targets if isinstance(inner, ast.Assign) else [inner.target]:
                if isinstance(target, ast.Attribute | ast.Name):
                    yield target.attr if isinstance(target, ast.Attribute) else target.id


def read(path: Path) -> Module:
    names: set[str] = set()
    classes: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):  # wherever it stands: in functions, for type checkers
            names |= {alias.asname or alias.name for alias in node.names}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            bases = [classes.get(ast.unparse(base), set()) for base in node.bases]
            classes[node.name] = set(members(node)).union(*bases)
            names.add(node.name)
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                names |= {one.id for one in ast.walk(target) if isinstance(one, ast.Name)}
    return Module(names, classes)


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(LIBRARY).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): read(path) for path in sorted(LIBRARY.rglob("*.py"))}


def of_module(module: Module, parts: list[str]) -> bool:
    """Tell whether a module has a name, or a class with that member."""
    if len(parts) == 1:
        return parts[0] in module.names
    return len(parts) == 2 and parts[1] in module.classes.get(parts[0], set())


def resolves(target: str, *, module: str = "", inside: tuple[str, ...] = ()) -> bool:
    """Look a reference up: in the class around it, in its module, and by its whole path."""
    parts = target.removesuffix("()").split(".")
    if module:
        here = MODULES[module]
        if of_module(here, parts) or any(of_module(here, [name, *parts]) for name in inside):
            return True
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        if name in MODULES:
            return end == len(parts) or of_module(MODULES[name], parts[end:])
    if parts[0] == "archaictools" or len(parts) == 1:
        return False
    try:  # another library's
        found: object = importlib.import_module(parts[0])
        for part in parts[1:]:
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return False
    return True


def docstrings(node: ast.AST, inside: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield docstrings and the classes that each is in."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        inside = (*inside, node.name) if isinstance(node, ast.ClassDef) else inside
        yield ast.get_docstring(node) or "", inside
    for child in ast.iter_child_nodes(node):
        yield from docstrings(child, inside)


@pytest.mark.parametrize("module", MODULES)
def test_references_in_docstrings_resolve(module):
    path = LIBRARY / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    dead = []
    for text, inside in docstrings(ast.parse(path.read_text())):
        dead += [target for _, target in ROLE.findall(text) if not resolves(target, module=module, inside=inside)]
        dead += [target for target in PATH.findall(text) if not resolves(target)]
    comments = re.findall(r"^\s*#:? (.*)$", path.read_text(), re.MULTILINE)
    dead += [target for line in comments for _, target in ROLE.findall(line) if not resolves(target, module=module)]
    assert not dead


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES])
def test_references_in_pages_resolve(page):
    text = (ROOT / page).read_text()
    assert not [target for target in PATH.findall(text) if not resolves(target)]
    places = [ROOT, (ROOT / page).parent, LIBRARY / "archaictools"]
    assert not [file for file in FILE.findall(text) if not any((place / file).exists() for place in places)]


def test_a_dead_reference_is_found():
    assert resolves("archaictools.learning.model_file.load_model")
    assert not resolves("archaictools.learning.model_file.load_nothing")
    assert not resolves("archaictools.model.files")
    assert not resolves("VariantFile.nothing", module="archaictools.io.vcf")
    assert resolves("VariantFile.sites", module="archaictools.io.vcf")
    assert not resolves("numpy.ndarrays")
