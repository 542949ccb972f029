"""Measure what unphased and pseudo-haploid ingroup genotypes cost, per person.

    phase.py SIMULATION OUT

SIMULATION is a folder of ``archaictools simulate``. Truth and calls of both haplotypes of a person are joined, because
unphased genotypes name no haplotype. Rows: phased as simulated; every heterozygote unphased, read with
``--unphased random``; one random allele of each genotype (written as a homozygote, as in pseudo-haploid calls of ancient
people). Each with and without the archaic genomes of the simulation.
"""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from callers import tracts


def rewrite(source: Path, target: Path, people: list[str], kind: str) -> None:
    """Write a VCF whose ingroup genotypes are unphased, or one random allele each."""
    draw = random.Random(1)
    columns: list[int] = []
    with gzip.open(source, "rt") as lines, gzip.open(target, "wt", compresslevel=1) as out:
        for line in lines:
            if line.startswith("##"):
                out.write(line)
                continue
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#"):
                columns = [fields.index(name) for name in people]
            else:
                for column in columns:
                    alleles = fields[column].split("|")
                    if kind == "unphased":
                        fields[column] = "/".join(sorted(alleles))
                    else:
                        fields[column] = "/".join([draw.choice(alleles)] * 2)
            out.write("\t".join(fields) + "\n")


def covered(rows: pd.DataFrame, people: list[str]) -> np.ndarray:
    """Return the kilobases of people that intervals of either haplotype cover: bool (chromosomes, people, kb)."""
    chroms = sorted(rows["chrom"].unique())
    marked = np.zeros((max(len(chroms), 1), len(people), 250_000), dtype=bool)
    for row in rows.itertuples():
        marked[chroms.index(row.chrom), people.index(row.sample), row.start // 1000 : -(-row.end // 1000)] = True
    return marked


def main() -> None:
    """Print one row for each kind of genotypes."""
    simulation, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    people = (simulation / "ingroup.txt").read_text().split()
    truth = covered(tracts(simulation), people)
    vcf = simulation / "modern.chr1.vcf.gz"
    options = ["--threads", "1", "--quiet", "--force"]
    print(
        "| genotypes of the ingroup | archaic genome | precision | recall | F1 | percent called / true |\n|---|---|---|---|---|---|"
    )
    for kind in ("phased", "unphased", "pseudo-haploid"):
        modern = vcf
        if kind != "phased":
            modern = out / f"{kind}.vcf.gz"
            rewrite(vcf, modern, people, kind)
        for named in (True, False):
            words, table = out / "haplotypes.h5", out / "segments.tsv"
            archaic = ["--archaic-vcf", simulation / "archaic.chr1.vcf.gz", "--archaic", simulation / "archaic.txt"]
            command = ["archaictools", "haplotypes", "--vcf", modern, "--ingroup", simulation / "ingroup.txt"]
            command += ["--outgroup", simulation / "outgroup.txt", "--callable", simulation / "callable.bed"]
            command += [*(archaic if named else []), *(["--unphased", "random"] if kind == "unphased" else [])]
            subprocess.run([*command, "--out", words, *options], check=True, stdout=subprocess.DEVNULL)
            command = ["archaictools", "predict", "pretrained", words, "--segments", table]
            subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
            calls = covered(pd.read_csv(table, sep="\t"), people)
            hits, called, true = int((calls & truth).sum()), int(calls.sum()), int(truth.sum())
            values = hits / max(called, 1), hits / max(true, 1), 2 * hits / max(called + true, 1)
            cells = " | ".join(f"{value:.3f}" for value in values)
            print(f"| {kind} | {'yes' if named else 'no'} | {cells} | {called / max(true, 1):.2f} |", flush=True)


if __name__ == "__main__":
    main()
