"""People with more of a lineage than is published for their population are noted, and nobody else is."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from archaictools.haplotypes.lineages import Lineage, sources_of
from archaictools.report.people import amounts, caveats, headline
from archaictools.report.people.shares import of_lineage
from archaictools.report.people.unexpected import unexpected
from synthetic_people import people

#: Callable bases of both haplotypes of a person.
WHOLE = 60_000_000


def case(percents, population, *, archaic=("AltaiNea", "Denisova"), segments=20):
    """Return results of one person P000 with shares in percent by source, each in a number of segments of equal length.

    Segments are on the first haplotype, end to end.
    """
    base = people(1, archaic=archaic)
    rows, start = [], 0
    for source, percent in percents.items():
        length = round(percent / 100 * WHOLE / segments)
        for _ in range(segments):
            own = {"chrom": "chr20", "start": start, "end": start + length, "haplotype": 1, "source": source}
            rows.append(base.segments.iloc[0].to_dict() | own | {"callable": length})
            start += length
    frame = pd.DataFrame(rows)
    return replace(base, segments=frame, populations={"P000": population})


@pytest.mark.parametrize(
    ("percents", "population", "lineage"),
    [
        ({"AltaiNea": 2.0, "Denisova": 0.15}, "CEU", "Denisovan"),
        ({"AltaiNea": 2.0, "Denisova": 0.15}, "CHB", None),  # 0.2 % is published for East Asia
        ({"AltaiNea": 2.0, "Denisova": 0.5}, "CHB", "Denisovan"),
        ({"AltaiNea": 2.0, "Denisova": 5.0}, "Papuan", None),
        ({"AltaiNea": 2.0, "Denisova": 5.0}, "ASW", None),  # no region, nothing to compare with
        ({"AltaiNea": 2.0, "Denisova": 0.5}, "GIH", None),  # nothing is listed for this lineage there
        ({"AltaiNea": 2.0, "Denisova": 0.03}, "CEU", None),  # as many as are named after the wrong lineage
        ({"AltaiNea": 6.0}, "CEU", "Neanderthal"),
        ({"AltaiNea": 2.0}, "YRI", "Neanderthal"),
        ({"AltaiNea": 0.4}, "YRI", None),
        ({"Denisova": 0.4}, "YRI", "Denisovan"),
        ({"ambiguous": 2.0, "unmatched": 4.0}, "CEU", None),
    ],
)
def test_notes(percents, population, lineage):
    notes = list(unexpected(case(percents, population)))
    assert len(notes) == (lineage is not None)
    if lineage:
        share = percents["Denisova" if lineage == "Denisovan" else "AltaiNea"]
        assert notes[0].startswith(f"More {lineage} segments than expected in 1 person of ")
        assert f"P000 ({share:.2f} %, 20 segments)" in notes[0]
        assert "No segment was left out" in notes[0]


def test_one_or_two_segments_are_left_to_chance():
    for number, noted in ((1, 0), (2, 0), (3, 1)):
        found = case({"AltaiNea": 2.0, "Denisova": 0.3}, "CEU", segments=number)
        assert len(list(unexpected(found))) == noted


def test_the_note_is_in_the_headline_and_beside_the_amounts():
    found = case({"AltaiNea": 2.0, "Denisova": 0.3}, "CEU")
    (note,) = unexpected(found)
    assert note in caveats.caveats(found)
    for section in (headline.section(found), amounts.section(found)):
        assert any(note in getattr(block, "items", ()) for block in section.blocks)
    assert not list(unexpected(replace(found, populations={})))


def test_segments_between_two_genomes_of_a_lineage_count_for_it():
    """Two Denisovans are rarely separated: these segments are ambiguous, but their lineage is not."""
    found = case({"ambiguous": 0.5}, "CEU", archaic=("AltaiNea", "Den1", "Denisova"))
    assert not len(of_lineage(found, Lineage.DENISOVAN))  # a table of an earlier run
    for lineage, closest, expected in (
        ("Denisovan", "Den1,Denisova", Lineage.DENISOVAN),
        ("ambiguous", "Denisova", None),
        ("Neanderthal", "AltaiNea", Lineage.NEANDERTHAL),
    ):
        frame = found.segments.assign(lineage=lineage, closest=closest)
        changed = replace(found, segments=frame)
        for kind in (Lineage.DENISOVAN, Lineage.NEANDERTHAL):
            assert len(of_lineage(changed, kind)) == (20 if kind is expected else 0)
        assert len(list(unexpected(changed))) == (expected is Lineage.DENISOVAN)


def test_labels_tell_the_lineage_of_a_genome():
    found = case({"ARC000": 0.5}, "CEU", archaic=("ARC000",))
    assert not list(unexpected(found))
    labelled = replace(found, sources=sources_of(("ARC000",), {"ARC000": "Denisovan"}))
    assert len(list(unexpected(labelled))) == 1
