"""Interval files as people have them: rows of zero length, quotes, chromosomes of a whole genome, both naming styles."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from archaictools.errors import InputError
from archaictools.haplotypes.labels import read_cover, read_truth
from archaictools.io.bed import read_bed
from archaictools.io.summary import Summary
from archaictools.io.tables import read_table
from helpers import write_fasta


def places(path):
    return [tuple(line.split("\t")[:3]) for line in path.read_text().splitlines()]


@pytest.fixture
def genome(tmp_path):
    write_fasta(tmp_path / "g.fa", {"chr1": "ACGT" * 500, "chr2": "CCAT" * 250})
    return tmp_path / "g.fa"


def test_rows_of_zero_length_are_left_out_and_counted(tmp_path):
    path = tmp_path / "x.bed"
    path.write_text("chr1\t5\t5\tEMPTY\nchr1\t1\t9\tA\nchr2\t0\t0\nchr1\t9\t9\n")
    tally = Summary()
    assert read_bed(path, tally=tally)[["chrom", "start", "end", "name"]].to_numpy().tolist() == [["chr1", 1, 9, "A"]]
    assert tally.count("all", "rows of zero length, left out") == 3
    assert tally.count("all", "rows read") == 1
    tally = Summary()
    assert list(read_cover(path, tally=tally, group="callable")) == ["1"]
    assert tally.count("callable", "rows of zero length, left out") == 3
    path.write_text("chr1\t5\t5\tA\t1\nchr1\t1\t9\tA\t2\n")
    tally = Summary()
    assert list(read_truth(path, [("A", 1), ("A", 2)], tally=tally)) == [("1", "A", 2)]
    assert tally.count("truth", "rows of zero length, left out") == 1
    path.write_text("chr1\t5\t5\n")
    with pytest.raises(InputError, match="holds no interval, only headers, blank lines or rows of zero length"):
        read_bed(path)


def test_rows_without_a_chromosome_are_refused(tmp_path):
    """They are no blank lines; lines of blanks or tabs are."""
    path = tmp_path / "x.bed"
    path.write_text("chr1\t1\t9\tA\n\t\t\t\n  \n\n \t \t\nchr2\t1\t9\n")
    tally = Summary()
    assert read_bed(path, tally=tally)["chrom"].tolist() == ["chr1", "chr2"]
    assert tally.count("all", "header, comment or blank lines") == 4
    path.write_text("chr1\t1\t9\tA\n\n\t1\t9\tA\n")
    with pytest.raises(InputError, match="line 3: chrom is missing"):
        read_bed(path)


@pytest.mark.parametrize("option", ["--introgressed", "--depleted", "--regions", "--exclude"])
def test_windows_leave_out_rows_of_zero_length_wherever_they_stand(ok, tmp_path, genome, option):
    (tmp_path / "r.bed").write_text("chr1\t0\t400\n")
    (tmp_path / "d.bed").write_text("chr1\t800\t1200\n")
    (tmp_path / "e.bed").write_text("chr2\t0\t200\n")
    given = {
        "--introgressed": ["--introgressed", "r.bed", "--depleted", "d.bed"],
        "--depleted": ["--introgressed", "r.bed", "--depleted", "d.bed"],
        "--regions": ["--regions", "r.bed"],
        "--exclude": ["--exclude", "e.bed"],
    }[option]
    given = [tmp_path / name if name.endswith(".bed") else name for name in given]
    found = []
    for extra in ("", "chr1\t100\t100\nchr2\t0\t0\n"):
        path = given[given.index(option) + 1]
        path.write_text(path.read_text() + extra)
        result = ok("windows", "--genome", genome, *given, "--out", tmp_path / "w.bed")
        found.append((tmp_path / "w.bed").read_bytes())
        assert ("rows of zero length, left out: 2" in result.out) == bool(extra)
    assert found[0] == found[1]


def test_reversed_and_negative_rows_are_still_refused(run, tmp_path, genome):
    for row, message in (("chr1\t9\t5", "end lies before start"), ("chr1\t-3\t5", "start is before"), ("chr1\t-3\t-3", "start is before")):  # fmt: skip
        (tmp_path / "e.bed").write_text(f"chr1\t3\t3\n{row}\n")
        result = run("windows", "--genome", genome, "--exclude", tmp_path / "e.bed", "--out", tmp_path / "w.bed")
        assert result.code == 3
        assert f"line 2: {message}" in result.err


def test_a_mask_of_a_whole_genome_beside_a_part_of_it(ok, run, tmp_path, genome):
    """Rows on chromosomes that the genome lacks are counted, and the mask still masks, also in the other style."""
    mask = tmp_path / "mask.bed"
    common = ("windows", "--genome", genome, "--size", 500, "--step", 500, "--out", tmp_path / "w.bed")
    expected = [("chr1", "500", "1000"), ("chr1", "1000", "1500"), ("chr1", "1500", "2000"),
                ("chr2", "0", "500"), ("chr2", "500", "1000")]  # fmt: skip
    for chrom in ("chr1", "1"):
        mask.write_text(f"{chrom}\t0\t500\tx\nchr7\t10\t30\ty\nGL000211.1\t1\t9\tz\n")
        result = ok(*common, "--exclude", mask, "--summary", tmp_path / "s.tsv")
        assert places(tmp_path / "w.bed") == expected
        summary = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index(["class", "item"])
        row = summary.loc[("excluded", "rows on chromosomes that the genome lacks, not used")]
        assert row.tolist() == [2, 28]
        assert "excludes nothing" not in result.err
    mask.write_text("chr7\t10\t30\n21\t5\t9\n")
    result = ok(*common, "--exclude", mask)
    assert len(places(tmp_path / "w.bed")) == 6
    assert "warning" in result.err
    assert "mask.bed excludes nothing: it names chr7, 21, and" in result.err
    result = run(*common, "--regions", mask)
    assert result.code == 3
    assert "2 chromosome(s) are not in" in result.err


def test_the_genome_gives_the_names(ok, tmp_path, genome):
    """Windows and words of a BED file in the other style are those of one in the genome's."""
    for prefix in ("chr", ""):
        (tmp_path / f"{prefix}r.bed").write_text(f"{prefix}2\t0\t400\n{prefix}1\t200\t600\n")
        result = ok("windows", "--genome", genome, "--regions", tmp_path / f"{prefix}r.bed", "--chromosomes",
                    f"{prefix}1,{prefix}2", "--out", tmp_path / f"{prefix}w.bed")  # fmt: skip
        assert ("its 2 is read as chr2" in result.err) == (not prefix)
        ok("tokenize", tmp_path / f"{prefix}r.bed", "--genome", genome, "--k", 3, "--out", tmp_path / f"{prefix}w.h5",
           "--vocabulary", tmp_path / f"{prefix}v.tsv")  # fmt: skip
    assert (tmp_path / "w.bed").read_bytes() == (tmp_path / "chrw.bed").read_bytes()
    assert (tmp_path / "v.tsv").read_bytes() == (tmp_path / "chrv.tsv").read_bytes()
    assert {chrom for chrom, *_ in places(tmp_path / "w.bed")} == {"chr1", "chr2"}


