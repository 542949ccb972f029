"""Extracted alleles against VCF lines read one by one."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest

import archaictools as at
from archaictools.errors import UsageError
from archaictools.haplotypes.tract_regions import read_regions, region_of
from archaictools.io.summary import Summary
from helpers import ROOT

DATA = ROOT / "test-data"
FILES = ("--vcf", DATA / "people.vcf.gz", "--archaic-vcf", DATA / "archaic.vcf.gz", "--archaic", "ARC000")
HEADER = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=5000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"


def vcf(path, names, *lines):
    """Write a VCF of lines such as ``100 A C 0|1 1|1``."""
    rows = []
    for line in lines:
        pos, ref, alt, *calls = line.split()
        rows.append("\t".join(["chr1", pos, ".", ref, alt, ".", "PASS", ".", "GT", *calls]))
    path.write_text(HEADER + "\t".join(names) + "\n" + "\n".join(rows) + "\n")
    return path


def read(path):
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def simple(path):
    """Return records of a small VCF of single bases by position: bases by sample and haplotype."""
    found, names = {}, []
    with gzip.open(path, "rt") as handle:
        for line in handle:
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#CHROM"):
                names = fields[9:]
            elif not line.startswith("#"):
                bases = [fields[3], *fields[4].split(",")]
                calls = [call.split(":")[0].replace("/", "|").split("|") for call in fields[9:]]
                found[int(fields[1])] = {
                    name: tuple("NA" if one == "." else bases[int(one)] for one in call)
                    for name, call in zip(names, calls, strict=True)
                } | {"REF": fields[3]}
    return found


def test_alleles_of_simulated_people_are_those_of_the_lines(ok, tmp_path):
    (tmp_path / "r.bed").write_text("chr1\t109999\t130000\tcore_1\nchr1\t120000\t160000\tcore_2\nchr1\t0\t9\tnone\n")
    ok("extract", *FILES, "--samples", DATA / "ingroup.txt", "--regions", tmp_path / "r.bed", "--segments",
       DATA / "segments.tsv", "--out", tmp_path / "o.tsv", "--fasta", tmp_path / "o.fa", "--subset", tmp_path / "o.vcf")  # fmt: skip
    modern, archaic = simple(DATA / "people.vcf.gz"), simple(DATA / "archaic.vcf.gz")
    table = read(tmp_path / "o.tsv")
    expected = []
    for name, start, end, carriers in (
        ("core_1", 109_999, 130_000, ["IN000_2", "IN001_2"]),
        ("core_2", 120_000, 160_000, ["IN000_2", "IN001_2"]),
    ):
        for pos, record in modern.items():
            own = {f"{person}_{side + 1}": record[person][side] for person in ("IN000", "IN001") for side in (0, 1)}
            theirs = archaic.get(pos, {"ARC000": ("NA", "NA")})["ARC000"]
            if start < pos <= end and len({*own.values(), *theirs} - {"NA"}) > 1:
                alt = [base != record["REF"] for base in own.values()]
                carried = [own[haplotype] != record["REF"] for haplotype in carriers]
                genotype = "NA" if "NA" in theirs else "/".join(sorted(theirs))
                expected.append(
                    (name, str(pos), record["REF"], genotype, str(sum(alt)), "4", str(sum(carried)), "2", *own.values())
                )
    columns = ["region", "pos", "REF", "ARC000", "alt", "called", "carriers_alt", "carriers_called",
               "IN000_1", "IN000_2", "IN001_1", "IN001_2"]  # fmt: skip
    assert len(expected) > 100
    assert list(table[columns].itertuples(index=False, name=None)) == expected
    assert any("/" in row[3] and row[3][0] != row[3][2] for row in expected)
    # Sequences are the columns of the table.
    sequences = {}
    for line in (tmp_path / "o.fa").read_text().splitlines():
        if line.startswith(">"):
            title, *words = line[1:].split(" ")
            sequences[title] = ""
            assert ("carrier" in words) == title.endswith(("IN000_2", "IN001_2"))
        else:
            sequences[title] += line
    for region, rows in table.groupby("region"):
        for haplotype in ("IN000_1", "IN000_2", "IN001_1", "IN001_2"):
            assert sequences[f"{region}|{haplotype}"] == "".join(rows[haplotype])
        codes = {"A/A": "A", "C/C": "C", "G/G": "G", "T/T": "T", "NA": "N", "A/C": "M", "A/G": "R", "A/T": "W",
                 "C/G": "S", "C/T": "Y", "G/T": "K"}  # fmt: skip
        assert sequences[f"{region}|ARC000"] == "".join(rows["ARC000"].map(codes))
    # A site of two regions is one record, and the VCF can be read again.
    again = at.extract(vcf=tmp_path / "o.vcf", region="chr1:110000-160000", archaic="ARC000").table
    assert again["pos"].tolist() == sorted(set(table["pos"].astype(int)))
    once = table.drop_duplicates("pos").sort_values("pos", key=lambda column: column.astype(int))
    for name in ("ARC000", "IN000_1", "IN001_2"):
        assert again[name].tolist() == once[name].tolist()


def test_what_is_not_known_is_na(ok, tmp_path):
    people = vcf(
        tmp_path / "p.vcf", ["A", "B"],
        "10 A C 0|1 0|0",  # before the region
        "100 A C 0/1 1|1",  # without a phase
        "110 A C .|1 0/0",
        "120 G T 0 1|1",  # haploid
        "130 G T 0|0 0|0",  # not variable among people, nor with the archaic genome
        "140 G T 0|0 0|0",
        "150 G A,T 1|2 0|.",
    )  # fmt: skip
    old = vcf(tmp_path / "o.vcf", ["OLD"], "100 A C 0/1", "120 G C 1/1", "130 G . 0/0", "140 G T 0/1", "150 G T ./1")
    result = ok("extract", "--vcf", people, "--archaic-vcf", old, "--archaic", "OLD", "--region", "1:100-200", "--out",
                tmp_path / "t.tsv", "--fasta", tmp_path / "t.fa", "--subset", tmp_path / "t.vcf")  # fmt: skip
    table = read(tmp_path / "t.tsv").drop(columns=["region", "chrom"])
    assert table.to_numpy().tolist() == [
        ["100", "A", "C", "A/C", "2", "2", "NA", "NA", "C", "C"],
        ["110", "A", "C", "NA", "1", "3", "NA", "C", "A", "A"],
        ["120", "G", "T", "C/C", "2", "3", "G", "NA", "T", "T"],
        ["140", "G", "T", "G/T", "0", "4", "G", "G", "G", "G"],
        ["150", "G", "A,T", "NA", "2", "3", "A", "T", "G", "NA"],
    ]
    records = [line.split("\t") for line in (tmp_path / "t.vcf").read_text().splitlines() if line[0] != "#"]
    assert [[row[1], row[4], *row[9:]] for row in records] == [
        ["100", "C", "0/1", "1|1", "0/1"],
        ["110", "C", ".|1", "0|0", "./."],
        ["120", "T,C", "0", "1|1", "2/2"],  # the archaic base is no allele of the people
        ["140", "T", "0|0", "0|0", "0/1"],
        ["150", "A,T", "1|2", "0|.", "./."],
    ]
    assert "unphased heterozygous genotypes, whose haplotypes are NA: 1" in result.out
    assert "sites of regions at which all called alleles are the same, left out: 1" in result.out
    text = (tmp_path / "t.fa").read_text().splitlines()
    assert text[text.index(next(line for line in text if "|A_1" in line)) + 1] == "NNGGA"
    assert text[1] == "MNCKN"


def test_a_name_with_a_blank_is_one_word_in_fasta(ok, tmp_path):
    people = vcf(tmp_path / "p.vcf", ["A B"], "100 A C 0|1")
    ok("extract", "--vcf", people, "--region", "chr1:1-200", "--fasta", tmp_path / "o.fa")
    titles = [line.split(" ")[0] for line in (tmp_path / "o.fa").read_text().splitlines() if line[0] == ">"]
    assert titles == [">chr1:1-200|A_B_1", ">chr1:1-200|A_B_2"]


def test_an_archaic_file_without_ref_calls_is_refused_or_read_as_ref(ok, run, tmp_path):
    people = vcf(tmp_path / "p.vcf", ["A"], "100 A C 0|1", "110 A C 0|1", "120 A C 0|1")
    old = vcf(tmp_path / "o.vcf", ["OLD"], "100 A C 1/1", "120 A C 1/1")
    given = ("extract", "--vcf", people, "--archaic-vcf", old, "--archaic", "OLD", "--region", "chr1:1-200", "--out")
    result = run(*given, tmp_path / "t.tsv")
    assert (result.code, "a missing call may mean REF" in result.err) == (3, True), result.err
    ok(*given, tmp_path / "t.tsv", "--archaic-missing", "reference")
    assert read(tmp_path / "t.tsv")["OLD"].tolist() == ["C/C", "A/A", "C/C"]


def test_regions_are_read_from_texts_and_wrong_ones_refused(run, tmp_path):
    region = region_of("chr9:16,720,001-16,760,000")
    assert (region.chrom, region.start, region.end) == ("chr9", 16_720_000, 16_760_000)
    for text in ("chr9", "chr9:0-10", "chr9:20-10", "chr9:a-b", ""):
        with pytest.raises(UsageError, match="is no region, expected CHROM:START-END"):
            region_of(text)
    people = vcf(tmp_path / "p.vcf", ["A"], "100 A C 0|1")
    out = ("--out", tmp_path / "o.tsv")
    for more, code, message in (
        (("--region", "chr7:1-9", *out), 3, "holds no single-nucleotide record on chr7, where a region lies"),
        (out, 2, "name the regions: --regions or --region"),
        (("--region", "chr1:1-9"), 2, "name an output: --out, --fasta, --subset"),
        (("--region", "chr1:1-9", "--samples", "Z", *out), 3, "has no sample Z"),
        (("--region", "chr1:1-9", "--samples", "A", "--archaic", "A", *out), 2, "A is named more than once"),
    ):
        result = run("extract", "--vcf", people, *more)
        assert (result.code, message in result.err) == (code, True), result.err
        assert not (tmp_path / "o.tsv").exists()


def test_a_region_that_is_given_twice_counts_once_and_names_are_of_one_region(tmp_path):
    (tmp_path / "r.bed").write_text("chr2\t5\t9\tb\nchr1\t5\t9\ta\nchr1\t5\t9\ta\nchr1\t0\t4\tc\nchr1\t2\t8\tc\n")
    tally = Summary()
    found = read_regions(tmp_path / "r.bed", ["chr2:6-9", "1:1-2"], tally=tally)
    assert [(region.name, region.start, region.end) for region in found] == [
        ("1:1-2", 0, 2), ("chr1:1-4", 0, 4), ("chr1:3-8", 2, 8), ("a", 5, 9), ("chr2:6-9", 5, 9),
    ]  # fmt: skip
    assert tally.count("regions", "rows that repeat another row") == 1


def test_regions_without_a_site_are_counted_and_the_table_has_its_header(ok, tmp_path):
    people = vcf(tmp_path / "p.vcf", ["A"], "100 A C 0|1")
    result = ok("extract", "--vcf", people, "--region", "chr1:500-600", "--out", tmp_path / "o.tsv")
    assert "regions: 0 with a variable site, 1 without" in result.out
    header = "region\tchrom\tpos\tREF\tALT\talt\tcalled\tA_1\tA_2\n"
    assert (tmp_path / "o.tsv").read_text() == header
