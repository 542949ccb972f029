"""words.h5: what is written is what the genome says, in few bytes, the same every time."""

from __future__ import annotations

import h5py
import numpy as np
import pandas as pd
import pytest

from archaictools.errors import InputError
from archaictools.sequence.token_file import open_tokens
from helpers import COMPLEMENT, ids_of_strings, write_fasta

SEQUENCE = {"chr1": "ACGTTGCANNACGTacgtTTGACCA" * 20, "chr2": "GATTACAGATTACA" * 30}
WINDOWS = [
    ("chr1", 0, 50, "introgressed", "+"),
    ("chr1", 3, 53, "depleted", "-"),
    ("chr1", 450, 500, ".", "."),
    ("chr2", 100, 120, "introgressed", "-"),
    ("chr2", 0, 50, "other", "."),
]


@pytest.fixture
def files(tmp_path):
    genome = write_fasta(tmp_path / "g.fa", SEQUENCE)
    bed = tmp_path / "w.bed"
    bed.write_text("".join(f"{c}\t{s}\t{e}\t{n}\t0\t{d}\n" for c, s, e, n, d in WINDOWS))
    return genome, bed


@pytest.mark.parametrize("options", [(), ("--k", "3"), ("--k", "4", "--stride", "3"), ("--k", "5", "--canonical")])
def test_sentences_read_as_the_genome_does(ok, tmp_path, files, options):
    genome, bed = files
    out = tmp_path / "w.h5"
    ok("tokenize", bed, "--genome", genome, "--out", out, *options)
    with open_tokens(out) as words:
        encoding = words.encoding
        (part,) = words.chunks()
        found = encoding.ids(part.codes)
        taken = encoding.ids(words.take(np.array([4, 0, 3, 3])))
        assert part.label.tolist() == [1, 0, -1, 1, -1]
    for (chrom, start, end, _, strand), row in zip(WINDOWS, found, strict=True):
        text = SEQUENCE[chrom][start:end]
        if strand == "-":
            text = text.upper().translate(COMPLEMENT)[::-1]
        text = text.ljust(50, "N")
        assert row.tolist() == ids_of_strings(text, encoding.k, encoding.stride, encoding.canonical)
    assert (taken == found[[4, 0, 3, 3]]).all()


def test_vocabulary_counts_words_by_class(ok, tmp_path, files):
    genome, bed = files
    table = tmp_path / "v.tsv"
    ok("tokenize", bed, "--genome", genome, "--k", 3, "--out", tmp_path / "w.h5", "--vocabulary", table)
    found = pd.read_csv(table, sep="\t", keep_default_na=False)
    expected: dict[str, list[int]] = {}
    for chrom, start, end, name, strand in WINDOWS:
        text = SEQUENCE[chrom][start:end].upper()
        text = text.translate(COMPLEMENT)[::-1] if strand == "-" else text
        for i in range(len(text) - 2):
            if "N" not in text[i : i + 3]:
                row = expected.setdefault(text[i : i + 3], [0, 0, 0])
                row[0] += 1
                row[1] += name == "introgressed"
                row[2] += name == "depleted"
    assert {row.kmer: [row.count_, row.count_introgressed, row.count_depleted]
            for row in found.rename(columns={"count": "count_"}).itertuples()} == expected  # fmt: skip
    assert found["count"].is_monotonic_decreasing
    assert [ids_of_strings(kmer, 3, 1, False)[0] for kmer in found["kmer"]] == found["id"].tolist()


def test_windows_take_few_bytes_and_the_same_bytes(ok, tmp_path, planted):
    bed, first, second = tmp_path / "w.bed", tmp_path / "1.h5", tmp_path / "2.h5"
    ok("windows", "--genome", planted / "planted.fa.gz", "--step", 50, "--out", bed)
    for out in (first, second):
        ok("tokenize", bed, "--genome", planted / "planted.fa.gz", "--out", out)
    windows = len(bed.read_text().splitlines())
    assert first.stat().st_size / windows <= 60
    assert first.read_bytes() == second.read_bytes()


def test_records_without_coordinates_become_sentences(ok, tmp_path, planted):
    out = tmp_path / "r.h5"
    ok("tokenize", "--fasta", planted / "records.fa", "--out", out, "--label", "introgressed")
    with open_tokens(out) as words:
        (part,) = words.chunks()
        names = list(words.chromosomes)
        found = [(names[c], s, e) for c, s, e in zip(part.chrom, part.start, part.end, strict=True)]
        assert words.chromosomes == {"contig1": 1000, "contig2": 450, "contig3": 150}
        last = words.encoding.ids(part.codes)[-1]
    assert found == [
        *(("contig1", s, s + 200) for s in range(0, 1000, 200)),
        ("contig2", 0, 200), ("contig2", 200, 400), ("contig2", 400, 450), ("contig3", 0, 150),
    ]  # fmt: skip
    text = (planted / "records.fa").read_text().split()[-1]
    assert last.tolist() == ids_of_strings(text.ljust(200, "N"), 10, 1, False)


def test_other_files_and_newer_schemas_are_refused(ok, tmp_path, files):
    genome, bed = files
    good = tmp_path / "w.h5"
    ok("tokenize", bed, "--genome", genome, "--out", good)
    for change, message in (
        (lambda h: h.attrs.__setitem__("schema_version", 2), "schema version 2"),
        (lambda h: h.attrs.__setitem__("alphabet", "variant"), "has the alphabet variant, expected kmer"),
        (lambda h: h.attrs.__setitem__("format", "archaictools model"), "expected archaictools kmers"),
        (lambda h: h.__delitem__("bases"), "no dataset bases"),
        (lambda h: h.__delitem__("sentence/label"), "no dataset sentence/label"),
    ):
        bad = tmp_path / "bad.h5"
        bad.write_bytes(good.read_bytes())
        with h5py.File(bad, "a") as handle:
            change(handle)
        with pytest.raises(InputError, match=message), open_tokens(bad) as words:
            words.field("label")
    bad.write_bytes(good.read_bytes())
    with h5py.File(bad, "a") as handle:
        handle.attrs["format"] = "archaictools words"
    message = "holds archaictools words, expected archaictools kmers; make the file again with 'archaictools tokenize'"
    with pytest.raises(InputError, match=message), open_tokens(bad):
        pass
    bad.write_bytes(good.read_bytes()[:1000])
    with pytest.raises(InputError, match="not an intact HDF5 file"), open_tokens(bad):
        pass
