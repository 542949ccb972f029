"""Options that verbs share, and what they set up before the core is imported."""

from __future__ import annotations

import logging
import math
import os
import sys
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from archaictools import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger("archaictools")

#: In the meta data of a command line: an output goes to standard output, so the summary does not.
_STDOUT_TAKEN = "archaictools.stdout_taken"
#: Key of the real paths of all inputs.
_INPUTS = "archaictools.inputs"


class _Input(click.Path):
    """A file to read; what comes through a pipe, or standard input (``-``), is kept in a temporary file."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from archaictools.io.pipes import seekable

        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if ctx:
            ctx.meta.setdefault(_INPUTS, set()).add(os.path.realpath(path))
        return path if ctx and ctx.resilient_parsing else seekable(path)


class _Output(click.Path):
    """A file to write; ``-`` is standard output, which must be text."""

    def __init__(self, *, text: bool = True) -> None:
        super().__init__()
        self._text = text

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from archaictools.io.pipes import DASH, descriptor

        path = Path(os.fsdecode(super().convert("/dev/stdout" if str(value) == DASH else value, param, ctx)))
        if descriptor(path) == 1:
            if not self._text:
                self.fail("this output is no text, so it is not written to standard output; name a file", param, ctx)
            if ctx:
                ctx.meta[_STDOUT_TAKEN] = True
        return path


INPUT = _Input()
OUTPUT, BINARY = _Output(), _Output(text=False)

#: Longest chromosome, window or gap, and largest seed, that all libraries take.
MAX_LENGTH, MAX_SEED = 2**31 - 1, 2**32 - 1


class _Messages(logging.Handler):
    """Log lines to stderr, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        from tqdm import tqdm

        from archaictools.errors import one_line
        from archaictools.io.pipes import as_given

        prefix = "warning: " if record.levelno >= logging.WARNING else ""
        tqdm.write(f"{prefix}{one_line(as_given(record.getMessage()))}", file=sys.stderr)


def usable_threads(asked: int | None) -> int:
    """Return the number of threads: as many as asked for, else ``GALAXY_SLOTS`` if set, at most one a core.

    Cores are those that this process may use.
    """
    cores = len(os.sched_getaffinity(0))
    slots = os.environ.get("GALAXY_SLOTS", "")
    if asked is None and slots.isascii() and slots.isdigit():
        asked = int(slots[:9])
    return min(asked or cores, cores)


def _print_version(context: click.Context, _parameter: click.Parameter, value: object) -> None:
    """Print our version and those that results depend on, without importing any of them."""
    if not value or context.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    parts = [f"archaictools {__version__}", f"Python {sys.version.split()[0]}"]
    for name in ("tensorflow", "keras", "numpy"):
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} not installed")
    click.echo(", ".join(parts))
    context.exit()


version_option = click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show versions and exit.",
)


def _refuse_overwritten_inputs(values: dict[str, Any]) -> None:
    """Raise UsageError if an output is a file that is read."""
    from archaictools.errors import UsageError

    context = click.get_current_context()
    inputs = context.meta.get(_INPUTS, set())
    for option in context.command.params:
        path = values.get(option.name or "")
        if isinstance(option.type, _Output) and isinstance(path, Path) and os.path.realpath(path) in inputs:
            raise UsageError("is an input, which the output would replace", path=path, remedy="name another output")


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --threads, --seed, --force, --quiet and --version; bound the threads of libraries before their import."""

    @click.option(
        "--threads",
        type=click.IntRange(1),
        default=None,
        help="CPU threads, at most one a core [default: GALAXY_SLOTS or all].",
    )
    @click.option("--seed", type=click.IntRange(0, MAX_SEED), default=1, show_default=True, help="Random seed.")
    @click.option(
        "--force",
        is_flag=True,
        help="Replace output folders that are not empty, too, with all that they hold; files are replaced without it.",
    )
    @click.option("--quiet", is_flag=True, help="No progress and no messages, only warnings.")
    @version_option
    @wraps(function)
    def wrapped(*, threads: int | None, quiet: bool, force: bool, **values: Any) -> Any:
        from archaictools.io.files import REPLACING

        threads = usable_threads(threads)
        for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            os.environ[f"{library}_NUM_THREADS"] = str(threads)
        log.handlers[:] = [_Messages()]
        log.propagate = False
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home folder that is not writable
        log.setLevel(logging.WARNING if quiet else logging.INFO)
        _refuse_infinite(values)
        _refuse_overwritten_inputs(values)
        before = REPLACING.set(force)
        try:
            return function(threads=threads, **values)
        finally:
            REPLACING.reset(before)

    return wrapped


def _refuse_infinite(values: Mapping[str, object]) -> None:
    """Refuse nan and infinity, which ranges let pass."""
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise click.BadParameter(f"{value} is no finite number.", param_hint=f"--{name.replace('_', '-')}")


_WORDS = {"kmer": "k-mers", "variant": "haplotypes"}


class _Only(click.Option):
    """An option that says something about one alphabet alone; :func:`check_alphabet` refuses it with another."""

    def __init__(self, *arguments: Any, alphabet: str, **values: Any) -> None:
        values["help"] = f"{_WORDS[alphabet].capitalize()}: {values['help']}"
        super().__init__(*arguments, **values)
        self.alphabet = alphabet


kmer_option = partial(click.option, cls=_Only, alphabet="kmer")
haplotype_option = partial(click.option, cls=_Only, alphabet="variant")


def given_options() -> list[click.Parameter]:
    """Return the options of this verb that stand on its command line."""
    context = click.get_current_context()
    return [
        option
        for option in context.command.params
        if context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    ]


def check_alphabet(alphabet: str) -> None:
    """Refuse options on the command line that say nothing about words of this alphabet.

    Raises
    ------
    UsageError
        That names them.
    """
    from archaictools.errors import UsageError

    if alphabet not in _WORDS:
        return  # what reads the file says what is wrong with it
    refused = [option for option in given_options() if isinstance(option, _Only) and option.alphabet != alphabet]
    if refused:
        raise UsageError(
            f"{', '.join(option.opts[0] for option in refused)}: only for {_WORDS[refused[0].alphabet]}, and these are "
            f"{_WORDS[alphabet]}; leave out what is not for them (in Galaxy, say what the words are)"
        )


def of_haplotypes(words: Path) -> bool:
    """Tell whether words are of haplotypes, not of k-mers, and refuse options that say nothing about them."""
    from archaictools.haplotypes.feature_file import ALPHABET, alphabet_of

    alphabet = alphabet_of(words)
    check_alphabet(alphabet)
    return alphabet == ALPHABET


def names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Split a comma-separated list of names, with or without blanks; one given twice counts once."""
    return tuple(dict.fromkeys(part.strip() for part in (value or "").split(",") if part.strip()))


def report(**facts: object) -> None:
    """Print the short summary of a verb to stdout, one fact a line; to stderr if an output takes stdout."""
    context = click.get_current_context(silent=True)
    taken = context is not None and _STDOUT_TAKEN in context.meta
    for name, fact in facts.items():
        click.echo(f"{name.replace('_', ' ')}: {fact}", err=taken)


def of_member(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --member, the same for every verb that looks into one network."""
    return click.option(
        "--member",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="Network to look into, of a model trained with --folds: that of this fold.",
    )(function)
