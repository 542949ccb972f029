"""Options as frozen dataclasses: one definition makes the click option, the keyword of the API and its default.

A field made by :func:`option` holds its own click option. :func:`archaictools.api.keywords.keywords` turns a function
that takes such dataclasses into one that takes their fields as keywords, as the Python API does. :func:`click_options`
gives a command the same options. So a default, a range and a help text are written once.

The pattern follows ``ViewPlinkOptions`` of vcztools, where a dataclass builds its own decorator.
"""

from __future__ import annotations

import dataclasses
import math
import os
from dataclasses import MISSING, Field, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from archaictools.errors import UsageError, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archaictools.alphabet import Alphabet

#: Longest chromosome, window or gap in bp, and largest seed, that all libraries take.
MAX_LENGTH, MAX_SEED = 2**31 - 1, 2**32 - 1

#: In the meta data of a command line: an output goes to standard output, so the summary does not.
STDOUT_TAKEN = "archaictools.stdout_taken"

_SPEC = "archaictools.option"

T = TypeVar("T")


class InputFile(click.Path):
    """A file to read; data from a pipe, or from standard input (``-``), are kept in a temporary file."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of a file that can be read more than once."""
        from archaictools.io.pipes import seekable

        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        return path if ctx and ctx.resilient_parsing else seekable(path)


class OutputFile(click.Path):
    """A file to write; ``-`` is standard output, which takes text only."""

    def __init__(self, *, text: bool = True) -> None:
        super().__init__()
        self._text = text

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, that of standard output for ``-``."""
        from archaictools.io.pipes import DASH, descriptor

        path = Path(os.fsdecode(super().convert("/dev/stdout" if str(value) == DASH else value, param, ctx)))
        if descriptor(path) == 1:
            if not self._text:
                self.fail("this output is no text, so it is not written to standard output; name a file", param, ctx)
            if ctx:
                ctx.meta[STDOUT_TAKEN] = True
        return path


INPUT = InputFile()
OUTPUT, BINARY = OutputFile(), OutputFile(text=False)


@dataclass(frozen=True, kw_only=True)
class OptionSpec:
    """Arguments of :func:`option`, besides the default."""

    help: str
    type: click.ParamType[Any] | type | None
    multiple: bool
    flag: bool
    required: bool
    parse: Callable[[Any], Any] | None
    only: Alphabet | None


def option(
    default: Any = MISSING,
    *,
    help: str,
    type: click.ParamType[Any] | type | None = None,
    multiple: bool = False,
    required: bool = False,
    parse: Callable[[Any], Any] | None = None,
    only: Alphabet | None = None,
) -> Any:
    """Return a dataclass field that holds its own click option; the field ``min_length`` is ``--min-length``.

    Parameters
    ----------
    default
        The one default of command line and API; left out, the option is required. With False, the option is a flag.
    help
        A noun phrase. The default is added unless it is None, empty or a flag's.
    type
        Click's type; it checks values of the API, too.
    multiple
        Whether the option may be repeated; the field is a tuple, and the API also takes one value.
    required
        Whether the command line must give it, though the API need not: an output that may stay in memory.
    parse
        Makes the field's value of what was given (a comma-separated list of names).
    only
        The alphabet that the option is for; see :func:`check_alphabet`.
    """
    needed = required or default is MISSING
    spec = OptionSpec(
        help=help, type=type, multiple=multiple, flag=default is False, required=needed, parse=parse, only=only
    )
    return dataclasses.field(default=default, metadata={_SPEC: spec})


def names(value: object) -> tuple[str, ...]:
    """Split a comma-separated list of names, or take a list of them; a name given twice counts once.

    Examples
    --------
    >>> names("chr1, chr2,chr1"), names(["a", "b"]), names(None)
    (('chr1', 'chr2'), ('a', 'b'), ())
    """
    parts = value.split(",") if isinstance(value, str) else cast("list[str]", value or [])
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of every verb.

    Attributes
    ----------
    threads
        CPU threads; None for ``GALAXY_SLOTS`` or all cores.
    seed
        Random seed.
    force
        Replace output folders that are not empty.
    """

    threads: int | None = option(
        None, type=click.IntRange(1), help="CPU threads, at most one per core [default: GALAXY_SLOTS or all]."
    )
    seed: int = option(1, type=click.IntRange(0, MAX_SEED), help="Random seed.")
    force: bool = option(
        False,
        help="Replace output folders that are not empty, with all their contents; files are replaced without it.",
    )

    @property
    def usable_threads(self) -> int:
        """Number of threads to use: at most one for each core that this process may use."""
        cores = len(os.sched_getaffinity(0))
        slots = os.environ.get("GALAXY_SLOTS", "")
        wanted = self.threads
        if wanted is None and slots.isascii() and slots.isdigit():
            wanted = int(slots[:9])
        return min(wanted or cores, cores)


