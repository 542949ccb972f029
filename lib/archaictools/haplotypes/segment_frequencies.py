"""Frequency of archaic segments in populations, along the genome.

The frequency at a base is the number of a population's haplotypes with a segment there, divided by the number of its
haplotypes with data there. It is NA where no haplotype has data, and where it is not known which haplotypes have data.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError, shortlist
from archaictools.intervals import depth, merge_groups, overlapping_pairs, runs_of_equal
from archaictools.io.chromosomes import bare

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.io.summary import Summary

    Int = npt.NDArray[np.int64]

log = logging.getLogger("archaictools")

#: Columns of the table of frequencies.
COLUMNS = ["chrom", "start", "end", "population", "haplotypes", "carriers", "frequency"]

#: In place of a number of haplotypes: some have data, but it is not known which.
UNKNOWN = -1


@dataclass(frozen=True)
class DataRuns:
    """How many haplotypes of each population have data along one chromosome.

    Attributes
    ----------
    start, end
        int64 (runs,), 0-based and half-open, sorted, not overlapping; no haplotype has data elsewhere.
    haplotypes
        int64 (populations, runs): number of haplotypes with data, or :data:`UNKNOWN`.
    """

    start: Int
    end: Int
    haplotypes: Int


class HaplotypeData:
    """Haplotypes with data, from the outputs of ``predict``.

    Attributes
    ----------
    populations
        Names of the populations, in the order of the people.
    haplotypes
        Number of haplotypes of each population, by name.
    chromosomes
        Chromosomes with data, by name.
    """

    def __init__(self, haplotypes: Mapping[str, int], chromosomes: Mapping[str, DataRuns]) -> None:
        self.haplotypes = dict(haplotypes)
        self.populations = list(haplotypes)
        self.chromosomes = dict(chromosomes)

    @classmethod
    def of_counts(
        cls, people: Mapping[str, int], populations: Mapping[str, str], regions: pd.DataFrame
    ) -> HaplotypeData:
        """Return the haplotypes with data from counts over all people.

        Where some haplotypes lack data, the counts do not tell which: the numbers are :data:`UNKNOWN` there.

        Parameters
        ----------
        people
            Number of haplotypes of each person that was looked at.
        populations
            Population of each person; people without one are in no population.
        regions
            ``chrom, start, end, haplotypes``, sorted by start; see
            :func:`archaictools.haplotypes.callable_file.read_callable_counts`.
        """
        sizes: Counter[str] = Counter()
        for name, number in people.items():
            if name in populations:
                sizes[populations[name]] += number
        whole, every = sum(people.values()), np.array(list(sizes.values()), dtype=np.int64)
        found = {}
        for chrom, rows in regions.groupby("chrom", sort=False):
            start, end, counts = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end", "haplotypes"))
            order = np.argsort(start, kind="stable")
            known = np.where(counts[order] >= whole, every[:, None], UNKNOWN)
            found[str(chrom)] = DataRuns(start[order], end[order], known)
        return cls(sizes, found)

    @classmethod
    def of_features(cls, features: FeatureFile, populations: Mapping[str, str]) -> HaplotypeData:
        """Return the haplotypes with data from the file that was predicted, which knows them one by one."""
        owner = [populations.get(sample) for sample, _ in features.haplotypes]
        sizes = Counter(name for name in owner if name is not None)
        number = {name: place for place, name in enumerate(sizes)}
        member = np.array([-1 if name is None else number[name] for name in owner])
        found = {}
        for chrom, bins in features.bins.items():
            counts = np.zeros((len(sizes), bins), dtype=np.int64)
            for rows in features.groups:
                known = features.read(chrom, rows)
                for place in range(len(sizes)):
                    counts[place] += known[member[rows] == place].sum(axis=0)
            edges = features.edges(chrom)
            first, last = _runs_of_columns(counts)
            there = counts[:, first].any(axis=0)
            found[chrom] = DataRuns(edges[first[there]], edges[last[there]], counts[:, first[there]])
        return cls(sizes, found)


def check_people(
    segments: pd.DataFrame,
    people: Collection[str],
    populations: Mapping[str, str],
    *,
    path: Path,
    tally: Summary,
) -> None:
    """Check that segments, people and populations belong together; count people without a population.

    Parameters
    ----------
    segments
        Table of segments.
    people
        People in whom segments were called.
    populations
        Population of each person.
    path
        The file of the segments, named in errors.
    tally
        Counts people and segments that are in no population.

    Raises
    ------
    InputError
        If a segment is of a person in whom none was called, or if no person has a population.
    """
    strangers = sorted(set(segments["sample"]) - set(people))
    if strangers:
        raise InputError(
            f"has segments of {shortlist(strangers)}, who are not among the people in whom segments were called",
            path=path,
            remedy="give --summary or --words of the same run of predict",
        )
    without = [name for name in people if name not in populations]
    if without and len(without) == len(people):
        raise InputError(
            f"has people ({shortlist(without)}) of whom --groups names none",
            path=path,
            remedy="name the people as the VCF does",
        )
    if without:
        lost = int(segments["sample"].isin(without).sum())
        log.warning(
            "%s of the people have no population, and are left out: %s", f"{len(without):,}", shortlist(without)
        )
        tally.add("segments", "segments of people without a population, not used", lost)


def _runs_of_columns(counts: Int) -> tuple[Int, Int]:
    """Return where each run of equal columns begins and ends."""
    change = (counts[:, 1:] != counts[:, :-1]).any(axis=0)
    return runs_of_equal(np.concatenate([[0], np.cumsum(change)]))


def frequencies(
    segments: pd.DataFrame,
    data: HaplotypeData,
    populations: Mapping[str, str],
    lengths: Mapping[str, int],
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the frequency of segments in each population, chromosome by chromosome.

    Parameters
    ----------
    segments
        ``chrom, start, end, sample, haplotype``; those of one haplotype may overlap, and count once.
    data
        Haplotypes with data.
    populations
        Population of each person.
    lengths
        Chromosome lengths in bp, as far as they are known, in either style of names.

    Yields
    ------
    tuple
        Name of the chromosome, and its table, :data:`COLUMNS`: one row for each interval in which a population's
        numbers do not change, sorted by start, end and population. The rows of a population cover the chromosome.
    """
    known = {bare(name): length for name, length in lengths.items()}
    for chrom in dict.fromkeys([*data.chromosomes, *map(str, segments["chrom"].unique())]):
        own = segments[segments["chrom"] == chrom]
        nowhere = np.zeros(0, dtype=np.int64)
        runs = data.chromosomes.get(chrom, DataRuns(nowhere, nowhere, np.zeros((len(data.populations), 0), np.int64)))
        reach = max(int(own["end"].max()) if len(own) else 0, int(runs.end.max(initial=0)))
        length = max(known.get(bare(chrom), 0), reach)
        member = own["sample"].map(populations)
        tables = [
            _of_population(name, own[member == name], runs, number, length)
            for number, name in enumerate(data.populations)
        ]
        table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS[1:])
        table.insert(0, "chrom", chrom)
        yield chrom, table.sort_values(["start", "end"], kind="stable").reset_index(drop=True)


