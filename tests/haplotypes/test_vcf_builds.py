"""Several VCFs of one run: gVCF blocks, strays, stale indices, names of chromosomes, builds, merged call sets."""

from __future__ import annotations

import gzip
import logging
import os
import threading

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest

from archaictools.haplotypes.allele_classes import PATTERNS
from archaictools.haplotypes.feature_file import open_features
from archaictools.io import vcf as variants
from archaictools.io.chromosomes import Naming
from archaictools.io.summary import Summary
from archaictools.io.vcf_index import indexed_chromosomes
from helpers import (
    ARCHAIC,
    INGROUP,
    LENGTH,
    OUTGROUP,
    ROLES,
    by_chromosome,
    by_hand,
    check,
    words_of,
    write_vcf,
)

SAMPLES = [*OUTGROUP, *INGROUP]
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
NOBODY = ["0|0"] * len(OUTGROUP)
SITE = [*NOBODY, "0|1", "0|0", "0|0"]


def write_lines(path, samples, lines, *, contigs=(("chr7", LENGTH),)):
    """Write a VCF from the columns of its records, each a text with spaces for tabs."""
    header = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in contigs)
    rows = "".join(line.replace(" ", "\t") + "\n" for line in lines)
    path.write_text(f"##fileformat=VCFv4.2\n{header}{COLUMNS}" + "\t".join(samples) + "\n" + rows)
    return path


def summary(path):
    return pd.read_csv(path, sep="\t").set_index("item")["count"]


class Genome:
    """Two archaic genomes, each base of which is REF, another base, or not called; in stretches."""

    def __init__(self, seed=4):
        rng = np.random.default_rng(seed)
        self.rng, self.reference = rng, rng.choice(list("ACGT"), size=LENGTH)
        self.called = np.zeros((LENGTH, 2), dtype=bool)
        for person in range(2):
            edges = np.sort(rng.choice(LENGTH, size=60, replace=False))
            self.called[:, person] = np.searchsorted(edges, np.arange(LENGTH)) % 2 == 0
        self.alt = {}
        for position in np.sort(rng.choice(LENGTH, size=250, replace=False)).tolist():
            others = [base for base in "ACGT" if base != self.reference[position]]
            pairs = [[str(a) for a in rng.integers(2, size=2)] if rng.random() < 0.8 else [".", "."] for _ in ARCHAIC]
            self.alt[position] = (str(rng.choice(others)), ["/".join(pair) for pair in pairs])

    def modern(self):
        """Sites of modern people: REF of the genome, some at the archaic variants."""
        rng, found = self.rng, []
        some = {*rng.choice(LENGTH, size=900, replace=False).tolist(), *list(self.alt)[::2]}
        for position in sorted(some):
            ref = str(self.reference[position])
            alt = (
                self.alt[position][0] if position in self.alt and rng.random() < 0.7 else "ACGT"["ACGT".index(ref) - 1]
            )
            calls = ["|".join(str(a) for a in rng.integers(2, size=2)) for _ in SAMPLES]
            found.append((position, ref, [alt], calls))
        return found

    def everywhere(self, people=2):
        """A record at every base, for counting by hand."""
        for position in range(LENGTH):
            alt, calls = self.alt.get(position, (None, None))
            if alt is None:
                calls = ["0/0" if called else "./." for called in self.called[position]]
            yield position, str(self.reference[position]), [] if alt is None else [alt], calls[:people]

    def blocks(self):
        """Start, end and calls of the stretches between variants in which nobody's being called changes."""
        change = [0, *(np.flatnonzero((self.called[1:] != self.called[:-1]).any(axis=1)) + 1).tolist(), LENGTH]
        bounds = [*sorted({*change, *self.alt, *(position + 1 for position in self.alt)} - {LENGTH}), LENGTH]
        for start, end in zip(bounds[:-1], bounds[1:], strict=True):
            if start not in self.alt:
                yield start, end, ["0/0" if called else "./." for called in self.called[start]]


