"""Options of splits, networks, training and segments; see :mod:`archaictools.options`.

This module imports no heavy library.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from archaictools.alphabet import Alphabet
from archaictools.errors import UsageError
from archaictools.options import INPUT, changed, flag_of, names, option

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from archaictools.learning.splits import SplitScheme

#: Minimum length of a segment in bp where the user gives none. Shorter segments of haplotypes are mostly wrong.
MIN_LENGTH = {Alphabet.KMER: 0, Alphabet.VARIANT: 5_000}


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
        help="Number of folds (3 or more), each held out once from a network of its own; 0 for one split.",
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
        0, type=click.IntRange(0), help="Longest gap in bp, below the threshold or without data, within a segment."
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
