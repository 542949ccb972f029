"""Match rates of segments: what is expected without archaic ancestry, and which archaic individual is closest.

The match rate of a genome is the share of a segment's rare alleles that it shares: ``NAME_shared / NAME_compared``.

**Expected.** Haplotypes without archaic ancestry share rare alleles, too: old ones, and those of recurrent mutations.
The expected rate is that of the same person on the same chromosome outside of its called segments, both haplotypes
together. It does not depend on other people or chromosomes, so a divided run gives the same figure as one run.

**Closest.** ``source`` states what the evidence supports, ``closest`` which genome has the highest match rate among
those that the source leaves possible: all genomes of its lineage. If the source is ambiguous between lineages, these
are the genomes that the evidence does not separate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.sources import AMBIGUOUS, LEVEL, UNMATCHED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.sources import Evidence, Sources


def match_rate(shared: npt.NDArray[np.int64], compared: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the match rate, 0 to 1; NaN where no allele is compared.

    Examples
    --------
    >>> match_rate(np.array([3, 0]), np.array([4, 0])).tolist()
    [0.75, nan]
    """
    unknown = np.full(shared.shape, np.nan)
    return np.asarray(np.divide(shared, compared, out=unknown, where=compared > 0), dtype=np.float64)


class ExpectedRates:
    """Match rates of people outside of their called segments.

    Parameters
    ----------
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    outside
        Returns the counts of a chromosome: int64 (haplotypes, people, 3), see
        :class:`archaictools.haplotypes.segments.ChromosomeSums`. The last chromosome stays in memory.
    """

    def __init__(self, haplotypes: Sequence[tuple[str, int]], outside: Callable[[str], npt.NDArray[np.int64]]) -> None:
        self._number = {name: number for number, name in enumerate(dict.fromkeys(name for name, _ in haplotypes))}
        self._person = np.array([self._number[name] for name, _ in haplotypes], dtype=np.int64)
        self._outside = outside
        self._chrom, self._sums = "", np.zeros((0, 0, 3), dtype=np.int64)

    def of(
        self, chroms: Sequence[str], samples: Sequence[str], no_reference: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """Return the expected match rates of segments, 0 to 1: float64 (segments, people); NaN if nothing is compared.

        Parameters
        ----------
        chroms, samples
            Chromosome and sample of each segment, (segments,).
        no_reference
            bool (segments, people): see :func:`archaictools.haplotypes.sources.without_reference`.
        """
        chrom_of = np.array(chroms, dtype=object)
        person = np.array([self._number[name] for name in samples], dtype=np.int64)
        found = np.full(no_reference.shape, np.nan)
        for chrom in dict.fromkeys(chroms):
            here = chrom_of == chrom
            sums = self._of_people(chrom)[person[here]]
            found[here] = match_rate(sums[..., 1], sums[..., 0] + np.where(no_reference[here], sums[..., 2], 0))
        return found

    def _of_people(self, chrom: str) -> npt.NDArray[np.int64]:
        if chrom != self._chrom:
            counts = self._outside(chrom)
            sums = np.zeros((len(self._number), *counts.shape[1:]), dtype=np.int64)
            np.add.at(sums, self._person, counts)
            self._chrom, self._sums = chrom, sums
        return self._sums


def lineages_and_closest(
    found: Sources,
    evidence: Evidence,
    rates: npt.NDArray[np.float64],
    names: Sequence[str],
    lineages: Sequence[str],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return the lineage of each segment, and the archaic individuals with the highest match rate.

    Parameters
    ----------
    found, evidence
        Sources, and what they rest on.
    rates
        float64 (segments, people): match rates; NaN where a genome is not compared.
    names, lineages
        Name and lineage of each archaic person.

    Returns
    -------
    lineage
        object (segments,): the lineage of all genomes that the source leaves possible;
        :data:`archaictools.haplotypes.sources.AMBIGUOUS` if these are of several, or
        :data:`archaictools.haplotypes.sources.UNMATCHED`.
    closest
        object (segments,): names in their order, joined by commas if rates are equal; None for an unmatched segment.
    """
    segments = len(found.source)
    matched = found.source != UNMATCHED
    if not names or not segments:
        return np.full(segments, UNMATCHED, dtype=object), np.full(segments, None, dtype=object)
    best, rows = found.best, np.arange(segments)
    possible = evidence.ratios[rows, best] < LEVEL
    possible[rows, best] = True
    kinds = {kind: number for number, kind in enumerate(dict.fromkeys(lineages))}
    kind_of = np.array([kinds[kind] for kind in lineages])
    alike = kind_of == kind_of[best][:, None]  # segments, people: of the lineage of the best
    single = ~(possible & ~alike).any(axis=1)
    lineage = np.where(single, np.array(list(kinds), dtype=object)[kind_of[best]], AMBIGUOUS)
    ranked = np.where(np.where(single[:, None], alike, possible), rates, np.nan)
    highest = np.fmax.reduce(ranked, axis=1)
    closest = [
        ",".join(name for name, rate in zip(names, own, strict=True) if rate == most) if known else None
        for own, most, known in zip(ranked.tolist(), highest.tolist(), matched.tolist(), strict=True)
    ]
    return np.where(matched, lineage, UNMATCHED), np.array(closest, dtype=object)
