"""``archaictools``: finds the verb, and turns every error into one sentence and an exit code."""

from __future__ import annotations

import errno
import importlib
import io
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from archaictools.cli.command import version_option
from archaictools.errors import ArchaicError, one_line, printable
from archaictools.io.pipes import as_given, forget

if TYPE_CHECKING:
    from types import FrameType

#: Verbs in the order of the data flow, with the line that --help shows; modules are imported when used.
VERBS = {
    "windows": "Cut labelled regions, genes or a whole genome into windows.",
    "tokenize": "Read windows or sequence records as sentences of k-mers.",
    "simulate": "Simulate people with archaic ancestors and known truth.",
    "haplotypes": "Encode phased haplotypes as features in bins, compared with an outgroup.",
    "audit": "Check whether training and test data are independent.",
    "train": "Train an LSTM, with whole chromosomes held out.",
    "evaluate": "Compare a model with baselines on held-out data.",
    "importance": "Rank positions and k-mers by permutation importance.",
    "embedding": "Export the learnt word vectors and map them with UMAP.",
    "predict": "Predict windows or haplotypes, and call segments.",
    "merge": "Join predictions made chromosome by chromosome.",
    "genes": "Summarise predictions over genes.",
    "candidates": "Find candidates of adaptive introgression.",
    "sharing": "Compare the segments of people: rough ages, sharing, core haplotypes.",
    "extract": "Extract alleles of haplotypes and archaic genomes in regions.",
    "report": "Show results in one page with a genome browser.",
}

#: Names of packages that are imported under another one.
_PACKAGES = {"Bio": "biopython", "sklearn": "scikit-learn", "umap": "umap-learn"}


class Verbs(click.Group):
    """A group that imports a verb only when it is called, so that --help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: D102
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: D102
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"archaictools.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: D102
        with formatter.section("Verbs, in the order of the data flow"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Every verb has its own --help, with examples. Inputs may be pipes. As an input, - is standard input; as an "
    "output of text, it is standard output. Output files replace files of the same name. An output folder that is not "
    "empty is replaced only with --force. Exit codes: 0 done, 1 failed, 2 usage, 3 wrong input, 4 out of memory.",
)
@version_option
def cli() -> None:
    """Find archaic (Neanderthal, Denisovan) DNA in genomes with LSTMs, and report when there is none."""


class _TerminatedError(BaseException):
    """The program got SIGTERM; the exception lets staged outputs be removed."""


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the removal of staged outputs
    raise _TerminatedError


def run() -> NoReturn:
    """Run the program and leave with its exit code."""
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command line; return its exit code instead of leaving."""
    try:
        result = cli.main(args=arguments, prog_name="archaictools", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        for line in shown.getvalue().splitlines():
            click.echo(one_line(as_given(line)), err=True)
        return 2
    except click.Abort:
        return _fail("interrupted", 130)
    except _TerminatedError:
        return _fail("terminated", 128 + signal.SIGTERM)
    except ArchaicError as error:
        return _fail(str(error), error.exit_code)
    except SystemExit:  # click leaves only where a reader has closed the pipe; all else it returns or raises
        return 128 + signal.SIGPIPE
    except MemoryError as error:
        return _fail(f"out of memory ({error}); give fewer threads, a smaller batch or a smaller k", 4)
    except Exception as error:
        if os.environ.get("ARCHAICTOOLS_DEBUG"):
            raise
        return _unexpected(error)
    finally:
        forget()
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception) -> int:
    """Report an error that no other handler knows, or a full disk; return the exit code."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _fail(f"an output cannot be written ({error.strerror}); make space, or name another folder", 1)
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("archaictools"):
        module = error.name.partition(".")[0]
        package = _PACKAGES.get(module, module)
        return _fail(f"this needs {package}, which is not installed; run: pip install {package}", 1)
    if type(error).__name__ == "ResourceExhaustedError":
        return _fail("out of memory in TensorFlow; give a smaller --batch-size", 4)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else one_line(f"{error}")
    where = f" {error.filename}" if isinstance(error, OSError) and error.filename else ""
    return _fail(
        f"{type(error).__name__}{where}: {reason}; this is not expected: set ARCHAICTOOLS_DEBUG=1 for the details",
        1,
    )


def _fail(message: str, code: int) -> int:
    click.echo(f"archaictools: error: {printable(as_given(message))}", err=True)
    return code
