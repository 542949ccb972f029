"""Recombination along a chromosome: flat, from a map, or in hotspots as in people.

Between hotspots nothing recombines for tens of kilobases, so that even old haplotypes stay whole there: they look like
archaic tracts to whoever only knows flat rates.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import msprime
import numpy as np

from archaictools.errors import InputError
from archaictools.intervals import IntervalSet
from archaictools.io.files import check_readable
from archaictools.simulation.limits import MAX_PER_CHROMOSOME

if TYPE_CHECKING:
    from pathlib import Path


#: Width of a hotspot and mean distance of two, in bp; share of all recombination in them (Myers et al. 2005: 80 % in 10
#: to 20 % of the sequence); width in bp of the stretches over which rates vary broadly, and shape of that variation.
WIDTH, DISTANCE, SHARE = 3_000, 30_000, 0.75
BROAD, SHAPE = 1_000_000, 3.0
#: Standard deviation of the logarithm of a hotspot's heat.
HEAT = 1.2


def read_map(path: Path, length: int) -> msprime.RateMap:
    """Read a HapMap recombination map that spans a chromosome.

    Raises
    ------
    InputError
        If the file is not such a map, or ends too early.
    """
    check_readable(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of NumPy, for a file without a row: refused below
            warnings.simplefilter("error", RuntimeWarning)  # of NumPy, for two rows of one position
            rates = msprime.RateMap.read_hapmap(str(path), sequence_length=None)
    except (OSError, ValueError, IndexError, TypeError, RuntimeWarning) as error:
        raise InputError(f"is not a HapMap recombination map ({error})", path=path) from error
    if not rates.total_mass <= MAX_PER_CHROMOSOME:
        raise InputError(
            f"is not the recombination map of a chromosome: it is {100 * rates.total_mass:g} cM long, expected at most "
            f"{100 * MAX_PER_CHROMOSOME:g}",
            path=path,
        )
    if rates.sequence_length < length:
        raise InputError(
            f"ends at {rates.sequence_length:,.0f} bp, before the {length:,} bp asked for",
            path=path,
            remedy="ask for a shorter --length, or give a longer map",
        )
    return rates.slice(0, length, trim=True)


def known(rates: msprime.RateMap) -> IntervalSet:
    """Return the stretches that a map has a rate for: before them, or between, nothing is simulated."""
    there = ~rates.missing
    return IntervalSet(rates.left[there].astype(np.int64), rates.right[there].astype(np.int64))


def hotspots(mean: float, length: int, rng: np.random.Generator) -> msprime.RateMap:
    """Make a map with hotspots.

    Parameters
    ----------
    mean
        Recombination per base and generation over the whole chromosome.
    length
        Of the chromosome, bp.
    rng
        Places and heats the hotspots.

    Returns
    -------
    msprime.RateMap
        Of just this mean.
    """
    number = int(2 * length / (WIDTH + DISTANCE)) + 10
    start = np.cumsum(rng.exponential(DISTANCE, number).astype(np.int64) + WIDTH)
    heat = rng.lognormal(0, HEAT, number)
    start, heat = start[start + WIDTH < length], heat[: int((start + WIDTH < length).sum())]
    edges = np.unique(np.concatenate([[0, length], start, start + WIDTH, np.arange(0, length, BROAD)]))
    size = np.diff(edges)
    place = IntervalSet(start, start + WIDTH).find(edges[:-1])
    inside, rate = place >= 0, np.append(heat, 1.0)[place]
    for part, share in ((inside, SHARE), (~inside, 1 - SHARE if inside.any() else 1.0)):
        total = float((rate * size)[part].sum())
        if total:
            rate[part] *= share / total
    broad = rng.gamma(SHAPE, 1 / SHAPE, size=length // BROAD + 1)
    rate *= broad[edges[:-1] // BROAD]
    return msprime.RateMap(position=edges, rate=mean * rate * length / (rate * size).sum())
