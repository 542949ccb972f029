"""Train the network of the second reading, on what the first says of people of the training side.

It speaks where no archaic genome is named, and learns from people read either way.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from archaictools.haplotypes.augment import of_archaics
from archaictools.haplotypes.batches import choose, streamed
from archaictools.haplotypes.predictors import SecondPredictor
from archaictools.haplotypes.relatedness import INPUTS, SCALE
from archaictools.learning.training import WARMUP, compile_network, run_epochs, validation
from archaictools.progress import Progress
from archaictools.sequence.batches import pad_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import keras
    import numpy.typing as npt
    import tensorflow as tf

    from archaictools.haplotypes.batches import Batch
    from archaictools.haplotypes.dataset import Run
    from archaictools.haplotypes.fit import BinTrainingOptions
    from archaictools.haplotypes.predict import TwoStagePredictor
    from archaictools.learning.network import NetworkConfig
    from archaictools.learning.training import Trained

log = logging.getLogger("archaictools")

#: Units of each layer of the second network, its epochs, and the learning rate for a batch of 128.
UNITS = 48
EPOCHS = 10
RATE = 0.004

#: Bins that it is trained on at most: the first network reads them in a quarter of an hour on two cores.
MOST_BINS = 36_000_000


@dataclass(frozen=True)
class _Stretches:
    """What is learnt from: float16 (stretches, bins, inputs), and float32 (stretches, bins) twice."""

    inputs: npt.NDArray[np.float16]
    share: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]


class SecondBatches:
    """Batches of stretches, in an order and direction drawn anew in each epoch; see :class:`BinBatches`."""

    def __init__(self, stretches: _Stretches, *, batch: int, reverse: bool, seed: int) -> None:
        self._stretches, self._reverse, self._seed = stretches, reverse, seed
        self.batch = batch
        self.steps = -(-len(stretches.share) // batch)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of one epoch (counted from 0): inputs, introgressed shares, weights."""
        rng = np.random.default_rng([self._seed, number])
        order = rng.permutation(len(self._stretches.share))
        for first in range(0, len(order), self.batch):
            chosen = order[first : first + self.batch]
            turned = self._reverse & (rng.random(len(chosen)) < 0.5)
            columns = []
            for column in (self._stretches.inputs, self._stretches.share, self._stretches.weight):
                part = column[chosen].astype(np.float32)
                part[turned] = part[turned, ::-1]
                columns.append(pad_rows(part, self.batch))
            yield columns[0], columns[1][..., None], columns[2][..., None]

    def dataset(self, number: int) -> tf.data.Dataset:
        """Return one epoch as a dataset."""
        _, bins, inputs = self._stretches.inputs.shape
        return streamed(lambda: self.epoch(number), self.steps, (self.batch, bins, inputs), ahead=2)


@dataclass(frozen=True)
class Held:
    """The validation side as the second network reads it.

    Attributes
    ----------
    inputs
        float16 (haplotypes, bins, inputs) of some haplotypes at a time.
    label
        int8, of all bins one after the other.
    """

    inputs: Sequence[npt.NDArray[np.float16]]
    label: npt.NDArray[np.int8]

    @classmethod
    def read(cls, stages: TwoStagePredictor, companies: Sequence[tuple[Run, slice]]) -> Held:
        """Read haplotypes of some runs by the first network."""
        inputs, label = [], []
        bins = sum(_size(run, rows) for run, rows in companies)
        with Progress(bins, "bins", "second reading, validation") as progress:
            for run, rows in companies:
                words, chrom = run.unit.words, run.unit.chrom
                inputs += [part.astype(np.float16) for part in stages.inputs(words, chrom, rows, run.where)]
                label.append(words.label(chrom, rows)[:, run.where].ravel())
                progress.advance(_size(run, rows))
        return cls(inputs, np.concatenate(label))

    def first(self) -> dict[str, float]:
        """Measure what the first network says: its log odds are among the inputs."""
        column = INPUTS.index("odds") - len(INPUTS)
        said = [expit(SCALE * inputs[..., column].astype(np.float64)).ravel() for inputs in self.inputs]
        return validation(self.label, np.concatenate(said))

    def measure(self, predictor: SecondPredictor) -> dict[str, float]:
        """Return :func:`archaictools.learning.training.validation`."""
        said = [predictor(inputs.astype(np.float32)).ravel() for inputs in self.inputs]
        return validation(self.label, np.concatenate(said).astype(np.float64))


