"""An open file of haplotypes, read in bins of twice the length.

In a population of half the size, people differ at half as many sites, and a tract of the same history is twice as long.
The coalescent is the same if a bin is twice as long. So a model reads haplotypes of little diversity in longer bins.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from archaictools.haplotypes.feature_file import FeatureFile

#: Bins of the file in a longer bin.
JOINED = 2


class LongerBins(FeatureFile):
    """An open file of haplotypes whose bins are joined in twos.

    Its inputs are those of a file that ``haplotypes`` makes of the same VCFs with twice the ``--bin``. Labels and
    evidence for a source are not joined.

    Parameters
    ----------
    features
        The open file, which stays as it is.
    """

    joined = JOINED

    def __init__(self, features: FeatureFile) -> None:
        self.__dict__.update(vars(features))
        self._features = features
        self.encoding = replace(features.encoding, bin=JOINED * features.encoding.bin)
        self.bins = {chrom: -(-bins // JOINED) for chrom, bins in features.bins.items()}

    def counts(self, chrom: str, rows: slice = slice(None), bins: slice = slice(None)) -> npt.NDArray[np.uint8]:
        """Return the counts of some haplotypes and longer bins, at most 255: uint8 (haplotypes, bins, 32)."""
        sums = _joined(self._features.counts(chrom, rows, self._short(chrom, bins)), axis=1)
        return np.minimum(sums, 255).astype(np.uint8)

    def missing(self, chrom: str, rows: slice, bins: slice = slice(None)) -> npt.NDArray[np.uint16]:
        """Return the number of missing calls: uint16 (haplotypes, longer bins)."""
        return _joined(self._features.missing(chrom, rows, self._short(chrom, bins)), axis=1)

    def shared(self, chrom: str, name: str) -> npt.NDArray[np.uint16]:
        """Return ``outgroup_variable``, ``callable`` or ``typed`` of a chromosome: uint16 (longer bins,)."""
        return _joined(self._features.shared(chrom, name), axis=0)

    def allele_bins(self, chrom: str, alleles: slice = slice(None)) -> npt.NDArray[np.uint32]:
        """Return the longer bins of alleles that haplotypes share: uint32 (alleles,), ascending."""
        return self._features.allele_bins(chrom, alleles) // np.uint32(JOINED)

    def _short(self, chrom: str, bins: slice) -> slice:
        """Return the bins of the file in some longer bins."""
        first, stop, _ = bins.indices(self.bins[chrom])
        return slice(JOINED * first, min(JOINED * stop, self._features.bins[chrom]))


def _joined(values: npt.NDArray[np.unsignedinteger], axis: int) -> npt.NDArray[np.uint16]:
    """Add up neighbours in twos along an axis; the last one may be alone."""
    first = np.arange(0, values.shape[axis], JOINED)
    return np.asarray(np.add.reduceat(values, first, axis=axis, dtype=np.uint16))
