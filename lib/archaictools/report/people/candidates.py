"""The table of candidates of adaptive introgression: U, Q95 and the frequency of segments by window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.haplotypes.published_loci import NO_LOCUS
from archaictools.io.tables import NA
from archaictools.report.blocks import Absent, Column, Facts, Notes, Section, Table
from archaictools.report.people.along import used_chromosomes
from archaictools.report.people.wording import count

if TYPE_CHECKING:
    import pandas as pd

    from archaictools.report.people.results import PeopleResults

ID, TITLE = "candidates", "Candidates of adaptive introgression"

#: Most rows that are shown, the strongest first.
MOST_ROWS = 5_000

_COLUMNS = (
    Column(field="locus", title="Window", kind="locus", help="Click to see it in the genome browser."),
    Column(field="source", title="Source", help="Archaic genomes that are fixed for the counted alleles."),
    Column(field="rank", title="Rank", kind="number", help="Among the windows of the source, by U and by Q95."),
    Column(
        field="U",
        title="U",
        kind="number",
        help="Alleles fixed in the source, rare in the reference and frequent in the target.",
    ),
    Column(
        field="Q95",
        title="Q95",
        kind="bar",
        digits=2,
        help="95th percentile of the target's frequencies of alleles fixed in the source and rare in the reference.",
    ),
    Column(
        field="archaic_sites", title="Archaic alleles", kind="number", help="Alleles that Q95 is the percentile of."
    ),
    Column(
        field="percent",
        title="Segments (%)",
        kind="number",
        digits=1,
        help="Highest percentage of a population's haplotypes with an archaic segment in the window.",
    ),
    Column(field="population", title="Population", help="The population with this percentage."),
    Column(field="loci", title="Published loci", help="Published loci of adaptive introgression in the window."),
)


def section(results: PeopleResults) -> Section | Absent:
    """Return the table of candidates, and of windows that overlap a published locus."""
    if results.candidates is None:
        how = "archaictools candidates ... --out candidates.tsv, then report --candidates candidates.tsv"
        return Absent(id=ID, title=TITLE, how=how)
    frame = candidate_table(results)
    found = frame[frame["candidate"] == 1]
    places = ["chrom", "start", "end"]
    windows = len(results.candidates[places].drop_duplicates())
    known = found["percent"].dropna()
    without = int((known == 0).sum())
    notes = [
        "A high frequency of archaic alleles may also come from drift, or from a small reference: a candidate is a "
        "place to look at, not a proof of selection.",
    ]
    if len(known):
        notes.append(f"{count(without, 'candidate')} of {len(known):,} {'has' if without == 1 else 'have'} no segment.")
    shown = frame.iloc[:MOST_ROWS]
    if len(shown) < len(frame):
        notes.append(f"The {MOST_ROWS:,} strongest of {len(frame):,} rows are shown.")
    return Section(
        id=ID,
        title=TITLE,
        lead="Windows in which alleles of an archaic source are frequent in the target population, though rare in the "
        "reference (U and Q95 of Racimo, Marnetto and Huerta-Sánchez 2017), and windows of published loci.",
        blocks=(
            Facts(
                items=(
                    ("Candidate windows", f"{len(found[places].drop_duplicates()):,}"),
                    ("Windows scanned", f"{windows:,}"),
                    ("Published loci among the candidates", f"{len(_loci(found)):,}"),
                )
            ),
            Table(
                name="candidate-table",
                frame=shown.reset_index(drop=True),
                columns=_COLUMNS,
                caption=f"{len(shown):,} rows, one for each window and source, the strongest first.",
                search=True,
            ),
            Notes(items=tuple(notes)),
        ),
    )


def candidate_table(results: PeopleResults) -> pd.DataFrame:
    """Return candidates and windows of published loci, on chromosomes that the browser has, the strongest first.

    Raises
    ------
    ValueError
        If the results have no candidates.
    """
    if results.candidates is None:
        raise ValueError("the results have no candidates")
    table = results.candidates
    there = table["chrom"].isin(list(used_chromosomes(results)))
    named = ~table["locus"].isin([NO_LOCUS, NA])
    frame = table[there & ((table["candidate"] == 1) | named)]
    frame = frame.assign(
        loci=frame["locus"].where(named, ""),
        percent=100 * frame["segment_frequency"],
        population=frame["segment_population"].where(frame["segment_population"] != NA, ""),
    ).drop(columns="locus")
    return frame.sort_values(["candidate", "rank"], ascending=[False, True], na_position="last", kind="stable")


def _loci(found: pd.DataFrame) -> set[str]:
    return {name for text in found["loci"] if text for name in text.split(",")}
