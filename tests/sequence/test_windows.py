"""Regions, matched regions and windows against sets of bases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archaictools.errors import InputError, UsageError
from archaictools.io.fasta import open_genome
from archaictools.io.summary import Summary
from archaictools.sequence.matched_regions import draw_matched_regions
from archaictools.sequence.options import RegionOptions, WindowOptions
from archaictools.sequence.regions import prepare
from archaictools.sequence.selection import select_regions
from archaictools.sequence.windows import cut, cut_regions
from helpers import write_fasta

rows = st.lists(
    st.tuples(st.sampled_from(["chr1", "chr2"]), st.integers(0, 90), st.integers(1, 40)), min_size=1, max_size=8
)
LENGTHS = {"chr1": 100, "chr2": 80}


def frame(found):
    return pd.DataFrame([(c, s, s + n) for c, s, n in found], columns=["chrom", "start", "end"])


def base_set(table):
    return {
        (chrom, base)
        for chrom, start, end in table[["chrom", "start", "end"]].itertuples(index=False)
        for base in range(start, end)
        if base < LENGTHS[chrom]
    }


@given(one=rows, other=rows, out=rows)
def test_prepared_classes_are_the_sets_they_should_be(one, other, out):
    expected_one = base_set(frame(one)) - base_set(frame(out))
    expected_other = base_set(frame(other)) - base_set(frame(out))
    both = expected_one & expected_other
    expected_one, expected_other = expected_one - both, expected_other - both
    classes = {"introgressed": frame(one), "depleted": frame(other)}
    if not expected_one or not expected_other:
        with pytest.raises(InputError, match="region is left"):
            prepare(classes, lengths=LENGTHS, exclude=frame(out), merging=True, tally=Summary())
        return
    ready = prepare(classes, lengths=LENGTHS, exclude=frame(out), merging=True, tally=Summary())
    assert base_set(ready["introgressed"]) == expected_one
    assert base_set(ready["depleted"]) == expected_other
    for table in ready.values():
        for _, group in table.groupby("chrom"):
            assert (group["start"].to_numpy()[1:] > group["end"].to_numpy()[:-1]).all(), "merged, sorted, apart"


def test_without_merging_every_row_stays(tmp_path):
    table = frame([("chr1", 0, 30), ("chr1", 10, 30), ("chr1", 0, 30)])
    ready = prepare({"introgressed": table}, lengths=LENGTHS, exclude=None, merging=False, tally=Summary())
    assert len(ready["introgressed"]) == 3


@given(start=st.integers(0, 50), length=st.integers(1, 400), size=st.integers(1, 60), step=st.integers(1, 60))
def test_cut_equals_the_loop(start, length, size, step):
    end, expected = start + length, []
    place = start
    while place + size <= end:
        expected.append((place, place + size))
        place += step
    starts, ends, dropped = cut(start, end, WindowOptions(size=size, step=step))
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == expected
    covered = expected[-1][1] if expected else start
    assert dropped == end - covered
    starts, ends, dropped = cut(start, end, WindowOptions(size=size, step=step, keep_short=True))
    if step <= size:
        assert dropped == 0
        assert ends.max() == end
        assert (ends - starts <= size).all()


@pytest.fixture
def genome(tmp_path):
    rng = np.random.default_rng(7)
    text = "".join(rng.choice(list("ACGT"), 30_000))
    text = text[:10_000] + "N" * 500 + text[10_500:]
    path = write_fasta(tmp_path / "g.fa", {"chr1": text, "chr2": "AT" * 100})
    with open_genome(path) as opened:
        opened.text = {"chr1": text, "chr2": "AT" * 100}
        yield opened


@pytest.mark.parametrize("max_n", [0, 50, 200])
def test_windows_with_n_are_dropped_and_counted(genome, max_n):
    tally, cutting = Summary(), WindowOptions(size=200, step=150, max_n=max_n)
    region = pd.DataFrame({"chrom": ["chr1"], "start": [9_000], "end": [12_000]})
    found = pd.concat(cut_regions({"introgressed": region}, genome, cutting, tally=tally))
    expected = [s for s in range(9_000, 11_801, 150) if genome.text["chr1"][s : s + 200].count("N") <= max_n]
    assert found["start"].tolist() == expected
    total = len(range(9_000, 11_801, 150))
    assert tally.count("introgressed", f"windows with more than {max_n} N, dropped") == total - len(expected)
    assert tally.count("introgressed", "windows") == len(expected)


def test_windows_of_both_classes_come_sorted(genome):
    one = pd.DataFrame({"chrom": "chr1", "start": [0, 5_000], "end": [2_000, 6_000]})
    other = pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [2_500, 0], "end": [4_500, 200]})
    found = pd.concat(cut_regions({"introgressed": one, "depleted": other}, genome, WindowOptions(), tally=Summary()))
    keys = list(zip(found["chrom"], found["start"], strict=True))
    assert keys == sorted(keys)
    assert found["name"].value_counts().to_dict() == {"introgressed": 15, "depleted": 11}


def test_controls_match_length_chromosome_and_gc_and_keep_clear(genome):
    regions = pd.DataFrame({"chrom": "chr1", "start": [1_000, 4_000, 20_000], "end": [1_830, 4_200, 21_500]})
    exclude = pd.DataFrame({"chrom": ["chr1"], "start": [14_000], "end": [15_000]})
    tally = Summary()
    drawn = draw_matched_regions(regions, genome, exclude=exclude, gc_tolerance=0.02, seed=3, tally=tally)
    assert sorted(drawn["end"] - drawn["start"]) == sorted(regions["end"] - regions["start"])
    taken = np.zeros(30_000, dtype=int)
    for start, end in pd.concat([regions, exclude, drawn])[["start", "end"]].to_numpy():
        taken[start:end] += 1
    assert taken.max() == 1
    gc = lambda s, e: sum(genome.text["chr1"][s:e].count(x) for x in "GC") / (e - s)  # noqa: E731
    for row in drawn.itertuples():
        assert "N" not in genome.text["chr1"][row.start : row.end]
        length = row.end - row.start
        (match,) = regions[regions["end"] - regions["start"] == length].itertuples()
        assert abs(gc(row.start, row.end) - gc(match.start, match.end)) <= 0.02
    again = draw_matched_regions(regions, genome, exclude=exclude, gc_tolerance=0.02, seed=3, tally=Summary())
    assert drawn.equals(again)


def test_controls_match_gc_where_it_varies_and_regions_hold_n(tmp_path):
    """GC falls from 70 to 30 % along the genome; half of one region is N, others are short and begin anywhere."""
    rng = np.random.default_rng(4)
    share = np.repeat(np.linspace(0.7, 0.3, 400), 1_000)
    letters = np.where(rng.random(400_000) < share, rng.choice(list("GC"), 400_000), rng.choice(list("AT"), 400_000))
    letters[20_500:21_000] = "N"
    text = "".join(letters)
    start = [20_000, *range(30_013, 390_000, 12_007)]
    regions = pd.DataFrame({"chrom": "chr1", "start": start, "end": [21_000, *(s + 210 + s % 7 for s in start[1:])]})
    with open_genome(write_fasta(tmp_path / "g.fa", {"chr1": text})) as genome:
        tally = Summary()
        drawn = draw_matched_regions(regions, genome, exclude=None, gc_tolerance=0.02, seed=3, tally=tally)
        again = {}
        for number in range(len(regions)):  # one by one, so that it is known whose each is
            one = regions.iloc[[number]]
            again[number] = draw_matched_regions(one, genome, exclude=None, gc_tolerance=0.02, seed=3, tally=Summary())
    assert len(drawn) == len(regions)

    def gc(start, end):
        found = text[start:end].replace("N", "")
        return sum(found.count(letter) for letter in "GC") / len(found)

    for number, match in again.items():
        (row,), region = match.itertuples(), regions.iloc[number]
        assert "N" not in text[row.start : row.end]
        assert abs(gc(row.start, row.end) - gc(region["start"], region["end"])) <= 0.02


def test_controls_that_cannot_be_drawn_are_reported(genome):
    regions = pd.DataFrame({"chrom": ["chr1", "chr1"], "start": [0, 26_000], "end": [25_000, 26_200]})
    tally = Summary()
    drawn = draw_matched_regions(regions, genome, exclude=None, gc_tolerance=0.5, seed=1, tally=tally)
    assert len(drawn) == 1
    assert tally.count("depleted", "regions without a match: no free place of that length") == 1
    with pytest.raises(InputError, match="no matched region could be drawn"):
        draw_matched_regions(regions.iloc[:1], genome, exclude=None, gc_tolerance=0.5, seed=1, tally=Summary())


def test_selection_refuses_contradictions(tmp_path):
    with pytest.raises(UsageError, match="--depleted needs --introgressed"):
        RegionOptions(depleted=tmp_path)
    with pytest.raises(UsageError, match="not both"):
        RegionOptions(introgressed=tmp_path, regions=tmp_path)


def test_both_naming_styles_are_read(tmp_path, planted):
    """The rows of a file without chr are those of the file with it; a chromosome that is in neither style is refused."""
    path = tmp_path / "r.bed"
    found = []
    for rows in ("1\t5\t900\n2\t5\t900\n", "chr1\t5\t900\nchr2\t5\t900\n"):
        path.write_text(rows)
        with open_genome(planted / "planted.fa.gz") as opened:
            selected = select_regions(opened, RegionOptions(regions=path, chromosomes=("2",)), seed=1, tally=Summary())
        found.append(selected["."].to_dict("records"))
    assert found[0] == found[1] == [{"chrom": "chr2", "start": 5, "end": 900}]
    path.write_text("chr1\t5\t900\nchrUn\t5\t900\n")
    with open_genome(planted / "planted.fa.gz") as opened, pytest.raises(InputError, match="chrUn .*--chromosomes"):
        select_regions(opened, RegionOptions(introgressed=path), seed=1, tally=Summary())


def test_summary_accounts_for_every_base(ok, tmp_path, planted):
    """Read bases = those merged away, clipped, cut, dropped with N or as tails, and those in windows."""
    out, summary = tmp_path / "w.bed", tmp_path / "s.tsv"
    ok(
        "windows", "--genome", planted / "planted.fa.gz", "--introgressed", planted / "introgressed.bed",
        "--depleted", planted / "depleted.bed", "--out", out, "--summary", summary,
    )  # fmt: skip
    table = pd.read_csv(summary, sep="\t").set_index(["class", "item"])["bases"]
    for group in ("introgressed", "depleted"):
        part = table[group]
        lost = ("merged", "clipped", "regions cut", "tails, dropped", "shorter", "N, dropped")
        explained = sum(bases for item, bases in part.items() if any(word in item for word in lost))
        assert part["rows read"] == explained + part["windows"]
    windows = pd.read_csv(out, sep="\t", header=None)
    assert (windows[2] - windows[1] == 200).all()
    assert windows[[0, 1]].apply(tuple, axis=1).is_monotonic_increasing
    assert not windows.duplicated([0, 1, 2]).any()


@pytest.mark.parametrize("options", [(), ("--keep-short",)])
def test_bases_between_windows_are_counted(ok, tmp_path, planted, options):
    """Steps longer than a window leave bases out."""
    (tmp_path / "r.bed").write_text("chr1\t0\t1000\nchr1\t5000\t5650\nchr2\t0\t150\n")
    ok("windows", "--genome", planted / "planted.fa.gz", "--regions", tmp_path / "r.bed", "--size", 200, "--step", 300,
       *options, "--out", tmp_path / "w.bed", "--summary", tmp_path / "s.tsv")  # fmt: skip
    windows = pd.read_csv(tmp_path / "w.bed", sep="\t", header=None)
    inside = int((windows[2] - windows[1]).sum())
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t").set_index("item")[["count", "bases"]]
    assert table.loc["regions with bases between windows, dropped"].tolist() == [2, 500 if options else 300]
    dropped = table.loc[[item for item in table.index if item.endswith("dropped")], "bases"].sum()
    assert inside + dropped == table.loc["rows read", "bases"] == 1_800


def test_a_chromosome_without_exclusions_or_named_twice(ok, tmp_path, planted):
    """One chromosome at a time with exclusions of the whole genome: none on it is no mistake."""
    (tmp_path / "x.bed").write_text("chr2\t0\t1000\n")
    command = ("windows", "--genome", planted / "planted.fa.gz", "--exclude", tmp_path / "x.bed")
    ok(*command, "--chromosomes", "chr1", "--out", tmp_path / "one.bed")
    ok(*command, "--chromosomes", "chr1,chr1", "--out", tmp_path / "twice.bed")
    ok("windows", "--genome", planted / "planted.fa.gz", "--chromosomes", "chr1", "--out", tmp_path / "all.bed")
    expected = (tmp_path / "all.bed").read_bytes()
    assert (tmp_path / "one.bed").read_bytes() == (tmp_path / "twice.bed").read_bytes() == expected
    ok(*command, "--chromosomes", "chr2", "--out", tmp_path / "two.bed")
    assert pd.read_csv(tmp_path / "two.bed", sep="\t", header=None)[1].min() == 1_000


def test_article_mode_keeps_overlaps(ok, tmp_path, planted):
    out = tmp_path / "w.bed"
    ok(
        "windows", "--genome", planted / "planted.fa.gz", "--introgressed", planted / "introgressed.bed",
        "--depleted", planted / "depleted.bed", "--no-merge", "--out", out,
    )  # fmt: skip
    windows = pd.read_csv(out, sep="\t", header=None)
    assert windows.duplicated([0, 1, 2]).any()
