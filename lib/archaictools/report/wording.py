"""Names and places in sentences of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.errors import shorten, shortlist

if TYPE_CHECKING:
    from collections.abc import Sequence


def joined(names: Sequence[str]) -> str:
    """Return names as a text lists them.

    >>> joined([]), joined(["a"]), joined(["a", "b", "c"])
    ('', 'a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def listed(names: Sequence[object], *, limit: int = 6) -> str:
    """Return names as a text lists them; of many, the first and the number of the rest.

    Examples
    --------
    >>> listed(["chr4", "chr5"]), listed(["chr4"]), listed(range(9), limit=2)
    ('chr4 and chr5', 'chr4', '0, 1 and 7 more')
    """
    return shortlist(names, limit=limit) if len(names) > limit else joined([str(name) for name in names])


def place(chrom: str, start: int, end: int) -> str:
    """Return a place as genome browsers show it, 1-based.

    >>> place("chr1", 999, 2_000)
    'chr1:1,000-2,000'
    """
    return f"{shorten(str(chrom))}:{start + 1:,}-{end:,}"


def with_note(text: str, note: str) -> str:
    """Return a text with a sentence after it, if there is one.

    >>> with_note("Text.", "Note."), with_note("Text.", "")
    ('Text. Note.', 'Text.')
    """
    return f"{text} {note}" if note else text
