"""Indices of VCFs: stale ones and broken ones are not used."""

from __future__ import annotations

import gzip
import os

import pysam
import pysam.bcftools
import pytest

from archaictools.io.vcf_index import chromosome_offsets
from helpers import (
    LENGTH,
    by_chromosome,
    words_of,
    write_lines,
)


def pack(path, records, *, index="tbi"):
    """Write an archaic VCF of some chromosomes, compress and index it."""
    lines = [f"{chrom} {position} . A {alt} . . . GT {call}" for chrom, position, alt, call in records]
    text = write_lines(path.with_suffix(""), ["A0"], lines, contigs=[("chr1", LENGTH), ("chr2", LENGTH)])
    pysam.tabix_compress(str(text), str(path), force=True)
    pysam.tabix_index(str(path), preset="vcf", force=True, csi=index == "csi", keep_original=True)
    return path


ONE = [("chr1", 101, "G", "1/1"), ("chr1", 201, "G", "0/0")]
TWO = [*ONE, ("chr2", 101, "G", "0/1")]


@pytest.mark.parametrize("index", ["tbi", "csi"])
@pytest.mark.parametrize("newer", [True, False])
def test_an_index_made_before_its_file_was_changed_is_not_used(ok, tmp_path, index, newer):
    command = by_chromosome(tmp_path, {})
    path = pack(tmp_path / "a.vcf.gz", ONE, index=index)
    beside = tmp_path / f"a.vcf.gz.{index}"
    old = beside.read_bytes()
    pack(path, TWO, index=index)
    beside.write_bytes(old)
    if not newer:
        os.utime(beside, (1, 1))
    result = ok(*command, "--archaic-vcf", path)
    assert f"{beside} is {'of another file' if newer else 'older than its file'}" in result.err
    assert "no archaic file holds" not in result.err
    assert words_of(tmp_path / "w.h5")["chr2"] == {"absent_het": 1, "absent_uncalled": 7}


@pytest.mark.parametrize("index", ["tbi", "csi"])
@pytest.mark.parametrize("records", [ONE, TWO, [("chr1", n, "G", "0/1") for n in range(1, 20_000)] + TWO[2:]])
def test_an_index_of_its_file_names_what_the_file_holds(tmp_path, index, records, warned):
    path = pack(tmp_path / "a.vcf.gz", records, index=index)
    assert list(chromosome_offsets(path)) == list(dict.fromkeys(chrom for chrom, *_ in records))
    assert not warned.records


def test_an_index_that_is_none(tmp_path, warned):
    path = pack(tmp_path / "a.vcf.gz", ONE)
    for content in (b"", b"no index", gzip.compress(b"TBI\1"), gzip.compress(b"TBI\1" + b"\7" * 60)):
        (tmp_path / "a.vcf.gz.tbi").write_bytes(content)
        assert chromosome_offsets(path) is None
        assert "cannot be read: not used" in warned.text
        warned.clear()
