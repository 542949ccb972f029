"""Enrichment of k-mers at important positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, hypergeom

from archaictools.learning.embedding import log_odds
from archaictools.sequence.kmers import at_content, kmer_text, reverse_complement_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from archaictools.sequence.encoding import KmerEncoding
    from archaictools.sequence.kmers import Ids

COLUMNS = ["kmer", "count", "background", "odds_ratio", "p", "q", "at_content", "log_odds"]


def kmers_at(
    important: npt.NDArray[np.bool_],
    sentences: Iterable[tuple[Ids, npt.NDArray[np.int8]]],
    encoding: KmerEncoding,
    *,
    min_count: int = 5,
) -> pd.DataFrame:
    """Compare the words at important positions with those at other positions, in introgressed sentences.

    If every position is important, the words of depleted sentences are the background. A k-mer and its reverse
    complement count as one, with the name of the alphabetically smaller.

    Parameters
    ----------
    important
        bool (words,): which words are at important positions.
    sentences
        Word ids (n, words) and labels (n,) of held-out sentences, in parts.
    encoding
        Encoding of the words.
    min_count
        Smallest count of a k-mer, at important positions and in the background together.

    Returns
    -------
    pandas.DataFrame
        ``kmer``; ``count`` at important positions; ``background``, its share of the words elsewhere;
        ``odds_ratio`` (half a count added to each cell); ``p`` (one-sided hypergeometric) and ``q`` (Benjamini
        and Hochberg); ``at_content``; ``log_odds`` (natural, for the introgressed class over all positions).
        The table is sorted by p, then by log odds. It is empty if no position is important.
    """
    counts = np.zeros((3, encoding.vocabulary), dtype=np.int64)  # important, elsewhere, depleted
    for words, label in sentences:
        one = words[label == 1]
        for row, some in enumerate((one[:, important], one[:, ~important], words[label == 0])):
            if some.size:
                counts[row] += np.bincount(some.reshape(-1), minlength=encoding.vocabulary)
    ids = np.arange(1, encoding.vocabulary)
    smaller = np.minimum(ids, reverse_complement_ids(ids, encoding.k))
    collapsed = np.array([np.bincount(smaller, weights=row[1:], minlength=encoding.vocabulary) for row in counts])
    here, elsewhere, depleted = collapsed.astype(np.int64)
    background = elsewhere if elsewhere.any() else depleted
    odds = log_odds(here + elsewhere, depleted)
    chosen = np.flatnonzero((here > 0) & (here + background >= min_count))
    if not len(chosen):
        return pd.DataFrame(columns=COLUMNS)
    inside, outside = int(here.sum()), int(background.sum())
    p = _upper_tail(here[chosen], background[chosen], inside, outside)
    table = pd.DataFrame(
        {
            "kmer": kmer_text(chosen, encoding.k),
            "count": here[chosen],
            "background": background[chosen] / outside,
            "odds_ratio": (here[chosen] + 0.5)
            * (outside - background[chosen] + 0.5)
            / ((background[chosen] + 0.5) * (inside - here[chosen] + 0.5)),
            "p": p,
            "q": false_discovery_control(p),
            "at_content": at_content(chosen, encoding.k),
            "log_odds": odds[chosen],
        }
    )
    return table.sort_values(["p", "log_odds", "kmer"], ascending=[True, False, True]).reset_index(drop=True)


def _upper_tail(
    here: npt.NDArray[np.int64], background: npt.NDArray[np.int64], inside: int, outside: int
) -> npt.NDArray[np.float64]:
    """Return P(at least ``here`` occurrences of a k-mer are inside), computed once for each distinct pair of counts."""
    pairs, inverse = np.unique(np.stack([here, here + background], axis=1), axis=0, return_inverse=True)
    tail = hypergeom.sf(pairs[:, 0] - 1, inside + outside, pairs[:, 1], inside)
    return np.asarray(np.clip(np.asarray(tail)[inverse.reshape(-1)], 0.0, 1.0))
