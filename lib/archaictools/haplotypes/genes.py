"""Which genes carry archaic sequence, and in how many haplotypes: segments of people over an annotation."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.haplotypes.callable_file import read_companion
from archaictools.intervals import EMPTY_SET, IntervalSet, intervals_by_chromosome
from archaictools.io.bed import score
from archaictools.io.bigwig_reader import is_bigwig
from archaictools.io.columns import intervals_of
from archaictools.io.fasta import unknown_chromosomes
from archaictools.io.naming_styles import match_names, refuse_both_styles, renamed
from archaictools.io.tables import COORDINATE, COUNT, NA, PROBABILITY, Columns, read_header, read_table
from archaictools.sequence.genes import overlaps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")

COLUMNS = [
    "gene", "chrom", "start", "end", "strand", "haplotypes", "people", "mean", "max", "fraction", "sources", "read",
]  # fmt: skip

_SEGMENT: Columns = {
    "chrom": str,
    "start": COORDINATE,
    "end": COORDINATE,
    "sample": str,
    "haplotype": COUNT,
    "posterior": PROBABILITY,
}

#: Source of a segment of a table without that column, and ``sources`` of a gene without a segment.
_NONE = "."


def is_segments(path: Path) -> bool:
    """Tell the table of segments of ``predict --segments`` by its header."""
    return not is_bigwig(path) and set(_SEGMENT) <= set(read_header(path))


def carriers(
    genes: pd.DataFrame,
    path: Path,
    *,
    companion: Path | None = None,
    threshold: float = 0.0,
    tally: Summary,
    source: Path | str = "the annotation",
) -> pd.DataFrame:
    """Count the haplotypes that carry a segment over each gene.

    Parameters
    ----------
    genes
        ``chrom, start, end, name, strand``.
    path
        Segments, see :func:`archaictools.haplotypes.outputs.write_calls`.
    companion
        Callable intervals, see :func:`archaictools.haplotypes.callable_file.read_companion`. Without it, chromosomes
        with a segment count as read, and others are unknown.
    threshold
        Least posterior of a segment.
    tally
        Counts segments below it, and what is odd about the inputs.
    source
        Where the genes come from, named in errors.

    Returns
    -------
    pandas.DataFrame
        One row a gene, sorted by chromosome and start: ``gene, chrom, start, end, strand``, with the segments' names of
        chromosomes (the annotation's own where they have none); ``haplotypes`` and ``people`` that carry a
        segment over it; of those segments ``mean`` and ``max`` posterior; ``fraction`` of the gene's bases that were
        read (without a companion: of all its bases) that any of them covers; ``sources``: archaic people and numbers
        of segments, such as ``Altai:3,ambiguous:1``; ``read``, the share of its bases that were read, unknown without a
        companion. A gene of which nothing was read has NA in all of them.

    Raises
    ------
    InputError
        If no gene lies on a chromosome of the segments or of the companion, or if the companion belongs to others.
    """
    refuse_both_styles(genes["chrom"], source=source)
    segments = _read_segments(path)
    read = _read_companion(companion, segments, tally) if companion else None
    names = dict.fromkeys([*segments["chrom"].unique(), *(read or {})])
    known = match_names(genes["chrom"], names, source=source, tally=tally)
    if names and len(genes) and not known:
        raise unknown_chromosomes(list(dict.fromkeys(genes["chrom"])), names, source=source, genome="the segments")
    genes = genes.assign(chrom=renamed(genes["chrom"], known))
    genes = genes.sort_values(["chrom", "start", "end", "name"], kind="stable").reset_index(drop=True)
    with_segments = set(segments["chrom"])
    low = segments["posterior"] < threshold
    if low.any():
        tally.add("segments", f"segments below {threshold:g}, not used", int(low.sum()))
    segments = segments[~low].reset_index(drop=True)
    table = _counts(genes, segments)
    bases, covered = _bases(genes, intervals_by_chromosome(segments), read)
    length = (genes["end"] - genes["start"]).to_numpy()
    looked = genes["chrom"].isin(with_segments).to_numpy() if read is None else bases > 0
    for name in ("haplotypes", "people"):
        table[name] = table[name].fillna(0).astype("Int64").where(looked)
    for name in ("mean", "max"):
        table[name] = table[name].where(looked)
    table["sources"] = table["sources"].fillna(_NONE).where(looked, NA)
    table["fraction"] = np.divide(covered, bases, out=np.full(len(genes), np.nan), where=looked)
    table["read"] = np.nan if read is None else bases / length
    if read is None and not looked.all():
        log.warning(
            "%s gene(s) are NA: no segment lies on their chromosomes, which may not have been read; "
            "name what was read with --callable (predict --segments x.tsv writes x.callable.bed)",
            f"{int((~looked).sum()):,}",
        )
    named = genes.rename(columns={"name": "gene"})[["gene", "chrom", "start", "end", "strand"]]
    return pd.concat([named, table], axis=1)[COLUMNS]


def _read_segments(path: Path) -> pd.DataFrame:
    parts = [intervals_of(part, path, tally=None) for part in read_table(path, _SEGMENT, optional={"source": str})]
    segments = pd.concat(parts)
    return segments if "source" in segments else segments.assign(source=_NONE)


def _read_companion(path: Path, segments: pd.DataFrame, tally: Summary) -> dict[str, IntervalSet]:
    """Read what was read, under the segments' names of chromosomes, and compare it with them."""
    found = read_companion(path, tally=tally)
    names = match_names(found, segments["chrom"].unique(), source=path, tally=tally)
    read = {names.get(chrom, chrom): cover for chrom, cover in found.items()}
    outside = 0
    for chrom, start, end in _by_chromosome(segments):
        outside += int((read.get(chrom, EMPTY_SET).bases_within(start, end) == 0).sum())
    if outside and outside == len(segments):
        raise InputError(
            "holds no base of any segment",
            path=path,
            remedy="give the file that was written with these segments, or a mask of the same build",
        )
    if outside:
        log.warning("%s holds no base of %s of %s segments", path, f"{outside:,}", f"{len(segments):,}")
        tally.add("segments", "segments where nothing was read", outside)
    return read


def _by_chromosome(frame: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for chrom, rows in frame.groupby("chrom", sort=False):
        yield str(chrom), rows["start"].to_numpy(dtype=np.int64), rows["end"].to_numpy(dtype=np.int64)


def _bases(
    genes: pd.DataFrame, covered: Mapping[str, IntervalSet], read: Mapping[str, IntervalSet] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Count the bases of each gene that were read (all of them where that is not known), and those within segments."""
    found = np.zeros((2, len(genes)), dtype=np.int64)
    for chrom, rows in genes.groupby("chrom", sort=False).indices.items():
        start, end = (genes[name].to_numpy(dtype=np.int64)[rows] for name in ("start", "end"))
        own = covered.get(str(chrom), EMPTY_SET)
        if read is None:
            found[:, rows] = end - start, own.bases_within(start, end)
            continue
        seen = read.get(str(chrom), EMPTY_SET)
        found[:, rows] = [cover.bases_within(start, end) for cover in (seen, own.intersection(seen))]
    return found[0], found[1]


def _counts(genes: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Count carriers of each gene, and summarise their segments; without a row of values where there are none."""
    kept = {"gene": int, "sample_w": object, "haplotype_w": object, "source_w": object, "posterior_w": float}
    found = [part[list(kept)] for part in overlaps(genes, segments)]
    pairs = (pd.concat(found) if found else pd.DataFrame(columns=list(kept))).astype(kept)
    pairs.columns = pairs.columns.str.removesuffix("_w")
    groups = pairs.groupby("gene")
    return pd.DataFrame(
        {
            "haplotypes": pairs.drop_duplicates(["gene", "sample", "haplotype"]).groupby("gene").size(),
            "people": groups["sample"].nunique(),
            "mean": groups["posterior"].mean(),
            "max": groups["posterior"].max(),
            "sources": groups["source"].agg(_count_sources),
        }
    ).reindex(range(len(genes)))


def _count_sources(sources: pd.Series[str]) -> str:
    counts = sources.value_counts().sort_index()
    return ",".join(f"{name}:{count}" for name, count in counts.items())


def carried_genes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of genes that carry archaic sequence."""
    return table[table["haplotypes"].fillna(0) > 0]


def carriers_bed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the genes that carry archaic sequence as BED6; the score is 1000 times the highest posterior."""
    found = carried_genes(table)
    return pd.DataFrame(
        {
            "chrom": found["chrom"],
            "start": found["start"],
            "end": found["end"],
            "name": found["gene"],
            "score": score(found["max"].to_numpy()),
            "strand": found["strand"],
        }
    )
