"""Predictions made chromosome by chromosome must join into what one run over the genome would have written."""

from __future__ import annotations

import pyBigWig
import pytest

from archaictools.formats.bigwig import BigWigWriter, read_bigwig

PARTS = {"chr2": [(0, 200, 0.25), (200, 400, 0.75)], "chr10": [(100, 300, 1.0)], "chr1": [(50, 60, 0.5)]}
LENGTHS = {"chr1": 1_000, "chr2": 900, "chr10": 800, "chr11": 700}


@pytest.fixture
def parts(tmp_path):
    """One bigWig, BED and table a chromosome, by suffix."""
    made = {"bw": [], "bed": [], "tsv": []}
    for chrom, rows in PARTS.items():
        handle = pyBigWig.open(str(tmp_path / f"{chrom}.bw"), "w")
        handle.addHeader([(chrom, LENGTHS[chrom]), *((c, n) for c, n in LENGTHS.items() if c != chrom)])
        starts, ends, values = (list(column) for column in zip(*rows, strict=True))
        handle.addEntries([chrom] * len(rows), starts, ends=ends, values=values)
        handle.close()
        (tmp_path / f"{chrom}.bed").write_text(
            "".join(f"{chrom}\t{s}\t{e}\tx\t{int(1000 * v)}\t.\n" for s, e, v in rows)
        )
        (tmp_path / f"{chrom}.tsv").write_text(
            "chrom\tstart\tend\tprobability\n" + "".join(f"{chrom}\t{s}\t{e}\t{v}\n" for s, e, v in rows)
        )
        for suffix, files in made.items():
            files.append(tmp_path / f"{chrom}.{suffix}")
    return made


def test_bigwigs_join_in_the_order_of_names(ok, parts, tmp_path):
    assert "intervals: 4" in ok("merge", *parts["bw"], "--out", tmp_path / "all.bw").out
    with pyBigWig.open(str(tmp_path / "all.bw")) as track:
        assert dict(track.chroms()) == LENGTHS
        assert {chrom: list(track.intervals(chrom)) for chrom in PARTS} == PARTS
        assert track.intervals("chr11") is None


def test_text_joins_with_one_header(ok, parts, tmp_path):
    ok("merge", *parts["tsv"], "--out", tmp_path / "all.tsv")
    assert (tmp_path / "all.tsv").read_text() == (
        "chrom\tstart\tend\tprobability\nchr1\t50\t60\t0.5\nchr10\t100\t300\t1.0\nchr2\t0\t200\t0.25\nchr2\t200\t400\t0.75\n"
    )
    (tmp_path / "nothing.bed").touch()
    done = ok("merge", *parts["bed"], tmp_path / "nothing.bed", "--out", tmp_path / "all.bed")
    assert "4 BED parts" in done.out
    assert "1 of them empty" in done.out
    rows = (tmp_path / "all.bed").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows] == ["chr1", "chr10", "chr2", "chr2"]


