"""Results of people that a report shows, as tables; :mod:`archaictools.report.people.loading` reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from archaictools.haplotypes.likeness import Density
    from archaictools.haplotypes.lineages import Source


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What haplotypes.h5 tells about the people that were read.

    Attributes
    ----------
    outgroup
        Number of outgroup samples.
    archaic
        Names of archaic samples.
    sites
        Number of sites with a genotype.
    missing
        Fraction of genotypes that each sample lacks, by name; of all sites.
    unphased
        Whether genotypes without phase were read.
    reference_calls
        Whether each archaic genome has REF calls, by name; without them a missing call may be REF.
    bin
        Length of a bin in bp.
    labelled
        Whether true tracts are known.
    unlike_training
        Densities outside of the range of the pretrained model's training, by chromosome; see
        :func:`archaictools.haplotypes.likeness.unlike_training`.
    provenance
        As :func:`archaictools.provenance.record` gives it; of several files, that of the first.
    others
        Provenance of the other files, which have other chromosomes.
    """

    outgroup: int
    archaic: tuple[str, ...]
    sites: int
    missing: Mapping[str, float]
    unphased: bool
    reference_calls: Mapping[str, bool]
    bin: int
    labelled: bool
    unlike_training: Mapping[str, tuple[Density, ...]]
    provenance: Mapping[str, Any]
    others: tuple[Mapping[str, Any], ...] = ()


T = TypeVar("T")


def once(function: Callable[[PeopleResults], T]) -> Callable[[PeopleResults], T]:
    """Compute a table of results when it is first asked for; sections share it, so none may change it."""
    known: WeakKeyDictionary[PeopleResults, T] = WeakKeyDictionary()

    @wraps(function)
    def remembered(results: PeopleResults) -> T:
        if results not in known:
            known[results] = function(results)
        return known[results]

    return remembered


@dataclass(frozen=True, kw_only=True, eq=False)
class PeopleResults:
    """Results of one call of people; two are equal only if they are the same object.

    Coordinates are 0-based and half-open, in bp. All tables use the same chromosome names.

    Attributes
    ----------
    lengths
        Chromosome lengths in bp, in the order of the genome; chromosomes without data are not listed.
    build
        ``hg19``, ``hg38``, or ``genome`` if the lengths are of neither.
    segments
        Table of ``predict --segments``, see :class:`archaictools.haplotypes.segments.CallResult`; at least
        ``chrom, start, end, sample, haplotype, posterior, source``.
    haplotypes
        Sample and haplotype (1 or 2) of every haplotype that was read, in the order of the file.
    sources
        Archaic genomes, then ``ambiguous`` and ``unmatched``, see :mod:`archaictools.haplotypes.lineages`.
    people
        Table of ``predict --summary``, see :class:`archaictools.haplotypes.tables.PeopleCounts`.
    callable
        ``chrom, start, end, haplotypes``: how many haplotypes have data.
    deserts
        BED6 of ``predict --deserts``, or None.
    genes
        Table of ``genes``, see :func:`archaictools.haplotypes.genes.carriers`, or None.
    candidates
        Table of ``candidates``, or None.
    tracks
        Folder of ``predict --bigwig``, or None.
    evaluation
        JSON of ``evaluate --metrics`` on the same haplotypes, or None.
    populations
        Population of a sample by name; samples without one are left out.
    encoded
        Facts of haplotypes.h5, or None.
    record
        JSON of ``predict --record``, or None; of several parts of a run, that of the first.
    other_records
        Those of the other parts, which have the same model and settings.
    files
        SHA-256 of every file of the report, by ``OPTION NAME``.
    """

    lengths: Mapping[str, int]
    build: str
    segments: pd.DataFrame
    haplotypes: tuple[tuple[str, int], ...]
    sources: tuple[Source, ...]
    people: pd.DataFrame
    callable: pd.DataFrame
    deserts: pd.DataFrame | None = None
    genes: pd.DataFrame | None = None
    candidates: pd.DataFrame | None = None
    tracks: Path | None = None
    evaluation: Mapping[str, Any] | None = None
    populations: Mapping[str, str] = field(default_factory=dict)
    encoded: Encoded | None = None
    record: Mapping[str, Any] | None = None
    other_records: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def archaic(self) -> tuple[Source, ...]:
        """Sources that are archaic genomes."""
        return tuple(source for source in self.sources if source.lineage is not None)

    @property
    def named(self) -> tuple[Source, ...]:
        """Archaic genomes, and other sources that occur."""
        occur = set(self.segments["source"])
        return tuple(source for source in self.sources if source.lineage is not None or source.name in occur)

    @property
    def has_truth(self) -> bool:
        """Whether haplotypes.h5 has true tracts; without that file none are known."""
        return self.encoded is not None and self.encoded.labelled
