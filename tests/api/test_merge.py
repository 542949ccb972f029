"""Predictions made chromosome by chromosome must join into what one run over the genome would have written."""

from __future__ import annotations

import time

import numpy as np
import pyBigWig
import pytest

from archaictools.io.bigwig import BigWigWriter
from archaictools.io.bigwig_reader import read_bigwig

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


def test_bigwigs_join_in_the_order_of_genomes(ok, parts, tmp_path):
    assert "intervals: 4" in ok("merge", *parts["bw"], "--out", tmp_path / "all.bw").out
    with pyBigWig.open(str(tmp_path / "all.bw")) as track:
        assert dict(track.chroms()) == LENGTHS
        assert {chrom: list(track.intervals(chrom)) for chrom in PARTS} == PARTS
        assert track.intervals("chr11") is None


def test_bigwigs_that_name_their_own_chromosomes_alone(ok, tmp_path):
    """As of VCFs without the contigs of the genome."""
    for chrom in ("chr10", "chr2"):
        with BigWigWriter(tmp_path / f"{chrom}.bw", {chrom: LENGTHS[chrom]}) as writer:
            writer.add(chrom, (np.array([0]), np.array([10]), np.array([0.5])))
    ok("merge", tmp_path / "chr10.bw", tmp_path / "chr2.bw", "--out", tmp_path / "all.bw")
    with pyBigWig.open(str(tmp_path / "all.bw")) as track:
        assert list(track.chroms().items()) == [("chr2", 900), ("chr10", 800)]
        assert [track.intervals(chrom) for chrom in track.chroms()] == [((0, 10, 0.5),)] * 2


def test_text_joins_with_one_header(ok, parts, tmp_path):
    ok("merge", *parts["tsv"], "--out", tmp_path / "all.tsv")
    assert (tmp_path / "all.tsv").read_text() == (
        "chrom\tstart\tend\tprobability\nchr1\t50\t60\t0.5\nchr2\t0\t200\t0.25\nchr2\t200\t400\t0.75\nchr10\t100\t300\t1.0\n"
    )
    (tmp_path / "nothing.bed").touch()
    done = ok("merge", *parts["bed"], tmp_path / "nothing.bed", "--out", tmp_path / "all.bed")
    assert "4 BED parts" in done.out
    assert "1 of them empty" in done.out
    rows = (tmp_path / "all.bed").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows] == ["chr1", "chr2", "chr2", "chr10"]


def test_parts_of_several_chromosomes_come_out_sorted(ok, tmp_path):
    """bedtools -sorted and genome browsers want each chromosome once."""
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
        (["chr1.bw", "other.bw"], "other.bw: has 5 bp of chr1, but"),
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


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1\t9\t5\tx\t0\t.", "line 4: end lies before start (chr1 9 5)"),
        ("chr1\t-9\t5\tx\t0\t.", "line 4: start is before the chromosome's first base"),
        ("chr1\t5\t5\tx\t0\t.", "line 4: the interval has zero length"),
        ("chr1\tfive\t9\tx\t0\t.", "line 4: start is 'five', expected a whole number"),
        ("chr1\t5\t9\tx\t1001\t.", "line 4: score is '1001', expected a number from 0 to 1000"),
        ("chr1\t5\t9\tx\t-1\t.", "line 4: score is '-1'"),
        ("chr1\t5\t9\tx\tnan\t.", "line 4: score is 'nan'"),
        ("chr1\t5\t9\tx\t95%\t.", "line 4: score is '95%'"),
        ("chr1\t5\t9\tx", "line 4: the row has fewer columns than the first (6)"),
        ("chr1\t5\t9\tx\t0\t.\t.", "line 4: the row has more columns than the first (6)"),
    ],
)
def test_wrong_values_of_bed_are_refused_with_their_line(run, tmp_path, row, message):
    (tmp_path / "a.bed").write_text(f"# made by hand\n\nchr1\t1\t2\tx\t.\t+\n{row}\n")
    done = run("merge", tmp_path / "a.bed", "--out", tmp_path / "all.bed")
    assert done.code == 3
    assert f"a.bed, {message}" in done.err
    assert not (tmp_path / "all.bed").exists()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1\t1\t9\tA\t1\t1.5", "line 2: posterior is '1.5', expected a number from 0 to 1"),
        ("chr1\t1\t9\tA\t1\tNA", "line 2: posterior is 'NA'"),
        ("chr1\t1\t9\tA\tone\t0.5", "line 2: haplotype is 'one', expected a whole number of 0 or more"),
        ("chr1\t1\t9\t\t1\t0.5", "line 2: sample is missing"),
    ],
)
def test_wrong_values_of_segments_are_refused_with_their_line(run, tmp_path, row, message):
    (tmp_path / "a.tsv").write_text(f"chrom\tstart\tend\tsample\thaplotype\tposterior\n{row}\n")
    done = run("merge", tmp_path / "a.tsv", "--out", tmp_path / "all.tsv")
    assert done.code == 3
    assert f"a.tsv, {message}" in done.err


