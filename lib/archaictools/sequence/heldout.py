"""Which sentences of a words file a model has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError
from archaictools.io.files import sha256
from archaictools.learning.report import places_of
from archaictools.learning.splits import SIDES

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import WordsFile


def rows_of_side(model: TrainedModel, words: WordsFile, side: str, *, member: int = 1) -> npt.NDArray[np.int64]:
    """Return the labelled rows on one side of the split of a member, counted from 1.

    Parameters
    ----------
    model, words
        The words must fit the model; see :func:`archaictools.sequence.compatibility.check_fit`.
    side
        ``train``, ``validation``, ``test`` or ``all``.

    Raises
    ------
    InputError
        If the side cannot be told (chromosomes and given regions only mean the same in every file) or holds nothing.
    """
    places = places_of(words)
    if side == "all":
        rows = np.flatnonzero(places.label >= 0)
    else:
        split = model.member(member).split
        known = split.options.method in {"chromosome", "file"}
        if not known and sha256(words.path) != model.words_digest:
            raise InputError(
                f"is not the file the model was trained on, so its {side} side under --split "
                f"{split.options.method} is not known",
                path=words.path,
                remedy="give the words the model was trained on, or --part all",
            )
        rows = np.flatnonzero(split.sides(places) == SIDES[side])
    if not len(rows):
        raise InputError(f"holds no labelled sentence of the {side} side", path=words.path)
    return rows


def draw_rows(rows: npt.NDArray[np.int64], number: int, *, seed: int) -> npt.NDArray[np.int64]:
    """Draw at most ``number`` rows without replacement, in ascending order."""
    if len(rows) <= number:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, size=number, replace=False))
