"""Reader of a file of haplotypes, haplotypes.h5; :mod:`archaictools.haplotypes.feature_layout` has its layout."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from archaictools.alphabet import Alphabet
from archaictools.errors import InputError
from archaictools.haplotypes.allele_classes import ARCHAIC, FREQUENCIES, without_archaic_calls
from archaictools.haplotypes.callability import read_bins
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_layout import (
    ATTRIBUTES,
    FORMER_KINDS,
    KIND,
    MAX_BINS,
    MAX_SHARED_ALLELES,
    SCHEMA_VERSION,
    TABLE,
    bin_edges,
)
from archaictools.haplotypes.inputs import InputReader
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


def _groups(group: npt.NDArray[np.int32]) -> Iterator[slice]:
    """Yield runs of rows of one group, each of at most :data:`MAX_GROUP_HAPLOTYPES` rows."""
    for first, last in zip(*(ends.tolist() for ends in runs_of_equal(group)), strict=True):
        for begin in range(first, last, MAX_GROUP_HAPLOTYPES):
            yield slice(begin, min(begin + MAX_GROUP_HAPLOTYPES, last))


def _read_vcf_digests(handle: h5py.File, path: Path) -> tuple[str, ...]:
    """Return the SHA-256 of the VCFs of the samples, by which files of the same samples are found."""
    found = check_digests(read_texts(handle, "vcfs/sha256", path), path)
    if not found:
        raise InputError("names no VCF of its samples", path=path, remedy="make the file again")
    return tuple(found)


class FeatureFile:
    """An open file of haplotypes; obtain one from :func:`open_features`.

    Attributes
    ----------
    encoding
        Parameters of the encoding.
    lengths
        Chromosomes of the genome, name to length in bp.
    bins
        Chromosomes with bins, name to number of bins.
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    groups
        Rows of haplotypes that are read together: at most :data:`MAX_GROUP_HAPLOTYPES` of one group of samples.
    labelled
        Whether the file has labels.
    vcf_digests
        SHA-256 of each VCF of the ingroup and outgroup.
    joined
        Bins of the file in each bin that is read, see :class:`archaictools.haplotypes.longer_bins.LongerBins`.
    """

    joined = 1

    def __init__(self, path: Path, handle: h5py.File) -> None:
        self.path, self._handle = path, handle
        self.encoding = HaplotypeEncoding.from_dict(read_attributes(handle, "parameters", path), path)
        self.provenance = read_attributes(handle, "provenance", path)
        archaics = len(self.encoding.archaic)
        found = check_data(handle, path, TABLE, sizes={"archaic": archaics, "pairs": archaics * (archaics - 1)})
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
        bins = -(-length // self.encoding.bin)
        if not 0 < bins <= MAX_BINS:
            raise InputError(
                f"{chrom} of {length:,} bp has {bins:,} bins, expected 1 to {MAX_BINS:,}",
                path=self.path,
                remedy="make it again with a larger --bin",
            )
        where = self._group(chrom)
        if found.sizes[f"{where}/*bins"] != bins:
            raise InputError(
                f"{chrom} has counts of shape {found.shapes[f'{where}/counts']}, which its length contradicts",
                path=self.path,
            )
        if found.sizes[f"{where}/*alleles"] > MAX_SHARED_ALLELES:
            raise InputError(
                f"{chrom} has more than {MAX_SHARED_ALLELES:,} alleles that haplotypes share", path=self.path
            )
        return bins

    def edges(self, chrom: str) -> npt.NDArray[np.int64]:
        """Return the edges of the bins of a chromosome in bp: int64 (bins + 1,)."""
        return bin_edges(self.lengths[chrom], self.encoding.bin)

    @property
    def people(self) -> list[tuple[int, int]]:
        """Rows of the two haplotypes of each sample with two haplotypes."""
        row = {named: number for number, named in enumerate(self.haplotypes)}
        return [(first, row[sample, 2]) for (sample, side), first in row.items() if side == 1 and (sample, 2) in row]

    def counts(self, chrom: str, rows: slice = slice(None), bins: slice = slice(None)) -> npt.NDArray[np.uint8]:
        """Return the counts of some haplotypes and bins: uint8 (haplotypes, bins, 32)."""
        return self._part(chrom, "counts", (rows, bins))

    def inputs(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.uint8]:
        """Return the inputs of a network: uint8 (haplotypes, bins, 34), see :class:`InputReader`."""
        return InputReader(self, chrom).read(rows)

    def read(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.bool_]:
        """Return the callable bins in which haplotypes have data: bool (haplotypes, bins); all others are NA."""
        return np.asarray((self.shared(chrom, "callable") > 0) & ~self.gaps(chrom, rows))

    def gaps(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.bool_]:
        """Return the bins in which others have data and a haplotype has none, or does not exist.

        bool (haplotypes, bins); see :mod:`archaictools.haplotypes.callability`.
        """
        read = read_bins(self.shared(chrom, "typed"), self._checked_missing(chrom, rows))
        return ~(read & self.exists(chrom)[rows, None])

    def exists(self, chrom: str) -> npt.NDArray[np.bool_]:
        """Return which haplotypes exist on a chromosome: bool (haplotypes,); a haploid chromosome has no second."""
        return np.asarray(self._part(chrom, "exists") > 0)

    def missing(self, chrom: str, rows: slice, bins: slice = slice(None)) -> npt.NDArray[np.uint16]:
        """Return the number of missing calls: uint16 (haplotypes, bins)."""
        return self._part(chrom, "missing", (rows, bins))

    def _checked_missing(self, chrom: str, rows: slice) -> npt.NDArray[np.uint16]:
        found = self.missing(chrom, rows)
        if (found > self.shared(chrom, "typed")).any():
            raise InputError(f"{chrom} has more missing calls than sites", path=self.path)
        return found

    def missing_counts(self) -> dict[str, tuple[int, int]]:
        """Return the number of genotypes that each sample lacks, and that of all its sites, by name."""
        lacking, known = np.zeros((2, len(self.haplotypes)), dtype=np.int64)
        for chrom in self.bins:
            there = self.exists(chrom)
            known += there * int(self.shared(chrom, "typed").sum(dtype=np.int64))
            for rows in self.groups:
                lacking[rows] += there[rows] * self._checked_missing(chrom, rows).sum(axis=1, dtype=np.int64)
        found: dict[str, tuple[int, int]] = {}
        for (sample, _), lost, typed in zip(self.haplotypes, lacking.tolist(), known.tolist(), strict=True):
            before = found.get(sample, (0, 0))
            found[sample] = before[0] + lost, before[1] + typed
        return found

    def matches(self, chrom: str, row: int) -> npt.NDArray[np.uint8]:
        """Return the rare alleles of one haplotype by the call of each archaic sample: uint8 (bins, samples, 3)."""
        found = self._part(chrom, "matches", row)
        if (found[..., 1] > found[..., 0]).any():
            raise InputError(f"{chrom} has more alleles shared with an archaic sample than called", path=self.path)
        return found

    def pairs(self, chrom: str, row: int) -> npt.NDArray[np.uint8]:
        """Return the rare alleles of one haplotype that separate two archaic samples: uint8 (bins, pairs, 2)."""
        return self._part(chrom, "pairs", row)

    def unshared(self, chrom: str) -> npt.NDArray[np.int64]:
        """Return counts of rare non-REF alleles that no archaic sample shares: int64 (archaic samples, 2)."""
        return self._part(chrom, "unshared")

    def allele_bins(self, chrom: str, alleles: slice = slice(None)) -> npt.NDArray[np.uint32]:
        """Return the bins of alleles that haplotypes share, of all or of some: uint32 (alleles,), ascending."""
        bins = self._part(chrom, "sharing/bin", alleles)
        if bins.max(initial=0) >= self.bins[chrom] or (bins[1:] < bins[:-1]).any():
            raise InputError(f"{chrom} has alleles that haplotypes share in no bin, or not in order", path=self.path)
        return bins

    def shared_alleles(
        self, chrom: str, rows: slice, alleles: slice = slice(None)
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return the bins, int64 (alleles,), and carriers, bool (alleles, haplotypes), of shared alleles.

        Only alleles that at least two of these haplotypes carry are returned, of those in :meth:`allele_bins`.
        """
        bins = self.allele_bins(chrom, alleles).astype(np.int64)
        begin = rows.start // 8
        packed = self._part(chrom, "sharing/carriers", (alleles, slice(begin, -(-rows.stop // 8))))
        carriers = np.unpackbits(packed, axis=1, bitorder="little").astype(bool)
        carriers = carriers[:, rows.start - 8 * begin : rows.stop - 8 * begin]
        kept = carriers.sum(axis=1) > 1
        return bins[kept], carriers[kept]

    def shared(self, chrom: str, name: str) -> npt.NDArray[np.uint16]:
        """Return ``outgroup_variable``, ``callable`` or ``typed`` of a chromosome: uint16 (bins,)."""
        found = self._part(chrom, name)
        if name == "callable" and found.max(initial=0) > self.encoding.bin:
            raise InputError(f"{chrom} has bins with more callable bases than bases", path=self.path)
        return found

    def truth(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.uint16]:
        """Return the introgressed bases of some haplotypes: uint16 (haplotypes, bins).

        Raises
        ------
        InputError
            If the file has no labels.
        """
        self.require_labels()
        found = self._part(chrom, "truth", rows)
        if found.max(initial=0) > self.encoding.bin:
            raise InputError(f"{chrom} has bins with more introgressed bases than bases", path=self.path)
        return found

    def label(self, chrom: str, rows: slice = slice(None)) -> npt.NDArray[np.int8]:
        """Return the labels of some haplotypes: int8 (haplotypes, bins), 1 if at least half of the bin is introgressed.

        Raises
        ------
        InputError
            If the file has no labels.
        """
        self.require_labels()
        found = self._part(chrom, "label", rows)
        if not np.isin(found, (-1, 0, 1)).all():
            raise InputError(f"{chrom} has labels other than 1, 0 and -1", path=self.path)
        return found

    def _part(self, chrom: str, name: str, selection: Selection = ...) -> np.ndarray:
        return read_part(self._handle, f"{self._group(chrom)}/{name}", self.path, selection)

    def require_labels(self) -> None:
        """Raise InputError if the file has no labels."""
        if not self.labelled:
            raise InputError(
                "has no labels", path=self.path, remedy="make it again with 'archaictools haplotypes --truth'"
            )


class WithoutArchaic(FeatureFile):
    """An open file of haplotypes, read as if no archaic genome had been named.

    Its inputs are those of a file that ``haplotypes`` makes of the same VCFs without ``--archaic``.

    Parameters
    ----------
    features
        The open file, which stays as it is.
    """

    def __init__(self, features: FeatureFile) -> None:
        self.__dict__.update(vars(features))
        self.encoding = replace(features.encoding, archaic=())

    def counts(self, chrom: str, rows: slice = slice(None), bins: slice = slice(None)) -> npt.NDArray[np.uint8]:
        """Return the counts of some haplotypes and bins, without archaic calls: uint8 (haplotypes, bins, 32)."""
        named = super().counts(chrom, rows, bins)
        by_frequency = named.reshape(*named.shape[:2], len(FREQUENCIES), len(ARCHAIC))
        return without_archaic_calls(by_frequency).reshape(named.shape)


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
        if found != Alphabet.VARIANT:
            raise InputError(f"has the alphabet {shown(found)}, expected {Alphabet.VARIANT}", path=path)
        features = FeatureFile(path, handle)
        if not features.bins or not features.haplotypes:
            raise InputError("holds no bin", path=path)
        yield features
