"""What can go wrong, as exceptions that carry the exit code a user sees.

Core functions raise these; only :mod:`archaictools.cli.main` turns them into one sentence on stderr and a
process exit code: 1 the program failed, 2 usage, 3 the input is wrong, 4 out of memory. A message is one line of
bounded length, whatever a file holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Longest name or value that a message shows, and longest message, in characters.
MAX_NAME, MAX_MESSAGE = 60, 1_000
_CUT = "…"


def shorten(value: object, *, limit: int = MAX_NAME) -> str:
    """Show a name or value of any length in a message.

    Examples
    --------
    >>> shorten("NA12878"), shorten("x" * 1_000_000)[-8:], len(shorten("x" * 1_000_000))
    ('NA12878', 'xxxxxxx…', 60)
    """
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= limit else text[: limit - len(_CUT)] + _CUT


def one_line(message: str) -> str:
    r"""Return a message as one line of bounded length, without control characters.

    Examples
    --------
    >>> one_line("two\nlines,\ta tab and a bell\a")
    'two lines,\\ta tab and a bell\\x07'
    >>> one_line(f"sample {'x' * 1_000_000} is unknown")[-20:]
    'xxxxxxxx… is unknown'
    >>> len(one_line("many words " * 1_000_000))
    1000
    """
    message = re.sub(rf"[^\s/,]{{{MAX_NAME + 1},}}", lambda run: shorten(run[0]), message.strip())
    if len(message) > MAX_MESSAGE:
        end = MAX_MESSAGE // 4  # what to do stands at the end
        message = f"{message[: MAX_MESSAGE - end - len(_CUT)]}{_CUT}{message[-end:]}"
    return printable(re.sub(r"\s*[\r\n]+\s*", " ", message))


def printable(text: str) -> str:
    """Write what cannot be printed as Python would, and leave the rest."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


class ArchaicError(Exception):
    """The program could not do what was asked; the message is one sentence for the user.

    Parameters
    ----------
    problem
        What was found, and what was expected.
    path
        The file at fault.
    line
        Its line, counted from 1.
    remedy
        What the user can do about it.
    """

    exit_code = 1

    def __init__(
        self,
        problem: str,
        *,
        path: Path | str | None = None,
        line: int | None = None,
        remedy: str | None = None,
    ) -> None:
        # Names of files are often longer than those of samples, and must be found again.
        file = printable(shorten(path, limit=MAX_MESSAGE))
        where = "" if path is None else f"{file}: " if line is None else f"{file}, line {line}: "
        what_to_do = "" if remedy is None else f"; {remedy}"
        super().__init__(f"{where}{one_line(f'{problem}{what_to_do}')}")


class UsageError(ArchaicError):
    """The options contradict each other or name something impossible."""

    exit_code = 2


class InputError(ArchaicError):
    """An input is wrong."""

    exit_code = 3


def shortlist(items: Iterable[object], *, limit: int = 3) -> str:
    """Name the first few of many: ``a, b, c and 4 more``; long names are cut."""
    names = list(items)
    shown = ", ".join(shorten(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit:,} more"
