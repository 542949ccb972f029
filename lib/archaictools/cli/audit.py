"""``archaictools audit``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.audit import audit
from archaictools.cli.command import report, verb
from archaictools.learning.options import check_split_given
from archaictools.options import INPUT

EXAMPLES = """
archaictools audit kmers.h5 --out audit.json
archaictools audit windows.bed --genome hg19.fa.gz --split block --gap 10000 --out audit.tsv
archaictools audit kmers.h5 --folds 5 --out audit.json --fail-on leaky
"""


@verb(audit, examples=EXAMPLES)
@click.argument("windows", type=INPUT)
@click.option(
    "--fail-on",
    type=click.Choice(["never", "leaky", "suspect"]),
    default="never",
    show_default=True,
    help="Verdict from which the exit code is 1, for pipelines; the report is written nevertheless.",
)
def command(fail_on: str = "never", **options: Any) -> int:
    """Measure shortcuts between training and test data: shared bases, shared sequence, location and composition.

    WINDOWS is a BED file of labelled windows, or a file of k-mers.
    """
    from archaictools.sequence.audit.overlap import VERDICTS

    check_split_given(options)
    result = audit(**options)
    report(result)
    failing = fail_on != "never" and VERDICTS.index(result.verdict) >= VERDICTS.index(fail_on)
    return 1 if failing else 0
