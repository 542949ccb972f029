"""``archaictools predict``."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from archaictools.api.inputs import ModelFile
from archaictools.api.predict import predict
from archaictools.api.predictions import PredictionFiles
from archaictools.cli.command import report, verb
from archaictools.errors import UsageError
from archaictools.options import INPUT, flag_of

EXAMPLES = """
archaictools predict pretrained haplotypes.h5 --segments segments.tsv --summary people.tsv --bed segments.bed
archaictools predict pretrained haplotypes.h5 --bigbed segments.bb --bigwig tracks --per-person
archaictools predict pretrained haplotypes.h5 --bigwig tracks --deserts deserts.bed --desert-length 5000000
archaictools predict model.h5 kmers.h5 --bigwig predictions.bw --bed segments.bed --table predictions.tsv
"""


@verb(predict, examples=EXAMPLES)
@click.argument("model", type=ModelFile())
@click.argument("words", type=INPUT)
def command(**options: Any) -> None:
    """Predict P(introgressed) of every window, or along every haplotype, and call segments.

    MODEL is a model.h5 of 'archaictools train', or the word 'pretrained' for the model of haplotypes in the package.
    WORDS is a file of k-mers or haplotypes, made with the same settings as the training file. Each window or bin is
    predicted by the networks (with --folds, several) that have not seen it in training. If all have, it is marked.

    A bin in which a haplotype has no genotype, or one at a tenth or less of the sites of the others, is NA: it has no
    row in the table, a gap in the track, and no share in any percentage. The second haplotype of a haploid chromosome
    is not listed. A segment spans at most 5 kb without data.

    The source of a segment is an archaic genome; 'ambiguous' if the evidence does not separate two of them; or
    'unmatched' if no archaic genome is named, or none matches better than chance. The evidence is rare alleles of the
    haplotype: NAME_called counts those at which the genome has a call, NAME_shared those that it shares, and
    NAME_compared those that count (without REF calls in its file, a missing call counts as a mismatch). NAME_match is
    the log odds of its lineage over any other, above 0 for a match. source_score is the log-likelihood ratio over the
    next genome; a name needs 2.94 (19 to 1). NAME_rate is the share of these alleles that the genome shares, and
    NAME_expected the same outside of the person's segments, on the chromosome. lineage is that of the genomes that the
    source leaves possible, and closest the individuals of it with the highest rate.
    """
    outputs = [field.name for field in fields(PredictionFiles)]
    if not options.keys() & set(outputs):
        *flags, last = map(flag_of, outputs)
        raise UsageError(f"name at least one output: {', '.join(flags)} or {last}")
    report(predict(**options))
