"""Segments of people counted over genes: how many haplotypes carry archaic sequence in each gene."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.haplotypes.callable_file import read_callable_file
from archaictools.haplotypes.segment_file import NO_SOURCE, read_segments
from archaictools.intervals import EMPTY_SET, IntervalSet, intervals_by_chromosome
from archaictools.io.fasta import unknown_chromosomes
from archaictools.io.naming_styles import match_names, refuse_both_styles, renamed
from archaictools.io.tables import NA
from archaictools.learning.gene_table import GENE_COLUMNS, overlaps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")

COLUMNS = [*GENE_COLUMNS, "haplotypes", "people", "mean", "max", "fraction", "sources", "read"]


def carriers(
    genes: pd.DataFrame,
    path: Path,
    *,
    callable_file: Path | None = None,
    threshold: float = 0.0,
    tally: Summary,
    source: Path | str = "the annotation",
) -> pd.DataFrame:
    """Count the haplotypes that have a segment in each gene.

    Parameters
    ----------
    genes
        ``chrom, start, end, name, strand``.
    path
        Table of segments, see :class:`archaictools.haplotypes.segments.CallResult`.
    callable_file
        Callable regions, see :func:`archaictools.haplotypes.callable_file.read_callable_file`. Without them,
        chromosomes with a segment count as callable, and the other genes are NA.
    threshold
        Minimum posterior of a segment.
    tally
        Counts segments below it, and rows of the inputs that are left out.
    source
        File of the genes, named in errors.

    Returns
    -------
    pandas.DataFrame
        One row for each gene, sorted by chromosome and start: ``gene, chrom, start, end, strand``, with the chromosome
        names of the segments (of the annotation where there is no segment). ``haplotypes`` and ``people``: how many
        have a segment that overlaps the gene. ``mean`` and ``max``: posteriors of these segments. ``fraction``: share
        of the callable bases of the gene (without a file of them: of all its bases) within segments. ``sources``:
        archaic people and numbers of segments, such as ``Altai:3,ambiguous:1``. ``read``: share of its bases that are
        callable, NA without a file of them. A gene without callable bases is NA in all of them.

    Raises
    ------
    InputError
        If no gene lies on a chromosome of the segments or of the callable file, or if that has no base of any segment.
    """
    refuse_both_styles(genes["chrom"], source=source)
    segments = read_segments(path)
    regions = _callable_regions(callable_file, segments, tally) if callable_file else None
    names = dict.fromkeys([*segments["chrom"].unique(), *(regions or {})])
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
    bases, covered = _bases(genes, intervals_by_chromosome(segments), regions)
    length = (genes["end"] - genes["start"]).to_numpy()
    is_callable = genes["chrom"].isin(with_segments).to_numpy() if regions is None else bases > 0
    for name in ("haplotypes", "people"):
        table[name] = table[name].fillna(0).astype("Int64").where(is_callable)
    for name in ("mean", "max"):
        table[name] = table[name].where(is_callable)
    table["sources"] = table["sources"].fillna(NO_SOURCE).where(is_callable, NA)
    table["fraction"] = np.divide(covered, bases, out=np.full(len(genes), np.nan), where=is_callable)
    table["read"] = np.nan if regions is None else bases / length
    if regions is None and not is_callable.all():
        log.warning(
            "%s gene(s) are NA: no segment lies on their chromosomes, which may not be callable; "
            "name the callable regions with --callable (predict --segments x.tsv writes x.callable.bed)",
            f"{int((~is_callable).sum()):,}",
        )
    named = genes.rename(columns={"name": "gene"})[GENE_COLUMNS]
    return pd.concat([named, table], axis=1)[COLUMNS]


def _callable_regions(path: Path, segments: pd.DataFrame, tally: Summary) -> dict[str, IntervalSet]:
    """Return callable regions by the chromosome names of the segments, and check that they belong to them."""
    found = read_callable_file(path, tally=tally)
    names = match_names(found, segments["chrom"].unique(), source=path, tally=tally)
    regions = {names.get(chrom, chrom): covered for chrom, covered in found.items()}
    outside = 0
    for chrom, start, end in _by_chromosome(segments):
        outside += int((regions.get(chrom, EMPTY_SET).bases_within(start, end) == 0).sum())
    if outside and outside == len(segments):
        raise InputError(
            "contains no base of any segment",
            path=path,
            remedy="give the file that was written with these segments, or a mask of the same build",
        )
    if outside:
        log.warning("%s contains no base of %s of %s segments", path, f"{outside:,}", f"{len(segments):,}")
        tally.add("segments", "segments where nothing was read", outside)
    return regions


def _by_chromosome(frame: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for chrom, rows in frame.groupby("chrom", sort=False):
        yield str(chrom), rows["start"].to_numpy(dtype=np.int64), rows["end"].to_numpy(dtype=np.int64)


def _bases(
    genes: pd.DataFrame, covered: Mapping[str, IntervalSet], regions: Mapping[str, IntervalSet] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Count the callable bases of each gene (all bases if callable regions are unknown), and those within segments."""
    found = np.zeros((2, len(genes)), dtype=np.int64)
    for chrom, rows in genes.groupby("chrom", sort=False).indices.items():
        start, end = (genes[name].to_numpy(dtype=np.int64)[rows] for name in ("start", "end"))
        own = covered.get(str(chrom), EMPTY_SET)
        if regions is None:
            found[:, rows] = end - start, own.bases_within(start, end)
            continue
        known = regions.get(str(chrom), EMPTY_SET)
        found[:, rows] = [cover.bases_within(start, end) for cover in (known, own.intersection(known))]
    return found[0], found[1]


def _counts(genes: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Count the carriers of each gene, and summarise their segments; NA for a gene without segments."""
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
    """Return the genes in which a haplotype has a segment, of a table from :func:`carriers`."""
    return table[table["haplotypes"].fillna(0) > 0]
