"""Agreement of gene calls with a published list of calls, such as the table of the article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from archaictools.errors import InputError
from archaictools.io.chromosomes import bare
from archaictools.io.columns import intervals_of
from archaictools.io.tables import FLAG, PROBABILITY, Columns, read_table
from archaictools.sequence.genes import called_genes

if TYPE_CHECKING:
    from pathlib import Path

#: Columns of the article's table: region (chrom:start-end, 1-based), symbol, class 0 or 1, probability of class 1.
_PUBLISHED: Columns = {"Gene": str, "Gene_Symbol": str, "Predict": FLAG, "Prob_1": PROBABILITY}


def read_published(path: Path) -> pd.DataFrame:
    """Read a table of gene calls in the article's form as ``chrom, start, end, gene, call, probability``.

    Regions become 0-based and half-open. Of a region that is listed more than once, the first row counts.

    Raises
    ------
    InputError
        If a region is not ``chrom:start-end``, a class is not 0 or 1, or a probability is not from 0 to 1.
    """
    frame = pd.concat(list(read_table(path, _PUBLISHED, optional={"Prob_0": PROBABILITY})))
    parts = frame["Gene"].str.extract(r"^(?P<chrom>[^:]+):(?P<start>\d+)-(?P<end>\d+)$")
    bad = parts["chrom"].isna()
    if bad.any():
        text = str(frame["Gene"][bad].iloc[0])
        raise InputError(f"Gene is {text[:40]!r}, expected chrom:start-end", path=path, line=int(frame.index[bad][0]))
    parts = intervals_of(parts, path, tally=None, one_based=True)
    table = pd.DataFrame(
        {
            "chrom": parts["chrom"],
            "start": parts["start"],
            "end": parts["end"],
            "gene": frame["Gene_Symbol"],
            "call": np.where(frame["Predict"] == 1, "introgressed", "free"),
            "probability": frame["Prob_1"],
        }
    )
    return table.drop_duplicates(["chrom", "start", "end"]).reset_index(drop=True)


@dataclass(frozen=True)
class Agreement:
    """Agreement of gene calls with published calls of the same regions.

    Attributes
    ----------
    published
        Published regions on chromosomes with a called gene.
    compared
        Regions in both lists.
    both, here_only, published_only, neither
        Compared regions by which of the two calls is ``introgressed``.
    accuracy
        Fraction of the compared regions with the same call, None if there is none.
    kappa
        Cohen's kappa, the agreement beyond chance; None if neither list varies.
    spearman
        Rank correlation of the mean probabilities; None if one does not vary.
    """

    published: int
    compared: int
    both: int
    here_only: int
    published_only: int
    neither: int
    accuracy: float | None
    kappa: float | None
    spearman: float | None

    def __str__(self) -> str:
        """Return a summary in one line."""
        kappa = "not defined" if self.kappa is None else f"{self.kappa:.3f}"
        counts = [f"{self.both:,} both", f"{self.here_only:,} here only", f"{self.published_only:,} published only"]
        return (
            f"kappa {kappa} over {self.compared:,} of {self.published:,} published genes; "
            f"introgressed: {', '.join(counts)}"
        )


def agreement(genes: pd.DataFrame, published: pd.DataFrame) -> Agreement:
    """Compare gene calls with published calls of the same regions.

    Parameters
    ----------
    genes
        As from :func:`archaictools.sequence.genes.summarise_genes`.
    published
        As from :func:`read_published`. Two regions match if they are equal, up to one base at the start (lists differ
        in whether they count from 0) and up to ``chr`` in the name of the chromosome.
    """
    called, published = (rows.assign(chrom=rows["chrom"].map(bare)) for rows in (called_genes(genes), published))
    near = published[published["chrom"].isin(called["chrom"])].reset_index(names="row")
    shifted = pd.concat([called, called.assign(start=called["start"] - 1), called.assign(start=called["start"] + 1)])
    pairs = near.merge(shifted, on=["chrom", "start", "end"], suffixes=("_published", ""))
    pairs = pairs.drop_duplicates("row")
    here, there = pairs["call"] == "introgressed", pairs["call_published"] == "introgressed"
    differ = bool(len(pairs)) and (here.any() != here.all() or there.any() != there.all())
    ranked = len(pairs) > 2 and min(np.ptp(pairs["mean"]), np.ptp(pairs["probability"])) > 0
    return Agreement(
        published=len(near),
        compared=len(pairs),
        both=int((here & there).sum()),
        here_only=int((here & ~there).sum()),
        published_only=int((~here & there).sum()),
        neither=int((~here & ~there).sum()),
        accuracy=float((here == there).mean()) if len(pairs) else None,
        kappa=float(cohen_kappa_score(here, there)) if differ else None,
        spearman=float(spearmanr(pairs["mean"], pairs["probability"]).statistic) if ranked else None,
    )
