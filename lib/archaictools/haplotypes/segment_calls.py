"""Called segments with the counts of their evidence, and the sources that are named from them.

All segments of a run share the priors of their sources. So segments are kept with whole counts until all are known, and
then named. Parts of a run are joined before they are named. Counts can be joined in any order without a rounding error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.allele_classes import ordered_pairs
from archaictools.haplotypes.callability import bridged
from archaictools.haplotypes.lineages import lineage_names
from archaictools.haplotypes.match_rates import lineages_and_closest, match_rate
from archaictools.haplotypes.sources import Priors, name_sources, weigh, without_reference
from archaictools.intervals import flags_of_runs, sums_of_ranges
from archaictools.learning.segments import segments_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.match_rates import ExpectedRates
    from archaictools.haplotypes.posteriors import HaplotypePosteriors
    from archaictools.haplotypes.sources import Evidence
    from archaictools.learning.options import SegmentOptions

#: Longest gap without data in bp that a segment spans. Missing data are no evidence that a segment ends.
MAX_DATA_GAP = 5_000

#: Order of segments within a chromosome; no two segments are equal in all of these.
ORDER = ["start", "end", "sample", "haplotype"]

_COLUMNS = ["chrom", *ORDER, "posterior", "seen", "callable"]
_EVIDENCE = ("called", "shared", "compared", "match")

#: Digits of log-likelihood ratios after the point.
_SCORE_DIGITS = 2

#: Digits of match rates after the point.
_RATE_DIGITS = 4


def called_segments(
    one: HaplotypePosteriors,
    features: FeatureFile,
    options: SegmentOptions,
    bases: npt.NDArray[np.uint16],
    matches: npt.NDArray[np.uint8],
) -> pd.DataFrame:
    """Return the segments of a haplotype on a chromosome, with counts of the evidence for their sources.

    Parameters
    ----------
    one
        Posteriors of the haplotype.
    features
        The file of haplotypes.
    options
        How segments are called.
    bases
        Callable bases of each bin, 0 where the haplotype has no data.
    matches
        uint8 (bins, archaic people, 3): those of the haplotype, see
        :meth:`archaictools.haplotypes.feature_file.FeatureFile.matches`.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, sample, haplotype, posterior, seen, callable``, and counts as :func:`with_counts` adds
        them.
    """
    archaic = features.encoding.archaic
    size = max(1, int(one.edges[1] - one.edges[0]))
    begin, end, mean = segments_of(one.track(bridged(one.callable, MAX_DATA_GAP // size)), options)
    sample, number = features.haplotypes[one.row]
    first, last = np.searchsorted(one.edges, begin), np.searchsorted(one.edges, end)
    frame = pd.DataFrame(
        {
            "chrom": one.chrom,
            "start": begin,
            "end": end,
            "sample": sample,
            "haplotype": number,
            "posterior": mean,
            "seen": (_sums_of_runs(one.seen, first, last) > 0).astype(np.int8),
            "callable": _sums_of_runs(bases, first, last),
        },
        columns=_COLUMNS,
    )
    if not len(begin) or not archaic:
        return with_counts(frame, *no_counts(len(begin), len(archaic)))
    counts = (_sums_of_runs(each, first, last) for each in (matches, features.pairs(one.chrom, one.row)))
    return with_counts(frame, *counts)


def _sums_of_runs(values: np.ndarray, first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> np.ndarray:
    """Add up rows [first, last) for ranges that are sorted and do not overlap; only these rows take memory.

    Examples
    --------
    >>> _sums_of_runs(np.array([1, 2, 3, 4]), np.array([0, 3]), np.array([2, 4])).tolist()
    [3, 4]
    """
    end = np.cumsum(last - first)
    return sums_of_ranges(values[flags_of_runs(first, last, len(values))], end - (last - first), end)


def no_counts(segments: int, people: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return counts of 0 in the shapes of :func:`with_counts`."""
    pairs = len(ordered_pairs(people))
    return np.zeros((segments, people, 3), dtype=np.int64), np.zeros((segments, pairs, 2), dtype=np.int64)


