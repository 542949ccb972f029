"""Word2Vec vectors of the same sentences, and how far vectors cluster by AT content.

The article shows that Word2Vec vectors cluster by AT content, and states that the vectors of its classifier do not.
Here both are measured in the same way, with Word2Vec of gensim (Řehůřek and Sojka 2010; Mikolov et al. 2013).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.neighbors import NearestNeighbors

from archaictools.errors import InputError
from archaictools.learning.embedding import METRIC, NEIGHBOURS, WordVectors
from archaictools.progress import Progress
from archaictools.sequence.dataset import draw_rows, rows_of_side

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import TokenFile

log = logging.getLogger("archaictools")

#: Defaults of gensim: words on either side of a word, and passes over the sentences.
WINDOW, EPOCHS = 5, 5


class _Corpus:
    """Sentences as lists of ids in text, the form that gensim reads; each iteration starts at the first."""

    def __init__(self, words: TokenFile, rows: npt.NDArray[np.int64], progress: Progress) -> None:
        self._words, self._rows, self._progress = words, rows, progress

    def __iter__(self) -> Iterator[list[str]]:
        for ids, _ in self._words.labelled_words(self._rows):
            for sentence in ids:
                yield [str(word) for word in sentence if word]
            self._progress.advance(len(ids))


def word2vec(
    words: TokenFile, rows: npt.NDArray[np.int64], like: WordVectors, *, seed: int, progress: Progress
) -> WordVectors:
    """Train Word2Vec (continuous bag of words) on sentences, with as many dimensions as the learnt vectors.

    Parameters
    ----------
    words, rows
        The sentences: those of the training side, or some of them.
    like
        The learnt vectors.
    seed
        Random seed of the initial vectors and of sampling; with one thread, it alone determines the result.
    progress
        Advanced by sentences, once for the vocabulary and once an epoch.

    Returns
    -------
    WordVectors
        The words of ``like`` that occur in the sentences, in its order, with its metadata.

    Raises
    ------
    InputError
        If none of these words occurs in the sentences.
    """
    from gensim.models import Word2Vec

    model = Word2Vec(
        _Corpus(words, rows, progress),
        vector_size=like.vectors.shape[1],
        window=WINDOW,
        epochs=EPOCHS,
        min_count=1,
        seed=seed,
        workers=1,
        sorted_vocab=1,
    )
    index = model.wv.key_to_index
    row = np.array([index.get(str(word), -1) for word in like.metadata["id"]])
    if not (row >= 0).any():
        raise InputError("has none of the words of the model in the drawn sentences", path=words.path)
    known = row >= 0
    return WordVectors(np.asarray(model.wv.vectors[row[known]]), like.metadata[known].reset_index(drop=True))


def vectors_of_training(
    model: TrainedModel, tokens: TokenFile, chosen: WordVectors, *, sentences: int, member: int, seed: int
) -> tuple[WordVectors, WordVectors]:
    """Train Word2Vec on sentences of the training side of a member.

    Words in none of the drawn sentences are left out of both results, so that they have the same metadata.

    Parameters
    ----------
    model, tokens
        A model, and a file that fits it.
    chosen
        Learnt vectors of the words to compare.
    sentences
        Number of sentences drawn.
    member
        Number of the network, from 1.
    seed
        Random seed.

    Returns
    -------
    tuple of WordVectors
        The learnt vectors, and those of Word2Vec.
    """
    rows = draw_rows(rows_of_side(model, tokens, "train", member=member), sentences, seed=seed)
    with Progress(len(rows) * (1 + EPOCHS), "sentences", "Word2Vec") as progress:
        found = word2vec(tokens, rows, chosen, seed=seed, progress=progress)
    both = chosen.shared_with(found)
    if left_out := len(chosen) - len(both):
        log.warning("%s words are in none of the sentences drawn for Word2Vec, left out", f"{left_out:,}")
    return both, found


def clustering(sets: dict[str, WordVectors], *, seed: int) -> pd.DataFrame:
    """Measure how far vectors cluster words by AT content.

    Parameters
    ----------
    sets
        Name to vectors, of the same words.
    seed
        Random seed of the normal vectors for comparison.

    Returns
    -------
    pandas.DataFrame
        ``vectors, words, dimensions, neighbours, at_correlation``, one row for each set and one, ``random``, for
        random vectors. ``at_correlation`` is Spearman's correlation between the AT content of a word and the mean of
        its nearest neighbours (cosine): 0 without clusters by AT, 1 if neighbours have the same AT content.
    """
    first = next(iter(sets.values()))
    noise = np.random.default_rng(seed).normal(size=first.vectors.shape).astype(np.float32)
    rows = []
    for name, words in {**sets, "random": replace(first, vectors=noise)}.items():
        near = min(NEIGHBOURS, len(words) - 1)
        search = NearestNeighbors(n_neighbors=near + 1, metric=METRIC).fit(words.vectors)
        found = search.kneighbors(words.vectors, return_distance=False)
        at = words.metadata["at_content"].to_numpy()
        # A word is its own nearest neighbour, unless another has the same vector: leave it out by its number.
        others = np.where(found == np.arange(len(words))[:, None], np.nan, at[found])
        correlation = spearmanr(at, np.nanmean(others, axis=1)).statistic
        rows.append((name, len(words), words.vectors.shape[1], near, float(correlation)))
    return pd.DataFrame(rows, columns=["vectors", "words", "dimensions", "neighbours", "at_correlation"])
