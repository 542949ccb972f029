"""Compare U, Q95 and the number of archaic alleles with those of sai: against_sai.py SAI VCF GROUPS REF TARGET ARCHAIC...

The VCF is read here by itself, line by line. Records of one base and one ALT are compared; a missing archaic call means
REF, as in the data of the demo.
"""

from __future__ import annotations

import gzip
import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd

import archaictools as at


def function_of(sai):
    """Return sai's function, without installing sai: it needs another Python, and scikit-allel only to read files."""
    sys.modules.setdefault("allel", types.ModuleType("allel"))
    spec = importlib.util.spec_from_file_location("stat_utils", Path(sai) / "sai/stats/stat_utils.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.compute_matching_loci


def genotypes(vcf):
    """Return samples, 1-based positions and alleles, int8 (sites, samples, 2), -1 not called."""
    positions, calls, names = [], [], []
    with gzip.open(vcf, "rt") as handle:
        for line in handle:
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#"):
                names = fields[9:]
            elif len(fields[3]) == len(fields[4]) == 1:
                positions.append(int(fields[1]))
                calls.append([-1 if call[side] == "." else int(call[side]) for call in fields[9:] for side in (0, 2)])
    return names, np.array(positions), np.array(calls, dtype=np.int8).reshape(len(calls), -1, 2)


def main(sai, vcf, groups, reference, target, *archaic):
    """Compare all windows and sources; return 1 if one differs."""
    compute = function_of(sai)
    names, positions, calls = genotypes(vcf)
    population = pd.read_csv(groups, sep="\t").set_index("sample")["population"]
    modern = [
        calls[:, [names.index(sample) for sample in population.index[population == name]]].reshape(len(calls), -1)
        for name in (reference, target)
    ]
    genomes = {}
    for name in archaic:
        own = calls[:, names.index(name)].copy()
        own[(own < 0).all(axis=1)] = 0
        genomes[name] = own
    table = at.candidates(
        vcf=vcf, groups=groups, reference_group=reference, target_group=target, archaic=list(archaic),
        archaic_missing="reference",
    ).table  # fmt: skip
    compared = differ = 0
    for row in table[table["sites"] > 0].itertuples():
        inside = (positions > row.start) & (positions <= row.end)
        sources = [genomes[name][inside] for name in row.source.split("+")]
        rules = [("=", 1.0)] * len(sources), [1] * (2 + len(sources)), False
        _, frequency, fixed = compute(*(part[inside] for part in modern), sources, 0.01, *rules)
        u = int((fixed & (frequency > 0.5)).sum())
        q95 = np.nanquantile(frequency[fixed], 0.95) if fixed.any() else np.nan
        same = (u, fixed.sum()) == (row.U, row.archaic_sites) and np.isclose(q95, row.Q95, equal_nan=True)
        compared, differ = compared + 1, differ + (not same)
    print(f"{compared} rows compared, {differ} differ")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
