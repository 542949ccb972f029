"""Counting words: which k-mers occur, how often, and in which class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.io.tables import ROWS
from archaictools.sequence.kmers import kmer_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from archaictools.sequence.kmers import Ids
    from archaictools.sequence.token_file import KmerEncoding


class WordCounts:
    """Counts of every word id in introgressed, depleted and unlabelled sentences.

    Attributes
    ----------
    counts
        int64, shape (3, 4^k + 1): rows are introgressed, depleted, unlabelled; column 0 is "no word here".
    """

    def __init__(self, alphabet: KmerEncoding) -> None:
        self.alphabet = alphabet
        self.counts = np.zeros((3, alphabet.vocabulary), dtype=np.int64)

    def add(self, ids: Ids, labels: npt.NDArray[np.int8]) -> None:
        """Count the words of some sentences: ids (n, words), labels (n,) of 1, 0 or -1."""
        for row, label in enumerate((1, 0, -1)):
            chosen = ids[labels == label]
            if len(chosen) * ids.shape[1] > len(self.counts[row]) // 8:
                self.counts[row] += np.bincount(chosen.reshape(-1), minlength=self.alphabet.vocabulary)
            elif len(chosen):
                np.add.at(self.counts[row], chosen.reshape(-1), 1)

    def table(self) -> Iterator[pd.DataFrame]:
        """Yield ``kmer, id, count, count_introgressed, count_depleted``, most frequent first, then by id."""
        total = self.counts.sum(axis=0)
        total[0] = 0
        order = np.argsort(-total, kind="stable")
        order = order[: int(np.count_nonzero(total))]
        for first in range(0, max(1, len(order)), ROWS):
            ids = order[first : first + ROWS]
            yield pd.DataFrame(
                {
                    "kmer": kmer_text(ids, self.alphabet.k),
                    "id": ids,
                    "count": total[ids],
                    "count_introgressed": self.counts[0, ids],
                    "count_depleted": self.counts[1, ids],
                }
            )


def log_odds(introgressed: npt.NDArray[np.int64], depleted: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Natural log odds of each word for the introgressed class, with half a count added to each cell.

    Words count against all other words of their class, so that classes of unequal size compare.
    """
    sums = introgressed.sum(), depleted.sum()
    one = np.log(introgressed + 0.5) - np.log(sums[0] - introgressed + 0.5)
    other = np.log(depleted + 0.5) - np.log(sums[1] - depleted + 0.5)
    return np.asarray(one - other)
