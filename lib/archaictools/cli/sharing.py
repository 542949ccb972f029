"""``archaictools sharing``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.sharing import SharingFiles, sharing
from archaictools.cli.command import report, verb
from archaictools.errors import UsageError
from archaictools.options import INPUT, flag_of

EXAMPLES = """
archaictools sharing segments.tsv --summary people.tsv --ages ages.tsv --matrix matrix.tsv --plots plots
archaictools sharing segments.tsv --summary people.tsv --groups populations.tsv --pairs pairs.tsv --between between.tsv
archaictools sharing segments.tsv --summary people.tsv --min-haplotypes 5 --cores cores.tsv --bed cores.bed
"""


@verb(sharing, examples=EXAMPLES)
@click.argument("segments", type=INPUT)
def command(**options: Any) -> None:
    """Compare the segments of people: rough ages, sharing, core haplotypes.

    SEGMENTS is the table of 'archaictools predict --segments'.

    An age is a rough guide, not a date: it assumes one pulse of introgression, and takes the mean length of segments
    and the sharing of segments into account. The share of two people is the number of bases that both carry, divided
    by the number that at least one of them carries (Jaccard). At each base of a core haplotype, at least
    --min-haplotypes haplotypes have a segment.
    """
    if not set(SharingFiles.__dataclass_fields__) & set(options):
        raise UsageError(f"name an output: {', '.join(map(flag_of, SharingFiles.__dataclass_fields__))}")
    report(sharing(**options))
