"""Sentences of windows of a genome, or of sequence records, in one pass."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING

import numpy as np
from Bio.SeqIO.FastaIO import SimpleFastaParser

from archaictools.errors import InputError, shorten
from archaictools.intervals import runs_of_equal
from archaictools.io.bed import iter_bed
from archaictools.io.columns import intervals_of, read_columns, translated
from archaictools.io.dna import AMBIGUOUS, encode
from archaictools.io.fasta_text import Letters
from archaictools.io.files import open_text
from archaictools.io.naming_styles import Matcher, note_styles
from archaictools.sequence.fetch import ROWS, window_codes
from archaictools.sequence.labels import LABELS
from archaictools.sequence.options import WindowOptions
from archaictools.sequence.token_file import Sentences
from archaictools.sequence.windows import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from archaictools.io.fasta import Genome
    from archaictools.io.summary import Summary

_STRANDS = {"+": 1, "-": -1, ".": 0}


def longest_window(path: Path, *, tally: Summary) -> int:
    """Return the length in bp of the longest window of a BED file; 0 without a window."""
    read = read_columns(path, ("chrom", "start", "end"), tally=tally)
    frames = (intervals_of(frame, path, tally=tally) for frame in read)
    return max((int((frame["end"] - frame["start"]).max()) for frame in frames if len(frame)), default=0)


def sentences_of_windows(windows: Path, genome: Genome, *, size: int, tally: Summary) -> Iterator[Sentences]:
    """Yield the windows of a BED file with their bases, in the order of the file.

    Windows on the minus strand are reverse-complemented. The name column gives the label.

    Raises
    ------
    InputError
        If a window is on a chromosome that the genome lacks, or beyond its end.
    """
    index = {name: number for number, name in enumerate(genome.lengths)}
    matcher = Matcher(genome.lengths, source=windows)
    for given in iter_bed(windows, tally=tally):
        genome.require_more(given["chrom"].cat.remove_unused_categories().cat.categories, matcher, windows)
        frame = given.assign(chrom=translated(given["chrom"], lambda name: matcher.names.get(name, name)))
        limits = _each(frame["chrom"], genome.lengths, 0)
        _check_ends(frame, limits, windows)
        chroms = frame["chrom"].cat.codes.to_numpy()
        starts, ends = frame["start"].to_numpy(), frame["end"].to_numpy()
        strands = _each(frame["strand"], _STRANDS, 0).astype(np.int8)
        labels = _each(frame["name"], LABELS, -1).astype(np.int8)
        for first, last in zip(*(ends.tolist() for ends in runs_of_equal(chroms)), strict=True):
            chrom = str(frame["chrom"].iloc[first])
            part = slice(first, last)
            pieces = window_codes(genome, chrom, starts[part], ends[part], size=size, minus=strands[part] < 0)
            for rows, codes in pieces:
                where = slice(first + rows.start, first + rows.stop)
                yield Sentences(
                    np.full(len(codes), index[chrom], dtype=np.uint32),
                    starts[where],
                    ends[where],
                    strands[where],
                    labels[where],
                    codes,
                )
    note_styles(matcher.names, source=windows, tally=tally)


def batches(parts: Iterable[Sentences]) -> Iterator[Sentences]:
    """Join small parts, as of short contigs, into parts of up to :data:`~archaictools.sequence.fetch.ROWS` rows."""
    kept: list[Sentences] = []
    rows = 0
    for part in parts:
        if kept and rows + len(part) > ROWS:
            yield _joined(kept)
            kept, rows = [], 0
        kept.append(part)
        rows += len(part)
    if kept:
        yield _joined(kept)


def _joined(parts: list[Sentences]) -> Sentences:
    if len(parts) == 1:
        return parts[0]
    names = [field.name for field in dataclasses.fields(Sentences)]
    return Sentences(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _each(column: pd.Series[str], meaning: Mapping[str, int], other: int) -> npt.NDArray[np.int64]:
    """Return the numbers of a categorical column, with one look-up for each distinct value."""
    table = np.array([meaning.get(str(value), other) for value in column.cat.categories] or [other], dtype=np.int64)
    numbers: npt.NDArray[np.int64] = table[column.cat.codes.to_numpy()]
    return numbers


def _check_ends(frame: pd.DataFrame, limits: npt.NDArray[np.int64], windows: Path) -> None:
    beyond = np.flatnonzero(frame["end"].to_numpy() > limits)
    if len(beyond):
        row = frame.iloc[int(beyond[0])]
        raise InputError(
            f"the window {row['chrom']}:{row['start']}-{row['end']} ends past the chromosome ({limits[beyond[0]]} bp)",
            path=windows,
            line=int(frame.index[beyond[0]]),
            remedy="cut windows with 'archaictools windows' from the same genome",
        )


def record_lengths(path: Path) -> tuple[dict[str, int], Letters]:
    """Return the length in bp of every record of a FASTA file by name, and the unusual letters.

    Raises
    ------
    InputError
        If the file is not FASTA, a record is empty or not of nucleotides, or a name is used twice.
    """
    lengths: dict[str, int] = {}
    letters = Letters(path)
    for name, sequence in _records(path):
        if name in lengths:
            raise InputError(
                f"two records are named {shorten(name)}", path=path, remedy="give each record its own name"
            )
        if not sequence:
            raise InputError(f"record {shorten(name)} has no base", path=path, remedy="remove it")
        letters.add(sequence.encode(), name)
        lengths[name] = len(sequence)
    return lengths, letters


def sentences_of_records(path: Path, *, size: int, label: int) -> Iterator[Sentences]:
    """Yield FASTA records as sentences of ``size`` bp; the last of a record is padded.

    A record counts as a chromosome: coordinates start at its first base.
    """
    cutting = WindowOptions(size=size, step=size, keep_short=True)
    for number, (_, sequence) in enumerate(_records(path)):
        codes = encode(sequence)
        starts, ends, _ = cut(0, len(codes), cutting)
        padded = np.full((len(starts), size), AMBIGUOUS, dtype=np.uint8)
        padded.reshape(-1)[: len(codes)] = codes
        count = len(starts)
        yield Sentences(
            np.full(count, number, dtype=np.uint32),
            starts,
            ends,
            np.zeros(count, dtype=np.int8),
            np.full(count, label, dtype=np.int8),
            padded,
        )


def _records(path: Path) -> Iterator[tuple[str, str]]:
    with open_text(path) as handle, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Biopython on text before the first record
        if handle.read(1) != ">":
            raise InputError("is not FASTA", path=path, remedy="expected a first line that begins with '>'")
        handle.seek(0)
        for title, sequence in SimpleFastaParser(handle):  # type: ignore[no-untyped-call]  # Biopython has types in part
            name = title.split(None, 1)[0] if title.strip() else ""
            if not name:
                raise InputError("a record has no name", path=path, remedy="expected '>name' before each sequence")
            yield name, sequence