def second_network(first: NetworkConfig) -> NetworkConfig:
    """Describe the second network of a first one."""
    inputs = first.vocabulary + len(INPUTS)
    return replace(first, vocabulary=inputs, embedding=UNITS, lstm=UNITS, dense=UNITS, lstm_layers=1, dropout=0.0)


def fit_second(
    network: NetworkConfig,
    stages: TwoStagePredictor,
    runs: Sequence[Run],
    held: Held,
    options: BinTrainingOptions,
    *,
    before: Mapping[str, np.ndarray],
    size: int,
) -> tuple[keras.Model, Trained]:
    """Train a second network; return it, with the weights of its best epoch, and how training went.

    Parameters
    ----------
    network
        As of :func:`second_network`.
    stages
        Reads with the first network, calibrated.
    runs
        The training side; so much of it is read, drawn by chance, that :data:`MOST_BINS` are not much exceeded.
    held
        The validation side.
    options
        How the first was trained; epochs and learning rate are the second's own.
    before
        Weights to go on from, or empty.
    size
        Length of a bin in bp.
    """
    stretches = _stretches(stages, runs, options, size)
    batch = options.resolve(len(stretches.share))[0]
    batches = SecondBatches(stretches, batch=batch, reverse=options.augment, seed=options.seed)
    rate = RATE * (batch / 128) ** 0.5
    options = replace(options, epochs=EPOCHS, patience=0, keep="best", schedule="cosine")
    model = network.build(dict(before) or None)
    compile_network(model, rate, options, batches.steps, warmup=WARMUP, clip=1.0)
    predictor = SecondPredictor(model, both_strands=options.augment)
    log.info("second reading: %d stretches", len(stretches.share))
    trained = run_epochs(model, batches, options, lambda: held.measure(predictor), learning_rate=rate, settings={})
    return model, trained


def _stretches(stages: TwoStagePredictor, runs: Sequence[Run], options: BinTrainingOptions, size: int) -> _Stretches:
    """Read people of the training side once; cut out all stretches with introgression and some of the others."""
    rng = np.random.default_rng([options.seed, len(INPUTS)])
    every = [(run, rows) for run in runs for rows in run.unit.words.groups]
    drawn: list[tuple[Run, slice]] = []
    bins = 0
    for place in rng.permutation(len(every)).tolist():
        run, rows = every[place]
        if bins and bins >= MOST_BINS:
            break
        drawn.append((run, rows))
        bins += _size(run, rows)
    stretch, parts = options.stretch, []
    with Progress(bins, "bins", "second reading") as progress:
        for run, rows in drawn:
            words, chrom = run.unit.words, run.unit.chrom
            read = stages.inputs(
                words, chrom, rows, run.where, change=partial(_changed, rng=rng) if options.augment else None
            )
            inputs = np.concatenate([part.astype(np.float16) for part in read])
            share = np.minimum(words.truth(chrom, rows)[:, run.where] / size, 1).astype(np.float32)
            progress.advance(_size(run, rows))
            number = -(-share.shape[1] // stretch)
            wide = ((0, 0), (0, number * stretch - share.shape[1]))
            weight = np.pad(np.ones_like(share), wide).reshape(-1, stretch)
            share = np.pad(share, wide).reshape(-1, stretch)
            inputs = np.pad(inputs, (*wide, (0, 0))).reshape(-1, stretch, inputs.shape[2])
            kept = choose(share, weight, options.keep_depleted, rng)
            parts.append((inputs[kept], share[kept], weight[kept]))
    return _Stretches(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _size(run: Run, rows: slice) -> int:
    """Count the bins of some haplotypes."""
    bins: int = (rows.stop - rows.start) * (run.last - run.first)
    return bins


def _changed(inputs: npt.NDArray[np.uint8], *, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Change each person as archaic genomes suffer, see :mod:`archaictools.haplotypes.augment`."""
    nothing = np.zeros((2, inputs.shape[1]), dtype=np.uint16)
    suffered = of_archaics()
    people = [slice(first, first + 2) for first in range(0, len(inputs) - 1, 2)]
    changed = [suffered.apply(inputs[person], nothing, rng)[0] for person in people]
    return np.concatenate([*changed, inputs[2 * len(people) :]])
