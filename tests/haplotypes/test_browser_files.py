"""Files for genome browsers: one track a person, the track line of a BED, and the bigBed of segments."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyBigWig
import pytest

import archaictools as at
from archaictools.cli.main import main
from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.lineages import sources_of
from archaictools.haplotypes.outputs import PersonTrackWriter
from archaictools.haplotypes.posteriors import HaplotypePosteriors
from archaictools.haplotypes.tables import write_segments_bigbed
from archaictools.io.bed import read_bed

LENGTHS = {"2": 50_000, "1": 30_000}
PEOPLE = ["Ötzi <b>", "A/B", "solo"]
HAPLOTYPES = [(name, number) for name in PEOPLE for number in (1, 2)]


def posteriors(row, chrom, rng):
    """Random posteriors, a third of the bins without data."""
    bins = LENGTHS[chrom] // 1_000
    edges = np.arange(bins + 1, dtype=np.int64) * 1_000
    return HaplotypePosteriors(
        chrom, row, edges, rng.integers(0, 4, bins) / 4, rng.uniform(size=bins) > 0.33, np.zeros(bins, dtype=bool)
    )


def write(folder, found, groups, haplotypes=HAPLOTYPES):
    with PersonTrackWriter(folder, haplotypes, groups, LENGTHS) as tracks:
        for one in found:
            tracks.add(one)


def bins_of(path, chrom):
    """Values of a track, one a bin; NaN where it has none."""
    with pyBigWig.open(str(path)) as track:
        return track.values(chrom, 0, LENGTHS[chrom], numpy=True)[::1_000]


@pytest.mark.parametrize("groups", [[slice(0, 6)], [slice(0, 2), slice(2, 4), slice(4, 6)]])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_persons_track_is_the_maximum_of_both_haplotypes(tmp_path, groups, shuffled):
    rng = np.random.default_rng(5)
    found = []
    for rows in groups:
        for chrom in LENGTHS:
            some = list(range(rows.start, rows.stop))
            # The last person is haploid on the first chromosome.
            some = [row for row in some if not (row == 5 and chrom == "2")]
            found += [posteriors(row, chrom, rng) for row in (rng.permutation(some).tolist() if shuffled else some)]
    write(tmp_path, found, groups)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A%2FB.bw", "solo.bw", "Ötzi <b>.bw"]
    for number, name in enumerate(["Ötzi <b>", "A%2FB", "solo"]):
        for chrom in LENGTHS:
            own = [
                np.where(one.callable, one.probability, np.nan)
                for one in found
                if one.chrom == chrom and one.row // 2 == number
            ]
            assert len(own) == (1 if (name, chrom) == ("solo", "2") else 2)
            expected = np.fmax(own[0], own[-1])  # NaN only where both are
            got = bins_of(tmp_path / f"{name}.bw", chrom)
            assert np.isnan(expected).any()
            assert np.array_equal(got, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("haplotypes", "groups", "message"),
    [
        ([("mean", 1), ("mean", 2)], [slice(0, 2)], "a person is named mean"),
        ([("A", 1), ("B", 1), ("A", 2)], [slice(0, 2), slice(2, 3)], "the haplotypes of A are in two groups"),
    ],
)
def test_people_that_cannot_have_one_track_are_refused_before_a_file_is_written(tmp_path, haplotypes, groups, message):
    with pytest.raises(InputError, match=message):
        write(tmp_path, [], groups, haplotypes)
    assert not list(tmp_path.iterdir())


def segments():
    """Three segments in an order that a bigBed does not have."""
    return pd.DataFrame({"chrom": ["2", "1", "1"], "start": [1_000, 5_000, 2_000], "end": [9_000, 6_000, 4_000],
                         "sample": ["Ötzi <b>", "A/B", "A/B"], "haplotype": [1, 2, 1], "posterior": [0.912345, 0.5, 1.0],
                         "source": ["Vindija", "ambiguous", "unmatched"], "seen": [0, 1, 0],
                         "callable": [7_000, 1_000, 2_000]})  # fmt: skip


def test_the_bigbed_has_one_row_a_segment_with_everything_about_it(tmp_path):
    write_segments_bigbed(tmp_path / "s.bb", segments(), sources_of(["Vindija"]), LENGTHS)
    with pyBigWig.open(str(tmp_path / "s.bb")) as reader:
        assert reader.entries("2", 0, 50_000) == [
            (1_000, 9_000, "Ötzi <b>.1\t912\t.\t1000\t9000\t204,51,17\tÖtzi <b>\t1\t0.912345\tVindija\t7000")
        ]
        assert [rest.split("\t")[0] for *_, rest in reader.entries("1", 0, 30_000)] == ["A/B.1", "A/B.2_seen"]
        assert [rest.split("\t")[5] for *_, rest in reader.entries("1", 0, 30_000)] == ["136,136,136", "142,68,173"]


def test_a_table_without_the_columns_of_predict_has_a_bigbed_without_them(tmp_path):
    few = segments().drop(columns=["seen", "callable"])
    write_segments_bigbed(tmp_path / "s.bb", few, sources_of(["Vindija"]), LENGTHS)
    with pyBigWig.open(str(tmp_path / "s.bb")) as reader:
        assert reader.entries("1", 4_500, 30_000)[0][2].split("\t")[0] == "A/B.2"
        assert reader.entries("2", 0, 50_000)[0][2].endswith("0.912345\tVindija")


def test_predict_writes_them_at_once_and_later(planted, tmp_path):
    outputs = {"bed": "s.bed", "bigbed": "s.bb", "segments": "s.tsv", "bigwig": "tracks"}
    flags = [text for name, path in outputs.items() for text in (f"--{name}", str(tmp_path / path))]
    common = ["predict", "pretrained", str(planted / "haplotypes.h5")]
    assert main([*common, *flags, "--threshold", "0.1", "--per-person", "--track-line"]) == 0
    assert (
        main([*common, "--threshold", "0.1", "--bigwig", str(tmp_path / "both"), "--bed", str(tmp_path / "p.bed")]) == 0
    )
    assert sorted(path.name for path in (tmp_path / "tracks").iterdir()) == [
        "IN000.bw",
        "IN001.bw",
        "mean.bw",
        "share.bw",
    ]
    for name in ("IN000", "IN001"):
        with pyBigWig.open(str(tmp_path / "tracks" / f"{name}.bw")) as track:
            chroms = track.chroms()
            got = {chrom: track.values(chrom, 0, length, numpy=True) for chrom, length in chroms.items()}
        for chrom, length in chroms.items():
            sides = []
            for side in (1, 2):
                with pyBigWig.open(str(tmp_path / "both" / f"{name}.{side}.bw")) as track:
                    sides.append(track.values(chrom, 0, length, numpy=True))
            assert np.array_equal(got[chrom], np.fmax(*sides), equal_nan=True)
    # The BED: a track line, then the rows that a BED without it has; our readers skip the line.
    first, rest = (tmp_path / "s.bed").read_text().split("\n", 1)
    assert first.startswith("track name=")
    assert ' itemRgb="On"' in first
    assert rest == (tmp_path / "p.bed").read_text()
    assert len(read_bed(tmp_path / "s.bed")) == rest.count("\n") > 0
    # The bigBed holds the table of segments.
    table = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    with pyBigWig.open(str(tmp_path / "s.bb")) as reader:
        found = [
            (chrom, start, end, *rest.split("\t")[6:])
            for chrom, length in reader.chroms().items()
            for start, end, rest in reader.entries(chrom, 0, length) or []
        ]
    expected = table[["chrom", "start", "end", "sample", "haplotype", "posterior", "source", "callable"]]
    assert found == [
        (*row[:4], str(row[4]), f"{row[5]:.6g}", row[6], str(row[7])) for row in expected.itertuples(index=False)
    ]
    # The same bytes from a result in memory.
    calls = at.predict("pretrained", planted / "haplotypes.h5", threshold=0.1)
    calls.to_bigbed(tmp_path / "again.bb")
    calls.to_bed(tmp_path / "again.bed", track_line=True)
    calls.to_bigwig(tmp_path / "again", per_person=True)
    assert (tmp_path / "again.bb").read_bytes() == (tmp_path / "s.bb").read_bytes()
    assert (tmp_path / "again.bed").read_bytes() == (tmp_path / "s.bed").read_bytes()
    for path in (tmp_path / "tracks").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_no_segment_makes_an_empty_bigbed(planted, tmp_path):
    at.predict(
        "pretrained", planted / "haplotypes.h5", threshold=1.0, bigbed=tmp_path / "s.bb", summary=tmp_path / "p.tsv"
    )
    with pyBigWig.open(str(tmp_path / "s.bb")) as reader:
        assert reader.isBigBed()
        assert not any(reader.entries(chrom, 0, length) for chrom, length in reader.chroms().items())


@pytest.mark.parametrize(("option", "lacks"), [("per_person", "--bigwig"), ("track_line", "--bed")])
def test_an_option_of_an_output_that_is_not_asked_for_is_refused(planted, tmp_path, option, lacks):
    with pytest.raises(UsageError, match=lacks):
        at.predict("pretrained", planted / "haplotypes.h5", summary=tmp_path / "p.tsv", **{option: True})
    with pytest.raises(UsageError, match="only for haplotypes"):
        at.predict(planted / "model.h5", planted / "words.h5", **{option: True})
