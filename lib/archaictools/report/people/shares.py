"""How much archaic sequence each person carries, by source: what the headline, tables and charts are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.people_file import UNLIKE
from archaictools.haplotypes.sources import AMBIGUOUS, UNMATCHED
from archaictools.haplotypes.tables import ratio
from archaictools.intervals import IntervalSet
from archaictools.report.people.results import once

if TYPE_CHECKING:
    from archaictools.haplotypes.lineages import Lineage
    from archaictools.report.people.results import PeopleResults

#: A segment with at least this mean posterior counts as sure.
SURE = 0.9


def weights(segments: pd.DataFrame) -> pd.Series:
    """Return the bases of each segment: with data, or all of them in a table without that column."""
    bases = segments["callable"] if "callable" in segments else segments["end"] - segments["start"]
    return bases.astype(np.int64)


def column_of(source: str) -> str:
    """Return the column of :func:`shares` for a source; names of sources may equal those of other columns."""
    return f"{source}_percent"


@once
def shares(results: PeopleResults) -> pd.DataFrame:
    """Return one row for each person, in the order of the file.

    Returns
    -------
    pandas.DataFrame
        ``sample``; ``population`` (empty if unknown); ``haplotypes`` with data; ``callable_mb`` of all haplotypes;
        ``percent`` of the callable bases in segments; ``SOURCE_percent`` of the callable bases for each source, with
        archaic genomes; ``segments``; ``mean_kb`` and ``longest_kb``; and ``unlike_training``, percent of the callable
        bases on chromosomes unlike the training. What was not read is NaN. A person without a segment has NaN for the
        lengths.
    """
    people = results.people
    callable_ = _floats(people["callable"])
    read = callable_ > 0
    number = _floats(people["segments"])
    known = read | (np.isnan(callable_) & (number > 0))
    frame = pd.DataFrame(
        {
            "sample": people["sample"].astype(str),
            "population": [results.populations.get(name, "") for name in people["sample"]],
            "haplotypes": people["haplotypes"],
            "callable_mb": callable_ / 1e6,
            "percent": np.where(read, _floats(people["percent"]), np.nan),
        }
    )
    if results.archaic:
        for source in results.sources:
            stored = f"{source.name}_bases"
            bases = _floats(people[stored] if stored in people else _bases_of(results, source.name))
            frame[column_of(source.name)] = 100 * ratio(bases, callable_)
    frame["segments"] = np.where(known, number, np.nan)
    there = known & (number > 0)
    for column, name in (("mean_length", "mean_kb"), ("longest", "longest_kb")):
        frame[name] = np.where(there, _floats(people[column]) / 1e3, np.nan)
    frame[UNLIKE] = 100 * ratio(_floats(people[UNLIKE]), callable_) if UNLIKE in people else np.nan
    return frame


def _bases_of(results: PeopleResults, source: str) -> pd.Series:
    """Return the bases of each person in segments of a source, as the segments tell."""
    own = results.segments[results.segments["source"] == source]
    return results.people["sample"].map(weights(own).groupby(own["sample"]).sum()).fillna(0)


def _floats(column: pd.Series) -> np.ndarray:
    return column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums over all people.

    Attributes
    ----------
    callable, called
        Callable bases of all haplotypes, and those in segments.
    by_source
        Bases in segments by source, the most frequent first.
    sure
        Share of the called bases in segments with a mean posterior of :data:`SURE` or more; NaN without a segment.
    posterior
        Mean posterior of the called bases; NaN without a segment.
    """

    callable: int
    called: int
    by_source: pd.Series
    sure: float
    posterior: float


@once
def totals(results: PeopleResults) -> Totals:
    """Return sums over all people; callable bases are those of the people's table, or of the callable regions."""
    bases = weights(results.segments)
    posterior = results.segments["posterior"].astype(float)
    called = int(bases.sum())
    known = results.people["callable"].dropna()
    regions = results.callable
    whole = known.sum() if len(known) else ((regions["end"] - regions["start"]) * regions["haplotypes"]).sum()
    return Totals(
        callable=int(whole),
        called=called,
        by_source=bases.groupby(results.segments["source"]).sum().sort_values(ascending=False, kind="stable"),
        sure=float(bases[posterior >= SURE].sum() / called) if called else float("nan"),
        posterior=float((bases * posterior).sum() / called) if called else float("nan"),
    )


def of_lineage(results: PeopleResults, lineage: Lineage) -> pd.DataFrame:
    """Return the segments of a lineage: named after one of its genomes, or ambiguous between genomes of it alone.

    A table of an earlier run lacks the columns ``lineage`` and ``closest``; then segments count by their source.
    """
    segments = results.segments
    names = {source.name for source in results.archaic if source.lineage == lineage}
    own = segments["source"].isin(list(names))
    if "lineage" in segments and "closest" in segments:
        within = (segments["source"] == AMBIGUOUS) & ~segments["lineage"].isin([AMBIGUOUS, UNMATCHED])
        own |= within & segments["closest"].astype(str).str.split(",").str[0].isin(list(names))
    return segments[own]


def per_haplotype(results: PeopleResults, rows: pd.DataFrame) -> pd.Series:
    """Return the percentage of the callable bases of a person, both haplotypes added up, that are in some segments.

    Returns
    -------
    pandas.Series
        float64, by sample; NaN for people whose callable bases are not known.
    """
    people = results.people.set_index("sample")
    bases = weights(rows).groupby(rows["sample"]).sum().reindex(people.index, fill_value=0).to_numpy(dtype=float)
    whole = _floats(people["callable"])
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.Series(np.where(whole > 0, 100 * bases / whole, np.nan), index=people.index)


def either_haplotype(results: PeopleResults, rows: pd.DataFrame) -> pd.Series:
    """Return the percentage of positions at which at least one haplotype of a person has one of some segments.

    Positions are the callable bases of a haplotype, in the mean over the person's haplotypes.

    Returns
    -------
    pandas.Series
        float64, by sample; NaN for people whose callable bases are not known.
    """
    people = results.people.set_index("sample")
    positions = _floats(people["callable"]) / np.maximum(_floats(people["haplotypes"]), 1)
    chroms = pd.Index(results.lengths)
    person, chrom = people.index.get_indexer(pd.Index(rows["sample"])), chroms.get_indexer(pd.Index(rows["chrom"]))
    number = person.astype(np.int64) * len(chroms) + chrom.astype(np.int64)
    starts, ends = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    size = max([int(ends.max()) if len(ends) else 0, *results.lengths.values()]) + 1
    merged = IntervalSet.merged(number * size + starts, number * size + ends)  # people and chromosomes end to end
    owner = merged.start // (size * max(1, len(chroms)))
    bases = np.bincount(owner, weights=merged.end - merged.start, minlength=len(people))
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.Series(np.where(positions > 0, 100 * bases / positions, np.nan), index=people.index)
