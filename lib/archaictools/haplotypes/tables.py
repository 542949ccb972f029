"""Tables of called haplotypes: segments as BED, people, what was read, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.haplotypes.sources import AMBIGUOUS, UNMATCHED
from archaictools.intervals import runs_of_equal
from archaictools.io.bed import score
from archaictools.io.tables import write_table
from archaictools.learning.segments import SEEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.outputs import Called

_COLOURS = ("0,114,178", "213,94,0", "0,158,115", "204,121,167", "230,159,0", "86,180,233")  # Okabe and Ito
_GREY, _LIGHT_GREY = "120,120,120", "190,190,190"


def segments_bed(segments: pd.DataFrame, archaic: tuple[str, ...]) -> pd.DataFrame:
    """Return segments as BED9: named ``SAMPLE.HAPLOTYPE``, score 1000 times the posterior, coloured by source."""
    colour = {AMBIGUOUS: _GREY, UNMATCHED: _LIGHT_GREY}
    colour |= {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(archaic)}
    seen = np.where(segments["seen"] == 1, f"_{SEEN}", "")
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


def people_table(segments: pd.DataFrame, callable_: Mapping[int, int], words: FeatureFile) -> pd.DataFrame:
    """Summarise each person: callable bases of the haplotypes, those in segments and their percent, segments, lengths.

    A segment counts by its callable bases in ``introgressed`` and of its source, by its whole length in lengths. Of a
    person without data all but the callable bases is NA. ``callable_`` holds the callable bases of each row of words.
    """
    length = (segments["end"] - segments["start"]).astype(np.int64)
    rows = []
    for sample in dict.fromkeys(name for name, _ in words.haplotypes):
        own = segments["sample"] == sample
        bases = [
            callable_[row] for row, (name, _) in enumerate(words.haplotypes) if name == sample and row in callable_
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
        if words.alphabet.archaic:
            for source in (*words.alphabet.archaic, AMBIGUOUS, UNMATCHED):
                row[f"{source}_bases"] = int(inside[segments["source"] == source].sum())
        row["length"] = int(length[own].sum())
        if not row["callable"]:
            row |= dict.fromkeys(list(row)[3:], pd.NA)
        rows.append(row)
    table = pd.DataFrame(rows)
    kinds = {name: "Int64" for name in map(str, table) if name != "sample"}
    return table.astype(kinds | {"percent": "Float64", "mean_length": "Float64"})


def read_runs(
    chromosomes: Mapping[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
) -> pd.DataFrame:
    """Return where haplotypes hold data: ``chrom, start, end, haplotypes``, runs of bins with equal numbers of them.

    Parameters
    ----------
    chromosomes
        Edges of the bins (one more than bins) and number of haplotypes with data in each bin, of each chromosome.
    """
    parts = [pd.DataFrame(columns=["chrom", "start", "end", "haplotypes"])]
    for chrom, (edges, read) in chromosomes.items():
        first, last = runs_of_equal(read)
        there = read[first] > 0
        columns = {"start": edges[first[there]], "end": edges[last[there]], "haplotypes": read[first[there]]}
        parts.append(pd.DataFrame({"chrom": chrom, **columns}))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def write_tables(
    called: Called,
    archaic: tuple[str, ...],
    *,
    bed: Path | None = None,
    segments: Path | None = None,
    summary: Path | None = None,
    deserts: Path | None = None,
    callable: Path | None = None,
) -> None:
    """Write the requested output tables."""
    if bed:
        write_table(bed, segments_bed(called.segments, archaic), header=False)
    if segments:
        write_table(segments, called.segments)
    if summary:
        write_table(summary, called.people)
    if deserts:
        write_table(deserts, called.deserts, header=False)
    if callable:
        write_table(callable, called.read, header=False)
