"""Splits as regions of the genome: the regions that a network has seen, and fold files.

A split assigns examples to sides. Its regions do the same for the genome, so that they also apply to examples that did
not exist when the split was made: other windows of the same chromosomes and blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.intervals import EMPTY_SET, IntervalSet, merge_table, runs_of_equal
from archaictools.io.bed import read_bed
from archaictools.learning.splits import EXCLUDED, FEWEST_FOLDS, SIDES, TEST, Locations, Region, Split, SplitScheme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

_LOCATION = ["chrom", "start", "end"]


@dataclass(frozen=True)
class SeenRegions:
    """Parts of the genome as sorted intervals that neither overlap nor touch, 0-based half-open.

    Attributes
    ----------
    chrom
        Name of each interval's chromosome; those of one chromosome are consecutive.
    start, end
        int64.
    """

    chrom: Sequence[str]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]

    def touches(self, chrom: str, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return which intervals of one chromosome share a base with these regions: bool (intervals,)."""
        return self._sets.get(chrom, EMPTY_SET).overlaps(start, end)

    @cached_property
    def _sets(self) -> dict[str, IntervalSet]:
        first, last = (ends.tolist() for ends in runs_of_equal(np.array(self.chrom, dtype=object)))
        return {self.chrom[a]: IntervalSet(self.start[a:b], self.end[a:b]) for a, b in zip(first, last, strict=True)}

    def joined(self, other: SeenRegions, *, rename: Callable[[str], str]) -> SeenRegions:
        """Return these regions and those of another set, whose chromosomes get other names."""
        names = [*self.chrom, *map(rename, other.chrom)]
        start, end = (np.concatenate([getattr(self, side), getattr(other, side)]) for side in ("start", "end"))
        return SeenRegions(names, start, end)


def seen_by(split: Split, locations: Locations, lengths: Mapping[str, int]) -> SeenRegions:
    """Return the regions that a network trained on a split has seen: its training and validation sides."""
    regions = _regions_of(split, locations, lengths)
    seen = regions[regions["side"].isin([SIDES["train"], SIDES["validation"]])]
    merged = merge_table(seen)
    return SeenRegions(
        merged["chrom"].astype(str).tolist(),
        merged["start"].to_numpy(dtype=np.int64),
        merged["end"].to_numpy(dtype=np.int64),
    )


def distance_between_sides(locations: Locations, sides: npt.NDArray[np.int8]) -> int | None:
    """Return the fewest bases between locations of different sides: 0 if two overlap or touch.

    None if no chromosome has locations of two sides.
    """
    distances = []
    order = np.argsort(locations.chrom, kind="stable")
    for first, last in zip(*runs_of_equal(locations.chrom[order]), strict=True):
        rows = order[first:last]
        of_sides = (rows[sides[rows] == side] for side in SIDES.values())
        sets = [IntervalSet.merged(locations.start[some], locations.end[some]) for some in of_sides if len(some)]
        distances += [int(one.distance(other.start, other.end).min()) for one, other in combinations(sets, 2)]
    return min(distances, default=None)


