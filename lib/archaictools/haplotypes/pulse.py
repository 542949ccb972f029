"""Time of one pulse of introgression from the lengths of segments: a rough guide.

Recombination cuts the tracts of one pulse T generations ago to lengths that are exponential. The rate per bp is
``r T (1 - m)``, with r the recombination rate and m the archaic share (Gravel 2012,
doi:10.1534/genetics.112.139808). Lengths above any cut, minus the cut, have the same distribution, whatever happens to
shorter segments. Errors of the ends that do not depend on the length leave this distribution as it is, if the cut is
longer than they are. Lengths in whole bins have a geometric distribution, which the estimate takes into account.

In a finite population this gives too few generations (Liang and Nielsen 2014, doi:10.1534/genetics.114.162362). Two
haplotypes that descend from one archaic haplotype recombine with each other, and the tract stays whole. Let F(t) be the
probability that two haplotypes t generations ago have a common ancestor since the pulse. A recombination at that time
then ends a tract with probability ``(1 - m)(1 - F(t))``. F(0) is seen in the sharing of segments: a second haplotype
carries archaic DNA where a first one does with probability ``s = m + (1 - m) F(0)``. With a constant rate of common
ancestry since the pulse, the mean of ``1 - F(t)`` is ``F / -ln(1 - F)``, F being F(0). The time is divided by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.options import CUT, RECOMBINATION
from archaictools.intervals import clusters, depth, intervals_by_chromosome
from archaictools.learning.draws import DRAWS, interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from archaictools.intervals import IntervalSet

    Float = npt.NDArray[np.float64]

#: Fewest segments above the cut, and fewest places where they are, for an estimate.
MIN_SEGMENTS, MIN_PLACES = 20, 10
#: Most blocks that are drawn for the interval; of more places, neighbours are one block.
MAX_BLOCKS = 500
#: Highest probability of common ancestry that the correction takes.
MAX_RELATED = 0.95
#: How far estimates were from the truth in simulations, as sentences; the page on accuracy has the figures.
BIAS = (
    "Times tend to be too recent. In ten simulated people (200 Mb), true tracts gave times that were 0 to 5 % too "
    "recent (history 9K19) and 6 to 8 % too recent (ooa3).",
    "With an archaic genome, called segments gave times within 2 % of those of true tracts. Without one they were "
    "10 to 11 % more recent.",
)
#: Smallest share of segments that end with a bin, in a table of binned segments.
_WHOLE = 0.9


@dataclass(frozen=True, kw_only=True)
class Population:
    """Segments of people who exchange genes: they show the common ancestry since the pulse.

    Attributes
    ----------
    segments
        ``chrom, start, end`` in bp, 0-based and half-open, of all haplotypes. Segments of one haplotype do not overlap.
    haplotypes
        Number of haplotypes, with and without segments.
    samples
        Names of the people.
    """

    segments: pd.DataFrame
    haplotypes: int
    samples: tuple[str, ...] = ()

    @cached_property
    def places(self) -> pd.DataFrame:
        """Return the places where there are segments: ``chrom, start, end, both, bases``.

        ``bases`` are those of all carriers. ``both`` are those at which one other haplotype, drawn at random, carries a
        segment, too.
        """
        parts = []
        for chrom, rows in self.segments.groupby("chrom", sort=False, observed=True):
            start, end, count = depth(*(rows[name].to_numpy(dtype=np.int64) for name in ("start", "end")))
            bases = (end - start) * count.astype(np.float64)
            both = bases * (count - 1) / (self.haplotypes - 1)
            first = clusters(start, end)
            columns = {
                "start": start[first],
                "end": np.maximum.reduceat(end, first),
                "both": np.add.reduceat(both, first),
                "bases": np.add.reduceat(bases, first),
            }
            parts.append(pd.DataFrame(columns).assign(chrom=str(chrom)))
        return pd.concat(parts, ignore_index=True)


def populations_of(
    segments: pd.DataFrame, haplotypes: Sequence[tuple[str, int]], populations: Mapping[str, str]
) -> dict[str, Population]:
    """Return the populations of some haplotypes, sorted by name; those without one are the population ``""``.

    Parameters
    ----------
    segments
        At least ``chrom, start, end, sample``.
    haplotypes
        Sample and number of every haplotype that was read.
    populations
        Population of a sample by name.
    """
    label = segments["sample"].map(lambda sample: populations.get(sample, ""))
    own: dict[str, list[str]] = {}
    for sample, _ in haplotypes:
        own.setdefault(populations.get(sample, ""), []).append(sample)
    return {
        name: Population(
            segments=segments[label == name], haplotypes=len(own[name]), samples=tuple(dict.fromkeys(own[name]))
        )
        for name in sorted(own)
    }


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
    related
        Probability that two haplotypes have a common ancestor since the pulse; None if it is not known.
    generations
        Estimate of T.
    low, high
        Central 95 % interval, from places drawn with replacement. It covers chance only.
    """

    segments: int
    places: int
    cut: int
    rate: float
    related: float | None
    generations: float
    low: float
    high: float

    def longer(self, length: Float) -> Float:
        """Return the number of segments of at least each length in bp that the pulse would give."""
        return np.asarray(self.segments * np.exp(-self.rate * (length - self.cut)))


