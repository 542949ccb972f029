"""words.h5: sentences on disk, and how they are read back as words.

Bases are packed four to a byte (50 bytes a 200-nt window) and k-mer ids are computed when read, so the file is about
a twentieth of an integer matrix of words. Which bases are N is kept apart, as runs; padding follows from a sentence's
length. Reading and writing go through in chunks: neither needs memory for the whole file.

Layout (schema version 1)::

    attributes  format, schema_version, alphabet ("kmer"), parameters (JSON: k, stride, canonical, size),
                provenance (JSON), genome (name of the sequence file)
    chromosomes/ name, length in bp
    sentence/   chrom (uint32, index into chromosomes), start, end (int64), strand (int8: 1, -1, 0), label (int8)
    bases       uint8 (n, ceil(size / 4))
    ambiguous/  row (int64), start, end (int32): runs of bases that are not A, C, G or T
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from archaictools.errors import ArchaicError, InputError, UsageError
from archaictools.intervals import runs_of_equal, runs_of_true
from archaictools.io.dna import AMBIGUOUS, Codes, pack, packed_width, unpack
from archaictools.io.hdf5 import (
    check_data,
    check_version,
    create,
    open_container,
    read_array,
    read_attributes,
    read_part,
    read_text,
    read_texts,
    write_attributes,
)
from archaictools.io.schema import MOST_CHUNK, MOST_JSON, TEXT, Data, Table, check_lengths, shown
from archaictools.sequence.kmers import Ids, check_k, kmer_ids, vocabulary_size, words_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.learning.network import NetworkConfig

KIND = "archaictools words"
SCHEMA_VERSION = 1
#: The newest schema of either alphabet, so that a file of the other one is named as such.
NEWEST = 2

#: Sentences in one HDF5 chunk, and read at a time.
CHUNK = 8_192
#: Rows of packed bases stored together; the last such piece is padded, so a small file should not pay for a large one.
_STORED = 256

#: Attributes of a words file of either alphabet: the longest text of each.
ATTRIBUTES = {"alphabet": 64, "parameters": MOST_JSON, "provenance": MOST_JSON, "genome": 4_096}


@dataclass(frozen=True, kw_only=True)
class Alphabet:
    """How bases become words.

    Attributes
    ----------
    k, stride, canonical
        See :func:`archaictools.sequence.kmers.kmer_ids`.
    size
        Length of a sentence in bp; shorter ones are padded.
    """

    k: int = 10
    stride: int = 1
    canonical: bool = False
    size: int = 200
    name: str = "kmer"

    def __post_init__(self) -> None:
        check_k(self.k)
        if self.stride < 1:
            raise UsageError(f"stride is {self.stride}, expected 1 or more")
        if self.k > self.size:
            raise InputError(
                f"k is {self.k} but the longest sentence has {self.size} bases",
                remedy="choose a smaller k or longer windows",
            )
        if self.size > MOST_SIZE:
            raise InputError(
                f"the longest sentence has {self.size:,} bases, expected {MOST_SIZE:,} at most",
                remedy="choose shorter windows or records",
            )

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], path: Path) -> Alphabet:
        """Rebuild an encoding from :meth:`to_dict`.

        Raises
        ------
        InputError
            If that is not possible.
        """
        wanted = {"k": int, "stride": int, "canonical": bool, "size": int}
        if set(stored) != set(wanted) or any(type(stored[name]) is not kind for name, kind in wanted.items()):
            raise InputError("names parameters this release does not know", path=path)
        try:
            return cls(**stored)
        except ArchaicError as error:
            raise InputError(f"cannot be read as words: {error}", path=path) from error

    @property
    def words(self) -> int:
        """Words in a sentence."""
        return words_in(self.size, self.k, self.stride)

    @property
    def vocabulary(self) -> int:
        """Number of ids, 0 included."""
        return vocabulary_size(self.k)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as plain values."""
        return {key: value for key, value in asdict(self).items() if key != "name"}

    def fits(self, network: NetworkConfig, second: NetworkConfig | None) -> bool:
        """Whether a network reads sentences of these words; there is no second network for k-mers."""
        return second is None and not network.per_bin and network.words == self.words

    def ids(self, codes: Codes) -> Ids:
        """Turn base codes (n, size) into word ids (n, words)."""
        return kmer_ids(codes, k=self.k, stride=self.stride, canonical=self.canonical)


