"""Source of a called segment: a named archaic genome, ``ambiguous`` or ``unmatched``.

The evidence is rare alleles (outgroup frequency class ``to_10`` at most) that the haplotype carries in the segment.

1. **Match.** A genome shares k of the n alleles at which it is compared. Its match is the log-likelihood ratio of two
   beta-binomial models: segments from its own lineage (:data:`OWN`), and segments from other lineages, which share old
   alleles (:data:`OTHER`). With another genome, the same ratio is computed without the alleles that both share
   (:data:`OWN_ALONE`, :data:`OTHER_ALONE`). The highest of these ratios counts. The log odds of the prior are added:
   the fraction of all called segments that is from the genome's lineage. It is estimated from their ratios and limited
   to :data:`PRIOR`.
2. **Candidates.** A genome is a candidate if its match is above 0. Without a candidate the segment is ``unmatched``.
3. **Name.** Two genomes are compared by the alleles that only one of them shares. From the lineage of the first, most
   are the first's (:data:`PAIR`). The best candidate is named if this log-likelihood ratio is :data:`LEVEL` or more
   over every other genome. Otherwise the segment is ``ambiguous``.

Linked alleles are not independent: few mutations and genealogies account for many. So all models are beta-binomial.

A genome from a file without REF calls shares nearly all alleles at which it is called. Such a genome is called at less
than :data:`CALLED` of the non-REF alleles of a chromosome that no archaic genome shares. For it a missing call at
a non-REF allele counts as lacking. A genome without an allele to compare in a segment does not compete there.

The models were fitted by maximum likelihood to called segments of simulated people
(``validation/callers/sources.sh`` and 9K19), and rounded. ``OWN_ALONE``, ``OTHER_ALONE`` and ``PAIR`` were then set so
that about one segment in a hundred gets the wrong one of two names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaln, expit, logit

from archaictools.haplotypes.allele_classes import ordered_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

#: Sources of a segment that no named archaic genome matches, and of one that several may match.
UNMATCHED, AMBIGUOUS = "unmatched", "ambiguous"

#: Beta distributions of the fraction of alleles that a genome shares, in segments from its own and another lineage.
OWN, OTHER = (2.7, 1.2), (1.8, 6.5)

#: The same without the alleles that another genome shares too.
OWN_ALONE, OTHER_ALONE = (1.8, 1.5), (0.5, 7.0)

#: Beta distribution of the fraction of the first genome among alleles that only one of two genomes shares, in segments
#: from the lineage of the first.
PAIR = (3.5, 0.7)

#: Minimum and maximum prior of a genome, and the segments of either kind that are added before it is estimated.
PRIOR, ADDED = (0.25, 0.75), 1

#: Minimum log-likelihood ratio of a named genome over every other: a posterior of 0.95 at equal priors.
LEVEL = math.log(0.95 / 0.05)

#: A genome called at a smaller fraction of the alleles that no archaic genome shares is from a file without REF calls.
CALLED = 0.05

_ROUNDS = 100

#: Digits of the ratios that priors rest on; the error of a prior is about a millionth.
_PRIOR_DIGITS = 3


@dataclass(frozen=True)
class Evidence:
    """Evidence for each archaic genome in segments; all arrays are (segments, people).

    Attributes
    ----------
    compared
        int64: rare alleles at which each genome is called, or its missing call counts as lacking.
    match
        float64: log-likelihood ratio of each genome over none; NaN where it does not compete.
    ratios
        float64 (segments, people, people): log-likelihood ratio of the first genome over the second; infinite where
        either does not compete.
    """

    compared: npt.NDArray[np.int64]
    match: npt.NDArray[np.float64]
    ratios: npt.NDArray[np.float64]

    @property
    def over(self) -> npt.NDArray[np.float64]:
        """Lowest ratio of each genome over another, float64 (segments, people); infinite without another."""
        return np.asarray(self.ratios.min(axis=2, initial=np.inf), dtype=np.float64)


@dataclass(frozen=True)
class Sources:
    """Sources of segments.

    Attributes
    ----------
    source
        object (segments,): a name, :data:`AMBIGUOUS` or :data:`UNMATCHED`.
    score
        float64 (segments,): log-likelihood ratio of the best candidate over the next genome; NaN without a candidate,
        or without another genome.
    match
        float64 (segments, people): log odds of each genome over none; NaN where it does not compete.
    best
        int64 (segments,): the best candidate; without a candidate its value has no meaning.
    """

    source: npt.NDArray[np.object_]
    score: npt.NDArray[np.float64]
    match: npt.NDArray[np.float64]
    best: npt.NDArray[np.int64]


def without_reference(unshared: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which archaic genomes come from files without REF calls, bool (people,).

    Parameters
    ----------
    unshared
        int64 (people, 2): non-REF alleles that no archaic person shares, and those at which each is called.

    Examples
    --------
    >>> without_reference(np.array([[1000, 900], [1000, 3], [0, 0]])).tolist()
    [False, True, False]
    """
    return np.asarray(unshared[:, 1] < CALLED * unshared[:, 0])


