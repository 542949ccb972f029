"""The report of people: its sections in the order in which they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.errors import shorten
from archaictools.report.blocks import Absent, LegendEntry, Page, Section
from archaictools.report.people import (
    accuracy,
    amounts,
    browser,
    candidates,
    genes,
    headline,
    karyogram,
    landscape,
    lengths,
    match_rate,
    methods,
    provenance,
    sharing,
)

if TYPE_CHECKING:
    from archaictools.report.people.results import PeopleResults

#: Each makes one section, or states why it is left out, in the order of the page.
SECTIONS = (
    headline,
    amounts,
    karyogram,
    landscape,
    lengths,
    sharing,
    match_rate,
    genes,
    candidates,
    browser,
    accuracy,
    methods,
    provenance,
)
#: Those whose charts and tracks share rows.
WITH_DATASETS = (karyogram, landscape, browser)


def people_page(results: PeopleResults, *, title: str | None = None) -> Page:
    """Return the page of results of people.

    Parameters
    ----------
    results
        Segments of people, and what belongs to them.
    title
        Title of the page; None for one made of the names of the people.
    """
    made = [module.section(results) for module in SECTIONS]
    return Page(
        title=title or _title(results),
        subtitle=_subtitle(results),
        sections=tuple(section for section in made if isinstance(section, Section)),
        absent=tuple(section for section in made if isinstance(section, Absent)),
        datasets=tuple(dataset for module in WITH_DATASETS for dataset in module.datasets(results)),
        legend=tuple(
            LegendEntry(label=source.label, colour=source.colour, shape=source.shape) for source in results.named
        ),
    )


def _title(results: PeopleResults) -> str:
    names = list(dict.fromkeys(sample for sample, _ in results.haplotypes))
    return f"Archaic segments of {shorten(names[0]) if len(names) == 1 else f'{len(names):,} people'}"


def _subtitle(results: PeopleResults) -> str:
    """Return the chromosomes, the genome and the number of segments, in one line."""
    chromosomes = list(results.lengths)
    shown = ", ".join(map(shorten, chromosomes[:3])) + (
        f" and {len(chromosomes) - 3:,} more" if len(chromosomes) > 3 else ""
    )
    genome = "" if results.build == "genome" else f" of {results.build}"
    return f"{shown}{genome}; {len(results.haplotypes):,} haplotypes, {len(results.segments):,} segments"