def test_audit_reads_bed_as_people_save_it(ok, run, tmp_path):
    """Headers, comments, blank lines, strands left out or '.', quotes as R writes them: the same report."""
    rows = [
        (f"chr{chrom}", start, start + 200, ("depleted", "introgressed")[start // 2000 % 2])
        for chrom in range(1, 6)
        for start in range(0, 20_000, 200)
    ]
    plain = "".join(f"{chrom}\t{start}\t{end}\t{name}\n" for chrom, start, end, name in rows)
    forms = {
        "plain": plain,
        "track": f'track name="x"\nbrowser position chr1:1-9\n# comment\n\n{plain}\n   \n',
        "strands": "".join(f"{c}\t{s}\t{e}\t{n}\t0\t{('', '.', '+')[s % 3]}\n" for c, s, e, n in rows),
        "quotes": "".join(f'"{c}"\t{s}\t{e}\t"{n}"\n' for c, s, e, n in rows),
        "no name": plain + "chr1\t0\t0\t.\nchr1\t5\t5\n",
    }
    reports = []
    for form in forms.values():
        (tmp_path / "w.bed").write_text(form)
        ok("audit", tmp_path / "w.bed", "--out", tmp_path / "a.json")
        reports.append(json.loads((tmp_path / "a.json").read_text()))
    assert all(report == reports[0] for report in reports)
    (tmp_path / "w.bed").write_text(forms["track"])
    assert (
        "handled: header, comment or blank lines: 6"
        in ok("audit", tmp_path / "w.bed", "--out", tmp_path / "a.json").out
    )
    (tmp_path / "w.bed").write_text("track name=x\n")
    result = run("audit", tmp_path / "w.bed", "--out", tmp_path / "b.json")
    assert result.code == 3
    assert not (tmp_path / "b.json").exists()


def test_audit_refuses_one_chromosome_under_two_names(run, tmp_path):
    """Its windows would stand on both sides of the split, and share no base."""
    names = ("1", "chr1", "chr2", "chr3", "chr4")
    rows = [(name, 200 * n, ("introgressed", "depleted")[n % 2]) for name in names for n in range(20)]
    path = tmp_path / "w.bed"
    path.write_text("".join(f"{name}\t{start}\t{start + 200}\t{kind}\n" for name, start, kind in rows))
    done = run("audit", path, "--out", tmp_path / "a.tsv")
    assert done.code == 3
    assert "w.bed: names the same chromosome 1 and chr1" in done.err


def test_a_lone_quote_is_a_letter(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text('chrom\tname\n1\t"open\n2\tclosed"\n3\t5" and 3\'\n')
    found = pd.concat(list(read_table(path, {"chrom": str, "name": str})))
    assert found["name"].tolist() == ['"open', 'closed"', "5\" and 3'"]
