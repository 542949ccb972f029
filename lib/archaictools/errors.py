"""What can go wrong, as exceptions that carry the exit code a user sees.

Core functions raise these; only :mod:`archaictools.cli.main` turns them into one sentence on stderr and a
process exit code: 1 the program failed, 2 usage, 3 the input is wrong, 4 out of memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class ArchaicError(Exception):
    """The program could not do what was asked; the message is one sentence for the user."""

    exit_code = 1


class UsageError(ArchaicError):
    """The options contradict each other or name something impossible."""

    exit_code = 2


class InputError(ArchaicError):
    """An input is wrong.

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

    exit_code = 3

    def __init__(
        self,
        problem: str,
        *,
        path: Path | str | None = None,
        line: int | None = None,
        remedy: str | None = None,
    ) -> None:
        where = "" if path is None else f"{path}: " if line is None else f"{path}, line {line}: "
        what_to_do = "" if remedy is None else f"; {remedy}"
        super().__init__(f"{where}{problem}{what_to_do}")


def shortlist(items: Iterable[object], *, limit: int = 3) -> str:
    """Name the first few of many: ``a, b, c and 4 more``."""
    names = [str(item) for item in items]
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit:,} more"
