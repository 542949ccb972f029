"""Posteriors of stretches of bins by one network, blended from chunks that overlap."""

from __future__ import annotations

from dataclasses import dataclass
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

    #: Number of the stretch, row of the haplotype, first bin of a chunk, and whether it is read backwards.
    Chunk = tuple[int, int, int, bool]

#: A stretch shorter than a chunk is one chunk, padded with empty bins to one of these lengths or to that of a chunk, so
#: that few lengths share batches.
SHORT_CHUNKS = (10, 50, 500, 1_000, 1_500)


@dataclass(frozen=True)
class Chunking:
    """How a long stretch is cut into chunks that overlap.

    Attributes
    ----------
    size
        Bins of a chunk.
    overlap
        A chunk begins so many bins before the end of the one before it; at most half of a chunk.
    shift
        Chunks that are read backwards begin so many bins later, but for the first. So where chunks of one direction
        meet, the other direction has a chunk around it.
    """

    size: int
    overlap: int
    shift: int = 0

    def length_for(self, bins: int) -> int:
        """Return the length of the chunks of a stretch."""
        return next((length for length in SHORT_CHUNKS if bins <= length < self.size), self.size)

    def starts(self, bins: int, *, backwards: bool = False) -> list[int]:
        """Return the first bin of each chunk of a stretch; the last chunk ends with the last bin.

        Examples
        --------
        >>> Chunking(size=2_000, overlap=200).starts(6_000)
        [0, 1800, 3600, 4000]
        >>> Chunking(size=2_000, overlap=200, shift=900).starts(6_000, backwards=True)
        [0, 900, 2700, 4000]
        >>> [len(Chunking(size=2_000, overlap=1_000).starts(bins)) for bins in (3, 2_000, 2_001, 3_000, 3_001)]
        [1, 1, 2, 2, 3]
        """
        last, step = max(0, bins - self.size), self.size - self.overlap
        shifted = backwards and self.shift and last
        return [*([0, *range(self.shift, last, step)] if shifted else range(0, last, step)), last]

    def taper(self, size: int) -> npt.NDArray[np.float32]:
        """Return the weight of each bin of a chunk: its distance from the ends, up to the overlap."""
        distance = np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1))
        return np.minimum(distance, self.overlap).astype(np.float32)


#: The default, with an archaic genome. An overlap of half of a chunk, which reads each bin twice in each direction, has
#: the same F1 in ten real people, and within 0.002 in ten simulations. A tenth lost 0.004 in real people, or 0.012
#: without a shift. Chunks of 8,000 bins lost 0.006 in a simulation. All figures: ``performance/RESULTS.md``.
CHUNKING = Chunking(size=2_000, overlap=500, shift=750)

#: Without an archaic genome. Scores are less certain there, and :data:`CHUNKING` lost up to 0.003 of F1.
HALVES = Chunking(size=2_000, overlap=1_000)


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
    chunking
        How long stretches are cut.
    """

    def __init__(
        self,
        forward: Forward,
        *,
        both_strands: bool,
        scale: Callable[[np.ndarray], npt.NDArray[np.float32]] = scaled,
        chunking: Chunking = CHUNKING,
    ) -> None:
        self._forward, self._scale, self._chunking = forward, scale, chunking
        self._ways = (False, True) if both_strands else (False,)

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
        passes = []
        for number, part in enumerate(parts):
            haplotypes, bins, _ = part.shape
            size = self._chunking.length_for(bins)
            starts = [(start, way) for way in self._ways for start in self._chunking.starts(bins, backwards=way)]
            for start, _ in starts:
                weights[number][start : start + size] += self._chunking.taper(size)[: bins - start]
            chunks.setdefault(size, []).extend((number, row, *chunk) for row in range(haplotypes) for chunk in starts)
            passes.append(len(starts))
        batches = [
            (size, chosen[first : first + self._rows(size)])
            for size, chosen in chunks.items()
            for first in range(0, len(chosen), self._rows(size))
        ]
        for (size, chosen), odds in zip(batches, self._odds(parts, batches), strict=True):
            taper = self._chunking.taper(size)
            for (number, row, start, _), values in zip(chosen, odds, strict=True):
                bins = min(size, parts[number].shape[1] - start)
                totals[number][row, start : start + bins] += (taper * values)[:bins]
            if advance is not None:
                advance(sum(parts[number].shape[1] / passes[number] for number, *_ in chosen))
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
                yield self._scale(np.stack([_cut(parts[chunk[0]], chunk, size) for chunk in chosen]))

        for (_, chosen), probability in zip(batches, self._forward(inputs()), strict=True):
            odds = logit(probability).astype(np.float32)
            backwards = [chunk[3] for chunk in chosen]
            odds[backwards] = odds[backwards, ::-1]
            yield odds


def _cut(part: np.ndarray, chunk: Chunk, size: int) -> np.ndarray:
    """Cut a chunk from (haplotypes, bins, inputs) and pad it with empty bins; bins are in the order of reading."""
    _, row, start, backwards = chunk
    found = part[row, start : start + size]
    if len(found) < size:
        found = np.pad(found, ((0, size - len(found)), (0, 0)))
    return found[::-1] if backwards else found


class SecondPredictor(BinPredictor):
    """Predict every bin with a second network, whose inputs are scaled already."""

    def __init__(self, forward: Forward, *, both_strands: bool, chunking: Chunking = CHUNKING) -> None:
        super().__init__(forward, both_strands=both_strands, scale=np.asarray, chunking=chunking)