def test_lines_that_are_no_rows_are_left_out(ok, tmp_path):
    (tmp_path / "a.bed").write_text("track name=x\n#c\n\nchr2\t1\t2\r\n")
    (tmp_path / "b.bed").write_text("# nothing called\n")
    result = ok("merge", tmp_path / "a.bed", tmp_path / "b.bed", "--out", tmp_path / "all.bed")
    assert (tmp_path / "all.bed").read_text() == "chr2\t1\t2\n"
    assert "header, comment or blank lines: 4" in result.out


@pytest.mark.parametrize(
    ("one", "other"), [("chr1", "2"), ("1", "chr1"), ("X", "chr9"), ("scaffold_1", "chrscaffold_1")]
)
def test_parts_in_two_naming_styles_are_refused(run, tmp_path, one, other):
    for name, chrom in (("a", one), ("b", other)):
        (tmp_path / f"{name}.bed").write_text(f"{chrom}\t1\t2\n")
    done = run("merge", tmp_path / "a.bed", tmp_path / "b.bed", "--out", tmp_path / "all.bed")
    assert done.code == 3
    assert f"b.bed: names a chromosome {other}, but {tmp_path / 'a.bed'} names one {one}" in done.err


def test_contigs_without_chr_beside_chromosomes_with_it(ok, tmp_path):
    for name, chrom in (("a", "chr1"), ("b", "GL000207.1"), ("c", "HLA-A*01:01"), ("d", "chr2")):
        (tmp_path / f"{name}.bed").write_text(f"{chrom}\t1\t2\n")
    ok("merge", *(tmp_path / f"{name}.bed" for name in "abcd"), "--out", tmp_path / "all.bed")
    assert [row.split("\t")[0] for row in (tmp_path / "all.bed").read_text().splitlines()] == [
        "chr1",
        "chr2",
        "GL000207.1",
        "HLA-A*01:01",
    ]


def test_ten_thousand_chromosomes_in_linear_time(ok, tmp_path):
    """Each part is read once, whatever the number of its chromosomes: this took minutes when each was read apart."""
    rows = [f"c{n}\t{n}\t{n + 5}\n" for n in range(10_000)]
    (tmp_path / "a.bed").write_text("".join(rows[1::2] + rows[3::4]))
    (tmp_path / "b.bed").write_text("".join(rows[0::2]))
    begun = time.monotonic()
    ok("merge", tmp_path / "a.bed", tmp_path / "b.bed", "--out", tmp_path / "all.bed")
    assert time.monotonic() - begun < 60
    assert (tmp_path / "all.bed").read_text() == "".join(
        sorted(rows + rows[3::4], key=lambda row: int(row.split("\t")[1]))
    )


@pytest.mark.parametrize("name", ["callable", "A0_called", "A0_shared", "A0_compared"])
@pytest.mark.parametrize("value", ["-5", "NA", "1.5", ""])
def test_counts_of_segments_are_checked(run, tmp_path, name, value):
    path = tmp_path / "a.tsv"
    path.write_text(f"chrom\tstart\tend\tsample\thaplotype\tposterior\t{name}\nchr1\t1\t9\tA\t1\t0.5\t{value}\n")
    result = run("merge", path, "--out", tmp_path / "all.tsv")
    assert result.code == 3
    assert f"line 2: {name} is '{value}'" in result.err


SEGMENTS = "chrom\tstart\tend\tsample\thaplotype\tposterior\tsource\tseen\n"


