"""Posteriors of runs of bins by one network, from chunks that overlap by half and are blended into each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from archaictools.haplotypes.batches import scaled
from archaictools.learning.batching import pad_rows
from archaictools.learning.calibration import logit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras
    import numpy.typing as npt

    Told = Callable[[float], None]

#: Bins of a chunk. Longer chunks are no more accurate (measured with the pretrained model, 500 to 4,000), and training
#: rarely uses longer ones.
CHUNK_BINS = 2_000
#: Shorter parts are one chunk, padded with empty bins to one of these lengths. They are few, because TensorFlow traces
#: the network once for each length.
LENGTHS = (10, 50, 500, 1_000, 1_500, CHUNK_BINS)
#: Chunks predicted at once; more of those shorter than SHORT_CHUNK, so that a batch has as many bins.
BATCH_SIZE, SHORT_CHUNK = 48, 500


class BinPredictor:
    """Predict every bin with one network.

    An LSTM remembers for longer than any margin, so adjacent chunks would disagree where they meet. Chunks therefore
    overlap by half, and the logit of a bin is the mean over its two chunks, weighted by the distance to their ends.

    Parameters
    ----------
    model
        As built by :meth:`archaictools.learning.network.NetworkConfig.build`, with ``per_bin``.
    both_strands
        Read each haplotype in both directions, and take the mean of the logits: more accurate, in twice the time, if
        training read people in either direction.
    scale
        Turns stored inputs into those of the network.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        both_strands: bool,
        scale: Callable[[np.ndarray], npt.NDArray[np.float32]] = scaled,
    ) -> None:
        self._model, self._both, self._scale = model, both_strands, scale

    def __call__(self, inputs: np.ndarray) -> npt.NDArray[np.float32]:
        """Return P(introgressed): float32 (haplotypes, bins), given inputs (haplotypes, bins, inputs of a bin)."""
        return self.predict([inputs])[0]

    def predict(self, parts: Sequence[np.ndarray], *, told: Told | None = None) -> list[npt.NDArray[np.float32]]:
        """Predict several runs of bins, with short ones in common batches.

        Parameters
        ----------
        parts
            Arrays (haplotypes, bins, inputs of a bin), with any number of haplotypes and bins.
        told
            Called after each batch with the number of bins of haplotypes that it finished: a float, since chunks
            overlap.

        Returns
        -------
        list of numpy.ndarray
            float32 (haplotypes, bins) for each part: P(introgressed).
        """
        totals = [np.zeros(part.shape[:2], dtype=np.float32) for part in parts]
        weights = [np.zeros(part.shape[1], dtype=np.float32) for part in parts]
        chunks: dict[int, list[tuple[int, int, int]]] = {}
        for number, part in enumerate(parts):
            haplotypes, bins, _ = part.shape
            size = next((length for length in LENGTHS if length >= bins), CHUNK_BINS)
            # The last chunk ends where the bins end; the others begin every half of a chunk.
            last = max(0, bins - size)
            starts = [*range(0, last, size // 2), last]
            for start in starts:
                weights[number][start : start + size] += _taper(size)[: bins - start]
            chunks.setdefault(size, []).extend((number, row, start) for row in range(haplotypes) for start in starts)
        for size, located in chunks.items():
            batch = BATCH_SIZE * max(1, SHORT_CHUNK // size)
            for first in range(0, len(located), batch):
                chosen = located[first : first + batch]
                odds = self._odds(np.stack([_cut(parts[n][row], start, size) for n, row, start in chosen]), batch)
                for (number, row, start), values in zip(chosen, odds, strict=True):
                    bins = min(size, parts[number].shape[1] - start)
                    totals[number][row, start : start + bins] += (_taper(size) * values)[:bins]
                if told is not None:
                    told(sum(parts[n].shape[1] / chunks_of(parts[n].shape[1]) for n, _, _ in chosen))
        return [
            np.asarray(expit(total / weight), dtype=np.float32) for total, weight in zip(totals, weights, strict=True)
        ]

    def _odds(self, chunks: np.ndarray, batch: int) -> npt.NDArray[np.float32]:
        """Return log odds of one batch of chunks: float32 (chunks, bins)."""
        read = self._scale(pad_rows(chunks, batch))
        odds = logit(self._model.predict_on_batch(read)[..., 0])
        if self._both:
            odds = (odds + logit(self._model.predict_on_batch(read[:, ::-1])[:, ::-1, 0])) / 2
        return np.asarray(odds[: len(chunks)], dtype=np.float32)


def chunks_of(bins: int) -> int:
    """Return the number of chunks of a run of bins.

    Examples
    --------
    >>> [chunks_of(bins) for bins in (3, 2_000, 2_001, 3_000, 3_001)]
    [1, 1, 2, 2, 3]
    """
    return 1 + -(-max(0, bins - CHUNK_BINS) // (CHUNK_BINS // 2))


def _taper(size: int) -> npt.NDArray[np.float32]:
    """Return the weight of each bin of a chunk: its distance to the nearer end."""
    return np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1)).astype(np.float32)


def _cut(haplotype: np.ndarray, start: int, size: int) -> np.ndarray:
    """Cut a chunk from (bins, inputs), padded with empty bins at its end."""
    found = haplotype[start : start + size]
    return np.pad(found, ((0, size - len(found)), (0, 0))) if len(found) < size else found


class SecondPredictor(BinPredictor):
    """Predict every bin with a second network, whose inputs are scaled already."""

    def __init__(self, model: keras.Model, *, both_strands: bool) -> None:
        super().__init__(model, both_strands=both_strands, scale=np.asarray)
