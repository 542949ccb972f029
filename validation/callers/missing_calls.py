"""Measure the effect of missing genotypes on calls: missing_calls.py SIMULATION FOLDER prints a Markdown table.

SIMULATION is a folder of ``archaictools simulate`` with one chromosome. Genotypes are removed from its VCF: in
contiguous regions of each ingroup sample, or at random in the ingroup, the outgroup or both. Calls are compared with
true tracts, base by base on every haplotype: in all bins, and in bins where the haplotype has data.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

BIN = 1_000
STRETCHES = (300_000, 800_000)
SHARES = (0.01, 0.1, 0.5)


class People:
    """Records of a VCF: the fixed fields and the calls."""

    def __init__(self, sim: Path) -> None:
        self.sim = sim
        with gzip.open(sim / "modern.chr1.vcf.gz", "rt") as text:
            lines = text.read().splitlines()
        self.header = [line for line in lines if line.startswith("#")]
        rows = [line.split("\t") for line in lines if not line.startswith("#")]
        self.names = self.header[-1].split("\t")[9:]
        self.before = ["\t".join(row[:9]) for row in rows]
        self.position = np.array([int(row[1]) for row in rows])
        self.calls = np.array([row[9:] for row in rows])
        self.length = BIN * -(-int(self.position[-1]) // BIN)

    def group(self, name: str) -> list[str]:
        """Return the samples of a list of the simulation: ingroup or outgroup."""
        return (self.sim / f"{name}.txt").read_text().split()

    def write(self, path: Path, missing: np.ndarray) -> None:
        """Write the VCF without the genotypes that ``missing`` marks: bool (records, samples)."""
        calls = np.where(missing, ".|.", self.calls)
        rows = ("\t".join([before, *row]) for before, row in zip(self.before, calls, strict=True))
        path.write_text("\n".join([*self.header, *rows]) + "\n")

    def cover(self, path: Path, columns: list[int], *, header: int | None) -> np.ndarray:
        """Return the bases of each ingroup haplotype that intervals cover: bool (haplotypes, bases)."""
        ingroup = self.group("ingroup")
        bases = np.zeros((2 * len(ingroup), self.length), dtype=bool)
        for start, end, sample, number in (
            pd.read_csv(path, sep="\t", header=header).iloc[:, columns].itertuples(index=False)
        ):
            bases[2 * ingroup.index(sample) + int(number) - 1, start:end] = True
        return bases


def measured(people: People, folder: Path, missing: np.ndarray, *, archaic: bool) -> list[str]:
    """Call segments without some genotypes; return F1, F1 where data exist, kb called without data, fraction with data."""
    vcf, words, sim = folder / "m.vcf", folder / "words.h5", people.sim
    people.write(vcf, missing)
    beside = ["--archaic-vcf", sim / "archaic.chr1.vcf.gz", "--archaic", sim / "archaic.txt"] if archaic else []
    read = ["haplotypes", "--vcf", vcf, "--ingroup", sim / "ingroup.txt", "--outgroup", sim / "outgroup.txt", *beside,
            "--missing", "uncalled", "--out", words]  # fmt: skip
    for verb in (read, ["predict", "pretrained", words, "--segments", folder / "s.tsv", "--table", folder / "t.tsv"]):
        command = ["archaictools", *map(str, verb), "--quiet", "--force"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    truth = people.cover(sim / "truth.bed", [1, 2, 3, 4], header=None)
    calls = people.cover(folder / "s.tsv", [1, 2, 3, 4], header=0)
    known = people.cover(folder / "t.tsv", [1, 2, 3, 4], header=0)
    every = 2 * (truth & calls).sum() / (truth.sum() + calls.sum())
    inside = 2 * (truth & calls & known).sum() / ((truth & known).sum() + (calls & known).sum())
    return [f"{every:.3f}", f"{inside:.3f}", f"{(calls & ~known).sum() / 1_000:,.0f}", f"{known.mean():.1%}"]


def damages(people: People, rng: np.random.Generator) -> list[tuple[str, np.ndarray]]:
    """Return the masks of missing genotypes, by name."""
    column = {name: number for number, name in enumerate(people.names)}
    groups = {name: [column[one] for one in people.group(name)] for name in ("ingroup", "outgroup")}
    nothing = np.zeros(people.calls.shape, dtype=bool)
    found = [("nothing", nothing)]
    for length in STRETCHES:
        missing = nothing.copy()
        for person in groups["ingroup"]:
            start = int(rng.integers(0, people.length - length))
            missing[(people.position > start) & (people.position <= start + length), person] = True
        found.append((f"{length // 1_000} kb of each ingroup person", missing))
    for who, some in (("ingroup", ["ingroup"]), ("outgroup", ["outgroup"]), ("both", ["ingroup", "outgroup"])):
        for share in SHARES:
            missing = nothing.copy()
            columns = [number for name in some for number in groups[name]]
            missing[:, columns] = rng.random((len(missing), len(columns))) < share
            found.append((f"{share:.0%} of genotypes, {who}", missing))
    return found


def main() -> None:
    """Print the table."""
    sim, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    people = People(sim)
    columns = ("F1", "F1 where read", "kb called without data", "read")
    kinds = ("", "no archaic genome: ")
    print("| missing | " + " | ".join(kind + name for kind in kinds for name in columns) + " |")
    print("|" + "---|" * (1 + 2 * len(columns)))
    for name, missing in damages(people, np.random.default_rng(1)):
        row = [cell for archaic in (True, False) for cell in measured(people, folder, missing, archaic=archaic)]
        print(f"| {name} | " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
