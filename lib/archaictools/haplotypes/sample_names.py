"""Names of samples from the command line, text files, tables and JSON.

A name may contain blanks or commas, and a line may contain several names. The samples of the VCFs decide; they are only
looked up for an ambiguous line. No word of a line is ignored without a message.
"""

from __future__ import annotations

import json
import logging
import os
import re
from typing import TYPE_CHECKING

from archaictools.errors import InputError, shortlist
from archaictools.io.files import open_text
from archaictools.io.pipes import DASH, seekable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    #: Returns the samples of all VCFs.
    Samples = Callable[[], frozenset[str]]

log = logging.getLogger("archaictools")

#: Pattern of file names; a sample may have such a name.
_FILE = r"/|\.(txt|tsv|csv|list|panel|json|pop|ids|samples)$"
_REMEDY = "write one name a line, or a table with tabs between columns, of which the first is the name"


def read_names(given: Iterable[str], samples: Samples) -> tuple[str, ...]:
    """Return names of samples.

    Parameters
    ----------
    given
        Each element is a file, a pipe, ``-`` (standard input), or names separated by commas. A file contains one name a
        line, several names separated by commas, or a table with tabs whose first column is the name. Lines that begin
        with ``#`` are comments.
    samples
        Returns the samples of all VCFs; called for a line that may be one name or several.

    Raises
    ------
    InputError
        If a file cannot be understood, or some words of a line are samples and some are not.

    Examples
    --------
    >>> read_names(["I0, I1", "A B"], lambda: frozenset({"I0", "I1", "A B"}))
    ('I0', 'I1', 'A B')
    """
    found: list[str] = []
    for text in given:
        # os.path, since methods of Path raise an error if the names are too long for a path.
        if text == DASH or (os.path.exists(text) and not os.path.isdir(text)):  # noqa: PTH110, PTH112
            found += _of_file(seekable(text), samples)
        elif re.search(_FILE, text) and "," not in text and text not in samples():
            raise InputError("no such file, and no sample of this name", path=text)
        else:
            for part in filter(None, map(str.strip, text.split(","))):
                words = part.split()
                several = len(words) > 1 and part not in samples() and samples().issuperset(words)
                found += words if several else [part]
    return tuple(found)


def _of_file(path: Path, samples: Samples) -> list[str]:
    with open_text(path) as handle:
        head = handle.read(4096).lstrip()
        handle.seek(0)
        if head.startswith(("{", "[")):
            raise InputError(
                "holds JSON, expected one name a line", path=path, remedy="give the file of hmmix as --individuals"
            )
        found: list[str] = []
        rows = 0
        for number, line in enumerate(handle, 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            if not re.search(r"[\s,;]", text):
                found.append(text)
                continue
            try:
                names, is_row = _of_line(text, samples())
            except ValueError as error:
                raise InputError(str(error), path=path, line=number, remedy=_REMEDY) from error
            found += names
            rows += is_row
    if rows:
        log.info("%s: %s rows of several columns: the first is the name", path, f"{rows:,}")
    if not found:
        raise InputError("holds no name, expected one name a line", path=path)
    return found


def _of_line(text: str, known: frozenset[str]) -> tuple[list[str], bool]:
    r"""Return the names of a line, and whether the line is a row of a table.

    Examples
    --------
    >>> known = frozenset({"I0", "I1", "A B"})
    >>> _of_line("A B", known), _of_line("I0 I1", known), _of_line("I0; I1", known)
    ((['A B'], False), (['I0', 'I1'], False), (['I0', 'I1'], False))
    >>> _of_line("I0\tCEU\tEUR", known), _of_line("I0\tI1", known), _of_line("I0 I0", known)
    ((['I0'], True), (['I0', 'I1'], False), (['I0'], False))
    """
    if text in known:
        return [text], False
    tabs = "\t" in text
    if tabs or not re.search("[,;]", text):
        words = [word.strip() for word in text.split("\t")] if tabs else text.split()
        words = list(dict.fromkeys(filter(None, words)))
        if known.issuperset(words):
            return words, False
        if tabs and known.isdisjoint(words[1:]):
            return words[:1], True
        samples, others = ([word for word in words if (word in known) is wanted] for wanted in (True, False))
        raise ValueError(
            f"holds several words, of which {shortlist(samples) if samples else 'none'} is a sample of the VCFs and "
            f"{shortlist(others)} is not"
        )
    names = [
        name
        for part in re.split("[,;]", text)
        if part.strip()
        for name in ([part.strip()] if len(part.split()) == 1 else _of_line(part.strip(), known)[0])
    ]
    return names, False


def read_individuals(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return ingroup and outgroup of a JSON file of hmmix, ``{"ingroup": [...], "outgroup": [...]}``.

    Raises
    ------
    InputError
        If the file is not JSON, or if a group is no list of names.
    """
    expected = 'expected {"ingroup": [...], "outgroup": [...]}, the individuals.json of hmmix'
    try:
        with open_text(path) as handle:
            value = json.loads(handle.read())
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON, {expected}", path=path) from error
    lists = [value.get(role) if isinstance(value, dict) else None for role in ("ingroup", "outgroup")]
    for role, names in zip(("ingroup", "outgroup"), lists, strict=True):
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise InputError(f"holds no list of names {role!r}, {expected}", path=path)
    ingroup, outgroup = (tuple(names or ()) for names in lists)
    return ingroup, outgroup
