"""Posteriors of stretches of bins by one network, blended from chunks that overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from archaictools.haplotypes.batches import scaled
from archaictools.learning.calibration import logit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from archaictools.learning.forward import Forward

    Advance = Callable[[float], None]

    #: Number of the stretch, row of the haplotype and first bin of a chunk.
    Chunk = tuple[int, int, int]

#: Bins of a chunk. Longer chunks are not more accurate (measured with the pretrained model, 500 to 4,000), and training
#: shows a network few stretches that are longer.
CHUNK = 2_000
#: A chunk begins so many bins before the end of the one before it.
OVERLAP = CHUNK // 2
#: A shorter stretch is one chunk, padded with empty bins to one of these lengths, so that few lengths share batches.
CHUNK_LENGTHS = (10, 50, 500, 1_000, 1_500, CHUNK)


class BinPredictor:
    """Predict every bin with one network.

    The state of an LSTM outlasts any margin, so chunks side by side would disagree where they meet. Here the logit of a
    bin in two chunks is the mean of both, weighted by its distance from their ends. So the scores of one chunk fade
    into those of the next.

    Parameters
    ----------
    forward
        The network, for bins.
    both_strands
        Read each haplotype in both directions, and average the logits. After training in both directions this is more
        accurate, at twice the time.
    scale
        Turns stored inputs into inputs of the network.
    """

    def __init__(
        self,
        forward: Forward,
        *,
        both_strands: bool,
        scale: Callable[[np.ndarray], npt.NDArray[np.float32]] = scaled,
    ) -> None:
        self._forward, self._both, self._scale = forward, both_strands, scale

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
        chunks: dict[int, list[Chunk]] = {}
        for number, part in enumerate(parts):
            haplotypes, bins, _ = part.shape
            size = next((length for length in CHUNK_LENGTHS if length >= bins), CHUNK)
            starts = chunk_starts(bins, size)
            for start in starts:
                weights[number][start : start + size] += _taper(size)[: bins - start]
            chunks.setdefault(size, []).extend((number, row, start) for row in range(haplotypes) for start in starts)
        batches = [
            (size, chosen[first : first + self._rows(size)])
            for size, chosen in chunks.items()
            for first in range(0, len(chosen), self._rows(size))
        ]
        for (size, chosen), odds in zip(batches, self._odds(parts, batches), strict=True):
            for (number, row, start), values in zip(chosen, odds, strict=True):
                bins = min(size, parts[number].shape[1] - start)
                totals[number][row, start : start + bins] += (_taper(size) * values)[:bins]
            if advance is not None:
                advance(sum(parts[n].shape[1] / chunks_in(parts[n].shape[1]) for n, _, _ in chosen))
        return [
            np.asarray(expit(total / weight), dtype=np.float32) for total, weight in zip(totals, weights, strict=True)
        ]

    def _rows(self, size: int) -> int:
        """Return the number of chunks of ``size`` bins in a batch."""
        return max(1, self._forward.steps_in_batch // size)

    def _odds(
        self, parts: Sequence[np.ndarray], batches: Sequence[tuple[int, list[Chunk]]]
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield log odds of each batch, float32 (chunks, bins)."""

        def inputs() -> Iterator[npt.NDArray[np.float32]]:
            for size, chosen in batches:
                read = self._scale(np.stack([_cut(parts[number][row], start, size) for number, row, start in chosen]))
                yield read
                if self._both:
                    yield read[:, ::-1]

        found = self._forward(inputs())
        for probability in found:
            odds = logit(probability)
            if self._both:
                odds = (odds + logit(next(found)[:, ::-1])) / 2
            yield odds.astype(np.float32)


def chunk_starts(bins: int, size: int) -> list[int]:
    """Return the first bin of each chunk of a stretch; the last chunk ends with the last bin.

    Examples
    --------
    >>> chunk_starts(4_500, 2_000)
    [0, 1000, 2000, 2500]
    """
    last = max(0, bins - size)
    return [*range(0, last, size - min(OVERLAP, size // 2)), last]


def chunks_in(bins: int) -> int:
    """Return the number of chunks of a stretch of ``bins`` bins.

    Examples
    --------
    >>> [chunks_in(bins) for bins in (3, 2_000, 2_001, 3_000, 3_001)]
    [1, 1, 2, 2, 3]
    """
    return len(chunk_starts(bins, CHUNK))


def _taper(size: int) -> npt.NDArray[np.float32]:
    """Return the weight of each bin of a chunk: its distance from the ends, up to the overlap."""
    distance = np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1))
    return np.minimum(distance, OVERLAP).astype(np.float32)


def _cut(haplotype: np.ndarray, start: int, size: int) -> np.ndarray:
    """Cut a chunk from (bins, inputs), padded with empty bins at its end."""
    found = haplotype[start : start + size]
    return np.pad(found, ((0, size - len(found)), (0, 0))) if len(found) < size else found


class SecondPredictor(BinPredictor):
    """Predict every bin with a second network, whose inputs are scaled already."""

    def __init__(self, forward: Forward, *, both_strands: bool) -> None:
        super().__init__(forward, both_strands=both_strands, scale=np.asarray)
