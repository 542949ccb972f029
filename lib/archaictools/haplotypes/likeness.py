"""Whether the data of a chromosome look like the simulations that the pretrained model was trained on.

Two densities are compared with those of the training: variable sites of the outgroup (its diversity), and private
alleles, which a haplotype of the ingroup carries and the outgroup lacks. Where one of them is far off, posteriors are
not reliable. Little archaic sequence is then no sign of absence.

Counts are whole numbers, and private alleles are counted in some haplotypes of each group of people. So the counts of a
run that is divided by people add up to those of the whole run.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from archaictools.errors import shortlist
from archaictools.haplotypes.allele_classes import ARCHAIC, FREQUENCIES
from archaictools.haplotypes.diversity import watterson
from archaictools.haplotypes.feature_layout import TILE
from archaictools.haplotypes.people_file import UNLIKE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from archaictools.haplotypes.encoding import HaplotypeEncoding
    from archaictools.haplotypes.feature_file import FeatureFile

log = logging.getLogger("archaictools")


class Range(NamedTuple):
    """Range of a density in the training, with a margin."""

    low: float
    high: float

    def __str__(self) -> str:
        """Return the range as a reader sees it.

        Examples
        --------
        >>> str(Range(0.6, 2.8)), str(Range(0.3, float("inf")))
        ('0.6 to 2.8', '0.3 or more')
        """
        return f"{self.low:g} to {self.high:g}" if self.high < float("inf") else f"{self.low:g} or more"

    def holds(self, value: float) -> bool:
        """Whether a value is inside; NaN, a value that is not known, is not outside."""
        return not (value < self.low or value > self.high)


#: Range of the outgroup's diversity: variable sites for each kb by Watterson's estimate. In training it was 1.0 (9K19)
#: to 2.2 (10J19); real Yoruba have 1.2. Less is corrected for: at 0.62 F1 was 0.88, but at 0.5 it was 0.55 (seeds 41
#: and 42).
DIVERSITY = Range(0.6, 2.8)

#: The same with an archaic genome, where posteriors depend less on it: at half the diversity of the training (0.55,
#: 5R19) F1 was 0.97.
DIVERSITY_WITH_ARCHAIC = Range(0.3, float("inf"))

#: Range of private alleles for each kb and haplotype: 0.016 to 0.26 in training, most of them with an outgroup of five.
#: A history of bonobos, whose ghost source is far older, has 2.0.
PRIVATE = Range(0.01, 0.5)

#: The same with an archaic genome.
PRIVATE_WITH_ARCHAIC = Range(0.01, 0.5)

#: Most haplotypes of a group of people in which private alleles are counted, evenly spaced.
MOST_HAPLOTYPES = 8

#: Private alleles of haplotypes with fewer callable bases together are not compared: chance alone would move them.
MIN_BASES = 2_000_000

#: Bins of a haplotype that are read at a time: 2 MB of counts.
_BLOCK = 64 * TILE

#: Names of the densities, and what they are.
NAMES = {
    "diversity": "the outgroup's diversity is {} per kb",
    "private alleles": "private alleles are {} per kb and haplotype",
}

#: What follows from data unlike the training.
RELIABLE = "Posteriors are not reliable there; their ranking may be"

_LOWER, _FACT = f"{RELIABLE[0].lower()}{RELIABLE[1:]}", "unlike training"

#: Classes of alleles that the outgroup lacks.
_ABSENT = slice(FREQUENCIES.index("absent") * len(ARCHAIC), (FREQUENCIES.index("absent") + 1) * len(ARCHAIC))


@dataclass(frozen=True, kw_only=True)
class SiteCounts:
    """Counts of one chromosome, of which the densities are made.

    Attributes
    ----------
    variable, bases
        Variable sites of the outgroup, and callable bases; the same in every group of people.
    private, called
        Private alleles of some haplotypes, and the callable bases in which these haplotypes have calls.
    """

    variable: int
    bases: int
    private: int
    called: int


def joined_sites(parts: Iterable[SiteCounts | None]) -> SiteCounts | None:
    """Return the counts of all groups of people together; None if those of a group are not known."""
    found = list(parts)
    known = [own for own in found if own is not None]
    if not known or len(known) < len(found):
        return None
    return SiteCounts(
        variable=max(own.variable for own in known),
        bases=max(own.bases for own in known),
        private=sum(own.private for own in known),
        called=sum(own.called for own in known),
    )


class Density(NamedTuple):
    """A density that is outside its range: a key of :data:`NAMES`, the value, and the range."""

    name: str
    value: float
    range: Range


def count_sites(features: FeatureFile, chrom: str) -> SiteCounts:
    """Count variable sites of the outgroup, and private alleles of up to :data:`MOST_HAPLOTYPES` haplotypes of a group.

    Haplotypes are read in blocks of bins, so memory does not grow with the chromosome.
    """
    names = ("outgroup_variable", "callable", "typed")
    variable, bases, typed = (int(features.shared(chrom, name).sum(dtype=np.int64)) for name in names)
    exists, private, called = features.exists(chrom), 0, 0
    rows = (row for group in features.groups for row in _spaced(group) if exists[row] and typed)
    for row in rows:  # one by one: HDF5 is slow at every third row
        own, lost = slice(row, row + 1), 0
        for first in range(0, features.bins[chrom], _BLOCK):
            bins = slice(first, first + _BLOCK)
            private += int(features.counts(chrom, own, bins)[..., _ABSENT].sum(dtype=np.int64))
            lost += int(features.missing(chrom, own, bins).sum(dtype=np.int64))
        called += bases * max(0, typed - lost) // typed
    return SiteCounts(variable=variable, bases=bases, private=private, called=called)


def _spaced(group: slice) -> range:
    """Return evenly spaced rows of a group, :data:`MOST_HAPLOTYPES` at most."""
    return range(group.start, group.stop, -(-(group.stop - group.start) // MOST_HAPLOTYPES))


def densities_off(counts: SiteCounts, encoding: HaplotypeEncoding) -> tuple[Density, ...] | None:
    """Return the densities that are outside of their range, or None if the data are too few to tell.

    Too few are fewer than :data:`archaictools.haplotypes.diversity.MIN_SITES` sites of the outgroup, or, where its
    diversity is in the range, less than :data:`MIN_BASES`.

    Parameters
    ----------
    counts
        Those of a chromosome.
    encoding
        Tells the size of the outgroup, and whether an archaic genome is named.
    """
    diversity = watterson(counts.variable, counts.bases, encoding.outgroup)
    if np.isnan(diversity):
        return None
    private = 1_000 * counts.private / counts.called if counts.called >= MIN_BASES else float("nan")
    ranges = (DIVERSITY_WITH_ARCHAIC, PRIVATE_WITH_ARCHAIC) if encoding.archaic else (DIVERSITY, PRIVATE)
    values = zip(NAMES, (diversity, private), ranges, strict=True)
    off = tuple(Density(name, value, expected) for name, value, expected in values if not expected.holds(value))
    return None if np.isnan(private) and not off else off


def is_unlike(counts: SiteCounts | None, encoding: HaplotypeEncoding) -> bool | None:
    """Whether a chromosome is unlike the training; None if that is not known, as without counts."""
    found = None if counts is None else densities_off(counts, encoding)
    return None if found is None else bool(found)


def unlike_training(
    counts: Mapping[str, SiteCounts | None], encoding: HaplotypeEncoding
) -> dict[str, tuple[Density, ...]]:
    """Return the densities that are outside of their range, by chromosome; chromosomes like the training are left out.

    Parameters
    ----------
    counts
        Those of each chromosome, or None where they are not known.
    encoding
        See :func:`densities_off`.
    """
    found = {chrom: densities_off(own, encoding) for chrom, own in counts.items() if own is not None}
    return {chrom: off for chrom, off in found.items() if off}


def describe(found: Mapping[str, tuple[Density, ...]]) -> str:
    """Return sentences about chromosomes unlike the training: which density is off, its values and its range."""
    first, *others = _parts(found)
    sentences = [f"unlike the training: {first}", *(f"{text[0].upper()}{text[1:]}" for text in others), RELIABLE]
    return ". ".join([*sentences, "Little archaic sequence does not mean none"])


def _parts(found: Mapping[str, tuple[Density, ...]]) -> Iterator[str]:
    for name, text in NAMES.items():
        own = {chrom: one for chrom, off in found.items() for one in off if one.name == name}
        if own:
            values = [f"{value:.3g}" for value in sorted(one.value for one in own.values())]
            span = values[0] if values[0] == values[-1] else f"{values[0]} to {values[-1]}"
            expected = next(iter(own.values())).range
            yield f"{text.format(span)} ({expected} in training) on {shortlist(list(own))}"


def warn_if_unlike(found: Mapping[str, tuple[Density, ...]]) -> dict[str, str]:
    """Warn of chromosomes unlike the training, and return the fact about them; none if all are like it."""
    if not found:
        return {}
    log.warning("%s", describe(found))
    shown = [f"{chrom} ({', '.join(f'{one.name} {one.value:.3g}' for one in off)})" for chrom, off in found.items()]
    return {_FACT: f"{shortlist(shown)}: {_LOWER}"}


def warn_of_people(people: pd.DataFrame) -> dict[str, str]:
    """Warn of people on chromosomes unlike the training, and return the fact about them; none without such people.

    Parameters
    ----------
    people
        See :class:`archaictools.haplotypes.tables.PeopleCounts`; files of earlier releases lack the column.
    """
    unlike = int((people[UNLIKE] > 0).sum()) if UNLIKE in people else 0
    if not unlike:
        return {}
    text = f"{unlike:,} of {len(people):,} people have bases on chromosomes unlike the training"
    log.warning("%s: see the column %s. %s. Little archaic sequence does not mean none", text, UNLIKE, RELIABLE)
    return {_FACT: f"{unlike:,} of {len(people):,} people: {_LOWER}"}
