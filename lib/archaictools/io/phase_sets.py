"""Phase sets: regions within which ``|`` assigns alleles to haplotypes; haplotypes of two regions are unrelated.

Programs that phase from reads (WhatsHap, GATK) number these regions in FORMAT/PS. Haplotypes are read along whole
chromosomes, so the haplotypes of a sample with several phase sets are joined at random.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import shortlist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archaictools.io._vcf_text import Index, Lines
    from archaictools.io.sites import Calls
    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")

_NONE = frozenset((b".", b""))


class PhaseSets:
    """Counts the phase sets of some samples on each chromosome.

    Parameters
    ----------
    samples
        Names of the samples.
    """

    def __init__(self, samples: Sequence[str]) -> None:
        self.samples = list(samples)
        self._chrom = ""
        self._seen = [set[bytes]() for _ in samples]
        # Sample to its largest number of phase sets on a chromosome, and that chromosome; number of joins in all.
        self._most: dict[str, tuple[int, str]] = {}
        self._joined = 0

    def add(self, chrom: str, lines: Lines, rows: Index, columns: Index, calls: Calls, samples: Index) -> None:
        """Add the phased heterozygous calls of some lines.

        Parameters
        ----------
        chrom
            Chromosome of the lines.
        lines, rows
            A block of lines, and the rows to read.
        columns
            Columns of the read samples in the file.
        calls
            Calls of these samples on these lines.
        samples
            Indices of the counted samples among the read ones.
        """
        for place, values in lines.values(rows, columns[samples], b"PS"):
            if chrom != self._chrom:
                self._close()
                self._chrom = chrom
            pair = calls.alleles[place, samples]
            for sample in np.flatnonzero((pair[:, 0] != pair[:, 1]) & calls.phased[place, samples]).tolist():
                if values[sample] not in _NONE and pair[sample].min() >= 0:
                    self._seen[sample].add(values[sample])

    def _close(self) -> None:
        """Count the phase sets of the chromosome that was read."""
        for sample, seen in zip(self.samples, self._seen, strict=True):
            if len(seen) > 1:
                self._joined += len(seen) - 1
                self._most[sample] = max(self._most.get(sample, (0, "")), (len(seen), self._chrom))
            seen.clear()

    def finish(self, tally: Summary) -> None:
        """Warn about samples with more than one phase set on a chromosome; count the joins in the summary."""
        self._close()
        if not self._most:
            return
        tally.add("ingroup", "ends of a phase set (PS) within a chromosome, read across", self._joined)
        tally.add("ingroup", "people with more than one phase set (PS) on a chromosome", len(self._most))
        sample = max(self._most, key=lambda name: self._most[name])
        number, chrom = self._most[sample]
        log.warning(
            "more than one phase set (PS) on a chromosome: %s of the ingroup (%s has %s on %s); their haplotypes are "
            "joined across phase sets, at random; phase whole chromosomes, e.g. with SHAPEIT or Beagle",
            shortlist(self._most), sample, f"{number:,}", chrom,
        )  # fmt: skip
