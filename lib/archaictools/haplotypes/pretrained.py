"""The model that ships with the package: trained on simulations alone, ready for real people.

It reads haplotypes, with or without an archaic genome. ``MODEL_CARD.md`` in the folder of its weights states what it
was trained on, how accurate it is and where it fails.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.learning.model_file import load_model, model_digest

if TYPE_CHECKING:
    from archaictools.learning.model_file import TrainedModel

FOLDER, FILE = "weights", "pretrained.h5"


def pretrained_file() -> Path:
    """Return the file of the model of the package."""
    return Path(str(resources.files("archaictools.haplotypes") / FOLDER / FILE))


def load_pretrained() -> TrainedModel:
    """Return the model of the package."""
    return load_model(pretrained_file(), HaplotypeEncoding)


def is_pretrained(model: TrainedModel) -> bool:
    """Whether a model has the networks of the model of the package, whatever file it is from."""
    return model_digest(model) == _pretrained_digest()


@cache
def _pretrained_digest() -> str:
    return model_digest(load_pretrained())
