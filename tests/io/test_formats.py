"""Files of the field: what is accepted and counted, what is refused, and that outputs are whole or absent."""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import numpy as np
import pyBigWig
import pysam
import pytest
from hypothesis import strategies as st

from archaictools.errors import InputError, UsageError
from archaictools.io.annotation import read_genes
from archaictools.io.bed import read_bed
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.bigwig_reader import read_bigwig
from archaictools.io.dna import encode
from archaictools.io.fasta import open_genome
from archaictools.io.files import StagedOutputs
from archaictools.io.summary import Summary
from helpers import write_fasta


def places(frame):
    return list(zip(frame["chrom"], frame["start"], frame["end"], strict=True))


def test_bed_takes_real_life_files_and_counts_their_oddities(tmp_path):
    path = tmp_path / "odd.bed"
    path.write_bytes(
        b"# comment\ntrack name=x\nbrowser position chr1\n\n"
        b"chr2\t5\t9\r\nchr1\t30\t40\tb\t100287102\t+\textra\tcolumns\nchr1\t10\t20\tc\t.\t?\nchr1\t30\t40\n"
    )
    tally = Summary()
    frame = read_bed(path, tally=tally)
    assert places(frame) == [("chr2", 5, 9), ("chr1", 30, 40), ("chr1", 10, 20), ("chr1", 30, 40)]
    assert frame["name"].tolist() == [".", "b", "c", "."]
    assert frame["strand"].tolist() == [".", "+", ".", "."]
    counts = {row["item"]: row["count"] for row in tally.frame().to_dict("records")}
    assert counts == {
        "header, comment or blank lines": 4,
        "rows with Windows line ends": 1,
        "rows with an unknown strand, read as .": 1,
        "rows with a score outside 0-1000, ignored": 1,
        "rows read": 4,
        "rows that repeat another row": 1,
        "rows out of order": 1,
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1\t9\t5", "line 3: end lies before start (chr1 9 5)"),
        ("chr1\t-1\t5", "line 3: start is before the chromosome's first base"),
        ("chr1\tx\t5", "line 3: start is 'x', expected a whole number"),
        ("chr1\t1.5\t5", "line 3: start is '1.5', expected a whole number"),
        ("chr1 1 5", "line 3: start is missing; expected a whole number, and tabs between columns"),
        ("chr1\t1", "line 3: end is missing"),
    ],
)
def test_bed_names_the_line_of_a_bad_row(tmp_path, row, message):
    path = tmp_path / "bad.bed"
    path.write_text(f"#header\nchr1\t1\t2\n{row}\n")
    with pytest.raises(InputError, match=r".*") as caught:
        read_bed(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.bed", b"", "is empty"),
        ("x.bed", b"#only\n\n", "holds no interval"),
        ("x.bed", b"chr1\0\1\2", "is a binary file"),
        ("x.bed", b"chr1\t1\t2\t\xff\xfe\n", "not text in UTF-8"),
        ("x.bed.gz", b"chr1\t1\t2\n", "is named as gzip but is not"),
        ("x.bed.gz", gzip.compress(b"chr1\t1\t2\n" * 50, mtime=0)[:-12], "damaged or cut short"),
        ("x.bed.gz", gzip.compress(b"chr1\t1\t2\n" * 50, mtime=0)[:10] + b"\xff" * 40, "damaged or cut short"),
        ("x.bed.gz", gzip.compress(b"", mtime=0), "is empty once decompressed"),
    ],
)
def test_files_that_cannot_be_read_are_refused_in_a_sentence(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_bed(path)


def test_names_that_look_like_numbers_stay_names(tmp_path):
    path = tmp_path / "x.bed"
    path.write_text("007\t1\t2\t1e3\n7\t1\t2\t0x1\n")
    frame = read_bed(path)
    assert frame["chrom"].tolist() == ["007", "7"]
    assert frame["name"].tolist() == ["1e3", "0x1"]


def test_gzip_is_told_by_content_not_name(tmp_path):
    path = tmp_path / "dataset_1.dat"
    path.write_bytes(gzip.compress(b"chr1\t1\t2\n", mtime=0))
    assert places(read_bed(path)) == [("chr1", 1, 2)]


def test_gtf_gff3_and_bed_give_the_same_genes(tmp_path, planted):
    from_bed = read_genes(planted / "genes.bed", tally=Summary())
    from_gtf = read_genes(planted / "genes.gtf", tally=Summary())
    gff3 = tmp_path / "genes.gff3"
    exons = tmp_path / "exons.gtf"
    with gff3.open("w") as one, exons.open("w") as other:
        one.write("##gff-version 3\n")
        for row in from_bed.itertuples():
            start, end = row.start + 1, row.end
            one.write(f"{row.chrom}\tx\tgene\t{start}\t{end}\t.\t{row.strand}\t.\tID=g{row.Index};Name={row.name}\n")
            middle = (start + end) // 2
            for first, last in ((start, middle), (middle - 10, end)):
                other.write(
                    f'{row.chrom}\tx\texon\t{first}\t{last}\t.\t{row.strand}\t.\tgene_id "{row.name}"; n "1";\n'
                )
    for frame in (from_gtf, read_genes(gff3, tally=Summary()), read_genes(exons, tally=Summary())):
        assert frame.to_dict("records") == from_bed.to_dict("records")


def test_gtf_without_genes_is_refused(tmp_path):
    path = tmp_path / "no.gff3"
    path.write_text("##gff-version 3\nchr1\tx\tregion\t1\t50\t.\t+\t.\tID=r\n")
    with pytest.raises(InputError, match="names no gene"):
        read_genes(path, tally=Summary())


@pytest.mark.parametrize("form", ["plain", "gzip", "bgzip"])
def test_genome_reads_the_same_from_every_compression(tmp_path, form):
    sequences = {"chr1": "ACGTNacgtn" * 40, "chr2": "GATTACA" * 13}
    path = write_fasta(tmp_path / "g.fa", sequences)
    if form == "gzip":
        zipped = tmp_path / "g.fa.gz"
        zipped.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path = zipped
    elif form == "bgzip":
        pysam.tabix_compress(str(path), f"{path}.gz")
        path = tmp_path / "g.fa.gz"
    before = sorted(tmp_path.iterdir())
    with open_genome(path) as genome:
        assert genome.lengths == {name: len(text) for name, text in sequences.items()}
        for name, text in sequences.items():
            assert genome.codes(name, 3, 77).tolist() == encode(text[3:77]).tolist()
    assert sorted(tmp_path.iterdir()) == before, "inputs' folders are left as they were"


def test_stale_index_is_not_believed(tmp_path):
    path = write_fasta(tmp_path / "g.fa", {"chr1": "A" * 100})
    pysam.faidx(str(path))
    write_fasta(path, {"chr1": "C" * 200})
    index = tmp_path / "g.fa.fai"
    for time in (1, 4_000_000_000):  # older than its FASTA, and newer, of another file
        os.utime(index, (time, time))
        with open_genome(path) as genome:
            assert genome.lengths == {"chr1": 200}
            assert genome.codes("chr1", 150, 160).tolist() == [1] * 10


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("g.fa", b"ACGT\n", "is not FASTA"),
        ("g.fa", b"\x00\x01>x", "is not FASTA"),
        ("g.fa", b">a\nACGT\nAC\nACGTACGT\n", "cannot be read as FASTA"),
        ("g.fa.gz", gzip.compress(b">a\nACGT\n" * 9, mtime=0)[:-9], "damaged or cut short"),
        ("g.fa.gz", b">a\nACGT\n", "named as gzip but is not"),
    ],
)
def test_bad_fasta_is_refused(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message), open_genome(path):
        pass


