"""The hand-written VCF decoder against cyvcf2 on random files: bases, missing calls, phase and ploidy of every call."""

from __future__ import annotations

from dataclasses import dataclass

import cyvcf2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archaictools.errors import InputError
from archaictools.io import vcf
from archaictools.io.summary import Summary

BASES = "ACGT"
HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=1000000>\n"
    '##FILTER=<ID=q10,Description="x">\n##INFO=<ID=NOTE,Number=1,Type=String,Description="x">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="x">\n##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">\n'
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">\n##FORMAT=<ID=FT,Number=1,Type=String,Description="x">\n'
)
#: ALT alleles without a base at POS, and alleles with the base of REF or another one there.
NO_BASE = ("*", "<NON_REF>", "<DEL>")
#: Forms of a call: the share of each form differs from file to file, so that both layouts of a line are met.
FORMS = ("0|1", "0/1", "0", ".", ".|.", "./.", "0|.", ".|1", "./0")


@dataclass(frozen=True)
class Call:
    """Bases of the two haplotypes (None for none), and what is known of their phase."""

    bases: tuple[str | None, str | None]
    phased: bool
    haploid: bool


@st.composite
def records(draw, samples):
    """Draw the columns of a record after POS."""
    ref = draw(st.sampled_from(BASES))
    others = [base for base in BASES if base != ref]
    alts = list(draw(st.permutations(others)))[: draw(st.integers(0, 3))]
    extra = draw(st.lists(st.sampled_from(NO_BASE), unique=True, max_size=2)) if draw(st.booleans()) else []
    if draw(st.integers(0, 5)) == 0:  # so many alleles that their numbers have two digits
        extra += [ref + "ACGT"[number % 4] * number for number in range(1, draw(st.integers(2, 12)))]
    alts = draw(st.permutations(alts + extra))
    keys = draw(st.sampled_from([["GT"], ["GT"], ["GT"], ["GT", "DP"], ["GT", "AD", "FT"]]))
    forms = draw(st.sampled_from([FORMS[:1], FORMS[:2], FORMS[:3], FORMS, ("0|1", "0|.", ".|.")]))
    calls = []
    for _ in range(samples):
        form = draw(st.sampled_from(forms))
        number = st.integers(0, len(alts))
        parts = ["".join(str(draw(number)) if letter.isdigit() else letter for letter in form)]
        for key in keys[1 : 1 + draw(st.integers(0, len(keys) - 1))]:
            counts = st.sampled_from([".", ",".join(["0"] * (1 + len(alts)))])
            values = {"DP": st.sampled_from(["0", "999"]), "FT": st.sampled_from(["PASS", "x|y", "."]), "AD": counts}
            parts.append(draw(values[key]))
        calls.append(":".join(parts))
    quality = draw(st.sampled_from([".", "50", "3.14"]))
    flag = draw(st.sampled_from(["PASS", ".", "q10"]))
    info = draw(st.sampled_from([".", "NOTE=a", f"NOTE={'x' * 1_500}"]))
    return [".", ref, ",".join(alts) or ".", quality, flag, info, ":".join(keys), *calls]


@st.composite
def files(draw):
    """Draw the text of a VCF, and the number of its samples."""
    samples = draw(st.integers(1, 6))
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    lines = ["\t".join([*columns, *(f"S{number}" for number in range(samples))])]
    position = 0
    for record in draw(st.lists(records(samples), min_size=1, max_size=8)):
        position += draw(st.sampled_from([1, 2, 997, 12_345]))
        lines.append("\t".join(["chr1", str(position), *record]))
    return HEADER + "\n".join(lines) + "\n", samples


def by_cyvcf2(path):
    """Position (0-based) to the calls of all samples, of records with a substitution or without any ALT sequence."""
    found = {}
    for variant in cyvcf2.VCF(str(path)):
        alleles = [variant.REF, *variant.ALT]
        base = [allele[0] if allele[0] in BASES else None for allele in alleles]
        substitution = any(one not in {None, variant.REF} for one in base)
        if not substitution and not all(allele in {"*", "<NON_REF>"} for allele in alleles[1:]):
            continue
        array = variant.genotype.array()
        calls = []
        for row in array:
            numbers, phased = row[:-1].tolist(), bool(row[-1])
            first, second = numbers if len(numbers) == 2 else (numbers[0], -2)
            haploid = second == -2  # padding after the only allele
            bases = tuple(base[number] if number >= 0 else None for number in (first, second))
            calls.append(Call(bases, phased or haploid, haploid))
        found[variant.POS - 1] = calls
    return found


def by_archaictools(path, samples):
    found = {}
    with vcf.open_variants(path) as source:
        for sites in source.sites(source.samples, wanted=lambda _: True, tally=Summary(), group="modern"):
            for row, position in enumerate(sites.position.tolist()):
                bases = [BASES[code] if code >= 0 else None for code in sites.bases[row]]
                calls = sites.calls
                found[position] = [
                    Call(
                        tuple(bases[number] if number >= 0 else None for number in calls.alleles[row, sample].tolist()),
                        bool(calls.phased[row, sample]),
                        calls.haploid is not None and bool(calls.haploid[row, sample]),
                    )
                    for sample in range(samples)
                ]
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(files(), st.sampled_from([vcf.BLOCK_BYTES, 400]))
def test_genotypes_are_those_of_cyvcf2(tmp_path, drawn, block):
    text, samples = drawn
    path = tmp_path / "r.vcf"
    path.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vcf, "BLOCK_BYTES", block)
        found = by_archaictools(path, samples)
    expected = by_cyvcf2(path)
    assert list(found) == list(expected)
    for position, calls in expected.items():
        assert found[position] == calls, position


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(["0|0", "0/1", "1", "0|1|1", "0/0/0"]), min_size=1, max_size=5))
def test_triploid_calls_are_refused(tmp_path, calls):
    """Ploidy other than 1 and 2, which cyvcf2 reads, has no place in two haplotypes."""
    path = tmp_path / "r.vcf"
    names = [f"S{number}" for number in range(len(calls))]
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]
    record = ["chr1", "5", ".", "A", "G", ".", "PASS", ".", "GT", *calls]
    path.write_text(HEADER + "\t".join(columns) + "\n" + "\t".join(record) + "\n")
    if any(call.count("|") + call.count("/") == 2 for call in calls):
        with pytest.raises(InputError, match="expected one or two"):
            by_archaictools(path, len(calls))
    else:
        assert by_archaictools(path, len(calls)) == by_cyvcf2(path)
