"""Posteriors along haplotypes as tracks, segments with their source, and a summary of each person.

A bin in which a haplotype holds no data is NA: it has no row in the table, a gap in the track, and no share in any
percentage.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.haplotypes.callability import bridged
from archaictools.haplotypes.deserts import Landscape, find_deserts
from archaictools.haplotypes.sources import UNMATCHED, name_sources, weigh, without_reference
from archaictools.haplotypes.tables import people_table, read_runs
from archaictools.intervals import flags_of_runs, mean_where_overlapping, sums_of_ranges
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.files import safe_file_name
from archaictools.io.tables import TableWriter
from archaictools.learning.segments import segments_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.predict import BinEnsemble
    from archaictools.io.bigwig import Track
    from archaictools.learning.options import SegmentOptions
    from archaictools.progress import Progress

#: Digits of log-likelihood ratios after the point.
_SCORE_DIGITS = 2

#: Posteriors are written in steps of a thousandth, so that the many that are next to nothing join in tracks.
DIGITS = 3

#: A segment goes on over so many bases without data between two bins of it. A gap is no evidence that it ends.
BRIDGE = 5_000

#: Chromosomes of together at most so many bins are read together, in shared batches.
TOGETHER = 50_000


@dataclass(frozen=True)
class Haplotype:
    """Posteriors of one haplotype on one chromosome.

    Attributes
    ----------
    chrom, row
        Where; the row of the words file.
    edges
        int64 (bins + 1,): coordinates of the bins.
    probability
        float64 (bins,).
    read
        bool (bins,): the haplotype holds data; elsewhere its probability means nothing.
    seen
        bool (bins,): training saw the place.
    """

    chrom: str
    row: int
    edges: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    read: npt.NDArray[np.bool_]
    seen: npt.NDArray[np.bool_]

    def track(self, used: npt.NDArray[np.bool_] | None = None) -> Track:
        """Return the posterior of every bin with data (or in ``used``), neighbours of equal value joined."""
        used = self.read if used is None else used
        return mean_where_overlapping(self.edges[:-1][used], self.edges[1:][used], self.probability[used])


def predict_haplotypes(words: FeatureFile, ensemble: BinEnsemble, *, progress: Progress) -> Iterator[Haplotype]:
    """Predict every haplotype that exists, some at a time, each over all chromosomes before the next ones.

    Memory holds one chromosome of one of ``words.groups``, or several short ones.
    """
    done = _Whole(progress)
    for rows in words.groups:
        for chroms in _together(words.bins):
            predicted = ensemble.predict_chromosomes(chroms, rows, told=done.add)
            for chrom, (probability, seen) in zip(chroms, predicted, strict=True):
                edges, read, exists = words.edges(chrom), words.read(chrom, rows), words.exists(chrom)[rows]
                for place in np.flatnonzero(exists).tolist():
                    rounded = np.round(probability[place].astype(np.float64), DIGITS)
                    yield Haplotype(chrom, rows.start + place, edges, rounded, read[place], seen)


def _together(bins: dict[str, int]) -> Iterator[list[str]]:
    """Part chromosomes into runs of at most so many bins that are read together."""
    chroms: list[str] = []
    for chrom, number in bins.items():
        if chroms and sum(bins[name] for name in chroms) + number > TOGETHER:
            yield chroms
            chroms = []
        chroms.append(chrom)
    yield chroms


class _Whole:
    """Pass parts of bins on to a progress that counts whole ones."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._part = progress, 0.0

    def add(self, bins: float) -> None:
        whole = int(self._part + bins)
        self._part += bins - whole
        self._progress.advance(whole)


@dataclass
class Called:
    """What :func:`write_calls` found.

    Attributes
    ----------
    segments
        As written, see :func:`write_calls`.
    people
        One row a person.
    deserts
        BED rows, see :func:`archaictools.haplotypes.deserts.find_deserts`.
    read
        What was read: ``chrom, start, end, haplotypes``, runs of bins and the number of haplotypes with data.
    bins, seen_bins
        Bins with data, and of them those whose place training saw.
    haplotypes
        Those that exist.
    """

    segments: pd.DataFrame
    people: pd.DataFrame
    deserts: pd.DataFrame
    read: pd.DataFrame
    bins: int = 0
    seen_bins: int = 0
    haplotypes: int = 0


