"""The variant alphabet: an allele that a haplotype carries, as a word.

A word is a pattern: how frequent the carried allele is in the outgroup, and whether the archaic genomes carry it. There
are 8 x 4 = 32 of them, whichever allele is REF, and no allele is deleted because the outgroup holds a little of it: an
outgroup with archaic ancestors of its own would otherwise erase the signal. Alleles that every modern person carries
say nothing and are no words. A bin is the multiset of its words, kept as 32 counts: through a Dense layer these
measure better than one id a bin through an Embedding, and the layer's kernel still holds a vector for each pattern.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.integer]

#: Classes of an allele's frequency in the outgroup, by the number of its called haplotypes.
FREQUENCIES = ("absent", "to_1", "to_10", "to_50", "over_50", "from_90", "from_99", "fixed")

#: What the archaic people say of an allele: none of those called carries it, the best match carries it on one
#: chromosome, on both, or none is called.
ARCHAIC = ("lacked", "het", "hom", "uncalled")

#: The words, in the order of their ids (from 0).
PATTERNS = tuple(f"{frequency}_{archaic}" for frequency in FREQUENCIES for archaic in ARCHAIC)

#: Words below this are of alleles rare enough in the outgroup (class ``to_10`` at most) to tell where a segment comes
#: from.
RARE = (FREQUENCIES.index("to_10") + 1) * len(ARCHAIC)

#: Words below this are of alleles (class ``to_1`` at most) that haplotypes which share them have from one ancestor.
PRIVATE = (FREQUENCIES.index("to_1") + 1) * len(ARCHAIC)

UNCALLED = ARCHAIC.index("uncalled")

#: Words from here on are of alleles that all of the outgroup carries.
FIXED = FREQUENCIES.index("fixed") * len(ARCHAIC)


def frequency_class(carriers: Int, called: Int) -> npt.NDArray[np.int8]:
    """Return the class of each allele's frequency.

    Parameters
    ----------
    carriers
        Outgroup haplotypes that carry the allele.
    called
        Outgroup haplotypes that are called, 1 or more; broadcast against ``carriers``.

    Returns
    -------
    numpy.ndarray
        int8 index into :data:`FREQUENCIES`.

    Examples
    --------
    >>> [FREQUENCIES[k] for k in frequency_class(np.array([0, 1, 2, 50, 51, 90, 99, 100]), np.array(100))]
    ['absent', 'to_1', 'to_10', 'to_50', 'over_50', 'from_90', 'from_99', 'fixed']
    """
    part = 100 * carriers.astype(np.int64)
    edges = (part > 0, part > called, part > 10 * called, part > 50 * called)
    upper = (part >= 90 * called, part >= 99 * called, part == 100 * called)
    total = sum(edge.astype(np.int8) for edge in (*edges, *upper))
    return np.asarray(total, dtype=np.int8)


def archaic_state(carried: Int, called: Int) -> npt.NDArray[np.int8]:
    """Return what the archaic people say of alleles.

    Parameters
    ----------
    carried
        (..., people): chromosomes of each archaic person that carry the allele, 0 to 2.
    called
        Of the same shape: that person's called chromosomes, 0 to 2.

    Returns
    -------
    numpy.ndarray
        int8 (...) index into :data:`ARCHAIC`; the best of the people counts, and without any, all are ``uncalled``.
    """
    dosage = np.where(carried == 0, 0, np.where(carried < called, 1, 2))
    best = dosage.max(axis=-1, initial=0)
    known = (called > 0).any(axis=-1)
    return np.where(known, best, UNCALLED).astype(np.int8)


def ordered_pairs(people: int) -> list[tuple[int, int]]:
    """Return the ordered pairs of archaic people, in the order in which words files hold them.

    Examples
    --------
    >>> ordered_pairs(3)
    [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
    """
    return list(itertools.permutations(range(people), 2))


def pattern_ids(frequency: npt.NDArray[np.int8], archaic: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the word of each allele: index into :data:`PATTERNS`."""
    return (frequency * np.int8(len(ARCHAIC)) + archaic).astype(np.int8)


def keep_within_groups(words: npt.NDArray[np.int8], first: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """Take an outgroup's only allele for a word where someone of the haplotype's own group has another allele.

    What others have must not count without an end: of 500 people somebody differs nearly everywhere.

    Parameters
    ----------
    words
        (sites, haplotypes) ids at sites at which the outgroup has one allele; -1 where a haplotype has no word.
    first
        First haplotype of each group, ascending from 0.

    Returns
    -------
    numpy.ndarray
        Of the same shape; -1 where a group has nothing but that allele.

    Examples
    --------
    >>> keep_within_groups(np.array([[0, 28, 28, 28], [28, -1, 30, 2]], dtype=np.int8), np.array([0, 2])).tolist()
    [[0, 28, -1, -1], [-1, -1, 30, 2]]
    """
    other = np.logical_or.reduceat((words >= 0) & (words < FIXED), first, axis=1)
    there = np.repeat(other, np.diff(first, append=words.shape[1]), axis=1)
    return np.where(there | (words < FIXED), words, np.int8(-1))


def count_words(words: npt.NDArray[np.int8], bins: npt.NDArray[np.int64], number: int) -> npt.NDArray[np.int64]:
    """Count the words of haplotypes in bins.

    Parameters
    ----------
    words
        (sites, haplotypes) ids; -1 where a haplotype has no word.
    bins
        (sites,) bin of each site, below ``number``.
    number
        Bins.

    Returns
    -------
    numpy.ndarray
        int64 (haplotypes, number, 32).
    """
    haplotypes, size = words.shape[1], len(PATTERNS)
    key = np.arange(haplotypes) * (number * size) + (bins * size)[:, None] + words
    there = key.ravel() if words.min(initial=0) >= 0 else key[words >= 0]
    return np.bincount(there, minlength=haplotypes * number * size).reshape(haplotypes, number, size)
