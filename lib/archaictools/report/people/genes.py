"""The table of genes: how many haplotypes carry archaic sequence in each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.intervals import IntervalSet
from archaictools.report.blocks import Absent, Column, Facts, Notes, Section, Table
from archaictools.report.people.along import bounds, by_chromosome, used_chromosomes
from archaictools.report.people.loci import count_of_sources, source_labels
from archaictools.report.people.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from archaictools.report.people.results import PeopleResults

ID, TITLE = "genes", "Genes"

_COLUMNS = (
    Column(field="gene", title="Gene"),
    Column(field="locus", title="Locus", kind="locus", help="Click to see it in the genome browser."),
    Column(
        field="haplotypes", title="Haplotypes", kind="number", help="Haplotypes with a segment that overlaps the gene."
    ),
    Column(field="people", title="People", kind="number", help="People with a segment that overlaps the gene."),
    Column(
        field="share",
        title="Haplotypes (%)",
        kind="bar",
        digits=1,
        help="Haplotypes with a segment, in % of those with data in the gene.",
    ),
    Column(
        field="mean",
        title="Mean posterior of carriers",
        kind="number",
        digits=3,
        help="Mean posterior of the segments that overlap it; haplotypes without one do not count.",
    ),
    Column(
        field="max",
        title="Highest posterior",
        kind="number",
        digits=3,
        help="Posterior of the surest segment that overlaps it.",
    ),
    Column(
        field="covered",
        title="Covered (%)",
        kind="number",
        digits=1,
        help="Bases of the gene within a segment of any haplotype, in % of its bases with data.",
    ),
    Column(field="origin", title="Sources", help="Number of segments by source."),
    Column(field="known", title="Read (%)", kind="number", digits=1, help="Bases of the gene with data, in %."),
)


def section(results: PeopleResults) -> Section | Absent:
    """Return the table of genes."""
    if results.genes is None:
        how = "archaictools genes segments.tsv --annotation genes.gtf --out genes.tsv, then report --genes genes.tsv"
        return Absent(id=ID, title=TITLE, how=how)
    frame = gene_table(results)
    read = frame["haplotypes"].notna()
    others = len(results.genes) - len(frame)
    carried = int((frame["haplotypes"] > 0).sum())
    notes = [
        "Search for a name, sort by a column, or click a locus to see it in the genome browser.",
        "A segment can end within a gene. A gene counts as carried from the first shared base.",
    ]
    if not read.all():
        notes.append(
            f"{int((~read).sum()):,} of the genes listed were not read: no haplotype has data there. They are NA, and "
            "come last."
        )
    facts = [
        ("Genes with archaic sequence", f"{carried:,}"),
        ("Genes read", f"{int(read.sum()):,}"),
        ("Genes not read", f"{int((~read).sum()):,}"),
    ]
    lead = (
        "Genes that archaic segments overlap, and how many haplotypes carry them. Different haplotypes may overlap "
        "different parts of a gene, so a gene can have more carriers than any single base."
    )
    if others:
        facts.append(("Genes on chromosomes that were not read, not listed", f"{others:,}"))
        lead += (
            f" {count(others, 'gene')} on chromosomes that were not read {'is' if others == 1 else 'are'} not listed: "
            "nothing is known there, which is not 0."
        )
    return Section(
        id=ID,
        title=TITLE,
        lead=lead,
        blocks=(
            Facts(items=tuple(facts)),
            Table(
                name="gene-table",
                frame=frame,
                columns=_COLUMNS,
                caption=f"{len(frame):,} genes, those that most haplotypes carry first.",
                search=True,
            ),
            Notes(items=tuple(notes)),
        ),
    )


def gene_table(results: PeopleResults) -> pd.DataFrame:
    """Return the genes of chromosomes that were read, those that most haplotypes carry first, those without data last.

    Returns
    -------
    pandas.DataFrame
        ``gene, chrom, start, end, haplotypes, people, mean, max``, ``share`` (in % of the haplotypes with data),
        ``covered`` and ``known`` (in % of bases) and ``origin`` (numbers of segments by source, with labels).
    """
    genes = genes_read(results)
    numbers = {
        name: pd.to_numeric(genes[name], errors="coerce").astype(float)
        for name in ("haplotypes", "people", "mean", "max", "fraction", "read")
    }
    frame = genes.assign(**numbers)
    labels = source_labels(results)
    origins = {text: _labelled(text, labels) for text in frame["sources"].dropna().astype(str).unique()}
    known = haplotypes_with_data(results, frame)
    carriers = frame["haplotypes"].to_numpy()
    # Haplotypes may have data in different parts of the gene, so carriers can outnumber those at any base.
    share = np.where(known > 0, 100 * carriers / np.maximum(known, np.fmax(carriers, 1)), np.nan)
    frame = frame.assign(
        share=share,
        covered=100 * frame["fraction"],
        known=100 * frame["read"],
        origin=frame["sources"].astype(str).map(origins).where(frame["haplotypes"] > 0, ""),
    )
    frame = frame.sort_values(["haplotypes", "max"], ascending=False, na_position="last", kind="stable")
    kept = ["chrom", "start", "end", *(column.field for column in _COLUMNS if column.kind != "locus")]
    return frame[kept].reset_index(drop=True)


def genes_read(results: PeopleResults) -> pd.DataFrame:
    """Return the genes on chromosomes with data; those of other contigs of an annotation have no place in the browser.

    Raises
    ------
    ValueError
        If the results have no genes.
    """
    if results.genes is None:
        raise ValueError("the results have no genes")
    return results.genes[results.genes["chrom"].isin(list(used_chromosomes(results)))]


def haplotypes_with_data(results: PeopleResults, loci: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the highest number of haplotypes with data at a base of each locus; 0 without data."""
    found = np.zeros(len(loci), dtype=np.int64)
    regions = by_chromosome(results.callable)
    for chrom, rows in loci.groupby("chrom", sort=False, observed=True).indices.items():
        if str(chrom) in regions:
            known = regions[str(chrom)].sort_values("start")
            pieces = IntervalSet(*bounds(known))
            locus, start, _ = pieces.pieces_within(*(part[rows] for part in bounds(loci)))
            number = known["haplotypes"].to_numpy(dtype=np.int64)[pieces.find(start)]
            np.maximum.at(found, rows[locus], number)
    return found


def _labelled(text: str, labels: Mapping[str, str]) -> str:
    """Return sources of a gene, such as ``Altai:3,ambiguous:1``, with labels; a name may contain a colon or a comma.

    Examples
    --------
    >>> _labelled("A,1:2,ambiguous:7", {"A,1": "Altai", "ambiguous": "ambiguous"})
    'ambiguous 7, Altai 2'
    """
    counts = {}
    for name in labels:
        found = re.search(rf"(?:^|,){re.escape(name)}:(\d+)(?=,|$)", text)
        if found:
            counts[name] = int(found[1])
    return count_of_sources(counts, labels)
