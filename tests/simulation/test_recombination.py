"""Recombination maps and hotspots."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from archaictools.simulation.chromosome import simulate_ancestry
from archaictools.simulation.demography import scenario
from archaictools.simulation.options import PopulationOptions, SimulationOptions
from archaictools.simulation.plan import Simulation
from archaictools.simulation.recombination import hotspot_map
from helpers import read_vcf


def test_hotspots_hold_most_of_the_recombination():
    """Of the mean asked for, with four fifths of it in a small part of the chromosome, and none negative."""
    made = hotspot_map(2e-8, 5_000_000, np.random.default_rng(3))
    assert made.sequence_length == 5_000_000
    assert made.mean_rate == pytest.approx(2e-8)
    size = np.diff(made.position)
    order = np.argsort(-made.rate)
    share = np.cumsum((made.rate * size)[order]) / (made.rate * size).sum()
    part = np.cumsum(size[order]) / 5_000_000
    assert 0.02 < part[np.searchsorted(share, 0.8)] < 0.35
    assert made.rate.min() > 0
    short = hotspot_map(1e-8, 2_000, np.random.default_rng(3))  # no room for a hotspot
    assert short.mean_rate == pytest.approx(1e-8)
    assert len(short.rate) == 1


def test_hotspots_or_a_map(run, tmp_path):
    (tmp_path / "map.txt").write_text("x\n")
    result = run("simulate", "--model", "9K19", "--hotspots", "--map", tmp_path / "map.txt", "--out", tmp_path / "s")
    assert result.code == 2
    assert "either" in result.err


def test_a_map_that_begins_late(ok, run, tmp_path):
    """Recombination follows the map; what lies before it was not simulated, so it is not callable and nobody's."""
    path = tmp_path / "map.txt"
    path.write_text(
        "Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)\n"
        "chr1\t100000\t0\t0\nchr1\t300000\t30\t0\nchr1\t350000\t0\t1.5\nchr1\t600000\t0\t1.5\n"
    )
    command = ("simulate", "--model", "10J19", "--outgroup", 6, "--ingroup", 6, "--length", 500_000, "--map", path)
    ok(*command, "--uncallable", 0.2, "--out", tmp_path / "s")
    regions = pd.read_csv(tmp_path / "s/callable.bed", sep="\t", header=None)
    assert (regions[1].min(), regions[2].max() <= 500_000) == (100_000, True)
    _, position, *_ = read_vcf(tmp_path / "s/modern.chr1.vcf.gz")
    inside = np.zeros(500_000, dtype=bool)
    for start, end in regions[[1, 2]].itertuples(index=False):
        inside[start:end] = True
    assert inside[position].all()
    assert inside[:100_000].sum() == 0
    meta = json.loads((tmp_path / "s/meta.json").read_text())
    assert meta["callable"] == inside.sum() == pytest.approx(0.8 * 400_000, rel=0.1)
    truth = pd.read_csv(
        tmp_path / "s/truth.bed", sep="\t", header=None, names=["chrom", "start", "end", "s", "h", "source"]
    )
    for source, rows in truth.groupby("source"):
        assert meta["archaic_share"][source] == pytest.approx((rows["end"] - rows["start"]).sum() / (12 * 400_000))
    # Where the map has no recombination, ancestry does not change.
    options = SimulationOptions(model="10J19", outgroup=6, ingroup=6, archaic=1, length=500_000, map=path)
    breaks = simulate_ancestry(Simulation(options=options), scenario("10J19", PopulationOptions()), 3).breakpoints(
        as_array=True
    )
    within = breaks[(breaks > 100_000) & (breaks < 500_000)]
    assert len(within) > 20
    assert ((within >= 300_000) & (within <= 350_000)).all()
    # A file that is no map is refused in one sentence.
    path.write_text("x\n")
    result = run(*command, "--out", tmp_path / "t")
    assert result.code == 3
    assert result.err.startswith(f"archaictools: error: {path}: is not a HapMap recombination map")
    assert result.err.count("\n") == 1
