"""The command of a verb: its options, examples, messages and summary; it imports no heavy library."""

from __future__ import annotations

import logging
import os
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from archaictools import __version__
from archaictools.options import STDOUT_TAKEN, RunOptions, click_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from archaictools.api.keywords import Verb
    from archaictools.api.result import Result

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


def _print_version(context: click.Context, _parameter: click.Parameter, value: object) -> None:
    """Print our version and those that results depend on, without importing any of them."""
    if not value or context.resilient_parsing:
        return
    from archaictools.provenance import library_versions

    parts = [f"archaictools {__version__}", f"Python {sys.version.split()[0]}"]
    parts += [f"{name} {version or 'not installed'}" for name, version in library_versions().items()]
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


def _show_messages(*, quiet: bool) -> None:
    """Send log lines to stderr."""
    log.handlers[:] = [_Messages()]
    log.propagate = False
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home folder that is not writable
    log.setLevel(logging.WARNING if quiet else logging.INFO)


def report(result: Result) -> None:
    """Print the summary of a verb to stdout, one fact per line; to stderr if an output takes stdout."""
    context = click.get_current_context(silent=True)
    taken = context is not None and STDOUT_TAKEN in context.meta
    click.echo(str(result), err=taken)


class _Command(click.Command):
    """A verb whose help ends in examples."""

    examples: tuple[str, ...] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, one per line, never wrapped."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"  {line}\n")


def verb(function: Verb[..., Any], *, examples: str) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a command of a function that gets the arguments and the options given on the command line.

    The function may return an exit code.

    Parameters
    ----------
    function
        The function of the API, from which the options come; its name is the verb.
    examples
        Command lines, shown below the options as they stand.
    """

    def decorate(body: Callable[..., int | None]) -> click.Command:
        @wraps(body)
        def run(*, quiet: bool, **values: Any) -> int | None:
            threads = RunOptions(threads=values.get("threads")).usable_threads
            # Libraries read these variables when they are imported, so they are set first.
            for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
                os.environ[f"{library}_NUM_THREADS"] = str(threads)
            _show_messages(quiet=quiet)
            context = click.get_current_context()
            return body(
                **{
                    name: value
                    for name, value in values.items()
                    if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
                }
            )

        quiet = click.option("--quiet", is_flag=True, help="No progress and no messages, only warnings.")
        named = click.command(getattr(function, "__name__", ""), cls=_Command)
        command = named(click_options(function.bundles.values())(quiet(version_option(run))))
        command.examples = tuple(line.strip() for line in examples.strip().splitlines())
        return command

    return decorate
