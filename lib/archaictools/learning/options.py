"""Options of splits, networks, training and segments; see :mod:`archaictools.options`.

This module imports no heavy library.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import click

from archaictools.alphabet import Alphabet
from archaictools.errors import UsageError
from archaictools.options import INPUT, changed, flag_of, names, option

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from archaictools.learning.network import NetworkConfig
    from archaictools.learning.splits import SplitScheme

#: Minimum length of a segment in bp where the user gives none. Shorter segments of haplotypes are mostly wrong.
MIN_LENGTH = {Alphabet.KMER: 0, Alphabet.VARIANT: 5_000}

#: Sizes of layers that are not given.
_SIZES = {
    Alphabet.KMER: {"embedding": 10, "lstm": 10, "dense": 10, "lstm_layers": 1},
    Alphabet.VARIANT: {"embedding": 32, "lstm": 64, "dense": 32, "lstm_layers": 1},
}


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How examples are divided into train, validation and test."""

    split: str = option(
        "chromosome",
        type=click.Choice(["chromosome", "block", "interval", "random"]),
        help="Unit that is held out; a random split leaks, and is reported as leaky.",
    )
    test_chromosomes: tuple[str, ...] = option(
        (), parse=names, help="Chromosomes for test, separated by commas [default: the smallest that hold 20 %]."
    )
    validation_chromosomes: tuple[str, ...] = option(
        (), parse=names, help="Chromosomes for early stopping, separated by commas [default: the next 10 %]."
    )
    block_size: int = option(1_000_000, type=click.IntRange(1), help="Length of a block of --split block, in bp.")
    gap: int = option(0, type=click.IntRange(0), help="Distance left out between blocks of different sides, in bp.")
    folds: int = option(
        0,
        type=click.IntRange(0),
        help="0 for one split, or the number of folds (3 or more), each held out once from a network of its own.",
    )
    fold_file: Path | None = option(
        None,
        type=INPUT,
        help="BED of regions named train, validation and test, or by number of fold; replaces the options of the "
        "split.",
    )

    def __post_init__(self) -> None:
        if self.fold_file is not None:
            _refuse_beside_fold_file(flag for flag, _ in changed(self))

    def scheme(self, *, seed: int) -> SplitScheme:
        """Return the way to divide examples, with the regions of the fold file if there is one.

        Parameters
        ----------
        seed
            Seed of the random assignment of blocks, intervals or examples.

        Raises
        ------
        UsageError
            If options contradict each other.
        InputError
            If the fold file cannot be understood.
        """
        if self.fold_file is not None:
            from archaictools.learning.regions import read_folds

            return read_folds(self.fold_file, seed=seed)
        from archaictools.learning.splits import SplitScheme

        return SplitScheme(
            method=self.split,
            test_chromosomes=self.test_chromosomes,
            validation_chromosomes=self.validation_chromosomes,
            block_size=self.block_size,
            gap=self.gap,
            folds=self.folds,
            seed=seed,
        )


def check_split_given(given: Iterable[str]) -> None:
    """Refuse ``--fold-file`` next to options of the split on one command line, even with their default values.

    Parameters
    ----------
    given
        Names of the options on the command line, as fields of :class:`SplitOptions` (others are ignored).

    Raises
    ------
    UsageError
        With the options to leave out.
    """
    own = {field.name for field in dataclasses.fields(SplitOptions)}
    flags = [flag_of(name) for name in given if name in own]
    if flag_of("fold_file") in flags:
        _refuse_beside_fold_file(flags)


def _refuse_beside_fold_file(flags: Iterable[str]) -> None:
    others = [flag for flag in flags if flag != flag_of("fold_file")]
    if others:
        raise UsageError(f"--fold-file defines what is held out: leave out {', '.join(others)}")


