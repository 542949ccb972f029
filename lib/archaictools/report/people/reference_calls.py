"""Archaic genomes whose file has no REF calls, and what that does to calls, sources and match rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.report.wording import joined

if TYPE_CHECKING:
    from archaictools.haplotypes.lineages import Source
    from archaictools.report.people.results import PeopleResults


def without_reference(results: PeopleResults) -> list[Source]:
    """Return the archaic genomes whose file has no REF calls.

    Without facts of haplotypes.h5, these are genomes of which missing calls were compared.
    """
    if results.encoded is not None:
        calls = results.encoded.reference_calls
        return [source for source in results.archaic if not calls.get(source.name, True)]
    segments = results.segments
    return [
        source
        for source in results.archaic
        if (segments[f"{source.name}_compared"] > segments[f"{source.name}_called"]).any()
    ]


def missing_archaic_calls(results: PeopleResults) -> str | None:
    """Return how missing calls of the archaic genomes were read, and what that does; None with REF calls."""
    given = results.encoded.provenance.get("parameters", {}) if results.encoded else {}
    if results.archaic and given.get("archaic_missing") == "reference":
        return (
            "Missing archaic calls were read as REF, by the model and for sources (--archaic-missing reference). "
            "Where a genome was not genotyped, match rates are too low."
        )
    if not (lacking := without_reference(results)):
        return None
    names = joined([source.label if source.label == source.name else f"{source.label} ({source.name})"
                    for source in lacking])  # fmt: skip
    return (
        f"The file of {names} has no REF calls, so a missing call can be REF or not genotyped. The model reads it as "
        "not genotyped; sources and match rates count it as a mismatch. So match rates are too low, and more "
        "segments unmatched."
    )
