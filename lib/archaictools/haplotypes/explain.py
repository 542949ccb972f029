"""What a model of haplotypes reads: the loss of skill when one input is exchanged between stretches of haplotypes.

An input (a word of the variant alphabet, or what all haplotypes share) is taken from another stretch, bin for bin, so
that its own course along the genome stays as it is and only its company changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, wilcoxon

from archaictools.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.predictors import BinPredictor
    from archaictools.progress import Progress

_CLIP = 1e-6


def draw_stretches(
    words: FeatureFile, number: int, *, length: int, seed: int, seen: Callable[[str], npt.NDArray[np.bool_]]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Draw stretches of haplotypes that training did not see, as far as possible half of them with introgression.

    Parameters
    ----------
    words
        Labelled haplotypes.
    number, length
        Stretches, and bins of each.
    seed
        Of drawing.
    seen
        Tells of a chromosome which bins training saw: bool (bins,).

    Returns
    -------
    inputs
        uint8 (stretches, length, 34).
    label
        bool (stretches, length): half of the bin or more is introgressed.

    Raises
    ------
    InputError
        If, where training saw nothing, no haplotype is introgressed, or none is free.
    """
    rng = np.random.default_rng(seed)
    found: dict[bool, list[tuple[str, int, int]]] = {True: [], False: []}
    for chrom, bins in words.bins.items():
        truth = words.truth(chrom)
        size, known = min(length, bins), seen(chrom)
        for first in range(0, bins - size + 1, size):
            if known[first : first + size].any():
                continue
            rich = np.asarray(truth[:, first : first + size].any(axis=1))
            for row in range(len(rich)):
                found[bool(rich[row])].append((chrom, row, first))
    if not found[True] or not found[False]:
        raise InputError(
            "holds no stretch with introgression that training did not see, or none without",
            path=words.path,
            remedy="give people that the model was not trained on, or train with larger blocks held out",
        )
    chosen = []
    for kind in (True, False):
        some = rng.permutation(len(found[kind]))[: max(1, number // 2)]
        chosen += [found[kind][place] for place in np.sort(some).tolist()]
    inputs, label = [], []
    for chrom, row, first in chosen:
        where = slice(first, first + min(length, words.bins[chrom]))
        rows = slice(row, row + 1)
        inputs.append(words.inputs(chrom, rows)[0, where])
        label.append(words.label(chrom, rows)[0, where] == 1)
    longest = max(len(part) for part in label)
    whole = [number for number, part in enumerate(label) if len(part) == longest]
    return np.stack([inputs[n] for n in whole]), np.stack([label[n] for n in whole])


def input_importance(
    predictor: BinPredictor,
    inputs: npt.NDArray[np.uint8],
    label: npt.NDArray[np.bool_],
    names: tuple[str, ...],
    *,
    repeats: int,
    seed: int,
    progress: Progress,
) -> pd.DataFrame:
    """Measure the importance of every input.

    Parameters
    ----------
    predictor
        Of one network.
    inputs, label
        As from :func:`draw_stretches`.
    names
        Of the inputs.
    repeats
        Exchanges of each input.
    seed
        Of the exchanges.
    progress
        Told of stretches predicted.

    Returns
    -------
    pandas.DataFrame
        ``position`` (of the input, from 0), ``importance`` (mean log loss of a bin gained, in nats), ``sd`` (over
        repeats), ``p`` (one-sided Wilcoxon signed-rank test over stretches), ``q`` (Benjamini and Hochberg), ``word``.
    """
    rng = np.random.default_rng(seed)
    before = _loss(predictor(inputs), label)
    rows = []
    for place, name in enumerate(names):
        gained = np.empty((repeats, len(label)))
        for repeat in range(repeats):
            exchanged = inputs.copy()
            exchanged[..., place] = inputs[rng.permutation(len(inputs)), :, place]
            gained[repeat] = _loss(predictor(exchanged), label) - before
            progress.advance(len(label))
        mean = gained.mean(axis=0)
        # Rounded: differences of the size of float32's rounding are ties.
        p = float(wilcoxon(np.round(mean, 7), alternative="greater").pvalue) if np.round(mean, 7).any() else 1.0
        sd = gained.mean(axis=1).std(ddof=1) if repeats > 1 else np.nan
        rows.append({"position": place, "importance": float(mean.mean()), "sd": float(sd), "p": p, "word": name})
    table = pd.DataFrame(rows)
    table["q"] = false_discovery_control(table["p"])
    return table[["position", "importance", "sd", "p", "q", "word"]]


def _loss(probability: npt.NDArray[np.float32], label: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the mean log loss of the bins of each stretch."""
    p = np.clip(probability.astype(np.float64), _CLIP, 1 - _CLIP)
    return np.asarray(-np.where(label, np.log(p), np.log1p(-p)).mean(axis=1))