def out_of_fold(blind: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Select, for each location, the fold models that did not train on it.

    Parameters
    ----------
    blind
        bool (members, locations): the member has not seen the location.

    Returns
    -------
    used
        bool (members, locations): the members that have not seen it; all members if every one has.
    seen
        bool (locations,): every member has seen it.
    """
    seen = np.asarray(~blind.any(axis=0))
    return blind | seen, seen


def fold_table(splits: Sequence[Split], locations: Locations, lengths: Mapping[str, int]) -> pd.DataFrame:
    """Return the regions of a split as BED4: the name is the side, or with folds the number of the fold, from 1.

    Raises
    ------
    UsageError
        For a random split, which has no regions.
    """
    options = splits[0].options
    if options.method == "random":
        raise UsageError("a random split puts overlapping windows on different sides: it has no regions to write")
    parts = []
    for split in splits:
        regions = _regions_of(split, locations, lengths)
        if options.folds:
            part = regions[regions["side"] == TEST].assign(name=str(split.fold + 1))
        else:
            part = regions[regions["side"] != EXCLUDED]
            part = part.assign(name=part["side"].map({number: name for name, number in SIDES.items()}))
        parts += [merge_table(rows).assign(name=name) for name, rows in part.groupby("name")]
    table = pd.concat(parts).sort_values(_LOCATION, kind="stable")
    if options.method == "block" and options.gap:
        table = _apart(table, options.gap, window=int((locations.end - locations.start).max()))
    return table[[*_LOCATION, "name"]].reset_index(drop=True)


def _apart(table: pd.DataFrame, gap: int, *, window: int) -> pd.DataFrame:
    """Shorten regions by a gap where they touch one of another name.

    A window has the side of the region that it starts in, so a region ends the length of a window earlier still.
    """
    meet = (table["end"] == table["start"].shift(-1)) & (table["chrom"] == table["chrom"].shift(-1))
    meet &= table["name"] != table["name"].shift(-1)
    after = meet.shift(1, fill_value=False)
    shorter = table.assign(start=table["start"] + gap * after, end=table["end"] - (gap + window - 1) * meet)
    return shorter[shorter["start"] < shorter["end"]]


def read_folds(path: Path, *, seed: int = 1) -> SplitScheme:
    """Read a fold file: BED4 whose names are ``train``, ``validation`` and ``test``, or folds numbered from 1.

    Raises
    ------
    InputError
        If names are neither, if regions of different names overlap, or if folds are fewer than three.
    """
    frame = read_bed(path)
    named = set(frame["name"])
    if named <= set(SIDES):
        folds = 0
    elif all(name.isdecimal() for name in named):
        folds = len(named)
        if named != {str(number + 1) for number in range(folds)} or folds < FEWEST_FOLDS:
            raise InputError(
                f"has folds {', '.join(sorted(named, key=int)[:10])}, expected {FEWEST_FOLDS} or more, numbered from 1",
                path=path,
            )
    else:
        odd = sorted(name for name in named if name not in SIDES and not name.isdecimal())
        raise InputError(
            f"names a region {(odd or sorted(named))[0]!r}, expected train, validation and test, or numbers of folds",
            path=path,
        )
    table = pd.concat(
        [merge_table(rows).assign(name=name) for name, rows in frame.groupby("name", sort=True)]
    ).sort_values(_LOCATION, kind="stable")
    chrom, start, end = (table[name].to_numpy() for name in _LOCATION)
    clash = np.flatnonzero((chrom[1:] == chrom[:-1]) & (start[1:] < end[:-1]))
    if len(clash):
        row = int(clash[0])
        raise InputError(
            f"regions {table['name'].iloc[row]} and {table['name'].iloc[row + 1]} overlap at "
            f"{chrom[row]}:{start[row + 1]:,}",
            path=path,
            remedy="give every base one side",
        )
    columns = (table[name].tolist() for name in [*_LOCATION, "name"])
    regions: tuple[Region, ...] = tuple(zip(*columns, strict=True))
    return SplitScheme(method="file", regions=regions, folds=folds, seed=seed)


def _regions_of(split: Split, locations: Locations, lengths: Mapping[str, int]) -> pd.DataFrame:
    """Return ``chrom, start, end, side`` of a split's units: chromosomes, blocks, given regions, or windows."""
    options = split.options
    if options.method == "chromosome":
        rows = [
            (name, 0, lengths[name], SIDES[side])
            for side, names in split.chromosomes.items()
            for name in names
            if name in lengths
        ]
        return pd.DataFrame(rows, columns=[*_LOCATION, "side"])
    if options.method == "file":
        rows = [(chrom, start, end, split.side_of(name)) for chrom, start, end, name in options.regions]
        return pd.DataFrame(rows, columns=[*_LOCATION, "side"])
    sides = split.sides(locations)
    used = np.flatnonzero(sides != EXCLUDED)
    frame = pd.DataFrame(
        {
            "chrom": np.array(locations.names, dtype=object)[locations.chrom[used]],
            "start": locations.start[used],
            "end": locations.end[used],
            "side": sides[used],
        }
    )
    if options.method == "block":  # a window's side is that of the block it starts in
        first = frame["start"] // options.block_size * options.block_size
        last = np.maximum(first + options.block_size, frame["end"])
        length = frame["chrom"].map(lengths).to_numpy()
        frame = frame.assign(start=first, end=np.minimum(last, length)).drop_duplicates()
    return frame
