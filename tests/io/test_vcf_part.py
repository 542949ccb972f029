"""Chosen chromosomes of a VCF: the same records with and without an index, and no other block is read."""

from __future__ import annotations

import gzip
import os

import numpy as np
import pysam
import pysam.bcftools
import pytest

from archaictools.errors import InputError
from archaictools.io.summary import Summary
from archaictools.io.vcf import open_variants
from archaictools.io.vcf_part import chromosomes_of
from helpers import write_lines

KINDS = ["text", "gzip", "bgzip", "tbi", "csi", "bcf", "bcf csi"]


def write(path, counts, kind):
    """Write ``counts`` records on each chromosome as one kind of file."""
    lines = [
        f"{chrom} {7 * number + 5} . A C . . . GT 0|1 1|1" for chrom, count in counts.items() for number in range(count)
    ]
    text = write_lines(path, ["A", "B"], lines, contigs=[(chrom, 10_000_000) for chrom in counts])
    text.write_text(
        text.read_text().replace("##contig", '##FORMAT=<ID=GT,Number=1,Type=String,Description="G">\n##contig', 1)
    )
    if kind == "text":
        return text
    packed = path.with_suffix(".vcf.gz")
    if kind == "gzip":
        packed.write_bytes(gzip.compress(text.read_bytes()))
    elif kind.startswith("bcf"):
        packed = path.with_suffix(".bcf")
        pysam.bcftools.view("-Ob", "-o", str(packed), str(text), catch_stdout=False)
        if "csi" in kind:
            pysam.bcftools.index("-f", str(packed))
    else:
        pysam.tabix_compress(str(text), str(packed), force=True)
        if kind in {"tbi", "csi"}:
            pysam.tabix_index(str(packed), preset="vcf", force=True, csi=kind == "csi", keep_original=True)
    return packed


def read(path, chosen, *, threads=1):
    """Return the positions of each chromosome, and the counts of records."""
    found, tally = {}, Summary()
    with open_variants(path, ["B"], threads=threads, chromosomes=chosen) as source:
        for sites in source.sites(
            ["B"], wanted=lambda name: name.removeprefix("chr") in chosen, tally=tally, group="modern"
        ):
            found.setdefault(sites.chrom, []).extend(sites.position.tolist())
    return found, tally


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("threads", [1, 2])
def test_chosen_chromosomes_have_all_their_records_and_no_others(tmp_path, kind, threads):
    """Contigs of one record to some blocks of BGZF, in both styles; neighbours, ends and the whole are chosen."""
    rng = np.random.default_rng(4)
    counts = {f"{'chr' if number % 2 else ''}{number}": int(rng.choice([1, 3, 40, 9_000])) for number in range(1, 13)}
    path = write(tmp_path / "a.vcf", counts, kind)
    sets = [{"1"}, {"12"}, {"2", "3", "4", "9"}, {"5", "7"}, {str(number) for number in range(1, 13)}]
    for chosen in [*sets, set(rng.choice(12, 5).astype(str))]:
        found, tally = read(path, frozenset(chosen), threads=threads)
        expected = {
            chrom: [7 * number + 4 for number in range(count)]
            for chrom, count in counts.items()
            if chrom.removeprefix("chr") in chosen
        }
        assert found == expected
        dropped = tally.count("modern", "records on chromosomes not asked for, dropped")
        assert tally.count("modern", "records read") == sum(map(len, expected.values())) + dropped
        if kind in {"text", "gzip", "bgzip"}:
            assert tally.count("modern", "records read") == sum(counts.values())
        else:
            assert dropped == 0


@pytest.mark.parametrize("kind", ["bgzip", "tbi", "csi"])
def test_an_index_leads_past_damaged_blocks_of_other_chromosomes(tmp_path, kind):
    path = write(tmp_path / "a.vcf", {"chr1": 40_000, "chr2": 9_000, "chr3": 120_000}, kind)
    data = bytearray(path.read_bytes())
    for place in (len(data) // 9, len(data) - 9_000):
        data[place : place + 40] = b"\xff" * 40
    path.write_bytes(data)
    for index in tmp_path.glob("*.gz.*"):
        os.utime(index)
    if kind == "bgzip":
        with pytest.raises(InputError, match="damaged or cut short"):
            read(path, {"2"})
    else:
        assert len(read(path, {"2"})[0]["chr2"]) == 9_000


@pytest.mark.parametrize(
    ("counts", "kind", "expected"),
    [
        ({"chr1": 5}, "text", {"1"}),
        ({"chr1": 40_000}, "text", {"1"}),
        ({"21": 40_000}, "bgzip", {"21"}),
        ({"chr1": 5, "chr2": 1}, "text", None),
        ({"chr1": 20_000, "chr2": 20_000}, "bgzip", None),
        ({"chr1": 20_000, "chr2": 20_000}, "tbi", {"1", "2"}),
        ({"chr1": 3, "chr2": 3}, "csi", {"1", "2"}),
        ({"chr1": 5}, "gzip", None),
        ({"chr1": 5}, "bcf", None),
        ({"chr1": 0}, "text", None),
    ],
)
def test_chromosomes_are_known_without_reading_a_file(tmp_path, counts, kind, expected):
    assert chromosomes_of(write(tmp_path / "a.vcf", counts, kind)) == (
        None if expected is None else frozenset(expected)
    )


def test_the_last_record_is_found_after_a_line_longer_than_the_tail(tmp_path, monkeypatch):
    monkeypatch.setattr("archaictools.io.vcf_part._TAIL", 64)
    for kind in ("text", "bgzip"):
        path = write(tmp_path / "a.vcf", {"chr1": 3_000}, kind)
        assert chromosomes_of(path) == {"1"}


def test_damaged_ends_are_not_an_answer(tmp_path):
    """What is damaged is named when the file is read."""
    path = write(tmp_path / "a.vcf", {"chr1": 40_000}, "bgzip")
    data = path.read_bytes()
    path.write_bytes(data[:-40] + b"\xff" * 12 + data[-28:])
    assert chromosomes_of(path) is None
    path.write_bytes(data[:-5])
    assert chromosomes_of(path) is None
    (tmp_path / "t.vcf").write_bytes(b"##fileformat=VCFv4.2\n" + bytes(range(256)) * 9)
    assert chromosomes_of(tmp_path / "t.vcf") is None


def test_lines_of_an_indexed_part_have_no_numbers(tmp_path):
    """The number of a line is not known after a jump, so no number is told rather than a wrong one."""
    for kind, line in (("bgzip", ", line 11"), ("tbi", "")):
        path = write(tmp_path / f"{kind}.vcf", {"chr1": 4, "chr2": 4}, "text")
        lines = path.read_text().splitlines()
        number = next(place for place, text in enumerate(lines) if text.startswith("chr2"))
        lines[number + 1] = lines[number + 1].replace("1|1", "1|7")
        path.write_text("\n".join(lines) + "\n")
        packed = path.with_suffix(".vcf.gz")
        pysam.tabix_compress(str(path), str(packed))
        if kind == "tbi":
            pysam.tabix_index(str(packed), preset="vcf", keep_original=True)
        with pytest.raises(InputError) as error:
            read(packed, {"2"})
        assert str(error.value).startswith(f"{packed}{line}: at chr2:12 the genotype")
