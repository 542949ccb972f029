"""Data augmentation: simulate phasing errors, missing archaic calls and masks on the features of training haplotypes.

Every change works on the counts of a person's two haplotypes and is drawn in each epoch: phase switches, archaic calls
that are missing, missing archaic calls read as REF, archaic calls only where they are not REF, no archaic genome,
mutation rates that vary along the genome, and regions that are not callable. Half of the people are read from the end
of the chromosome to its start, which carries the same information.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from archaictools.haplotypes.allele_classes import ARCHAIC, CLASSES, FREQUENCIES, UNCALLED, without_archaic_calls
from archaictools.haplotypes.encoding import SHARED_INPUTS

Counts = npt.NDArray[np.uint8]

_LACKED = ARCHAIC.index("lacked")
_HOM = ARCHAIC.index("hom")
#: Frequency classes of alleles that are more likely derived, and so rarely REF; and of those more likely ancestral.
_DERIVED = slice(0, FREQUENCIES.index("over_50"))
_ANCESTRAL = slice(FREQUENCIES.index("over_50"), None)
_VARIABLE, _CALLABLE = (len(CLASSES) + SHARED_INPUTS.index(name) for name in ("outgroup_variable", "callable"))


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How often each change is made to a person, and how strong it is.

    Attributes
    ----------
    switch, switches
        Fraction of people with phase switches, and the largest number of switches in 1,000 bins.
    archaic_absent
        Fraction of people read without an archaic genome.
    archaic_only_alternate
        Fraction of people whose archaic genomes are called only where they are not REF.
    archaic_missing, most_missing
        Fraction of people with missing archaic calls, and the largest fraction of calls that are missing. As with
        masks, few are missing in some regions and most in others.
    archaic_as_reference, most_as_reference
        The same for missing calls that are read as REF.
    rate, slowest
        Fraction of people whose mutation rate varies, and the minimum rate as a fraction of the maximum.
    masked, most_masked
        Fraction of people with regions that are not callable, and the largest fraction of bins affected.
    reverse
        Fraction of people read from end to start.
    """

    switch: float = 0.35
    switches: float = 2.0
    archaic_absent: float = 0.2
    archaic_only_alternate: float = 0.15
    archaic_missing: float = 0.2
    most_missing: float = 0.6
    archaic_as_reference: float = 0.2
    most_as_reference: float = 0.4
    rate: float = 0.25
    slowest: float = 0.3
    masked: float = 0.15
    most_masked: float = 0.4
    reverse: float = 0.5

    def apply(
        self, inputs: Counts, truth: npt.NDArray[np.uint16], rng: np.random.Generator
    ) -> tuple[Counts, npt.NDArray[np.uint16]]:
        """Return the features and truth of one person, changed at random.

        Parameters
        ----------
        inputs
            uint8 (2, bins, 34), as from :meth:`archaictools.haplotypes.feature_file.FeatureFile.inputs`.
        truth
            uint16 (2, bins).
        rng
            Source of randomness.

        Returns
        -------
        tuple
            New arrays of the same shapes and types.
        """
        inputs, truth = inputs.copy(), truth.copy()
        bins = truth.shape[1]
        dice = rng.random(8)
        if dice[0] < self.switch:
            flips = rng.random(bins) < rng.uniform(0, self.switches) / 1_000
            crossed = np.cumsum(flips) % 2 == 1
            inputs[:, crossed] = inputs[::-1, crossed]
            truth[:, crossed] = truth[::-1, crossed]
        counts = inputs[..., : len(CLASSES)].reshape(2, bins, len(FREQUENCIES), len(ARCHAIC))
        if dice[1] < self.rate:
            # Runs of 50 to 500 bins have one rate each; the outgroup's variable sites are thinned by it, too.
            kept = _levels(bins, rng, low=self.slowest)
            _thin(inputs, counts, kept, rng)
        if dice[2] < self.archaic_as_reference:
            share = _uneven(rng.uniform(0, self.most_as_reference), bins, rng)
            for classes, target in ((_DERIVED, _LACKED), (_ANCESTRAL, _HOM)):
                part = counts[:, :, classes]
                lost = rng.binomial(part, share[:, None, None]).astype(np.uint8)
                lost[..., [target, UNCALLED]] = 0
                part -= lost
                part[..., target] = _capped(part[..., target], lost)
        if dice[3] < self.archaic_missing:
            share = _uneven(rng.uniform(0, self.most_missing), bins, rng)
            lost = rng.binomial(counts, share[:, None, None]).astype(np.uint8)
            lost[..., UNCALLED] = 0
            counts -= lost
            counts[..., UNCALLED] = _capped(counts[..., UNCALLED], lost)
        if dice[6] < self.archaic_only_alternate:
            for classes, word in ((_DERIVED, _LACKED), (_ANCESTRAL, _HOM)):
                part = counts[:, :, classes]
                part[..., UNCALLED] = _capped(part[..., UNCALLED], part[..., [word]])
                part[..., word] = 0
        if dice[4] < self.archaic_absent:
            counts[:] = without_archaic_calls(counts)
        if dice[5] < self.masked:
            kept = np.where(_levels(bins, rng, low=0.0) < rng.uniform(0, self.most_masked), rng.random(bins), 1.0)
            kept[rng.random(bins) < 0.3 * (kept < 1)] = 0.0
            _thin(inputs, counts, kept, rng)
            inputs[..., _CALLABLE] = np.rint(inputs[..., _CALLABLE] * kept)
        inputs[..., : len(CLASSES)] = counts.reshape(2, bins, -1)
        return (inputs[:, ::-1], truth[:, ::-1]) if dice[7] < self.reverse else (inputs, truth)


def archaic_changes() -> Augmentation:
    """Return the changes of archaic calls alone, which leave the alleles that people share as they are."""
    return Augmentation(switch=0, rate=0, masked=0, reverse=0)


def _thin(inputs: Counts, counts: Counts, kept: npt.NDArray[np.float64], rng: np.random.Generator) -> None:
    """Keep a fraction of the sites of each bin, in place."""
    counts[:] = rng.binomial(counts, kept[:, None, None])
    inputs[..., _VARIABLE] = rng.binomial(inputs[0, :, _VARIABLE], kept)


def _capped(counts: Counts, moved: Counts) -> Counts:
    """Add the moved counts, up to 255."""
    total = np.minimum(counts.astype(np.int64) + moved.sum(axis=-1, dtype=np.int64), 255)
    return np.asarray(total, dtype=np.uint8)


def _uneven(mean: float, bins: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a fraction for each bin, with a given mean: constant over 1 to 10 bins, often near 0 or 1."""
    lengths = rng.integers(1, 11, size=bins)
    return np.repeat(rng.beta(max(mean, 1e-3), 1 - mean, size=bins), lengths)[:bins]


def _levels(bins: int, rng: np.random.Generator, *, low: float) -> npt.NDArray[np.float64]:
    """Return a value from ``low`` to 1 for each bin, constant over 50 to 500 bins."""
    lengths = rng.integers(50, 501, size=bins // 50 + 1)
    return np.repeat(rng.uniform(low, 1, size=len(lengths)), lengths)[:bins]
