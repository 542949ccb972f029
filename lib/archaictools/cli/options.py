"""Options that verbs share, and what they set up before the core is imported."""

from __future__ import annotations

import logging
import os
import sys
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from archaictools import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

INPUT = OUTPUT = click.Path(path_type=Path)

log = logging.getLogger("archaictools")


class _Messages(logging.Handler):
    """Log lines to stderr, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        from tqdm import tqdm

        prefix = "warning: " if record.levelno >= logging.WARNING else ""
        tqdm.write(f"{prefix}{record.getMessage()}", file=sys.stderr)


def default_threads() -> int:
    """Return ``GALAXY_SLOTS`` if set, else the number of cores this process may use."""
    slots = os.environ.get("GALAXY_SLOTS", "")
    return int(slots) if slots.isdigit() and int(slots) > 0 else len(os.sched_getaffinity(0))


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


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --threads, --seed, --quiet and --version; bound every library's threads before it is imported."""

    @click.option("--threads", type=click.IntRange(1), default=None, help="CPU threads [default: GALAXY_SLOTS or all].")
    @click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of everything random.")
    @click.option("--quiet", is_flag=True, help="No progress and no messages, only warnings.")
    @version_option
    @wraps(function)
    def wrapped(*, threads: int | None, quiet: bool, **values: Any) -> Any:
        threads = threads or default_threads()
        for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            os.environ[f"{library}_NUM_THREADS"] = str(threads)
        log.handlers[:] = [_Messages()]
        log.propagate = False
        log.setLevel(logging.WARNING if quiet else logging.INFO)
        return function(threads=threads, **values)

    return wrapped


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
    from archaictools.words.bins import ALPHABET, alphabet_of

    alphabet = alphabet_of(words)
    check_alphabet(alphabet)
    return alphabet == ALPHABET


def names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Split a comma-separated list of names; one given twice counts once."""
    return tuple(dict.fromkeys(part for part in (value or "").split(",") if part))


def report(**facts: object) -> None:
    """Print the short summary of a verb to stdout, one fact a line."""
    for name, fact in facts.items():
        click.echo(f"{name.replace('_', ' ')}: {fact}")


def of_member(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --member, the same for every verb that looks into one network."""
    return click.option(
        "--member",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="Network to look into, of a model trained with --folds: that of this fold.",
    )(function)
