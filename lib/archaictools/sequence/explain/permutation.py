"""Permutation importance of every position of a sentence, on held-out data, against a null of permuted labels.

A position is exchanged between sentences drawn at random, and the loss of skill measured. In mode ``sequence`` a block
of bases is exchanged and the words read anew; in mode ``word``, the article's, a word alone is exchanged, which leaves
neighbours that share nine of its ten letters contradicting it: sentences that no DNA can write (Hooker, Mentch and
Zhou 2021, doi 10.1007/s11222-021-10057-z, on why that misleads).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, rankdata

from archaictools.errors import InputError, UsageError
from archaictools.sequence.explain.perturb import CHUNK, PerturbedReader, Positions

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.io.dna import Codes
    from archaictools.progress import Progress

METRICS = ("loss", "auroc", "accuracy")


@dataclass(frozen=True, kw_only=True)
class ImportanceOptions:
    """How importance is measured.

    Attributes
    ----------
    metric
        What is lost: ``loss`` (mean log loss gained, in nats), ``auroc`` or ``accuracy``.
    repeats
        Independent exchanges of each position.
    permutations
        Of the labels, for the null.
    fdr
        False discovery rate up to which a position is important.
    threshold
        Least importance of an important position, besides; None for no such bound.
    seed
        Of exchanges and permutations.
    """

    metric: str = "loss"
    repeats: int = 5
    permutations: int = 2_000
    fdr: float = 0.05
    threshold: float | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise UsageError(f"metric is {self.metric!r}, expected one of {', '.join(METRICS)}")
        if self.repeats < 1 or self.permutations < 1:
            raise UsageError("repeats and permutations must be at least 1")


@dataclass(frozen=True)
class Importance:
    """What was measured.

    Attributes
    ----------
    table
        ``position, importance, sd, p, q``, one row a position; positions count words from 0.
    important
        Which positions are important.
    effect
        Mean fall in P(introgressed) when a position is exchanged, shape (positions, n).
    """

    table: pd.DataFrame
    important: npt.NDArray[np.bool_]
    effect: npt.NDArray[np.float32]


def measure_importance(
    reader: PerturbedReader,
    codes: Codes,
    label: npt.NDArray[np.int8],
    positions: Positions,
    options: ImportanceOptions,
    *,
    progress: Progress,
) -> Importance:
    """Measure the importance of every position.

    Parameters
    ----------
    reader
        Predicts perturbed sentences.
    codes, label
        Held-out sentences, base codes (n, size), and their labels, 0 or 1.
    positions
        Where to exchange.
    options
        How to measure.
    progress
        Told of sentences × repeats done.

    Raises
    ------
    InputError
        If there are not at least two sentences of each class.
    """
    count = len(label)
    if min((label == 1).sum(), (label == 0).sum()) < 2:
        raise InputError(
            f"importance needs held-out sentences of both classes, found {(label == 1).sum()} introgressed and "
            f"{(label == 0).sum()} depleted"
        )
    rng = np.random.default_rng(options.seed)
    # Each metric is a sum over sentences, linear in the label: keeping the change of its terms, averaged over
    # repeats, gives the statistic under any labelling as one product.
    change, constant = np.zeros((len(positions), count)), np.zeros(len(positions))
    effect = np.zeros((len(positions), count), dtype=np.float32)
    each = np.empty((options.repeats, len(positions)))
    for repeat in range(options.repeats):
        partner = np.array([rng.permutation(count) for _ in range(len(positions))])
        original, perturbed = np.empty(count), np.empty((len(positions), count))
        for first in range(0, count, CHUNK):
            part = slice(first, min(first + CHUNK, count))
            chosen = partner[:, part]
            original[part], perturbed[:, part] = reader.read(codes[part], partial(_rows_of, codes, chosen), positions)
            progress.advance(part.stop - part.start)
        slope, offset = _terms(options.metric, original, perturbed, int(label.sum()))
        each[repeat] = slope @ label + offset
        change += slope / options.repeats
        constant += offset / options.repeats
        effect += (original - perturbed).astype(np.float32) / options.repeats
    observed = change @ label + constant
    shuffled = np.array([rng.permutation(label) for _ in range(options.permutations)], dtype=np.float64)
    null = change @ shuffled.T + constant[:, None]
    tolerance = 1e-12 * max(1.0, float(np.abs(change).max()))  # equal statistics may differ in their last bit
    p = (1 + (null >= observed[:, None] - tolerance).sum(axis=1)) / (1 + options.permutations)
    q = false_discovery_control(p)
    important = q <= options.fdr
    if options.threshold is not None:
        important &= observed >= options.threshold
    table = pd.DataFrame(
        {
            "position": np.arange(len(positions)),
            "importance": observed,
            "sd": each.std(axis=0, ddof=1) if options.repeats > 1 else np.nan,
            "p": p,
            "q": q,
        }
    )
    return Importance(table, important, effect)


def _rows_of(codes: Codes, chosen: npt.NDArray[np.int64], position: int) -> Codes:
    rows: Codes = codes[chosen[position]]
    return rows


def _terms(
    metric: str, original: npt.NDArray[np.float64], perturbed: npt.NDArray[np.float64], positives: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Write the loss of skill as slope · label + offset: slope (positions, n), offset (positions,)."""
    count = len(original)
    if metric == "auroc":
        pairs = positives * (count - positives)
        return (rankdata(original) - rankdata(perturbed, axis=1)) / pairs, np.zeros(len(perturbed))
    if metric == "accuracy":
        fewer = (original >= 0.5).astype(float) - (perturbed >= 0.5)
        return 2 * fewer / count, -fewer.sum(axis=1) / count
    before, after = (np.clip(p, 1e-7, 1 - 1e-7) for p in (original, perturbed))
    slope = (np.log(before) - np.log1p(-before)) - (np.log(after) - np.log1p(-after))
    offset = np.log1p(-before) - np.log1p(-after)
    return slope / count, offset.sum(axis=1) / count
