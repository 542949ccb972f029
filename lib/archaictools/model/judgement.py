"""What a training is worth: measures on each side of the split, and a verdict in three words.

``skill`` (held-out AUROC above one half by more than its interval), ``no skill`` (not so: a legal result), ``leaky``
(the split shares bases between its sides, so no figure from it means anything).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.model.metrics import auroc_interval, by_chromosome, describe
from archaictools.model.splits import SIDES, TEST, Places
from archaictools.words.vocabulary import WordCounts

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.words.sentences import WordsFile

SCHEMA_VERSION = 1


def places_of(words: WordsFile) -> Places:
    """Return where the sentences of a words file lie, 25 bytes each."""
    return Places(
        list(words.chromosomes),
        words.field("chrom"),
        words.field("start"),
        words.field("end"),
        words.field("label"),
    )


def choose(places: Places, rows: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Places:
    """Return some of the places."""
    return replace(
        places,
        chrom=places.chrom[rows],
        start=places.start[rows],
        end=places.end[rows],
        label=places.label[rows],
    )


def judge(
    places: Places,
    sides: npt.NDArray[np.int8],
    probability: npt.NDArray[np.float64],
    audit: dict[str, Any],
    *,
    seed: int,
) -> dict[str, Any]:
    """Measure every side of a split.

    Parameters
    ----------
    places, sides
        All sentences and their sides.
    probability
        P(introgressed) of every sentence; NaN where it was not predicted (unused ones).
    audit
        As from :func:`archaictools.model.leakage.check_leakage`.
    seed
        Of the resampling behind ``auroc_ci``.

    Returns
    -------
    dict
        ``schema_version, verdict, reason, audit, train, validation, test, chromosomes`` as written by
        ``train --metrics``.
    """
    report: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "verdict": "", "reason": "", "audit": audit}
    for name, side in SIDES.items():
        rows = sides == side
        report[name] = describe(places.label[rows], probability[rows])
    held = sides == TEST
    test = choose(places, held)
    low, high = auroc_interval(test, probability[held], seed=seed)
    report["test"]["auroc_ci"] = [low, high]
    report["chromosomes"] = by_chromosome(test, probability[held])
    report["verdict"], report["reason"] = _verdict(audit, report["test"]["auroc"], low, high)
    return report


def _verdict(audit: dict[str, Any], auroc: float, low: float, high: float) -> tuple[str, str]:
    interval = f"AUROC {auroc:.3f} (95 % interval {low:.3f} to {high:.3f}) on held-out sentences"
    if audit["verdict"] == "leaky":
        return "leaky", f"{audit['reason']}; {interval} is not evidence of skill"
    if low > 0.5:
        return "skill", interval
    return "no skill", f"{interval} is not above chance"


def predictions_table(
    places: Places, sides: npt.NDArray[np.int8], probability: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Return the held-out predictions: ``chrom, start, end, label, probability, split`` of test and validation."""
    rows = np.flatnonzero((sides == TEST) | (sides == SIDES["validation"]))
    names = np.array(list(SIDES))
    return pd.DataFrame(
        {
            "chrom": np.array(places.names)[places.chrom[rows]],
            "start": places.start[rows],
            "end": places.end[rows],
            "label": places.label[rows],
            "probability": probability[rows],
            "split": names[sides[rows]],
        }
    )


def training_counts(words: WordsFile, sides: npt.NDArray[np.int8]) -> npt.NDArray[np.uint32]:
    """Count the words of the training side by class, uint32 (2, vocabulary): introgressed, depleted."""
    counts = WordCounts(words.alphabet)
    first = 0
    for part in words.chunks():
        used = sides[first : first + len(part)] == SIDES["train"]
        if used.any():
            counts.add(words.alphabet.ids(part.codes[used]), part.label[used])
        first += len(part)
    return counts.counts[:2].astype(np.uint32)
