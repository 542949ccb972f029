"""Records of any kind as bases at single positions: against haplotypes from which the records were written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pysam.bcftools
import pytest

from archaictools.haplotypes.feature_file import open_features
from archaictools.io import vcf as variants
from archaictools.io._vcf_alleles import NO_BASE, single_bases
from archaictools.io.summary import Summary
from archaictools.io.vcf import open_variants
from helpers import OUTGROUP, ROLES, SAMPLES, by_hand, check, write_vcf

HAPLOTYPES = 2 * len(SAMPLES)
LENGTH = 6_000
BASES = "ACGT"


def read(path, samples=SAMPLES, **options):
    """Position to the base of every haplotype, None for none, of all sites with an ALT; and the tally."""
    tally, found = Summary(), {}
    with open_variants(path) as source:
        for sites in source.sites(samples, wanted=lambda _: True, tally=tally, group="modern", **options):
            assert (np.diff(sites.position) > 0).all()
            for row, position in enumerate(sites.position.tolist()):
                assert position not in found
                bases = [BASES[base] if base >= 0 else None for base in sites.bases[row]]
                if bases[1] is not None:
                    alleles = sites.calls.alleles[row].reshape(-1)
                    found[position] = [bases[allele] if allele >= 0 else None for allele in alleles]
    return found, tally


@pytest.mark.parametrize(
    ("ref", "alts", "expected"),
    [
        # Offset to the base of REF and of each ALT; "-" is no base.
        ("A", "G,*", {0: "AG-"}),
        ("C", "*,T", {0: "C-T"}),
        ("A", "G,<NON_REF>", {0: "AG-"}),
        ("A", "<*>,G", {0: "A-G"}),
        ("a", "g,<DEL>", {0: "AG-"}),
        ("A", "G,A]chr2:90]", {0: "AG-"}),
        ("A", "G,AT", {0: "AGA"}),
        ("A", "AT", {}),
        ("AT", "A", {}),
        ("A", "<DEL>", {}),
        ("AT", "GT,A", {0: "AGA"}),
        ("AT", "A,GC", {0: "AAG", 1: "T-C"}),
        ("AC", "GT", {0: "AG", 1: "CT"}),
        ("ACG", "TCA", {0: "AT", 2: "GA"}),
        ("ACG", "ATG,A", {1: "CT-"}),
        ("CAGT", "CT", {}),  # a deletion of AG: no substitution of A by T
        ("CAGT", "CT,CAGG", {3: "TTG"}),
        ("AT", "G", {0: "AG"}),
        ("AT", "GTC", {0: "AG"}),
        ("A", "*", {0: "A-"}),
        ("A", "<NON_REF>", {0: "A-"}),
        ("AT", "*", {0: "A-", 1: "T-"}),
        ("N", "A", {}),
        ("A", "R", {}),
        ("A", "G,R", {0: "AG-"}),
        ("A", "C,G,T,*,<NON_REF>", {0: "ACGT--"}),
    ],
)
def test_bases_of_alleles(ref, alts, expected):
    found = {}
    for base in single_bases(ref.encode(), alts.encode()):
        own = [BASES[code] if code >= 0 else None for code in base.bases]
        found[base.offset] = "".join("-" if number == NO_BASE else own[number] for number in base.numbers)
    assert found == expected


def test_more_alleles_than_a_genotype_can_name():
    alts = ",".join("A" * number for number in range(2, 129))
    assert single_bases(b"A", f"G,{alts}".encode()) == ()
    assert len(single_bases(b"A", f"G,{alts[:100]}".encode())) == 1


class Writer:
    """Writes haplotypes as records of many kinds, and keeps which base each haplotype has."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.reference = "".join(self.rng.choice(list(BASES), size=LENGTH))
        self.records, self.truth = [], {}

    def other(self, base):
        return str(self.rng.choice([one for one in BASES if one != base]))

    def carriers(self, number):
        return self.rng.choice(number, size=HAPLOTYPES, p=[0.5, *[0.5 / (number - 1)] * (number - 1)])

    def write(self, position, ref, alts, alleles):
        texts = [str(allele) if allele is not None else "." for allele in alleles]
        calls = ["|".join(texts[place : place + 2]) for place in range(0, HAPLOTYPES, 2)]
        self.records.append((position, ref, alts, calls))

    def know(self, position, letters):
        """Where an earlier record holds the position, haplotypes that it leaves as REF take the new base."""
        before = self.truth.get(position)
        own = self.reference[position]
        self.truth[position] = letters if before is None else [
            new if old == own or old is None else old for old, new in zip(before, letters, strict=True)
        ]  # fmt: skip

    def star(self, position, *, split, missing):
        ref = self.reference[position]
        alts = [self.other(ref), "*"] if self.rng.random() < 0.5 else ["*", self.other(ref)]
        alleles = self.carriers(3)
        self.know(position, [[ref, *alts][allele].replace("*", "") or None for allele in alleles])
        if not split:
            self.write(position, ref, [*alts, "<NON_REF>"], alleles)
            return
        for number, alt in enumerate(alts, start=1):
            rest = None if missing else 0
            self.write(position, ref, [alt], [{0: 0, number: 1}.get(allele, rest) for allele in alleles.tolist()])

    def several(self, position, width):
        """Two alleles of several bases, and a SNP within, of haplotypes that have REF there."""
        ref = self.reference[position : position + width]
        alts = ["".join(self.other(base) for base in ref), self.other(ref[0]) + ref[1:]]
        alleles = self.carriers(3)
        self.write(position, ref, alts, alleles)
        first = [[ref, *alts][allele] for allele in alleles]
        inside = position + int(self.rng.integers(width))
        alt = self.other(self.reference[inside])
        second = [
            int(self.rng.random() < 0.3 and letters[inside - position] == self.reference[inside]) for letters in first
        ]
        self.write(inside, self.reference[inside], [alt], second)
        for offset in range(width):
            if any(letters[offset] != ref[offset] for letters in (ref, *alts)):
                self.know(position + offset, [letters[offset] for letters in first])
        self.know(inside, [alt if allele else self.reference[inside] for allele in second])

    def beside_indel(self, position):
        ref = self.reference[position : position + 3]
        alts = [self.other(ref[0]) + ref[1:], ref[0], ref + "A"]
        alleles = self.carriers(4)
        self.write(position, ref, alts, alleles)
        self.know(position, [alts[0][0] if allele == 1 else ref[0] for allele in alleles])

    def plain(self, position):
        ref = self.reference[position]
        alts = [base for base in self.rng.permutation(list(BASES)) if base != ref][: int(self.rng.integers(1, 4))]
        alleles = [int(allele) if self.rng.random() > 0.05 else None for allele in self.carriers(1 + len(alts))]
        self.write(position, ref, alts, alleles)
        self.know(position, [None if allele is None else [ref, *alts][allele] for allele in alleles])

    def indel(self, position):
        ref = self.reference[position : position + 2]
        self.write(position, ref, [ref[0]], self.carriers(2))

    def whole(self):
        position = 3
        while position < LENGTH - 10:
            kind = int(self.rng.integers(7))
            if kind == 0:
                self.star(position, split=False, missing=False)
            elif kind == 1:
                self.star(position, split=True, missing=bool(self.rng.integers(2)))
            elif kind == 2:
                self.several(position, int(self.rng.integers(2, 6)))
            elif kind == 3:
                self.beside_indel(position)
            elif kind == 4:
                self.indel(position)
            else:
                self.plain(position)
            position += int(self.rng.integers(7, 30))
        return self


