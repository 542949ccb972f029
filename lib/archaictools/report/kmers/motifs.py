"""K-mers at important positions, and the motifs that they form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.report.blocks import Absent, Column, Facts, Notes, Section, Table
from archaictools.report.kmers.alignment import Motif, align, least_overlap, reverse_complement
from archaictools.report.kmers.logos import logo
from archaictools.report.kmers.numbers import number
from archaictools.report.wording import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archaictools.report.kmers.results import KmerResults

ID, TITLE = "motifs", "K-mers and motifs"

#: Largest q of a significant k-mer.
FDR = 0.05

#: Largest numbers of motifs, of k-mers that are aligned, and of k-mers in the table.
MOTIFS, ALIGNED, ROWS = 8, 1_000, 2_000

#: Part of the counts of the first motif below which a motif is weak, and bases in a row that two motifs share.
WEAK, SHARED = 0.1, 6


def section(results: KmerResults) -> Section | Absent:
    """Return the motifs with their logos, and the table of k-mers."""
    if results.kmers is None:
        return Absent(id=ID, title=TITLE, how="Add --kmers (of 'archaictools importance').")
    table = results.kmers
    found = significant(table)
    if not len(table):
        return Section(
            id=ID,
            title=TITLE,
            lead="The table has no k-mer, because no position is important: there is no motif to show.",
            blocks=(),
        )
    k = len(str(table["kmer"].iloc[0]))
    motifs = motifs_of(table)
    facts = Facts(
        items=(
            ("K-mers at important positions", number(len(table), 0)),
            (f"Enriched (q at most {FDR:g})", number(len(found), 0)),
            ("Motifs shown", number(len(motifs), 0)),
        )
    )
    if not motifs:
        return Section(
            id=ID,
            title=TITLE,
            lead=f"No k-mer is enriched at important positions (q at most {FDR:g}): there is no motif to show.",
            blocks=(facts, _kmers(table, {})),
        )
    return Section(
        id=ID,
        title=TITLE,
        lead=f"Enriched k-mers overlap and form motifs; the most significant are "
        f"{listed([motif.consensus for motif in motifs[:4]])}. {summary(motifs)} "
        "Enriched means more frequent at positions that matter to the model than elsewhere in introgressed windows.",
        blocks=(
            facts,
            _motifs(motifs, table),
            Notes(
                title="How motifs are made",
                items=(
                    "The most significant k-mer that is in no motif begins one.",
                    f"A k-mer joins if it, or its reverse complement, equals that first k-mer in all bases of an "
                    f"overlap of at least {least_overlap(k)} bases.",
                    "Each k-mer adds its count to its bases. The height of a letter is its information in bits, "
                    "against one quarter for each base; ends below 0.25 bits are cut.",
                    "A lower-case letter is less than half of its column.",
                ),
            ),
            _kmers(table, {kmer: number for number, motif in enumerate(motifs, start=1) for kmer in motif.members}),
        ),
    )


def significant(table: pd.DataFrame) -> pd.DataFrame:
    """Return the k-mers that are enriched: q at most :data:`FDR`, and an odds ratio above 1."""
    return table[(table["q"] <= FDR) & (table["odds_ratio"] > 1)]


def motifs_of(table: pd.DataFrame) -> list[Motif]:
    """Return the motifs of the enriched k-mers of a table, whose order is that of significance."""
    chosen = significant(table).head(ALIGNED)
    return align([str(kmer) for kmer in chosen["kmer"]], [int(count) for count in chosen["count"]], most=MOTIFS)


def is_weak(motif: Motif, motifs: Sequence[Motif]) -> bool:
    """Tell whether the counts of a motif are below :data:`WEAK` of those of the first motif."""
    return motif.count < WEAK * motifs[0].count


def shares_bases(motif: Motif, others: Sequence[Motif]) -> bool:
    """Tell whether the consensus of a motif, on either strand, has :data:`SHARED` bases in a row of another's."""
    own = motif.consensus.upper()
    pieces = {own[at : at + SHARED] for at in range(len(own) - SHARED + 1)}
    both = [text for other in others for text in (other.consensus.upper(), reverse_complement(other.consensus.upper()))]
    return any(piece in text for piece in pieces for text in both)


def summary(motifs: Sequence[Motif]) -> str:
    """Return a sentence with the numbers of strong and weak motifs."""
    strong = [one for one in motifs if not is_weak(one, motifs)]
    weak = [one for one in motifs if is_weak(one, motifs)]
    if not weak:
        return f"{len(strong)} strong motif{'' if len(strong) == 1 else 's'}, no weak one."
    shared = sum(shares_bases(one, strong) for one in weak)
    each = f", {'all' if shared == len(weak) else shared} of which share bases with strong ones" if shared else ""
    if shared == len(weak) == 1:
        each = ", which shares bases with a strong one"
    return (
        f"{len(strong)} strong motif{'' if len(strong) == 1 else 's'}, {len(weak)} weak "
        f"one{'' if len(weak) == 1 else 's'}{each}."
    )


