"""Readers of the results of a chain of k-mers; a file of another kind is named in the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from archaictools.errors import InputError
from archaictools.haplotypes.segment_file import is_segments
from archaictools.io.bed import COLUMNS as BED
from archaictools.io.bed import read_bed
from archaictools.io.bigwig_reader import open_bigwig
from archaictools.io.tables import (
    COORDINATE,
    COUNT,
    FLAG,
    PROBABILITY,
    PROBABILITY_OR_NA,
    Columns,
    Number,
    check_intervals,
    read_header,
    read_table,
)
from archaictools.learning.segments import SEEN
from archaictools.sequence.genes import COLUMNS as GENE_COLUMNS
from archaictools.sequence.labels import INTROGRESSED

if TYPE_CHECKING:
    from pathlib import Path

_ANY = Number()
_ANY_OR_NA = Number(unknown=True)

HISTORY: Columns = {
    "fold": Number(1, whole=True),
    "epoch": Number(1, whole=True),
    "loss": _ANY,
    "validation_loss": _ANY,
    "validation_auroc": PROBABILITY_OR_NA,
}
HELD_OUT: Columns = {
    "chrom": str,
    "start": COORDINATE,
    "end": COORDINATE,
    "label": FLAG,
    "probability": PROBABILITY,
    "split": str,
    "fold": COUNT,
}
POSITIONS: Columns = {
    "position": COUNT,
    "importance": _ANY,
    "sd": Number(0, unknown=True),
    "p": PROBABILITY,
    "q": PROBABILITY,
}
#: Columns that earlier releases did not write.
BASES: Columns = {"start": COUNT, "end": COUNT, "null_low": _ANY, "null_high": _ANY}
KMERS: Columns = {
    "kmer": str,
    "count": COUNT,
    "background": PROBABILITY,
    "odds_ratio": Number(0),
    "p": PROBABILITY,
    "q": PROBABILITY,
    "at_content": PROBABILITY,
    "log_odds": _ANY,
}
EMBEDDING: Columns = {
    "kmer": str,
    "umap1": _ANY,
    "umap2": _ANY,
    "count": COUNT,
    "at_content": PROBABILITY,
    "log_odds": _ANY,
}
GENES: Columns = {
    "gene": str,
    "chrom": str,
    "start": COORDINATE,
    "end": COORDINATE,
    "strand": str,
    "windows": COUNT,
    "mean": PROBABILITY_OR_NA,
    "max": PROBABILITY_OR_NA,
    "fraction": PROBABILITY_OR_NA,
    "call": str,
    "seen": PROBABILITY_OR_NA,
}


def _read(path: Path, columns: Columns, *, optional: Columns | None = None) -> pd.DataFrame:
    return pd.concat(list(read_table(path, columns, optional=optional)))


def read_history(path: Path) -> pd.DataFrame:
    """Return the table of ``train --history`` of k-mers."""
    if "network" in read_header(path):
        raise InputError(
            "is a history of a model of haplotypes, expected one of k-mers",
            path=path,
            remedy="give the file of 'archaictools train --history'",
        )
    return _read(path, HISTORY).reset_index(drop=True)


def read_held_out(path: Path) -> pd.DataFrame:
    """Return the table of ``train --predictions``: windows of the validation side and of the test side."""
    remedy = "give the file of 'archaictools train --predictions'"
    header = read_header(path)
    if is_segments(path):
        raise InputError("is a table of segments of people, expected predictions of windows", path=path, remedy=remedy)
    if {"probability", SEEN} <= set(header) and "label" not in header:
        raise InputError("is a table of 'archaictools predict', which has no labels", path=path, remedy=remedy)
    table = _read(path, HELD_OUT)
    wrong = table[~table["split"].isin(["validation", "test"])]
    if len(wrong):
        text = str(wrong["split"].iloc[0])
        raise InputError(f"split is {text[:40]!r}, expected validation or test", path=path, line=int(wrong.index[0]))
    check_intervals(table, path)
    return table.reset_index(drop=True)


def read_positions(path: Path) -> pd.DataFrame:
    """Return the table of ``importance --positions`` of k-mers."""
    if "word" in read_header(path):
        raise InputError(
            "ranks the inputs of a model of haplotypes, expected positions of windows",
            path=path,
            remedy="give the file of 'archaictools importance --positions' of k-mers",
        )
    return _read(path, POSITIONS, optional=BASES).reset_index(drop=True)


def read_kmers(path: Path) -> pd.DataFrame:
    """Return the table of ``importance --kmers``, in its order: the most significant first."""
    table = _read(path, KMERS)
    _check_kmers(table, path)
    return table.reset_index(drop=True)


def read_embedding(path: Path) -> pd.DataFrame:
    """Return the table of ``embedding --umap`` of k-mers."""
    header = read_header(path)
    if "umap1" not in header or "kmer" not in header:
        other = "the map of a model of haplotypes" if "umap1" in header else "no map"
        raise InputError(
            f"is {other}, expected the map of k-mers",
            path=path,
            line=1,
            remedy="give the file of 'archaictools embedding --umap'",
        )
    table = _read(path, EMBEDDING)
    _check_kmers(table, path)
    return table.reset_index(drop=True)


def read_genes(path: Path) -> pd.DataFrame:
    """Return the table of ``genes`` of k-mers; ``NA`` is NaN."""
    header = read_header(path)
    if "haplotypes" in header and "windows" not in header:
        raise InputError(
            "is a table of genes of people, expected one of k-mers",
            path=path,
            remedy="give the table that 'archaictools genes' made of predictions of windows",
        )
    table = _read(path, GENES)[GENE_COLUMNS]
    check_intervals(table, path)
    wrong = table[~table["call"].isin(["introgressed", "free", "NA"])]
    if len(wrong):
        text = str(wrong["call"].iloc[0])
        raise InputError(
            f"call is {text[:40]!r}, expected introgressed, free or NA", path=path, line=int(wrong.index[0])
        )
    return table.reset_index(drop=True)


def read_segments(path: Path) -> pd.DataFrame:
    """Return the BED6 of ``predict --bed``, with whole numbers as scores; an empty file has no segment."""
    remedy = "give the file of 'archaictools predict --bed' of k-mers"
    if path.is_file() and not path.stat().st_size:
        return pd.DataFrame(columns=list(BED))
    if is_segments(path):
        raise InputError("is a table of segments of people, expected a BED of k-mers", path=path, remedy=remedy)
    table = read_bed(path)[list(BED)]
    names = {INTROGRESSED, f"{INTROGRESSED}_{SEEN}"}
    wrong = table[~table["name"].isin(names)]
    if len(wrong):
        text = str(wrong["name"].iloc[0])
        raise InputError(
            f"names a row {text[:40]!r}, but segments of k-mers are named {' or '.join(sorted(names))}",
            path=path,
            line=int(wrong.index[0]),
            remedy=remedy,
        )
    score = pd.to_numeric(table["score"], errors="coerce")
    bad = ~score.between(0, 1000)
    if bad.any():
        text = str(table["score"][bad].iloc[0])
        raise InputError(
            f"score is {text[:40]!r}, expected 0 to 1000", path=path, line=int(table.index[bad][0]), remedy=remedy
        )
    return table.assign(score=score.astype(int)).reset_index(drop=True)


def track_lengths(path: Path, *, lowest: float = 0.0) -> dict[str, int]:
    """Return the chromosome lengths of a bigWig, all values of which are read and checked.

    Parameters
    ----------
    path
        A track of probabilities.
    lowest
        Smallest value: -1 for differences of probabilities.
    """
    with open_bigwig(path, lowest=lowest) as reader:
        for chrom in reader.lengths:
            reader.track(chrom)
        return dict(reader.lengths)


def _check_kmers(table: pd.DataFrame, path: Path) -> None:
    """Refuse words that are not k-mers of one length."""
    for line, kmer in table["kmer"].items():
        text = str(kmer)
        if not text or set(text) - set("ACGT"):
            raise InputError(f"kmer is {text[:40]!r}, expected letters A, C, G and T", path=path, line=int(str(line)))
    lengths = table["kmer"].str.len()
    other = table[lengths != lengths.iloc[0]] if len(table) else table
    if len(other):
        raise InputError(
            f"has k-mers of {int(lengths.iloc[0])} and of {int(lengths[other.index[0]])} bp",
            path=path,
            line=int(other.index[0]),
        )
