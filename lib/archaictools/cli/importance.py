"""``archaictools importance``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.importance import importance
from archaictools.api.inputs import ModelFile
from archaictools.cli.command import report, verb
from archaictools.errors import UsageError
from archaictools.options import INPUT

EXAMPLES = """
archaictools importance model.h5 kmers.h5 --positions positions.tsv --kmers kmers.tsv --plot importance.png
archaictools importance model.h5 kmers.h5 --mode word --metric accuracy --threshold 0.01 --positions positions.tsv
archaictools importance pretrained haplotypes.h5 --positions inputs.tsv --plot inputs.png
"""


@verb(importance, examples=EXAMPLES)
@click.argument("model", type=ModelFile())
@click.argument("words", type=INPUT)
def command(**options: Any) -> None:
    """Rank the positions of a sentence, and the k-mers at these positions, by permutation importance.

    MODEL is a model.h5. WORDS is the file of k-mers that it was trained on; its held-out part is used. A model
    with whole chromosomes held out takes any file of the same genome.

    For haplotypes, MODEL may be 'pretrained', and WORDS is any labelled file. --positions then ranks the inputs of a
    bin: the 32 allele classes, and the inputs that all haplotypes share. They are exchanged between chunks of
    haplotypes.
    """
    if not {"positions", "kmers", "attribution", "plot", "plots"} & set(options):
        raise UsageError("name at least one output: --positions, --kmers, --attribution, --plot or --plots")
    report(importance(**options))
