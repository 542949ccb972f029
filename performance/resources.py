"""Measure CPU time and peak memory of the rules of workflows/snakemake, and fit what a job needs to its size.

    python performance/resources.py --people FOLDER... --fit workflows/snakemake/resources.tsv --out measured.tsv

With --flat, memory of 2 people on each chromosome, and of 1, 4 and 16 people on the first, is measured instead.

Each folder is one of 'archaictools simulate' with one chromosome: 48 or more ingroup samples, 50 or more outgroup
samples, one archaic sample. Every verb runs with one thread. The table of measurements comes first; the fit has no
negative coefficient.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Ingroup and outgroup samples of a job; the last pair has most people.
SIZES = ("12:50", "12:100", "24:100", "48:100")
#: Ingroup and outgroup samples of --flat: on every chromosome, and on the first one.
FLAT_LENGTHS, FLAT_PEOPLE = ("2:50",), ("1:50", "4:50", "16:50")
#: Ingroup samples of one shard.
GROUP = 12
HEADER = """\
# What a job needs with one thread: python performance/resources.py. Memory in MB, time in CPU seconds.
# people and outgroup: numbers of samples. mb: Mb of the chromosomes of the job; memory_per_mb: of the longest of them.
"""
TERMS = ("", "_per_person", "_per_outgroup", "_per_mb", "_per_outgroup_mb", "_per_person_mb")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job: its size, and what it needed."""

    rule: str
    people: int
    outgroup: int
    megabases: float
    seconds: float
    memory: float

    def terms(self) -> list[float]:
        """Return the size in the order of :data:`TERMS`."""
        people, outgroup, megabases = self.people, self.outgroup, self.megabases
        return [1, people, outgroup, megabases, outgroup * megabases, people * megabases]


#: Terms that may matter to a rule: for seconds, and for memory.
MODELS = {
    "haplotypes": (("", "_per_mb", "_per_outgroup_mb", "_per_person_mb"), ("", "_per_person", "_per_outgroup")),
    "predict": (("", "_per_person_mb"), ("", "_per_person", "_per_mb")),
    "join_shards": (("", "_per_mb", "_per_person_mb"), ("", "_per_person", "_per_mb")),
    "join_chunks": (("", "_per_mb", "_per_person_mb"), ("", "_per_person", "_per_mb")),
    "join_own_tracks": (("", "_per_person_mb"), ("",)),
    "genes": (("", "_per_person_mb"), ("", "_per_person_mb")),
    "report": (("", "_per_person_mb"), ("", "_per_person_mb")),
}


