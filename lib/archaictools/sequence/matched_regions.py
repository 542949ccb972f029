"""Matched regions: for each introgressed region, another of the same length, chromosome and GC content.

They are drawn without replacement from bases outside introgressed and excluded regions and without N, so they overlap
neither each other nor a known region. A region without a match after a fixed number of tries is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.io.dna import AMBIGUOUS
from archaictools.sequence.labels import DEPLETED
from archaictools.sequence.regions import in_order

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.io.fasta import Genome
    from archaictools.io.summary import Summary

#: Resolution in bp of free space and GC: 10 MB of memory for the longest human chromosome.
BIN = 50
#: Bases read from the genome at a time.
SPAN = 4_000_000
#: Locations tried for one region before it is reported as unmatched.
TRIES = 2_000


@dataclass
class _Chromosome:
    """Free bins of a chromosome, which contain no N, and cumulative G+C over bins."""

    free: npt.NDArray[np.bool_]
    gc: npt.NDArray[np.int64]  # length bins + 1

    def gc_share(self, first: int, last: int) -> float:
        """Return the GC share of free bins [first, last)."""
        return float((self.gc[last] - self.gc[first]) / ((last - first) * BIN))


class _Lack(Enum):
    """What a region without a match lacks."""

    SPACE = auto()
    GC = auto()


def draw_matched_regions(
    regions: pd.DataFrame,
    genome: Genome,
    *,
    exclude: pd.DataFrame | None,
    gc_tolerance: float,
    seed: int,
    tally: Summary,
) -> pd.DataFrame:
    """Draw one matched region for each region.

    Parameters
    ----------
    regions
        Merged introgressed regions, ``chrom, start, end``.
    genome
        Sequence to draw from and to measure GC in.
    exclude
        More regions that a match must not overlap, or None.
    gc_tolerance
        Largest difference of the GC shares (0 to 1, without N) of a region and its match.
    seed
        Random seed.
    tally
        Counts of matched and unmatched regions, of class ``depleted``.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end`` of the matched regions, 0-based half-open, sorted, without overlaps.

    Raises
    ------
    InputError
        If no region could be matched.
    """
    taken = regions if exclude is None else pd.concat([regions, exclude])
    rows = taken.groupby("chrom").indices
    drawn: list[tuple[str, int, int]] = []
    unmatched: dict[_Lack, list[int]] = {lack: [] for lack in _Lack}  # lengths of the regions
    for chrom, group in regions.groupby("chrom", sort=True):
        name = str(chrom)
        length = genome.lengths[name]
        chromosome = _survey(genome, name, taken.iloc[rows[chrom]])
        rng = np.random.default_rng([seed, length, len(group)])
        spans = group[["start", "end"]].to_numpy()
        for start, end in spans[np.argsort(spans[:, 0] - spans[:, 1], kind="stable")]:  # longest first
            found = _match(genome, name, chromosome, int(start), int(end), gc_tolerance, rng)
            if isinstance(found, _Lack):
                unmatched[found].append(int(end - start))
            else:
                drawn.append((name, found, found + int(end - start)))
    tally.add(DEPLETED, "matched regions drawn", len(drawn), sum(end - start for _, start, end in drawn))
    reasons = {
        _Lack.SPACE: "no free place of that length",
        _Lack.GC: f"no free place within {gc_tolerance:g} of its GC",
    }
    for lack, lengths in unmatched.items():
        if lengths:
            tally.add(DEPLETED, f"regions without a match: {reasons[lack]}", len(lengths), sum(lengths))
    if not drawn:
        raise InputError(
            f"no matched region could be drawn ({tally.sentence()})",
            remedy="give --depleted, widen --gc-tolerance or exclude less",
        )
    return in_order(pd.DataFrame(drawn, columns=["chrom", "start", "end"]))


def _survey(genome: Genome, chrom: str, taken: pd.DataFrame) -> _Chromosome:
    """Return the free bins and GC sums of a chromosome, which is read once, in parts."""
    bins = genome.lengths[chrom] // BIN
    free = np.zeros(bins, dtype=bool)
    gc = np.zeros(bins + 1, dtype=np.int64)
    for first in range(0, bins, SPAN // BIN):
        last = min(bins, first + SPAN // BIN)
        codes = genome.codes(chrom, first * BIN, last * BIN).reshape(-1, BIN)
        free[first:last] = ~(codes == AMBIGUOUS).any(axis=1)
        gc[first + 1 : last + 1] = ((codes == 1) | (codes == 2)).sum(axis=1)
    for start, end in taken[["start", "end"]].to_numpy():
        free[start // BIN : -(-end // BIN)] = False
    return _Chromosome(free, np.cumsum(gc))


def _gc_share(genome: Genome, chrom: str, start: int, end: int) -> float:
    """Return the GC share of the bases of an interval that are not N; NaN if all are."""
    codes = genome.codes(chrom, start, end)
    known = np.count_nonzero(codes != AMBIGUOUS)
    return np.count_nonzero((codes == 1) | (codes == 2)) / known if known else np.nan


def _match(
    genome: Genome,
    chrom: str,
    chromosome: _Chromosome,
    start: int,
    end: int,
    gc_tolerance: float,
    rng: np.random.Generator,
) -> int | _Lack:
    """Find a free match and mark its bins as used; return its start in bp, or what is lacking."""
    bins, length = len(chromosome.free), end - start
    width = -(-length // BIN)
    if width > bins:
        return _Lack.SPACE
    wanted = _gc_share(genome, chrom, start, end)
    # A match may use its last bin in part, so GC by whole bins is only approximate.
    near = gc_tolerance + BIN / length
    lack = _Lack.SPACE
    for candidate in rng.integers(0, bins - width + 1, size=TRIES).tolist():
        if not chromosome.free[candidate : candidate + width].all():
            continue
        lack = _Lack.GC
        if abs(chromosome.gc_share(candidate, candidate + width) - wanted) > near:
            continue
        begin = int(candidate) * BIN
        if abs(_gc_share(genome, chrom, begin, begin + length) - wanted) <= gc_tolerance:
            chromosome.free[candidate : candidate + width] = False
            return begin
    return lack
