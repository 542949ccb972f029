"""``archaictools train``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import click

from archaictools.api.train import train
from archaictools.cli.command import report, verb
from archaictools.learning.cluster import is_chief
from archaictools.learning.options import check_split_given
from archaictools.options import INPUT

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = """
archaictools train kmers.h5 --model model.h5 --metrics metrics.json --predictions predictions.tsv
archaictools train kmers.h5 --rc --folds 5 --epochs 10 --model folds.h5 --write-folds folds.bed
archaictools train simulation1.h5 simulation2.h5 --split block --gap 100000 --model people.h5
archaictools train people.h5 --start-from pretrained --epochs 3 --model tuned.h5
"""


@verb(train, examples=EXAMPLES)
@click.argument("words", type=INPUT, nargs=-1, required=True)
def command(words: tuple[Path, ...], **options: Any) -> None:
    """Train Embedding, Bidirectional LSTM and Dense layers on labelled examples.

    WORDS is one file of k-mers, or one or several files of haplotypes. Several simulations make one model; files made
    from the same VCFs are always on the same side.

    By default whole chromosomes are held out: the smallest that hold 20 % of the examples for test, the next 10 % for
    validation. With --folds, one network per fold is trained, and every example is held out once.

    Several processes train one model together if TF_CONFIG or Slurm's srun describes them; the first writes the files.
    """
    check_split_given(options)
    chief = is_chief()
    if not chief:  # what they would say, the chief says too
        logging.getLogger("archaictools").setLevel(logging.WARNING)
    result = train(words, **options)
    if chief:
        report(result)
