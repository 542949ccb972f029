"""Writer and reader of sums.h5; :mod:`archaictools.haplotypes.sums_layout` has its layout."""

from __future__ import annotations

import contextlib
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_layout import MAX_BINS
from archaictools.haplotypes.likeness import SiteCounts
from archaictools.haplotypes.segment_calls import counts_of, no_counts, with_counts
from archaictools.haplotypes.segments import ChromosomeSums
from archaictools.haplotypes.sums_layout import (
    ATTRIBUTES,
    KIND,
    SCHEMA_VERSION,
    SEGMENT_COLUMNS,
    TABLE,
    Calling,
    SumsHead,
)
from archaictools.io.hdf5 import (
    check_data,
    create,
    open_container,
    read_array,
    read_attributes,
    read_part,
    read_texts,
    write_attributes,
)
from archaictools.io.schema import check_lengths, check_name
from archaictools.learning.model_file import model_digest
from archaictools.provenance import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.segments import CallResult
    from archaictools.io.schema import Contents
    from archaictools.learning.model_file import TrainedModel
    from archaictools.learning.options import SegmentOptions

_PACKED: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}

#: Items of a dataset that are compressed together.
_CHUNK = 16_384

_BINS = ("callable", "carriers", "total", "covered")

#: Largest count of alleles in a segment, and of a chromosome.
_MOST = 2**53

#: Rounding error of a mean posterior.
_ROUNDING = 1e-9


