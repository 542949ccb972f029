"""Sources of called segments against the truth of a simulation.

    sources.py NAME TRUTH SEGMENTS GENOME=LABEL [GENOME=LABEL ...]

TRUTH is the ``truth.bed`` of ``archaictools simulate``, SEGMENTS the table of ``archaictools predict --segments``. A
GENOME of the table is right for tracts of its LABEL. Rows of the table that is printed are labels of true tracts;
columns count the called bases of such tracts by the source of their segment. ``right`` is the part of them with the
right source: the genome of the label; without one ``unmatched``. ``right_of_named`` leaves ``ambiguous`` out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from archaictools.results.sources import AMBIGUOUS, UNMATCHED

TRUTH = ["chrom", "start", "end", "sample", "haplotype", "source"]
PLACE = ["chrom", "sample", "haplotype"]


def confusion(truth: pd.DataFrame, segments: pd.DataFrame, genomes: dict[str, str]) -> pd.DataFrame:
    """Count called bases of true tracts by label and source."""
    pairs = truth.merge(segments, on=PLACE, suffixes=("_true", "_called"))
    low, high = pairs[["start_true", "start_called"]].max(axis=1), pairs[["end_true", "end_called"]].min(axis=1)
    pairs["bases"] = (high - low).clip(lower=0)
    table = pairs.pivot_table(index="source_true", columns="source_called", values="bases", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=[*genomes, AMBIGUOUS, UNMATCHED], fill_value=0)
    of_label = {label: genome for genome, label in genomes.items()}
    right = [table.loc[label, of_label.get(label, UNMATCHED)] for label in table.index]
    total = table.sum(axis=1)
    table["right"] = right / total
    table["right_of_named"] = right / (total - table[AMBIGUOUS])
    return table


def main() -> None:
    """Read the arguments and print the table."""
    name, truth, segments, *genomes = sys.argv[1:]
    tracts = pd.read_csv(Path(truth), sep="\t", names=TRUTH)
    called = pd.read_csv(Path(segments), sep="\t")
    named = dict(genome.split("=") for genome in genomes)
    table = confusion(tracts, called, named).rename_axis(index="true", columns=None).reset_index()
    table.insert(0, "cell", name)
    print(table.to_csv(sep="\t", index=False, float_format="%.3f"), end="")


if __name__ == "__main__":
    main()
