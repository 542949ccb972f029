"""Which genes carry archaic sequence, and in how many haplotypes: segments of people over an annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bioframe
import pandas as pd

from archaictools.formats.bed import score
from archaictools.formats.bigwig import is_bigwig
from archaictools.formats.files import open_text
from archaictools.formats.genome import require_chromosomes
from archaictools.formats.tables import read_table
from archaictools.results.genes import overlaps

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.formats.tally import Tally

COLUMNS = ["gene", "chrom", "start", "end", "strand", "haplotypes", "people", "mean", "max", "fraction", "sources"]

_SEGMENT = {"chrom": str, "start": int, "end": int, "sample": str, "haplotype": int, "posterior": float}


def is_segments(path: Path) -> bool:
    """Tell the table of segments of ``predict --segments`` by its header."""
    if is_bigwig(path):
        return False
    with open_text(path) as handle:
        header = handle.readline().rstrip("\r\n").split("\t")
    return set(_SEGMENT) <= set(header)


def carriers(
    genes: pd.DataFrame,
    path: Path,
    *,
    threshold: float = 0.0,
    tally: Tally,
    source: Path | str = "the annotation",
) -> pd.DataFrame:
    """Count the haplotypes that carry a segment over each gene.

    Parameters
    ----------
    genes
        ``chrom, start, end, name, strand``.
    path
        Segments, see :func:`archaictools.results.calls.write_calls`.
    threshold
        Least posterior of a segment.
    tally
        Counts segments below it.
    source
        Where the genes come from, named in errors.

    Returns
    -------
    pandas.DataFrame
        One row a gene, sorted by chromosome and start: ``gene, chrom, start, end, strand``; ``haplotypes`` and
        ``people`` that carry a segment over it; of those segments ``mean`` and ``max`` posterior; ``fraction`` of the
        gene that any of them covers; ``sources``: archaic people and numbers of segments, such as ``Altai:3,tied:1``.

    Raises
    ------
    InputError
        If no gene lies on a chromosome of the segments.
    """
    genes = genes.sort_values(["chrom", "start", "end", "name"], kind="stable").reset_index(drop=True)
    segments = pd.concat(list(read_table(path, _SEGMENT, optional={"source": str})))
    if "source" not in segments:
        segments["source"] = "."
    if len(segments) and not set(segments["chrom"]) & set(genes["chrom"]):
        require_chromosomes(genes["chrom"], set(segments["chrom"]), source=source, genome="the segments")
    low = segments["posterior"] < threshold
    if low.any():
        tally.add("segments", f"segments below {threshold:g}, not used", int(low.sum()))
    segments = segments[~low].reset_index(drop=True)
    kept = {"gene": int, "sample_w": object, "haplotype_w": object, "source_w": object, "posterior_w": float}
    found = [part[list(kept)] for part in overlaps(genes, segments)]
    pairs = (pd.concat(found) if found else pd.DataFrame(columns=list(kept))).astype(kept)
    pairs.columns = pairs.columns.str.removesuffix("_w")
    groups = pairs.groupby("gene")
    table = pd.DataFrame(
        {
            "haplotypes": pairs.drop_duplicates(["gene", "sample", "haplotype"]).groupby("gene").size(),
            "people": groups["sample"].nunique(),
            "mean": groups["posterior"].mean(),
            "max": groups["posterior"].max(),
            "sources": groups["source"].agg(_count_sources),
        }
    ).reindex(range(len(genes)))
    for name in ("haplotypes", "people"):
        table[name] = table[name].fillna(0).astype(int)
    places = ["chrom", "start", "end"]
    covered = bioframe.coverage(genes[places], segments[places])["coverage"] if len(segments) else 0
    table["fraction"] = covered / (genes["end"] - genes["start"])
    table["sources"] = table["sources"].fillna(".")
    named = genes.rename(columns={"name": "gene"})[["gene", "chrom", "start", "end", "strand"]]
    return pd.concat([named, table], axis=1)[COLUMNS]


def _count_sources(sources: pd.Series[str]) -> str:
    counts = sources.value_counts().sort_index()
    return ",".join(f"{name}:{count}" for name, count in counts.items())


def carriers_bed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the genes that carry archaic sequence as BED6; the score is 1000 times the highest posterior."""
    found = table[table["haplotypes"] > 0]
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
