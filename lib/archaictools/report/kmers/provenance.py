"""Section on provenance of k-mers: how words, model and predictions were made, and checksums of all files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archaictools.report.kmers.numbers import known
from archaictools.report.kmers.verdict import measures_of
from archaictools.report.provenance import provenance_section
from archaictools.report.wording import listed

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
    records = [tokenized, with_choices(trained, results), results.record or {}]
    return provenance_section(records, results.files, missing=missing)


def with_choices(trained: Mapping[str, Any], results: KmerResults) -> Mapping[str, Any]:
    """Return a record of training whose automatic settings (0 or an empty list) say what was chosen for them."""
    found = measures_of(results) or {}
    used = found.get("training") or {}
    chromosomes = (found.get("split") or {}).get("chromosomes") or {}
    parameters = dict(trained.get("parameters") or {})
    chosen = {name: str(used[name]) for name in ("batch_size", "learning_rate") if known(used.get(name))}
    for side in ("test", "validation"):
        if chromosomes.get(side):
            chosen[f"{side}_chromosomes"] = listed(chromosomes[side])
    for name, value in chosen.items():
        if name in parameters and not parameters[name]:
            parameters[name] = f"chosen automatically: {value}"
    return {**trained, "parameters": parameters} if parameters else trained
