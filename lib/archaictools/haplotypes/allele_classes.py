"""Allele classes, whose counts are the features of a haplotype.

A class combines the frequency of an allele in the outgroup with the archaic genotypes. There are 8 x 4 = 32 classes,
whichever allele is REF. An allele that is rare in the outgroup is kept, since the outgroup may have archaic ancestors
of its own. Monomorphic sites are skipped. A bin is described by 32 counts, one for each class. Counts through a Dense
layer are more accurate than one id per bin through an Embedding, and the kernel still has a vector for each class.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.integer]

#: Classes of the frequency of an allele among the called outgroup haplotypes. Numbers are percent, and
#: classes do not overlap: ``to_1`` is above 0 and at most 1 %, ``to_10`` is above 1 and at most 10 %, ``over_50`` is
#: above 50 and below 90 %, ``from_90`` is at least 90 and below 99 %.
FREQUENCIES = ("absent", "to_1", "to_10", "to_50", "over_50", "from_90", "from_99", "fixed")

#: Best archaic genotype match of an allele: no called archaic sample carries it, one chromosome of the best match
#: carries it, both do, or no archaic sample is called.
ARCHAIC = ("lacked", "het", "hom", "uncalled")

#: The allele classes, in the order of their indices.
CLASSES = tuple(f"{frequency}_{archaic}" for frequency in FREQUENCIES for archaic in ARCHAIC)

#: Classes below this index are rare alleles: at most 10 % of the outgroup carries them. They are the evidence for the
#: source of a segment.
RARE = (FREQUENCIES.index("to_10") + 1) * len(ARCHAIC)

#: Classes below this index are very rare alleles: at most 1 % of the outgroup carries them. Haplotypes that share them
#: show common descent there.
VERY_RARE = (FREQUENCIES.index("to_1") + 1) * len(ARCHAIC)

UNCALLED = ARCHAIC.index("uncalled")

#: Classes from this index on are alleles that the whole outgroup carries.
FIXED = FREQUENCIES.index("fixed") * len(ARCHAIC)


def frequency_class(carriers: Int, called: Int) -> npt.NDArray[np.int8]:
    """Return the frequency class of each allele.

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
    """Return the best archaic genotype match of each allele.

    Parameters
    ----------
    carried
        (..., samples): chromosomes of each archaic sample that carry the allele, 0 to 2.
    called
        Same shape: called chromosomes of the sample, 0 to 2.

    Returns
    -------
    numpy.ndarray
        int8 (...) index into :data:`ARCHAIC`, of the best match; without archaic samples, all are ``uncalled``.
    """
    dosage = np.where(carried == 0, 0, np.where(carried < called, 1, 2))
    best = dosage.max(axis=-1, initial=0)
    known = (called > 0).any(axis=-1)
    return np.where(known, best, UNCALLED).astype(np.int8)


def without_archaic_calls(counts: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return counts as if no archaic sample were called; both arrays are uint8 (..., frequencies, archaic states)."""
    found = np.zeros_like(counts)
    found[..., UNCALLED] = np.minimum(counts.sum(axis=-1, dtype=np.int64), np.iinfo(np.uint8).max)
    return found


def ordered_pairs(samples: int) -> list[tuple[int, int]]:
    """Return the ordered pairs of archaic samples, in the order of the file.

    Examples
    --------
    >>> ordered_pairs(3)
    [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
    """
    return list(itertools.permutations(range(samples), 2))


def class_of_alleles(frequency: npt.NDArray[np.int8], archaic: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the class of each allele: int8 index into :data:`CLASSES`."""
    return (frequency * np.int8(len(ARCHAIC)) + archaic).astype(np.int8)


def keep_within_groups(classes: npt.NDArray[np.int8], first: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """Drop fixed alleles where the haplotype's own group is monomorphic.

    Without this rule, features would depend on the number of samples: of 500 samples, some sample differs nearly
    everywhere.

    Parameters
    ----------
    classes
        int8 (sites, haplotypes): classes at sites at which the outgroup has one allele, -1 for none.
    first
        int64 (groups,): first haplotype of each group, ascending from 0.

    Returns
    -------
    numpy.ndarray
        Same shape; -1 where the whole group carries this allele.

    Examples
    --------
    >>> keep_within_groups(np.array([[0, 28, 28, 28], [28, -1, 30, 2]], dtype=np.int8), np.array([0, 2])).tolist()
    [[0, 28, -1, -1], [-1, -1, 30, 2]]
    """
    other = np.logical_or.reduceat((classes >= 0) & (classes < FIXED), first, axis=1)
    there = np.repeat(other, np.diff(first, append=classes.shape[1]), axis=1)
    return np.where(there | (classes < FIXED), classes, np.int8(-1))


def count_classes(classes: npt.NDArray[np.int8], bins: npt.NDArray[np.int64], number: int) -> npt.NDArray[np.int64]:
    """Count the alleles of haplotypes in bins by class: the features of a bin.

    Parameters
    ----------
    classes
        int8 (sites, haplotypes): class of each allele, -1 for none.
    bins
        int64 (sites,): bin of each site, less than ``number``.
    number
        Number of bins.

    Returns
    -------
    numpy.ndarray
        int64 (haplotypes, number, 32).
    """
    haplotypes, size = classes.shape[1], len(CLASSES)
    key = np.arange(haplotypes) * (number * size) + (bins * size)[:, None] + classes
    there = key.ravel() if classes.min(initial=0) >= 0 else key[classes >= 0]
    return np.bincount(there, minlength=haplotypes * number * size).reshape(haplotypes, number, size)
