"""Histories of people without archaic ancestry, as demes files: no_archaic.py FOLDER.

They are 9K19, 10J19 and ooa3 with every pulse from an archaic population taken out; all else is as it was.
"""

from __future__ import annotations

import sys
from pathlib import Path

import demes

from archaictools.simulation.demography import Sampling, scenario


def without_pulses(name: str) -> tuple[demes.Graph, list[str]]:
    """Return a history without archaic pulses, and the options of ``simulate`` that sample as the history does."""
    known = scenario(name, Sampling())
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


def main() -> None:
    """Write ``NAME.yaml`` and ``NAME.options`` for each history."""
    folder = Path(sys.argv[1])
    for name in ("9K19", "10J19", "ooa3"):
        graph, options = without_pulses(name)
        demes.dump(graph, folder / f"{name}.yaml")
        (folder / f"{name}.options").write_text(" ".join(options) + "\n")


if __name__ == "__main__":
    main()
