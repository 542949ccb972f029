"""bigWigs: read as pyBigWig reads them, and refused where they are damaged or cannot be written."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pyBigWig
import pytest

from archaictools.errors import ArchaicError, InputError
from archaictools.formats.bigwig import BigWigWriter, bigwig_lengths, read_bigwig
from archaictools.words.bins import Patterns
from archaictools.words.bins_writer import write_bins
from archaictools.words.sentences import Alphabet, write_words


@pytest.fixture
def path(tmp_path):
    """A bigWig of 600 chromosomes, more than one node of a tree holds, in all three forms of a block."""
    rng = np.random.default_rng(1)
    lengths = {f"chr{number}": int(rng.integers(10_000, 50_000)) for number in range(600)}
    with pyBigWig.open(str(tmp_path / "x.bw"), "w") as writer:
        writer.addHeader(list(lengths.items()))
        for number, chrom in enumerate(lengths):
            values = rng.random(900).tolist()
            starts = np.sort(rng.choice(1_000, 900, replace=False)) * 10
            if number % 4 == 0:
                writer.addEntries([chrom] * 900, starts.tolist(), ends=(starts + 7).tolist(), values=values)
            elif number % 4 == 1:
                writer.addEntries(chrom, starts.tolist(), values=values, span=5)
            elif number % 4 == 2:
                writer.addEntries(chrom, 100, values=values, span=3, step=10)
    return tmp_path / "x.bw"


def test_reads_what_pybigwig_reads(path):
    with pyBigWig.open(str(path)) as other:
        assert list(bigwig_lengths(path).items()) == list(other.chroms().items())
        found = dict(read_bigwig(path))
        assert len(found) == 450
        for chrom, track in found.items():
            assert [column.tolist() for column in track] == [
                list(each) for each in zip(*other.intervals(chrom), strict=True)
            ]
        assert dict(read_bigwig(path, "chr5")).keys() == {"chr5"}
        assert not dict(read_bigwig(path, "chr3"))


def test_damage_is_refused(path):
    raw = path.read_bytes()
    tree, data, index = struct.unpack_from("<QQQ", raw, 8)
    size = len(raw)
    for where, new in (
        (8, struct.pack("<Q", size)),  # chromosomes beyond the end
        (24, struct.pack("<Q", size + 9)),  # index beyond the end
        (tree, b"XXXX"),
        (tree + 8, struct.pack("<I", 2**31)),  # names of 2 GB
        (index, b"XXXX"),
        (index + 48, b"\0\0\xff\xff"),  # more children than there are bytes
        (data + 8, b"\0" * 8),  # a block that does not unpack
    ):
        path.write_bytes(raw[:where] + new + raw[where + len(new) :])
        with pytest.raises(InputError):
            list(read_bigwig(path))


def test_a_bigwig_without_values_is_read(tmp_path):
    with BigWigWriter(tmp_path / "x.bw", {"chr1": 1_000}):
        pass
    assert bigwig_lengths(tmp_path / "x.bw") == {"chr1": 1_000}
    assert not list(read_bigwig(tmp_path / "x.bw"))


def test_a_block_that_claims_more_than_it_holds_is_refused(tmp_path):
    with BigWigWriter(tmp_path / "x.bw", {"chr1": 1_000}) as writer:
        writer.add("chr1", (np.array([0, 10]), np.array([5, 20]), np.array([0.5, 0.25])))
    raw = (tmp_path / "x.bw").read_bytes()
    index = struct.unpack_from("<Q", raw, 24)[0]
    offset, size = struct.unpack_from("<QQ", raw, index + 48 + 4 + 16)
    block = bytearray(zlib.decompress(raw[offset : offset + size]))
    struct.pack_into("<H", block, 22, 60_000)
    packed = zlib.compress(bytes(block), 9)
    assert len(packed) <= size + 8
    grown = raw[:offset] + packed + raw[offset + len(packed) :]
    (tmp_path / "x.bw").write_bytes(
        grown[: index + 48 + 28] + struct.pack("<Q", len(packed)) + grown[index + 48 + 36 :]
    )
    with pytest.raises(InputError, match="damaged"):
        list(read_bigwig(tmp_path / "x.bw"))


def test_what_a_bigwig_cannot_hold_is_refused(tmp_path):
    for lengths in ({"c" * 256: 10}, {"chr\t1": 10}, {"": 10}, {"chr1": 2**32}, {"chr1": -1}):
        with pytest.raises(InputError):
            BigWigWriter(tmp_path / "x.bw", lengths)
    # pyBigWig would end the process here.
    with pytest.raises(ArchaicError, match="cannot write the bigWig"):
        BigWigWriter(tmp_path / f"{'a' * 300}.bw", {"chr1": 10})
    with pytest.raises(ArchaicError, match="cannot write the bigWig"):
        BigWigWriter(tmp_path / "none" / "x.bw", {"chr1": 10})


@pytest.mark.parametrize("name", ["n" * 300, "a\tb", "a\0b", ""])
def test_names_that_no_file_may_hold_are_not_written(tmp_path, name):
    with pytest.raises(InputError, match="name"):  # noqa: SIM117
        with write_bins(tmp_path / "w.h5", Patterns(), haplotypes=[(name, 1)], lengths={}, provenance={}):
            pass
    with pytest.raises(InputError, match="name"):  # noqa: SIM117
        with write_bins(tmp_path / "w.h5", Patterns(), haplotypes=[("A", 1)], lengths={name: 5}, provenance={}):
            pass
    with pytest.raises(InputError, match="name"):  # noqa: SIM117
        with write_words(tmp_path / "w.h5", Alphabet(), genome="g", chromosomes={name: 5}, provenance={}):
            pass