def with_counts(segments: pd.DataFrame, matches: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Add the counts of the evidence as columns, which are sorted and joined with the rows.

    Parameters
    ----------
    segments
        The segments.
    matches, pairs
        int64 (segments, people, 3) and (segments, ordered pairs of people, 2): see
        :func:`archaictools.haplotypes.sources.weigh`.
    """
    columns = {
        f"{name}.{number}": column
        for name, counts in (("matches", matches), ("pairs", pairs))
        for number, column in enumerate(counts.reshape(len(segments), -1).T if counts.size else ())
    }
    return segments.assign(**columns) if columns else segments


def counts_of(segments: pd.DataFrame, people: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the counts that :func:`with_counts` added for a number of archaic people."""
    matches, pairs = no_counts(len(segments), people)
    for name, counts in (("matches", matches), ("pairs", pairs)):
        width = counts[:1].size if len(segments) else 0
        if width:
            columns = [f"{name}.{number}" for number in range(width)]
            counts[...] = segments[columns].to_numpy(dtype=np.int64).reshape(counts.shape)
    return matches, pairs


def no_segments(people: int) -> pd.DataFrame:
    """Return a table of no segment, with counts for a number of archaic people."""
    matches, pairs = no_counts(1, people)
    values: dict[str, list[str] | list[int]] = {name: [0] for name in _COLUMNS}
    frame = pd.DataFrame(values | {"chrom": [""], "sample": [""]})
    return with_counts(frame, matches, pairs).iloc[:0]


class SegmentNamer:
    """Names the sources of segments, after all have been added.

    Parameters
    ----------
    archaic
        Names of the archaic people.
    unshared
        Counts of rare non-REF alleles that no archaic person shares, by chromosome: int64 (people, 2), see
        :func:`archaictools.haplotypes.sources.without_reference`.
    expected
        Match rates of the people outside of their segments.
    """

    def __init__(
        self, archaic: Sequence[str], unshared: Mapping[str, npt.NDArray[np.int64]], expected: ExpectedRates
    ) -> None:
        self._archaic, self._priors, self._expected = tuple(archaic), Priors(len(archaic)), expected
        self._lineages = lineage_names(archaic)
        self._no_reference = {chrom: without_reference(counts) for chrom, counts in unshared.items()}

    def add(self, segments: pd.DataFrame) -> None:
        """Count segments for the priors, in any order."""
        if self._archaic:
            self._priors.add(self._evidence(segments).match)

    def named(self, segments: pd.DataFrame) -> pd.DataFrame:
        """Return segments with their sources; see :class:`archaictools.haplotypes.segments.CallResult`."""
        evidence = self._evidence(segments)
        matches, _ = counts_of(segments, len(self._archaic))
        sources = name_sources(evidence.match, evidence.over, self._archaic, self._priors.values())
        found = segments[_COLUMNS].copy()
        found.insert(_COLUMNS.index("seen"), "source", sources.source)
        for person, name in enumerate(self._archaic):
            columns = (
                matches[:, person, 0],
                matches[:, person, 1],
                evidence.compared[:, person],
                sources.match[:, person].round(_SCORE_DIGITS),
            )
            for what, column in zip(_EVIDENCE, columns, strict=True):
                found[f"{name}_{what}"] = column
        found["source_score"] = sources.score.round(_SCORE_DIGITS)
        rates = match_rate(matches[..., 1], evidence.compared)
        expected = self._expected.of(segments["chrom"].tolist(), segments["sample"].tolist(), self._lacking(segments))
        for person, name in enumerate(self._archaic):
            found[f"{name}_rate"] = rates[:, person].round(_RATE_DIGITS)
            found[f"{name}_expected"] = expected[:, person].round(_RATE_DIGITS)
        lineage, closest = lineages_and_closest(sources, evidence, rates, self._archaic, self._lineages)
        # As a table that is read back from a file has it: NaN where there is none.
        return found.assign(lineage=lineage, closest=np.where(pd.isna(closest), np.nan, closest))

    def _evidence(self, segments: pd.DataFrame) -> Evidence:
        return weigh(*counts_of(segments, len(self._archaic)), self._lacking(segments))

    def _lacking(self, segments: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return which archaic genomes have no REF calls on the chromosome of each segment: bool (segments, people)."""
        flags = [self._no_reference[chrom] for chrom in segments["chrom"]]
        return np.array(flags, dtype=bool).reshape(len(segments), len(self._archaic))