def gvcf(genome, form, people):
    """Lines of a gVCF; ``form`` is that of GATK, of bcftools, or of VCF 4.5, or GATK's around its variants."""
    records = []
    for start, end, calls in genome.blocks():
        ref = genome.reference[start]
        if form == "gatk":
            records.append((start, f"{ref} <NON_REF> . . END={end} GT:DP", [f"{call}:9" for call in calls]))
        elif form == "bcftools":
            records.append((start, f"{ref} . . . END={end};MinDP=5 GT", calls))
        elif form == "star":
            records.append((start, f"{ref} <*> . . MinDP=5;END={end} GT", calls))
        elif form == "length":
            records.append((start, f"{ref} <*> . . . GT:LEN", [f"{call}:{end - start}" for call in calls]))
        elif start == 0:  # one block over all: what begins later, and lies within, counts
            records.append((0, f"{ref} <NON_REF> . . END={LENGTH} GT", ["0/0"] * 2))
        if form == "nested" and start and (calls != ["0/0"] * 2):
            records.append((start, f"{ref} <NON_REF> . . END={end} GT", calls))
    more = {"gatk": ",<NON_REF>", "star": ",<*>"}.get(form, "")
    records += [(p, f"{genome.reference[p]} {alt}{more} . . . GT", calls) for p, (alt, calls) in genome.alt.items()]
    if form == "nested" and 0 not in genome.alt and list(genome.called[0]) != [True, True]:
        raise AssertionError("the first base must be called")
    for start, text, calls in sorted(records, key=lambda record: record[0]):
        ref_alt, rest = text.split(" . . ", 1)
        yield f"chr7 {start + 1} . {ref_alt} . PASS {rest} {' '.join(calls[:people])}"


@pytest.mark.parametrize("block", [variants.BLOCK_BYTES, 700])
@pytest.mark.parametrize(
    ("form", "people"), [("gatk", 1), ("gatk", 2), ("bcftools", 2), ("star", 1), ("length", 2), ("nested", 2)]
)
def test_blocks_of_a_gvcf_are_calls_over_their_length(ok, tmp_path, monkeypatch, form, people, block):
    monkeypatch.setattr(variants, "BLOCK_BYTES", block)
    genome = Genome()
    genome.called[0] = True
    genome.alt.pop(0, None)
    modern = genome.modern()
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, modern)
    other = write_lines(tmp_path / "a.vcf", ARCHAIC[:people], gvcf(genome, form, people))
    ok("haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", ",".join(ARCHAIC[:people]), "--out",
       tmp_path / "w.h5", "--summary", tmp_path / "s.tsv")  # fmt: skip
    by_base = list(genome.everywhere(people))
    check(tmp_path / "w.h5", by_hand(modern, by_base, archaic_people=ARCHAIC[:people]))
    assert summary(tmp_path / "s.tsv")["sites of modern people within a REF block"] > 200


def test_lengths_of_blocks_may_differ_between_people(ok, tmp_path):
    """FORMAT/LEN: A0 is REF for 1,000 bases, A1 for 150."""
    sites = [(position, "A", ["G"], SITE) for position in (100, 200, 900)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    other = write_lines(tmp_path / "a.vcf", ARCHAIC, ["chr7 51 . C <*> . . . GT:LEN 0/0:1000 0/0:150"])
    for name, expected in (("A0", {"absent_lacked": 3}), ("A1", {"absent_lacked": 1, "absent_uncalled": 2})):
        ok("haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", name, "--out", tmp_path / "w.h5")
        assert words_of(tmp_path / "w.h5") == {"chr7": expected}


def test_a_file_of_blocks_alone(ok, tmp_path):
    """REF everywhere: no record at a site, and no warning."""
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(position, "A", ["G"], SITE) for position in (100, 200)])
    other = write_lines(tmp_path / "a.vcf", ["A0"], ["chr7 51 . C <NON_REF> . . END=900 GT 0/0"])
    result = ok(
        "haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5"
    )
    assert "warning" not in result.err
    assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_lacked": 2}}


def test_a_deletion_with_an_end_is_no_block(ok, tmp_path):
    """END of <DEL> is where the deletion ends; 0/0 says that it is not there, not that all bases are REF."""
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(position, "A", ["G"], SITE) for position in (100, 200)])
    other = write_lines(tmp_path / "a.vcf", ["A0"], [
        "chr7 51 . C <DEL> . . END=900;SVTYPE=DEL GT 0/0", "chr7 201 . A . . . XEND=900 GT 0/0",
    ])  # fmt: skip
    ok("haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5")
    assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_uncalled": 1, "absent_lacked": 1}}


