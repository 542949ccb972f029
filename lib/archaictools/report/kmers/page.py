"""The page of a report of k-mers: its sections in order, what is missing, and the rows that they share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archaictools.report.blocks import Absent, LegendEntry, Notes, Page, Section
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
from archaictools.report.kmers.verdict import Judgement, judgement

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

#: Sections that mean something only if the model has skill.
_INTERPRET = frozenset(module.ID for module in (positions, motifs, embedding, genes, tracks))

_CAUTIONS = {
    "no skill": "The model has no skill: what follows is no evidence of introgression.",
    "leaky": "The split is leaky: what follows may show what the model remembers, not what it has learnt.",
}


def kmer_page(results: KmerResults, *, title: str | None = None) -> Page:
    """Return the page of a report of k-mers; its title is the one given, or a general one."""
    verdict = judgement(results)
    found = [_cautioned(module.section(results), verdict) for module in SECTIONS]
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


def _cautioned(section: Section | Absent, verdict: Judgement | None) -> Section | Absent:
    """Return a section that interprets the model with a warning on top, unless the model has skill."""
    caution = _CAUTIONS.get(verdict.verdict) if verdict else None
    if caution is None or isinstance(section, Absent) or section.id not in _INTERPRET:
        return section
    return replace(section, blocks=(Notes(items=(caution,), warning=True), *section.blocks))


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