@pytest.mark.parametrize("block", [variants.BLOCK_BYTES, 1_500, 300, 60])
def test_records_of_all_kinds_give_the_bases_they_were_written_from(tmp_path, monkeypatch, block):
    monkeypatch.setattr(variants, "BLOCK_BYTES", block)
    written = Writer(5).whole()
    path = write_vcf(tmp_path / "m.vcf", SAMPLES, written.records, length=LENGTH)
    found, tally = read(path)
    assert len(found) > 200
    assert found == written.truth
    indels = sum(len(ref) == 2 and alts == [ref[0]] for _, ref, alts, _ in written.records)
    assert tally.count("modern", "records not of single nucleotides, dropped") == indels
    several = [
        site for site in written.records if len(site[1]) > 1 or any(len(alt) > 1 or alt == "*" for alt in site[2])
    ]
    item = "of these, with other alleles or several bases, used base by base"
    assert tally.count("modern", item) == len(several) - indels
    lost = sum(letters.count(None) for letters in written.truth.values())
    assert 0 < tally.count("modern", "alleles without a base there (*, <NON_REF>, a deletion), not called") < lost


def test_as_bcf_and_with_the_marks_of_vcf_4_4(tmp_path):
    """A mark before the first allele; a single one for a haploid call; ten alleles and more."""
    written = Writer(6).whole()
    path = write_vcf(tmp_path / "m.vcf", SAMPLES, written.records, length=LENGTH)
    pysam.bcftools.view("-Ob", "-o", str(tmp_path / "m.bcf"), str(path), catch_stdout=False)
    marked = [(*site, [f"|{call}" for call in calls]) for *site, calls in written.records]
    other = write_vcf(tmp_path / "marked.vcf", SAMPLES, marked, length=LENGTH)
    expected = written.truth
    for file in (path, tmp_path / "m.bcf", other):
        assert read(file)[0] == expected


