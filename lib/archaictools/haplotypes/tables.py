"""Tables made of segments: BED and bigBed of segments, a summary of people, and callable regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.people_file import LENGTH, UNLIKE
from archaictools.haplotypes.sources import AMBIGUOUS, UNMATCHED
from archaictools.intervals import runs_of_equal
from archaictools.io.bed import score
from archaictools.io.bigbed import Column, write_bigbed
from archaictools.learning.segments import SEEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.haplotypes.lineages import Source


def segments_bed(segments: pd.DataFrame, sources: Sequence[Source]) -> pd.DataFrame:
    """Return segments as BED9: named ``SAMPLE.HAPLOTYPE``, score 1000 times the posterior, coloured by source."""
    colour = {source.name: source.item_rgb for source in sources}
    seen = np.where(segments["seen"] == 1, f"_{SEEN}", "") if "seen" in segments else ""
    return pd.DataFrame(
        {
            "chrom": segments["chrom"],
            "start": segments["start"],
            "end": segments["end"],
            "name": segments["sample"] + "." + segments["haplotype"].astype(str) + seen,
            "score": score(segments["posterior"].to_numpy()),
            "strand": ".",
            "thick_start": segments["start"],
            "thick_end": segments["end"],
            "colour": segments["source"].map(colour),
        }
    )


#: Columns of segments in a bigBed after those of a BED9, by their column in the table of segments.
BIGBED_COLUMNS = {
    "sample": Column("sample", "string", "Name of the person"),
    "haplotype": Column("haplotype", "uint", "Haplotype, 1 or 2"),
    "posterior": Column("posterior", "float", "Mean posterior probability of introgression, 0 to 1"),
    "source": Column("source", "string", "Archaic genome that the segment matches, or ambiguous, or unmatched"),
    "callable": Column("callable", "uint", "Bases of the segment in which the haplotype has data"),
}


def write_segments_bigbed(
    path: Path,
    segments: pd.DataFrame | Iterable[pd.DataFrame],
    sources: Sequence[Source],
    lengths: Mapping[str, int],
) -> None:
    """Write segments as bigBed: the BED9 of :func:`segments_bed`, then :data:`BIGBED_COLUMNS` as far as they are there.

    The source has its label. Tables of segments, in place of one, are in the order of a bigBed and have all columns.

    Raises
    ------
    ArchaicError
        See :func:`archaictools.io.bigbed.write_bigbed`.
    """
    whole = isinstance(segments, pd.DataFrame)
    extra = {name: column for name, column in BIGBED_COLUMNS.items() if not whole or name in segments}
    labels = {source.name: source.label for source in sources}

    def rows(part: pd.DataFrame) -> pd.DataFrame:
        labelled = part.assign(source=part["source"].map(labels))
        return pd.concat([segments_bed(part, sources), labelled[list(extra)].add_prefix("own_")], axis=1)

    write_bigbed(
        path,
        rows(segments) if isinstance(segments, pd.DataFrame) else map(rows, segments),
        lengths,
        list(extra.values()),
        name="archaicSegments",
        comment="Archaic segments of haplotypes",
    )


class PeopleCounts:
    """Counts of each person, from segments and callable bases that come in any order.

    Parameters
    ----------
    haplotypes
        Sample and haplotype (1 or 2) of each row.
    archaic
        Names of the archaic genomes.

    """

    def __init__(self, haplotypes: Sequence[tuple[str, int]], archaic: Sequence[str]) -> None:
        names = dict.fromkeys(name for name, _ in haplotypes)
        self._number = {name: number for number, name in enumerate(names)}
        self._person = np.array([self._number[name] for name, _ in haplotypes], dtype=np.int64)
        self._bases = np.full(len(haplotypes), -1, dtype=np.int64)
        self._sources = (*archaic, AMBIGUOUS, UNMATCHED) if archaic else ()
        self._counts = {
            name: np.zeros(len(names), dtype=np.int64)
            for name in ("introgressed", "segments", "longest", "length", *(f"{name}_bases" for name in self._sources))
        }
        self._unlike, self._compared = np.zeros(len(names), dtype=np.int64), np.zeros(len(names), dtype=bool)

    @property
    def haplotypes(self) -> int:
        """Number of haplotypes that exist on a chromosome."""
        return int((self._bases >= 0).sum())

    def add_bases(self, bases: npt.NDArray[np.int64], *, unlike: bool | None = None) -> None:
        """Add the callable bases of each haplotype on a chromosome, -1 where it does not exist.

        ``unlike`` tells whether the chromosome is unlike the training, or None if that is not known; see
        :func:`archaictools.haplotypes.likeness.is_unlike`.
        """
        exists = bases >= 0
        self._bases[exists] = np.maximum(self._bases[exists], 0) + bases[exists]
        if unlike is not None:
            self._compared[self._person[bases > 0]] = True
        if unlike:
            np.add.at(self._unlike, self._person[exists], bases[exists])

    def add_segments(self, segments: pd.DataFrame) -> None:
        """Add some segments; see :class:`archaictools.haplotypes.segments.CallResult`."""
        person = segments["sample"].map(self._number).to_numpy(dtype=np.int64)
        length = (segments["end"] - segments["start"]).to_numpy(dtype=np.int64)
        inside = segments["callable"].to_numpy(dtype=np.int64)
        np.add.at(self._counts["introgressed"], person, inside)
        np.add.at(self._counts["segments"], person, 1)
        np.add.at(self._counts["length"], person, length)
        np.maximum.at(self._counts["longest"], person, length)
        source = segments["source"].to_numpy()
        for name in self._sources:
            own = source == name
            np.add.at(self._counts[f"{name}_bases"], person[own], inside[own])

    def table(self) -> pd.DataFrame:
        """Return one row for each person, in the order of the haplotypes.

        Returns
        -------
        pandas.DataFrame
            ``sample, haplotypes, callable`` (bases of all haplotypes), ``introgressed`` (callable bases in segments),
            ``percent``, ``segments, mean_length, longest``, with archaic genomes ``NAME_bases`` for each source
            (callable bases), ``length`` (of all segments, callable or not), and ``unlike_training`` (callable bases on
            chromosomes unlike the training, NA if no chromosome could be compared). A person without data has NA
            after ``callable``.
        """
        exists = self._bases >= 0
        number, callable_ = (np.zeros(len(self._number), dtype=np.int64) for _ in range(2))
        np.add.at(number, self._person[exists], 1)
        np.add.at(callable_, self._person[exists], self._bases[exists])
        count = self._counts
        numbers: dict[str, npt.NDArray[np.int64] | npt.NDArray[np.float64]] = {
            "introgressed": count["introgressed"],
            "percent": ratio(100 * count["introgressed"], callable_),
            "segments": count["segments"],
            "mean_length": ratio(count["length"], count["segments"]),
            "longest": count["longest"],
            **{f"{name}_bases": count[f"{name}_bases"] for name in self._sources},
            LENGTH: count["length"],
            UNLIKE: self._unlike,
        }
        table = pd.DataFrame({"sample": list(self._number), "haplotypes": number, "callable": callable_, **numbers})
        kinds = {name: "Int64" for name in map(str, table) if name != "sample"}
        table = table.astype(kinds | {"percent": "Float64", "mean_length": "Float64"})
        table.loc[callable_ == 0, list(numbers)] = pd.NA
        table.loc[~self._compared, UNLIKE] = pd.NA
        return table


def ratio(
    numerator: npt.NDArray[np.int64 | np.float64], denominator: npt.NDArray[np.int64 | np.float64]
) -> npt.NDArray[np.float64]:
    """Divide; NaN where the denominator is 0 or not known."""
    unknown = np.full(len(numerator), np.nan)
    return np.asarray(np.divide(numerator, denominator, out=unknown, where=denominator > 0), dtype=np.float64)


def callable_runs(
    chromosomes: Mapping[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.signedinteger]]],
) -> pd.DataFrame:
    """Return how many haplotypes have data: ``chrom, start, end, haplotypes``, one row for each run of bins.

    Parameters
    ----------
    chromosomes
        Of each chromosome the edges of its bins, int64 (bins + 1,), and the haplotypes with data, integers (bins,).
    """
    parts = [pd.DataFrame(columns=["chrom", "start", "end", "haplotypes"])]
    for chrom, (edges, known) in chromosomes.items():
        first, last = runs_of_equal(known)
        there = known[first] > 0
        columns = {
            "start": edges[first[there]],
            "end": edges[last[there]],
            "haplotypes": known[first[there]].astype(np.int64),
        }
        parts.append(pd.DataFrame({"chrom": chrom, **columns}))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
