"""Compare calls in real people with published calls, and count archaic alleles inside calls.

    people.py OUT WORDS SEGMENTS [PUBLISHED]

The truth is unknown. Two tables are written:

OUT/comparison.tsv, with PUBLISHED only: precision, recall and F1 of our calls (either haplotype) at several thresholds.
The reference is the bases of each person on which two or more published methods agree. Rows of each published method,
compared with two or more of the others, give the scale. Further rows compare our calls with one method alone.

OUT/archaic_alleles.tsv: archaic-only alleles (absent from the outgroup, carried by an archaic genome) per kb of
haplotype: inside its own calls, inside the calls of the next person, and elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.feature_file import open_features
from archaictools.io.tables import write_table

THRESHOLDS = (0.5, 0.7, 0.8, 0.9)

#: Segments by posterior, to see how many bases are confirmed at each.
BANDS = ((0.5, 0.7), (0.7, 0.9), (0.9, 0.95), (0.95, 1.01))


def bitmap(rows: pd.DataFrame, length: int) -> np.ndarray:
    """Return the bases that intervals cover: bool (length,)."""
    marked = np.zeros(length, dtype=bool)
    for start, end in zip(rows["start"], rows["end"], strict=True):
        marked[start:end] = True
    return marked


def agreement(caller: str, people: str, found: list[np.ndarray], wanted: list[np.ndarray]) -> dict[str, object]:
    """Return one row: precision, recall and F1 of the bases of people, pooled."""
    hits = sum(int((f & w).sum()) for f, w in zip(found, wanted, strict=True))
    called, true = (sum(int(part.sum()) for part in parts) for parts in (found, wanted))
    precision, recall = hits / max(called, 1), hits / max(true, 1)
    return {
        "caller": caller,
        "people": people,
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "F1": round(2 * hits / max(called + true, 1), 3),
        "bases": called,
    }


class Published(NamedTuple):
    """Published segments as bitmaps of bases: people, maps of each method by person, and methods that agree (votes)."""

    people: list[str]
    maps: dict[str, list[np.ndarray]]
    votes: list[np.ndarray]


def read_published(path: Path, length: int) -> Published:
    """Read the segments of several methods on one chromosome."""
    published = pd.read_csv(path, sep="\t").rename(columns={"#chrom": "chrom"})
    people = sorted(published["sample"].unique())
    maps = {
        str(method): [bitmap(own[own["sample"] == person], length) for person in people]
        for method, own in published.groupby("method")
    }
    votes = [sum(own[number].astype(np.int8) for own in maps.values()) for number in range(len(people))]
    return Published(people, maps, votes)


def compare(ours: pd.DataFrame, path: Path, length: int) -> pd.DataFrame:
    """Compare with published segments: all people pooled, then our calls in each person."""
    people, maps, votes = read_published(path, length)
    agreed = [vote >= 2 for vote in votes]
    rows = []
    found = {}
    for threshold in THRESHOLDS:
        chosen = ours[ours["posterior"] >= threshold]
        found[threshold] = [bitmap(chosen[chosen["sample"] == person], length) for person in people]
        rows.append(agreement(f"segments of {threshold:g} or more", "all", found[threshold], agreed))
    for low, high in BANDS:
        chosen = ours[(ours["posterior"] >= low) & (ours["posterior"] < high)]
        band = [bitmap(chosen[chosen["sample"] == person], length) for person in people]
        rows.append(agreement(f"segments of {low:g} to {min(high, 1):g}", "all", band, agreed))
    for method, own_map in maps.items():
        others = [vote - own >= 2 for vote, own in zip(votes, own_map, strict=True)]
        rows.append(agreement(f"{method}, against the other three", "all", own_map, others))
    for method, own_map in maps.items():
        rows.append(agreement(f"segments of 0.5 or more, against {method} alone", "all", found[0.5], own_map))
    for threshold in (THRESHOLDS[0], THRESHOLDS[-1]):
        for person, own, wanted in zip(people, found[threshold], agreed, strict=True):
            rows.append(agreement(f"segments of {threshold:g} or more", person, [own], [wanted]))
    return pd.DataFrame(rows)


def enrichment(words_path: Path, ours: pd.DataFrame) -> pd.DataFrame:
    """Count archaic-only alleles inside and outside calls."""
    columns = [CLASSES.index(name) for name in ("absent_het", "absent_hom")]
    totals = {"own calls": [0, 0], "the next person's calls": [0, 0], "elsewhere": [0, 0]}
    with open_features(words_path) as words:
        people = list(dict.fromkeys(sample for sample, _ in words.haplotypes))
        for chrom, bins in words.bins.items():
            called = np.zeros((len(words.haplotypes), bins), dtype=bool)
            row = {named: number for number, named in enumerate(words.haplotypes)}
            here = ours[ours["chrom"] == chrom]
            for segment in here.itertuples():
                size = words.encoding.bin
                called[row[segment.sample, segment.haplotype], segment.start // size : -(-segment.end // size)] = True
            for number, (sample, haplotype) in enumerate(words.haplotypes):
                alleles = words.counts(chrom, slice(number, number + 1))[0][:, columns].sum(axis=1)
                next_person = people[(people.index(sample) + 1) % len(people)]
                own, other = called[number], called[row[next_person, haplotype]] & ~called[number]
                for name, where in (
                    ("own calls", own),
                    ("the next person's calls", other),
                    ("elsewhere", ~own & ~other),
                ):
                    totals[name][0] += int(alleles[where].sum())
                    totals[name][1] += int(where.sum())
    return pd.DataFrame(
        [(name, alleles, bins, round(alleles / max(bins, 1), 3)) for name, (alleles, bins) in totals.items()],
        columns=["where", "archaic_only_alleles", "kb", "per_kb"],
    )


def save(table: pd.DataFrame, path: Path) -> None:
    """Write a table, and print it."""
    write_table(path, table)
    print(f"{path}:\n{table.to_string(index=False)}")


def main() -> None:
    """Read the arguments and write both tables."""
    out, words, segments, *published = (Path(argument) for argument in sys.argv[1:])
    ours = pd.read_csv(segments, sep="\t", dtype={"chrom": str})
    with open_features(words) as bins:
        length = max(bins.lengths[chrom] for chrom in bins.bins)
    if published and published[0].exists():
        save(compare(ours, published[0], max(length, 60_000_000)), out / "comparison.tsv")
    save(enrichment(words, ours), out / "archaic_alleles.tsv")


if __name__ == "__main__":
    main()