@pytest.mark.parametrize(
    ("call", "alleles", "phased", "haploid"),
    [
        ("0|1", [0, 1], True, False),
        ("0/1", [0, 1], False, False),
        ("|0|1", [0, 1], True, False),
        ("/0/1", [0, 1], False, False),
        ("/0|1", [0, 1], False, False),
        ("|0/1", [0, 1], False, False),
        ("|1", [1, -1], True, True),
        ("/1", [1, -1], True, True),
        ("1", [1, -1], True, True),
        (".", [-1, -1], True, True),
        ("./.", [-1, -1], False, False),
        ("|.|.", [-1, -1], True, False),
        (".|1", [-1, 1], True, False),
        ("|1|.", [1, -1], True, False),
    ],
)
@pytest.mark.parametrize("form", ["GT", "GT:DP"])
def test_forms_of_genotypes(tmp_path, call, alleles, phased, haploid, form):
    text = call if form == "GT" else f"{call}:7"
    path = write_vcf(tmp_path / "m.vcf", ["A", "B"], [(9, "A", ["G"], [text, text])], form=form)
    with open_variants(path) as source:
        (sites,) = source.sites(["B", "A"], wanted=lambda _: True, tally=Summary(), group="modern")
    assert sites.calls.alleles[0].tolist() == [alleles, alleles]
    assert sites.calls.phased[0].tolist() == [phased, phased]
    assert (sites.calls.haploid is not None and bool(sites.calls.haploid.all())) == haploid


@pytest.mark.parametrize(
    "call", ["0|1|1", "|0|1|1", "0|", "|", "0|12", "12", "x|0", "0||1", "", "/0|2", "0-1", "|02|x"]
)
@pytest.mark.parametrize("form", ["GT", "GT:DP"])
def test_what_is_no_genotype_is_refused(run, tmp_path, call, form):
    more = "" if form == "GT" else ":1"
    calls = [f"0|0{more}"] * (len(SAMPLES) - 1)
    path = write_vcf(tmp_path / "m.vcf", SAMPLES, [(9, "A", ["G"], [*calls, f"{call}{more}"])], form=form)
    result = run("haplotypes", "--vcf", path, *ROLES, "--out", tmp_path / "w.h5")
    assert result.code == 3
    assert f"{path}, line " in result.err
    assert f"sample number {len(SAMPLES)} is {call!r}" in result.err


@pytest.mark.parametrize("mark", ["", "|"])
def test_alleles_of_two_digits(tmp_path, mark):
    """A record of a SNP and eleven insertions: allele 12 is the SNP."""
    insertions = ["A" + "C" * number for number in range(1, 12)]
    path = write_vcf(tmp_path / "m.vcf", ["X", "Y"], [(9, "A", [*insertions, "G"], [f"{mark}12|3", f"{mark}0|12"])])
    assert read(path, ["X", "Y"])[0] == {9: ["G", "A", "A", "G"]}


def test_words_are_those_of_plain_records(ok, tmp_path):
    """Records of all kinds give the words of one record per site, counted by hand."""
    written = Writer(7).whole()
    path = write_vcf(tmp_path / "m.vcf", SAMPLES, written.records)
    plain = []
    for position in sorted(written.truth):
        letters, ref = written.truth[position], written.reference[position]
        bases = [ref, *sorted({*letters} - {ref, None})]
        texts = ["." if letter is None else str(bases.index(letter)) for letter in letters]
        plain.append((position, ref, bases[1:], ["|".join(texts[n : n + 2]) for n in range(0, HAPLOTYPES, 2)]))
    ok("haplotypes", "--vcf", path, *ROLES, "--out", tmp_path / "w.h5", "--summary", tmp_path / "s.tsv")
    check(tmp_path / "w.h5", by_hand(plain, [], archaic_people=()))
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index("item")["count"]
    assert table["records not of single nucleotides, dropped"] > 10


