"""Draw a demographic history at random: random_histories.py SEED FOLDER [KIND].

Writes FOLDER/random_SEED.yaml (demes) and prints the options of `archaictools simulate` for it. The model is to work in
histories that nobody has described, so splits, sizes, pulses and rates vary widely around published ones. Four things
that the published ones lack are frequent: an archaic genome that is not the source, a source that nobody has sampled,
outgroups with ancestry of the ingroup, and little genetic diversity. KIND asks for one kind of history: "ghost" (no
genome of the source is known), "steady" (no bottleneck) or "far" (outgroup and ingroup are apart as species are).
"""

import sys
from pathlib import Path

import demes
import numpy as np

#: How often archaic DNA is of a close relative of the genome, of a distant one, of a ghost, of two of these, or absent.
KINDS = {"close": 0.42, "distant": 0.15, "ghost": 0.22, "two": 0.14, "none": 0.07}
#: The same where populations keep their sizes, and between species: mostly there is no genome of the source.
RARER_GENOMES = {"close": 0.2, "distant": 0.1, "ghost": 0.45, "two": 0.05, "none": 0.2}
SOURCES = {"close": ["Source"], "distant": ["Source"], "ghost": ["Ghost"], "two": ["Source", "Ghost"], "none": []}


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw(rng: np.random.Generator, wanted: str = "") -> demes.Graph:
    """Return a history: Outgroup, Ingroup, Genome (the archaic genome) and one or two sources; times in generations."""
    steady, far = wanted == "steady", wanted == "far"
    shares = RARER_GENOMES if steady or far else {"ghost": 1.0} if wanted == "ghost" else KINDS
    kind = str(rng.choice(list(shares), p=list(shares.values())))
    archaic_split = rng.uniform(9_000 if steady else 12_000, 28_000)
    deep = rng.random() < 0.15  # as between subspecies
    modern_split = log_uniform(rng, 4_000, 10_000) if deep else log_uniform(rng, 1_700, 4_000)
    if far:
        modern_split = log_uniform(rng, 10_000, 90_000)
        archaic_split = modern_split * rng.uniform(1.3, 2.2)
    pulse = rng.uniform(1_200, min(0.9 * modern_split, 4_000 if deep or rng.random() < 0.2 else 2_200))
    ancestors = log_uniform(rng, 6_000, 24_000)
    ghost_split = max(archaic_split * rng.uniform(0.75, 1.8), 1.1 * modern_split)

    builder = demes.Builder(time_units="generations", generation_time=1)
    has_ghost = kind in {"ghost", "two"}
    oldest = max(archaic_split, ghost_split) if has_ghost else archaic_split
    builder.add_deme("Root", epochs=[{"start_size": ancestors, "end_time": oldest}])
    stem = "Middle" if has_ghost else "Root"
    if has_ghost:
        # Where the ghost is younger than the genome's split, it branches from the ancestors of modern people.
        first, second = ("Ghost", "Genome") if ghost_split >= archaic_split else ("Genome", "Ghost")
        younger = min(archaic_split, ghost_split)
        builder.add_deme("Middle", ancestors=["Root"], epochs=[{"start_size": ancestors, "end_time": younger}])
        size = {name: log_uniform(rng, 1_500, 15_000) for name in (first, second)}
        builder.add_deme(first, ancestors=["Root"], epochs=[{"start_size": size[first]}])
        builder.add_deme(second, ancestors=["Middle"], epochs=[{"start_size": size[second]}])
    else:
        builder.add_deme("Genome", ancestors=[stem], epochs=[{"start_size": log_uniform(rng, 1_500, 15_000)}])
    if kind in {"close", "distant", "two"}:
        apart = rng.uniform(0.5, 0.95) * archaic_split if kind == "distant" else rng.uniform(pulse + 300, pulse + 3_500)
        size = log_uniform(rng, 1_000, 8_000)
        builder.add_deme("Source", ancestors=["Genome"], start_time=apart, epochs=[{"start_size": size}])

    modern = log_uniform(rng, 0.8, 1.25 if steady else 1.6) * ancestors
    builder.add_deme("Modern", ancestors=[stem], epochs=[{"start_size": modern, "end_time": modern_split}])
    size = log_uniform(rng, 0.8, 1.25 if steady else 1.6) * modern
    builder.add_deme("Outgroup", ancestors=["Modern"], epochs=[{"start_size": size}])
    few = log_uniform(rng, 0.7 * ancestors, 1.4 * ancestors) if steady else log_uniform(rng, 900, 10_000)
    early = {"start_size": few, "end_time": rng.uniform(300, 1_100)}
    late = {
        "start_size": few * rng.uniform(0.8, 1.2 if steady else 2),
        "end_size": few * log_uniform(rng, 1, 1.3 if steady else 15),
    }
    builder.add_deme("Ingroup", ancestors=["Modern"], epochs=[early, late])

    for number, source in enumerate(SOURCES[kind]):
        time = pulse * (1 if number == 0 else rng.uniform(0.7, 0.95))
        builder.add_pulse(sources=[source], dest="Ingroup", time=time, proportions=[log_uniform(rng, 0.005, 0.08)])
    if rng.random() < 0.3:
        builder.add_migration(demes=["Outgroup", "Ingroup"], rate=log_uniform(rng, 1e-6, 1e-4), start_time=0.6 * pulse)
    if rng.random() < 0.35:
        apart = rng.uniform(400, 1_100)
        builder.add_deme("Relatives", ancestors=["Ingroup"], start_time=apart, epochs=[{"start_size": 8_000}])
        share = log_uniform(rng, 0.01, 0.3)
        builder.add_pulse(sources=["Relatives"], dest="Outgroup", time=rng.uniform(30, 300), proportions=[share])
    return builder.resolve()


def main(seed: int, folder: Path, wanted: str = "") -> None:
    """Write the history of a seed, and print the options to simulate it with."""
    rng = np.random.default_rng(seed)
    graph = draw(rng, wanted)
    names = [name for name in ("Genome", "Source", "Ghost") if name in graph]
    demes.dump(graph, folder / f"random{wanted and '_'}{wanted}_{seed}.yaml")
    # The genome is first: its two samples are the first of archaic.txt.
    options = {
        "--outgroup-population": "Outgroup",
        "--ingroup-population": "Ingroup",
        "--archaic-population": ",".join(names),
        "--archaic": 2 * len(names),
        "--archaic-time": int(rng.integers(0, 1_200)),
        "--mutation-rate": f"{rng.uniform(1.0e-8, 1.6e-8):.3g}",
        "--recombination": f"{log_uniform(rng, 0.6e-8, 1.5e-8):.3g}",
    }
    print(*(f"{name} {value}" for name, value in options.items()), *(["--hotspots"] if rng.random() < 0.3 else []))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
