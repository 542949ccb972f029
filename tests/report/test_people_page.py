"""The whole page of people: its legend."""

from __future__ import annotations

import dataclasses

from archaictools.report.people.page import people_page
from synthetic_people import people


def labels(results) -> list[str]:
    return [entry.label for entry in people_page(results).legend]


def test_the_legend_has_the_genomes_given_and_sources_that_occur():
    results = people(1, genes=0)
    named = results.segments["source"]
    for kept, expected in (
        (named.isin(["AltaiNea", "unmatched"]), ["AltaiNea", "Denisova", "unmatched"]),
        (named == "ambiguous", ["AltaiNea", "Denisova", "ambiguous"]),
        (named == "", ["AltaiNea", "Denisova"]),
    ):
        assert set(named[kept]) == set(expected) - {"AltaiNea", "Denisova"} | ({"AltaiNea"} & set(named[kept]))
        assert labels(dataclasses.replace(results, segments=results.segments[kept])) == expected
