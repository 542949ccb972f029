"""``archaictools windows``."""

from __future__ import annotations

from typing import Any

from archaictools.api.windows import windows
from archaictools.cli.command import report, verb

EXAMPLES = """
archaictools windows --genome hg19.fa.gz --introgressed nean.bed --depleted deserts.bed --out windows.bed
archaictools windows --genome hg19.fa.gz --introgressed nean.bed --out windows.bed --summary windows.tsv
archaictools windows --genome hg19.fa.gz --regions genes.gtf --keep-short --out genes.bed
archaictools windows --genome hg19.fa.gz --step 100 --out tiles.bed
"""


@verb(windows, examples=EXAMPLES)
def command(**options: Any) -> None:
    """Cut labelled regions, unlabelled regions or genes, or the whole genome into windows.

    With --introgressed (and --depleted) the windows are labelled. With --regions they are not. With neither, the genome
    is tiled. Overlapping regions of a class are merged first, and bases that both classes claim are dropped.

    The FASTA may contain letters of DNA and RNA. Letters other than A, C, G, T and U, such as gaps, count as N.
    """
    report(windows(**options))
