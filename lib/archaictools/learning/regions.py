"""Splits as regions of the genome: what a network has seen, and fold files to write down and to read.

A split says which sentences are on which side; its territory says the same of places, so that it holds for sentences
that were not there when it was made: other windows of the same chromosomes and blocks.
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

_PLACE = ["chrom", "start", "end"]


@dataclass(frozen=True)
class SeenRegions:
    """Parts of the genome as sorted intervals that neither overlap nor touch, 0-based half-open.

    Attributes
    ----------
    chrom
        Name of each interval's chromosome; those of one chromosome stand together.
    start, end
        int64.
    """

    chrom: Sequence[str]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]

    def touches(self, chrom: str, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell which intervals of one chromosome share a base with the territory."""
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


def seen_by(split: Split, places: Locations, lengths: Mapping[str, int]) -> SeenRegions:
    """Return what a network trained on a split has seen: the territory of its training and validation sides."""
    regions = _regions_of(split, places, lengths)
    seen = regions[regions["side"].isin([SIDES["train"], SIDES["validation"]])]
    merged = merge_table(seen)
    return SeenRegions(
        merged["chrom"].astype(str).tolist(),
        merged["start"].to_numpy(dtype=np.int64),
        merged["end"].to_numpy(dtype=np.int64),
    )


def distance_between_sides(locations: Locations, sides: npt.NDArray[np.int8]) -> int | None:
    """Return the fewest bases between locations of different sides: 0 where two overlap or touch.

    None where no chromosome has locations of two sides.
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
    """Choose who predicts what.

    Parameters
    ----------
    blind
        (members, places): the member saw nothing of the place.

    Returns
    -------
    asked
        bool (members, places): those that saw nothing; all where every one saw something.
    seen
        bool (places,): where every one did.
    """
    seen = np.asarray(~blind.any(axis=0))
    return blind | seen, seen


def fold_table(splits: Sequence[Split], places: Locations, lengths: Mapping[str, int]) -> pd.DataFrame:
    """Return the regions of a split as BED4: the name is the side, or with folds the number of the fold, from 1.

    Raises
    ------
    UsageError
        For a random split, of which no region speaks.
    """
    options = splits[0].options
    if options.method == "random":
        raise UsageError("a random split puts overlapping windows on different sides: no fold file can say which")
    parts = []
    for split in splits:
        regions = _regions_of(split, places, lengths)
        if options.folds:
            part = regions[regions["side"] == TEST].assign(name=str(split.fold + 1))
        else:
            part = regions[regions["side"] != EXCLUDED]
            part = part.assign(name=part["side"].map({number: name for name, number in SIDES.items()}))
        parts += [merge_table(rows).assign(name=name) for name, rows in part.groupby("name")]
    table = pd.concat(parts).sort_values(_PLACE, kind="stable")
    if options.method == "block" and options.gap:
        table = _apart(table, options.gap, window=int((places.end - places.start).max()))
    return table[[*_PLACE, "name"]].reset_index(drop=True)


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
    ).sort_values(_PLACE, kind="stable")
    chrom, start, end = (table[name].to_numpy() for name in _PLACE)
    clash = np.flatnonzero((chrom[1:] == chrom[:-1]) & (start[1:] < end[:-1]))
    if len(clash):
        row = int(clash[0])
        raise InputError(
            f"regions {table['name'].iloc[row]} and {table['name'].iloc[row + 1]} overlap at "
            f"{chrom[row]}:{start[row + 1]:,}",
            path=path,
            remedy="give every base one side",
        )
    columns = (table[name].tolist() for name in [*_PLACE, "name"])
    regions: tuple[Region, ...] = tuple(zip(*columns, strict=True))
    return SplitScheme(method="file", regions=regions, folds=folds, seed=seed)


def _regions_of(split: Split, places: Locations, lengths: Mapping[str, int]) -> pd.DataFrame:
    """Return ``chrom, start, end, side`` of a split's units: chromosomes, blocks, given regions, or windows."""
    options = split.options
    if options.method == "chromosome":
        rows = [
            (name, 0, lengths[name], SIDES[side])
            for side, names in split.chromosomes.items()
            for name in names
            if name in lengths
        ]
        return pd.DataFrame(rows, columns=[*_PLACE, "side"])
    if options.method == "file":
        rows = [(chrom, start, end, split.side_of(name)) for chrom, start, end, name in options.regions]
        return pd.DataFrame(rows, columns=[*_PLACE, "side"])
    sides = split.sides(places)
    used = np.flatnonzero(sides != EXCLUDED)
    frame = pd.DataFrame(
        {
            "chrom": np.array(places.names, dtype=object)[places.chrom[used]],
            "start": places.start[used],
            "end": places.end[used],
            "side": sides[used],
        }
    )
    if options.method == "block":  # a window's side is that of the block it starts in
        first = frame["start"] // options.block_size * options.block_size
        last = np.maximum(first + options.block_size, frame["end"])
        length = frame["chrom"].map(lengths).to_numpy()
        frame = frame.assign(start=first, end=np.minimum(last, length)).drop_duplicates()
    return frame
