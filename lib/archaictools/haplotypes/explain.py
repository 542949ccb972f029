"""Explanations of a model of haplotypes: permutation importance of the inputs of a bin, and their vectors.

One input (an allele class, or an input that all haplotypes share) is exchanged with that of another chunk of bins, bin
by bin. This preserves its autocorrelation, but breaks its link to other inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, wilcoxon

from archaictools.errors import InputError
from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.learning.embedding import WordVectors, log_odds

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.predictors import BinPredictor
    from archaictools.learning.model_file import TrainedModel
    from archaictools.progress import Progress

#: Columns of the metadata of vectors.
VECTOR_COLUMNS = ("word", "id", "count", "log_odds", "norm")

_CLIP = 1e-6


def draw_chunks(
    words: FeatureFile, number: int, *, length: int, seed: int, seen: Callable[[str], npt.NDArray[np.bool_]]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Draw chunks of haplotypes that the model has not seen, if possible half of them with introgression.

    Parameters
    ----------
    words
        Labelled haplotypes.
    number, length
        Number of chunks, and bins of each.
    seed
        Random seed.
    seen
        Returns, for a chromosome, which bins the model has seen: bool (bins,).

    Returns
    -------
    inputs
        uint8 (chunks, length, 34).
    label
        bool (chunks, length): at least half of the bin is introgressed.

    Raises
    ------
    InputError
        If no unseen chunk has introgression, or none has no introgression.
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
            "has no chunk with introgression that the model has not seen, or none without introgression",
            path=words.path,
            remedy="give people that the model was not trained on, or train with larger blocks",
        )
    chosen = []
    for kind in (True, False):
        some = rng.permutation(len(found[kind]))[: max(1, number // 2)]
        chosen += [found[kind][index] for index in np.sort(some).tolist()]
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
        Predicts with one network.
    inputs, label
        From :func:`draw_chunks`.
    names
        Names of the inputs.
    repeats
        Exchanges of each input.
    seed
        Random seed of the exchanges.
    progress
        Advanced by predicted chunks.

    Returns
    -------
    pandas.DataFrame
        ``position`` (of the input, from 0), ``importance`` (mean log loss of a bin gained, in nats), ``sd`` (over
        repeats), ``p`` (one-sided Wilcoxon signed-rank test over chunks), ``q`` (Benjamini and Hochberg), ``word``.
    """
    rng = np.random.default_rng(seed)
    before = _loss(predictor(inputs), label)
    rows = []
    for number, name in enumerate(names):
        gained = np.empty((repeats, len(label)))
        for repeat in range(repeats):
            exchanged = inputs.copy()
            exchanged[..., number] = inputs[rng.permutation(len(inputs)), :, number]
            gained[repeat] = _loss(predictor(exchanged), label) - before
            progress.advance(len(label))
        mean = gained.mean(axis=0)
        # Differences as small as the rounding of float32 count as ties.
        p = float(wilcoxon(np.round(mean, 7), alternative="greater").pvalue) if np.round(mean, 7).any() else 1.0
        sd = gained.mean(axis=1).std(ddof=1) if repeats > 1 else np.nan
        rows.append({"position": number, "importance": float(mean.mean()), "sd": float(sd), "p": p, "word": name})
    table = pd.DataFrame(rows)
    table["q"] = false_discovery_control(table["p"])
    return table[["position", "importance", "sd", "p", "q", "word"]]


def _loss(probability: npt.NDArray[np.float32], label: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the mean log loss of the bins of each chunk, float64 (chunks,)."""
    p = np.clip(probability.astype(np.float64), _CLIP, 1 - _CLIP)
    return np.asarray(-np.where(label, np.log(p), np.log1p(-p)).mean(axis=1))


def input_vectors(model: TrainedModel, *, member: int = 1) -> WordVectors:
    """Return the vectors of the 32 allele classes of a bin: rows of the layer that sums them up.

    Parameters
    ----------
    model
        A model of haplotypes.
    member
        Number of its network, from 1.
    """
    one = model.member(member)
    counts = one.counts.astype(np.int64)[:, : len(CLASSES)]
    total = counts.sum(axis=0)
    order = np.argsort(-total, kind="stable")
    vectors = np.ascontiguousarray(one.weights["embedding"][order])
    metadata = pd.DataFrame(
        {
            "word": np.array(CLASSES)[order],
            "id": order,
            "count": total[order],
            "log_odds": log_odds(counts[0], counts[1])[order],
            "norm": np.linalg.norm(vectors, axis=1),
        }
    )
    return WordVectors(vectors, metadata)
