"""Word vectors of a model: files for the Embedding Projector, and a map by UMAP.

Words that do not occur in training keep their initial vectors. They are left out, because the map would show the
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
from archaictools.io.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

#: Parameters of UMAP, those of its authors for word vectors.
NEIGHBOURS, MIN_DISTANCE, METRIC = 15, 0.1, "cosine"

#: Number of words for which trustworthiness is computed; it takes memory by the square of this number.
TRUST_WORDS = 2_000


@dataclass(frozen=True)
class WordVectors:
    """Vectors of trained words with their metadata, most frequent first.

    Attributes
    ----------
    vectors
        float32 (words, dimensions).
    metadata
        One row for each word. The first column is its name, of a k-mer (``kmer``) or an input of a bin (``word``);
        ``id, count, log_odds, norm`` and, for k-mers, ``at_content, cpg, reverse_complement`` follow. Counts are those
        of the training side.
    """

    vectors: npt.NDArray[np.float32]
    metadata: pd.DataFrame

    def __len__(self) -> int:
        return len(self.vectors)

    def top(self, number: int) -> WordVectors:
        """Return the ``number`` most frequent words."""
        return WordVectors(self.vectors[:number], self.metadata.iloc[:number])

    def shared_with(self, other: WordVectors) -> WordVectors:
        """Return the words that are also in ``other``."""
        known = self.metadata["id"].isin(other.metadata["id"]).to_numpy()
        return WordVectors(self.vectors[known], self.metadata[known].reset_index(drop=True))


def log_odds(introgressed: npt.NDArray[np.int64], depleted: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the natural log odds of each word for the introgressed class, with half a count added to each cell.

    The odds are those of a word against all other words of the class, so that classes of unequal size compare.

    Parameters
    ----------
    introgressed, depleted
        int64 (words,): counts of each word in the two classes.

    Returns
    -------
    numpy.ndarray
        float64 (words,).
    """
    sums = introgressed.sum(), depleted.sum()
    one = np.log(introgressed + 0.5) - np.log(sums[0] - introgressed + 0.5)
    other = np.log(depleted + 0.5) - np.log(sums[1] - depleted + 0.5)
    return np.asarray(one - other)


def write_vectors(path: Path, words: WordVectors) -> None:
    """Write vectors as TSV for the Projector: no header, one word per line."""
    write_table(path, pd.DataFrame(words.vectors), header=False)


def chosen_metadata(words: WordVectors, columns: Sequence[str]) -> pd.DataFrame:
    """Return the named columns of the metadata.

    Raises
    ------
    UsageError
        If there is no such column.
    """
    known = list(words.metadata.columns)
    unknown = [name for name in columns if name not in known]
    if unknown or not columns:
        raise UsageError(f"--columns names {', '.join(unknown) or 'no column'}, expected some of {', '.join(known)}")
    return words.metadata[list(columns)]


def write_metadata(path: Path, words: WordVectors, columns: Sequence[str]) -> None:
    """Write metadata as TSV for the Projector: with a header only if there is more than one column.

    Raises
    ------
    UsageError
        If there is no such column.
    """
    write_table(path, chosen_metadata(words, columns), header=len(columns) > 1)


def write_bytes(path: Path, words: WordVectors) -> None:
    """Write vectors as raw little-endian float32, row after row."""
    path.write_bytes(words.vectors.astype("<f4").tobytes())


def projector_config(words: WordVectors, *, name: str, tensor: Path, metadata: Path) -> dict[str, object]:
    """Return the configuration with which the standalone Projector opens vectors and metadata by URL.

    Parameters
    ----------
    words
        The exported vectors.
    name
        Name of the tensor.
    tensor, metadata
        Files of vectors and metadata, of which the names are used.
    """
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
    """Give Numba, which compiles UMAP, a temporary folder for its code if its own folders are not writable.

    Numba uses a folder in the package, or else one in the home of the user. Without a folder, UMAP cannot be imported.
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
    """Return whether a folder is writable, or can be made."""
    while not os.path.exists(folder) and folder != folder.parent:  # noqa: PTH110 - which never raises
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def umap_table(words: WordVectors, *, seed: int) -> tuple[pd.DataFrame, float]:
    """Map word vectors to two dimensions with UMAP.

    Returns
    -------
    table
        ``kmer, umap1, umap2, count, at_content, log_odds``; for inputs of bins, ``word`` and no ``at_content``.
    trustworthiness
        0 to 1: how far neighbours on the map are neighbours among the vectors, for the most frequent words
        (scikit-learn).

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
    position = np.asarray(reducer.fit_transform(words.vectors), dtype=np.float64)
    some = slice(0, TRUST_WORDS)
    near = max(1, min(neighbours, (len(position[some]) - 1) // 2 - 1))
    trust = float(trustworthiness(words.vectors[some], position[some], n_neighbors=near, metric=METRIC))
    named = words.metadata.columns[0]
    table = pd.DataFrame({named: words.metadata[named], "umap1": position[:, 0], "umap2": position[:, 1]})
    shown = [name for name in ("count", "at_content", "log_odds") if name in words.metadata]
    return table.join(words.metadata[shown]), trust
