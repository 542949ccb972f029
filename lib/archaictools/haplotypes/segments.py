"""Segments of haplotypes, their sources, and what all haplotypes add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.alphabet import Alphabet
from archaictools.haplotypes.callability import bridged
from archaictools.haplotypes.deserts import Landscape, find_deserts
from archaictools.haplotypes.sources import UNMATCHED, name_sources, weigh, without_reference
from archaictools.haplotypes.tables import callable_runs, people_table
from archaictools.intervals import flags_of_runs, sums_of_ranges
from archaictools.learning.segments import segments_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.posteriors import HaplotypePosteriors
    from archaictools.learning.options import SegmentOptions

#: Longest gap without data in bp that a segment spans. Missing data are no evidence that a segment ends.
MAX_DATA_GAP = 5_000

_COLUMNS = ["chrom", "start", "end", "sample", "haplotype", "posterior", "source", "seen", "callable"]
_EVIDENCE = ("called", "shared", "compared", "match", "over")

#: Digits of log-likelihood ratios after the point.
_SCORE_DIGITS = 2


@dataclass
class ChromosomeSums:
    """Sums over the haplotypes on one chromosome.

    Attributes
    ----------
    edges
        int64 (bins + 1,): coordinates of the bins in bp.
    callable
        int64 (bins,): haplotypes with data.
    carriers
        int64 (bins,): haplotypes with data and a segment.
    total
        float64 (bins,): sum of the posteriors of haplotypes with data.
    covered
        bool (bins,): at least one haplotype has a segment.
    """

    edges: npt.NDArray[np.int64]
    callable: npt.NDArray[np.int64]
    carriers: npt.NDArray[np.int64]
    total: npt.NDArray[np.float64]
    covered: npt.NDArray[np.bool_]

    @classmethod
    def empty(cls, edges: npt.NDArray[np.int64]) -> ChromosomeSums:
        """Return sums over no haplotype."""
        bins = len(edges) - 1
        known, carriers = (np.zeros(bins, dtype=np.int64) for _ in range(2))
        return cls(edges, known, carriers, np.zeros(bins), np.zeros(bins, dtype=bool))


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
        One row for each person, see :func:`archaictools.haplotypes.tables.people_table`.
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
    """

    segments: pd.DataFrame
    people: pd.DataFrame
    deserts: pd.DataFrame
    callable: pd.DataFrame
    chromosomes: dict[str, ChromosomeSums]
    bins: int
    seen_bins: int
    haplotypes: int


class SegmentCaller:
    """Call segments of haplotypes as they come.

    Parameters
    ----------
    features
        The file of haplotypes.
    options
        How segments are called; without a minimum length, that of haplotypes applies.
    """

    def __init__(self, features: FeatureFile, options: SegmentOptions) -> None:
        self._features, self._options = features, options.resolved(Alphabet.VARIANT)
        self._segments: list[pd.DataFrame] = []
        self._chromosomes: dict[str, ChromosomeSums] = {}
        self._callable: dict[int, int] = {}
        self._bins = self._seen_bins = 0

    def add(self, one: HaplotypePosteriors) -> None:
        """Call the segments of a haplotype on a chromosome, and add it to the sums."""
        bases = self._features.shared(one.chrom, "callable") * one.callable
        segments = _call(one, self._features, self._options, bases)
        if len(segments):
            self._segments.append(segments)
        sums = self._chromosomes.setdefault(one.chrom, ChromosomeSums.empty(one.edges))
        first, last = (np.searchsorted(one.edges, segments[name].to_numpy()) for name in ("start", "end"))
        carried = flags_of_runs(first, last, len(one.probability))
        sums.callable += one.callable
        sums.total += np.where(one.callable, one.probability, 0)
        sums.carriers += carried & one.callable
        sums.covered |= carried
        self._callable[one.row] = self._callable.get(one.row, 0) + int(bases.sum(dtype=np.int64))
        self._bins += int(one.callable.sum())
        self._seen_bins += int((one.callable & one.seen).sum())

    def result(self, *, desert_length: int) -> CallResult:
        """Return the segments of all haplotypes with their sources, and the tables made of them.

        Parameters
        ----------
        desert_length
            Minimum length of a desert in bp.
        """
        archaic = self._features.encoding.archaic
        segments = pd.concat(self._segments) if self._segments else pd.DataFrame(columns=_columns(archaic))
        segments = _with_sources(segments, archaic)
        segments = segments.sort_values(["chrom", "start", "end", "sample", "haplotype"], kind="stable")
        order = {chrom: number for number, chrom in enumerate(self._features.bins)}
        segments = segments.sort_values("chrom", key=lambda names: names.map(order), kind="stable")
        segments = segments.reset_index(drop=True)
        sums = self._chromosomes
        landscapes = {chrom: Landscape(one.edges, one.callable, one.covered) for chrom, one in sums.items()}
        return CallResult(
            segments=segments,
            people=people_table(segments, self._callable, self._features),
            deserts=find_deserts(landscapes, desert_length),
            callable=callable_runs({chrom: (one.edges, one.callable) for chrom, one in sums.items()}),
            chromosomes=sums,
            bins=self._bins,
            seen_bins=self._seen_bins,
            haplotypes=len(self._callable),
        )


