"""``archaictools extract``."""

from __future__ import annotations

from typing import Any

from archaictools.api.extract import ExtractFiles, extract
from archaictools.cli.command import report, verb
from archaictools.errors import UsageError
from archaictools.options import flag_of

EXAMPLES = """
archaictools extract --vcf chr9.vcf.gz --regions cores.bed --archaic Altai --archaic-vcf altai.vcf.gz --out alleles.tsv
archaictools extract --vcf chr9.vcf.gz --region chr9:16720001-16760000 --samples people.txt --fasta alleles.fa
archaictools extract --vcf chr1.vcf.gz --vcf chr2.vcf.gz --regions cores.bed --subset cores.vcf
"""


@verb(extract, examples=EXAMPLES)
def command(**options: Any) -> None:
    """Extract alleles of haplotypes and archaic genomes in regions.

    Written are the sites of a region at which the called haplotypes and archaic genomes have two bases or more. A base
    that is not called, or not phased, is NA in the table and N in FASTA. With --segments, the haplotypes with a segment
    in a region are counted as its carriers, and marked in FASTA.

    Chromosomes may be named chr21 in one file and 21 in the other.
    """
    if not set(ExtractFiles.__dataclass_fields__) & set(options):
        raise UsageError(f"name an output: {', '.join(map(flag_of, ExtractFiles.__dataclass_fields__))}")
    report(extract(**options))
