"""Options of the haplotype wing; see :mod:`archaictools.options`. This module imports no heavy library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from archaictools.alphabet import Alphabet
from archaictools.learning.options import TrainingOptions
from archaictools.options import option

#: Smallest and largest batch chosen by default, and the steps of an epoch that the choice aims at.
MIN_BATCH, MAX_BATCH, STEPS_PER_EPOCH = 8, 128, 50
#: Learning rate for a batch of 128; it grows with the square root of the batch.
LEARNING_RATE_AT_128 = 0.003
#: Fraction of the chunks without introgression that an epoch uses.
KEEP_NEGATIVES = 0.35


@dataclass(frozen=True, kw_only=True)
class BinTrainingOptions(TrainingOptions):
    """How a network is trained on haplotypes.

    Half of the people are read from end to start, unless ``no_augment``; prediction is then the mean of both
    directions.
    """

    stretch: int = option(500, type=click.IntRange(1), only=Alphabet.VARIANT, help="Bins of a training chunk.")
    no_augment: bool = option(
        False,
        only=Alphabet.VARIANT,
        help="Train on the features as they are, without simulated phasing errors, missing calls and masks.",
    )
    no_sharing: bool = option(
        False,
        only=Alphabet.VARIANT,
        help="Score each haplotype alone. By default, without an archaic genome, a second network refines the scores "
        "with those of haplotypes that share rare alleles.",
    )

    def resolve(self, chunks: int) -> tuple[int, float]:
        """Return batch size and learning rate for a number of training chunks.

        Examples
        --------
        >>> [BinTrainingOptions().resolve(number)[0] for number in (400, 4_000, 40_000)]
        [8, 64, 128]
        """
        aim = 1 << max(0, (max(1, chunks // STEPS_PER_EPOCH)).bit_length() - 1)
        batch = self.batch_size or min(MAX_BATCH, max(MIN_BATCH, aim))
        return batch, self.learning_rate or LEARNING_RATE_AT_128 * (batch / 128) ** 0.5

    def to_dict(self, *, seed: int) -> dict[str, Any]:
        """Return the options as the metrics and checkpoints store them."""
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
            "stretch": self.stretch,
            "keep_depleted": KEEP_NEGATIVES,
            "augment": not self.no_augment,
            "sharing": not self.no_sharing,
        }
