"""The table of genes: shares of what was read, and NA where nothing was."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from archaictools.report.blocks import Absent, Facts, Notes, Table
from archaictools.report.people import browser
from archaictools.report.people.genes import gene_table, haplotypes_with_data, section
from synthetic_people import people


def table_of(results) -> Table:
    return next(block for block in section(results).blocks if isinstance(block, Table))


def test_rows_equal_the_table_of_genes():
    results = people(5, per_mb=3, genes=400)
    found = gene_table(results).set_index("gene")
    genes = results.genes.set_index("gene")
    assert set(found.index) == set(genes.index)
    for name in ("chrom", "start", "end", "haplotypes", "people", "mean", "max"):
        pd.testing.assert_series_equal(found[name], genes[name].loc[found.index], check_dtype=False)
    assert found["share"].to_numpy() == pytest.approx(100 * genes["haplotypes"].loc[found.index].to_numpy() / 10)
    order = found[["haplotypes", "max"]].fillna(-1).apply(tuple, axis=1).tolist()
    assert order == sorted(order, reverse=True)
    assert (found["origin"].loc[genes.index[genes["haplotypes"] == 0]] == "").all()
    some = genes.index[genes["haplotypes"] > 1][0]
    counts = {part.rsplit(" ", 1)[0]: part.rsplit(" ", 1)[1] for part in found.loc[some, "origin"].split(", ")}
    assert counts == dict(part.split(":") for part in genes.loc[some, "sources"].split(","))


def test_genes_that_were_not_read_are_na_and_last():
    results = people(2, genes=30)
    genes = results.genes.astype({"haplotypes": "Int64", "people": "Int64"})
    unread = [3, 17]
    genes.loc[unread, ["haplotypes", "people"]] = pd.NA
    genes.loc[unread, ["mean", "max", "fraction"]] = np.nan
    genes.loc[unread, "sources"] = "NA"
    genes.loc[unread, "read"] = 0.0
    results = dataclasses.replace(results, genes=genes)
    found = gene_table(results)
    assert set(found["gene"].tail(2)) == set(genes.loc[unread, "gene"])
    assert found[["haplotypes", "people", "share", "covered"]].tail(2).isna().all(axis=None)
    assert found["known"].tail(2).tolist() == [0, 0]
    assert (found["haplotypes"].iloc[:-2] >= 0).all()
    page = section(results)
    facts = dict(next(block for block in page.blocks if isinstance(block, Facts)).items)
    assert facts["Genes not read"] == "2"
    assert facts["Genes read"] == "28"
    assert facts["Genes with archaic sequence"] == str(int((genes["haplotypes"] > 0).sum()))
    assert "2 of the genes listed were not read" in page.blocks[-1].items[-1]


def test_haplotypes_with_data_equal_brute_force():
    rng = np.random.default_rng(5)
    read = np.zeros(1_000, dtype=int)
    rows = []
    for start, end in np.sort(rng.choice(1_000, size=30, replace=False)).reshape(-1, 2):
        count = int(rng.integers(1, 9))
        read[start:end] = count
        rows.append(("7", start, end, count))
    results = dataclasses.replace(
        people(4, lengths={"7": 3_000_000}),
        callable=pd.DataFrame(rows, columns=["chrom", "start", "end", "haplotypes"]).sample(frac=1, random_state=1),
    )
    start = rng.integers(0, 990, 200)
    loci = pd.DataFrame({"chrom": "7", "start": start, "end": start + rng.integers(1, 10, 200)})
    loci.loc[5, "chrom"] = "8"
    expected = [read[a:b].max() if c == "7" else 0 for c, a, b in loci.itertuples(index=False)]
    assert haplotypes_with_data(results, loci).tolist() == expected


def test_labels_of_sources_and_names_with_signs():
    results = people(1, archaic=("A,1:2", "B"), genes=4)
    labelled = tuple(
        dataclasses.replace(source, label="Neanderthal") if source.name == "A,1:2" else source
        for source in results.sources
    )
    genes = results.genes.assign(sources="A,1:2:3,ambiguous:11", haplotypes=5)
    found = gene_table(dataclasses.replace(results, genes=genes, sources=labelled))
    assert set(found["origin"]) == {"ambiguous 11, Neanderthal 3"}


def test_without_genes_one_line_says_how():
    found = section(dataclasses.replace(people(1), genes=None))
    assert isinstance(found, Absent)
    assert "archaictools genes" in found.how
    assert "--genes" in found.how


def test_no_gene_and_forty_thousand():
    results = people(2, genes=10)
    empty = section(dataclasses.replace(results, genes=results.genes.iloc[:0]))
    assert table_of(dataclasses.replace(results, genes=results.genes.iloc[:0])).frame.empty
    assert not [block for block in empty.blocks if isinstance(block, Notes) and "not read" in " ".join(block.items)]
    many = pd.concat([results.genes] * 4_000, ignore_index=True)
    assert len(table_of(dataclasses.replace(results, genes=many)).frame) == 40_000


def test_genes_of_chromosomes_that_were_not_read_are_counted_but_not_listed():
    """A locus that the browser does not have cannot be shown; the genes there are unknown, not free."""
    results = people(2, lengths={"chr20": 9_000_000, "chr21": 9_000_000}, genes=40)
    genes = results.genes.astype({"haplotypes": "Int64", "people": "Int64"})
    elsewhere = pd.Series(["chr1", "chrUn_1", "chr22"] + ["chr20"] * 37)
    genes["chrom"] = elsewhere
    genes.loc[:3, ["haplotypes", "people"]] = pd.NA  # the fourth lies on chr20, in a gap
    results = dataclasses.replace(
        results, genes=genes, lengths=dict(results.lengths) | {"chr22": 9_000_000}, segments=results.segments.iloc[:0]
    )
    page = section(results)
    table = table_of(results).frame
    assert set(table["chrom"]) == {"chr20"}
    assert len(table) == 37
    assert set(table["gene"][table["haplotypes"].isna()]) == {genes["gene"][3]}
    facts = dict(next(block for block in page.blocks if isinstance(block, Facts)).items)
    assert facts["Genes not read"] == "1"
    assert facts["Genes on chromosomes that were not read, not listed"] == "3"
    assert "3 genes on chromosomes that were not read are not listed" in page.lead
    assert "not 0" in page.lead
    tracks = {each.name: each.frame for each in browser.datasets(results)}
    assert set(tracks["gene-track"]["chrom"]) == {"chr20"}
    assert "not listed" not in section(people(2)).lead
