"""Compare calls with the results that the examples of ArchaicSeeker ship, and exchange REF and ALT of a panel.

archaicseeker.py two CALLS SEG            CALLS.tsv and CALLS.callable.bed, with Han.seg of ArchaicSeeker 2.0
archaicseeker.py three CALLS BED          the same, with introgression_prediction.bed of 3.1 (scores above 0.4)
archaicseeker.py exchange PANEL OUT VCF…  write PANEL with REF as in the archaic VCFs, where that is its ALT
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd

#: Length of a bit of a haplotype in bp, and their number on a chromosome.
BIN, BINS = 1_000, 60_000


def marks(starts: pd.Series, ends: pd.Series) -> np.ndarray:
    """Return the kilobases that intervals touch."""
    marked = np.zeros(BINS, dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        marked[start // BIN : -(-end // BIN)] = True
    return marked


def theirs_of(kind: str, path: Path) -> pd.DataFrame:
    """Return their archaic segments: haplotype as ``SAMPLE_1``, start, end, and whether it is Neanderthal."""
    if kind == "two":
        rows = pd.read_csv(path, sep="\t")
        rows = rows[(rows["Contig"] == 21) & rows["BestMatchedPop"].str.contains("Neanderthal|Denisova")]
        rows = rows[~rows["BestMatchedPop"].str.contains("YRI")]
        found = {"name": rows["ID"], "start": rows["Start(bp)"], "end": rows["End(bp)"]}
        return pd.DataFrame({**found, "neanderthal": rows["BestMatchedPop"] == "Neanderthal"})
    rows = pd.read_csv(path, sep="\t", header=None)
    rows = rows[rows[6] > 0.4]
    return pd.DataFrame({"name": rows[9], "start": rows[1], "end": rows[2], "neanderthal": rows[4] == 2})


def compare(kind: str, calls: Path, path: Path) -> None:
    """Print shares at 0.5 and 0.9, by haplotype and kilobase, within callable bases."""
    segments = pd.read_csv(f"{calls}.tsv", sep="\t")
    segments["name"] = segments["sample"] + "_" + segments["haplotype"].astype(str)
    people = pd.read_csv(f"{calls}.people.tsv", sep="\t")
    names = [f"{sample}_{side}" for sample in people["sample"] for side in (1, 2)]
    covered = pd.read_csv(f"{calls}.callable.bed", sep="\t", header=None)
    callable_ = marks(covered[1], covered[2])
    other = theirs_of(kind, path)
    neanderthal = other[other["neanderthal"]]
    by_name = [marks(*other.loc[other["name"] == name, ["start", "end"]].T.to_numpy()) & callable_ for name in names]
    known = [
        marks(*neanderthal.loc[neanderthal["name"] == n, ["start", "end"]].T.to_numpy()) & callable_ for n in names
    ]
    everything = callable_.sum() * len(names)
    percent = people["percent"]
    print(f"{calls.name}: {percent.mean():.2f} % ({percent.min():.2f} to {percent.max():.2f}); they: "
          f"{100 * sum(map(np.sum, by_name)) / everything:.2f} % of the callable bases")  # fmt: skip
    if len(segments):
        lengths = (segments["end"] - segments["start"]).groupby(segments["source"]).sum()
        print(" ".join(f"{source} {100 * bases / lengths.sum():.1f} %" for source, bases in lengths.items()))
    for threshold in (0.5, 0.9):
        chosen = segments[segments["posterior"] >= threshold]
        mine = [marks(*chosen.loc[chosen["name"] == n, ["start", "end"]].T.to_numpy()) & callable_ for n in names]
        called = max(1, sum(map(np.sum, mine)))
        same = sum((a & b).sum() for a, b in zip(mine, by_name, strict=True))
        following = sum((mine[i] & by_name[(i + 2) % len(names)]).sum() for i in range(len(names)))
        found = sum((a & b).sum() for a, b in zip(mine, known, strict=True)) / max(1, sum(map(np.sum, known)))
        print(f"  {threshold}: {100 * called / everything:.2f} % called; {same / called:.3f} of it theirs too, "
              f"{following / called:.3f} of the next person; of their Neanderthal bases {found:.3f}")  # fmt: skip


def exchange(panel: Path, target: Path, archaic: list[Path]) -> None:
    """Write a VCF of SNPs in which REF is that of the archaic records, exchanging alleles where it is ALT."""
    reference: dict[str, str] = {}
    for path in archaic:
        with gzip.open(path, "rt") as lines:
            fields = (line.split("\t", 5) for line in lines if not line.startswith("#"))
            reference.update({field[1]: field[3] for field in fields if len(field[3]) == 1})
    exchanged, table = 0, str.maketrans("01", "10")
    with gzip.open(panel, "rt") as lines, gzip.open(target, "wt") as out:
        for line in lines:
            if line.startswith("#"):
                out.write(line)
            else:
                fields = line.rstrip("\n").split("\t")
                if reference.get(fields[1]) == fields[4]:
                    exchanged += 1
                    fields[3], fields[4] = fields[4], fields[3]
                    fields[9:] = [genotype.translate(table) for genotype in fields[9:]]
                out.write("\t".join(fields) + "\n")
    print(f"{target}: REF and ALT exchanged at {exchanged} sites")


if __name__ == "__main__":
    if sys.argv[1] == "exchange":
        exchange(Path(sys.argv[2]), Path(sys.argv[3]), [Path(name) for name in sys.argv[4:]])
    else:
        compare(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
