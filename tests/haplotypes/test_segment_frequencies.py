"""Frequency of segments by population, against counting base by base, and the published loci."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch

import numpy as np
import pandas as pd
import pytest

import archaictools as at
from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.published_loci import BUILDS, label, published_loci
from archaictools.haplotypes.segment_frequencies import HaplotypeData, frequencies, highest
from archaictools.io.builds import LENGTHS
from helpers import NOBODY, OUTGROUP, ROOT, write_lines

LENGTH = 2_000
POPULATIONS = {"P0": "EUR", "P1": "EUR", "P2": "EAS", "P3": "EAS", "P4": "EAS"}
PEOPLE = dict.fromkeys([*POPULATIONS, "P5"], 2)


def segments_at_random(seed=4, count=60):
    """Segments of six people, some of one haplotype overlapping; P5 has no population."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, LENGTH - 300, count)
    return pd.DataFrame(
        {
            "chrom": "chr1",
            "start": start,
            "end": start + rng.integers(1, 300, count),
            "sample": rng.choice(list(PEOPLE), count),
            "haplotype": rng.integers(1, 3, count),
        }
    )


def per_base(table, column):
    """The value of each base, from rows that must cover the chromosome once."""
    found = np.full(LENGTH, np.nan)
    times = np.zeros(LENGTH, dtype=int)
    for row in table.itertuples():
        value = getattr(row, column)
        found[row.start : row.end] = np.nan if pd.isna(value) else value
        times[row.start : row.end] += 1
    assert (times == 1).all()
    return found


def test_frequencies_against_counting_base_by_base():
    segments = segments_at_random()
    # All 12 haplotypes have data, then none, then some, then all.
    regions = pd.DataFrame({"chrom": "chr1", "start": [0, 900, 1_200], "end": [700, 1_200, 1_900],
                            "haplotypes": [12, 11, 12]})  # fmt: skip
    data = HaplotypeData.of_counts(PEOPLE, POPULATIONS, regions)
    assert data.haplotypes == {"EUR": 4, "EAS": 6}
    ((chrom, table),) = frequencies(segments, data, POPULATIONS, {"1": LENGTH})
    assert chrom == "chr1"
    for population, size in (("EUR", 4), ("EAS", 6)):
        carriers = np.zeros((6, 2, LENGTH), dtype=bool)
        for row in segments.itertuples():
            if POPULATIONS.get(row.sample) == population:
                carriers[int(row.sample[1]), row.haplotype - 1, row.start : row.end] = True
        counts = carriers.sum(axis=(0, 1))
        own = table[table["population"] == population]
        expected = counts / size
        expected[700:1_200] = np.nan
        expected[1_900:] = np.nan
        np.testing.assert_allclose(per_base(own, "frequency"), expected)
        known = ~np.isnan(per_base(own, "carriers"))
        assert known[counts > 0].all()
        assert (per_base(own, "carriers")[known] == counts[known]).all()
        assert np.isnan(per_base(own, "haplotypes")[900:1_200]).all()
        assert (per_base(own, "haplotypes")[700:900] == 0).all()
        # Neighbours differ, so that no interval is cut without need.
        pairs = own[["haplotypes", "carriers"]].fillna(-1)
        assert (pairs.to_numpy()[1:] != pairs.to_numpy()[:-1]).any(axis=1).all()
    # The highest frequency of each window, by looking at each base.
    start = np.arange(0, LENGTH, 130)
    found, population = highest(table, start, start + 130)
    bases = {name: per_base(table[table["population"] == name], "frequency") for name in ("EAS", "EUR")}
    for number, first in enumerate(start.tolist()):
        values = {name: base[first : first + 130] for name, base in bases.items()}
        best = {name: np.nanmax(value) for name, value in values.items() if not np.isnan(value).all()}
        if not best:
            assert np.isnan(found[number])
            assert population[number] is None
            continue
        assert found[number] == pytest.approx(max(best.values()))
        assert (best[population[number]] if population[number] else 0) == pytest.approx(found[number])


