"""Print how often bins of a posterior are confirmed in real people: people_deciles.py TABLE PUBLISHED.

TABLE is that of ``predict --table``, of one chromosome. The posterior of a person is that either haplotype is archaic, as
published segments do not name haplotypes. A bin is confirmed where two or more published methods agree, in shares of its
bases. The last row is all bins.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from people import read_published


def deciles(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return bins, mean posterior and confirmed share by decile of the posterior."""
    known = table.dropna(subset="probability")
    absent = (1 - known["probability"]).groupby([known["sample"], known["start"], known["end"]]).prod()
    bins = (1 - absent).rename("posterior").reset_index()
    people, _, votes = read_published(path, int(bins["end"].max()))
    before = {person: np.concatenate([[0], np.cumsum(vote >= 2)]) for person, vote in zip(people, votes, strict=True)}
    bins = bins[bins["sample"].isin(people)]
    confirmed = [
        before[person][end] - before[person][start]
        for person, start, end in bins[["sample", "start", "end"]].to_numpy()
    ]
    bins = bins.assign(bases=bins["end"] - bins["start"], confirmed=confirmed)
    bins["decile"] = np.minimum(np.floor(10 * bins["posterior"]), 9).astype(int)
    rows = [(f"{number / 10:.1f} to {(number + 1) / 10:.1f}", own) for number, own in bins.groupby("decile")]
    return pd.DataFrame(
        [
            (name, len(own), own["posterior"].mean(), own["confirmed"].sum() / own["bases"].sum())
            for name, own in [*rows, ("all", bins)]
        ],
        columns=["posterior", "bins", "mean", "confirmed"],
    )


if __name__ == "__main__":
    found = deciles(pd.read_csv(sys.argv[1], sep="\t"), Path(sys.argv[2]))
    print(found.to_csv(sep="\t", index=False, float_format="%.4f"), end="")
