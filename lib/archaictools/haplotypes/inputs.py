"""Inputs of a network along one chromosome, some bins at a time.

Whether a bin has data, and how many of its genotypes are missing, depends on bins around it. So these are read as well,
and the inputs of a part of a chromosome are those of the whole chromosome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError
from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.callability import called_share, read_bins
from archaictools.haplotypes.diversity import called_part, diversity_of
from archaictools.haplotypes.encoding import SHARED_INPUTS

if TYPE_CHECKING:
    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile

#: Number of bins around a bin from which its share of called sites is computed.
CALLED_SHARE_BINS = 41


class InputReader:
    """Reads the inputs of haplotypes on one chromosome.

    Scattered missing calls are corrected for. With an archaic genome, counts are divided by the share of called sites
    in the bins around. Without one, the bin counts as partly callable, with fewer variable sites: divided counts would
    give four times too many segments (measured with half of all genotypes missing). It is also partly callable on a
    chromosome of little diversity (:mod:`archaictools.haplotypes.diversity`).

    Parameters
    ----------
    features, chrom
        File of haplotypes, and chromosome.

    Raises
    ------
    InputError
        If the chromosome has impossible counts of bases.
    """

    def __init__(self, features: FeatureFile, chrom: str) -> None:
        self._features, self._chrom = features, chrom
        self._typed, self._callable, self._variable = (
            features.shared(chrom, name) for name in ("typed", "callable", "outgroup_variable")
        )
        self._exists = features.exists(chrom)
        # 32 bits: no chromosome has that many bins, and this is an array of a whole chromosome.
        self._sites = np.flatnonzero(self._typed).astype(np.int32)
        self._part = 1.0
        if not features.encoding.archaic:
            diversity = diversity_of(self._variable, self._callable, features.encoding.outgroup)
            self._part = called_part(features.joined * diversity)
        self._last_size = features.lengths[chrom] - (len(self._typed) - 1) * features.encoding.bin

    def read(self, rows: slice, bins: slice = slice(None)) -> npt.NDArray[np.uint8]:
        """Return the inputs of some haplotypes and bins.

        Parameters
        ----------
        rows, bins
            Rows of the file, and bins of the chromosome.

        Returns
        -------
        numpy.ndarray
            uint8 (haplotypes, bins, 34); callable is 0 (none) to 255 (the whole bin).

        Raises
        ------
        InputError
            If a haplotype lacks more calls than there are sites.
        """
        first, stop, _ = bins.indices(len(self._typed))
        around = CALLED_SHARE_BINS // 2
        begin, end = max(0, first - around), min(len(self._typed), stop + around)
        missing, gaps = self._missing(rows, begin, end)
        here = slice(first - begin, stop - begin)
        counts = self._features.counts(self._chrom, rows, slice(first, stop))
        size = np.full(stop - first, self._features.encoding.bin)
        if stop == len(self._typed):
            size[-1:] = self._last_size
        variable = self._variable[first:stop].astype(np.float64)
        callable_ = 255 * np.minimum(self._callable[first:stop] / size, 1) * ~gaps[:, here] * self._part
        if missing.any():
            typed = self._typed[begin:end]
            if self._features.encoding.archaic:
                share = called_share(typed, missing, gaps, CALLED_SHARE_BINS)[:, here]
                counts = np.minimum(np.rint(counts / share[..., None]), 255).astype(np.uint8)
            else:
                share = called_share(typed[here], missing[:, here], gaps[:, here], 1)
                variable, callable_ = variable * share, callable_ * share
        found = np.empty((*counts.shape[:2], len(CLASSES) + len(SHARED_INPUTS)), dtype=np.uint8)
        found[..., : len(CLASSES)] = counts
        found[..., -2] = np.rint(np.minimum(variable, 255))
        found[..., -1] = np.rint(callable_)
        return found

    def _missing(self, rows: slice, begin: int, end: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.bool_]]:
        """Return missing calls, uint16 (haplotypes, bins), and gaps, bool (haplotypes, bins), of bins [begin, end)."""
        before = np.searchsorted(self._sites, begin, side="right") - 1
        after = np.searchsorted(self._sites, end - 1)
        # A bin without sites is like the nearest bins with sites, which may be far away.
        first = min(begin, int(self._sites[before])) if before >= 0 else begin
        stop = max(end, int(self._sites[after]) + 1) if after < len(self._sites) else end
        missing, typed = self._features.missing(self._chrom, rows, slice(first, stop)), self._typed[first:stop]
        if (missing > typed).any():
            raise InputError(f"{self._chrom} has more missing calls than sites", path=self._features.path)
        here = slice(begin - first, end - first)
        read = read_bins(typed, missing)[:, here]
        return missing[:, here], ~(read & self._exists[rows, None])
