"""Several VCFs of one run: names of chromosomes, strays, genome builds, pipes."""

from __future__ import annotations

import os
import threading

import pytest

from archaictools.haplotypes.feature_file import open_features
from archaictools.io.chromosomes import Naming
from archaictools.io.summary import Summary
from helpers import (
    INGROUP,
    LENGTH,
    NOBODY,
    OUTGROUP,
    ROLES,
    SAMPLES,
    SITE,
    by_chromosome,
    summary,
    words_of,
    write_lines,
    write_vcf,
)


def test_archaic_files_of_more_chromosomes_than_the_modern_ones(ok, run, tmp_path):
    """One file per chromosome, as archives have them, beside people of chr1 and chr2 only; one holds nothing."""
    records = [(100, "A", ["G"], ["1/1"]), (200, "A", ["G"], ["0/0"])]
    command = by_chromosome(tmp_path, {"chr1": records, "chr2": records, "chr3": records, "chr4": []})
    result = ok(*command)
    unused = [line for line in result.err.splitlines() if "no record on the chromosomes of the modern samples" in line]
    assert [line.partition(" no record")[0] for line in unused] == ["warning: a.chr3.vcf, a.chr4.vcf hold"]
    assert words_of(tmp_path / "w.h5") == {
        chrom: {"absent_hom": 1, "absent_lacked": 1, "absent_uncalled": 6} for chrom in ("chr1", "chr2")
    }
    result = run(*by_chromosome(tmp_path, {"chr4": []}))
    assert result.code == 3
    assert "holds none of the chromosomes of the modern samples (chr1, chr2), only none" in result.err


def test_only_the_two_styles_of_one_name_are_reconciled(warned):
    tally = Summary()
    naming = Naming(tally)
    own = ["chr1", "chrEBV", "GL000207.1", "HLA-A*01:01:01:01", "MT", "chrUn_KI270302v1", "22"]
    assert [naming.common(name, "people.vcf") for name in own] == own
    assert [naming.common(name, "archaic.vcf", leads=False) for name in ("1", "chr22", "3", "chrGL000207.1")] == [
        "chr1", "22", "3", "GL000207.1",
    ]  # fmt: skip
    assert naming.common("chr3", "more.vcf") == "chr3"
    assert warned.text.count("another style") == 1
    assert tally.frame()["count"].sum() == 1


