"""``archaictools evaluate``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.evaluate import evaluate
from archaictools.api.inputs import ModelFile
from archaictools.cli.command import report, verb
from archaictools.errors import UsageError
from archaictools.options import INPUT

EXAMPLES = """
archaictools evaluate model.h5 kmers.h5 --metrics evaluation.json --table evaluation.tsv --plots evaluation
archaictools evaluate model.h5 kmers.h5 --table evaluation.tsv --leave-out shuffled_labels,random_forest
archaictools evaluate pretrained haplotypes.h5 --table evaluation.tsv --plots evaluation
"""


@verb(evaluate, examples=EXAMPLES)
@click.argument("model", type=ModelFile())
@click.argument("words", type=INPUT)
def command(**options: Any) -> None:
    """Compare a model with baselines on held-out data.

    MODEL is a model.h5, WORDS the file of k-mers that it was trained on. Controls are baselines that cannot have learnt
    introgression: the majority class, GC, bases, dinucleotides, the nearest training window, training windows that
    share sequence, and the same network trained on labels shuffled within blocks. A rival is another method that can
    detect introgression: a Random Forest on counts of words. Intervals are from a bootstrap of blocks of the genome.

    For haplotypes, MODEL may be 'pretrained', and WORDS is any file made with --truth. The rivals are a two-state
    hidden Markov model of Poisson counts, fitted to these haplotypes (to a million bins that --seed draws), without
    and with the archaic genome (hmm, hmm_archaic). The controls are majority and private_alleles.
    """
    if not {"metrics", "table", "plots"} & set(options):
        raise UsageError("name at least one output: --metrics, --table or --plots")
    report(evaluate(**options))
