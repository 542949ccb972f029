"""Blocks of gVCFs, missing calls and indels of archaic files."""

from __future__ import annotations

import numpy as np
import pytest

from archaictools.io import vcf as variants
from helpers import (
    ARCHAIC,
    LENGTH,
    ROLES,
    SAMPLES,
    SITE,
    by_hand,
    check,
    summary,
    words_of,
    write_lines,
    write_vcf,
)


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
