"""Genes over predictions and over segments of people: what was not looked at is NA, and names and values are checked."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from archaictools.errors import InputError
from archaictools.haplotypes.callable_file import callable_file_of
from archaictools.io.annotation import read_genes
from archaictools.io.summary import Summary

HEADER = "chrom\tstart\tend\tsample\thaplotype\tposterior\tsource\tseen\n"


def write(path, text):
    path.write_text(text)
    return path


def bigwig(path, chroms, values):
    """Write (start, end, value) rows of the first chromosome."""
    handle = pyBigWig.open(str(path), "w")
    handle.addHeader(chroms)
    starts, ends, numbers = (list(column) for column in zip(*values, strict=True))
    handle.addEntries([chroms[0][0]] * len(starts), starts, ends=ends, values=numbers)
    handle.close()
    return path


def rows_of(path):
    return [line.split("\t") for line in path.read_text().splitlines()[1:]]


def table_of(path):
    return pd.read_csv(path, sep="\t", keep_default_na=False, dtype=str).set_index("gene")


# Windows


def test_bases_of_a_bigwig_without_a_value_count_for_nothing(ok, tmp_path):
    values = [(0, 40, 0.7), (40, 80, float("nan")), (80, 90, 0.1), (90, 200, float("nan"))]
    track = bigwig(tmp_path / "t.bw", [("chr5", 500)], values)
    genes = write(tmp_path / "g.bed", "chr5\t20\t85\tboth\nchr5\t100\t150\tnone\n")
    result = ok("genes", track, "--annotation", genes, "--out", tmp_path / "o.tsv")
    table = table_of(tmp_path / "o.tsv")
    assert float(table.loc["both", "mean"]) == pytest.approx((20 * 0.7 + 5 * 0.1) / 25, abs=1e-6)
    assert table.loc["both", ["windows", "max", "fraction", "call"]].tolist() == ["2", "0.7", "0.8", "introgressed"]
    assert table.loc["none", ["windows", "mean", "call"]].tolist() == ["0", "NA", "NA"]
    assert "intervals without a value (NaN), left out: 2" in result.out


@pytest.mark.parametrize("value", [7.0, -0.25, float("inf")])
def test_tracks_of_other_things_are_refused(run, tmp_path, value):
    track = bigwig(tmp_path / "t.bw", [("chr5", 500)], [(0, 40, 0.5), (40, 80, value)])
    genes = write(tmp_path / "g.bed", "chr5\t0\t9\tg\n")
    for arguments in (("genes", track, "--annotation", genes), ("merge", track)):
        result = run(*arguments, "--out", tmp_path / "o.tsv")
        assert result.code == 3
        assert f"t.bw: the value at chr5:40-80 is {value:g}, expected a probability from 0 to 1" in result.err
        assert not (tmp_path / "o.tsv").exists()


def test_genes_and_predictions_may_name_chromosomes_differently(ok, run, tmp_path):
    """Names in the output are those of the predictions; a chromosome without predictions keeps its own name."""
    predictions = write(tmp_path / "t.tsv", "chrom\tstart\tend\tprobability\n9\t0\t100\t0.9\n10\t0\t100\t0.1\n")
    genes = write(tmp_path / "g.bed", "chr10\t10\t20\ta\nchr9\t10\t20\tb\nchr11\t10\t20\tc\nscaffold\t1\t2\td\n")
    result = ok("genes", predictions, "--annotation", genes, "--out", tmp_path / "o.tsv", "--bed", tmp_path / "o.bed")
    assert [row[:2] + row[5:7] for row in rows_of(tmp_path / "o.tsv")] == [
        ["a", "10", "1", "0.1"], ["b", "9", "1", "0.9"], ["c", "chr11", "0", "NA"], ["d", "scaffold", "0", "NA"],
    ]  # fmt: skip
    assert (tmp_path / "o.bed").read_text() == "10\t10\t20\ta\t100\t.\n9\t10\t20\tb\t900\t.\n"
    assert result.err.count("names chromosomes in another style") == 1
    track = bigwig(tmp_path / "t.bw", [("9", 500), ("11", 500)], [(0, 100, 0.9)])
    ok("genes", track, "--annotation", genes, "--out", tmp_path / "o.tsv")
    assert [row[:2] for row in rows_of(tmp_path / "o.tsv")] == [
        ["c", "11"],
        ["b", "9"],
        ["a", "chr10"],
        ["d", "scaffold"],
    ]
    both = write(tmp_path / "both.bed", "chr9\t10\t20\ta\n9\t10\t20\tb\n")
    result = run("genes", predictions, "--annotation", both, "--out", tmp_path / "o.tsv")
    assert result.code == 3
    assert "both.bed: names the same chromosome chr9 and 9" in result.err


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1\t0\t100\t7\t0", "line 3: probability is '7', expected a number from 0 to 1 or NA"),
        ("chr1\t0\t100\t-1\t0", "line 3: probability is '-1'"),
        ("chr1\t0\t100\tnan\t0", "line 3: probability is 'nan'"),
        ("chr1\t0\t100\t50%\t0", "line 3: probability is '50%'"),
        ("chr1\t0\t100\t0,5\t0", "line 3: probability is '0,5'"),
        ("chr1\t0\t100\t0.5\t2", "line 3: seen is '2'"),
        ("chr1\t0.5\t100\t0.5\t0", "line 3: start is '0.5', expected a whole number of 0 or more"),
        ("chr1\t-5\t100\t0.5\t0", "line 3: start is '-5'"),
        ("chr1\t100\t5\t0.5\t0", "line 3: end lies before start"),
        ("chr1\t5\t5\t0.5\t0", "line 3: the interval has zero length"),
        ("chr1\t1\t1e300\t0.5\t0", "line 3: end is '1e300'"),
        ("\t1\t5\t0.5\t0", "line 3: chrom is missing"),
        ("chr1\t1\t5\t0.5", "line 3: seen is ''"),
        ("chr1\t1\t5\t0.5\t0\tmore", "line 3: the row has more columns than the header (5)"),
        ("chr1\t1\t5\t0.5\t0\tmuch\tmore\tmore", "line 3: the row has more columns than the header (5)"),
    ],
)
def test_wrong_values_are_refused_with_their_line(run, tmp_path, row, message):
    """By genes, and by merge: line 3, after a blank line."""
    table = write(tmp_path / "t.tsv", f"chrom\tstart\tend\tprobability\tseen\n\n{row}\n")
    for arguments in (("genes", table, "--annotation", write(tmp_path / "g.bed", "chr1\t0\t9\tg\n")), ("merge", table)):
        result = run(*arguments, "--out", tmp_path / "o.tsv")
        assert result.code == 3
        assert f"t.tsv, {message}" in result.err
        assert not (tmp_path / "o.tsv").exists()


def test_windows_without_a_probability_are_no_windows(ok, tmp_path):
    table = write(tmp_path / "t.tsv", "chrom\tstart\tend\tprobability\nchr1\t0\t100\tNA\nchr1\t100\t200\t0.75\n")
    genes = write(tmp_path / "g.bed", "chr1\t0\t200\tg\nchr1\t0\t50\th\n")
    result = ok("genes", table, "--annotation", genes, "--out", tmp_path / "o.tsv")
    assert table_of(tmp_path / "o.tsv").loc[["g", "h"], ["windows", "mean"]].to_numpy().tolist() == [
        ["1", "0.75"],
        ["0", "NA"],
    ]
    assert "windows without a probability (NA), left out: 1" in result.out


@pytest.mark.parametrize("kind", ["windows", "segments"])
def test_a_table_is_read_however_it_was_saved(ok, tmp_path, kind):
    """Gzip, a byte order mark, Windows line ends, quotes as R writes them, further columns in front."""
    header, row = {
        "windows": ("chrom\tstart\tend\tprobability\tseen\n", "chr1\t0\t100\t0.9\t0\n"),
        "segments": (HEADER, 'chr1\t0\t100\tA "b"\t1\t0.9\tAltai\t0\n'),
    }[kind]
    genes = write(tmp_path / "g.bed", "chr1\t50\t150\tg\n")
    plain = header + row
    quoted = "\n".join(
        "\t".join(
            field if field.replace(".", "").isdigit() else f'"{field.replace(chr(34), chr(34) * 2)}"' for field in line
        )
        for line in (text.rstrip("\n").split("\t") for text in (header, row))
    )
    forms = {
        "plain": plain.encode(),
        "gzip": gzip.compress(plain.encode(), mtime=0),
        "bom": b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode(),
        "quoted": quoted.encode(),
        "wide": ("n\t" + header + "1\t" + row).encode(),
    }
    found = {}
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content)
        ok("genes", tmp_path / name, "--annotation", genes, "--out", tmp_path / "o.tsv")
        found[name] = (tmp_path / "o.tsv").read_text()
    assert len(set(found.values())) == 1, found
    assert ("haplotypes" in found["plain"]) == (kind == "segments")
    assert "\t0.9\t" in found["plain"]


def test_tables_with_a_header_only(ok, tmp_path):
    genes = write(tmp_path / "g.bed", "chr1\t50\t150\tg\n")
    for header in ("chrom\tstart\tend\tprobability\n", HEADER):
        table = write(tmp_path / "t.tsv", header)
        ok("genes", table, "--annotation", genes, "--out", tmp_path / "o.tsv")
        assert "NA" in rows_of(tmp_path / "o.tsv")[0]
        ok("merge", table, "--out", tmp_path / "m.tsv")
        assert (tmp_path / "m.tsv").read_text() == header


# Annotations


def test_gff3_as_ncbi_and_roary_write_it(tmp_path):
    path = write(
        tmp_path / "g.gff",
        "##gff-version 3\n"
        "chr1\tx\tgene\t11\t20\t.\t+\t.\tID=g1;Name=odd%3B%20name%2C%251\n"
        "chr1\tx\tgene\t31\t40\t.\t+\t.\tID=g1;Name=twice\n"
        "chr1\tx\tgene\t31000011\t31000020\t.\t+\t.\tID=g1;Name=twice\n"
        "a%7Cb\tx\tpseudogene\t1\t5\t.\t-\t.\tID=p;gene=A/B\n"
        ">chr1\nACGTACGT\n>gene\tx\tgene\n",
    )
    tally = Summary()
    found = read_genes(path, tally=tally)
    assert found.to_numpy().tolist() == [
        ["chr1", 10, 20, "odd; name,%1", "+"], ["chr1", 30, 40, "twice", "+"],
        ["chr1", 31_000_010, 31_000_020, "twice", "+"], ["a|b", 0, 5, "A/B", "-"],
    ]  # fmt: skip
    assert tally.count("genes", "sections of sequence (FASTA), not read") == 1
    path.write_text(path.read_text().replace("\n>chr1\n", "\n##FASTA\n>chr1\n"))
    assert read_genes(path, tally=Summary()).equals(found)


def test_one_gene_id_at_two_loci_is_two_genes(tmp_path):
    """Exons on two strands, 40 Mb apart, and on two chromosomes; an intron of 1.9 Mb joins."""
    places = [
        ("chr1", 40_000_001, 40_000_100, "+"), ("chr1", 1, 100, "+"), ("chr1", 1_900_000, 1_900_100, "+"),
        ("chr1", 3_000, 4_000, "-"), ("chr2", 50, 60, "+"), ("chr1", 40_000_301, 40_000_400, "+"),
    ]  # fmt: skip
    path = write(
        tmp_path / "g.gtf",
        "".join(f'{c}\tx\texon\t{s}\t{e}\t.\t{strand}\t.\tgene_id "G"; n "1";\n' for c, s, e, strand in places),
    )
    tally = Summary()
    found = read_genes(path, tally=tally)
    assert sorted(found.to_numpy().tolist()) == [
        ["chr1", 0, 1_900_100, "G", "+"], ["chr1", 2_999, 4_000, "G", "-"],
        ["chr1", 40_000_000, 40_000_400, "G", "+"], ["chr2", 49, 60, "G", "+"],
    ]  # fmt: skip
    assert tally.count("genes", "further loci of a gene_id, more than 2,000,000 bp apart") == 1


def test_gtf_without_quotes(tmp_path):
    """Some programs write values bare; features without a gene_id are no gene, and are counted."""
    rows = [
        "gene_id G1; gene_name SYM",
        "gene_id G2",
        'transcript_id "t"; gene_id ""',
        'gene_id "G3"; gene_name "A B";',
    ]
    exons = "".join(f"chr1\tx\texon\t{10 * n + 1}\t{10 * n + 5}\t.\t+\t.\t{row}\n" for n, row in enumerate(rows))
    tally = Summary()
    found = read_genes(write(tmp_path / "g.gtf", exons), tally=tally)
    assert sorted(found["name"]) == ["A B", "G2", "SYM"]
    assert sorted(found["start"]) == [0, 10, 30]
    assert tally.count("genes", "features without a gene_id, left out") == 1
    genes = read_genes(write(tmp_path / "h.gtf", exons.replace("exon", "gene")), tally=Summary())
    assert genes["name"].tolist() == ["SYM", "G2", ".", "A B"]
    with pytest.raises(InputError, match="names no gene"):
        read_genes(write(tmp_path / "i.gtf", exons.splitlines()[2]), tally=Summary())


@pytest.mark.parametrize("value", [0.4, 0.3, 0.7, 0.1, 0.123457])
@pytest.mark.parametrize("kind", ["table", "bigwig"])
def test_a_mean_that_is_the_threshold_reaches_it(ok, tmp_path, value, kind):
    """However it was rounded on its way: 0.4 is no binary fraction."""
    genes = write(tmp_path / "g.bed", "chr1\t50\t450\tA\n")
    edges = [(0, 100), (100, 300), (300, 500)]
    if kind == "bigwig":
        path = bigwig(tmp_path / "t.bw", [("chr1", 600)], [(*edge, value) for edge in edges])
    else:
        text = "".join(f"chr1\t{start}\t{end}\t{value}\n" for start, end in edges)
        path = write(tmp_path / "t.tsv", f"chrom\tstart\tend\tprobability\n{text}")
    for threshold, call, fraction in ((value, "introgressed", "1"), (value + 1e-5, "free", "0")):
        ok("genes", path, "--annotation", genes, "--threshold", threshold, "--out", tmp_path / "o.tsv")
        row = table_of(tmp_path / "o.tsv").loc["A"]
        assert (row["call"], row["fraction"]) == (call, fraction)


def test_one_based_rows_keep_their_rules(tmp_path):
    """In GFF 5 to 5 is one base, and 6 to 5 is reversed."""
    path = write(tmp_path / "g.gff", "##gff-version 3\nchr1\tx\tgene\t5\t5\t.\t+\t.\tID=a\n")
    assert read_genes(path, tally=Summary())[["start", "end"]].to_numpy().tolist() == [[4, 5]]
    path.write_text(path.read_text().replace("5\t5", "6\t5"))
    with pytest.raises(InputError, match="line 2: end lies before start"):
        read_genes(path, tally=Summary())


# Segments of people


def test_genes_that_were_not_read_are_na(ok, tmp_path):
    """Beside a companion: read and without a segment is 0; not read is NA; half read counts over that half."""
    segments = write(
        tmp_path / "s.tsv", HEADER + "chr1\t100\t200\tA\t1\t0.9\tAltai\t0\nchr1\t150\t250\tB\t2\t0.8\t.\t0\n"
    )
    write(tmp_path / "s.callable.bed", "chr1\t0\t120\t4\nchr1\t120\t300\t2\nchr2\t0\t50\t4\nchr2\t50\t99\t0\n")
    genes = write(
        tmp_path / "g.bed",
        "chr1\t180\t400\thalf\nchr1\t260\t300\tfree\nchr1\t500\t600\tunread\nchr2\t10\t20\tfree2\nchr2\t60\t70\tnobody\n"
        "chr3\t1\t2\tother\n",
    )
    result = ok("genes", segments, "--annotation", genes, "--out", tmp_path / "o.tsv", "--bed", tmp_path / "o.bed")
    table = table_of(tmp_path / "o.tsv")
    kept = ["haplotypes", "people", "fraction", "sources", "read"]
    assert table.loc["half", kept].tolist() == ["2", "2", f"{70 / 120:.6g}", ".:1,Altai:1", f"{120 / 220:.6g}"]
    for name in ("free", "free2"):
        assert table.loc[name, [*kept, "mean"]].tolist() == ["0", "0", "0", ".", "1", "NA"]
    for name in ("unread", "nobody", "other"):
        assert table.loc[name, [*kept, "mean"]].tolist() == ["NA", "NA", "NA", "NA", "0", "NA"]
    assert (tmp_path / "o.bed").read_text() == "chr1\t180\t400\thalf\t900\t.\n"
    for line in ("with archaic sequence: 1", "free of archaic sequence: 2", "not read: 3"):
        assert line in result.out
    assert f"callable regions are read from {tmp_path / 's.callable.bed'}" in result.err


def test_without_a_companion_chromosomes_without_a_segment_are_na(ok, tmp_path):
    segments = write(tmp_path / "s.tsv", HEADER + "chr1\t100\t200\tA\t1\t0.9\tAltai\t0\n")
    genes = write(tmp_path / "g.bed", "1\t180\t400\thalf\n1\t500\t600\tfree\n2\t10\t20\tunknown\n")
    result = ok("genes", segments, "--annotation", genes, "--out", tmp_path / "o.tsv")
    kept = ["chrom", "haplotypes", "fraction", "sources", "read"]
    assert table_of(tmp_path / "o.tsv")[kept].to_numpy().tolist() == [
        ["2", "NA", "NA", "NA", "NA"], ["chr1", "1", f"{20 / 220:.6g}", "Altai:1", "NA"], ["chr1", "0", "0", ".", "NA"],
    ]  # fmt: skip
    assert "warning: 1 gene(s) are NA" in result.err
    assert "--callable" in result.err
    # A plain mask, in the other style, says what was read.
    mask = write(tmp_path / "mask.bed", "1\t0\t1000\n2\t0\t1000\n2\t5\t5\n")
    result = ok("genes", segments, "--annotation", genes, "--out", tmp_path / "o.tsv", "--callable", mask)
    assert table_of(tmp_path / "o.tsv")["haplotypes"].tolist() == ["0", "1", "0"]
    assert "are NA" not in result.err
    # The threshold does not decide what was read.
    result = ok("genes", segments, "--annotation", genes, "--out", tmp_path / "o.tsv", "--threshold", 0.95)
    assert table_of(tmp_path / "o.tsv")["haplotypes"].tolist() == ["NA", "0", "0"]


def test_companions_of_others_are_refused(run, ok, tmp_path):
    segments = write(tmp_path / "s.tsv", HEADER + "chr1\t10\t20\tA\t1\t0.9\tA\t0\nchr2\t10\t20\tA\t1\t0.9\tA\t0\n")
    genes = write(tmp_path / "g.bed", "chr1\t0\t90\tg\n")
    mask = write(tmp_path / "mask.bed", "chr1\t50\t90\n")
    common = ("genes", segments, "--annotation", genes, "--out", tmp_path / "o.tsv", "--callable", mask)
    result = run(*common)
    assert result.code == 3
    assert "mask.bed: contains no base of any segment" in result.err
    mask.write_text("chr1\t0\t90\n")
    result = ok(*common)
    assert "contains no base of 1 of 2 segments" in result.err
    assert "segments where nothing was read: 1" in result.out
    (tmp_path / "t.tsv").write_text("chrom\tstart\tend\tprobability\nchr1\t0\t9\t0.5\n")
    result = run("genes", tmp_path / "t.tsv", *common[2:])
    assert result.code == 2
    assert "--callable is for a table of segments" in result.err


def test_nothing_read_is_an_empty_companion(ok, tmp_path):
    segments = write(tmp_path / "s.tsv", HEADER)
    (tmp_path / "s.callable.bed").touch()
    genes = write(tmp_path / "g.bed", "chr1\t0\t90\tg\n")
    ok("genes", segments, "--annotation", genes, "--out", tmp_path / "o.tsv")
    assert rows_of(tmp_path / "o.tsv")[0][5:] == ["NA", "NA", "NA", "NA", "NA", "NA", "0"]


def test_counts_over_read_bases_against_marking_every_base(ok, tmp_path):
    """Random segments, stretches and genes, counted base by base."""
    rng = np.random.default_rng(5)
    size, names = 2_000, ("chr1", "chr2", "chr3")

    def draw(count, longest):
        starts = rng.integers(0, size - longest, count)
        return [
            (str(rng.choice(names[:2])), int(s), int(s + n))
            for s, n in zip(starts, rng.integers(1, longest, count), strict=True)
        ]

    genes = [*draw(60, 200), ("chr3", 5, 50)]
    read, segments = draw(12, 300), draw(30, 150)
    segments = [(*place, f"P{rng.integers(4)}", int(rng.integers(1, 3))) for place in segments]
    marked = {name: np.zeros((2, size), dtype=bool) for name in names}
    for row, places in enumerate((read, segments)):
        for chrom, start, end, *_ in places:
            marked[chrom][row, start:end] = True
    write(tmp_path / "s.tsv", HEADER + "".join(f"{c}\t{s}\t{e}\t{p}\t{h}\t0.5\t.\t0\n" for c, s, e, p, h in segments))
    callable_file_of(tmp_path / "s.tsv").write_text("".join(f"{c}\t{s}\t{e}\t3\n" for c, s, e in read))
    write(tmp_path / "g.bed", "".join(f"{c}\t{s}\t{e}\tg{n}\n" for n, (c, s, e) in enumerate(genes)))
    ok("genes", tmp_path / "s.tsv", "--annotation", tmp_path / "g.bed", "--out", tmp_path / "o.tsv", "--threshold", 0)
    table = table_of(tmp_path / "o.tsv")
    kinds = set()
    for number, (chrom, start, end) in enumerate(genes):
        found = table.loc[f"g{number}", ["haplotypes", "people", "fraction", "read"]].tolist()
        looked, inside = marked[chrom][:, start:end]
        over = {(p, h) for c, s, e, p, h in segments if c == chrom and s < end and e > start}
        expected = [
            str(len(over)),
            str(len({p for p, _ in over})),
            f"{(looked & inside).sum() / max(1, looked.sum()):.6g}",
        ]
        assert found == [*(expected if looked.any() else ["NA"] * 3), f"{looked.mean():.6g}"]
        kinds.add((bool(looked.any()), bool(over)))
    assert kinds == {(True, True), (True, False), (False, False), (False, True)}
