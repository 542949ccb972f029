"""Readers of tables of people: the one that ``predict --summary`` writes, and populations."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pandas as pd

from archaictools.errors import InputError, shortlist
from archaictools.io.columns import MAX_COORDINATE
from archaictools.io.tables import COUNT, Number, iter_rows, read_header, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

log = logging.getLogger("archaictools")

#: Total length of a person's segments, which gives the mean length over several files exactly.
LENGTH = "length"

#: Callable bases of a person on chromosomes unlike the training, where posteriors are not reliable; see
#: :mod:`archaictools.haplotypes.likeness`.
UNLIKE = "unlike_training"

_COUNT_OR_NA = Number(0, MAX_COORDINATE, whole=True, unknown=True)

#: Numbers in the columns of ``predict --summary``; bases of each source (``NAME_bases``), ``length`` and
#: ``unlike_training`` follow.
SUMMARY_COLUMNS: dict[str, Number] = {
    "haplotypes": COUNT,
    "callable": _COUNT_OR_NA,
    "introgressed": _COUNT_OR_NA,
    "percent": Number(0, 100, unknown=True),
    "segments": _COUNT_OR_NA,
    "mean_length": Number(0, MAX_COORDINATE, unknown=True),
    "longest": _COUNT_OR_NA,
}


def read_people(part: Path) -> pd.DataFrame:
    """Return a summary of people, indexed by sample; numbers that are not known are NaN.

    Columns are those of :data:`SUMMARY_COLUMNS`; then, with archaic genomes, ``NAME_bases`` for each source; then
    ``length`` and ``unlike_training``, which files of earlier releases lack. See
    :class:`archaictools.haplotypes.tables.PeopleCounts`.

    Raises
    ------
    InputError
        If a column is missing or unknown, if a value is impossible, or if a sample has two rows.
    """
    text = pd.concat(list(iter_rows(part)))
    missing = [name for name in ("sample", *SUMMARY_COLUMNS) if name not in text]
    if missing:
        raise InputError(f"has no column {', '.join(missing)}", path=part, line=1, remedy="expected predict --summary")
    names = list(map(str, text.columns))
    added = [name for name in names if name.endswith("_bases") or name in {LENGTH, UNLIKE}]
    kinds = {**SUMMARY_COLUMNS, **dict.fromkeys(added, _COUNT_OR_NA)}
    strange = [name for name in names if name != "sample" and name not in kinds]
    if strange:
        raise InputError(f"has a column {strange[0][:40]!r}, which cannot be added up", path=part, line=1)
    frame = text.assign(**{name: kind.read(text[name], part) for name, kind in kinds.items()})
    for wrong, what in (
        (frame["sample"] == "", "sample is missing"),
        (frame["sample"].duplicated(), "the sample has two rows"),
        (frame["introgressed"] > frame["callable"], "introgressed is more than callable"),
        ((frame["segments"] > 0) & frame["mean_length"].isna(), "mean_length is NA, though there are segments"),
        (frame.get(UNLIKE, frame["callable"]) > frame["callable"], f"{UNLIKE} is more than callable"),
    ):
        if wrong.any():
            raise InputError(what, path=part, line=int(frame.index[wrong][0]))
    return frame.set_index("sample")


def read_populations(path: Path) -> dict[str, str]:
    """Return the population of each sample of a TSV with columns ``sample`` and ``population`` (or ``pop``)."""
    header = read_header(path)
    name = next((name for name in ("population", "pop") if name in header), "population")
    table = pd.concat(list(read_table(path, {"sample": str, name: str})))
    if not len(table):
        raise InputError("names no sample", path=path, remedy="give a row for each person")
    repeated = table["sample"].duplicated()
    if repeated.any():
        raise InputError("names a sample twice", path=path, line=int(table.index[repeated][0]))
    return dict(zip(table["sample"], table[name], strict=True))


def populations_of_samples(path: Path, samples: Iterable[str], named: Path | str) -> dict[str, str]:
    """Return the populations of people; log who has none, and how many others the file names.

    Parameters
    ----------
    path
        See :func:`read_populations`.
    samples
        Names of the people.
    named
        File that names them, for errors.

    Raises
    ------
    InputError
        If the file names none of them.
    """
    given, samples = read_populations(path), list(samples)
    found = {name: given[name] for name in samples if name in given}
    if not found and samples:
        raise InputError(
            f"names no person of {named} ({shortlist(samples)}), but {shortlist(given)}",
            path=path,
            remedy="name the people as the VCF does",
        )
    without = [name for name in samples if name not in given]
    if without:
        log.warning("%s has no population of %s of the people: %s", path, f"{len(without):,}", shortlist(without))
    others = [name for name in given if name not in found]
    if others:
        log.info(
            "%s names %s people who are not in the results, and are left out: %s",
            path,
            f"{len(others):,}",
            shortlist(others),
        )
    return found
