"""Counts of k-mers by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.io.tables import ROWS
from archaictools.sequence.kmers import kmer_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from archaictools.sequence.encoding import KmerEncoding
    from archaictools.sequence.kmers import Ids
    from archaictools.sequence.token_file import TokenFile


class WordCounts:
    """Counts of every k-mer in introgressed, depleted and unlabelled sentences.

    Parameters
    ----------
    encoding
        Encoding of the sentences.

    Attributes
    ----------
    counts
        int64 (3, 4^k + 1): rows are introgressed, depleted and unlabelled; column 0 is "no word here".
    """

    def __init__(self, encoding: KmerEncoding) -> None:
        self.encoding = encoding
        self.counts = np.zeros((3, encoding.vocabulary), dtype=np.int64)

    def add(self, ids: Ids, labels: npt.NDArray[np.int8]) -> None:
        """Count the words of sentences: ids (n, words), and labels (n,) of 1, 0 or -1."""
        for row, label in enumerate((1, 0, -1)):
            chosen = ids[labels == label]
            if len(chosen) * ids.shape[1] > len(self.counts[row]) // 8:
                self.counts[row] += np.bincount(chosen.reshape(-1), minlength=self.encoding.vocabulary)
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
                    "kmer": kmer_text(ids, self.encoding.k),
                    "id": ids,
                    "count": total[ids],
                    "count_introgressed": self.counts[0, ids],
                    "count_depleted": self.counts[1, ids],
                }
            )


def count_words(tokens: TokenFile, chosen: npt.NDArray[np.bool_] | None = None) -> WordCounts:
    """Count the words of the sentences of a file, or of those that are chosen by a mask (sentences,)."""
    counts = WordCounts(tokens.encoding)
    first = 0
    for part in tokens.chunks():
        used = slice(None) if chosen is None else chosen[first : first + len(part)]
        counts.add(tokens.encoding.ids(part.codes[used]), part.label[used])
        first += len(part)
    return counts
