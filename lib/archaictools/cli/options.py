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
from archaictools.options import (
    INPUTS,
    MAX_SEED,
    STDOUT_TAKEN,
    OutputFile,
    RunOptions,
    Verb,
    click_options,
)
from archaictools.options import (
    names as split_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger("archaictools")


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
    """Return the number of threads, see :class:`archaictools.options.RunOptions`."""
    return RunOptions(threads=asked).usable_threads


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
    inputs = context.meta.get(INPUTS, set())
    for option in context.command.params:
        path = values.get(option.name or "")
        if isinstance(option.type, OutputFile) and isinstance(path, Path) and os.path.realpath(path) in inputs:
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
        _show_messages(quiet=quiet)
        _refuse_infinite(values)
        _refuse_overwritten_inputs(values)
        before = REPLACING.set(force)
        try:
            return function(threads=threads, **values)
        finally:
            REPLACING.reset(before)

    return wrapped


def _show_messages(*, quiet: bool) -> None:
    """Send log lines to stderr."""
    log.handlers[:] = [_Messages()]
    log.propagate = False
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home folder that is not writable
    log.setLevel(logging.WARNING if quiet else logging.INFO)


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
    from archaictools.alphabet import Alphabet
    from archaictools.api.inputs import alphabet_of

    alphabet = alphabet_of(words)
    check_alphabet(alphabet)
    return alphabet is Alphabet.VARIANT


def names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Split a comma-separated list of names."""
    return split_names(value)


def report(result: object = None, **facts: object) -> None:
    """Print the short summary of a verb to stdout, one fact a line; to stderr if an output takes stdout."""
    facts = {**getattr(result, "facts", {}), **facts}
    context = click.get_current_context(silent=True)
    taken = context is not None and STDOUT_TAKEN in context.meta
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


class _Command(click.Command):
    """A verb whose help ends in examples."""

    examples: tuple[str, ...] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, a line each, never wrapped."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"  {line}\n")


def verb(
    function: Verb[..., Any], *, short_help: str, examples: str
) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a command of a function that gets the arguments and the options given on the command line.

    The function may return an exit code.

    Parameters
    ----------
    function
        The function of the API, from which the options come; its name is the verb.
    short_help
        The line in the list of verbs.
    examples
        Command lines, shown below the options as they stand.
    """

    def decorate(body: Callable[..., int | None]) -> click.Command:
        @wraps(body)
        def run(*, quiet: bool, **values: Any) -> int | None:
            threads = usable_threads(values.get("threads"))
            for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
                os.environ[f"{library}_NUM_THREADS"] = str(threads)
            _show_messages(quiet=quiet)
            _refuse_infinite(values)
            _refuse_overwritten_inputs(values)
            context = click.get_current_context()
            return body(
                **{
                    name: value
                    for name, value in values.items()
                    if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
                }
            )

        quiet = click.option("--quiet", is_flag=True, help="No progress and no messages, only warnings.")
        named = click.command(getattr(function, "__name__", ""), cls=_Command, short_help=short_help)
        command = named(click_options(function)(quiet(version_option(run))))
        command.examples = tuple(line.strip() for line in examples.strip().splitlines())
        return command

    return decorate
