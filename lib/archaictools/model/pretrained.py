"""The model that ships with the package: trained on simulations alone, ready for real people.

What it reads, what it was trained on, how well it does and where it ends: ``MODEL_CARD.md`` beside it. It is made by
``benchmarks/pretrain.sh``.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

#: The word that stands for the model in place of a file.
NAME = "pretrained"

FOLDER = "weights"
FILE = "pretrained.h5"


def find_model(path: Path) -> Path:
    """Return the file that a model's name stands for: ``pretrained`` for the one of the package, else the path itself.

    A file of that name in the working folder is meant as ``./pretrained``.
    """
    if str(path) != NAME:
        return path
    return Path(str(resources.files("archaictools.model") / FOLDER / FILE))
