"""Which sentence is learnt from, which decides when to stop, and which is held out.

A split says how good a model is only if the held-out side shares nothing with the training side. Windows near each
other share sequence (overlap, repeats, haplotype), so whole chromosomes are held out by default. ``block`` and
``interval`` hold out less far apart; ``random`` holds out nothing where windows overlap, and is named leaky. ``file``
takes regions and their sides, or folds, from the user.

With folds there are as many splits as folds: each fold is the test side of one, and the next fold its validation side.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.errors import InputError, UsageError, shortlist
from archaictools.intervals import IntervalSet, end_to_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

Region = tuple[str, int, int, str]

TRAIN, VALIDATION, TEST, EXCLUDED = 0, 1, 2, -1
SIDES = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
METHODS = ("chromosome", "block", "interval", "random", "file")

#: Fewest folds: one for test, one for validation, one to learn from.
FEWEST_FOLDS = 3

#: Least share of the labelled sentences held out for test, and then for validation.
TEST_SHARE, VALIDATION_SHARE = 0.20, 0.10


@dataclass(frozen=True, kw_only=True)
class SplitScheme:
    """How sentences are divided.

    Attributes
    ----------
    method
        ``chromosome``, ``block``, ``interval``, ``random`` or ``file``.
    test_chromosomes, validation_chromosomes
        Names for ``chromosome``; empty to choose by size and name.
    block_size, gap
        For ``block``: length of a block in bp, and the distance in bp within which a window must not lie from
        a block of another side (it is then left out).
    seed
        Of the random assignment of blocks, intervals or sentences.
    folds
        Number of folds, each held out once; 0 for one split.
    regions
        For ``file``: ``(chrom, start, end, name)``, 0-based half-open, sorted, the name a side or a fold's number.
    """

    method: str = "chromosome"
    test_chromosomes: tuple[str, ...] = ()
    validation_chromosomes: tuple[str, ...] = ()
    block_size: int = 1_000_000
    gap: int = 0
    seed: int = 1
    folds: int = 0
    regions: tuple[Region, ...] = ()

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"split is {self.method!r}, expected one of {', '.join(METHODS)}")
        if self.folds and self.folds < FEWEST_FOLDS:
            raise UsageError(f"folds is {self.folds}, expected 0 for one split, or {FEWEST_FOLDS} or more")
        if self.folds and (self.test_chromosomes or self.validation_chromosomes):
            raise UsageError("with folds every chromosome is held out once: name none for test or validation")
        if self.block_size < 1 or not 0 <= self.gap <= self.block_size:
            raise UsageError("a block must be at least 1 bp long, and the gap from 0 to the length of a block")
        if self.method != "chromosome" and (self.test_chromosomes or self.validation_chromosomes):
            raise UsageError("test and validation chromosomes go with --split chromosome only")

    @property
    def members(self) -> int:
        """Number of splits, and so of networks to train."""
        return self.folds or 1


@dataclass(frozen=True)
class Locations:
    """Where sentences lie, as parallel arrays; ``names`` are the chromosomes that ``chrom`` indexes."""

    names: Sequence[str]
    chrom: npt.NDArray[np.integer]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    label: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.start)

    def subset(self, rows: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Locations:
        """Return the chosen examples, by number or by a mask."""
        return replace(self, chrom=self.chrom[rows], start=self.start[rows], end=self.end[rows], label=self.label[rows])


@dataclass(frozen=True)
class Split:
    """A split that can be stored and applied again.

    Attributes
    ----------
    options
        How it was made.
    chromosomes
        For ``chromosome``: name of the side to its chromosomes.
    fold
        The fold held out for test, from 0; 0 too where there is one split only.
    """

    options: SplitScheme
    chromosomes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fold: int = 0

    def describe(self) -> dict[str, Any]:
        """Return the split as plain values, for metrics and model files."""
        return asdict(self.options) | {
            "chromosomes": {side: list(names) for side, names in self.chromosomes.items()},
            "fold": self.fold,
        }

    def side_of(self, name: str) -> int:
        """Return the side that a region's name, or a fold's number from 1, stands for."""
        folds = self.options.folds
        return SIDES[_side_of_fold(int(name) - 1, self.fold, folds) if folds else name]

    @classmethod
    def restore(cls, stored: Mapping[str, Any]) -> Split:
        """Undo :meth:`describe`."""
        values = dict(stored)
        chromosomes, fold = values.pop("chromosomes", {}), int(values.pop("fold", 0))
        for name in ("test_chromosomes", "validation_chromosomes"):
            values[name] = tuple(values.get(name, ()))
        values["regions"] = tuple((c, int(s), int(e), n) for c, s, e, n in values.get("regions", ()))
        return cls(SplitScheme(**values), chromosomes, fold)

    def sides(self, places: Locations) -> npt.NDArray[np.int8]:
        """Assign each sentence to a side.

        Returns
        -------
        numpy.ndarray
            int8, :data:`TRAIN`, :data:`VALIDATION`, :data:`TEST`, or :data:`EXCLUDED` for sentences without a
            label and for those too near a block of another side.
        """
        sides = _ASSIGN[self.options.method](self, places)
        sides[places.label < 0] = EXCLUDED
        return sides


def make_splits(places: Locations, options: SplitScheme) -> list[Split]:
    """Plan one split, or one a fold; see :func:`make_split`."""
    return [make_split(places, options, fold=fold) for fold in range(options.members)]


def make_split(places: Locations, options: SplitScheme, *, fold: int = 0) -> Split:
    """Plan a split of labelled sentences and check that it can be learnt from.

    Raises
    ------
    InputError
        If there is only one class, if chromosomes are too few for ``chromosome``, or if a side is empty or
        lacks a class.
    """
    labelled = places.label >= 0
    present = np.unique(places.label[labelled])
    if len(present) < 2:
        found = {0: "depleted", 1: "introgressed"}.get(int(present[0]) if len(present) else -1)
        raise InputError(
            f"all {int(labelled.sum()):,} labelled sentences are {found}" if found else "no sentence has a label",
            remedy="training needs windows of both classes, named introgressed and depleted",
        )
    if options.method == "file" and not {chrom for chrom, *_ in options.regions} & set(places.names):
        regions = sorted({chrom for chrom, *_ in options.regions})
        raise InputError(
            f"no region of the fold file lies where the sentences do ({shortlist(regions)}; {shortlist(places.names)})",
            remedy="give regions of the same build, with the same names of chromosomes",
        )
    chromosomes = _choose_chromosomes(places, options, fold) if options.method == "chromosome" else {}
    split = Split(options, chromosomes, fold)
    sides = split.sides(places)
    for name, side in SIDES.items():
        classes = np.unique(places.label[sides == side])
        if len(classes) < 2:
            have = int((sides == side).sum())
            raise InputError(
                f"the {name} side of the split {options.method}{f', fold {fold + 1},' if options.folds else ''} "
                + (f"holds one class only ({have:,} sentences)" if have else "is empty"),
                remedy="choose other chromosomes, smaller blocks or another split",
            )
    return split


def _choose_chromosomes(places: Locations, options: SplitScheme, fold: int) -> dict[str, list[str]]:
    """Give whole chromosomes to test and validation: the smallest first, the largest always left for training."""
    counts = np.bincount(places.chrom[places.label >= 0], minlength=len(places.names))
    present = {name: int(count) for name, count in zip(places.names, counts, strict=True) if count}
    if len(present) < 3:
        raise InputError(
            f"the sentences lie on {len(present)} chromosome(s) ({shortlist(present)}), and --split chromosome "
            "needs three, one a side",
            remedy="use --split block",
        )
    if options.folds:
        return _fold_of_chromosomes(present, options.folds, fold)
    named = {"test": list(options.test_chromosomes), "validation": list(options.validation_chromosomes)}
    unknown = [name for names in named.values() for name in names if name not in present]
    if unknown:
        raise InputError(
            f"no labelled sentence lies on {shortlist(unknown)}",
            remedy=f"choose among {shortlist(present, limit=30)}",
        )
    both = set(named["test"]) & set(named["validation"])
    if both:
        raise UsageError(f"{shortlist(sorted(both))} is named for test and for validation")
    free = sorted(
        (name for name in present if name not in {*named["test"], *named["validation"]}),
        key=lambda name: (present[name], name),
    )
    total = sum(present.values())
    for side, share, reserve in (
        ("test", TEST_SHARE, 2 - bool(named["validation"])),
        ("validation", VALIDATION_SHARE, 1),
    ):
        if not named[side]:
            while len(free) > reserve and sum(present[name] for name in named[side]) < share * total:
                named[side].append(free.pop(0))
    if not free:
        raise InputError("no chromosome is left for training", remedy="name fewer for test and validation")
    return {"train": sorted(free), "validation": sorted(named["validation"]), "test": sorted(named["test"])}


def _fold_of_chromosomes(present: Mapping[str, int], folds: int, held: int) -> dict[str, list[str]]:
    """Share chromosomes among folds, the largest first and each to the fold with the fewest sentences so far."""
    if len(present) < folds:
        raise InputError(
            f"the sentences lie on {len(present)} chromosome(s), too few for {folds} folds",
            remedy="ask for fewer folds, or use --split block",
        )
    names: list[list[str]] = [[] for _ in range(folds)]
    sizes = [0] * folds
    for name in sorted(present, key=lambda name: (-present[name], name)):
        lightest = sizes.index(min(sizes))
        names[lightest].append(name)
        sizes[lightest] += present[name]
    chosen: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for fold in range(folds):
        chosen[_side_of_fold(fold, held, folds)] += names[fold]
    return {side: sorted(names) for side, names in chosen.items()}


def _side_of_fold(fold: int, held: int, folds: int) -> str:
    return "test" if fold == held else "validation" if fold == (held + 1) % folds else "train"


def _by_chromosome(split: Split, places: Locations) -> npt.NDArray[np.int8]:
    side_of = {name: SIDES[side] for side, names in split.chromosomes.items() for name in names}
    table = np.array([side_of.get(name, EXCLUDED) for name in places.names], dtype=np.int8)
    sides: npt.NDArray[np.int8] = table[places.chrom]
    return sides


def _shuffled_sides(count: int, split: Split, stream: int) -> npt.NDArray[np.int8]:
    """Assign ``count`` units at random, in the shares of test and validation, at least one each if there are three.

    With folds, units are dealt to folds of equal size, the same whichever fold is held out.
    """
    order = np.random.default_rng([split.options.seed, stream]).permutation(count)
    folds = split.options.folds
    if folds:
        dealt = np.array([split.side_of(str(fold + 1)) for fold in range(folds)], dtype=np.int8)
        sides = np.empty(count, dtype=np.int8)
        sides[order] = dealt[np.arange(count) % folds]
        return sides
    test = max(1, round(TEST_SHARE * count))
    validation = max(1, round(VALIDATION_SHARE * count))
    sides = np.full(count, TRAIN, dtype=np.int8)
    sides[order[:test]] = TEST
    sides[order[test : test + validation]] = VALIDATION
    return sides


def _by_name(places: Locations) -> npt.NDArray[np.int64]:
    """Give the number of each sentence's chromosome by name: a split is the same however a file numbers them."""
    rank = np.argsort(np.argsort(places.names, kind="stable"), kind="stable")
    numbers: npt.NDArray[np.int64] = rank[places.chrom]
    return numbers


