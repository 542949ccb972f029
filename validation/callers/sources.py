"""Compare the sources of called segments with the truth of the simulations of ``sources.sh``.

    sources.py matrix FOLDER [FOLDER ...]
    sources.py fit FOLDER [FOLDER ...]
    sources.py expected FOLDER [FOLDER ...]

A FOLDER contains ``words.h5``, ``segments.tsv``, ``truth.bed`` and ``genomes.txt``. Each line of ``genomes.txt`` names
an archaic genome and the label of true tracts from its lineage.

``matrix`` prints the called bases of true tracts, by label of the tract and source of the segment. ``right`` is the
fraction whose source is the genome of the label, or ``unmatched`` if no genome has the label. ``right_of_clear``
excludes ``ambiguous``. The last row is the sum of all folders.

``expected`` prints for each genome the mean of ``NAME_expected``, the match rate in bins outside of true tracts, and
the median match rate of segments named after the genome. ``false`` is the match rate of segments outside of all true
tracts, of which there are ``false_segments``.

``fit`` prints the beta distributions of archaictools.haplotypes.sources by maximum likelihood. It uses segments
that are at least half true tract. Segments from a lineage without a genome give ``OTHER_ALONE``.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln

from archaictools.haplotypes.allele_classes import ordered_pairs
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.sources import AMBIGUOUS, LEVEL, PAIR, UNMATCHED, log_ratio, without_reference

TRUTH = ["chrom", "start", "end", "sample", "haplotype", "source"]
PLACE = ["chrom", "sample", "haplotype"]


def overlaps(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Read a folder: segments, and the bases that each shares with true tracts, by label."""
    truth = pd.read_csv(folder / "truth.bed", sep="\t", names=TRUTH)
    segments = pd.read_csv(folder / "segments.tsv", sep="\t").reset_index(names="segment")
    labels = dict(line.split() for line in (folder / "genomes.txt").read_text().splitlines())
    pairs = truth.merge(segments, on=PLACE, suffixes=("_true", "_called"))
    low, high = pairs[["start_true", "start_called"]].max(axis=1), pairs[["end_true", "end_called"]].min(axis=1)
    pairs["bases"] = (high - low).clip(lower=0)
    return segments, pairs, labels


def matrix(folders: list[Path]) -> pd.DataFrame:
    """Count called bases of true tracts by label and source."""
    rows = []
    for folder in folders:
        _, pairs, labels = overlaps(folder)
        genome = {label: name for name, label in labels.items()}
        for label, part in pairs.groupby("source_true"):
            bases = part.groupby("source_called")["bases"].sum()
            right = genome.get(str(label), UNMATCHED)
            row = {"folder": folder.name, "tracts": label}
            row |= {f"from_{label}": int(bases.get(name, 0)) for label, name in genome.items()}
            row |= {name: int(bases.get(name, 0)) for name in (AMBIGUOUS, UNMATCHED)}
            rows.append(row | {"bases": int(bases.sum()), "good": int(bases.get(right, 0))})
    table = pd.DataFrame(rows)
    total = {name: int(table[name].sum()) for name in table.columns[2:] if name != "folder"}
    table = pd.concat([table, pd.DataFrame([{"folder": "all", "tracts": "all", **total}])])
    table["right"] = table["good"] / table["bases"]
    table["right_of_clear"] = table["good"] / (table["bases"] - table[AMBIGUOUS])
    return table.drop(columns="good")


