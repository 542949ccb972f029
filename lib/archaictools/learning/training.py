"""Training: one pass of Keras' fit an epoch, stopped, resumed and restored exactly."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from archaictools.errors import ArchaicError, UsageError
from archaictools.io.tables import plain
from archaictools.learning.checkpoint import State, load_checkpoint, save_checkpoint
from archaictools.learning.metrics import compute_metrics
from archaictools.learning.splits import TRAIN, VALIDATION
from archaictools.progress import Progress
from archaictools.sequence.batches import TrainingBatches
from archaictools.sequence.predict import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import keras
    import numpy.typing as npt
    import tensorflow as tf

    from archaictools.learning.network import NetworkConfig
    from archaictools.sequence.token_file import TokenFile

log = logging.getLogger("archaictools")

#: Smallest and largest batch chosen by default, and the steps an epoch that the choice aims at.
SMALLEST_BATCH, LARGEST_BATCH, STEPS = 32, 1_024, 32
#: Learning rate for a batch of :data:`RATE_BATCH`; it grows with the square root of the batch.
RATE, RATE_BATCH = 0.004, 128
#: Steps over which the learning rate of networks of bins rises.
WARMUP = 100

_SMALLER = "; give a smaller --learning-rate"


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How to train.

    Attributes
    ----------
    epochs
        Passes over the training side.
    batch_size
        Sentences a step; 0 to fit the number of training sentences.
    learning_rate
        Of Adam at the start; 0 to fit the batch.
    schedule
        ``cosine`` (down to zero at the last epoch) or ``constant``.
    patience
        Epochs without a lower validation loss after which training stops; 0 never to stop early.
    keep
        ``best``: the weights of the epoch with the lowest validation loss; ``last``: those of the last epoch.
    class_weight
        ``none``, or ``balanced`` to let both classes weigh the same.
    reverse_complement
        Read each training sentence on a random strand, and average both strands in prediction.
    seed
        Of initial weights, order and strands.
    """

    FEWEST_EPOCHS: ClassVar[int] = 1

    epochs: int = 5
    batch_size: int = 0
    learning_rate: float = 0.0
    schedule: str = "cosine"
    patience: int = 3
    keep: str = "best"
    class_weight: str = "none"
    reverse_complement: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        if self.epochs < self.FEWEST_EPOCHS:
            raise UsageError(f"epochs is {self.epochs}, expected {self.FEWEST_EPOCHS} or more")
        if self.keep not in {"best", "last"}:
            raise UsageError(f"keep is {self.keep!r}, expected best or last")
        if self.batch_size < 0 or self.learning_rate < 0 or self.patience < 0:
            raise UsageError("batch size, learning rate and patience must not be negative")

    def resolve(self, sentences: int) -> tuple[int, float]:
        """Return batch size and learning rate for a number of training sentences.

        The batch is a power of two that leaves 32 to 64 steps an epoch, 32 to 1,024: small sets need steps, large
        ones need throughput. Measured in ``performance/``.

        Examples
        --------
        >>> [TrainingOptions().resolve(number)[0] for number in (2_000, 5_000, 15_000, 700_000)]
        [32, 128, 256, 1024]
        """
        aim = 1 << max(0, (max(1, sentences // STEPS)).bit_length() - 1)
        batch = self.batch_size or min(LARGEST_BATCH, max(SMALLEST_BATCH, aim))
        return batch, self.learning_rate or RATE * (batch / RATE_BATCH) ** 0.5


@dataclass(frozen=True)
class Trained:
    """What training leaves: the network with its best weights, and how it got there.

    Attributes
    ----------
    history
        One row an epoch: ``epoch, loss, learning_rate, validation_loss, validation_accuracy, validation_auroc``.
    best_epoch
        The epoch (from 1) whose weights were kept.
    stopped_early
        Whether patience ran out before the last epoch.
    """

    model: keras.Model
    history: list[dict[str, float]]
    best_epoch: int
    stopped_early: bool
    batch: int
    learning_rate: float


def train_network(
    words: TokenFile,
    sides: npt.NDArray[np.int8],
    network: NetworkConfig,
    options: TrainingOptions,
    *,
    label: npt.NDArray[np.int8] | None = None,
    checkpoint: Path | None = None,
    identity: dict[str, Any] | None = None,
) -> Trained:
    """Train a network on the training side of a split.

    Parameters
    ----------
    words
        The sentences, labelled.
    sides
        Side of every sentence; see :meth:`archaictools.learning.splits.Split.sides`.
    network
        What to build.
    options
        How to train.
    label
        Labels in place of those of the words, shape (sentences,): for controls.
    checkpoint
        Folder to keep the state in after every epoch, and to go on from if it holds one.
    identity
        What must be equal for a checkpoint to be continued, besides network and options (split, words).

    Raises
    ------
    ArchaicError
        If the loss is not a number any more.
    InputError
        If the checkpoint belongs to another training.
    """
    label = words.field("label") if label is None else label
    rows, held = np.flatnonzero(sides == TRAIN), np.flatnonzero(sides == VALIDATION)
    batch, rate = options.resolve(len(rows))
    batches = TrainingBatches(
        words,
        rows,
        label[rows],
        _weights(label[rows], options.class_weight),
        batch=batch,
        seed=options.seed,
        reverse=options.reverse_complement,
    )
    model = network.build()
    compile_network(model, rate, options, batches.steps)
    predictor = Predictor(model, words.alphabet, both_strands=options.reverse_complement)
    settings = {"network": asdict(network), "training": asdict(options)} | (identity or {})
    return run_epochs(
        model,
        batches,
        options,
        lambda: validation(label[held], predictor.of_rows(words, held)),
        learning_rate=rate,
        settings=settings,
        checkpoint=checkpoint,
    )


class Batches(Protocol):
    """A training side as batches, in an order that depends on seed and epoch alone."""

    batch: int
    steps: int

    def dataset(self, number: int) -> tf.data.Dataset:
        """Return the batches of one epoch, counted from 0: inputs, labels, weights."""


def run_epochs(
    model: keras.Model,
    batches: Batches,
    options: TrainingOptions,
    validate: Callable[[], dict[str, float]],
    *,
    learning_rate: float,
    settings: dict[str, Any],
    checkpoint: Path | None = None,
) -> Trained:
    """Train epoch by epoch, from a checkpoint where there is one, until the last or until patience runs out.

    Parameters
    ----------
    model
        As compiled by :func:`compile_network`; holds the weights kept in the end.
    batches
        The training side.
    options
        How to train.
    validate
        Called after each epoch; returns :func:`validation`.
    learning_rate
        Noted in the result.
    settings
        What must be equal for a checkpoint to be continued.
    checkpoint
        Folder for the state, or None.

    Raises
    ------
    ArchaicError
        If the loss is not a number any more.
    InputError
        If the checkpoint belongs to another training.
    """
    settings = json.loads(json.dumps(plain(settings)))
    state = load_checkpoint(checkpoint, settings, _state_of(model)) if checkpoint else None
    if state is None:
        state = State()
    else:
        model.set_weights(state.weights)
        for variable, value in zip(model.optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        log.info("going on after epoch %d of %d from %s", state.epoch, options.epochs, checkpoint)
    while state.epoch < options.epochs and not (options.patience and state.waited >= options.patience):
        row = _one_epoch(model, batches, state.epoch, options.epochs)
        row |= validate()
        if not np.isfinite(row["validation_loss"]):
            raise ArchaicError(f"the validation loss is not a number after epoch {state.epoch + 1}{_SMALLER}")
        state.epoch += 1
        state.history.append(row)
        if row["validation_loss"] < state.best_loss:
            state.best_loss, state.best_epoch = row["validation_loss"], state.epoch
            state.best = model.get_weights()
        log.info(
            "epoch %d/%d: loss %.4f, validation loss %.4f, accuracy %.4f, AUROC %.4f",
            state.epoch,
            options.epochs,
            row["loss"],
            row["validation_loss"],
            row["validation_accuracy"],
            row["validation_auroc"],
        )
        if checkpoint:
            now = _state_of(model)
            state.weights, state.optimizer = now.weights, now.optimizer
            save_checkpoint(checkpoint, state, settings)
    best = options.keep == "best" and state.epoch > 0
    if best:
        model.set_weights(state.best)
    return Trained(
        model,
        state.history,
        state.best_epoch if best else state.epoch,
        state.epoch < options.epochs,
        batches.batch,
        learning_rate,
    )


def _state_of(model: keras.Model) -> State:
    """Return the weights of a network and the state of its optimiser."""
    weights = model.get_weights()
    return State(
        weights=weights, optimizer=[np.asarray(variable) for variable in model.optimizer.variables], best=weights
    )


def compile_network(
    model: keras.Model, rate: float, options: TrainingOptions, steps: int, *, warmup: int = 0, clip: float | None = None
) -> None:
    """Give a network Adam and its loss.

    Parameters
    ----------
    model
        As built.
    rate
        Highest learning rate.
    options
        Schedule and number of epochs.
    steps
        Of an epoch.
    warmup
        Steps in which the rate rises from zero, at most a tenth of all.
    clip
        Largest norm of a gradient, or None.
    """
    import keras

    warmup = min(warmup, options.epochs * steps // 10)
    if options.schedule == "cosine":
        rising = {"warmup_target": rate, "warmup_steps": warmup} if warmup else {}
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else rate, max(1, options.epochs * steps - warmup), **rising
        )
    else:
        schedule = rate
    model.compile(optimizer=keras.optimizers.Adam(schedule, clipnorm=clip), loss="binary_crossentropy")
    # Built in the first step, the optimiser's state would have that step traced twice: half of all start-up time.
    model.optimizer.build(model.trainable_variables)


def _one_epoch(model: keras.Model, batches: Batches, epoch: int, epochs: int) -> dict[str, float]:
    """Train one epoch (counted from 0); return its row of the history without the validation."""
    import keras

    class Watch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, step: int, logs: dict[str, float] | None = None) -> None:
            progress.advance(1)
            if not np.isfinite((logs or {}).get("loss", 0.0)):
                raise ArchaicError(f"the loss is not a number in step {step + 1} of epoch {epoch + 1}{_SMALLER}")

    with Progress(batches.steps, "steps", f"epoch {epoch + 1}/{epochs}") as progress:
        fitted = model.fit(
            batches.dataset(epoch),
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=[Watch()],
            verbose=0,
            shuffle=False,
        )
    return {
        "epoch": epoch + 1,
        "loss": float(fitted.history["loss"][0]),
        "learning_rate": float(np.asarray(model.optimizer.learning_rate)),
    }


def validation(label: npt.NDArray[np.integer], probability: npt.NDArray[np.floating]) -> dict[str, float]:
    """Measure the validation side for the history."""
    clipped = np.clip(probability, 1e-7, 1 - 1e-7)
    loss = -np.where(label == 1, np.log(clipped), np.log1p(-clipped)).mean()
    measured = compute_metrics(label, probability)
    return {
        "validation_loss": float(loss),
        "validation_accuracy": measured["accuracy"],
        "validation_auroc": measured["auroc"],
    }


def _weights(label: npt.NDArray[np.int8], method: str) -> npt.NDArray[np.float32]:
    """Weigh each sentence by 1, or so that both classes weigh the same and the mean weight is 1."""
    if method == "none":
        return np.ones(len(label), dtype=np.float32)
    counts = np.bincount(label, minlength=2)
    return (len(label) / (2 * counts))[label].astype(np.float32)
