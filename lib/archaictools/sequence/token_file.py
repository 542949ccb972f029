"""kmers.h5: windows of sequence on disk, and the k-mers that are computed when they are read.

Bases are packed four to a byte (50 bytes a 200-nt window), so the file is about a twentieth of an integer matrix of
k-mer ids. Runs of N are stored separately; padding follows from the length of a sentence. Files are read and written
in chunks, so memory does not grow with the file.

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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from archaictools.alphabet import Alphabet
from archaictools.errors import InputError
from archaictools.intervals import runs_of_equal, runs_of_true
from archaictools.io.dna import AMBIGUOUS, Codes, pack, packed_width, unpack
from archaictools.io.hdf5 import (
    check_data,
    create,
    open_container,
    read_array,
    read_attributes,
    read_part,
    read_text,
    read_texts,
    write_attributes,
)
from archaictools.io.schema import MOST_JSON, TEXT, Data, Table, check_lengths, shown
from archaictools.sequence.encoding import STORED_ROWS, KmerEncoding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.sequence.kmers import Ids


KIND = "archaictools kmers"
SCHEMA_VERSION = 1
#: Kinds that earlier releases wrote, and the remedy for each.
FORMER_KINDS = {"archaictools words": "make the file again with 'archaictools tokenize'"}

#: Sentences in one HDF5 chunk, which are also read together.
CHUNK = 8_192

#: Attributes of the root, and the longest text of each in bytes.
ATTRIBUTES = {"alphabet": 64, "parameters": MOST_JSON, "provenance": MOST_JSON, "genome": 4_096}


@dataclass(frozen=True)
class Sentences:
    """Sentences, as parallel arrays.

    Attributes
    ----------
    chrom
        uint32 index into :attr:`TokenFile.chromosomes`.
    start, end
        int64 coordinates in bp, 0-based half-open.
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

#: Datasets of the file, see :mod:`archaictools.io.schema`.
TABLE: Table = {
    "chromosomes/name": Data(TEXT, ("chromosomes",)),
    "chromosomes/length": Data("int64", ("chromosomes",)),
    **{f"sentence/{name}": Data(dtype, ("sentences",)) for name, dtype in _FIELDS.items()},
    "bases": Data("uint8", ("sentences", "width"), packed=False),
    "ambiguous/row": Data("int64", ("runs",)),
    "ambiguous/start": Data("int32", ("runs",)),
    "ambiguous/end": Data("int32", ("runs",)),
}


class TokenWriter:
    """Writer that appends sentences to a new kmers.h5; :func:`write_tokens` returns one.

    Attributes
    ----------
    encoding
        How bases are encoded.
    count
        Number of sentences written.
    """

    def __init__(self, handle: h5py.File, encoding: KmerEncoding) -> None:
        self.encoding, self.count = encoding, 0
        width = packed_width(encoding.size)
        for name, dtype in _FIELDS.items():
            _growing(handle, f"sentence/{name}", dtype)
        # Packed bases, two bits each, hardly compress.
        handle.create_dataset("bases", (0, width), "uint8", maxshape=(None, width), chunks=(STORED_ROWS, width))
        for name, dtype in (("row", "int64"), ("start", "int32"), ("end", "int32")):
            _growing(handle, f"ambiguous/{name}", dtype)
        self._handle = handle

    def append(self, sentences: Sentences) -> None:
        """Write sentences after those that are written."""
        for name in _FIELDS:
            _extend(self._handle[f"sentence/{name}"], getattr(sentences, name))
        _extend(self._handle["bases"], pack(sentences.codes))
        lengths = sentences.end - sentences.start
        if sentences.codes.max(initial=0) >= AMBIGUOUS:
            unknown = sentences.codes >= AMBIGUOUS
            unknown &= np.arange(self.encoding.size) < lengths[:, None]
            rows, starts, ends = _runs(unknown)
            _extend(self._handle["ambiguous/row"], rows + self.count)
            _extend(self._handle["ambiguous/start"], starts)
            _extend(self._handle["ambiguous/end"], ends)
        self.count += len(sentences)