@dataclass(frozen=True)
class Sentences:
    """Some sentences: where they are, their labels, and their bases.

    Attributes
    ----------
    chrom
        uint32 index into :attr:`WordsFile.chromosomes`.
    start, end
        int64 coordinates in bp, 0-based and half-open.
    strand
        int8: 1 forward, -1 reverse, 0 unknown (read forward).
    label
        int8: 1 introgressed, 0 depleted, -1 unknown.
    codes
        uint8 base codes, shape (n, size).
    """

    chrom: npt.NDArray[np.uint32]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    strand: npt.NDArray[np.int8]
    label: npt.NDArray[np.int8]
    codes: Codes

    def __len__(self) -> int:
        return len(self.start)


_FIELDS = {"chrom": "uint32", "start": "int64", "end": "int64", "strand": "int8", "label": "int8"}

#: What such a file may hold, see :mod:`archaictools.io.schema`.
TABLE: Table = {
    "chromosomes/name": Data(TEXT, ("chromosomes",)),
    "chromosomes/length": Data("int64", ("chromosomes",)),
    **{f"sentence/{name}": Data(dtype, ("sentences",)) for name, dtype in _FIELDS.items()},
    "bases": Data("uint8", ("sentences", "width"), packed=False),
    "ambiguous/row": Data("int64", ("runs",)),
    "ambiguous/start": Data("int32", ("runs",)),
    "ambiguous/end": Data("int32", ("runs",)),
}

#: Bases of a sentence, at most: pieces of more cannot be stored.
MOST_SIZE = 4 * MOST_CHUNK // _STORED


class WordsWriter:
    """Append sentences to a new words.h5; obtain one from :func:`write_words`."""

    def __init__(self, handle: h5py.File, alphabet: Alphabet) -> None:
        self.alphabet, self.count = alphabet, 0
        width = packed_width(alphabet.size)
        for name, dtype in _FIELDS.items():
            _growing(handle, f"sentence/{name}", dtype)
        # Random bases do not compress below the two bits that packing leaves them.
        handle.create_dataset("bases", (0, width), "uint8", maxshape=(None, width), chunks=(_STORED, width))
        for name, dtype in (("row", "int64"), ("start", "int32"), ("end", "int32")):
            _growing(handle, f"ambiguous/{name}", dtype)
        self._handle = handle

    def append(self, sentences: Sentences) -> None:
        """Write some sentences after those already written."""
        for name in _FIELDS:
            _extend(self._handle[f"sentence/{name}"], getattr(sentences, name))
        _extend(self._handle["bases"], pack(sentences.codes))
        lengths = sentences.end - sentences.start
        if sentences.codes.max(initial=0) >= AMBIGUOUS:
            unknown = sentences.codes >= AMBIGUOUS
            unknown &= np.arange(self.alphabet.size) < lengths[:, None]
            rows, starts, ends = _runs(unknown)
            _extend(self._handle["ambiguous/row"], rows + self.count)
            _extend(self._handle["ambiguous/start"], starts)
            _extend(self._handle["ambiguous/end"], ends)
        self.count += len(sentences)


