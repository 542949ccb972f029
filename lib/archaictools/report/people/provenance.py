"""Section on provenance of people: how haplotypes.h5 and the segments were made, and checksums of all files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.report.people.wording import people
from archaictools.report.provenance import provenance_section

if TYPE_CHECKING:
    from archaictools.report.blocks import Section
    from archaictools.report.people.results import PeopleResults


def section(results: PeopleResults) -> Section:
    """Return the section."""
    encoded = results.encoded
    records = [encoded.provenance, *encoded.others] if encoded else []
    records += [results.record, *results.other_records] if results.record else []
    missing = []
    if results.encoded is None:
        missing.append("How haplotypes.h5 was made: give it with --words.")
    if results.record is None:
        missing.append("Model and settings of predict: give the file of 'predict --record' with --record.")
    return provenance_section(records, results.files, missing=missing, to_add=_to_add(results))


def _to_add(results: PeopleResults) -> str:
    """Return the options that the rebuilt command of ``haplotypes`` lacks, as far as its output tells them."""
    names = f"--ingroup ({people(len({sample for sample, _ in results.haplotypes}))})"
    if results.encoded is not None:
        names += f", --outgroup ({people(results.encoded.outgroup)})"
        names += f", --archaic ({', '.join(results.encoded.archaic)})" if results.encoded.archaic else ""
    return f"{names}, outputs and folders"
