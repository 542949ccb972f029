"""Assign examples to train, validation and test.

A split measures a model only if the test side shares nothing with the training side. Windows near each other share
sequence (overlap, repeats, haplotype), so whole chromosomes are held out by default. ``block`` and ``interval`` hold
out smaller units. ``random`` puts overlapping windows on different sides, and is reported as leaky. ``file`` takes
regions and their sides, or folds, from the user.

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

#: Fewest folds: one for test, one for validation, one for training.
FEWEST_FOLDS = 3

#: Smallest fraction of the labelled examples for test, and then for validation.
TEST_SHARE, VALIDATION_SHARE = 0.20, 0.10


@dataclass(frozen=True, kw_only=True)
class SplitScheme:
    """How examples are divided, with the regions of a fold file; it is stored with a model.

    Attributes
    ----------
    method
        ``chromosome``, ``block``, ``interval``, ``random`` or ``file``.
    test_chromosomes, validation_chromosomes
        Names for ``chromosome``; empty to choose by size and name.
    block_size, gap
        For ``block``, in bp: length of a block, and the distance from a block of another side within which a window is
        excluded.
    seed
        Seed of the random assignment of blocks, intervals or examples.
    folds
        Number of folds, each held out once; 0 for one split.
    regions
        For ``file``: ``(chrom, start, end, name)``, 0-based half-open, sorted. The name is a side or the number of a
        fold.

    Raises
    ------
    UsageError
        If values contradict each other.
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
    """Locations and labels of examples, as parallel arrays.

    Attributes
    ----------
    names
        Chromosomes.
    chrom
        Index into ``names``, (examples,).
    start, end
        int64 (examples,), 0-based and half-open.
    label
        int8 (examples,): 1 introgressed, 0 depleted, -1 unknown.
    """

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
    """A split that can be stored and applied to other examples.

    Attributes
    ----------
    options
        How it was made.
    chromosomes
        For ``chromosome``: side to its chromosomes.
    fold
        The fold held out for test, from 0; also 0 if there is one split only.
    """

    options: SplitScheme
    chromosomes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fold: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the split as plain values, for metrics and model files."""
        return asdict(self.options) | {
            "chromosomes": {side: list(names) for side, names in self.chromosomes.items()},
            "fold": self.fold,
        }

    def side_of(self, name: str) -> int:
        """Return the side of a region, given its name: a side, or the number of a fold (from 1)."""
        folds = self.options.folds
        return SIDES[_side_of_fold(int(name) - 1, self.fold, folds) if folds else name]

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Split:
        """Rebuild a split from :meth:`to_dict`."""
        values = dict(stored)
        chromosomes, fold = values.pop("chromosomes", {}), int(values.pop("fold", 0))
        for name in ("test_chromosomes", "validation_chromosomes"):
            values[name] = tuple(values.get(name, ()))
        values["regions"] = tuple((c, int(s), int(e), n) for c, s, e, n in values.get("regions", ()))
        return cls(SplitScheme(**values), chromosomes, fold)

    def sides(self, locations: Locations) -> npt.NDArray[np.int8]:
        """Assign each example to a side.

        Returns
        -------
        numpy.ndarray
            int8 (examples,): :data:`TRAIN`, :data:`VALIDATION`, :data:`TEST`, or :data:`EXCLUDED` for examples without
            a label and for those too near a block of another side.
        """
        sides = _ASSIGN[self.options.method](self, locations)
        sides[locations.label < 0] = EXCLUDED
        return sides


def make_splits(locations: Locations, options: SplitScheme) -> list[Split]:
    """Plan one split, or one a fold; see :func:`make_split`."""
    return [make_split(locations, options, fold=fold) for fold in range(options.members)]


def make_split(locations: Locations, options: SplitScheme, *, fold: int = 0) -> Split:
    """Plan a split, and check that every side has examples of both classes.

    Raises
    ------
    InputError
        If there is only one class, if there are too few chromosomes for ``chromosome``, or if a side is empty or lacks
        a class.
    """
    labelled = locations.label >= 0
    present = np.unique(locations.label[labelled])
    if len(present) < 2:
        found = {0: "depleted", 1: "introgressed"}.get(int(present[0]) if len(present) else -1)
        raise InputError(
            f"all {int(labelled.sum()):,} labelled sentences are {found}" if found else "no sentence has a label",
            remedy="training needs windows of both classes, named introgressed and depleted",
        )
    if options.method == "file" and not {chrom for chrom, *_ in options.regions} & set(locations.names):
        regions = sorted({chrom for chrom, *_ in options.regions})
        raise InputError(
            f"no region of the fold file contains a sentence ({shortlist(regions)}; {shortlist(locations.names)})",
            remedy="give regions of the same build, with the same chromosome names",
        )
    chromosomes = _choose_chromosomes(locations, options, fold) if options.method == "chromosome" else {}
    split = Split(options, chromosomes, fold)
    sides = split.sides(locations)
    for name, side in SIDES.items():
        classes = np.unique(locations.label[sides == side])
        if len(classes) < 2:
            have = int((sides == side).sum())
            raise InputError(
                f"the {name} side of the split {options.method}{f', fold {fold + 1},' if options.folds else ''} "
                + (f"contains one class only ({have:,} sentences)" if have else "is empty"),
                remedy="choose other chromosomes, smaller blocks or another split",
            )
    return split


def _choose_chromosomes(locations: Locations, options: SplitScheme, fold: int) -> dict[str, list[str]]:
    """Assign whole chromosomes to test and validation, the smallest first; the largest is always left for training."""
    counts = np.bincount(locations.chrom[locations.label >= 0], minlength=len(locations.names))
    present = {name: int(count) for name, count in zip(locations.names, counts, strict=True) if count}
    if len(present) < 3:
        raise InputError(
            f"the sentences are on {len(present)} chromosome(s) ({shortlist(present)}), but --split chromosome "
            "needs three, one per side",
            remedy="use --split block",
        )
    if options.folds:
        return _fold_of_chromosomes(present, options.folds, fold)
    named = {"test": list(options.test_chromosomes), "validation": list(options.validation_chromosomes)}
    unknown = [name for names in named.values() for name in names if name not in present]
    if unknown:
        raise InputError(
            f"no labelled sentence is on {shortlist(unknown)}",
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
    """Distribute chromosomes to folds: the largest first, each to the fold with the fewest examples so far."""
    if len(present) < folds:
        raise InputError(
            f"the sentences are on {len(present)} chromosome(s), too few for {folds} folds",
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


def _by_chromosome(split: Split, locations: Locations) -> npt.NDArray[np.int8]:
    side_of = {name: SIDES[side] for side, names in split.chromosomes.items() for name in names}
    table = np.array([side_of.get(name, EXCLUDED) for name in locations.names], dtype=np.int8)
    sides: npt.NDArray[np.int8] = table[locations.chrom]
    return sides


def _shuffled_sides(count: int, split: Split, stream: int) -> npt.NDArray[np.int8]:
    """Assign ``count`` units at random, by the fractions of test and validation; at least one each if there are three.

    With folds, units are distributed to folds of equal size, independently of the fold that is held out.
    """
    order = np.random.default_rng([split.options.seed, stream]).permutation(count)
    folds = split.options.folds
    if folds:
        of_fold = np.array([split.side_of(str(fold + 1)) for fold in range(folds)], dtype=np.int8)
        sides = np.empty(count, dtype=np.int8)
        sides[order] = of_fold[np.arange(count) % folds]
        return sides
    test = max(1, round(TEST_SHARE * count))
    validation = max(1, round(VALIDATION_SHARE * count))
    sides = np.full(count, TRAIN, dtype=np.int8)
    sides[order[:test]] = TEST
    sides[order[test : test + validation]] = VALIDATION
    return sides


def _by_name(locations: Locations) -> npt.NDArray[np.int64]:
    """Return the rank of each example's chromosome by name: a split must not depend on the order in a file."""
    rank = np.argsort(np.argsort(locations.names, kind="stable"), kind="stable")
    numbers: npt.NDArray[np.int64] = rank[locations.chrom]
    return numbers


