"""VCF Zarr and PLINK 2 files give the features of the VCF that they were made from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import util

import h5py
import numpy as np
import pgenlib
import pysam
import pytest

from archaictools.errors import InputError
from archaictools.io.files import sha256
from archaictools.io.vcf import header_of, open_variants
from helpers import ROOT

DATA = ROOT / "test-data"
PEOPLE = DATA / "people.vcf.gz"
GROUPS = ["--ingroup", DATA / "ingroup.txt", "--outgroup", DATA / "outgroup.txt"]
SAMPLES = ["OUT000", "OUT001", "OUT002", "OUT003", "OUT004", "IN000", "IN001"]

#: What files of people contain besides phased biallelic calls, on two chromosomes.
ROWS = [
    ("chr1", 100, "A", "G", "PASS", ["0|0", "0|1", ".|.", "0|0", "1|0", "0|1", "1|1"]),
    ("chr1", 200, "A", "G,T", "PASS", ["0|0", "2|1", "0|0", "0|0", "1|0", "0|2", "1|2"]),
    ("chr1", 300, "AC", "A", "PASS", ["0|0", "0|1", "0|0", "0|0", "1|0", "0|1", "1|1"]),
    ("chr1", 400, "AC", "AT,A", "PASS", ["0|0", "0|1", "0|0", "0|0", "1|0", "0|1", "2|1"]),
    ("chr1", 500, "C", "G", "LowQual", ["0|0", "0|0", "0|0", "0|0", "0|0", "0|1", "1|1"]),
    ("chr1", 600, "C", "G", "PASS", ["0/0", "0/1", "0/0", "1/0", "0/0", "0|1", "1|0"]),
    ("chr1", 1700, "C", "G,A,T", "PASS", ["0|0", "0|3", "0|0", "1|0", "0|0", "3|1", "1|0"]),
    ("chr2", 700, "T", "G", "PASS", ["0|0", "0|0", "0|0", "0|0", "0|0", "0|1", ".|."]),
    ("chr2", 900, "T", "G", "PASS", ["0|0", "0|0", "0|0", "0|0", "1|1", "0|1", "1|1"]),
]  # fmt: skip
HAPLOID = [("chrX", 700, "T", "G", "PASS", ["0|0", "0", "0|1", "0|0", "1", "1", "0|1"])]


#: An archaic genome with a REF block over records of ROWS, and a site.
BLOCKS = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=5000>
##contig=<ID=chr2,length=5000>
##INFO=<ID=END,Number=1,Type=Integer,Description="x">
##INFO=<ID=X,Number=1,Type=Integer,Description="x">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT NEA
chr1 50 . A <NON_REF> . . END=150 GT 0/0
chr1 200 . A G,<NON_REF> . . . GT 0/1
chr1 400 . A <NON_REF> . . END=900 GT 0/0
chr2 600 . T . . . END=1800 GT 0/0
""".replace(" ", "\t")


def write_vcf(path, rows, length=",length=5000"):
    contigs = "".join(f"##contig=<ID={name}{length}>\n" for name in dict.fromkeys(row[0] for row in rows))
    head = '##fileformat=VCFv4.2\n##FILTER=<ID=LowQual,Description="x">\n' + contigs
    head += '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    head += "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *SAMPLES]) + "\n"
    text = head + "".join(
        "\t".join([chrom, str(position), ".", ref, alt, ".", state, ".", "GT", *calls]) + "\n"
        for chrom, position, ref, alt, state, calls in rows
    )
    with pysam.BGZFile(str(path), "wb") as handle:
        handle.write(text.encode())
    pysam.tabix_index(str(path), preset="vcf")
    return path


def to_zarr(vcf, path):
    command = ["-m", "bio2zarr", "vcf2zarr", "convert", vcf, path, "-Q", "--samples-chunk-size", "3"]
    subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True)
    return path


