"""Write histories without archaic ancestry as demes files: no_archaic.py FOLDER.

The histories are 9K19, 10J19 and ooa3 without the pulses from archaic populations. With three arguments (SIMULATION
OUTGROUP FOLDER) the script arranges a simulation as the yardstick's run_hmmix.sh reads it.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import demes

from archaictools.simulation.demography import scenario
from archaictools.simulation.options import PopulationOptions


def without_pulses(name: str) -> tuple[demes.Graph, list[str]]:
    """Return a history without archaic pulses, and the ``simulate`` options that sample its populations."""
    known = scenario(name, PopulationOptions())
    archaic = set(known.sources)
    graph = known.demography.to_demes().asdict()
    graph["pulses"] = [pulse for pulse in graph["pulses"] if not archaic & set(pulse["sources"])]
    for deme in graph["demes"]:
        if archaic & set(deme["ancestors"]) and deme["name"] not in archaic and len(deme["ancestors"]) > 1:
            deme["ancestors"] = [one for one in deme["ancestors"] if one not in archaic]
            deme["proportions"] = [1.0]
    options = ["--outgroup-population", known.outgroup, "--ingroup-population", known.ingroup]
    options += ["--archaic-population", ",".join(known.archaic), "--archaic-time", f"{known.archaic_time:g}"]
    return demes.Graph.fromdict(graph), [*options, "--mutation-rate", f"{known.mutation_rate:g}"]


def lay_out(sim: Path, outgroup: Path, folder: Path) -> None:
    """Link the inputs of hmmix; write its sample lists and the ancestral sequence (REF at sites, A elsewhere)."""
    folder.mkdir(exist_ok=True)
    for name in ("modern.chr1.vcf.gz", "archaic.chr1.vcf.gz", "ingroup.txt", "callable.bed"):
        if not (folder / name).exists():
            (folder / name).symlink_to((sim / name).resolve())
    people = {"ingroup": (sim / "ingroup.txt").read_text().split(), "outgroup": outgroup.read_text().split()}
    (folder / "individuals.json").write_text(json.dumps(people))
    sequence = bytearray(b"A" * int((sim / "genome.chrom.sizes").read_text().split()[1]))
    with gzip.open(sim / "modern.chr1.vcf.gz", "rt") as records:
        for record in records:
            if not record.startswith("#"):
                fields = record.split("\t", 5)
                sequence[int(fields[1]) - 1] = ord(fields[3])
    (folder / "ancestral.chr1.fa").write_text(f">chr1\n{sequence.decode()}\n")


def main() -> None:
    """Write ``NAME.yaml`` and ``NAME.options`` for each history, or arrange one simulation for hmmix."""
    if len(sys.argv) > 2:
        lay_out(*map(Path, sys.argv[1:4]))
        return
    folder = Path(sys.argv[1])
    for name in ("9K19", "10J19", "ooa3"):
        graph, options = without_pulses(name)
        demes.dump(graph, folder / f"{name}.yaml")
        (folder / f"{name}.options").write_text(" ".join(options) + "\n")


if __name__ == "__main__":
    main()
