"""The whole chain on the planted genome: what is planted is found, and every output says the same."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyBigWig
import pytest

from archaictools.cli.main import main

MOTIFS = ("TGGCCAAAATGT", "GGTGGGGTCTGA", "CTGATGTAATAG", "ACCCCAAAAGGG")
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def smaller(kmer: str) -> str:
    return min(kmer, kmer.translate(COMPLEMENT)[::-1])


@pytest.fixture(scope="module")
def chain(tmp_path_factory, planted) -> Path:
    """Run the demo's commands once."""
    folder = tmp_path_factory.mktemp("chain")
    at = lambda name: str(folder / name)  # noqa: E731
    genome = str(planted / "planted.fa.gz")

    def run(*arguments: object) -> None:
        assert main([*map(str, arguments), "--quiet"]) == 0

    run("windows", "--genome", genome, "--introgressed", planted / "introgressed.bed",
        "--depleted", planted / "depleted.bed", "--out", at("w.bed"))  # fmt: skip
    run("tokenize", at("w.bed"), "--genome", genome, "--out", at("w.h5"))
    run("train", at("w.h5"), "--model", at("m.h5"), "--metrics", at("m.json"), "--history", at("h.tsv"),
        "--predictions", at("held.tsv"))  # fmt: skip
    run("importance", at("m.h5"), at("w.h5"), "--windows", 400, "--positions", at("pos.tsv"), "--kmers", at("k.tsv"),
        "--attribution", at("attr.bw"), "--plot", at("pos.svg"))  # fmt: skip
    run("windows", "--genome", genome, "--step", 100, "--out", at("t.bed"))
    run("tokenize", at("t.bed"), "--genome", genome, "--out", at("t.h5"))
    run("predict", at("m.h5"), at("t.h5"), "--bigwig", at("t.bw"), "--bed", at("s.bed"), "--table", at("t.tsv"))
    run("genes", at("t.tsv"), "--annotation", planted / "genes.bed", "--out", at("g.tsv"), "--bed", at("g.bed"))
    return folder


def test_held_out_chromosomes_are_predicted(chain):
    metrics = json.loads((chain / "m.json").read_text())
    assert len(pd.read_csv(chain / "h.tsv", sep="\t")) <= 5
    assert metrics["test"]["auroc"] >= 0.95
    assert metrics["test"]["auroc_ci"][0] > 0.9
    assert metrics["verdict"] == "skill"
    assert metrics["audit"]["verdict"] == "clean"
    assert metrics["split"]["chromosomes"] == {
        "test": ["chr4", "chr5"], "validation": ["chr3"], "train": ["chr1", "chr2"],
    }  # fmt: skip
    assert set(metrics["chromosomes"]) == {"chr4", "chr5"}
    for side in ("train", "validation", "test"):
        assert {"n", "prevalence", "accuracy", "auroc", "auprc", "mcc", "brier", "ece"} <= set(metrics[side])
    # 3 % of introgressed stretches carry nothing and cannot be told from depleted ones.
    assert metrics["test"]["auroc"] <= 0.995


def test_held_out_table_gives_the_metrics_again(chain):
    metrics, held = json.loads((chain / "m.json").read_text()), pd.read_csv(chain / "held.tsv", sep="\t")
    test = held[held["split"] == "test"]
    assert set(test["chrom"]) == {"chr4", "chr5"}
    assert len(test) == metrics["test"]["n"]
    assert ((test["probability"] >= 0.5) == test["label"]).mean() == pytest.approx(metrics["test"]["accuracy"])
    assert ((test["probability"] - test["label"]) ** 2).mean() == pytest.approx(metrics["test"]["brier"], rel=1e-4)