def test_segments_come_out_with_what_was_read(run, ok, tmp_path):
    """Also of a chromosome without a segment; where a companion is lacking none is written, with a warning."""
    for name, segment, read in (("a", "chr2\t5\t9\tA\t1\t0.5\t.\t0\n", "chr2\t0\t10\t4\n"), ("b", "", "chr1\t3\t8\t2\nchr1\t8\t9\t4\n")):  # fmt: skip
        (tmp_path / f"{name}.tsv").write_text(SEGMENTS + segment)
        (tmp_path / f"{name}.callable.bed").write_text(read)
    (tmp_path / "c.tsv").write_text(SEGMENTS)
    (tmp_path / "c.callable.bed").touch()
    parts = [tmp_path / f"{name}.tsv" for name in "abc"]
    result = ok("merge", *parts, "--out", tmp_path / "all.tsv")
    assert (tmp_path / "all.tsv").read_text() == SEGMENTS + "chr2\t5\t9\tA\t1\t0.5\t.\t0\n"
    assert (tmp_path / "all.callable.bed").read_text() == "chr1\t3\t8\t2\nchr1\t8\t9\t4\nchr2\t0\t10\t4\n"
    assert f"what was read: in {tmp_path / 'all.callable.bed'}" in result.out
    (tmp_path / "c.callable.bed").unlink()
    result = ok("merge", *parts, "--out", tmp_path / "again.tsv")
    assert "c.tsv has no c.callable.bed in its folder" in result.err
    assert not (tmp_path / "again.callable.bed").exists()
    # One of an earlier run would seem to be of these segments.
    before = (tmp_path / "all.tsv").read_text()
    result = run("merge", *parts, "--out", tmp_path / "all.tsv")
    assert result.code == 2
    assert "all.callable.bed: would be read as the callable regions of the output" in result.err
    assert (tmp_path / "all.tsv").read_text() == before


@pytest.mark.parametrize("companions", [(), ("a",)])
def test_a_companion_of_an_earlier_run_is_not_left_beside_a_table(run, tmp_path, companions):
    """It would be taken for what was read of the new table."""
    for name, chrom in (("a", "chr1"), ("b", "chr2")):
        (tmp_path / f"{name}.tsv").write_text(f"{SEGMENTS}{chrom}\t5\t9\tA\t1\t0.5\t.\t0\n")
    for name in companions:
        (tmp_path / f"{name}.callable.bed").write_text("chr1\t0\t10\t4\n")
    (tmp_path / "all.callable.bed").write_text("chr7\t0\t10\t4\n")
    done = run("merge", tmp_path / "a.tsv", tmp_path / "b.tsv", "--out", tmp_path / "all.tsv")
    assert done.code == 2
    assert "all.callable.bed: would be read as the callable regions of the output" in done.err
    assert not (tmp_path / "all.tsv").exists()
    assert (tmp_path / "all.callable.bed").read_text() == "chr7\t0\t10\t4\n"


@pytest.mark.parametrize("kind", ["tsv", "bed", "bw"])
def test_one_part_in_two_naming_styles_is_refused(run, tmp_path, kind):
    part = tmp_path / f"a.{kind}"
    if kind == "bw":
        with BigWigWriter(part, {"1": 100, "chr1": 100}) as writer:
            for chrom in ("1", "chr1"):
                writer.add(chrom, (np.array([0]), np.array([10]), np.array([0.5])))
    else:
        header = "chrom\tstart\tend\tprobability\n" if kind == "tsv" else ""
        part.write_text(f"{header}1\t0\t10\t0.5\nchr1\t0\t10\t0.25\n")
    done = run("merge", part, "--out", tmp_path / f"all.{kind}")
    assert done.code == 3
    assert "names the same chromosome 1 and chr1" in done.err


def test_bed_may_begin_with_a_number_of_any_spelling(ok, run, tmp_path):
    part = tmp_path / "a.bed"
    part.write_text("chr1\t1e3\t2000.0\tx\n")
    ok("merge", part, "--out", tmp_path / "all.bed")
    assert (tmp_path / "all.bed").read_text() == "chr1\t1000\t2000\tx\n"
    part.write_text("chr1\t-5\t20\tx\n")
    assert "line 1: start is before the chromosome's first base" in run("merge", part, "--out", tmp_path / "no.bed").err


def six(value):
    return "NA" if value is None else f"{value:.6g}"


