"""bigBed against two independent readers, and against the bytes that the format demands."""

from __future__ import annotations

import struct

import numpy as np
import pandas as pd
import pybigtools
import pyBigWig
import pytest

from archaictools.errors import ArchaicError
from archaictools.io.bigbed import BED9, Column, write_bigbed

EXTRA = (Column("sample", "string", 'The "person"'), Column("posterior", "float", "Mean posterior"))
LENGTHS = {"chr2": 1_000_000, "chr10": 500_000, "chr1": 2_000_000}


def table(rows=300, seed=1):
    """Rows on three chromosomes in random order, with names that are no plain ASCII."""
    rng = np.random.default_rng(seed)
    chrom = rng.choice(list(LENGTHS), rows)
    start = np.array([rng.integers(0, LENGTHS[name] - 5_000) for name in chrom], dtype=np.int64)
    frame = pd.DataFrame({"chrom": chrom, "start": start, "end": start + rng.integers(1, 5_000, rows)})
    frame["name"] = [f"Ö <b> {number}.1" for number in range(rows)]
    frame["score"] = rng.integers(0, 1_001, rows)
    frame["strand"] = "."
    frame["thick_start"], frame["thick_end"] = frame["start"], frame["end"]
    frame["colour"] = "204,51,17"
    frame["sample"] = [f"person {number % 7}" for number in range(rows)]
    frame["posterior"] = rng.uniform(0, 1, rows).round(6)
    return frame


def write(path, frame):
    write_bigbed(path, frame, LENGTHS, EXTRA, name="segments", comment="Called segments")


def test_two_readers_find_every_row_and_value(tmp_path):
    frame = table()
    write(tmp_path / "a.bb", frame)
    with pyBigWig.open(str(tmp_path / "a.bb")) as reader:
        assert reader.isBigBed()
        assert reader.chroms() == LENGTHS
        found = {
            (chrom, start, end, *rest.split("\t"))
            for chrom, length in LENGTHS.items()
            for start, end, rest in reader.entries(chrom, 0, length)
        }
    expected = {
        (row.chrom, row.start, row.end, row.name, str(row.score), ".", str(row.start), str(row.end), "204,51,17",
         row.sample, f"{row.posterior:.6g}")
        for row in frame.itertuples(index=False)
    }  # fmt: skip
    assert found == expected
    other = pybigtools.open(str(tmp_path / "a.bb"))
    for chrom in LENGTHS:
        own = [(start, end) for start, end, *_ in other.records(chrom)]
        rows = frame[frame["chrom"] == chrom]
        assert own == sorted(zip(rows["start"], rows["end"], strict=True))
    # A query returns what overlaps, no more.
    rows = frame[(frame["chrom"] == "chr10") & (frame["start"] < 200_000) & (frame["end"] > 100_000)]
    assert len(list(other.records("chr10", 100_000, 200_000))) == len(rows) > 10


def test_header_counts_the_columns_of_a_bed_and_autosql_names_all(tmp_path):
    write(tmp_path / "a.bb", table())
    data = (tmp_path / "a.bb").read_bytes()
    assert struct.unpack("<I", data[:4]) == (0x8789F2EB,)
    assert struct.unpack("<HH", data[32:36]) == (11, 9)
    text = pybigtools.open(str(tmp_path / "a.bb")).sql()
    assert text.count(";") == 11
    assert "string sample; \"The 'person'\"" in text
    assert [line.split()[1].rstrip(";") for line in text.splitlines()[3:-1]] == [
        column.name for column in (*BED9, *EXTRA)
    ]


def test_chromosomes_are_in_the_order_of_their_bytes(tmp_path):
    """UCSC looks a name up in the tree by bisection, and reads blocks by the number of their chromosome."""
    write(tmp_path / "a.bb", table())
    data = (tmp_path / "a.bb").read_bytes()
    (tree,) = struct.unpack("<Q", data[8:16])
    size = struct.unpack("<IIIIQQ", data[tree : tree + 32])[2]
    items = [data[tree + 36 + number * (size + 8) :][: size + 8] for number in range(3)]
    assert [item[:size].rstrip(b"\0") for item in items] == [b"chr1", b"chr10", b"chr2"]
    assert [struct.unpack("<I", item[size : size + 4])[0] for item in items] == [0, 1, 2]


def test_the_order_of_rows_does_not_matter_and_bytes_repeat(tmp_path):
    frame = table(5_000)
    write(tmp_path / "a.bb", frame)
    write(tmp_path / "b.bb", frame.sample(frac=1, random_state=2))
    assert (tmp_path / "a.bb").read_bytes() == (tmp_path / "b.bb").read_bytes()


@pytest.mark.parametrize("name", ["dataset_7.dat", "segments", "a.bw"])
def test_a_file_may_have_any_name(tmp_path, name):
    for path in (tmp_path / "expected.bb", tmp_path / name):
        write(path, table())
    assert (tmp_path / name).read_bytes() == (tmp_path / "expected.bb").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "expected.bb"])


def test_no_rows_make_a_file_that_readers_open_and_find_empty(tmp_path):
    write(tmp_path / "a.bb", table().iloc[:0])
    other = pybigtools.open(str(tmp_path / "a.bb"))
    assert other.is_bigbed
    assert not any(list(other.records(chrom)) for chrom in other.chroms())
    assert other.info()["summary"]["basesCovered"] == 0
    assert other.info()["zoomLevels"] == 0  # or a view of the whole chromosome shows a feature
    with pyBigWig.open(str(tmp_path / "a.bb")) as reader:
        assert reader.isBigBed()
        assert not any(reader.entries(chrom, 0, 1_000) for chrom in reader.chroms())
        assert "string sample" in str(reader.SQL())


@pytest.mark.parametrize(
    ("chrom", "start", "end"), [("chr2", 10, 1_000_001), ("chr2", 10, 10), ("chr2", -1, 10), ("chr3", 1, 2)]
)
def test_an_interval_outside_its_chromosome_is_refused_by_name(tmp_path, chrom, start, end):
    frame = table(3)
    frame.loc[1, ["chrom", "start", "end"]] = [chrom, start, end]
    with pytest.raises(ArchaicError, match=f"{chrom}:{start}-{end}"):
        write(tmp_path / "a.bb", frame)


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ArchaicError, match=r"cannot write the bigBed a\.bb \(No such file"):
        write(tmp_path / "none" / "a.bb", table(3))