def run(*arguments: object) -> tuple[float, float]:
    """Run one verb in a separate process; return its CPU seconds and peak memory in MB."""
    command = [sys.executable, "-c", "from archaictools.cli.main import run; run()", *map(str, arguments)]
    process = subprocess.Popen([*command, "--threads", "1", "--quiet"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"archaictools {' '.join(map(str, arguments))} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(source: Path, sizes: Sequence[str], folder: Path, *, flat: bool = False) -> list[Job]:
    """Measure all rules on the people of one simulated chromosome."""
    ((chrom, length),) = (line.split() for line in (source / "genome.chrom.sizes").read_text().splitlines())
    megabases = int(length) / 1e6
    made: list[Job] = []

    def add(rule: str, people: int, outgroup: int, *arguments: object) -> None:
        seconds, memory = run(*arguments)
        job = Job(rule=rule, people=people, outgroup=outgroup, megabases=megabases, seconds=seconds, memory=memory)
        print(job, flush=True)
        made.append(job)

    names = {role: folder / f"{role}.txt" for role in ("ingroup", "outgroup")}
    genes, features = folder / "genes.bed", folder / "haplotypes.h5"
    genes.write_text(
        "".join(f"{chrom}\t{at}\t{at + 30_000}\tgene_{at}\n" for at in range(0, int(length) - 30_000, 100_000))
    )
    for size in sizes:
        people, outgroup = map(int, size.split(":"))
        for role, count in (("ingroup", people), ("outgroup", outgroup)):
            names[role].write_text("".join(sorted((source / f"{role}.txt").open())[:count]))
        encode = (
            "haplotypes", "--vcf", source / "modern.chr1.vcf.gz", "--archaic-vcf", source / "archaic.chr1.vcf.gz",
            "--archaic", source / "archaic.txt", "--ingroup", names["ingroup"], "--outgroup", names["outgroup"],
            "--out", features,
        )  # fmt: skip
        add("haplotypes", people, outgroup, *encode)
        tracks = folder / f"tracks.{people}"
        add(
            "predict", people, outgroup, "predict", "pretrained", features, "--sums", folder / f"{people}.h5",
            "--bigwig", tracks, "--per-person", "--force",
        )  # fmt: skip
        add("join_own_tracks", people, outgroup, "merge", tracks, "--out", folder / "joined", "--force")
        if flat:
            join(add, [folder / f"{people}.h5"], people, outgroup, genes, folder)
    if flat:
        return made
    # The sums of most people join those of the same people in shards.
    shards = [folder / f"{GROUP}.h5"]
    for number in range(2, people // GROUP + 1):
        run(*encode, "--people-shard", f"{number}/{people // GROUP}")
        shards.append(folder / f"shard{number}.h5")
        run("predict", "pretrained", features, "--sums", shards[-1])
    for number in sorted({1, len(shards) // 2 or 1, len(shards)}):
        join(add, shards[:number], GROUP * number, outgroup, genes, folder)
    return made


def join(add: Callable[..., None], parts: list[Path], people: int, outgroup: int, genes: Path, folder: Path) -> None:
    """Measure the rules that come after ``predict``."""
    results = {"segments": "segments.tsv", "summary": "people.tsv", "bed": "segments.bed", "bigbed": "segments.bb"}
    results |= {"deserts": "deserts.bed", "mean": "tracks/mean.bw", "share": "tracks/share.bw"}
    (folder / "tracks").mkdir(exist_ok=True)
    paths = {name: folder / path for name, path in results.items()}
    add("join_shards", people, outgroup, "merge", *parts, "--out", folder / "sums.h5")
    options = (word for name, path in paths.items() for word in (f"--{name}", path))
    add("join_chunks", people, outgroup, "merge", folder / "sums.h5", *options)
    add("genes", people, outgroup, "genes", paths["segments"], "--annotation", genes, "--out", folder / "genes.tsv")
    add(
        "report", people, outgroup, "report", "--segments", paths["segments"], "--summary", paths["summary"],
        "--deserts", paths["deserts"], "--bigwig", folder / "tracks", "--genes", folder / "genes.tsv",
        "--out", folder / "report.html",
    )  # fmt: skip
    segments = sum(1 for _ in paths["segments"].open()) - 1
    print(f"{segments} segments, report of {(folder / 'report.html').stat().st_size} bytes", flush=True)


def fit(jobs: list[Job]) -> list[dict[str, object]]:
    """Return one row for each rule: the coefficients of memory and time, from relative least squares."""
    rows = []
    for rule, models in MODELS.items():
        own = [job for job in jobs if job.rule == rule]
        if not own:
            continue
        row: dict[str, object] = {"rule": rule}
        for name, model in zip(("seconds", "memory"), models, strict=True):
            needed = np.array([getattr(job, name) for job in own])
            sizes = np.array([job.terms() for job in own])[:, [TERMS.index(term) for term in model]]
            found, _ = nnls(sizes / needed[:, None], np.ones(len(own)))
            row |= {f"{name}{term}": float(f"{value:.3g}") for term, value in zip(model, found, strict=True)}
        rows.append(row)
    return rows


def main() -> None:
    """Measure, and write both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", nargs="*", default=[], type=Path, help="folders of archaictools simulate")
    parser.add_argument("--out", type=Path, required=True, help="table of measurements")
    parser.add_argument("--fit", type=Path, help="table of coefficients")
    parser.add_argument("--flat", action="store_true", help="memory of few people, by length and by people")
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="people:outgroup of jobs, the first with 12 people")
    parser.add_argument("--known", nargs="*", default=[], type=Path, help="tables of earlier measurements to fit, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        plan = [(source, FLAT_LENGTHS if options.flat else options.sizes) for source in options.people]
        plan += [(source, FLAT_PEOPLE) for source in options.people[:1] if options.flat]
        jobs = [job for source, sizes in plan for job in measure(source, sizes, Path(name), flat=options.flat)]
    for path in options.known:
        with path.open(newline="") as table:
            for row in csv.DictReader(table, delimiter="\t"):
                sizes = {key: float(value) for key, value in row.items() if key not in {"rule", "people", "outgroup"}}
                jobs.append(Job(rule=row["rule"], people=int(row["people"]), outgroup=int(row["outgroup"]), **sizes))
    write(options.out, "", list(asdict(jobs[0])), [asdict(job) for job in jobs])
    if options.fit:
        columns = [f"{name}{term}" for name in ("seconds", "memory") for term in TERMS]
        write(options.fit, HEADER, ["rule", *columns], fit(jobs))


def write(path: Path, header: str, columns: list[str], rows: list[dict[str, object]]) -> None:
    """Write a table; what a row lacks is 0."""
    with path.open("w", newline="") as handle:
        handle.write(header)
        writer = csv.DictWriter(handle, columns, restval=0, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
