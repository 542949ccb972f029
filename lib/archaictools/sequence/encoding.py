"""The encoding of sentences as k-mers: what a file of k-mers and a model of k-mers have in common."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from archaictools.alphabet import Alphabet
from archaictools.errors import ArchaicError, InputError, UsageError
from archaictools.io.schema import MOST_CHUNK
from archaictools.sequence.kmers import Ids, check_k, kmer_ids, vocabulary_size, words_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.io.dna import Codes
    from archaictools.learning.network import NetworkConfig

#: Rows of packed bases stored together. The last such piece is padded, so it is small for the sake of small files.
STORED_ROWS = 256
#: Largest number of bases in a sentence: longer pieces cannot be stored.
MAX_SIZE = 4 * MOST_CHUNK // STORED_ROWS


@dataclass(frozen=True, kw_only=True)
class KmerEncoding:
    """How the bases of a sentence are encoded as k-mer ids.

    Attributes
    ----------
    k, stride, canonical
        See :func:`archaictools.sequence.kmers.kmer_ids`.
    size
        Length of a sentence in bp; shorter ones are padded.
    name
        The alphabet, as files store it.

    Raises
    ------
    UsageError, InputError
        If a sentence cannot be read so.
    """

    k: int = 10
    stride: int = 1
    canonical: bool = False
    size: int = 200
    name: str = Alphabet.KMER.value

    def __post_init__(self) -> None:
        check_k(self.k)
        if self.stride < 1:
            raise UsageError(f"stride is {self.stride}, expected 1 or more")
        if self.k > self.size:
            raise InputError(
                f"k is {self.k} but the longest sentence has {self.size} bases",
                remedy="choose a smaller k or longer windows",
            )
        if self.size > MAX_SIZE:
            raise InputError(
                f"the longest sentence has {self.size:,} bases, expected {MAX_SIZE:,} at most",
                remedy="choose shorter windows or records",
            )

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], path: Path) -> KmerEncoding:
        """Rebuild an encoding from :meth:`to_dict`.

        Raises
        ------
        InputError
            If that is not possible.
        """
        wanted = {"k": int, "stride": int, "canonical": bool, "size": int}
        if set(stored) != set(wanted) or any(type(stored[name]) is not kind for name, kind in wanted.items()):
            raise InputError("has parameters that this release does not know", path=path, remedy="make the file again")
        try:
            return cls(**stored)
        except ArchaicError as error:
            raise InputError(f"cannot be read as k-mers: {error}", path=path) from error

    @property
    def words(self) -> int:
        """Number of k-mers in a sentence."""
        return words_in(self.size, self.k, self.stride)

    @property
    def vocabulary(self) -> int:
        """Number of ids, including 0."""
        return vocabulary_size(self.k)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as plain values."""
        return {key: value for key, value in asdict(self).items() if key != "name"}

    def fits(self, network: NetworkConfig, second: NetworkConfig | None) -> bool:
        """Whether a network reads sentences of these words; there is no second network for k-mers."""
        return second is None and not network.per_bin and network.words == self.words

    def ids(self, codes: Codes) -> Ids:
        """Return the ids (n, words), int32, of base codes (n, size), uint8."""
        return kmer_ids(codes, k=self.k, stride=self.stride, canonical=self.canonical)