def log_ratio(
    shared: npt.NDArray[np.int64],
    total: npt.NDArray[np.int64],
    model: tuple[float, float],
    other: tuple[float, float],
) -> npt.NDArray[np.float64]:
    """Return the log-likelihood ratio of two beta-binomial models.

    Parameters
    ----------
    shared, total
        Successes and trials.
    model, other
        Parameters (a, b) of the beta distributions of the two models.

    Examples
    --------
    A single trial depends only on the means of the distributions, here 3/4 and 1/4.

    >>> round(float(np.exp(log_ratio(np.array(1), np.array(1), (3, 1), (1, 3)))), 6)
    3.0
    """
    missed = total - shared
    (a, b), (c, d) = model, other
    ratio = betaln(shared + a, missed + b) - betaln(a, b) - betaln(shared + c, missed + d) + betaln(c, d)
    return np.asarray(ratio, dtype=np.float64)


def weigh(
    matches: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64], no_reference: npt.NDArray[np.bool_]
) -> Evidence:
    """Return the evidence for each archaic genome in segments; see the module.

    Parameters
    ----------
    matches
        int64 (segments, people, 3): rare alleles at which each archaic person is called, those that it shares, and
        non-REF alleles at which it is not called.
    pairs
        int64 (segments, ordered pairs of people, 2): rare alleles that the first shares and the second, which is
        called, lacks, and non-REF alleles that the first shares where the second is not called.
    no_reference
        bool (people,), or (segments, people) of segments on several chromosomes: see :func:`without_reference`.

    Examples
    --------
    >>> matches = np.array([[[173, 173, 140], [84, 84, 225]]])  # called, shared, not called
    >>> found = weigh(matches, np.array([[[0, 92], [0, 3]]]), np.array([True, True]))
    >>> found.compared.tolist(), found.match.round(1).tolist(), found.over.round(1).tolist()
    ([[313, 309]], [[2.3, -1.7]], [[8.5, -8.5]])
    """
    segments, people = matches.shape[:2]
    compared = matches[..., 0] + np.where(no_reference, matches[..., 2], 0)
    there = compared > 0
    only = np.zeros((segments, people, people), dtype=np.int64)
    for number, (first, second) in enumerate(ordered_pairs(people)):
        only[:, first, second] = pairs[:, number, 0] + np.where(no_reference[..., second], pairs[:, number, 1], 0)
    competing = there[:, :, None] & there[:, None] & ~np.eye(people, dtype=bool)
    ratios = np.where(competing, log_ratio(only, only + only.swapaxes(1, 2), PAIR, PAIR[::-1]), np.inf)
    # Alleles that both genomes share do not separate them.
    apart = (compared - matches[..., 1])[..., None] + only
    alone = np.where(competing, log_ratio(only, apart, OWN_ALONE, OTHER_ALONE), -np.inf).max(axis=2, initial=-np.inf)
    match = np.maximum(log_ratio(matches[..., 1], compared, OWN, OTHER), alone)
    return Evidence(compared, np.where(there, match, np.nan), ratios)


