"""Labelled windows for an audit, whichever file they stand in: words.h5, a BED file, or a BED file and its genome."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import UsageError
from archaictools.io.bed import iter_bed
from archaictools.io.fasta import open_genome
from archaictools.io.hdf5 import is_hdf5
from archaictools.io.naming_styles import refuse_both_styles
from archaictools.io.summary import Summary
from archaictools.learning.report import places_of
from archaictools.learning.splits import Locations
from archaictools.sequence.labels import LABELS
from archaictools.sequence.token_file import open_words
from archaictools.sequence.tokenize import longest_window, sentences_of_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from archaictools.sequence.token_file import Sentences

    Reader = Callable[[], Iterable[Sentences]]


@contextlib.contextmanager
def open_labelled(path: Path, genome: Path | None, *, tally: Summary) -> Iterator[tuple[Locations, Reader | None]]:
    """Open labelled windows.

    Parameters
    ----------
    path
        words.h5, or BED whose names are ``introgressed`` and ``depleted`` (others have no label).
    genome
        FASTA for a BED file; left out, there is no sequence to read.
    tally
        Counts what is odd about a BED file.

    Yields
    ------
    tuple
        Where the windows lie, and what reads their sequence from the first (None without sequence).
    """
    if is_hdf5(path):
        if genome:
            raise UsageError("--genome goes with a BED file; a words.h5 holds its sequence")
        with open_words(path) as words:
            yield places_of(words), words.chunks
    elif genome is None:
        yield _places(path, tally), None
    else:
        size = longest_window(path, tally=Summary())
        with open_genome(genome) as sequence:
            yield _places(path, tally), lambda: sentences_of_windows(path, sequence, size=size, tally=Summary())


def _places(path: Path, tally: Summary) -> Locations:
    frames = [frame[["chrom", "start", "end", "name"]] for frame in iter_bed(path, tally=tally)]
    names = sorted({str(name) for frame in frames for name in frame["chrom"].unique()})
    refuse_both_styles(names, source=path)
    index = {name: number for number, name in enumerate(names)}

    def column(values: Iterable[np.ndarray], dtype: type) -> np.ndarray:
        return np.concatenate([np.zeros(0, dtype=dtype), *values]).astype(dtype)

    return Locations(
        names,
        column((frame["chrom"].astype(str).map(index).to_numpy() for frame in frames), np.uint32),
        column((frame["start"].to_numpy() for frame in frames), np.int64),
        column((frame["end"].to_numpy() for frame in frames), np.int64),
        column((frame["name"].astype(str).map(LABELS).fillna(-1).to_numpy() for frame in frames), np.int8),
    )
