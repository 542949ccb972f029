"""Write the reference pages, ``docs/cli/*.md`` and ``docs/api.md``, from the program itself: python docs/generate.py.

The pages are committed, so that they can be read without building the site. A test fails when they are out of date.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import archaictools
from archaictools.cli.main import VERBS, cli

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOCS = Path(__file__).resolve().parent

#: Options of every verb, described once in ``cli/index.md``.
COMMON = ("threads", "seed", "force", "quiet", "version")

#: Guides that show each verb at work.
GUIDES = {
    "windows": "../sequence.md#cut-windows",
    "tokenize": "../sequence.md#tokenize",
    "simulate": "../haplotypes.md#simulate-people",
    "haplotypes": "../haplotypes.md#encode-haplotypes",
    "audit": "../sequence.md#audit-the-split",
    "train": "../sequence.md#train",
    "evaluate": "../sequence.md#evaluate",
    "importance": "../sequence.md#explain",
    "embedding": "../sequence.md#explain",
    "predict": "../haplotypes.md#call-segments",
    "merge": "../haplotypes.md#one-chromosome-a-job",
    "genes": "../haplotypes.md#genes",
    "candidates": "../candidates.md",
    "sharing": "../sharing.md",
    "extract": "../sharing.md#follow-up",
    "report": "../report.md",
}

#: Characters of a line of code that the site shows without a scroll bar.
WIDTH = 82

#: First line of a page that nobody edits.
NOTE = "<!-- Made by docs/generate.py from the program: edit the program, then run `make docs`. -->"

INDEX = """
# Command line

One program, `archaictools`, with one verb per step. Verbs are listed in the order of the data flow.

{verbs}

## Conventions

- Results go to the named files. Messages go to stderr, and a short summary to stdout.
- `-` is standard input, or, for an output that is text, standard output. Pipes are read.
- The suffix of an output chooses its format (`.json`, `.tsv`, `.png`, `.svg`).
- An output appears under its name only when it is complete.
- Files of the same name are replaced. Folders that are not empty are replaced only with `--force`.
- The word `pretrained` in place of a model file means the model of the package.
- The same seed, inputs and versions give the same bytes on one machine.
- Coordinates are 0-based and half-open. `chr21` and `21` are the same chromosome.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the program failed, or `audit` found the verdict of `--fail-on` |
| 2 | wrong usage |
| 3 | wrong input; one sentence names file and line, what was found, what was expected, and what to do |
| 4 | out of memory |

Set `ARCHAICTOOLS_DEBUG=1` to see the Python traceback of an unexpected error.

## Options of every verb

