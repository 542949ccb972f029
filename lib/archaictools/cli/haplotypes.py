"""``archaictools haplotypes``."""

from __future__ import annotations

from typing import Any

from archaictools.api.haplotypes import haplotypes
from archaictools.cli.command import report, verb

EXAMPLES = """
archaictools haplotypes --vcf people.vcf.gz --ingroup NA06984,NA06985 --outgroup outgroup.txt --out haplotypes.h5
archaictools haplotypes --vcf chr21.bcf --vcf chr22.bcf --individuals individuals.json --callable mask.bed --out h.h5
archaictools haplotypes --vcf a.bcf --ingroup ceu.txt --outgroup yri.txt --archaic Altai --archaic-vcf b.bcf --out h.h5
archaictools haplotypes --vcf s.vcf.gz --ingroup in.txt --outgroup out.txt --truth truth.bed --out labelled.h5
archaictools haplotypes --vcf a.bcf --ingroup i.txt --outgroup o.txt --chromosomes chr21 --people-shard 2/8 --out 2.h5
"""


@verb(haplotypes, examples=EXAMPLES)
def command(**options: Any) -> None:
    """Encode phased haplotypes: in every bin, how a sample's alleles differ from an outgroup.

    Files may be split by chromosome, use chr21 or 21, and contain multi-allelic sites. No ancestral alleles are
    needed: the haplotype's own allele counts, whether it is REF or ALT.

    A record of several bases is used at each position at which single bases differ, aligned as by bcftools norm
    --atomize. A haplotype with *, with a deletion of that position, or with <NON_REF> has no base there.

    All files must be of one build. If two headers give different lengths for a chromosome that is read, the run stops.

    Names are separated by commas, or given as a file or pipe: one name per line, or a table with tabs whose first
    column is the name. The individuals.json of hmmix ({"ingroup": [...], "outgroup": [...]}) is given as --individuals.
    """
    report(haplotypes(**options))
