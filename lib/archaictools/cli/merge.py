"""``archaictools merge``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.merge import merge
from archaictools.cli.command import report, verb
from archaictools.options import INPUT

EXAMPLES = """
archaictools merge chr1.bw chr2.bw chr3.bw --out genome.bw
archaictools merge people.chr1.tsv people.chr2.tsv --out people.tsv
archaictools merge shard1/tracks shard2/tracks --out tracks
archaictools merge shard*.chr*.sums.h5 --segments segments.tsv --summary people.tsv --mean mean.bw --deserts deserts.bed
"""


@verb(merge, examples=EXAMPLES)
@click.argument("parts", type=INPUT, nargs=-1, required=True)
def command(**options: Any) -> None:
    """Join results of parts of a run, made by chromosome or by group of people.

    PARTS are results of 'archaictools predict', all of one kind. Each person is on a chromosome of one part only. Every
    value is checked.

    Sums (predict --sums) give the outputs of one run over all people and chromosomes, byte for byte: the options below
    name them. Only sums know what depends on all parts: sources of segments, deserts, and the tracks mean and share.

    With --out alone, PARTS are sums, bigWigs, folders of tracks, tables, BED files or summaries of people, and so is
    the output. Summaries are added up. If all tables of segments have their callable regions in the same folder
    (x.callable.bed for x.tsv), these are joined, too. Genes are counted from joined segments, by 'archaictools genes'.

    Parts may be in any order. People come in the order of the parts, in summaries, sums and tables of all bins;
    segments are sorted. Chromosomes come in the order of the genome that sums or bigWigs tell, else by number.
    """
    report(merge(**options))
