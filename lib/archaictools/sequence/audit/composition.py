"""What the coarsest features of a window tell of its class: length, N, GC, bases and dinucleotides.

A class that can be told by length or by N was cut differently from the other; one that can be told by GC or
dinucleotides may be, too, and a model has to beat that to have learnt words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

#: Feature sets and their columns in what :func:`features` returns.
FEATURES = {
    "length": slice(0, 1),
    "n": slice(1, 2),
    "gc": slice(2, 3),
    "bases": slice(3, 7),
    "dinucleotides": slice(7, 23),
}
WIDTH = 23


def features(parts: Iterable[Sentences], count: int) -> npt.NDArray[np.float32]:
    """Compute length, share of N, GC content, shares of 4 bases and of 16 dinucleotides, shape (count, 23)."""
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
    """Fit a logistic regression on standardised features and predict; the training mean where nothing varies."""
    if np.ptp(train, axis=0).max(initial=0) == 0:
        return np.full(len(test), float(np.mean(label)))
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)).fit(train, label)
    score: npt.NDArray[np.float64] = fitted.predict_proba(test)[:, 1]
    return score


def separability(
    table: npt.NDArray[np.float32], label: npt.NDArray[np.int8], sides: npt.NDArray[np.int8]
) -> dict[str, dict[str, Any]]:
    """Fit a logistic regression on each feature set of the training side; measure it on the test side.

    Returns
    -------
    dict
        For each of :data:`FEATURES`: ``auroc`` on the test side (0.5 where the feature does not vary) and ``accuracy``.
    """
    train, test = sides == TRAIN, sides == TEST
    found = {}
    for name, columns in FEATURES.items():
        score = logistic(table[train, columns], label[train], table[test, columns])
        found[name] = {
            "auroc": float(roc_auc_score(label[test], score)),
            "accuracy": float(((score >= 0.5) == label[test]).mean()),
        }
    return found