@pytest.mark.parametrize(
    ("contigs", "chrom", "expected"),
    [
        ([("chr7", 25_500), ("HLA-A*01:01:01:01", 3_503), ("GL000207.1", 4_262), ("MT", 16_569)], "chr7", None),
        ([("7", 900), ("chr7", 25_500), ("8", 5_000), ("chr8", 6_000)], "chr7", {"chr7": 25_500, "chr8": 6_000}),
        ([("7", 25_500), ("chr7", 900), ("8", 5_000), ("chr8", 6_000)], "7", {"7": 25_500, "8": 5_000}),
        ([("chr7", 25_500), ("chr8", 5_000)], "7", {"7": 25_500}),
        ([("7", 25_500), ("8", 5_000)], "chr7", {"chr7": 25_500}),
    ],
)
def test_header_and_records_in_other_styles(ok, tmp_path, contigs, chrom, expected):
    lines = [f"{chrom} {position} . A G . . . GT {' '.join(SITE)}" for position in (101, 201)]
    vcf = write_lines(tmp_path / "m.vcf", SAMPLES, lines, contigs=contigs)
    result = ok("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    assert "another style" not in result.err
    with open_features(tmp_path / "w.h5") as words:
        assert words.bins == {chrom: 26}
        assert words.lengths == (dict(contigs) if expected is None else expected)


def test_a_file_without_records_beside_others(ok, run, tmp_path):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G"], SITE)])
    empty = write_vcf(tmp_path / "empty.vcf", SAMPLES, [], chrom="chrY")
    for order in ((vcf, empty), (empty, vcf)):
        result = ok("haplotypes", "--vcf", order[0], "--vcf", order[1], *ROLES, "--out", tmp_path / "w.h5", "--summary",
                    tmp_path / "s.tsv")  # fmt: skip
        assert f"{empty} holds no single-nucleotide record: nothing was read from it" in result.err
        assert summary(tmp_path / "s.tsv")["files without a single-nucleotide record"] == 1
        assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_uncalled": 1}}
    assert run("haplotypes", "--vcf", empty, *ROLES, "--out", tmp_path / "w.h5").code == 3


def test_people_in_two_files_must_be_merged_first(run, tmp_path):
    inside = write_vcf(tmp_path / "in.vcf", INGROUP, [(100, "A", ["G"], SITE[-3:])])
    outside = write_vcf(tmp_path / "out.vcf", OUTGROUP, [(100, "A", ["G"], NOBODY)])
    for order in ((inside, outside), (outside, inside)):
        result = run("haplotypes", "--vcf", order[0], "--vcf", order[1], *ROLES, "--out", tmp_path / "w.h5")
        assert result.code == 3
        assert "merge the files first (bcftools merge)" in result.err
        assert "--missing-to-ref" in result.err
        assert f"{order[0]}: lacks" in result.err
    result = run("haplotypes", "--vcf", inside, *ROLES, "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert "has no sample O0" in result.err


def test_a_file_of_archaic_people_given_as_one_of_modern_people(run, tmp_path):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G"], SITE)])
    other = write_vcf(tmp_path / "a.vcf", ["A0"], [(100, "A", ["G"], ["0/0"])])
    result = run("haplotypes", "--vcf", vcf, "--vcf", other, *ROLES, "--archaic", "A0", "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert f"{other}: holds archaic samples (A0)" in result.err
    assert "--archaic-vcf" in result.err


def test_headers_of_two_builds(ok, run, tmp_path):
    """chr7 has another length in the archaic file; of chromosomes that are not read, lengths may differ."""
    sites = [(100, "A", ["G"], SITE)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    line = ["7 101 . A G . . . GT 0/0"]
    other = write_lines(tmp_path / "a.vcf", ["A0"], line, contigs=[("7", 25_501), ("8", 9)])
    command = ("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    result = run(*command, "--archaic-vcf", other, "--archaic", "A0")
    assert result.code == 3
    assert "gives chr7 25500 bp in its header" in result.err
    assert "a.vcf gives 25501 bp: they are of different genome builds" in result.err
    for contigs in ([("7", LENGTH), ("8", 9)], [("8", 9)], [("7", 0)], [("7", 1), ("chr7", LENGTH)]):
        ok(*command, "--archaic-vcf", write_lines(other, ["A0"], line, contigs=contigs), "--archaic", "A0")
    lines = [f"chr8 101 . A G . . . GT {' '.join(SITE)}"]
    for length, code in ((LENGTH, 0), (LENGTH - 1, 3)):
        more = write_lines(tmp_path / "n.vcf", SAMPLES, lines, contigs=[("chr7", length), ("chr8", 900)])
        result = run(*command, "--vcf", more)
        assert result.code == code or length == LENGTH - 1  # chr7 was read from the other file
        assert ("different genome builds" in result.err) == (code == 3)


@pytest.mark.parametrize(
    ("differ", "code", "said"),
    [(0, 0, ""), (1, 0, ""), (3, 0, "at 3 of 100 shared sites (3.0%); is it of another genome build"),
     (11, 3, "at 11 of 100 shared sites (11.0%): it is of another genome build"), (10, 0, "10.0%")],
)  # fmt: skip
def test_ref_of_another_build(run, tmp_path, differ, code, said):
    sites = [(10 * number, "A", ["G"], SITE) for number in range(100)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    archaic = [(10 * number, "C" if number < differ else "A", ["T"], ["0/0"]) for number in range(100)]
    other = write_vcf(tmp_path / "a.vcf", ["A0"], archaic)
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
    assert result.code == code
    assert said in result.err
    assert "another genome build" in result.err or differ < 2


@pytest.mark.parametrize(("differ", "warns"), [(0, False), (2, False), (3, True), (10, True)])
def test_ref_at_few_shared_sites_only_warns(ok, tmp_path, differ, warns):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(10 * number, "A", ["G"], SITE) for number in range(19)])
    archaic = [(10 * number, "C" if number < differ else "A", ["T"], ["0/0"]) for number in range(19)]
    other = write_vcf(tmp_path / "a.vcf", ["A0"], archaic)
    result = ok(
        "haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5"
    )
    assert ("another genome build" in result.err) == warns


def test_ref_and_alt_exchanged_are_no_other_build(ok, tmp_path):
    """REF of one file is ALT of the other, with an ALT or without, at half of the sites."""
    sites = [(10 * number, "A", ["G"], SITE) for number in range(100)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    lines = [f"chr7 {10 * n + 1} . {('A G', 'G A', 'G .', 'A .')[n % 4]} . . . GT 0/0" for n in range(100)]
    other = write_lines(tmp_path / "a.vcf", ["A0"], lines)
    result = ok(
        "haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5"
    )
    assert "build" not in result.err


def test_a_vcf_from_a_pipe_is_read_as_the_file_is(ok, tmp_path):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G"], SITE), (700, "C", ["T"], SITE)])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(vcf.read_bytes()))
    writer.start()
    ok("haplotypes", "--vcf", pipe, *ROLES[:4], "--out", tmp_path / "pipe.h5")
    writer.join()
    ok("haplotypes", "--vcf", vcf, *ROLES[:4], "--out", tmp_path / "file.h5")
    found = []
    for name in ("pipe", "file"):
        with open_features(tmp_path / f"{name}.h5") as words:
            found.append(words.counts("chr7"))
    assert found[0].sum() > 0
    assert (found[0] == found[1]).all()


def test_headers_are_compared_where_that_of_the_people_gives_no_length(run, ok, tmp_path):
    modern = write_lines(tmp_path / "m.vcf", SAMPLES, ["chr7 100 . A G . . . GT " + " ".join(SITE)], contigs=())
    archaic = [
        write_lines(tmp_path / f"{name}.vcf", [name], ["7 100 . A G . . . GT 0/0"], contigs=[(chrom, length)])
        for name, chrom, length in (("A0", "7", 5_000), ("A1", "chr7", 6_000))
    ]
    rest = ("--archaic", "A0,A1", "--out", tmp_path / "w.h5")
    result = run("haplotypes", "--vcf", modern, *ROLES, "--archaic-vcf", archaic[0], "--archaic-vcf", archaic[1], *rest)
    assert result.code == 3
    for text in ("A0.vcf", "A1.vcf", "5000 bp", "6000 bp", "different genome builds"):
        assert text in result.err
    write_lines(archaic[1], ["A1"], ["7 100 . A G . . . GT 0/0"], contigs=[("7", 5_000)])
    ok("haplotypes", "--vcf", modern, *ROLES, "--archaic-vcf", archaic[0], "--archaic-vcf", archaic[1], *rest)
