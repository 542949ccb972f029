"""Measures of predicted probabilities: threshold, ranking and calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    matthews_corrcoef,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.learning.splits import Locations

#: Bins of equal width of the reliability curve and of the calibration error.
CALIBRATION_BINS = 10


class Metrics(TypedDict):
    """Measures of one set of predictions; a measure that is not defined (AUROC of one class) is NaN."""

    n: int
    prevalence: float
    accuracy: float
    precision: float
    recall: float
    f1: float
    mcc: float
    auroc: float
    auprc: float
    brier: float
    ece: float


def compute_metrics(
    label: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating],
    count: npt.NDArray[np.integer] | None = None,
) -> Metrics:
    """Measure predictions against labels; an example is predicted positive from a probability of 0.5.

    Parameters
    ----------
    label
        0 or 1, shape (n,).
    probability
        P(introgressed), shape (n,).
    count
        Number of examples that each entry stands for, 1 or more, shape (n,); None for one each.

    Returns
    -------
    Metrics
        ``n, prevalence, accuracy, precision, recall, f1, mcc, auroc, auprc, brier, ece``.
    """
    weight = np.ones(len(label), dtype=np.int64) if count is None else count
    predicted, true = probability >= 0.5, label == 1
    total, positive, claimed = (int(weight[which].sum()) for which in (slice(None), true, predicted))
    hits, both = int(weight[predicted & true].sum()), 0 < positive < total
    return {
        "n": total,
        "prevalence": positive / total if total else np.nan,
        "accuracy": int(weight[predicted == true].sum()) / total if total else np.nan,
        "precision": hits / claimed if claimed else np.nan,
        "recall": hits / positive if positive else np.nan,
        "f1": 2 * hits / (claimed + positive) if claimed + positive else np.nan,
        "mcc": float(matthews_corrcoef(true, predicted, sample_weight=count)) if both else np.nan,
        "auroc": float(roc_auc_score(true, probability, sample_weight=count)) if both else np.nan,
        "auprc": float(average_precision_score(true, probability, sample_weight=count)) if both else np.nan,
        "brier": float(brier_score_loss(true, probability, sample_weight=count)) if total else np.nan,
        "ece": calibration_error(label, probability, count),
    }


def reliability(
    label: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating],
    count: npt.NDArray[np.integer] | None = None,
) -> pd.DataFrame:
    """Return the reliability curve over bins of equal width.

    Parameters
    ----------
    label, probability, count
        As for :func:`compute_metrics`.

    Returns
    -------
    pandas.DataFrame
        ``low, high, n, mean_probability, introgressed_share``, one row for each bin that contains an example.
    """
    weight = np.ones(len(label), dtype=np.int64) if count is None else count
    bin_of = np.minimum((np.asarray(probability) * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    examples, claimed, found = (
        np.bincount(bin_of, weights=weight * values, minlength=CALIBRATION_BINS) for values in (1, probability, label)
    )
    filled, edges = examples > 0, np.linspace(0, 1, CALIBRATION_BINS + 1)
    return pd.DataFrame(
        {
            "low": edges[:-1][filled],
            "high": edges[1:][filled],
            "n": examples[filled].astype(np.int64),
            "mean_probability": claimed[filled] / examples[filled],
            "introgressed_share": found[filled] / examples[filled],
        }
    )


def roc(
    label: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating],
    count: npt.NDArray[np.integer] | None = None,
) -> pd.DataFrame:
    """Return the corners of the ROC curve; straight lines join them.

    Parameters are those of :func:`compute_metrics`.

    Returns
    -------
    pandas.DataFrame
        ``threshold, false_positive_rate, true_positive_rate``, from (0, 0) to (1, 1); empty if a class is missing.
    """
    true = np.asarray(label) == 1
    if true.all() or not true.any():
        return pd.DataFrame(columns=["threshold", "false_positive_rate", "true_positive_rate"], dtype=float)
    false_positive, true_positive, threshold = roc_curve(true, probability, sample_weight=count)
    return pd.DataFrame(
        {"threshold": threshold, "false_positive_rate": false_positive, "true_positive_rate": true_positive}
    )


def precision_recall(
    label: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating],
    count: npt.NDArray[np.integer] | None = None,
) -> pd.DataFrame:
    """Return precision and recall at every threshold; the curve between two points is a step.

    Parameters are those of :func:`compute_metrics`.

    Returns
    -------
    pandas.DataFrame
        ``threshold, recall, precision`` by rising recall; empty without an introgressed example.
    """
    true = np.asarray(label) == 1
    if not true.any():
        return pd.DataFrame(columns=["threshold", "recall", "precision"], dtype=float)
    precision, recall, threshold = precision_recall_curve(true, probability, sample_weight=count)
    # The last point of scikit-learn, recall 0 and precision 1, belongs to no threshold.
    points = pd.DataFrame({"threshold": threshold, "recall": recall[:-1], "precision": precision[:-1]})
    return points[::-1].reset_index(drop=True)


def calibration_error(
    label: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating],
    count: npt.NDArray[np.integer] | None = None,
) -> float:
    """Return the expected calibration error over ten bins of equal width (Guo et al. 2017).

    It is the mean over bins, weighted by their examples, of |mean probability - share introgressed|. Parameters are
    those of :func:`compute_metrics`.
    """
    curve = reliability(label, probability, count)
    gap = (curve["mean_probability"] - curve["introgressed_share"]).abs()
    return float((gap * curve["n"]).sum() / curve["n"].sum()) if len(curve) else float("nan")


def by_chromosome(locations: Locations, probability: npt.NDArray[np.floating]) -> dict[str, Metrics]:
    """Return the measures of each chromosome by name, of predictions in the order of ``locations``."""
    table = {}
    for index in np.unique(locations.chrom):
        rows = locations.chrom == index
        table[locations.names[int(index)]] = compute_metrics(locations.label[rows], probability[rows])
    return table
