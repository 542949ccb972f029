"""``archaictools candidates``."""

from __future__ import annotations

from typing import Any

from archaictools.api.candidates import candidates
from archaictools.cli.command import report, verb

EXAMPLES = """
archaictools candidates --vcf p.bcf --groups g.tsv --reference-group YRI --target-group CEU --archaic Altai --out c.tsv
archaictools candidates --vcf p.bcf --groups g.tsv --reference-group AFR,EAS --target-group EUR --archaic a.txt \
--archaic-vcf a.bcf --source Altai+Vindija --others absent --out c.tsv --bed c.bed --bigwig q95.bw
archaictools candidates --vcf p.bcf --groups g.tsv --reference-group YRI --target-group CEU --archaic Altai \
--segments segments.tsv --summary people.tsv --out c.tsv --frequencies frequencies.tsv
"""


@verb(candidates, examples=EXAMPLES)
def command(**options: Any) -> None:
    """Find candidates of adaptive introgression: windows where archaic alleles are frequent.

    An archaic allele is fixed in an archaic source and rare in a reference population. In each window, U is the number
    of archaic alleles that are frequent in the target population, and Q95 the 95th percentile of their frequencies
    (Racimo, Marnetto and Huerta-Sanchez 2017). The allele may be REF or ALT, so no ancestral alleles are needed.
    Frequencies are over called alleles.

    With a table of segments, each window also gets the highest frequency of archaic segments in a population. Windows
    that overlap loci of published adaptive introgression are labelled.

    A high frequency may also come from drift. A candidate is a place to look at, not a proof of selection.
    """
    report(candidates(**options))
