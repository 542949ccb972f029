"""Several words files of haplotypes as one set to learn from: what is one chromosome, and on which side it lies.

Files that share a VCF of modern people (the same simulation beside outgroups of several sizes) show the same
haplotypes: their chromosomes are one unit and never stand on two sides. All haplotypes of a place are on one side too,
since people share tracts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, UsageError
from archaictools.intervals import runs_of_true
from archaictools.learning.splits import EXCLUDED, SIDES, Locations, Split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.learning.regions import SeenRegions

#: Splits that hold out whole stretches of the genome; others would put bins of one tract on both sides.
METHODS = ("chromosome", "block", "file")


@dataclass(frozen=True)
class Unit:
    """One chromosome of one file.

    Attributes
    ----------
    words, chrom
        Where it is.
    name
        Of the place: the chromosome, preceded by the file's name where files hold other people.
    """

    words: FeatureFile
    chrom: str
    name: str

    @property
    def bins(self) -> int:
        """Number of bins."""
        return self.words.bins[self.chrom]


@dataclass(frozen=True)
class Run:
    """Bins [first, last) of a unit, all on one side."""

    unit: Unit
    first: int
    last: int

    @property
    def where(self) -> slice:
        """The bins as a slice."""
        return slice(self.first, self.last)


class Genomes:
    """Labelled words files to learn from.

    Parameters
    ----------
    files
        Of one length of bins.

    Attributes
    ----------
    sources
        Whose haplotypes these are: title of each group of files (empty where there is one only) to digests of VCFs.

    Raises
    ------
    InputError
        If a file has no labels or other bins than the first.
    """

    def __init__(self, files: Sequence[FeatureFile]) -> None:
        self.files = list(files)
        self.size = files[0].alphabet.bin
        for words in files:
            words.require_labels()
            if words.alphabet.bin != self.size:
                raise InputError(
                    f"has bins of {words.alphabet.bin} bp, {files[0].path} of {self.size} bp",
                    path=words.path,
                    remedy="make both with the same --bin",
                )
        groups = _united([_source(words) for words in files])
        firsts = [next(words for words in files if _source(words) <= group) for group in groups]
        titles = _titles(firsts) if len(groups) > 1 else [""]
        self.sources = {title: sorted(group) for title, group in zip(titles, groups, strict=True)}
        self.units = [
            Unit(words, chrom, _place(title, chrom))
            for words in files
            for title, group in zip(titles, groups, strict=True)
            if _source(words) <= group
            for chrom in words.bins
        ]

    @cached_property
    def lengths(self) -> dict[str, int]:
        """Length of every place in bp, each named once."""
        return {unit.name: unit.words.lengths[unit.chrom] for unit in self.units}

    @cached_property
    def places(self) -> Locations:
        """Every bin of every place once; its label is 1 where any haplotype is introgressed."""
        first = {unit.name: unit for unit in reversed(self.units)}
        names = list(self.lengths)
        counts = [first[name].bins for name in names]
        start = np.concatenate([np.arange(count, dtype=np.int64) * self.size for count in counts])
        length = np.repeat([self.lengths[name] for name in names], counts)
        label = [first[name].words.label(first[name].chrom).max(axis=0) for name in names]
        return Locations(
            names,
            np.repeat(np.arange(len(names), dtype=np.uint32), counts),
            start,
            np.minimum(start + self.size, length),
            np.concatenate(label),
        )

    def runs(self, split: Split, side: str) -> Iterator[Run]:
        """Yield the stretches of every unit that lie on a side.

        Raises
        ------
        UsageError
            For a split that does not hold out whole stretches.
        """
        if split.options.method not in METHODS:
            raise UsageError(
                f"--split {split.options.method} would put bins of one tract on both sides; use {' or '.join(METHODS)}"
            )
        sides = split.sides(self.places)
        of_place = {name: sides[self.places.chrom == number] for number, name in enumerate(self.places.names)}
        for unit in self.units:
            here = of_place[unit.name] == SIDES[side]
            for first, last in zip(*runs_of_true(here), strict=True):
                yield Run(unit, int(first), int(last))

    def unused(self, split: Split) -> int:
        """Count bins on no side."""
        return int((split.sides(self.places) == EXCLUDED).sum())


def known_places(sources: Mapping[str, Sequence[str]], words: FeatureFile) -> dict[str, list[str]]:
    """Return under which names a model knows the chromosomes of a words file: none, if it was made of other people.

    Parameters
    ----------
    sources
        :attr:`Genomes.sources` of the training.
    words
        Any words file.
    """
    mine = _source(words)
    titles = [title for title, digests in sources.items() if mine & set(digests)]
    return {chrom: [_place(title, chrom) for title in titles] for chrom in words.bins}


def seen_bins(seen: SeenRegions, names: Sequence[str], edges: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which bins a network has seen: bool (bins,).

    Parameters
    ----------
    seen
        Of a member of the model.
    names
        Those that :func:`known_places` gives the chromosome.
    edges
        Coordinates of the bins, one more than bins.
    """
    found = np.zeros(len(edges) - 1, dtype=bool)
    for name in names:
        found |= seen.touches(name, edges[:-1], edges[1:])
    return found


def _place(title: str, chrom: str) -> str:
    return f"{title}/{chrom}" if title else chrom


def _source(words: FeatureFile) -> frozenset[str]:
    """Tell whose haplotypes a file holds: the digests of its VCFs of modern people, or its own path."""
    inputs = words.provenance.get("inputs", {})
    digests = frozenset(str(found.get("sha256")) for name, found in inputs.items() if name.startswith("vcf_"))
    return digests or frozenset([str(words.path)])


def _united(sources: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Unite sources that share a VCF, in the order of the first of each."""
    groups: list[frozenset[str]] = []
    for source in sources:
        shared = [group for group in groups if group & source]
        groups = [group for group in groups if not group & source]
        groups.append(source.union(*shared))
    return sorted(groups, key=lambda group: next(n for n, source in enumerate(sources) if source <= group))


def _titles(files: Sequence[FeatureFile]) -> list[str]:
    """Name files by their stems, numbered where two have the same."""
    stems = [words.path.name.split(".")[0] for words in files]
    return [
        stem if stems.count(stem) == 1 else f"{stem}-{stems[: number + 1].count(stem)}"
        for number, stem in enumerate(stems)
    ]
