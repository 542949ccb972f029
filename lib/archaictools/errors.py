"""Exceptions, each with an exit code.

The functions of the package raise them. :mod:`archaictools.cli.main` prints one sentence to stderr and ends with the
exit code: 1 the program failed, 2 usage, 3 the input is wrong, 4 out of memory. A message is one line of bounded
length, whatever a file contains.
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
    """Return a name or value shortened for a message.

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
        end = MAX_MESSAGE // 4  # the remedy comes last
        message = f"{message[: MAX_MESSAGE - end - len(_CUT)]}{_CUT}{message[-end:]}"
    return printable(re.sub(r"\s*[\r\n]+\s*", " ", message))


def printable(text: str) -> str:
    """Return a text with escapes in place of letters that cannot be printed."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


class ArchaicError(Exception):
    """The program failed; the message is one sentence for the user.

    Parameters
    ----------
    problem
        What was found, and what was expected.
    path
        The file that caused the error.
    line
        Line of the file, counted from 1.
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
        # File names are often longer than names of samples, and are shown in full.
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
    """Return the first few of many items: ``a, b, c and 4 more``; long names are cut."""
    names = list(items)
    shown = ", ".join(shorten(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit:,} more"
