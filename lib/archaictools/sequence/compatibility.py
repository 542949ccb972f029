"""Whether a model reads k-mers, and whether it can read a given file of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from archaictools.errors import InputError, shortlist
from archaictools.sequence.encoding import KmerEncoding

if TYPE_CHECKING:
    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import TokenFile


def kmers_of(model: TrainedModel) -> KmerEncoding:
    """Return the encoding of a model that reads k-mers.

    Raises
    ------
    TypeError
        If the model reads bins.
    """
    if not isinstance(model.encoding, KmerEncoding):
        raise TypeError("the model reads bins, not k-mers")
    return model.encoding


def check_fit(model: TrainedModel, words: TokenFile, *, any_build: bool = False) -> None:
    """Refuse words of another k, stride, window, strand treatment or genome build than the model's.

    Two files are of one build if chromosomes of one name have one length.

    Raises
    ------
    InputError
        With what differs.
    """
    mine, theirs = asdict(kmers_of(model)), asdict(words.encoding)
    differing = [f"{name} {theirs[name]} (the model has {mine[name]})" for name in mine if mine[name] != theirs[name]]
    if differing:
        raise InputError(
            f"does not fit the model: {', '.join(differing)}",
            path=words.path,
            remedy="make the words again with the model's own settings",
        )
    other = [
        f"{name} has {length:,} bp (the model's {model.chromosomes[name]:,})"
        for name, length in words.chromosomes.items()
        if name in model.chromosomes and model.chromosomes[name] != length
    ]
    if other and not any_build:
        raise InputError(
            f"is of another genome build than the model: {shortlist(other)}",
            path=words.path,
            remedy="use the build that the model was trained on (predict has --any-build, if that is meant)",
        )
