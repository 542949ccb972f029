"""Writer of haplotypes.h5, chunk by chunk; see :mod:`archaictools.haplotypes.feature_layout` for the layout."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from isal import isal_zlib

from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.encoding import SHARED_INPUTS, HaplotypeEncoding
from archaictools.haplotypes.feature_layout import KIND, SCHEMA_VERSION, TILE, bin_edges
from archaictools.io.hdf5 import create, write_attributes
from archaictools.io.schema import check_digests, check_lengths, check_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

_PACKED: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}


@dataclass(frozen=True)
class FeatureChunk:
    """Some bins of one chromosome, for all haplotypes; see the layout for shapes and types."""

    counts: npt.NDArray[np.uint8]
    matches: npt.NDArray[np.uint8]
    outgroup_variable: npt.NDArray[np.uint16]
    callable: npt.NDArray[np.uint16]
    typed: npt.NDArray[np.uint16]
    missing: npt.NDArray[np.uint16]
    pairs: npt.NDArray[np.uint8]


class FeatureWriter:
    """Appends bins to a new file of haplotypes; obtain one from :func:`write_features`.

    Attributes
    ----------
    lengths
        Known chromosomes, name to length in bp; more may be added later.
    """

    def __init__(
        self, handle: h5py.File, encoding: HaplotypeEncoding, lengths: dict[str, int], haplotypes: int
    ) -> None:
        self._handle, self._encoding, self._haplotypes = handle, encoding, haplotypes
        self.lengths = dict(lengths)
        self._group: h5py.Group | None = None
        self._datasets: dict[str, h5py.Dataset] = {}
        self._number = 0

    def begin(self, chrom: str) -> None:
        """Start a chromosome."""
        self.lengths.setdefault(chrom, 0)
        self._number = list(self.lengths).index(chrom)
        group = self._handle.create_group(f"bins/{self._number}")
        rows, archaics = self._haplotypes, len(self._encoding.archaic)
        for name, dtype, ends in (
            ("counts", "uint8", (len(CLASSES),)),
            ("matches", "uint8", (archaics, 3)),
            ("pairs", "uint8", (archaics * (archaics - 1), 2)),
            ("missing", "uint16", ()),
        ):
            most = tuple(max(1, end) for end in ends)
            shapes = {"maxshape": (rows, None, *most), "chunks": (1, TILE, *most)}
            group.create_dataset(name, (rows, 0, *ends), dtype, **shapes, **(_PACKED | {"shuffle": False}))
        for name in (*SHARED_INPUTS, "typed"):
            group.create_dataset(name, (0,), "uint16", maxshape=(None,), chunks=(TILE,), **_PACKED)
        self._group, self._datasets = group, dict(group.items())
        group["exists"] = np.ones(rows, dtype=np.uint8)
        group["unshared"] = np.zeros((archaics, 2), dtype=np.int64)
        for name, dtype, width in (("bin", "uint32", ()), ("carriers", "uint8", (-(-rows // 8),))):
            shapes = {"maxshape": (None, *width), "chunks": (TILE, *width)}
            group.create_dataset(f"sharing/{name}", (0, *width), dtype, **shapes, **_PACKED)

    def append(self, chunk: FeatureChunk) -> None:
        """Write the next bins of the current chromosome: whole tiles, except at its end."""
        before = len(self._datasets["callable"])
        after = before + len(chunk.callable)
        for name, stored in self._datasets.items():
            values = getattr(chunk, name)
            if values.ndim == 1:
                stored.resize(after, axis=0)
                stored[before:] = values
            else:
                stored.resize(after, axis=1)
                _write_tiles(stored, before, values)

    def share(self, bins: npt.NDArray[np.int64], carriers: npt.NDArray[np.bool_]) -> None:
        """Add shared alleles of the current chromosome: bins (alleles,), and carriers (alleles, haplotypes)."""
        packed = np.packbits(carriers, axis=1, bitorder="little")
        for name, values in (("bin", bins), ("carriers", packed)):
            stored = self._begun[f"sharing/{name}"]
            before = len(stored)
            stored.resize(before + len(values), axis=0)
            stored[before:] = values

    def exist(self, exists: npt.NDArray[np.bool_]) -> None:
        """Write which haplotypes exist on the current chromosome, bool (haplotypes,); by default, all do."""
        self._begun["exists"][:] = exists

    def unshared(self, counts: npt.NDArray[np.int64]) -> None:
        """Write counts of rare alleles of the current chromosome that no archaic sample shares; see the layout."""
        self._begun["unshared"][...] = counts

    def leave_out(self, first: int, last: int) -> None:
        """Mark bins [first, last) of the current chromosome as not callable."""
        self._datasets["callable"][first:last] = 0

    def label(self, truth: npt.NDArray[np.uint16]) -> None:
        """Write introgressed bases (haplotypes, bins) of the current chromosome, and the labels from them."""
        tile = (1, min(TILE, truth.shape[1]))
        self._begun.create_dataset("truth", data=truth, dtype="uint16", chunks=tile, **_PACKED)
        half = np.diff(bin_edges(list(self.lengths.values())[self._number], self._encoding.bin)) / 2
        self._begun.create_dataset("label", data=truth >= half, dtype="int8", chunks=tile, **_PACKED)

    @property
    def _begun(self) -> h5py.Group:
        if self._group is None:
            raise AssertionError("begin a chromosome first")
        return self._group


def _write_tiles(dataset: h5py.Dataset, first: int, values: npt.NDArray[np.unsignedinteger]) -> None:
    """Write bins from ``first`` on, tile by tile; ISA-L compresses in less than half the time of HDF5."""
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
def write_features(
    path: Path,
    encoding: HaplotypeEncoding,
    *,
    haplotypes: Sequence[tuple[str, int]],
    lengths: dict[str, int],
    provenance: dict[str, Any],
    vcf_digests: Sequence[str],
    groups: Sequence[int] = (0,),
    first_group: int = 0,
) -> Iterator[FeatureWriter]:
    """Create a file of haplotypes.

    Parameters
    ----------
    path
        The file to write; see :class:`archaictools.io.files.StagedOutputs`.
    encoding
        Parameters of the features.
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    lengths
        Chromosomes, name to length in bp.
    provenance
        Provenance of the file.
    vcf_digests
        SHA-256 of each VCF of the ingroup and outgroup.
    groups
        First haplotype of each group of samples, ascending from 0.
    first_group
        Number of the first group; above 0 in a later shard of the ingroup.
    """
    text = h5py.string_dtype()
    for name in (*encoding.archaic, *(sample for sample, _ in haplotypes)):
        check_name(name, None, what="a sample's name")
    with create(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        handle.attrs["alphabet"] = encoding.name
        write_attributes(handle, "parameters", encoding.to_dict())
        write_attributes(handle, "provenance", provenance)
        handle["vcfs/sha256"] = np.array(check_digests(vcf_digests, None), dtype=text)
        handle["haplotypes/sample"] = np.array([sample for sample, _ in haplotypes], dtype=text)
        handle["haplotypes/haplotype"] = np.array([number for _, number in haplotypes], dtype=np.int8)
        ends = [*groups[1:], len(haplotypes)]
        handle["haplotypes/group"] = np.repeat(
            np.arange(first_group, first_group + len(groups), dtype=np.int32), np.subtract(ends, groups)
        )
        writer = FeatureWriter(handle, encoding, lengths, len(haplotypes))
        yield writer
        check_lengths(list(writer.lengths), np.array(list(writer.lengths.values())), None)
        handle["chromosomes/name"] = np.array(list(writer.lengths), dtype=text)
        handle["chromosomes/length"] = np.array(list(writer.lengths.values()), dtype=np.int64)