def test_truncated_bgzip_fasta_is_refused(tmp_path, planted):
    path = tmp_path / "cut.fa.gz"
    path.write_bytes((planted / "planted.fa.gz").read_bytes()[:200_000])
    with pytest.raises(InputError, match="cut short"), open_genome(path):
        pass


intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 25), st.sampled_from([0.0, 0.1, 0.5, 1.0])), max_size=8
)


def test_bigwig_round_trip(tmp_path):
    path = tmp_path / "x.bw"
    track = (np.array([0, 200]), np.array([200, 300]), np.array([0.25, 0.75]))
    with BigWigWriter(path, {"chr1": 1000, "chr2": 500}) as writer:
        writer.add("chr2", track)
    assert writer.bases == 300
    with pyBigWig.open(str(path)) as handle:
        assert handle.chroms() == {"chr1": 1000, "chr2": 500}
        assert handle.intervals("chr2") == ((0, 200, 0.25), (200, 300, 0.75))
    ((chrom, (starts, ends, values)),) = read_bigwig(path)
    assert (chrom, starts.tolist(), ends.tolist(), values.tolist()) == ("chr2", [0, 200], [200, 300], [0.25, 0.75])


def test_outputs_appear_together_or_not_at_all(tmp_path):
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("before")
    with pytest.raises(RuntimeError, match="killed"), StagedOutputs() as outputs:
        outputs.stage(one).write_text("half")
        outputs.stage(two).write_text("half")
        raise RuntimeError("killed")
    assert one.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.txt"]
    with StagedOutputs() as outputs:
        outputs.stage(one).write_text("1")
        outputs.stage(two).write_text("2")
        assert one.read_text() == "before"
    assert (one.read_text(), two.read_text()) == ("1", "2")


def test_one_file_cannot_be_two_outputs(tmp_path):
    with pytest.raises(UsageError, match="named for two outputs"), StagedOutputs() as outputs:
        outputs.stage(tmp_path / "x")
        outputs.stage(tmp_path / "sub" / ".." / "x")


def test_devices_are_written_to_not_replaced():
    with StagedOutputs() as outputs:
        for _ in range(2):
            outputs.stage(Path("/dev/null")).write_text("x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
