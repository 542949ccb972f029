"""Several files of haplotypes as one data set: which chromosomes are the same, and on which side of a split they are.

Files made from the same VCF (for example one simulation with outgroups of several sizes) contain the same haplotypes.
Their chromosomes have one name and are always on the same side. All haplotypes of a region are on one side too, since
people share tracts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, UsageError
from archaictools.intervals import runs_of_true
from archaictools.learning.model_file import region_name
from archaictools.learning.splits import EXCLUDED, SIDES, Locations, Split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.learning.regions import SeenRegions

#: Splits that hold out whole regions; others would put bins of one tract on both sides.
METHODS = ("chromosome", "block", "file")


@dataclass(frozen=True)
class Unit:
    """One chromosome of one file.

    Attributes
    ----------
    words, chrom
        The file and the chromosome.
    name
        Name of the region: the chromosome, preceded by the title of its people if there are several groups of people.
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
    """Labelled files of haplotypes to train on.

    Parameters
    ----------
    files
        Files with bins of one length.

    Attributes
    ----------
    sources
        Title of each group of people (empty if there is one group) to the sorted SHA-256 of its VCFs.

    Raises
    ------
    InputError
        If a file has no labels, or bins of another length than the first.
    """

    def __init__(self, files: Sequence[FeatureFile]) -> None:
        self.files = list(files)
        self.size = files[0].encoding.bin
        for words in files:
            words.require_labels()
            if words.encoding.bin != self.size:
                raise InputError(
                    f"has bins of {words.encoding.bin} bp, {files[0].path} of {self.size} bp",
                    path=words.path,
                    remedy="make both with the same --bin",
                )
        groups = _united([frozenset(words.vcf_digests) for words in files])
        firsts = [next(words for words in files if group.issuperset(words.vcf_digests)) for group in groups]
        titles = _titles(firsts) if len(groups) > 1 else [""]
        self.sources = {title: sorted(group) for title, group in zip(titles, groups, strict=True)}
        self.units = [
            Unit(words, chrom, region_name(title, chrom))
            for words in files
            for title, group in zip(titles, groups, strict=True)
            if group.issuperset(words.vcf_digests)
            for chrom in words.bins
        ]

    @cached_property
    def lengths(self) -> dict[str, int]:
        """Length of every chromosome in bp, by its name as a region."""
        return {unit.name: unit.words.lengths[unit.chrom] for unit in self.units}

    @cached_property
    def locations(self) -> Locations:
        """Every bin of every chromosome once; its label is 1 if any haplotype is introgressed."""
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
        """Yield the runs of bins of every unit that are on a side.

        Raises
        ------
        UsageError
            If the split does not hold out whole regions.
        """
        if split.options.method not in METHODS:
            raise UsageError(
                f"--split {split.options.method} would put bins of one tract on both sides; use {' or '.join(METHODS)}"
            )
        sides = split.sides(self.locations)
        of_name = {name: sides[self.locations.chrom == number] for number, name in enumerate(self.locations.names)}
        for unit in self.units:
            here = of_name[unit.name] == SIDES[side]
            for first, last in zip(*runs_of_true(here), strict=True):
                yield Run(unit, int(first), int(last))

    def excluded(self, split: Split) -> int:
        """Return the number of bins on no side."""
        return int((split.sides(self.locations) == EXCLUDED).sum())


def known_names(sources: Mapping[str, Sequence[str]], words: FeatureFile) -> dict[str, list[str]]:
    """Return, for each chromosome of a file, its names in a model: none if the model was trained on other people.

    Parameters
    ----------
    sources
        :attr:`archaictools.learning.model_file.TrainedModel.sources`.
    words
        Any file of haplotypes.
    """
    mine = set(words.vcf_digests)
    titles = [title for title, digests in sources.items() if mine & set(digests)]
    return {chrom: [region_name(title, chrom) for title in titles] for chrom in words.bins}


def seen_bins(seen: SeenRegions, names: Sequence[str], edges: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which bins a network has seen: bool (bins,).

    Parameters
    ----------
    seen
        Regions that a member of the model has seen.
    names
        Names of the chromosome in the model, see :func:`known_names`.
    edges
        Coordinates of the bins, int64 (bins + 1,).
    """
    found = np.zeros(len(edges) - 1, dtype=bool)
    for name in names:
        found |= seen.touches(name, edges[:-1], edges[1:])
    return found


def _united(sources: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Unite sources that share a VCF, in the order of the first of each."""
    groups: list[frozenset[str]] = []
    for source in sources:
        shared = [group for group in groups if group & source]
        groups = [group for group in groups if not group & source]
        groups.append(source.union(*shared))
    return sorted(groups, key=lambda group: next(n for n, source in enumerate(sources) if source <= group))


def _titles(files: Sequence[FeatureFile]) -> list[str]:
    """Name files by their stems, numbered if two have the same."""
    stems = [words.path.name.split(".")[0] for words in files]
    return [
        stem if stems.count(stem) == 1 else f"{stem}-{stems[: number + 1].count(stem)}"
        for number, stem in enumerate(stems)
    ]
