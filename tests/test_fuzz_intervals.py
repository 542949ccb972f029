"""Damaged tables, BED, GTF, GFF3 and bigWig through genes, merge and audit: done or refused, never another end.

``ARCHAICTOOLS_FUZZ=10000`` tries as many inputs of each kind; the few here keep the suite short.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pyBigWig
import pytest

TRIES = int(os.environ.get("ARCHAICTOOLS_FUZZ", "40"))

_SEGMENTS = "chrom\tstart\tend\tsample\thaplotype\tposterior\tsource\tseen\n"
WHOLE = {
    "windows.tsv": "chrom\tstart\tend\tprobability\tseen\nchr1\t0\t100\t0.9\t0\nchr2\t5\t10\tNA\t1\n",
    "segments.tsv": f"{_SEGMENTS}chr1\t0\t100\tA\t1\t0.9\tAltai\t0\nchr2\t3\t9\tB\t2\t0.1\t.\t1\n",
    "people.tsv": "sample\thaplotypes\tcallable\tintrogressed\tpercent\tsegments\tmean_length\tlongest\tAltai_bases\tlength\n"
    "A\t2\t100\t10\t10\t1\t10\t10\t10\t10\nB\t2\t0\tNA\tNA\tNA\tNA\tNA\tNA\tNA\n",
    "genes.bed": "track name=x\nchr1\t0\t100\tg\t0\t+\nchr2\t5\t9\th\t.\t.\n",
    "genes.gtf": "".join(
        f'chr1\tx\texon\t{start}\t{start + 99}\t.\t+\t.\tgene_id "G"; transcript_id "t";\n' for start in (1, 40_000_000)
    ),
    "genes.gff": "##gff-version 3\nchr1\tx\tgene\t1\t100\t.\t+\t.\tID=g;Name=a%2Cb\n##FASTA\n>chr1\nACGT\n",
    "read.bed": "chr1\t0\t200\t4\nchr2\t0\t50\t2\n",
    "published.tsv": "Gene\tGene_Symbol\tPredict\tProb_0\tProb_1\nchr1:1-100\tg\t1.0\t0.1\t0.9\n",
}
#: What reads each kind, the damaged file under its name.
COMMANDS = {
    "windows.tsv": [["genes", "windows.tsv", "--annotation", "genes.bed"], ["merge", "windows.tsv"]],
    "segments.tsv": [["genes", "segments.tsv", "--annotation", "genes.bed"], ["merge", "segments.tsv"]],
    "people.tsv": [["merge", "people.tsv"]],
    "genes.bed": [["genes", "windows.tsv", "--annotation", "genes.bed"], ["merge", "genes.bed"], ["audit", "genes.bed"]],
    "genes.gtf": [["genes", "windows.tsv", "--annotation", "genes.gtf"]],
    "genes.gff": [["genes", "segments.tsv", "--annotation", "genes.gff"]],
    "read.bed": [["genes", "segments.tsv", "--annotation", "genes.bed", "--callable", "read.bed"]],
    "published.tsv": [["genes", "windows.tsv", "--annotation", "genes.bed", "--published", "published.tsv",
                       "--agreement", "agreement.out"]],
    "track.bw": [["genes", "track.bw", "--annotation", "genes.bed"], ["merge", "track.bw"]],
}  # fmt: skip
PIECES = [
    b"\t", b"\n", b"\r", b"", b"nan", b"NA", b"-1", b"1e400", b'"', b"\0", b"\xff", b"9" * 20, b"0x1", b"%", b"#", b">", b" ",
    b",", b"chr", b"1e3", b"\xef\xbb\xbf", b"inf", b"\xc2\xa0", b"\t\t\t\t", b"chr1\t5\t5\n",
]  # fmt: skip


def damaged(whole: bytes, draw: random.Random) -> bytes:
    content = bytearray(whole)
    for _ in range(draw.randint(1, 4)):
        place, how = draw.randrange(len(content) + 1), draw.random()
        if how < 0.4:
            content[place : place + draw.randint(0, 3)] = draw.choice(PIECES)
        elif how < 0.6:
            del content[place : place + draw.randint(1, 20)]
        elif how < 0.8:
            content[place:place] = content[max(0, place - draw.randint(1, 30)) : place]
        elif content:
            content[place % len(content)] = draw.randrange(256)
    return bytes(content)


@pytest.mark.parametrize("kind", COMMANDS)
def test_damaged_files_are_read_or_refused(run, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    whole = {name: text.encode() for name, text in WHOLE.items()}
    with pyBigWig.open("track.bw", "w") as track:
        track.addHeader([("chr1", 1_000), ("chr2", 500)])
        track.addEntries(["chr1"] * 2, [0, 50], ends=[50, 80], values=[0.5, 0.75])
    whole["track.bw"] = Path("track.bw").read_bytes()
    draw, codes = random.Random(kind), {}
    for _ in range(TRIES):
        for name, content in whole.items():
            Path(name).write_bytes(content)
        Path(kind).write_bytes(damaged(whole[kind], draw))
        command = draw.choice(COMMANDS[kind])
        out = "out.tsv"
        for left in Path().glob("*out*"):
            left.unlink()
        begun = time.monotonic()
        result = run(*command, "--out", out)
        codes[result.code] = codes.get(result.code, 0) + 1
        assert result.code in {0, 3}, (command, Path(kind).read_bytes(), result.err)
        assert Path(out).exists() == (result.code == 0)
        assert len(list(Path().glob(".*part*"))) == 0
        assert time.monotonic() - begun < 20
        if result.code:
            assert result.err.strip().rsplit("\n", 1)[-1].startswith("archaictools: error: "), result.err
    assert codes.get(3, 0) > TRIES // 10
