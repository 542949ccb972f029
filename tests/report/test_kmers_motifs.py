"""Motifs of the report of k-mers contain what was planted; logos are equal for equal motifs."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from archaictools.io.dna import encode
from archaictools.io.dna import reverse_complement as other_strand
from archaictools.report.blocks import Absent
from archaictools.report.kmers import motifs
from archaictools.report.kmers.alignment import Motif, align, information, reverse_complement
from archaictools.report.kmers.logos import logo
from archaictools.report.kmers.results import KmerResults
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.explain.enrichment import COLUMNS, kmers_at
from helpers import PLANTED as TEST_DATA
from synthetic_kmers import PLANTED


def planted_table(count=1_500, seed=3):
    """Enriched 10-mers of windows as in test-data: planted 12-mers on both strands at offsets 100 to 169."""
    rng = np.random.default_rng(seed)
    encoding = KmerEncoding(k=10, size=200)
    codes = rng.integers(0, 4, size=(count, 200)).astype(np.uint8)
    label = (np.arange(count) < 2 * count // 3).astype(np.int8)
    for row in np.flatnonzero(label):
        word = encode(PLANTED[rng.integers(4)])
        place = rng.integers(100, 170)
        codes[row, place : place + 12] = other_strand(word) if rng.integers(2) else word
    important = np.zeros(191, dtype=bool)
    important[91:182] = True
    return kmers_at(important, [(encoding.ids(codes), label)], encoding)


@pytest.fixture(scope="module")
def table():
    return planted_table()


def test_planted_words_are_those_of_the_test_data():
    assert set(PLANTED) <= set((TEST_DATA / "README.md").read_text().split())


def test_top_motifs_contain_the_planted_words(table):
    found = [one.consensus for one in motifs.motifs_of(table)[:4]]
    both = [{text, reverse_complement(text)} for text in found]
    for word in PLANTED:
        assert any(any(word in text for text in pair) for pair in both), (word, found)


def test_columns_count_every_base_of_every_member(table):
    """The bases of a motif before its ends are cut: counts times k, in all."""
    for one in motifs.motifs_of(table)[:4]:
        assert one.weights.sum() <= 10 * one.count
        assert one.weights.max(axis=0).max() <= one.count
        counts = table.set_index("kmer")["count"]
        assert one.count == counts[list(one.members)].sum()


def test_alignment_by_hand():
    kmers = ["GATTACA", "TGTAATC", "ATTACAC", "CCCCCCC"]
    first, second = align(kmers, [10, 5, 3, 1], most=5)
    assert first.members == ("GATTACA", "TGTAATC", "ATTACAC")  # the second is the other strand of the first
    assert first.consensus == "GATTACAC"
    assert first.weights[0].tolist() == [0, 0, 15, 0]
    assert first.weights[1].tolist() == [18, 0, 0, 0]
    assert second.members == ("CCCCCCC",)


def test_a_differing_base_or_a_short_overlap_does_not_join():
    assert [one.members for one in align(["GATTACAGG", "GATCACAGG"], [2, 1], most=5)] == [
        ("GATTACAGG",),
        ("GATCACAGG",),
    ]
    # 6 of 9 bases overlap, and 7 are needed
    assert len(align(["AACCGGTAC", "CGGTACTTT"], [2, 1], most=5)) == 2


def test_information_is_shannons():
    weights = np.array([[400.0, 0, 0, 0], [100, 100, 100, 100], [200, 200, 0, 0]])
    bits = information(weights).sum(axis=1)
    for row, found in zip(weights, bits, strict=True):
        share = (row + 0.5) / (row.sum() + 2)
        assert found == pytest.approx(2 + (share * np.log2(share)).sum())
    assert bits[1] == pytest.approx(0, abs=1e-9)
    assert bits[0] > 1.95


def test_every_kmer_is_in_one_motif_at_most(table):
    members = Counter(kmer for one in motifs.motifs_of(table) for kmer in one.members)
    assert set(members.values()) == {1}


def test_a_logo_is_small_plain_and_always_the_same():
    motif = Motif(members=("AC",), count=3, weights=np.array([[30.0, 0, 0, 3], [0, 20, 20, 0]]))
    svg = logo(motif)
    assert svg == logo(motif)
    assert len(svg) < 12_000
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert "currentColor" in svg  # the colour of the page, light or dark
    assert "#888888" not in svg
    assert not re.search(r"\bid=|<style|<metadata|20\d\d-\d\d|href", svg)
    assert "#000000" not in svg


def test_section_names_motifs_and_rule(table):
    found = motifs.section(KmerResults(kmers=table))
    rows = found.blocks[1].frame
    assert [column.field for column in found.blocks[1].columns[:5]] == ["motif", "strength", "q", "count", "logo"]
    assert found.blocks[1].columns[4].kind == "picture"
    assert rows["strength"].tolist() == [
        "weak" if count < 0.1 * rows["count"][0] else "strong" for count in rows["count"]
    ]
    assert rows["logo"].str.startswith("<svg").all()
    assert rows["consensus"].iloc[0] in found.lead
    assert "at least 7 bases" in " ".join(found.blocks[2].items)
    kmers = found.blocks[3].frame
    assert kmers["motif"].iloc[0] == 1
    expected = -np.log10(table["q"].iloc[0])
    assert kmers["q"].iloc[0] == pytest.approx(min(300, expected))


def test_no_enriched_kmer_is_said():
    row = {"kmer": "ACGTA", "count": 5, "background": 0.1, "odds_ratio": 1.1, "p": 0.4, "q": 0.6}
    found = motifs.section(KmerResults(kmers=pd.DataFrame([row | {"at_content": 0.6, "log_odds": 0.1}])))
    assert "No k-mer is enriched" in found.lead
    assert "no motif" in motifs.section(KmerResults(kmers=pd.DataFrame(columns=COLUMNS))).lead
    assert isinstance(motifs.section(KmerResults()), Absent)


def test_weak_motifs_are_counted_and_compared_with_strong_ones():
    weights = np.zeros((8, 4))
    weights[np.arange(8), [2, 0, 3, 3, 0, 1, 0, 1]] = 9.0  # GATTACAC
    strong = Motif(members=("GATTACAC",), count=1_000, weights=weights)
    other = Motif(members=("CCCCCCCC",), count=99, weights=np.tile([0, 9.0, 0, 0], (8, 1)))
    same = Motif(members=("GATTACAC",), count=99, weights=weights)
    almost = Motif(members=("CCCCCCCC",), count=100, weights=np.tile([0, 9.0, 0, 0], (8, 1)))
    assert motifs.summary([strong, almost]) == "2 strong motifs, no weak one."
    assert motifs.summary([strong, other]) == "1 strong motif, 1 weak one."
    assert (
        motifs.summary([strong, same, same])
        == "1 strong motif, 2 weak ones, all of which share bases with strong ones."
    )
    assert "2 weak ones, 1 of which share" in motifs.summary([strong, same, other])


def test_weak_motifs_are_doubted(table):
    rows = motifs.section(KmerResults(kmers=table)).blocks[1].frame
    weak = int((rows["strength"] == "weak").sum())
    said = motifs.doubts(KmerResults(kmers=table))
    assert bool(said) == (weak > 0)
    assert not said or said[0].startswith(f"{weak} of {len(rows)} ")
