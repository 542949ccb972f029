"""A cohort of the size of the human genome, for docs/scale.md: 22 chromosomes, 50 people, an outgroup of 100.

    python performance/cohort.py make COHORT          # 4 GB on disk; one hour, most of it in `archaictools simulate`
    snakemake --snakefile workflows/snakemake/Snakefile --profile workflows/snakemake/profiles/local \
        --directory COHORT/run --configfile COHORT/run/config.yaml
    python performance/cohort.py summary COHORT/run   # time, memory and disk of every rule

Five chromosomes are simulated (history 9K19). The 22 chromosomes consist of these, one after the other, cut at the
length of the chromosome in hg38. So each piece comes several times, which changes no cost.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pysam

#: Lengths of the chromosomes 1 to 22 of hg38 in bp.
LENGTHS = dict(enumerate((
    248_956_422, 242_193_529, 198_295_559, 190_214_555, 181_538_259, 170_805_979, 159_345_973, 145_138_636, 138_394_717,
    133_797_422, 135_086_622, 133_275_309, 114_364_328, 107_043_718, 101_991_189, 90_338_345, 83_257_441, 80_373_285,
    58_617_616, 64_444_167, 46_709_983, 50_818_468,
), start=1))  # fmt: skip
PIECES = (18, 19, 20, 21, 22)
OUTGROUP, INGROUP = 100, 50


def make(folder: Path, genes: Path | None) -> None:
    """Simulate the pieces that are missing, join them, and write the configuration of the workflow."""
    whole, run = folder / "whole", folder / "run"
    whole.mkdir(parents=True, exist_ok=True)
    run.mkdir(exist_ok=True)
    for number in PIECES:
        if not (folder / f"piece.{number}").exists():
            people = f"--outgroup {OUTGROUP} --ingroup {INGROUP} --archaic 1 --seed {9000 + number}"
            subprocess.run(
                ["archaictools", "simulate", "--model", "9K19", *people.split(), "--length", str(LENGTHS[number]),
                 "--out", str(folder / f"piece.{number}")], check=True,
            )  # fmt: skip
    for number in LENGTHS:
        for kind in ("modern", "archaic"):
            target = whole / f"{kind}.chr{number}.vcf.gz"
            if not Path(f"{target}.tbi").exists():
                join(folder, kind, number, target)
    for role in ("ingroup", "outgroup", "archaic"):
        shutil.copy(folder / f"piece.{PIECES[0]}" / f"{role}.txt", run)
    (run / "genome.chrom.sizes").write_text("".join(f"chr{number}\t{size}\n" for number, size in LENGTHS.items()))
    chromosomes = ", ".join(f"chr{number}" for number in LENGTHS)
    (run / "config.yaml").write_text(
        f"""vcf: {whole.resolve()}/modern.{{chromosome}}.vcf.gz
archaic_vcf: {whole.resolve()}/archaic.{{chromosome}}.vcf.gz
ingroup: ingroup.txt
outgroup: outgroup.txt
archaic: archaic.txt
chrom_sizes: genome.chrom.sizes
chromosomes: [{chromosomes}]
shards: 4
minutes_per_job: 10
outputs: {{tracks: mean, bed: true, bigbed: true, report: true, hub: false}}
"""
        + (f"annotation: {genes.resolve()}\n" if genes else "")
    )


def join(folder: Path, kind: str, number: int, target: Path) -> None:
    """Write one chromosome: pieces one after the other; a chromosome that is a piece begins with its own."""
    size, offset = LENGTHS[number], 0
    start = PIECES.index(number) if number in PIECES else number % len(PIECES)
    with pysam.BGZFile(str(target), "wb") as out:
        for piece in itertools.islice(itertools.cycle(PIECES), start, None):
            with pysam.BGZFile(str(folder / f"piece.{piece}" / f"{kind}.chr1.vcf.gz")) as lines:
                for line in map(bytes, lines):
                    if line.startswith(b"#"):
                        if not offset:
                            own = b"ID=chr1,length=%d" % LENGTHS[piece]
                            out.write(line.replace(own, b"ID=chr%d,length=%d" % (number, size)) + b"\n")
                        continue
                    _, position, rest = line.split(b"\t", 2)
                    if int(position) + offset > size:
                        break
                    out.write(b"chr%d\t%d\t%s\n" % (number, int(position) + offset, rest))
            offset += LENGTHS[piece]
            if offset >= size:
                break
    pysam.tabix_index(str(target), preset="vcf", force=True)


def summary(run: Path) -> None:
    """Print, for each rule, its jobs, CPU time, wall time and peak memory, from the benchmarks of the workflow."""
    rows = []
    for path in sorted(run.glob("benchmarks/**/*.tsv")):
        rule = path.relative_to(run / "benchmarks").parts[0].removesuffix(".tsv")
        rows.append(pd.read_csv(path, sep="\t").assign(rule=rule))
    found = pd.concat(rows).groupby("rule", sort=False)
    print("| rule | jobs | CPU s | wall s, longest job | peak MB |\n|---|--:|--:|--:|--:|")
    for rule, part in found:
        print(
            f"| `{rule}` | {len(part)} | {part['cpu_time'].sum():,.0f} | {part['s'].max():,.0f} | {part['max_rss'].max():,.0f} |"
        )
    hours = sum(part["cpu_time"].sum() for _, part in found) / 3_600
    print(f"\n{hours:.2f} CPU hours, {60 * hours / INGROUP:.1f} CPU minutes a person")
    for name in ("results", "parts"):
        size = sum(path.stat().st_size for path in (run / name).rglob("*") if path.is_file())
        print(f"{name}: {size / 1e6:,.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "summary"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--genes", type=Path, help="annotation (BED) of the report; none without it")
    options = parser.parse_args()
    if options.what == "make":
        make(options.folder, options.genes)
    else:
        summary(options.folder)


if __name__ == "__main__":
    main()
