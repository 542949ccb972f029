"""People with more of an archaic lineage than is published for their population: a note, never a filter.

A person is noted if its share of a lineage is above each published one of its region, measured in the same way, by
a factor of :data:`FACTOR`. Of the called bases, :data:`MISNAMED` are allowed for on top, because some segments of one
lineage are named after another. Fewer segments than :data:`FEWEST` are left to chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from archaictools.errors import shortlist
from archaictools.haplotypes.lineages import Lineage
from archaictools.report.people.shares import either_haplotype, of_lineage, per_haplotype
from archaictools.report.people.usual import NOT_EXPECTED, PUBLISHED, REGIONS, region_of
from archaictools.report.people.wording import people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archaictools.report.people.results import PeopleResults
    from archaictools.report.people.usual import Region

#: Shares up to this multiple of the highest published one are not noted: methods differ, and so do single chromosomes.
FACTOR = 2.0

#: Share of the called bases that may be named after a wrong lineage. In simulations 1 % of the bases of Neanderthal
#: tracts were named Denisovan: docs/accuracy.md, 'Sources of segments'.
MISNAMED = 0.02

#: Fewest segments of a lineage in a person that is noted.
FEWEST = 3


def unexpected(results: PeopleResults) -> Iterator[str]:
    """Yield a note for each region and lineage of which some people have more than expected."""
    regions = {name: region_of(label) for name, label in results.populations.items()}
    for region in REGIONS:
        names = [name for name in results.people["sample"] if regions.get(name) == region]
        for lineage in (Lineage.NEANDERTHAL, Lineage.DENISOVAN) if names else ():
            yield from _of_lineage(results, region, lineage, names)


def _of_lineage(results: PeopleResults, region: Region, lineage: Lineage, names: list[str]) -> Iterator[str]:
    published = [row for row in PUBLISHED if row.lineage == lineage and region.label in row.regions]
    if not published and (region.label, lineage) not in NOT_EXPECTED:
        return
    if not any(source.lineage == lineage for source in results.archaic):
        return
    rows = of_lineage(results, lineage)
    shares = {"haplotype": per_haplotype(results, rows), "person": either_haplotype(results, rows)}
    allowed = MISNAMED * per_haplotype(results, results.segments)
    limits = {"haplotype": 0.0} if not published else {}
    for row in published:
        measure = "person" if row.measure == "person" else "haplotype"
        limits[measure] = max(limits.get(measure, 0.0), FACTOR * row.percent[1])
    above = pd.DataFrame({measure: shares[measure] > limit + allowed for measure, limit in limits.items()}).all(axis=1)
    number = rows.groupby("sample").size()
    noted = [name for name in names if above[name] and number.get(name, 0) >= FEWEST]
    if not noted:
        return
    noted.sort(key=lambda name: -shares["haplotype"][name])
    shown = shortlist([f"{name} ({shares['haplotype'][name]:.2f} %, {number[name]:,} segments)" for name in noted])
    usual = (
        f"The highest published share is {max(row.percent[1] for row in published):.1f} %"
        if published
        else "None is listed for this region"
    )
    yield (
        f"More {lineage.value} segments than expected in {people(len(noted))} of {region.name}: {shown}. {usual}. "
        "Check the populations, the outgroup, and the match rates of these segments. No segment was left out."
    )
