"""Posteriors of haplotypes, haplotype by haplotype: as a stream, and kept in memory in thousandths.

A bin in which a haplotype has no data is NA: it has no row in the table, a gap in the track, and no share in any
percentage.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from archaictools.intervals import mean_where_overlapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.both_readings import BothReadings
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.io.bigwig import Track
    from archaictools.progress import Progress

#: Digits of posteriors after the point. Small posteriors are then equal, so that neighbours join in tracks.
DIGITS = 3

#: Chromosomes of at most so many bins in sum share batches.
BINS_AT_ONCE = 50_000

#: Most memory for posteriors that are kept, in bytes: two for each bin of a haplotype, so 12 MB for a person's genome
#: in bins of 1 kb.
MAX_KEPT_BYTES = 2**30

_NOT_CALLABLE = np.uint16(2**16 - 1)


@dataclass(frozen=True)
class HaplotypePosteriors:
    """Posteriors of one haplotype on one chromosome.

    Attributes
    ----------
    chrom
        Name of the chromosome.
    row
        Row of the haplotype in the file of haplotypes.
    edges
        int64 (bins + 1,): coordinates of the bins in bp.
    probability
        float64 (bins,): P(introgressed); undefined where the bin is not callable.
    callable
        bool (bins,): the haplotype has data.
    seen
        bool (bins,): every network has seen the bin in training.
    """

    chrom: str
    row: int
    edges: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    callable: npt.NDArray[np.bool_]
    seen: npt.NDArray[np.bool_]

    @property
    def thousandths(self) -> npt.NDArray[np.int64]:
        """Posteriors in thousandths, int64 (bins,), which add up exactly in any order."""
        return np.asarray(np.rint(self.probability * 10**DIGITS), dtype=np.int64)

    def track(self, used: npt.NDArray[np.bool_] | None = None) -> Track:
        """Return the posteriors of all callable bins, or of those in ``used``; neighbours of equal value are joined."""
        used = self.callable if used is None else used
        return mean_where_overlapping(self.edges[:-1][used], self.edges[1:][used], self.probability[used])


def maximum(one: HaplotypePosteriors, other: HaplotypePosteriors) -> HaplotypePosteriors:
    """Return the larger posterior of two haplotypes on a chromosome; a bin is callable if one haplotype has data."""
    values = [np.where(each.callable, each.probability, -1) for each in (one, other)]
    return replace(
        one,
        probability=np.maximum(*values),
        callable=one.callable | other.callable,
        seen=one.seen | other.seen,
    )


def predict_haplotypes(
    features: FeatureFile, readings: BothReadings, *, progress: Progress
) -> Iterator[HaplotypePosteriors]:
    """Predict every haplotype, one group after the other, each on all chromosomes before the next group.

    Memory holds the scores of a group of haplotypes on one chromosome or several short ones, 4 bytes a bin.
    """
    count = _WholeBins(progress)
    for rows in features.groups:
        for chroms in _batches(features.bins):
            predicted = readings.predict_chromosomes(chroms, rows, advance=count.add, extend=progress.extend)
            for chrom in chroms:
                yield from rounded(features, chrom, rows, *predicted.pop(0))


def rounded(
    features: FeatureFile,
    chrom: str,
    rows: slice,
    probability: npt.NDArray[np.float32],
    seen: npt.NDArray[np.bool_],
) -> Iterator[HaplotypePosteriors]:
    """Yield the posteriors of the haplotypes that exist on a chromosome.

    Parameters
    ----------
    features, chrom, rows
        File of haplotypes, chromosome, and the rows that were predicted.
    probability, seen
        See :meth:`archaictools.haplotypes.predict.BinEnsemble.predict_chromosomes`.
    """
    edges = features.edges(chrom)
    for number in np.flatnonzero(features.exists(chrom)[rows]).tolist():
        row = rows.start + number
        known = features.read(chrom, slice(row, row + 1))[0]
        digits = np.round(probability[number].astype(np.float64), DIGITS)
        yield HaplotypePosteriors(chrom, row, edges, digits, known, seen)


def _batches(bins: Mapping[str, int]) -> Iterator[list[str]]:
    """Yield chromosomes that are predicted together: neighbours with at most :data:`BINS_AT_ONCE` bins in sum."""
    chroms: list[str] = []
    for chrom, number in bins.items():
        if chroms and sum(bins[name] for name in chroms) + number > BINS_AT_ONCE:
            yield chroms
            chroms = []
        chroms.append(chrom)
    yield chroms


class _WholeBins:
    """Report fractions of bins to a progress that counts whole bins."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._part = progress, 0.0

    def add(self, bins: float) -> None:
        whole = int(self._part + bins)
        self._part += bins - whole
        self._progress.advance(whole)


@dataclass
class KeptPosteriors:
    """Posteriors of all haplotypes in memory, from which tracks are written later.

    Posteriors have :data:`DIGITS` digits, so 16 bits hold them without loss.

    Attributes
    ----------
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    groups
        Rows that are predicted together.
    lengths
        Chromosome lengths in bp, as :func:`track_lengths` gives them.
    """

    haplotypes: Sequence[tuple[str, int]]
    groups: Sequence[slice]
    lengths: Mapping[str, int]
    _edges: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    _seen: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    _values: dict[tuple[int, str], npt.NDArray[np.uint16]] = field(default_factory=dict)

    @classmethod
    def of(cls, features: FeatureFile) -> KeptPosteriors | None:
        """Return an empty store for the haplotypes of a file, or None if they need more than :data:`MAX_KEPT_BYTES`."""
        if 2 * len(features.haplotypes) * sum(features.bins.values()) > MAX_KEPT_BYTES:
            return None
        return cls(features.haplotypes, features.groups, track_lengths(features))

    def add(self, one: HaplotypePosteriors) -> None:
        """Keep the posteriors of a haplotype on a chromosome."""
        self._edges.setdefault(one.chrom, one.edges)
        self._seen.setdefault(one.chrom, one.seen)
        thousandths = one.thousandths.astype(np.uint16)
        self._values[one.row, one.chrom] = np.where(one.callable, thousandths, _NOT_CALLABLE)

    def __iter__(self) -> Iterator[HaplotypePosteriors]:
        """Yield the haplotypes in the order in which they came."""
        for (row, chrom), values in self._values.items():
            probability = np.round(values / 10**DIGITS, DIGITS)
            yield HaplotypePosteriors(
                chrom, row, self._edges[chrom], probability, values != _NOT_CALLABLE, self._seen[chrom]
            )


def track_lengths(features: FeatureFile) -> dict[str, int]:
    """Return chromosome lengths in bp: a bigWig takes chromosomes in the order of its header, which is the file's.

    So tracks of chosen chromosomes have the same header as those of all.
    """
    return dict(features.lengths)