@contextlib.contextmanager
def write_tokens(
    path: Path, encoding: KmerEncoding, *, genome: str, chromosomes: dict[str, int], provenance: dict[str, Any]
) -> Iterator[TokenWriter]:
    """Create kmers.h5.

    Parameters
    ----------
    path
        Where to write; see :class:`archaictools.io.files.StagedOutputs`.
    encoding
        How bases will be encoded when they are read.
    genome
        Name of the sequence file.
    chromosomes
        Name to length in bp, in the order that ``Sentences.chrom`` indexes.
    provenance
        Versions, parameters and inputs, see :func:`archaictools.provenance.record`.

    Yields
    ------
    TokenWriter
        Its ``append`` takes the sentences.
    """
    lengths = np.array(list(chromosomes.values()), dtype=np.int64)
    check_lengths(list(chromosomes), lengths, None)
    with create(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        handle.attrs["alphabet"] = encoding.name
        write_attributes(handle, "parameters", encoding.to_dict())
        write_attributes(handle, "provenance", provenance)
        handle.attrs["genome"] = genome
        handle["chromosomes/name"] = np.array(list(chromosomes), dtype=h5py.string_dtype())
        handle["chromosomes/length"] = lengths
        yield TokenWriter(handle, encoding)


class TokenFile:
    """An open kmers.h5; :func:`open_tokens` returns one.

    Attributes
    ----------
    path
        The file.
    encoding
        How bases are encoded.
    chromosomes
        Name to length in bp, in the order that ``chrom`` indexes.
    provenance
        Versions, parameters and inputs of the run that wrote the file.
    """

    def __init__(self, path: Path, handle: h5py.File) -> None:
        self.path, self._handle = path, handle
        name = read_text(handle, "alphabet", path)
        if name != Alphabet.KMER:
            raise InputError(
                f"has the alphabet {shown(name)}, expected {Alphabet.KMER}",
                path=path,
                remedy="give a file that 'archaictools tokenize' wrote",
            )
        self.encoding = KmerEncoding.from_dict(read_attributes(handle, "parameters", path), path)
        self.provenance = read_attributes(handle, "provenance", path)
        found = check_data(handle, path, TABLE, sizes={"width": packed_width(self.encoding.size)})
        self.chromosomes = check_lengths(
            read_texts(handle, "chromosomes/name", path), read_array(handle, "chromosomes/length", path), path
        )
        self._count = found.sizes["sentences"]
        # Each run has at least one base, and one more between it and the next.
        if found.sizes["runs"] > self._count * (self.encoding.size + 1) // 2:
            raise InputError("has more runs of N than bases", path=path)

    def __len__(self) -> int:
        return self._count

    def field(self, name: str) -> np.ndarray:
        """Return ``chrom``, ``start``, ``end``, ``strand`` or ``label`` of all sentences."""
        return self._field(name)

    def chunks(self, first: int = 0, last: int | None = None) -> Iterator[Sentences]:
        """Yield the sentences [first, last) in order, at most :data:`CHUNK` at a time."""
        last = self._count if last is None else min(last, self._count)
        for begin in range(first, last, CHUNK):
            end = min(begin + CHUNK, last)
            fields = {name: self._field(name, begin, end) for name in _FIELDS}
            self._check_locations(fields)
            codes = self._codes(begin, end, fields["end"] - fields["start"])
            yield Sentences(**fields, codes=codes)

    def take(self, rows: npt.NDArray[np.int64]) -> Codes:
        """Return the base codes of sentences, uint8 (len(rows), size), in any order.

        Rows of one chunk are read together; memory holds the result and one chunk.
        """
        rows = np.asarray(rows, dtype=np.int64)
        codes = np.empty((len(rows), self.encoding.size), dtype=np.uint8)
        order = np.argsort(rows, kind="stable")
        blocks = rows[order] // CHUNK
        for left, right in zip(*runs_of_equal(blocks), strict=True):
            offsets = order[left:right]
            begin = int(blocks[left]) * CHUNK
            chunk = next(self.chunks(begin, begin + CHUNK))
            codes[offsets] = chunk.codes[rows[offsets] - begin]
        return codes

    def labelled_words(self, rows: npt.NDArray[np.int64]) -> Iterator[tuple[Ids, npt.NDArray[np.int8]]]:
        """Yield ids (n, words) and labels (n,) of sentences, a chunk of rows at a time."""
        label = self.field("label")
        for first in range(0, len(rows), CHUNK):
            part = rows[first : first + CHUNK]
            yield self.encoding.ids(self.take(part)), label[part]

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

    def _check_locations(self, fields: Mapping[str, np.ndarray]) -> None:
        """Raise InputError if a sentence is empty, too long or beyond its chromosome."""
        length = np.array(list(self.chromosomes.values()), dtype=np.int64)[fields["chrom"]]
        size = fields["end"] - fields["start"]
        if (size < 1).any() or (size > self.encoding.size).any() or (fields["end"] > length).any():
            raise InputError(
                f"has a sentence that is empty, longer than {self.encoding.size:,} bp or beyond its chromosome",
                path=self.path,
            )

    def _codes(self, first: int, last: int, lengths: npt.NDArray[np.int64]) -> Codes:
        """Return the base codes of sentences [first, last), of known lengths in bp."""
        codes = unpack(read_part(self._handle, "bases", self.path, slice(first, last)), self.encoding.size)
        if (lengths < self.encoding.size).any():
            codes[np.arange(self.encoding.size) >= lengths[:, None]] = AMBIGUOUS
        rows, starts, ends = self._ambiguous
        left, right = np.searchsorted(rows, [first, last])
        for row, start, end in zip(rows[left:right], starts[left:right], ends[left:right], strict=True):
            codes[row - first, start:end] = AMBIGUOUS
        return codes

    @property
    def _ambiguous(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row, start and end of all runs of N."""
        if not hasattr(self, "_runs"):
            names = ("row", "start", "end")
            row, start, end = (read_array(self._handle, f"ambiguous/{name}", self.path) for name in names)
            if len(row) and (
                row[0] < 0
                or row[-1] >= self._count
                or (row[1:] < row[:-1]).any()
                or start.min() < 0
                or (end <= start).any()
                or end.max() > self.encoding.size
            ):
                raise InputError("has runs of N outside its sentences, or unsorted", path=self.path)
            self._runs = (row, start, end)
        return self._runs


@contextlib.contextmanager
def open_tokens(path: Path) -> Iterator[TokenFile]:
    """Open kmers.h5 for reading.

    Raises
    ------
    InputError
        If the file is damaged, empty, of another kind or of a newer schema.
    """
    with open_container(
        path, kind=KIND, schema_version=SCHEMA_VERSION, attributes=ATTRIBUTES, former=FORMER_KINDS
    ) as handle:
        tokens = TokenFile(path, handle)
        if not len(tokens):
            raise InputError("has no sentence", path=path)
        yield tokens


def _growing(handle: h5py.File, name: str, dtype: str) -> None:
    """Create an empty dataset that :func:`_extend` lengthens."""
    handle.create_dataset(
        name, (0,), dtype, maxshape=(None,), chunks=(CHUNK,), compression="gzip", compression_opts=1, shuffle=True
    )


def _extend(data: h5py.Dataset, values: np.ndarray) -> None:
    """Append values to a dataset."""
    before = len(data)
    data.resize(before + len(values), axis=0)
    data[before:] = values


def _runs(flags: npt.NDArray[np.bool_]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, start and end of the runs of True in each row."""
    width = flags.shape[1] + 1  # a False at the end of each row separates the rows
    first, last = runs_of_true(np.pad(flags, ((0, 0), (0, 1))).ravel())
    rows = first // width
    return rows, (first - rows * width).astype(np.int32), (last - rows * width).astype(np.int32)
