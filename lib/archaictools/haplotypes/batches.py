"""Haplotypes as batches of stretches of bins, drawn anew in each epoch.

A stretch without introgression says little and there are many: only some of them are learnt from in an epoch, and
those weigh the more. Order, offsets and changes are functions of seed and epoch alone.
"""

from __future__ import annotations

from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from archaictools.haplotypes.feature_file import SHARED
from archaictools.sequence.batches import pad_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import tensorflow as tf

    from archaictools.haplotypes.augment import Augmentation
    from archaictools.haplotypes.dataset import Run

Batch = tuple["npt.NDArray[np.float32]", "npt.NDArray[np.float32]", "npt.NDArray[np.float32]"]

#: Stretches shuffled together: 100 MB at 500 bins.
BUFFER = 6_000

#: Batches made in advance, so that the next stretches are read while those before are learnt from: 400 MB at 128 x 500.
AHEAD = 48

_LOG = np.log1p(np.arange(256, dtype=np.float32))
_SHARE = np.arange(256, dtype=np.float32) / 255


def scaled(inputs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Turn inputs as stored into what the network reads: log(1 + count), and the callable share.

    Parameters
    ----------
    inputs
        uint8 (..., 34).
    """
    found = _LOG[inputs]
    column = inputs.shape[-1] - len(SHARED) + SHARED.index("callable")
    found[..., column] = _SHARE[inputs[..., column]]
    return found


def choose(
    introgressed: npt.NDArray[Any], weight: npt.NDArray[np.float32], keep: float, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Choose all stretches with introgression and a share of the others, which come to weigh the more.

    Parameters
    ----------
    introgressed
        (stretches, bins).
    weight
        Of the same shape; changed in place.
    keep
        The share.
    rng
        Chooses.
    """
    rich = np.asarray(introgressed.any(axis=1))
    weight[~rich] /= keep
    return rich | (rng.random(len(rich)) < keep)


def streamed(
    epoch: Callable[[], Iterator[Batch]], steps: int, shape: tuple[int, int, int], *, ahead: int
) -> tf.data.Dataset:
    """Return batches of inputs of this shape as a dataset that prepares some ahead while others are trained on."""
    import tensorflow as tf

    column = tf.TensorSpec((*shape[:2], 1), tf.float32)
    signature = (tf.TensorSpec(shape, tf.float32), column, column)
    stream = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    stream = stream.apply(tf.data.experimental.assert_cardinality(steps))
    options = tf.data.Options()
    options.autotune.enabled = False
    return stream.prefetch(ahead).with_options(options)


class BinBatches:
    """Batches of stretches of the training side.

    Parameters
    ----------
    runs
        The training side.
    size
        Length of a bin in bp.
    stretch
        Bins of a stretch; shorter runs are padded with bins of weight 0.
    batch
        Stretches a batch.
    keep
        Share of the stretches without introgression that are used in an epoch.
    augmentation
        Changes made to each person, or None.
    seed
        Of everything random.
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
        # Offsets and switches change it a little, but schedule and progress need a number before anything is drawn.
        self.steps = max(1, round(sum(self._expected(run) for run in self._runs) / batch))

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of one epoch (counted from 0): inputs, introgressed shares, weights.

        There are :attr:`steps` of them: where chance leaves fewer, people are gone through again.
        """
        rng = np.random.default_rng([self._seed, number])
        return islice(chain.from_iterable(self._pass(rng) for _ in count()), self.steps)

    def _pass(self, rng: np.random.Generator) -> Iterator[Batch]:
        parts: list[tuple[np.ndarray, ...]] = []
        held = 0
        for place in rng.permutation(len(self._people)):
            run, pair = self._people[place]
            drawn = self._cut(run, pair, rng)
            parts.append(drawn)
            held += len(drawn[0])
            if held >= BUFFER:
                yield from self._batches(parts, rng)
                parts, held = [], 0
        if held:
            yield from self._batches(parts, rng)

    def dataset(self, number: int) -> tf.data.Dataset:
        """Return one epoch as a dataset that prepares batches while others are trained on."""
        inputs = len(self._runs[0].unit.words.alphabet.inputs)
        return streamed(lambda: self.epoch(number), self.steps, (self.batch, self._stretch, inputs), ahead=AHEAD)

    def _expected(self, run: Run) -> float:
        """Return how many stretches of a run an epoch should hold."""
        truth = run.unit.words.truth(run.unit.chrom)[:, run.where]
        number = max(1, truth.shape[1] // self._stretch)
        rich = np.add.reduceat(truth, np.arange(number) * self._stretch, axis=1, dtype=np.int64) > 0
        return float(np.where(rich, 1, self._keep).sum())

    def _cut(self, run: Run, pair: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Cut one person's run into stretches: inputs, introgressed shares, weights of bins."""
        words, chrom = run.unit.words, run.unit.chrom
        rows = slice(pair[0], pair[1] + 1, pair[1] - pair[0])
        inputs, truth = words.inputs(chrom, rows)[:, run.where], words.truth(chrom, rows)[:, run.where]
        truth[words.gaps(chrom, rows)[:, run.where]] = 0  # what holds no data tells nothing
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
        chosen = choose(truth, weight, self._keep, rng)
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
