"""Section on provenance of k-mers: how words and model were made, and checksums of all files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archaictools.report.provenance import provenance_section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archaictools.report.blocks import Section
    from archaictools.report.kmers.results import KmerResults


def section(results: KmerResults) -> Section:
    """Return the section."""
    trained: Mapping[str, Any] = results.model["provenance"] if results.model else {}
    tokenized = results.words["provenance"] if results.words else trained.get("words") or {}
    missing = []
    if not trained:
        missing.append("How the model was trained: give it with --model.")
    if not tokenized:
        missing.append("How the words were made: give them with --words.")
    return provenance_section([tokenized, trained], results.files, missing=missing)