def test_a_missing_call_of_one_archaic_file_overwrites_nothing(ok, tmp_path):
    """Strays of a liftover: sites of chr7 in the file of chr8, missing, the same, another call, and one of its own."""
    positions = (100, 200, 300, 400)
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(position, "A", ["G"], SITE) for position in positions])
    first = write_vcf(tmp_path / "a.vcf", ["A0"], [
        (100, "A", ["G"], ["1/1"]), (200, "A", ["G"], ["1/1"]), (300, "A", [], ["0/0"]),
    ])  # fmt: skip
    first.write_text(first.read_text().replace("A\t\t", "A\t.\t"))
    second = write_vcf(tmp_path / "b.vcf", ["A0"], [
        (100, "A", ["G"], ["./."]), (200, "A", ["G"], ["1|1"]), (300, "A", ["G"], ["1/1"]), (400, "A", ["G"], ["0/1"]),
        (500, "A", ["G"], ["0/0"]),
    ])  # fmt: skip
    common = (
        "haplotypes",
        "--vcf",
        vcf,
        *ROLES,
        "--archaic",
        "A0",
        "--out",
        tmp_path / "w.h5",
        "--summary",
        tmp_path / "s.tsv",
    )
    result = ok(*common, "--archaic-vcf", first, "--archaic-vcf", second)
    assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_hom": 2, "absent_lacked": 1, "absent_het": 1}}
    table = summary(tmp_path / "s.tsv")
    assert table["calls that two archaic files hold"] == 2
    assert table["calls that two archaic files contradict, the first file's used"] == 1
    assert "contradict each other at 1 of 2 calls" in result.err
    ok(*common, "--archaic-vcf", second, "--archaic-vcf", first)
    assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_hom": 3, "absent_het": 1}}


def test_indels_in_a_file_of_their_own(ok, run, tmp_path):
    """As callers write them: beside a file of SNPs they are counted, and alone they call nothing."""
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(position, "A", ["G"], SITE) for position in (100, 200)])
    snps = write_vcf(tmp_path / "snp.vcf", ["A0"], [(100, "A", ["G"], ["1/1"]), (200, "A", ["G"], ["0/0"])])
    indels = write_vcf(tmp_path / "indel.vcf", ["A0"], [(100, "A", ["AT"], ["1/1"]), (150, "AC", ["A"], ["0/1"])])
    common = (
        "haplotypes",
        "--vcf",
        vcf,
        *ROLES,
        "--archaic",
        "A0",
        "--out",
        tmp_path / "w.h5",
        "--summary",
        tmp_path / "s.tsv",
    )
    for files in ((snps, indels), (indels, snps)):
        result = ok(*common, *(word for file in files for word in ("--archaic-vcf", file)))
        assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_hom": 1, "absent_lacked": 1}}
        assert f"{indels} has no single-nucleotide record or REF block" in result.err
        assert summary(tmp_path / "s.tsv")["records not of single nucleotides, dropped"] == 2
    result = ok(*common, "--archaic-vcf", indels)
    assert f"{indels} has no single-nucleotide record or REF block" in result.err
    assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_uncalled": 2}}


def test_archaic_files_of_more_chromosomes_than_the_modern_ones(ok, run, tmp_path):
    """A file a chromosome, as archives have them, beside people of chr1 and chr2 only; one holds nothing."""
    records = [(100, "A", ["G"], ["1/1"]), (200, "A", ["G"], ["0/0"])]
    command = by_chromosome(tmp_path, {"chr1": records, "chr2": records, "chr3": records, "chr4": []})
    result = ok(*command)
    for chrom in ("chr3", "chr4"):
        assert f"a.{chrom}.vcf holds no record on the chromosomes of the modern samples" in result.err
    assert words_of(tmp_path / "w.h5") == {
        chrom: {"absent_hom": 1, "absent_lacked": 1, "absent_uncalled": 6} for chrom in ("chr1", "chr2")
    }
    result = run(*by_chromosome(tmp_path, {"chr4": []}))
    assert result.code == 3
    assert "holds none of the chromosomes of the modern samples (chr1, chr2), only none" in result.err


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
    assert indexed_chromosomes(path) == list(dict.fromkeys(chrom for chrom, *_ in records))
    assert not warned.records