{options}
"""


def pages() -> dict[Path, str]:
    """Return the text of each page by its path below ``docs``."""
    commands = dict(_commands())
    found = {Path("cli/index.md"): _index(commands)}
    found |= {Path(f"cli/{verb}.md"): _verb(verb, command) for verb, command in commands.items()}
    if functions := [verb for verb in VERBS if verb in archaictools.__all__]:
        found[Path("api.md")] = _api(functions)
    return {path: f"{NOTE}\n\n{text.strip()}\n" for path, text in found.items()}


def _commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli)
    for verb in VERBS:
        command = cli.get_command(context, verb)
        if command:
            yield verb, command


def _index(commands: dict[str, click.Command]) -> str:
    rows = [(f"[`{verb}`]({verb}.md)", VERBS[verb]) for verb in commands]
    first = next(iter(commands.values()))
    shared = [option for option in _options(first) if option.name in COMMON]
    return INDEX.format(verbs=_table(("verb", "what it does"), rows), options=_option_table(shared))


def _verb(verb: str, command: click.Command) -> str:
    paragraphs = [*_paragraphs(command.help), *_paragraphs(command.epilog)]
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    usage = " ".join(["archaictools", verb, "[OPTIONS]", *(_argument(each) for each in arguments)])
    parts = [f"# archaictools {verb}", *paragraphs[:1], f"```\n{usage}\n```", *paragraphs[1:]]
    examples = getattr(command, "examples", ())
    if examples:
        parts += ["## Examples", "```\n" + "\n".join(map(_wrapped, examples)) + "\n```"]
    own = [option for option in _options(command) if option.name not in COMMON]
    parts += ["## Options", _option_table(own)]
    parts.append(
        "`--threads`, `--seed`, `--force`, `--quiet` and `--version` are "
        "[the same for every verb](index.md#options-of-every-verb)."
    )
    also = [f"[the guide]({GUIDES[verb]})", "[file formats](../file-formats.md)", "[glossary](../glossary.md)"]
    if verb in archaictools.__all__:
        also.insert(1, f"[`archaictools.{verb}` in Python](../api.md#{verb})")
    parts.append(f"See also: {', '.join(also)}.")
    return "\n\n".join(parts)


def _wrapped(command: str) -> str:
    """Return a command line cut before options, so that no line is wider than the page."""
    lines = [""]
    for part in re.split(r" (?=--)", command):
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH:
            lines.append("   ")
        lines[-1] = f"{lines[-1]} {part}" if lines[-1] else part
    return " \\\n".join(lines)


def _paragraphs(text: str | None) -> list[str]:
    r"""Return the paragraphs of a help text; those that click leaves as they are (``\b``) become code."""
    found = []
    for part in re.split(r"\n\s*\n", inspect.cleandoc(text or "")):
        if part.startswith("\b"):
            found.append(f"```\n{textwrap.dedent(part.removeprefix(chr(8)).strip(chr(10)))}\n```")
        elif part:
            found.append(_escape(" ".join(part.split())))
    return found


def _escape(text: str) -> str:
    """Return text that Markdown shows as it is, with options as code."""
    parts = re.split(r"(`[^`]*`)", text)  # code stays as it is
    for number in range(0, len(parts), 2):
        plain = re.sub(r"([<>*\\])", r"\\\1", parts[number])
        plain = re.sub(r"(?<![\w-])(--[a-z][a-z0-9-]*)", r"`\1`", plain)
        parts[number] = re.sub(r"(?<![`\w])([A-Za-z]+_[A-Za-z_]+)(?!\w)", r"`\1`", plain)
    return "".join(parts)


def _options(command: click.Command) -> list[click.Option]:
    return [each for each in command.params if isinstance(each, click.Option)]


def _argument(argument: click.Argument) -> str:
    name = (argument.name or "").upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _option_table(options: Iterable[click.Option]) -> str:
    rows = []
    for option in options:
        name = ", ".join(f"`{each}`" for each in sorted(option.opts, key=len, reverse=True))
        text = " ".join((option.help or "").split())
        stated = re.search(r" ?\[default: ([^\]]+)\]", text)  # a default that is computed
        default = stated[1] if stated else _default(option)
        rows.append((name, _type(option), _escape(default), _escape(text.replace(stated[0], "") if stated else text)))
    return _table(("option", "type", "default", "what it is"), rows)


def _type(option: click.Option) -> str:
    kind = option.type
    if option.is_flag or option.count:
        text = "flag"
    elif isinstance(kind, click.Choice):
        text = ", ".join(f"`{choice}`" for choice in kind.choices)
    elif isinstance(kind, click.IntRange | click.FloatRange):
        name = "integer" if isinstance(kind, click.IntRange) else "number"
        low, high = (f"{edge:,}" if edge is not None else "" for edge in (kind.min, kind.max))
        text = f"{name}, {low} to {high}" if low and high else f"{name}, {low} or more" if low else name
        text += " (not included)" if kind.max_open else ""
    else:
        text = {"integer": "integer", "float": "number", "text": "text"}.get(kind.name, "path")
    return f"{text}; repeatable" if option.multiple else text


def _default(option: click.Option) -> str:
    if option.required:
        return "required"
    default = option.default
    if option.is_flag or default is None or default in ((), "") or "UNSET" in repr(default):
        return ""
    return f"`{default}`"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(header), ["---"] * len(list(header)), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _api(functions: list[str]) -> str:
    parts = [
        "# Python functions",
        "One function per verb, with the options of the command line as keywords: `--min-length` is `min_length`. "
        "A [guide with examples](python.md) shows them at work. Each function returns a result object; its `facts` are "
        "what the command line prints.",
        "```python\nimport archaictools as at\n```",
    ]
    for verb in functions:
        function = getattr(import_module(f"archaictools.api.{verb}"), verb)
        parts += [
            f"## {verb}",
            f"```python\n{_signature(verb, function)}\n```",
            *_numpy(inspect.getdoc(function) or ""),
        ]
        parts.append(f"Keywords are described under [`archaictools {verb}`](cli/{verb}.md#options).")
        plain = inspect.unwrap(function)
        result = vars(inspect.getmodule(plain)).get(str(plain.__annotations__.get("return")))
        for each in _family(result) if inspect.isclass(result) else ():
            if each.__doc__:
                parts += _result(each)
    return "\n\n".join(parts)


def _family(result: type) -> Iterator[type]:
    """Yield a class and those made from it."""
    yield result
    for each in result.__subclasses__():
        yield from _family(each)


def _signature(verb: str, function: Any) -> str:
    lines = [f"at.{verb}("]
    starred = False
    for each in inspect.signature(function).parameters.values():
        if each.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            lines.append("    *,")
            starred = True
        star = "*" if each.kind is inspect.Parameter.VAR_POSITIONAL else ""
        default = "" if each.default is inspect.Parameter.empty else f"={each.default!r}"
        starred |= bool(star)
        lines.append(f"    {star}{each.name}{default},")
    return "\n".join([*lines, ")"])


def _result(result: type) -> list[str]:
    parts = [f"### {result.__name__}", *_numpy(inspect.getdoc(result) or "")]
    rows = []
    for name, each in vars(result).items():
        if not name.startswith("_") and (isinstance(each, property | cached_property) or inspect.isfunction(each)):
            first = (inspect.getdoc(each) or "").partition("\n\n")[0]
            given = (
                ""
                if isinstance(each, property | cached_property)
                else f"({', '.join([*inspect.signature(each).parameters][1:])})"
            )
            rows.append((f"`{name}{given}`", _markup(" ".join(first.split()))))
    return [*parts, *([_table(("property or method", "what it is"), rows)] if rows else [])]


def _numpy(text: str) -> list[str]:
    """Return a numpy docstring as Markdown: section titles in bold, entries as lists."""
    parts: list[str] = []
    blocks = re.split(r"\n\s*\n", text)
    for block in blocks:
        lines = block.splitlines()
        if len(lines) > 1 and re.fullmatch(r"-{3,}", lines[1]):
            parts.append(f"**{lines[0]}**")
            lines = lines[2:]
            if ">>>" in "".join(lines):
                code = re.sub(r" *# doctest: .*", "", "\n".join(lines))
                parts.append(f"```python\n{code}\n```")
            else:
                parts.append("\n".join(_entries(lines)))
        else:
            parts.append(_markup(" ".join(line.strip() for line in lines)))
    return [part for part in parts if part]


def _entries(lines: list[str]) -> Iterator[str]:
    """Yield a list item for each entry of a section: a name, and its indented description."""
    entry: list[str] = []
    for line in [*lines, ""]:
        if not line.startswith(" ") and entry:
            name, *rest = entry
            yield f"- `{name}`: {_markup(' '.join(each.strip() for each in rest))}" if rest else f"- {_markup(name)}"
            entry = []
        if line:
            entry.append(line)


def _markup(text: str) -> str:
    """Return reStructuredText roles and literals as Markdown."""
    text = re.sub(r":[a-z]+:`~?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")


def main() -> None:
    """Write the pages, and remove those of verbs that are gone."""
    found = pages()
    for path, text in found.items():
        (DOCS / path).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / path).write_text(text, encoding="utf-8")
    for path in (DOCS / "cli").glob("*.md"):
        if path.relative_to(DOCS) not in found:
            path.unlink()


if __name__ == "__main__":
    main()
