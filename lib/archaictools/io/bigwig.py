"""bigWig tracks: piecewise-constant values along chromosomes, for IGV, UCSC and Galaxy.

:mod:`archaictools.io.bigwig_reader` reads them.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import pyBigWig

from archaictools.errors import ArchaicError
from archaictools.io.schema import check_lengths, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

#: starts, ends (int64, sorted, not overlapping) and values (float) on one chromosome.
Track = tuple["npt.NDArray[np.int64]", "npt.NDArray[np.int64]", "npt.NDArray[np.float64]"]


class BigWigWriter(contextlib.AbstractContextManager["BigWigWriter"]):
    """Writer of a bigWig, chromosome by chromosome.

    Parameters
    ----------
    path
        The file to write.
    lengths
        Name and length in bp of every chromosome; chromosomes must be added in this order.

    Attributes
    ----------
    bases
        Number of bases with a value so far.

    Raises
    ------
    InputError
        If a bigWig cannot store the name or the length of a chromosome.
    """

    def __init__(self, path: Path, lengths: Mapping[str, int]) -> None:
        self._name, self.bases = path.name, 0
        check_lengths(list(lengths), np.array(list(lengths.values()), dtype=np.int64), None)
        # pyBigWig ends the process if it cannot write, for example to a name of 300 characters.
        try:
            path.open("wb").close()
        except OSError as error:
            raise ArchaicError(f"cannot write the bigWig {shown(self._name)} ({error.strerror})") from error
        self._handle = pyBigWig.open(str(path), "w")
        self._handle.addHeader(list(lengths.items()), maxZooms=10)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Write index and zoom levels, and close the file."""
        self._handle.close()

    def add(self, chrom: str, track: Track) -> None:
        """Add the intervals of one chromosome."""
        starts, ends, values = track
        if not len(starts):
            return
        try:
            self._handle.addEntries([chrom] * len(starts), starts, ends=ends, values=np.asarray(values, dtype=float))
        except RuntimeError as error:
            raise ArchaicError(f"cannot write {chrom} into the bigWig {self._name} ({error})") from error
        self.bases += int((ends - starts).sum())
