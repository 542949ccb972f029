"""Meaning of a missing modern genotype: not called, or REF in a call set that lists only variable sites."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import shortlist

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.haplotypes.samples import SampleSets
    from archaictools.io.sites import Sites
    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")

#: Largest share of sites without a warning at which one group is called and the other is missing. A joint call set
#: hardly has such sites. After a plain merge of two call sets, it is the share of private sites.
MAX_ONE_SIDED = 0.1

#: Largest share of missing genotypes of a sample without a warning. With an archaic genome, 10 % missing cost 0.004 of
#: F1, and 50 % cost 0.04; without one, 0.03 and 0.45 (``validation/callers/missing_calls.py``).
MAX_MISSING = 0.1


class ModernMissing:
    """Fills in missing genotypes that mean REF; counts sites at which a whole group is missing.

    Parameters
    ----------
    meaning
        ``ask``, ``uncalled`` or ``reference``.
    sample_sets
        Samples to encode; in all arrays, the outgroup comes before the ingroup.
    tally
        Counts of genotypes and sites.
    roles
        What messages call the outgroup and the ingroup.
    """

    def __init__(
        self, meaning: str, sample_sets: SampleSets, tally: Summary, *, roles: tuple[str, str] = ("outgroup", "ingroup")
    ) -> None:
        self._meaning, self._tally, self._roles = meaning, tally, roles
        first, second = len(sample_sets.outgroup), len(sample_sets.outgroup) + len(sample_sets.ingroup)
        self._groups = slice(0, first), slice(first, second)
        self._everybody = second
        self._one_chromosome = np.zeros(second, dtype=bool)  # whether the last call of a sample was haploid
        self._sites, self._lacking = 0, [0, 0]
        self._names = [*sample_sets.outgroup, *sample_sets.ingroup]
        self._missing = np.zeros(second, dtype=np.int64)  # missing genotypes of each sample

    def read(self, sites: Sites) -> Sites:
        """Return the sites, with missing genotypes filled in if they mean REF."""
        self._sites += len(sites)
        alleles = sites.calls.alleles[:, : self._everybody]
        absent = (alleles[..., 0] < 0) & (alleles[..., 1] < 0)  # faster than all()
        if not absent.any():
            return sites
        if self._meaning == "reference":
            return self._filled(sites, absent)
        self._missing += np.count_nonzero(absent, axis=0)
        if any(group.start == group.stop for group in self._groups):
            return sites
        lacks = [absent[:, group].all(axis=1) for group in self._groups]
        for number, there in enumerate((lacks[0] & ~lacks[1], lacks[1] & ~lacks[0])):
            count = int(np.count_nonzero(there))
            if count:
                self._lacking[number] += count
                lacking, other = self._roles[number], self._roles[1 - number]
                item = f"sites at which no {lacking} sample is called, but {other} samples are"
                self._tally.add("modern", item, count)
        return sites

    def _filled(self, sites: Sites, absent: npt.NDArray[np.bool_]) -> Sites:
        calls = sites.calls
        if calls.baseless is not None:
            absent &= ~calls.baseless[:, : self._everybody]
        if calls.haploid is not None:
            haploid = calls.haploid[:, : self._everybody]
            # A missing call may be ./. where a sample has one chromosome, or . where it has two.
            one, two = (haploid & ~absent).any(axis=0), (~haploid & ~absent).any(axis=0)
            self._one_chromosome = np.where(two, False, self._one_chromosome | one)  # noqa: FBT003
        self._tally.add("modern", "missing genotypes, read as REF", int(absent.sum()))
        alleles = calls.alleles.copy()
        own = alleles[:, : self._everybody]
        own[..., 0][absent] = 0
        own[..., 1][absent & ~self._one_chromosome] = 0
        marks = calls.haploid
        if marks is not None or self._one_chromosome.any():
            marks = np.zeros(calls.phased.shape, dtype=bool) if marks is None else marks.copy()
            marks[:, : self._everybody][absent] = np.broadcast_to(self._one_chromosome, absent.shape)[absent]
        phased = calls.phased.copy()
        phased[:, : self._everybody][absent] = True
        return replace(sites, calls=replace(calls, alleles=alleles, phased=phased, haploid=marks))

    def one_sided(self) -> str:
        """Return a sentence about sites at which a whole group is missing; empty if they are few."""
        number = int(np.argmax(self._lacking))
        share = self._lacking[number] / max(1, self._sites)
        if self._meaning != "ask" or share <= MAX_ONE_SIDED:
            return ""
        return (
            f"at {self._lacking[number]:,} of {self._sites:,} sites ({share:.0%}) no {self._roles[number]} sample "
            f"is called, but {self._roles[1 - number]} samples are: if call sets were merged without filling in, a "
            "missing genotype may mean REF"
        )

    def warn(self) -> None:
        """Warn about sites that are called in one group only, and about samples that lack many genotypes."""
        share = self._missing / max(1, self._sites)
        if (many := np.flatnonzero(share > MAX_MISSING)).size:
            worst = many[np.argsort(-share[many], kind="stable")]
            worst_samples = shortlist(f"{self._names[number]} {share[number]:.0%}" for number in worst)
            log.warning(
                "%s of %s samples lack more than %s of their genotypes (%s): fewer segments are found in them, mainly "
                "without an archaic genome",
                f"{len(many):,}", f"{len(share):,}", f"{MAX_MISSING:.0%}", worst_samples,
            )  # fmt: skip
        self.warn_one_sided()

    def warn_one_sided(self) -> None:
        """Warn about sites that are called in one group only."""
        if problem := self.one_sided():
            log.warning("%s; %s", problem, REMEDY)


REMEDY = (
    "merge with bcftools merge --missing-to-ref, or give --missing reference, if each call set holds every site at "
    "which its samples differ from REF; give --missing uncalled if missing means not called"
)
