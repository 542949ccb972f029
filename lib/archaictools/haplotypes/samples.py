"""Who is read as haplotypes, and how."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from archaictools.errors import UsageError, shortlist

if TYPE_CHECKING:
    from pathlib import Path

#: As many people as the pretrained model learnt from at a time.
MAX_GROUP_SAMPLES = 12


@dataclass(frozen=True, kw_only=True)
class SampleSets:
    """Who is read, and where from.

    Attributes
    ----------
    vcf
        VCF or BCF of modern people; each holds all of them, for its chromosomes.
    ingroup, outgroup
        Names of samples; nobody may be in both.
    archaic
        Names of archaic samples, in ``vcf`` or in ``archaic_vcf``.
    archaic_vcf
        VCF or BCF of archaic people.
    """

    vcf: tuple[Path, ...]
    ingroup: tuple[str, ...]
    outgroup: tuple[str, ...]
    archaic: tuple[str, ...] = ()
    archaic_vcf: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not self.ingroup or not self.outgroup:
            raise UsageError("--ingroup and --outgroup must each name at least one sample")
        times = Counter([*self.ingroup, *self.outgroup, *self.archaic])
        again = sorted(name for name, number in times.items() if number > 1)
        if again:
            raise UsageError(
                f"{shortlist(again)} is named more than once; a sample is in one of --ingroup, --outgroup and --archaic"
            )
        if self.archaic_vcf and not self.archaic:
            raise UsageError("--archaic-vcf needs --archaic, the names of the archaic people in it")

    @property
    def haplotypes(self) -> list[tuple[str, int]]:
        """Sample and haplotype (1 or 2) of every row."""
        return [(name, number) for name in self.ingroup for number in (1, 2)]


@dataclass(frozen=True, kw_only=True)
class EncodingOptions:
    """How genotypes are read.

    Attributes
    ----------
    bin
        Length of a bin in bp.
    unphased
        ``refuse``, or ``random``: the two alleles of an unphased heterozygote are dealt at random.
    archaic_missing
        What a missing archaic call means: ``uncalled``, ``reference`` (the file gives archaic genotypes only where
        they are not REF), or ``ask``: ``uncalled``, but refuse a file without any REF call.
    missing
        What a missing genotype of a modern person means: ``uncalled``, ``reference``, or ``ask``: ``uncalled``, but
        warn where many sites are called in the outgroup or in the ingroup only.
    pass_only
        Use records only whose FILTER is PASS.
    together
        People of the ingroup read together at most; more are parted into groups as equal as can be. A group decides
        which alleles that all of the outgroup carries are words: those at which someone of it differs.
    threads
        With more than one, files are decompressed in advance.
    seed
        Of dealing.
    """

    bin: int = 1_000
    together: int = MAX_GROUP_SAMPLES
    unphased: str = "refuse"
    archaic_missing: str = "ask"
    missing: str = "ask"
    pass_only: bool = False
    threads: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.bin <= np.iinfo(np.uint16).max:
            raise UsageError(f"bins have {self.bin} bp, expected 1 to {np.iinfo(np.uint16).max:,}")
        if self.together < 1:
            raise UsageError(f"{self.together} people are read together, expected 1 or more")

    def groups(self, people: int) -> npt.NDArray[np.int64]:
        """Return the first person of each group of so many people.

        Examples
        --------
        >>> EncodingOptions(together=12).groups(26).tolist()
        [0, 8, 17]
        """
        number = -(-people // self.together)
        return np.arange(number) * people // number