@dataclass
class _Shared:
    """What haplotypes add up to on one chromosome; ``callers`` hold data and carry a segment."""

    edges: npt.NDArray[np.int64]
    read: npt.NDArray[np.int64]
    callers: npt.NDArray[np.int64]
    total: npt.NDArray[np.float64]
    covered: npt.NDArray[np.bool_]


@dataclass
class _Sums:
    segments: list[pd.DataFrame] = field(default_factory=list)
    shared: dict[str, _Shared] = field(default_factory=dict)
    callable: dict[int, int] = field(default_factory=dict)
    bins: int = 0
    seen_bins: int = 0


def write_calls(
    haplotypes: Iterator[Haplotype],
    words: FeatureFile,
    options: SegmentOptions,
    *,
    desert: int,
    bigwig: Path | None = None,
    table: Path | None = None,
) -> Called:
    """Call segments, and write tracks and the table of all bins as haplotypes come.

    Parameters
    ----------
    haplotypes
        As from :func:`predict_haplotypes`.
    words
        What they were predicted from.
    options
        How segments are called.
    desert
        Least length of a desert in bp.
    bigwig
        Existing folder for tracks: ``SAMPLE.1.bw``, ``SAMPLE.2.bw``, ``mean.bw`` (mean posterior of the haplotypes with
        data) and ``share.bw`` (share of them that carry a called segment).
    table
        TSV ``chrom, start, end, sample, haplotype, probability, seen`` of every bin with data.

    Returns
    -------
    Called
        Segments: ``chrom, start, end, sample, haplotype, posterior, source, seen, callable`` (bases with data), and for
        each archaic person the rare alleles of the haplotype at which it is called (``NAME_called``), those it shares
        (``NAME_shared``), those that its match rests on (``NAME_compared``) and its match (``NAME_match``); last,
        ``source_score``. For the rule and the scores see :mod:`archaictools.haplotypes.sources`.
    """
    sums = _Sums()
    company = {row: rows.start for rows in words.groups for row in range(rows.start, rows.stop)}
    open_company = -1
    with contextlib.ExitStack() as stack:
        rows = stack.enter_context(TableWriter(table)) if table else None
        tracks: dict[int, BigWigWriter] = {}
        for one in haplotypes:
            if bigwig:
                if company[one.row] != open_company:
                    _close(tracks)
                    open_company = company[one.row]
                if one.row not in tracks:
                    sample, number = words.haplotypes[one.row]
                    tracks[one.row] = BigWigWriter(bigwig / safe_file_name(f"{sample}.{number}.bw"), _lengths(words))
                tracks[one.row].add(one.chrom, one.track())
            if rows:
                rows.write(_table_of(one, words))
            _add(sums, one, words, options)
        _close(tracks)
    if bigwig:
        _write_shared(bigwig, words, sums)
    segments = pd.concat(sums.segments) if sums.segments else _segments_of(None, words, options)
    segments = _name(segments, words.alphabet.archaic)
    segments = segments.sort_values(["chrom", "start", "end", "sample", "haplotype"], kind="stable")
    order = {chrom: number for number, chrom in enumerate(words.bins)}
    segments = segments.sort_values("chrom", key=lambda names: names.map(order), kind="stable").reset_index(drop=True)
    landscapes = {chrom: Landscape(one.edges, one.read, one.covered) for chrom, one in sums.shared.items()}
    return Called(
        segments,
        people_table(segments, sums.callable, words),
        find_deserts(landscapes, desert),
        read_runs({chrom: (one.edges, one.read) for chrom, one in sums.shared.items()}),
        sums.bins,
        sums.seen_bins,
        len(sums.callable),
    )


def _lengths(words: FeatureFile) -> dict[str, int]:
    """Return chromosome lengths, those with bins first, as a bigWig needs them."""
    return {chrom: words.lengths[chrom] for chrom in (*words.bins, *words.lengths)}


def _close(tracks: dict[int, BigWigWriter]) -> None:
    for writer in tracks.values():
        writer.__exit__(None, None, None)
    tracks.clear()


