"""Options of haplotypes only; see :mod:`archaictools.options`. This module imports no heavy library.

Options that k-mers have, too, are in :mod:`archaictools.learning.options`, with the defaults of both: segments (minimum
length, threshold, gap), splits, training and sizes of layers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

from archaictools.alphabet import Alphabet
from archaictools.errors import UsageError, shorten
from archaictools.io.chromosomes import bare
from archaictools.learning.options import BatchScale, TrainingOptions
from archaictools.options import MAX_LENGTH, names, option

#: Ingroup samples that are encoded together; the pretrained model was trained on groups of this size.
MAX_GROUP_SAMPLES = 12

#: Haplotypes of one group that a model reads together; memory and time grow with the number of their pairs.
MAX_GROUP_HAPLOTYPES = 2 * MAX_GROUP_SAMPLES

#: Longest bin in bp; bases of a bin are counted in 16 bits.
MAX_BIN = 2**16 - 1

#: Recombination rate per bp and generation: about the mean of the human genome (Kong et al. 2002, doi:10.1038/ng917).
RECOMBINATION = 1.2e-8
#: Years of a generation (Fenner 2005, doi:10.1002/ajpa.20188).
GENERATION = 29.0
#: Shortest segment in bp that counts for an age: shorter ones are missed more often.
CUT = 40_000

#: Fraction of the chunks without introgression that an epoch uses.
KEEP_NEGATIVES = 0.35


@dataclass(frozen=True, kw_only=True)
class GenotypeOptions:
    """What missing and filtered genotypes mean.

    Attributes
    ----------
    archaic_missing
        Meaning of a missing archaic call: ``uncalled``, ``reference`` (the file gives archaic genotypes only where
        they are not REF), or ``ask``: ``uncalled``, but refuse a file without any REF call.
    missing
        Meaning of a missing modern genotype: ``uncalled``, ``reference``, or ``ask``: ``uncalled``, but warn where
        many sites are called in the outgroup only or in the ingroup only.
    pass_only
        Use only records whose FILTER is PASS or missing.
    """

    archaic_missing: str = option(
        "ask",
        type=click.Choice(["ask", "uncalled", "reference"]),
        help="Meaning of a missing archaic call. With ask it is uncalled, and a file that has other calls but no REF "
        "call is refused (one call in all: a warning).",
    )
    missing: str = option(
        "ask",
        type=click.Choice(["ask", "uncalled", "reference"]),
        help="Meaning of a missing modern genotype. With ask it is uncalled, and a warning is given if the whole "
        "outgroup or the whole ingroup is missing at more than 10 % of the sites, as after bcftools merge.",
    )
    pass_only: bool = option(False, help="Use only records whose FILTER is PASS or missing, archaic records too.")


@dataclass(frozen=True, kw_only=True)
class EncodingOptions(GenotypeOptions):
    """How genotypes become features of bins.

    Attributes
    ----------
    bin
        Length of a bin in bp.
    together
        Largest number of ingroup samples in a group; larger ingroups are split into groups of nearly equal size. An
        allele that the whole outgroup carries is a feature only if the haplotypes of the group differ there.
    unphased
        ``refuse``, or ``random``: the two alleles of an unphased heterozygote get a random order.
    """

    bin: int = option(1_000, type=click.IntRange(1, MAX_BIN), help="Length of a bin in bp.")
    together: int = option(
        MAX_GROUP_SAMPLES,
        type=click.IntRange(1),
        help="Largest number of ingroup samples in a group; larger ingroups are split. Shared alleles are stored "
        "within a group.",
    )
    unphased: str = option(
        "refuse",
        type=click.Choice(["refuse", "random"]),
        help="Treatment of unphased heterozygotes of the ingroup: refuse the file, or give the alleles a random order.",
    )

    def __post_init__(self) -> None:
        if not 1 <= self.bin <= MAX_BIN:
            raise UsageError(f"--bin: {self.bin} is not in the range 1<=x<={MAX_BIN}")
        if self.together < 1:
            raise UsageError(f"--together: {self.together} is not in the range x>=1")


def split_names(value: object) -> tuple[str, ...]:
    """Return names, given separated by commas, several times, or as a list."""
    return names(",".join(names(value)))


@dataclass(frozen=True, kw_only=True)
class ChromosomeOptions:
    """Which chromosomes are read.

    Attributes
    ----------
    chromosomes
        Chromosomes to read, in either style of names; empty for all.
    """

    chromosomes: tuple[str, ...] = option(
        (),
        multiple=True,
        parse=split_names,
        help="Chromosomes to read, separated by commas, as chr21 or 21; repeat it for more [default: all].",
    )

    @property
    def chosen(self) -> frozenset[str] | None:
        """Chromosomes to read, without ``chr``; None for all."""
        return frozenset(map(bare, self.chromosomes)) or None


@dataclass(frozen=True, kw_only=True)
class PartOptions(ChromosomeOptions):
    """Which part of the data is read, so that a large run can be divided.

    Attributes
    ----------
    people_shard
        ``i/n``: shard i of n of the ingroup; None for all of it. A shard is a run of whole groups, so its features
        are those of the undivided run.
    """

    people_shard: str | None = option(
        None,
        help="Part of the ingroup to encode, i/n: shard i of n, such as 2/8. Groups of --together stay whole, so the "
        "features are those of the undivided run [default: all].",
    )

    def __post_init__(self) -> None:
        _ = self.shard

    @property
    def shard(self) -> tuple[int, int]:
        """Number of the shard, from 1, and number of shards.

        Raises
        ------
        UsageError
            If ``people_shard`` is not ``i/n`` with 1 <= i <= n.

        Examples
        --------
        >>> PartOptions(people_shard="2/8").shard, PartOptions().shard
        ((2, 8), (1, 1))
        """
        if self.people_shard is None:
            return 1, 1
        match = re.fullmatch(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", str(self.people_shard), re.ASCII)
        if match is None or int(match[1]) > int(match[2]):
            raise UsageError(
                f"--people-shard is {shorten(self.people_shard)}, expected i/n with 1 <= i <= n, such as 2/8"
            )
        return int(match[1]), int(match[2])

    def given(self) -> dict[str, str | list[str]]:
        """Return the options that were given, for the provenance."""
        found: dict[str, str | list[str]] = {"chromosomes": list(self.chromosomes)} if self.chromosomes else {}
        return found | ({"people_shard": self.people_shard} if self.people_shard else {})


@dataclass(frozen=True, kw_only=True)
class WindowOptions:
    """Windows of a scan for adaptive introgression, and which alleles count.

    Attributes
    ----------
    window, step
        Length of a window, and distance of two starts, in bp.
    reference_below
        An archaic allele has a lower frequency than this in the reference.
    target_above
        U counts archaic alleles of a higher frequency than this in the target.
    others
        ``any``, or ``absent``: no archaic genome outside the source carries the allele.
    top
        Share of the windows of a source, of the highest U and of the highest Q95, that candidates belong to.
    """

    window: int = option(40_000, type=click.IntRange(1, MAX_LENGTH), help="Length of a window in bp.")
    step: int = option(40_000, type=click.IntRange(1, MAX_LENGTH), help="Distance of the starts of two windows in bp.")
    reference_below: float = option(
        0.01,
        type=click.FloatRange(0, 1, min_open=True),
        help="An archaic allele has a lower frequency than this in the reference.",
    )
    target_above: float = option(
        0.5,
        type=click.FloatRange(0, 1, max_open=True),
        help="U counts archaic alleles with a higher frequency than this in the target.",
    )
    others: str = option(
        "any",
        type=click.Choice(["any", "absent"]),
        help="Archaic genomes outside the source: any genotype, or called and without the allele.",
    )
    top: float = option(
        0.01,
        type=click.FloatRange(0, 1, min_open=True),
        help="A candidate is a window with U of 1 or more that is among this share of the windows by U and by Q95.",
    )


@dataclass(frozen=True, kw_only=True)
class DesertOptions:
    """Which stretches without a segment are reported."""

    desert_length: int = option(
        1_000_000, type=click.IntRange(1), only=Alphabet.VARIANT, help="Minimum length of a desert in bp."
    )


@dataclass(frozen=True, kw_only=True)
class TrackLineOptions:
    """What precedes the rows of a BED."""

    track_line: bool = option(
        False,
        only=Alphabet.VARIANT,
        help="First line of --bed that makes the UCSC browser show the colours; Galaxy and bedtools expect none.",
    )


@dataclass(frozen=True, kw_only=True)
class DisplayOptions(TrackLineOptions):
    """How outputs for genome browsers are written."""

    per_person: bool = option(
        False,
        only=Alphabet.VARIANT,
        help="In the folder of --bigwig, one track for each person (SAMPLE.bw, the maximum of both haplotypes), in "
        "place of one for each haplotype.",
    )


@dataclass(frozen=True, kw_only=True)
class BinTrainingOptions(TrainingOptions):
    """How a network is trained on haplotypes.

    Half of the people are read from end to start, unless ``no_augment``; prediction is then the mean of both
    directions.

    Examples
    --------
    >>> [BinTrainingOptions().resolve(number)[0] for number in (400, 4_000, 40_000)]
    [8, 64, 128]
    """

    SCALE = BatchScale(smallest=8, largest=128, steps=50, rate_at_128=0.003)

    stretch: int = option(500, type=click.IntRange(1), only=Alphabet.VARIANT, help="Bins of a training chunk.")
    no_augment: bool = option(
        False,
        only=Alphabet.VARIANT,
        help="Train on the features as they are, without simulated phasing errors, missing calls and masks.",
    )
    no_sharing: bool = option(
        False,
        only=Alphabet.VARIANT,
        help="Score each haplotype alone. By default, without an archaic genome, a second network refines the scores "
        "with those of haplotypes that share very rare alleles.",
    )

    def to_dict(self, *, seed: int) -> dict[str, object]:
        """Return the options as the metrics and checkpoints store them."""
        return super().to_dict(seed=seed) | {
            "stretch": self.stretch,
            "keep_depleted": KEEP_NEGATIVES,
            "augment": not self.no_augment,
            "sharing": not self.no_sharing,
        }
