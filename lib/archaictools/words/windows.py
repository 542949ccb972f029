"""Cutting regions into windows, the sentences of the k-mer alphabet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import UsageError
from archaictools.formats.bases import AMBIGUOUS
from archaictools.words.sequence import window_codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from archaictools.formats.genome import Genome
    from archaictools.formats.tally import Tally
    from archaictools.progress import Progress

#: Windows handled at a time.
BATCH = 50_000


@dataclass(frozen=True, kw_only=True)
class Cutting:
    """How regions are cut.

    Attributes
    ----------
    size, step
        Window length and distance between window starts in bp.
    max_n
        Most ambiguous bases a window may hold.
    keep_short
        Keep what is shorter than ``size`` (short regions, tails); sentences are then padded.
    """

    size: int = 200
    step: int = 200
    max_n: int = 0
    keep_short: bool = False

    def __post_init__(self) -> None:
        if self.size < 1 or self.step < 1:
            raise UsageError(f"window size {self.size} and step {self.step} must be at least 1")
        if self.max_n < 0:
            raise UsageError(f"the number of N allowed is {self.max_n}, expected 0 or more")


def cut(start: int, end: int, cutting: Cutting) -> tuple[np.ndarray, np.ndarray, int]:
    """Cut one region into windows from its start.

    Returns
    -------
    starts, ends
        int64 coordinates of the windows.
    dropped
        Bases at the end of the region that no full window covers (0 when short windows are kept).

    Examples
    --------
    >>> starts, ends, dropped = cut(0, 500, Cutting(size=200, step=200))
    >>> starts.tolist(), ends.tolist(), dropped
    ([0, 200], [200, 400], 100)
    """
    length = end - start
    full = max(0, (length - cutting.size) // cutting.step + 1)
    starts = start + cutting.step * np.arange(full, dtype=np.int64)
    ends = starts + cutting.size
    covered = int(ends[-1]) if full else start
    if covered < end and cutting.keep_short:
        tail = start + cutting.step * full
        if tail < end:
            starts, ends = np.append(starts, tail), np.append(ends, end)
        covered = end
    return starts, ends, max(0, end - covered)


def cut_regions(
    classes: Mapping[str, pd.DataFrame],
    genome: Genome,
    cutting: Cutting,
    *,
    tally: Tally,
    progress: Progress | None = None,
) -> Iterator[pd.DataFrame]:
    """Cut the regions of all classes into windows, dropping those with too many N.

    Parameters
    ----------
    classes
        Class name (``introgressed``, ``depleted``, ``.``) to regions with ``chrom, start, end``.
    genome
        Read to count N.
    cutting
        Sizes and limits.
    tally
        Where short regions, tails, windows with N and windows kept are counted, by class.
    progress
        Told of every window cut.

    Yields
    ------
    pandas.DataFrame
        BED6 rows sorted by chromosome and start, named by class. Memory holds 20 bytes a window of one chromosome.
    """
    chroms = sorted({chrom for frame in classes.values() for chrom in frame["chrom"].unique()})
    rows = {group: frame.groupby("chrom").indices for group, frame in classes.items()}
    for chrom in chroms:
        parts = [
            frame.iloc[rows[group][chrom]].assign(group=group)
            for group, frame in classes.items()
            if chrom in rows[group]
        ]
        regions = pd.concat(parts, ignore_index=True)
        starts, ends, origin = _cut_chromosome(regions, cutting, tally)
        for first in range(0, len(starts), BATCH):
            batch = slice(first, first + BATCH)
            group = regions["group"].to_numpy()[origin[batch]]
            windows = pd.DataFrame(
                {
                    "chrom": chrom,
                    "start": starts[batch],
                    "end": ends[batch],
                    "name": group,
                    "score": 0,
                    "strand": ".",
                }
            )
            kept = _without_n(chrom, windows, genome, cutting, tally)
            if progress is not None:
                progress.advance(len(windows))
            if len(kept):
                yield kept


def _cut_chromosome(
    regions: pd.DataFrame, cutting: Cutting, tally: Tally
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Cut all regions of a chromosome; return starts, ends and region numbers, sorted by start, end and class."""
    starts, ends, counts = [], [], []
    places = zip(regions["start"].tolist(), regions["end"].tolist(), regions["group"].tolist(), strict=True)
    for start, end, group in places:
        these, those, dropped = cut(start, end, cutting)
        if dropped:
            item = "regions shorter than a window, dropped" if not len(these) else "region tails, dropped"
            tally.add(group, item, 1, dropped)
        if between := int(np.maximum(these[1:] - those[:-1], 0).sum()):
            tally.add(group, "regions with bases between windows, dropped", 1, between)
        starts.append(these)
        ends.append(those)
        counts.append(len(these))
    start, end = np.concatenate(starts), np.concatenate(ends)
    origin = np.repeat(np.arange(len(regions)), counts)
    order = np.lexsort((origin, end, start))
    return start[order], end[order], origin[order]


def _without_n(chrom: str, windows: pd.DataFrame, genome: Genome, cutting: Cutting, tally: Tally) -> pd.DataFrame:
    """Drop and count the windows of one chromosome that hold too many N."""
    starts, ends = windows["start"].to_numpy(), windows["end"].to_numpy()
    lengths = ends - starts
    ambiguous = np.zeros(len(windows), dtype=np.int64)
    for rows, codes in window_codes(genome, chrom, starts, ends, size=cutting.size):
        ambiguous[rows] = (codes == AMBIGUOUS).sum(axis=1) - (cutting.size - lengths[rows])  # padding is not N
    good = ambiguous <= cutting.max_n
    for group in windows["name"].unique():
        members = (windows["name"] == group).to_numpy()
        lost, kept = members & ~good, members & good
        tally.add(group, f"windows with more than {cutting.max_n} N, dropped", lost.sum(), lengths[lost].sum())
        tally.add(group, "windows", kept.sum(), lengths[kept].sum())
    return windows[good]