def test_parts_of_several_chromosomes_come_out_sorted(ok, tmp_path):
    """bedtools -sorted and genome browsers want each chromosome once, by name."""
    (tmp_path / "a.bed").write_text("chr3\t5\t9\nchr1\t0\t9\nchr1\t20\t30\n")
    (tmp_path / "b.bed").write_text("chr2\t7\t8\n")
    ok("merge", tmp_path / "a.bed", tmp_path / "b.bed", "--out", tmp_path / "all.bed")
    assert (tmp_path / "all.bed").read_text() == "chr1\t0\t9\nchr1\t20\t30\nchr2\t7\t8\nchr3\t5\t9\n"
    for name, chroms in (("a", ("chr3", "chr1")), ("b", ("chr2",))):
        handle = pyBigWig.open(str(tmp_path / f"{name}.bw"), "w")
        handle.addHeader([(chrom, 50) for chrom in (*chroms, *({"chr1", "chr2", "chr3"} - set(chroms)))])
        for chrom in chroms:
            handle.addEntries([chrom], [3], ends=[9], values=[float(chrom[3:]) / 4])
        handle.close()
    ok("merge", tmp_path / "a.bw", tmp_path / "b.bw", "--out", tmp_path / "all.bw")
    with pyBigWig.open(str(tmp_path / "all.bw")) as track:
        assert list(track.chroms()) == ["chr1", "chr2", "chr3"]
        assert [track.intervals(chrom) for chrom in track.chroms()] == [((3, 9, n / 4),) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (["chr1.bed", "chr2.tsv"], "is a table, but"),
        (["chr1.bed", "chr1.bed"], "is given twice"),
        (["chr1.bed", "again.bed"], "chr1 is also in"),
        (["chr1.bw", "other.bw"], "other chromosome lengths"),
        (["chr1.tsv", "wide.tsv"], "has columns: chrom, start, end, probability, more; "),
        (["chr1.bed", "narrow.bed"], "has columns: 3; "),
        (["chr1.tsv", "words.txt"], "begins with 'hello'"),
        (["chr1.tsv", "nothing.tsv"], "nothing.tsv: is empty"),
        (["chr1.bed", "ragged.bed"], "ragged.bed, line 2: the row has more columns than the first (3)"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(run, parts, tmp_path, chosen, message):
    (tmp_path / "again.bed").write_text("chr1\t500\t600\tx\t0\t.\n")
    (tmp_path / "narrow.bed").write_text("chr9\t1\t2\n")
    (tmp_path / "wide.tsv").write_text("chrom\tstart\tend\tprobability\tmore\nchr9\t1\t2\t0.5\tx\n")
    (tmp_path / "words.txt").write_text("hello\n")
    (tmp_path / "ragged.bed").write_text("chr9\t1\t2\nchr9\t1\t2\t3\t4\t5\t6\n")
    (tmp_path / "nothing.tsv").touch()
    with BigWigWriter(tmp_path / "other.bw", {"chr1": 5}):
        pass
    done = run("merge", *(tmp_path / name for name in chosen), "--out", tmp_path / "all")
    assert done.code == 3
    assert message in done.err
    assert not (tmp_path / "all").exists()


def test_windows_by_chromosome_are_the_windows(ok, run, planted, tmp_path):
    genome = planted / "planted.fa.gz"
    ok("windows", "--genome", genome, "--out", tmp_path / "w.bed", "--by-chromosome", tmp_path / "parts")
    files = sorted((tmp_path / "parts").iterdir())
    assert [path.name for path in files] == [f"chr{n}.bed" for n in range(1, 6)]
    assert b"".join(path.read_bytes() for path in files) == (tmp_path / "w.bed").read_bytes()
    again = run("windows", "--genome", genome, "--out", tmp_path / "w2.bed", "--by-chromosome", tmp_path / "parts")
    assert again.code == 2
    assert "is there already" in again.err
    assert not (tmp_path / "w2.bed").exists()


def test_predictions_by_chromosome_equal_predictions_in_one(ok, planted, tmp_path):
    """The whole point: windows, words and predictions of each chromosome apart, joined, are those of one run."""
    genome, model = planted / "planted.fa.gz", planted / "model.h5"
    ok("windows", "--genome", genome, "--chromosomes", "chr4,chr5", "--out", tmp_path / "w.bed", "--by-chromosome", tmp_path / "p")  # fmt: skip
    for name, windows in (("all", tmp_path / "w.bed"), *((p.stem, p) for p in (tmp_path / "p").iterdir())):
        ok("tokenize", windows, "--genome", genome, "--k", 5, "--size", 200, "--out", tmp_path / f"{name}.h5")
        outputs = [value for kind in ("bigwig", "bed", "table") for value in (f"--{kind}", tmp_path / f"{name}.{kind}")]
        ok("predict", model, tmp_path / f"{name}.h5", *outputs)
    for kind in ("bed", "table"):
        ok("merge", tmp_path / f"chr5.{kind}", tmp_path / f"chr4.{kind}", "--out", tmp_path / f"merged.{kind}")
        assert (tmp_path / f"merged.{kind}").read_bytes() == (tmp_path / f"all.{kind}").read_bytes()
    ok("merge", tmp_path / "chr4.bigwig", tmp_path / "chr5.bigwig", "--out", tmp_path / "merged.bigwig")
    for (chrom, merged), (other, whole) in zip(
        read_bigwig(tmp_path / "merged.bigwig"), read_bigwig(tmp_path / "all.bigwig"), strict=True
    ):
        assert chrom == other
        assert all((a == b).all() for a, b in zip(merged, whole, strict=True))
