"""Comparison of a k-mer model with its baselines, on the same test sentences."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, cast

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.io.files import sha256
from archaictools.learning.backend import require_tensorflow
from archaictools.learning.bootstrap import blocks_of
from archaictools.learning.calibration import tempered
from archaictools.learning.metrics import by_chromosome, compute_metrics, reliability
from archaictools.learning.report import (
    MEASURES,
    SCHEMA_VERSION,
    Evaluation,
    EvaluationReport,
    Predicted,
    comparison,
    judge_against_baselines,
    with_intervals,
    with_kinds,
)
from archaictools.learning.score_histogram import ScoreHistogram
from archaictools.learning.splits import SIDES, Locations
from archaictools.progress import Progress
from archaictools.sequence.audit.composition import features
from archaictools.sequence.audit.overlap import LeakageReport, check_leakage, worst_of
from archaictools.sequence.audit.shared_kmers import nearest_sequence
from archaictools.sequence.baselines import CONTROLS, RIVALS, Study
from archaictools.sequence.compatibility import check_fit
from archaictools.sequence.dataset import locations_of
from archaictools.sequence.options import KmerTrainingOptions
from archaictools.sequence.predict import Predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.learning.forward import Runtime
    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.options import BaselineOptions
    from archaictools.sequence.token_file import TokenFile

log = logging.getLogger("archaictools")

#: Bounds of the share of the 31-mers of a test window that occur in training, for the measures by similarity.
SIMILARITY = (0.0, 0.1, 0.5, 0.9, 1.0)


class SimilarityRow(TypedDict):
    """Measures of the test sentences whose share of 31-mers in training is in (``above``, ``up_to``]."""

    above: float
    up_to: float
    n: int
    prevalence: float
    accuracy: float
    auroc: float
    auprc: float
    mcc: float
    brier: float
    ece: float


class Calibration(TypedDict):
    """Temperatures of the networks, measures with and without them, and the reliability curves."""

    temperature: list[float]
    calibrated: dict[str, float]
    uncalibrated: dict[str, float]
    reliability: list[dict[str, Any]]


class KmerReport(EvaluationReport, total=False):
    """``evaluate --metrics`` of a k-mer model; ``split`` and ``training`` are those of the model."""

    similarity: list[SimilarityRow]
    calibration: Calibration
    split: dict[str, Any]
    training: dict[str, Any]


class KmerEvaluation(Evaluation):
    """A k-mer model compared with its baselines; the report is a :class:`KmerReport`."""

    report: KmerReport


@dataclass(frozen=True)
class _Fold:
    """Predictions of one member and its baselines.

    Attributes
    ----------
    predicted
        Predictions of the model by side.
    baselines
        Predictions of each baseline, in the order of ``predicted["test"]``, as are the next two.
    uncalibrated
        P(introgressed) without the temperature.
    similarity
        Share of the 31-mers of each sentence that occur in training.
    temperature
        Temperature of the member.
    audit
        Audit of its split.
    """

    predicted: dict[str, Predicted]
    baselines: dict[str, npt.NDArray[np.float64]]
    uncalibrated: npt.NDArray[np.float64]
    similarity: npt.NDArray[np.float64]
    temperature: float
    audit: LeakageReport


def check_baselines(names: Sequence[str]) -> None:
    """Raise UsageError if a name is not that of a baseline."""
    known = {**CONTROLS, **RIVALS}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"--leave-out: {', '.join(unknown)} is no baseline; choose among {', '.join(known)}")


def evaluate_kmers(
    model: TrainedModel,
    tokens: TokenFile,
    runtime: Runtime,
    options: BaselineOptions,
    *,
    leave_out: Sequence[str] = (),
    threads: int = 1,
    seed: int = 1,
) -> KmerEvaluation:
    """Compare a model with baselines that are fitted on its own training side, fold by fold.

    Parameters
    ----------
    model
        A model of k-mers.
    tokens
        The file that the model was trained on, on which the baselines are trained, too.
    runtime
        What makes the networks.
    options
        Options of the baselines.
    leave_out
        Names of baselines not to run.
    threads
        Threads of the Random Forest.
    seed
        Random seed of the bootstrap.

    Returns
    -------
    KmerEvaluation
        Report, table and reliability curves.

    Raises
    ------
    InputError
        If the file is not the one that the model was trained on.
    UsageError
        If a name in ``leave_out`` is not that of a baseline.
    ArchaicError
        If ``shuffled_labels`` is not left out and TensorFlow is not installed.
    """
    check_baselines(leave_out)
    if "shuffled_labels" not in leave_out:
        require_tensorflow()
    check_fit(model, tokens)
    if sha256(tokens.path) != model.words_digest:
        raise InputError(
            "is not the file that the model was trained on, so the baselines would learn from other sentences",
            path=tokens.path,
            remedy="give the file that train read",
        )
    locations = locations_of(tokens)
    table = features(tokens.chunks(), len(locations))
    folds = []
    for number in range(len(model.members)):
        study = _study(model, number, tokens, locations, table, options, threads)
        folds.append(_evaluate_fold(model, number, study, runtime, leave_out))
    return _joined(model, locations, folds, leave_out=leave_out, seed=seed)


def _study(
    model: TrainedModel,
    number: int,
    tokens: TokenFile,
    locations: Locations,
    table: npt.NDArray[np.float32],
    options: BaselineOptions,
    threads: int,
) -> Study:
    """Return what the baselines of one member are fitted to."""
    training, seed = KmerTrainingOptions.from_dict(model.metrics["training"])
    sides = model.members[number].split.sides(locations)
    return Study(tokens, locations, sides, table, model.network, training, seed, options, threads)


def _evaluate_fold(model: TrainedModel, number: int, study: Study, runtime: Runtime, leave_out: Sequence[str]) -> _Fold:
    """Predict with one member and its baselines."""
    member, tokens, sides = model.members[number], study.tokens, study.sides
    network = runtime.network(model.network, member.weights)
    predictor = Predictor(network, tokens.encoding, both_strands=model.both_strands)
    predicted = {}
    with Progress(int((sides >= 0).sum()), "sentences", "model") as progress:
        for name, side in SIDES.items():
            rows = np.flatnonzero(sides == side)
            probability = predictor.of_rows(tokens, rows, progress=progress)
            predicted[name] = Predicted(rows, probability, np.full(len(rows), number + 1))
    baselines = {}
    for name, baseline in {**RIVALS, **CONTROLS}.items():
        if name not in leave_out:
            log.info("%s%s", name, f", fold {number + 1} of {len(model.members)}" if len(model.members) > 1 else "")
            baselines[name] = baseline(study)
    summary = model.metrics["folds"][number]["training"] if len(model.members) > 1 else model.metrics["training"]
    temperature = float(summary["temperature"])
    return _Fold(
        predicted,
        baselines,
        # With both strands, this inverts the temperature of a mean of two probabilities, which is close enough:
        # the two hardly differ.
        tempered(predicted["test"].probability, 1 / temperature),
        nearest_sequence(tokens.chunks, sides, study.locations.label)[0],
        temperature,
        check_leakage(study.locations, sides, member.split.options),
    )


def _joined(
    model: TrainedModel, locations: Locations, folds: Sequence[_Fold], *, leave_out: Sequence[str], seed: int
) -> KmerEvaluation:
    """Return the evaluation of all folds together."""
    predicted = {side: Predicted.join([fold.predicted[side] for fold in folds]) for side in SIDES}
    audit = worst_of([fold.audit for fold in folds])
    test, probability = locations.subset(predicted["test"].rows), predicted["test"].probability
    every = {"model": probability}
    every |= {name: np.concatenate([fold.baselines[name] for fold in folds]) for name in folds[0].baselines}
    block = blocks_of(test)
    measured = with_intervals(
        {name: compute_metrics(test.label, each) for name, each in every.items()},
        {name: ScoreHistogram.of(test.label, each, block) for name, each in every.items()},
        seed=seed,
    )
    models = with_kinds(measured, controls=list(CONTROLS), rivals=list(RIVALS))
    verdict, reason = judge_against_baselines(audit, models, units="sentences")
    calibration, curve = _calibration(test, probability, folds)
    report: KmerReport = {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict,
        "reason": reason,
        "audit": audit,
        "train": compute_metrics(locations.label[predicted["train"].rows], predicted["train"].probability),
        "validation": compute_metrics(
            locations.label[predicted["validation"].rows], predicted["validation"].probability
        ),
        "test": measured["model"],
        "chromosomes": by_chromosome(test, probability),
        "models": models,
        "similarity": _by_similarity(test, probability, np.concatenate([fold.similarity for fold in folds])),
        "calibration": calibration,
        "split": model.metrics["split"],
        "training": model.metrics["training"],
        "left_out": list(leave_out),
    }
    return KmerEvaluation(report, comparison(models, model.members[0].split.options.method), curve)


def _calibration(
    test: Locations, probability: npt.NDArray[np.float64], folds: Sequence[_Fold]
) -> tuple[Calibration, pd.DataFrame]:
    """Return the calibration of the test side, and the reliability curves with and without temperature."""
    raw = np.concatenate([fold.uncalibrated for fold in folds])
    both = {"calibrated": probability, "uncalibrated": raw}
    curve = pd.concat(
        [reliability(test.label, each).assign(model=name) for name, each in both.items()], ignore_index=True
    )
    calibrated, uncalibrated = (compute_metrics(test.label, each) for each in both.values())
    return {
        "temperature": [fold.temperature for fold in folds],
        "calibrated": {"brier": calibrated["brier"], "ece": calibrated["ece"]},
        "uncalibrated": {"brier": uncalibrated["brier"], "ece": uncalibrated["ece"]},
        "reliability": cast("list[dict[str, Any]]", curve.to_dict("records")),
    }, curve


def _by_similarity(
    test: Locations, probability: npt.NDArray[np.float64], similarity: npt.NDArray[np.float64]
) -> list[SimilarityRow]:
    """Return the measures of test sentences by the share of their 31-mers that occur in training."""
    rows = []
    bounds: Sequence[tuple[float, float]] = [(0.0, 0.0), *zip(SIMILARITY[:-1], SIMILARITY[1:], strict=True)]
    for low, high in bounds:
        chosen = (similarity == 0) if high == 0 else (similarity > low) & (similarity <= high)
        found: dict[str, Any] = {**compute_metrics(test.label[chosen], probability[chosen])}
        row = {"above": low, "up_to": high, **{key: found[key] for key in ("n", "prevalence", *MEASURES)}}
        rows.append(cast("SimilarityRow", row))
    return rows
