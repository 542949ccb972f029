"""Time of one pulse of introgression from the lengths of segments: a rough guide.

Recombination cuts the tracts of one pulse T generations ago to lengths that are exponential with rate
``r T (1 - m)`` per bp, with r the recombination rate and m the archaic share (Gravel 2012,
doi:10.1534/genetics.112.139808). Lengths above any cut, minus the cut, have the same distribution. So
``1 / (mean excess)`` is the maximum-likelihood estimate of the rate, whatever happens to shorter segments.

The model is too simple for finite populations (Liang and Nielsen 2014, doi:10.1534/genetics.114.162362). Tracts that
descend from one ancestor recombine with each other, and stay whole. Few ancestors, as after the exit from Africa, so
give too few generations. Measured on ten simulated people at :data:`CUT`; :data:`BIAS` sums it up:

=================================================  ====================  ====================
estimate of T (true: ooa3 1,897, 9K19 2,272)       ooa3                  9K19
=================================================  ====================  ====================
true tracts, mean and range of six sets of 200 Mb  1,497 (1,250-1,711)   2,012 (1,952-2,135)
true tracts, another 100 Mb                        1,490 (1,305-1,811)   1,762 (1,563-2,088)
called there with an archaic genome                1,526 (1,312-1,927)   1,725 (1,533-2,038)
called there without one                           1,326 (1,155-1,655)   1,541 (1,378-1,793)
=================================================  ====================  ====================

The last three rows have the 95 % interval of :func:`pulse`. Cuts from 20 to 50 kb gave the same within 8 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archaictools.intervals import clusters, end_to_end
from archaictools.learning.bootstrap import DRAWS, interval

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

#: Recombination rate per bp and generation: the mean of the human genome.
RECOMBINATION = 1.2e-8
#: Shortest segment in bp that counts: shorter ones are missed more often.
CUT = 40_000
#: Fewest segments above the cut, and fewest places where they are, for an estimate.
MIN_SEGMENTS, MIN_PLACES = 20, 10
#: Most blocks that are drawn for the interval; of more places, neighbours are one block.
MAX_BLOCKS = 500

#: How far estimates were from the truth in simulations, as sentences.
BIAS = (
    "Times come out too recent. In simulated people they did so by 11 % (history 9K19) and 21 % (ooa3), even for "
    "true tracts.",
    "With an archaic genome, called segments gave times within 3 % of those of true tracts. Without one they were "
    "11 to 13 % more recent.",
)


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """Time of one pulse.

    Attributes
    ----------
    segments, places
        Segments of at least ``cut`` bp, and places where they are: overlapping segments are at one place.
    cut
        Shortest segment in bp that counts.
    rate
        Rate of the exponential distribution, per bp.
    generations
        Maximum-likelihood estimate of T.
    low, high
        Central 95 % interval, from places drawn with replacement. It covers chance only.
    """

    segments: int
    places: int
    cut: int
    rate: float
    generations: float
    low: float
    high: float

    def longer(self, length: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the number of segments of at least each length in bp that the pulse would give."""
        return np.asarray(self.segments * np.exp(-self.rate * (length - self.cut)))


def pulse(segments: pd.DataFrame, archaic_share: float = 0.0, *, cut: int = CUT, seed: int = 1) -> Pulse | None:
    """Return the time of one pulse, or None if there are fewer than :data:`MIN_SEGMENTS` or :data:`MIN_PLACES`.

    Parameters
    ----------
    segments
        ``chrom, start, end`` in bp, 0-based and half-open, of all haplotypes.
    archaic_share
        Archaic share of the haplotypes, from 0 to 1.
    cut
        Shortest segment in bp that counts.
    seed
        Random seed of the interval.

    Examples
    --------
    >>> import pandas as pd
    >>> starts = [1_000_000 * n for n in range(40)]
    >>> ends = [start + 40_000 + 50_000 * (n % 2 + 1) for n, start in enumerate(starts)]
    >>> round(pulse(pd.DataFrame({"chrom": "chr1", "start": starts, "end": ends})).generations)
    1111
    """
    excess = (segments["end"] - segments["start"]).to_numpy(dtype=np.float64) - cut
    chosen = excess >= 0
    place = places(segments[chosen])
    excess = excess[chosen]
    number = int(place.max(initial=-1)) + 1
    if len(excess) < MIN_SEGMENTS or number < MIN_PLACES or not excess.sum():
        return None
    # Segments at one place are often copies of one ancestor's, so places are drawn, not segments.
    blocks = min(number, MAX_BLOCKS)
    block = place * blocks // number
    sums = np.column_stack([np.bincount(block), np.bincount(block, weights=excess)])
    weight = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), size=DRAWS)
    count, total = (weight @ sums).T
    drawn = np.divide(count, total, out=np.full(DRAWS, np.nan), where=total > 0)
    per_generation = RECOMBINATION * (1 - archaic_share)
    rate = len(excess) / excess.sum()
    low, high = interval(drawn / per_generation)
    return Pulse(
        segments=len(excess),
        places=number,
        cut=cut,
        rate=rate,
        generations=rate / per_generation,
        low=low,
        high=high,
    )


def places(segments: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the place of each segment, int64 from 0: segments that overlap, of any haplotype, are at one place.

    Parameters
    ----------
    segments
        ``chrom, start, end``, in any order.
    """
    chrom = segments["chrom"].astype("category").cat.codes.to_numpy(dtype=np.int64)
    start, end = (segments[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    order = np.lexsort((start, chrom))
    start, end = end_to_end(chrom[order], start[order], end[order])
    place = np.empty(len(order), dtype=np.int64)
    first = clusters(start, end)
    place[order] = np.searchsorted(first, np.arange(len(order)), side="right") - 1
    return place
