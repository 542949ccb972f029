"""Options of the haplotype wing; see :mod:`archaictools.options`. This module imports no heavy library."""

from __future__ import annotations

from dataclasses import dataclass

import click

from archaictools.alphabet import Alphabet
from archaictools.options import option


@dataclass(frozen=True, kw_only=True)
class DesertOptions:
    """Which stretches without a segment are reported."""

    desert_length: int = option(
        1_000_000, type=click.IntRange(1), only=Alphabet.VARIANT, help="Minimum length of a desert in bp."
    )
