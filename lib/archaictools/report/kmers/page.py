"""The page of a report of k-mers: its sections in order, what is missing, and the rows that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.report.blocks import Absent, LegendEntry, Page
from archaictools.report.kmers import (
    curves,
    embedding,
    genes,
    headline,
    methods,
    motifs,
    positions,
    provenance,
    tracks,
    training,
)
from archaictools.report.kmers.numbers import interval, number
from archaictools.report.kmers.verdict import judgement

if TYPE_CHECKING:
    from archaictools.report.kmers.results import KmerResults

#: Sections in the order of the page.
SECTIONS = (
    headline,
    training,
    curves,
    positions,
    motifs,
    embedding,
    genes,
    tracks,
    methods,
    provenance,
)


def kmer_page(results: KmerResults, *, title: str | None = None) -> Page:
    """Return the page of a report of k-mers; its title is the one given, or a general one."""
    found = [module.section(results) for module in SECTIONS]
    shared = [one for module in (embedding, tracks) for one in module.datasets(results)]
    sections = tuple(one for one in found if one is not None and not isinstance(one, Absent))
    return Page(
        title=title or "K-mers of a reference genome",
        subtitle=_subtitle(results),
        sections=sections,
        absent=tuple(one for one in found if isinstance(one, Absent)),
        datasets=tuple(shared),
        legend=_legend(results) if any(one.id == tracks.ID for one in sections) else (),
    )


def _subtitle(results: KmerResults) -> str:
    found = judgement(results)
    if found is None:
        return "The verdict on the model was not given"
    return (
        f"Verdict: {found.verdict}. AUROC {number(found.test['auroc'])} ({interval(found.test, 'auroc')}) on "
        f"{number(found.test['n'], 0)} test windows"
    )


def _legend(results: KmerResults) -> tuple[LegendEntry, ...]:
    """Return the colours of segments."""
    if results.segments is None or not len(results.segments):
        return ()
    return (
        LegendEntry(label="Segment in windows that the model has not seen", colour=tracks.UNSEEN),
        LegendEntry(label="Segment that shares bases with training", colour=tracks.SEEN_COLOUR, shape="outline"),
    )
