"""Tracks of the genome browser: what the page holds, its budgets, and where it opens."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from archaictools.io.bigwig import BigWigWriter
from archaictools.io.files import safe_file_name
from archaictools.report.blocks import Absent, Browser, Notes
from archaictools.report.people import browser
from archaictools.report.people.along import share_along
from archaictools.report.people.browser import binned, datasets, opening, section, segment_rows
from synthetic_people import people


def shown(results) -> Browser:
    return next(block for block in section(results).blocks if isinstance(block, Browser))


def notes(results) -> str:
    return " ".join(text for block in section(results).blocks if isinstance(block, Notes) for text in block.items)


def with_tracks(results, folder, *, step=1_000, seed=1):
    """Return results with a folder of bigWigs, and the values of each by name and chromosome, at every step."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    truth = {}
    for name in ["mean", *(f"{sample}.{side}" for sample, side in results.haplotypes)]:
        with BigWigWriter(folder / safe_file_name(f"{name}.bw"), dict(results.lengths)) as writer:
            for chrom, length in results.lengths.items():
                start = np.arange(0, length - length % step, step)
                value = np.round(rng.random(len(start)), 3)
                kept = rng.random(len(start)) < 0.9
                truth[name, chrom] = np.where(kept, value, np.nan)
                writer.add(chrom, (start[kept], start[kept] + step, value[kept]))
    return dataclasses.replace(results, tracks=folder), truth


