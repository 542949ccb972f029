"""Bad records, unphased, haploid and missing genotypes, and archaic files that leave REF out."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.feature_file import open_features
from helpers import (
    ARCHAIC,
    INGROUP,
    LENGTH,
    OUTGROUP,
    ROLES,
    by_chromosome,
    words_of,
    write_vcf,
)

SITE = (5, "A", ["G"], [*["0|0"] * len(OUTGROUP), "0|1", "0|0", "0|0"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: [(r[0], r[1], r[2], [*r[3][:-1], "0/1"])], "I2 is not phased at chr7:6"),
        (lambda r: [(r[0], r[1], r[2], [*r[3][:-1], "0|2"])], "'0|2'"),
        (lambda r: [(r[0], r[1], r[2], r[3][:-1])], "columns"),
        (lambda r: [r, (2, *r[1:])], "comes after"),
        (lambda r: [(r[0], "A", ["<DEL>"], r[3])], "no site is left"),
        (lambda r: [(LENGTH + 3, *r[1:])], "beyond the chromosome's 25,500 bp"),
    ],
)
def test_bad_records_are_refused_with_their_place(run, tmp_path, change, said):
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, change(SITE))
    result = run("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert said in result.err
    assert not (tmp_path / "w.h5").exists()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_gzip_is_refused(run, tmp_path, threads, damage):
    rng = np.random.default_rng(1)
    sites = [(n, "A", ["G"], [f"{a}|{b}" for a, b in rng.integers(0, 2, (12, 2))]) for n in range(9_000)]
    whole = gzip.compress(write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, sites).read_bytes(), mtime=0)
    middle = len(whole) // 2
    bad = {"cut": whole[:middle], "flipped": whole[:middle] + b"\xff\x00\xff" + whole[middle + 3 :]}[damage]
    vcf = tmp_path / "m.vcf.gz"
    vcf.write_bytes(bad)
    result = run("haplotypes", "--vcf", vcf, *ROLES, "--threads", threads, "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert f"{vcf}" in result.err
    assert "damaged or cut short" in result.err or "line " in result.err  # what was flipped may make other text
    assert not (tmp_path / "w.h5").exists()


def test_unphased_heterozygotes_are_dealt_when_asked(ok, tmp_path):
    sites = [(n, "A", ["G"], [*["0|0"] * len(OUTGROUP), "0/1", "0|0", "1/1"]) for n in range(0, 800, 2)]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, sites)
    ok("haplotypes", "--vcf", vcf, *ROLES, "--unphased", "random", "--out", tmp_path / "w.h5")
    with open_features(tmp_path / "w.h5") as found:
        counts = found.counts("chr7")[:, 0, CLASSES.index("absent_uncalled")]
    # 255 is where counts end; of 400 sites about half fall to each haplotype of I0, and all to both of I2.
    assert 150 < counts[0] < 250
    assert int(counts[0]) + int(counts[1]) == 400
    assert counts[4:].tolist() == [255, 255]


def test_an_archaic_file_without_ref_calls_must_be_explained(run, tmp_path):
    calls = [*["0|0"] * len(OUTGROUP), "0|1", "0|0", "0|0"]
    sites = [(n, "A", ["G"], calls) for n in range(1_200)]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, sites)
    other = write_vcf(tmp_path / "a.vcf", ["A0"], [(n, "A", ["G"], ["1/1"]) for n in range(1_100)])
    command = (
        "haplotypes",
        "--vcf",
        vcf,
        *ROLES,
        "--archaic-vcf",
        other,
        "--archaic",
        "A0",
        "--out",
        tmp_path / "w.h5",
    )
    result = run(*command)
    assert result.code == 3
    assert "--archaic-missing reference" in result.err
    assert run(*command, "--archaic-missing", "reference").code == 0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--ingroup", "I0,I9", "--outgroup", "O1"), 3, "no sample I9"),
        (("--ingroup", "I0", "--outgroup", "I0"), 2, "I0 is named more than once"),
        (("--ingroup", "I0", "--outgroup", "O1", "--archaic", "A9"), 3, "no sample A9"),
        (("--ingroup", "I0", "--outgroup", "O1", "--bin", "70000"), 2, "1<=x<=65535"),
    ],
)
def test_names_that_are_not_there(run, tmp_path, people, options, code, said):
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, people[0])
    result = run("haplotypes", "--vcf", vcf, *options, "--out", tmp_path / "w.h5")
    assert result.code == code
    assert said in result.err


@pytest.mark.parametrize("option", ["--vcf", "--archaic-vcf", "--callable", "--truth"])
@pytest.mark.parametrize(("there", "said"), [(False, "no such file"), (True, "is a folder, expected a file")])
def test_files_that_are_not_there(run, tmp_path, people, option, there, said):
    given = {"--vcf": write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, people[0])} | {option: tmp_path / "x"}
    if there:
        (tmp_path / "x").mkdir()
    archaic = ("--archaic", "A0") if option == "--archaic-vcf" else ()
    result = run("haplotypes", *(word for pair in given.items() for word in pair), *ROLES, *archaic, "--out",
                 tmp_path / "w.h5")  # fmt: skip
    assert result.code == 3
    assert result.err == f"archaictools: error: {tmp_path / 'x'}: {said}\n"


def test_two_archaic_people_where_one_of_them_differs_leave_ref_out_too(run, tmp_path):
    """A0 is called REF where A1 is not: still a file of sites at which somebody differs."""
    calls = [*["0|0"] * len(OUTGROUP), "0|1", "0|0", "0|0"]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, [(n, "A", ["G"], calls) for n in range(1_200)])
    other = write_vcf(tmp_path / "a.vcf", ARCHAIC, [(n, "A", ["G"], ["0/0", "1/1"]) for n in range(1_100)])
    result = run("haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0,A1", "--out",
                 tmp_path / "w.h5")  # fmt: skip
    assert result.code == 3
    assert "--archaic-missing reference" in result.err


def test_archaic_or_true_segments_of_other_chromosomes_are_refused(run, tmp_path, people):
    modern, archaic = people
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, modern)
    other = write_vcf(tmp_path / "a.vcf", ARCHAIC, archaic, chrom="NC_000007.13")
    command = ("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    for missing in ("uncalled", "reference"):
        result = run(*command, "--archaic-vcf", other, "--archaic", "A0,A1", "--archaic-missing", missing)
        assert result.code == 3
        assert "holds none of the chromosomes of the modern samples (chr7), only NC_000007.13" in result.err
    (tmp_path / "t.bed").write_text("chr8\t100\t200\tI0\t1\n")
    result = run(*command, "--truth", tmp_path / "t.bed")
    assert result.code == 3
    assert "holds segments of other chromosomes only, none of chr7" in result.err
    assert not (tmp_path / "w.h5").exists()


def test_haploid_and_missing_genotypes_are_counted(ok, tmp_path):
    records = [(100, "A", ["G"], [*["0|0"] * len(OUTGROUP), "1", ".|.", "0|1"])]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, records)
    ok("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5", "--summary", tmp_path / "s.tsv")
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index("item")["count"]
    assert table["haploid genotypes, without an allele of haplotype 2"] == 1
    assert table["genotypes not called, left out"] == 1
    with open_features(tmp_path / "w.h5") as words:
        assert words.counts("chr7").sum(axis=(1, 2)).tolist() == [1, 0, 0, 0, 1, 1]


def test_missing_archaic_calls_are_ref_in_every_file(ok, tmp_path):
    """One file per chromosome, as archives have them: a call that is missing is REF on each of them."""
    archaic = [(100, "A", ["G"], ["1/1"])]
    command = by_chromosome(tmp_path, {"chr1": archaic, "chr2": archaic})
    ok(*command, "--archaic-missing", "reference")
    assert words_of(tmp_path / "w.h5") == {chrom: {"absent_hom": 1, "absent_lacked": 7} for chrom in ("chr1", "chr2")}


@pytest.mark.parametrize("missing", ["ask", "reference"])
def test_a_chromosome_that_no_archaic_file_holds_is_told(ok, tmp_path, missing):
    command = by_chromosome(tmp_path, {"chr1": [(100, "A", ["G"], ["1/1"]), (200, "A", ["G"], ["0/0"])]})
    result = ok(*command, "--archaic-missing", missing, "--summary", tmp_path / "s.tsv")
    assert "no archaic file holds A0 on chr2: not called there" in result.err
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index(["class", "item"])["count"]
    assert table["archaic", "chromosomes without A0, not called there"] == 1
    assert words_of(tmp_path / "w.h5")["chr2"] == {"absent_uncalled": 8}


def test_only_records_that_pass_of_archaic_people_too(ok, tmp_path):
    """Of three archaic records one is marked by a filter; a dot is no mark."""
    archaic = [(100, "A", ["G"], ["1/1"]), (200, "A", ["G"], ["1/1"]), (300, "A", ["G"], ["1/1"])]
    command = by_chromosome(tmp_path, {"chr1": archaic})
    file = tmp_path / "a.chr1.vcf"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines[:-2], lines[-2].replace("PASS", "LowQual"), lines[-1].replace("PASS", ".")]))
    command += ["--archaic-missing", "uncalled"]
    ok(*command, "--summary", tmp_path / "s.tsv")
    assert words_of(tmp_path / "w.h5")["chr1"] == {"absent_hom": 3, "absent_uncalled": 5}
    ok(*command, "--pass-only", "--summary", tmp_path / "s.tsv")
    assert words_of(tmp_path / "w.h5")["chr1"] == {"absent_hom": 2, "absent_uncalled": 6}
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index(["class", "item"])["count"]
    assert table["archaic", "records whose FILTER is not PASS, dropped"] == 1