def _of_population(name: str, segments: pd.DataFrame, runs: DataRuns, number: int, length: int) -> pd.DataFrame:
    """Return the intervals of one population on a chromosome."""
    haplotype = segments["sample"].astype(str) + "\t" + segments["haplotype"].astype(str)
    places = [segments[end].to_numpy(dtype=np.int64) for end in ("start", "end")]
    _, start, end = merge_groups(pd.factorize(haplotype)[0], *places)
    left, right, carriers = depth(start, end)
    edges = np.unique(np.concatenate([[0, length], left, right, runs.start, runs.end]))
    begin = edges[:-1]
    counts = _at(begin, left, right, carriers)
    with_data = _at(begin, runs.start, runs.end, runs.haplotypes[number])
    first, last = _runs_of_columns(np.array([counts, with_data])) if len(begin) else (begin, begin)
    counts, with_data = counts[first], with_data[first]
    some = with_data > 0
    return pd.DataFrame(
        {
            "start": edges[first],
            "end": edges[last],
            "population": name,
            "haplotypes": pd.array(with_data, dtype="Int64"),
            "carriers": pd.array(counts, dtype="Int64"),
            "frequency": np.divide(counts, with_data, out=np.full(len(first), np.nan), where=some),
        }
    ).assign(
        haplotypes=lambda table: table["haplotypes"].mask(with_data == UNKNOWN),
        carriers=lambda table: table["carriers"].mask((with_data == 0) & (counts == 0)),
    )


def _at(position: Int, start: Int, end: Int, value: Int) -> Int:
    """Return the value of the interval that holds each position, 0 for none."""
    if not len(start):
        return np.zeros(len(position), dtype=np.int64)
    number = np.searchsorted(start, position, side="right") - 1
    inside = (number >= 0) & (position < end[np.maximum(number, 0)])
    return np.where(inside, value[np.maximum(number, 0)], 0)


def highest(table: pd.DataFrame, start: Int, end: Int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.object_]]:
    """Return the highest frequency in each window, and the population that has it.

    Parameters
    ----------
    table
        Frequencies of one chromosome, see :func:`frequencies`.
    start, end
        int64 (windows,), in bp.

    Returns
    -------
    frequency
        float64 (windows,): NaN where no frequency is known.
    population
        Name by window; None where the frequency is 0 or not known. Of equal ones, the first by name.
    """
    known = table[table["frequency"].notna()].sort_values(["frequency", "population"], ascending=[True, False])
    places = [known[name].to_numpy(dtype=np.int64) for name in ("start", "end")]
    window, row = overlapping_pairs(start, end, *places)
    best = np.full(len(start), -1, dtype=np.int64)
    np.maximum.at(best, window, row)
    value, names = known["frequency"].to_numpy(), known["population"].to_numpy()
    frequency = np.full(len(start), np.nan)
    frequency[best >= 0] = value[best[best >= 0]]
    population = np.full(len(start), None, dtype=object)
    some = (best >= 0) & (np.nan_to_num(frequency) > 0)
    population[some] = names[best[some]]
    return frequency, population
