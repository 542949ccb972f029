"""Tables and tracks of a scan for adaptive introgression: ranks, candidates, labels and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.published_loci import NO_LOCUS, label
from archaictools.haplotypes.segment_frequencies import highest
from archaictools.intervals import mean_where_overlapping
from archaictools.io.bed import score
from archaictools.io.bigbed import Column, write_bigbed
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.chromosomes import bare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archaictools.haplotypes.archaic_alleles import ArchaicSource
    from archaictools.haplotypes.candidates import ScannedChromosome

#: Columns of candidates in a bigBed after the colour, by their column in the table.
BIGBED_COLUMNS = {
    "source": Column("source", "string", "Archaic genomes in which the counted alleles are fixed"),
    "sites": Column("sites", "uint", "Sites at which reference, target and source are called"),
    "archaic_sites": Column("archaicSites", "uint", "Sites with an allele fixed in the source, rare in the reference"),
    "U": Column("u", "uint", "Of these, sites at which the target has the allele at a high frequency"),
    "Q95": Column("q95", "float", "95th percentile of the frequencies of these alleles in the target"),
    "rank": Column("rank", "uint", "Rank among the windows of the source, 1 for the strongest"),
    "locus": Column("locus", "string", "Published loci that the window overlaps"),
}


def rows_of(scanned: ScannedChromosome, sources: Sequence[ArchaicSource]) -> pd.DataFrame:
    """Return the windows of a chromosome, one row for each window and source.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end``, for regions ``region``, then ``source, sites, archaic_sites, U, Q95``. U is NA without a
        compared site, and Q95 without an archaic allele.
    """
    windows, count = scanned.windows, len(sources)
    statistics = scanned.statistics
    sites = statistics.sites.ravel()
    table = pd.DataFrame(
        {
            "chrom": scanned.chrom,
            "start": np.repeat(windows.start, count),
            "end": np.repeat(windows.end, count),
            "source": [source.name for source in sources] * len(windows),
            "sites": sites,
            "archaic_sites": statistics.archaic.ravel(),
            "U": pd.array(statistics.u.ravel(), dtype="Int64"),
            "Q95": statistics.q95.ravel(),
        }
    )
    table["U"] = table["U"].mask(sites == 0)
    if scanned.names is not None:
        table.insert(3, "region", np.repeat(np.array(scanned.names, dtype=object), count))
    return table


def ranked(table: pd.DataFrame, *, top: float) -> pd.DataFrame:
    """Add ``rank`` and ``candidate`` to the rows of all windows, each source by itself.

    A window is among the strongest if both U and Q95 are: its rank follows the worse of its ranks by U and by Q95, then
    the better one. Windows of equal ranks share the first. Without U or Q95 both columns are NA.

    Parameters
    ----------
    table
        Rows of all chromosomes, see :func:`rows_of`.
    top
        A candidate has U of 1 or more, and is among this share of the windows by U and by Q95; at least one window is.

    Examples
    --------
    >>> rows = pd.DataFrame({"source": "A", "U": [3, 0, 1], "Q95": [0.6, 0.2, 0.9]}).astype({"U": "Int64"})
    >>> ranked(rows, top=0.5)[["rank", "candidate"]].to_numpy().tolist()
    [[1, 0], [3, 0], [1, 0]]
    >>> ranked(rows, top=0.7)["candidate"].tolist()
    [1, 0, 1]
    """
    known = (table["U"].notna() & table["Q95"].notna()).to_numpy()
    rank, candidate = (np.full(len(table), -1, dtype=np.int64) for _ in range(2))
    for rows in table[known].groupby("source", sort=False).groups.values():
        place = table.index.get_indexer(rows)
        u, q95 = (pd.Series(table[name].to_numpy(dtype=float)[place]) for name in ("U", "Q95"))
        ranks = np.array([values.rank(method="min", ascending=False) for values in (u, q95)])
        worse, better = ranks.max(axis=0), ranks.min(axis=0)
        joint = pd.Series(worse * (len(place) + 1) + better)
        rank[place] = joint.rank(method="min").astype(np.int64)
        limit = max(1, int(top * len(place)))
        candidate[place] = (worse <= limit) & (u.to_numpy() >= 1)
    values = {"rank": rank, "candidate": candidate}
    return table.assign(**{name: pd.array(own, dtype="Int64") for name, own in values.items()}).assign(
        rank=lambda found: found["rank"].mask(~known), candidate=lambda found: found["candidate"].mask(~known)
    )


def with_frequency(table: pd.DataFrame, along: pd.DataFrame | None) -> pd.DataFrame:
    """Add ``segment_frequency`` and ``segment_population`` to windows: the highest frequency of segments in each.

    Parameters
    ----------
    table
        Rows of windows.
    along
        Frequencies of segments, see :func:`archaictools.haplotypes.segment_frequencies.frequencies`; None for NA.
    """
    frequency, population = np.full(len(table), np.nan), np.full(len(table), None, dtype=object)
    if along is not None:
        chrom, other = table["chrom"].map(bare).to_numpy(), along["chrom"].map(bare).to_numpy()
        for name in dict.fromkeys(chrom.tolist()):
            rows = np.flatnonzero(chrom == name)
            places = (table[end].to_numpy(dtype=np.int64)[rows] for end in ("start", "end"))
            frequency[rows], population[rows] = highest(along[other == name], *places)
    return table.assign(segment_frequency=frequency, segment_population=population)


def labelled(table: pd.DataFrame, loci: pd.DataFrame | None) -> pd.DataFrame:
    """Add ``locus``, the published loci that each row overlaps; NA without loci, for a genome of an unknown build."""
    return table.assign(locus=None if loci is None else label(table, loci))


def candidates_bed(table: pd.DataFrame, colours: Mapping[str, str]) -> pd.DataFrame:
    """Return the candidates as BED9: named by locus and U, score 1000 times Q95, coloured by source."""
    rows = table[table["candidate"].fillna(0) == 1]
    locus = rows["locus"].where(rows["locus"].notna() & (rows["locus"] != NO_LOCUS), rows["source"])
    return pd.DataFrame(
        {
            "chrom": rows["chrom"],
            "start": rows["start"],
            "end": rows["end"],
            "name": locus + ";U=" + rows["U"].astype(str),
            "score": score(rows["Q95"].to_numpy()),
            "strand": ".",
            "thick_start": rows["start"],
            "thick_end": rows["end"],
            "colour": rows["source"].map(colours),
        }
    )


def write_candidates_bigbed(
    path: Path, table: pd.DataFrame, colours: Mapping[str, str], lengths: Mapping[str, int]
) -> None:
    """Write the candidates as bigBed: the BED9 of :func:`candidates_bed`, then :data:`BIGBED_COLUMNS`."""
    bed = candidates_bed(table, colours)
    extra = table.loc[bed.index, list(BIGBED_COLUMNS)].add_prefix("own_")
    write_bigbed(
        path,
        pd.concat([bed, extra], axis=1),
        lengths,
        list(BIGBED_COLUMNS.values()),
        name="candidates",
        comment="Candidates of adaptive introgression",
    )


def write_q95(path: Path, table: pd.DataFrame, lengths: Mapping[str, int]) -> None:
    """Write Q95 as bigWig: the highest of all sources in each window; windows that overlap are averaged.

    A window without Q95 is a gap.
    """
    known = table[table["Q95"].notna()]
    best = known.groupby(["chrom", "start", "end"], sort=False, as_index=False)["Q95"].max()
    with BigWigWriter(path, lengths) as writer:
        for chrom in lengths:
            own = best[best["chrom"] == chrom]
            start, end = (own[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
            writer.add(chrom, mean_where_overlapping(start, end, own["Q95"].to_numpy(dtype=np.float64)))
