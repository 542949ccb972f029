"""Genotypes of a simulation, block by block, with the errors of real data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msprime
import numpy as np

from archaictools.intervals import IntervalSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    import tskit

    from archaictools.simulation.options import ErrorOptions

#: Sites in memory at a time.
SITES_PER_BLOCK = 4_096
#: Length of a region with one mutation rate, and mean length of a region that is not callable, in bp.
RATE_REGION, UNCALLABLE_LENGTH = 100_000, 5_000
MISSING = -1

#: Bases after deamination of either strand.
_DAMAGE = {"C": "T", "G": "A"}


@dataclass(frozen=True)
class Block:
    """Some sites of one chromosome, as one file contains them.

    Attributes
    ----------
    position
        int64 (sites,), 0-based.
    alleles
        Bases of REF and ALT of each site.
    genotype
        int8 (sites, haplotypes): number of the allele, -1 missing.
    """

    position: npt.NDArray[np.int64]
    alleles: list[tuple[str, ...]]
    genotype: npt.NDArray[np.int8]


def mutation_rates(mean: float, variation: float, length: int, rng: np.random.Generator) -> float | msprime.RateMap:
    """Return the mutation rate per base, or one for each region of 100 kb if ``variation`` is not 1."""
    if variation == 1:
        return mean
    edges = np.append(np.arange(0, length, RATE_REGION), length)
    rate = np.exp(rng.uniform(0, np.log(variation), size=len(edges) - 1))
    return msprime.RateMap(position=edges, rate=mean * rate / np.average(rate, weights=np.diff(edges)))


def callable_regions(length: int, share: float, rng: np.random.Generator) -> IntervalSet:
    """Return callable regions that leave out about ``share`` of a chromosome of ``length`` bp."""
    if not share:
        return IntervalSet.of([(0, length)])
    good = UNCALLABLE_LENGTH * (1 - share) / share
    count = int(2 * length / (good + UNCALLABLE_LENGTH)) + 10
    lengths = (
        np.column_stack([rng.exponential(good, count), rng.exponential(UNCALLABLE_LENGTH, count)]).astype(np.int64) + 1
    )
    ends = np.cumsum(lengths.ravel())
    start = np.concatenate([[0], ends[1::2][:-1]])
    return IntervalSet(start, ends[::2]).clip(length)


def switch_positions(
    samples: int, length: int, per_megabase: float, rng: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    """Return the positions (bp) at which the phase of each sample switches, ascending."""
    numbers = rng.poisson(per_megabase * length / 1e6, size=samples)
    return [np.unique(rng.integers(1, length, size=number)) for number in numbers]


def blocks(
    trees: tskit.TreeSequence,
    modern: Sequence[int],
    archaic: Sequence[int],
    errors: ErrorOptions,
    *,
    regions: IntervalSet,
    switches: Sequence[npt.NDArray[np.int64]],
    rng: np.random.Generator,
) -> Iterator[tuple[Block, Block]]:
    """Yield the sites of a simulation as the files of modern and of archaic samples contain them.

    Parameters
    ----------
    trees
        Trees with mutations.
    modern, archaic
        Sample nodes, two per sample, in the order of the columns.
    errors
        Errors to apply: flipped alleles, archaic damage, missing archaic calls, dropped sites.
    regions, switches
        Callable regions; switch positions of each modern sample.
    rng
        Draws flips, damage and missing calls.
    """
    nodes = np.array([*modern, *archaic], dtype=np.int32)
    position, alleles, rows = [], [], []
    for variant in trees.variants(samples=nodes, isolated_as_missing=False, copy=False):
        position.append(int(variant.site.position))
        alleles.append(tuple(variant.alleles))
        rows.append(variant.genotypes.astype(np.int8))
        if len(rows) == SITES_PER_BLOCK:
            yield from _finished(position, alleles, rows, len(modern), errors, regions, switches, rng)
            position, alleles, rows = [], [], []
    if rows:
        yield from _finished(position, alleles, rows, len(modern), errors, regions, switches, rng)


def _finished(
    position: list[int],
    alleles: list[tuple[str, ...]],
    rows: list[npt.NDArray[np.int8]],
    modern: int,
    errors: ErrorOptions,
    regions: IntervalSet,
    switches: Sequence[npt.NDArray[np.int64]],
    rng: np.random.Generator,
) -> Iterator[tuple[Block, Block]]:
    """Apply the errors to one block of sites."""
    place, genotype = np.array(position, dtype=np.int64), np.stack(rows)
    flipped = np.flatnonzero(rng.random(len(place)) < errors.flip) if errors.flip else np.zeros(0, dtype=np.int64)
    for row in flipped.tolist():
        # REF and one ALT are exchanged.
        other = int(rng.integers(1, len(alleles[row]))) if len(alleles[row]) > 1 else 0
        order = list(range(len(alleles[row])))
        order[0], order[other] = other, 0
        alleles[row] = tuple(alleles[row][number] for number in order)
        genotype[row] = np.array(order, dtype=np.int8)[genotype[row]]
    for sample, positions in enumerate(switches):
        if len(positions):
            turned = np.searchsorted(positions, place, side="right") % 2 == 1
            pair = genotype[:, 2 * sample : 2 * sample + 2]
            pair[turned] = pair[turned][:, ::-1]
    ancient = genotype[:, modern:]
    archaic_alleles = _damaged(alleles, ancient, errors.archaic_damage, rng) if errors.archaic_damage else alleles
    pairs = ancient.reshape(len(place), -1, 2)
    if errors.missing_archaic:
        pairs[rng.random(pairs.shape[:2]) < errors.missing_archaic] = MISSING
    if errors.archaic_only_alternate:
        pairs[(pairs == 0).all(axis=2)] = MISSING
    kept = regions.contains(place)
    if errors.modern_variable_only:
        present = genotype[:, :modern]
        kept &= present.min(axis=1) != present.max(axis=1)
    chosen = np.flatnonzero(kept)
    yield (
        Block(place[chosen], [alleles[row] for row in chosen], genotype[chosen, :modern]),
        Block(place[chosen], [archaic_alleles[row] for row in chosen], ancient[chosen]),
    )


def _damaged(
    alleles: Sequence[tuple[str, ...]], genotype: npt.NDArray[np.int8], share: float, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Read some C as T and some G as A, in place; return the alleles of each site, new ones included."""
    found = list(alleles)
    struck = rng.random(genotype.shape) < share
    for row in np.flatnonzero(struck.any(axis=1)).tolist():
        letters = list(found[row])
        for column in np.flatnonzero(struck[row]).tolist():
            became = _DAMAGE.get(letters[genotype[row, column]])
            if became is None:
                continue
            if became not in letters:
                letters.append(became)
            genotype[row, column] = letters.index(became)
        found[row] = tuple(letters)
    return found
