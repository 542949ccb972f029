"""``archaictools genes``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.genes import genes
from archaictools.cli.command import report, verb
from archaictools.errors import UsageError
from archaictools.options import INPUT

EXAMPLES = """
archaictools genes segments.tsv --annotation genes.gtf --out carriers.tsv --bed carriers.bed
archaictools genes predictions.bw --annotation genes.gtf --out genes.tsv
archaictools genes predictions.tsv --annotation genes.bed --published article.tsv --agreement agreement.json --out g.tsv
"""


@verb(genes, examples=EXAMPLES)
@click.argument("predictions", type=INPUT)
def command(**options: Any) -> None:
    """Summarise predictions over genes.

    PREDICTIONS is the table or the bigWig of 'archaictools predict', or its table of segments of people. For segments,
    each gene gets the number of haplotypes and people with archaic sequence, and its sources. A gene without callable
    bases is NA, not 0.

    Chromosomes may be named chr21 in one file and 21 in the other. In an annotation without 'gene' features, parts of
    one gene_id more than 2 Mb apart are separate genes.
    """
    if "published" in options and "agreement" not in options:
        raise UsageError("--published needs --agreement: name the JSON to write")
    report(genes(**options))
