"""Parts of a run: shards of people and chosen chromosomes give exactly the rows of the undivided run."""

from __future__ import annotations

import json
from itertools import pairwise

import h5py
import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest

import archaictools as at
from archaictools.errors import UsageError
from archaictools.haplotypes.options import PartOptions
from archaictools.haplotypes.samples import SampleSets
from helpers import COLUMNS

OUTGROUP = [f"O{number}" for number in range(5)]
#: Thirty people make three groups of ten.
INGROUP = [f"I{number:02d}" for number in range(30)]
LENGTHS = {"chr1": 260_000, "chr2": 90_000, "chrX": 40_000}
#: Of this stretch of chr1, records without a difference but in one person, so that only some shards see one.
QUIET = (100_000, 170_000)
PER_HAPLOTYPE = {"counts", "matches", "pairs", "missing", "exists", "truth", "label"}
OF_ALL = {"typed", "outgroup_variable", "callable", "unshared"}


def _records(rng, chrom, *, unphased):
    """Yield position, REF, ALT and calls: two to four alleles, indels, missing and haploid calls, quiet stretches."""
    names = [*OUTGROUP, *INGROUP]
    for position in np.sort(rng.choice(LENGTHS[chrom], LENGTHS[chrom] // 120, replace=False)).tolist():
        bases = [str(base) for base in rng.permutation(list("ACGT"))]
        number = int(rng.choice([2, 2, 2, 3, 4]))
        alts = bases[1:number]
        if rng.random() < 0.05:
            alts[-1] = bases[0] + "T"
        share = rng.choice([0.003, 0.02, 0.3, 0.97, 1.0])
        weights = np.array([1 - share, *[share / (number - 1)] * (number - 1)])
        alleles = rng.choice(number, size=(len(names), 2), p=weights)
        if chrom == "chr1" and QUIET[0] <= position < QUIET[1]:
            alleles[:] = 0
            alleles[names.index("I27")] = rng.integers(2, size=2)
        lost = rng.random(alleles.shape) < 0.04
        if chrom == "chr2" and 20_000 <= position < 40_000:  # most of the outgroup, and most of one shard
            lost[1 : len(OUTGROUP)] = lost[len(OUTGROUP) : len(OUTGROUP) + 9] = True
        calls = []
        for sample, pair in enumerate(np.where(lost, -1, alleles).tolist()):
            texts = ["." if allele < 0 else str(allele) for allele in pair]
            mark = "/" if unphased and sample >= len(OUTGROUP) and rng.random() < 0.3 else "|"
            calls.append(texts[0] if chrom == "chrX" and sample % 2 else mark.join(texts))
        yield position, bases[0], alts, calls


def _write(path, seed=5, *, unphased=False):
    """Write the modern VCF, and an archaic VCF with calls at most of its sites."""
    rng = np.random.default_rng(seed)
    contigs = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in LENGTHS.items())
    head = '##fileformat=VCFv4.2\n##FORMAT=<ID=GT,Number=1,Type=String,Description="G">\n' + contigs + COLUMNS
    modern, archaic = [head + "\t".join([*OUTGROUP, *INGROUP])], [head + "A0\tA1"]
    for chrom in LENGTHS:
        for position, ref, alts, calls in _records(rng, chrom, unphased=unphased):
            fields = [chrom, str(position + 1), ".", ref, ",".join(alts), ".", ".", ".", "GT"]
            modern.append("\t".join([*fields, *calls]))
            if rng.random() < 0.8:
                texts = ["/".join(str(a) for a in rng.integers(len(alts) + 1, size=2)) for _ in range(2)]
                archaic.append("\t".join([*fields, *(t if rng.random() < 0.8 else "./." for t in texts)]))
    path.write_text("\n".join(modern) + "\n")
    path.with_name("archaic.vcf").write_text("\n".join(archaic) + "\n")
    return path


def _packed(path, kind):
    """Return the VCF as text, bgzipped with an index, or BCF with or without one."""
    if kind == "text":
        return path
    if kind == "bgzip":
        packed = path.with_suffix(".vcf.gz")
        pysam.tabix_compress(str(path), str(packed), force=True)
        pysam.tabix_index(str(packed), preset="vcf", force=True, keep_original=True)
        return packed
    packed = path.with_suffix(".bcf")
    pysam.bcftools.view("-Ob", "-o", str(packed), str(path), catch_stdout=False)
    if kind == "indexed bcf":
        pysam.bcftools.index("-f", str(packed))
    return packed


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    path = _write(folder / "modern.vcf")
    mask = [("chr1", 0, 120_000), ("chr1", 125_000, 260_000), ("chr2", 1_000, 90_000), ("chrX", 0, 40_000)]
    (folder / "mask.bed").write_text("".join("\t".join(map(str, row)) + "\n" for row in mask))
    rng = np.random.default_rng(2)
    rows = [
        (chrom, start, start + 4_000, name, rng.integers(1, 3))
        for chrom in ("chr1", "chr2")
        for name in INGROUP
        for start in [int(rng.integers(80_000))]
    ]
    (folder / "truth.bed").write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return folder, path


def _texts(handle, name):
    return [text.decode() for text in handle[name][()]]


def assert_rows_of(part, whole, rows, chromosomes=tuple(LENGTHS)):
    """Compare every dataset of a part with the rows of the undivided run."""
    with h5py.File(part) as own, h5py.File(whole) as every:
        for name in ("sample", "haplotype", "group"):
            assert own[f"haplotypes/{name}"][()].tolist() == every[f"haplotypes/{name}"][rows].tolist(), name
        assert own.attrs["parameters"] == every.attrs["parameters"]
        numbers = [dict(zip(_texts(h, "chromosomes/name"), h["chromosomes/length"][()].tolist(), strict=True))
                   for h in (own, every)]  # fmt: skip
        assert numbers[0] == numbers[1]
        places = [list(lengths) for lengths in numbers]
        assert len(own["bins"]) == len(chromosomes)
        for chrom in chromosomes:
            mine, theirs = (h[f"bins/{p.index(chrom)}"] for h, p in zip((own, every), places, strict=True))
            assert set(mine) == set(theirs)
            for name in set(theirs) - {"sharing"}:
                assert name in PER_HAPLOTYPE | OF_ALL
                expected = theirs[name][rows] if name in PER_HAPLOTYPE else theirs[name][()]
                assert np.array_equal(mine[name][()], expected), (chrom, name)
            carriers = [np.unpackbits(g["sharing/carriers"][()], axis=1, bitorder="little") for g in (mine, theirs)]
            carriers = [carriers[0][:, : rows.stop - rows.start], carriers[1][:, rows]]
            shared = carriers[1].sum(axis=1) > 1
            assert np.array_equal(mine["sharing/bin"][()], theirs["sharing/bin"][shared])
            assert np.array_equal(carriers[0], carriers[1][shared])
            assert shared.any()


def _arguments(folder, vcf, *, archaic=True, masked=False, truth=False, extra=()):
    found = ["haplotypes", "--vcf", vcf, "--ingroup", ",".join(INGROUP), "--outgroup", ",".join(OUTGROUP), "--quiet"]
    if archaic:
        found += ["--archaic-vcf", folder / "archaic.vcf", "--archaic", "A0,A1"]
    if masked:
        found += ["--callable", folder / "mask.bed"]
    if truth:
        found += ["--truth", folder / "truth.bed"]
    return [*found, *extra]


@pytest.mark.parametrize(
    ("kind", "archaic", "masked", "truth"),
    [
        ("text", True, False, True),
        ("text", False, True, False),
        ("bgzip", True, True, False),
        ("indexed bcf", True, False, False),
        ("bcf", False, True, True),
        ("bcf", True, False, False),
    ],
)
def test_a_shard_has_the_rows_of_the_undivided_run(ok, tmp_path, cohort, kind, archaic, masked, truth):
    folder, path = cohort
    arguments = _arguments(folder, _packed(path, kind), archaic=archaic, masked=masked, truth=truth)
    ok(*arguments, "--out", tmp_path / "whole.h5")
    with h5py.File(tmp_path / "whole.h5") as whole:
        callable_ = whole["bins/0/callable"][()]
        exists = whole["bins/2/exists"][()]
    assert not exists.all()
    assert callable_[130:160].all()  # records are there, though nobody of most shards differs
    for shards, ends in ((3, (0, 20, 40, 60)), (2, (0, 20, 60))):
        for number, (first, last) in enumerate(pairwise(ends), 1):
            out = tmp_path / f"{number}.h5"
            ok(*arguments, "--people-shard", f"{number}/{shards}", "--out", out)
            assert_rows_of(out, tmp_path / "whole.h5", slice(first, last))


@pytest.mark.parametrize("kind", ["text", "bgzip", "indexed bcf", "bcf"])
@pytest.mark.parametrize("names", ["chr2", "X,2", "chr1"])
def test_chosen_chromosomes_are_those_of_the_undivided_run(ok, tmp_path, cohort, kind, names):
    folder, path = cohort
    arguments = _arguments(folder, path, truth=True)
    ok(*arguments, "--out", tmp_path / "whole.h5")
    packed = {one: _packed(one, kind) for one in (path, folder / "archaic.vcf")}
    arguments = [packed.get(argument, argument) for argument in arguments]
    ok(*arguments, "--chromosomes", names, "--people-shard", "3/3", "--out", tmp_path / "part.h5",
       "--summary", tmp_path / "s.tsv")  # fmt: skip
    chosen = [chrom for chrom in LENGTHS if chrom.removeprefix("chr") in names.replace("chr", "").split(",")]
    assert_rows_of(tmp_path / "part.h5", tmp_path / "whole.h5", slice(40, 60), chosen)
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    assert not table["item"].str.contains("no VCF holds").any()
    with h5py.File(tmp_path / "part.h5") as part:
        given = json.loads(part.attrs["provenance"])["parameters"]
    assert (given["chromosomes"], given["people_shard"]) == (names.split(","), "3/3")


@pytest.mark.parametrize("kind", ["text", "bcf"])
def test_random_phase_does_not_depend_on_the_shard_or_on_blocks_of_text(ok, tmp_path, monkeypatch, kind):
    path = _packed(_write(tmp_path / "modern.vcf", unphased=True), kind)
    arguments = _arguments(tmp_path, path, extra=("--unphased", "random", "--seed", 7))
    ok(*arguments, "--out", tmp_path / "whole.h5")
    monkeypatch.setattr("archaictools.io.vcf.BLOCK_BYTES", 5_000)
    ok(*arguments, "--people-shard", "2/3", "--chromosomes", "1", "--chromosomes", "chrX", "--out", tmp_path / "p.h5")
    assert_rows_of(tmp_path / "p.h5", tmp_path / "whole.h5", slice(20, 40), ["chr1", "chrX"])


def test_missing_calls_read_as_ref_in_a_shard(ok, tmp_path, cohort):
    folder, path = cohort
    arguments = _arguments(folder, path, extra=("--missing", "reference", "--archaic-missing", "reference"))
    ok(*arguments, "--out", tmp_path / "whole.h5")
    ok(*arguments, "--people-shard", "1/3", "--out", tmp_path / "p.h5")
    assert_rows_of(tmp_path / "p.h5", tmp_path / "whole.h5", slice(0, 20))


def test_shards_are_whole_groups_and_cover_the_ingroup():
    names = tuple(f"P{number}" for number in range(131))
    whole = SampleSets(vcf=(), ingroup=names, outgroup=("O",))
    everyone = whole.divided(12, (1, 1))
    starts = [*everyone.groups, len(names)]
    assert all(0 < end - start <= 12 for start, end in pairwise(starts))
    for shards in (1, 2, 5, len(everyone.groups)):
        parts = [whole.divided(12, (number, shards)) for number in range(1, shards + 1)]
        assert sum((part.ingroup for part in parts), ()) == names
        first = 0
        for part in parts:
            assert part.first_group == everyone.groups.index(first)
            assert [start + first for start in part.groups] == [
                start for start in everyone.groups if first <= start < first + len(part.ingroup)
            ]
            assert sorted((*part.ingroup, *part.elsewhere)) == sorted(names)
            first += len(part.ingroup)


def test_more_shards_than_groups_are_refused(run, tmp_path, cohort):
    folder, path = cohort
    result = run(*_arguments(folder, path), "--people-shard", "1/4", "--out", tmp_path / "w.h5")
    assert result.code == 2
    assert "the 30 samples of the ingroup make 3 groups of --together 12; give 3 shards at most" in result.err
    assert not (tmp_path / "w.h5").exists()


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/3/2", "-1/3", "a/b", "1/0", "", "\uff11/\uff13"])
def test_a_shard_is_i_of_n(text):
    with pytest.raises(UsageError, match=r"expected i/n with 1 <= i <= n, such as 2/8"):
        PartOptions(people_shard=text)


@pytest.mark.parametrize("kind", ["text", "bgzip", "bcf"])
def test_an_unknown_chromosome_is_named(run, tmp_path, cohort, kind):
    folder, path = cohort
    result = run(*_arguments(folder, _packed(path, kind)), "--chromosomes", "chr2,chr77", "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert "holds no single-nucleotide record on chr77, which --chromosomes names" in result.err
    assert not (tmp_path / "w.h5").exists()


def _by_chromosome(folder, name):
    """Write each chromosome of a VCF to a file of its own; return their paths."""
    lines = (folder / name).read_text().splitlines(keepends=True)
    found = []
    for chrom in LENGTHS:
        path = folder / f"{chrom}.{name}"
        path.write_text("".join(line for line in lines if line.startswith(("#", f"{chrom}\t"))))
        found.append(path)
    return found


@pytest.mark.parametrize("packed", [False, True])
def test_of_files_by_chromosome_only_those_of_chosen_ones_are_read(ok, tmp_path, packed, monkeypatch):
    path = _write(tmp_path / "modern.vcf")
    arguments = _arguments(tmp_path, path)
    ok(*arguments, "--out", tmp_path / "whole.h5")
    files = {name: _by_chromosome(tmp_path, f"{name}.vcf") for name in ("modern", "archaic")}
    if packed:  # without an index: the last record shows that there is no other chromosome
        for name, paths in files.items():
            files[name] = [one.with_suffix(".vcf.gz") for one in paths]
            for one, target in zip(paths, files[name], strict=True):
                pysam.tabix_compress(str(one), str(target))
    options = [text for name, option in (("modern", "--vcf"), ("archaic", "--archaic-vcf"))
               for one in files[name] for text in (option, one)]  # fmt: skip
    read = []

    def blocks(variants, *, own=at.io.vcf.VariantFile._blocks):
        read.append(variants.path.name)
        return own(variants)

    monkeypatch.setattr("archaictools.io.vcf.VariantFile._blocks", blocks)
    ok("haplotypes", *options, *arguments[3:8], "--archaic", "A0,A1", "--chromosomes", "chr2",
       "--out", tmp_path / "part.h5", "--summary", tmp_path / "s.tsv")  # fmt: skip
    assert_rows_of(tmp_path / "part.h5", tmp_path / "whole.h5", slice(0, 60), ["chr2"])
    assert sorted(name.split(".")[:2] for name in read) == [["chr2", "archaic"], ["chr2", "modern"]]
    with h5py.File(tmp_path / "part.h5") as part:
        assert len(part["vcfs/sha256"]) == 1
        assert sorted(json.loads(part.attrs["provenance"])["inputs"]) == ["archaic_vcf_0", "vcf_0"]
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index("item")["count"]
    assert table["files of chromosomes not asked for, not read"] == 2


@pytest.mark.parametrize("kind", ["text", "bgzip", "bcf"])
def test_a_chosen_chromosome_that_the_archaic_files_lack(ok, tmp_path, kind):
    """As in the undivided run, archaic samples are not called there, with a warning."""
    path = _write(tmp_path / "modern.vcf")
    archaic = tmp_path / "archaic.vcf"
    archaic.write_text("".join(line for line in archaic.read_text().splitlines(keepends=True) if line[:5] != "chr2\t"))
    arguments = _arguments(tmp_path, path)
    ok(*arguments, "--out", tmp_path / "whole.h5")
    arguments[arguments.index(archaic)] = _packed(archaic, kind)
    result = ok(*arguments, "--chromosomes", "chr2", "--out", tmp_path / "p.h5")
    assert "no archaic file holds A0 on chr2: not called there" in result.err
    assert_rows_of(tmp_path / "p.h5", tmp_path / "whole.h5", slice(0, 60), ["chr2"])


def test_masks_and_labels_of_other_chromosomes_are_no_loss(ok, tmp_path, cohort):
    """Truth of chr1 and chr2 alone: chrX has labels of 0, as in the undivided run."""
    folder, path = cohort
    arguments = _arguments(folder, path, masked=True, truth=True)
    ok(*arguments, "--out", tmp_path / "whole.h5")
    ok(*arguments, "--chromosomes", "X", "--out", tmp_path / "p.h5", "--summary", tmp_path / "s.tsv")
    assert_rows_of(tmp_path / "p.h5", tmp_path / "whole.h5", slice(0, 60), ["chrX"])
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index(["class", "item"])["count"]
    assert table["callable", "stretches on chromosomes not asked for"] == 3
    assert table["truth", "stretches of haplotypes on chromosomes not asked for"] == 60


def test_a_shard_without_a_true_segment_is_labelled(ok, tmp_path, cohort):
    folder, path = cohort
    (tmp_path / "truth.bed").write_text("chr1\t5000\t9000\tI29\t1\n")
    arguments = [*_arguments(folder, path), "--truth", tmp_path / "truth.bed"]
    ok(*arguments, "--out", tmp_path / "whole.h5")
    ok(*arguments, "--people-shard", "1/3", "--out", tmp_path / "p.h5", "--summary", tmp_path / "s.tsv")
    assert_rows_of(tmp_path / "p.h5", tmp_path / "whole.h5", slice(0, 20))
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index("item")["count"]
    assert table["segments of people of other shards, not used"] == 1
    assert table["people of other shards, not read"] == 20


def test_the_python_api_takes_lists(tmp_path, cohort):
    _, path = cohort
    result = at.haplotypes(
        vcf=path, ingroup=INGROUP, outgroup=OUTGROUP, chromosomes=["chr2", "X"], people_shard="2/3",
        out=tmp_path / "w.h5",
    )  # fmt: skip
    assert result.facts["chromosomes"] == "chr2, X"
    assert result.facts["people shard"] == "2/3, 10 of the ingroup's 30 samples"
    with h5py.File(tmp_path / "w.h5") as found:
        assert found["haplotypes/group"][()].tolist() == [1] * 20
        assert len(found["bins"]) == 2
