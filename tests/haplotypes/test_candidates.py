"""Candidates of adaptive introgression: U and Q95 against counting by hand, windows, regions, ranks and tracks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pybigtools
import pyBigWig
import pytest

import archaictools as at
from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.candidate_table import ranked
from archaictools.haplotypes.candidate_windows import WindowScan, grid
from helpers import ARCHAIC, INGROUP, LENGTH, OUTGROUP, archaic_by_hand, write_lines, write_vcf

GROUPS = {**dict.fromkeys(OUTGROUP, "AFR"), **dict.fromkeys(INGROUP, "EUR")}
ROLES = ("--reference-group", "AFR", "--target-group", "EUR")
SAMPLES = [*OUTGROUP, *INGROUP]


def groups_file(path, groups=GROUPS):
    path.write_text("sample\tpopulation\n" + "".join(f"{name}\t{group}\n" for name, group in groups.items()))
    return path


def quantile(values, share):
    """The quantile of sorted values, interpolated between neighbours: NumPy's and R's default."""
    values = sorted(values)
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def by_hand(modern, archaic, source, start, end, *, below, above, others, missing="uncalled"):
    """Compared sites, archaic alleles, U and Q95 of a window, base by base."""
    there = {position: (ref, alts, calls) for position, ref, alts, calls in archaic}
    sites, found = 0, []
    for position, ref, alts, calls in modern:
        if not start <= position < end:
            continue
        bases = [ref, *alts]
        letters = [[bases[int(a)] for a in call.split("|") if a != "."] for call in calls]
        reference = [letter for pair in letters[: len(OUTGROUP)] for letter in pair]
        target = [letter for pair in letters[len(OUTGROUP) :] for letter in pair]
        genomes = archaic_by_hand(there.get(position), ref, len(ARCHAIC), missing)
        own = [genome for name, genome in zip(ARCHAIC, genomes, strict=True) if name in source]
        rest = [genome for name, genome in zip(ARCHAIC, genomes, strict=True) if name not in source]
        looked_at = [*own, *rest] if others == "absent" else own
        if not reference or not target or not all(looked_at):
            continue
        sites += 1
        carried = {letter for genome in own for letter in genome}
        if len(carried) > 1:
            continue
        (allele,) = carried
        if others == "absent" and any(allele in genome for genome in rest):
            continue
        if allele not in bases or reference.count(allele) / len(reference) >= below:
            continue
        found.append(target.count(allele) / len(target))
    u = sum(value > above for value in found)
    return sites, len(found), u if sites else None, quantile(found, 0.95) if found else None


@pytest.mark.parametrize(("others", "missing"), [("any", "uncalled"), ("absent", "uncalled"), ("any", "reference")])
def test_statistics_against_counting_by_hand(ok, tmp_path, people, others, missing):
    modern, archaic = people
    vcf = write_vcf(tmp_path / "m.vcf", SAMPLES, modern)
    other = write_vcf(tmp_path / "a.vcf", ARCHAIC, archaic, chrom="7")  # without chr
    groups, out = groups_file(tmp_path / "g.tsv"), tmp_path / "c.tsv"
    options = ["--window", 900, "--step", 700, "--reference-below", 0.2, "--target-above", 0.1, "--others", others]
    ok("candidates", "--vcf", vcf, "--archaic-vcf", other, "--archaic", "A0,A1", "--archaic-missing", missing,
       "--groups", groups, *ROLES, *options, "--out", out)  # fmt: skip
    table = pd.read_csv(out, sep="\t")
    assert table["source"].unique().tolist() == ["A0", "A1", "A0+A1"]
    assert table["start"].unique().tolist() == list(range(0, LENGTH, 700))
    rules = {"below": 0.2, "above": 0.1, "others": others, "missing": missing}
    for row in table.itertuples():
        expected = by_hand(modern, archaic, row.source.split("+"), row.start, row.end, **rules)
        assert (row.sites, row.archaic_sites) == expected[:2]
        for value, wanted in zip((row.U, row.Q95), expected[2:], strict=True):
            assert value == pytest.approx(np.nan if wanted is None else wanted, rel=1e-5, nan_ok=True)
    assert table["archaic_sites"].sum() > 40
    assert table["U"].sum() > 5


def lines(position, ref, alt, outgroup, ingroup, archaic):
    """A record of 9 reference samples, 3 target samples and one archaic genome in the same file."""
    calls = [*[outgroup] * len(OUTGROUP), *ingroup, archaic]
    return f"chr7 {position + 1} . {ref} {alt} . PASS . GT {' '.join(calls)}"


HALF, MOST, NONE = ["0|1"] * 3, ["1|1", "1|1", "0|1"], ["0|0"] * 3


def test_definition_of_u_and_q95(tmp_path):
    """Each rule by one site; frequencies are over called alleles, and the archaic allele may be REF."""
    records = [
        lines(10, "A", "G", "0|0", MOST, "1/1"),  # counts: 5 of 6
        lines(20, "A", "G", "0|0", HALF, "1/1"),  # archaic, not above one half
        lines(30, "A", "G", "0|0", ["1|1", ".|.", ".|1"], "1/1"),  # counts: 3 of 3 called
        lines(40, "A", "G", "0|1", MOST, "1/1"),  # frequent in the reference
        lines(50, "A", "G", "0|0", MOST, "0/1"),  # not fixed in the archaic genome
        lines(60, "A", "G", "0|0", MOST, "./."),  # archaic genome not called
        lines(70, "A", "G", "1|1", NONE, "0/0"),  # counts: REF is the archaic allele, 6 of 6
        lines(80, "A", "G", ".|.", MOST, "1/1"),  # reference not called
        lines(90, "A", "G", "0|0", MOST, "0/0"),  # archaic allele of the whole reference
        lines(150, "A", "G", "0|0", MOST, "0/0"),  # next window: compared, nothing archaic
    ]
    vcf = write_lines(tmp_path / "m.vcf", [*SAMPLES, "N"], records, contigs=[("chr7", 350)])
    groups = groups_file(tmp_path / "g.tsv")
    found = at.candidates(vcf=vcf, groups=groups, reference_group="AFR", target_group="EUR", archaic="N", window=100,
                          step=100)  # fmt: skip
    first, second, third, last = found.table.itertuples()
    assert (first.sites, first.archaic_sites, first.U) == (7, 4, 3)
    q95 = float(first.Q95)
    assert q95 == pytest.approx(quantile([5 / 6, 0.5, 1, 1], 0.95))
    assert (second.sites, second.U) == (1, 0)
    assert pd.isna(second.Q95)
    assert pd.isna(second.rank)
    assert third.sites == last.sites == 0
    assert pd.isna(third.U)
    assert (last.start, last.end) == (300, 350)
    assert found.table["source"].tolist() == ["N"] * 4
    assert str(first.candidate) == "1"


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_windows_do_not_depend_on_blocks(block):
    """Overlapping windows of a chromosome in blocks of sites, against all sites at once."""
    rng = np.random.default_rng(5)
    position = np.sort(rng.choice(5_000, size=400, replace=False))
    frequency = np.where(rng.random((400, 2)) < 0.3, rng.random((400, 2)), np.nan)
    compared = ~np.isnan(frequency) | (rng.random((400, 2)) < 0.5)
    windows = grid(5_000, size=300, step=110)
    scan = WindowScan(windows, 2, target_above=0.5)
    for first in range(0, 400, block):
        part = slice(first, first + block)
        scan.add(position[part], compared[part], frequency[part])
    found = scan.finish()
    for number, (start, end) in enumerate(zip(windows.start, windows.end, strict=True)):
        inside = (position >= start) & (position < end)
        for source in range(2):
            values = frequency[inside, source][~np.isnan(frequency[inside, source])]
            assert found.sites[number, source] == compared[inside, source].sum()
            assert found.archaic[number, source] == len(values)
            assert found.u[number, source] == (values > 0.5).sum()
            if len(values):
                assert found.q95[number, source] == pytest.approx(quantile(values, 0.95))
            else:
                assert np.isnan(found.q95[number, source])


def small(tmp_path, *, contigs=(("chr7", 25_500),), chrom="chr7"):
    """One archaic allele of 5 of 6 in each of two windows of 1 kb."""
    records = [lines(place, "A", "G", "0|0", MOST, "1/1") for place in (100, 200, 1_100)]
    records.append(lines(1_200, "A", "G", "0|0", HALF, "1/1"))
    records = [record.replace("chr7", chrom) for record in records]
    vcf = write_lines(tmp_path / "m.vcf", [*SAMPLES, "N"], records, contigs=contigs)
    groups = groups_file(tmp_path / "g.tsv")
    return {"vcf": vcf, "groups": groups, "reference_group": "AFR", "target_group": "EUR", "archaic": "N",
            "archaic_missing": "uncalled", "window": 1_000, "step": 1_000}  # fmt: skip


def test_a_chromosome_without_a_length_ends_with_its_last_site(tmp_path):
    table = at.candidates(**small(tmp_path, contigs=())).table
    assert table[["start", "end"]].to_numpy().tolist() == [[0, 1_000], [1_000, 1_201]]
    assert table["U"].tolist() == [2, 1]
    assert table["locus"].isna().all()  # the build is not known


def test_regions_take_the_place_of_windows(tmp_path):
    given = small(tmp_path)
    regions = tmp_path / "r.bed"
    regions.write_text("7\t1150\t1300\tb\n7\t50\t1150\ta\nchr9\t0\t100\tc\n")
    table = at.candidates(**given, regions=regions).table
    assert table[["chrom", "start", "end", "region"]].to_numpy().tolist() == [
        ["chr7", 50, 1150, "a"], ["chr7", 1150, 1300, "b"], ["chr9", 0, 100, "c"]
    ]  # fmt: skip
    assert table["U"].tolist()[:2] == [3, 0]
    assert pd.isna(table["U"].iloc[2])
    regions.write_text("chr7\t25000\t26000\n")
    with pytest.raises(InputError, match=r"reaches to chr7:26,000, beyond the chromosome's 25,500 bp"):
        at.candidates(**given, regions=regions)


def test_ranks_follow_the_worse_of_both_statistics():
    """A window high in one statistic alone is behind one that is high in both; sources are ranked apart."""
    rows = pd.DataFrame(
        {
            "source": ["A"] * 5 + ["B"],
            "U": [9, 5, 0, 1, None, 1],
            "Q95": [0.1, 0.8, 0.9, 0.7, 0.95, 0.2],
        }
    ).astype({"U": "Int64"})
    found = ranked(rows, top=0.5)
    assert found["rank"].fillna(-1).tolist() == [3, 1, 3, 2, -1, 1]
    assert found["candidate"].fillna(-1).tolist() == [0, 1, 0, 0, -1, 1]


def test_tracks_of_candidates(tmp_path):
    given = small(tmp_path)
    names = {"bed": "c.bed", "bigbed": "c.bb", "bigwig": "q.bw"}
    found = at.candidates(**given, top=0.5, **{name: tmp_path / file for name, file in names.items()})
    assert found.table["candidate"].dropna().tolist() == [1, 0]
    text = (tmp_path / "c.bed").read_text()
    assert text == "chr7\t0\t1000\tN;U=2\t833\t.\t0\t1000\t0,158,115\n"
    with pybigtools.open(str(tmp_path / "c.bb")) as track:
        (row,) = track.records("chr7")
    assert row[:6] == (0, 1000, "N;U=2", "833", ".", "0")
    assert row[7:11] == ("0,158,115", "N", "2", "2")
    with pyBigWig.open(str(tmp_path / "q.bw")) as track:
        assert track.chroms() == {"chr7": 25_500}
        assert [(start, end) for start, end, _ in track.intervals("chr7")] == [(0, 1_000), (1_000, 2_000)]
        assert track.values("chr7", 1_000, 1_001)[0] == pytest.approx(quantile([5 / 6, 0.5], 0.95))


def test_samples_of_the_groups(tmp_path):
    """Samples that the VCF lacks are counted; what cannot be understood is refused in one sentence."""
    given = small(tmp_path)
    groups = groups_file(tmp_path / "more.tsv", {**GROUPS, "X1": "EUR", "X2": "EAS", "N": "ARC"})
    found = at.candidates(**(given | {"groups": groups}))
    assert found.facts["samples"] == "9 of the reference, 3 of the target, 1 archaic"
    assert "samples of the table that the VCFs lack, not used: 1" in found.facts["sites"]
    for change, error, message in (
        ({"target_group": "GBR"}, InputError, r"has no population GBR \(it has AFR, ARC, EAS and 1 more\)"),
        ({"target_group": "EAS"}, InputError, "names no sample of EAS that the VCFs hold"),
        ({"target_group": "AFR"}, UsageError, "--reference-group and --target-group both name AFR"),
        ({"target_group": "ARC"}, UsageError, "--archaic names N, which is a sample of the reference or the target"),
        ({"source": "N+M"}, UsageError, r"--source names M, which is no archaic genome \(N\)"),
        ({"archaic": "M"}, InputError, "has no sample M"),
        ({"frequencies": tmp_path / "f.tsv"}, UsageError, "--frequencies needs --segments"),
        ({"segments": groups}, UsageError, "--segments needs --summary"),
        ({"summary": groups}, UsageError, "--summary is for segments"),
    ):
        with pytest.raises(error, match=message):
            at.candidates(**(given | {"groups": groups} | change))


def test_other_genomes_and_joint_sources(tmp_path):
    """An allele of both genomes is no allele of one alone; a source of two genomes needs both."""
    archaic = [("1/1", "1/1"), ("1/1", "0/0"), ("1/1", "./."), ("0/1", "1/1")]
    records = [
        lines(100 + 10 * number, "A", "G", "0|0", MOST, f"{first} {second}")
        for number, (first, second) in enumerate(archaic)
    ]
    vcf = write_lines(tmp_path / "m.vcf", [*SAMPLES, "N", "D"], records)
    given = {"vcf": vcf, "groups": groups_file(tmp_path / "g.tsv"), "reference_group": "AFR", "target_group": "EUR",
             "archaic": ["N", "D"], "archaic_missing": "uncalled"}  # fmt: skip

    def counts(**more):
        table = at.candidates(**given, **more).table
        return dict(zip(table["source"], zip(table["sites"], table["U"], strict=True), strict=True))

    assert counts() == {"N": (4, 3), "D": (3, 2), "N+D": (3, 1)}
    assert counts(others="absent") == {"N": (3, 1), "D": (3, 0), "N+D": (3, 1)}
    assert counts(source="D+N") == {"D+N": (3, 1)}


def test_both_missing_sides_are_reported(tmp_path, run):
    """Call sets merged without filling in: messages name the groups of this verb."""
    records = [lines(place, "A", "G", ".|.", MOST, "1/1") for place in range(100, 2_000, 100)]
    records.append(lines(2_500, "A", "G", "0|0", MOST, "1/1"))
    vcf = write_lines(tmp_path / "m.vcf", [*SAMPLES, "N"], records)
    arguments = ("--vcf", vcf, "--groups", groups_file(tmp_path / "g.tsv"), *ROLES, "--archaic", "N",
                 "--archaic-missing", "uncalled", "--out", tmp_path / "c.tsv")  # fmt: skip
    result = run("candidates", *arguments)
    assert result.code == 0
    assert "at 19 of 20 sites (95%) no reference sample is called, but target samples are" in result.err
    assert pd.read_csv(tmp_path / "c.tsv", sep="\t")["sites"].sum() == 1


@pytest.mark.parametrize(("below", "warned"), [(0.01, True), (0.1, False)])
def test_a_small_reference_is_warned_of(tmp_path, run, below, warned):
    """Nine samples: an allele of 15.3 % is absent from 18 chromosomes in one of twenty draws."""
    given = small(tmp_path)
    result = run("candidates", "--vcf", given["vcf"], "--groups", given["groups"], *ROLES, "--archaic", "N",
                 "--archaic-missing", "uncalled", "--reference-below", below, "--out", tmp_path / "c.tsv")  # fmt: skip
    assert result.code == 0
    limit = next(share for share in np.arange(0, 1, 0.001) if (1 - share) ** 18 <= 0.05)
    message = (
        f"the reference has 9 samples: an allele that none of them carries may have a frequency of up to {limit:.0%}"
    )
    assert (message in result.err) == warned
    assert ("give 51 samples or more" in result.err) == warned


def test_several_chromosomes_and_files(tmp_path):
    """Regions of one chromosome only; the others give no row. Without regions, each file's chromosomes are scanned."""
    vcfs = []
    for chrom, length in (("chr1", 3_000), ("chr2", 2_500)):
        records = [lines(place, "A", "G", "0|0", MOST, "1/1").replace("chr7", chrom) for place in (100, 200, 1_100)]
        vcfs.append(write_lines(tmp_path / f"{chrom}.vcf", [*SAMPLES, "N"], records, contigs=[(chrom, length)]))
    given = small(tmp_path) | {"vcf": vcfs}
    table = at.candidates(**given, bigwig=tmp_path / "q.bw").table
    assert table[["chrom", "start", "end"]].to_numpy().tolist() == [
        ["chr1", 0, 1_000], ["chr1", 1_000, 2_000], ["chr1", 2_000, 3_000],
        ["chr2", 0, 1_000], ["chr2", 1_000, 2_000], ["chr2", 2_000, 2_500],
    ]  # fmt: skip
    assert table["U"].fillna(-1).tolist() == [2, 1, -1, 2, 1, -1]
    with pyBigWig.open(str(tmp_path / "q.bw")) as track:
        assert track.chroms() == {"chr1": 3_000, "chr2": 2_500}
    regions = tmp_path / "r.bed"
    regions.write_text("2\t150\t1200\tb\nchr3\t0\t9\n")
    found = at.candidates(**given, regions=regions, chromosomes=["1", "chr2"], bigbed=tmp_path / "c.bb")
    assert found.table[["chrom", "start", "end", "region", "U"]].to_numpy().tolist() == [["chr2", 150, 1_200, "b", 2]]
    assert "regions on chromosomes not asked for, left out: 1" in found.facts["sites"]
    only = at.candidates(**given, chromosomes="2").table
    assert only["chrom"].unique().tolist() == ["chr2"]
