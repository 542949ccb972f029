"""The network's arithmetic against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from archaictools.learning.backend import start_tensorflow
from archaictools.learning.network import NetworkConfig


@pytest.mark.parametrize("layers", [1, 3])
def test_network_of_bins_against_numpy(layers):
    """The network's arithmetic, written out: Dense, LSTMs in both directions, Dense, sigmoid."""
    start_tensorflow(threads=2, seed=1)
    network = NetworkConfig(
        vocabulary=5, words=7, embedding=4, lstm=3, dense=2, lstm_layers=layers, per_bin=True, forget_bias="unit"
    )
    model = network.build()
    weights = network.weights_of(model)
    x = np.random.default_rng(1).normal(size=(1, 7, 5)).astype(np.float32)
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731

    def lstm(sequence, side):
        h = c = np.zeros(3)
        out = []
        for step in sequence:
            z = step @ weights[f"{side}_kernel"] + h @ weights[f"{side}_recurrent"] + weights[f"{side}_bias"]
            i, f, g, o = z[:3], z[3:6], z[6:9], z[9:]
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            out.append(h)
        return np.array(out)

    found = np.maximum(x[0] @ weights["embedding"] + weights["embedding_bias"], 0)
    for end in ("", "_2", "_3")[:layers]:
        found = np.concatenate([lstm(found, f"forward{end}"), lstm(found[::-1], f"backward{end}")[::-1]], axis=1)
    dense = np.maximum(found @ weights["dense_kernel"] + weights["dense_bias"], 0)
    expected = sigmoid(dense @ weights["output_kernel"] + weights["output_bias"])
    assert np.allclose(model.predict_on_batch(x)[0], expected, atol=1e-5)
