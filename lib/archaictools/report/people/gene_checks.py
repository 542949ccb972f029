"""Checks that the table of genes belongs to the people and to their segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, shorten, shortlist
from archaictools.haplotypes.segment_file import NO_SOURCE
from archaictools.intervals import EMPTY_SET, intervals_by_chromosome
from archaictools.io.tables import NA

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from archaictools.report.people.loading import PeopleFiles
    from archaictools.report.people.results import PeopleResults

_AGAIN = "run 'archaictools genes' on these segments"


def check_genes(results: PeopleResults, files: PeopleFiles) -> None:
    """Raise InputError if genes count more than there is, or have carriers where no haplotype has a segment."""
    genes, path = results.genes, files.genes
    if genes is None or path is None:
        return
    _check_counts(genes, results, path, files)
    _check_sources(genes, results, path, files)
    covered = intervals_by_chromosome(results.segments)
    for chrom, rows in genes.groupby("chrom", sort=False):
        carried = rows["haplotypes"].to_numpy(dtype=float)
        start, end = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        touched = covered.get(str(chrom), EMPTY_SET).overlaps(start, end)
        # 'genes --threshold' leaves out segments, so a gene may have fewer carriers, but never one without a segment
        wrong = np.flatnonzero((carried > 0) & ~touched)
        if len(wrong):
            row = rows.iloc[int(wrong[0])]
            raise InputError(
                f"counts {int(row['haplotypes']):,} haplotypes in {shorten(row['gene'])}, but {files.segments} has "
                "no segment there: it was made of other segments",
                path=path,
                remedy=_AGAIN,
            )


def _check_counts(genes: pd.DataFrame, results: PeopleResults, path: Path, files: PeopleFiles) -> None:
    """Compare the carriers of each gene with the number of haplotypes and of people, and with each other."""
    named = files.of_people
    people = len({sample for sample, _ in results.haplotypes})
    for what, most, whose in (
        ("haplotypes", len(results.haplotypes), f"{named} names"),
        ("people", people, f"{named} names"),
        ("people", genes["haplotypes"], "its row counts haplotypes:"),
    ):
        wrong = genes[genes[what] > most]
        if len(wrong):
            row = wrong.iloc[0]
            limit = most if isinstance(most, int) else int(row["haplotypes"])
            raise InputError(
                f"counts {int(row[what]):,} {what} in {shorten(row['gene'])}, but {whose} {limit:,}",
                path=path,
                remedy=_AGAIN,
            )


def _check_sources(genes: pd.DataFrame, results: PeopleResults, path: Path, files: PeopleFiles) -> None:
    """Refuse sources that the segments do not have; a text is such as ``Altai:3,ambiguous:1``."""
    known = {source.name for source in results.sources}
    for gene, text in zip(genes["gene"], genes["sources"], strict=True):
        if text in {NO_SOURCE, NA}:
            continue
        parts = [part.rpartition(":") for part in str(text).split(",")]
        unknown = [name or number for name, _, number in parts if name not in known or not number.isdigit()]
        if unknown:
            raise InputError(
                f"names the source {shortlist(unknown)} in {shorten(gene)}, which is no source of {files.segments} "
                f"({shortlist(sorted(known))})",
                path=path,
                remedy=_AGAIN,
            )