def _table_of(one: Haplotype, words: FeatureFile) -> pd.DataFrame:
    sample, number = words.haplotypes[one.row]
    used = one.read
    return pd.DataFrame(
        {
            "chrom": one.chrom,
            "start": one.edges[:-1][used],
            "end": one.edges[1:][used],
            "sample": sample,
            "haplotype": number,
            "probability": one.probability[used],
            "seen": one.seen[used].astype(np.int8),
        }
    )


def _add(sums: _Sums, one: Haplotype, words: FeatureFile, options: SegmentOptions) -> None:
    """Call the segments of a haplotype and add it to what is shared."""
    known = words.shared(one.chrom, "callable") * one.read  # callable bases with data
    segments = _segments_of(one, words, options, known)
    if len(segments):
        sums.segments.append(segments)
    bins = len(one.probability)
    if one.chrom not in sums.shared:
        read, callers = (np.zeros(bins, dtype=np.int64) for _ in range(2))
        sums.shared[one.chrom] = _Shared(one.edges, read, callers, np.zeros(bins), np.zeros(bins, dtype=bool))
    shared = sums.shared[one.chrom]
    first, last = (np.searchsorted(one.edges, segments[name].to_numpy()) for name in ("start", "end"))
    carried = flags_of_runs(first, last, bins)
    shared.read += one.read
    shared.total += np.where(one.read, one.probability, 0)
    shared.callers += carried & one.read
    shared.covered |= carried
    sums.callable[one.row] = sums.callable.get(one.row, 0) + int(known.sum(dtype=np.int64))
    sums.bins += int(one.read.sum())
    sums.seen_bins += int((one.read & one.seen).sum())


def _segments_of(
    one: Haplotype | None, words: FeatureFile, options: SegmentOptions, known: npt.NDArray[np.uint16] | None = None
) -> pd.DataFrame:
    archaic = words.alphabet.archaic
    columns = ["chrom", "start", "end", "sample", "haplotype", "posterior", "source", "seen", "callable"]
    columns += [f"{name}_{what}" for name in archaic for what in ("called", "shared", "compared", "match", "over")]
    if one is None or known is None:
        return pd.DataFrame(columns=columns)
    size = max(1, int(one.edges[1] - one.edges[0]))
    begin, end, mean = segments_of(one.track(bridged(one.read, BRIDGE // size)), options)
    sample, number = words.haplotypes[one.row]
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
        "callable": sums_of_ranges(known, first, last),
    }
    if len(begin) and archaic:
        matches, pairs = (
            sums_of_ranges(counts, first, last)
            for counts in (words.matches(one.chrom, one.row), words.pairs(one.chrom, one.row))
        )
        evidence = weigh(matches, pairs, without_reference(words.unshared(one.chrom)))
        for place, name in enumerate(archaic):
            found |= {f"{name}_called": matches[:, place, 0], f"{name}_shared": matches[:, place, 1]}
            found |= {f"{name}_{what}": getattr(evidence, what)[:, place] for what in ("compared", "match", "over")}
    return pd.DataFrame(found, columns=columns)


def _name(segments: pd.DataFrame, archaic: tuple[str, ...]) -> pd.DataFrame:
    """Name the sources of all segments."""
    match, over = (
        segments[[f"{name}_{what}" for name in archaic]].to_numpy(dtype=np.float64) for what in ("match", "over")
    )
    sources = name_sources(match, over, archaic)
    scores = {f"{name}_match": sources.match[:, place].round(_SCORE_DIGITS) for place, name in enumerate(archaic)}
    segments = segments.drop(columns=[f"{name}_over" for name in archaic])
    return segments.assign(source=sources.source, **scores, source_score=sources.score.round(_SCORE_DIGITS))


def _write_shared(folder: Path, words: FeatureFile, sums: _Sums) -> None:
    for name, column in (("mean", "total"), ("share", "callers")):
        with BigWigWriter(folder / f"{name}.bw", _lengths(words)) as writer:
            for chrom, shared in sums.shared.items():
                used, edges = shared.read > 0, shared.edges
                values = np.round(getattr(shared, column)[used] / shared.read[used], DIGITS + 1)
                writer.add(chrom, mean_where_overlapping(edges[:-1][used], edges[1:][used], values))
