"""The model that ships with the package: trained on simulations alone, ready for real people.

It is two files: one for words beside an archaic genome, and one that went on learning from people read without any.
What they read, what they were trained on, how well they do and where they end: ``MODEL_CARD.md`` beside them. They are
made by ``benchmarks/pretrain.sh``.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

#: The word that stands for the model in place of a file.
NAME = "pretrained"

FOLDER = "weights"
FILE, FILE_WITHOUT_ARCHAIC = "pretrained.h5", "pretrained.without-archaic.h5"


def find_model(path: Path, *, archaic: bool = True) -> Path:
    """Return the file that a model's name stands for: ``pretrained`` for one of the package, else the path itself.

    A file of that name in the working folder is meant as ``./pretrained``.

    Parameters
    ----------
    path
        As the user gave it.
    archaic
        Whether the words to be read know an archaic genome.
    """
    if str(path) != NAME:
        return path
    return Path(str(resources.files("archaictools.model") / FOLDER / (FILE if archaic else FILE_WITHOUT_ARCHAIC)))
