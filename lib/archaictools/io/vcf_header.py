"""What the header of a VCF, or of a file that is read as one, names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, shortlist

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.io._vcf_text import Index


class VariantHeader:
    """What the header of a VCF or BCF names; obtain one from :func:`archaictools.io.vcf.header_of`.

    Attributes
    ----------
    path
        The file.
    samples
        Names of the sample columns.
    lengths
        Chromosome lengths in bp, where the header gives them.
    """

    def __init__(self, path: Path, samples: tuple[str, ...], lengths: dict[str, int]) -> None:
        self.path, self.samples, self.lengths = path, samples, lengths

    def columns(self, names: Sequence[str]) -> Index:
        """Return the column numbers of some samples; raise InputError if one is missing, or there twice."""
        where = {name: number for number, name in enumerate(self.samples)}
        unknown = [name for name in names if name not in where]
        if unknown:
            raise InputError(
                f"has no sample {shortlist(unknown)} (it holds {shortlist(self.samples)})",
                path=self.path,
                remedy="give names as in the #CHROM line, separated by commas, or a file with one name per line",
            )
        if len(where) < len(self.samples):
            times = Counter(self.samples)
            twice = [name for name in names if times[name] > 1]
            if twice:
                raise InputError(f"has more than one sample named {shortlist(twice)}", path=self.path)
        return np.array([where[name] for name in names], dtype=np.int64)