def people_table(people, *, sources=("Altai", "ambiguous"), with_length=True):
    """Write what predict --summary says, worked out from (callable, [(length, source)], haplotypes) of each person."""
    names = ["sample", "haplotypes", "callable", "introgressed", "percent", "segments", "mean_length", "longest"]
    lines = [names + [f"{source}_bases" for source in sources] + ["length"] * with_length]
    for name, (callable_, segments, haplotypes) in people.items():
        lengths = [length for length, _ in segments]
        total = sum(lengths)
        known = [total, six(100 * total / callable_), len(lengths)] if callable_ else ["NA"] * 3
        longest = max(lengths, default=0) if callable_ else "NA"
        bases = [sum(n for n, source in segments if source == wanted) if callable_ else "NA" for wanted in sources]
        mean = six(total / len(lengths) if lengths else None)
        line = [name, haplotypes, callable_, *known, mean, longest, *bases]
        lines.append(line + [total if callable_ else "NA"] * with_length)
    return "".join("\t".join(map(str, line)) + "\n" for line in lines)


def people_of(rng, chromosomes, *, grid):
    """Draw people: of each chromosome (callable, segments, haplotypes); the last one was read on one chromosome only."""
    drawn = []
    for number in range(chromosomes):
        here = {}
        for person in range(6):
            count = int(rng.integers(0, 300)) if person else 0
            segments = [
                (int(rng.integers(1, 900)) * grid, str(rng.choice(["Altai", "ambiguous"]))) for _ in range(count)
            ]
            here[f"P{person}"] = (
                sum(n for n, _ in segments) * 7 + 1_234_567,
                segments,
                2 - (number == 0 and person == 1),
            )
        here["unread"] = (0, [], 2) if number else (5_000, [], 2)
        here["never"] = (0, [], 2)
        drawn.append(here)
    return drawn


def all_together(drawn):
    return {
        name: (
            sum(here[name][0] for here in drawn),
            [segment for here in drawn for segment in here[name][1]],
            max(here[name][2] for here in drawn),
        )
        for name in drawn[0]
    }


def test_people_add_up_exactly(ok, tmp_path):
    """Six digits of a mean do not give back the sum; the column length does."""
    drawn = people_of(np.random.default_rng(3), 5, grid=997)
    for number, here in enumerate(drawn):
        (tmp_path / f"{number}.tsv").write_text(people_table(here))
    result = ok("merge", *(tmp_path / f"{number}.tsv" for number in (3, 1, 0, 4, 2)), "--out", tmp_path / "all.tsv")
    assert (tmp_path / "all.tsv").read_text() == people_table(all_together(drawn))
    assert "5 summary parts" in result.out
    rows = {line.split("\t")[0]: line.split("\t") for line in (tmp_path / "all.tsv").read_text().splitlines()}
    assert rows["never"][2:] == ["0", *["NA"] * 8]
    assert rows["unread"][2:] == ["5000", "0", "0", "0", "NA", "0", "0", "0", "0"]
    assert rows["P1"][1] == "2"


def test_people_of_files_without_a_total_length(ok, tmp_path):
    """As earlier versions wrote them: exact where six digits tell the sum, which segments of this size allow."""
    drawn = people_of(np.random.default_rng(4), 3, grid=1)
    for number, here in enumerate(drawn):
        (tmp_path / f"{number}.tsv").write_text(people_table(here, with_length=False))
    ok("merge", *(tmp_path / f"{number}.tsv" for number in range(3)), "--out", tmp_path / "all.tsv")
    assert (tmp_path / "all.tsv").read_text() == people_table(all_together(drawn), with_length=False)


