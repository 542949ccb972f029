"""Word2Vec vectors of the same sentences, for comparison with the learnt embedding, and how either sorts words by AT.

The article shows that Word2Vec vectors fall into clusters by AT content and says that the vectors of its classifier do
not; here both are measured in the same way. Word2Vec is gensim's (Řehůřek and Sojka 2010; Mikolov et al. 2013).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.neighbors import NearestNeighbors

from archaictools.errors import InputError
from archaictools.sequence.explain.embedding import METRIC, NEIGHBOURS, WordVectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from archaictools.progress import Progress
    from archaictools.sequence.token_file import TokenFile

#: As gensim has them by default: words on either side of a word, passes over the sentences.
WINDOW, EPOCHS = 5, 5


class _Corpus:
    """Sentences as lists of words' ids in text, as gensim wants them, from the first each time."""

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
    """Train Word2Vec (continuous bag of words) on some sentences, in as many dimensions as the learnt vectors have.

    Parameters
    ----------
    words, rows
        The sentences: those of the training side, or some of them.
    like
        The learnt vectors.
    seed
        Of the initial vectors and of sampling; one thread, so that it decides everything.
    progress
        Told of sentences read, once for the vocabulary and once an epoch.

    Returns
    -------
    WordVectors
        Of the words of ``like`` that the sentences hold, in its order, with its metadata.

    Raises
    ------
    InputError
        If the sentences hold none of these words.
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
    place = np.array([index.get(str(word), -1) for word in like.metadata["id"]])
    if not (place >= 0).any():
        raise InputError("none of the model's words is in these sentences", path=words.path)
    known = place >= 0
    return WordVectors(np.asarray(model.wv.vectors[place[known]]), like.metadata[known].reset_index(drop=True))


def clustering(sets: dict[str, WordVectors], *, seed: int) -> pd.DataFrame:
    """Measure how far vectors sort words by their AT content.

    Parameters
    ----------
    sets
        Name to vectors, of the same words.
    seed
        Of the vectors drawn at random for comparison.

    Returns
    -------
    pandas.DataFrame
        One row a set and one, ``random``, of normal random vectors: ``vectors, words, dimensions, neighbours,
        at_correlation``: Spearman's correlation between a word's AT content and the mean of its nearest neighbours
        (cosine). 0: no clusters by AT; 1: neighbours have the same AT content.
    """
    first = next(iter(sets.values()))
    noise = np.random.default_rng(seed).normal(size=first.vectors.shape).astype(np.float32)
    rows = []
    for name, words in {**sets, "random": replace(first, vectors=noise)}.items():
        near = min(NEIGHBOURS, len(words) - 1)
        search = NearestNeighbors(n_neighbors=near + 1, metric=METRIC).fit(words.vectors)
        found = search.kneighbors(words.vectors, return_distance=False)
        at = words.metadata["at_content"].to_numpy()
        # A word is its own nearest neighbour, unless another has the very same vector: leave itself out by name.
        others = np.where(found == np.arange(len(words))[:, None], np.nan, at[found])
        correlation = spearmanr(at, np.nanmean(others, axis=1)).statistic
        rows.append((name, len(words), words.vectors.shape[1], near, float(correlation)))
    return pd.DataFrame(rows, columns=["vectors", "words", "dimensions", "neighbours", "at_correlation"])