def expected(folders: list[Path]) -> pd.DataFrame:
    """Compare the expected match rates with those outside of true tracts."""
    rows = []
    for folder in folders:
        segments, pairs, labels = overlaps(folder)
        wrong = segments[~segments["segment"].isin(pairs.loc[pairs["bases"] > 0, "segment"])]
        truth = pd.read_csv(folder / "truth.bed", sep="\t", names=TRUTH)
        tracts = dict(tuple(truth.groupby(PLACE)))
        sums = np.zeros((len(labels), 2))
        with open_features(folder / "words.h5") as words:
            for chrom in words.bins:
                edges, lacking = words.edges(chrom), without_reference(words.unshared(chrom))
                for row, (sample, number) in enumerate(words.haplotypes):
                    outside = np.ones(len(edges) - 1, dtype=bool)
                    own = tracts.get((chrom, sample, number), truth[:0])
                    for start, end in zip(own["start"], own["end"], strict=True):
                        outside &= (edges[1:] <= start) | (edges[:-1] >= end)
                    counts = words.matches(chrom, row)[outside].sum(axis=0, dtype=np.int64)
                    sums += np.stack([counts[:, 1], counts[:, 0] + counts[:, 2] * lacking], axis=1)
        for name, (shared, compared) in zip(labels, sums.tolist(), strict=True):
            named = segments[segments["source"] == name]
            row = {"folder": folder.name, "genome": labels[name], "expected": segments[f"{name}_expected"].mean()}
            row |= {"outside_of_tracts": shared / compared, "named": named[f"{name}_rate"].median()}
            rate = wrong[f"{name}_shared"].sum() / max(1, wrong[f"{name}_compared"].sum())
            rows.append(row | {"false": rate, "false_segments": len(wrong)})
    return pd.DataFrame(rows)


def likely(counts: list[tuple[int, int]]) -> str:
    """Fit a beta distribution to counts of successes and trials."""
    hits, trials = np.array(counts).T

    def loss(logs: np.ndarray) -> float:
        a, b = np.exp(logs)
        return -float(np.sum(betaln(hits + a, trials - hits + b) - betaln(a, b)))

    a, b = np.exp(minimize(loss, [0, 0], method="Nelder-Mead").x)
    return f"a {a:.2f}, b {b:.2f}, mean {a / (a + b):.3f}, {len(counts)} counts"


def fit(folders: list[Path]) -> None:
    """Print the maximum-likelihood models."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for folder in folders:
        segments, pairs, labels = overlaps(folder)
        bases = pairs.pivot_table(index="segment", columns="source_true", values="bases", aggfunc="sum", fill_value=0)
        length = (segments["end"] - segments["start"]).reindex(bases.index)
        names = list(labels)
        with open_features(folder / "words.h5") as words:
            row = {named: number for number, named in enumerate(words.haplotypes)}
            for number in bases.index[bases.max(axis=1) >= length / 2]:
                segment, label = segments.loc[number], bases.columns[bases.loc[number].argmax()]
                edges = words.edges(segment["chrom"])
                part = slice(*np.searchsorted(edges, [segment["start"], segment["end"]]))
                counts = words.pairs(segment["chrom"], row[segment["sample"], segment["haplotype"]])[part]
                apart = counts.sum(axis=0, dtype=np.int64)
                lacking = without_reference(words.unshared(segment["chrom"]))
                for name in names:
                    kind = "OWN" if labels[name] == label else "OTHER"
                    found[kind].append((segment[f"{name}_shared"], segment[f"{name}_compared"]))
                only = {
                    pair: int(apart[place, 0] + apart[place, 1] * lacking[pair[1]])
                    for place, pair in enumerate(ordered_pairs(len(names)))
                }
                for (first, second), mine in only.items():
                    shared, total = (segment[f"{names[first]}_{what}"] for what in ("shared", "compared"))
                    if labels[names[first]] == label != labels[names[second]]:
                        found["OWN_ALONE"].append((mine, total - shared + mine))
                        found["PAIR"].append((mine, mine + only[second, first]))
                    elif label not in labels.values():
                        found["OTHER_ALONE"].append((mine, total - shared + mine))
    for kind, all_counts in sorted(found.items()):
        print(f"{kind}\t{likely(all_counts)}")
    if found["PAIR"]:
        mine, either = np.array(found["PAIR"]).T
        over = log_ratio(mine, either, PAIR, PAIR[::-1])
        print(f"named by pairs\tright {(over >= LEVEL).mean():.3f}, wrong {(over <= -LEVEL).mean():.4f}")


def main() -> None:
    """Run the command of the first argument."""
    what, *folders = sys.argv[1:]
    paths = [Path(folder) for folder in folders]
    if what == "fit":
        fit(paths)
    else:
        made = expected if what == "expected" else matrix
        print(made(paths).to_csv(sep="\t", index=False, float_format="%.3f"), end="")


if __name__ == "__main__":
    main()
