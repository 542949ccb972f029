"""Three verdicts on made genomes: what is planted is skill, shuffled labels are not, noise under a random split leaks."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from archaictools.cli.main import main
from archaictools.learning.calibration import fit_temperature, logit, tempered
from archaictools.learning.metrics import reliability
from archaictools.learning.report import judge_against_baselines
from archaictools.learning.splits import Locations
from archaictools.sequence.baselines import CONTROLS, HASH_COLUMNS, RIVALS, shuffle_within_blocks, word_counts
from archaictools.sequence.token_file import open_tokens
from helpers import write_fasta


def must(*arguments: object) -> None:
    assert main([*map(str, arguments), "--quiet"]) == 0


def chain(folder, planted, *, shuffle: bool):
    """Windows, words, a model and its evaluation; with labels as planted, or shuffled among all windows."""
    genome = planted / "planted.fa.gz"
    must("windows", "--genome", genome, "--introgressed", planted / "introgressed.bed",
        "--depleted", planted / "depleted.bed", "--out", folder / "w.bed")  # fmt: skip
    if shuffle:
        table = pd.read_csv(folder / "w.bed", sep="\t", header=None)
        table[3] = np.random.default_rng(1).permutation(table[3])
        table.to_csv(folder / "w.bed", sep="\t", index=False, header=False)
    must("tokenize", folder / "w.bed", "--genome", genome, "--out", folder / "w.h5")
    must("train", folder / "w.h5", "--epochs", 3, "--model", folder / "m.h5", "--metrics", folder / "m.json")
    must("evaluate", folder / "m.h5", folder / "w.h5", "--metrics", folder / "e.json", "--table", folder / "e.tsv",
        "--plots", folder / "plots")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory, planted):
    return chain(tmp_path_factory.mktemp("planted"), planted, shuffle=False)


def test_what_is_planted_is_skill(found):
    metrics, table = json.loads((found / "e.json").read_text()), pd.read_csv(found / "e.tsv", sep="\t")
    assert metrics["verdict"] == "skill"
    assert metrics["audit"]["verdict"] == "clean"
    assert table.columns[:8].tolist() == ["model", "split", "accuracy", "auroc", "auprc", "mcc", "brier", "ece"]
    assert set(table["model"]) == {"model", *CONTROLS, *RIVALS}
    assert (table["split"] == "chromosome").all()
    rows = table.set_index("model")
    controls = rows[rows["kind"] == "control"]
    assert (controls["auroc"] < 0.9).all()
    assert (controls["gain_low"] > 0).all()
    assert rows.loc["random_forest", "auroc"] > 0.9  # the planted words are words, in whatever order
    measured = ["accuracy", "auroc", "auprc", "mcc", "brier", "ece"]
    for name in measured:
        assert (rows[f"{name}_low"] <= rows[name] + 1e-9).all() or name == "ece"
    # What training said of the same model on the same sentences.
    trained = json.loads((found / "m.json").read_text())
    for side in ("train", "validation", "test"):
        for name in ("n", *measured):
            assert metrics[side][name] == pytest.approx(trained[side][name], rel=1e-5)
    assert metrics["test"]["auroc_ci"] == pytest.approx(trained["test"]["auroc_ci"], rel=1e-5)
    for name in ("comparison.png", "reliability.png", "similarity.png"):
        assert (found / "plots" / name).read_bytes()[:4] == b"\x89PNG"


def test_controls_are_what_counting_says(found, planted):
    rows = pd.read_csv(found / "e.tsv", sep="\t").set_index("model")
    windows = pd.read_csv(found / "w.bed", sep="\t", header=None)
    held = windows[0].isin(["chr4", "chr5"])
    train = windows[0].isin(["chr1", "chr2"])
    label = (windows[3] == "introgressed").to_numpy()
    prevalence = label[train].mean()
    assert rows.loc["majority", "auroc"] == 0.5
    assert rows.loc["majority", "accuracy"] == pytest.approx((label[held] == (prevalence >= 0.5)).mean(), rel=1e-5)
    assert rows.loc["majority", "brier"] == pytest.approx(((prevalence - label[held]) ** 2).mean(), rel=1e-5)
    assert rows.loc["nearest_coordinate", "auroc"] == 0.5  # no training window on a held-out chromosome
    with gzip.open(planted / "planted.fa.gz", "rt") as handle:
        records = [record.split("\n", 1) for record in handle.read().split(">")[1:]]
    sequence = {name.split()[0]: text.replace("\n", "").upper() for name, text in records}
    texts = [sequence[c][s:e] for c, s, e in windows[held][[0, 1, 2]].itertuples(index=False)]
    gc = np.array([(text.count("G") + text.count("C")) / len(text) for text in texts])
    alone = roc_auc_score(label[held], gc)
    assert (
        min(abs(rows.loc["gc", "auroc"] - alone), abs(1 - rows.loc["gc", "auroc"] - alone)) < 1e-4
    )  # of equal shares, some differ in their last bit


def test_shuffled_labels_are_no_skill(tmp_path, planted):
    folder = chain(tmp_path, planted, shuffle=True)
    metrics = json.loads((folder / "e.json").read_text())
    assert metrics["verdict"] == "no skill"
    assert "is not above" in metrics["reason"]
    low, high = metrics["test"]["auroc_ci"]
    assert low <= 0.5 <= high


def test_noise_under_the_article_s_protocol_is_leaky(tmp_path):
    """Random letters, and regions that cover every base several times, as the published ones do."""
    rng = np.random.default_rng(3)
    genome = write_fasta(tmp_path / "g.fa", {"chr1": "".join(rng.choice(list("ACGT"), 300_000))})
    for number, name in enumerate(("introgressed", "depleted")):
        start = np.sort(rng.integers(0, 14, 60)) * 20_000 + number * 10_000 + rng.integers(0, 1_000, 60)
        rows = [f"chr1\t{s}\t{s + 9_000}\n" for s in start]
        (tmp_path / f"{name}.bed").write_text("".join(rows))
    must("windows", "--genome", genome, "--introgressed", tmp_path / "introgressed.bed", "--depleted",
        tmp_path / "depleted.bed", "--no-merge", "--out", tmp_path / "w.bed")  # fmt: skip
    must("tokenize", tmp_path / "w.bed", "--genome", genome, "--out", tmp_path / "w.h5")
    must("train", tmp_path / "w.h5", "--split", "random", "--epochs", 4, "--model", tmp_path / "m.h5")
    must("evaluate", tmp_path / "m.h5", tmp_path / "w.h5", "--metrics", tmp_path / "e.json", "--leave-out",
        "random_forest,shuffled_labels", "--table", tmp_path / "e.tsv")  # fmt: skip
    metrics = json.loads((tmp_path / "e.json").read_text())
    assert metrics["verdict"] == "leaky"
    assert metrics["test"]["auroc"] > 0.9  # there is nothing to learn in random letters
    assert "is not evidence of skill" in metrics["reason"]
    assert metrics["models"]["nearest_coordinate"]["accuracy"] > 0.95
    assert metrics["models"]["nearest_sequence"]["auroc"] > 0.95
    assert metrics["left_out"] == ["random_forest", "shuffled_labels"]


def models(*, surely=0.75, **gains):
    made = {"model": {"kind": "model", "auroc": 0.8, "auroc_ci": [surely, 0.85]}}
    for name, (gain, low, high) in gains.items():
        kind = "rival" if name == "random_forest" else "control"
        made[name] = {"kind": kind, "auroc": 0.8 - gain, "gain": gain, "gain_ci": [low, high]}
    return made


@pytest.mark.parametrize(
    ("audit", "gains", "verdict", "said"),
    [
        ("clean", {"gc": (0.3, 0.2, 0.4)}, "skill", "above every control"),
        ("clean", {"gc": (0.3, 0.2, 0.4), "bases": (0.02, -0.01, 0.05)}, "no skill", "beside bases"),
        ("clean", {"gc": (0.3, 0.2, 0.4), "random_forest": (-0.1, -0.2, 0.0)}, "skill", "random_forest does as well"),
        ("suspect", {"gc": (0.3, 0.2, 0.4)}, "skill", "above every control"),
        ("leaky", {"gc": (0.3, 0.2, 0.4)}, "leaky", "because; AUROC 0.800"),
        ("clean", {"gc": (float("nan"),) * 3}, "no skill", "beside gc"),
        ("clean", {"surely": 0.49}, "no skill", "is not above chance (0.5)"),
        ("clean", {"surely": float("nan")}, "no skill", "is not above chance (0.5)"),
        ("clean", {"surely": 0.49, "gc": (0.3, 0.2, 0.4)}, "no skill", "is not above chance (0.5)"),
        ("clean", {}, "skill", "is above chance; no control was run"),
    ],
)
def test_verdict(audit, gains, verdict, said):
    found, reason = judge_against_baselines({"verdict": audit, "reason": "because"}, models(**gains), units="sentences")
    assert found == verdict
    assert said in reason


def test_temperature_takes_back_overconfidence():
    rng = np.random.default_rng(1)
    truth = rng.random(20_000)
    label = (rng.random(20_000) < truth).astype(np.int8)
    for factor in (0.5, 1.0, 3.0):
        claimed = tempered(truth, 1 / factor)
        assert logit(claimed) == pytest.approx(np.clip(factor * logit(truth), -16.2, 16.2), abs=0.2)
        assert fit_temperature(label, claimed) == pytest.approx(factor, rel=0.05)
    curve = reliability(label, truth)
    assert curve["n"].sum() == 20_000
    assert (curve["mean_probability"] - curve["introgressed_share"]).abs().max() < 0.03


def test_shuffling_keeps_what_a_block_has():
    rng = np.random.default_rng(2)
    count = 3_000
    start = rng.integers(0, 5_000_000, count)
    label = rng.choice([-1, 0, 1], count).astype(np.int8)
    sides = rng.integers(0, 3, count).astype(np.int8)
    places = Locations(["a", "b"], rng.integers(0, 2, count).astype(np.uint32), start, start + 200, label)
    mixed = shuffle_within_blocks(places, sides, 1_000_000, seed=1)
    assert ((mixed < 0) == (label < 0)).all()
    table = pd.DataFrame({"c": places.chrom, "b": start // 1_000_000, "s": sides, "old": label, "new": mixed})
    table = table[table["old"] >= 0]
    totals = table.groupby(["c", "b", "s"]).sum()
    assert (totals["old"] == totals["new"]).all()
    assert 0.4 < (table["old"] == table["new"]).mean() < 0.6


def test_bags_of_words_against_counting(planted):
    with open_tokens(planted / "words.h5") as words:
        rows = np.array([5, 3, 700])
        table = word_counts(words, rows)
        ids = words.encoding.ids(words.take(rows))
    assert table.shape == (3, min(4**5 + 1, HASH_COLUMNS))
    for row in range(3):
        expected = np.bincount(ids[row], minlength=table.shape[1])
        expected[0] = 0
        assert (table[row].toarray()[0] == expected).all()


def test_evaluate_needs_the_words_of_training(run, planted, tmp_path):
    result = run("evaluate", planted / "model.h5", planted / "words_k6.h5", "--table", tmp_path / "t.tsv")
    assert result.code == 3
    assert "does not fit the model" in result.err
    result = run("evaluate", planted / "model.h5", planted / "words.h5", "--leave-out", "astrology", "--table",
                 tmp_path / "t.tsv")  # fmt: skip
    assert result.code == 2
    assert "choose among majority" in result.err
    assert not (tmp_path / "t.tsv").exists()


def test_folds_are_evaluated_fold_by_fold(ok, planted, tmp_path):
    ok("train", planted / "words.h5", "--folds", 3, "--epochs", 2, "--model", tmp_path / "m.h5", "--metrics",
       tmp_path / "m.json")  # fmt: skip
    result = ok("evaluate", tmp_path / "m.h5", planted / "words.h5", "--leave-out", "shuffled_labels,random_forest",
                "--metrics", tmp_path / "e.json")  # fmt: skip
    trained, found = (json.loads((tmp_path / name).read_text()) for name in ("m.json", "e.json"))
    assert found["test"]["n"] == trained["test"]["n"] == 1_401
    for name in ("accuracy", "auroc", "brier", "auroc_ci"):
        assert found["test"][name] == pytest.approx(trained["test"][name], rel=1e-5)  # training is in TensorFlow
    assert found["calibration"]["temperature"] == [fold["training"]["temperature"] for fold in trained["folds"]]
    # Each chromosome's majority is told by the other chromosome that is left for training.
    with open_tokens(planted / "words.h5") as words:
        chrom, label = words.field("chrom"), words.field("label")
        names = list(words.chromosomes)
    train_of = {"chr3": "chr5", "chr4": "chr3", "chr5": "chr4"}
    share = np.array([label[chrom == names.index(train_of[names[number]])].mean() for number in chrom])
    assert found["models"]["majority"]["brier"] == pytest.approx(((share - label) ** 2).mean(), rel=1e-6)
    assert sum(row["n"] for row in found["similarity"]) == 1_401
    assert "gc: AUROC" in result.out