@contextlib.contextmanager
def write_words(
    path: Path, alphabet: Alphabet, *, genome: str, chromosomes: dict[str, int], provenance: dict[str, Any]
) -> Iterator[WordsWriter]:
    """Create words.h5.

    Parameters
    ----------
    path
        Where to write; see :class:`archaictools.io.files.StagedOutputs`.
    alphabet
        How bases will be read as words.
    genome
        Name of the file that the sequence came from.
    chromosomes
        Name to length in bp, in the order that ``Sentences.chrom`` indexes.
    provenance
        What made the file.
    """
    lengths = np.array(list(chromosomes.values()), dtype=np.int64)
    check_lengths(list(chromosomes), lengths, None)
    with create(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        handle.attrs["alphabet"] = alphabet.name
        write_attributes(handle, "parameters", alphabet.to_dict())
        write_attributes(handle, "provenance", provenance)
        handle.attrs["genome"] = genome
        handle["chromosomes/name"] = np.array(list(chromosomes), dtype=h5py.string_dtype())
        handle["chromosomes/length"] = lengths
        yield WordsWriter(handle, alphabet)


class WordsFile:
    """An open words.h5; obtain one from :func:`open_words`.

    Attributes
    ----------
    alphabet
        How bases are read as words.
    chromosomes
        Name to length in bp, in the order that ``chrom`` indexes.
    provenance
        What made the file.
    """

    def __init__(self, path: Path, handle: h5py.File) -> None:
        self.path, self._handle = path, handle
        name = read_text(handle, "alphabet", path)
        if name != "kmer":
            raise InputError(
                f"holds words of the {shown(name)} alphabet, expected kmer",
                path=path,
                remedy="give the words that 'archaictools tokenize' wrote",
            )
        self.alphabet = Alphabet.from_dict(read_attributes(handle, "parameters", path), path)
        self.provenance = read_attributes(handle, "provenance", path)
        found = check_data(handle, path, TABLE, sizes={"width": packed_width(self.alphabet.size)})
        self.chromosomes = check_lengths(
            read_texts(handle, "chromosomes/name", path), read_array(handle, "chromosomes/length", path), path
        )
        self._count = found.sizes["sentences"]
        # A run takes a base, and one between it and the next.
        if found.sizes["runs"] > self._count * (self.alphabet.size + 1) // 2:
            raise InputError("has more runs of unknown bases than bases", path=path)

    def __len__(self) -> int:
        return self._count

    def field(self, name: str) -> np.ndarray:
        """Read one of ``chrom, start, end, strand, label`` for all sentences."""
        return self._field(name)

    def chunks(self, first: int = 0, last: int | None = None) -> Iterator[Sentences]:
        """Read sentences [first, last) in order, at most :data:`CHUNK` at a time."""
        last = self._count if last is None else min(last, self._count)
        for begin in range(first, last, CHUNK):
            end = min(begin + CHUNK, last)
            fields = {name: self._field(name, begin, end) for name in _FIELDS}
            self._check_places(fields)
            codes = self._codes(begin, end, fields["end"] - fields["start"])
            yield Sentences(**fields, codes=codes)

    def take(self, rows: npt.NDArray[np.int64]) -> Codes:
        """Read the base codes of some sentences, shape (len(rows), size), whatever their order.

        Rows that lie in the same chunk are read together; memory holds the result and one chunk.
        """
        rows = np.asarray(rows, dtype=np.int64)
        codes = np.empty((len(rows), self.alphabet.size), dtype=np.uint8)
        order = np.argsort(rows, kind="stable")
        blocks = rows[order] // CHUNK
        for left, right in zip(*runs_of_equal(blocks), strict=True):
            places = order[left:right]
            begin = int(blocks[left]) * CHUNK
            chunk = next(self.chunks(begin, begin + CHUNK))
            codes[places] = chunk.codes[rows[places] - begin]
        return codes

    def labelled_words(self, rows: npt.NDArray[np.int64]) -> Iterator[tuple[Ids, npt.NDArray[np.int8]]]:
        """Read word ids and labels of some sentences, a chunk of rows at a time."""
        label = self.field("label")
        for first in range(0, len(rows), CHUNK):
            part = rows[first : first + CHUNK]
            yield self.alphabet.ids(self.take(part)), label[part]

    def _field(self, name: str, first: int = 0, last: int | None = None) -> np.ndarray:
        values = read_part(self._handle, f"sentence/{name}", self.path, slice(first, last))
        low, high = {
            "chrom": (0, len(self.chromosomes) - 1),
            "start": (0, max(self.chromosomes.values(), default=0)),
            "end": (1, max(self.chromosomes.values(), default=0)),
            "strand": (-1, 1),
            "label": (-1, 1),
        }[name]
        if len(values) and not low <= int(values.min()) <= int(values.max()) <= high:
            raise InputError(f"has a sentence whose {name} is not from {low:,} to {high:,}", path=self.path)
        return values

    def _check_places(self, fields: Mapping[str, np.ndarray]) -> None:
        length = np.array(list(self.chromosomes.values()), dtype=np.int64)[fields["chrom"]]
        size = fields["end"] - fields["start"]
        if (size < 1).any() or (size > self.alphabet.size).any() or (fields["end"] > length).any():
            raise InputError(
                f"has a sentence that is empty, longer than {self.alphabet.size:,} bp or beyond its chromosome",
                path=self.path,
            )

    def _codes(self, first: int, last: int, lengths: npt.NDArray[np.int64]) -> Codes:
        codes = unpack(read_part(self._handle, "bases", self.path, slice(first, last)), self.alphabet.size)
        if (lengths < self.alphabet.size).any():
            codes[np.arange(self.alphabet.size) >= lengths[:, None]] = AMBIGUOUS
        rows, starts, ends = self._ambiguous
        left, right = np.searchsorted(rows, [first, last])
        for row, start, end in zip(rows[left:right], starts[left:right], ends[left:right], strict=True):
            codes[row - first, start:end] = AMBIGUOUS
        return codes

    @property
    def _ambiguous(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if not hasattr(self, "_runs"):
            names = ("row", "start", "end")
            row, start, end = (read_array(self._handle, f"ambiguous/{name}", self.path) for name in names)
            if len(row) and (
                row[0] < 0
                or row[-1] >= self._count
                or (row[1:] < row[:-1]).any()
                or start.min() < 0
                or (end <= start).any()
                or end.max() > self.alphabet.size
            ):
                raise InputError("has runs of unknown bases outside its sentences, or not in order", path=self.path)
            self._runs = (row, start, end)
        return self._runs


@contextlib.contextmanager
def open_words(path: Path) -> Iterator[WordsFile]:
    """Open words.h5 for reading; refuse other files, other alphabets and newer schemas."""
    with open_container(path, kind=KIND, schema_version=NEWEST, attributes=ATTRIBUTES) as handle:
        if read_text(handle, "alphabet", path) == Alphabet.name:
            check_version(handle, path, SCHEMA_VERSION)
        words = WordsFile(path, handle)
        if not len(words):
            raise InputError("holds no sentence", path=path)
        yield words


def _growing(handle: h5py.File, name: str, dtype: str) -> None:
    """Create an empty column that :func:`_extend` lengthens."""
    handle.create_dataset(
        name, (0,), dtype, maxshape=(None,), chunks=(CHUNK,), compression="gzip", compression_opts=1, shuffle=True
    )


def _extend(data: h5py.Dataset, values: np.ndarray) -> None:
    before = len(data)
    data.resize(before + len(values), axis=0)
    data[before:] = values


def _runs(flags: npt.NDArray[np.bool_]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find runs of True in each row: row numbers, starts and ends."""
    width = flags.shape[1] + 1  # a flag that is not set parts the rows
    first, last = runs_of_true(np.pad(flags, ((0, 0), (0, 1))).ravel())
    rows = first // width
    return rows, (first - rows * width).astype(np.int32), (last - rows * width).astype(np.int32)
