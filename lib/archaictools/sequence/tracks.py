"""Predictions as streams: a table, a bigWig track and called segments, in one pass over the words."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.intervals import IntervalSet, mean_where_overlapping, runs_of_equal, sums_of_ranges
from archaictools.io.bed import score
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.tables import TableWriter
from archaictools.sequence.labels import INTROGRESSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.io.bigwig import Track
    from archaictools.progress import Progress
    from archaictools.sequence.ensemble import Ensemble
    from archaictools.sequence.token_file import TokenFile


#: Marks what training saw, in names of segments and as a column.
SEEN = "seen"


@dataclass(frozen=True)
class Predictions:
    """Predicted windows of one chromosome, in file order.

    ``seen`` marks windows that every network of the model saw in training: their probability is not held-out.
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
        """Tell which intervals share a base with a window that training saw."""
        return IntervalSet.merged(self.start[self.seen], self.end[self.seen]).overlaps(start, end)

    def track(self) -> Track:
        """Return the mean probability of every covered base, as piecewise-constant intervals."""
        return mean_where_overlapping(self.start, self.end, self.probability)


def predict_chromosomes(words: TokenFile, ensemble: Ensemble, *, progress: Progress) -> Iterator[Predictions]:
    """Predict every sentence of a words file, chromosome by chromosome.

    Memory holds one chromosome's coordinates and probabilities (25 bytes a window) and one chunk of bases.

    Raises
    ------
    InputError
        If the sentences of a chromosome do not stand together.
    """
    names = list(words.chromosomes)
    parts: list[tuple[np.ndarray, ...]] = []
    current, seen = -1, set()
    for chunk in words.chunks():
        probability, trained_on = ensemble.predict(chunk)
        progress.advance(len(chunk))
        for first, last in zip(*runs_of_equal(chunk.chrom), strict=True):
            chrom = int(chunk.chrom[first])
            if chrom != current:
                if parts:
                    yield _joined(names[current], parts)
                if chrom in seen:
                    raise InputError(
                        f"sentences of {names[chrom]} do not stand together",
                        path=words.path,
                        remedy="sort the windows by chromosome and tokenize them again",
                    )
                seen.add(chrom)
                current, parts = chrom, []
            columns = (chunk.start, chunk.end, probability, trained_on)
            parts.append(tuple(column[first:last] for column in columns))
    if parts:
        yield _joined(names[current], parts)


def _joined(chrom: str, parts: list[tuple[np.ndarray, ...]]) -> Predictions:
    return Predictions(chrom, *(np.concatenate(column) for column in zip(*parts, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Calling:
    """How segments are called from a track.

    Attributes
    ----------
    threshold
        Least probability of a base in a segment.
    min_length
        Least length of a segment in bp.
    max_gap
        Bases without a call, or without a window, that a segment may bridge.
    """

    threshold: float = 0.5
    min_length: int = 0
    max_gap: int = 0


def segments_of(
    track: Track, calling: Calling
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Join neighbouring intervals at or above the threshold into segments.

    Returns
    -------
    tuple
        Starts, ends, and the mean probability of the bases that carry one.
    """
    starts, ends, values = track
    good = values >= calling.threshold
    found = IntervalSet.merged(starts[good], ends[good], gap=calling.max_gap)
    long = found.end - found.start >= calling.min_length
    begin, end = found.start[long], found.end[long]
    # Mean over every covered base between begin and end, bridged ones included.
    first, last = np.searchsorted(starts, begin), np.searchsorted(ends, end, side="right")
    area, covered = (sums_of_ranges(part, first, last) for part in (values * (ends - starts), ends - starts))
    return begin, end, area / np.maximum(covered, 1)


def call_segments(chrom: str, track: Track, calling: Calling) -> pd.DataFrame:
    """Call segments as BED6; the score is 1000 times the mean probability of the bases that carry one."""
    begin, end, mean = segments_of(track, calling)
    return pd.DataFrame(
        {
            "chrom": chrom,
            "start": begin,
            "end": end,
            "name": INTROGRESSED,
            "score": score(mean),
            "strand": ".",
        }
    )


@dataclass
class Written:
    """What :func:`write_predictions` wrote."""

    windows: int = 0
    seen_windows: int = 0
    called_windows: int = 0
    bases: int = 0
    segments: int = 0
    segment_bases: int = 0


def write_predictions(
    predictions: Iterable[Predictions],
    words: TokenFile,
    calling: Calling,
    *,
    bigwig: Path | None = None,
    bed: Path | None = None,
    table: Path | None = None,
) -> Written:
    """Write predictions as they come into a bigWig, a BED of called segments and a table, whichever are asked for.

    A segment that shares a base with a window that training saw is named ``introgressed_seen``.
    """
    done = Written()
    with contextlib.ExitStack() as stack:
        track_writer = stack.enter_context(BigWigWriter(bigwig, _header(words))) if bigwig else None
        segment_writer = stack.enter_context(TableWriter(bed, header=False)) if bed else None
        table_writer = stack.enter_context(TableWriter(table)) if table else None
        for part in predictions:
            done.windows += len(part.start)
            done.called_windows += int((part.probability >= calling.threshold).sum())
            track = part.track()
            done.bases += int((track[1] - track[0]).sum())
            segments = call_segments(part.chrom, track, calling)
            marked = part.touches_seen(segments["start"].to_numpy(), segments["end"].to_numpy())
            segments["name"] = np.where(marked, f"{INTROGRESSED}_{SEEN}", INTROGRESSED)
            done.seen_windows += int(part.seen.sum())
            done.segments += len(segments)
            done.segment_bases += int((segments["end"] - segments["start"]).sum())
            if track_writer:
                track_writer.add(part.chrom, track)
            if segment_writer:
                segment_writer.write(segments)
            if table_writer:
                table_writer.write(part.table())
    return done


def _header(words: TokenFile) -> dict[str, int]:
    """Return chromosome lengths, those with sentences first and in the order of the file, as a bigWig needs them."""
    names = list(words.chromosomes)
    numbers, first = np.unique(words.field("chrom"), return_index=True)
    used = [names[number] for number in numbers[np.argsort(first)]]
    return {name: words.chromosomes[name] for name in (*used, *(name for name in names if name not in set(used)))}
