"""Windows cut from regions, the sentences of a k-mer model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.io.dna import AMBIGUOUS
from archaictools.sequence.fetch import window_codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from archaictools.io.fasta import Genome
    from archaictools.io.summary import Summary
    from archaictools.progress import Progress
    from archaictools.sequence.options import WindowOptions

    Int = npt.NDArray[np.int64]

#: Windows handled at a time.
BATCH = 50_000


def cut(start: int, end: int, cutting: WindowOptions) -> tuple[np.ndarray, np.ndarray, int]:
    """Cut one region into windows from its start.

    Returns
    -------
    starts, ends
        int64 coordinates of the windows.
    dropped
        Bases at the end of the region that no full window covers (0 when short windows are kept).

    Examples
    --------
    >>> from archaictools.sequence.options import WindowOptions
    >>> starts, ends, dropped = cut(0, 500, WindowOptions(size=200, step=200))
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
    cutting: WindowOptions,
    *,
    tally: Summary,
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
        Counts by class of short regions, tails, windows with N and windows kept.
    progress
        Advanced by windows.

    Yields
    ------
    pandas.DataFrame
        BED6 rows, named by class, sorted by chromosome and start; a frame has windows of one or more chromosomes.
        Memory holds 20 bytes for each window of one chromosome.
    """
    names = list(classes)
    every = pd.concat([frame[["chrom", "start", "end"]] for frame in classes.values()], ignore_index=True)
    group = np.repeat(np.arange(len(names)), [len(frame) for frame in classes.values()])
    starts, ends = every["start"].to_numpy(), every["end"].to_numpy()
    kept = _Batch(names)
    # A draft assembly may have 100,000 chromosomes, so that nothing here makes a data frame for each.
    for chrom, rows in every.groupby("chrom", sort=True).indices.items():
        start, end, origin = _cut_chromosome(starts[rows], ends[rows], group[rows], names, cutting, tally)
        for first in range(0, len(start), BATCH):
            part = slice(first, first + BATCH)
            good = _enough_known(
                str(chrom), start[part], end[part], origin[part], names, genome=genome, cutting=cutting, tally=tally
            )
            if progress is not None:
                progress.advance(len(good))
            kept.add(str(chrom), start[part][good], end[part][good], origin[part][good])
            if kept.count >= BATCH:
                yield kept.taken()
    if kept.count:
        yield kept.taken()


class _Batch:
    """Windows of one or more chromosomes, until they make a data frame worth writing."""

    def __init__(self, names: list[str]) -> None:
        self._names, self.count = np.array(names, dtype=object), 0
        self._parts: list[tuple[str, Int, Int, Int]] = []

    def add(self, chrom: str, start: Int, end: Int, group: Int) -> None:
        """Add windows of a chromosome."""
        if len(start):
            self._parts.append((chrom, start, end, group))
            self.count += len(start)

    def taken(self) -> pd.DataFrame:
        """Return all windows added since the last call, as BED6."""
        chroms, start, end, group = zip(*self._parts, strict=True)
        sizes = [len(part) for part in start]
        self._parts, self.count = [], 0
        return pd.DataFrame(
            {
                "chrom": np.repeat(np.array(chroms, dtype=object), sizes),
                "start": np.concatenate(start),
                "end": np.concatenate(end),
                "name": self._names[np.concatenate(group)],
                "score": 0,
                "strand": ".",
            }
        )


def _cut_chromosome(
    start: Int, end: Int, group: Int, names: list[str], cutting: WindowOptions, tally: Summary
) -> tuple[Int, Int, Int]:
    """Cut all regions of a chromosome; return starts, ends and class numbers, sorted by start, end and region."""
    starts, ends, counts = [], [], []
    for left, right, number in zip(start.tolist(), end.tolist(), group.tolist(), strict=True):
        these, those, dropped = cut(left, right, cutting)
        if dropped:
            item = "regions shorter than a window, dropped" if not len(these) else "region tails, dropped"
            tally.add(names[number], item, 1, dropped)
        if between := int(np.maximum(these[1:] - those[:-1], 0).sum()):
            tally.add(names[number], "regions with bases between windows, dropped", 1, between)
        starts.append(these)
        ends.append(those)
        counts.append(len(these))
    cut_start, cut_end = np.concatenate(starts), np.concatenate(ends)
    origin = np.repeat(np.arange(len(start)), counts)
    order = np.lexsort((origin, cut_end, cut_start))
    return cut_start[order], cut_end[order], group[origin[order]]


def _enough_known(
    chrom: str,
    start: Int,
    end: Int,
    group: Int,
    names: list[str],
    *,
    genome: Genome,
    cutting: WindowOptions,
    tally: Summary,
) -> npt.NDArray[np.bool_]:
    """Return which windows of one chromosome have few enough N, and count both kinds."""
    lengths = end - start
    ambiguous = np.zeros(len(start), dtype=np.int64)
    for rows, codes in window_codes(genome, chrom, start, end, size=cutting.size):
        ambiguous[rows] = (codes == AMBIGUOUS).sum(axis=1) - (cutting.size - lengths[rows])  # padding is not N
    good: npt.NDArray[np.bool_] = ambiguous <= cutting.max_n
    for number in np.unique(group).tolist():
        members = group == number
        lost, kept = members & ~good, members & good
        tally.add(names[number], f"windows with more than {cutting.max_n} N, dropped", lost.sum(), lengths[lost].sum())
        tally.add(names[number], "windows", kept.sum(), lengths[kept].sum())
    return good
