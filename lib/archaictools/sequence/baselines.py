"""What a model is compared with: controls that learn nothing of words, and the article's rival, a bag of words.

Each control stands for a way to be right without having learnt introgression: from the frequency of the classes, from
composition, from where a window lies, from the training windows that share its sequence, or (a network trained on
labels shuffled within blocks) from the class of its surroundings. Everything is fitted on the training side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier

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
    from archaictools.sequence.options import KmerTrainingOptions
    from archaictools.sequence.token_file import WordsFile

#: Columns into which the words of a larger vocabulary are hashed.
COLUMNS = 1 << 14

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Study:
    """One split of some sentences, and how the model that is judged was trained on it.

    Attributes
    ----------
    words, places, sides
        All sentences and their sides.
    features
        As from :func:`archaictools.sequence.audit.composition.features`.
    network, options, seed
        Of the model.
    block_size
        Blocks in bp within which labels are shuffled.
    trees, tree_windows
        Of the Random Forest: trees, and training sentences that each is grown on (drawn anew for each tree; a tree
        costs more than linearly).
    threads
        For the Random Forest.
    """

    words: WordsFile
    places: Locations
    sides: npt.NDArray[np.int8]
    features: npt.NDArray[np.float32]
    network: NetworkConfig
    options: KmerTrainingOptions
    seed: int
    block_size: int
    trees: int
    tree_windows: int
    threads: int

    @property
    def train(self) -> npt.NDArray[np.int64]:
        """Rows of the training side."""
        return np.flatnonzero(self.sides == TRAIN)

    @property
    def test(self) -> npt.NDArray[np.int64]:
        """Rows of the test side, in whose order controls predict."""
        return np.flatnonzero(self.sides == TEST)


def majority(study: Study) -> npt.NDArray[np.float64]:
    """Predict the training side's share of introgressed sentences."""
    return np.full(len(study.test), float(study.places.label[study.train].mean()))


def _composition(name: str) -> Callable[[Study], npt.NDArray[np.float64]]:
    def control(study: Study) -> npt.NDArray[np.float64]:
        columns = study.features[:, FEATURES[name]]
        return logistic(columns[study.train], study.places.label[study.train], columns[study.test])

    return control


def coordinates(study: Study) -> npt.NDArray[np.float64]:
    """Predict the class of the nearest training window."""
    return nearest_class(study.places, study.train, study.test)


def sequence(study: Study) -> npt.NDArray[np.float64]:
    """Predict the class of the training windows with which a window shares 31-mers."""
    return nearest_sequence(study.words.chunks, study.sides, study.places.label)[1]


def shuffled(study: Study) -> npt.NDArray[np.float64]:
    """Train the same network in the same way on labels shuffled within blocks, and predict."""
    label = shuffle_within_blocks(study.places, study.sides, study.block_size, seed=study.seed)
    trained = train_network(study.words, study.sides, study.network, study.options, seed=study.seed, label=label)
    predictor = Predictor(trained.model, study.words.alphabet, both_strands=study.options.rc)
    return predictor.of_rows(study.words, study.test)


def bag_of_words(study: Study) -> npt.NDArray[np.float64]:
    """Predict with a Random Forest on counts of words, whatever their order (the article's rival)."""
    forest = RandomForestClassifier(
        study.trees,
        max_samples=min(len(study.train), study.tree_windows),
        random_state=study.seed,
        n_jobs=study.threads,
    )
    forest.fit(word_counts(study.words, study.train), study.places.label[study.train] == 1)
    probability: npt.NDArray[np.float64] = forest.predict_proba(word_counts(study.words, study.test))[:, 1]
    return probability


#: Name, as in tables, to control; the shuffled network is last, it takes as long as training.
CONTROLS: dict[str, Callable[[Study], npt.NDArray[np.float64]]] = {
    "majority": majority,
    "gc": _composition("gc"),
    "bases": _composition("bases"),
    "dinucleotides": _composition("dinucleotides"),
    "nearest_coordinate": coordinates,
    "nearest_sequence": sequence,
    "shuffled_labels": shuffled,
}
#: A rival learns words, too; a model need not beat it to have skill.
RIVALS: dict[str, Callable[[Study], npt.NDArray[np.float64]]] = {"random_forest": bag_of_words}


def shuffle_within_blocks(
    places: Locations, sides: npt.NDArray[np.int8], block_size: int, *, seed: int
) -> npt.NDArray[np.int8]:
    """Shuffle labels among the sentences of one side that start in one block of the genome.

    Each block keeps its share of introgressed sentences on each side; which sentence has which label is lost.

    Returns
    -------
    numpy.ndarray
        int8, the labels of all sentences; those without a label stay without.
    """
    block = places.start // block_size
    group = (places.chrom.astype(np.int64) * (int(block.max(initial=0)) + 1) + block) * 4 + sides + 1
    used = np.flatnonzero(places.label >= 0)
    rng = np.random.default_rng([seed, 7])
    here = used[np.argsort(group[used], kind="stable")]
    mixed = used[np.lexsort((rng.random(len(used)), group[used]))]
    label = places.label.copy()
    label[here] = places.label[mixed]
    return label


def word_counts(words: WordsFile, rows: npt.NDArray[np.int64]) -> csr_matrix:
    """Count the words of some sentences.

    Returns
    -------
    scipy.sparse.csr_matrix
        float32, shape (len(rows), columns): a column a word, or :data:`COLUMNS` into which words are hashed; "no word
        here" is not counted.
    """
    vocabulary = words.alphabet.vocabulary
    columns = min(vocabulary, COLUMNS)
    indices, counts = [np.zeros(0, dtype=np.int32)], [np.zeros(1, dtype=np.int64)]
    for ids, _ in words.labelled_words(rows):
        known = ids > 0
        flat = ids[known].astype(np.uint64)
        if vocabulary > COLUMNS:  # multiplicative hashing: the upper bits of a product with a large odd number
            flat = (flat * _ODD) >> np.uint64(64 - COLUMNS.bit_length() + 1)
        indices.append(flat.astype(np.int32))
        counts.append(known.sum(axis=1))
    bounds = np.cumsum(np.concatenate(counts))
    column = np.concatenate(indices)
    table = csr_matrix((np.ones(len(column), dtype=np.float32), column, bounds), shape=(len(rows), columns))
    table.sum_duplicates()
    return table
