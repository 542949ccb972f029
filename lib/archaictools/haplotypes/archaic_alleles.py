"""Archaic alleles at the sites of modern samples: fixed in a source, rare in the reference, and how frequent elsewhere.

An archaic allele is the one that all called chromosomes of the genomes of a source carry, whether it is REF or ALT. Its
frequency in the reference tells whether it can come from archaic ancestors, so no ancestral allele is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import UsageError, shortlist
from archaictools.haplotypes.chromosome_encoder import count_by_allele
from archaictools.haplotypes.lineages import PURPLE, item_rgb, sources_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from archaictools.io.sites import Sites

#: Between the names of the genomes of one source.
JOIN = "+"


@dataclass(frozen=True)
class ArchaicSource:
    """Archaic genomes that must all be fixed for an allele.

    Attributes
    ----------
    name
        Names of the genomes, joined by ``+``.
    genomes
        Their numbers among the archaic samples.
    """

    name: str
    genomes: tuple[int, ...]


def archaic_sources(names: Sequence[str], archaic: Sequence[str]) -> tuple[ArchaicSource, ...]:
    """Return the sources of the given names; without names each genome, and all of them together.

    Parameters
    ----------
    names
        Each a genome, or several joined by ``+``.
    archaic
        Archaic samples.

    Raises
    ------
    UsageError
        If a name is none of the archaic samples.

    Examples
    --------
    >>> [source.name for source in archaic_sources([], ["Altai", "Denisova"])]
    ['Altai', 'Denisova', 'Altai+Denisova']
    >>> archaic_sources(["Altai+Vindija"], ["Altai", "Denisova", "Vindija"])
    (ArchaicSource(name='Altai+Vindija', genomes=(0, 2)),)
    """
    number = {name: place for place, name in enumerate(archaic)}
    if not names:
        each = [ArchaicSource(name, (place,)) for name, place in number.items()]
        return (*each, ArchaicSource(JOIN.join(archaic), tuple(number.values()))) if len(each) > 1 else tuple(each)
    found = []
    for name in dict.fromkeys(names):
        parts = [name] if name in number else name.split(JOIN)  # a genome's own name may hold the sign
        unknown = [part for part in parts if part not in number]
        if unknown:
            raise UsageError(
                f"--source names {shortlist(unknown)}, which is no archaic genome ({shortlist(archaic)}); join the "
                f"names of several by {JOIN}"
            )
        found.append(ArchaicSource(name, tuple(sorted({number[part] for part in parts}))))
    return tuple(found)


def colours_of(sources: Sequence[ArchaicSource], archaic: Sequence[str]) -> Mapping[str, str]:
    """Return the colour of each source as a BED has it; purple for genomes of several lineages."""
    known = sources_of(archaic)[: len(archaic)]
    found = {}
    for source in sources:
        own = [known[number] for number in source.genomes]
        lineages = {one.lineage for one in own}
        found[source.name] = own[0].item_rgb if len(lineages) == 1 else item_rgb(PURPLE)
    return found


@dataclass(frozen=True)
class AlleleRules:
    """Which alleles count.

    Attributes
    ----------
    reference_below
        An archaic allele has a lower frequency than this in the reference.
    others
        ``any``, or ``absent``: no genome outside the source carries the allele, and all of them are called.
    """

    reference_below: float = 0.01
    others: str = "any"


def archaic_frequencies(
    sites: Sites,
    carried: npt.NDArray[np.int8],
    called: npt.NDArray[np.int8],
    *,
    groups: tuple[int, int],
    sources: Sequence[ArchaicSource],
    rules: AlleleRules,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return the frequency in the target of the archaic allele of each source.

    Parameters
    ----------
    sites
        Calls of the reference, then of the target.
    carried, called
        Archaic genotypes, see :meth:`archaictools.haplotypes.archaic_genotypes.Archaics.carried`.
    groups
        Numbers of reference and target samples.
    sources, rules
        Which alleles count as archaic.

    Returns
    -------
    compared
        bool (sites, sources): reference, target and all genomes that the rule looks at are called.
    frequency
        float64 (sites, sources): frequency among the called alleles of the target, NaN where the source has no archaic
        allele.
    """
    several = np.flatnonzero(sites.bases[:, 2] >= 0)
    alleles = sites.calls.alleles
    ends = (slice(0, groups[0]), slice(groups[0], sum(groups)))
    counts = [count_by_allele(alleles[:, part].reshape(len(sites), -1), several) for part in ends]
    totals = [count.sum(axis=0) for count in counts]
    reference, target = (
        np.divide(count, total, out=np.zeros(count.shape), where=total > 0).T
        for count, total in zip(counts, totals, strict=True)
    )
    modern = (totals[0] > 0) & (totals[1] > 0)
    compared = np.zeros((len(sites), len(sources)), dtype=bool)
    frequency = np.full((len(sites), len(sources)), np.nan)
    whole = (called > 0)[:, None] & (carried == called[:, None])  # sites, alleles, genomes
    for number, source in enumerate(sources):
        own = list(source.genomes)
        fixed = whole[..., own].all(axis=2)
        looked_at = own
        if rules.others == "absent":
            looked_at = list(range(called.shape[1]))
            other = [genome for genome in looked_at if genome not in own]
            fixed &= (carried[..., other] == 0).all(axis=2)
        compared[:, number] = modern & (called[:, looked_at] > 0).all(axis=1)
        counts_here = fixed & (reference < rules.reference_below) & compared[:, number, None]
        site, allele = np.nonzero(counts_here)  # at most one allele of a site is fixed
        frequency[site, number] = target[site, allele]
    return compared, frequency
