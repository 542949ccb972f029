"""A run whose calls match no named genome says so."""

from __future__ import annotations

import pandas as pd
import pytest

from archaictools.haplotypes.named_genomes import LEAST_BASES, warn_if_unmatched

HEADER = (
    "sample\thaplotypes\tcallable\tintrogressed\tpercent\tsegments\tmean_length\tlongest\t"
    "Nean_bases\tambiguous_bases\tunmatched_bases\tlength\tunlike_training\n"
)


def people(matched: int, unmatched: int) -> pd.DataFrame:
    """Two people, with all bases of segments in the first."""
    called = [matched + unmatched, 0]
    return pd.DataFrame({"introgressed": called, "Nean_bases": [matched, 0], "unmatched_bases": [unmatched, 0]})


@pytest.mark.parametrize(
    ("matched", "unmatched", "warned"),
    [
        (400_000, 600_000, True),
        (500_000, 500_000, False),  # half
        (0, LEAST_BASES - 1, False),  # too little to tell
    ],
)
def test_most_bases_without_a_match_are_said(caplog, matched, unmatched, warned):
    found = warn_if_unmatched(people(matched, unmatched))
    assert found == ({"another source": "60% of the called bases match no named archaic genome"} if warned else {})
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warned


def test_without_a_named_genome_nothing_is_said():
    assert warn_if_unmatched(pd.DataFrame({"introgressed": [2_000_000]})) == {}


def test_people_without_data_do_not_hide_it():
    table = pd.concat([people(0, 2_000_000), people(0, 0)], ignore_index=True).astype("Int64")
    table.loc[2:] = pd.NA
    assert warn_if_unmatched(table)


def test_joined_people_say_it_together(ok, tmp_path):
    """Each chromosome has too little to tell, both together have enough."""
    for chrom, unmatched in (("one", 60_000), ("two", 30_000)):
        row = f"A\t2\t80000000\t{unmatched + 10_000}\t1\t2\t10000\t20000\t10000\t0\t{unmatched}\t100000\t0\n"
        (tmp_path / f"{chrom}.tsv").write_text(HEADER + row)
    done = ok("merge", tmp_path / "one.tsv", tmp_path / "two.tsv", "--out", tmp_path / "both.tsv")
    assert "82% of the called bases match no named archaic genome" in done.err
    assert "their source may be another one" in done.err
    assert "another source: 82% of the called bases" in done.out
