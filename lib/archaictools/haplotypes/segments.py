"""Segments of all haplotypes, and what the haplotypes add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.alphabet import Alphabet
from archaictools.haplotypes.deserts import Landscape, find_deserts
from archaictools.haplotypes.feature_layout import bin_edges
from archaictools.haplotypes.likeness import is_unlike
from archaictools.haplotypes.match_rates import ExpectedRates
from archaictools.haplotypes.posteriors import DIGITS
from archaictools.haplotypes.segment_calls import ORDER, SegmentNamer, called_segments, no_segments
from archaictools.haplotypes.tables import PeopleCounts, callable_runs
from archaictools.intervals import flags_of_runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.likeness import SiteCounts
    from archaictools.haplotypes.posteriors import HaplotypePosteriors
    from archaictools.learning.options import SegmentOptions


@dataclass
class ChromosomeSums:
    """Sums over the haplotypes on one chromosome: whole numbers, which are the same in any order.

    Those of all chromosomes are in memory at a time, so their integers are as small as the number of haplotypes allows.

    Attributes
    ----------
    length, size
        Length of the chromosome and of a bin in bp.
    callable
        Signed integers (bins,): haplotypes with data.
    carriers
        Signed integers (bins,): haplotypes with data and a segment.
    total
        Signed integers (bins,): sum of the posteriors of haplotypes with data, in thousandths.
    covered
        bool (bins,): at least one haplotype has a segment.
    bases
        int64 (haplotypes,): callable bases of each haplotype of the file; -1 if it does not exist on the chromosome.
    outside
        int64 (haplotypes, archaic people, 3): rare alleles of each haplotype outside of its segments, counted as in
        :func:`archaictools.haplotypes.sources.weigh`; see :mod:`archaictools.haplotypes.match_rates`.
    sites
        Counts that tell whether the chromosome is like the training, or None for another model than the pretrained one.
    """

    length: int
    size: int
    callable: npt.NDArray[np.signedinteger]
    carriers: npt.NDArray[np.signedinteger]
    total: npt.NDArray[np.signedinteger]
    covered: npt.NDArray[np.bool_]
    bases: npt.NDArray[np.int64]
    outside: npt.NDArray[np.int64]
    sites: SiteCounts | None = None

    @classmethod
    def empty(cls, length: int, size: int, haplotypes: int, archaic: int = 0) -> ChromosomeSums:
        """Return sums over no haplotype, with room for a number of them and of archaic people."""
        bins, most = -(-length // size), (haplotypes, haplotypes, haplotypes * 10**DIGITS)
        known, carriers, total = (np.zeros(bins, dtype=np.min_scalar_type(-1 - number)) for number in most)
        absent = np.full(haplotypes, -1, dtype=np.int64)
        outside = np.zeros((haplotypes, archaic, 3), dtype=np.int64)
        return cls(length, size, known, carriers, total, np.zeros(bins, dtype=bool), absent, outside)

    @property
    def edges(self) -> npt.NDArray[np.int64]:
        """Coordinates of the bins in bp: int64 (bins + 1,)."""
        return bin_edges(self.length, self.size)

    @property
    def landscape(self) -> Landscape:
        """What deserts are found in."""
        return Landscape(self.edges, self.callable, self.covered)

    def means(self) -> npt.NDArray[np.float64]:
        """Return the mean posterior of the haplotypes with data, float64 (bins with data,)."""
        return self._per_haplotype(self.total, 10**DIGITS)

    def shares(self) -> npt.NDArray[np.float64]:
        """Return the fraction of the haplotypes with data that have a segment, float64 (bins with data,)."""
        return self._per_haplotype(self.carriers, 1)

    def _per_haplotype(self, sums: npt.NDArray[np.signedinteger], unit: int) -> npt.NDArray[np.float64]:
        """Divide by the haplotypes with data, and round to one digit more than posteriors, halves to even."""
        used, steps = self.callable > 0, 10 ** (DIGITS + 1)
        whole = sums[used].astype(np.int64)
        return np.asarray(np.rint(whole * (steps // unit) / self.callable[used]) / steps, dtype=np.float64)


@dataclass(frozen=True)
class CallResult:
    """Segments of all haplotypes, and tables made of them.

    Attributes
    ----------
    segments
        ``chrom, start, end, sample, haplotype, posterior, source, seen, callable`` (bases with data), sorted. Then for
        each archaic person: rare alleles of the haplotype at which the person is called (``NAME_called``), those that
        the person shares (``NAME_shared``), those that the match rests on (``NAME_compared``), and the match
        (``NAME_match``). Last ``source_score``. See :mod:`archaictools.haplotypes.sources`.
    people
        One row for each person, see :class:`archaictools.haplotypes.tables.PeopleCounts`.
    deserts
        BED6, see :func:`archaictools.haplotypes.deserts.find_deserts`.
    callable
        ``chrom, start, end, haplotypes``: how many haplotypes have data.
    chromosomes
        Sums over haplotypes by chromosome.
    bins, seen_bins
        Callable bins of haplotypes, and those of them that training has seen.
    haplotypes
        Number of haplotypes.
    counted
        The segments with the counts of their evidence, before they are named; see
        :func:`archaictools.haplotypes.segment_calls.called_segments`.
    """

    segments: pd.DataFrame
    people: pd.DataFrame
    deserts: pd.DataFrame
    callable: pd.DataFrame
    chromosomes: dict[str, ChromosomeSums]
    bins: int
    seen_bins: int
    haplotypes: int
    counted: pd.DataFrame = field(default_factory=pd.DataFrame)


class SegmentCaller:
    """Call segments of haplotypes as they come.

    Parameters
    ----------
    features
        The file of haplotypes.
    options
        How segments are called; without a minimum length, that of haplotypes applies.
    sites
        Counts by chromosome that tell whether it is like the training; none if the model is not the pretrained one.
    """

    def __init__(
        self, features: FeatureFile, options: SegmentOptions, sites: Mapping[str, SiteCounts] | None = None
    ) -> None:
        self._features, self._options = features, options.resolved(Alphabet.VARIANT)
        self._sites = sites or {}
        self._segments: dict[str, list[pd.DataFrame]] = {chrom: [] for chrom in features.bins}
        self._chromosomes: dict[str, ChromosomeSums] = {}
        self._bins = self._seen_bins = 0

    def add(self, one: HaplotypePosteriors) -> None:
        """Call the segments of a haplotype on a chromosome, and add it to the sums."""
        bases = self._features.shared(one.chrom, "callable") * one.callable
        matches = self._features.matches(one.chrom, one.row)
        segments = called_segments(one, self._features, self._options, bases, matches)
        if len(segments):
            self._segments[one.chrom].append(segments)
        if one.chrom not in self._chromosomes:
            self._chromosomes[one.chrom] = ChromosomeSums.empty(
                self._features.lengths[one.chrom],
                self._features.encoding.bin,
                len(self._features.haplotypes),
                len(self._features.encoding.archaic),
            )
            self._chromosomes[one.chrom].sites = self._sites.get(one.chrom)
        sums = self._chromosomes[one.chrom]
        first, last = (np.searchsorted(one.edges, segments[name].to_numpy()) for name in ("start", "end"))
        carried = flags_of_runs(first, last, len(one.probability))
        sums.callable += one.callable
        sums.total += np.where(one.callable, one.thousandths, 0)
        sums.carriers += carried & one.callable
        sums.covered |= carried
        sums.bases[one.row] = int(bases.sum(dtype=np.int64))
        sums.outside[one.row] = matches[one.callable & ~carried].sum(axis=0, dtype=np.int64)
        self._bins += int(one.callable.sum())
        self._seen_bins += int((one.callable & one.seen).sum())

    def result(self, *, desert_length: int) -> CallResult:
        """Return the segments of all haplotypes with their sources, and the tables made of them.

        Parameters
        ----------
        desert_length
            Minimum length of a desert in bp.
        """
        features, sums = self._features, self._chromosomes
        archaic = features.encoding.archaic
        expected = ExpectedRates(features.haplotypes, lambda chrom: sums[chrom].outside)
        namer = SegmentNamer(archaic, {chrom: features.unshared(chrom) for chrom in features.bins}, expected)
        sorted_parts = [pd.concat(parts).sort_values(ORDER) for parts in self._segments.values() if parts]
        counted = pd.concat(sorted_parts, ignore_index=True) if sorted_parts else no_segments(len(archaic))
        namer.add(counted)
        segments = namer.named(counted)
        people = PeopleCounts(features.haplotypes, archaic)
        people.add_segments(segments)
        for one in sums.values():
            people.add_bases(one.bases, unlike=is_unlike(one.sites, features.encoding))
        return CallResult(
            segments=segments,
            people=people.table(),
            deserts=find_deserts({chrom: one.landscape for chrom, one in sums.items()}, desert_length),
            callable=callable_runs({chrom: (one.edges, one.callable) for chrom, one in sums.items()}),
            chromosomes=sums,
            bins=self._bins,
            seen_bins=self._seen_bins,
            haplotypes=people.haplotypes,
            counted=counted,
        )