class Priors:
    """Estimates the fraction of segments that is from the lineage of each archaic genome.

    Ratios are rounded and counted, so the order of segments does not change a bit, and memory does not grow with their
    number.

    Parameters
    ----------
    people
        Number of archaic genomes.
    """

    def __init__(self, people: int) -> None:
        self._counts: list[dict[int, int]] = [{} for _ in range(people)]

    def add(self, match: npt.NDArray[np.float64]) -> None:
        """Count the ratios of segments, float64 (segments, people): see :class:`Evidence`; NaN are left out."""
        for counts, ratios in zip(self._counts, match.T, strict=True):
            steps = np.rint(ratios[~np.isnan(ratios)] * 10**_PRIOR_DIGITS).astype(np.int64)
            for step, count in zip(*(found.tolist() for found in np.unique(steps, return_counts=True)), strict=True):
                counts[step] = counts.get(step, 0) + count

    def values(self) -> list[float]:
        """Return the prior of each genome, by expectation maximisation."""
        return [_prior(counts) for counts in self._counts]


def _prior(counts: Mapping[int, int]) -> float:
    steps = sorted(counts)
    ratios = np.array(steps, dtype=np.float64) / 10**_PRIOR_DIGITS
    weights, part = np.array([counts[step] for step in steps], dtype=np.float64), 0.5
    for _ in range(_ROUNDS):
        part = float(ADDED + (weights * expit(ratios + logit(part))).sum()) / (2 * ADDED + weights.sum())
    return float(min(max(part, PRIOR[0]), PRIOR[1]))


def prior(ratios: npt.NDArray[np.float64]) -> float:
    """Estimate the fraction of segments that is from a genome's lineage, by expectation maximisation.

    Parameters
    ----------
    ratios
        (segments,): log-likelihood ratios of that lineage over others; those that are NaN are left out.

    Examples
    --------
    >>> prior(np.array([])), prior(np.full(100, 9.0)), round(prior(np.repeat([-9.0, 9.0], [60, 40])), 3)
    (0.5, 0.75, 0.402)
    """
    priors = Priors(1)
    priors.add(ratios[:, None])
    return priors.values()[0]


def name_sources(
    match: npt.NDArray[np.float64],
    over: npt.NDArray[np.float64],
    names: Sequence[str],
    priors: Sequence[float] | None = None,
) -> Sources:
    """Return the source of every segment; see the module.

    Parameters
    ----------
    match, over
        float64 (segments, people): see :class:`Evidence`.
    names
        Names of the archaic people.
    priors
        Prior of each person, see :class:`Priors`. Without them, these are all segments of a run.

    Examples
    --------
    >>> match, over = np.array([[4.0, -3.0], [2.0, 1.0], [-4.0, -3.0]]), np.array([[5.0, -5.0], [1.0, -1.0], [0, 0]])
    >>> found = name_sources(match, over, ["Altai", "Denisova"])
    >>> found.source.tolist(), found.score.tolist()
    (['Altai', 'ambiguous', 'unmatched'], [5.0, 1.0, nan])
    """
    if not len(names) or not len(match):
        unknown, first = np.full(len(match), np.nan), np.zeros(len(match), dtype=np.int64)
        return Sources(np.full(len(match), UNMATCHED, dtype=object), unknown, match, first)
    match = match + logit([prior(column) for column in match.T] if priors is None else list(priors))
    candidate = match > 0
    # Between candidates with equal ratios over the others, the better match decides.
    best = np.lexsort((match, over, candidate), axis=1)[:, -1]
    rows = np.arange(len(match))
    lead, found = over[rows, best], candidate[rows, best]
    source = np.where(lead >= LEVEL, np.array(names, dtype=object)[best], AMBIGUOUS)
    score = np.where(found & np.isfinite(lead), lead, np.nan)
    return Sources(np.where(found, source, UNMATCHED), score, match, best)
