"""The table of candidates: which windows are shown, in which order, and what was not observed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from archaictools.errors import InputError
from archaictools.report.blocks import Absent, Facts, Table
from archaictools.report.people.candidates import MOST_ROWS, candidate_table, section
from archaictools.report.people.loading import PeopleFiles, load_people_results
from archaictools.report.people.methods import cited
from helpers import ROOT
from synthetic_people import people

DATA = ROOT / "test-data"


def windows(**columns):
    """Six windows of two chromosomes, of which the browser has one; two are candidates, one is of a locus."""
    table = pd.DataFrame(
        {
            "chrom": ["chr20", "chr20", "chr20", "chr20", "chr20", "chr9"],
            "start": [0, 40_000, 80_000, 80_000, 120_000, 0],
            "source": ["A", "A", "A", "B", "A", "A"],
            "archaic_sites": [3, 4, 5, 2, 0, 9],
            "U": [2.0, 0, 4, 1, np.nan, 7],
            "Q95": [0.7, 0.1, 0.9, 0.6, np.nan, 0.8],
            "segment_frequency": [0.0, 0.1, 0.25, np.nan, np.nan, 0.5],
            "segment_population": ["NA", "CEU", "CEU", "NA", "NA", "CEU"],
            "rank": [2.0, 3, 1, 1, np.nan, 1],
            "candidate": [1.0, 0, 1, 0, np.nan, 1],
            "locus": [".", "BNC2,EPAS1", "BNC2", ".", "NA", "."],
        }
    )
    table.insert(2, "end", table["start"] + 40_000)
    return table.assign(**columns)


def test_candidates_come_first_then_windows_of_loci():
    results = dataclasses.replace(people(3), candidates=windows())
    found = candidate_table(results)
    assert found[["start", "rank", "loci", "percent"]].to_numpy().tolist() == [
        [80_000, 1, "BNC2", 25.0], [0, 2, "", 0.0], [40_000, 3, "BNC2,EPAS1", 10.0]
    ]  # fmt: skip
    assert found["population"].tolist() == ["CEU", "", "CEU"]
    page = section(results)
    facts = dict(next(block for block in page.blocks if isinstance(block, Facts)).items)
    assert facts == {"Candidate windows": "2", "Windows scanned": "5", "Published loci among the candidates": "1"}
    table = next(block for block in page.blocks if isinstance(block, Table))
    assert table.search
    assert [column.field for column in table.columns if column.kind == "locus"] == ["locus"]
    assert any("1 candidate of 2 has no segment" in note for note in page.blocks[-1].items)


def test_a_candidate_whose_segments_are_not_known_does_not_count_as_one_without():
    frequency = [np.nan, 0.1, 0.25, np.nan, np.nan, 0.5]
    results = dataclasses.replace(people(3), candidates=windows(segment_frequency=frequency))
    assert any("0 candidates of 1 have no segment" in note for note in section(results).blocks[-1].items)
    unknown = dataclasses.replace(people(3), candidates=windows(segment_frequency=np.nan))
    assert not any("no segment" in note for note in section(unknown).blocks[-1].items)


def test_the_article_of_the_statistics_is_cited():
    assert "racimo" in cited(dataclasses.replace(people(3), candidates=windows()))
    assert "racimo" not in cited(people(3))


def test_no_more_rows_than_a_page_can_hold():
    many = pd.concat([windows()] * MOST_ROWS, ignore_index=True)
    page = section(dataclasses.replace(people(1), candidates=many))
    table = next(block for block in page.blocks if isinstance(block, Table))
    assert len(table.frame) == MOST_ROWS
    assert any(f"of {3 * MOST_ROWS:,} rows are shown" in note for note in page.blocks[-1].items)


def test_without_candidates_one_line_says_how():
    found = section(people(1))
    assert isinstance(found, Absent)
    assert "report --candidates" in found.how


def test_a_table_of_candidates_is_read_and_checked(tmp_path):
    files = PeopleFiles(
        segments=DATA / "called_segments.tsv",
        callable=DATA / "called_callable.bed",
        summary=DATA / "called_people.tsv",
        words=(DATA / "haplotypes.h5",),
        candidates=DATA / "called_candidates.tsv",
    )
    found = candidate_table(load_people_results(files))
    assert found[["start", "U", "percent"]].to_numpy().tolist() == [[200_000, 7, 0]]
    wrong = tmp_path / "c.tsv"
    wrong.write_text(files.candidates.read_text().replace("\t400000\t", "\t400001\t"))
    with pytest.raises(InputError, match="reaches chr1:400,001, but chr1 has 400,000 bp"):
        load_people_results(dataclasses.replace(files, candidates=wrong))
