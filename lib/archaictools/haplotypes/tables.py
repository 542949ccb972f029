"""Tables made of segments: BED and bigBed of segments, a summary of people, and callable regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.sources import AMBIGUOUS, UNMATCHED
from archaictools.intervals import runs_of_equal
from archaictools.io.bed import score
from archaictools.io.bigbed import Column, write_bigbed
from archaictools.learning.segments import SEEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
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
    path: Path, segments: pd.DataFrame, sources: Sequence[Source], lengths: Mapping[str, int]
) -> None:
    """Write segments as bigBed: the BED9 of :func:`segments_bed`, then :data:`BIGBED_COLUMNS` as far as they are there.

    The source has its label.

    Raises
    ------
    ArchaicError
        See :func:`archaictools.io.bigbed.write_bigbed`.
    """
    extra = {name: column for name, column in BIGBED_COLUMNS.items() if name in segments}
    labelled = segments.assign(source=segments["source"].map({source.name: source.label for source in sources}))
    rows = pd.concat([segments_bed(segments, sources), labelled[list(extra)].add_prefix("own_")], axis=1)
    write_bigbed(
        path, rows, lengths, list(extra.values()), name="archaicSegments", comment="Archaic segments of haplotypes"
    )


def people_table(segments: pd.DataFrame, callable_: Mapping[int, int], features: FeatureFile) -> pd.DataFrame:
    """Return one row for each person.

    Parameters
    ----------
    segments
        See :class:`archaictools.haplotypes.segments.CallResult`.
    callable_
        Callable bases of each haplotype, by its row in the file.
    features
        The file of haplotypes.

    Returns
    -------
    pandas.DataFrame
        ``sample, haplotypes, callable`` (bases of all haplotypes), ``introgressed`` (callable bases in segments),
        ``percent``, ``segments, mean_length, longest``, with archaic genomes ``NAME_bases`` for each source (callable
        bases), and ``length`` (of all segments, callable or not). A person without data has NA after ``callable``.
    """
    length = (segments["end"] - segments["start"]).astype(np.int64)
    rows = []
    for sample in dict.fromkeys(name for name, _ in features.haplotypes):
        own = segments["sample"] == sample
        bases = [
            callable_[row] for row, (name, _) in enumerate(features.haplotypes) if name == sample and row in callable_
        ]
        inside = segments.loc[own, "callable"]
        row = {
            "sample": sample,
            "haplotypes": len(bases),
            "callable": sum(bases),
            "introgressed": int(inside.sum()),
            "percent": 100 * float(inside.sum()) / sum(bases) if sum(bases) else np.nan,
            "segments": int(own.sum()),
            "mean_length": float(length[own].mean()) if own.any() else np.nan,
            "longest": int(length[own].max()) if own.any() else 0,
        }
        if features.encoding.archaic:
            for source in (*features.encoding.archaic, AMBIGUOUS, UNMATCHED):
                row[f"{source}_bases"] = int(inside[segments["source"] == source].sum())
        row["length"] = int(length[own].sum())
        if not row["callable"]:
            row |= dict.fromkeys(list(row)[3:], pd.NA)
        rows.append(row)
    table = pd.DataFrame(rows)
    kinds = {name: "Int64" for name in map(str, table) if name != "sample"}
    return table.astype(kinds | {"percent": "Float64", "mean_length": "Float64"})


def callable_runs(
    chromosomes: Mapping[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
) -> pd.DataFrame:
    """Return how many haplotypes have data: ``chrom, start, end, haplotypes``, one row for each run of bins.

    Parameters
    ----------
    chromosomes
        Of each chromosome the edges of its bins, int64 (bins + 1,), and the haplotypes with data, int64 (bins,).
    """
    parts = [pd.DataFrame(columns=["chrom", "start", "end", "haplotypes"])]
    for chrom, (edges, known) in chromosomes.items():
        first, last = runs_of_equal(known)
        there = known[first] > 0
        columns = {"start": edges[first[there]], "end": edges[last[there]], "haplotypes": known[first[there]]}
        parts.append(pd.DataFrame({"chrom": chrom, **columns}))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