def _by_block(split: Split, places: Locations) -> npt.NDArray[np.int8]:
    """Assign blocks of the genome; which blocks there are depends on the labelled sentences alone."""
    size, gap = split.options.block_size, split.options.gap
    per = int(places.end.max() // size) + 2
    base = _by_name(places) * per
    block = base + places.start // size
    known = np.unique(block[places.label >= 0])
    table = np.full(len(places.names) * per, EXCLUDED, dtype=np.int8)
    table[known] = _shuffled_sides(len(known), split, 1)
    sides: npt.NDArray[np.int8] = table[block]
    left = table[base + np.maximum(places.start - gap, 0) // size]
    right = table[base + np.minimum((places.end - 1 + gap) // size, per - 1)]
    for other in (left, right):  # a window that reaches into, or lies near, a block of another side
        sides[(other != sides) & (other != EXCLUDED)] = EXCLUDED
    return sides


def _by_interval(split: Split, places: Locations) -> npt.NDArray[np.int8]:
    """Assign runs of overlapping or touching windows of one class whole."""
    number = interval_numbers(places)
    sides = _shuffled_sides(int(number.max()) + 1, split, 2)
    assigned: npt.NDArray[np.int8] = sides[number]
    return assigned


def interval_numbers(places: Locations) -> npt.NDArray[np.int64]:
    """Give overlapping windows one number, and touching ones of one class too."""
    named = _by_name(places)
    order = np.lexsort((places.end, places.start, named))
    label = places.label[order]
    start, end = end_to_end(named[order], places.start[order], places.end[order])
    reach = np.maximum.accumulate(end)  # long rows first would otherwise hide overlaps
    fresh = np.ones(len(order), dtype=bool)
    touching = (start[1:] == reach[:-1]) & (label[1:] == label[:-1])
    fresh[1:] = ~((start[1:] < reach[:-1]) | touching)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    return number


def _at_random(split: Split, places: Locations) -> npt.NDArray[np.int8]:
    labelled = np.flatnonzero(places.label >= 0)
    sides = np.full(len(places), EXCLUDED, dtype=np.int8)
    sides[labelled] = _shuffled_sides(len(labelled), split, 3)
    return sides


def _by_region(split: Split, places: Locations) -> npt.NDArray[np.int8]:
    """Give a sentence the side of the region it starts in, unless it reaches a region of another side."""
    number = {name: index for index, name in enumerate(places.names)}
    rows = [
        (number[chrom], start, end, split.side_of(name))
        for chrom, start, end, name in split.options.regions
        if chrom in number
    ]
    # Sorted as the sentences number their chromosomes: a BED may list chr10 before chr2.
    chrom, start, end, side = np.array(sorted(rows), dtype=np.int64).reshape(-1, 4).T
    longest = max(int(places.end.max(initial=0)), int(end.max(initial=0)))
    regions = IntervalSet(*end_to_end(chrom, start, end, longest=longest))
    begin, stop = end_to_end(places.chrom, places.start, places.end, longest=longest)
    own, last = regions.find(begin), np.searchsorted(regions.start, stop, side="left") - 1
    changes = np.concatenate([[0], np.cumsum(side[1:] != side[:-1]), [0]])  # the last one: for no region
    sides = np.append(side, EXCLUDED)[own].astype(np.int8)
    sides[changes[own] != changes[last]] = EXCLUDED
    return sides


_ASSIGN = {
    "chromosome": _by_chromosome,
    "block": _by_block,
    "interval": _by_interval,
    "random": _at_random,
    "file": _by_region,
}