@dataclass(frozen=True, kw_only=True)
class BatchScale:
    """Batch and learning rate that follow the number of training examples.

    Attributes
    ----------
    smallest, largest
        Limits of the batch.
    steps
        Steps of an epoch that the choice aims at.
    rate_at_128
        Learning rate for a batch of 128; it grows with the square root of the batch.
    """

    smallest: int
    largest: int
    steps: int
    rate_at_128: float


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How a network is trained, whatever it reads; each wing adds its own options and its :attr:`SCALE`."""

    SCALE: ClassVar[BatchScale]

    epochs: int = option(
        5,
        type=click.IntRange(0),
        help="Passes over the training side; 0 keeps the network of --start-from as it is.",
    )
    batch_size: int = option(
        0, type=click.IntRange(0), help="Examples per step [default: 32 to 1024, more for more examples]."
    )
    learning_rate: float = option(
        0.0, type=click.FloatRange(0), help="Highest learning rate of Adam [default: by the batch size]."
    )
    schedule: str = option(
        "cosine", type=click.Choice(["cosine", "constant"]), help="Course of the learning rate; cosine falls to 0."
    )
    patience: int = option(
        3,
        type=click.IntRange(0),
        help="Epochs without a lower validation loss before training stops; 0 for no early stop.",
    )
    keep: str = option(
        "best",
        type=click.Choice(["best", "last"]),
        help="Weights to keep: those of the epoch with the lowest validation loss, or of the last (the article's).",
    )

    def resolve(self, examples: int) -> tuple[int, float]:
        """Return batch size and learning rate for a number of training examples.

        The default batch is a power of two that leaves one to two times ``SCALE.steps`` steps per epoch: small sets
        need steps, large ones need throughput. Measured in ``performance/``.
        """
        scale = self.SCALE
        aim = 1 << max(0, (max(1, examples // scale.steps)).bit_length() - 1)
        batch = self.batch_size or min(scale.largest, max(scale.smallest, aim))
        return batch, self.learning_rate or scale.rate_at_128 * (batch / 128) ** 0.5

    def to_dict(self, *, seed: int) -> dict[str, object]:
        """Return the options as the metrics and checkpoints store them; a wing replaces and adds its own."""
        return {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "schedule": self.schedule,
            "patience": self.patience,
            "keep": self.keep,
            "class_weight": "none",
            "reverse_complement": False,
            "seed": seed,
        }


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """Sizes of the layers."""

    embedding: int | None = option(
        None, type=click.IntRange(1), help="Dimensions of a word vector [default: 10; haplotypes: 32]."
    )
    lstm: int | None = option(
        None, type=click.IntRange(1), help="LSTM units in each direction [default: 10; haplotypes: 64]."
    )
    lstm_layers: int | None = option(
        None, type=click.IntRange(1), only=Alphabet.VARIANT, help="Number of stacked bidirectional LSTMs [default: 1]."
    )
    dense: int | None = option(
        None, type=click.IntRange(0), help="Dense units, 0 for no dense layer [default: 10; haplotypes: 32]."
    )
    dropout: float = option(
        0.0, type=click.FloatRange(0, 1, max_open=True), help="Fraction of vector components dropped in training."
    )
    forget_bias: str = option(
        "chrono",
        type=click.Choice(["chrono", "unit"]),
        only=Alphabet.KMER,
        help="Initial memory of the LSTM: up to the length of a sentence, or two words (Keras' and the article's).",
    )

    @property
    def sized(self) -> bool:
        """Whether the size of any layer is given."""
        return any(size is not None for size in (self.embedding, self.lstm, self.lstm_layers, self.dense))

    def config(self, alphabet: Alphabet, *, vocabulary: int, words: int) -> NetworkConfig:
        """Return the network that reads an alphabet, with usual sizes where none are given.

        Parameters
        ----------
        alphabet
            What the network reads.
        vocabulary
            Number of word ids, or of inputs of a bin.
        words
            Words in a sentence, or bins in a training chunk.
        """
        from archaictools.learning.network import NetworkConfig

        usual = _SIZES[alphabet]
        given = {name: getattr(self, name) for name in usual}
        sizes = {name: usual[name] if size is None else size for name, size in given.items()}
        return NetworkConfig(
            vocabulary=vocabulary,
            words=words,
            dropout=self.dropout,
            forget_bias=self.forget_bias if alphabet is Alphabet.KMER else "unit",
            per_bin=alphabet is Alphabet.VARIANT,
            **sizes,
        )


@dataclass(frozen=True, kw_only=True)
class SegmentOptions:
    """How segments are called from probabilities along the genome."""

    threshold: float = option(0.5, type=click.FloatRange(0, 1), help="Minimum posterior of a called segment.")
    min_length: int | None = option(
        None,
        type=click.IntRange(0),
        help=f"Minimum length of a segment in bp [default: {MIN_LENGTH[Alphabet.KMER]}; "
        f"haplotypes: {MIN_LENGTH[Alphabet.VARIANT]}].",
    )
    max_gap: int = option(
        0,
        type=click.IntRange(0),
        help="Longest gap in bp within a segment. Haplotypes: up to 5 kb without data are bridged anyway.",
    )

    def resolved(self, alphabet: Alphabet) -> SegmentOptions:
        """Return these options with the alphabet's minimum length where none is given.

        Examples
        --------
        >>> SegmentOptions().resolved(Alphabet.VARIANT).min_length
        5000
        >>> SegmentOptions(min_length=0).resolved(Alphabet.VARIANT).min_length
        0
        """
        return self if self.min_length is not None else replace(self, min_length=MIN_LENGTH[alphabet])


@dataclass(frozen=True, kw_only=True)
class MemberOptions:
    """Which network of a model is explained."""

    member: int = option(
        1, type=click.IntRange(1), help="Network to explain, of a model trained with --folds: that of this fold."
    )
