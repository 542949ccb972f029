"""Core haplotypes: places where several haplotypes carry archaic segments, with their carriers and frequency.

A core is a longest run of bases at each of which at least n haplotypes have a segment. Overlapping segments are so
reduced to the part that is common to n carriers, as in maps of introgressed haplotypes. A haplotype with a segment that
overlaps the core is a carrier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.intervals import depth, overlapping_pairs
from archaictools.io.bed import score
from archaictools.io.tables import NA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Int = npt.NDArray[np.int64]

COLUMNS = [
    "chrom", "start", "end", "core", "length", "haplotypes", "people", "peak", "with_data", "frequency", "populations",
    "sources", "carriers",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CoreRule:
    """What a core is.

    Attributes
    ----------
    haplotypes
        Fewest haplotypes with a segment at each base.
    length
        Minimum length in bp.
    """

    haplotypes: int
    length: int


def find_cores(
    segments: pd.DataFrame,
    rule: CoreRule,
    *,
    haplotypes: Sequence[tuple[str, int]],
    populations: Mapping[str, str],
    with_data: pd.DataFrame | None,
) -> tuple[pd.DataFrame, int]:
    """Return the core haplotypes, and how many were shorter than the minimum.

    Parameters
    ----------
    segments
        ``chrom, start, end, sample, haplotype, source``.
    rule
        What a core is.
    haplotypes
        Sample and number of every haplotype that was read.
    populations
        Population of a sample by name.
    with_data
        ``chrom, start, end, haplotypes``: how many haplotypes have data, see
        :func:`archaictools.haplotypes.callable_file.read_callable_counts`; None if it is not known.

    Returns
    -------
    pandas.DataFrame
        :data:`COLUMNS`, in the order of the segments' chromosomes and by start. ``core`` is a name. ``haplotypes`` and
        ``people``: carriers. ``peak``: most carriers at one base. ``with_data``: mean number of haplotypes with data.
        ``frequency``: mean share of these that have a segment, over the bases of the core; NaN if it is not known.
        ``populations``: carriers by haplotypes read (``CEU:5/20``). ``sources``: carriers by the source of their
        longest segment in the core (``Altai:4,ambiguous:1``). ``carriers``: ``SAMPLE_HAPLOTYPE``, by commas.
    int
        Number of runs that were left out because they are shorter than the rule's length.
    """
    sizes = pd.Series([populations.get(sample, "") for sample, _ in haplotypes], dtype=str).value_counts()
    parts: list[pd.DataFrame] = []
    found = short = 0
    for chrom, own in segments.groupby("chrom", sort=False, observed=True):
        start, end = (own[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        first, last, bases, peak = _runs(start, end, rule.haplotypes)
        long = last - first >= rule.length
        short += int((~long).sum())
        first, last, bases, peak = first[long], last[long], bases[long], peak[long]
        data = _mean_with_data(with_data, str(chrom), first, last)
        frequency = np.divide(bases / (last - first), data, out=np.full(len(first), np.nan), where=data > 0)
        carried = _carriers(own.reset_index(drop=True), first, last)
        frame = pd.DataFrame(
            {
                "chrom": str(chrom),
                "start": first,
                "end": last,
                "core": [f"core_{number}" for number in range(found + 1, found + len(first) + 1)],
                "length": last - first,
                "haplotypes": [len(one) for one in carried],
                "people": [one["sample"].nunique() for one in carried],
                "peak": peak,
                "with_data": data,
                "frequency": np.minimum(frequency, 1),
                "populations": [_by_population(one, populations, sizes) for one in carried],
                "sources": [_by_source(one) for one in carried],
                "carriers": [_names(one) for one in carried],
            }
        )
        found += len(frame)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS), short


def cores_bed(cores: pd.DataFrame) -> pd.DataFrame:
    """Return cores as BED6: the name is that of the core, the score 1000 times the frequency.

    Where a frequency is not known, it is a BED4 without scores, since a score of 0 would be a frequency of 0.
    """
    frame = cores[["chrom", "start", "end"]].assign(name=cores["core"])
    if cores["frequency"].isna().any():
        return frame
    return frame.assign(score=score(cores["frequency"].to_numpy(dtype=np.float64)), strand=".")


def _runs(start: Int, end: Int, least: int) -> tuple[Int, Int, Int, Int]:
    """Return the longest runs of bases in enough segments: starts, ends, bases of segments, most segments at a base."""
    left, right, number = depth(start, end)
    kept = number >= least
    left, right, number = left[kept], right[kept], number[kept]
    fresh = np.ones(len(left), dtype=bool)
    fresh[1:] = left[1:] != right[:-1]
    first = np.flatnonzero(fresh)
    if not len(first):
        none = np.zeros(0, dtype=np.int64)
        return none, none, none, none
    last = np.append(first[1:], len(left)) - 1
    bases = np.add.reduceat((right - left) * number, first)
    return left[first], right[last], bases, np.maximum.reduceat(number, first)


def _mean_with_data(with_data: pd.DataFrame | None, chrom: str, first: Int, last: Int) -> npt.NDArray[np.float64]:
    """Return the mean number of haplotypes with data in each core; NaN if it is not known."""
    if with_data is None:
        return np.full(len(first), np.nan)
    own = with_data[with_data["chrom"] == chrom].sort_values("start")
    start, end, count = (own[name].to_numpy(dtype=np.int64) for name in ("start", "end", "haplotypes"))
    total = np.concatenate([[0], np.cumsum((end - start) * count)])

    def before(position: Int) -> Int:
        number = np.searchsorted(start, position, side="right")
        reach = np.concatenate([[0], end])[number]
        within = np.concatenate([[0], count])[number]
        return np.asarray(total[number] - np.maximum(reach - position, 0) * within)

    return np.asarray((before(last) - before(first)) / np.maximum(last - first, 1))


def _carriers(segments: pd.DataFrame, first: Int, last: Int) -> list[pd.DataFrame]:
    """Return ``sample, haplotype, source`` of the carriers of each core, sorted; the source is that of most bases."""
    start, end = (segments[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    core, row = overlapping_pairs(first, last, start, end)
    pairs = segments.loc[row, ["sample", "haplotype", "source"]].reset_index(drop=True)
    pairs["core"] = core
    pairs["bases"] = np.minimum(end[row], last[core]) - np.maximum(start[row], first[core])
    pairs = pairs.sort_values(["core", "sample", "haplotype", "bases", "source"], ascending=[True] * 3 + [False, True])
    pairs = pairs.drop_duplicates(["core", "sample", "haplotype"])
    groups = dict(iter(pairs.groupby("core")))
    return [groups[number] for number in range(len(first))]


def _by_population(carriers: pd.DataFrame, populations: Mapping[str, str], sizes: pd.Series[int]) -> str:
    if not populations:
        return NA
    count = carriers["sample"].map(lambda name: populations.get(name, "")).value_counts()
    return ",".join(f"{name or NA}:{int(count.get(name, 0))}/{int(sizes[name])}" for name in sorted(sizes.index))


def _by_source(carriers: pd.DataFrame) -> str:
    counts = carriers["source"].value_counts().sort_index()
    return ",".join(f"{name}:{count}" for name, count in counts.items())


def _names(carriers: pd.DataFrame) -> str:
    pairs = zip(carriers["sample"].tolist(), carriers["haplotype"].tolist(), strict=True)
    return ",".join(f"{name}_{haplotype}" for name, haplotype in pairs)
