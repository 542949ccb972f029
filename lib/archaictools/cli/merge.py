"""``archaictools merge``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.merge import merge
from archaictools.cli.command import report, verb
from archaictools.options import INPUT

EXAMPLES = """
archaictools merge chr1.bw chr2.bw chr3.bw --out genome.bw
archaictools merge segments.chr1.tsv segments.chr2.tsv --out segments.tsv
archaictools merge people.chr1.tsv people.chr2.tsv --out people.tsv
"""


@verb(merge, examples=EXAMPLES)
@click.argument("parts", type=INPUT, nargs=-1, required=True)
def command(**options: Any) -> None:
    """Join predictions that were made chromosome by chromosome.

    PARTS are bigWigs, tables, BED files or summaries of people of 'archaictools predict', all of one kind. No
    chromosome may be in two of them. Every value is checked. Summaries are added up. The output is that of one run over
    all chromosomes.

    If all tables of segments have their callable regions in the same folder (x.callable.bed for x.tsv), these are
    joined, too.
    """
    report(merge(**options))
