"""From labelled sentences to a judged model: split, leakage check, training, measures."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools import provenance
from archaictools.io.files import sha256
from archaictools.learning.calibration import fit_temperature
from archaictools.learning.metrics import compute_metrics
from archaictools.learning.model_file import Member, TrainedModel
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import seen_by
from archaictools.learning.report import Predicted, judge
from archaictools.learning.splits import EXCLUDED, SIDES, Locations, Split, SplitScheme, make_splits
from archaictools.learning.training import Trained, TrainingOptions, train_network
from archaictools.progress import Progress
from archaictools.sequence.audit.overlap import LeakageReport, check_leakage, worst_of
from archaictools.sequence.dataset import locations_of, training_counts
from archaictools.sequence.predict import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archaictools.sequence.token_file import TokenFile

log = logging.getLogger("archaictools")


@dataclass(frozen=True)
class Fitted:
    """A judged model, its history, and what it says of every labelled sentence.

    Attributes
    ----------
    model
        Ready to be saved; ``model.metrics`` is what ``train --metrics`` writes.
    history
        One row an epoch and fold.
    places
        All sentences.
    predicted
        Side to what was predicted of it.
    """

    model: TrainedModel
    history: list[dict[str, float]]
    places: Locations
    predicted: dict[str, Predicted]


@dataclass(frozen=True)
class _FittedMember:
    member: Member
    trained: Trained
    temperature: float
    audit: LeakageReport
    predicted: dict[str, Predicted]
    unused: int


def fit(
    words: TokenFile,
    split_options: SplitScheme,
    options: TrainingOptions,
    sizes: Mapping[str, Any],
    *,
    start: Callable[[], None],
    checkpoint: Path | None = None,
) -> Fitted:
    """Split, check, train, calibrate, measure; once, or once a fold.

    Parameters
    ----------
    words
        Labelled sentences.
    split_options, options
        How to hold out, and how to train.
    sizes
        ``embedding, lstm, dense, dropout`` of :class:`archaictools.learning.network.NetworkConfig`.
    start
        Called once the input is known to be usable: imports and sets up TensorFlow.
    checkpoint
        Folder for the state of an interrupted training.

    Raises
    ------
    InputError
        If the sentences cannot be split or learnt from.
    ArchaicError
        If training diverges.
    """
    network = NetworkConfig(vocabulary=words.alphabet.vocabulary, words=words.alphabet.words, **sizes)
    places = locations_of(words)
    splits = make_splits(places, split_options)
    audits = [check_leakage(places, split.sides(places), split_options) for split in splits]
    audit = worst_of(audits)
    if audit["verdict"] != "clean":
        log.warning("the split is %s: %s", audit["verdict"], audit["reason"])
    digest = sha256(words.path)
    start()
    fitted = []
    for split, own_audit in zip(splits, audits, strict=True):
        if split_options.folds:
            log.info("fold %d of %d", split.fold + 1, split_options.folds)
        folder = checkpoint / f"fold-{split.fold + 1}" if checkpoint and split_options.folds else checkpoint
        fitted.append(_fit_member(words, places, split, own_audit, network, options, folder, digest))
    predicted = {name: Predicted.join([one.predicted[name] for one in fitted]) for name in SIDES}
    metrics: dict[str, Any] = dict(judge(places, predicted, audit, seed=options.seed))
    first = fitted[0]
    metrics["split"] = first.member.split.describe() | {"unused": first.unused}
    metrics["training"] = asdict(options) | course(first.trained, first.temperature)
    if split_options.folds:
        metrics["folds"] = [_of_fold(places, one) for one in fitted]
    metrics["network"] = network.describe()
    model = TrainedModel(
        network=network,
        members=[one.member for one in fitted],
        alphabet=words.alphabet,
        both_strands=options.reverse_complement,
        chromosomes=words.chromosomes,
        words_digest=digest,
        metrics=metrics,
        provenance=provenance.record("train", asdict(options) | asdict(split_options), {"words": words.path})
        | {"words": words.provenance},
    )
    history = [{"fold": number} | row for number, one in enumerate(fitted, start=1) for row in one.trained.history]
    return Fitted(model, history, places, predicted)


def _fit_member(
    words: TokenFile,
    places: Locations,
    split: Split,
    audit: LeakageReport,
    network: NetworkConfig,
    options: TrainingOptions,
    checkpoint: Path | None,
    digest: str,
) -> _FittedMember:
    """Train one network and calibrate it."""
    sides = split.sides(places)
    unused = int(((sides == EXCLUDED) & (places.label >= 0)).sum())
    if unused:
        log.info("%s labelled sentences lie near a block of another side, or in no region: left out", f"{unused:,}")
    identity = {"words": digest, "split": split.describe()}
    trained = train_network(words, sides, network, options, checkpoint=checkpoint, identity=identity)
    predictor = Predictor(trained.model, words.alphabet, both_strands=options.reverse_complement)
    held = np.flatnonzero(sides == SIDES["validation"])
    temperature = fit_temperature(places.label[held], predictor.of_rows(words, held))
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
        seen=seen_by(split, places, words.chromosomes),
        counts=training_counts(words, sides),
    )
    return _FittedMember(member, trained, temperature, audit, predicted, unused)


def course(trained: Trained, temperature: float) -> dict[str, Any]:
    """Describe how a training went, for the metrics."""
    return {
        "batch_size": trained.batch,
        "learning_rate": trained.learning_rate,
        "epochs_run": len(trained.history),
        "best_epoch": trained.best_epoch,
        "stopped_early": trained.stopped_early,
        "temperature": temperature,
    }


def _of_fold(places: Locations, one: _FittedMember) -> dict[str, Any]:
    split, test = one.member.split, one.predicted["test"]
    return {
        "fold": split.fold + 1,
        "chromosomes": split.describe()["chromosomes"],
        "audit": one.audit["verdict"],
        "unused": one.unused,
        "test": compute_metrics(places.label[test.rows], test.probability),
        "training": course(one.trained, one.temperature),
    }
