"""Learnt word vectors in the forms of the Embedding Projector, and their map by UMAP.

Words that training never saw keep the vector they began with; they are left out, or the map would show the
initialiser.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.console import hushed_stderr
from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.feature_file import HaplotypeEncoding
from archaictools.io.tables import write_table
from archaictools.sequence.compatibility import kmers_of
from archaictools.sequence.kmers import at_content, kmer_text, reverse_complement_ids
from archaictools.sequence.vocabulary import log_odds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.learning.model_file import Member, TrainedModel

#: Metadata columns there are, in the order in which they are written.
COLUMNS = ("kmer", "id", "count", "at_content", "log_odds", "cpg", "reverse_complement", "norm")

#: UMAP as its authors use it for word vectors.
NEIGHBOURS, MIN_DISTANCE, METRIC = 15, 0.1, "cosine"

#: Words for which trustworthiness is computed: it takes the square of their number in memory.
TRUST_WORDS = 2_000


@dataclass(frozen=True)
class WordVectors:
    """Vectors of trained words, most frequent first, and what is known of each word.

    Attributes
    ----------
    vectors
        float32, shape (words, dimensions).
    metadata
        One row a word, columns :data:`COLUMNS`; counts are those of the training side.
    """

    vectors: npt.NDArray[np.float32]
    metadata: pd.DataFrame

    def __len__(self) -> int:
        return len(self.vectors)

    def top(self, number: int) -> WordVectors:
        """Return the most frequent words only."""
        return WordVectors(self.vectors[:number], self.metadata.iloc[:number])

    def shared_with(self, other: WordVectors) -> WordVectors:
        """Return the words that others hold, too."""
        known = self.metadata["id"].isin(other.metadata["id"]).to_numpy()
        return WordVectors(self.vectors[known], self.metadata[known].reset_index(drop=True))


def word_vectors(model: TrainedModel, *, member: int = 1) -> WordVectors:
    """Collect the vectors of all words that occur on the training side of a member, counted from 1.

    Raises
    ------
    InputError
        If no word was trained.
    """
    one = model.member(member)
    if isinstance(model.alphabet, HaplotypeEncoding):
        return _pattern_vectors(one, model.alphabet)
    counts = one.counts.astype(np.int64)
    counts[:, 0] = 0
    total = counts.sum(axis=0)
    ids = np.argsort(-total, kind="stable")[: int(np.count_nonzero(total))]
    if not len(ids):
        raise InputError("the model was trained on no word")
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


def _pattern_vectors(one: Member, alphabet: HaplotypeEncoding) -> WordVectors:
    """Collect the vectors of all words of bins: rows of the Dense layer that adds them up."""
    counts = one.counts.astype(np.int64)[:, : len(alphabet.patterns)]
    total = counts.sum(axis=0)
    order = np.argsort(-total, kind="stable")
    vectors = np.ascontiguousarray(one.weights["embedding"][order])
    metadata = pd.DataFrame(
        {
            "word": np.array(alphabet.patterns)[order],
            "id": order,
            "count": total[order],
            "log_odds": log_odds(counts[0], counts[1])[order],
            "norm": np.linalg.norm(vectors, axis=1),
        }
    )
    return WordVectors(vectors, metadata)


def write_vectors(path: Path, words: WordVectors) -> None:
    """Write vectors as the Projector's TSV: no header, one word a line."""
    write_table(path, pd.DataFrame(words.vectors), header=False)


def write_metadata(path: Path, words: WordVectors, columns: Sequence[str]) -> None:
    """Write metadata as the Projector's TSV: with a header only if there is more than one column."""
    known = list(words.metadata.columns)
    unknown = [name for name in columns if name not in known]
    if unknown or not columns:
        raise UsageError(
            f"metadata column {', '.join(unknown) or 'list'} is not known; choose among {', '.join(known)}"
        )
    write_table(path, words.metadata[list(columns)], header=len(columns) > 1)


def write_bytes(path: Path, words: WordVectors) -> None:
    """Write vectors as raw little-endian float32, row after row."""
    path.write_bytes(words.vectors.astype("<f4").tobytes())


def projector_config(words: WordVectors, *, name: str, tensor: Path, metadata: Path) -> dict[str, object]:
    """Return the configuration with which the standalone Projector opens a tensor and its metadata by URL."""
    return {
        "embeddings": [
            {
                "tensorName": name,
                "tensorShape": list(words.vectors.shape),
                "tensorPath": tensor.name,
                "metadataPath": metadata.name,
            }
        ]
    }


def cache_of_compiled_code() -> None:
    """Let Numba, with which UMAP is compiled, keep its code in a temporary folder where its own are not writable.

    Without any, UMAP cannot be imported: Numba looks for a folder beside the package, then in the user's home.
    """
    package = find_spec("umap")
    beside = [Path(folder) / "__pycache__" for folder in (package.submodule_search_locations or [])] if package else []
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "numba"
    if "NUMBA_CACHE_DIR" in os.environ or _writable(home) or (beside and all(map(_writable, beside))):
        return
    folder = tempfile.mkdtemp(prefix="archaictools-numba-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = folder


def _writable(folder: Path) -> bool:
    """Tell whether a folder can be written to, or made."""
    while not os.path.exists(folder) and folder != folder.parent:  # noqa: PTH110 - which never raises
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def umap_table(words: WordVectors, *, seed: int) -> tuple[pd.DataFrame, float]:
    """Map word vectors to two dimensions with UMAP.

    Returns
    -------
    table
        ``kmer, umap1, umap2, count, at_content, log_odds``; of bins ``word`` and no ``at_content``.
    trustworthiness
        0–1: how far neighbours on the map are neighbours in truth, for the most frequent words (scikit-learn).

    Raises
    ------
    InputError
        If there are fewer than five words.
    """
    if len(words) < 5:
        raise InputError(f"UMAP needs at least 5 trained words, found {len(words)}")
    from sklearn.manifold import trustworthiness

    cache_of_compiled_code()
    with hushed_stderr():  # umap imports TensorFlow where it finds it
        from umap import UMAP

    neighbours = min(NEIGHBOURS, len(words) - 1)
    reducer = UMAP(
        n_neighbors=neighbours,
        min_dist=MIN_DISTANCE,
        metric=METRIC,
        random_state=seed,
        n_jobs=1,
        init="spectral" if len(words) > 50 else "random",
    )
    place = np.asarray(reducer.fit_transform(words.vectors), dtype=np.float64)
    some = slice(0, TRUST_WORDS)
    near = max(1, min(neighbours, (len(place[some]) - 1) // 2 - 1))
    trust = float(trustworthiness(words.vectors[some], place[some], n_neighbors=near, metric=METRIC))
    named = words.metadata.columns[0]
    table = pd.DataFrame({named: words.metadata[named], "umap1": place[:, 0], "umap2": place[:, 1]})
    told = [name for name in ("count", "at_content", "log_odds") if name in words.metadata]
    return table.join(words.metadata[told]), trust
