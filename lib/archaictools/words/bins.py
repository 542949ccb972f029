"""words.h5 of the variant alphabet: haplotypes as rows of bins, each bin the counts of its words.

Counts are compressed in tiles of one haplotype and :data:`TILE` bins, so that a haplotype can be read along a
chromosome without the others. Writing goes by pieces of a chromosome, reading by haplotypes; neither needs memory for
a whole chromosome of all haplotypes.

Layout (schema version 1)::

    attributes  format, schema_version, alphabet ("variant"), parameters (JSON: bin, archaic, outgroup, patterns),
                provenance (JSON)
    chromosomes/ name, length in bp; a chromosome without sites has no bins below
    haplotypes/  sample, haplotype (int8: 1 or 2), group (int32: haplotypes of people read together have the same)
    bins/N/      N is the chromosome's number, from 0:
        counts             uint8 (haplotypes, bins, 32): words, see archaictools.words.patterns; 255 is 255 or more
        matches            uint8 (haplotypes, bins, archaic people, 2): rare alleles at which that person is called, and
                           those it shares
        outgroup_variable  uint16 (bins): sites that vary in the outgroup
        callable           uint16 (bins): bases that could be called
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
from archaictools.formats.schema import (
    TEXT,
    Data,
    Table,
    check_inputs,
    check_lengths,
    check_name,
    check_names,
    shown,
)
from archaictools.words.patterns import PATTERNS
from archaictools.words.sentences import ATTRIBUTES, KIND, SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.formats.hdf5 import Selection
    from archaictools.formats.schema import Contents

ALPHABET = "variant"

#: What such a file may hold, see :mod:`archaictools.formats.schema`: a new dataset is a new line here.
TABLE: Table = {
    "chromosomes/name": Data(TEXT, ("chromosomes",)),
    "chromosomes/length": Data("int64", ("chromosomes",)),
    "haplotypes/sample": Data(TEXT, ("haplotypes",)),
    "haplotypes/haplotype": Data("int8", ("haplotypes",)),
    "haplotypes/group": Data("int32", ("haplotypes",)),
    "bins/*/counts": Data("uint8", ("haplotypes", "*bins", len(PATTERNS))),
    "bins/*/matches": Data("uint8", ("haplotypes", "*bins", "archaic", 2)),
    "bins/*/outgroup_variable": Data("uint16", ("*bins",)),
    "bins/*/callable": Data("uint16", ("*bins",)),
    "bins/*/sharing/bin": Data("uint32", ("*alleles",)),
    "bins/*/sharing/carriers": Data("uint8", ("*alleles", "haplotypes/8")),
    "bins/*/truth": Data("uint16", ("haplotypes", "*bins"), required=False),
    "bins/*/label": Data("int8", ("haplotypes", "*bins"), required=False),
}

#: Bins of a chromosome, at most: memory goes by them. 249 Mb in bins of 50 bp, 4 Gb in bins of 1 kb.
MOST_BINS = 5_000_000

#: Alleles of a chromosome that haplotypes share, at most: all that 1,000 Genomes has on chromosome 1, ten times.
MOST_SHARED = 64_000_000

#: Archaic people, at most.
MOST_ARCHAIC = 1_000

#: What all haplotypes share in a bin.
SHARED = ("outgroup_variable", "callable")

#: Bins of one haplotype stored together; and alleles that haplotypes share.
TILE = 1_024

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
    def restore(cls, stored: Mapping[str, Any], path: Path) -> Patterns:
        """Read what :meth:`describe` gave.

        Raises
        ------
        InputError
            If that is not possible.
        """
        size, outgroup, archaic, patterns = (stored.get(key) for key in ("bin", "outgroup", "archaic", "patterns"))
        if (
            set(stored) != {"bin", "outgroup", "archaic", "patterns"}
            or not (isinstance(size, int) and isinstance(outgroup, int))
            or not (isinstance(archaic, list) and isinstance(patterns, list))
        ):
            raise InputError("names parameters this release does not know", path=path)
        if patterns != list(PATTERNS) or not 1 <= size <= np.iinfo(np.uint16).max or outgroup < 0:
            raise InputError("has words that this release does not know", path=path)
        if len(archaic) > MOST_ARCHAIC:
            raise InputError(f"names {len(archaic):,} archaic people, expected {MOST_ARCHAIC:,} at most", path=path)
        people = check_names(archaic, path, what="an archaic person's name")
        return cls(bin=size, outgroup=outgroup, archaic=tuple(people), patterns=PATTERNS)

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
            ("matches", "uint8", (people, 2)),
        ):
            most = tuple(max(1, end) for end in ends)
            shapes = {"maxshape": (rows, None, *most), "chunks": (1, TILE, *most)}
            group.create_dataset(name, (rows, 0, *ends), dtype, **shapes, **(_PACKED | {"shuffle": False}))
        for name in SHARED:
            group.create_dataset(name, (0,), "uint16", maxshape=(None,), chunks=(TILE,), **_PACKED)
        self._group, self._datasets = group, dict(group.items())
        for name, dtype, width in (("bin", "uint32", ()), ("carriers", "uint8", (-(-rows // 8),))):
            shapes = {"maxshape": (None, *width), "chunks": (TILE, *width)}
            group.create_dataset(f"sharing/{name}", (0, *width), dtype, **shapes, **_PACKED)

    def append(self, piece: Piece) -> None:
        """Write the next bins of the chromosome begun last: whole tiles, but at its end."""
        before = len(self._datasets["callable"])
        after = before + len(piece.callable)
        for name, stored in self._datasets.items():
            values = getattr(piece, name)
            if name in SHARED:
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


def _write_tiles(dataset: h5py.Dataset, first: int, values: npt.NDArray[np.uint8]) -> None:
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
    for name in (*alphabet.archaic, *(sample for sample, _ in haplotypes)):
        check_name(name, None, what="a person's name")
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
        check_lengths(list(writer.lengths), np.array(list(writer.lengths.values())), None)
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
        self.alphabet = Patterns.restore(read_attributes(handle, "parameters", path), path)
        self.provenance = read_attributes(handle, "provenance", path)
        check_inputs(self.provenance, path)
        found = check_data(handle, path, TABLE, sizes={"archaic": len(self.alphabet.archaic)})
        names = read_texts(handle, "chromosomes/name", path)
        self.lengths = check_lengths(names, read_array(handle, "chromosomes/length", path), path)
        samples = read_texts(handle, "haplotypes/sample", path)
        numbers = read_array(handle, "haplotypes/haplotype", path).tolist()
        self.haplotypes: list[tuple[str, int]] = list(zip(samples, numbers, strict=True))
        for sample in set(samples):
            check_name(sample, path, what="a sample's name")
        group = read_array(handle, "haplotypes/group", path)
        if not set(numbers) <= {1, 2} or len(set(self.haplotypes)) != len(samples):
            raise InputError("names haplotypes other than 1 and 2 of each sample", path=path)
        if group.min(initial=0) < 0 or (group[1:] < group[:-1]).any():
            raise InputError("has groups of haplotypes that are not in order", path=path)
        self.companies = list(_companies(group))
        self._number = {name: number for number, name in enumerate(names)}
        if len(found.groups) > sum(self._group(name) in found.groups for name in names):
            raise InputError("holds bins of a chromosome that it does not name", path=path)
        self.bins = {
            name: self._check(name, length, found)
            for name, length in self.lengths.items()
            if self._group(name) in found.groups
        }
        self.labelled = bool(self.bins) and all(
            f"{self._group(name)}/{kind}" in found.shapes for name in self.bins for kind in ("truth", "label")
        )

    def _group(self, chrom: str) -> str:
        return f"bins/{self._number[chrom]}"

    def _check(self, chrom: str, length: int, found: Contents) -> int:
        bins = -(-length // self.alphabet.bin)
        if not 0 < bins <= MOST_BINS:
            raise InputError(
                f"{chrom} of {length:,} bp has {bins:,} bins, expected 1 to {MOST_BINS:,}",
                path=self.path,
                remedy="make it again with a larger --bin",
            )
        where = self._group(chrom)
        if found.sizes[f"{where}/*bins"] != bins:
            raise InputError(
                f"{chrom} has counts of shape {found.shapes[f'{where}/counts']}, which its length contradicts",
                path=self.path,
            )
        if found.sizes[f"{where}/*alleles"] > MOST_SHARED:
            raise InputError(f"{chrom} has more than {MOST_SHARED:,} alleles that haplotypes share", path=self.path)
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
        return self._part(chrom, "counts", (rows, bins))

    def inputs(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.uint8]:
        """Read what a network reads: uint8 (haplotypes, bins, 34); callable as 0 (none) to 255 (all of the bin)."""
        counts = self.counts(chrom, rows)
        shared = np.empty((self.bins[chrom], len(SHARED)), dtype=np.uint8)
        shared[:, 0] = np.minimum(self.shared(chrom, "outgroup_variable"), 255)
        size = np.diff(self.edges(chrom))
        shared[:, 1] = np.rint(255 * np.minimum(self.shared(chrom, "callable") / size, 1))
        return np.concatenate([counts, np.broadcast_to(shared, (len(counts), *shared.shape))], axis=2)

    def matches(self, chrom: str, row: int) -> npt.NDArray[np.uint8]:
        """Read rare alleles of one haplotype that archaic people are called at and share: uint8 (bins, people, 2)."""
        found = self._part(chrom, "matches", row)
        if (found[..., 1] > found[..., 0]).any():
            raise InputError(f"{chrom} has more alleles shared with an archaic person than called", path=self.path)
        return found

    def sharing(self, chrom: str, rows: slice) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Read alleles that some haplotypes share: their bins, int64 (alleles,), and bool (alleles, haplotypes).

        Those of which fewer than two of these haplotypes carry are left out.
        """
        bins = self._part(chrom, "sharing/bin").astype(np.int64)
        if bins.max(initial=0) >= self.bins[chrom] or (bins[1:] < bins[:-1]).any():
            raise InputError(f"{chrom} has alleles that haplotypes share in no bin, or not in order", path=self.path)
        begin = rows.start // 8
        packed = self._part(chrom, "sharing/carriers", (slice(None), slice(begin, -(-rows.stop // 8))))
        carriers = np.unpackbits(packed, axis=1, bitorder="little").astype(bool)
        carriers = carriers[:, rows.start - 8 * begin : rows.stop - 8 * begin]
        kept = carriers.sum(axis=1) > 1
        return bins[kept], carriers[kept]

    def shared(self, chrom: str, name: str) -> npt.NDArray[np.uint16]:
        """Read ``outgroup_variable`` or ``callable`` of a chromosome: uint16 (bins,)."""
        found = self._part(chrom, name)
        if name == "callable" and found.max(initial=0) > self.alphabet.bin:
            raise InputError(f"{chrom} has bins with more callable bases than bases", path=self.path)
        return found

    def truth(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.uint16]:
        """Read introgressed bases of some haplotypes: uint16 (haplotypes, bins).

        Raises
        ------
        InputError
            If the file holds no truth.
        """
        self.require_labels()
        found = self._part(chrom, "truth", rows)
        if found.max(initial=0) > self.alphabet.bin:
            raise InputError(f"{chrom} has bins with more introgressed bases than bases", path=self.path)
        return found

    def label(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.int8]:
        """Read labels of some haplotypes: int8 (haplotypes, bins), 1 where half of the bin or more is introgressed.

        Raises
        ------
        InputError
            If the file holds no truth.
        """
        self.require_labels()
        found = self._part(chrom, "label", rows)
        if not np.isin(found, (-1, 0, 1)).all():
            raise InputError(f"{chrom} has labels other than 1, 0 and -1", path=self.path)
        return found

    def _part(self, chrom: str, name: str, selection: Selection = ...) -> np.ndarray:
        return read_part(self._handle, f"{self._group(chrom)}/{name}", self.path, selection)

    def require_labels(self) -> None:
        """Raise InputError if the file holds no truth."""
        if not self.labelled:
            raise InputError(
                "has no labels", path=self.path, remedy="make it again with 'archaictools haplotypes --truth'"
            )


@contextlib.contextmanager
def open_bins(path: Path) -> Iterator[BinsFile]:
    """Open words.h5 of the variant alphabet; refuse other files, other alphabets and newer schemas."""
    with open_container(path, kind=KIND, schema_version=SCHEMA_VERSION, attributes=ATTRIBUTES) as handle:
        found = read_text(handle, "alphabet", path)
        if found != ALPHABET:
            raise InputError(
                f"holds words of the {shown(found)} alphabet, expected {ALPHABET}",
                path=path,
                remedy="give the words that 'archaictools haplotypes' wrote",
            )
        words = BinsFile(path, handle)
        if not words.bins or not words.haplotypes:
            raise InputError("holds no bin", path=path)
        yield words


def alphabet_of(path: Path) -> str:
    """Tell the alphabet of a words.h5: ``kmer`` or ``variant``."""
    with open_container(path, kind=KIND, schema_version=SCHEMA_VERSION, attributes=ATTRIBUTES) as handle:
        return read_text(handle, "alphabet", path)
