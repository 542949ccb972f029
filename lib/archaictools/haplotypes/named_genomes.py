"""Whether most called bases match one of the named archaic genomes.

Where they do not, the source may be another archaic. The model then misses segments that it finds without
a genome; see :mod:`archaictools.haplotypes.both_readings`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from archaictools.alphabet import Alphabet
from archaictools.haplotypes.segment_calls import called_segments, counts_of
from archaictools.haplotypes.sources import UNMATCHED, weigh, without_reference
from archaictools.learning.options import SegmentOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.posteriors import HaplotypePosteriors

log = logging.getLogger("archaictools")

#: Largest share of called bases without a match that the named genomes explain.
MOST_UNMATCHED = 0.5

#: Fewer called bases tell nothing: they are a few segments.
LEAST_BASES = 100_000

#: Nor does a smaller share of the haplotypes: people without archaic ancestry have up to 0.04 % called.
LEAST_SHARE = 0.001


def explained(features: FeatureFile, chrom: str, haplotypes: Iterable[HaplotypePosteriors]) -> bool:
    """Whether at least half of the called bases on a chromosome match a named genome; also true if few are called.

    A segment matches a genome if its log-likelihood ratio is above 0 (:func:`archaictools.haplotypes.sources.weigh`).
    The prior of a run is not used, since it depends on other chromosomes.

    Parameters
    ----------
    features, chrom
        File of haplotypes, and chromosome.
    haplotypes
        Posteriors of haplotypes on this chromosome.
    """
    people, options = len(features.encoding.archaic), SegmentOptions().resolved(Alphabet.VARIANT)
    lacking, bases = without_reference(features.unshared(chrom)), features.shared(chrom, "callable")
    known = called = unmatched = 0
    for one in haplotypes:
        own = bases * one.callable
        known += int(own.sum(dtype=np.int64))
        segments = called_segments(one, features, options, own, features.matches(chrom, one.row))
        if len(segments):
            matched = (weigh(*counts_of(segments, people), lacking).match > 0).any(axis=1)
            inside = segments["callable"].to_numpy()
            called, unmatched = called + int(inside.sum()), unmatched + int(inside[~matched].sum())
    return called < max(LEAST_BASES, LEAST_SHARE * known) or unmatched <= MOST_UNMATCHED * called


def warn_if_unmatched(people: pd.DataFrame) -> dict[str, str]:
    """Warn if most called bases match no named archaic genome, and return the fact about it; else an empty dict.

    Parameters
    ----------
    people
        See :class:`archaictools.haplotypes.tables.PeopleCounts`; without archaic genomes it has no ``unmatched_bases``.
    """
    column = f"{UNMATCHED}_bases"
    if column not in people:
        return {}
    called, unmatched = (int(people[name].sum()) for name in ("introgressed", column))
    if called < LEAST_BASES or unmatched <= MOST_UNMATCHED * called:
        return {}
    share = f"{unmatched / called:.0%} of the called bases match no named archaic genome"
    log.warning("%s: their source may be another one", share)
    return {"another source": share}