def test_planted_positions_are_the_important_ones(chain):
    table = pd.read_csv(chain / "pos.tsv", sep="\t")
    assert table["position"].tolist() == list(range(191))
    important = table[table["q"] <= 0.05]
    inside = important["position"].between(91, 181)  # words that can touch a copy at offsets 100 to 181
    assert inside.mean() >= 0.95
    assert inside.sum() >= 50
    centre = table[table["position"].between(105, 165)]["importance"].mean()
    outside = table[~table["position"].between(91, 181)]["importance"]
    assert centre > 10 * outside.abs().mean()


def test_planted_kmers_lead(chain):
    table = pd.read_csv(chain / "k.tsv", sep="\t")
    planted = {smaller(motif[i : i + 10]) for motif in MOTIFS for i in range(3)}
    assert set(table["kmer"][: len(planted)]) == planted
    assert (table["log_odds"][: len(planted)] > 3).all()
    assert (table["q"][: len(planted)] < 1e-6).all()


def test_attribution_lies_where_the_motifs_are(chain, planted):
    windows = pd.read_csv(chain / "w.bed", sep="\t", header=None)
    some = windows[(windows[0] == "chr5") & (windows[3] == "introgressed")]
    with pyBigWig.open(str(chain / "attr.bw")) as track:
        rows = [track.values("chr5", int(s), int(s) + 200, numpy=True) for s in some[1]]
    known = np.array([row for row in rows if not np.isnan(row[5:195]).any()])
    assert len(known) > 20
    assert known[:, 105:175].mean() > 5 * np.abs(known[:, 10:85]).mean()


def test_bigwig_holds_the_mean_of_the_table(chain):
    table = pd.read_csv(chain / "t.tsv", sep="\t")
    assert list(table.columns) == ["chrom", "start", "end", "probability", "seen"]
    with pyBigWig.open(str(chain / "t.bw")) as track:
        assert track.chroms() == {"chr1": 620_000, "chr2": 450_000, "chr3": 350_000, "chr4": 220_000, "chr5": 160_000}
        for chrom, length in track.chroms().items():
            total, depth = np.zeros(length), np.zeros(length)
            for row in table[table["chrom"] == chrom].itertuples():
                total[row.start : row.end] += row.probability
                depth[row.start : row.end] += 1
            found = track.values(chrom, 0, length, numpy=True)
            assert (np.isnan(found) == (depth == 0)).all()
            covered = depth > 0
            np.testing.assert_allclose(found[covered], total[covered] / depth[covered], atol=2e-6)


def test_segments_are_the_runs_of_the_track(chain):
    segments = pd.read_csv(chain / "s.bed", sep="\t", header=None)
    assert segments.shape[1] == 6
    assert segments[4].between(500, 1000).all()
    assert segments[4].dtype.kind == "i"
    with pyBigWig.open(str(chain / "t.bw")) as track:
        called = {
            chrom: np.nan_to_num(track.values(chrom, 0, n, numpy=True)) >= 0.5 for chrom, n in track.chroms().items()
        }
        for row in segments.itertuples(index=False):
            values = track.values(row[0], row[1], row[2], numpy=True)
            assert called[row[0]][row[1] : row[2]].all()
            assert row[4] == pytest.approx(1000 * values.mean(), abs=0.51)
            called[row[0]][row[1] : row[2]] = False
    assert not any(found.any() for found in called.values()), "every called base lies in a segment"


def test_segments_find_the_planted_regions(chain, planted):
    regions = pd.read_csv(planted / "introgressed.bed", sep="\t", header=None)
    truth = {chrom: np.zeros(n, dtype=bool) for chrom, n in (("chr4", 220_000), ("chr5", 160_000))}
    found = {chrom: np.zeros_like(bases) for chrom, bases in truth.items()}
    for table, target in ((regions, truth), (pd.read_csv(chain / "s.bed", sep="\t", header=None), found)):
        for row in table[table[0].isin(truth)].itertuples(index=False):
            target[row[0]][row[1] : row[2]] = True
    hits = sum((truth[c] & found[c]).sum() for c in truth)
    assert hits / sum(t.sum() for t in truth.values()) > 0.9
    assert hits / sum(f.sum() for f in found.values()) > 0.9


