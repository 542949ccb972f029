"""Posteriors of stretches of bins by one network, blended from chunks that overlap.

A stretch is read and predicted block by block, so memory contains some blocks, however long the stretch is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit

from archaictools.haplotypes.batches import scaled
from archaictools.learning.calibration import logit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy.typing as npt

    from archaictools.learning.forward import Forward

    Advance = Callable[[float], None]

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


#: Bins of a stretch that are read at a time, and a chunk more.
BLOCK = 8_192

#: A chunk waits until a batch of its length is full, or until chunks with so many bins have been read.
MOST_WAITING = 1_000_000


@dataclass(frozen=True)
class Stretch:
    """Bins of some haplotypes that are predicted without a break.

    Attributes
    ----------
    haplotypes, bins
        Their numbers.
    read
        Called with slices of the bins, which come in order and overlap. It yields the inputs there, one haplotype after
        the other: (bins, inputs of a bin).
    """

    haplotypes: int
    bins: int
    read: Callable[[slice], Iterable[np.ndarray]]


class Scores(NamedTuple):
    """Number of a stretch, some of its bins, and P(introgressed) there: float32 (haplotypes, bins)."""

    stretch: int
    bins: slice
    values: npt.NDArray[np.float32]


class _Chunk(NamedTuple):
    """Inputs of a chunk in the order of reading, and where it is from."""

    stretch: _OpenStretch
    row: int
    backwards: bool
    start: int
    inputs: np.ndarray


class _OpenStretch:
    """A stretch that is being predicted: what its chunks say, until all that overlap a block are known.

    Sums of floating-point numbers depend on their order. A bin gets its chunks in the order of reading, first those
    that are read forwards. So its score does not depend on where blocks end.
    """

    def __init__(self, number: int, stretch: Stretch, chunking: Chunking, ways: Sequence[bool]) -> None:
        self._number, self._stretch = number, stretch
        self.size = chunking.length_for(stretch.bins)
        self._taper = chunking.taper(self.size)
        self._starts = [(way, start) for way in ways for start in chunking.starts(stretch.bins, backwards=way)]
        self._block = max(BLOCK, self.size)
        self._blocks = max(start for _, start in self._starts) // self._block + 1
        self._odds: dict[tuple[bool, int], npt.NDArray[np.float32]] = {}
        self._done = 0
        self._unknown: deque[int] = deque()

    @property
    def bins_of_chunk(self) -> float:
        """Bins of one haplotype that a chunk finishes, on average."""
        return self._stretch.bins / len(self._starts)

    def chunks(self) -> Iterator[_Chunk]:
        """Yield the chunks of one block after the other."""
        for number in range(self._blocks):
            first = number * self._block
            here = [(way, start) for way, start in self._starts if first <= start < first + self._block]
            stop = min(max(start for _, start in here) + self.size, self._stretch.bins)
            self._unknown.append(len(here) * self._stretch.haplotypes)
            for row, inputs in enumerate(self._stretch.read(slice(first, stop))):
                for way, start in here:
                    yield _Chunk(self, row, way, start, _cut(inputs, start - first, self.size, backwards=way))

    def take(self, chunk: _Chunk, odds: npt.NDArray[np.float32]) -> Iterator[Scores]:
        """Take the log odds of a chunk, in the order of bins; yield the block that this completes."""
        key = chunk.backwards, chunk.start
        if key not in self._odds:
            self._odds[key] = np.empty((self._stretch.haplotypes, self.size), dtype=np.float32)
        self._odds[key][chunk.row] = self._taper * odds
        self._unknown[0] -= 1
        if not self._unknown[0]:
            self._unknown.popleft()
            yield self._finished()

    def _finished(self) -> Scores:
        begin, self._done = self._done * self._block, self._done + 1
        stop = self._stretch.bins if self._done == self._blocks else self._done * self._block
        total = np.zeros((self._stretch.haplotypes, stop - begin), dtype=np.float32)
        weight = np.zeros(stop - begin, dtype=np.float32)
        for way, start in sorted(self._odds):
            first, last = max(start, begin), min(start + self.size, stop)
            there, here = slice(first - start, last - start), slice(first - begin, last - begin)
            total[:, here] += self._odds[way, start][:, there]
            weight[here] += self._taper[there]
            if start + self.size <= stop:
                del self._odds[way, start]
        return Scores(self._number, slice(begin, stop), np.asarray(expit(total / weight), dtype=np.float32))


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
        found = [np.empty(part.shape[:2], dtype=np.float32) for part in parts]
        stretches = (Stretch(part.shape[0], part.shape[1], partial(_bins_of, part)) for part in parts)
        for number, bins, values in self.stream(stretches, advance=advance):
            found[number][:, bins] = values
        return found

    def stream(self, stretches: Iterable[Stretch], *, advance: Advance | None = None) -> Iterator[Scores]:
        """Predict stretches block by block; short ones share batches.

        Parameters
        ----------
        stretches
            What to predict. They are taken as they are needed.
        advance
            As for :meth:`predict`.

        Yields
        ------
        Scores
            The blocks of each stretch in order. Those of several stretches may come mixed.
        """
        sent: deque[list[_Chunk]] = deque()

        def inputs() -> Iterator[npt.NDArray[np.float32]]:
            for chunks in self._batches(stretches):
                sent.append([chunk._replace(inputs=_NOTHING) for chunk in chunks])
                yield self._scale(np.stack([chunk.inputs for chunk in chunks]))

        for probability in self._forward(inputs()):
            chunks, odds = sent.popleft(), logit(probability).astype(np.float32)
            for chunk, values in zip(chunks, odds, strict=True):
                yield from chunk.stretch.take(chunk, values[::-1] if chunk.backwards else values)
            if advance is not None:
                advance(sum(chunk.stretch.bins_of_chunk for chunk in chunks))

    def _batches(self, stretches: Iterable[Stretch]) -> Iterator[list[_Chunk]]:
        """Yield chunks of one length, as many as a batch has or fewer."""
        waiting: dict[int, list[_Chunk]] = {}
        bins = 0
        for number, stretch in enumerate(stretches):
            opened = _OpenStretch(number, stretch, self._chunking, self._ways)
            size = opened.size
            for chunk in opened.chunks():
                chosen = waiting.setdefault(size, [])
                chosen.append(chunk)
                bins += size
                if len(chosen) == self._rows(size):
                    yield waiting.pop(size)
                if bins >= MOST_WAITING:
                    yield from waiting.values()
                    waiting, bins = {}, 0
        yield from waiting.values()

    def _rows(self, size: int) -> int:
        """Return the number of chunks of ``size`` bins in a batch."""
        return max(1, self._forward.steps_in_batch // size)


_NOTHING = np.zeros(0)


def _bins_of(part: np.ndarray, bins: slice) -> np.ndarray:
    return part[:, bins]


def _cut(inputs: np.ndarray, start: int, size: int, *, backwards: bool) -> np.ndarray:
    """Cut a chunk from (bins, inputs) and pad it with empty bins; bins are in the order of reading."""
    found = inputs[start : start + size]
    if len(found) < size:
        found = np.pad(found, ((0, size - len(found)), (0, 0)))
    return found[::-1] if backwards else found


class SecondPredictor(BinPredictor):
    """Predict every bin with a second network, whose inputs are scaled already."""

    def __init__(self, forward: Forward, *, both_strands: bool, chunking: Chunking = CHUNKING) -> None:
        super().__init__(forward, both_strands=both_strands, scale=np.asarray, chunking=chunking)
