"""The model that ships with the package: trained on simulations alone, ready for real people.

It reads haplotypes, with or without an archaic genome. ``MODEL_CARD.md`` in the folder of its weights states what it
was trained on, how accurate it is and where it fails.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from archaictools.errors import UsageError
from archaictools.haplotypes.feature_file import ALPHABET
from archaictools.learning.model_file import KMER, load_model

if TYPE_CHECKING:
    from archaictools.learning.model_file import TrainedModel

#: The word that stands for the model in place of a file.
NAME = "pretrained"

FOLDER, FILE = "weights", "pretrained.h5"


def load_pretrained() -> TrainedModel:
    """Return the model of the package."""
    return load_model(Path(str(resources.files("archaictools.haplotypes") / FOLDER / FILE)), alphabet=ALPHABET)


def load(path: Path, *, alphabet: str | None) -> TrainedModel:
    """Load a model from its file, or the one of the package if ``path`` is the word ``pretrained``.

    Parameters
    ----------
    path
        As the user gave it; a file of that name in the working folder is meant as ``./pretrained``.
    alphabet
        ``kmer`` or ``variant``: what the model must read; None for either.

    Raises
    ------
    UsageError
        If the model of the package is to read k-mers.
    InputError
        As of :func:`archaictools.learning.model_file.load_model`.
    """
    if str(path) != NAME:
        return load_model(path, alphabet=alphabet)
    if alphabet == KMER:
        raise UsageError(
            f"{NAME!r} reads haplotypes, but the words are k-mers: name a model.h5 that 'archaictools train' made of "
            "k-mers"
        )
    return load_pretrained()
