"""Options of k-mers only; see :mod:`archaictools.options`. This module imports no heavy library.

Options that haplotypes have, too, are in :mod:`archaictools.learning.options`, with the defaults of both: segments
(minimum length, threshold, gap), splits, training and sizes of layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from archaictools.alphabet import Alphabet
from archaictools.errors import UsageError
from archaictools.learning.options import BatchScale, TrainingOptions
from archaictools.options import INPUT, MAX_LENGTH, RunOptions, build, names, option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class RegionOptions:
    """Which regions are cut into windows."""

    introgressed: Path | None = option(None, type=INPUT, help="BED of introgressed regions.")
    depleted: Path | None = option(
        None, type=INPUT, help="BED of depleted regions [default: regions drawn to match the introgressed ones]."
    )
    regions: Path | None = option(None, type=INPUT, help="BED, GTF or GFF3 of unlabelled regions or genes.")
    exclude: Path | None = option(
        None, type=INPUT, help="BED of regions to leave out; rows on chromosomes that the genome lacks are counted."
    )
    chromosomes: tuple[str, ...] = option((), parse=names, help="Chromosomes to use, separated by commas.")
    no_merge: bool = option(False, help="Keep overlapping regions separate (the article's way; leaks).")
    gc_tolerance: float = option(
        0.02, type=click.FloatRange(0, 1), help="Largest GC difference between a region and its match."
    )

    def __post_init__(self) -> None:
        if self.depleted and not self.introgressed:
            raise UsageError("--depleted needs --introgressed beside it")
        if self.regions and self.introgressed:
            raise UsageError("give either --introgressed (labelled windows) or --regions (unlabelled ones), not both")


@dataclass(frozen=True, kw_only=True)
class WindowOptions:
    """How regions are cut into windows."""

    size: int = option(200, type=click.IntRange(1, MAX_LENGTH), help="Window length in bp.")
    step: int = option(200, type=click.IntRange(1, MAX_LENGTH), help="Distance of window starts in bp.")
    max_n: int = option(0, type=click.IntRange(0, MAX_LENGTH), help="Largest number of N in a window.")
    keep_short: bool = option(False, help="Keep windows shorter than --size (short genes, ends of regions).")


@dataclass(frozen=True, kw_only=True)
class KmerTrainingOptions(TrainingOptions):
    """How a network is trained on sentences of k-mers.

    Examples
    --------
    >>> [KmerTrainingOptions().resolve(number)[0] for number in (2_000, 5_000, 15_000, 700_000)]
    [32, 128, 256, 1024]
    """

    SCALE = BatchScale(smallest=32, largest=1_024, steps=32, rate_at_128=0.004)

    class_weight: str = option(
        "none",
        type=click.Choice(["none", "balanced"]),
        only=Alphabet.KMER,
        help="Weight of the classes in the loss; none: by their number of examples, balanced: equal.",
    )
    rc: bool = option(False, only=Alphabet.KMER, help="Train on random strands, and predict the mean of both strands.")

    def to_dict(self, *, seed: int) -> dict[str, object]:
        """Return the options as the metrics and checkpoints store them."""
        return super().to_dict(seed=seed) | {"class_weight": self.class_weight, "reverse_complement": self.rc}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> tuple[KmerTrainingOptions, int]:
        """Rebuild options and seed from :meth:`to_dict`; other keys are ignored, and missing ones have defaults."""
        values = {**stored, "rc": stored.get("reverse_complement", False)}
        return build(cls, values), build(RunOptions, {"seed": values.get("seed", 1)}).seed


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """Which genome builds a model may predict."""

    any_build: bool = option(False, only=Alphabet.KMER, help="Accept words of another genome build than the model's.")


@dataclass(frozen=True, kw_only=True)
class TokenOptions:
    """How sequence is read as sentences of k-mers."""

    k: int = option(10, type=click.IntRange(1, 12), help="Length of a k-mer in bp.")
    stride: int = option(1, type=click.IntRange(1, 1_000_000), help="Distance of the starts of k-mers in bp.")
    canonical: bool = option(False, help="Count a k-mer and its reverse complement as one word.")
    size: int | None = option(
        None,
        type=click.IntRange(1, MAX_LENGTH),
        help="Length of a sentence in bp; longer records are cut, shorter ones padded "
        "[default: the longest window; 200 for --fasta].",
    )
    label: str = option(".", type=click.Choice(["introgressed", "depleted", "."]), help="Class of all --fasta records.")


@dataclass(frozen=True, kw_only=True)
class BaselineOptions:
    """Options of the baselines of a k-mer model."""

    block_size: int = option(
        1_000_000,
        type=click.IntRange(1),
        only=Alphabet.KMER,
        help="Length in bp of the blocks within which labels are shuffled.",
    )
    trees: int = option(100, type=click.IntRange(1), only=Alphabet.KMER, help="Number of trees of the Random Forest.")
    tree_windows: int = option(
        20_000,
        type=click.IntRange(2),
        only=Alphabet.KMER,
        help="Training sentences drawn for each tree, whose cost grows faster than their number.",
    )


@dataclass(frozen=True, kw_only=True)
class ImportanceOptions:
    """How the importance of positions is measured."""

    mode: str = option(
        "sequence",
        type=click.Choice(["sequence", "word"]),
        only=Alphabet.KMER,
        help="Exchange of bases, after which the words are read again, or of a word alone (the article's way).",
    )
    block: int | None = option(
        None,
        type=click.IntRange(1),
        only=Alphabet.KMER,
        help="Number of bases exchanged in mode sequence [default: k].",
    )
    metric: str = option(
        "loss",
        type=click.Choice(["loss", "auroc", "accuracy"]),
        only=Alphabet.KMER,
        help="Measure of the skill that is lost; loss is the mean log loss gained, in nats.",
    )
    part: str = option(
        "test",
        type=click.Choice(["test", "validation", "train", "all"]),
        only=Alphabet.KMER,
        help="Side of the split that sentences are drawn from.",
    )
    permutations: int = option(
        2_000, type=click.IntRange(1), only=Alphabet.KMER, help="Permutations of the labels, for p."
    )
    threshold: float | None = option(
        None, type=float, only=Alphabet.KMER, help="Minimum importance of an important position, in addition to --fdr."
    )
    min_count: int = option(
        5, type=click.IntRange(1), only=Alphabet.KMER, help="Minimum count of a k-mer in the table of --kmers."
    )
