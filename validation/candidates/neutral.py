"""Count windows with U of 1 or more in simulations without selection: neutral.py FOLDER... (of archaictools simulate).

The reference is the first 5, 50 or 500 outgroup people. A window counts as true if more than half of the target's
haplotypes have a true tract in it, and as empty if none has one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd

import archaictools as at

SIZES = (5, 50, 500)


def windows(folder, size, scratch):
    """Return the windows of the first archaic genome, with the share of haplotypes that have a true tract."""
    reference, target = ((folder / f"{name}.txt").read_text().split() for name in ("outgroup", "ingroup"))
    rows = [*((name, "reference") for name in reference[:size]), *((name, "target") for name in target)]
    groups = scratch / "groups.tsv"
    pd.DataFrame(rows, columns=["sample", "population"]).to_csv(groups, sep="\t", index=False)
    archaic = (folder / "archaic.txt").read_text().split()
    table = at.candidates(
        vcf=sorted(folder.glob("modern.*.vcf.gz")), archaic_vcf=sorted(folder.glob("archaic.*.vcf.gz")),
        archaic=archaic, source=archaic[0], groups=groups, reference_group="reference", target_group="target",
    ).table  # fmt: skip
    truth = pd.read_csv(folder / "truth.bed", sep="\t", header=None, usecols=range(5))
    truth.columns = ["chrom", "start", "end", "sample", "haplotype"]
    carriers = []
    for row in table.itertuples():
        own = truth[(truth["chrom"] == row.chrom) & (truth["start"] < row.end) & (truth["end"] > row.start)]
        carriers.append(len(own[["sample", "haplotype"]].drop_duplicates()))
    return table.assign(share=[number / (2 * len(target)) for number in carriers])


def main(*folders):
    """Print one line for each size of the reference."""
    print("reference people | windows | U of 1 or more | of them true | of them empty")
    with tempfile.TemporaryDirectory() as scratch:
        for size in SIZES:
            table = pd.concat([windows(Path(folder), size, Path(scratch)) for folder in folders])
            high = table[table["U"].fillna(0) >= 1]
            true, empty = int((high["share"] > 0.5).sum()), int((high["share"] == 0).sum())
            print(f"{size} | {len(table)} | {len(high)} | {true} | {empty}")


if __name__ == "__main__":
    main(*sys.argv[1:])