def test_genes_are_called_by_what_was_planted(chain, planted):
    table = pd.read_csv(chain / "g.tsv", sep="\t", keep_default_na=False)
    assert list(table.columns) == [
        "gene",
        "chrom",
        "start",
        "end",
        "strand",
        "windows",
        "mean",
        "max",
        "fraction",
        "call",
        "seen",
    ]
    assert len(table) == len(pd.read_csv(planted / "genes.bed", sep="\t", header=None))
    kind = table["gene"].str.split("_").str[0]
    assert (table["call"][kind == "archaic"] == "introgressed").all()
    assert (table["call"][kind == "modern"] == "free").all()
    predictions = pd.read_csv(chain / "t.tsv", sep="\t")
    for row in table.sample(15, random_state=1).itertuples():
        near = predictions[
            (predictions["chrom"] == row.chrom) & (predictions["start"] < row.end) & (predictions["end"] > row.start)
        ]
        # Base by base: where windows overlap, the mean of them.
        total, depth = np.zeros(row.end - row.start), np.zeros(row.end - row.start)
        for window in near.itertuples():
            part = slice(max(window.start - row.start, 0), window.end - row.start)
            total[part] += window.probability
            depth[part] += 1
        mean = total[depth > 0] / depth[depth > 0]
        assert row.windows == len(near)
        assert row.mean == pytest.approx(mean.mean(), abs=1e-5)
        assert row.max == pytest.approx(near["probability"].max(), abs=1e-5)
        assert row.fraction == pytest.approx((mean >= 0.5).mean(), abs=2e-3)
    bed = pd.read_csv(chain / "g.bed", sep="\t", header=None)
    assert (bed[4] == (1000 * table["mean"]).round()).mean() > 0.98


def test_genes_from_the_bigwig_agree(chain, planted, ok, tmp_path):
    ok("genes", chain / "t.bw", "--annotation", planted / "genes.gtf", "--out", tmp_path / "g.tsv")
    one, other = (pd.read_csv(p, sep="\t").set_index("gene") for p in (chain / "g.tsv", tmp_path / "g.tsv"))
    assert (one["call"] == other["call"].reindex(one.index)).all()
    for name in ("mean", "fraction"):
        np.testing.assert_allclose(one[name], other[name].reindex(one.index), atol=1e-4)


