"""The models that ship with the package: trained on simulations alone, ready for real people.

There are two: one for words beside an archaic genome, and one that went on learning from people read without any. What
they read, what they were trained on, how well they do and where they end: ``MODEL_CARD.md`` beside them. They are made
by ``benchmarks/pretrain.sh``.
"""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from archaictools.model.archive import load_model
from archaictools.words.bins import ALPHABET

if TYPE_CHECKING:
    from archaictools.model.archive import TrainedModel
    from archaictools.words.bins import BinsFile

log = logging.getLogger("archaictools")

#: The word that stands for the model in place of a file.
NAME = "pretrained"

FOLDER = "weights"
FILE, FILE_WITHOUT_ARCHAIC = "pretrained.h5", "pretrained.without-archaic.h5"


def find_model(path: Path, *, archaic: bool = True) -> Path:
    """Return the file that a model's name stands for: ``pretrained`` for one of the package, else the path itself.

    Which one of the package is taken is logged. A file of that name in the working folder is meant as ``./pretrained``.

    Parameters
    ----------
    path
        As the user gave it.
    archaic
        Whether the words to be read know an archaic genome.
    """
    if str(path) != NAME:
        return path
    file = FILE if archaic else FILE_WITHOUT_ARCHAIC
    log.info("pretrained model for words %s an archaic genome (%s)", "beside" if archaic else "without", file)
    return Path(str(resources.files("archaictools.model") / FOLDER / file))


def load_for(path: Path, *words: BinsFile) -> TrainedModel:
    """Load a model of haplotypes: a file, or the pretrained one made for words like these.

    Parameters
    ----------
    path
        As the user gave it.
    words
        What the model is to read; if any of it knows an archaic genome, so does the pretrained model.

    Raises
    ------
    InputError
        If the file is no model of haplotypes.
    """
    archaic = any(file.alphabet.archaic for file in words)
    return load_model(find_model(path, archaic=archaic), alphabet=ALPHABET)
