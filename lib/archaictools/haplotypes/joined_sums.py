"""Sums of parts of a run, joined over people and chromosomes to those of the whole run.

Parts are groups of people, chromosomes, or both. Every person must be in one part on each chromosome, because a mean
over some of the people, or a desert of some of them, is not that of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError
from archaictools.haplotypes.likeness import joined_sites, unlike_training
from archaictools.haplotypes.match_rates import ExpectedRates
from archaictools.haplotypes.segment_calls import ORDER, SegmentNamer
from archaictools.haplotypes.segments import ChromosomeSums
from archaictools.haplotypes.sums_layout import SumsHead
from archaictools.io.chromosomes import joined_lengths
from archaictools.io.schema import shown
from archaictools.io.sorted_merge import merge_sorted, rows_of_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    import pandas as pd

    from archaictools.haplotypes.likeness import Density, SiteCounts
    from archaictools.haplotypes.sums_file import SumsFile


class JoinedSums:
    """Sums of several files; memory contains one chromosome of sums, and some thousand segments.

    Parameters
    ----------
    parts
        The files. Haplotypes come in the order of the parts. Chromosomes come in the order of
        :func:`archaictools.io.chromosomes.joined_lengths`.

    Attributes
    ----------
    head
        What they are about.
    bins
        Chromosomes with bins, name to number of bins.

    Raises
    ------
    InputError
        If parts differ in encoding, options, model or lengths of chromosomes, if a person is twice on a chromosome, or
        if one is missing there.
    """

    def __init__(self, parts: Sequence[SumsFile]) -> None:
        first = parts[0]
        for part in parts[1:]:
            _check_same(part, first)
        haplotypes = list(dict.fromkeys(named for part in parts for named in part.head.haplotypes))
        self.head = SumsHead(
            encoding=first.head.encoding,
            calling=first.head.calling,
            lengths=joined_lengths([(part.path, part.head.lengths) for part in parts]),
            haplotypes=haplotypes,
        )
        row = {named: number for number, named in enumerate(haplotypes)}
        self._rows = {part.path: np.array([row[named] for named in part.head.haplotypes]) for part in parts}
        with_bins = {chrom: [part for part in parts if chrom in part.bins] for chrom in self.head.lengths}
        self._parts = {chrom: own for chrom, own in with_bins.items() if own}
        self.bins = {chrom: own[0].bins[chrom] for chrom, own in self._parts.items()}
        for chrom in self.bins:
            self._check_people(chrom)

    def _check_people(self, chrom: str) -> None:
        """Raise InputError unless every haplotype is in exactly one part of a chromosome."""
        owner: dict[tuple[str, int], SumsFile] = {}
        for part in self._parts[chrom]:
            for named in part.head.haplotypes:
                other = owner.setdefault(named, part)
                if other is not part:
                    raise InputError(
                        f"{shown(named[0])} on {chrom} is also in {other.path}",
                        path=part.path,
                        remedy="give each person on a chromosome in one part",
                    )
        for sample, number in self.head.haplotypes:
            if (sample, number) not in owner:
                raise InputError(
                    f"{shown(sample)} has no sums on {chrom}, unlike {shown(next(iter(owner))[0])}",
                    path=self._parts[chrom][0].path,
                    remedy="give all parts of the run",
                )

    def sums(self, chrom: str) -> ChromosomeSums:
        """Return the sums over all haplotypes on a chromosome."""
        whole: ChromosomeSums | None = None
        sites: list[SiteCounts | None] = []
        for part in self._parts[chrom]:
            one = part.sums(chrom)
            sites.append(one.sites)
            if whole is None:
                archaic = len(self.head.encoding.archaic)
                whole = ChromosomeSums.empty(one.length, one.size, len(self.head.haplotypes), archaic)
            whole.callable += one.callable
            whole.carriers += one.carriers
            whole.total += one.total
            whole.covered |= one.covered
            whole.bases[self._rows[part.path]] = one.bases
            whole.outside[self._rows[part.path]] = one.outside
        assert whole is not None
        whole.sites = joined_sites(sites)
        return whole

    def unlike_training(self) -> dict[str, tuple[Density, ...]]:
        """Return what is unlike the training, see :func:`archaictools.haplotypes.likeness.unlike_training`."""
        sites = {chrom: joined_sites(part.sites(chrom) for part in own) for chrom, own in self._parts.items()}
        return unlike_training(sites, self.head.encoding)

    def outside(self, chrom: str) -> npt.NDArray[np.int64]:
        """Return the rare alleles of haplotypes outside of their segments: int64 (haplotypes, archaic samples, 3)."""
        whole = np.zeros((len(self.head.haplotypes), len(self.head.encoding.archaic), 3), dtype=np.int64)
        for part in self._parts[chrom]:
            whole[self._rows[part.path]] = part.outside(chrom)
        return whole

    def unshared(self, chrom: str) -> npt.NDArray[np.int64]:
        """Return counts of rare non-REF alleles that no archaic sample shares: int64 (archaic samples, 2)."""
        return np.asarray(sum(part.unshared(chrom) for part in self._parts[chrom]), dtype=np.int64)

    def segments(self, chrom: str) -> Iterator[pd.DataFrame]:
        """Yield the segments of a chromosome in their order, some at a time."""
        parts = self._parts[chrom]
        rows = rows_of_each(len(parts))
        return merge_sorted([part.segments(chrom, rows=rows) for part in parts], ORDER)

    def namer(self) -> SegmentNamer:
        """Return what names the sources of these segments, which takes one reading of all."""
        archaic = self.head.encoding.archaic
        expected = ExpectedRates(self.head.haplotypes, self.outside)
        namer = SegmentNamer(archaic, {chrom: self.unshared(chrom) for chrom in self.bins}, expected)
        for chrom in self.bins if archaic else ():
            for segments in self.segments(chrom):
                namer.add(segments)
        return namer


def _check_same(part: SumsFile, first: SumsFile) -> None:
    """Raise InputError if two parts are not of the same model, encoding and options."""
    own, other = (
        {**one.head.encoding.to_dict(), **one.head.calling.to_dict(), "patterns": None} for one in (part, first)
    )
    for name, value in own.items():
        if value == other[name]:
            continue
        if name == "model":
            problem = f"is of another model than {first.path}"
        else:
            shown_values = [shown(str(one).replace("_", " ")) for one in (value, other[name])]
            problem = f"has {name.replace('_', ' ')} {shown_values[0]}, but {first.path} has {shown_values[1]}"
        raise InputError(problem, path=part.path, remedy="merge parts of one run, with the same model and options")
