"""Permutation importance of every position of a sentence, with p-values from permuted labels.

A position is exchanged between random sentences, and the loss of skill is measured. In mode ``sequence`` a block of
bases is exchanged, and the words are read again. In mode ``word``, the article's, a word alone is exchanged: it then
contradicts its neighbours, which share nine of its ten bases, so that no DNA reads so. Hooker, Mentch and Zhou 2021
(doi 10.1007/s11222-021-10057-z) show why such sentences mislead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, rankdata

from archaictools.errors import InputError
from archaictools.sequence.explain.perturb import CHUNK, PerturbedPredictor, Positions

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.io.dna import Codes
    from archaictools.progress import Progress
    from archaictools.sequence.options import ImportanceOptions


@dataclass(frozen=True)
class Importance:
    """Importance of positions.

    Attributes
    ----------
    table
        One row for each position: ``position``, from 0; ``importance``; ``sd``, its standard deviation over repeats;
        ``p`` (one-sided) and ``q`` (Benjamini and Hochberg); ``start, end``, the bases that are exchanged, 0-based and
        half-open, in bp from the start of the sentence; ``null_low, null_high``, the central 95 % of its importance
        under permuted labels.
    important
        bool (positions,): which positions are important.
    null
        float64 (positions, 2): bounds of the central 95 % of the importance under permuted labels.
    effect
        float32 (positions, n): mean fall in P(introgressed) of each sentence when the position is exchanged.
    """

    table: pd.DataFrame
    important: npt.NDArray[np.bool_]
    null: npt.NDArray[np.float64]
    effect: npt.NDArray[np.float32]


def measure_importance(
    predictor: PerturbedPredictor,
    codes: Codes,
    label: npt.NDArray[np.int8],
    positions: Positions,
    options: ImportanceOptions,
    *,
    repeats: int,
    fdr: float,
    seed: int,
    progress: Progress,
) -> Importance:
    """Measure the importance of every position.

    Parameters
    ----------
    predictor
        Predicts perturbed sentences.
    codes, label
        Held-out sentences: base codes, uint8 (n, size), and labels, 0 or 1 (n,).
    positions
        Positions to exchange.
    options
        Metric, number of permutations, and minimum importance.
    repeats
        Independent exchanges of each position.
    fdr
        Largest q of an important position.
    seed
        Random seed of exchanges and permutations.
    progress
        Advanced by sentences × repeats.

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
    rng = np.random.default_rng(seed)
    # Each metric is a sum over sentences, and linear in the label. So the change of its terms, averaged over repeats,
    # gives the statistic under any labels as one product.
    change, constant = np.zeros((len(positions), count)), np.zeros(len(positions))
    effect = np.zeros((len(positions), count), dtype=np.float32)
    each = np.empty((repeats, len(positions)))
    for repeat in range(repeats):
        partner = np.array([rng.permutation(count) for _ in range(len(positions))])
        original, perturbed = np.empty(count), np.empty((len(positions), count))
        for first in range(0, count, CHUNK):
            part = slice(first, min(first + CHUNK, count))
            chosen = partner[:, part]
            donors = partial(_rows_of, codes, chosen)
            original[part], perturbed[:, part] = predictor.predict(codes[part], donors, positions)
            progress.advance(part.stop - part.start)
        slope, offset = _terms(options.metric, original, perturbed, int(label.sum()))
        each[repeat] = slope @ label + offset
        change += slope / repeats
        constant += offset / repeats
        effect += (original - perturbed).astype(np.float32) / repeats
    observed = change @ label + constant
    shuffled = np.array([rng.permutation(label) for _ in range(options.permutations)], dtype=np.float64)
    null = change @ shuffled.T + constant[:, None]
    tolerance = 1e-12 * max(1.0, float(np.abs(change).max()))  # equal statistics may differ in their last bit
    p = (1 + (null >= observed[:, None] - tolerance).sum(axis=1)) / (1 + options.permutations)
    q = false_discovery_control(p)
    low, high = np.quantile(null, [0.025, 0.975], axis=1)
    important = q <= fdr
    if options.threshold is not None:
        important &= observed >= options.threshold
    table = pd.DataFrame(
        {
            "position": np.arange(len(positions)),
            "importance": observed,
            "sd": each.std(axis=0, ddof=1) if repeats > 1 else np.nan,
            "p": p,
            "q": q,
            "start": positions.base,
            "end": positions.base + positions.width,
            "null_low": low,
            "null_high": high,
        }
    )
    return Importance(table, important, np.quantile(null, [0.025, 0.975], axis=1).T, effect)


def _rows_of(codes: Codes, chosen: npt.NDArray[np.int64], position: int) -> Codes:
    """Return the partners at a position."""
    rows: Codes = codes[chosen[position]]
    return rows


def _terms(
    metric: str, original: npt.NDArray[np.float64], perturbed: npt.NDArray[np.float64], positives: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the terms of the loss of skill, slope · label + offset: slope (positions, n), offset (positions,)."""
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
