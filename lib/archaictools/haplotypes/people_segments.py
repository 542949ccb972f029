"""Segments of people with all that belongs to them: haplotypes read, populations, and regions with data."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError, shortlist
from archaictools.haplotypes.callable_file import read_callable_counts
from archaictools.haplotypes.people_file import populations_of_samples, read_people
from archaictools.haplotypes.segment_file import read_segments
from archaictools.io.naming_styles import match_names, renamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")


@dataclass(frozen=True, kw_only=True, eq=False)
class PeopleSegments:
    """Segments of people.

    Attributes
    ----------
    segments
        ``chrom, start, end, sample, haplotype, posterior, source`` and others, of all sources.
    chosen
        Those of the sources that were asked for.
    haplotypes
        Sample and number of every haplotype that was read, with and without segments.
    populations
        Population of a sample by name; samples without one are left out.
    with_data
        ``chrom, start, end, haplotypes``: how many haplotypes have data; None if it is not known.
    callable
        Callable bases of a sample by name, NaN if not known; None if they are not known of any.
    """

    segments: pd.DataFrame
    chosen: pd.DataFrame
    haplotypes: tuple[tuple[str, int], ...]
    populations: Mapping[str, str] = field(default_factory=dict)
    with_data: pd.DataFrame | None = None
    callable: Mapping[str, float] | None = None

    @cached_property
    def samples(self) -> tuple[str, ...]:
        """Names of the people, in the order of the haplotypes."""
        return tuple(dict.fromkeys(sample for sample, _ in self.haplotypes))

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """People of each population, sorted by its name; people without one are in none."""
        found: dict[str, list[str]] = {}
        for sample in self.samples:
            if sample in self.populations:
                found.setdefault(self.populations[sample], []).append(sample)
        return {name: tuple(found[name]) for name in sorted(found)}

    @cached_property
    def _numbers(self) -> pd.Series[int]:
        return pd.Series([sample for sample, _ in self.haplotypes], dtype=str).value_counts()

    @cached_property
    def _bases(self) -> pd.Series[float]:
        """Bases of the segments of each person: callable ones, if they are known."""
        length = self.segments["end"] - self.segments["start"]
        return self.segments.get("callable", length).groupby(self.segments["sample"]).sum()

    @cached_property
    def _rows(self) -> dict[str, np.ndarray]:
        """Rows of the chosen segments of each person, which are looked up once for each."""
        return {str(name): np.asarray(rows) for name, rows in self.chosen.groupby("sample", sort=False).indices.items()}

    def chosen_of(self, samples: Sequence[str]) -> pd.DataFrame:
        """Return the chosen segments of some people, in the order of the table."""
        rows = [self._rows[sample] for sample in samples if sample in self._rows]
        return self.chosen.iloc[np.sort(np.concatenate([np.zeros(0, dtype=np.intp), *rows]))]

    def number_of_haplotypes(self, samples: Iterable[str]) -> int:
        """Return how many haplotypes of some people were read."""
        return int(self._numbers[list(samples)].sum())

    def archaic_share(self, samples: Sequence[str]) -> float:
        """Return the archaic share of the callable bases of some people, from 0 to 1; NaN if it is not known."""
        if self.callable is not None:
            known = [sample for sample in samples if np.isfinite(self.callable[sample])]
            bases = sum(self.callable[sample] for sample in known)
        elif self.with_data is not None:
            length = self.with_data["end"] - self.with_data["start"]
            whole = float((length * self.with_data["haplotypes"]).sum())
            known, bases = list(samples), whole * self.number_of_haplotypes(samples) / len(self.haplotypes)
        else:
            return float("nan")
        archaic = float(self._bases.reindex(known, fill_value=0).sum())
        return min(1.0, archaic / bases) if bases else float("nan")


def read_people_segments(
    path: Path,
    *,
    summary: Path | None = None,
    groups: Path | None = None,
    callable_file: Path | None = None,
    threshold: float = 0.0,
    sources: Sequence[str] = (),
    tally: Summary,
) -> PeopleSegments:
    """Read segments and the files that belong to them.

    Parameters
    ----------
    path
        Table of segments, see :class:`archaictools.haplotypes.segments.CallResult`.
    summary
        Table of people, see :func:`archaictools.haplotypes.people_file.read_people`. Without it, people without a
        segment are not known, and each person has two haplotypes.
    groups
        Populations, see :func:`archaictools.haplotypes.people_file.read_populations`.
    callable_file
        Callable regions, see :func:`archaictools.haplotypes.callable_file.read_callable_counts`.
    threshold
        Minimum posterior of a segment.
    sources
        Sources of the chosen segments; empty for all.
    tally
        Counts segments that are not used.

    Raises
    ------
    InputError
        If a file cannot be understood, if segments of one haplotype overlap, or if files do not belong together.
    UsageError
        If no segment has a chosen source.
    """
    segments = read_segments(path)
    _refuse_overlaps(segments, path)
    low = segments["posterior"] < threshold
    if low.any():
        tally.add("segments", f"segments below {threshold:g}, not used", int(low.sum()))
    segments = segments[~low].reset_index(drop=True)
    named = list(dict.fromkeys(segments["sample"]))
    bases = None
    if summary:
        people = read_people(summary)
        unknown = [name for name in named if name not in people.index]
        if unknown:
            raise InputError(
                f"has no row of {shortlist(unknown)}, who have segments in {path}",
                path=summary,
                remedy="give the table that was written with these segments",
            )
        haplotypes = [(str(name), side + 1) for name, count in people["haplotypes"].items() for side in range(count)]
        bases = {str(name): float(value) for name, value in people["callable"].items()}
    else:
        haplotypes = [(name, side) for name in named for side in (1, 2)]
        log.warning("without --summary, people without a segment are not known; each person counts as two haplotypes")
    samples = dict.fromkeys(name for name, _ in haplotypes)
    return PeopleSegments(
        segments=segments,
        chosen=_of_sources(segments, sources, tally),
        haplotypes=tuple(haplotypes),
        populations=populations_of_samples(groups, samples, summary or path) if groups else {},
        with_data=_with_data(callable_file, segments, len(haplotypes), tally) if callable_file else None,
        callable=bases,
    )


def _refuse_overlaps(segments: pd.DataFrame, path: Path) -> None:
    """Raise InputError if segments of one haplotype overlap: they would count twice."""
    order = segments.sort_values(["sample", "haplotype", "chrom", "start", "end"], kind="stable")
    before = order.shift()
    same = (order[["sample", "haplotype", "chrom"]] == before[["sample", "haplotype", "chrom"]]).all(axis=1)
    wrong = order[same & (order["start"] < before["end"])]
    if len(wrong):
        sample, haplotype, chrom, start = wrong.iloc[0][["sample", "haplotype", "chrom", "start"]]
        raise InputError(
            f"has two segments of {sample}, haplotype {haplotype}, that overlap at {chrom}:{start:,}",
            path=path,
            remedy="merge the segments of each haplotype first",
        )


def _of_sources(segments: pd.DataFrame, sources: Sequence[str], tally: Summary) -> pd.DataFrame:
    """Return the segments of some sources; raise UsageError if there are none."""
    if not sources:
        return segments
    known = sorted(segments["source"].unique())
    strange = [name for name in sources if name not in known]
    if strange:
        raise UsageError(
            f"no segment has the source {shortlist(strange)}; the sources are {shortlist(known) or 'none'}"
        )
    kept = segments["source"].isin(sources)
    if not kept.all():
        tally.add("segments", "segments of other sources, not used", int((~kept).sum()))
    return segments[kept].reset_index(drop=True)


def _with_data(path: Path, segments: pd.DataFrame, haplotypes: int, tally: Summary) -> pd.DataFrame:
    """Return how many haplotypes have data, by the chromosome names of the segments."""
    table = read_callable_counts(path, haplotypes=haplotypes, tally=tally)
    if (table["haplotypes"] > haplotypes).any():
        raise InputError(
            f"has regions of {int(table['haplotypes'].max()):,} haplotypes, but {haplotypes:,} were read",
            path=path,
            remedy="give --summary, the table of people that was written with these segments",
        )
    known = match_names(table["chrom"].unique(), segments["chrom"].unique(), source=path, tally=tally)
    return table.assign(chrom=renamed(table["chrom"], known))