def to_pgen(rows, path):
    """Write a .pgen, .pvar and .psam as PLINK 2 does."""
    path.with_suffix(".psam").write_text("#IID\tSEX\n" + "".join(f"{name}\t2\n" for name in SAMPLES))
    sites = "".join(
        f"{chrom}\t{position}\t.\t{ref}\t{alt}\t.\t{state}\n" for chrom, position, ref, alt, state, _ in rows
    )
    contigs = "".join(f"##contig=<ID={name},length=5000>\n" for name in dict.fromkeys(row[0] for row in rows))
    path.with_suffix(".pvar").write_text(f"{contigs}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\n{sites}")
    most = max(2 + row[3].count(",") for row in rows)
    with pgenlib.PgenWriter(
        str(path).encode(), len(SAMPLES), variant_ct=len(rows), nonref_flags=False, allele_ct_limit=most,
        hardcall_phase_present=True,
    ) as writer:  # fmt: skip
        for *_, alt, _, calls in rows:
            codes = [-9 if allele == "." else int(allele) for call in calls for allele in (call[0], call[2])]
            phased = np.array(["|" in call for call in calls], dtype=np.uint8)
            writer.append_partially_phased(np.array(codes, dtype=np.int32), phased, allele_ct=2 + alt.count(","))
    return path


def features(ok, vcf, out, *options):
    ok("haplotypes", "--vcf", vcf, *GROUPS, *options, "--out", out)
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(out) as handle:
        handle.visititems(note)
    return found


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        if not name.endswith(("provenance", "sha256", "vcf_digests")):
            assert np.array_equal(found[name], values), name


def readers(kind, rows, folder):
    vcf = write_vcf(folder / "made.vcf.gz", rows)
    other = to_zarr(vcf, folder / "made.vcz") if kind == "zarr" else to_pgen(rows, folder / "made.pgen")
    return vcf, other


@pytest.mark.parametrize("kind", ["zarr", "pgen"])
@pytest.mark.parametrize("options", [(), ("--pass-only",), ("--chromosomes", "2"), ("--chromosomes", "1,chr2")])
def test_features_are_those_of_the_vcf(ok, tmp_path, kind, options):
    vcf, other = readers(kind, ROWS, tmp_path)
    expected = features(ok, vcf, tmp_path / "a.h5", *options)
    assert any(values.any() for name, values in expected.items() if "counts" in name or "alleles" in name)
    assert_same(features(ok, other, tmp_path / "b.h5", *options), expected)


def test_haploid_calls_of_vcf_zarr(ok, tmp_path):
    vcf, other = readers("zarr", HAPLOID, tmp_path)
    assert_same(features(ok, other, tmp_path / "b.h5"), features(ok, vcf, tmp_path / "a.h5"))


def test_a_whole_chromosome_of_vcf_zarr_beside_an_archaic_genome(ok, tmp_path):
    shutil.copy(PEOPLE, tmp_path / "people.vcf.gz")
    pysam.tabix_index(str(tmp_path / "people.vcf.gz"), preset="vcf", force=True)
    shutil.copy(DATA / "archaic.vcf.gz", tmp_path / "archaic.vcf.gz")
    pysam.tabix_index(str(tmp_path / "archaic.vcf.gz"), preset="vcf", force=True)
    names = [tmp_path / "people", tmp_path / "archaic"]
    people, archaic = (to_zarr(name.with_suffix(".vcf.gz"), name.with_suffix(".vcz")) for name in names)
    beside = ["--archaic", DATA / "archaic.txt", "--archaic-vcf"]
    expected = features(ok, PEOPLE, tmp_path / "a.h5", *beside, DATA / "archaic.vcf.gz")
    assert_same(features(ok, people, tmp_path / "b.h5", *beside, archaic), expected)
    packed = shutil.make_archive(str(tmp_path / "people"), "zip", people)
    with open_variants(people) as variants:
        chrom = next(iter(variants.lengths))
    part = [*beside, archaic, "--chromosomes", chrom]
    assert_same(features(ok, packed, tmp_path / "c.h5", *part), expected)


def test_contigs_without_length(ok, tmp_path):
    vcf = write_vcf(tmp_path / "made.vcf.gz", ROWS, length="")
    other = to_zarr(vcf, tmp_path / "made.vcz")
    assert_same(features(ok, other, tmp_path / "b.h5"), features(ok, vcf, tmp_path / "a.h5"))
    with open_variants(other) as variants:
        assert not variants.lengths


