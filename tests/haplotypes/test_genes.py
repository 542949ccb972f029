"""Genes over segments of people."""

from __future__ import annotations

import pandas as pd
import pytest


def test_genes_that_carry_segments(ok, tmp_path):
    segments = tmp_path / "s.tsv"
    segments.write_text(
        "chrom\tstart\tend\tsample\thaplotype\tposterior\tsource\tseen\n"
        "chr1\t100\t300\tA\t1\t0.9\tAltai\t0\n"
        "chr1\t250\t400\tA\t2\t0.7\tAltai\t0\n"
        "chr1\t280\t320\tB\t1\t0.8\tambiguous\t0\n"
        "chr2\t0\t50\tB\t1\t0.6\tunmatched\t0\n"
    )
    genes = tmp_path / "g.bed"
    genes.write_text("chr1\t200\t600\tG1\t0\t+\nchr1\t700\t800\tG2\t0\t-\nchr1\t390\t410\tG3\t0\t-\n")
    ok("genes", segments, "--annotation", genes, "--out", tmp_path / "o.tsv", "--bed", tmp_path / "o.bed")
    table = pd.read_csv(tmp_path / "o.tsv", sep="\t").set_index("gene")
    assert table.loc["G1", ["haplotypes", "people"]].tolist() == [3, 2]
    assert table.loc["G1", "fraction"] == pytest.approx(200 / 400)
    assert table.loc["G1", "mean"] == pytest.approx(0.8)
    assert table.loc["G1", "sources"] == "Altai:2,ambiguous:1"
    assert table.loc["G3", ["haplotypes", "fraction"]].tolist() == [1, 0.5]
    assert table.loc["G2", "haplotypes"] == 0
    assert (tmp_path / "o.bed").read_text().split("\n")[0] == "chr1\t200\t600\tG1\t900\t+"
    # Those of a posterior below the threshold carry nothing, and are counted.
    result = ok("genes", segments, "--annotation", genes, "--threshold", 0.8, "--out", tmp_path / "o.tsv")
    table = pd.read_csv(tmp_path / "o.tsv", sep="\t").set_index("gene")
    assert table.loc["G1", ["haplotypes", "people", "sources"]].tolist() == [2, 2, "Altai:1,ambiguous:1"]
    assert table.loc["G1", "fraction"] == pytest.approx(120 / 400)
    assert table.loc["G3", "haplotypes"] == 0
    assert "segments below 0.8, not used: 2" in result.out


def test_genes_of_segments_elsewhere_or_of_none(ok, tmp_path):
    """A gene that nobody's segment overlaps has 0 carriers; without any segment it is not known whether it was read."""
    header = "chrom\tstart\tend\tsample\thaplotype\tposterior\tsource\tseen\n"
    (tmp_path / "g.bed").write_text("chr1\t700\t800\tG2\t0\t-\n")
    nobody, unknown = ["G2", "0", "0", "0", "."], ["G2", "NA", "NA", "NA", "NA"]
    for name, rows, expected in (
        ("elsewhere", "chr1\t100\t300\tA\t1\t0.9\tAltai\t0\n", nobody), ("none", "", unknown)
    ):  # fmt: skip
        (tmp_path / f"{name}.tsv").write_text(header + rows)
        ok("genes", tmp_path / f"{name}.tsv", "--annotation", tmp_path / "g.bed", "--out", tmp_path / "o.tsv", "--bed",
           tmp_path / "o.bed")  # fmt: skip
        table = pd.read_csv(tmp_path / "o.tsv", sep="\t", keep_default_na=False, dtype=str)
        assert table.loc[0, ["gene", "haplotypes", "people", "fraction", "sources"]].tolist() == expected
        assert (tmp_path / "o.bed").read_text() == ""
