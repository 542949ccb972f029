"""Tracks, genes, positions and map of the report of k-mers against the same things counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from archaictools.errors import InputError
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.bigwig_reader import open_bigwig
from archaictools.report.binning import means_in_bins
from archaictools.report.blocks import Absent, Browser
from archaictools.report.kmers import embedding, genes, positions, tracks
from archaictools.report.kmers.loading import load_kmer_results
from archaictools.report.kmers.page import kmer_page
from archaictools.report.kmers.results import KmerResults
from archaictools.report.page import render
from synthetic_kmers import LENGTHS, kmer_files


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return load_kmer_results(kmer_files(tmp_path_factory.mktemp("chain")))


@pytest.mark.parametrize("seed", range(8))
def test_means_in_bins_equal_means_of_bases(seed):
    rng = np.random.default_rng(seed)
    length, size = int(rng.integers(30, 200)), int(rng.integers(1, 40))
    edges = np.sort(rng.choice(length + 1, size=2 * int(rng.integers(1, 10)), replace=False))
    start, end = edges[::2], edges[1::2]
    value = rng.uniform(-1, 1, len(start))
    bases = np.full(length, np.nan)
    for one, other, number in zip(start, end, value, strict=True):
        bases[one:other] = number
    found = dict(
        zip(
            *(part.tolist() for part in (means_in_bins(start, end, value, length=length, size=size)[0::2])),
            strict=True,
        )
    )
    expected = {}
    for first in range(0, length, size):
        part = bases[first : first + size]
        if not np.isnan(part).all():
            expected[first + int(np.flatnonzero(~np.isnan(part))[0])] = np.nanmean(part)
    assert list(found) == list(expected)
    assert list(found.values()) == pytest.approx(list(expected.values()))


def test_a_track_within_its_budget_is_exact(results):
    found = tracks.binned(results.track, results)
    with open_bigwig(results.track) as reader:
        assert len(found) == sum(len(reader.track(chrom)[0]) for chrom in LENGTHS)
        start, _, value = reader.track("chr2")
    rows = found[found["chrom"] == "chr2"]
    assert rows["start"].tolist() == start.tolist()
    assert rows["value"].tolist() == value.tolist()


def test_a_track_beyond_its_budget_keeps_its_sum(results):
    exact, coarse = tracks.binned(results.track, results), tracks.binned(results.track, results, budget=100)
    assert 50 < len(coarse) <= 110
    sums = [((table["end"] - table["start"]) * table["value"]).sum() for table in (exact, coarse)]
    assert sums[0] == pytest.approx(sums[1])


def test_differences_may_be_negative_where_asked(results, tmp_path):
    found = tracks.binned(results.attribution, results, lowest=-1.0)
    assert found["value"].min() < 0
    with (
        open_bigwig(results.attribution) as reader,
        pytest.raises(InputError, match="expected a probability from 0 to 1"),
    ):
        reader.track("chr4")
    path = tmp_path / "wild.bw"
    with BigWigWriter(path, {"chr1": 100}) as writer:
        writer.add("chr1", (np.array([0]), np.array([10]), np.array([-3.0])))
    with open_bigwig(path, lowest=-1.0) as reader, pytest.raises(InputError, match="-1 to 1"):
        reader.track("chr1")


def test_the_browser_opens_at_the_strongest_unseen_segment(results):
    segments = results.segments
    unseen = segments[segments["name"] == "introgressed"]
    best = unseen[unseen["score"] == unseen["score"].max()]
    best = best.assign(length=best["end"] - best["start"]).sort_values("length", ascending=False).iloc[0]
    found = tracks.section(results)
    browser = next(block for block in found.blocks if isinstance(block, Browser))
    chrom, start, end = browser.locus
    assert chrom == best["chrom"]
    assert start <= best["start"] < best["end"] <= end
    assert f"{best['chrom']}:{best['start'] + 1:,}-{best['end']:,}" in found.lead
    only_seen = replace(results, segments=segments[segments["name"] == "introgressed_seen"].reset_index(drop=True))
    assert "was trained on" in tracks.section(only_seen).lead


def test_tracks_name_datasets_that_are_there(results):
    names = {one.name for one in tracks.datasets(results)}
    browser = next(block for block in tracks.section(results).blocks if isinstance(block, Browser))
    assert {track.dataset for track in browser.tracks} == names
    segments = next(one.frame for one in tracks.datasets(results) if one.name == tracks.SEGMENTS)
    assert len(segments) == len(results.segments)
    colours = segments.set_index("name")["colour"].groupby(level=0).unique()
    assert colours["introgressed"].tolist() == [tracks.UNSEEN]
    assert colours["introgressed_seen"].tolist() == [tracks.SEEN_COLOUR]


def test_genes_without_a_window_are_not_zero(results):
    lost = results.genes[results.genes["chrom"] == "chr9"]
    assert lost["mean"].isna().all()
    rows = genes.ranked(results.genes)
    assert rows["gene"].iloc[-1] == lost["gene"].iloc[0]
    assert pd.isna(rows["mean"].iloc[-1])
    facts = dict(genes.section(results).blocks[0].items)
    assert facts["Without a window (NA)"] == "1"


def test_genes_in_unseen_windows_come_first(results):
    rows = genes.ranked(results.genes).dropna(subset="mean")
    seen = (rows["seen"] > 0).tolist()
    assert seen == sorted(seen)
    unseen = rows[rows["seen"] == 0]
    assert unseen["mean"].is_monotonic_decreasing
    assert unseen["gene"].iloc[0] in genes.section(results).lead


def test_positions_are_marked_by_q(results):
    found = positions.along(results.positions)
    assert (
        found.loc[found["significant"], "x"].tolist()
        == results.positions.loc[results.positions["q"] <= 0.05, "start"].tolist()
    )
    lead = positions.section(results).lead
    assert f"{int((results.positions['q'] <= 0.05).sum())} of {len(results.positions)} positions matter" in lead
    none = results.positions.assign(q=0.5)
    assert "No position matters" in positions.section(KmerResults(positions=none)).lead


def test_positions_of_an_earlier_release_have_no_band(results):
    old = results.positions[["position", "importance", "sd", "p", "q"]].assign(sd=np.nan)
    section = positions.section(KmerResults(positions=old))
    assert "make the table again" in " ".join(section.blocks[-1].items)
    assert "grey band" not in section.blocks[1].caption
    assert "k-mers from the start" in section.lead
    assert "grey band" in positions.section(results).blocks[1].caption


def test_the_map_keeps_the_most_frequent_kmers(results):
    table = pd.concat([results.embedding] * 40, ignore_index=True)
    assert len(table) > embedding.MOST
    found = embedding.mapped(table)
    assert len(found) == embedding.MOST
    assert found["count"].min() >= table["count"].nlargest(embedding.MOST).min()
    row = found[found["kmer"] == results.embedding["kmer"].iloc[0]].iloc[0]
    letters = row["kmer"]
    assert row["gc"] == pytest.approx(100 * sum(letter in "GC" for letter in letters) / len(letters), abs=0.06)


def test_the_map_says_that_distances_mean_nothing(results):
    said = " ".join(embedding.section(results).blocks[-1].items)
    assert "Distances between clusters" in said
    assert "carry none" in said


def test_the_page_has_all_sections_in_order(results):
    page = kmer_page(results)
    assert [section.id for section in page.sections] == [
        "verdict", "training", "curves", "positions", "motifs", "embedding", "genes", "tracks", "methods", "provenance",
    ]  # fmt: skip
    assert page.absent == ()
    assert page.subtitle.startswith("Verdict: skill. AUROC 0.9")
    assert "AUROC" in render(page)


def test_the_page_of_one_file_says_how_to_add_the_rest(results):
    page = kmer_page(KmerResults(metrics=results.metrics))
    assert [section.id for section in page.sections] == ["verdict", "methods", "provenance"]
    assert {one.id for one in page.absent} == {
        "training", "curves", "positions", "motifs", "embedding", "genes", "tracks",
    }  # fmt: skip
    assert all(one.how.startswith(("Add --", "ROC and")) for one in page.absent)
    assert render(page) == render(kmer_page(KmerResults(metrics=results.metrics)))


def test_a_page_of_empty_tables(results):
    empty = {
        name: getattr(results, name).iloc[:0]
        for name in ("history", "held_out", "positions", "kmers", "embedding", "genes", "segments")
    }
    page = kmer_page(replace(results, **empty))
    assert len(page.sections) == 10
    leads = {section.id: section.lead for section in page.sections}
    assert "no segment" in leads["tracks"]
    assert "no gene" in leads["genes"]
    assert "no k-mer" in leads["embedding"]
    assert render(page)


def test_sections_are_absent_without_their_input():
    for module in (positions, embedding, genes, tracks):
        assert isinstance(module.section(KmerResults()), Absent)


def test_genes_that_tie_and_bounds_of_the_threshold():
    rows = pd.DataFrame({"gene": list("abcd"), "chrom": "chr1", "start": [0, 10, 20, 30], "end": [9, 19, 29, 39]})
    rows = rows.assign(windows=1, mean=[0.9999, 0.99998, 0.7, 0.2], max=1.0, fraction=1.0, seen=0.0)
    rows = rows.assign(call=["introgressed"] * 3 + ["free"])
    lead = genes.section(KmerResults(genes=rows)).lead
    assert "2 genes in windows that the model has not seen share the highest mean (1.000)" in lead
    assert "between 0.200 and 0.700" in lead
    alone = genes.section(KmerResults(genes=rows.iloc[2:])).lead
    assert "has not seen is c (0.700)" in alone


def test_the_shape_of_a_kmer_tells_its_sign(results):
    rows = embedding.mapped(results.embedding)
    assert (rows["sign"] == "introgressed").tolist() == (rows["log_odds"] > 0).tolist()
    shapes = [block.chart.to_dict()["encoding"].get("shape") for block in embedding.section(results).blocks[:2]]
    assert shapes[0]["scale"] == {"domain": list(embedding.SIGNS), "range": ["triangle-up", "triangle-down"]}
    assert shapes[1] is None


def test_the_browser_names_the_file_of_the_genome(results):
    browser = next(block for block in tracks.section(results).blocks if isinstance(block, Browser))
    assert browser.build == "genome.fa"
