"""What a verb returns: the facts that its command line prints, and its outputs."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from archaictools.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result:
    """Result of a verb; two are equal only if they are the same object.

    Attributes
    ----------
    facts
        The short summary: what, and how much of it, in the order in which it is printed.
    """

    facts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def write_to(self, folder: Path) -> Path | None:
        """Write what is only in memory to a file in a folder; return None if the result has a file.

        Verbs use it to read a result that was kept in memory.
        """
        del folder
        return None

    def __repr__(self) -> str:
        """Return the class and the facts, one a line, as an interpreter shows them."""
        return f"{type(self).__name__}\n{self}"

    def __str__(self) -> str:
        """Return the facts, one per line."""
        return "\n".join(f"{name}: {fact}" for name, fact in self.facts.items())

    def _repr_html_(self) -> str:
        """Return the facts as a table, as a notebook shows them."""
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(fact)}</td></tr>"
            for name, fact in self.facts.items()
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FileResult(Result):
    """Result with one main file, or folder, that other verbs take the result in place of.

    Attributes
    ----------
    path
        The file, or None if none was written.
    """

    #: Message for a result without a file.
    NO_FILE: ClassVar[str] = "the result has no file"

    path: Path | None

    def __fspath__(self) -> str:
        """Return the path, so that the result can be given in place of it."""
        if self.path is None:
            raise UsageError(self.NO_FILE)
        return str(self.path)
