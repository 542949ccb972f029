"""Join files that were made by chromosome or by group of people, as jobs on a cluster make them.

Where several parts have a chromosome, their people differ. Rows of segments are then sorted. Rows of bins come in the
order of the parts. Numbers of haplotypes are added up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.intervals import runs_of_equal
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.bigwig_reader import open_bigwig
from archaictools.io.chromosomes import joined_lengths
from archaictools.io.columns import intervals_of, read_columns
from archaictools.io.part_kinds import Kind, first_row
from archaictools.io.part_owners import PartOwners
from archaictools.io.sorted_merge import merge_sorted
from archaictools.io.spool import Spool
from archaictools.io.tables import (
    COORDINATE,
    COUNT,
    FLAG,
    PROBABILITY,
    PROBABILITY_OR_NA,
    Number,
    as_text,
    iter_rows,
    require_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archaictools.io.summary import Summary

#: Columns of BED by position.
_BED = ("chrom", "start", "end", "name", "score", "strand", "thick_start", "thick_end", "colour")

#: Numbers in columns of these names.
_VALUES = {"probability": PROBABILITY_OR_NA, "posterior": PROBABILITY, "haplotype": COUNT, "seen": FLAG}

#: Names, or ends of names (``NAME_called``), of the columns with counts in tables with a posterior.
_COUNTS = ("callable", "_called", "_shared", "_compared")

#: Columns of a BED with numbers of haplotypes.
_COUNTED = _BED[:4]

_SCORE = Number(0, 1000)

#: Name of a segment in BED: sample, haplotype, and whether training saw it.
_NAME = re.compile(r"(.+)\.([12])(?:_seen)?", re.DOTALL)

#: Order of segments on a chromosome.
_ORDER = ["start", "end", "sample", "haplotype"]

#: Rows that are kept as one piece of text; one piece of each part is in memory.
_PIECE = 2_000


def merge_files(parts: Sequence[Path], target: Path, kind: Kind, *, tally: Summary, counts: bool = False) -> int:
    """Join bigWigs, tables with the same header, or BED files, and check every value.

    Parameters
    ----------
    parts
        Files of ``archaictools predict``, or of any program if their first column is a chromosome. Chromosomes are
        written in the order of genomes, see :func:`archaictools.io.chromosomes.in_genome_order`.
    target
        Where to write.
    kind
        BIGWIG, TABLE or BED, as from :func:`archaictools.io.part_kinds.kind_of_parts`.
    tally
        Counts headers and comments of BED parts, and bigWig values that are NaN and left out.
    counts
        The fourth column of BED is a number of haplotypes, which is added up over parts of one chromosome.

    Returns
    -------
    int
        Number of rows, or of intervals of a bigWig.

    Raises
    ------
    InputError
        If parts differ in build or naming style, a chromosome or a person on it is in two of them, or a value is wrong.
    """
    if kind is Kind.BIGWIG:
        return _merge_bigwigs(parts, target, tally)
    return _merge_text(parts, target, tally, header=kind is Kind.TABLE, counts=counts)


def _merge_bigwigs(parts: Sequence[Path], target: Path, tally: Summary) -> int:
    known, rows = PartOwners(), 0
    lengths: list[tuple[Path, dict[str, int]]] = []
    for part in parts:
        with open_bigwig(part) as reader:
            lengths.append((part, reader.lengths))
            for chrom in reader.lengths:
                if reader.track(chrom):
                    known.add(part, chrom)
            if reader.unknown:
                tally.add("bigWig", "intervals without a value (NaN), left out", reader.unknown)
    owner = {chrom: owners[0] for chrom, owners in known.in_order()}
    joined = joined_lengths(lengths)
    with BigWigWriter(target, joined) as writer:
        for chrom in joined:
            if chrom in owner:
                with open_bigwig(owner[chrom]) as reader:
                    track = reader.track(chrom)
                if track:
                    writer.add(chrom, track)
                    rows += len(track[0])
    return rows


def _merge_text(parts: Sequence[Path], target: Path, tally: Summary, *, header: bool, counts: bool) -> int:
    known, rows = PartOwners(), 0
    columns: list[str] = []
    with Spool() as spool:
        for part in parts:
            for frame in _table_frames(part) if header else _bed_frames(part, tally):
                columns = columns or list(frame.columns)
                if list(frame.columns) != columns:
                    found, expected = (
                        ", ".join(names) if header else str(len(names)) for names in (list(frame.columns), columns)
                    )
                    raise InputError(f"has columns: {found}; {parts[0]} has {expected}", path=part, line=1)
                lines = as_text(frame).split("\n")
                chroms = frame["chrom"].astype(str).to_numpy()
                people = [str(part)] * len(frame) if counts and _is_counts(frame) else _people(frame, header=header)
                for first, last in zip(*(ends.tolist() for ends in runs_of_equal(chroms)), strict=True):
                    chrom = chroms[first]
                    known.add(part, chrom, None if people is None else set(people[first:last]))
                    for begin in range(first, last, _PIECE):
                        spool.add((chrom, part), "\n".join(lines[begin : min(begin + _PIECE, last)]) + "\n")
                rows += len(frame)
        with target.open("wb") as handle:
            if header:
                handle.write(("\t".join(columns) + "\n").encode())
            for chrom, owners in known.in_order():
                for block in _joined(spool, chrom, owners, columns, header=header, counts=counts):
                    handle.write(block)
    return rows


def _people(frame: pd.DataFrame, *, header: bool) -> list[str] | None:
    """Return the sample of each row, of a table of haplotypes or a BED of their segments; None of other rows."""
    if header:
        return frame["sample"].tolist() if {"sample", "haplotype"} <= set(frame) else None
    if len(frame.columns) not in {6, 9}:
        return None
    found = [_NAME.fullmatch(name) for name in frame["name"].astype(str)]
    return [one[1] for one in found if one] if all(found) else None


def _is_counts(frame: pd.DataFrame) -> bool:
    """Whether the fourth and last column of a BED is a number."""
    return len(frame.columns) == len(_COUNTED) and bool(frame["name"].astype(str).str.fullmatch("[0-9]{1,9}").all())


def _joined(
    spool: Spool, chrom: str, owners: Sequence[Path], columns: Sequence[str], *, header: bool, counts: bool
) -> Iterator[bytes]:
    """Yield the rows of a chromosome from all of its parts."""
    if len(owners) == 1 or (header and "posterior" not in columns):
        for part in owners:
            yield from spool.read((chrom, part))
    elif counts:
        yield _added(chrom, [piece for part in owners for piece in spool.read((chrom, part))]).encode()
    else:
        tables = [_sorted_rows(spool, chrom, part, columns if header else None) for part in owners]
        for frame in merge_sorted(tables, _ORDER):
            yield ("\n".join(frame["line"]) + "\n").encode()


def _sorted_rows(spool: Spool, chrom: str, part: Path, columns: Sequence[str] | None) -> Iterator[pd.DataFrame]:
    """Yield lines of a part with their keys; ``columns`` are those of a table, None of a BED."""
    last = 0
    for piece in spool.read((chrom, part)):
        lines = piece.decode().split("\n")[:-1]
        rows = [line.split("\t") for line in lines]
        if columns is None:
            names = [_NAME.fullmatch(row[3]) for row in rows]
            keys = [(row[1], row[2], name[1], name[2]) for row, name in zip(rows, names, strict=True) if name]
        else:
            where = [columns.index(name) for name in _ORDER]
            keys = [(row[where[0]], row[where[1]], row[where[2]], row[where[3]]) for row in rows]
        frame = pd.DataFrame(
            {
                "start": [int(float(key[0])) for key in keys],
                "end": [int(float(key[1])) for key in keys],
                "sample": [key[2] for key in keys],
                "haplotype": [int(float(key[3])) for key in keys],
                "line": lines,
            }
        )
        start = frame["start"].to_numpy()
        if start[0] < last or (start[1:] < start[:-1]).any():
            raise InputError(f"has rows of {chrom} that are not sorted by start", path=part, remedy="sort the file")
        last = int(start[-1])
        yield frame


def _added(chrom: str, pieces: Sequence[bytes]) -> str:
    """Return the rows of a chromosome with the numbers of all parts added up: a row for each run of equal numbers."""
    rows = np.array(
        [line.split("\t")[1:4] for piece in pieces for line in piece.decode().split("\n")[:-1]], dtype=np.float64
    ).astype(np.int64)
    place, change = np.concatenate([rows[:, 0], rows[:, 1]]), np.concatenate([rows[:, 2], -rows[:, 2]])
    edges, where = np.unique(place, return_inverse=True)
    number = np.zeros(len(edges), dtype=np.int64)
    np.add.at(number, where, change)
    number = np.cumsum(number)
    first, last = runs_of_equal(number[:-1])
    there = number[first] > 0
    frame = pd.DataFrame({"start": edges[first], "end": edges[last], "haplotypes": number[first]})[there]
    frame.insert(0, "chrom", chrom)
    return as_text(frame)


def _table_frames(part: Path) -> Iterator[pd.DataFrame]:
    """Yield a table as text, after its values are checked."""
    for frame in iter_rows(part):
        kinds = {"start": COORDINATE, "end": COORDINATE, **_VALUES}
        if "posterior" in frame:
            kinds |= {str(name): COUNT for name in frame if str(name).endswith(_COUNTS)}
        numbers = {name: kind.read(frame[name], part) for name, kind in kinds.items() if name in frame}
        if {"start", "end"} <= set(numbers):
            intervals_of(frame.assign(start=numbers["start"], end=numbers["end"]), part, tally=None)
        require_names(frame, part)
        yield frame


def _bed_frames(part: Path, tally: Summary) -> Iterator[pd.DataFrame]:
    """Yield a BED file as text, after its values are checked; all rows must have as many columns as the first."""
    width = len(first_row(part)) or len(_BED)
    names = [*_BED[:width], *(f"column {number + 1}" for number in range(len(_BED), width)), "beyond"]
    for frame in read_columns(part, names, tally=tally, group="BED"):
        if frame.empty:
            continue
        for wrong, what in ((frame[names[-2]].astype(str) == "", "fewer"), (frame["beyond"] != "", "more")):
            if wrong.any():
                raise InputError(
                    f"the row has {what} columns than the first ({width})", path=part, line=int(frame.index[wrong][0])
                )
        checked = intervals_of(frame.drop(columns="beyond"), part, tally=None)
        if "score" in checked:
            scores = checked["score"].astype(str)
            _SCORE.read(scores[scores != "."], part)
        require_names(checked, part)
        yield checked