def _by_block(split: Split, locations: Locations) -> npt.NDArray[np.int8]:
    """Assign blocks of the genome; only blocks with labelled examples count."""
    size, gap = split.options.block_size, split.options.gap
    per = int(locations.end.max() // size) + 2
    base = _by_name(locations) * per
    block = base + locations.start // size
    known = np.unique(block[locations.label >= 0])
    table = np.full(len(locations.names) * per, EXCLUDED, dtype=np.int8)
    table[known] = _shuffled_sides(len(known), split, 1)
    sides: npt.NDArray[np.int8] = table[block]
    left = table[base + np.maximum(locations.start - gap, 0) // size]
    right = table[base + np.minimum((locations.end - 1 + gap) // size, per - 1)]
    for other in (left, right):  # a window that reaches into a block of another side, or is near one
        sides[(other != sides) & (other != EXCLUDED)] = EXCLUDED
    return sides


def _by_interval(split: Split, locations: Locations) -> npt.NDArray[np.int8]:
    """Assign whole runs of overlapping windows, or of touching windows of one class."""
    number = interval_numbers(locations)
    sides = _shuffled_sides(int(number.max()) + 1, split, 2)
    assigned: npt.NDArray[np.int8] = sides[number]
    return assigned


def interval_numbers(locations: Locations) -> npt.NDArray[np.int64]:
    """Return the number of each example's run of overlapping windows, or of touching windows of one class."""
    named = _by_name(locations)
    order = np.lexsort((locations.end, locations.start, named))
    label = locations.label[order]
    start, end = end_to_end(named[order], locations.start[order], locations.end[order])
    reach = np.maximum.accumulate(end)  # long rows first would otherwise hide overlaps
    fresh = np.ones(len(order), dtype=bool)
    touching = (start[1:] == reach[:-1]) & (label[1:] == label[:-1])
    fresh[1:] = ~((start[1:] < reach[:-1]) | touching)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    return number


def _at_random(split: Split, locations: Locations) -> npt.NDArray[np.int8]:
    labelled = np.flatnonzero(locations.label >= 0)
    sides = np.full(len(locations), EXCLUDED, dtype=np.int8)
    sides[labelled] = _shuffled_sides(len(labelled), split, 3)
    return sides


def _by_region(split: Split, locations: Locations) -> npt.NDArray[np.int8]:
    """Assign each example to the side of the region it starts in; exclude it if it reaches a region of another side."""
    number = {name: index for index, name in enumerate(locations.names)}
    rows = [
        (number[chrom], start, end, split.side_of(name))
        for chrom, start, end, name in split.options.regions
        if chrom in number
    ]
    # Sorted as the examples number their chromosomes: a BED may list chr10 before chr2.
    chrom, start, end, side = np.array(sorted(rows), dtype=np.int64).reshape(-1, 4).T
    longest = max(int(locations.end.max(initial=0)), int(end.max(initial=0)))
    regions = IntervalSet(*end_to_end(chrom, start, end, longest=longest))
    begin, stop = end_to_end(locations.chrom, locations.start, locations.end, longest=longest)
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
