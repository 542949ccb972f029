"""``archaictools tokenize``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.tokenize import tokenize
from archaictools.cli.command import report, verb
from archaictools.options import INPUT

EXAMPLES = """
archaictools tokenize windows.bed --genome hg19.fa.gz --out kmers.h5
archaictools tokenize windows.bed --genome hg19.fa.gz --k 6 --canonical --out kmers.h5 --vocabulary kmers.tsv
archaictools tokenize --fasta records.fa --label introgressed --out kmers.h5
"""


@verb(tokenize, examples=EXAMPLES)
@click.argument("windows", type=INPUT, required=False)
def command(**options: Any) -> None:
    """Read windows of a genome, or sequence records, as sentences of k-mers.

    WINDOWS is a BED file, as 'archaictools windows' writes it. The names introgressed and depleted become labels.

    The sequence may contain letters of DNA and RNA; U is read as T. No k-mer spans a code such as N or R, or a gap
    (- . *).
    """
    report(tokenize(**options))