def test_haplotypes_with_data_are_counted_one_by_one_with_their_file(words):
    """A file of haplotypes tells which of them have data; all have, so frequencies are known wherever bins are."""
    populations = {"P0": "A", "P1": "B", "P2": "B"}
    with open_features(words[0]) as features:
        data = HaplotypeData.of_features(features, populations)
        assert data.haplotypes == {"A": 2, "B": 4}
        for chrom in features.bins:
            runs = data.chromosomes[chrom]
            known = features.read(chrom)
            assert runs.haplotypes.sum() > 0
            edges = features.edges(chrom)
            for first, last, count in zip(runs.start, runs.end, runs.haplotypes.T, strict=True):
                inside = (edges[:-1] >= first) & (edges[1:] <= last)
                assert (known[:2][:, inside].sum(axis=0) == count[0]).all()
                assert (known[2:6][:, inside].sum(axis=0) == count[1]).all()


def archaic_people(tmp_path):
    """A VCF of 25.5 kb on chr7, segments of it, a summary and callable regions; two populations and a reference."""
    target = ["I0", "I1", "I2"]
    calls = " ".join([*NOBODY, "1|1", "1|1", "0|1", "1/1"])
    vcf = write_lines(
        tmp_path / "m.vcf",
        [*OUTGROUP, *target, "N"],
        [f"chr7 {place} . A G . PASS . GT {calls}" for place in (100, 200, 12_000)],
    )
    groups = tmp_path / "g.tsv"
    rows = [*((name, "AFR") for name in OUTGROUP), ("I0", "EUR"), ("I1", "EUR"), ("I2", "EAS")]
    groups.write_text("sample\tpop\n" + "".join(f"{name}\t{group}\n" for name, group in rows))
    segments = tmp_path / "s.tsv"
    segments.write_text(
        "chrom\tstart\tend\tsample\thaplotype\tposterior\tsource\n"
        "7\t1000\t5000\tI0\t1\t0.9\tN\n7\t4000\t9000\tI1\t2\t0.9\tN\n7\t4500\t4600\tI2\t1\t0.9\tN\n"
    )
    (tmp_path / "s.callable.bed").write_text("7\t0\t20000\t6\n")
    summary = tmp_path / "p.tsv"
    header = "sample\thaplotypes\tcallable\tintrogressed\tpercent\tsegments\tmean_length\tlongest\n"
    summary.write_text(header + "".join(f"{name}\t2\t40000\t4000\t10\t1\t4000\t4000\n" for name in target))
    return {"vcf": vcf, "groups": groups, "reference_group": "AFR", "target_group": ["EUR", "EAS"], "archaic": "N",
            "archaic_missing": "uncalled", "segments": segments, "summary": summary, "window": 10_000,
            "step": 10_000}  # fmt: skip


def test_frequencies_of_a_run(tmp_path, ok):
    given = archaic_people(tmp_path)
    loci = tmp_path / "loci.bed"
    loci.write_text("chr7\t4550\t4560\tGENE1\nchr7\t4555\t13000\tGENE2\nchr7\t24000\t24010\n")
    found = at.candidates(**given, loci=loci, frequencies=tmp_path / "f.tsv", out=tmp_path / "c.tsv")
    table = pd.read_csv(tmp_path / "f.tsv", sep="\t", keep_default_na=False)
    assert list(table) == ["chrom", "start", "end", "population", "haplotypes", "carriers", "frequency", "locus"]
    eur = table[table["population"] == "EUR"][["start", "end", "haplotypes", "carriers", "frequency"]]
    assert eur.astype(str).to_numpy().tolist() == [
        ["0", "1000", "4", "0", "0"],
        ["1000", "4000", "4", "1", "0.25"],
        ["4000", "5000", "4", "2", "0.5"],
        ["5000", "9000", "4", "1", "0.25"],
        ["9000", "20000", "4", "0", "0"],
        ["20000", "25500", "0", "NA", "NA"],
    ]
    windows = found.table[["start", "segment_frequency", "segment_population", "locus"]].astype(object).fillna("NA")
    assert windows.to_numpy().tolist() == [
        [0, 0.5, "EAS", "GENE1,GENE2"],
        [10_000, 0.0, "NA", "GENE2"],
        [20_000, "NA", "NA", "chr7:24001-24010"],
    ]
    assert table.loc[table["start"] == 4_500, "locus"].tolist() == ["GENE1,GENE2"]


