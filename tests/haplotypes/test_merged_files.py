"""Merged call sets: genotypes that are missing because nobody wrote REF."""

from __future__ import annotations

import numpy as np
import pysam
import pysam.bcftools
import pytest

from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.feature_file import open_features
from helpers import (
    INGROUP,
    LENGTH,
    NOBODY,
    OUTGROUP,
    ROLES,
    SAMPLES,
    SITE,
    by_hand,
    check,
    summary,
    words_of,
    write_vcf,
)


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
        assert table["sites at which no outgroup sample is called, but ingroup samples are"] == lacking
        lacking = len(here["out"] - here["in"])
        assert table["sites at which no ingroup sample is called, but outgroup samples are"] == lacking
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
        assert words.counts("chr7")[:, :, CLASSES.index("absent_het")].sum() == number


def test_one_archaic_call_in_all_is_only_warned_of(ok, tmp_path):
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, [(100, "A", ["G"], SITE), (200, "A", ["G"], SITE)])
    other = write_vcf(tmp_path / "a.vcf", ["A0"], [(100, "A", ["G"], ["0/1"]), (200, "A", ["G"], ["./."])])
    result = ok(
        "haplotypes", "--vcf", vcf, *ROLES, "--archaic-vcf", other, "--archaic", "A0", "--out", tmp_path / "w.h5"
    )
    assert "warning: " in result.err
    assert "--archaic-missing reference" in result.err
    assert words_of(tmp_path / "w.h5") == {"chr7": {"absent_het": 1, "absent_uncalled": 1}}
