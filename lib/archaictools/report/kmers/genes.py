"""The table of genes by their probability of introgression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.report.blocks import Absent, Column, Facts, Notes, Section, Table
from archaictools.report.kmers.numbers import number

if TYPE_CHECKING:
    import pandas as pd

    from archaictools.report.kmers.results import KmerResults

ID, TITLE = "genes", "Genes"

#: Largest number of rows in the table.
MOST = 50_000


def section(results: KmerResults) -> Section | Absent:
    """Return the genes, sorted by their mean probability."""
    if results.genes is None:
        return Absent(id=ID, title=TITLE, how="Add --genes (of 'archaictools genes').")
    table = results.genes
    if not len(table):
        return Section(id=ID, title=TITLE, lead="The table of genes has no gene.", blocks=())
    rows = ranked(table)
    called = table["call"] == "introgressed"
    outside = table["call"] == "NA"
    unseen = called & (table["seen"] == 0)
    return Section(
        id=ID,
        title=TITLE,
        lead=f"{_strongest(rows)} A gene is called introgressed if the mean probability of its bases reaches the "
        f"threshold of 'archaictools genes --threshold', which the table does not record{_bounds(table)}.",
        blocks=(
            Facts(
                items=(
                    ("Genes", number(len(table), 0)),
                    ("Called introgressed", number(int(called.sum()), 0)),
                    ("Of these in unseen windows only", number(int(unseen.sum()), 0)),
                    ("Without a window (NA)", number(int(outside.sum()), 0)),
                )
            ),
            Notes(
                items=(
                    "A gene counts as unseen only if training saw none of its windows. Segments are counted apart: "
                    "a gene may have several, and a segment may lie outside of all genes.",
                )
            ),
            Table(
                name="kmers-genes",
                frame=rows,
                columns=(
                    Column(field="gene", title="Gene"),
                    Column(field="locus", title="Locus", kind="locus"),
                    Column(field="windows", title="Windows", kind="number", help="Windows that overlap the gene."),
                    Column(
                        field="mean",
                        title="Mean probability",
                        kind="bar",
                        digits=3,
                        help="P(introgressed), the mean over the bases of the gene that lie in windows.",
                    ),
                    Column(field="max", title="Highest probability", kind="number", digits=3),
                    Column(
                        field="percent",
                        title="Bases at or above the threshold (%)",
                        kind="number",
                        digits=1,
                    ),
                    Column(field="call", title="Call", help="NA: the gene has no window, so it was not looked at."),
                    Column(
                        field="trained",
                        title="Seen in training (%)",
                        kind="number",
                        digits=0,
                        help="Share of its windows seen in training; their probabilities are not held out.",
                    ),
                ),
                caption=f"{len(rows):,} of {len(table):,} genes; those in windows that the model has not seen come "
                "first, then by mean probability of introgression.",
                search=True,
            ),
        ),
    )


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Return at most :data:`MOST` genes, with two columns in percent.

    Genes in windows that training has not seen come first, then the others, then those without a window; each by
    falling mean.
    """
    order = table.assign(trained=np.where(table["mean"].isna(), 2, table["seen"].fillna(0) > 0))
    rows = table.loc[order.sort_values(["trained", "mean"], ascending=[True, False], kind="stable").index].head(MOST)
    return rows.assign(percent=100 * rows["fraction"], trained=100 * rows["seen"]).reset_index(drop=True)


def _strongest(rows: pd.DataFrame) -> str:
    """Return a sentence that names the gene with the highest mean in windows that training has not seen."""
    unseen = rows[(rows["seen"] == 0) & rows["mean"].notna()]
    if len(unseen):
        return _highest(unseen, " in windows that the model has not seen")
    if rows["mean"].notna().any():
        return _highest(rows[rows["mean"].notna()], "")
    return "No gene has a window."


def _highest(rows: pd.DataFrame, where: str) -> str:
    """Return a sentence on the highest mean, as three digits show it, and on the genes that share it."""
    best = number(rows.iloc[0]["mean"])
    tied = int((rows["mean"].map(number) == best).sum())
    if tied > 1:
        return f"{tied} genes{where} share the highest mean ({best}); {rows.iloc[0]['gene']} is one of them."
    return f"The highest gene{where} is {rows.iloc[0]['gene']} ({best})."


def _bounds(table: pd.DataFrame) -> str:
    """Return between which means the threshold must lie, as the calls tell."""
    called, free = (table.loc[table["call"] == call, "mean"] for call in ("introgressed", "free"))
    if not len(called) or not len(free):
        return ""
    return f"; the calls show that it lies between {number(free.max())} and {number(called.min())}"
