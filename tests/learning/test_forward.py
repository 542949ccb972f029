"""Predictions without TensorFlow equal those of Keras, and TensorFlow is used only where it pays."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.predict import BinEnsemble
from archaictools.haplotypes.pretrained import load_pretrained, pretrained_file
from archaictools.learning import forward
from archaictools.learning.backend import start_tensorflow
from archaictools.learning.forward import KerasForward, OpenVinoRuntime, TensorFlowRuntime, start_runtime
from archaictools.learning.model_file import load_model
from archaictools.learning.network import NetworkConfig
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.predict import Ensemble
from archaictools.sequence.token_file import open_tokens
from helpers import ROOT

#: Largest difference of a probability from that of Keras.
CLOSE = 1e-5


@pytest.fixture(scope="module", autouse=True)
def tensorflow():
    start_tensorflow(threads=2, seed=1)


def random_weights(config: NetworkConfig) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {name: rng.normal(0, 0.5, size).astype(np.float32) for name, size in config.shapes().items()}


def both(config, weights, batches):
    """Predictions of both runtimes, each as one array."""
    return [
        np.concatenate(list(runtime.network(config, weights)(iter(batches))))
        for runtime in (TensorFlowRuntime(), OpenVinoRuntime(2))
    ]


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("dense", [0, 5])
def test_networks_of_bins(layers, dense):
    config = NetworkConfig(
        vocabulary=6, words=50, embedding=4, lstm=7, dense=dense, lstm_layers=layers, per_bin=True
    )  # fmt: skip
    rng = np.random.default_rng(3)
    batches = [rng.normal(size=(rows, 40, 6)).astype(np.float32) for rows in (5, 5, 2)]
    keras, found = both(config, random_weights(config), batches)
    assert found.shape == (12, 40)
    assert np.ptp(keras) > 0.05
    assert np.abs(found - keras).max() < CLOSE


@pytest.mark.parametrize("dense", [0, 5])
def test_networks_of_words(dense):
    config = NetworkConfig(vocabulary=65, words=30, embedding=4, lstm=7, dense=dense)
    rng = np.random.default_rng(3)
    batches = [rng.integers(0, 65, size=(rows, 30), dtype=np.int32) for rows in (50, 50, 3)]
    keras, found = both(config, random_weights(config), batches)
    assert found.shape == (103,)
    assert np.ptp(keras) > 0.05
    assert np.abs(found - keras).max() < CLOSE


@pytest.mark.parametrize("second", [False, True])
def test_the_model_of_the_package(second):
    model = load_pretrained()
    config = model.second_network if second else model.network
    weights = model.members[0].second_weights if second else model.members[0].weights
    rng = np.random.default_rng(5)
    inputs = rng.poisson(0.2, size=(3, 700, config.vocabulary)).astype(np.float32)
    keras, found = both(config, weights, [inputs])
    assert np.abs(found - keras).max() < CLOSE


@pytest.mark.parametrize("archaic", [True, False])
def test_posteriors_of_people(archaic, tmp_path):
    path = ROOT / "test-data/haplotypes.h5"
    model = load_model(pretrained_file(), HaplotypeEncoding)
    with open_features(path) as features:
        if not archaic:  # the second stage reads the scores of the first
            features.encoding = HaplotypeEncoding(bin=features.encoding.bin, archaic=())
        chroms, rows = list(features.bins), features.groups[0]
        keras, one, two = (
            BinEnsemble(model, features, runtime).predict_chromosomes(chroms, rows)
            for runtime in (TensorFlowRuntime(), OpenVinoRuntime(1), OpenVinoRuntime(2))
        )
    assert max(float(values.max()) for values, _ in keras) > 0.9
    for (expected, _), (found, _), (again, _) in zip(keras, one, two, strict=True):
        assert np.abs(found - expected).max() < CLOSE
        assert np.array_equal(found, again), "the number of threads changed a posterior"


def test_probabilities_of_windows():
    model = load_model(ROOT / "test-data/model.h5", KmerEncoding)
    with open_tokens(ROOT / "test-data/words.h5") as tokens:
        part = next(tokens.chunks())
        keras, found = (
            Ensemble(model, list(tokens.chromosomes), runtime).predict(part)[0]
            for runtime in (TensorFlowRuntime(), OpenVinoRuntime(2))
        )
    assert np.ptp(keras) > 0.01
    assert np.abs(found - keras).max() < CLOSE


@pytest.mark.parametrize("kind", ["first", "second", "words"])
def test_a_row_does_not_depend_on_the_rows_beside_it(kind):
    """So that the parts of a split job are those of the whole, to the last bit."""
    rng = np.random.default_rng(9)
    if kind == "words":
        model = load_model(ROOT / "test-data/model.h5", KmerEncoding)
        config, weights = model.network, model.members[0].weights
        inputs = rng.integers(0, config.vocabulary, size=(12, config.words), dtype=np.int32)
    else:
        model = load_pretrained()
        config, weights = (
            (model.network, model.members[0].weights)
            if kind == "first"
            else (model.second_network, model.members[0].second_weights)
        )
        inputs = rng.poisson(0.2, size=(12, 2_000, config.vocabulary)).astype(np.float32)
    network = OpenVinoRuntime(1).network(config, weights)
    whole = next(network(iter([inputs])))
    assert len(whole) == 12
    for rows in (1, 2, 5, 6):
        parts = [inputs[first : first + rows] for first in range(0, 12, rows)]
        assert np.array_equal(np.concatenate(list(network(iter(parts)))), whole), rows


def test_keras_prepares_few_shapes():
    """A batch with fewer rows than one before it is padded."""

    class Model:
        input_shape = (None, None, 3)
        shapes: list[tuple[int, ...]] = []  # noqa: RUF012

        def predict_on_batch(self, batch):
            self.shapes.append(batch.shape)
            return batch[..., :1]

    batches = [np.full((rows, 4, 3), rows, dtype=np.float32) for rows in (8, 8, 3)]
    found = list(KerasForward(Model())(batches))
    assert Model.shapes == [(8, 4, 3)] * 3
    assert [(len(values), float(values[0, 0])) for values in found] == [(8, 8), (8, 8), (3, 3)]


@pytest.mark.parametrize(
    ("gpus", "visible", "seconds", "chosen"),
    [
        (1, None, 1_000, TensorFlowRuntime),
        (1, None, 10, OpenVinoRuntime),
        (1, "", 1_000, OpenVinoRuntime),
        (1, "-1", 1_000, OpenVinoRuntime),
        (1, "0", 1_000, TensorFlowRuntime),
        (0, None, 1_000, OpenVinoRuntime),
        (None, None, 1_000, OpenVinoRuntime),
    ],
)
def test_a_gpu_is_used_where_it_pays(gpus, visible, seconds, chosen, tmp_path, monkeypatch, caplog):
    devices = tmp_path / "gpus"
    for number in range(gpus or 0):
        (devices / f"0000:{number}").mkdir(parents=True)
    if gpus == 0:
        devices.mkdir()
    monkeypatch.setattr(forward, "_NVIDIA_DEVICES", devices)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with caplog.at_level(logging.INFO, logger="archaictools"):
        runtime = start_runtime(threads=2, seed=1, work=seconds * 2 * forward.WORK_PER_SECOND)
    assert isinstance(runtime, chosen)
    lines = [record.getMessage() for record in caplog.records if record.name == "archaictools"]
    assert [line.split()[0] for line in lines] == [chosen.__name__.removesuffix("Runtime").replace("Vino", "VINO")]


@pytest.mark.parametrize(
    "verb",
    [
        ["predict", "pretrained", "haplotypes.h5", "--segments"],
        ["predict", "model.h5", "words.h5", "--table"],
        ["evaluate", "pretrained", "haplotypes.h5", "--metrics"],
        ["evaluate", "model.h5", "words.h5", "--leave-out", "shuffled_labels", "--metrics"],
        ["importance", "model.h5", "words.h5", "--windows", "20", "--repeats", "1", "--positions"],
        ["importance", "pretrained", "haplotypes.h5", "--windows", "20", "--repeats", "1", "--positions"],
    ],
    ids=" ".join,
)
def test_only_training_needs_tensorflow(verb, tmp_path):
    result = without_tensorflow(*verb, tmp_path / "found")
    assert result.returncode == 0, result.stderr
    assert Path(tmp_path / "found").stat().st_size > 100


@pytest.mark.parametrize(
    "verb", [["train", "words.h5", "--model"], ["evaluate", "model.h5", "words.h5", "--metrics"]], ids=" ".join
)
def test_what_trains_says_that_tensorflow_is_missing(verb, tmp_path):
    result = without_tensorflow(*verb, tmp_path / "found")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "archaictools: error: training needs TensorFlow, which is not installed; run: pip install tensorflow keras"
    )
    assert not list(tmp_path.iterdir())


def without_tensorflow(*verb):
    """Run a verb where TensorFlow and Keras cannot be imported."""
    words = [str(ROOT / "test-data" / word) if str(word).endswith(".h5") else str(word) for word in verb]
    code = (
        "import sys\nfor name in ('tensorflow', 'keras'): sys.modules[name] = None\n"
        "from archaictools.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        check=False,
    )
