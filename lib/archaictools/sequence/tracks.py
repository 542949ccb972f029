"""Predictions as streams: a table, a bigWig track and segments, in one pass over the windows."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.intervals import IntervalSet, mean_where_overlapping, runs_of_equal
from archaictools.io.bed import score
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.tables import COORDINATE, FLAG, PROBABILITY, Columns, TableWriter, read_table
from archaictools.learning.segments import SEEN, segments_of
from archaictools.sequence.labels import INTROGRESSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.io.bigwig import Track
    from archaictools.learning.options import SegmentOptions
    from archaictools.progress import Progress
    from archaictools.sequence.predict import Ensemble
    from archaictools.sequence.prediction_plots import PredictionSummary
    from archaictools.sequence.token_file import TokenFile

_WINDOW: Columns = {"chrom": str, "start": COORDINATE, "end": COORDINATE, "probability": PROBABILITY, "seen": FLAG}


@dataclass(frozen=True)
class ChromosomePredictions:
    """Predicted windows of one chromosome, in file order.

    Attributes
    ----------
    chrom
        Name of the chromosome.
    start, end
        int64 (windows,): 0-based and half-open, in bp.
    probability
        float64 (windows,): P(introgressed).
    seen
        bool (windows,): every network of the model has seen the window in training, so its probability is not held-out.
    """

    chrom: str
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    seen: npt.NDArray[np.bool_]

    def table(self) -> pd.DataFrame:
        """Return ``chrom, start, end, probability, seen``."""
        columns = {name: getattr(self, name) for name in ("start", "end", "probability")}
        return pd.DataFrame({"chrom": self.chrom, **columns, "seen": self.seen.astype(np.int8)})

    def touches_seen(self, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell which intervals share a base with a window that training has seen."""
        return IntervalSet.merged(self.start[self.seen], self.end[self.seen]).overlaps(start, end)

    def track(self) -> Track:
        """Return the mean probability of every covered base, as piecewise-constant intervals."""
        return mean_where_overlapping(self.start, self.end, self.probability)


def predict_chromosomes(
    tokens: TokenFile, ensemble: Ensemble, *, progress: Progress
) -> Iterator[ChromosomePredictions]:
    """Predict every window of a file, chromosome by chromosome.

    Memory holds the coordinates and probabilities of one chromosome (25 bytes per window) and one chunk of bases.

    Raises
    ------
    InputError
        If windows of another chromosome lie between those of one.
    """
    names = list(tokens.chromosomes)
    parts: list[tuple[np.ndarray, ...]] = []
    current, seen = -1, set()
    for chunk in tokens.chunks():
        probability, trained_on = ensemble.predict(chunk)
        progress.advance(len(chunk))
        for first, last in zip(*runs_of_equal(chunk.chrom), strict=True):
            chrom = int(chunk.chrom[first])
            if chrom != current:
                if parts:
                    yield _joined(names[current], parts)
                if chrom in seen:
                    raise InputError(
                        f"windows of {names[chrom]} are not next to each other",
                        path=tokens.path,
                        remedy="sort the windows by chromosome and tokenize them again",
                    )
                seen.add(chrom)
                current, parts = chrom, []
            columns = (chunk.start, chunk.end, probability, trained_on)
            parts.append(tuple(column[first:last] for column in columns))
    if parts:
        yield _joined(names[current], parts)


def _joined(chrom: str, parts: list[tuple[np.ndarray, ...]]) -> ChromosomePredictions:
    return ChromosomePredictions(chrom, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def call_segments(part: ChromosomePredictions, options: SegmentOptions) -> tuple[pd.DataFrame, Track]:
    """Call the segments of a chromosome.

    Returns
    -------
    pandas.DataFrame
        BED6; the score is 1000 times the mean probability of the bases that have one. A segment that shares a base with
        a window that training has seen is named ``introgressed_seen``, others ``introgressed``.
    Track
        The mean probability of every covered base, from which they were called.
    """
    track = part.track()
    begin, end, mean = segments_of(track, options)
    seen = part.touches_seen(begin, end)
    segments = pd.DataFrame(
        {
            "chrom": part.chrom,
            "start": begin,
            "end": end,
            "name": np.where(seen, f"{INTROGRESSED}_{SEEN}", INTROGRESSED),
            "score": score(mean),
            "strand": ".",
        }
    )
    return segments, track


@dataclass
class WindowCounts:
    """Counts of windows and segments.

    Attributes
    ----------
    windows, seen_windows, introgressed_windows
        All windows, those that training has seen, and those at or above the threshold.
    bases
        Bases in windows.
    segments, segment_bases
        Segments and their total length in bp.
    """

    windows: int = 0
    seen_windows: int = 0
    introgressed_windows: int = 0
    bases: int = 0
    segments: int = 0
    segment_bases: int = 0


def write_predictions(
    predictions: Iterable[ChromosomePredictions],
    lengths: Mapping[str, int],
    options: SegmentOptions,
    summary: PredictionSummary | None = None,
    *,
    bigwig: Path | None = None,
    bed: Path | None = None,
    table: Path | None = None,
) -> WindowCounts:
    """Write predictions as they come into a bigWig, a BED of segments and a table, those that are named.

    Parameters
    ----------
    predictions
        As from :func:`predict_chromosomes`.
    lengths
        Chromosome lengths in bp, see :func:`track_lengths`.
    options
        How segments are called.
    summary
        What plots need; the predictions are added to it.
    bigwig, bed, table
        The outputs.
    """
    counts = WindowCounts()
    with contextlib.ExitStack() as stack:
        track_writer = stack.enter_context(BigWigWriter(bigwig, dict(lengths))) if bigwig else None
        segment_writer = stack.enter_context(TableWriter(bed, header=False)) if bed else None
        table_writer = stack.enter_context(TableWriter(table)) if table else None
        for part in predictions:
            segments, track = call_segments(part, options)
            counts.windows += len(part.start)
            counts.introgressed_windows += int((part.probability >= options.threshold).sum())
            counts.bases += int((track[1] - track[0]).sum())
            counts.seen_windows += int(part.seen.sum())
            counts.segments += len(segments)
            counts.segment_bases += int((segments["end"] - segments["start"]).sum())
            if summary:
                summary.add(part, segments, track)
            if track_writer:
                track_writer.add(part.chrom, track)
            if segment_writer:
                segment_writer.write(segments)
            if table_writer:
                table_writer.write(part.table())
    return counts


def read_windows(path: Path) -> pd.DataFrame:
    """Read the table of windows that :func:`write_predictions` wrote."""
    table = pd.concat(list(read_table(path, _WINDOW)), ignore_index=True)
    return table.astype({"seen": np.int8})


def track_lengths(tokens: TokenFile) -> dict[str, int]:
    """Return chromosome lengths in bp, those with windows first and in their order, as a bigWig needs them."""
    names = list(tokens.chromosomes)
    numbers, first = np.unique(tokens.field("chrom"), return_index=True)
    used = [names[number] for number in numbers[np.argsort(first)]]
    return {name: tokens.chromosomes[name] for name in (*used, *(name for name in names if name not in set(used)))}
