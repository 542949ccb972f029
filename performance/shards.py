"""Measure the time and memory of shards of people: cohorts of several sizes, and genomes of several lengths.

    python performance/shards.py --out shards.md            (about ten minutes on one core)
    python performance/shards.py --out shards.md --only memory

Cohorts are made up: alleles of an outgroup of 50 people and of the ingroup, most of them rare. Times are CPU seconds of
the process and its children with one thread, so other programs on the machine matter little.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools

OUTGROUP, TOGETHER = 50, 10
CHILD = """
import contextlib, io, json, resource, sys
from archaictools.cli.main import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
if code:
    sys.exit(code)
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print("RESULT" + json.dumps([sum(one.ru_utime + one.ru_stime for one in used), max(one.ru_maxrss for one in used) / 1024]))
"""


def cohort(folder: Path, people: int, sites: int, *, kinds: tuple[str, ...]) -> dict[str, Path]:
    """Write a cohort as bgzipped VCF and as BCF, each with an index; 30 sites per 10 kb."""
    rng = np.random.default_rng(people)
    samples, length = OUTGROUP + people, sites * 333
    names = [f"O{n}" for n in range(OUTGROUP)] + [f"I{n}" for n in range(people)]
    path = folder / f"{people}.{sites}.vcf"
    table = np.array([b"0|0\t", b"0|1\t", b"1|0\t", b"1|1\t"])
    with path.open("wb") as handle:
        head = f"##fileformat=VCFv4.2\n##contig=<ID=chr1,length={length}>\n"
        head += '##FORMAT=<ID=GT,Number=1,Type=String,Description="G">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t'
        handle.write((head + "\t".join(names) + "\n").encode())
        for site in range(sites):
            share = 0.5 * rng.random() ** 6
            alleles = rng.random((samples, 2)) < share
            calls = table[2 * alleles[:, 0] + alleles[:, 1]].tobytes()
            handle.write(b"chr1\t%d\t.\tA\tG\t.\tPASS\t.\tGT\t" % (333 * site + 100) + calls[:-1] + b"\n")
    found = {}
    if "vcf" in kinds:
        found["vcf"] = path.with_suffix(".vcf.gz")
        pysam.tabix_compress(str(path), str(found["vcf"]), force=True)
    if "bcf" in kinds:
        found["bcf"] = path.with_suffix(".bcf")
        pysam.bcftools.view("-Ob", "-o", str(found["bcf"]), str(path), catch_stdout=False)
    path.unlink()
    return found


def encode(vcf: Path, people: int, shard: str) -> tuple[float, float]:
    """Return CPU seconds, and MB at the peak, of one run."""
    groups = [f"{letter}{n}" for letter, count in (("O", OUTGROUP), ("I", people)) for n in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("out", groups[:OUTGROUP]), ("in", groups[OUTGROUP:])):
            (Path(folder) / f"{name}.txt").write_text("\n".join(part) + "\n")
        done = subprocess.run(
            [sys.executable, "-c", CHILD, "haplotypes", "--vcf", str(vcf), "--outgroup", f"{folder}/out.txt",
             "--ingroup", f"{folder}/in.txt", "--together", str(TOGETHER), "--people-shard", shard, "--threads", "1",
             "--quiet", "--out", f"{folder}/h.h5"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    seconds, megabytes = json.loads(done.stdout.rpartition("RESULT")[2])
    return seconds, megabytes


def speed(folder: Path, sizes: list[int], sites: int) -> list[str]:
    """Return a table of CPU seconds by file and shard."""
    rows = [f"CPU seconds for {sites:,} sites, outgroup of {OUTGROUP}:", "",
            "| ingroup | file | whole | 1/2 | 1/10 | one group |", "|--:|---|--:|--:|--:|--:|"]  # fmt: skip
    for people in sizes:
        for kind, vcf in cohort(folder, people, sites, kinds=("vcf", "bcf")).items():
            shards = ("1/1", "1/2", "1/10", f"1/{people // TOGETHER}")
            cells = [f"{encode(vcf, people, shard)[0]:.1f}" for shard in shards]
            rows.append(f"| {people:,} | {kind} | {' | '.join(cells)} |")
            print(rows[-1], flush=True)
            vcf.unlink()
    return rows


def memory(folder: Path, people: int, sites: int) -> list[str]:
    """Return a table of the peak memory of a shard of fixed size."""
    rows = [f"Peak memory in MB of a shard of {people} people:", "",
            "| ingroup | sites | genome (Mb) | vcf | bcf |", "|--:|--:|--:|--:|--:|"]  # fmt: skip
    for times, longer in ((1, 1), (4, 1), (16, 1), (1, 4), (1, 16)):
        size, count = people * times, sites * longer
        files = cohort(folder, size, count, kinds=("vcf", "bcf"))
        cells = [f"{encode(vcf, size, f'1/{times}')[1]:.0f}" for vcf in files.values()]
        rows.append(f"| {size:,} | {count:,} | {count * 333 / 1e6:.1f} | {' | '.join(cells)} |")
        print(rows[-1], flush=True)
        for vcf in files.values():
            vcf.unlink()
    return rows


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=["speed", "memory"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 2_500])
    parser.add_argument("--sites", type=int, default=20_000)
    given = parser.parse_args()
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        if given.only != "memory":
            rows += [*speed(Path(folder), given.sizes, given.sites), ""]
        if given.only != "speed":
            rows += [*memory(Path(folder), 50, 15_000), ""]
    given.out.write_text("\n".join(rows))


if __name__ == "__main__":
    main()
