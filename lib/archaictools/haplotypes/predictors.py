"""Posteriors of stretches of bins by one network, blended from chunks that overlap by half."""

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

    Advance = Callable[[float], None]

#: Bins of a chunk. Longer chunks are not more accurate (measured with the pretrained model, 500 to 4,000), and training
#: shows a network few stretches that are longer.
CHUNK = 2_000
#: A shorter stretch is one chunk, padded with empty bins to one of these lengths. They are few, because TensorFlow
#: prepares a network once for each length.
CHUNK_LENGTHS = (10, 50, 500, 1_000, 1_500, CHUNK)
#: Chunks in a batch. Of chunks with fewer than SHORT_CHUNK bins a batch has more, so that it has as many bins.
CHUNKS_IN_BATCH, SHORT_CHUNK = 48, 500


class BinPredictor:
    """Predict every bin with one network.

    The state of an LSTM outlasts any margin, so chunks side by side would disagree where they meet. Here the logit of a
    bin is the mean over the two chunks that contain it, weighted by its distance from their ends. So the scores of one
    chunk fade into those of the next.

    Parameters
    ----------
    model
        As built by :meth:`archaictools.learning.network.NetworkConfig.build`, for bins.
    both_strands
        Read each haplotype in both directions, and average the logits. After training in both directions this is more
        accurate, at twice the time.
    scale
        Turns stored inputs into inputs of the network.
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
        """Return P(introgressed), float32 (haplotypes, bins), for inputs (haplotypes, bins, inputs of a bin)."""
        return self.predict([inputs])[0]

    def predict(self, parts: Sequence[np.ndarray], *, advance: Advance | None = None) -> list[npt.NDArray[np.float32]]:
        """Predict several stretches of haplotypes; short ones share batches.

        Parameters
        ----------
        parts
            Arrays (haplotypes, bins, inputs of a bin), with any number of haplotypes and bins.
        advance
            Called after each batch with the bins of haplotypes that it finished: a float, since chunks overlap.

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
            size = next((length for length in CHUNK_LENGTHS if length >= bins), CHUNK)
            # The last chunk ends at the last bin; the others begin every half chunk.
            last = max(0, bins - size)
            starts = [*range(0, last, size // 2), last]
            for start in starts:
                weights[number][start : start + size] += _taper(size)[: bins - start]
            chunks.setdefault(size, []).extend((number, row, start) for row in range(haplotypes) for start in starts)
        for size, offsets in chunks.items():
            batch = CHUNKS_IN_BATCH * max(1, SHORT_CHUNK // size)
            for first in range(0, len(offsets), batch):
                chosen = offsets[first : first + batch]
                odds = self._odds(np.stack([_cut(parts[n][row], start, size) for n, row, start in chosen]), batch)
                for (number, row, start), values in zip(chosen, odds, strict=True):
                    bins = min(size, parts[number].shape[1] - start)
                    totals[number][row, start : start + bins] += (_taper(size) * values)[:bins]
                if advance is not None:
                    advance(sum(parts[n].shape[1] / chunks_in(parts[n].shape[1]) for n, _, _ in chosen))
        return [
            np.asarray(expit(total / weight), dtype=np.float32) for total, weight in zip(totals, weights, strict=True)
        ]

    def _odds(self, chunks: np.ndarray, batch: int) -> npt.NDArray[np.float32]:
        """Return log odds, float32 (chunks, bins), for one batch of chunks."""
        read = self._scale(pad_rows(chunks, batch))
        odds = logit(self._model.predict_on_batch(read)[..., 0])
        if self._both:
            odds = (odds + logit(self._model.predict_on_batch(read[:, ::-1])[:, ::-1, 0])) / 2
        return np.asarray(odds[: len(chunks)], dtype=np.float32)


def chunks_in(bins: int) -> int:
    """Return the number of chunks of a stretch of ``bins`` bins.

    Examples
    --------
    >>> [chunks_in(bins) for bins in (3, 2_000, 2_001, 3_000, 3_001)]
    [1, 1, 2, 2, 3]
    """
    return 1 + -(-max(0, bins - CHUNK) // (CHUNK // 2))


def _taper(size: int) -> npt.NDArray[np.float32]:
    """Return the weight of each bin of a chunk: its distance from the ends."""
    return np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1)).astype(np.float32)


def _cut(haplotype: np.ndarray, start: int, size: int) -> np.ndarray:
    """Cut a chunk from (bins, inputs), padded with empty bins at its end."""
    found = haplotype[start : start + size]
    return np.pad(found, ((0, size - len(found)), (0, 0))) if len(found) < size else found


class SecondPredictor(BinPredictor):
    """Predict every bin with a second network, whose inputs are scaled already."""

    def __init__(self, model: keras.Model, *, both_strands: bool) -> None:
        super().__init__(model, both_strands=both_strands, scale=np.asarray)