def doubts(results: KmerResults) -> tuple[str, ...]:
    """Return a sentence if some motifs are weak."""
    if results.kmers is None or not len(results.kmers):
        return ()
    motifs = motifs_of(results.kmers)
    weak = sum(is_weak(one, motifs) for one in motifs)
    if not weak:
        return ()
    be = "motif is" if weak == 1 else "motifs are"
    return (f"{weak} of {len(motifs)} {be} weak: counts below {100 * WEAK:.0f} % of those of the first motif.",)


def strength(q: pd.Series[float]) -> pd.Series[float]:
    """Return -log10 of q, at most 300, so that rows sort by it."""
    values = q.to_numpy(dtype=np.float64)
    return pd.Series(-np.log10(np.maximum(values, 1e-300)), index=q.index)


def _motifs(motifs: list[Motif], table: pd.DataFrame) -> Table:
    rows = table.set_index("kmer")
    frame = pd.DataFrame(
        {
            "motif": np.arange(1, len(motifs) + 1),
            "strength": ["weak" if is_weak(one, motifs) else "strong" for one in motifs],
            "logo": [logo(one) for one in motifs],
            "consensus": [one.consensus for one in motifs],
            "reverse": [reverse_complement(one.consensus) for one in motifs],
            "kmers": [len(one.members) for one in motifs],
            "count": [one.count for one in motifs],
            "q": [strength(rows.loc[list(one.members), "q"]).max() for one in motifs],
        }
    )
    return Table(
        name="kmers-motifs",
        frame=frame,
        columns=(
            Column(field="motif", title="Motif", kind="number"),
            Column(
                field="strength",
                title="Strength",
                help=f"Weak: the sum of counts is below {100 * WEAK:.0f} % of that of the first motif.",
            ),
            Column(field="q", title="Lowest q (-log10)", kind="number", digits=1),
            Column(
                field="count",
                title="Sum of counts",
                kind="bar",
                help="Occurrences of its k-mers at important positions; overlapping k-mers count each.",
            ),
            Column(field="logo", title="Logo (bits)", kind="picture"),
            Column(field="consensus", title="Consensus"),
            Column(field="reverse", title="Reverse complement"),
            Column(field="kmers", title="K-mers", kind="number", help="Enriched k-mers that were joined."),
        ),
        caption="Motifs of overlapping enriched k-mers, by the significance of their first one. Both strands are one. "
        "A logo shows how alike its k-mers are, not how strong the motif is.",
    )


def _kmers(table: pd.DataFrame, motif: dict[str, int]) -> Table:
    top = table.head(ROWS)
    frame = pd.DataFrame(
        {
            "kmer": top["kmer"],
            "reverse": [reverse_complement(str(kmer)) for kmer in top["kmer"]],
            "motif": top["kmer"].map(motif).astype(float),
            "count": top["count"],
            "background": 1e6 * top["background"],
            "odds_ratio": top["odds_ratio"],
            "q": strength(top["q"]),
            "gc": 100 * (1 - top["at_content"]),
            "log_odds": top["log_odds"],
        }
    )
    return Table(
        name="kmers-enriched",
        frame=frame.reset_index(drop=True),
        columns=(
            Column(field="kmer", title="K-mer"),
            Column(field="reverse", title="Reverse complement"),
            Column(field="motif", title="Motif", kind="number", help="Number in the table of motifs; NA: in none."),
            Column(field="count", title="Count", kind="bar", help="Occurrences at important positions."),
            Column(
                field="background",
                title="Elsewhere (per million)",
                kind="number",
                digits=1,
                help="Per million k-mers at the other positions of introgressed windows.",
            ),
            Column(field="odds_ratio", title="Odds ratio", kind="number", digits=1),
            Column(
                field="q",
                title="q (-log10)",
                kind="number",
                digits=1,
                help="q of 0.01 is 2. One-sided hypergeometric test, corrected (Benjamini and Hochberg).",
            ),
            Column(field="gc", title="GC content (%)", kind="number", digits=0),
            Column(
                field="log_odds",
                title="Log odds (nats)",
                kind="number",
                digits=2,
                help="Introgressed class against the depleted one, over all positions.",
            ),
        ),
        caption=f"{len(frame):,} of {len(table):,} k-mers at important positions, the most significant first; both "
        "strands are one.",
        search=True,
    )
