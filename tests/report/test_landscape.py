"""Shares along the genome, peaks, strongest segments and deserts, beside brute force and the program's own tracks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.outputs import write_posteriors
from archaictools.haplotypes.posteriors import HaplotypePosteriors
from archaictools.learning.options import SegmentOptions
from archaictools.report.blocks import Absent, Chart, Notes, Table, Text
from archaictools.report.people.along import share_along
from archaictools.report.people.landscape import datasets, section
from archaictools.report.people.loci import (
    count_of_sources,
    deserts,
    edge_near,
    genes_in,
    peak_share,
    peaks,
    source_labels,
    strongest,
    strongest_locus,
)
from helpers import make_words
from synthetic_people import HG19, people


def block(found, kind, name=None):
    return next(each for each in found.blocks if isinstance(each, kind) and name in (None, getattr(each, "name", None)))


def notes(found) -> str:
    return " ".join(text for each in found.blocks if isinstance(each, Notes) for text in each.items)


def test_share_equals_the_track_that_predict_writes(tmp_path):
    """Haplotypes with data in different places: share.bw knows each haplotype, the report only tables."""
    make_words(tmp_path / "w.h5", chromosomes=2, bins=300, people=3)
    rng = np.random.default_rng(3)
    (tmp_path / "tracks").mkdir()
    with open_features(tmp_path / "w.h5") as features:
        found = []
        for chrom in features.bins:
            edges = np.arange(301, dtype=np.int64) * 1_000
            for row in range(len(features.haplotypes)):
                known = np.ones(300, dtype=bool)
                gap = int(rng.integers(0, 250))
                known[gap : gap + 40] = False  # longer than a segment bridges
                inside = np.repeat(rng.random(30) < 0.2, 10)
                found.append(HaplotypePosteriors(chrom, row, edges, inside.astype(float), known, ~known))
        called = write_posteriors(
            iter(found), features, SegmentOptions(threshold=0.5), desert_length=20_000, bigwig=tmp_path / "tracks"
        )
        lengths = dict.fromkeys(features.bins, 300000)
        haplotypes = tuple(features.haplotypes)
    results = dataclasses.replace(
        people(3), lengths=lengths, haplotypes=haplotypes, segments=called.segments, callable=called.callable
    )
    share = share_along(results)
    assert share["share"].nunique() > 5
    with pyBigWig.open(str(tmp_path / "tracks" / "share.bw")) as track:
        for chrom, length in lengths.items():
            here = np.full(length, np.nan)
            for row in share[share["chrom"] == chrom].itertuples():
                here[row.start : row.end] = row.share
            np.testing.assert_allclose(here, track.values(chrom, 0, length, numpy=True), atol=5.1e-5)  # 4 digits
    # The deserts of the same call are stretches of share 0.
    found_deserts = deserts(dataclasses.replace(results, deserts=called.deserts))
    assert len(found_deserts) == len(called.deserts) > 0
    assert found_deserts["expected"].is_monotonic_increasing
    for row in found_deserts.itertuples():
        inside = share[(share["chrom"] == row.chrom) & (share["start"] < row.end) & (share["end"] > row.start)]
        assert inside["share"].max() == 0
        assert row.haplotypes == pytest.approx(
            np.average(inside["read"], weights=inside["end"] - inside["start"]), abs=1
        )


def brute_peaks(results):
    """Return peaks from the number of carriers at every kb, as all coordinates of synthetic people are."""
    counts, number = {}, len(results.haplotypes)
    for chrom, length in results.lengths.items():
        counts[chrom] = np.zeros(length // 1_000, dtype=int)
        for row in results.segments[results.segments["chrom"] == chrom].itertuples():
            counts[chrom][row.start // 1_000 : row.end // 1_000] += 1
    whole = np.concatenate(list(counts.values()))
    least = next((k for k in range(2, number + 1) if (whole >= k).mean() <= 0.01), number)
    least = min(least, whole.max())
    found = []
    for chrom, here in counts.items():
        run = None
        for at in np.flatnonzero(here >= max(least, 2)):
            if run and at - run[-1] <= 10:
                run.append(at)
            else:
                run = [at]
                found.append((chrom, run))
    return least / number, [
        (chrom, run[0] * 1_000, (run[-1] + 1) * 1_000, counts[chrom][run].max()) for chrom, run in found
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("samples", [2, 8])
def test_peaks_equal_brute_force(samples, seed):
    results = people(samples, per_mb=3, seed=seed, genes=300)
    found = peaks(results)
    least, expected = brute_peaks(results)
    assert peak_share(share_along(results)) == pytest.approx(least)
    assert sorted(found[["chrom", "start", "end", "carriers"]].itertuples(index=False, name=None)) == sorted(expected)
    assert found["share"].is_monotonic_decreasing
    for row in found.itertuples():
        near = results.segments[
            (results.segments["chrom"] == row.chrom)
            & (results.segments["start"] < row.end)
            & (results.segments["end"] > row.start)
        ]
        assert row.haplotypes == len(near[["sample", "haplotype"]].drop_duplicates())
        assert row.people == near["sample"].nunique()
        assert row.posterior == pytest.approx(near["posterior"].mean())
        counts = dict(part.rsplit(" ", 1) for part in row.sources.split(", "))
        assert {name: int(count) for name, count in counts.items()} == near["source"].value_counts().to_dict()
        genes = results.genes[
            (results.genes["chrom"] == row.chrom)
            & (results.genes["start"] < row.end)
            & (results.genes["end"] > row.start)
        ]
        assert len(genes) < 9
        assert set(filter(None, row.genes.split(", "))) == set(genes["gene"])
        top = share_along(results)
        top = top[(top["chrom"] == row.chrom) & (top["start"] == row.top_start) & (top["end"] == row.top_end)]
        assert top["share"].tolist() == [row.share]


def test_a_sentence_names_the_most_frequent_and_the_strongest():
    results = people(6, per_mb=2, genes=100)
    text = block(section(results), Text).text
    top, (chrom, start, end) = peaks(results).iloc[0], strongest_locus(results)
    assert f"most frequent place is {top['chrom']}:{top['start'] + 1:,}-{top['end']:,}" in text
    assert f"mean posterior of carriers is {top['posterior']:.3f}" in text
    assert f"{100 * top['share']:.3g} % of the haplotypes" in text
    assert (
        f"strongest segment (the longest with a posterior of 0.9 or more) is at {chrom}:{start + 1:,}-{end:,}, of P"
        in text
    )
    one = dataclasses.replace(results, segments=results.segments.iloc[:1])
    assert "most frequent" not in block(section(one), Text).text
    empty = dataclasses.replace(results, segments=results.segments.iloc[:0])
    assert not [each for each in section(empty).blocks if isinstance(each, Text)]


def test_no_peak_without_a_shared_segment():
    results = people(2)
    one = dataclasses.replace(results, segments=results.segments[results.segments["haplotype"] == 1].iloc[:1])
    assert peaks(one).empty
    assert "No two haplotypes" in notes(section(one))


def test_strongest_are_the_longest_of_the_sure():
    results = people(3, per_mb=2)
    sure = results.segments[results.segments["posterior"] >= 0.9]
    found = strongest(results)
    assert len(found) == len(sure) > 3
    lengths = (sure["end"] - sure["start"]).sort_values(ascending=False)
    assert found["length"].tolist() == lengths.tolist()
    chrom, start, end = strongest_locus(results)
    assert end - start == lengths.max()
    assert ((sure["chrom"] == chrom) & (sure["start"] == start) & (sure["end"] == end)).any()
    doubtful = dataclasses.replace(results, segments=results.segments[results.segments["posterior"] < 0.9])
    assert strongest(doubtful)["posterior"].is_monotonic_decreasing
    assert "none reaches 0.9" in block(section(doubtful), Table, "strongest").caption
    assert strongest_locus(dataclasses.replace(results, segments=results.segments.iloc[:0])) is None


def test_genes_of_a_locus_are_named_up_to_eight():
    results = people(2, genes=1)
    starts = np.arange(12) * 1_000
    genes = pd.DataFrame({"gene": [f"G{n}" for n in range(12)], "chrom": "chr21", "start": starts, "end": starts + 500})
    loci = pd.DataFrame({"chrom": ["chr21", "chr21", "chr20", "chr21"], "start": [0, 500, 0, 11_499], "end": 11_500})
    loci["end"] = [12_000, 1_000, 12_000, 11_500]
    found = genes_in(dataclasses.replace(results, genes=genes), loci)
    assert found == ["G0, G1, G2, G3, G4, G5, G6, G7 and 4 more", "", "", "G11"]
    assert genes_in(dataclasses.replace(results, genes=None), loci) == [""] * 4


def test_labels_of_sources():
    results = people(1)
    same = dataclasses.replace(
        results, sources=tuple(dataclasses.replace(source, label="Neanderthal") for source in results.sources[:2])
    )
    assert list(source_labels(same).values()) == ["Neanderthal (AltaiNea)", "Neanderthal (Denisova)"]
    assert count_of_sources({"b": 1, "a": 1, "c": 2}, {"a": "A"}) == "c 2, A 1, b 1"


def test_deserts_and_what_their_names_tell():
    rows = [
        ("chr20", 1_000_000, 3_000_000, "desert;haplotypes=10;expected=0.3", 900, "."),
        ("chr21", 0, 5_000_000, "desert;haplotypes=10;expected=2e-05", 1000, "."),
        ("chr20", 5_000_000, 7_000_000, "my own", 0, "."),
    ]
    columns = ["chrom", "start", "end", "name", "score", "strand"]
    results = dataclasses.replace(people(6), deserts=pd.DataFrame(rows, columns=columns))
    found = deserts(results)
    assert found["expected"].tolist()[:2] == [2e-5, 0.3]
    assert found["haplotypes"].tolist()[:2] == [10, 10]
    assert found["read"].tolist() == [1, 0.9, 0]
    assert np.isnan(found["expected"][2])
    page = section(results)
    assert block(page, Table, "desert-table").frame["mb"].tolist() == [5, 2, 2]
    assert "predict --deserts" in notes(section(dataclasses.replace(results, deserts=None)))
    assert "predict --deserts" not in notes(section(people(6)))


def test_windows_show_the_highest_share_and_where_it_is():
    results = people(12, lengths=HG19, per_mb=0.3, genes=1)
    share = share_along(results)
    rows = datasets(results)[0].frame
    assert len(share) > 4_000 > len(rows)
    assert rows["share"].max() == pytest.approx(share["share"].max(), abs=1e-5)
    for row in rows.sample(40, random_state=1).itertuples():
        inside = share[(share["chrom"] == row.chrom) & (share["start"] < row.right) & (share["end"] > row.left)]
        assert row.share == pytest.approx(inside["share"].max(), abs=1e-5)
        assert row.left <= row.start < row.end <= row.right
    assert "highest share within" in block(section(results), Chart).caption


def test_few_people_are_mistrusted_and_candidates_have_a_caveat():
    assert "Only 2 haplotypes of one person were read" in notes(section(people(1)))
    results = people(8, per_mb=2)
    doubtful = notes(section(results))
    assert "were read. Such shares" not in doubtful
    assert peaks(results)["posterior"].max() < 0.9
    assert "stretches have a mean posterior of carriers below 0.9" in doubtful
    assert "adaptive" not in doubtful
    sure = notes(section(dataclasses.replace(results, segments=results.segments.assign(posterior=0.95))))
    assert "These stretches are candidates of adaptive introgression. A high share alone proves nothing" in sure
    assert "below 0.9" not in sure
    first = peaks(results).iloc[0]
    there = (results.segments["chrom"] == first["chrom"]) & (results.segments["start"] < first["end"])
    there &= results.segments["end"] > first["start"]
    mixed = results.segments.assign(posterior=np.where(there, 0.6, 0.95))
    some = notes(section(dataclasses.replace(results, segments=mixed)))
    assert "Only stretches with 0.9 or more are candidates" in some
    low = (peaks(dataclasses.replace(results, segments=mixed))["posterior"] < 0.9).sum()
    assert f"{low} of these {len(peaks(results))} stretches" in some
    assert "adaptive" not in notes(section(people(1)))


def test_without_genes_the_tables_have_no_column_of_genes():
    results = people(8, per_mb=2)
    for genes, expected in ((results.genes, True), (None, False)):
        page = section(dataclasses.replace(results, genes=genes))
        for name in ("peaks", "strongest"):
            fields = [column.field for column in block(page, Table, name).columns]
            assert ("genes" in fields) is expected
        assert ("--genes" in notes(page)) is not expected


def test_nothing_read():
    results = people(1)
    nothing = dataclasses.replace(results, segments=results.segments.iloc[:0], callable=results.callable.iloc[:0])
    assert isinstance(section(nothing), Absent)
    assert datasets(nothing) == ()
    empty = dataclasses.replace(results, segments=results.segments.iloc[:0])
    assert not [each for each in section(empty).blocks if isinstance(each, Table)]


def test_the_posterior_of_carriers_follows_the_share():
    fields = [column.field for column in block(section(people(8, per_mb=2)), Table, "peaks").columns]
    assert fields.index("posterior") == fields.index("percent") + 1


def test_places_near_an_end_or_a_long_gap_are_told():
    results = dataclasses.replace(
        people(2, lengths={"chr20": 20_000_000}),
        callable=pd.DataFrame(
            [("chr20", 0, 8_000_000, 4), ("chr20", 8_500_000, 12_000_000, 4), ("chr20", 13_000_000, 20_000_000, 4)],
            columns=["chrom", "start", "end", "haplotypes"],
        ),
    )

    def near(start, end):
        return edge_near(results, "chr20", start, end)

    assert near(999_999, 1_500_000) == near(18_500_000, 19_000_001) == "an end of chr20"
    assert near(1_000_000, 7_900_000) is None
    assert near(8_600_000, 9_000_000) is None  # the gap before has only 0.5 Mb
    gap = "a gap of at least 1 Mb in the callable bases of chr20"
    assert near(10_500_000, 11_000_001) == near(13_999_999, 14_100_000) == gap
    assert near(10_500_000, 11_000_000) is None
    assert near(14_000_000, 19_000_000) is None
