"""How good are probabilities? Threshold, ranking and calibration measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, matthews_corrcoef, roc_auc_score

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.learning.splits import Locations

CALIBRATION_BINS = 10


def describe(
    label: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating],
    number: npt.NDArray[np.integer] | None = None,
) -> dict[str, Any]:
    """Measure predictions against labels; from one half on a sentence counts as called.

    Parameters
    ----------
    label
        0 or 1, shape (n,).
    probability
        P(introgressed), shape (n,).
    number
        How many sentences each entry stands for, shape (n,), 1 or more; without it, one.

    Returns
    -------
    dict
        ``n, prevalence, accuracy, precision, recall, f1, mcc, auroc, auprc, brier, ece``; a measure that is not
        defined (AUROC of one class) is NaN.
    """
    weight = np.ones(len(label), dtype=np.int64) if number is None else number
    called, true = probability >= 0.5, label == 1
    total, positive, guessed = (int(weight[which].sum()) for which in (slice(None), true, called))
    hits, both = int(weight[called & true].sum()), 0 < positive < total
    return {
        "n": total,
        "prevalence": positive / total if total else np.nan,
        "accuracy": int(weight[called == true].sum()) / total if total else np.nan,
        "precision": hits / guessed if guessed else np.nan,
        "recall": hits / positive if positive else np.nan,
        "f1": 2 * hits / (guessed + positive) if guessed + positive else np.nan,
        "mcc": float(matthews_corrcoef(true, called, sample_weight=number)) if both else np.nan,
        "auroc": float(roc_auc_score(true, probability, sample_weight=number)) if both else np.nan,
        "auprc": float(average_precision_score(true, probability, sample_weight=number)) if both else np.nan,
        "brier": float(brier_score_loss(true, probability, sample_weight=number)) if total else np.nan,
        "ece": calibration_error(label, probability, number),
    }


def reliability(
    label: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating],
    number: npt.NDArray[np.integer] | None = None,
) -> pd.DataFrame:
    """Return a reliability curve over bins of equal width: ``low, high, n, mean_probability, introgressed_share``.

    Parameters are those of :func:`describe`; bins without a sentence have no row.
    """
    weight = np.ones(len(label), dtype=np.int64) if number is None else number
    place = np.minimum((np.asarray(probability) * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    count, claimed, found = (
        np.bincount(place, weights=weight * values, minlength=CALIBRATION_BINS) for values in (1, probability, label)
    )
    held, edges = count > 0, np.linspace(0, 1, CALIBRATION_BINS + 1)
    return pd.DataFrame(
        {
            "low": edges[:-1][held],
            "high": edges[1:][held],
            "n": count[held].astype(np.int64),
            "mean_probability": claimed[held] / count[held],
            "introgressed_share": found[held] / count[held],
        }
    )


def calibration_error(
    label: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating],
    number: npt.NDArray[np.integer] | None = None,
) -> float:
    """Return the expected calibration error over ten bins of equal width (Guo et al. 2017).

    The mean over bins, weighted by their sentences, of |mean probability - share introgressed|.
    """
    curve = reliability(label, probability, number)
    gap = (curve["mean_probability"] - curve["introgressed_share"]).abs()
    return float((gap * curve["n"]).sum() / curve["n"].sum()) if len(curve) else float("nan")


def by_chromosome(places: Locations, probability: npt.NDArray[np.floating]) -> dict[str, dict[str, Any]]:
    """Measure each chromosome by itself."""
    table = {}
    for index in np.unique(places.chrom):
        rows = places.chrom == index
        table[places.names[int(index)]] = describe(places.label[rows], probability[rows])
    return table
