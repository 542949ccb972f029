"""Options of the k-mer wing; see :mod:`archaictools.options`. This module imports no heavy library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from archaictools.alphabet import Alphabet
from archaictools.errors import UsageError
from archaictools.options import INPUT, MAX_LENGTH, names, option

if TYPE_CHECKING:
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
class BuildOptions:
    """Which genome builds a model may predict."""

    any_build: bool = option(False, only=Alphabet.KMER, help="Accept words of another genome build than the model's.")
