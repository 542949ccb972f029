"""Attribution along the genome: importance of positions within single windows, as a bigWig track."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.intervals import mean_where_overlapping
from archaictools.io.bigwig import BigWigWriter

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.learning.splits import Locations as Sentences
    from archaictools.sequence.explain.perturb import Positions


def write_attribution(
    path: Path,
    sentences: Sentences,
    strand: npt.NDArray[np.int8],
    positions: Positions,
    effect: npt.NDArray[np.float32],
    lengths: dict[str, int],
) -> int:
    """Write how much P(introgressed) falls when each position of each window is exchanged.

    Parameters
    ----------
    path
        The bigWig file.
    sentences
        Locations of the windows, 0-based half-open.
    strand
        int8 (windows,): strand on which each was read.
    positions
        Positions that were exchanged. A position gives the value of the bases from its middle to that of the next.
    effect
        float32 (positions, windows): fall in probability.
    lengths
        Chromosome lengths in bp.

    Returns
    -------
    int
        Number of bases with a value; it is the mean where windows overlap.
    """
    step = int(positions.base[1] - positions.base[0]) if len(positions) > 1 else positions.width
    begin = positions.base + positions.width // 2
    with BigWigWriter(path, dict(sorted(lengths.items()))) as writer:
        order = sorted(set(sentences.chrom.tolist()), key=lambda number: sentences.names[number])
        for number in order:
            rows = np.flatnonzero(sentences.chrom == number)
            forward = sentences.start[rows, None] + begin
            reverse = sentences.end[rows, None] - begin - step
            start = np.where(strand[rows, None] < 0, reverse, forward)
            inside = (start >= sentences.start[rows, None]) & (start + step <= sentences.end[rows, None])
            track = mean_where_overlapping(
                start[inside], start[inside] + step, effect.T[rows][inside].astype(np.float64)
            )
            writer.add(sentences.names[number], track)
        return writer.bases
