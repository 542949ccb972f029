"""Samples to encode: ingroup, outgroup and archaic samples, and their files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from archaictools.errors import UsageError, shortlist
from archaictools.haplotypes.sample_names import read_individuals, read_names
from archaictools.io.vcf import header_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class SampleSets:
    """Samples to encode, and their files.

    Attributes
    ----------
    vcf
        VCF or BCF files of modern samples; each holds all samples, for its chromosomes.
    ingroup, outgroup
        Names of modern samples, in ``vcf``; no sample is in both.
    archaic
        Names of archaic samples, in ``vcf`` or in ``archaic_vcf``.
    archaic_vcf
        VCF or BCF files of archaic samples.
    elsewhere
        Samples of the whole ingroup that are in other shards.
    groups, first_group
        Number in ``ingroup`` of the first sample of each group, and number of the first group in the whole ingroup.

    Raises
    ------
    UsageError
        If a sample is named twice.
    """

    vcf: tuple[Path, ...]
    ingroup: tuple[str, ...]
    outgroup: tuple[str, ...]
    archaic: tuple[str, ...] = ()
    archaic_vcf: tuple[Path, ...] = ()
    elsewhere: tuple[str, ...] = ()
    groups: tuple[int, ...] = (0,)
    first_group: int = 0

    def __post_init__(self) -> None:
        times = Counter([*self.ingroup, *self.outgroup, *self.archaic])
        again = sorted(name for name, number in times.items() if number > 1)
        if again:
            raise UsageError(
                f"{shortlist(again)} is named more than once; a sample is in one of --ingroup, --outgroup and --archaic"
            )
        if self.archaic_vcf and not self.archaic:
            raise UsageError("--archaic-vcf needs --archaic, the names of its archaic samples")

    @property
    def haplotypes(self) -> list[tuple[str, int]]:
        """Sample and haplotype (1 or 2) of every row."""
        return [(name, number) for name in self.ingroup for number in (1, 2)]

    def divided(self, together: int, shard: tuple[int, int]) -> SampleSets:
        """Return the samples of one shard, with their groups.

        Groups are those of the whole ingroup; see :func:`group_starts`. A shard is a run of whole groups, and the
        numbers of groups in two shards differ by one at most.

        Parameters
        ----------
        together
            Largest number of samples in a group.
        shard
            Number of the shard, from 1, and number of shards.

        Raises
        ------
        UsageError
            If there are more shards than groups.

        Examples
        --------
        >>> people = SampleSets(vcf=(), ingroup=("a", "b", "c", "d", "e"), outgroup=("o",))
        >>> second = people.divided(2, (2, 2))
        >>> second.ingroup, second.groups, second.first_group
        (('b', 'c', 'd', 'e'), (0, 2), 1)
        """
        starts = group_starts(len(self.ingroup), together)
        number, shards = shard
        if shards > len(starts):
            raise UsageError(
                f"--people-shard {number}/{shards} names {shards:,} shards, but the {len(self.ingroup):,} samples of "
                f"the ingroup make {len(starts):,} group{'s' * (len(starts) > 1)} of --together {together:,}; give "
                f"{len(starts):,} shard{'s' * (len(starts) > 1)} at most"
            )
        first, last = ((place * len(starts)) // shards for place in (number - 1, number))
        ends = [*starts.tolist(), len(self.ingroup)]
        own = slice(ends[first], ends[last])
        return replace(
            self,
            ingroup=self.ingroup[own],
            elsewhere=(*self.ingroup[: own.start], *self.ingroup[own.stop :]),
            groups=tuple(start - own.start for start in ends[first:last]),
            first_group=first,
        )


def read_sample_sets(
    vcf: tuple[Path, ...],
    archaic_vcf: tuple[Path, ...],
    *,
    ingroup: Iterable[str],
    outgroup: Iterable[str],
    archaic: Iterable[str],
    individuals: Path | None,
) -> SampleSets:
    """Read the names of all samples.

    Parameters
    ----------
    vcf, archaic_vcf
        Files of modern and of archaic samples.
    ingroup, outgroup, archaic
        Names or files of names; see :func:`archaictools.haplotypes.sample_names.read_names`.
    individuals
        JSON file of hmmix in place of ``ingroup`` and ``outgroup``.

    Raises
    ------
    UsageError
        If a set is empty, or a sample is named twice.
    InputError
        If a file of names cannot be understood.
    """

    @cache
    def known() -> frozenset[str]:
        return samples_in((*vcf, *archaic_vcf))

    if individuals:
        inner, outer = read_individuals(individuals)
    else:
        inner, outer = read_names(ingroup, known), read_names(outgroup, known)
    if not inner or not outer:
        raise UsageError("--ingroup and --outgroup must each name at least one sample")
    return SampleSets(
        vcf=vcf, ingroup=inner, outgroup=outer, archaic=read_names(archaic, known), archaic_vcf=archaic_vcf
    )


def samples_in(paths: Iterable[Path]) -> frozenset[str]:
    """Return the samples of all files."""
    found: set[str] = set()
    for path in paths:
        found.update(header_of(path).samples)
    return frozenset(found)


def group_starts(samples: int, together: int) -> npt.NDArray[np.int64]:
    """Return the number of the first sample of each group: int64 (groups,).

    Groups have at most ``together`` samples, and their sizes differ by one at most.

    Examples
    --------
    >>> group_starts(26, 12).tolist()
    [0, 8, 17]
    """
    number = -(-samples // together)
    return np.arange(number) * samples // number
