"""How good are probabilities? Threshold, ranking and calibration measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, matthews_corrcoef, roc_auc_score

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.model.splits import Places

Labels = "npt.NDArray[np.int8]"
Probabilities = "npt.NDArray[np.float64]"

CALIBRATION_BINS = 10


def describe(
    label: npt.NDArray[np.integer], probability: npt.NDArray[np.floating], *, threshold: float = 0.5
) -> dict[str, Any]:
    """Measure predictions against labels.

    Parameters
    ----------
    label
        0 or 1, shape (n,).
    probability
        P(introgressed), shape (n,).
    threshold
        From which a sentence counts as called.

    Returns
    -------
    dict
        ``n, prevalence, accuracy, precision, recall, f1, mcc, auroc, auprc, brier, ece``; a measure that is not
        defined (AUROC of one class) is NaN.
    """
    called = probability >= threshold
    true = label == 1
    hits, both = int((called & true).sum()), len(np.unique(label)) == 2
    precision = hits / called.sum() if called.any() else np.nan
    recall = hits / true.sum() if true.any() else np.nan
    return {
        "n": len(label),
        "prevalence": float(true.mean()) if len(label) else np.nan,
        "accuracy": float((called == true).mean()) if len(label) else np.nan,
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(2 * hits / (called.sum() + true.sum())) if called.any() or true.any() else np.nan,
        "mcc": float(matthews_corrcoef(true, called)) if both else np.nan,
        "auroc": float(roc_auc_score(true, probability)) if both else np.nan,
        "auprc": float(average_precision_score(true, probability)) if both else np.nan,
        "brier": float(brier_score_loss(true, probability)) if len(label) else np.nan,
        "ece": calibration_error(label, probability),
    }


def calibration_error(label: npt.NDArray[np.integer], probability: npt.NDArray[np.floating]) -> float:
    """Return the expected calibration error over ten bins of equal width (Guo et al. 2017).

    The mean over bins, weighted by their sentences, of |mean probability - share introgressed|.
    """
    if not len(label):
        return float("nan")
    place = np.minimum((np.asarray(probability) * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    claimed = np.bincount(place, weights=probability, minlength=CALIBRATION_BINS)
    found = np.bincount(place, weights=label, minlength=CALIBRATION_BINS)
    return float(np.abs(claimed - found).sum() / len(label))


def by_chromosome(places: Places, probability: npt.NDArray[np.floating]) -> dict[str, dict[str, Any]]:
    """Measure each chromosome by itself."""
    table = {}
    for index in np.unique(places.chrom):
        rows = places.chrom == index
        table[places.names[int(index)]] = describe(places.label[rows], probability[rows])
    return table
