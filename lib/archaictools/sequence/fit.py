"""Train a model on labelled sentences of k-mers: split, leakage check, training, calibration, measures."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools import provenance
from archaictools.alphabet import Alphabet
from archaictools.errors import UsageError
from archaictools.io.files import sha256
from archaictools.learning.calibration import fit_temperature
from archaictools.learning.forward import KerasForward
from archaictools.learning.metrics import compute_metrics
from archaictools.learning.model_file import Member, TrainedModel
from archaictools.learning.regions import seen_by
from archaictools.learning.report import Predicted, judge
from archaictools.learning.splits import EXCLUDED, SIDES, TRAIN, VALIDATION, Locations, Split, SplitScheme, make_splits
from archaictools.learning.training import (
    FitResult,
    Trained,
    compile_network,
    fold_folder,
    run_epochs,
    training_summary,
    validation,
)
from archaictools.progress import Progress
from archaictools.sequence.audit.overlap import LeakageReport, check_leakage, worst_of
from archaictools.sequence.batches import TrainingBatches
from archaictools.sequence.dataset import locations_of, training_counts
from archaictools.sequence.predict import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.learning.network import NetworkConfig
    from archaictools.learning.options import NetworkOptions
    from archaictools.learning.workers import Workers
    from archaictools.sequence.options import KmerTrainingOptions
    from archaictools.sequence.token_file import TokenFile

log = logging.getLogger("archaictools")


@dataclass(frozen=True)
class _Study:
    """What the networks of all folds share."""

    words: TokenFile
    locations: Locations
    network: NetworkConfig
    options: KmerTrainingOptions
    seed: int
    digest: str
    workers: Workers | None


@dataclass(frozen=True)
class _FittedMember:
    """One network, calibrated, with its history and its predictions."""

    member: Member
    trained: Trained
    temperature: float
    audit: LeakageReport
    predicted: dict[str, Predicted]
    excluded: int


def fit(
    words: TokenFile,
    scheme: SplitScheme,
    options: KmerTrainingOptions,
    sizes: NetworkOptions,
    *,
    seed: int,
    start: Callable[[], Workers | None],
    checkpoint: Path | None = None,
) -> FitResult:
    """Train a model of one network, or of one network per fold.

    Parameters
    ----------
    words
        Labelled sentences.
    scheme
        How to divide them into train, validation and test.
    options, sizes
        How to train, and the sizes of the network.
    seed
        Seed of weights, order, strands and resampling.
    start
        Called once the input is known to be usable; sets up TensorFlow, and returns the processes to train with.
    checkpoint
        Folder of the checkpoint of an interrupted training.

    Raises
    ------
    UsageError
        If there is no epoch, or if sizes contradict each other.
    InputError
        If the sentences cannot be split or trained on.
    ArchaicError
        If training diverges.
    """
    check_epochs(options)
    network = sizes.config(Alphabet.KMER, vocabulary=words.encoding.vocabulary, words=words.encoding.words)
    locations = locations_of(words)
    splits = make_splits(locations, scheme)
    audits = [check_leakage(locations, split.sides(locations), scheme) for split in splits]
    audit = worst_of(audits)
    if audit["verdict"] != "clean":
        log.warning("the split is %s: %s", audit["verdict"], audit["reason"])
    study = _Study(words, locations, network, options, seed, sha256(words.path), start())
    fitted = []
    for split, own_audit in zip(splits, audits, strict=True):
        if scheme.folds:
            log.info("fold %d of %d", split.fold + 1, scheme.folds)
        folder = fold_folder(checkpoint, split.fold, folds=scheme.folds)
        fitted.append(_fit_member(study, split, own_audit, folder))
    predicted = {name: Predicted.join([one.predicted[name] for one in fitted]) for name in SIDES}
    metrics: dict[str, Any] = dict(judge(locations, predicted, audit, units="sentences", seed=seed))
    first = fitted[0]
    metrics["split"] = first.member.split.to_dict() | {"unused": first.excluded}
    metrics["training"] = options.to_dict(seed=seed) | training_summary(first.trained, first.temperature)
    if scheme.folds:
        metrics["folds"] = [_fold_metrics(locations, one) for one in fitted]
    metrics["network"] = network.to_dict()
    model = TrainedModel(
        network=network,
        members=[one.member for one in fitted],
        encoding=words.encoding,
        both_strands=options.rc,
        chromosomes=words.chromosomes,
        words_digest=study.digest,
        metrics=metrics,
        provenance=provenance.record("train", options.to_dict(seed=seed) | asdict(scheme), {"words": words.path})
        | {"words": words.provenance},
    )
    history = [{"fold": number} | row for number, one in enumerate(fitted, start=1) for row in one.trained.history]
    return FitResult(model, history, locations, predicted)


def check_epochs(options: KmerTrainingOptions) -> None:
    """Raise UsageError if there is no epoch."""
    if options.epochs < 1:
        raise UsageError(f"--epochs is {options.epochs}, expected 1 or more")


def train_network(
    words: TokenFile,
    sides: npt.NDArray[np.int8],
    network: NetworkConfig,
    options: KmerTrainingOptions,
    *,
    seed: int,
    label: npt.NDArray[np.int8] | None = None,
    checkpoint: Path | None = None,
    identity: Mapping[str, Any] | None = None,
    workers: Workers | None = None,
) -> Trained:
    """Train a network on the training side of a split.

    Parameters
    ----------
    words
        Labelled sentences.
    sides
        int8 (sentences,): side of every sentence, see :meth:`archaictools.learning.splits.Split.sides`.
    network
        What to build.
    options
        How to train.
    seed
        Seed of order and strands.
    label
        int8 (sentences,): labels in place of those of the words, for baselines.
    checkpoint
        Folder of a checkpoint, written after every epoch and resumed from.
    identity
        Values that must be equal for a checkpoint to be resumed, besides network and options.
    workers
        Processes to train with.

    Raises
    ------
    ArchaicError
        If the loss is not finite.
    InputError
        If the checkpoint is of another training.
    """
    label = words.field("label") if label is None else label
    rows, validation_rows = np.flatnonzero(sides == TRAIN), np.flatnonzero(sides == VALIDATION)
    batch, rate = options.resolve(len(rows))
    batches = TrainingBatches(
        words,
        rows,
        label[rows],
        _weights(label[rows], options.class_weight),
        batch=batch,
        seed=seed,
        reverse=options.rc,
    )
    model = network.build()
    compile_network(model, rate, options, batches.steps)
    predictor = Predictor(KerasForward(model), words.encoding, both_strands=options.rc)
    settings = {"network": network.to_dict(), "training": options.to_dict(seed=seed), **(identity or {})}
    return run_epochs(
        model,
        batches,
        options,
        lambda: validation(label[validation_rows], predictor.of_rows(words, validation_rows)),
        learning_rate=rate,
        settings=settings,
        checkpoint=checkpoint,
        workers=workers,
    )


def _weights(label: npt.NDArray[np.int8], method: str) -> npt.NDArray[np.float32]:
    """Return the weight of each sentence: 1, or such that both classes weigh the same and the mean weight is 1."""
    if method == "none":
        return np.ones(len(label), dtype=np.float32)
    counts = np.bincount(label, minlength=2)
    return (len(label) / (2 * counts))[label].astype(np.float32)


def _fit_member(study: _Study, split: Split, audit: LeakageReport, checkpoint: Path | None) -> _FittedMember:
    """Train and calibrate one network, and predict all sides."""
    words, locations, network = study.words, study.locations, study.network
    sides = split.sides(locations)
    excluded = int(((sides == EXCLUDED) & (locations.label >= 0)).sum())
    if excluded:
        log.info("%s labelled sentences are near a block of another side, or in no region: left out", f"{excluded:,}")
    trained = train_network(
        words,
        sides,
        network,
        study.options,
        seed=study.seed,
        checkpoint=checkpoint,
        identity={"words": study.digest, "split": split.to_dict()},
        workers=study.workers,
    )
    predictor = Predictor(KerasForward(trained.model), words.encoding, both_strands=study.options.rc)
    rows = np.flatnonzero(sides == VALIDATION)
    temperature = fit_temperature(locations.label[rows], predictor.of_rows(words, rows))
    weights = network.tempered(network.weights_of(trained.model), temperature)
    trained.model.set_weights([weights[name] for name in network.shapes()])
    predicted = {}
    with Progress(int((sides != EXCLUDED).sum()), "sentences", "measure") as progress:
        for name, side in SIDES.items():
            rows = np.flatnonzero(sides == side)
            probability = predictor.of_rows(words, rows, progress=progress)
            predicted[name] = Predicted(rows, probability, np.full(len(rows), split.fold + 1))
    member = Member(
        weights=weights,
        split=split,
        seen=seen_by(split, locations, words.chromosomes),
        counts=training_counts(words, sides),
    )
    return _FittedMember(member, trained, temperature, audit, predicted, excluded)


def _fold_metrics(locations: Locations, one: _FittedMember) -> dict[str, Any]:
    """Return the metrics of one fold."""
    split, test = one.member.split, one.predicted["test"]
    return {
        "fold": split.fold + 1,
        "chromosomes": split.to_dict()["chromosomes"],
        "audit": one.audit["verdict"],
        "unused": one.excluded,
        "test": compute_metrics(locations.label[test.rows], test.probability),
        "training": training_summary(one.trained, one.temperature),
    }