def with_unlike(text, values):
    """Add the last column to a table of people, as ``predict --summary`` writes it."""
    header, *rows = text.splitlines()
    lines = [f"{header}\tunlike_training", *(f"{row}\t{values[row.split()[0]]}" for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def test_bases_unlike_the_training_add_up_and_are_told(ok, run, tmp_path):
    """NA is a part that could not be compared, not 0; a sum is NA if all of its terms are."""
    drawn = people_of(np.random.default_rng(3), 3, grid=997)
    values = [
        {"P0": 0, "P1": 70, "P2": "NA", "P3": "NA", "P4": 5, "P5": 0, "unread": 0, "never": "NA"},
        {"P0": 0, "P1": 30, "P2": "NA", "P3": 9, "P4": "NA", "P5": 0, "unread": "NA", "never": "NA"},
        {"P0": 0, "P1": 0, "P2": "NA", "P3": 1, "P4": 6, "P5": 0, "unread": "NA", "never": "NA"},
    ]
    whole = {"P0": 0, "P1": 100, "P2": "NA", "P3": 10, "P4": 11, "P5": 0, "unread": 0, "never": "NA"}
    parts = [tmp_path / f"{number}.tsv" for number in range(3)]
    for part, here, own in zip(parts, drawn, values, strict=True):
        part.write_text(with_unlike(people_table(here), own))
    done = ok("merge", *parts, "--out", tmp_path / "all.tsv")
    assert (tmp_path / "all.tsv").read_text() == with_unlike(people_table(all_together(drawn)), whole)
    assert "unlike training: 3 of 8 people: posteriors are not reliable there; their ranking may be" in done.out
    assert "3 of 8 people have bases on chromosomes unlike the training" in done.err
    # The column of an earlier release cannot be made up.
    parts[2].write_text(people_table(drawn[2]))
    refused = run("merge", *parts, "--out", tmp_path / "no.tsv")
    assert refused.code == 3
    assert "2.tsv, line 1: has columns: haplotypes, " in refused.err
    assert "merge tables of one release and of the same archaic genomes" in refused.err
    for part, here in zip(parts, drawn, strict=True):
        part.write_text(with_unlike(people_table(here), dict.fromkeys(whole, 0)))
    assert "unlike training:" not in ok("merge", *parts, "--out", tmp_path / "alike.tsv").out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("P1\t2\t", "P9\t2\t"), "b.tsv: has no row of P1, unlike the other parts"),
        (("P2\t2\t", "P1\t2\t"), "b.tsv, line 4: the sample has two rows"),
        (("P1\t2\t", "P1\ttwo\t"), "b.tsv, line 3: haplotypes is 'two', expected a whole number of 0 or more"),
        (("P1\t2\t", "P1\t2\t-"), "b.tsv, line 3: callable is '-"),
        (("P0\t2\t1234567\t0\t0", "P0\t2\t1234567\t0\t0%"), "b.tsv, line 2: percent is '0%'"),
        (
            ("P0\t2\t1234567\t0\t0", "P0\t2\t1234567\t0\t101"),
            "b.tsv, line 2: percent is '101', expected a number from 0 to 100 or NA",
        ),
        (("P0\t2\t1234567\t0", "P0\t2\t1234567\t1234568"), "b.tsv, line 2: introgressed is more than callable"),
        (("Altai_bases", "Vindija_bases"), "b.tsv, line 1: has columns: "),
        (("\tlength\n", "\tcolour\n"), "b.tsv, line 1: has a column 'colour', which cannot be added up"),
        (("longest", "shortest"), "b.tsv, line 1: has no column longest"),
    ],
)
def test_people_that_do_not_add_up_are_refused(run, tmp_path, change, message):
    one, other = people_of(np.random.default_rng(5), 2, grid=10)
    (tmp_path / "a.tsv").write_text(people_table(one))
    text = people_table(other)
    assert change[0] in text
    (tmp_path / "b.tsv").write_text(text.replace(*change))
    done = run("merge", tmp_path / "a.tsv", tmp_path / "b.tsv", "--out", tmp_path / "all.tsv")
    assert done.code == 3
    assert message in done.err
    assert not (tmp_path / "all.tsv").exists()


def test_segments_without_their_length_are_refused(run, tmp_path):
    """Left out of the sum, they would make the mean too small."""
    header = "sample\thaplotypes\tcallable\tintrogressed\tpercent\tsegments\tmean_length\tlongest\n"
    (tmp_path / "a.tsv").write_text(f"{header}P\t2\t1000\t100\t10\t2\t50\t60\n")
    (tmp_path / "b.tsv").write_text(f"{header}P\t2\t1000\t100\t10\t1\tNA\t100\n")
    done = run("merge", tmp_path / "a.tsv", tmp_path / "b.tsv", "--out", tmp_path / "all.tsv")
    assert done.code == 3
    assert "b.tsv, line 2: mean_length is NA, though there are segments" in done.err


def test_the_same_numbers_twice_are_suspected(ok, tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.tsv").write_text(people_table(people_of(np.random.default_rng(5), 1, grid=10)[0]))
    done = ok("merge", tmp_path / "a.tsv", tmp_path / "b.tsv", "--out", tmp_path / "all.tsv")
    assert "have the same numbers: is a chromosome in both?" in done.err


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