def test_ref_blocks_of_an_archaic_genome(ok, tmp_path):
    people = write_vcf(tmp_path / "people.vcf.gz", ROWS)
    archaic = tmp_path / "archaic.vcf.gz"
    with pysam.BGZFile(str(archaic), "wb") as handle:
        handle.write(BLOCKS.encode())
    pysam.tabix_index(str(archaic), preset="vcf")
    other = to_zarr(archaic, tmp_path / "archaic.vcz")
    expected = features(ok, people, tmp_path / "a.h5", "--archaic", "NEA", "--archaic-vcf", archaic)
    assert_same(features(ok, people, tmp_path / "b.h5", "--archaic", "NEA", "--archaic-vcf", other), expected)
    none = tmp_path / "none.vcf.gz"
    with pysam.BGZFile(str(none), "wb") as handle:
        handle.write(BLOCKS.replace("END=", "X=").encode())
    without = features(ok, people, tmp_path / "c.h5", "--archaic", "NEA", "--archaic-vcf", none)
    assert any(not np.array_equal(without[name], values) for name, values in expected.items())


@pytest.mark.parametrize("kind", ["zarr", "pgen"])
def test_some_samples_in_any_order(tmp_path, kind):
    _, other = readers(kind, ROWS, tmp_path)
    with open_variants(other, ["IN001", "NOBODY", "OUT003"]) as variants:
        assert variants.samples == ("IN001", "OUT003")
        assert variants.lengths == {"chr1": 5_000, "chr2": 5_000}


@pytest.mark.parametrize("kind", ["zarr", "pgen"])
def test_a_run_opens_a_file_for_its_header_and_for_its_records(ok, tmp_path, monkeypatch, kind):
    """Each opening starts a reader, which takes a second for VCF Zarr."""
    _, other = readers(kind, ROWS, tmp_path)
    started, start = [], subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **more: (started.append(command), start(command, **more))[1]
    )
    (tmp_path / "in.txt").write_text("IN000\n")
    features(ok, other, tmp_path / "a.h5")
    opened = [command for command in started if str(other) in command]
    assert ["--header-only" in command for command in opened] == [True, False]


def test_the_header_of_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "a.vcf"
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
    for name in ("A", "BC"):
        path.write_text(f"{head}{name}\n")
        assert header_of(path).samples == (name,)


def test_a_file_of_another_kind_is_refused_with_all_formats(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("text\n")
    with pytest.raises(InputError, match=r"a.txt, line 1: is not VCF or BCF, nor VCF Zarr or PLINK 2 .pgen; in a VCF,"):
        header_of(path)


def test_the_digest_of_a_folder_changes_with_a_file(tmp_path):
    folder = tmp_path / "a.vcz"
    (folder / "x").mkdir(parents=True)
    (folder / "x/0").write_text("1")
    first = sha256(folder)
    (folder / "x/0").rename(folder / "x/1")
    renamed = sha256(folder)
    (folder / "x/1").write_text("2")
    assert len({first, renamed, sha256(folder)}) == 3


def test_files_that_no_reader_takes(tmp_path, monkeypatch):
    _, pgen = readers("pgen", ROWS, tmp_path)
    pgen.with_suffix(".pvar").rename(tmp_path / "made.pvar.zst")
    with pytest.raises(InputError, match=r"made.pgen: .*made.pvar is missing beside it; run: zstd -d made.pvar.zst"):
        open_variants(pgen).__enter__()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: is a folder, expected a file"):
        open_variants(tmp_path / "empty").__enter__()
    (tmp_path / "broken.vcz").mkdir()
    (tmp_path / "broken.vcz/zarr.json").write_text("{")
    with pytest.raises(InputError, match="broken.vcz: cannot be read as VCF Zarr"):
        open_variants(tmp_path / "broken.vcz").__enter__()
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"made.pgen: is PLINK 2 .pgen, whose reader pgenlib is not installed; run: pip"
    ):
        open_variants(pgen).__enter__()
