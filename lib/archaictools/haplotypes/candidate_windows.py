"""Windows along a chromosome, and the statistics U and Q95 of the sites in each.

Racimo, Marnetto and Huerta-Sánchez 2017 (doi:10.1093/molbev/msw216) define both on the sites at which an allele is rare
in a reference population and fixed in an archaic source. U counts those at which the target has it at a high frequency.
Q95 is the 95th percentile of the frequencies in the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Int = npt.NDArray[np.int64]

#: The quantile of Q95.
QUANTILE = 0.95


@dataclass(frozen=True)
class Windows:
    """Intervals of one chromosome, sorted by start.

    Attributes
    ----------
    start, end
        int64 (windows,), 0-based and half-open, in bp.
    """

    start: Int
    end: Int

    def __len__(self) -> int:
        return len(self.start)


def grid(length: int, *, size: int, step: int) -> Windows:
    """Return the windows of a chromosome of ``length`` bp; the last ones are cut at its end.

    Examples
    --------
    >>> windows = grid(100, size=40, step=40)
    >>> windows.start.tolist(), windows.end.tolist()
    ([0, 40, 80], [40, 80, 100])
    """
    start = np.arange(0, length, step, dtype=np.int64)
    return Windows(start, np.minimum(start + size, length))


@dataclass(frozen=True)
class WindowStatistics:
    """Statistics of windows, by source.

    Attributes
    ----------
    sites
        int64 (windows, sources): sites at which reference, target and source are called.
    archaic
        int64 (windows, sources): of these, the sites with an allele fixed in the source and rare in the reference.
    u
        int64 (windows, sources): of these, the sites at which the target has the allele above the threshold.
    q95
        float64 (windows, sources): 95th percentile of the target's frequencies; NaN without an archaic allele.
    """

    sites: Int
    archaic: Int
    u: Int
    q95: npt.NDArray[np.float64]

    def take(self, rows: slice) -> WindowStatistics:
        """Return the statistics of some windows."""
        return WindowStatistics(self.sites[rows], self.archaic[rows], self.u[rows], self.q95[rows])

    def followed_by(self, other: WindowStatistics) -> WindowStatistics:
        """Return the statistics of these windows, then of others."""
        sites, archaic, u = (
            np.concatenate(pair)
            for pair in ((self.sites, other.sites), (self.archaic, other.archaic), (self.u, other.u))
        )
        return WindowStatistics(sites, archaic, u, np.concatenate([self.q95, other.q95]))


def _unknown(windows: int, sources: int) -> WindowStatistics:
    """Return the statistics of windows before their first site."""
    sites, archaic, u = (np.zeros((windows, sources), dtype=np.int64) for _ in range(3))
    return WindowStatistics(sites, archaic, u, np.full((windows, sources), np.nan))


class WindowScan:
    """Statistics of the windows of one chromosome, computed as its sites come.

    Memory holds the sites with an archaic allele, and the numbers of compared sites, of the windows that are not
    complete.

    Attributes
    ----------
    windows
        The windows.
    statistics
        Their statistics so far.

    Parameters
    ----------
    windows
        Windows, sorted by start; they may overlap.
    sources
        Number of sources.
    target_above
        U counts sites at which the target's frequency is higher than this.
    """

    def __init__(self, windows: Windows, sources: int, *, target_above: float) -> None:
        self.windows, self._sources, self._above = windows, sources, target_above
        self.statistics = _unknown(len(windows), sources)
        self._next = 0
        self._position = np.zeros(0, dtype=np.int64)
        self._frequency = np.zeros((0, sources))

    def extend(self, windows: Windows) -> None:
        """Use more windows, which begin with those that are known."""
        more = _unknown(len(windows) - len(self.windows), self._sources)
        self.windows, self.statistics = windows, self.statistics.followed_by(more)

    def cut(self, length: int) -> None:
        """End the chromosome: windows that begin at or after its end are dropped, and others are cut there."""
        kept = slice(0, int(np.searchsorted(self.windows.start, length)))
        self.windows = Windows(self.windows.start[kept], np.minimum(self.windows.end[kept], length))
        self.statistics = self.statistics.take(kept)

    def add(self, position: Int, compared: npt.NDArray[np.bool_], frequency: npt.NDArray[np.float64]) -> None:
        """Add the next sites, which ascend; see :func:`archaictools.haplotypes.archaic_alleles.archaic_frequencies`."""
        # Windows before the next one are complete; those that begin after the last site have none of these.
        part = slice(self._next, int(np.searchsorted(self.windows.start, position[-1], side="right")))
        first = np.searchsorted(position, self.windows.start[part])
        last = np.searchsorted(position, self.windows.end[part])
        before = np.zeros((len(position) + 1, self._sources), dtype=np.int64)
        np.cumsum(compared, axis=0, out=before[1:])
        self.statistics.sites[part] += before[last] - before[first]
        kept = ~np.isnan(frequency).all(axis=1)
        self._position = np.append(self._position, position[kept])
        self._frequency = np.concatenate([self._frequency, frequency[kept]])
        self._advance(int(position[-1]) + 1)

    def finish(self) -> WindowStatistics:
        """Return the statistics of all windows; no site is left."""
        self._advance(None)
        return self.statistics

    def _advance(self, position: int | None) -> None:
        """Complete the windows before the first that reaches beyond a position."""
        stop = len(self.windows)
        if position is not None:
            beyond = np.flatnonzero(self.windows.end[self._next :] > position)
            stop = self._next + int(beyond[0]) if len(beyond) else stop
        for number in range(self._next, stop):
            self._complete(number)
        self._next = max(self._next, stop)
        if self._next < len(self.windows):
            cut = int(np.searchsorted(self._position, self.windows.start[self._next]))
            self._position, self._frequency = self._position[cut:], self._frequency[cut:]

    def _complete(self, number: int) -> None:
        ends = (self.windows.start[number], self.windows.end[number])
        inside = self._frequency[slice(*np.searchsorted(self._position, ends).tolist())]
        for source in range(self._sources):
            own = inside[:, source]
            own = own[~np.isnan(own)]
            self.statistics.archaic[number, source] = len(own)
            self.statistics.u[number, source] = int((own > self._above).sum())
            if len(own):
                self.statistics.q95[number, source] = np.quantile(own, QUANTILE)


def check_regions(windows: Windows, length: int, *, chrom: str, path: Path) -> None:
    """Raise InputError if a region reaches beyond the chromosome: it is of another build."""
    if len(windows) and int(windows.end.max()) > length:
        raise InputError(
            f"reaches to {chrom}:{int(windows.end.max()):,}, beyond the chromosome's {length:,} bp",
            path=path,
            remedy="give regions of the build of the VCFs",
        )
