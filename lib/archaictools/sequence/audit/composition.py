"""Prediction of the class of a window from its length, N, GC content, bases or dinucleotides alone.

If length or N predict the class, the windows of the two classes were cut differently. GC and dinucleotides may predict
it, too; a model that has learnt words is better than these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from archaictools.io.dna import AMBIGUOUS
from archaictools.learning.splits import TEST, TRAIN
from archaictools.sequence.kmers import kmer_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from archaictools.sequence.token_file import Sentences

#: Feature sets, and their columns in the table of :func:`features`.
FEATURES = {
    "length": slice(0, 1),
    "n": slice(1, 2),
    "gc": slice(2, 3),
    "bases": slice(3, 7),
    "dinucleotides": slice(7, 23),
}
#: Number of columns of the table.
WIDTH = 23


class Separability(TypedDict):
    """AUROC and accuracy on the test side of a logistic regression on one set of features."""

    auroc: float
    accuracy: float


def features(parts: Iterable[Sentences], count: int) -> npt.NDArray[np.float32]:
    """Return length, share of N, GC content, shares of 4 bases and of 16 dinucleotides.

    Parameters
    ----------
    parts
        All sentences, in parts.
    count
        Their number.

    Returns
    -------
    numpy.ndarray
        float32 (count, 23); :data:`FEATURES` names the columns. Shares are of the bases, or pairs, that are no N.
    """
    table = np.zeros((count, WIDTH), dtype=np.float32)
    first = 0
    for part in parts:
        rows = slice(first, first + len(part))
        lengths = np.maximum(part.end - part.start, 1)
        known = part.codes < AMBIGUOUS
        called = np.maximum(known.sum(axis=1), 1)
        table[rows, 0] = lengths
        table[rows, 1] = 1 - known.sum(axis=1) / lengths
        for base in range(4):
            table[rows, 3 + base] = (part.codes == base).sum(axis=1) / called
        table[rows, 2] = table[rows, 4] + table[rows, 5]
        pairs = kmer_ids(part.codes, k=2)
        total = np.maximum((pairs > 0).sum(axis=1), 1)
        for pair in range(16):
            table[rows, 7 + pair] = (pairs == pair + 1).sum(axis=1) / total
        first += len(part)
    return table


def logistic(
    train: npt.NDArray[np.floating], label: npt.NDArray[np.integer], test: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Return the predictions of a logistic regression on standardised features.

    If no feature varies in training, the prediction is the mean of the training labels.

    Parameters
    ----------
    train, label
        Features (n, columns) and labels (n,), 0 or 1, of the training side.
    test
        Features (m, columns) to predict.

    Returns
    -------
    numpy.ndarray
        float64 (m,): probabilities.
    """
    if np.ptp(train, axis=0).max(initial=0) == 0:
        return np.full(len(test), float(np.mean(label)))
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)).fit(train, label)
    score: npt.NDArray[np.float64] = fitted.predict_proba(test)[:, 1]
    return score


def separability(
    table: npt.NDArray[np.float32], label: npt.NDArray[np.int8], sides: npt.NDArray[np.int8]
) -> dict[str, Separability]:
    """Fit a logistic regression to each set of features on the training side, and measure it on the test side.

    Parameters
    ----------
    table
        As from :func:`features`.
    label, sides
        int8 (n,): label and side of every sentence.

    Returns
    -------
    dict
        For each of :data:`FEATURES`: ``auroc`` (0.5 if the features do not vary) and ``accuracy``.
    """
    train, test = sides == TRAIN, sides == TEST
    found: dict[str, Separability] = {}
    for name, columns in FEATURES.items():
        score = logistic(table[train, columns], label[train], table[test, columns])
        found[name] = {
            "auroc": float(roc_auc_score(label[test], score)),
            "accuracy": float(((score >= 0.5) == label[test]).mean()),
        }
    return found
