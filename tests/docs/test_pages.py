"""The documentation agrees with the program, and with itself."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from archaictools.cli.main import VERBS, cli
from archaictools.haplotypes import feature_file
from archaictools.learning import model_file
from archaictools.sequence import token_file

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
#: Pages that people read, wherever they are; folders that targets make hold none.
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") and part != ".github" for part in path.relative_to(ROOT).parts)
    and path.relative_to(ROOT).parts[0] not in {"build", "dist", "callers", "yardstick", "pretrain", "demo", "article"}
)

_spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)


def without_code(text):
    """Leave out code blocks and code spans, which hold no links and no headings."""
    return re.sub(r"`[^`\n]*`", "``", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def code_blocks(text):
    """Return the lines of all code blocks; a line that ends in a backslash goes on in the next."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(blocks).replace("\\\n", " ").splitlines()


def slugs(text):
    """Return the anchors of the headings, as GitHub and MkDocs make them."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return [re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", title.lower().strip())) for title in titles]


def test_pages_made_from_the_program_are_up_to_date():
    made = generate.pages()
    there = {path.relative_to(DOCS) for path in (DOCS / "cli").glob("*.md")} | {Path("api.md")}
    assert there == set(made)
    stale = [str(path) for path, text in made.items() if (DOCS / path).read_text(encoding="utf-8") != text]
    assert not stale, f"python docs/generate.py writes them again: {', '.join(stale)}"


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_a_page_with_each_option_and_an_example(verb):
    command, text = cli.get_command(click.Context(cli), verb), (DOCS / f"cli/{verb}.md").read_text()
    for option in command.params:
        for name in option.opts if isinstance(option, click.Option) else ():
            assert f"`{name}`" in text, name
    examples = text.partition("\n## Examples\n")[2].partition("\n## ")[0]
    assert f"\narchaictools {verb} " in examples


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        place = (page.parent / unquote(name)).resolve() if name else page
        assert place.exists(), f"{page}: {target}"
        assert place.is_relative_to(ROOT), f"{page}: {target}"
        if anchor:
            assert anchor in slugs(place.read_text()), f"{page}: {target}"


def test_pages_of_the_site_link_to_pages_of_the_site():
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)\s#]+)", without_code(page.read_text())):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).resolve().is_relative_to(DOCS), f"{page}: {target}"


def test_the_readme_is_short_and_has_the_two_commands():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 150
    assert {"make demo", "make test"} <= {line.split("#")[0].strip() for line in text.splitlines()}


def test_commands_in_the_pages_exist():
    """Every archaictools command in a page uses verbs and options that the program has."""
    context = click.Context(cli)
    known = {
        verb: {"--help", *(name for option in cli.get_command(context, verb).params for name in option.opts)}
        for verb in VERBS
    }
    found = 0
    for page in PAGES:
        for line in code_blocks(page.read_text()):
            if match := re.match(r"\s*archaictools ([a-z]\w*) (.*)", line):
                verb, rest = match.groups()
                found += 1
                assert verb in VERBS, f"{page}: {line}"
                assert set(re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", rest)) <= known[verb], f"{page}: {line}"
    assert found > 3 * len(VERBS)


def test_make_targets_in_the_pages_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text(), flags=re.MULTILINE):
            assert target in targets, f"{page}: make {target}"


@pytest.mark.parametrize(
    ("section", "module"), [("kmers.h5", token_file), ("haplotypes.h5", feature_file), ("model.h5", model_file)]
)
def test_file_formats_name_the_kind_every_attribute_and_dataset(section, module):
    text = (DOCS / "file-formats.md").read_text()
    part = re.split(r"^## ", text.split(f"\n## {section}\n")[1], flags=re.MULTILINE)[0]
    documented = set(re.findall(r"`([a-z_][a-z_0-9]*(?:/\w+)*)`", part))
    assert f"`format` is `{module.KIND}`" in part
    assert {name.replace("*", "N") for name in module.TABLE} <= documented
    assert set(module.ATTRIBUTES) <= documented


def test_every_term_is_defined_once():
    terms = [
        term.strip().lower()
        for line in re.findall(r"^### (.+)$", (DOCS / "glossary.md").read_text(), flags=re.MULTILINE)
        for term in line.split(",")
    ]
    assert len(terms) == len(set(terms))
    assert {"haplotype", "bin", "segment", "outgroup", "introgressed", "held-out", "ece", "mcc"} <= set(terms)


def test_the_architecture_names_modules_and_folders_that_exist():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(re.findall(r"`([\w.]+(?:/[\w.]+)*(?:/|\.py|\.md|\.yml|\.xml))`", text))
    assert len(named) > 60
    named = {name for name in named if "VERB" not in name}
    missing = {name for name in named if not ((ROOT / "lib/archaictools" / name).exists() or (ROOT / name).exists())}
    assert not missing


def test_every_wing_module_has_a_place_in_the_architecture():
    """A reader finds each folder of the package on the page."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for folder in (ROOT / "lib/archaictools").iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            assert f"`{folder.name}/`" in text


@pytest.mark.parametrize("name", ["WindowPredictions.windows", "WindowPredictions.segments", "TrainResult.predictions"])
def test_a_table_that_is_read_when_used_is_documented(name):
    result, table = name.split(".")
    section = (DOCS / "api.md").read_text().partition(f"\n### {result}\n")[2].partition("\n### ")[0]
    assert f"| `{table}` | Table `chrom, start, end" in section or f"| `{table}` | BED6 of called segments" in section
