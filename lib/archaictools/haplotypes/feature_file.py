"""File of haplotypes, haplotypes.h5: a row a haplotype, and counts of its features in every bin.

Counts are compressed in tiles of one haplotype and :data:`TILE` bins, so that a haplotype can be read along a
chromosome without the others. Writing goes by pieces of a chromosome, reading by haplotypes; neither needs memory for
a whole chromosome of all haplotypes.

Layout (schema version 2)::

    attributes  format ("archaictools haplotypes"), schema_version, alphabet ("variant"),
                parameters (JSON: bin, archaic, outgroup, patterns), provenance (JSON)
    chromosomes/ name, length in bp; a chromosome without sites has no bins below
    haplotypes/  sample, haplotype (int8: 1 or 2), group (int32: haplotypes of people read together have the same)
    vcfs/        sha256 of each VCF of the ingroup and outgroup: files with a common VCF hold the same people
    bins/N/      N is the chromosome's number, from 0:
        counts             uint8 (haplotypes, bins, 32): see archaictools.haplotypes.allele_classes; 255 is 255 or more
        matches            uint8 (haplotypes, bins, archaic people, 3): rare alleles at which that person is called;
                           those it shares; and non-REF ones at which it is not called
        pairs              uint8 (haplotypes, bins, ordered pairs of archaic people, 2): rare alleles that the first
                           shares and the second, called, lacks; and non-REF ones that the first shares where the second
                           is not called; see archaictools.haplotypes.allele_classes.ordered_pairs
        unshared           int64 (archaic people, 2): rare non-REF alleles of all haplotypes that no archaic person
                           shares, and those at which that person is called: few in a file without REF calls
        outgroup_variable  uint16 (bins): sites that vary in the outgroup
        callable           uint16 (bins): bases that could be called
        typed              uint16 (bins): sites that are evidence, see archaictools.haplotypes.evidence
        missing            uint16 (haplotypes, bins): those of them at which a haplotype is not called
        exists             uint8 (haplotypes): 0 for the second haplotype of a chromosome that is haploid throughout
        sharing/bin        uint32 (alleles): where alleles lie that the outgroup all but lacks (see
                           archaictools.haplotypes.allele_classes.PRIVATE) and two haplotypes or more carry
        sharing/carriers   uint8 (alleles, haplotypes / 8, rounded up): who carries each, one bit each, lowest first
        truth              uint16 (haplotypes, bins): introgressed bases; only where truth was given
        label              int8 (haplotypes, bins): 1 where they are half of the bin or more, else 0; -1 unknown
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError
from archaictools.haplotypes.allele_classes import PATTERNS
from archaictools.haplotypes.callability import called_share, read_bins
from archaictools.haplotypes.encoding import ALPHABET, SHARED, HaplotypeEncoding
from archaictools.haplotypes.options import MAX_GROUP_HAPLOTYPES
from archaictools.intervals import runs_of_equal
from archaictools.io.hdf5 import (
    check_data,
    open_container,
    read_array,
    read_attributes,
    read_part,
    read_text,
    read_texts,
)
from archaictools.io.schema import (
    MOST_JSON,
    TEXT,
    Data,
    Table,
    check_digests,
    check_lengths,
    check_name,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import h5py
    import numpy.typing as npt

    from archaictools.io.hdf5 import Selection
    from archaictools.io.schema import Contents

KIND = "archaictools haplotypes"
#: Kinds of earlier releases, and the remedy for each.
FORMER_KINDS = {"archaictools words": "make the file again with 'archaictools haplotypes'"}
#: Version 1 did not store the missing calls of a haplotype.
SCHEMA_VERSION = 2
#: Attributes of the root, and the longest text of each in bytes.
ATTRIBUTES = {"alphabet": 64, "parameters": MOST_JSON, "provenance": MOST_JSON}
#: What such a file may hold, see :mod:`archaictools.io.schema`: a new dataset is a new line here.
TABLE: Table = {
    "chromosomes/name": Data(TEXT, ("chromosomes",)),
    "chromosomes/length": Data("int64", ("chromosomes",)),
    "haplotypes/sample": Data(TEXT, ("haplotypes",)),
    "haplotypes/haplotype": Data("int8", ("haplotypes",)),
    "haplotypes/group": Data("int32", ("haplotypes",)),
    "vcfs/sha256": Data(TEXT, ("vcfs",)),
    "bins/*/counts": Data("uint8", ("haplotypes", "*bins", len(PATTERNS))),
    "bins/*/matches": Data("uint8", ("haplotypes", "*bins", "archaic", 3)),
    "bins/*/pairs": Data("uint8", ("haplotypes", "*bins", "pairs", 2)),
    "bins/*/unshared": Data("int64", ("archaic", 2)),
    "bins/*/typed": Data("uint16", ("*bins",)),
    "bins/*/missing": Data("uint16", ("haplotypes", "*bins")),
    "bins/*/exists": Data("uint8", ("haplotypes",)),
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

#: Bins of one haplotype stored together; and alleles that haplotypes share.
TILE = 1_024

#: Bins around one whose share of called sites stands for it.
AROUND = 41


def bin_edges(length: int, size: int) -> npt.NDArray[np.int64]:
    """Return the coordinates of the bins of a chromosome, one more than bins; the last bin may be shorter."""
    return np.minimum(np.arange(-(-length // size) + 1, dtype=np.int64) * size, length)


def _groups(group: npt.NDArray[np.int32]) -> Iterator[slice]:
    """Part rows into runs of one group, and those into runs of :data:`MAX_GROUP_HAPLOTYPES` at most."""
    for first, last in zip(*(ends.tolist() for ends in runs_of_equal(group)), strict=True):
        for begin in range(first, last, MAX_GROUP_HAPLOTYPES):
            yield slice(begin, min(begin + MAX_GROUP_HAPLOTYPES, last))


def _read_vcf_digests(handle: h5py.File, path: Path) -> tuple[str, ...]:
    """Read the SHA-256 of the VCFs that the people come from: which files hold the same people."""
    found = check_digests(read_texts(handle, "vcfs/sha256", path), path)
    if not found:
        raise InputError("names no VCF that its people come from", path=path, remedy="make the file again")
    return tuple(found)


class FeatureFile:
    """An open file of haplotypes; obtain one from :func:`open_features`.

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
    groups
        Rows of haplotypes that are read together: those of one group of people, :data:`MAX_GROUP_HAPLOTYPES`
        at most.
    labelled
        Whether truth was given.
    vcf_digests
        SHA-256 of each VCF of the ingroup and outgroup.
    """

    def __init__(self, path: Path, handle: h5py.File) -> None:
        self.path, self._handle = path, handle
        self.alphabet = HaplotypeEncoding.from_dict(read_attributes(handle, "parameters", path), path)
        self.provenance = read_attributes(handle, "provenance", path)
        people = len(self.alphabet.archaic)
        found = check_data(handle, path, TABLE, sizes={"archaic": people, "pairs": people * (people - 1)})
        names = read_texts(handle, "chromosomes/name", path)
        self.lengths = check_lengths(names, read_array(handle, "chromosomes/length", path), path)
        samples = read_texts(handle, "haplotypes/sample", path)
        numbers = read_array(handle, "haplotypes/haplotype", path).tolist()
        self.vcf_digests = _read_vcf_digests(handle, path)
        self.haplotypes: list[tuple[str, int]] = list(zip(samples, numbers, strict=True))
        for sample in set(samples):
            check_name(sample, path, what="a sample's name")
        group = read_array(handle, "haplotypes/group", path)
        if not set(numbers) <= {1, 2} or len(set(self.haplotypes)) != len(samples):
            raise InputError("names haplotypes other than 1 and 2 of each sample", path=path)
        if group.min(initial=0) < 0 or (group[1:] < group[:-1]).any():
            raise InputError("has groups of haplotypes that are not in order", path=path)
        self.groups = list(_groups(group))
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

        bool (haplotypes, bins), see :mod:`archaictools.haplotypes.callability`.
        """
        read = read_bins(self.shared(chrom, "typed"), self._missing(chrom, rows))
        return ~(read & self.exists(chrom)[rows, None])

    def exists(self, chrom: str) -> npt.NDArray[np.bool_]:
        """Return which haplotypes exist on a chromosome: a haploid one has no second."""
        return np.asarray(self._part(chrom, "exists") > 0)

    def _missing(self, chrom: str, rows: slice) -> npt.NDArray[np.uint16]:
        """Read missing calls: uint16 (haplotypes, bins)."""
        found = self._part(chrom, "missing", rows)
        if (found > self.shared(chrom, "typed")).any():
            raise InputError(f"{chrom} has more missing calls than sites", path=self.path)
        return found

    def matches(self, chrom: str, row: int) -> npt.NDArray[np.uint8]:
        """Read rare alleles of one haplotype by the calls of archaic people: uint8 (bins, people, 3)."""
        found = self._part(chrom, "matches", row)
        if (found[..., 1] > found[..., 0]).any():
            raise InputError(f"{chrom} has more alleles shared with an archaic person than called", path=self.path)
        return found

    def pairs(self, chrom: str, row: int) -> npt.NDArray[np.uint8]:
        """Read rare alleles of one haplotype that separate two archaic people: uint8 (bins, ordered pairs, 2)."""
        return self._part(chrom, "pairs", row)

    def unshared(self, chrom: str) -> npt.NDArray[np.int64]:
        """Read how many rare non-REF alleles no archaic person shares, and at how many each is called."""
        return self._part(chrom, "unshared")

    def shared_alleles(self, chrom: str, rows: slice) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
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
        """Read ``outgroup_variable``, ``callable`` or ``typed`` of a chromosome: uint16 (bins,)."""
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
def open_features(path: Path) -> Iterator[FeatureFile]:
    """Open a file of haplotypes.

    Raises
    ------
    InputError
        If the file is of another kind or schema, damaged, or without bins.
    """
    with open_container(
        path,
        kind=KIND,
        schema_version=SCHEMA_VERSION,
        oldest=SCHEMA_VERSION,
        attributes=ATTRIBUTES,
        former=FORMER_KINDS,
    ) as handle:
        found = read_text(handle, "alphabet", path)
        if found != ALPHABET:
            raise InputError(f"has the alphabet {shown(found)}, expected {ALPHABET}", path=path)
        features = FeatureFile(path, handle)
        if not features.bins or not features.haplotypes:
            raise InputError("holds no bin", path=path)
        yield features
