"""windows, genes, haplotypes and predict on real data, compared with counts made base by base."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.realdata

LENGTH = 48_129_895


@pytest.fixture(scope="module")
def published(real_data):
    classes = {}
    for name, path in (("introgressed", "akey_intr.hg19.bed.gz"), ("depleted", "akey_depl.hg19.bed.gz")):
        with gzip.open(real_data / path, "rt") as handle:
            rows = [line.split("\t")[:3] for line in handle if line.startswith("chr21\t")]
        classes[name] = np.array([[int(start), int(end)] for _, start, end in rows])
    return classes


@pytest.fixture(scope="module")
def cut(real_data, tmp_path_factory):
    from archaictools.cli.main import main

    folder = tmp_path_factory.mktemp("real")
    for options, name in (([], "merged"), (["--no-merge"], "rows")):
        assert main([
            "windows", "--genome", str(real_data / "hg19.chr21.fa.gz"), "--chromosomes", "chr21", "--quiet",
            "--introgressed", str(real_data / "akey_intr.hg19.bed.gz"), *options,
            "--depleted", str(real_data / "akey_depl.hg19.bed.gz"), "--out", str(folder / f"{name}.bed"),
            "--summary", str(folder / f"{name}.tsv"),
        ]) == 0  # fmt: skip
    return folder


def test_published_regions_are_read_completely(cut, published):
    table = pd.read_csv(cut / "merged.tsv", sep="\t").set_index(["class", "item"])
    for group, rows in published.items():
        bases = np.zeros(LENGTH, dtype=bool)
        for start, end in rows:
            bases[start:end] = True
        edges = np.flatnonzero(np.diff(bases.astype(np.int8), prepend=0, append=0))
        assert table.loc[(group, "rows read"), "count"] == 83_601
        assert table.loc[(group, "rows on chromosomes not asked for"), "count"] == 83_601 - len(rows)
        assert table.loc[(group, "regions after merging"), "count"] == len(edges) // 2
        assert table.loc[(group, "regions after merging"), "bases"] == bases.sum()
    past = published["depleted"][:, 1] > LENGTH
    clipped = table.loc[("depleted", "rows clipped at the chromosome's end")]
    assert clipped["count"] == past.sum() == 4
    assert clipped["bases"] == (published["depleted"][past, 1] - LENGTH).sum()


def test_windows_are_all_windows_without_n(cut, published, real_data):
    with gzip.open(real_data / "hg19.chr21.fa.gz", "rt") as handle:
        next(handle)
        sequence = np.frombuffer(handle.read().replace("\n", "").upper().encode(), dtype=np.uint8)
    assert len(sequence) == LENGTH
    unknown = np.concatenate([[0], np.cumsum(~np.isin(sequence, np.frombuffer(b"ACGT", dtype=np.uint8)))])
    windows = pd.read_csv(cut / "rows.bed", sep="\t", header=None)
    for group, rows in published.items():
        expected = []
        for start, end in rows:
            starts = np.arange(start, min(end, LENGTH) - 199, 200)
            expected.append(starts[unknown[starts + 200] == unknown[starts]])
        found = windows[1][windows[3] == group].to_numpy()
        assert np.sort(np.concatenate(expected)).tolist() == found.tolist()


def test_invalid_scores_of_genes_are_ignored(ok, real_data, tmp_path):
    """The published genes have a GeneID in the score column: the rows are read and counted, the scores ignored."""
    genes = tmp_path / "chr21.bed"
    with gzip.open(real_data / "hg19.genes.bed.gz", "rt") as handle:
        rows = [line for line in handle if line.startswith("chr21\t")]
    genes.write_text("".join(rows))
    table = tmp_path / "t.tsv"
    table.write_text("chrom\tstart\tend\tprobability\nchr21\t9411200\t48119800\t0.75\n")
    result = ok("genes", table, "--annotation", genes, "--out", tmp_path / "g.tsv", "--bed", tmp_path / "g.bed")
    assert f"genes: {len(rows)} in" in result.out
    assert "rows with a score outside 0-1000, ignored" in result.out
    found = pd.read_csv(tmp_path / "g.bed", sep="\t", header=None)
    assert (found[4] == 750).all()


def test_segments_of_ten_people_agree_with_published_ones(ok, real_data, tmp_path):
    """F1 against bases on which two of four published methods agree exceeds the F1 of each method (0.48 to 0.68).

    Each method is compared with bases on which two of the other three agree. The model saw simulated people only."""
    vcf = real_data / "chr21.5YRI_10CEU_Nea_Den.hg19.vcf.gz"
    outgroup = ("NA18486", "NA18488", "NA18489", "NA18498", "NA18499")
    with gzip.open(vcf, "rt") as handle:
        header = next(line for line in handle if line.startswith("#CHROM")).rstrip("\n").split("\t")
    ingroup = [name for name in header[9:] if name.startswith("NA") and name not in outgroup]
    ok("haplotypes", "--vcf", vcf, "--ingroup", ",".join(ingroup), "--outgroup", ",".join(outgroup), "--archaic",
       "Nean", "--archaic-missing", "uncalled", "--out", tmp_path / "w.h5")  # fmt: skip
    ok("predict", "pretrained", tmp_path / "w.h5", "--segments", tmp_path / "s.tsv", "--deserts", tmp_path / "d.bed")
    ours = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    published = pd.read_csv(real_data / "chr21.published_segments.10CEU.tsv", sep="\t")
    hits = called = wanted = 0
    for person in ingroup:
        votes, mine = np.zeros(LENGTH, dtype=np.int8), np.zeros(LENGTH, dtype=bool)
        for _, rows in published[published["sample"] == person].groupby("method"):
            found = np.zeros(LENGTH, dtype=np.int8)
            for start, end in zip(rows["start"], rows["end"], strict=True):
                found[start:end] = 1
            votes += found
        here = ours[ours["sample"] == person]
        for start, end in zip(here["start"], here["end"], strict=True):
            mine[start:end] = True
        agreed = votes >= 2
        hits, called, wanted = hits + int((agreed & mine).sum()), called + int(mine.sum()), wanted + int(agreed.sum())
    assert 2 * hits / (called + wanted) > 0.68
    # The short arm, mostly assembly gap, has no data: it contains no desert.
    deserts = pd.read_csv(tmp_path / "d.bed", sep="\t", header=None)
    assert (deserts[1] >= 9_400_000).all()
