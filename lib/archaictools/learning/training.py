"""Training loop: one call of Keras' fit an epoch, with early stopping, checkpoints and the best weights restored."""

from __future__ import annotations

import json
import logging
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

import numpy as np

from archaictools.errors import ArchaicError
from archaictools.io.tables import plain
from archaictools.learning.checkpoint import State, load_checkpoint, save_checkpoint
from archaictools.learning.metrics import compute_metrics
from archaictools.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import keras
    import numpy.typing as npt
    import tensorflow as tf

    from archaictools.learning.model_file import TrainedModel
    from archaictools.learning.options import TrainingOptions
    from archaictools.learning.report import Predicted
    from archaictools.learning.splits import Locations
    from archaictools.learning.workers import Workers

log = logging.getLogger("archaictools")

_REMEDY = "; give a smaller --learning-rate"


@dataclass(frozen=True)
class Trained:
    """A trained network and its training history.

    Attributes
    ----------
    model
        The network with the weights that were kept.
    history
        One row an epoch: ``epoch, loss, learning_rate, validation_loss, validation_accuracy, validation_auroc``.
    best_epoch
        The epoch (from 1) whose weights were kept.
    stopped_early
        Whether patience ran out before the last epoch.
    batch
        Examples per step.
    learning_rate
        Highest learning rate.
    """

    model: keras.Model
    history: list[dict[str, float]]
    best_epoch: int
    stopped_early: bool
    batch: int
    learning_rate: float


@dataclass(frozen=True)
class FitResult:
    """A trained model with its measures, its history and its predictions of all labelled examples.

    Attributes
    ----------
    model
        Ready to be saved; ``model.metrics`` is what ``train --metrics`` writes.
    history
        One row an epoch, fold and network.
    locations
        Location and label of all examples.
    predicted
        Predictions by side (``train``, ``validation``, ``test``).
    """

    model: TrainedModel
    history: list[dict[str, float]]
    locations: Locations
    predicted: Mapping[str, Predicted]


class TrainingSummary(TypedDict):
    """How a training went, as the metrics store it."""

    batch_size: int
    learning_rate: float
    epochs_run: int
    best_epoch: int
    stopped_early: bool
    temperature: float


def training_summary(trained: Trained, temperature: float) -> TrainingSummary:
    """Return how a training went, for the metrics."""
    return {
        "batch_size": trained.batch,
        "learning_rate": trained.learning_rate,
        "epochs_run": len(trained.history),
        "best_epoch": trained.best_epoch,
        "stopped_early": trained.stopped_early,
        "temperature": temperature,
    }


def fold_folder(checkpoint: Path | None, fold: int, *, folds: int) -> Path | None:
    """Return the checkpoint folder of a fold (from 0); with one split it is the folder itself."""
    return checkpoint / f"fold-{fold + 1}" if checkpoint and folds else checkpoint


class Batches(Protocol):
    """A training side as batches, in an order that depends on seed and epoch alone."""

    batch: int
    steps: int

    def dataset(self, number: int) -> tf.data.Dataset[Any]:
        """Return the batches of one epoch (from 0): inputs, labels, weights."""


def run_epochs(
    model: keras.Model,
    batches: Batches,
    options: TrainingOptions,
    validate: Callable[[], dict[str, float]],
    *,
    learning_rate: float,
    settings: dict[str, Any],
    checkpoint: Path | None = None,
    workers: Workers | None = None,
) -> Trained:
    """Train epoch by epoch until the last or until patience runs out; resume from a checkpoint if there is one.

    Parameters
    ----------
    model
        As compiled by :func:`compile_network`; in the end it has the weights that are kept.
    batches
        The training side.
    options
        How to train.
    validate
        Called after each epoch; returns :func:`validation`.
    learning_rate
        Highest learning rate, for the result.
    settings
        Values that must be equal for a checkpoint to be resumed, as JSON.
    checkpoint
        Folder of the checkpoint, or None.
    workers
        Processes to train with; all read the checkpoint, and the chief writes it.

    Raises
    ------
    ArchaicError
        If the loss is not finite, or if another worker ends.
    UsageError
        If the workers train different networks or on different data.
    InputError
        If the checkpoint is of another training.
    """
    settings = json.loads(json.dumps(plain(settings)))
    state = load_checkpoint(checkpoint, settings, _state_of(model)) if checkpoint else None
    if state is None:
        state = State()
    else:
        model.set_weights(state.weights)
        for variable, value in zip(model.optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        log.info("resuming after epoch %d of %d from %s", state.epoch, options.epochs, checkpoint)
    if workers:
        workers.begin(model, batches.batch, settings, epoch=state.epoch)
    while state.epoch < options.epochs and not (options.patience and state.waited >= options.patience):
        row = _one_epoch(model, batches, state.epoch, options.epochs, workers)
        row |= workers.validate(model, validate) if workers else validate()
        if not np.isfinite(row["validation_loss"]):
            raise ArchaicError(f"the validation loss is not finite after epoch {state.epoch + 1}{_REMEDY}")
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
        if checkpoint and (workers is None or workers.chief):
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
    """Return weights and optimiser state of a network."""
    weights = model.get_weights()
    return State(
        weights=weights, optimizer=[np.asarray(variable) for variable in model.optimizer.variables], best=weights
    )


def compile_network(
    model: keras.Model, rate: float, options: TrainingOptions, steps: int, *, warmup: int = 0, clip: float | None = None
) -> None:
    """Compile a network with Adam and binary cross-entropy.

    Parameters
    ----------
    model
        As built.
    rate
        Highest learning rate.
    options
        Schedule and number of epochs.
    steps
        Steps an epoch.
    warmup
        Steps in which the rate rises from zero; at most a tenth of all steps.
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
    # If the first step built the optimiser's state, TensorFlow would trace that step twice: half of the start-up time.
    model.optimizer.build(model.trainable_variables)


def _one_epoch(
    model: keras.Model, batches: Batches, epoch: int, epochs: int, workers: Workers | None
) -> dict[str, float]:
    """Train one epoch (from 0); return its row of the history without the validation."""
    import keras

    class StopIfNotFinite(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, step: int, logs: dict[str, float] | None = None) -> None:
            progress.advance(1)
            if not np.isfinite((logs or {}).get("loss", 0.0)):
                raise ArchaicError(f"the loss is not finite in step {step + 1} of epoch {epoch + 1}{_REMEDY}")

    dataset = batches.dataset(epoch)
    if workers:
        own = workers.part(batches.batch)
        dataset = dataset.map(lambda *columns: tuple(column[own] for column in columns))
    losses_named = workers.losses_named() if workers else nullcontext()
    with Progress(batches.steps, "steps", f"epoch {epoch + 1}/{epochs}") as progress, losses_named:
        fitted = model.fit(
            dataset,
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=[StopIfNotFinite()],
            verbose=0,
            shuffle=False,
        )
    return {
        "epoch": epoch + 1,
        "loss": float(fitted.history["loss"][0]),
        "learning_rate": float(np.asarray(model.optimizer.learning_rate)),
    }


def validation(label: npt.NDArray[np.integer], probability: npt.NDArray[np.floating]) -> dict[str, float]:
    """Return loss, accuracy and AUROC of the validation side, for the history."""
    clipped = np.clip(probability, 1e-7, 1 - 1e-7)
    loss = -np.where(label == 1, np.log(clipped), np.log1p(-clipped)).mean()
    measured = compute_metrics(label, probability)
    return {
        "validation_loss": float(loss),
        "validation_accuracy": measured["accuracy"],
        "validation_auroc": measured["auroc"],
    }
