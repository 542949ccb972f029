"""Genotypes of a simulation, block by block, with the errors that real data have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msprime
import numpy as np

from archaictools.errors import UsageError
from archaictools.intervals import IntervalSet
from archaictools.simulation.limits import MAX_SWITCHES, MAX_VARIATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    import tskit

#: Sites held in memory at a time.
BLOCK = 4_096
#: Stretches with one mutation rate, and mean length of a stretch that cannot be called, bp.
RATE_BLOCK, UNCALLABLE_LENGTH = 100_000, 5_000
MISSING = -1

_DAMAGE = {"C": "T", "G": "A"}


@dataclass(frozen=True, kw_only=True)
class Errors:
    """What is wrong with the data.

    Attributes
    ----------
    switch_errors
        Phasing switch errors per Mb in each modern person.
    missing_archaic
        Share of archaic genotypes that are not called.
    archaic_damage
        Share of the archaic C (and G) that are read as T (and A), on each chromosome by itself: what is left of the
        deamination of ancient DNA (Briggs et al. 2007) once a genome is called.
    archaic_only_alternate
        Give archaic genotypes only where they are not homozygous for REF, as merged files do: missing then stands for
        REF or not called.
    modern_variable_only
        Keep only sites at which modern people differ.
    mutation_variation
        How many times higher the highest mutation rate along the genome is than the lowest (rates of stretches of
        100 kb are drawn evenly on a logarithmic scale; their mean stays).
    uncallable
        Share of the genome that is left out, in stretches of 5 kb on average.
    flip
        Share of sites whose REF is not the ancestral allele.
    """

    switch_errors: float = 0.0
    missing_archaic: float = 0.0
    archaic_damage: float = 0.0
    archaic_only_alternate: bool = False
    modern_variable_only: bool = False
    mutation_variation: float = 1.0
    uncallable: float = 0.0
    flip: float = 0.0

    def __post_init__(self) -> None:
        for name in ("missing_archaic", "archaic_damage", "uncallable", "flip"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(
                    f"{name.replace('_', ' ')} is {getattr(self, name)}, expected 0 or more and less than 1"
                )
        for name, low, high in (("switch_errors", 0, MAX_SWITCHES), ("mutation_variation", 1, MAX_VARIATION)):
            value = getattr(self, name)
            if not low <= value <= high:  # nan is not, either
                raise UsageError(f"{name.replace('_', ' ')}: {value:g} is not in the range {low} to {high:,g}")


@dataclass(frozen=True)
class Block:
    """Some sites of one chromosome, as one file holds them.

    Attributes
    ----------
    position
        int64 (n,), 0-based.
    alleles
        REF and ALT letters of each site.
    genotype
        int8 (n, haplotypes): number of the allele, -1 missing.
    """

    position: npt.NDArray[np.int64]
    alleles: list[tuple[str, ...]]
    genotype: npt.NDArray[np.int8]


def mutation_rates(mean: float, variation: float, length: int, rng: np.random.Generator) -> float | msprime.RateMap:
    """Return the mutation rate, or rates of stretches of 100 kb if they vary."""
    if variation == 1:
        return mean
    edges = np.append(np.arange(0, length, RATE_BLOCK), length)
    rate = np.exp(rng.uniform(0, np.log(variation), size=len(edges) - 1))
    return msprime.RateMap(position=edges, rate=mean * rate / np.average(rate, weights=np.diff(edges)))


def callable_stretches(length: int, share: float, rng: np.random.Generator) -> IntervalSet:
    """Return callable stretches that leave out about a share of a chromosome."""
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
    people: int, length: int, per_megabase: float, rng: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    """Draw where the phase of each person switches."""
    numbers = rng.poisson(per_megabase * length / 1e6, size=people)
    return [np.unique(rng.integers(1, length, size=number)) for number in numbers]


def blocks(
    trees: tskit.TreeSequence,
    modern: Sequence[int],
    archaic: Sequence[int],
    errors: Errors,
    *,
    stretches: IntervalSet,
    switches: Sequence[npt.NDArray[np.int64]],
    rng: np.random.Generator,
) -> Iterator[tuple[Block, Block]]:
    """Read the sites of a simulation as they would stand in the files of modern and of archaic people.

    Parameters
    ----------
    trees
        With mutations.
    modern, archaic
        Sample nodes, two a person, in the order of the columns.
    errors
        Applied here: flipped alleles, archaic damage, missing archaic calls, sites left out, switched phase.
    stretches, switches
        Callable stretches, and switch positions of each modern person.
    rng
        For flips, damage and missing calls.
    """
    nodes = np.array([*modern, *archaic], dtype=np.int32)
    position, alleles, rows = [], [], []
    for variant in trees.variants(samples=nodes, isolated_as_missing=False, copy=False):
        position.append(int(variant.site.position))
        alleles.append(tuple(variant.alleles))
        rows.append(variant.genotypes.astype(np.int8))
        if len(rows) == BLOCK:
            yield from _finished(position, alleles, rows, len(modern), errors, stretches, switches, rng)
            position, alleles, rows = [], [], []
    if rows:
        yield from _finished(position, alleles, rows, len(modern), errors, stretches, switches, rng)


def _finished(
    position: list[int],
    alleles: list[tuple[str, ...]],
    rows: list[npt.NDArray[np.int8]],
    modern: int,
    errors: Errors,
    stretches: IntervalSet,
    switches: Sequence[npt.NDArray[np.int64]],
    rng: np.random.Generator,
) -> Iterator[tuple[Block, Block]]:
    place, genotype = np.array(position, dtype=np.int64), np.stack(rows)
    flipped = np.flatnonzero(rng.random(len(place)) < errors.flip) if errors.flip else np.zeros(0, dtype=np.int64)
    for row in flipped.tolist():
        # REF and one of the ALTs change their places.
        other = int(rng.integers(1, len(alleles[row]))) if len(alleles[row]) > 1 else 0
        order = list(range(len(alleles[row])))
        order[0], order[other] = other, 0
        alleles[row] = tuple(alleles[row][number] for number in order)
        genotype[row] = np.array(order, dtype=np.int8)[genotype[row]]
    for person, positions in enumerate(switches):
        if len(positions):
            turned = np.searchsorted(positions, place, side="right") % 2 == 1
            pair = genotype[:, 2 * person : 2 * person + 2]
            pair[turned] = pair[turned][:, ::-1]
    ancient = genotype[:, modern:]
    theirs = _damaged(alleles, ancient, errors.archaic_damage, rng) if errors.archaic_damage else alleles
    pairs = ancient.reshape(len(place), -1, 2)
    if errors.missing_archaic:
        pairs[rng.random(pairs.shape[:2]) < errors.missing_archaic] = MISSING
    if errors.archaic_only_alternate:
        pairs[(pairs == 0).all(axis=2)] = MISSING
    kept = stretches.contains(place)
    if errors.modern_variable_only:
        people = genotype[:, :modern]
        kept &= people.min(axis=1) != people.max(axis=1)
    chosen = np.flatnonzero(kept)
    yield (
        Block(place[chosen], [alleles[row] for row in chosen], genotype[chosen, :modern]),
        Block(place[chosen], [theirs[row] for row in chosen], ancient[chosen]),
    )


def _damaged(
    alleles: Sequence[tuple[str, ...]], genotype: npt.NDArray[np.int8], share: float, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Read some C as T and G as A, in place; return the alleles, with those that nobody had before."""
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
