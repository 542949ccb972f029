"""A model beside every control, on the same held-out sentences: skill, no skill, or leakage."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.io.files import sha256
from archaictools.learning.bootstrap import Resampler, blocks_of, interval
from archaictools.learning.calibration import tempered
from archaictools.learning.metrics import by_chromosome, describe, reliability
from archaictools.learning.report import SCHEMA_VERSION, Predicted, choose, places_of
from archaictools.learning.score_histogram import Scores
from archaictools.learning.splits import SIDES, Locations
from archaictools.progress import Progress
from archaictools.sequence.audit.composition import features
from archaictools.sequence.audit.overlap import VERDICTS, check_leakage
from archaictools.sequence.audit.shared_kmers import nearest_sequence
from archaictools.sequence.baselines import CONTROLS, RIVALS, Study
from archaictools.sequence.compatibility import check_fit
from archaictools.sequence.options import KmerTrainingOptions
from archaictools.sequence.predict import Predictor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import WordsFile

log = logging.getLogger("archaictools")

#: Measures of the table, each with an interval.
MEASURES = ("accuracy", "auroc", "auprc", "mcc", "brier", "ece")

#: Bounds of the share of a test window's 31-mers that stand in training, for measures by similarity.
SIMILARITY = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass(frozen=True, kw_only=True)
class EvaluationOptions:
    """How a model is compared.

    Attributes
    ----------
    leave_out
        Names of controls and rivals not to run.
    block_size
        Blocks in bp within which labels are shuffled for ``shuffled_labels``.
    trees, tree_windows
        Of the Random Forest: trees, and training sentences each is grown on.
    threads
        For the Random Forest.
    seed
        Of resampling.
    """

    leave_out: tuple[str, ...] = ()
    block_size: int = 1_000_000
    trees: int = 100
    tree_windows: int = 20_000
    threads: int = 1
    seed: int = 1


@dataclass(frozen=True)
class Evaluation:
    """What was found.

    Attributes
    ----------
    report
        As written by ``evaluate --metrics``.
    table
        One row a model, control or rival: ``model, kind, split, n, prevalence``, the :data:`MEASURES`, each with
        ``_low`` and ``_high``, and ``gain, gain_low, gain_high``: AUROC of the model less that of the row.
    curve
        Reliability of the calibrated and of the uncalibrated model, named in column ``model``.
    """

    report: dict[str, Any]
    table: pd.DataFrame
    curve: pd.DataFrame


def evaluate(model: TrainedModel, words: WordsFile, options: EvaluationOptions) -> Evaluation:
    """Compare a model with controls that are fitted on its own training side, fold by fold.

    Parameters
    ----------
    model
        As loaded.
    words
        The sentences it was trained on: its controls are trained on them again.
    options
        How to compare.

    Raises
    ------
    InputError
        If the words are not those the model was trained on.
    """
    check_fit(model, words)
    if sha256(words.path) != model.words_digest:
        raise InputError(
            "is not the file the model was trained on, so the controls would learn from other sentences",
            path=words.path,
            remedy="give the words.h5 that train was given",
        )
    places = places_of(words)
    table = features(words.chunks(), len(places))
    folds = [_of_fold(model, number, words, places, table, options) for number in range(len(model.members))]
    predicted = {side: Predicted.join([fold.predicted[side] for fold in folds]) for side in SIDES}
    audit = max((fold.audit for fold in folds), key=lambda audit: VERDICTS.index(audit["verdict"]))
    held = choose(places, predicted["test"].rows)
    said = {"model": predicted["test"].probability}
    said |= {name: np.concatenate([fold.others[name] for fold in folds]) for name in folds[0].others}
    raw = np.concatenate([fold.uncalibrated for fold in folds])
    method = model.members[0].split.options.method
    block = blocks_of(held)
    scores = {name: Scores.of(held.label, each, block) for name, each in said.items()}
    described = {name: describe(held.label, each) for name, each in said.items()}
    models = with_intervals(described, scores, seed=options.seed)
    report: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "verdict": "", "reason": "", "audit": audit}
    for side in ("train", "validation"):
        report[side] = describe(places.label[predicted[side].rows], predicted[side].probability)
    report["test"] = models["model"]
    report["chromosomes"] = by_chromosome(held, predicted["test"].probability)
    report["models"] = {name: {"kind": _kind(name), **found} for name, found in models.items()}
    report["similarity"] = _by_similarity(
        held, predicted["test"].probability, np.concatenate([fold.similarity for fold in folds])
    )
    curve = pd.concat(
        [
            reliability(held.label, probability).assign(model=name)
            for name, probability in (("calibrated", predicted["test"].probability), ("uncalibrated", raw))
        ],
        ignore_index=True,
    )
    report["calibration"] = {
        "temperature": [fold.temperature for fold in folds],
        "calibrated": {name: report["test"][name] for name in ("brier", "ece")},
        "uncalibrated": {name: value for name, value in describe(held.label, raw).items() if name in ("brier", "ece")},
        "reliability": curve.to_dict("records"),
    }
    report["split"] = model.metrics["split"]
    report["training"] = model.metrics["training"]
    report["left_out"] = list(options.leave_out)
    report["verdict"], report["reason"] = judge_against_controls(audit, report["models"])
    return Evaluation(report, comparison(report["models"], method), curve)


def judge_against_controls(audit: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """Say ``skill``, ``no skill`` or ``leaky``, and why.

    A model has skill if its held-out AUROC is above chance, and above that of every control by more than the interval
    of their difference; a rival that does as well is named, but takes nothing away.

    Parameters
    ----------
    audit
        ``verdict, reason`` of the split.
    models
        Name to ``kind, auroc, auroc_ci`` and, except for the model, ``gain, gain_ci``.
    """
    low, high = models["model"]["auroc_ci"]
    own = f"AUROC {models['model']['auroc']:.3f} ({low:.3f} to {high:.3f}) on held-out sentences"
    if audit["verdict"] == "leaky":
        return "leaky", f"{audit['reason']}; {own} is not evidence of skill"
    unbeaten = [name for name, found in models.items() if found["kind"] == "control" and not found["gain_ci"][0] > 0]
    if unbeaten:
        worst = min(unbeaten, key=lambda name: models[name]["gain"])
        gain = models[worst]
        return "no skill", (
            f"{own} is not above {', '.join(unbeaten)}: beside {worst} (AUROC {gain['auroc']:.3f}) it gains "
            f"{gain['gain']:+.3f} ({gain['gain_ci'][0]:+.3f} to {gain['gain_ci'][1]:+.3f})"
        )
    if not low > 0.5:  # whatever controls were left out
        return "no skill", f"{own} is not above chance (0.5)"
    compared = any(found["kind"] == "control" for found in models.values())
    reason = f"{own} is above " + (
        "every control by more than the interval of the difference" if compared else "chance; no control was run"
    )
    rivals = [name for name, found in models.items() if found["kind"] == "rival" and not found["gain_ci"][0] > 0]
    return "skill", reason + (f"; {', '.join(rivals)} does as well" if rivals else "")


@dataclass(frozen=True)
class _Fold:
    """What one member and its controls say, test sentences in the order of ``predicted["test"]``."""

    predicted: dict[str, Predicted]
    others: dict[str, npt.NDArray[np.float64]]
    uncalibrated: npt.NDArray[np.float64]
    similarity: npt.NDArray[np.float64]
    temperature: float
    audit: dict[str, Any]


def _of_fold(
    model: TrainedModel,
    number: int,
    words: WordsFile,
    places: Locations,
    table: npt.NDArray[np.float32],
    options: EvaluationOptions,
) -> _Fold:
    member = model.members[number]
    sides = member.split.sides(places)
    predictor = Predictor(model.network.build(dict(member.weights)), words.alphabet, both_strands=model.both_strands)
    predicted = {}
    with Progress(int((sides >= 0).sum()), "sentences", "model") as progress:
        for name, side in SIDES.items():
            rows = np.flatnonzero(sides == side)
            probability = predictor.of_rows(words, rows, progress=progress)
            predicted[name] = Predicted(rows, probability, np.full(len(rows), number + 1))
    training, seed = KmerTrainingOptions.from_dict(model.metrics["training"])
    study = Study(
        words, places, sides, table, model.network, training, seed, options.block_size, options.trees,
        options.tree_windows, options.threads,
    )  # fmt: skip
    others = {}
    for name, control in {**RIVALS, **CONTROLS}.items():
        if name not in options.leave_out:
            log.info("%s%s", name, f", fold {number + 1} of {len(model.members)}" if len(model.members) > 1 else "")
            others[name] = control(study)
    course = model.metrics["folds"][number]["training"] if len(model.members) > 1 else model.metrics["training"]
    temperature = float(course["temperature"])
    return _Fold(
        predicted,
        others,
        # Of a model of both strands the mean of two probabilities is taken back: near enough, for they hardly differ.
        tempered(predicted["test"].probability, 1 / temperature),
        nearest_sequence(words.chunks, sides, places.label)[0],
        temperature,
        check_leakage(places, sides, member.split.options),
    )


def with_intervals(
    described: Mapping[str, Mapping[str, Any]], scores: Mapping[str, Scores], *, seed: int
) -> dict[str, dict[str, Any]]:
    """Add intervals to measures, all from the same draws, and the model's gain in AUROC over each other.

    Parameters
    ----------
    described
        Name to measures; ``model`` is the one that the others are compared with.
    scores
        What each said of the same places, by block.
    seed
        Of the draws.
    """
    resampler = Resampler(scores["model"].pieces, seed=seed)
    drawn = {name: resampler.draw(each) for name, each in scores.items()}
    measured: dict[str, dict[str, Any]] = {}
    for name, found in described.items():
        measured[name] = {**found} | {f"{key}_ci": interval(drawn[name][key]) for key in MEASURES}
        if name != "model":
            measured[name]["gain"] = described["model"]["auroc"] - found["auroc"]
            measured[name]["gain_ci"] = interval(drawn["model"]["auroc"] - drawn[name]["auroc"])
    return measured


def _by_similarity(
    held: Locations, probability: npt.NDArray[np.float64], similarity: npt.NDArray[np.float64]
) -> list[dict[str, Any]]:
    """Measure the model on test sentences by the share of their 31-mers that stands in training."""
    rows: list[dict[str, Any]] = []
    bounds: Sequence[tuple[float, float]] = [(0.0, 0.0), *zip(SIMILARITY[:-1], SIMILARITY[1:], strict=True)]
    for low, high in bounds:
        chosen = (similarity == 0) if high == 0 else (similarity > low) & (similarity <= high)
        found = describe(held.label[chosen], probability[chosen])
        rows.append({"above": low, "up_to": high, **{key: found[key] for key in ("n", "prevalence", *MEASURES)}})
    return rows


def _kind(name: str) -> str:
    return "control" if name in CONTROLS else "rival" if name in RIVALS else "model"


def comparison(models: Mapping[str, Mapping[str, Any]], split: str) -> pd.DataFrame:
    """Return the table of an evaluation, see :class:`Evaluation`."""
    rows = []
    for name, found in models.items():
        row = {"model": name, "split": split, **{key: found[key] for key in MEASURES}, "kind": found["kind"]}
        row |= {key: found[key] for key in ("n", "prevalence")}
        for key in MEASURES:
            row[f"{key}_low"], row[f"{key}_high"] = found[f"{key}_ci"]
        row["gain"] = found.get("gain", np.nan)
        row["gain_low"], row["gain_high"] = found.get("gain_ci", (np.nan, np.nan))
        rows.append(row)
    return pd.DataFrame(rows)
