"""The network: Embedding, Bidirectional LSTM, Dense and a sigmoid, built from a plain description.

A sentence of k-mers has one word per position and one label. A sentence of bins has counts in each bin and a label for
each bin: its embedding is a Dense layer, and the LSTM returns its output for every bin.

The default sizes are the article's (N. Oskolkov, "LSTM to Detect Neanderthal DNA"): 10 embedding dimensions, 10 LSTM
units in each direction, 10 dense units. A network is always rebuilt from its description; no code is read from a file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

FORGET_BIASES = ("chrono", "unit")

#: Largest number of stacked LSTMs, so that a file cannot exhaust memory.
MAX_LSTM_LAYERS = 8

#: Largest width of a layer of a network from a file, for the same reason.
MAX_UNITS = 4_096


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Sizes of a network.

    Attributes
    ----------
    vocabulary
        Number of word ids, with 0 (no word; it has a vector of its own); with ``per_bin``, inputs of a bin.
    words
        Words in a sentence; with ``per_bin``, bins of a training chunk.
    embedding, lstm, dense
        Dimensions of a word vector; LSTM units in each direction; units of the dense layer (0 for no dense layer).
    lstm_layers
        Number of stacked bidirectional LSTMs; more than one needs ``per_bin``.
    dropout
        Fraction of word-vector components dropped in training.
    forget_bias
        Initial memory of the LSTM. ``unit`` is Keras' (and the article's) forget bias of 1, which halves a state every
        two words. ``chrono`` spreads the memories of the units evenly from 1 to ``words`` words (Tallec and Ollivier
        2018, arXiv 1804.11188).
    per_bin
        Read counts in bins, shape (batch, bins, vocabulary), and predict every bin.

    Raises
    ------
    UsageError
        If no such network can be built.
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
            raise UsageError("a layer has no unit, expected 1 or more (only the dense layer may have 0)")
        if self.lstm_layers > (MAX_LSTM_LAYERS if self.per_bin else 1):
            raise UsageError(f"{self.lstm_layers:,} LSTM layers, expected 1, or up to {MAX_LSTM_LAYERS} for haplotypes")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout is {self.dropout}, expected 0 or more and less than 1")
        if self.forget_bias not in FORGET_BIASES:
            raise UsageError(f"forget bias is {self.forget_bias!r}, expected {' or '.join(FORGET_BIASES)}")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return name and shape of every weight array, in Keras' order."""
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

    def work_per_step(self) -> int:
        """Return the number of multiplications and additions that a word, or a bin, takes."""
        return sum(
            size[0] * size[1]
            for name, size in self.shapes().items()
            if len(size) == 2 and (self.per_bin or name != "embedding")
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the sizes as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> NetworkConfig:
        """Rebuild sizes from :meth:`to_dict`.

        Raises
        ------
        TypeError, UsageError
            If a value is missing, unknown, of another type or out of range.
        """
        config = cls(**stored)
        sizes = (config.vocabulary, config.words, config.embedding, config.lstm, config.dense, config.lstm_layers)
        if not all(type(size) is int for size in sizes) or not isinstance(config.per_bin, bool):
            raise TypeError("a size is not a number")
        if max(config.embedding, config.lstm, config.dense) > MAX_UNITS:
            raise UsageError(f"a layer has more than {MAX_UNITS:,} units")
        return config

    def build(self, weights: Mapping[str, np.ndarray] | None = None) -> keras.Model:
        """Build the Keras model, with the given weights or with fresh ones from Keras' global seed."""
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
        """Return LSTM biases for memories of 1 to ``words`` words, in Keras' order (input, forget, cell, output)."""
        forget = np.log(np.linspace(1, max(2, self.words - 1), self.lstm, dtype=np.float32))
        zero = np.zeros(self.lstm, dtype=np.float32)
        return np.concatenate([-forget, forget, zero, zero])

    def tempered(self, weights: Mapping[str, np.ndarray], temperature: float) -> dict[str, np.ndarray]:
        """Divide the logits by a temperature, in the weights; see :mod:`archaictools.learning.calibration`."""
        scaled = {name: weights[name] / np.float32(temperature) for name in ("output_kernel", "output_bias")}
        return {**weights, **scaled}

    def weights_of(self, model: keras.Model) -> dict[str, np.ndarray]:
        """Return the weight arrays of a Keras model by name."""
        return dict(zip(self.shapes(), model.get_weights(), strict=True))
