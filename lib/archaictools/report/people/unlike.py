"""People and chromosomes unlike the training of the model: no share of theirs stands without this mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.errors import shortlist
from archaictools.haplotypes.likeness import RELIABLE
from archaictools.haplotypes.people_file import UNLIKE
from archaictools.report.people.wording import people
from archaictools.report.provenance import is_pretrained

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archaictools.haplotypes.likeness import Density
    from archaictools.report.people.results import PeopleResults


def chromosomes_unlike(results: PeopleResults) -> Mapping[str, tuple[Density, ...]]:
    """Return the densities outside of the range of the training, by chromosome, as haplotypes.h5 tells.

    The range is that of the pretrained model. There are none if the calls are of another model.
    """
    if results.encoded is None:
        return {}
    if UNLIKE in results.people:
        compared = bool(results.people[UNLIKE].notna().any())
    else:
        compared = results.record is None or is_pretrained(results.record)
    return results.encoded.unlike_training if compared else {}


def people_unlike(results: PeopleResults) -> list[str]:
    """Return the people with callable bases on chromosomes unlike the training, as people.tsv tells."""
    if UNLIKE not in results.people:
        return []
    return results.people.loc[(results.people[UNLIKE] > 0).fillna(False).astype(bool), "sample"].astype(str).tolist()  # noqa: FBT003


def unlike_fact(results: PeopleResults) -> str:
    """Return who or what is unlike the training in few words; empty if nothing is."""
    names = people_unlike(results)
    if names:
        return f"{len(names):,} of {people(len(results.people))}"
    return shortlist(list(chromosomes_unlike(results)))


def unlike_sentence(results: PeopleResults) -> str:
    """Return a sentence on how reliable posteriors are, for places that show a share; empty if all are like it."""
    what = unlike_fact(results)
    if not what:
        return ""
    return f"Unlike the model's training: {what}. {RELIABLE}."
