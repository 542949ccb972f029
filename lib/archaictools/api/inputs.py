"""Inputs that verbs of both wings take: a model, or a file of k-mers or of haplotypes."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archaictools.api.result import Result
from archaictools.errors import InputError, UsageError
from archaictools.options import INPUT

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from archaictools.alphabet import Alphabet
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.learning.encoding import Encoding
    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import TokenFile

    PathLike = str | os.PathLike[str]

#: The word that stands for the model of the package in place of a file.
PRETRAINED = "pretrained"


def path_of(given: object, name: str) -> Path:
    """Return the path that a text, a path or a result stands for; a pipe is read into a temporary file.

    Parameters
    ----------
    given
        What the user gave.
    name
        Name of the parameter, for messages.

    Raises
    ------
    UsageError
        If it is something else, an empty text, or a result without a file.
    """
    from archaictools.io.pipes import seekable

    if not isinstance(given, str | os.PathLike):
        raise UsageError(f"{name} is {_kind(given)}, expected a path, a result or an open file")
    path = os.fspath(given)
    if not path:
        raise UsageError(f"{name} is an empty text, expected a path, a result or an open file")
    return seekable(os.fsdecode(path))


def _kind(given: object) -> str:
    """Return the type of an object, with its article."""
    if given is None:
        return "None"
    kind = type(given).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


@contextlib.contextmanager
def file_of(given: object, name: str) -> Iterator[Path]:
    """Give a path as :func:`path_of`; a result without a file is written to a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="archaictools-") as folder:
        written = given.write_to(Path(folder)) if isinstance(given, Result) else None
        yield written or path_of(given, name)


def listed(given: object) -> list[object]:
    """Return one object, or several in a sequence or an iterator, as a list."""
    several = isinstance(given, Sequence | Iterator) and not isinstance(given, str | bytes)
    return list(given) if several else [given]  # type: ignore[call-overload] # narrowed above


def texts_given(value: object) -> tuple[str, ...]:
    """Return names or paths, one or several, as a tuple of texts."""
    if isinstance(value, str | os.PathLike):
        return (os.fspath(value),)
    if isinstance(value, Iterable):
        several = [os.fspath(each) if isinstance(each, os.PathLike) else each for each in value]
        if all(isinstance(each, str) for each in several):
            return tuple(several)
    raise UsageError(f"names of samples are {type(value).__name__}, expected texts or paths")


def paths_given(value: object) -> object:
    """Return paths, one or several, as they are; refuse an empty text, which would stand for the working folder."""
    for each in listed(value):
        if isinstance(each, str) and not each:
            raise UsageError("a VCF is an empty text, expected a path")
    return value


def model_in_memory(given: object) -> TrainedModel | None:
    """Return a model in memory, or that of a result of ``train``; None for anything else."""
    from archaictools.learning.model_file import TrainedModel

    model = given if isinstance(given, TrainedModel) else getattr(given, "model", None)
    return model if isinstance(model, TrainedModel) else None


