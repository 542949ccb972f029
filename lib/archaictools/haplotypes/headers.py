"""Checks of the headers of several VCFs: samples of each file, and one genome build for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.errors import InputError, shortlist
from archaictools.io.chromosomes import length_of, other_style
from archaictools.io.vcf import header_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archaictools.haplotypes.archaic_vcf import ArchaicFile
    from archaictools.haplotypes.samples import SampleSets


class Headers:
    """The headers of all VCFs of one run.

    Parameters
    ----------
    sample_sets
        Samples to encode, and their files.
    archaic
        Files of archaic samples.

    Raises
    ------
    InputError
        If the modern samples are spread over several files, or if a file has none of them.
    """

    def __init__(self, sample_sets: SampleSets, archaic: Sequence[ArchaicFile]) -> None:
        self._lengths: dict[Path, Mapping[str, int]] = {}
        samples, opened = {}, {}
        for path in sample_sets.vcf:
            opened[path] = header_of(path)
            samples[path], self._lengths[path] = frozenset(opened[path].samples), opened[path].lengths
        self._lengths |= {one.path: one.lengths for one in archaic}
        modern = [*sample_sets.outgroup, *sample_sets.ingroup]
        anywhere = frozenset().union(*samples.values())
        for path, here in samples.items():
            absent = [name for name in modern if name not in here]
            if len(absent) == len(modern) and here.intersection(sample_sets.archaic):
                raise InputError(
                    f"holds archaic samples ({shortlist(sorted(here.intersection(sample_sets.archaic)))}), but no "
                    "sample of the ingroup or the outgroup",
                    path=path,
                    remedy="give it as --archaic-vcf",
                )
            if absent and anywhere.issuperset(modern):
                other = next(one for one in samples if absent[0] in samples[one])
                raise InputError(
                    f"lacks {shortlist(absent)}, which {other} holds; each --vcf must hold all samples of the ingroup "
                    "and the outgroup",
                    path=path,
                    remedy="merge the files first (bcftools merge). Sites that only one file holds become missing in "
                    "the samples of the other: fill them with bcftools merge --missing-to-ref, or read them with "
                    "--missing reference, if both files hold every site at which their samples differ from REF",
                )
            opened[path].columns(absent)

    def refuse_other_build(self, path: Path, name: str) -> None:
        """Raise InputError if two headers give different lengths for a chromosome.

        Parameters
        ----------
        path
            The file that holds the chromosome.
        name
            Name of the chromosome in that file.
        """
        own = length_of(self._lengths[path], name)
        known, source = {own} if own else set(), path
        for other, header in self._lengths.items():
            found = {length for one in (name, other_style(name)) if (length := header.get(one))}
            if not known:  # without a length here, the other headers are compared
                known, source = found, other
            if found and known.isdisjoint(found):
                raise InputError(
                    f"gives {name} {min(known)} bp in its header, but {other} gives {min(found)} bp: they are of "
                    "different genome builds",
                    path=source,
                    remedy="give files of one build, or lift one file over to the build of the other",
                )