def test_datasets_and_tracks_belong_together(tmp_path):
    results, truth = with_tracks(people(2, lengths={"1": 400_000, "2": 300_000}, per_mb=4), tmp_path / "tracks")
    deserts = pd.DataFrame(
        [("1", 0, 1_000, "desert;haplotypes=4;expected=3", 1000, ".")],
        columns=["chrom", "start", "end", "name", "score", "strand"],
    )
    results = dataclasses.replace(results, deserts=deserts)
    held = {each.name: each.frame for each in datasets(results)}
    assert list(held) == ["segments", "share", "mean", "gene-track", "desert-track", "haplotype-posteriors"]
    tracks = shown(results).tracks
    assert {track.dataset for track in tracks} == set(held)
    for track in tracks:
        frame = held[track.dataset]
        assert {"chrom", "start", "end", "value" if track.kind == "values" else "name"} <= set(frame.columns)
        if track.where:
            assert (frame[track.where[0]] == track.where[1]).any()
    # Each haplotype has its track, hidden at first; its values are those of its bigWig.
    hidden = [track for track in tracks if not track.visible]
    assert [track.where[1] for track in hidden] == [f"{sample}.{side}" for sample, side in results.haplotypes]
    of_all = held["haplotype-posteriors"]
    for name, frame in [("mean", held["mean"]), ("P001.2", of_all[of_all["haplotype"] == "P001.2"])]:
        for chrom, length in results.lengths.items():
            here = np.full(length // 1_000, np.nan)
            for row in frame[frame["chrom"] == chrom].itertuples():
                here[row.start // 1_000 : row.end // 1_000] = row.value
            np.testing.assert_allclose(here, truth[name, chrom], atol=1e-6)
    share = share_along(results)
    assert held["share"]["value"].tolist() == share["share"].tolist()


def test_segments_are_those_of_the_table_with_colour_and_label():
    results = people(3, per_mb=2)
    sources = tuple(dataclasses.replace(each, label=f"label of {each.name}") for each in results.sources)
    results = dataclasses.replace(results, sources=sources)
    found = segment_rows(results)
    segments = results.segments
    assert found["name"].tolist() == [f"{row.sample}.{row.haplotype}" for row in segments.itertuples()]
    for name in ("chrom", "start", "end", "sample", "haplotype"):
        assert found[name].tolist() == segments[name].tolist()
    np.testing.assert_allclose(found["score"], segments["posterior"], atol=5.1e-4)
    colours = {source.name: source.colour for source in sources}
    assert found["colour"].tolist() == segments["source"].map(colours).tolist()
    assert found["source"].tolist() == ("label of " + segments["source"]).tolist()


@pytest.mark.parametrize(("samples", "own", "visible", "one"), [(2, 2, 2, 0), (20, 20, 0, 1), (40, 0, 0, 1)])
def test_tracks_of_people(samples, own, visible, one):
    tracks = [track for track in shown(people(samples, genes=1)).tracks if track.dataset == "segments"]
    people_tracks = [track for track in tracks if track.where]
    assert len(people_tracks) == own
    assert sum(track.visible for track in people_tracks) == visible
    assert len(tracks) - own == one
    assert all(track.visible for track in tracks if not track.where)


@pytest.mark.parametrize("seed", range(4))
def test_binned_means_are_exact(seed):
    rng = np.random.default_rng(seed)
    lengths = {"1": 1_700, "2": 900}
    parts, base = [], {}
    for chrom, length in lengths.items():
        edges = np.sort(rng.choice(length, size=120, replace=False))
        rows = pd.DataFrame({"chrom": chrom, "start": edges[::2], "end": edges[1::2], "value": rng.random(60)})
        parts.append(rows)
        base[chrom] = np.full(length, np.nan)
        for row in rows.itertuples():
            base[chrom][row.start : row.end] = row.value
    frame = pd.concat(parts, ignore_index=True)
    assert binned(frame, lengths, most=120) is frame
    found = binned(frame, lengths, most=40)
    assert 30 < len(found) <= 42
    windows = 0
    for chrom, length in lengths.items():
        for first in range(0, length, 65):  # 2,600 bp in 40 windows
            here = base[chrom][first : first + 65]
            known = np.flatnonzero(~np.isnan(here))
            rows = found[(found["chrom"] == chrom) & (found["start"] >= first) & (found["start"] < first + 65)]
            assert len(rows) == (len(known) > 0)
            if len(known):
                windows += 1
                assert rows["start"].item() == first + known[0]
                assert rows["end"].item() == first + known[-1] + 1
                assert rows["value"].item() == pytest.approx(np.nanmean(here))
    assert windows == len(found)


def test_budgets(tmp_path, monkeypatch):
    results, _ = with_tracks(people(2, lengths={"1": 400_000}, per_mb=8), tmp_path / "tracks")
    assert "too large" not in notes(results)
    size = sum(path.stat().st_size for path in (tmp_path / "tracks").glob("P*.bw"))
    monkeypatch.setattr(browser, "MOST_BYTES", size - 1)
    assert "too large" in notes(results)
    assert "haplotype-posteriors" not in {each.name for each in datasets(results)}
    assert {track.dataset for track in shown(results).tracks} <= {each.name for each in datasets(results)}
    monkeypatch.setattr(browser, "MOST_SEGMENTS", 5)
    kept = segment_rows(results)
    best = results.segments.sort_values("posterior", ascending=False).head(5).sort_index()
    assert kept["start"].tolist() == best["start"].tolist()
    assert f"5 segments with the highest posterior, of {len(results.segments)}" in notes(results)


def test_without_tracks_the_note_says_how(tmp_path):
    results = people(1, lengths={"1": 400_000})
    assert "predict --bigwig" in notes(results)
    (tmp_path / "empty").mkdir()
    assert "predict --bigwig" in notes(dataclasses.replace(results, tracks=tmp_path / "empty"))
    assert {each.name for each in datasets(results)} == {"segments", "share", "gene-track"}


def test_a_haplotype_without_a_track_is_named(tmp_path):
    results, _ = with_tracks(people(2, lengths={"1": 400_000}, per_mb=8), tmp_path / "tracks")
    assert "no track of" not in notes(results)
    (tmp_path / "tracks" / "P001.1.bw").unlink()
    assert "no track of P001.1 (1 of 4 haplotypes), so their posteriors are not shown" in notes(results)
    (tmp_path / "tracks" / "P001.2.bw").rename(tmp_path / "tracks" / "P001.bw")
    assert "no track of" not in notes(results), "the track of the person is that of both"


def test_genes_are_coloured_by_carriers():
    results = people(1, genes=30)
    genes = results.genes.astype({"haplotypes": "Int64"})
    genes.loc[0, "haplotypes"] = pd.NA
    results = dataclasses.replace(results, genes=genes)
    found = next(each.frame for each in datasets(results) if each.name == "gene-track")
    kinds = np.where(genes["haplotypes"].isna(), "unread", np.where(genes["haplotypes"].fillna(0) > 0, "yes", "no"))
    assert pd.DataFrame({"kind": kinds, "colour": found["colour"]}).drop_duplicates().shape[0] == 3
    assert np.isnan(found["haplotypes"][0])


def test_it_opens_at_the_strongest_segment_or_the_first_chromosome():
    results = people(3, per_mb=2)
    sure = results.segments[results.segments["posterior"] >= 0.9]
    longest = sure.loc[(sure["end"] - sure["start"]).idxmax()]
    chrom, start, end = opening(results)
    assert chrom == longest["chrom"]
    assert start <= longest["start"] < longest["end"] <= end
    assert start >= 0
    assert end <= results.lengths[chrom]
    assert f"{chrom}:{longest['start'] + 1:,}-{longest['end']:,}" in section(results).lead
    empty = dataclasses.replace(results, segments=results.segments.iloc[:0])
    assert opening(empty) == ("chr20", 0, 20_000_000)
    assert segment_rows(empty).empty
    nothing = dataclasses.replace(empty, callable=empty.callable.iloc[:0])
    assert isinstance(section(nothing), Absent)


def test_the_axis_of_shares_reaches_the_highest_share():
    for samples, per_mb in ((1, 3), (15, 0.3), (40, 0.1)):
        results = people(samples, per_mb=per_mb, genes=1)
        highest = share_along(results)["share"].max()
        high = shown(results).tracks[0].high
        assert highest <= high <= highest + 0.1 + 1e-9
        assert 0.1 <= high <= 1
    empty = dataclasses.replace(results, segments=results.segments.iloc[:0])
    assert shown(empty).tracks[0].high == 0.1