class SumsWriter:
    """Appends chromosomes to a new file of sums; obtain one from :func:`write_sums`."""

    def __init__(self, handle: h5py.File, head: SumsHead) -> None:
        self._handle, self._head = handle, head
        self._number = {chrom: number for number, chrom in enumerate(head.lengths)}
        self._row = {named: row for row, named in enumerate(head.haplotypes)}

    def add(
        self,
        chrom: str,
        sums: ChromosomeSums,
        unshared: npt.NDArray[np.int64],
        segments: Iterable[pd.DataFrame],
    ) -> None:
        """Write a chromosome.

        Parameters
        ----------
        chrom
            Its name.
        sums
            Sums over all haplotypes of the file.
        unshared
            int64 (archaic samples, 2).
        segments
            Segments in their order, see :func:`archaictools.haplotypes.segment_calls.called_segments`.
        """
        group = self._handle.create_group(f"bins/{self._number[chrom]}")
        for name in _BINS:
            values = getattr(sums, name).astype(TABLE[f"bins/*/{name}"].dtype)
            group.create_dataset(name, data=values, chunks=(min(_CHUNK, max(1, len(values))),), **_PACKED)
        group["bases"] = sums.bases.astype(np.int64)
        group["unshared"] = unshared.astype(np.int64)
        group["outside"] = sums.outside.astype(np.int64)
        group["sites"] = np.array(astuple(sums.sites) if sums.sites else [-1] * 4, dtype=np.int64)
        people = len(self._head.encoding.archaic)
        matches, pairs = no_counts(0, people)
        stored: dict[str, h5py.Dataset] = {}
        for name, width in (
            *((name, ()) for name in SEGMENT_COLUMNS), ("matches", matches.shape[1:]), ("pairs", pairs.shape[1:])
        ):  # fmt: skip
            most = tuple(max(1, size) for size in width)
            shape = {"maxshape": (None, *most), "chunks": (max(1, _CHUNK // int(np.prod(most))), *most)}
            dtype = TABLE[f"bins/*/segments/{name}"].dtype
            stored[name] = group.create_dataset(f"segments/{name}", (0, *width), dtype, **shape, **_PACKED)
        for frame in segments:
            rows = [self._row[named] for named in zip(frame["sample"], frame["haplotype"].tolist(), strict=True)]
            columns = {name: frame[name].to_numpy() for name in SEGMENT_COLUMNS if name != "row"}
            counts = dict(zip(("matches", "pairs"), counts_of(frame, people), strict=True))
            for name, values in {**columns, "row": np.array(rows, dtype=np.uint32), **counts}.items():
                before = len(stored[name])
                stored[name].resize(before + len(values), axis=0)
                stored[name][before:] = values


@contextlib.contextmanager
def write_sums(path: Path, head: SumsHead, *, verb: str) -> Iterator[SumsWriter]:
    """Create a file of sums, by a verb that its provenance names."""
    text = h5py.string_dtype()
    with create(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        write_attributes(handle, "parameters", head.encoding.to_dict())
        write_attributes(handle, "calling", head.calling.to_dict())
        write_attributes(handle, "provenance", record(verb, head.calling.to_dict(), {}))
        handle["chromosomes/name"] = np.array(list(head.lengths), dtype=text)
        handle["chromosomes/length"] = np.array(list(head.lengths.values()), dtype=np.int64)
        handle["haplotypes/sample"] = np.array([sample for sample, _ in head.haplotypes], dtype=text)
        handle["haplotypes/haplotype"] = np.array([number for _, number in head.haplotypes], dtype=np.int8)
        yield SumsWriter(handle, head)


def write_result_sums(
    path: Path,
    result: CallResult,
    features: FeatureFile,
    model: TrainedModel,
    options: SegmentOptions,
    *,
    desert_length: int,
) -> None:
    """Write the sums of a run of ``predict``.

    Parameters
    ----------
    path
        The file to write.
    result
        What the run found.
    features, model
        What it was made of.
    options
        How segments were called, with a minimum length.
    desert_length
        Minimum length of a desert in bp.
    """
    calling = Calling(
        threshold=float(options.threshold),
        min_length=int(options.min_length or 0),
        max_gap=options.max_gap,
        desert_length=desert_length,
        model=model_digest(model),
    )
    head = SumsHead(
        encoding=features.encoding, calling=calling, lengths=features.lengths, haplotypes=features.haplotypes
    )
    own = dict(tuple(result.counted.groupby("chrom", sort=False)))
    with write_sums(path, head, verb="predict") as writer:
        for chrom, sums in result.chromosomes.items():
            writer.add(chrom, sums, features.unshared(chrom), [own[chrom]] if chrom in own else [])


class SumsFile:
    """A file of sums, which is open only while something is read, so that there may be thousands.

    Parameters
    ----------
    path
        The file. It is checked against its table here, and values as they are read.

    Attributes
    ----------
    head
        What it is about.
    provenance
        Provenance of the file.
    bins
        Chromosomes with bins, name to number of bins.

    Raises
    ------
    InputError
        If the file is of another kind or schema, damaged, or without bins.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as handle:
            encoding = HaplotypeEncoding.from_dict(read_attributes(handle, "parameters", path), path)
            calling = Calling.from_dict(read_attributes(handle, "calling", path), path)
            self.provenance = read_attributes(handle, "provenance", path)
            people = len(encoding.archaic)
            found = check_data(handle, path, TABLE, sizes={"archaic": people, "pairs": people * (people - 1)})
            names = read_texts(handle, "chromosomes/name", path)
            lengths = check_lengths(names, read_array(handle, "chromosomes/length", path), path)
            samples = read_texts(handle, "haplotypes/sample", path)
            numbers = read_array(handle, "haplotypes/haplotype", path).tolist()
        haplotypes = list(zip(samples, numbers, strict=True))
        for sample in set(samples):
            check_name(sample, path, what="a sample's name")
        if not set(numbers) <= {1, 2} or len(set(haplotypes)) != len(haplotypes):
            raise InputError("names haplotypes other than 1 and 2 of each sample", path=path)
        self.head = SumsHead(encoding=encoding, calling=calling, lengths=lengths, haplotypes=haplotypes)
        self._number = {name: number for number, name in enumerate(names)}
        self._segments: dict[str, int] = {}
        self.bins = {name: self._check(name, found) for name in names if self._group(name) in found.groups}
        if len(found.groups) > len(self.bins):
            raise InputError("holds bins of a chromosome that it does not name", path=path)
        if not self.bins or not haplotypes:
            raise InputError("holds no bin", path=path)

    @contextlib.contextmanager
    def _open(self) -> Iterator[h5py.File]:
        with open_container(
            self.path,
            kind=KIND,
            schema_version=SCHEMA_VERSION,
            oldest=SCHEMA_VERSION,
            attributes=ATTRIBUTES,
            again="predict again with --sums",
        ) as handle:
            yield handle

    def _group(self, chrom: str) -> str:
        return f"bins/{self._number[chrom]}"

    def _check(self, chrom: str, found: Contents) -> int:
        bins, group = -(-self.head.lengths[chrom] // self.head.encoding.bin), self._group(chrom)
        if not 0 < bins <= MAX_BINS or found.sizes[f"{group}/*bins"] != bins:
            raise InputError(f"{chrom} has another number of bins than its length tells", path=self.path)
        self._segments[chrom] = found.sizes[f"{group}/*segments"]
        return bins

    def sums(self, chrom: str) -> ChromosomeSums:
        """Return the sums over haplotypes on a chromosome.

        Raises
        ------
        InputError
            If they contradict each other.
        """
        with self._open() as handle:
            parts = {name: self._part(handle, chrom, name) for name in (*_BINS, "bases")}
        known, carriers, total, covered, bases = parts.values()
        haplotypes = int((bases >= 0).sum())
        for wrong in (
            (known < 0) | (known > haplotypes),
            (carriers < 0) | (carriers > known),
            (total < 0) | (total > 1_000 * known),
            (covered > 1) | ((carriers > 0) & (covered == 0)),
            (bases < -1) | (bases > self.head.lengths[chrom]),
        ):
            if wrong.any():
                raise InputError(f"has impossible sums on {chrom}", path=self.path, remedy="make the file again")
        length, size = self.head.lengths[chrom], self.head.encoding.bin
        return ChromosomeSums(
            length, size, known, carriers, total, covered > 0, bases, self.outside(chrom), self.sites(chrom)
        )

    def sites(self, chrom: str) -> SiteCounts | None:
        """Return the counts that tell whether a chromosome is like the training; None for a model of one's own.

        Raises
        ------
        InputError
            If a count is impossible.
        """
        with self._open() as handle:
            variable, bases, private, called = self._part(handle, chrom, "sites").tolist()
        found = (variable, bases, private, called)
        if found == (-1,) * 4:
            return None
        if min(found) < 0 or bases > self.head.lengths[chrom] or max(found) > _MOST:
            raise InputError(f"has impossible counts of sites on {chrom}", path=self.path, remedy="make the file again")
        return SiteCounts(variable=variable, bases=bases, private=private, called=called)

    def outside(self, chrom: str) -> npt.NDArray[np.int64]:
        """Return the rare alleles of haplotypes outside of their segments: int64 (haplotypes, archaic samples, 3).

        Raises
        ------
        InputError
            If a count is impossible.
        """
        with self._open() as handle:
            found = self._part(handle, chrom, "outside")
        if ((found < 0) | (found >= _MOST) | (found[..., 1:2] > found[..., :1])).any():
            raise InputError(f"has impossible counts of alleles on {chrom}", path=self.path)
        return found

    def unshared(self, chrom: str) -> npt.NDArray[np.int64]:
        """Return counts of rare non-REF alleles that no archaic sample shares: int64 (archaic samples, 2)."""
        with self._open() as handle:
            found = self._part(handle, chrom, "unshared")
        if ((found < 0) | (found > _MOST)).any():
            raise InputError(f"has impossible counts of alleles on {chrom}", path=self.path)
        return found

    def segments(self, chrom: str, *, rows: int) -> Iterator[pd.DataFrame]:
        """Yield the segments of a chromosome in their order, at most ``rows`` at a time.

        Yields
        ------
        pandas.DataFrame
            See :func:`archaictools.haplotypes.segment_calls.called_segments`.

        Raises
        ------
        InputError
            If a value is impossible, or if they are not in order.
        """
        samples = np.array([sample for sample, _ in self.head.haplotypes], dtype=object)
        numbers = np.array([number for _, number in self.head.haplotypes])
        people, length, last = len(self.head.encoding.archaic), self.head.lengths[chrom], 0
        for first in range(0, self._segments[chrom], rows):
            where = slice(first, first + rows)
            with self._open() as handle:
                columns = {name: self._part(handle, chrom, f"segments/{name}", where) for name in SEGMENT_COLUMNS}
                # HDF5 reads nothing from a dataset without items.
                matches, pairs = no_counts(len(columns["start"]), people)
                matches = self._part(handle, chrom, "segments/matches", where) if matches.size else matches
                pairs = self._part(handle, chrom, "segments/pairs", where) if pairs.size else pairs
            start, end, row, posterior, seen, callable_ = columns.values()
            if (
                not (row < len(samples)).all()
                or not ((start >= 0) & (start < end) & (end <= length)).all()
                or not ((posterior >= 0) & (posterior <= 1 + _ROUNDING)).all()
                or not ((seen <= 1) & (callable_ >= 0) & (callable_ <= end - start)).all()
                or not ((matches >= 0) & (matches < _MOST)).all()
                or not ((pairs >= 0) & (pairs < _MOST)).all()
                or (matches[..., 1] > matches[..., 0]).any()
            ):
                raise InputError(f"has an impossible segment on {chrom}", path=self.path, remedy="make the file again")
            if start[0] < last or (start[1:] < start[:-1]).any():
                raise InputError(f"has segments on {chrom} that are not in order", path=self.path)
            last = int(start[-1])
            frame = pd.DataFrame(
                {
                    "chrom": chrom,
                    "start": start,
                    "end": end,
                    "sample": samples[row],
                    "haplotype": numbers[row],
                    "posterior": posterior,
                    "seen": seen.astype(np.int8),
                    "callable": callable_,
                }
            )
            yield with_counts(frame, matches, pairs)

    def _part(self, handle: h5py.File, chrom: str, name: str, selection: Any = ...) -> np.ndarray:
        return read_part(handle, f"{self._group(chrom)}/{name}", self.path, selection)
