"""Labelled sentences: their locations, their words by class, and those on one side of the split of a model."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, UsageError
from archaictools.io.bed import iter_bed
from archaictools.io.fasta import open_genome
from archaictools.io.files import sha256
from archaictools.io.hdf5 import is_hdf5
from archaictools.io.naming_styles import refuse_both_styles
from archaictools.io.summary import Summary
from archaictools.learning.splits import SIDES, TRAIN, Locations
from archaictools.sequence.labels import LABELS
from archaictools.sequence.token_file import open_tokens
from archaictools.sequence.tokenize import longest_window, sentences_of_windows
from archaictools.sequence.vocabulary import count_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import Sentences, TokenFile


#: Methods of a split that assign a sentence to the same side in every file.
_PORTABLE = frozenset({"chromosome", "file"})


def locations_of(tokens: TokenFile) -> Locations:
    """Return the locations and labels of all sentences of a file, 25 bytes each."""
    return Locations(
        list(tokens.chromosomes),
        tokens.field("chrom"),
        tokens.field("start"),
        tokens.field("end"),
        tokens.field("label"),
    )


def training_counts(tokens: TokenFile, sides: npt.NDArray[np.int8]) -> npt.NDArray[np.uint32]:
    """Count the words of the training side by class.

    Parameters
    ----------
    tokens
        Labelled sentences.
    sides
        int8 (sentences,): side of every sentence, see :meth:`archaictools.learning.splits.Split.sides`.

    Returns
    -------
    numpy.ndarray
        uint32 (2, vocabulary): counts in introgressed and in depleted sentences.
    """
    return count_words(tokens, sides == TRAIN).counts[:2].astype(np.uint32)


def rows_of_side(model: TrainedModel, tokens: TokenFile, side: str, *, member: int = 1) -> npt.NDArray[np.int64]:
    """Return the labelled rows on one side of the split of a member.

    Parameters
    ----------
    model, tokens
        The file must fit the model; see :func:`archaictools.sequence.compatibility.check_fit`.
    side
        ``train``, ``validation``, ``test`` or ``all``.
    member
        Number of the network, from 1.

    Raises
    ------
    InputError
        If the side has no labelled sentence, or is unknown: only chromosomes and the regions of a fold file define the
        same sides in every file.
    """
    locations = locations_of(tokens)
    if side == "all":
        rows = np.flatnonzero(locations.label >= 0)
    else:
        split = model.member(member).split
        if split.options.method not in _PORTABLE and sha256(tokens.path) != model.words_digest:
            raise InputError(
                f"is not the file that the model was trained on, so its {side} side under --split "
                f"{split.options.method} is unknown",
                path=tokens.path,
                remedy="give the file that the model was trained on, or --part all",
            )
        rows = np.flatnonzero(split.sides(locations) == SIDES[side])
    if not len(rows):
        raise InputError(f"has no labelled sentence on the {side} side", path=tokens.path)
    return rows


def draw_rows(rows: npt.NDArray[np.int64], number: int, *, seed: int) -> npt.NDArray[np.int64]:
    """Draw at most ``number`` rows without replacement; return them in ascending order."""
    if len(rows) <= number:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, size=number, replace=False))


@contextlib.contextmanager
def open_labelled(
    path: Path, genome: Path | None, *, tally: Summary
) -> Iterator[tuple[Locations, Callable[[], Iterable[Sentences]] | None]]:
    """Open labelled windows, from a file of k-mers or from BED.

    Parameters
    ----------
    path
        kmers.h5, or BED whose names are ``introgressed`` and ``depleted`` (other rows have no label).
    genome
        FASTA for a BED file; None if the sequence is not needed.
    tally
        Counts of unusual rows of a BED file.

    Yields
    ------
    tuple
        The locations of the windows, and a function that reads all their sequence from the first (None without
        sequence).

    Raises
    ------
    UsageError
        If a genome is given with a file of k-mers.
    InputError
        If a file cannot be understood.
    """
    if is_hdf5(path):
        if genome:
            raise UsageError("--genome is for a BED file; a file of k-mers contains its sequence: leave out --genome")
        with open_tokens(path) as tokens:
            yield locations_of(tokens), tokens.chunks
    elif genome is None:
        yield _locations_of_bed(path, tally), None
    else:
        size = longest_window(path, tally=Summary())
        with open_genome(genome) as sequence:
            locations = _locations_of_bed(path, tally)
            yield locations, lambda: sentences_of_windows(path, sequence, size=size, tally=Summary())


def _locations_of_bed(path: Path, tally: Summary) -> Locations:
    """Return the locations of the windows of a BED file, with labels by name."""
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
