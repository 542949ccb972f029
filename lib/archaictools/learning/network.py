"""The network: Embedding → Bidirectional LSTM → Dense → sigmoid, from a plain description.

A sentence of k-mers has one word a place, and one label. A sentence of bins has counts of words in each bin, and a
label for each: its embedding is a Dense layer, which adds up a vector for every word, and the LSTM speaks for each bin.

The defaults are the article's (N. Oskolkov, "LSTM to Detect Neanderthal DNA"): 10 embedding dimensions, 10 LSTM units
a direction, 10 dense units. A network is always rebuilt from its description in this module; no code is ever read
from a file.
"""

from __future__ import annotations

import logging
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.console import hushed_stderr
from archaictools.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

log = logging.getLogger("archaictools")

FORGET_BIASES = ("chrono", "unit")

#: More LSTMs on top of each other than anyone trains: a file to be read must not be able to exhaust memory.
DEEPEST = 8


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Sizes of a network.

    Attributes
    ----------
    vocabulary
        Number of word ids, 0 ("no word here", which has a vector of its own) included; of inputs of a bin.
    words
        Words in a sentence; bins in one of training, where ``per_bin``.
    embedding, lstm, dense
        Dimensions of a word vector; LSTM units in each direction; units of the dense layer (0 to leave it out).
    lstm_layers
        Bidirectional LSTMs, where ``per_bin``: each reads what the one below says of every bin, so that from the
        second on both directions know both sides of a bin.
    dropout
        Share of word-vector components dropped in training.
    forget_bias
        How long the LSTM remembers before it has learnt anything. ``unit``: Keras' (and the article's) forget bias
        of 1, under which a state halves every two words; ``chrono``: biases that let the units remember for
        1 to ``words`` words, evenly spread (Tallec and Ollivier 2018, arXiv 1804.11188).
    per_bin
        Read counts of words in bins, shape (batch, bins, vocabulary), and predict each bin.
    """

    vocabulary: int
    words: int
    embedding: int = 10
    lstm: int = 10
    dense: int = 10
    lstm_layers: int = 1
    dropout: float = 0.0
    forget_bias: str = "chrono"
    per_bin: bool = False

    def __post_init__(self) -> None:
        if min(self.vocabulary, self.words, self.embedding, self.lstm, self.lstm_layers) < 1 or self.dense < 0:
            raise UsageError("every layer needs at least one unit (only the dense layer may have none)")
        if self.lstm_layers > (DEEPEST if self.per_bin else 1):
            raise UsageError(f"{self.lstm_layers:,} LSTM layers, expected 1, or up to {DEEPEST} for haplotypes")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout is {self.dropout}, expected 0 or more and less than 1")

        if self.forget_bias not in FORGET_BIASES:
            raise UsageError(f"forget bias is {self.forget_bias!r}, expected {' or '.join(FORGET_BIASES)}")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of every weight array that such a network has."""
        shapes: dict[str, tuple[int, ...]] = {"embedding": (self.vocabulary, self.embedding)}
        if self.per_bin:
            shapes["embedding_bias"] = (self.embedding,)
        width = self.embedding
        for layer in range(1, self.lstm_layers + 1):
            for side in ("forward", "backward"):
                name = side if layer == 1 else f"{side}_{layer}"
                shapes[f"{name}_kernel"] = (width, 4 * self.lstm)
                shapes[f"{name}_recurrent"] = (self.lstm, 4 * self.lstm)
                shapes[f"{name}_bias"] = (4 * self.lstm,)
            width = 2 * self.lstm
        if self.dense:
            shapes |= {"dense_kernel": (width, self.dense), "dense_bias": (self.dense,)}
            width = self.dense
        return shapes | {"output_kernel": (width, 1), "output_bias": (1,)}

    def describe(self) -> dict[str, Any]:
        """Return the description as plain values."""
        return asdict(self)

    def build(self, weights: dict[str, np.ndarray] | None = None) -> keras.Model:
        """Build the Keras model, with fresh weights from Keras' global seed or with the given ones."""
        import keras

        layers: list[Any] = (
            [
                keras.Input((None, self.vocabulary)),
                keras.layers.Dense(self.embedding, activation="relu", name="embedding"),
            ]
            if self.per_bin
            else [
                keras.Input((self.words,), dtype="int32"),
                keras.layers.Embedding(self.vocabulary, self.embedding, name="embedding"),
            ]
        )
        if self.dropout:
            layers.append(keras.layers.Dropout(self.dropout, name="dropout"))
        lstms = [
            keras.layers.Bidirectional(keras.layers.LSTM(self.lstm, return_sequences=self.per_bin))
            for _ in range(self.lstm_layers)
        ]
        layers += lstms
        if self.dense:
            layers.append(keras.layers.Dense(self.dense, activation="relu", name="dense"))
        layers.append(keras.layers.Dense(1, activation="sigmoid", name="output"))
        model = keras.Sequential(layers, name="archaictools")
        if weights is not None:
            model.set_weights([weights[name] for name in self.shapes()])
        elif self.forget_bias == "chrono":
            for bilstm in lstms:
                for layer in (bilstm.forward_layer, bilstm.backward_layer):
                    layer.cell.bias.assign(self._chrono_bias())
        return model

    def _chrono_bias(self) -> np.ndarray:
        """Return LSTM biases, gates in Keras' order (input, forget, cell, output), for memories of 1 to ``words``."""
        forget = np.log(np.linspace(1, max(2, self.words - 1), self.lstm, dtype=np.float32))
        zero = np.zeros(self.lstm, dtype=np.float32)
        return np.concatenate([-forget, forget, zero, zero])

    def tempered(self, weights: Mapping[str, np.ndarray], temperature: float) -> dict[str, np.ndarray]:
        """Return weights whose logits are divided by a temperature; see :mod:`archaictools.learning.calibration`."""
        scaled = {name: weights[name] / np.float32(temperature) for name in ("output_kernel", "output_bias")}
        return {**weights, **scaled}

    def weights_of(self, model: keras.Model) -> dict[str, np.ndarray]:
        """Return the weight arrays of a model by name."""
        return dict(zip(self.shapes(), model.get_weights(), strict=True))


def start_tensorflow(*, threads: int | None, seed: int) -> None:
    """Import TensorFlow quietly, bound its threads and seed it; log a line that names the device.

    Must run before anything else imports TensorFlow in the process for ``threads`` to take effect.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with hushed_stderr():
        import keras
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    if threads:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError:
            log.warning("TensorFlow was already running: the number of threads stays as it was")
    keras.utils.set_random_seed(seed)
    # Without this, sums over threads now and then differ in their last bit from run to run. It switches XLA off,
    # which costs nothing here: measured within 7 % of XLA at batches of 128 and 1,024.
    tf.config.experimental.enable_op_determinism()
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)  # noqa: FBT003
    device = f"{len(gpus)} GPU(s), cuDNN LSTM" if gpus else f"CPU, {threads or os.cpu_count()} thread(s)"
    log.info("TensorFlow %s, Keras %s, %s", tf.__version__, keras.__version__, device)