def build(bundle: type[T], given: Mapping[str, Any]) -> T:
    """Make a dataclass of options of those keywords that are its fields, each checked by its click type.

    Raises
    ------
    UsageError
        If a value is not one that the option takes, or if a required one is missing.
    """
    values = {}
    for field in dataclasses.fields(cast("Any", bundle)):
        if given.get(field.name) is not None:  # None stands for the default
            values[field.name] = _checked(field, given[field.name])
        elif field.default is MISSING:
            raise UsageError(f"{flag_of(field.name)} is missing")
    return bundle(**values)


def _checked(field: Field[Any], value: Any) -> Any:
    """Return the value of a field as its type has it."""
    spec: OptionSpec | None = field.metadata.get(_SPEC)
    if spec is None:
        return value
    if spec.flag:
        if str(value) not in {"True", "False"} or isinstance(value, str):  # NumPy's are no bool
            raise UsageError(f"{flag_of(field.name)} is {value!r}, expected True or False")
        return bool(value)
    try:
        return _parsed(field, spec, value)
    except (TypeError, AttributeError):
        expected = (
            "text or a list of texts" if spec.parse else "one value or a list" if spec.multiple else "another type"
        )
        kind = type(value).__name__
        raise UsageError(f"{flag_of(field.name)} is {shorten(value)} ({kind}), expected {expected}") from None


def _parsed(field: Field[Any], spec: OptionSpec, value: Any) -> Any:
    if spec.parse:
        value = spec.parse(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{flag_of(field.name)}: {value} is no finite number.")
    kind = click.types.convert_type(spec.type) if spec.type else None
    if spec.multiple:
        several = [value] if isinstance(value, str | os.PathLike) else list(value)
        return tuple(_converted(kind, each, field.name) for each in several)
    return _converted(kind, value, field.name)


def _converted(kind: click.ParamType[Any] | None, value: Any, name: str) -> Any:
    if kind is None:
        return value
    if isinstance(kind, click.Path):
        if not isinstance(value, str | os.PathLike):
            raise UsageError(f"{flag_of(name)} is {type(value).__name__}, expected a path")
        value = os.fspath(value)
    if (
        isinstance(kind, click.types.IntParamType)
        and not isinstance(value, str)
        and (isinstance(value, bool) or int(value) != value)
    ):
        raise UsageError(f"{flag_of(name)} is {value!r}, expected a whole number")
    try:
        return kind.convert(value, None, None)
    except click.BadParameter as error:
        raise UsageError(f"{flag_of(name)}: {error.message}") from None


def spec_of(field: Field[Any]) -> OptionSpec | None:
    """Return how :func:`option` made a field, or None for other fields."""
    return field.metadata.get(_SPEC)


def flag_of(name: str) -> str:
    """Return the option on the command line of a field: ``min_length`` is ``--min-length``."""
    return "--" + name.replace("_", "-")


def changed(options: Any) -> Iterator[tuple[str, Alphabet | None]]:
    """Yield the flag and the alphabet of every option whose value is not the default."""
    for field in dataclasses.fields(options):
        spec: OptionSpec | None = field.metadata.get(_SPEC)
        value = getattr(options, field.name)
        # A table in memory cannot be compared with the default, which has another type.
        if spec and (type(value) is not type(field.default) or value != field.default):
            yield flag_of(field.name), spec.only


def check_alphabet(alphabet: Alphabet, *bundles: Any) -> None:
    """Refuse options that are for the other alphabet alone.

    Raises
    ------
    UsageError
        With their names.
    """
    refused = [
        (flag, only) for bundle in bundles for flag, only in changed(bundle) if only is not None and only != alphabet
    ]
    if refused:
        raise UsageError(
            f"{', '.join(flag for flag, _ in refused)}: only for {refused[0][1].label}, and these are "
            f"{alphabet.label}; leave out the options of the other (in Galaxy, set the kind of words)"
        )


class Option(click.Option):
    """A click option that knows the alphabet it is for."""

    only: Alphabet | None = None


def click_options(bundles: Iterable[type]) -> Callable[[T], T]:
    """Return a decorator that gives a click command the options of dataclasses, in their order."""
    fields = {field.name: field for bundle in bundles for field in dataclasses.fields(bundle)}

    def decorate(command: T) -> T:
        for field in reversed(fields.values()):
            command = _click_option(field)(cast("Any", command))
        return command

    return decorate


def _click_option(field: Field[Any]) -> Callable[[Any], Any]:
    spec: OptionSpec = field.metadata[_SPEC]
    prefix = f"{spec.only.label.capitalize()}: " if spec.only else ""
    values: dict[str, Any] = {"help": prefix + spec.help, "required": spec.required}
    if spec.flag:
        values["is_flag"] = True
    else:
        values |= {"type": spec.type, "multiple": spec.multiple}
        if field.default is not MISSING and field.default not in {None, "", ()}:
            values |= {"default": field.default, "show_default": True}
    return click.option(flag_of(field.name), field.name, cls=Option, **values)
