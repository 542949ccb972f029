"""Simulated people, the undivided run over them, and how to run the workflow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "workflows/snakemake"
CHROMOSOMES = ("chr1", "chr2")
#: Every result of the workflow, below results/; tracks and hub are folders.
RESULTS = (
    "segments.tsv",
    "segments.callable.bed",
    "segments.bed",
    "segments.bb",
    "people.tsv",
    "deserts.bed",
    "genes.tsv",
    "genes.bed",
    "report.html",
    "tracks",
    "hub",
)
CONFIGURATION = {
    "vcf": "data/modern.{chromosome}.vcf.gz",
    "archaic_vcf": "data/archaic.{chromosome}.vcf.gz",
    "ingroup": "data/ingroup.txt",
    "outgroup": "data/outgroup.txt",
    "archaic": "data/archaic.txt",
    "callable": "data/callable.bed",
    "annotation": "data/genes.bed",
    "chrom_sizes": "data/genome.chrom.sizes",
    "chromosomes": list(CHROMOSOMES),
    "shards": 3,
    "minutes_per_job": 0,
    "labels": {"ARC000": "Neanderthal"},
    "outputs": {"tracks": "person", "hub": True},
    "predict": {"desert_length": 100_000},
}


def archaictools(*arguments: object, cwd: Path) -> None:
    """Run one verb."""
    subprocess.run(["archaictools", *map(str, arguments), "--quiet"], cwd=cwd, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def people(tmp_path_factory) -> Path:
    """30 people, beside 20 of an outgroup and an archaic genome, on two chromosomes."""
    folder = tmp_path_factory.mktemp("people")
    archaictools(
        "simulate", "--model", "9K19", "--ingroup", 30, "--outgroup", 20, "--archaic", 1, "--length", 1_200_000,
        "--chromosomes", len(CHROMOSOMES), "--seed", 3, "--out", "data", cwd=folder,
    )  # fmt: skip
    genes = [
        f"{chrom}\t{at}\t{at + 20_000}\tgene_{chrom}_{at}\t0\t+\n"
        for chrom in CHROMOSOMES
        for at in range(0, 10**6, 50_000)
    ]
    (folder / "data/genes.bed").write_text("".join(genes))
    return folder / "data"


@pytest.fixture(scope="session")
def undivided(people, tmp_path_factory) -> Path:
    """The results of one run over all people and chromosomes, without the workflow."""
    folder = tmp_path_factory.mktemp("undivided")
    (folder / "results").mkdir()
    (folder / "data").symlink_to(people)
    files = {name: [f"data/{name}.{chrom}.vcf.gz" for chrom in CHROMOSOMES] for name in ("modern", "archaic")}
    archaictools(
        "haplotypes", *(word for path in files["modern"] for word in ("--vcf", path)),
        *(word for path in files["archaic"] for word in ("--archaic-vcf", path)), "--ingroup", "data/ingroup.txt",
        "--outgroup", "data/outgroup.txt", "--archaic", "data/archaic.txt", "--callable", "data/callable.bed",
        "--out", "haplotypes.h5", cwd=folder,
    )  # fmt: skip
    archaictools(
        "predict", "pretrained", "haplotypes.h5", "--segments", "results/segments.tsv", "--bed", "results/segments.bed",
        "--bigbed", "results/segments.bb", "--summary", "results/people.tsv", "--deserts", "results/deserts.bed",
        "--desert-length", 100_000, "--bigwig", "results/tracks", "--per-person", "--threads", 1, cwd=folder,
    )  # fmt: skip
    archaictools(
        "genes", "results/segments.tsv", "--annotation", "data/genes.bed", "--out", "results/genes.tsv",
        "--bed", "results/genes.bed", cwd=folder,
    )  # fmt: skip
    archaictools(
        "report", "--segments", "results/segments.tsv", "--summary", "results/people.tsv", "--callable",
        "results/segments.callable.bed", "--deserts", "results/deserts.bed", "--bigwig", "results/tracks", "--genes",
        "results/genes.tsv", "--label", "ARC000=Neanderthal", "--out", "results/report.html", "--hub", "results/hub",
        cwd=folder,
    )  # fmt: skip
    assert len((folder / "results/segments.tsv").read_text().splitlines()) > 50
    assert len((folder / "results/deserts.bed").read_text().splitlines()) > 3
    return folder / "results"


@dataclass
class Run:
    """One folder in which the workflow runs."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def configure(self, **changes: object) -> None:
        """Write the configuration; a value of None removes a key."""
        given = {name: value for name, value in (CONFIGURATION | changes).items() if value is not None}
        (self.folder / "config.yaml").write_text(yaml.safe_dump(given))

    def command(self, *arguments: object, profile: str = "local") -> list[str]:
        """Return the command line of Snakemake."""
        return [
            sys.executable, "-m", "snakemake", "--snakefile", str(WORKFLOW / "Snakefile"), "--profile",
            str(WORKFLOW / "profiles" / profile), "--directory", str(self.folder), "--configfile",
            str(self.folder / "config.yaml"), *map(str, arguments),
        ]  # fmt: skip

    def snakemake(self, *arguments: object, profile: str = "local", code: int = 0) -> str:
        """Run Snakemake to its end; return what it printed."""
        done = subprocess.run(
            self.command(*arguments, profile=profile), env=self.environment, cwd=self.folder, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + self.logs()
        return done.stdout

    def logs(self) -> str:
        """Return what the verbs printed."""
        return "".join(f"\n{path}:\n{path.read_text()}" for path in sorted((self.folder / "logs").rglob("*.log")))


@pytest.fixture
def run(people, tmp_path) -> Run:
    """A new folder with the data and a configuration of two chromosomes times three shards."""
    shutil.copytree(people, tmp_path / "data")
    made = Run(tmp_path)
    made.configure()
    return made


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder, by its path, without Snakemake's own marks."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".snakemake_timestamp")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def assert_same(found: Path, expected: Path) -> None:
    """Check that two folders of results hold the same files with the same bytes, and that none is missing."""
    assert {path.name for path in expected.iterdir()} == set(RESULTS)
    first, second = contents(found), contents(expected)
    assert set(first) == set(second)
    assert not [name for name in first if first[name] != second[name]]