def phase_sets(tmp_path, values, *, ingroup="I0,I1,I2"):
    """Sites 100 bp apart at which I0 is heterozygous, with the given PS each."""
    records = []
    for number, value in enumerate(values):
        calls = [*["0|0:."] * len(OUTGROUP), f"1|0:{value}", f"1|1:{number}", f"0/0:{number}"]
        records.append((100 * number, "A", ["G"], calls))
    path = write_vcf(tmp_path / "m.vcf", SAMPLES, records, form="GT:PS")
    return ["haplotypes", "--vcf", path, "--ingroup", ingroup, "--outgroup", ",".join(OUTGROUP), "--out",
            tmp_path / "w.h5", "--summary", tmp_path / "s.tsv"]  # fmt: skip


def test_phase_sets_are_counted_and_named(ok, tmp_path):
    """Three sets of I0; those of I1, who is homozygous, and of I2, who is not phased, mean nothing."""
    result = ok(*phase_sets(tmp_path, ["1", "1", "7", "7", ".", "9", "9"]))
    assert "phase set" in result.err
    assert "I0 has 3 on chr7" in result.err
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index("item")["count"]
    assert table["ends of a phase set (PS) within a chromosome, read across"] == 2
    assert table["people with more than one phase set (PS) on a chromosome"] == 1


@pytest.mark.parametrize("values", [["1"] * 5, ["."] * 5, ["PATMAT"] * 5])
def test_one_phase_set_is_no_matter(ok, tmp_path, values):
    result = ok(*phase_sets(tmp_path, values))
    assert "phase set" not in result.err


def test_a_carrier_of_no_base_is_never_reference(ok, tmp_path):
    """With --missing reference a missing genotype is REF, but a haplotype with a deletion there has no base."""
    calls = [*["0|0"] * 8, "0|1", "2|1", ".|.", "0|1"]
    path = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G", "*"], calls)])
    ok("haplotypes", "--vcf", path, *ROLES, "--missing", "reference", "--out", tmp_path / "w.h5")
    with open_features(tmp_path / "w.h5") as words:
        assert words.counts("chr7").sum(axis=(1, 2)).tolist() == [0, 1, 1, 1, 1, 1]
    both = write_vcf(tmp_path / "n.vcf", SAMPLES, [(100, "A", ["G", "*"], [*calls[:9], "2|2", ".|.", "0|1"])])
    ok("haplotypes", "--vcf", both, *ROLES, "--missing", "reference", "--out", tmp_path / "n.h5")
    with open_features(tmp_path / "n.h5") as words:
        assert words.counts("chr7").sum(axis=(1, 2)).tolist() == [0, 0, 1, 1, 1, 1]


def test_a_byte_order_mark_is_no_part_of_the_header(ok, tmp_path):
    path = write_vcf(tmp_path / "m.vcf", SAMPLES, [(99, "A", ["G"], ["0|1"] * len(SAMPLES))])
    plain = read(path)[0]
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read(path)[0] == plain
    assert len(plain) == 1
    ok("haplotypes", "--vcf", path, *ROLES, "--out", tmp_path / "w.h5")


def test_a_joined_genotype_is_phased_only_if_all_its_records_are(run, tmp_path):
    """A site of three alleles, split into two records that differ in phase: the order of its alleles is unknown."""
    samples = ["both", "first", "second", "none", "out"]
    path = write_vcf(
        tmp_path / "m.vcf", samples,
        [(5, "A", ["C"], ["1|0", "1|0", "1/0", "1/0", "0|0"]), (5, "A", ["G"], ["0|1", "0/1", "0|1", "0/1", "0|0"])],
    )  # fmt: skip
    with open_variants(path) as source:
        (sites,) = source.sites(samples, wanted=lambda _: True, tally=Summary(), group="modern")
    assert sites.calls.alleles[0].tolist() == [[1, 2]] * 4 + [[0, 0]]
    assert sites.calls.phased[0].tolist() == [True, False, False, False, True]
    # So the verb refuses such a sample, and takes one that is phased in both records.
    for name, code in (("both", 0), ("first", 3), ("second", 3)):
        result = run("haplotypes", "--vcf", path, "--ingroup", name, "--outgroup", "out", "--out", tmp_path / "w.h5")
        assert result.code == code
        assert (f"{name} is not phased at chr7:6" in result.err) == bool(code)
