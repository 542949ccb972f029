"""Segments, tracks, deserts and people's summaries of known tracts."""

from __future__ import annotations

import h5py
import numpy as np
import pandas as pd
import pyBigWig
import pytest

from archaictools.haplotypes.feature_file import open_features


def test_calls_of_known_tracts(ok, tmp_path, words, trained):
    path, truth = words
    ok("predict", trained[0], path, "--bigwig", tmp_path / "tracks", "--bed", tmp_path / "c.bed", "--table",
       tmp_path / "t.tsv", "--segments", tmp_path / "s.tsv", "--summary", tmp_path / "p.tsv", "--deserts",
       tmp_path / "d.bed", "--desert-length", 20_000)  # fmt: skip
    segments = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    # Segments are runs of bins at or above one half, of 5 kb or more, found here by walking over the table.
    expected = []
    for (chrom, sample, haplotype), rows in table.groupby(["chrom", "sample", "haplotype"]):
        run = []
        for row in [*rows.itertuples(), None]:
            if row is not None and row.probability >= 0.5:
                run.append(row)
            else:
                if len(run) >= 5:
                    mean = np.mean([r.probability for r in run])
                    expected.append((chrom, run[0].start, run[-1].end, sample, haplotype, mean))
                run = []
    expected.sort(key=lambda row: row[:5])
    assert len(expected) == len(segments) >= 20
    for row, (chrom, start, end, sample, haplotype, mean) in zip(segments.itertuples(), expected, strict=True):
        assert (row.chrom, row.start, row.end, row.sample, row.haplotype) == (chrom, start, end, sample, haplotype)
        assert row.posterior == pytest.approx(mean, rel=1e-5)
    # A0 shares the alleles of tracts, A1 none.
    assert set(segments["source"]) == {"A0"}
    assert (segments["A0_shared"] > 0).all()
    assert (segments["A1_shared"] == 0).all()
    with open_features(path) as bins:
        counted = bins.matches("chr1", 0)[:, 0].sum()
    assert counted > 0
    bed = pd.read_csv(tmp_path / "c.bed", sep="\t", header=None)
    assert (bed[4] - 1_000 * segments["posterior"]).abs().max() <= 0.501
    assert bed[3].str.fullmatch(r"P\d\.[12](_seen)?").all()
    assert set(bed[8]) == {"0,158,115"}  # no name that tells a lineage
    # Tracks hold the table; mean and share are those over all eight haplotypes.
    whole = table.pivot_table(index=["chrom", "start"], columns=["sample", "haplotype"], values="probability")
    for (sample, haplotype), column in whole.items():
        with pyBigWig.open(str(tmp_path / "tracks" / f"{sample}.{haplotype}.bw")) as track:
            values = np.concatenate([track.values(chrom, 0, 600_000, numpy=True)[::1_000] for chrom in truth])
        assert np.allclose(values, column.to_numpy(), atol=1e-6)
    share = np.zeros(4 * 600)
    for row in segments.itertuples():
        first = (int(row.chrom[3:]) - 1) * 600
        share[first + row.start // 1_000 : first + row.end // 1_000] += 1 / 8
    for name, expected_values in (("mean", whole.mean(axis=1).to_numpy()), ("share", share)):
        with pyBigWig.open(str(tmp_path / "tracks" / f"{name}.bw")) as track:
            values = np.concatenate([track.values(chrom, 0, 600_000, numpy=True)[::1_000] for chrom in truth])
        assert np.allclose(values, expected_values, atol=1e-4), name
    people = pd.read_csv(tmp_path / "p.tsv", sep="\t").set_index("sample")
    lengths = (segments["end"] - segments["start"]).groupby(segments["sample"])
    assert people["introgressed"].to_dict() == lengths.sum().to_dict()
    assert people.loc["P0", "callable"] == 2 * 4 * 600_000
    assert people["percent"].to_numpy() == pytest.approx(100 * lengths.sum().to_numpy() / 4_800_000, rel=1e-4)
    # Deserts: nobody carries anything there, and they cannot be longer.
    deserts = pd.read_csv(tmp_path / "d.bed", sep="\t", header=None)
    free = np.flatnonzero(np.diff(np.concatenate([[0], (share[:600] == 0).astype(int), [0]])))
    long = [(int(a) * 1_000, int(b) * 1_000) for a, b in zip(free[::2], free[1::2], strict=True) if b - a >= 20]
    assert [tuple(row) for row in deserts.loc[deserts[0] == "chr1", [1, 2]].to_numpy()] == long


def test_a_person_is_summarised_by_callable_bases(ok, tmp_path, words, trained):
    """Bins of 1 kb of which 100 to 1,000 bases can be called: bases, not bins, are archaic and callable."""
    path = tmp_path / "w.h5"
    path.write_bytes(words[0].read_bytes())
    rng = np.random.default_rng(8)
    with h5py.File(path, "a") as raw:
        masks = {f"chr{number + 1}": rng.integers(100, 1_001, 600) for number in range(4)}
        for number in range(4):
            raw[f"bins/{number}/callable"][...] = masks[f"chr{number + 1}"]
    ok("predict", trained[0], path, "--segments", tmp_path / "s.tsv", "--summary", tmp_path / "p.tsv")
    segments = pd.read_csv(tmp_path / "s.tsv", sep="\t")
    people = pd.read_csv(tmp_path / "p.tsv", sep="\t").set_index("sample")
    callable_ = 2 * sum(int(mask.sum()) for mask in masks.values())
    assert len(segments) >= 10
    for sample, rows in segments.groupby("sample"):
        inside = sum(
            int(masks[chrom][start // 1_000 : end // 1_000].sum())
            for chrom, start, end in zip(rows["chrom"], rows["start"], rows["end"], strict=True)
        )
        person = people.loc[sample]
        assert (person["callable"], person["introgressed"], person["A0_bases"]) == (callable_, inside, inside)
        assert person["percent"] == pytest.approx(100 * inside / callable_, rel=1e-4)
        assert person["longest"] == (rows["end"] - rows["start"]).max()


@pytest.mark.parametrize("name", ["x.bw", "x.bigWig"])
def test_tracks_of_haplotypes_are_no_file(run, tmp_path, words, trained, name):
    """A folder under the name of a track opens in no browser."""
    result = run("predict", trained[0], words[0], "--bigwig", tmp_path / name)
    assert result.code == 2
    assert "names a file, but haplotypes have one track each: name a folder" in result.err
    assert not (tmp_path / name).exists()
