"""Sharing of segments, core haplotypes and ages against counts base by base and known exponentials."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import archaictools as at
from archaictools.haplotypes.sharing import clusters_of, shared_bases
from archaictools.haplotypes.sharing_plots import plot_matrix

LENGTH = 3_000
PEOPLE = ("A1", "A2", "B1", "B2", "NONE")
GROUPS = {"A1": "ALPHA", "A2": "ALPHA", "B1": "BETA", "B2": "BETA", "NONE": "BETA"}


def random_segments(seed=1):
    """Return segments at random, none overlapping another of its haplotype, on two chromosomes."""
    rng = np.random.default_rng(seed)
    rows = []
    for chrom, sample, haplotype in itertools.product(("chr1", "chr2"), PEOPLE[:4], (1, 2)):
        ends = np.sort(rng.choice(LENGTH // 10, 8, replace=False)) * 10
        for start, end in ends.reshape(-1, 2).tolist():
            source = str(rng.choice(["Altai", "unmatched"]))
            rows.append((chrom, start, end, sample, haplotype, 0.9, source))
    frame = pd.DataFrame(rows, columns=["chrom", "start", "end", "sample", "haplotype", "posterior", "source"])
    return frame.sort_values(["chrom", "start", "end", "sample", "haplotype"]).reset_index(drop=True)


def carried(segments):
    """Return which bases each haplotype carries, counted one segment at a time: bool by (sample, haplotype)."""
    found = {(sample, side): np.zeros((2, LENGTH), dtype=bool) for sample in PEOPLE for side in (1, 2)}
    for row in segments.to_dict("records"):
        found[row["sample"], row["haplotype"]][int(row["chrom"] == "chr2"), row["start"] : row["end"]] = True
    return found


def written(folder, segments, *, groups=GROUPS, data=10):
    """Write the segments with the files that belong to them; return their paths."""
    bases = 2 * 2 * LENGTH
    people = pd.DataFrame({"sample": PEOPLE, "haplotypes": 2, "callable": bases})
    own = segments.assign(length=segments["end"] - segments["start"]).groupby("sample")["length"]
    people["introgressed"] = people["sample"].map(own.sum()).fillna(0).astype(int)
    people["percent"] = 100 * people["introgressed"] / bases
    people["segments"] = people["sample"].map(own.size()).fillna(0).astype(int)
    people["mean_length"] = people["sample"].map(own.mean())
    people["longest"] = people["sample"].map(own.max()).fillna(0).astype(int)
    segments.to_csv(folder / "s.tsv", sep="\t", index=False)
    people.to_csv(folder / "p.tsv", sep="\t", index=False, na_rep="NA")
    pd.Series(groups, name="population").rename_axis("sample").to_csv(folder / "g.tsv", sep="\t")
    (folder / "s.callable.bed").write_text(f"chr1\t0\t{LENGTH}\t{data}\nchr2\t0\t{LENGTH}\t10\n")
    return folder / "s.tsv", ("--summary", folder / "p.tsv", "--groups", folder / "g.tsv")


def read(path):
    return pd.read_csv(path, sep="\t")


def test_shares_of_people_are_counted_base_by_base(ok, tmp_path):
    segments = random_segments()
    table, files = written(tmp_path, segments)
    names = ("pairs", "matrix", "between")
    ok("sharing", table, *files, *(part for name in names for part in (f"--{name}", tmp_path / f"{name}.tsv")))
    of_person = {name: carried(segments)[name, 1] | carried(segments)[name, 2] for name in PEOPLE}
    pairs = read(tmp_path / "pairs.tsv").set_index(["sample_1", "sample_2"])
    assert len(pairs) == 10
    jaccard = {}
    for (one, other), row in pairs.iterrows():
        a, b = of_person[one], of_person[other]
        assert row[["bases_1", "bases_2", "shared"]].tolist() == [a.sum(), b.sum(), (a & b).sum()]
        assert row["jaccard"] == pytest.approx((a & b).sum() / (a | b).sum(), rel=1e-5)
        if min(a.sum(), b.sum()):
            assert row["of_smaller"] == pytest.approx((a & b).sum() / min(a.sum(), b.sum()), rel=1e-5)
        else:
            assert np.isnan(row["of_smaller"])
        assert row[["population_1", "population_2"]].tolist() == [GROUPS[one], GROUPS[other]]
        jaccard[frozenset((one, other))] = (a & b).sum() / (a | b).sum()
    matrix = read(tmp_path / "matrix.tsv").set_index("sample")
    assert sorted(matrix.index) == sorted(PEOPLE)
    assert list(matrix.columns) == ["population", *matrix.index]
    for one, other in itertools.combinations(PEOPLE, 2):
        assert matrix.loc[one, other] == matrix.loc[other, one] == pytest.approx(jaccard[frozenset((one, other))], 1e-5)
    assert np.isnan(matrix.loc["NONE", "NONE"])
    assert matrix.loc["A1", "A1"] == 1
    between = read(tmp_path / "between.tsv").set_index(["population_1", "population_2"])
    for (one, other), row in between.iterrows():
        own = [pair for pair in jaccard if sorted(GROUPS[name] for name in pair) == sorted((one, other))]
        assert row["pairs"] == len(own)
        assert row["jaccard"] == pytest.approx(np.mean([jaccard[pair] for pair in own]), rel=1e-5)
    assert sorted(map(sorted, between.index)) == [["ALPHA", "ALPHA"], ["ALPHA", "BETA"], ["BETA", "BETA"]]


def test_people_who_share_more_are_neighbours_in_the_order():
    rng = np.random.default_rng(3)
    kind = rng.permutation([0, 0, 0, 1, 1, 1, 2, 2, 2])
    share = np.where(kind[:, None] == kind[None, :], 0.5, 0.1) + rng.uniform(0, 0.05, (9, 9))
    share = (share + share.T) / 2
    order = kind[clusters_of(share).order]
    assert (np.diff(order) != 0).sum() == 2
    figure = plot_matrix(share, list("abcdefghi"), clusters_of(share), title="Title")
    image = figure.axes[1].images[0].get_array()
    expected = share[np.ix_(clusters_of(share).order, clusters_of(share).order)]
    away = ~np.eye(9, dtype=bool)
    assert np.asarray(image)[away] == pytest.approx(expected[away])
    shown = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert shown == ["abcdefghi"[number] for number in clusters_of(share).order]


def test_nobody_and_one_person_have_no_share():
    none = shared_bases(random_segments().iloc[:0], ["a", "b"])
    assert none.shared.tolist() == [[0, 0], [0, 0]]
    assert np.isnan(none.jaccard).all()
    assert clusters_of(np.ones((1, 1))).order.tolist() == [0]
    assert clusters_of(np.ones((0, 0))).order.tolist() == []


@pytest.mark.parametrize("least", [1, 2, 4])
def test_cores_are_the_runs_of_bases_that_enough_haplotypes_carry(ok, tmp_path, least):
    segments = random_segments(2)
    table, files = written(tmp_path, segments, data=8)
    outputs = ("--cores", tmp_path / "c.tsv", "--bed", tmp_path / "c.bed")
    result = ok("sharing", table, *files, "--min-haplotypes", least, "--min-core", 30, *outputs)
    bases = carried(segments)
    depth = sum(flags.astype(int) for flags in bases.values())
    expected, short = [], 0
    for number, chrom in enumerate(("chr1", "chr2")):
        flags = np.concatenate([[False], depth[number] >= least, [False]])
        starts, ends = np.flatnonzero(flags[1:] & ~flags[:-1]), np.flatnonzero(flags[:-1] & ~flags[1:])
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if end - start < 30:
                short += 1
            else:
                expected.append((chrom, start, end))
    cores = read(tmp_path / "c.tsv")
    assert list(zip(cores["chrom"], cores["start"], cores["end"], strict=True)) == expected
    assert len(expected) > 2
    assert (f"cores of less than 30 bp, left out: {short}" in result.out) == bool(short)
    for row in cores.to_dict("records"):
        number, inside = int(row["chrom"] == "chr2"), slice(row["start"], row["end"])
        carriers = sorted(key for key, flags in bases.items() if flags[number, inside].any())
        assert row["carriers"] == ",".join(f"{name}_{side}" for name, side in carriers)
        assert (row["haplotypes"], row["people"]) == (len(carriers), len({name for name, _ in carriers}))
        assert row["peak"] == depth[number, inside].max()
        data = 10 if number else 8
        assert row["with_data"] == data
        assert row["frequency"] == pytest.approx(min(1, depth[number, inside].mean() / data), rel=1e-5)
        count = {name: sum(GROUPS[one] == name for one, _ in carriers) for name in ("ALPHA", "BETA")}
        assert row["populations"] == f"ALPHA:{count['ALPHA']}/4,BETA:{count['BETA']}/6"
        assert sum(int(part.split(":")[1]) for part in row["sources"].split(",")) == len(carriers)
    bed = pd.read_csv(tmp_path / "c.bed", sep="\t", header=None)
    assert bed[3].tolist() == cores["core"].tolist()
    assert bed[4].tolist() == np.rint(1000 * cores["frequency"]).astype(int).tolist()


def test_without_callable_regions_and_groups_frequencies_and_populations_are_na(ok, tmp_path):
    table, files = written(tmp_path, random_segments())
    (tmp_path / "s.callable.bed").unlink()
    outputs = ("--cores", tmp_path / "c.tsv", "--bed", tmp_path / "c.bed", "--ages", tmp_path / "a.tsv")
    ok("sharing", table, *files[:2], "--min-core", 10, *outputs)
    assert {len(line.split("\t")) for line in (tmp_path / "c.bed").read_text().splitlines()} == {4}  # no score
    text = pd.read_csv(tmp_path / "c.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert set(text["frequency"]) == set(text["with_data"]) == set(text["populations"]) == {"NA"}


def pulses(generations, count, seed, samples=("S1", "S2")):
    """Return segments of the lengths of one pulse, far apart, of some people."""
    rng = np.random.default_rng(seed)
    length = rng.exponential(1e8 / (1.2 * generations), count).astype(int) + 1
    rows = {"chrom": "chr1", "start": 1_000_000 * np.arange(count) + rng.integers(0, 1_000, count)}
    frame = pd.DataFrame(rows).assign(end=lambda rows: rows["start"] + length, haplotype=1, posterior=0.8, source="X")
    return frame.assign(sample=np.array(samples)[np.arange(count) % len(samples)])


def test_ages_of_all_of_populations_and_of_people(ok, tmp_path):
    old, young = pulses(2_000, 1_500, 1), pulses(800, 900, 5, ("T1", "T2")).assign(chrom="chr2")
    pd.concat([old, young]).to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    (tmp_path / "g.tsv").write_text("sample\tpop\nS1\tOLD\nS2\tOLD\nT1\tYOUNG\n")
    given = ("sharing", tmp_path / "s.tsv", "--groups", tmp_path / "g.tsv", "--ages", tmp_path / "a.tsv")
    ok(*given, "--generation", 25)
    ages = read(tmp_path / "a.tsv").set_index(["level", "name"])
    assert ages.index.tolist() == [
        ("all", "all"), ("population", "OLD"), ("population", "YOUNG"),
        ("sample", "S1"), ("sample", "S2"), ("sample", "T1"), ("sample", "T2"),
    ]  # fmt: skip
    for key, true in ((("population", "OLD"), 2_000), (("sample", "S2"), 2_000), (("population", "YOUNG"), 800)):
        row = ages.loc[key]
        assert row["generations"] == pytest.approx(true, rel=4 / np.sqrt(row["used"]))
        assert row["low"] < true < row["high"]
        assert row["years"] == pytest.approx(25 * row["generations"], rel=1e-5)
        assert np.isnan(row["archaic_share"])  # no callable regions
    assert ages.loc[("population", "OLD"), ["haplotypes", "segments"]].tolist() == [4, 1_500]
    lengths = pd.concat([old, young])["end"] - pd.concat([old, young])["start"]
    assert ages.loc[("all", "all"), "used"] == (lengths >= 40_000).sum()
    ok(*given, "--recombination", 2.4e-8, "--min-age-length", 80_000, "--threshold", 0.9)
    assert read(tmp_path / "a.tsv")["generations"].isna().all()  # no segment is left
    ok(*given, "--recombination", 2.4e-8, "--min-age-length", 60_000)
    half = read(tmp_path / "a.tsv").set_index(["level", "name"]).loc[("population", "OLD")]
    assert half["generations"] == pytest.approx(1_000, rel=4 / np.sqrt(half["used"]))


def test_the_archaic_share_makes_the_age_older(tmp_path):
    segments = pulses(2_000, 1_500, 1)
    bases = int((segments["end"] - segments["start"]).sum())
    segments.to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    (tmp_path / "s.callable.bed").write_text(f"chr1\t0\t{5 * bases}\t4\n")
    found = at.sharing(tmp_path / "s.tsv").ages.iloc[0]
    (tmp_path / "s.callable.bed").unlink()
    without = at.sharing(tmp_path / "s.tsv").ages.iloc[0]
    assert found["archaic_share"] == pytest.approx(1 / 20)
    assert found["generations"] / without["generations"] == pytest.approx(20 / 19, rel=1e-3)


def test_sources_choose_the_segments_and_strange_ones_are_refused(ok, run, tmp_path):
    segments = random_segments()
    table, files = written(tmp_path, segments)
    result = ok("sharing", table, *files, "--source", "Altai", "--pairs", tmp_path / "o.tsv")
    assert f"segments of other sources, not used: {(segments['source'] != 'Altai').sum()}" in result.out
    found = read(tmp_path / "o.tsv").set_index(["sample_1", "sample_2"])
    own = carried(segments[segments["source"] == "Altai"])
    assert found.loc[("A1", "A2"), "bases_1"] == (own["A1", 1] | own["A1", 2]).sum()
    result = run("sharing", table, *files, "--source", "Vindija", "--pairs", tmp_path / "o.tsv")
    assert (result.code, "the sources are Altai, unmatched" in result.err) == (2, True), result.err


def test_what_does_not_belong_together_is_refused(run, tmp_path):
    table, files = written(tmp_path, random_segments())
    text = table.read_text()
    for change, extra, code, message in (
        ("chr1\t5\t2900\tA1\t1\t0.9\tAltai\n", (), 3, "two segments of A1, haplotype 1, that overlap at chr1:"),
        ("chr1\t5\t90\tZZ\t1\t0.9\tAltai\n", (), 3, "has no row of ZZ, who have segments in"),
        ("", ("--callable", tmp_path / "more.bed"), 3, "has regions of 12 haplotypes, but 10 were read"),
    ):
        table.write_text(text + change)
        (tmp_path / "more.bed").write_text("chr1\t0\t90\t12\n")
        result = run("sharing", table, *files, *extra, "--pairs", tmp_path / "o.tsv")
        assert (result.code, message in result.err) == (code, True), result.err
        assert not (tmp_path / "o.tsv").exists()
    table.write_text(text)
    result = run("sharing", table, "--between", tmp_path / "o.tsv")
    assert (result.code, "--between needs --groups" in result.err) == (2, True)
    result = run("sharing", table)
    assert (result.code, "name an output: --ages" in result.err) == (2, True)


def test_plots_are_drawn_and_the_result_is_what_files_hold(tmp_path):
    table, _ = written(tmp_path, random_segments())
    found = at.sharing(
        table, summary=tmp_path / "p.tsv", groups=tmp_path / "g.tsv", plots=tmp_path / "plots", cores=tmp_path / "c.tsv",
        min_core=10,
    )  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == [
        "ages.png", "ages.svg", "people.png", "people.svg", "populations.png", "populations.svg",
    ]  # fmt: skip
    svg = (tmp_path / "plots" / "people.svg").read_text()
    assert "A1 (ALPHA)" in svg
    assert len(found.cores) == len(read(tmp_path / "c.tsv"))
    assert found.sharing.samples == PEOPLE
    assert found.between["pairs"].sum() == 10
