"""Training: interrupted and resumed, repeated, shuffled, diverging."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pandas as pd
import pytest

from archaictools.learning import training
from archaictools.learning.checkpoint import FILE
from archaictools.learning.splits import TRAIN, SplitScheme, make_split
from archaictools.sequence import fit
from archaictools.sequence.batches import TrainingBatches
from archaictools.sequence.dataset import locations_of
from archaictools.sequence.token_file import open_tokens


@pytest.fixture(scope="module")
def words(tmp_path_factory, planted):
    """Short words of the planted genome, so that training takes seconds."""
    from archaictools.cli.main import main

    folder = tmp_path_factory.mktemp("words")
    bed, out = folder / "w.bed", folder / "w.h5"
    assert main([
        "windows", "--genome", f"{planted}/planted.fa.gz", "--introgressed", f"{planted}/introgressed.bed",
        "--depleted", f"{planted}/depleted.bed", "--out", str(bed), "--quiet",
    ]) == 0  # fmt: skip
    assert main(["tokenize", str(bed), "--genome", f"{planted}/planted.fa.gz", "--k", "6", "--out", str(out)]) == 0
    return out


def command(words, folder, *options):
    return [
        sys.executable, "-c", "from archaictools.cli.main import run; run()", "train", str(words), "--epochs", "3",
        "--model", str(folder / "model.h5"), "--metrics", str(folder / "metrics.json"),
        "--history", str(folder / "history.tsv"), "--batch-size", "512", "--quiet", *map(str, options),
    ]  # fmt: skip


#: A network that trains in seconds.
SMALL = ("--embedding", 8, "--lstm", 4, "--dense", 4, "--batch-size", 512)


def test_interrupted_and_resumed_equals_uninterrupted(ok, run, words, tmp_path, monkeypatch):
    """Stopped after the first of two epochs, in this process; the test below kills one."""
    common = ("train", words, "--epochs", 2, *SMALL)
    ok(*common, "--model", tmp_path / "whole.h5", "--history", tmp_path / "whole.tsv")
    save = training.save_checkpoint

    def stop(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_checkpoint", stop)
        assert run(*common, "--model", tmp_path / "a.h5", "--checkpoint", tmp_path / "c").code == 130
    assert not (tmp_path / "a.h5").exists()
    resumed = ok(*common, "--model", tmp_path / "a.h5", "--history", tmp_path / "a.tsv", "--checkpoint", tmp_path / "c")
    assert "resuming after epoch 1" in resumed.err
    for kind in ("h5", "tsv"):
        assert (tmp_path / f"whole.{kind}").read_bytes() == (tmp_path / f"a.{kind}").read_bytes()
    other = run(*common, "--model", tmp_path / "b.h5", "--checkpoint", tmp_path / "c", "--seed", 2)
    assert other.code == 3
    assert "saved with other settings" in other.err


@pytest.mark.slow
def test_killed_and_resumed_equals_uninterrupted(words, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    subprocess.run(command(words, whole), check=True)
    checkpoint = broken / "state"
    process = subprocess.Popen(command(words, broken, "--checkpoint", checkpoint))
    deadline = time.monotonic() + 300
    while not (checkpoint / FILE).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "the run was to be killed before it finished"
    assert not (broken / "model.h5").exists(), "no half-made model stands under its name"
    with h5py.File(checkpoint / FILE) as handle:
        assert 1 <= json.loads(handle["state"][...].tobytes())["epoch"] < 3
    resumed = subprocess.run(
        [part for part in command(words, broken, "--checkpoint", checkpoint) if part != "--quiet"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "resuming after epoch" in resumed.stderr
    for name in ("model.h5", "metrics.json", "history.tsv"):
        assert (whole / name).read_bytes() == (broken / name).read_bytes()
    other = subprocess.run(
        command(words, broken, "--checkpoint", checkpoint, "--seed", 2), check=False, capture_output=True, text=True
    )
    assert other.returncode == 3
    assert "saved with other settings" in other.stderr


def test_batches_hold_every_sentence_once_in_a_reproducible_order(words, monkeypatch):
    with open_tokens(words) as sentences:
        places = locations_of(sentences)
        rows = np.flatnonzero(make_split(places, SplitScheme()).sides(places) == TRAIN)
        expected = sentences.encoding.ids(sentences.take(rows))

        def epoch(number, reverse=False):
            batches = TrainingBatches(
                sentences, rows, places.label[rows], np.ones(len(rows), np.float32), batch=300, seed=5, reverse=reverse
            )
            found = list(batches.epoch(number))
            assert len(found) == batches.steps
            assert all(ids.shape == (300, 195) for ids, _, _ in found)
            ids, label, weight = (np.concatenate(part) for part in zip(*found, strict=True))
            real = weight[:, 0] > 0
            assert real.sum() == len(rows)
            return ids[real], label[real, 0]

        first, label = epoch(0)
        key = lambda table: sorted(map(bytes, table))  # noqa: E731
        assert key(first) == key(expected)
        assert (first == epoch(0)[0]).all()
        assert (first != epoch(1)[0]).any()
        by_words = dict(zip(map(bytes, expected), places.label[rows], strict=True))
        assert [by_words[bytes(row)] for row in first] == label.tolist()
        monkeypatch.setattr("archaictools.sequence.batches.BUFFER", 1_000)
        monkeypatch.setattr("archaictools.sequence.batches.CHUNK", 500)
        grouped, _ = epoch(0)
        assert key(grouped) == key(expected), "sets larger than the buffer are still read whole"
        flipped, _ = epoch(0, reverse=True)
        same = len(set(map(bytes, flipped)) & set(map(bytes, expected)))
        assert 0.3 < same / len(rows) < 0.7, "about half of the sentences are read on the other strand"


def test_class_weights_balance():
    label = np.array([1, 0, 0, 0], dtype=np.int8)
    weight = fit._weights(label, "balanced")
    assert weight[label == 1].sum() == pytest.approx(weight[label == 0].sum())
    assert weight.mean() == pytest.approx(1)
    assert (fit._weights(label, "none") == 1).all()


def test_a_diverging_loss_ends_the_run_in_a_sentence(run, words, tmp_path):
    model = tmp_path / "m.h5"
    result = run("train", words, "--model", model, "--learning-rate", "1e30", "--epochs", 1)
    assert result.code == 1
    assert "the loss is not finite in step" in result.err
    assert "smaller --learning-rate" in result.err
    assert not model.exists()
    assert list(tmp_path.iterdir()) == []


def test_shuffled_labels_show_no_skill(run, tmp_path, words):
    """The same genome with labels shuffled: held-out AUROC is one half within its interval."""
    shuffled = tmp_path / "shuffled.h5"
    shuffled.write_bytes(words.read_bytes())
    with h5py.File(shuffled, "a") as handle:
        label = handle["sentence/label"][...]
        handle["sentence/label"][...] = np.random.default_rng(8).permutation(label)
    metrics = tmp_path / "m.json"
    result = run("train", shuffled, "--epochs", 4, *SMALL, "--model", tmp_path / "m.h5", "--metrics", metrics)
    assert result.code == 0, result.err
    found = json.loads(metrics.read_text())
    low, high = found["test"]["auroc_ci"]
    assert low < 0.5 < high
    assert found["verdict"] == "no skill"
    assert found["audit"]["verdict"] == "clean"


def test_early_stopping_keeps_the_best_epoch(ok, tmp_path, words):
    """Shuffled labels cannot be learnt, so the validation loss soon rises and the best epoch is not the last."""
    shuffled = tmp_path / "s.h5"
    shuffled.write_bytes(words.read_bytes())
    with h5py.File(shuffled, "a") as handle:
        handle["sentence/label"][...] = np.random.default_rng(9).permutation(handle["sentence/label"][...])
    history, metrics, heldout = tmp_path / "h.tsv", tmp_path / "m.json", tmp_path / "p.tsv"
    ok("train", shuffled, "--model", tmp_path / "m.h5", "--epochs", 8, "--patience", 2, "--history", history,
       "--metrics", metrics, "--predictions", heldout, "--learning-rate", 0.01)  # fmt: skip
    rows = pd.read_csv(history, sep="\t")
    best = int(rows.loc[rows["validation_loss"].idxmin(), "epoch"])
    found = json.loads(metrics.read_text())["training"]
    assert found["best_epoch"] == best
    assert len(rows) == min(8, best + 2)
    assert found["stopped_early"] == (len(rows) < 8)
    predicted = pd.read_csv(heldout, sep="\t")
    held = predicted[predicted["split"] == "validation"]
    p = held["probability"].clip(1e-7, 1 - 1e-7)
    loss = -np.where(held["label"] == 1, np.log(p), np.log1p(-p)).mean()
    assert loss <= rows["validation_loss"].min() + 1e-6, (
        "predictions come from the best weights, calibrated on this side"
    )
    assert loss == pytest.approx(rows["validation_loss"].min(), rel=0.02)
    ok("train", shuffled, "--model", tmp_path / "l.h5", "--epochs", 8, "--patience", 2, "--keep", "last", "--metrics",
       metrics, "--predictions", heldout, "--learning-rate", 0.01)  # fmt: skip
    kept = json.loads(metrics.read_text())["training"]
    assert kept["best_epoch"] == kept["epochs_run"] == len(rows)
    assert not np.allclose(pd.read_csv(heldout, sep="\t")["probability"], predicted["probability"], rtol=1e-2)
