"""Importance against brute force: every perturbed sentence predicted whole, every statistic computed afresh."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from archaictools.learning.forward import OpenVinoRuntime
from archaictools.progress import Progress
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.explain.enrichment import kmers_at
from archaictools.sequence.explain.permutation import measure_importance
from archaictools.sequence.explain.perturb import PerturbedPredictor, sequence_positions, word_positions
from archaictools.sequence.kmers import kmer_text
from archaictools.sequence.options import ImportanceOptions
from helpers import member, small_model


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 4, size=(40, 50)).astype(np.uint8)
    codes[3, 10:14] = 4
    codes[7, 44:] = 4
    label = rng.integers(0, 2, size=40).astype(np.int8)
    return codes, label


@pytest.fixture(scope="module", params=[1, 2])
def keras_and_reader(request):
    """A network with random weights, in Keras and in the predictor, at two strides."""
    from archaictools.learning.backend import start_tensorflow
    from archaictools.learning.network import NetworkConfig

    start_tensorflow(threads=None, seed=1)
    encoding = KmerEncoding(k=3, size=50, stride=request.param)
    network = NetworkConfig(vocabulary=65, words=encoding.words, embedding=4, lstm=3, dense=2)
    members = [member(network, np.random.default_rng(seed), 0) for seed in (2, 3)]
    model = small_model(network=network, encoding=encoding, members=members)
    return network.build(dict(members[1].weights)), PerturbedPredictor(model, OpenVinoRuntime(2), member=2), encoding


@pytest.mark.parametrize("width", [None, 1, 3, 7])
def test_perturbed_predictions_equal_those_of_single_sentences(keras_and_reader, data, width):
    model, reader, encoding = keras_and_reader
    codes, _ = data
    donor = np.roll(codes, 5, axis=0)
    positions = word_positions(encoding) if width is None else sequence_positions(encoding, width)
    original, perturbed = reader.predict(codes, lambda _place: donor, positions)
    np.testing.assert_allclose(original, model.predict_on_batch(encoding.ids(codes))[:, 0], atol=1e-6)
    for position in range(len(positions)):
        if width is None:
            ids = encoding.ids(codes)
            ids[:, position] = encoding.ids(donor)[:, position]
        else:
            changed, base = codes.copy(), position * encoding.stride
            changed[:, base : base + width] = donor[:, base : base + width]
            ids = encoding.ids(changed)
        rows = range(position % 5, len(ids), 5)  # one sentence at a time, so no batch is shared
        alone = [float(model.predict_on_batch(ids[row : row + 1])[0, 0]) for row in rows]
        np.testing.assert_allclose(perturbed[position, rows], alone, atol=1e-6)


@pytest.mark.parametrize("metric", ["loss", "auroc", "accuracy"])
def test_statistics_equal_scikit_learn(data, metric):
    codes, label = data
    reader = PerturbedPredictor(small_model(), OpenVinoRuntime(2))
    positions = sequence_positions(reader.encoding, 3)
    options = ImportanceOptions(metric=metric, permutations=50)
    with Progress(None, "x", "x") as progress:
        found = measure_importance(
            reader, codes, label, positions, options, repeats=2, fdr=0.05, seed=11, progress=progress
        )
    score = {
        "loss": lambda true, p: -log_loss(true, p),
        "auroc": roc_auc_score,
        "accuracy": lambda true, p: accuracy_score(true, p >= 0.5),
    }[metric]
    rng = np.random.default_rng(11)
    original, perturbed = np.empty((2, len(positions), 40)), np.empty((2, len(positions), 40))
    for repeat in range(2):
        partner = np.array([rng.permutation(40) for _ in range(len(positions))])
        for position in range(len(positions)):
            before, after = reader.predict(codes, lambda p, partner=partner: codes[partner[p]], positions)
            original[repeat, position], perturbed[repeat, position] = before, after[position]

    def lost(true):
        pairs = zip(original.reshape(-1, 40), perturbed.reshape(-1, 40), strict=True)
        return np.reshape([score(true, before) - score(true, after) for before, after in pairs], (2, -1))

    np.testing.assert_allclose(found.table["importance"], lost(label).mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(found.table["sd"], lost(label).std(axis=0, ddof=1), atol=1e-9)
    null = [lost(rng.permutation(label)).mean(axis=0) for _ in range(50)]
    low, high = np.quantile(null, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(found.table["null_low"], low, atol=1e-9)
    np.testing.assert_allclose(found.table["null_high"], high, atol=1e-9)
    assert found.table["start"].tolist() == list(range(len(positions)))
    assert (found.table["end"] - found.table["start"] == 3).all()
    assert found.table["p"].between(1 / 51, 1).all()
    assert (found.table["q"] >= found.table["p"] - 1e-12).all()


def test_null_is_uniform_without_signal():
    """A network with random weights knows nothing of random labels: about 5 % of p-values lie under 0.05."""
    rng = np.random.default_rng(6)
    below = total = important = 0
    reader = PerturbedPredictor(small_model(), OpenVinoRuntime(2))
    for seed in range(6):
        codes = rng.integers(0, 4, size=(120, 50)).astype(np.uint8)
        label = rng.integers(0, 2, size=120).astype(np.int8)
        options = ImportanceOptions(permutations=400)
        with Progress(None, "x", "x") as progress:
            found = measure_importance(
                reader,
                codes,
                label,
                word_positions(reader.encoding),
                options,
                repeats=1,
                fdr=0.05,
                seed=seed,
                progress=progress,
            )
        below += int((found.table["p"] < 0.05).sum())
        total += len(found.table)
        important += int(found.important.sum())
    assert 0.01 < below / total < 0.12
    assert important <= 0.05 * total


def test_enrichment_equals_fishers_test():
    encoding = KmerEncoding(k=2, size=21)
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, size=(30, 21)).astype(np.uint8)
    codes[:20, 5:7] = [0, 1]  # AC at word 5 of most sentences
    label = np.array([1] * 22 + [0] * 8, dtype=np.int8)
    ids = encoding.ids(codes)
    important = np.zeros(20, dtype=bool)
    important[[5, 6]] = True
    table = kmers_at(important, [(ids, label)], encoding, min_count=1).set_index("kmer")
    texts = kmer_text(ids.reshape(-1), 2).reshape(ids.shape)
    complement = str.maketrans("ACGT", "TGCA")
    texts = np.array([[min(t, t.translate(complement)[::-1]) for t in row] for row in texts])
    one, other = texts[label == 1], texts[label == 0]
    inside, outside = one[:, important], one[:, ~important]
    assert table.index[0] == "AC"
    assert set(table.index) == set(inside.reshape(-1))
    for kmer, row in table.iterrows():
        a, b = (inside == kmer).sum(), (outside == kmer).sum()
        expected = fisher_exact([[a, inside.size - a], [b, outside.size - b]], alternative="greater")
        assert row["count"] == a
        assert row["background"] == pytest.approx(b / outside.size)
        assert row["p"] == pytest.approx(expected.pvalue, abs=1e-12)
        half = ((a + 0.5) * (outside.size - b + 0.5)) / ((b + 0.5) * (inside.size - a + 0.5))
        assert row["odds_ratio"] == pytest.approx(half)
        x, y = (one == kmer).sum() + 0.5, (other == kmer).sum() + 0.5
        odds = np.log(x / (one.size - x + 1)) - np.log(y / (other.size - y + 1))
        assert row["log_odds"] == pytest.approx(odds)
        assert row["at_content"] == sum(letter in "AT" for letter in kmer) / 2


def test_no_important_position_gives_no_kmer():
    encoding = KmerEncoding(k=2, size=21)
    ids = encoding.ids(np.zeros((4, 21), dtype=np.uint8))
    table = kmers_at(np.zeros(20, dtype=bool), [(ids, np.array([1, 1, 0, 0], dtype=np.int8))], encoding)
    assert table.empty
    assert list(table.columns) == ["kmer", "count", "background", "odds_ratio", "p", "q", "at_content", "log_odds"]
