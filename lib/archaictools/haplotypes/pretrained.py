"""The model that ships with the package: trained on simulations alone, ready for real people.

It has two files: one reads haplotypes beside archaic genomes, the other reads haplotypes without one. ``MODEL_CARD.md``
in the folder of the weights states what they were trained on, how accurate they are and where they fail.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.learning.model_file import load_model

if TYPE_CHECKING:
    from archaictools.learning.model_file import TrainedModel

FOLDER, FILE = "weights", "pretrained.h5"

#: The file that reads haplotypes without an archaic genome.
NO_GENOME_FILE = "pretrained_no_genome.h5"


def pretrained_file(*, archaic: bool = True) -> Path:
    """Return the file of the model of the package, for haplotypes beside archaic genomes or without one."""
    return Path(str(resources.files("archaictools.haplotypes") / FOLDER / (FILE if archaic else NO_GENOME_FILE)))


def load_pretrained(*, archaic: bool = True) -> TrainedModel:
    """Return the model of the package, for haplotypes beside archaic genomes or without one."""
    return load_model(pretrained_file(archaic=archaic), HaplotypeEncoding)
