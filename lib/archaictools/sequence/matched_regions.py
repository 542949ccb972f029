"""Matched controls: for each introgressed region one of the same length, chromosome and GC content elsewhere.

Controls are drawn without replacement from the bases that no introgressed or excluded region and no N claims, so
that they neither overlap each other nor anything known. A region for which no place is found after a fixed number of
tries is reported, never tried for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
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

#: Bin in bp at which free space and GC are kept: 10 MB of memory for the longest human chromosome.
BIN = 50
#: Bases read from the genome at a time.
SPAN = 4_000_000
#: Locations tried for one region before it is reported as unmatched.
TRIES = 2_000


@dataclass
class _Chromosome:
    """Free bins of a chromosome, and running sums of G+C over bins, in which free ones hold no N."""

    free: npt.NDArray[np.bool_]
    gc: npt.NDArray[np.int64]  # length bins + 1

    def gc_share(self, first: int, last: int) -> float:
        """GC share of free bins [first, last)."""
        return float((self.gc[last] - self.gc[first]) / ((last - first) * BIN))


def draw_matched_regions(
    regions: pd.DataFrame,
    genome: Genome,
    *,
    exclude: pd.DataFrame | None,
    gc_tolerance: float,
    seed: int,
    tally: Summary,
) -> pd.DataFrame:
    """Draw one control for each region.

    Parameters
    ----------
    regions
        Merged introgressed regions, ``chrom, start, end``.
    genome
        Where controls are drawn and GC is measured.
    exclude
        Regions that controls must keep clear of as well, or None.
    gc_tolerance
        Largest difference between the GC share (0–1) of a region's bases, without N, and that of its control's.
    seed
        Of the random choice.
    tally
        Where matched and unmatched regions are counted, under class ``depleted``.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end`` of the controls, sorted, not overlapping.

    Raises
    ------
    InputError
        If no region could be matched.
    """
    taken = regions if exclude is None else pd.concat([regions, exclude])
    rows = taken.groupby("chrom").indices
    drawn: list[tuple[str, int, int]] = []
    reasons = {
        "no free place of that length": [0, 0],
        f"no free place within {gc_tolerance:g} of its GC": [0, 0],
    }
    for chrom, group in regions.groupby("chrom", sort=True):
        name = str(chrom)
        length = genome.lengths[name]
        chromosome = _survey(genome, name, taken.iloc[rows[chrom]])
        rng = np.random.default_rng([seed, length, len(group)])
        spans = group[["start", "end"]].to_numpy()
        for start, end in spans[np.argsort(spans[:, 0] - spans[:, 1], kind="stable")]:  # longest first
            place = _place(genome, name, chromosome, int(start), int(end), gc_tolerance, rng)
            if isinstance(place, int):
                drawn.append((name, place, place + int(end - start)))
            else:
                row = list(reasons.values())[0 if place == "space" else 1]
                row[0] += 1
                row[1] += int(end - start)
    tally.add(DEPLETED, "controls drawn", len(drawn), sum(end - start for _, start, end in drawn))
    for reason, (count, bases) in reasons.items():
        if count:
            tally.add(DEPLETED, f"regions without a control: {reason}", count, bases)
    if not drawn:
        raise InputError(
            f"no matched control could be drawn ({tally.sentence()})",
            remedy="give --depleted, widen --gc-tolerance or exclude less",
        )
    return in_order(pd.DataFrame(drawn, columns=["chrom", "start", "end"]))


def _survey(genome: Genome, chrom: str, taken: pd.DataFrame) -> _Chromosome:
    """Read a chromosome once, in pieces, into free bins and GC sums."""
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
    """GC share of the bases of an interval that are known; NaN without any."""
    codes = genome.codes(chrom, start, end)
    known = np.count_nonzero(codes != AMBIGUOUS)
    return np.count_nonzero((codes == 1) | (codes == 2)) / known if known else np.nan


def _place(
    genome: Genome,
    chrom: str,
    chromosome: _Chromosome,
    start: int,
    end: int,
    gc_tolerance: float,
    rng: np.random.Generator,
) -> int | str:
    """Find and claim a place for a control; return its start, or what was lacking (``space``, ``gc``)."""
    bins, length = len(chromosome.free), end - start
    width = -(-length // BIN)
    if width > bins:
        return "space"
    wanted = _gc_share(genome, chrom, start, end)
    # The last bin of a place may be used in part: by whole bins GC is only nearly right.
    near = gc_tolerance + BIN / length
    lacking = "space"
    for candidate in rng.integers(0, bins - width + 1, size=TRIES).tolist():
        if not chromosome.free[candidate : candidate + width].all():
            continue
        lacking = "gc"
        if abs(chromosome.gc_share(candidate, candidate + width) - wanted) > near:
            continue
        place = int(candidate) * BIN
        if abs(_gc_share(genome, chrom, place, place + length) - wanted) <= gc_tolerance:
            chromosome.free[candidate : candidate + width] = False
            return place
    return lacking
