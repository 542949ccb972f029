"""Rough age of one pulse of introgression: of all people, of each population and of each person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.pulse import populations_of, pulse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archaictools.haplotypes.people_segments import PeopleSegments
    from archaictools.haplotypes.pulse import Population
    from archaictools.progress import Progress

COLUMNS = [
    "level", "name", "haplotypes", "segments", "used", "places", "archaic_share", "related", "generations", "low",
    "high", "years", "years_low", "years_high",
]  # fmt: skip

#: Levels of the table, in their order.
ALL, POPULATION, SAMPLE = "all", "population", "sample"


@dataclass(frozen=True, kw_only=True)
class AgeRule:
    """What an age assumes.

    Attributes
    ----------
    cut
        Shortest segment in bp that counts.
    recombination
        Recombination rate per bp and generation.
    generation
        Years of a generation.
    seed
        Random seed of the interval.
    """

    cut: int
    recombination: float
    generation: float
    seed: int


def ages_of(people: PeopleSegments, rule: AgeRule, *, progress: Progress) -> pd.DataFrame:
    """Return the age of one pulse: a row of :data:`COLUMNS` for all people, each population and each person.

    Parameters
    ----------
    people
        Segments, haplotypes, populations and callable bases.
    rule
        What the age assumes.
    progress
        Advances by rows.

    Returns
    -------
    pandas.DataFrame
        ``used`` are segments of at least the cut, and ``places`` where they are. ``archaic_share`` is that of the
        population; NaN if it is not known, which counts as 0. ``related`` is the probability that two haplotypes of one
        population have a common ancestor since the pulse. Ages and their 95 % intervals are NaN for too few segments;
        see :func:`archaictools.haplotypes.pulse.pulse`.
    """
    every = populations_of(people.segments, people.haplotypes, people.populations)
    rows = [_row(people, ALL, ALL, people.samples, list(every.values()), rule)]
    progress.advance(1)
    for name, members in people.members.items():
        rows.append(_row(people, POPULATION, name, members, [every[name]], rule))
        progress.advance(1)
    for sample in people.samples:
        rows.append(_row(people, SAMPLE, sample, [sample], [every[people.populations.get(sample, "")]], rule))
        progress.advance(1)
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(
    people: PeopleSegments,
    level: str,
    name: str,
    members: Sequence[str],
    populations: Sequence[Population],
    rule: AgeRule,
) -> dict[str, object]:
    """Return one row of the table."""
    segments = people.chosen_of(members)
    share = people.archaic_share([sample for one in populations for sample in one.samples])
    time = pulse(
        segments,
        float(np.nan_to_num(share)),
        populations=populations,
        cut=rule.cut,
        recombination=rule.recombination,
        seed=rule.seed,
    )
    row: dict[str, object] = {
        "level": level,
        "name": name,
        "haplotypes": people.number_of_haplotypes(members),
        "segments": len(segments),
        "used": int((segments["end"] - segments["start"] >= rule.cut).sum()),
        "archaic_share": share,
    }
    if time is None:
        return row
    ages = {"generations": time.generations, "low": time.low, "high": time.high}
    years = {"years": time.generations, "years_low": time.low, "years_high": time.high}
    related = np.nan if time.related is None else time.related
    row |= {"places": time.places, "related": related} | ages
    return row | {key: value * rule.generation for key, value in years.items()}
