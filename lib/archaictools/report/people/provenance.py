"""Section on provenance of people: how haplotypes.h5 and the segments were made, and checksums of all files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.report.provenance import provenance_section

if TYPE_CHECKING:
    from archaictools.report.blocks import Section
    from archaictools.report.people.results import PeopleResults


def section(results: PeopleResults) -> Section:
    """Return the section."""
    records = [results.encoded.provenance if results.encoded else {}, results.record or {}]
    missing = []
    if results.encoded is None:
        missing.append("How haplotypes.h5 was made: give it with --words.")
    if results.record is None:
        missing.append("Model and settings of predict: give the file of 'predict --record' with --record.")
    return provenance_section(records, results.files, missing=missing)
