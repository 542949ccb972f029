"""words.h5 of the variant alphabet: haplotypes as rows of bins, each bin the counts of its words.

Counts are compressed in tiles of one haplotype and :data:`TILE` bins, so that a haplotype can be read along a
chromosome without the others. Writing goes by pieces of a chromosome, reading by haplotypes; neither needs memory for
a whole chromosome of all haplotypes.

Layout (schema version 2)::

    attributes  format, schema_version, alphabet ("variant"), parameters (JSON: bin, archaic, outgroup, patterns),
                provenance (JSON)
    chromosomes/ name, length in bp; a chromosome without sites has no bins below
    haplotypes/  sample, haplotype (int8: 1 or 2), group (int32: haplotypes of people read together have the same)
    bins/N/      N is the chromosome's number, from 0:
        counts             uint8 (haplotypes, bins, 32): words, see archaictools.words.patterns; 255 is 255 or more
        matches            uint8 (haplotypes, bins, archaic people, 3): rare alleles at which that person is called;
                           those it shares; and non-REF ones at which it is not called
        pairs              uint8 (haplotypes, bins, ordered pairs of archaic people, 2): rare alleles that the first
                           shares and the second, called, lacks; and non-REF ones that the first shares where the second
                           is not called; see archaictools.words.patterns.ordered_pairs
        unshared           int64 (archaic people, 2): rare non-REF alleles of all haplotypes that no archaic person
                           shares, and those at which that person is called: few in a file without REF calls
        outgroup_variable  uint16 (bins): sites that vary in the outgroup
        callable           uint16 (bins): bases that could be called
        typed              uint16 (bins): sites at which most haplotypes are called, see archaictools.words.callability
        missing            uint16 (haplotypes, bins): those of them at which a haplotype is not called
        exists             uint8 (haplotypes): 0 for the second haplotype of a chromosome that is haploid throughout
        sharing/bin        uint32 (alleles): where alleles lie that the outgroup all but lacks (see
                           archaictools.words.patterns.PRIVATE) and two haplotypes or more carry
        sharing/carriers   uint8 (alleles, haplotypes / 8, rounded up): who carries each, one bit each, lowest first
        truth              uint16 (haplotypes, bins): introgressed bases; only where truth was given
        label              int8 (haplotypes, bins): 1 where they are half of the bin or more, else 0; -1 unknown
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from isal import isal_zlib

from archaictools.errors import InputError
from archaictools.formats.hdf5 import (
    create,
    dataset,
    open_container,
    read_array,
    read_attributes,
    read_texts,
    write_attributes,
)
from archaictools.words.callability import called_share, read_bins
from archaictools.words.patterns import PATTERNS
from archaictools.words.sentences import KIND, NEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

ALPHABET = "variant"

#: Version 1 knew nothing of a haplotype's missing calls.
SCHEMA_VERSION = NEWEST

#: What all haplotypes share in a bin.
SHARED = ("outgroup_variable", "callable")

#: Bins of one haplotype stored together; and alleles that haplotypes share.
TILE = 1_024

#: Bins around one whose share of called sites stands for it.
AROUND = 41

#: Haplotypes of people read together that are looked at together, at most: memory and time go by pairs of them.
COMPANY = 24

_PACKED: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """How alleles become words.

    Attributes
    ----------
    bin
        Length of a bin in bp.
    archaic
        Names of the archaic people.
    outgroup
        Number of outgroup people.
    patterns
        The words, in the order of their ids.
    """

    bin: int = 1_000
    archaic: tuple[str, ...] = ()
    outgroup: int = 0
    patterns: tuple[str, ...] = field(default=PATTERNS)
    name: str = ALPHABET

    @classmethod
    def restore(cls, stored: Mapping[str, Any]) -> Patterns:
        """Read what :meth:`describe` gave; raise KeyError, TypeError or ValueError where that is not possible."""
        archaic, patterns = (tuple(str(name) for name in stored[key]) for key in ("archaic", "patterns"))
        return cls(bin=int(stored["bin"]), outgroup=int(stored["outgroup"]), archaic=archaic, patterns=patterns)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what a network reads of a bin: the words, then what all haplotypes share."""
        return (*self.patterns, *SHARED)

    @property
    def vocabulary(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    def describe(self) -> dict[str, Any]:
        """Return the parameters as plain values."""
        return {key: value for key, value in asdict(self).items() if key != "name"}


@dataclass(frozen=True)
class Piece:
    """Some bins of one chromosome, for all haplotypes; see the module for shapes and types."""

    counts: npt.NDArray[np.uint8]
    matches: npt.NDArray[np.uint8]
    outgroup_variable: npt.NDArray[np.uint16]
    callable: npt.NDArray[np.uint16]
    typed: npt.NDArray[np.uint16]
    missing: npt.NDArray[np.uint16]
    pairs: npt.NDArray[np.uint8]


def bin_edges(length: int, size: int) -> npt.NDArray[np.int64]:
    """Return the coordinates of the bins of a chromosome, one more than bins; the last bin may be shorter."""
    return np.minimum(np.arange(-(-length // size) + 1, dtype=np.int64) * size, length)


def runs(flags: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where each run of bins that are set begins and ends (half-open).

    Examples
    --------
    >>> [ends.tolist() for ends in runs(np.array([True, False, True, True]))]
    [[0, 2], [1, 4]]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return edges[::2], edges[1::2]


def _companies(group: npt.NDArray[np.int32]) -> Iterator[slice]:
    """Part rows into runs of one group, and those into runs of :data:`COMPANY` at most."""
    edges = np.flatnonzero(np.diff(group, prepend=-1, append=-1))
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        for begin in range(first, last, COMPANY):
            yield slice(begin, min(begin + COMPANY, last))


class BinsWriter:
    """Append bins to a new words.h5; obtain one from :func:`write_bins`.

    Attributes
    ----------
    lengths
        Chromosomes known so far, name to length in bp; those met later may be added.
    """

    def __init__(self, handle: h5py.File, alphabet: Patterns, lengths: dict[str, int], haplotypes: int) -> None:
        self._handle, self._alphabet, self._haplotypes = handle, alphabet, haplotypes
        self.lengths = dict(lengths)
        self._group: h5py.Group | None = None
        self._datasets: dict[str, h5py.Dataset] = {}
        self._number = 0

    def begin(self, chrom: str) -> None:
        """Start a chromosome."""
        self.lengths.setdefault(chrom, 0)
        self._number = list(self.lengths).index(chrom)
        group = self._handle.create_group(f"bins/{self._number}")
        rows, people = self._haplotypes, len(self._alphabet.archaic)
        for name, dtype, ends in (
            ("counts", "uint8", (len(PATTERNS),)),
            ("matches", "uint8", (people, 3)),
            ("pairs", "uint8", (people * (people - 1), 2)),
            ("missing", "uint16", ()),
        ):
            most = tuple(max(1, end) for end in ends)
            shapes = {"maxshape": (rows, None, *most), "chunks": (1, TILE, *most)}
            group.create_dataset(name, (rows, 0, *ends), dtype, **shapes, **(_PACKED | {"shuffle": False}))
        for name in (*SHARED, "typed"):
            group.create_dataset(name, (0,), "uint16", maxshape=(None,), chunks=(TILE,), **_PACKED)
        self._group, self._datasets = group, dict(group.items())
        group["exists"] = np.ones(rows, dtype=np.uint8)
        group["unshared"] = np.zeros((people, 2), dtype=np.int64)
        for name, dtype, width in (("bin", "uint32", ()), ("carriers", "uint8", (-(-rows // 8),))):
            shapes = {"maxshape": (None, *width), "chunks": (TILE, *width)}
            group.create_dataset(f"sharing/{name}", (0, *width), dtype, **shapes, **_PACKED)

    def append(self, piece: Piece) -> None:
        """Write the next bins of the chromosome begun last: whole tiles, but at its end."""
        before = len(self._datasets["callable"])
        after = before + len(piece.callable)
        for name, stored in self._datasets.items():
            values = getattr(piece, name)
            if values.ndim == 1:
                stored.resize(after, axis=0)
                stored[before:] = values
            else:
                stored.resize(after, axis=1)
                _write_tiles(stored, before, values)

    def share(self, bins: npt.NDArray[np.int64], carriers: npt.NDArray[np.bool_]) -> None:
        """Add alleles of the chromosome begun last that haplotypes share: their bins, and (alleles, haplotypes)."""
        packed = np.packbits(carriers, axis=1, bitorder="little")
        for name, values in (("bin", bins), ("carriers", packed)):
            stored = self._begun[f"sharing/{name}"]
            before = len(stored)
            stored.resize(before + len(values), axis=0)
            stored[before:] = values

    def exist(self, exists: npt.NDArray[np.bool_]) -> None:
        """Write which haplotypes exist on the chromosome begun last, bool (haplotypes,); all, if this is not called."""
        self._begun["exists"][:] = exists

    def unshared(self, counts: npt.NDArray[np.int64]) -> None:
        """Write how many rare alleles no archaic person shares, of the chromosome begun last; see the module."""
        self._begun["unshared"][...] = counts

    def leave_out(self, first: int, last: int) -> None:
        """Mark bins [first, last) of the chromosome begun last as not callable."""
        self._datasets["callable"][first:last] = 0

    def label(self, truth: npt.NDArray[np.uint16]) -> None:
        """Write introgressed bases (haplotypes, bins) of the chromosome begun last, and the labels they give."""
        tile = (1, min(TILE, truth.shape[1]))
        self._begun.create_dataset("truth", data=truth, dtype="uint16", chunks=tile, **_PACKED)
        half = np.diff(bin_edges(list(self.lengths.values())[self._number], self._alphabet.bin)) / 2
        self._begun.create_dataset("label", data=truth >= half, dtype="int8", chunks=tile, **_PACKED)

    @property
    def _begun(self) -> h5py.Group:
        if self._group is None:
            raise AssertionError("begin a chromosome first")
        return self._group


def _write_tiles(dataset: h5py.Dataset, first: int, values: npt.NDArray[np.unsignedinteger]) -> None:
    """Write bins from ``first`` on, tile by tile; deflated by ISA-L, in less than half the time that HDF5 takes."""
    if first % TILE:
        raise AssertionError("bins must come in whole tiles")
    if not values.size:
        return
    rest = (0,) * (values.ndim - 2)
    for row, begin in np.ndindex(len(values), -(-values.shape[1] // TILE)):
        tile = np.ascontiguousarray(values[row, begin * TILE : (begin + 1) * TILE])
        if len(tile) < TILE:
            tile = np.concatenate([tile, np.zeros((TILE - len(tile), *tile.shape[1:]), dtype=tile.dtype)])
        dataset.id.write_direct_chunk((row, first + begin * TILE, *rest), isal_zlib.compress(tile, 1))


@contextlib.contextmanager
def write_bins(
    path: Path,
    alphabet: Patterns,
    *,
    haplotypes: Sequence[tuple[str, int]],
    lengths: dict[str, int],
    provenance: dict[str, Any],
    groups: Sequence[int] = (0,),
) -> Iterator[BinsWriter]:
    """Create words.h5 of the variant alphabet.

    Parameters
    ----------
    path
        Where to write; see :class:`archaictools.formats.files.Outputs`.
    alphabet
        How alleles become words.
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    lengths
        Chromosomes, name to length in bp.
    provenance
        What made the file.
    groups
        First haplotype of each group of people read together, ascending from 0.
    """
    text = h5py.string_dtype()
    with create(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        handle.attrs["alphabet"] = ALPHABET
        write_attributes(handle, "parameters", alphabet.describe())
        write_attributes(handle, "provenance", provenance)
        handle["haplotypes/sample"] = np.array([sample for sample, _ in haplotypes], dtype=text)
        handle["haplotypes/haplotype"] = np.array([number for _, number in haplotypes], dtype=np.int8)
        ends = [*groups[1:], len(haplotypes)]
        handle["haplotypes/group"] = np.repeat(np.arange(len(groups), dtype=np.int32), np.subtract(ends, groups))
        writer = BinsWriter(handle, alphabet, lengths, len(haplotypes))
        yield writer
        handle["chromosomes/name"] = np.array(list(writer.lengths), dtype=text)
        handle["chromosomes/length"] = np.array(list(writer.lengths.values()), dtype=np.int64)


class BinsFile:
    """An open words.h5 of the variant alphabet; obtain one from :func:`open_bins`.

    Attributes
    ----------
    alphabet
        How alleles became words.
    lengths
        Chromosomes of the genome, name to length in bp.
    bins
        Chromosomes that hold bins, name to their number.
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    companies
        Rows of haplotypes that are looked at together: those of one group of people, at most :data:`COMPANY`.
    labelled
        Whether truth was given.
    """

    def __init__(self, path: Path, handle: h5py.File) -> None:
        self.path, self._handle = path, handle
        try:
            stored = read_attributes(handle, "parameters", path)
            self.alphabet = Patterns.restore(stored)
        except (TypeError, KeyError, ValueError) as error:
            raise InputError("names parameters this release does not know", path=path) from error
        if self.alphabet.patterns != PATTERNS or not 1 <= self.alphabet.bin <= np.iinfo(np.uint16).max:
            raise InputError("has words that this release does not know", path=path)
        self.provenance = read_attributes(handle, "provenance", path)
        names = read_texts(handle, "chromosomes/name", path)
        sizes = read_array(handle, "chromosomes/length", path, shape=(len(names),), dtype="int64")
        self.lengths: dict[str, int] = dict(zip(names, sizes.tolist(), strict=True))
        samples = read_texts(handle, "haplotypes/sample", path)
        numbers = read_array(handle, "haplotypes/haplotype", path, shape=(len(samples),), dtype="int8")
        self.haplotypes = list(zip(samples, numbers.tolist(), strict=True))
        group = read_array(handle, "haplotypes/group", path, shape=(len(samples),), dtype="int32")
        self.companies = list(_companies(group))
        self._number = {name: number for number, name in enumerate(names)}
        self.bins = {
            name: self._check(name, length) for name, length in self.lengths.items() if self._group(name) in handle
        }
        self.labelled = bool(self.bins) and all(f"{self._group(name)}/truth" in handle for name in self.bins)

    def _group(self, chrom: str) -> str:
        return f"bins/{self._number[chrom]}"

    def _check(self, chrom: str, length: int) -> int:
        counts = dataset(self._handle, f"{self._group(chrom)}/counts", self.path)
        bins = -(-length // self.alphabet.bin)
        if counts.shape != (len(self.haplotypes), bins, len(PATTERNS)) or counts.dtype != np.uint8:
            raise InputError(
                f"{chrom} has counts of shape {counts.shape}, which its length contradicts", path=self.path
            )
        return bins

    def edges(self, chrom: str) -> npt.NDArray[np.int64]:
        """Return the coordinates of the bins of a chromosome, one more than bins."""
        return bin_edges(self.lengths[chrom], self.alphabet.bin)

    @property
    def people(self) -> list[tuple[int, int]]:
        """Rows that are the two haplotypes of one person."""
        row = {named: number for number, named in enumerate(self.haplotypes)}
        return [(first, row[sample, 2]) for (sample, side), first in row.items() if side == 1 and (sample, 2) in row]

    def counts(self, chrom: str, rows: slice = slice(None), bins: slice = slice(None)) -> npt.NDArray[np.uint8]:
        """Read words of some haplotypes and bins: uint8 (haplotypes, bins, 32)."""
        return np.asarray(dataset(self._handle, f"{self._group(chrom)}/counts", self.path)[rows, bins])

    def inputs(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.uint8]:
        """Read what a network reads: uint8 (haplotypes, bins, 34); callable as 0 (none) to 255 (all of the bin).

        Scattered missing calls are made up for. Beside an archaic genome, words are counted as if all sites of the
        bins around were called. Without one, a bin counts as partly callable, with fewer variable sites: scaled
        counts would call four times too much there (measured with half of all genotypes missing).
        """
        counts, gaps = self.counts(chrom, rows), self.gaps(chrom, rows)
        typed, missing = self.shared(chrom, "typed"), self._missing(chrom, rows)
        variable = self.shared(chrom, "outgroup_variable").astype(np.float64)
        callable_ = 255 * np.minimum(self.shared(chrom, "callable") / np.diff(self.edges(chrom)), 1) * ~gaps
        if missing.any():
            if self.alphabet.archaic:
                share = called_share(typed, missing, gaps, AROUND)
                counts = np.minimum(np.rint(counts / share[..., None]), 255).astype(np.uint8)
            else:
                share = called_share(typed, missing, gaps, 1)
                variable, callable_ = variable * share, callable_ * share
        found = np.empty((*counts.shape[:2], len(PATTERNS) + len(SHARED)), dtype=np.uint8)
        found[..., : len(PATTERNS)] = counts
        found[..., -2] = np.rint(np.minimum(variable, 255))
        found[..., -1] = np.rint(callable_)
        return found

    def read(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.bool_]:
        """Return the callable bins in which haplotypes hold data: bool (haplotypes, bins). All others are NA."""
        return np.asarray((self.shared(chrom, "callable") > 0) & ~self.gaps(chrom, rows))

    def gaps(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.bool_]:
        """Return the bins in which others hold data and a haplotype does not, or does not exist.

        bool (haplotypes, bins), see :mod:`archaictools.words.callability`.
        """
        read = read_bins(self.shared(chrom, "typed"), self._missing(chrom, rows))
        return ~(read & self.exists(chrom)[rows, None])

    def exists(self, chrom: str) -> npt.NDArray[np.bool_]:
        """Return which haplotypes exist on a chromosome: a haploid one has no second."""
        where, shape = f"{self._group(chrom)}/exists", (len(self.haplotypes),)
        return read_array(self._handle, where, self.path, shape=shape, dtype="uint8") > 0

    def _missing(self, chrom: str, rows: slice) -> npt.NDArray[np.uint16]:
        return self._of_haplotypes(chrom, "missing", "uint16", rows)

    def matches(self, chrom: str, row: int) -> npt.NDArray[np.uint8]:
        """Read rare alleles of one haplotype by the calls of archaic people: uint8 (bins, people, 3)."""
        return np.asarray(dataset(self._handle, f"{self._group(chrom)}/matches", self.path)[row])

    def pairs(self, chrom: str, row: int) -> npt.NDArray[np.uint8]:
        """Read rare alleles of one haplotype that separate two archaic people: uint8 (bins, ordered pairs, 2)."""
        return np.asarray(dataset(self._handle, f"{self._group(chrom)}/pairs", self.path)[row])

    def unshared(self, chrom: str) -> npt.NDArray[np.int64]:
        """Read how many rare non-REF alleles no archaic person shares, and at how many each is called."""
        people = len(self.alphabet.archaic)
        where = f"{self._group(chrom)}/unshared"
        return read_array(self._handle, where, self.path, shape=(people, 2), dtype="int64")

    def sharing(self, chrom: str, rows: slice) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Read alleles that some haplotypes share: their bins, int64 (alleles,), and bool (alleles, haplotypes).

        Those of which fewer than two of these haplotypes carry are left out.
        """
        where = f"{self._group(chrom)}/sharing"
        bins = read_array(self._handle, f"{where}/bin", self.path, dtype="uint32").astype(np.int64)
        stored = dataset(self._handle, f"{where}/carriers", self.path)
        if stored.shape != (len(bins), -(-len(self.haplotypes) // 8)) or bins.max(initial=0) >= self.bins[chrom]:
            raise InputError(f"{chrom} has alleles that haplotypes share where it has no bin", path=self.path)
        begin = rows.start // 8
        packed = np.asarray(stored[:, begin : -(-rows.stop // 8)])
        carriers = np.unpackbits(packed, axis=1, bitorder="little").astype(bool)
        carriers = carriers[:, rows.start - 8 * begin : rows.stop - 8 * begin]
        kept = carriers.sum(axis=1) > 1
        return bins[kept], carriers[kept]

    def shared(self, chrom: str, name: str) -> npt.NDArray[np.uint16]:
        """Read ``outgroup_variable``, ``callable`` or ``typed`` of a chromosome: uint16 (bins,)."""
        return read_array(
            self._handle, f"{self._group(chrom)}/{name}", self.path, shape=(self.bins[chrom],), dtype="uint16"
        )

    def truth(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.uint16]:
        """Read introgressed bases of some haplotypes: uint16 (haplotypes, bins).

        Raises
        ------
        InputError
            If the file holds no truth.
        """
        return self._known(chrom, "truth", "uint16", rows)

    def label(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.int8]:
        """Read labels of some haplotypes: int8 (haplotypes, bins), 1 where half of the bin or more is introgressed.

        Raises
        ------
        InputError
            If the file holds no truth.
        """
        return self._known(chrom, "label", "int8", rows)

    def _known(self, chrom: str, name: str, dtype: str, rows: slice) -> np.ndarray:
        self.require_labels()
        return self._of_haplotypes(chrom, name, dtype, rows)

    def _of_haplotypes(self, chrom: str, name: str, dtype: str, rows: slice) -> np.ndarray:
        data = dataset(self._handle, f"{self._group(chrom)}/{name}", self.path)
        if data.shape != (len(self.haplotypes), self.bins[chrom]) or data.dtype != np.dtype(dtype):
            raise InputError(f"{chrom} has {name} of another shape than its counts", path=self.path)
        return np.asarray(data[rows])

    def require_labels(self) -> None:
        """Raise InputError if the file holds no truth."""
        if not self.labelled:
            raise InputError(
                "has no labels", path=self.path, remedy="make it again with 'archaictools haplotypes --truth'"
            )


@contextlib.contextmanager
def open_bins(path: Path) -> Iterator[BinsFile]:
    """Open words.h5 of the variant alphabet; refuse other files, other alphabets and newer schemas."""
    with open_container(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        found = str(handle.attrs.get("alphabet", "unknown"))
        if found == ALPHABET and handle.attrs["schema_version"] < SCHEMA_VERSION:
            raise InputError(
                "was made by an earlier release, which did not record missing calls",
                path=path,
                remedy="make it again with 'archaictools haplotypes'",
            )
        if found != ALPHABET:
            raise InputError(
                f"holds words of the {found} alphabet, expected {ALPHABET}",
                path=path,
                remedy="give the words that 'archaictools haplotypes' wrote",
            )
        words = BinsFile(path, handle)
        if not words.bins or not words.haplotypes:
            raise InputError("holds no bin", path=path)
        yield words


def alphabet_of(path: Path) -> str:
    """Tell the alphabet of a words.h5: ``kmer`` or ``variant``."""
    with open_container(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        return str(handle.attrs.get("alphabet", "unknown"))