@pytest.fixture
def warned(caplog, monkeypatch):
    """Messages as pytest catches them, whatever command lines before have set."""
    monkeypatch.setattr(logging.getLogger("archaictools"), "propagate", True)
    return caplog


def test_an_index_that_is_none(tmp_path, warned):
    path = pack(tmp_path / "a.vcf.gz", ONE)
    for content in (b"", b"no index", gzip.compress(b"TBI\1"), gzip.compress(b"TBI\1" + b"\7" * 60)):
        (tmp_path / "a.vcf.gz.tbi").write_bytes(content)
        assert indexed_chromosomes(path) is None
        assert "cannot be read: not used" in warned.text
        warned.clear()


def test_only_the_two_styles_of_one_name_are_reconciled(warned):
    tally = Summary()
    naming = Naming(tally)
    own = ["chr1", "chrEBV", "GL000207.1", "HLA-A*01:01:01:01", "MT", "chrUn_KI270302v1", "22"]
    assert [naming.common(name, "people.vcf") for name in own] == own
    assert [naming.common(name, "archaic.vcf", leads=False) for name in ("1", "chr22", "3", "chrGL000207.1")] == [
        "chr1", "22", "3", "GL000207.1",
    ]  # fmt: skip
    assert naming.common("chr3", "more.vcf") == "chr3"
    assert warned.text.count("another style") == 1
    assert tally.frame()["count"].sum() == 1


