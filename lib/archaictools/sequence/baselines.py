"""Baselines of a k-mer model: controls that cannot have learnt introgression, and a bag of words.

A control predicts from one property of a window: the frequency of the classes, its composition, its location, the
training windows that share its sequence, or the class of its surroundings (a network trained on labels shuffled within
blocks). The rival, a Random Forest on counts of words, is that of the article. All are fitted on the training side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier

from archaictools.learning.backend import start_tensorflow
from archaictools.learning.forward import KerasForward
from archaictools.learning.splits import TEST, TRAIN
from archaictools.sequence.audit.composition import FEATURES, logistic
from archaictools.sequence.audit.overlap import nearest_class
from archaictools.sequence.audit.shared_kmers import nearest_sequence
from archaictools.sequence.fit import train_network
from archaictools.sequence.predict import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from archaictools.learning.network import NetworkConfig
    from archaictools.learning.splits import Locations
    from archaictools.sequence.options import BaselineOptions, KmerTrainingOptions
    from archaictools.sequence.token_file import TokenFile

    Baseline = Callable[["Study"], npt.NDArray[np.float64]]

#: Number of columns into which the words of a larger vocabulary are hashed.
HASH_COLUMNS = 1 << 14

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Study:
    """One split of labelled sentences, and how the model was trained on it.

    Attributes
    ----------
    tokens
        All sentences.
    locations
        Their locations and labels.
    sides
        int8 (sentences,): their sides.
    features
        float32 (sentences, 23), see :func:`archaictools.sequence.audit.composition.features`.
    network, training, seed
        Sizes of the network of the model, and how it was trained.
    options
        Options of the baselines.
    threads
        Threads of the Random Forest.
    """

    tokens: TokenFile
    locations: Locations
    sides: npt.NDArray[np.int8]
    features: npt.NDArray[np.float32]
    network: NetworkConfig
    training: KmerTrainingOptions
    seed: int
    options: BaselineOptions
    threads: int

    @property
    def train(self) -> npt.NDArray[np.int64]:
        """Rows of the training side."""
        return np.flatnonzero(self.sides == TRAIN)

    @property
    def test(self) -> npt.NDArray[np.int64]:
        """Rows of the test side; baselines predict in this order."""
        return np.flatnonzero(self.sides == TEST)


def majority(study: Study) -> npt.NDArray[np.float64]:
    """Predict the training side's share of introgressed sentences."""
    return np.full(len(study.test), float(study.locations.label[study.train].mean()))


def _composition(name: str) -> Baseline:
    """Return a baseline: a logistic regression on one set of features."""

    def baseline(study: Study) -> npt.NDArray[np.float64]:
        columns = study.features[:, FEATURES[name]]
        return logistic(columns[study.train], study.locations.label[study.train], columns[study.test])

    return baseline


def coordinates(study: Study) -> npt.NDArray[np.float64]:
    """Predict the class of the nearest training window."""
    return nearest_class(study.locations, study.train, study.test)


def sequence(study: Study) -> npt.NDArray[np.float64]:
    """Predict the class of the training windows with which a window shares 31-mers."""
    return nearest_sequence(study.tokens.chunks, study.sides, study.locations.label)[1]


def shuffled(study: Study) -> npt.NDArray[np.float64]:
    """Predict with the same network, trained in the same way on labels shuffled within blocks."""
    label = shuffle_within_blocks(study.locations, study.sides, study.options.block_size, seed=study.seed)
    start_tensorflow(threads=study.threads, seed=study.seed)
    trained = train_network(study.tokens, study.sides, study.network, study.training, seed=study.seed, label=label)
    predictor = Predictor(KerasForward(trained.model), study.tokens.encoding, both_strands=study.training.rc)
    return predictor.of_rows(study.tokens, study.test)


def bag_of_words(study: Study) -> npt.NDArray[np.float64]:
    """Predict with a Random Forest on counts of words, without their order (the article's rival)."""
    forest = RandomForestClassifier(
        study.options.trees,
        max_samples=min(len(study.train), study.options.tree_windows),
        random_state=study.seed,
        n_jobs=study.threads,
    )
    forest.fit(word_counts(study.tokens, study.train), study.locations.label[study.train] == 1)
    probability: npt.NDArray[np.float64] = forest.predict_proba(word_counts(study.tokens, study.test))[:, 1]
    return probability


#: Controls by name in tables; the shuffled network is last, because it takes as long as training.
CONTROLS: dict[str, Baseline] = {
    "majority": majority,
    "gc": _composition("gc"),
    "bases": _composition("bases"),
    "dinucleotides": _composition("dinucleotides"),
    "nearest_coordinate": coordinates,
    "nearest_sequence": sequence,
    "shuffled_labels": shuffled,
}
#: Rivals learn from words, too; a model need not be better than these to have skill.
RIVALS: dict[str, Baseline] = {"random_forest": bag_of_words}


def shuffle_within_blocks(
    locations: Locations, sides: npt.NDArray[np.int8], block_size: int, *, seed: int
) -> npt.NDArray[np.int8]:
    """Shuffle labels among the sentences of one side that start in one block of the genome.

    Each block keeps its fraction of introgressed sentences on each side.

    Parameters
    ----------
    locations
        All sentences.
    sides
        int8 (sentences,): their sides.
    block_size
        Length of a block in bp.
    seed
        Random seed.

    Returns
    -------
    numpy.ndarray
        int8 (sentences,): the shuffled labels; sentences without a label keep none.
    """
    block = locations.start // block_size
    group = (locations.chrom.astype(np.int64) * (int(block.max(initial=0)) + 1) + block) * 4 + sides + 1
    used = np.flatnonzero(locations.label >= 0)
    rng = np.random.default_rng([seed, 7])
    here = used[np.argsort(group[used], kind="stable")]
    mixed = used[np.lexsort((rng.random(len(used)), group[used]))]
    label = locations.label.copy()
    label[here] = locations.label[mixed]
    return label


def word_counts(tokens: TokenFile, rows: npt.NDArray[np.int64]) -> csr_matrix:
    """Count the words of each of the chosen sentences.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32 (len(rows), columns): one column for each word, or :data:`HASH_COLUMNS` into which words are hashed. Id
        0 ("no word") is not counted.
    """
    vocabulary = tokens.encoding.vocabulary
    columns = min(vocabulary, HASH_COLUMNS)
    indices, counts = [np.zeros(0, dtype=np.int32)], [np.zeros(1, dtype=np.int64)]
    for ids, _ in tokens.labelled_words(rows):
        known = ids > 0
        flat = ids[known].astype(np.uint64)
        if vocabulary > HASH_COLUMNS:  # multiplicative hashing: the upper bits of a product with a large odd number
            flat = (flat * _ODD) >> np.uint64(64 - HASH_COLUMNS.bit_length() + 1)
        indices.append(flat.astype(np.int32))
        counts.append(known.sum(axis=1))
    bounds = np.cumsum(np.concatenate(counts))
    column = np.concatenate(indices)
    table = csr_matrix((np.ones(len(column), dtype=np.float32), column, bounds), shape=(len(rows), columns))
    table.sum_duplicates()
    return table
