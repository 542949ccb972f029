"""``archaictools report``."""

from __future__ import annotations

from typing import Any

from archaictools.api.report import report as make_report
from archaictools.cli.command import report, verb

EXAMPLES = """
archaictools report --words haplotypes.h5 --segments segments.tsv --summary people.tsv --bigwig tracks --out report.html
archaictools report --segments segments.tsv --summary people.tsv --genes genes.tsv --bigwig tracks --hub hub
archaictools report --words kmers.h5 --model model.h5 --evaluation evaluation.json --kmers kmers.tsv --out report.html
"""


@verb(make_report, examples=EXAMPLES)
def command(**options: Any) -> None:
    """Show results in one HTML page with a genome browser, and as a hub for UCSC and IGV.

    The inputs are outputs of other verbs, of people or of k-mers. An input that is not given leaves its section
    out, and the page names the command that makes it. Inputs that do not belong together are refused.

    The page opens from disk and loads nothing from elsewhere. It contains all tables and tracks that it shows. For
    people: a headline, shares of persons, karyogram, frequent segments, lengths, match rates, genes and a browser. For
    k-mers: verdict, baselines, learning curves, importance, motifs, embedding, genes and a browser.

    --hub writes a folder for the UCSC Genome Browser (hub.txt) and for the IGV desktop program (igv_session.xml).
    """
    report(make_report(**options))
