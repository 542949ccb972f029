"""Train the second network on the first network's scores of the training side.

The second network is used without an archaic genome. It is trained on people with and without one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from archaictools.haplotypes.augment import archaic_changes
from archaictools.haplotypes.batches import subsample_negatives
from archaictools.haplotypes.options import KEEP_NEGATIVES
from archaictools.haplotypes.predictors import SecondPredictor
from archaictools.haplotypes.relatedness import INPUTS, SCALE
from archaictools.learning.batching import pad_rows, streamed
from archaictools.learning.forward import KerasForward
from archaictools.learning.training import compile_network, run_epochs, validation
from archaictools.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import keras
    import numpy.typing as npt
    import tensorflow as tf

    from archaictools.haplotypes.dataset import Run
    from archaictools.haplotypes.options import BinTrainingOptions
    from archaictools.haplotypes.predict import TwoStagePredictor
    from archaictools.learning.batching import Batch
    from archaictools.learning.network import NetworkConfig
    from archaictools.learning.training import Trained
    from archaictools.learning.workers import Workers

log = logging.getLogger("archaictools")

#: Units of each layer of the second network, and its epochs.
UNITS, EPOCHS = 48, 10
#: Learning rate for a batch of 128; it grows with the square root of the batch.
LEARNING_RATE_AT_128 = 0.004
#: Steps in which the learning rate rises, and largest norm of a gradient, of both networks.
WARMUP_STEPS, MAX_GRADIENT = 100, 1.0

#: Largest number of bins to train on: the first network reads them in a quarter of an hour on two cores.
MAX_TRAINING_BINS = 36_000_000


@dataclass(frozen=True)
class _Chunks:
    """Training data: float16 (chunks, bins, inputs), and twice float32 (chunks, bins)."""

    inputs: npt.NDArray[np.float16]
    share: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]


class SecondBatches:
    """Batches of chunks, in an order and direction drawn in every epoch.

    See :class:`archaictools.haplotypes.batches.BinBatches`.
    """

    def __init__(self, chunks: _Chunks, *, batch: int, reverse: bool, seed: int) -> None:
        self._chunks, self._reverse, self._seed = chunks, reverse, seed
        self.batch = batch
        self.steps = -(-len(chunks.share) // batch)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of one epoch (from 0): inputs, introgressed fractions, weights."""
        rng = np.random.default_rng([self._seed, number])
        order = rng.permutation(len(self._chunks.share))
        for first in range(0, len(order), self.batch):
            chosen = order[first : first + self.batch]
            turned = self._reverse & (rng.random(len(chosen)) < 0.5)
            columns = []
            for column in (self._chunks.inputs, self._chunks.share, self._chunks.weight):
                part = column[chosen].astype(np.float32)
                part[turned] = part[turned, ::-1]
                columns.append(pad_rows(part, self.batch))
            yield columns[0], columns[1][..., None], columns[2][..., None]

    def dataset(self, number: int) -> tf.data.Dataset[Any]:
        """Return one epoch (from 0) as a dataset."""
        _, bins, inputs = self._chunks.inputs.shape
        return streamed(
            lambda: self.epoch(number),
            self.steps,
            inputs=(self.batch, bins, inputs),
            dtype="float32",
            targets=(self.batch, bins, 1),
            ahead=2,
        )


@dataclass(frozen=True)
class ValidationInputs:
    """The validation side, as the second network reads it.

    Attributes
    ----------
    inputs
        float16 (haplotypes, bins, inputs), for some haplotypes at a time.
    label
        int8 (bins of all haplotypes,).
    """

    inputs: Sequence[npt.NDArray[np.float16]]
    label: npt.NDArray[np.int8]

    @classmethod
    def read(cls, stages: TwoStagePredictor, groups: Sequence[tuple[Run, slice]]) -> ValidationInputs:
        """Score haplotypes of some runs with the first network."""
        inputs, label = [], []
        bins = sum(_size(run, rows) for run, rows in groups)
        with Progress(bins, "bins", "second network, validation") as progress:
            for run, rows in groups:
                words, chrom = run.unit.words, run.unit.chrom
                inputs += [part.astype(np.float16) for part in stages.inputs(words, chrom, rows, run.where)]
                label.append(words.label(chrom, rows)[:, run.where].ravel())
                progress.advance(_size(run, rows))
        return cls(inputs, np.concatenate(label))

    def measure_first(self) -> dict[str, float]:
        """Measure the first network, whose log odds are among the inputs."""
        column = INPUTS.index("odds") - len(INPUTS)
        predicted = [expit(SCALE * inputs[..., column].astype(np.float64)).ravel() for inputs in self.inputs]
        return validation(self.label, np.concatenate(predicted))

    def measure(self, predictor: SecondPredictor) -> dict[str, float]:
        """Measure the second network; see :func:`archaictools.learning.training.validation`."""
        predicted = [predictor(inputs.astype(np.float32)).ravel() for inputs in self.inputs]
        return validation(self.label, np.concatenate(predicted).astype(np.float64))