@pytest.mark.parametrize(
    ("contigs", "chrom", "expected"),
    [
        ([("chr7", 25_500), ("HLA-A*01:01:01:01", 3_503), ("GL000207.1", 4_262), ("MT", 16_569)], "chr7", None),
        ([("7", 900), ("chr7", 25_500), ("8", 5_000), ("chr8", 6_000)], "chr7", {"chr7": 25_500, "chr8": 6_000}),
        ([("7", 25_500), ("chr7", 900), ("8", 5_000), ("chr8", 6_000)], "7", {"7": 25_500, "8": 5_000}),
        ([("chr7", 25_500), ("chr8", 5_000)], "7", {"7": 25_500}),
        ([("7", 25_500), ("8", 5_000)], "chr7", {"chr7": 25_500}),
    ],
)
def test_header_and_records_in_other_styles(ok, tmp_path, contigs, chrom, expected):
    lines = [f"{chrom} {position} . A G . . . GT {' '.join(SITE)}" for position in (101, 201)]
    vcf = write_lines(tmp_path / "m.vcf", SAMPLES, lines, contigs=contigs)
    result = ok("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    assert "another style" not in result.err
    with open_features(tmp_path / "w.h5") as words:
        assert words.bins == {chrom: 26}
        assert words.lengths == (dict(contigs) if expected is None else expected)


def test_a_file_without_records_beside_others(ok, run, tmp_path):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G"], SITE)])
    empty = write_vcf(tmp_path / "empty.vcf", SAMPLES, [], chrom="chrY")
    for order in ((vcf, empty), (empty, vcf)):
        result = ok("haplotypes", "--vcf", order[0], "--vcf", order[1], *ROLES, "--out", tmp_path / "w.h5", "--summary",
                    tmp_path / "s.tsv")  # fmt: skip
        assert f"{empty} holds no single-nucleotide record: nothing was read from it" in result.err
        assert summary(tmp_path / "s.tsv")["files without a single-nucleotide record"] == 1
        assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_uncalled": 1}}
    assert run("haplotypes", "--vcf", empty, *ROLES, "--out", tmp_path / "w.h5").code == 3


def test_people_in_two_files_must_be_merged_first(run, tmp_path):
    inside = write_vcf(tmp_path / "in.vcf", INGROUP, [(100, "A", ["G"], SITE[-3:])])
    outside = write_vcf(tmp_path / "out.vcf", OUTGROUP, [(100, "A", ["G"], NOBODY)])
    for order in ((inside, outside), (outside, inside)):
        result = run("haplotypes", "--vcf", order[0], "--vcf", order[1], *ROLES, "--out", tmp_path / "w.h5")
        assert result.code == 3
        assert "merge the files first (bcftools merge)" in result.err
        assert "--missing-to-ref" in result.err
        assert f"{order[0]}: lacks" in result.err
    result = run("haplotypes", "--vcf", inside, *ROLES, "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert "has no sample O0" in result.err


def test_a_file_of_archaic_people_given_as_one_of_modern_people(run, tmp_path):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G"], SITE)])
    other = write_vcf(tmp_path / "a.vcf", ["A0"], [(100, "A", ["G"], ["0/0"])])
    result = run("haplotypes", "--vcf", vcf, "--vcf", other, *ROLES, "--archaic", "A0", "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert f"{other}: holds archaic samples (A0)" in result.err
    assert "--archaic-vcf" in result.err


def test_headers_of_two_builds(ok, run, tmp_path):
    """chr7 has another length in the archaic file; of chromosomes that are not read, lengths may differ."""
    sites = [(100, "A", ["G"], SITE)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    line = ["7 101 . A G . . . GT 0/0"]
    other = write_lines(tmp_path / "a.vcf", ["A0"], line, contigs=[("7", 25_501), ("8", 9)])
    command = ("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    result = run(*command, "--archaic-vcf", other, "--archaic", "A0")
    assert result.code == 3
    assert "gives chr7 25500 bp in its header" in result.err
    assert "a.vcf gives 25501 bp: they are of different genome builds" in result.err
    for contigs in ([("7", LENGTH), ("8", 9)], [("8", 9)], [("7", 0)], [("7", 1), ("chr7", LENGTH)]):
        ok(*command, "--archaic-vcf", write_lines(other, ["A0"], line, contigs=contigs), "--archaic", "A0")
    lines = [f"chr8 101 . A G . . . GT {' '.join(SITE)}"]
    for length, code in ((LENGTH, 0), (LENGTH - 1, 3)):
        more = write_lines(tmp_path / "n.vcf", SAMPLES, lines, contigs=[("chr7", length), ("chr8", 900)])
        result = run(*command, "--vcf", more)
        assert result.code == code or length == LENGTH - 1  # chr7 was read from the other file
        assert ("different genome builds" in result.err) == (code == 3)


@pytest.mark.parametrize(
    ("differ", "code", "said"),
    [(0, 0, ""), (1, 0, ""), (3, 0, "at 3 of 100 shared sites (3.0%); is it of another build"),
     (11, 3, "at 11 of 100 shared sites (11.0%): it is of another build"), (10, 0, "10.0%")],
)  # fmt: skip
def test_ref_of_another_build(run, tmp_path, differ, code, said):
    sites = [(10 * number, "A", ["G"], SITE) for number in range(100)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    archaic = [(10 * number, "C" if number < differ else "A", ["T"], ["0/0"]) for number in range(100)]
    other = write_vcf(tmp_path / "a.vcf", ["A0"], archaic)
    command = (
        "haplotypes",
        "--vcf",
        vcf,
        *ROLES,
        "--archaic-vcf",
        other,
        "--archaic",
        "A0",
        "--out",
        tmp_path / "w.h5",
    )
    result = run(*command)
    assert result.code == code
    assert said in result.err
    assert "another build" in result.err or differ < 2


@pytest.mark.parametrize(("differ", "warns"), [(0, False), (2, False), (3, True), (10, True)])
def test_ref_at_few_shared_sites_only_warns(ok, tmp_path, differ, warns):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(10 * number, "A", ["G"], SITE) for number in range(19)])
    archaic = [(10 * number, "C" if number < differ else "A", ["T"], ["0/0"]) for number in range(19)]
    other = write_vcf(tmp_path / "a.vcf", ["A0"], archaic)
    result = ok(
        "haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5"
    )
    assert ("another build" in result.err) == warns


def test_ref_and_alt_exchanged_are_no_other_build(ok, tmp_path):
    """REF of one file is ALT of the other, with an ALT or without, at half of the sites."""
    sites = [(10 * number, "A", ["G"], SITE) for number in range(100)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    lines = [f"chr7 {10 * n + 1} . {('A G', 'G A', 'G .', 'A .')[n % 4]} . . . GT 0/0" for n in range(100)]
    other = write_lines(tmp_path / "a.vcf", ["A0"], lines)
    result = ok(
        "haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5"
    )
    assert "build" not in result.err


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    """Two call sets merged by bcftools merge as it comes; the same sites with what was not merged, REF, filled in.

    Each call set lists the sites at which its own people vary.
    """
    folder, rng = tmp_path_factory.mktemp("merged"), np.random.default_rng(9)
    full, sets = [], {"out": [], "in": []}
    for position in np.sort(rng.choice(LENGTH, size=1_500, replace=False)).tolist():
        share = rng.choice([0.0, 0.05, 0.4], size=2)
        draws = [rng.random((count, 2)) < one for count, one in ((len(OUTGROUP), share[0]), (len(INGROUP), share[1]))]
        calls = [["|".join(str(int(allele)) for allele in pair) for pair in draw] for draw in draws]
        for name, own, draw in zip(sets, calls, draws, strict=True):
            if draw.any():
                sets[name].append((position, "A", ["G"], own))
        if draws[0].any() or draws[1].any():
            full.append((position, "A", ["G"], [*calls[0], *calls[1]]))
    for name, samples in (("out", OUTGROUP), ("in", INGROUP)):
        text = write_vcf(folder / f"{name}.vcf", samples, sets[name])
        pysam.tabix_index(str(text), preset="vcf", force=True)
    vcf = folder / "merged.vcf"
    pysam.bcftools.merge("-o", str(vcf), str(folder / "out.vcf.gz"), str(folder / "in.vcf.gz"), catch_stdout=False)
    here = {name: {position for position, *_ in records} for name, records in sets.items()}
    return vcf, full, here


def test_missing_genotypes_of_merged_call_sets(ok, tmp_path, merged):
    vcf, full, here = merged
    common = ("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5", "--summary", tmp_path / "s.tsv")
    ok(*common, "--missing", "reference")
    check(tmp_path / "w.h5", by_hand(full, [], archaic_people=()))
    people = {"out": len(OUTGROUP), "in": len(INGROUP)}
    filled = sum(count * sum(position not in here[name] for position, *_ in full) for name, count in people.items())
    assert summary(tmp_path / "s.tsv")["missing genotypes, read as REF"] == filled
    told = {}
    for meaning in ("uncalled", "ask"):
        told[meaning] = ok(*common, "--missing", meaning).err
        as_it_is = [
            (position, ref, alts, [*(calls[:9] if position in here["out"] else [".|."] * 9),
                                   *(calls[9:] if position in here["in"] else [".|."] * 3)])
            for position, ref, alts, calls in full
        ]  # fmt: skip
        check(tmp_path / "w.h5", by_hand(as_it_is, [], archaic_people=()))
        lacking = len(here["in"] - here["out"])
        table = summary(tmp_path / "s.tsv")
        assert table["sites at which nobody of the outgroup is called, but people of the ingroup are"] == lacking
        lacking = len(here["out"] - here["in"])
        assert table["sites at which nobody of the ingroup is called, but people of the outgroup are"] == lacking
    assert f"warning: at {lacking:,} of {len(full):,} sites" in told["ask"]
    assert "--missing reference" in told["ask"]
    assert "--missing-to-ref" in told["ask"]
    assert "--missing" not in told["uncalled"]


@pytest.mark.parametrize(("missing", "asks"), [(9, False), (10, False), (11, True)])
def test_few_sites_of_one_group_are_no_matter(ok, tmp_path, missing, asks):
    sites = [(n, "A", ["G"], [*[".|." if n < missing else "0|0"] * 9, "0|1", "0|0", "0|0"]) for n in range(100)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    result = ok("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    assert ("--missing reference" in result.err) == asks


def test_call_sets_without_a_site_in_common(run, tmp_path):
    """Nothing useful is left: the run stops, and says why."""
    sites = [(n, "A", ["G"], [*[".|."] * 9, "0|1", "0|0", "0|0"]) for n in range(100)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    command = ("haplotypes", "--vcf", vcf, *ROLES, "--out", tmp_path / "w.h5")
    result = run(*command)
    assert result.code == 3
    assert "at 100 of 100 sites (100%) no outgroup sample is called" in result.err
    assert run(*command, "--missing", "reference").code == 0


def test_a_missing_call_of_a_male_on_chr_x_is_one_allele(ok, tmp_path):
    """bcftools merge writes ./. for a male too; . of a diploid is both of its alleles."""
    sites = [(100 * n, "A", ["G"], [*NOBODY, "1", "0|1", "0|1"]) for n in range(3)]
    sites += [(100 * n, "A", ["G"], [*NOBODY, "./.", ".", "0|1"]) for n in range(3, 6)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    ok("haplotypes", "--vcf", vcf, *ROLES, "--missing", "reference", "--out", tmp_path / "w.h5")
    with open_features(tmp_path / "w.h5") as words:
        assert words.counts("chr7").sum(axis=(1, 2)).tolist() == [6, 0, 6, 6, 6, 6]


@pytest.mark.parametrize("number", [2, 50])
def test_few_archaic_records_without_ref_are_asked_about(run, tmp_path, number):
    """In a file of its own, and beside modern people; one REF call anywhere in the file is enough."""
    sites = [(100 * n, "A", ["G"], SITE) for n in range(number)]
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, sites)
    beside = write_vcf(tmp_path / "both.vcf", [*SAMPLES, "A0"], [(*site, [*calls, "1/1"]) for *site, calls in sites])
    archaic = [(100 * n, "A", ["G"], ["0/1"]) for n in range(number)]
    other = write_vcf(tmp_path / "a.vcf", ["A0"], archaic)
    out = ("--archaic", "A0", "--out", tmp_path / "w.h5")
    for command in (("--vcf", vcf, "--archaic-vcf", other), ("--vcf", beside)):
        result = run("haplotypes", *command, *ROLES, *out)
        assert result.code == 3
        assert f"calls no site as REF alone, but {number} as something else" in result.err
        for meaning in ("uncalled", "reference"):
            assert run("haplotypes", *command, *ROLES, *out, "--archaic-missing", meaning).code == 0
    write_vcf(other, ["A0"], [*archaic, (LENGTH - 1, "A", ["G"], ["0/0"])])
    assert run("haplotypes", "--vcf", vcf, "--archaic-vcf", other, *ROLES, *out).code == 0
    with open_features(tmp_path / "w.h5") as words:
        assert words.counts("chr7")[:, :, PATTERNS.index("absent_het")].sum() == number


def test_a_vcf_from_a_pipe_is_read_as_the_file_is(ok, tmp_path):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G"], SITE), (700, "C", ["T"], SITE)])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(vcf.read_bytes()))
    writer.start()
    ok("haplotypes", "--vcf", pipe, *ROLES[:4], "--out", tmp_path / "pipe.h5")
    writer.join()
    ok("haplotypes", "--vcf", vcf, *ROLES[:4], "--out", tmp_path / "file.h5")
    found = []
    for name in ("pipe", "file"):
        with open_features(tmp_path / f"{name}.h5") as words:
            found.append(words.counts("chr7"))
    assert found[0].sum() > 0
    assert (found[0] == found[1]).all()


def test_one_archaic_call_in_all_is_only_warned_of(ok, tmp_path):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G"], SITE), (200, "A", ["G"], SITE)])
    other = write_vcf(tmp_path / "a.vcf", ["A0"], [(100, "A", ["G"], ["0/1"]), (200, "A", ["G"], ["./."])])
    result = ok(
        "haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5"
    )
    assert "warning: " in result.err
    assert "--archaic-missing reference" in result.err
    assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_het": 1, "absent_uncalled": 1}}


def test_headers_are_compared_where_that_of_the_people_gives_no_length(run, ok, tmp_path):
    modern = write_lines(tmp_path / "m.vcf", SAMPLES, ["chr7 100 . A G . . . GT " + " ".join(SITE)], contigs=())
    archaic = [
        write_lines(tmp_path / f"{name}.vcf", [name], ["7 100 . A G . . . GT 0/0"], contigs=[(chrom, length)])
        for name, chrom, length in (("A0", "7", 5_000), ("A1", "chr7", 6_000))
    ]
    rest = ("--archaic", "A0,A1", "--out", tmp_path / "w.h5")
    result = run("haplotypes", "--vcf", modern, *ROLES, "--archaic-vcf", archaic[0], "--archaic-vcf", archaic[1], *rest)
    assert result.code == 3
    for text in ("A0.vcf", "A1.vcf", "5000 bp", "6000 bp", "different genome builds"):
        assert text in result.err
    write_lines(archaic[1], ["A1"], ["7 100 . A G . . . GT 0/0"], contigs=[("7", 5_000)])
    ok("haplotypes", "--vcf", modern, *ROLES, "--archaic-vcf", archaic[0], "--archaic-vcf", archaic[1], *rest)
