"""FASTA: what letters mean, what is refused, and that no index is believed."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pysam
import pytest

from archaictools.errors import InputError
from archaictools.io import fasta_text as fasta
from archaictools.io.fasta import open_genome
from archaictools.sequence.token_file import open_tokens


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b">a\nACGT\n>b\nAC\n>a x\nAC\n", "line 5: two records are named a"),
        (b">a\nACGT\nMKVLEAG\n", "line 3: record a holds 'L', which is no nucleotide (a protein?)"),
        (b">a\nAC\0GT\n", "line 2: record a holds NUL bytes"),
        (b">a\nAC GT\n", "line 2: record a holds ' '"),
        (b">a\nAC>T\n", "line 2: record a holds '>'"),
        (b">a\nAC\xe9T\n", "line 2: record a holds the byte 0xE9"),
        (b">a\nACGT\n>\nAC\n", "line 3: a record has no name"),
        (b">" + b"a" * 100_000 + b"\nQ\n", "record aaaa"),
    ],
)
def test_what_is_no_dna_is_refused(run, tmp_path, text, message):
    path = tmp_path / "g.fa"
    path.write_bytes(text)
    result = run("windows", "--genome", path, "--size", 2, "--step", 2, "--out", tmp_path / "w.bed")
    assert result.code == 3
    assert message in result.err
    assert len(result.err) < 500
    assert not (tmp_path / "w.bed").exists()


@pytest.mark.parametrize("block", [1, 2, 7, 1 << 20])
def test_blocks_of_any_size_give_the_same(monkeypatch, block):
    monkeypatch.setattr(fasta, "BLOCK", block)
    text = b">one x\nACGURY\nAC-*\n>two\n>three y\r\nuuNNn\r\n.X\r\n>four"
    letters = fasta.check_fasta(io.BytesIO(text), "x.fa")
    assert letters.sentence() == (
        "letters U, read as T: 3, ambiguous letters other than N, read as N: 3, gaps (- . *), no base: 3"
    )
    with pytest.raises(InputError, match=r"line 4: two records are named a"):
        fasta.check_fasta(io.BytesIO(b">a\nAC\nGT\n>a\nA\n"), "x.fa")


def test_rna_and_gaps_in_a_genome(ok, tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(">r\nACGUACGUAC\nGG-GGRGGGG\n")
    with open_genome(path) as genome:
        assert genome.codes("r", 0, 10).tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
        assert genome.codes("r", 10, 16).tolist() == [2, 2, 4, 2, 2, 4]
    summary = tmp_path / "s.tsv"
    ok("windows", "--genome", path, "--size", 10, "--step", 10, "--out", tmp_path / "w.bed", "--summary", summary)
    rows = dict(line.split("\t")[1:3] for line in summary.read_text().splitlines() if line.startswith("genome"))
    assert rows == {
        "letters U, read as T": "2",
        "ambiguous letters other than N, read as N": "1",
        "gaps (- . *), no base": "1",
    }
    assert (tmp_path / "w.bed").read_text() == "r\t0\t10\t.\t0\t.\n"  # the second holds what counts as N


def test_records_follow_the_same_rules(ok, run, tmp_path):
    path, words = tmp_path / "r.fa", tmp_path / "w.h5"
    path.write_text(">a\nACGU-ACR\n")
    result = ok("tokenize", "--fasta", path, "--k", 2, "--size", 8, "--out", words)
    assert "letters: letters U, read as T: 1, ambiguous letters" in result.out
    with open_tokens(words) as opened:
        (chunk,) = opened.chunks()
        assert chunk.codes.tolist() == [[0, 1, 2, 3, 4, 0, 1, 4]]
    path.write_text(">a\nMKLE\n")
    result = run("tokenize", "--fasta", path, "--k", 2, "--out", tmp_path / "x.h5")
    assert result.code == 3
    assert "record a holds 'L'" in result.err


@pytest.mark.parametrize("form", ["plain", "bgzip"])
def test_indexes_of_other_files_are_not_believed(tmp_path, form):
    """An index may be newer than its FASTA, and yet of another file."""
    paths = []
    for name, text in (("a", "ACGT" * 40), ("b", "GG" + "TTTTA" * 90)):
        path = tmp_path / f"{name}.fa"
        path.write_text(f">chr1\n{text}\n")
        if form == "bgzip":
            pysam.tabix_compress(str(path), f"{path}.gz")
            path = tmp_path / f"{name}.fa.gz"
        paths.append(path)
    pysam.faidx(str(paths[0]))
    for suffix in [".fai", ".gzi"][: 1 + (form == "bgzip")]:
        Path(f"{paths[0]}{suffix}").rename(f"{paths[1]}{suffix}")
        os.utime(f"{paths[1]}{suffix}", (4_000_000_000, 4_000_000_000))
    with open_genome(paths[1]) as genome:
        assert genome.lengths == {"chr1": 452}
        assert genome.codes("chr1", 447, 452).tolist() == [3, 3, 3, 3, 0]


def test_gzip_and_plain_are_checked_alike(tmp_path):
    path = tmp_path / "g.fa.gz"
    path.write_bytes(gzip.compress(b">a\nACGT\n>a\nACGT\n", mtime=0))
    with pytest.raises(InputError, match="two records are named a"), open_genome(path):
        pass


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_last_record_without_a_base_is_named(tmp_path, end):
    """Elsewhere such a record is a contig of no length."""
    path = tmp_path / "g.fa"
    path.write_text(f">a\n>b\nACGT\n>c{end}")
    with pytest.raises(InputError, match=r"g\.fa: the last record c holds no base; remove it"), open_genome(path):
        pass
    path.write_text(">a\n>b\nACGT\n")
    with open_genome(path) as genome:
        assert genome.lengths["b"] == 4
    path.write_text(">b\nACGT\n\nAC\n")
    with pytest.raises(InputError, match="cannot be read as FASTA; expected") as caught, open_genome(path):
        pass
    assert "samtools" not in str(caught.value)
