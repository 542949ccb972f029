"""Options of calling segments; see :mod:`archaictools.options`. This module imports no heavy library."""

from __future__ import annotations

from dataclasses import dataclass, replace

import click

from archaictools.alphabet import Alphabet
from archaictools.options import option

#: Minimum length of a segment in bp where the user gives none. Shorter segments of haplotypes are mostly wrong.
MIN_LENGTH = {Alphabet.KMER: 0, Alphabet.VARIANT: 5_000}


@dataclass(frozen=True, kw_only=True)
class SegmentOptions:
    """How segments are called from probabilities along the genome."""

    threshold: float = option(0.5, type=click.FloatRange(0, 1), help="Minimum posterior of a called segment.")
    min_length: int | None = option(
        None,
        type=click.IntRange(0),
        help=f"Minimum length of a segment in bp [default: {MIN_LENGTH[Alphabet.KMER]}; "
        f"haplotypes: {MIN_LENGTH[Alphabet.VARIANT]}].",
    )
    max_gap: int = option(
        0, type=click.IntRange(0), help="Longest gap in bp, below the threshold or without data, within a segment."
    )

    def resolved(self, alphabet: Alphabet) -> SegmentOptions:
        """Return these options with the alphabet's minimum length where none is given.

        Examples
        --------
        >>> SegmentOptions().resolved(Alphabet.VARIANT).min_length
        5000
        >>> SegmentOptions(min_length=0).resolved(Alphabet.VARIANT).min_length
        0
        """
        return self if self.min_length is not None else replace(self, min_length=MIN_LENGTH[alphabet])
