"""Verdicts and comparison tables: what a training is worth, and whether a model is better than its baselines.

The verdict is ``skill`` (the AUROC on the test side is above one half by more than its interval), ``no skill`` (a
valid result, too) or ``leaky`` (the sides of the split share bases, so that no measure means anything).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, cast

import numpy as np
import pandas as pd

from archaictools.learning.bootstrap import BlockBootstrap, blocks_of
from archaictools.learning.draws import interval
from archaictools.learning.metrics import CALIBRATION_BINS, Metrics, by_chromosome, compute_metrics, reliability
from archaictools.learning.score_histogram import ScoreHistogram

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from archaictools.learning.splits import Locations
    from archaictools.provenance import FileDigest

SCHEMA_VERSION = 1

#: Measures of the comparison table; each has an interval.
MEASURES = ("accuracy", "auroc", "auprc", "mcc", "brier", "ece")


class Audit(TypedDict):
    """Result of an audit of a split; each wing adds its own fields."""

    verdict: str
    reason: str


class IntervalMetrics(Metrics, total=False):
    """Measures with central 95 % intervals ``[low, high]`` of :data:`MEASURES`."""

    accuracy_ci: list[float]
    auroc_ci: list[float]
    auprc_ci: list[float]
    mcc_ci: list[float]
    brier_ci: list[float]
    ece_ci: list[float]


class ModelMetrics(IntervalMetrics, total=False):
    """Measures of one row of a comparison.

    ``kind`` is ``model``; ``control`` for a baseline that cannot have learnt introgression; or ``rival`` for one that
    can. ``gain`` is the AUROC of the model minus that of the row.
    """

    kind: str
    gain: float
    gain_ci: list[float]


class SidesReport(TypedDict):
    """Verdict and measures of a training, in ``train --metrics``."""

    schema_version: int
    verdict: str
    reason: str
    audit: Audit
    train: Metrics
    validation: Metrics
    test: IntervalMetrics
    chromosomes: dict[str, Metrics]


class EvaluationReport(TypedDict, total=False):
    """Verdict and measures of an evaluation, in ``evaluate --metrics``; each wing adds its own fields."""

    schema_version: int
    verdict: str
    reason: str
    audit: Audit
    train: Metrics
    validation: Metrics
    test: IntervalMetrics
    chromosomes: dict[str, Metrics]
    models: dict[str, ModelMetrics]
    left_out: list[str]
    inputs: dict[str, FileDigest]


@dataclass(frozen=True)
class Predicted:
    """Predictions of one side of a split, each by a network for which the example is on that side.

    Attributes
    ----------
    rows
        int64 (n,): rows of the examples. With folds, a row may occur more than once on the training side.
    probability
        float64 (n,): P(introgressed).
    fold
        int64 (n,): number of the network, from 1.
    """

    rows: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    fold: npt.NDArray[np.int64]

    @classmethod
    def join(cls, parts: Sequence[Predicted]) -> Predicted:
        """Return the predictions of several folds for the same side, one after the other."""
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "probability", "fold"))
        )


@dataclass(frozen=True)
class Evaluation:
    """A model compared with its baselines.

    Attributes
    ----------
    report
        What ``evaluate --metrics`` writes.
    table
        One row for the model and one for each baseline: ``model, split``, the :data:`MEASURES`, ``kind, n,
        prevalence``, each measure with ``_low`` and ``_high``, and ``gain, gain_low, gain_high``: the AUROC of the
        model minus that of the row.
    curve
        Reliability curves, see :func:`archaictools.learning.metrics.reliability`, named in column ``model``.
    """

    report: EvaluationReport
    table: pd.DataFrame
    curve: pd.DataFrame


def judge(
    locations: Locations, predicted: Mapping[str, Predicted], audit: Audit, *, units: str, seed: int
) -> SidesReport:
    """Return the measures of every side of a split, and the verdict.

    Parameters
    ----------
    locations
        All examples.
    predicted
        Predictions by side: ``train``, ``validation`` and ``test``.
    audit
        Audit of the split, by the wing.
    units
        What is predicted, in the plural, for the reason.
    seed
        Random seed of the bootstrap.
    """
    sides = {name: compute_metrics(locations.label[side.rows], side.probability) for name, side in predicted.items()}
    side = predicted["test"]
    test = locations.subset(side.rows)
    scores = ScoreHistogram.of(test.label, side.probability, blocks_of(test))
    draws = BlockBootstrap(scores.pieces, seed=seed).draw(scores)
    intervals = {f"{name}_ci": interval(each) for name, each in draws.items()}
    measured = cast("IntervalMetrics", {**sides["test"], **intervals})
    verdict, reason = _verdict(audit, measured, units)
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict,
        "reason": reason,
        "audit": audit,
        "train": sides["train"],
        "validation": sides["validation"],
        "test": measured,
        "chromosomes": by_chromosome(test, side.probability),
    }


def _verdict(audit: Audit, test: IntervalMetrics, units: str) -> tuple[str, str]:
    """Return the verdict of a training, and the reason."""
    low, high = test["auroc_ci"]
    measured = f"AUROC {test['auroc']:.3f} (95 % interval {low:.3f} to {high:.3f}) on held-out {units}"
    if audit["verdict"] == "leaky":
        return "leaky", f"{audit['reason']}; {measured} is not evidence of skill"
    if low > 0.5:
        return "skill", measured
    return "no skill", f"{measured} is not above chance"


def predictions_table(locations: Locations, predicted: Mapping[str, Predicted]) -> pd.DataFrame:
    """Return the predictions of validation and test: ``chrom, start, end, label, probability, split, fold``."""
    parts = []
    for name in ("validation", "test"):
        side = predicted[name]
        parts.append(
            pd.DataFrame(
                {
                    "row": side.rows,
                    "chrom": np.array(locations.names)[locations.chrom[side.rows]],
                    "start": locations.start[side.rows],
                    "end": locations.end[side.rows],
                    "label": locations.label[side.rows],
                    "probability": side.probability,
                    "split": name,
                    "fold": side.fold,
                }
            )
        )
    table = pd.concat(parts).sort_values("row", kind="stable")
    return table.drop(columns="row").reset_index(drop=True)


def with_intervals(
    metrics: Mapping[str, Metrics], scores: Mapping[str, ScoreHistogram], *, seed: int
) -> dict[str, ModelMetrics]:
    """Add intervals to measures, and the gain of the model in AUROC over each baseline.

    All intervals come from the same draws.

    Parameters
    ----------
    metrics
        Measures by name; the baselines are compared with ``model``.
    scores
        Predictions of the same examples by name, by block.
    seed
        Random seed of the bootstrap.
    """
    bootstrap = BlockBootstrap(scores["model"].pieces, seed=seed)
    draws = {name: bootstrap.draw(each) for name, each in scores.items()}
    measured: dict[str, ModelMetrics] = {}
    for name, found in metrics.items():
        row: dict[str, object] = {**found} | {f"{key}_ci": interval(draws[name][key]) for key in MEASURES}
        if name != "model":
            row["gain"] = metrics["model"]["auroc"] - found["auroc"]
            row["gain_ci"] = interval(draws["model"]["auroc"] - draws[name]["auroc"])
        measured[name] = cast("ModelMetrics", row)
    return measured


def reliability_with_intervals(scores: ScoreHistogram, *, seed: int) -> pd.DataFrame:
    """Return a reliability curve with intervals.

    Parameters
    ----------
    scores
        Predictions of one model by block.
    seed
        Random seed of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        As :func:`archaictools.learning.metrics.reliability`, and ``share_low, share_high``: the central 95 % interval
        of ``introgressed_share``.
    """
    curve = reliability(*scores.flat())
    draws = BlockBootstrap(scores.pieces, seed=seed).shares(scores)
    bounds = [interval(draws[:, round(low * CALIBRATION_BINS)]) for low in curve["low"]]
    curve["share_low"], curve["share_high"] = np.array(bounds).reshape(-1, 2).T
    return curve


def with_kinds(
    models: Mapping[str, ModelMetrics], *, controls: Sequence[str], rivals: Sequence[str]
) -> dict[str, ModelMetrics]:
    """Add ``kind`` in front of the measures of each row, see :class:`ModelMetrics`."""
    return {
        name: cast(
            "ModelMetrics",
            {"kind": "control" if name in controls else "rival" if name in rivals else "model", **found},
        )
        for name, found in models.items()
    }


def judge_against_baselines(audit: Audit, models: Mapping[str, ModelMetrics], *, units: str) -> tuple[str, str]:
    """Return the verdict ``skill``, ``no skill`` or ``leaky``, and the reason.

    A model has skill if its AUROC on the test side is above chance, and above that of every baseline of kind
    ``control`` by more than the interval of the difference. A ``rival`` that is as good is named in the reason, but
    does not change the verdict.

    Parameters
    ----------
    audit
        Audit of the split.
    models
        Rows of the comparison by name: ``kind, auroc, auroc_ci`` and, except for ``model``, ``gain, gain_ci``.
    units
        What is predicted, in the plural, for the reason.
    """
    low, high = models["model"]["auroc_ci"]
    own = f"AUROC {models['model']['auroc']:.3f} ({low:.3f} to {high:.3f}) on held-out {units}"
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
    if not low > 0.5:  # whatever baselines were left out
        return "no skill", f"{own} is not above chance (0.5)"
    compared = any(found["kind"] == "control" for found in models.values())
    reason = f"{own} is above " + (
        "every control by more than the interval of the difference" if compared else "chance; no control was run"
    )
    rivals = [name for name, found in models.items() if found["kind"] == "rival" and not found["gain_ci"][0] > 0]
    return "skill", reason + (f"; {', '.join(rivals)} does as well" if rivals else "")


def comparison(models: Mapping[str, Mapping[str, Any]], split: str) -> pd.DataFrame:
    """Return the table of an evaluation, see :class:`Evaluation`.

    Parameters
    ----------
    models
        Rows by name, see :class:`ModelMetrics`.
    split
        Method of the split, for column ``split``.
    """
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
