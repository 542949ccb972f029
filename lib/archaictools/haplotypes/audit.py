"""Is a split of haplotypes honest? The distance between its sides, and people that several files hold."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, TypedDict

from archaictools.errors import shortlist
from archaictools.io.chromosomes import bare
from archaictools.learning.regions import distance_between_sides
from archaictools.learning.splits import EXCLUDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archaictools.haplotypes.dataset import Genomes
    from archaictools.learning.splits import Split

SCHEMA_VERSION = 1

#: What a model of haplotypes predicts, as reasons of verdicts name it.
UNITS = "bins of haplotypes"


class SplitAudit(TypedDict):
    """What an audit found, as written into metrics.

    ``distance_bp`` is the fewest bases between two sides, None where each chromosome has one side only.
    ``people_on_two_sides`` counts the people that files name alike and give the same tracts, on different sides.
    """

    schema_version: int
    verdict: str
    reason: str
    distance_bp: int | None
    people_on_two_sides: int


def audit_haplotypes(genomes: Genomes, splits: Sequence[Split]) -> SplitAudit:
    """Judge a split of haplotypes, or the worst of its folds.

    All haplotypes of a place are on one side, so two things can leak: a tract that crosses from one side to another,
    and people that two files hold.

    Returns
    -------
    SplitAudit
        The verdict is ``leaky`` where the same people are on two sides, ``suspect`` where two sides touch, else
        ``clean``.
    """
    measured = [distance_between_sides(genomes.locations, split.sides(genomes.locations)) for split in splits]
    distance = min((found for found in measured if found is not None), default=None)
    people = _people_on_two_sides(genomes, splits)
    verdict, reason = _verdict(distance, people, splits[0].options.method)
    return SplitAudit(
        schema_version=SCHEMA_VERSION,
        verdict=verdict,
        reason=reason,
        distance_bp=distance,
        people_on_two_sides=len(people),
    )


def _verdict(distance: int | None, people: Sequence[str], method: str) -> tuple[str, str]:
    if people:
        return "leaky", f"files name {shortlist(people)} alike and give them the same tracts, on different sides"
    if distance is None:
        return "clean", "whole chromosomes of all haplotypes are held out"
    if distance:
        return "clean", f"{distance:,} bp or more lie between the sides; only a longer tract can be on both"
    remedy = (
        "leave some bp between the regions of the fold file" if method == "file" else "leave out some bp with --gap"
    )
    return "suspect", f"the sides touch, so a tract can be on both; {remedy}"


def _people_on_two_sides(genomes: Genomes, splits: Iterable[Split]) -> list[str]:
    """Return the people whose tracts on a chromosome are the same in two files, on different sides; sorted."""
    if len(genomes.sources) < 2:
        return []
    locations = genomes.locations
    number = {name: index for index, name in enumerate(locations.names)}
    units = defaultdict(set)
    for unit in genomes.units:
        for (sample, side), tracts in zip(unit.words.haplotypes, unit.words.truth(unit.chrom), strict=True):
            if tracts.any():
                digest = hashlib.sha256(tracts.tobytes()).digest()
                units[bare(unit.chrom), sample, side, digest].add(unit.name)
    shared = {(sample, pair) for (_, sample, _, _), names in units.items() for pair in combinations(sorted(names), 2)}
    found = set()
    for split in splits if shared else ():
        sides = split.sides(locations)
        for sample, pair in shared:
            one, other = (sides[locations.chrom == number[name]] for name in pair)
            if ((one != other) & (one != EXCLUDED) & (other != EXCLUDED)).any():
                found.add(sample)
    return sorted(found)
