"""bigWig tracks: piecewise-constant values along chromosomes, for IGV, UCSC and Galaxy."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyBigWig

from archaictools.errors import ArchaicError, InputError
from archaictools.formats.files import check_readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

#: starts, ends (int64, sorted, not overlapping) and values (float) on one chromosome.
Track = tuple["npt.NDArray[np.int64]", "npt.NDArray[np.int64]", "npt.NDArray[np.float64]"]


class BigWigWriter(contextlib.AbstractContextManager["BigWigWriter"]):
    """Write a bigWig chromosome by chromosome, each from whole arrays.

    Parameters
    ----------
    path
        Where to write.
    lengths
        Length in bp of every chromosome of the genome used; chromosomes must be added in this order.

    Attributes
    ----------
    bases
        Bases that carry a value so far.
    """

    def __init__(self, path: Path, lengths: Mapping[str, int]) -> None:
        self._name, self.bases = path.name, 0
        self._handle = pyBigWig.open(str(path), "w")
        self._handle.addHeader(list(lengths.items()), maxZooms=10)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Write index and zoom levels, and close the file."""
        self._handle.close()

    def add(self, chrom: str, track: Track) -> None:
        """Add the intervals of one chromosome."""
        starts, ends, values = track
        if not len(starts):
            return
        try:
            self._handle.addEntries([chrom] * len(starts), starts, ends=ends, values=np.asarray(values, dtype=float))
        except RuntimeError as error:
            raise ArchaicError(f"cannot write {chrom} into the bigWig {self._name} ({error})") from error
        self.bases += int((ends - starts).sum())


def mean_over_overlaps(
    starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
) -> Track:
    """Average intervals of one chromosome where they overlap.

    Returns piecewise-constant intervals that cover just the bases covered by any input; neighbours of equal value
    are joined. Linear in memory and n log n in time in the number of intervals, whatever the chromosome's length.

    Examples
    --------
    >>> import numpy as np
    >>> [part.tolist() for part in mean_over_overlaps(np.array([0, 100]), np.array([200, 300]), np.array([0.0, 1.0]))]
    [[0, 100, 200], [100, 200, 300], [0.0, 0.5, 1.0]]
    """
    # One pass over the sorted boundaries: each opens or closes an interval. Sums are taken in whole units of 2^-40
    # so that what is opened and closed cancels exactly, which floating point would not.
    unit = 2.0**40
    scaled = np.rint(values * unit).astype(np.int64)
    places, inverse = np.unique(np.concatenate([starts, ends]), return_inverse=True)
    depth = np.zeros(len(places), dtype=np.int64)
    total = np.zeros(len(places), dtype=np.int64)
    opened, closed = inverse[: len(starts)], inverse[len(starts) :]
    np.add.at(depth, opened, 1)
    np.add.at(depth, closed, -1)
    np.add.at(total, opened, scaled)
    np.add.at(total, closed, -scaled)
    depth, total = depth.cumsum()[:-1], total.cumsum()[:-1]
    covered = depth > 0
    left, right = places[:-1][covered], places[1:][covered]
    mean = total[covered] / (depth[covered] * unit)
    fresh = np.ones(len(left), dtype=bool)
    fresh[1:] = (left[1:] != right[:-1]) | (mean[1:] != mean[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(left)) - 1 if len(first) else first
    return left[first], right[last], mean[first]


def is_bigwig(path: Path) -> bool:
    """Tell a bigWig by its first bytes, in either byte order."""
    check_readable(path)
    with path.open("rb") as handle:
        return handle.read(4) in {b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26"}


class BigWigReader:
    """An open bigWig of probabilities; obtain one from :func:`open_bigwig`.

    Attributes
    ----------
    path
        The file.
    lengths
        Name and length in bp of every chromosome, in the file's order.
    unknown
        Intervals with NaN that :meth:`track` left out so far.
    """

    def __init__(self, path: Path, handle: Any) -> None:
        self.path, self._handle, self.unknown = path, handle, 0
        self.lengths: dict[str, int] = dict(handle.chroms() or {})

    def track(self, chrom: str) -> Track | None:
        """Read a chromosome, None where it has no value; NaN is no value.

        Raises
        ------
        InputError
            If a value is not a probability, as in tracks of coverage.
        """
        try:
            intervals = self._handle.intervals(chrom)
        except RuntimeError as error:
            raise InputError(f"cannot be read at {chrom}; the file is damaged", path=self.path) from error
        if not intervals:
            return None
        starts, ends, values = (np.array(column) for column in zip(*intervals, strict=True))
        wrong = np.flatnonzero((values < 0) | (values > 1))
        if len(wrong):
            first = int(wrong[0])
            raise InputError(
                f"the value at {chrom}:{starts[first]}-{ends[first]} is {values[first]:g}, "
                "expected a probability from 0 to 1",
                path=self.path,
                remedy="give a track of 'archaictools predict'",
            )
        known = ~np.isnan(values)
        self.unknown += int((~known).sum())
        if not known.any():
            return None
        return starts[known].astype(np.int64), ends[known].astype(np.int64), values[known].astype(np.float64)


@contextlib.contextmanager
def open_bigwig(path: Path) -> Iterator[BigWigReader]:
    """Open a bigWig of probabilities for reading."""
    check_readable(path)
    try:
        handle = pyBigWig.open(str(path))
    except RuntimeError as error:
        raise InputError("is not a bigWig file", path=path) from error
    try:
        if not handle.isBigWig():
            raise InputError("is a bigBed, expected a bigWig", path=path)
        yield BigWigReader(path, handle)
    finally:
        handle.close()


def read_bigwig(path: Path) -> Iterator[tuple[str, Track]]:
    """Read a bigWig chromosome by chromosome, in the file's order, skipping chromosomes without values."""
    with open_bigwig(path) as reader:
        for chrom in reader.lengths:
            track = reader.track(chrom)
            if track:
                yield chrom, track