def test_projector_files_agree(chain, ok, tmp_path):
    names = {name: tmp_path / name for name in ("v.tsv", "m.tsv", "one.tsv", "raw.bytes", "raw.tsv", "u.tsv", "c.json")}
    ok("embedding", chain / "m.h5", "--top", 300, "--vectors", names["v.tsv"], "--metadata", names["m.tsv"], "--bytes",
       names["raw.bytes"], "--bytes-metadata", names["raw.tsv"], "--umap", names["u.tsv"], "--config",
       names["c.json"])  # fmt: skip
    ok("embedding", chain / "m.h5", "--top", 300, "--columns", "kmer", "--metadata", names["one.tsv"])
    vectors = pd.read_csv(names["v.tsv"], sep="\t", header=None)
    metadata = pd.read_csv(names["m.tsv"], sep="\t", keep_default_na=False)
    assert vectors.shape == (300, 10)
    assert len(metadata) == 300
    single = names["one.tsv"].read_text().split()
    assert single == metadata["kmer"].tolist(), "a single column has no header"
    assert json.loads(names["c.json"].read_text())["embeddings"][0]["tensorShape"] == [300, 10]
    # Counts and vectors against the words file and the weights themselves.
    from archaictools.learning.model_file import load_model
    from archaictools.sequence.dataset import rows_of_side
    from archaictools.sequence.encoding import KmerEncoding
    from archaictools.sequence.token_file import open_tokens

    model = load_model(chain / "m.h5", KmerEncoding)
    with open_tokens(chain / "w.h5") as words:
        train = words.encoding.ids(words.take(rows_of_side(model, words, "train")))
    counts = np.bincount(train.reshape(-1), minlength=4**10 + 1)
    counts[0] = 0
    full = pd.read_csv(names["raw.tsv"], sep="\t", keep_default_na=False)
    raw = np.fromfile(names["raw.bytes"], dtype="<f4").reshape(-1, 10)
    assert len(raw) == len(full) == np.count_nonzero(counts), "only words that were trained"
    ids = [1 + int("".join(str("ACGT".index(x)) for x in kmer), 4) for kmer in full["kmer"]]
    assert full["count"].tolist() == counts[ids].tolist()
    with h5py.File(chain / "m.h5") as handle:
        weights = handle["members/0/weights/embedding"][...]
    assert (raw == weights[ids]).all()
    np.testing.assert_allclose(vectors.to_numpy(), raw[:300], rtol=1e-5, atol=1e-9)
    umap = pd.read_csv(names["u.tsv"], sep="\t", keep_default_na=False)
    assert umap["kmer"].tolist() == metadata["kmer"].tolist()
    planted = umap["kmer"].isin([m[i : i + 10] for m in MOTIFS for i in range(3)])
    place = umap[["umap1", "umap2"]].to_numpy()
    spread = np.linalg.norm(place - place.mean(0), axis=1).mean()
    within = np.linalg.norm(place[planted] - np.median(place[planted], axis=0), axis=1)
    assert planted.sum() == 12
    assert np.median(within) < spread, "the planted words lie together on the map"


def test_the_same_command_gives_the_same_bytes(chain, ok, tmp_path):
    for name in ("m.h5", "m.json"):
        shutil.copy(chain / name, tmp_path / name)
    for again in ("1", "2"):
        ok("predict", chain / "m.h5", chain / "t.h5", "--bigwig", tmp_path / f"{again}.bw", "--table",
           tmp_path / f"{again}.tsv")  # fmt: skip
        ok("importance", chain / "m.h5", chain / "w.h5", "--windows", 100, "--repeats", 2, "--positions",
           tmp_path / f"{again}.pos", "--plot", tmp_path / f"{again}.png")  # fmt: skip
    for suffix in ("bw", "tsv", "pos", "png"):
        assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"2.{suffix}").read_bytes()
    assert (tmp_path / "1.tsv").read_bytes() == (chain / "t.tsv").read_bytes()


def test_word_mode_with_the_articles_threshold(chain, ok, tmp_path):
    out = tmp_path / "p.tsv"
    result = ok("importance", chain / "m.h5", chain / "w.h5", "--mode", "word", "--metric", "accuracy", "--threshold",
                0.01, "--windows", 300, "--positions", out)  # fmt: skip
    assert "important positions: " in result.out
    table = pd.read_csv(out, sep="\t")
    claimed = int(result.out.split("important positions: ")[1].split(" of")[0])
    assert claimed == ((table["q"] <= 0.05) & (table["importance"] >= 0.01)).sum()


@pytest.mark.skipif(shutil.which("bedtools") is None, reason="bedtools is not installed")
def test_bedtools_reads_our_beds(chain):
    for name in ("w.bed", "t.bed", "s.bed", "g.bed"):
        path = chain / name
        done = subprocess.run(["bedtools", "merge", "-i", path], capture_output=True, text=True, check=True)
        assert done.stderr == "", "bedtools merge refuses unsorted or malformed input"
        rows = pd.read_csv(path, sep="\t", header=None)
        naive = rows.groupby(0).apply(lambda part: np.unique(np.concatenate(
            [np.arange(s, e) for s, e in zip(part[1], part[2], strict=True)])).size)  # fmt: skip
        merged = pd.DataFrame([line.split("\t") for line in done.stdout.split("\n") if line]).astype({1: int, 2: int})
        assert (merged[2] - merged[1]).sum() == naive.sum()
