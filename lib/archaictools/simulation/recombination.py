"""Recombination maps: from a HapMap file, or with hotspots as in humans.

Hardly any recombination happens between hotspots, for tens of kilobases. Old haplotypes stay long there, and look like
archaic tracts to a method that was only trained on uniform rates.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import msprime
import numpy as np

from archaictools.errors import InputError
from archaictools.intervals import IntervalSet
from archaictools.io.files import check_readable
from archaictools.simulation.options import MAX_EVENTS

if TYPE_CHECKING:
    from pathlib import Path


#: Width of a hotspot, and mean distance between two, in bp.
HOTSPOT_WIDTH, HOTSPOT_DISTANCE = 3_000, 30_000
#: Share of all recombination in hotspots (Myers et al. 2005: 80 % in 10 to 20 % of the sequence).
HOTSPOT_SHARE = 0.75
#: Standard deviation of the logarithm of a hotspot's relative rate.
HOTSPOT_SPREAD = 1.2
#: Width in bp of the regions over which mean rates vary, and shape of the gamma distribution of that variation.
BROAD_WIDTH, BROAD_SHAPE = 1_000_000, 3.0


def read_map(path: Path, length: int) -> msprime.RateMap:
    """Read the HapMap recombination map of the first ``length`` bp of a chromosome.

    Raises
    ------
    InputError
        If the file is not such a map, or ends too early.
    """
    check_readable(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of NumPy, for a file without a row; refused below
            warnings.simplefilter("error", RuntimeWarning)  # of NumPy, for two rows of one position
            rates = msprime.RateMap.read_hapmap(str(path), sequence_length=None)
    except (OSError, ValueError, IndexError, TypeError, RuntimeWarning) as error:
        raise InputError(f"is not a HapMap recombination map ({error})", path=path) from error
    if not rates.total_mass <= MAX_EVENTS:
        raise InputError(
            f"is not the recombination map of a chromosome: it is {100 * rates.total_mass:g} cM long, expected at most "
            f"{100 * MAX_EVENTS:g}",
            path=path,
        )
    if rates.sequence_length < length:
        raise InputError(
            f"ends at {rates.sequence_length:,.0f} bp, before the {length:,} bp of the chromosome",
            path=path,
            remedy="give a shorter --length, or give a longer map",
        )
    return rates.slice(0, length, trim=True)


def mapped_regions(rates: msprime.RateMap) -> IntervalSet:
    """Return the regions for which a map gives a rate; other regions are not simulated."""
    there = ~rates.missing
    return IntervalSet(rates.left[there].astype(np.int64), rates.right[there].astype(np.int64))


def hotspot_map(mean: float, length: int, rng: np.random.Generator) -> msprime.RateMap:
    """Return a map with hotspots and a given mean rate.

    Parameters
    ----------
    mean
        Mean recombination rate per base and generation of the chromosome.
    length
        Length of the chromosome in bp.
    rng
        Draws positions and rates of the hotspots.
    """
    number = int(2 * length / (HOTSPOT_WIDTH + HOTSPOT_DISTANCE)) + 10
    start = np.cumsum(rng.exponential(HOTSPOT_DISTANCE, number).astype(np.int64) + HOTSPOT_WIDTH)
    heat = rng.lognormal(0, HOTSPOT_SPREAD, number)
    start, heat = start[start + HOTSPOT_WIDTH < length], heat[: int((start + HOTSPOT_WIDTH < length).sum())]
    edges = np.unique(np.concatenate([[0, length], start, start + HOTSPOT_WIDTH, np.arange(0, length, BROAD_WIDTH)]))
    size = np.diff(edges)
    place = IntervalSet(start, start + HOTSPOT_WIDTH).find(edges[:-1])
    inside, rate = place >= 0, np.append(heat, 1.0)[place]
    for part, share in ((inside, HOTSPOT_SHARE), (~inside, 1 - HOTSPOT_SHARE if inside.any() else 1.0)):
        total = float((rate * size)[part].sum())
        if total:
            rate[part] *= share / total
    broad = rng.gamma(BROAD_SHAPE, 1 / BROAD_SHAPE, size=length // BROAD_WIDTH + 1)
    rate *= broad[edges[:-1] // BROAD_WIDTH]
    return msprime.RateMap(position=edges, rate=mean * rate * length / (rate * size).sum())