class ModelFile(click.ParamType[Any]):
    """A model: a file, the word ``pretrained``, or in Python a model in memory or a result of ``train``."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word, a path, or the model in memory."""
        if isinstance(value, str) and value == PRETRAINED:
            return value  # a path of that name is a file
        model = None if isinstance(value, str | Path) else model_in_memory(value)
        if model is not None:
            return model
        if not isinstance(value, str | os.PathLike):
            self.fail(f"is {_kind(value)}, expected a model, its path or a result of train", param, ctx)
        return INPUT.convert(os.fspath(value), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete names of files."""
        return INPUT.shell_complete(ctx, param, incomplete)


def open_model(given: PathLike | TrainedModel, alphabet: Alphabet | None) -> TrainedModel:
    """Load a model.

    Parameters
    ----------
    given
        The text ``pretrained`` for the model of the package (a file of that name in the working folder is
        ``./pretrained``, or a :class:`pathlib.Path`), a path, a result of ``train``, or a model in memory.
    alphabet
        What the model must read; None for either.

    Raises
    ------
    UsageError
        If the model of the package is to read k-mers.
    InputError
        If the model reads the other alphabet, or as :func:`archaictools.learning.model_file.load_model`.
    """
    from archaictools.alphabet import Alphabet
    from archaictools.learning.model_file import load_model

    model = model_in_memory(given)
    if model is not None:
        if alphabet is not None and model.encoding.name != alphabet:
            raise InputError(f"the model is of the {model.encoding.name} alphabet, not {alphabet}")
        return model
    if not isinstance(given, str) or given != PRETRAINED:
        encodings: list[type[Encoding]] = []
        if alphabet is not Alphabet.VARIANT:
            from archaictools.sequence.encoding import KmerEncoding

            encodings.append(KmerEncoding)
        if alphabet is not Alphabet.KMER:
            from archaictools.haplotypes.encoding import HaplotypeEncoding

            encodings.append(HaplotypeEncoding)
        return load_model(path_of(given, "model"), *encodings)
    if alphabet is Alphabet.KMER:
        raise UsageError(
            f"{PRETRAINED!r} reads haplotypes, but the words are k-mers: name a model.h5 that 'archaictools train' "
            "made of k-mers"
        )
    from archaictools.haplotypes.pretrained import load_pretrained

    return load_pretrained()


def files_of(model: object, words: object) -> dict[str, Path | None]:
    """Return the files of ``model`` and ``words``; None for a model in memory, and for a result without a file."""
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.pretrained import pretrained_file
    from archaictools.sequence.token_file import TokenFile

    if isinstance(model, str) and model == PRETRAINED:
        of_model: Path | None = pretrained_file()
    elif model_in_memory(model) is not None:
        of_model = getattr(model, "path", None)
    else:
        of_model = path_of(model, "model")
    of_words = words.path if isinstance(words, FeatureFile | TokenFile) else path_of(words, "words")
    return {"model": of_model if of_model is not None and of_model.is_file() else None, "words": of_words}


def alphabet_of(given: object) -> Alphabet:
    """Return the alphabet of a file of k-mers or of haplotypes, or of an open one.

    Raises
    ------
    InputError
        If the file is of another kind.
    UsageError
        If it is neither a path, a result nor an open file.
    """
    from archaictools.alphabet import Alphabet
    from archaictools.haplotypes import feature_layout
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.io.hdf5 import read_kind
    from archaictools.io.schema import shown
    from archaictools.sequence import token_file
    from archaictools.sequence.token_file import TokenFile

    if isinstance(given, FeatureFile | TokenFile):
        return Alphabet(given.encoding.name)
    kinds = {token_file.KIND: Alphabet.KMER, feature_layout.KIND: Alphabet.VARIANT}
    path, expected = path_of(given, "words"), " or ".join(kinds)
    kind = read_kind(path, expected=expected)
    if kind not in kinds:
        again = "make the file again with 'archaictools tokenize' (k-mers) or 'archaictools haplotypes'"
        former = kind in token_file.FORMER_KINDS
        raise InputError(f"holds {shown(kind)}, expected {expected}", path=path, remedy=again if former else None)
    return kinds[kind]


def is_of_haplotypes(given: object) -> bool:
    """Whether a file, or an open one, is of haplotypes rather than of k-mers; see :func:`alphabet_of`."""
    from archaictools.alphabet import Alphabet

    return alphabet_of(given) is Alphabet.VARIANT


@contextlib.contextmanager
def open_haplotypes(given: object) -> Iterator[FeatureFile]:
    """Open a file of haplotypes; one that is open already is left open."""
    from archaictools.haplotypes.feature_file import FeatureFile, open_features

    if isinstance(given, FeatureFile):
        yield given
        return
    with open_features(path_of(given, "words")) as features:
        yield features


@contextlib.contextmanager
def open_kmers(given: object) -> Iterator[TokenFile]:
    """Open a file of k-mers; one that is open already is left open."""
    from archaictools.sequence.token_file import TokenFile, open_tokens

    if isinstance(given, TokenFile):
        yield given
        return
    with open_tokens(path_of(given, "words")) as tokens:
        yield tokens
