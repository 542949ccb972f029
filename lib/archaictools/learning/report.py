"""What a training is worth: measures on each side of the split, and a verdict in three words.

``skill`` (held-out AUROC above one half by more than its interval), ``no skill`` (not so: a legal result), ``leaky``
(the split shares bases between its sides, so no figure from it means anything).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.learning.bootstrap import Resampler, blocks_of, interval
from archaictools.learning.metrics import by_chromosome, describe
from archaictools.learning.score_histogram import Scores
from archaictools.learning.splits import SIDES, Locations
from archaictools.sequence.vocabulary import WordCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from archaictools.sequence.token_file import WordsFile

SCHEMA_VERSION = 1


def places_of(words: WordsFile) -> Locations:
    """Return where the sentences of a words file lie, 25 bytes each."""
    return Locations(
        list(words.chromosomes),
        words.field("chrom"),
        words.field("start"),
        words.field("end"),
        words.field("label"),
    )


def choose(places: Locations, rows: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Locations:
    """Return some of the places."""
    return replace(
        places,
        chrom=places.chrom[rows],
        start=places.start[rows],
        end=places.end[rows],
        label=places.label[rows],
    )


@dataclass(frozen=True)
class Predicted:
    """What networks say of one side, each sentence by a network that has it on that side.

    Attributes
    ----------
    rows
        Of the words file; with folds a row may stand more than once on the training side.
    probability
        P(introgressed).
    fold
        Number of the network, from 1.
    """

    rows: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    fold: npt.NDArray[np.int64]

    @classmethod
    def join(cls, parts: Sequence[Predicted]) -> Predicted:
        """Put the same side of several folds together."""
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("rows", "probability", "fold"))
        )


def judge(places: Locations, predicted: Mapping[str, Predicted], audit: dict[str, Any], *, seed: int) -> dict[str, Any]:
    """Measure every side of a split.

    Parameters
    ----------
    places
        All sentences.
    predicted
        ``train``, ``validation``, ``test``: what was predicted.
    audit
        As from :func:`archaictools.sequence.audit.overlap.check_leakage`.
    seed
        Of the resampling behind ``auroc_ci`` and its like.

    Returns
    -------
    dict
        ``schema_version, verdict, reason, audit, train, validation, test, chromosomes`` as written by
        ``train --metrics``.
    """
    report: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "verdict": "", "reason": "", "audit": audit}
    for name, side in predicted.items():
        report[name] = describe(places.label[side.rows], side.probability)
    held = predicted["test"]
    test = choose(places, held.rows)
    scores = Scores.of(test.label, held.probability, blocks_of(test))
    drawn = Resampler(scores.pieces, seed=seed).draw(scores)
    report["test"] |= {f"{name}_ci": interval(draws) for name, draws in drawn.items()}
    low, high = report["test"]["auroc_ci"]
    report["chromosomes"] = by_chromosome(test, held.probability)
    report["verdict"], report["reason"] = _verdict(audit, report["test"]["auroc"], low, high)
    return report


def _verdict(audit: dict[str, Any], auroc: float, low: float, high: float) -> tuple[str, str]:
    interval = f"AUROC {auroc:.3f} (95 % interval {low:.3f} to {high:.3f}) on held-out sentences"
    if audit["verdict"] == "leaky":
        return "leaky", f"{audit['reason']}; {interval} is not evidence of skill"
    if low > 0.5:
        return "skill", interval
    return "no skill", f"{interval} is not above chance"


def predictions_table(places: Locations, predicted: Mapping[str, Predicted]) -> pd.DataFrame:
    """Return the predictions of validation and test: ``chrom, start, end, label, probability, split, fold``."""
    parts = []
    for name in ("validation", "test"):
        side = predicted[name]
        parts.append(
            pd.DataFrame(
                {
                    "row": side.rows,
                    "chrom": np.array(places.names)[places.chrom[side.rows]],
                    "start": places.start[side.rows],
                    "end": places.end[side.rows],
                    "label": places.label[side.rows],
                    "probability": side.probability,
                    "split": name,
                    "fold": side.fold,
                }
            )
        )
    table = pd.concat(parts).sort_values("row", kind="stable")
    return table.drop(columns="row").reset_index(drop=True)


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
