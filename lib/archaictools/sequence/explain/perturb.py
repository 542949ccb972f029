"""Predictions of sentences in which one position is exchanged with that of another sentence, for every position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import UsageError
from archaictools.sequence.compatibility import kmers_of
from archaictools.sequence.kmers import words_in
from archaictools.sequence.predict import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from archaictools.io.dna import Codes
    from archaictools.learning.forward import Runtime
    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.encoding import KmerEncoding
    from archaictools.sequence.kmers import Ids
    from archaictools.sequence.options import ImportanceOptions

#: Sentences perturbed together: their ids at 191 positions take 20 MB.
CHUNK = 128


@dataclass(frozen=True)
class Positions:
    """Positions at which sentences are perturbed.

    Attributes
    ----------
    first, last
        int64 (positions,), ascending: an exchange may change the words [first, last).
    base
        int64 (positions,): first base of each position, from the start of the sentence.
    width
        Number of bases that are exchanged.
    words_only
        Exchange the word without those that overlap it (the article's way); no DNA reads so.
    """

    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    base: npt.NDArray[np.int64]
    width: int
    words_only: bool

    def __len__(self) -> int:
        return len(self.first)

    def words_at(self, chosen: npt.NDArray[np.bool_], encoding: KmerEncoding) -> npt.NDArray[np.bool_]:
        """Return the words that are within a chosen position, or contain one: bool (words,)."""
        start = np.arange(encoding.words)[:, None] * encoding.stride
        end, low, high = start + encoding.k, self.base[chosen], self.base[chosen] + self.width
        return np.asarray((((low <= start) & (end <= high)) | ((start <= low) & (high <= end))).any(axis=1))


def word_positions(encoding: KmerEncoding) -> Positions:
    """Return one position for each word, to exchange words alone."""
    first = np.arange(encoding.words)
    return Positions(first, first + 1, first * encoding.stride, encoding.k, words_only=True)


def sequence_positions(encoding: KmerEncoding, width: int) -> Positions:
    """Return one position every ``stride`` bases, to exchange blocks of ``width`` bases.

    Raises
    ------
    UsageError
        If a block is longer than a sentence.
    """
    if not 1 <= width <= encoding.size:
        raise UsageError(f"--block is {width} bases, but a sentence has {encoding.size}")
    base = np.arange(words_in(encoding.size, width, encoding.stride)) * encoding.stride
    first = np.maximum(-((encoding.k - 1 - base) // encoding.stride), 0)
    last = np.minimum((base + width - 1) // encoding.stride + 1, encoding.words)
    return Positions(first, last, base, width, words_only=False)


def positions_of(encoding: KmerEncoding, options: ImportanceOptions) -> Positions:
    """Return the positions of a mode; in mode ``sequence`` without ``block``, a block has the length of a k-mer."""
    return (
        word_positions(encoding)
        if options.mode == "word"
        else sequence_positions(encoding, options.block or encoding.k)
    )


class PerturbedPredictor:
    """Predict sentences as they are, and with every position exchanged.

    Every perturbed sentence is predicted whole, in large batches.

    Parameters
    ----------
    model
        A model of k-mers. Sentences are read on the forward strand, even if the model averages both.
    runtime
        What makes the network.
    member
        Number of its network, from 1.
    """

    def __init__(self, model: TrainedModel, runtime: Runtime, *, member: int = 1) -> None:
        self.encoding = kmers_of(model)
        network = runtime.network(model.network, model.member(member).weights)
        self._predictor = Predictor(network, self.encoding, both_strands=False)

    def predict(
        self, codes: Codes, donors: Callable[[int], Codes], positions: Positions
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Predict sentences as they are, and with each position exchanged.

        Parameters
        ----------
        codes
            Base codes, uint8 (n, size).
        donors
            Returns, for the number of a position, the base codes (n, size) from which its bases, or its word, are
            taken.
        positions
            Positions to exchange.

        Returns
        -------
        original
            float64 (n,): P(introgressed).
        perturbed
            float64 (positions, n): P(introgressed) with the position exchanged.
        """
        ids = self.encoding.ids(codes)
        rows = np.repeat(ids[None], len(positions) + 1, axis=0)
        for position in range(len(positions)):
            words = slice(int(positions.first[position]), int(positions.last[position]))
            rows[position + 1, :, words] = self._changed(codes, donors(position), positions, position)
        probability = self._predictor.of_ids(rows.reshape(-1, ids.shape[1])).reshape(rows.shape[:2])
        return probability[0], probability[1:]

    def _changed(self, codes: Codes, donor: Codes, positions: Positions, position: int) -> Ids:
        """Return the ids of the words that an exchange changes, int32 (n, last - first)."""
        encoding, base = self.encoding, int(positions.base[position])
        if positions.words_only:
            return encoding.ids(donor[:, base : base + encoding.k])
        left = int(positions.first[position]) * encoding.stride
        right = (int(positions.last[position]) - 1) * encoding.stride + encoding.k
        stretch = codes[:, left:right].copy()
        low, high = max(base, left), min(base + positions.width, right)
        stretch[:, low - left : high - left] = donor[:, low:high]
        return encoding.ids(stretch)
