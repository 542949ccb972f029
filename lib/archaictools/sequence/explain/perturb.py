"""Predictions of sentences in which one position was exchanged with another sentence's, for every position at once.

Exchanging words lo..hi-1 of a sentence leaves the forward LSTM's states before lo, and the backward LSTM's states
after hi, as they were. The original sentence is therefore read once in each direction, and the perturbed sentence of
each position joins the batch, with the original's state, where it begins to differ: half the steps of a full reading,
in batches that grow as the reading goes on.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit
from threadpoolctl import threadpool_limits

from archaictools.errors import UsageError
from archaictools.sequence.kmers import words_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from archaictools.io.dna import Codes
    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.kmers import Ids
    from archaictools.sequence.token_file import KmerEncoding

    Floats = npt.NDArray[np.float32]

#: Sentences perturbed together: keeps the states of all positions in the processor's cache.
CHUNK = 128


@dataclass(frozen=True)
class Positions:
    """The positions at which sentences are perturbed.

    Attributes
    ----------
    first, last
        Words [first, last) that an exchange at each position may change, both ascending.
    base
        First base of each position, from the start of the sentence.
    width
        Bases exchanged.
    words_only
        Exchange the word and leave the words that overlap it alone: no DNA reads so, the article did it.
    """

    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    base: npt.NDArray[np.int64]
    width: int
    words_only: bool

    def __len__(self) -> int:
        return len(self.first)

    def words_at(self, chosen: npt.NDArray[np.bool_], alphabet: KmerEncoding) -> npt.NDArray[np.bool_]:
        """Return the words that lie within a chosen position, or hold one; shape (words,)."""
        start = np.arange(alphabet.words)[:, None] * alphabet.stride
        end, low, high = start + alphabet.k, self.base[chosen], self.base[chosen] + self.width
        return np.asarray((((low <= start) & (end <= high)) | ((start <= low) & (high <= end))).any(axis=1))


def word_positions(alphabet: KmerEncoding) -> Positions:
    """Return one position a word, for exchanging words alone."""
    first = np.arange(alphabet.words)
    return Positions(first, first + 1, first * alphabet.stride, alphabet.k, words_only=True)


def sequence_positions(alphabet: KmerEncoding, width: int) -> Positions:
    """Return one position every ``stride`` bases, for exchanging blocks of ``width`` bases."""
    if not 1 <= width <= alphabet.size:
        raise UsageError(f"a block of {width} bases does not fit a sentence of {alphabet.size}")
    base = np.arange(words_in(alphabet.size, width, alphabet.stride)) * alphabet.stride
    first = np.maximum(-((alphabet.k - 1 - base) // alphabet.stride), 0)
    last = np.minimum((base + width - 1) // alphabet.stride + 1, alphabet.words)
    return Positions(first, last, base, width, words_only=False)


class PerturbedReader:
    """Read sentences with a trained network, each also with every position exchanged.

    The LSTM is stepped in NumPy: Keras offers no way to let rows join a running batch, and on two cores this takes
    less than half the time of predicting every perturbed sentence whole (``performance/``).

    Parameters
    ----------
    model
        A trained model; sentences are read on the forward strand, also by a model that averages both.
    member
        Number of its network, from 1.
    """

    def __init__(self, model: TrainedModel, *, member: int = 1) -> None:
        self._alphabet, self._units = model.kmers, model.network.lstm
        self._weights = model.member(member).weights
        self._dense = bool(model.network.dense)
        # sigmoid(x) = (1 + tanh(x / 2)) / 2: halving the columns of the three sigmoid gates lets one tanh serve all.
        half = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], dtype=np.float32), self._units)
        self._lstm = {
            side: tuple(self._weights[f"{side}_{part}"] * half for part in ("kernel", "recurrent", "bias"))
            for side in ("forward", "backward")
        }

    def read(
        self, codes: Codes, donors: Callable[[int], Codes], positions: Positions
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Predict some sentences as they are and with each position exchanged.

        Parameters
        ----------
        codes
            Base codes, shape (n, size).
        donors
            From the number of a position to the base codes that its bases (or its word) are taken from, (n, size).
        positions
            Where to exchange.

        Returns
        -------
        original
            Probabilities, shape (n,).
        perturbed
            Probabilities, shape (positions, n).
        """
        vectors = self._weights["embedding"]
        changed = [vectors[self._changed(codes, donors(p), positions, p)] for p in range(len(positions))]
        read = vectors[self._alphabet.ids(codes)]
        words = self._alphabet.words
        # NumPy releases the lock and the directions are independent: one thread each, none for the small products.
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(2) as pool:
            ahead = pool.submit(self._scan, "forward", read, positions.first, positions.last, changed)
            back = pool.submit(
                self._scan,
                "backward",
                read[:, ::-1],
                (words - positions.last)[::-1],
                (words - positions.first)[::-1],
                [part[:, ::-1] for part in reversed(changed)],
            )
            forward, backward = ahead.result(), back.result()
        backward[1:] = backward[:0:-1].copy()  # back to the order of the positions
        probability = self._head(np.concatenate([forward, backward], axis=-1))
        return probability[0], probability[1:]

    def _changed(self, codes: Codes, donor: Codes, positions: Positions, position: int) -> Ids:
        """Return the ids of the words that an exchange changes, shape (n, last - first)."""
        alphabet, base = self._alphabet, int(positions.base[position])
        if positions.words_only:
            return alphabet.ids(donor[:, base : base + alphabet.k])
        left = int(positions.first[position]) * alphabet.stride
        right = (int(positions.last[position]) - 1) * alphabet.stride + alphabet.k
        stretch = codes[:, left:right].copy()
        low, high = max(base, left), min(base + positions.width, right)
        stretch[:, low - left : high - left] = donor[:, low:high]
        return alphabet.ids(stretch)

    def _scan(
        self,
        side: str,
        read: Floats,
        first: npt.NDArray[np.int64],
        last: npt.NDArray[np.int64],
        changed: Sequence[Floats],
    ) -> Floats:
        """Run one LSTM over the original (row 0) and all perturbed sentences; return the final states."""
        kernel, recurrent, bias = self._lstm[side]
        units, (count, words, width) = self._units, read.shape
        hidden = np.zeros((len(first) + 1, count, units), dtype=np.float32)
        cell, gates = np.zeros_like(hidden), np.empty((len(first) + 1, count, 4 * units), dtype=np.float32)
        projected = read @ kernel + bias
        for word in range(words):
            begun = int(np.searchsorted(first, word, side="right"))
            rejoined = int(np.searchsorted(last, word, side="right"))
            fresh = int(np.searchsorted(first, word, side="left"))
            hidden[fresh + 1 : begun + 1], cell[fresh + 1 : begun + 1] = hidden[0], cell[0]
            rows = slice(0, begun + 1)
            h, c, z = hidden[rows], cell[rows], gates[rows]
            np.matmul(h.reshape(-1, units), recurrent, out=z.reshape(-1, 4 * units))
            z[: rejoined + 1] += projected[:, word]
            if begun > rejoined:
                other = np.stack([changed[position][:, word - first[position]] for position in range(rejoined, begun)])
                z[rejoined + 1 :] += (other.reshape(-1, width) @ kernel + bias).reshape(begun - rejoined, count, -1)
            _advance(h, c, z, units)
        return hidden

    def _head(self, state: Floats) -> npt.NDArray[np.float64]:
        """Apply the layers after the LSTM; state (..., 2 units), result (...)."""
        value, weights = state, self._weights
        if self._dense:
            value = np.maximum(value @ weights["dense_kernel"] + weights["dense_bias"], 0)
        logit = (value @ weights["output_kernel"] + weights["output_bias"])[..., 0].astype(np.float64)
        return np.asarray(expit(logit))


def _advance(hidden: Floats, cell: Floats, gates: Floats, units: int) -> None:
    """Step LSTM states in place; gates in Keras' order: input, forget, cell, output."""
    np.tanh(gates, out=gates)
    for columns in (slice(0, 2 * units), slice(3 * units, None)):
        gates[..., columns] += 1
        gates[..., columns] *= 0.5
    enter, forget, new, leave = (gates[..., i * units : (i + 1) * units] for i in range(4))
    cell *= forget
    new *= enter
    cell += new
    np.tanh(cell, out=hidden)
    hidden *= leave