def pulse(
    segments: pd.DataFrame,
    archaic_share: float = 0.0,
    *,
    populations: Iterable[Population] = (),
    cut: int = CUT,
    recombination: float = RECOMBINATION,
    seed: int = 1,
) -> Pulse | None:
    """Return the time of one pulse, or None if there are fewer than :data:`MIN_SEGMENTS` or :data:`MIN_PLACES`.

    Parameters
    ----------
    segments
        ``chrom, start, end`` in bp, 0-based and half-open, of all haplotypes.
    archaic_share
        Archaic share of the haplotypes, from 0 to 1.
    populations
        Who shows the common ancestry since the pulse. Without two haplotypes of one population, the time is not
        corrected for it.
    cut
        Shortest segment in bp that counts.
    recombination
        Recombination rate per bp and generation.
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
    length = (segments["end"] - segments["start"]).to_numpy(dtype=np.float64)
    excess = length[length >= cut] - cut
    pairs = [one.places for one in populations if one.haplotypes > 1 and len(one.segments)]
    columns = ["chrom", "start", "end"]
    everything = pd.concat([segments[columns][length >= cut], *(part[columns] for part in pairs)], ignore_index=True)
    place = places(everything, intervals_by_chromosome(everything))
    timed = len(np.unique(place[: len(excess)]))
    if len(excess) < MIN_SEGMENTS or timed < MIN_PLACES or not excess.sum():
        return None
    # Segments at one place are often copies of one ancestor's, so places are drawn, not segments.
    number = int(place.max()) + 1
    blocks = min(number, MAX_BLOCKS)
    block = place * blocks // number
    sums = np.zeros((blocks, 4))
    own, theirs = block[: len(excess)], block[len(excess) :]
    sums[:, 0] = np.bincount(own, minlength=blocks)
    sums[:, 1] = np.bincount(own, weights=excess, minlength=blocks)
    for column, name in ((2, "both"), (3, "bases")):
        weights = np.concatenate([np.zeros(0), *(part[name].to_numpy() for part in pairs)])
        sums[:, column] = np.bincount(theirs, weights=weights, minlength=blocks)
    drawn = _draws(blocks, seed) @ sums
    step = _step(segments)
    rate, related = _rate(sums.sum(axis=0), step), _related(sums.sum(axis=0), archaic_share)
    per_generation = recombination * (1 - archaic_share)
    low, high = interval(_rate(drawn, step) / per_generation / apart(_related(drawn, archaic_share)))
    return Pulse(
        segments=len(excess),
        places=timed,
        cut=cut,
        rate=float(rate),
        related=None if np.isnan(related) else float(related),
        generations=float(rate / per_generation / apart(related)),
        low=low,
        high=high,
    )


@lru_cache(maxsize=4)
def _draws(blocks: int, seed: int) -> Float:
    """Return how often each block is drawn, float64 (DRAWS, blocks); many people have the same number of blocks."""
    chosen = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), size=DRAWS)
    return chosen.astype(np.float64)


def apart(related: Float) -> Float:
    """Return the mean probability since the pulse that two haplotypes have no common ancestor since the pulse.

    Parameters
    ----------
    related
        Probability that two haplotypes of today have one. NaN counts as 0.

    Examples
    --------
    >>> apart(np.array([0.0, 0.5, np.nan])).round(3).tolist()
    [1.0, 0.721, 1.0]
    """
    share = np.clip(np.nan_to_num(related), 0, MAX_RELATED)
    return np.where(share > 1e-9, share / -np.log1p(-np.maximum(share, 1e-9)), 1.0)


def _related(sums: Float, archaic_share: float) -> Float:
    """Return F, from sums (..., 4) whose last two are bases that two haplotypes share, and bases of one."""
    both, bases = sums[..., 2], sums[..., 3]
    shared = np.divide(both, bases, out=np.full_like(bases, np.nan), where=bases > 0)
    return np.asarray((shared - archaic_share) / (1 - archaic_share))


def _rate(sums: Float, step: int) -> Float:
    """Return the maximum-likelihood rate per bp, from sums (..., 4) whose first two are segments and their excess.

    Lengths in steps are geometric: they grow by a further step with probability ``mean / (mean + step)``.
    """
    count, total = sums[..., 0], sums[..., 1]
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=(count > 0) & (total > 0))
    return np.asarray(np.log1p(step / mean) / step)


def _step(segments: pd.DataFrame) -> int:
    """Return the length of the bins that segments consist of, in bp; 1 for segments to the base."""
    start, end = (segments[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    step = int(np.gcd.reduce(start))
    # A chromosome may end within a bin, so not all ends count.
    return step if step and np.mean(end % step == 0) >= _WHOLE else 1


def places(segments: pd.DataFrame, cover: Mapping[str, IntervalSet]) -> npt.NDArray[np.int64]:
    """Return the place of each segment, int64 from 0: segments that overlap, of any haplotype, are at one place.

    Parameters
    ----------
    segments
        ``chrom, start``, in any order.
    cover
        Merged segments by chromosome, see :func:`archaictools.intervals.intervals_by_chromosome`.
    """
    place = np.zeros(len(segments), dtype=np.int64)
    before = 0
    chroms = segments["chrom"].to_numpy()
    start = segments["start"].to_numpy(dtype=np.int64)
    for chrom, merged in cover.items():
        own = chroms == chrom
        place[own] = before + merged.find(start[own])
        before += len(merged)
    return place