def _columns(archaic: tuple[str, ...]) -> list[str]:
    return [*_COLUMNS, *(f"{name}_{what}" for name in archaic for what in _EVIDENCE)]


def _call(
    one: HaplotypePosteriors, features: FeatureFile, options: SegmentOptions, bases: npt.NDArray[np.uint16]
) -> pd.DataFrame:
    """Return the segments of a haplotype on a chromosome, with the evidence for their sources.

    Parameters
    ----------
    one, features, options
        As for :class:`SegmentCaller`.
    bases
        Callable bases of each bin, 0 where the haplotype has no data.
    """
    archaic = features.encoding.archaic
    size = max(1, int(one.edges[1] - one.edges[0]))
    begin, end, mean = segments_of(one.track(bridged(one.callable, MAX_DATA_GAP // size)), options)
    sample, number = features.haplotypes[one.row]
    first, last = np.searchsorted(one.edges, begin), np.searchsorted(one.edges, end)
    found: dict[str, Any] = {
        "chrom": one.chrom,
        "start": begin,
        "end": end,
        "sample": sample,
        "haplotype": number,
        "posterior": mean,
        "source": UNMATCHED,  # until all segments are known
        "seen": (sums_of_ranges(one.seen, first, last) > 0).astype(np.int8),
        "callable": sums_of_ranges(bases, first, last),
    }
    if len(begin) and archaic:
        matches, pairs = (
            sums_of_ranges(counts, first, last)
            for counts in (features.matches(one.chrom, one.row), features.pairs(one.chrom, one.row))
        )
        evidence = weigh(matches, pairs, without_reference(features.unshared(one.chrom)))
        for person, name in enumerate(archaic):
            found |= {f"{name}_called": matches[:, person, 0], f"{name}_shared": matches[:, person, 1]}
            found |= {f"{name}_{what}": getattr(evidence, what)[:, person] for what in ("compared", "match", "over")}
    return pd.DataFrame(found, columns=_columns(archaic))


def _with_sources(segments: pd.DataFrame, archaic: tuple[str, ...]) -> pd.DataFrame:
    """Name the sources of all segments, which share a prior."""
    match, over = (
        segments[[f"{name}_{what}" for name in archaic]].to_numpy(dtype=np.float64) for what in ("match", "over")
    )
    sources = name_sources(match, over, archaic)
    scores = {f"{name}_match": sources.match[:, person].round(_SCORE_DIGITS) for person, name in enumerate(archaic)}
    segments = segments.drop(columns=[f"{name}_over" for name in archaic])
    return segments.assign(source=sources.source, **scores, source_score=sources.score.round(_SCORE_DIGITS))