def second_network(first: NetworkConfig) -> NetworkConfig:
    """Return the sizes of the second network, given those of the first."""
    inputs = first.vocabulary + len(INPUTS)
    return replace(first, vocabulary=inputs, embedding=UNITS, lstm=UNITS, dense=UNITS, lstm_layers=1, dropout=0.0)


def fit_second(
    network: NetworkConfig,
    stages: TwoStagePredictor,
    runs: Sequence[Run],
    held_out: ValidationInputs,
    options: BinTrainingOptions,
    *,
    seed: int,
    before: Mapping[str, np.ndarray],
    size: int,
    workers: Workers | None = None,
) -> tuple[keras.Model, Trained]:
    """Train a second network.

    Parameters
    ----------
    network
        Its sizes, see :func:`second_network`.
    stages
        Scores with the first network, calibrated.
    runs
        The training side; groups of haplotypes are drawn at random until they have :data:`MAX_TRAINING_BINS`.
    held_out
        The validation side.
    options
        How the first network was trained; epochs and learning rate of the second are its own.
    seed
        Seed of the draw, of order, direction and augmentation.
    before
        Weights to continue from, or empty.
    size
        Length of a bin in bp.
    workers
        Processes to train with.

    Returns
    -------
    tuple
        The network with the weights of its best epoch, and its training history.
    """
    chunks = _training_chunks(stages, runs, options, size=size, seed=seed)
    augment = not options.no_augment
    batch = options.resolve(len(chunks.share))[0]
    batches = SecondBatches(chunks, batch=batch, reverse=augment, seed=seed)
    rate = LEARNING_RATE_AT_128 * (batch / 128) ** 0.5
    options = replace(options, epochs=EPOCHS, patience=0, keep="best", schedule="cosine")
    model = network.build(before or None)
    compile_network(model, rate, options, batches.steps, warmup=WARMUP_STEPS, clip=MAX_GRADIENT)
    predictor = SecondPredictor(KerasForward(model), both_strands=augment)
    log.info("second network: %d chunks", len(chunks.share))
    trained = run_epochs(
        model,
        batches,
        options,
        lambda: held_out.measure(predictor),
        learning_rate=rate,
        settings={},
        workers=workers,
    )
    return model, trained


def _training_chunks(
    stages: TwoStagePredictor, runs: Sequence[Run], options: BinTrainingOptions, *, size: int, seed: int
) -> _Chunks:
    """Score people of the training side once; return all positive chunks and a subset of the negatives."""
    rng = np.random.default_rng([seed, len(INPUTS)])
    drawn, bins = _drawn_groups(runs, rng)
    stretch, parts = options.stretch, []
    with Progress(bins, "bins", "second network") as progress:
        for run, rows in drawn:
            words, chrom = run.unit.words, run.unit.chrom
            change = None if options.no_augment else partial(_changed, rng=rng)
            read = stages.inputs(words, chrom, rows, run.where, change=change)
            inputs = np.concatenate([part.astype(np.float16) for part in read])
            share = np.minimum(words.truth(chrom, rows)[:, run.where] / size, 1).astype(np.float32)
            progress.advance(_size(run, rows))
            number = -(-share.shape[1] // stretch)
            wide = ((0, 0), (0, number * stretch - share.shape[1]))
            weight = np.pad(np.ones_like(share), wide).reshape(-1, stretch)
            share = np.pad(share, wide).reshape(-1, stretch)
            inputs = np.pad(inputs, (*wide, (0, 0))).reshape(-1, stretch, inputs.shape[2])
            kept = subsample_negatives(share, weight, KEEP_NEGATIVES, rng)
            parts.append((inputs[kept], share[kept], weight[kept]))
    return _Chunks(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _drawn_groups(runs: Sequence[Run], rng: np.random.Generator) -> tuple[list[tuple[Run, slice]], int]:
    """Draw groups of haplotypes until they have :data:`MAX_TRAINING_BINS`; return also the number of bins."""
    every = [(run, rows) for run in runs for rows in run.unit.words.groups]
    drawn: list[tuple[Run, slice]] = []
    bins = 0
    for number in rng.permutation(len(every)).tolist():
        run, rows = every[number]
        if bins and bins >= MAX_TRAINING_BINS:
            break
        drawn.append((run, rows))
        bins += _size(run, rows)
    return drawn, bins


def _size(run: Run, rows: slice) -> int:
    """Return the number of bins of some haplotypes."""
    bins: int = (rows.stop - rows.start) * (run.last - run.first)
    return bins


def _changed(inputs: npt.NDArray[np.uint8], *, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Change the archaic calls of each person, see :func:`archaictools.haplotypes.augment.archaic_changes`."""
    no_truth = np.zeros((2, inputs.shape[1]), dtype=np.uint16)
    augmentation = archaic_changes()
    people = [slice(first, first + 2) for first in range(0, len(inputs) - 1, 2)]
    changed = [augmentation.apply(inputs[person], no_truth, rng)[0] for person in people]
    return np.concatenate([*changed, inputs[2 * len(people) :]])
