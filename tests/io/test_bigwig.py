"""Our reader of bigWig against libBigWig, and damaged files, on which libBigWig crashes."""

from __future__ import annotations

import random
import struct
import zlib

import numpy as np
import pyBigWig
import pytest

from archaictools.errors import ArchaicError, InputError
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_writer import write_features
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.bigwig_reader import is_bigwig, open_bigwig, read_bigwig, values_within
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.token_file import write_tokens


def random_track(path, rng, *, chromosomes):
    """Write chromosomes of all three kinds of sections, some without values."""
    lengths = [(f"c{n}", int(rng.integers(10_000, 500_000))) for n in range(chromosomes)]
    handle = pyBigWig.open(str(path), "w")
    handle.addHeader(lengths, maxZooms=int(rng.integers(0, 5)))
    for chrom, length in lengths:
        count, kind = int(rng.integers(1, 900)), rng.integers(4)
        values = [float(value) for value in rng.random(count)]
        if kind == 0:
            edges = np.unique(rng.integers(0, length, 2 * count))
            starts, ends = edges[:-1:2], edges[1::2]
            handle.addEntries([chrom] * len(starts), starts, ends=ends, values=values[: len(starts)])
        elif kind == 1:
            starts = np.unique(rng.integers(0, length // 7, count)) * 7
            handle.addEntries(chrom, starts.tolist(), values=values[: len(starts)], span=5)
        elif kind == 2:
            handle.addEntries(chrom, 3, values=values, span=4, step=9)
    handle.close()
    return path


@pytest.mark.parametrize("seed", range(8))
def test_values_are_those_of_libbigwig(tmp_path, seed):
    rng = np.random.default_rng(seed)
    path = random_track(tmp_path / "x.bw", rng, chromosomes=(1, 5, 400)[seed % 3])
    assert is_bigwig(path)
    with pyBigWig.open(str(path)) as expected, open_bigwig(path) as found:
        assert list(found.lengths.items()) == list(expected.chroms().items())
        for chrom in found.lengths:
            track = found.track(chrom)
            rows = tuple(zip(*(column.tolist() for column in track), strict=True)) if track else None
            assert rows == expected.intervals(chrom)


def test_damage_is_refused_in_a_sentence(tmp_path):
    """Bytes changed, lost or doubled anywhere: a wrong value at worst, never a crash or another error."""
    path = random_track(tmp_path / "x.bw", np.random.default_rng(1), chromosomes=3)
    whole, draw, refused = path.read_bytes(), random.Random(4), 0
    for _ in range(800):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            place = draw.randrange(4, min(len(damaged), draw.choice([64, 600, 10**9])))
            if draw.random() < 0.7:
                damaged[place] = draw.randrange(256)
            else:
                del damaged[place : place + draw.randint(1, 500)]
        path.write_bytes(damaged)
        try:
            list(read_bigwig(path))
        except InputError:
            refused += 1
    assert refused > 300
    path.write_bytes(whole[:3_000])
    with pytest.raises(InputError, match="is a damaged bigWig"):
        list(read_bigwig(path))


def test_an_index_in_circles_ends(tmp_path):
    path = random_track(tmp_path / "x.bw", np.random.default_rng(4), chromosomes=400)
    content = bytearray(path.read_bytes())
    root = int.from_bytes(content[24:32], "little") + 48
    assert content[root] == 0, "the root has children"
    content[root + 4 + 16 : root + 4 + 24] = root.to_bytes(8, "little")
    path.write_bytes(content)
    with pytest.raises(InputError, match="runs in circles"):
        list(read_bigwig(path))


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
        with write_features(
            tmp_path / "w.h5", HaplotypeEncoding(), haplotypes=[(name, 1)], lengths={}, provenance={}, vcf_digests=()
        ):
            pass
    with pytest.raises(InputError, match="name"):  # noqa: SIM117
        with write_features(
            tmp_path / "w.h5",
            HaplotypeEncoding(),
            haplotypes=[("A", 1)],
            lengths={name: 5},
            provenance={},
            vcf_digests=(),
        ):
            pass
    with pytest.raises(InputError, match="name"):  # noqa: SIM117
        with write_tokens(tmp_path / "w.h5", KmerEncoding(), genome="g", chromosomes={name: 5}, provenance={}):
            pass


def test_a_file_that_is_cut_before_its_index_is_damaged(tmp_path):
    """It must not pass for a track without values."""
    with BigWigWriter(tmp_path / "a.bw", {"chr1": 1_000}) as writer:
        writer.add("chr1", (np.array([1]), np.array([2]), np.array([0.5])))
    raw = (tmp_path / "a.bw").read_bytes()
    (tmp_path / "a.bw").write_bytes(raw[: struct.unpack_from("<Q", raw, 24)[0]])
    with pytest.raises(InputError, match="damaged"):
        list(read_bigwig(tmp_path / "a.bw"))


def test_part_of_a_track_has_all_values_near_a_place(tmp_path):
    """A file of many sections; whatever the place, no value there is lost, and far ones are not read."""
    rng = np.random.default_rng(4)
    start = np.arange(200_000) * 10
    with BigWigWriter(tmp_path / "x.bw", {"a": 5, "b": 3_000_000}) as writer:
        writer.add("b", (start, start + 7, np.round(rng.uniform(size=len(start)), 3)))
    with open_bigwig(tmp_path / "x.bw") as reader:
        whole = reader.track("b")
        for left in [0, 1_999_990, *rng.integers(0, 2_000_000, 30)]:
            near = (int(left), int(left) + 500)
            found = reader.track("b", near=near)
            inside = [(ends > near[0]) & (starts < near[1]) for starts, ends, _ in (whole, found)]
            for one, other in zip(whole, found, strict=True):
                np.testing.assert_array_equal(one[inside[0]], other[inside[1]])
            assert len(found[0]) < len(whole[0]) / 4
        assert reader.track("a", near=(0, 5)) is None


def test_the_mean_of_a_track_within_intervals_by_hand():
    rng = np.random.default_rng(2)
    edges = np.sort(rng.choice(300, 40, replace=False))
    start, end, value = edges[::2], edges[1::2], rng.uniform(size=20)
    bases = np.full(300, np.nan)
    for one, other, number in zip(start, end, value, strict=True):
        bases[one:other] = number
    left = rng.integers(0, 250, 30)
    right = left + rng.integers(1, 50, 30)
    expected = [
        np.nan if np.isnan(bases[a:b]).all() else np.nanmean(bases[a:b]) for a, b in zip(left, right, strict=True)
    ]
    mean, covered = values_within((start, end, value), left, right)
    np.testing.assert_allclose(mean, expected)
    assert covered.tolist() == [int((~np.isnan(bases[a:b])).sum()) for a, b in zip(left, right, strict=True)]
