"""Matching chromosome names between files: an exact name first, then the same name with or without ``chr``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from archaictools.errors import InputError
from archaictools.io.chromosomes import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")


class Matcher:
    """Finds the name in a genome, or in the samples' VCFs, of each chromosome of another file.

    Parameters
    ----------
    known
        Chromosomes of the genome or VCFs; only these names are returned.
    source
        The other file, for error messages.

    Attributes
    ----------
    names
        Name in the file to known name, of all known chromosomes so far.
    """

    def __init__(self, known: Iterable[str], *, source: Path | str) -> None:
        self.names: dict[str, str] = {}
        self._known = dict.fromkeys(known)
        self._by_bare = {bare(name): name for name in self._known}
        self._owner: dict[str, str] = {}
        self._source = source

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Match more chromosomes of the file, and return those that are not known, each once.

        Raises
        ------
        InputError
            If two names of the file are the same chromosome.
        """
        unknown = []
        for name in dict.fromkeys(map(str, names)):
            if name in self.names:
                continue
            found = name if name in self._known else self._by_bare.get(bare(name))
            if found is None:
                unknown.append(name)
                continue
            other = self._owner.setdefault(found, name)
            if other != name:
                raise _named_twice(other, name, self._source)
            self.names[name] = found
        return unknown


def match_names(
    names: Iterable[str], known: Iterable[str], *, source: Path | str, tally: Summary | None = None
) -> dict[str, str]:
    """Match all chromosomes of a file at once; log and count those in the other style. See :class:`Matcher`.

    Examples
    --------
    >>> match_names(["21", "GL000211.1"], ["21", "22"], source="blacklist.bed")
    {'21': '21'}
    """
    matcher = Matcher(known, source=source)
    matcher.unknown(names)
    note_styles(matcher.names, source=source, tally=tally)
    return matcher.names


def note_styles(names: Mapping[str, str], *, source: Path | str, tally: Summary | None = None) -> None:
    """Log and count the chromosomes of a file that are known under a name in the other style."""
    other = {name: found for name, found in names.items() if name != found}
    for name, found in list(other.items())[:1]:
        log.warning("%s names chromosomes in another style: its %s is read as %s", source, name, found)
    if other and tally is not None:
        tally.add("chromosome names", "chromosomes named in another style", len(other))


def refuse_both_styles(names: Iterable[str], *, source: Path | str) -> None:
    """Raise InputError if a file names a chromosome both with ``chr`` and without."""
    first: dict[str, str] = {}
    for name in dict.fromkeys(names):
        other = first.setdefault(bare(name), name)
        if other != name:
            raise _named_twice(other, name, source)


def _named_twice(name: str, other: str, source: Path | str) -> InputError:
    return InputError(f"names the same chromosome {name} and {other}", path=source, remedy="rename one of them")


def renamed(column: pd.Series[str], names: Mapping[str, str]) -> pd.Series[str]:
    """Return a column with renamed chromosomes, by one look-up for each distinct name; other names stay."""
    return column.map({name: names.get(name, name) for name in column.unique()})
