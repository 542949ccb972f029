"""Training batches of chunks of bins, drawn in every epoch.

Chunks without introgression are many and carry little information: an epoch uses a random subset, with a larger
weight. Order, offsets and augmentation are functions of seed and epoch alone.
"""

from __future__ import annotations

from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from archaictools.haplotypes.encoding import SHARED_INPUTS
from archaictools.learning.batching import pad_rows, streamed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import tensorflow as tf

    from archaictools.haplotypes.augment import Augmentation
    from archaictools.haplotypes.dataset import Run
    from archaictools.learning.batching import Batch

#: Chunks shuffled together: 100 MB at 500 bins.
SHUFFLED_CHUNKS = 6_000

#: Batches prepared in advance, so that reading the next chunks overlaps with training: 400 MB at 128 x 500.
BATCHES_AHEAD = 48

_LOG = np.log1p(np.arange(256, dtype=np.float32))
_FRACTION = np.arange(256, dtype=np.float32) / 255


def scaled(inputs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the inputs of the network: log(1 + count), and the callable fraction.

    Parameters
    ----------
    inputs
        uint8 (..., 34), as stored.
    """
    found = _LOG[inputs]
    column = inputs.shape[-1] - len(SHARED_INPUTS) + SHARED_INPUTS.index("callable")
    found[..., column] = _FRACTION[inputs[..., column]]
    return found


def subsample_negatives(
    introgressed: npt.NDArray[Any], weight: npt.NDArray[np.float32], keep: float, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Keep all positive chunks; subsample negatives and up-weight them by 1/keep.

    Parameters
    ----------
    introgressed
        (chunks, bins): bases or fraction introgressed.
    weight
        float32 (chunks, bins); changed in place.
    keep
        Probability of keeping a chunk without introgression.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        bool (chunks,): the chunks to use.
    """
    positive = np.asarray(introgressed.any(axis=1))
    weight[~positive] /= keep
    return positive | (rng.random(len(positive)) < keep)


class BinBatches:
    """Batches of chunks of the training side.

    Parameters
    ----------
    runs
        The training side.
    size
        Length of a bin in bp.
    stretch
        Bins of a chunk; shorter runs are padded with bins of weight 0.
    batch
        Chunks a batch.
    keep
        Fraction of the chunks without introgression that an epoch uses.
    augmentation
        Changes made to each person, or None.
    seed
        Seed of order, offsets and augmentation.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        *,
        size: int,
        stretch: int,
        batch: int,
        keep: float,
        augmentation: Augmentation | None,
        seed: int,
    ) -> None:
        self._runs, self._size, self._stretch = list(runs), size, stretch
        self._keep, self._augmentation, self._seed = keep, augmentation, seed
        self._people = [(run, pair) for run in self._runs for pair in run.unit.words.people]
        self.batch = batch
        # Offsets and phase switches change it a little, but schedule and progress need a number in advance.
        self.steps = max(1, round(sum(self._expected(run) for run in self._runs) / batch))

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of one epoch (from 0): inputs, introgressed fractions, weights.

        There are exactly :attr:`steps`: if chance leaves fewer, the epoch goes through the people again.
        """
        rng = np.random.default_rng([self._seed, number])
        return islice(chain.from_iterable(self._pass(rng) for _ in count()), self.steps)

    def _pass(self, rng: np.random.Generator) -> Iterator[Batch]:
        parts: list[tuple[np.ndarray, ...]] = []
        chunks = 0
        for number in rng.permutation(len(self._people)):
            run, pair = self._people[number]
            drawn = self._cut(run, pair, rng)
            parts.append(drawn)
            chunks += len(drawn[0])
            if chunks >= SHUFFLED_CHUNKS:
                yield from self._batches(parts, rng)
                parts, chunks = [], 0
        if chunks:
            yield from self._batches(parts, rng)

    def dataset(self, number: int) -> tf.data.Dataset[Any]:
        """Return one epoch (from 0) as a dataset that prepares batches in advance."""
        shape = (self.batch, self._stretch)
        return streamed(
            lambda: self.epoch(number),
            self.steps,
            inputs=(*shape, len(self._runs[0].unit.words.encoding.inputs)),
            dtype="float32",
            targets=(*shape, 1),
            ahead=BATCHES_AHEAD,
        )

    def _expected(self, run: Run) -> float:
        """Return the expected number of chunks of a run in an epoch."""
        truth = run.unit.words.truth(run.unit.chrom)[:, run.where]
        number = max(1, truth.shape[1] // self._stretch)
        positive = np.add.reduceat(truth, np.arange(number) * self._stretch, axis=1, dtype=np.int64) > 0
        return float(np.where(positive, 1, self._keep).sum())

    def _cut(self, run: Run, pair: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Cut one person's run into chunks: inputs, introgressed fractions, weights of bins."""
        words, chrom = run.unit.words, run.unit.chrom
        rows = slice(pair[0], pair[1] + 1, pair[1] - pair[0])
        inputs, truth = words.inputs(chrom, rows)[:, run.where], words.truth(chrom, rows)[:, run.where]
        truth[words.gaps(chrom, rows)[:, run.where]] = 0  # without data there is nothing to predict from
        if self._augmentation is not None:
            inputs, truth = self._augmentation.apply(inputs, truth, rng)
        bins, stretch = truth.shape[1], self._stretch
        weight = np.ones((2, bins), dtype=np.float32)
        if bins < stretch:
            wide = ((0, 0), (0, stretch - bins))
            inputs, truth, weight = np.pad(inputs, (*wide, (0, 0))), np.pad(truth, wide), np.pad(weight, wide)
            bins = stretch
        spare = bins % stretch
        first = int(rng.integers(0, spare + 1))
        used = slice(first, first + bins - spare)
        inputs = inputs[:, used].reshape(-1, stretch, inputs.shape[2])
        truth, weight = truth[:, used].reshape(-1, stretch), weight[:, used].reshape(-1, stretch)
        chosen = subsample_negatives(truth, weight, self._keep, rng)
        return inputs[chosen], np.minimum(truth[chosen] / self._size, 1).astype(np.float32), weight[chosen]

    def _batches(self, parts: list[tuple[np.ndarray, ...]], rng: np.random.Generator) -> Iterator[Batch]:
        inputs, share, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = rng.permutation(len(inputs))
        for first in range(0, len(order), self.batch):
            chosen = np.sort(order[first : first + self.batch])
            yield (
                scaled(pad_rows(inputs[chosen], self.batch)),
                pad_rows(share[chosen], self.batch)[..., None],
                pad_rows(weight[chosen], self.batch)[..., None],
            )
