"""Measure the decoding of genotypes, by format, reader and number of people.

    python performance/genotypes.py --out genotypes.md      (about ten minutes on one core)

The cohorts are those of shards.py. Times are CPU seconds of the process and its children with one thread, imports left
out but for those of child processes. Every reader must count the same alleles.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from shards import OUTGROUP, cohort

CHILD = """
import json, resource, sys
from pathlib import Path
import numpy as np
path, names, samples = Path(sys.argv[1]), Path(sys.argv[2]).read_text().split(), int(sys.argv[3])
def used():
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)
"""
END = """
print("RESULT" + json.dumps([used() - before, int(alleles)]))
"""
OURS = """
from archaictools.io.summary import Summary
from archaictools.io.vcf import open_variants
before, alleles = used(), 0
with open_variants(path, names) as variants:
    for sites in variants.sites(names, wanted=lambda _: True, tally=Summary(), group="all"):
        alleles += np.count_nonzero(sites.calls.alleles > 0)
"""
CYVCF2 = """
from cyvcf2 import VCF
before, alleles = used(), 0
for record in VCF(str(path), samples=names if len(names) < samples else None):
    alleles += np.count_nonzero(record.genotype.array()[:, :2] > 0)
"""
ZARR = """
import zarr
before, alleles = used(), 0
store = zarr.open_group(path, mode="r")
calls, place = store["call_genotype"], {name: number for number, name in enumerate(store["sample_id"][:].tolist())}
columns = slice(None) if len(names) == samples else np.array([place[name] for name in names])
for first in range(0, calls.shape[0], calls.chunks[0]):
    alleles += np.count_nonzero(calls.oindex[first : first + calls.chunks[0], columns] > 0)
"""
READERS = (
    ("VCF (bgzip)", "vcf", "archaictools", OURS),
    ("VCF (bgzip)", "vcf", "cyvcf2", CYVCF2),
    ("BCF", "bcf", "archaictools", OURS),
    ("BCF", "bcf", "cyvcf2", CYVCF2),
    ("VCF Zarr", "vcz", "archaictools", OURS),
    ("VCF Zarr", "vcz", "zarr, genotypes only", ZARR),
    ("PLINK 2 .pgen", "pgen", "archaictools", OURS),
)


def add_zarr(vcf: Path) -> Path:
    """Write a VCF as VCF Zarr."""
    out = vcf.with_suffix("").with_suffix(".vcz")
    command = ["-m", "bio2zarr", "vcf2zarr", "convert", str(vcf), str(out), "-Q"]
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return out


def add_pgen(vcf: Path) -> Path:
    """Write a phased VCF of two alleles as .pgen, .pvar and .psam."""
    import pgenlib
    from cyvcf2 import VCF

    records = VCF(str(vcf))
    out = vcf.with_suffix("").with_suffix(".pgen")
    out.with_suffix(".psam").write_text("#IID\n" + "".join(f"{name}\n" for name in records.samples))
    sites, codes = [], []
    for record in records:
        sites.append(f"{record.CHROM}\t{record.POS}\t.\t{record.REF}\t{record.ALT[0]}\n")
        codes.append(record.genotype.array()[:, :2].astype(np.int8).ravel())
    out.with_suffix(".pvar").write_text("#CHROM\tPOS\tID\tREF\tALT\n" + "".join(sites))
    with pgenlib.PgenWriter(
        str(out).encode(), len(records.samples), variant_ct=len(sites), nonref_flags=False, hardcall_phase_present=True
    ) as writer:
        for row in codes:
            writer.append_alleles(row.astype(np.int32), all_phased=True)
    return out


def decode(code: str, path: Path, names: list[str], samples: int) -> tuple[float, int]:
    """Return CPU seconds, and the number of ALT alleles found."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "names"
        chosen.write_text("\n".join(names))
        done = subprocess.run(
            [sys.executable, "-c", CHILD + code + END, str(path), str(chosen), str(samples)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    seconds, alleles = json.loads(done.stdout.rpartition("RESULT")[2])
    return seconds, alleles


def size_of(path: Path) -> float:
    """Return the size of a file or folder in MB."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def measure(folder: Path, people: int, records: int, times: int) -> list[str]:
    """Return rows of a table: each reader, all samples and a tenth of them; the least of some runs."""
    files = cohort(folder, people - OUTGROUP, records, kinds=("vcf", "bcf"))
    files |= {"vcz": add_zarr(files["vcf"]), "pgen": add_pgen(files["vcf"])}
    names = [*(f"O{n}" for n in range(OUTGROUP)), *(f"I{n}" for n in range(people - OUTGROUP))]
    chosen = (names, names[::10])
    counted: list[set[int]] = [set(), set()]
    rows = []
    for name, kind, reader, code in READERS:
        cells = []
        for found, part in zip(counted, chosen, strict=True):
            runs = [decode(code, files[kind], part, people) for _ in range(times)]
            found.update(alleles for _, alleles in runs)
            cells.append(f"{min(seconds for seconds, _ in runs):.2f}")
        rows.append(f"| {people:,} | {name} | {size_of(files[kind]):.1f} | {reader} | {' | '.join(cells)} |")
        print(rows[-1], flush=True)
    if any(len(found) != 1 for found in counted):
        sys.exit(f"the readers count different alleles: {counted}")
    return rows


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 2_500])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    rows = [f"CPU seconds for {given.records:,} records, the least of {given.times} runs:", "",
            "| people | file | MB | reader | all samples | a tenth |", "|--:|---|--:|---|--:|--:|"]  # fmt: skip
    for people in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(Path(folder), people, given.records, given.times)
    given.out.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
