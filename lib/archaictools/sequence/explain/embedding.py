"""Vectors that a model has learnt for k-mers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.learning.embedding import WordVectors, log_odds
from archaictools.sequence.compatibility import kmers_of
from archaictools.sequence.kmers import at_content, kmer_text, reverse_complement_ids

if TYPE_CHECKING:
    from archaictools.learning.model_file import TrainedModel

#: Columns of the metadata by default.
COLUMNS = ("kmer", "count", "at_content", "log_odds", "cpg", "reverse_complement")


def word_vectors(model: TrainedModel, *, member: int = 1) -> WordVectors:
    """Return the vectors of all k-mers that occur on the training side of a member.

    Parameters
    ----------
    model
        A model of k-mers.
    member
        Number of its network, from 1.

    Raises
    ------
    InputError
        If no k-mer was trained.
    """
    one = model.member(member)
    counts = one.counts.astype(np.int64)
    counts[:, 0] = 0
    total = counts.sum(axis=0)
    ids = np.argsort(-total, kind="stable")[: int(np.count_nonzero(total))]
    if not len(ids):
        raise InputError("the model was trained on no k-mer")
    k = kmers_of(model).k
    kmers = kmer_text(ids, k)
    vectors = np.ascontiguousarray(one.weights["embedding"][ids])
    metadata = pd.DataFrame(
        {
            "kmer": kmers,
            "id": ids,
            "count": total[ids],
            "at_content": at_content(ids, k),
            "log_odds": log_odds(counts[0], counts[1])[ids],
            "cpg": np.char.count(kmers, "CG"),
            "reverse_complement": kmer_text(reverse_complement_ids(ids, k), k),
            "norm": np.linalg.norm(vectors, axis=1),
        }
    )
    return WordVectors(vectors, metadata)