def test_people_without_segments_count_and_strangers_are_refused(tmp_path):
    given = archaic_people(tmp_path)
    rows = given["summary"].read_text()
    given["summary"].write_text(rows + "I9\t2\t40000\t0\t0\t0\tNA\tNA\n")
    (tmp_path / "s.callable.bed").write_text("7\t0\t20000\t8\n")
    found = at.candidates(**given)
    assert "segments of people without a population, not used: 0" not in found.facts["sites"]
    eur = found.frequencies[found.frequencies["population"] == "EUR"]
    assert eur["frequency"].max() == 0.5
    given["summary"].write_text(rows.replace("I2", "J2"))
    with pytest.raises(InputError, match="has segments of I2, who are not among the people"):
        at.candidates(**given)
    (tmp_path / "s.callable.bed").unlink()
    with pytest.raises(InputError, match="no such file, which tells where people have data"):
        at.candidates(**given)


def test_partly_called_regions_are_unknown_without_the_haplotypes(tmp_path, run):
    given = archaic_people(tmp_path)
    (tmp_path / "s.callable.bed").write_text("7\t0\t3000\t6\n7\t3000\t20000\t5\n")
    found = at.candidates(**given).frequencies
    eur = found[found["population"] == "EUR"]
    assert eur.loc[eur["start"] < 3_000, "frequency"].tolist() == [0, 0.25]
    assert eur.loc[eur["start"] >= 3_000, "frequency"].isna().all()


def test_published_loci_have_both_builds_and_an_article():
    """Coordinates lie on the chromosomes, and lengths of the two builds agree to 3 kb; genes have other transcripts."""
    tables = {build: published_loci(build).set_index("locus") for build in BUILDS}
    hg19, hg38 = tables.values()
    assert len(hg19) >= 10
    assert {"BNC2", "EPAS1", "OAS1/OAS2/OAS3", "STAT2"} <= set(hg19.index)
    names = [f"chr{number}" for number in range(1, 23)]
    for build, table in tables.items():
        lengths = table["chrom"].map(dict(zip(names, LENGTHS[build], strict=False)))
        assert (table["start"] < table["end"]).all()
        assert (table["end"] < lengths).all()
        assert table["doi"].map(lambda doi: re.fullmatch(r"10\.\d{4}/\S+", doi) is not None).all()
    assert ((hg19["end"] - hg19["start"]) - (hg38["end"] - hg38["start"])).abs().max() < 3_000
    # The locus of severe COVID-19, as published (1-based, hg19), and its first variant in hg38.
    covid = hg19.filter(like="COVID", axis=0).iloc[0]
    assert (covid["start"] + 1, covid["end"]) == (45_859_651, 45_909_024)
    assert hg38.filter(like="COVID", axis=0).iloc[0]["start"] + 1 == 45_818_159


def test_published_loci_are_in_the_wheel():
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert any(fnmatch("haplotypes/data/published_loci.tsv", pattern) for pattern in patterns["archaictools"])


def test_labels_by_build():
    """BNC2's window of the article is labelled in hg19; a window beside a gene is not."""
    rows = pd.DataFrame({"chrom": ["chr9", "9", "chr2"], "start": [16_720_000, 0, 46_613_842]})
    rows["end"] = rows["start"] + 40_000
    assert label(rows, published_loci("hg19")).tolist() == ["BNC2", ".", "."]
    assert label(rows.iloc[:0], published_loci("hg38")).tolist() == []


@pytest.mark.parametrize(("length", "build", "expected"), [
    (48_129_895, None, "hg19"), (46_709_983, None, "hg38"), (25_500, "hg38", "hg38"), (25_500, None, None)
])  # fmt: skip
def test_the_build_is_told_from_lengths(tmp_path, length, build, expected, caplog):
    calls = " ".join([*NOBODY, "1|1", "1|1", "0|1", "1/1"])
    samples = [*OUTGROUP, "I0", "I1", "I2", "N"]
    vcf = write_lines(tmp_path / "m.vcf", samples, [f"21 100 . A G . PASS . GT {calls}"], contigs=[("21", length)])
    groups = tmp_path / "g.tsv"
    groups.write_text("sample\tpopulation\n" + "".join(f"{name}\t{name[0]}\n" for name in samples))
    given = {"vcf": vcf, "groups": groups, "reference_group": "O", "target_group": "I", "archaic": "N",
             "archaic_missing": "uncalled"}  # fmt: skip
    table = at.candidates(**given, build=build).table
    assert table["locus"].isna().all() if expected is None else (table["locus"] == ".").all()
    assert ("do not tell the build" in caplog.text) == (expected is None)
    if expected == "hg19":
        with pytest.raises(
            UsageError, match="--build is hg38, but the chromosomes of the VCFs have the lengths of hg19"
        ):
            at.candidates(**given, build="hg38")
