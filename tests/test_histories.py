"""The table of accuracy on histories outside the training: the list is well formed, and measures equal hand counts."""

from __future__ import annotations

import csv
import gzip
import re
import subprocess
import sys

import demes
import pytest

from archaictools.simulation.demography import scenario
from archaictools.simulation.options import PopulationOptions
from helpers import ROOT

CALLERS = ROOT / "validation" / "callers"
with (CALLERS / "histories.tsv").open() as handle:
    ROWS = list(csv.DictReader(handle, delimiter="\t"))


def test_histories_have_names_of_their_own_and_seeds_kept_for_measuring():
    assert len({row["name"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        # Training uses seeds from 100 on; 1 to 3 and 11 to 13 served to choose models.
        assert {int(seed) for seed in row["seeds"].split(",")} <= set(range(14, 100))
        named = set() if row["named"] == "." else set(row["named"].split(","))
        assert named <= set(row["archaic"].split(","))


@pytest.mark.parametrize(
    "row", [row for row in ROWS if not row["model"].startswith("none:")], ids=lambda row: row["name"]
)
def test_populations_of_a_history_exist(row):
    model = row["model"]
    if model.endswith(".yaml"):
        model = str(CALLERS / "histories" / model)
    populations = PopulationOptions(
        outgroup_population=row["outgroup"],
        ingroup_population=row["ingroup"],
        archaic_population=tuple(row["archaic"].split(",")),
        archaic_time=float(row["archaic_time"]),
        ingroup_time=float(re.search(r"(?:--ingroup-time (\S+))?$", row["options"])[1] or 0),
    )
    assert set(row["archaic"].split(",")) <= set(scenario(model, populations).sources)


def test_a_named_genome_is_no_source_in_the_ghost_histories():
    for name in ("ghost_older", "ghost_sister"):
        pulses = demes.load(CALLERS / "histories" / f"{name}.yaml").pulses
        named = next(row["named"] for row in ROWS if row["name"] == name)
        assert [named in pulse.sources for pulse in pulses] == [False]


def test_measures_pool_seeds_and_equal_hand_counts(tmp_path):
    """Two people of 10 kb, two seeds: 40 kb each. The first has a tract of 2 kb, the second none."""
    header = "chrom\tstart\tend\tsample\thaplotype\tp\n"
    bins = [(start, sample, one) for sample in "AB" for one in (1, 2) for start in range(0, 10_000, 1_000)]
    for seed, truth, called in (
        (51, "chr1\t500\t2500\tA\t1\tNea\n", (0, 2_000)),
        (52, "# no archaic segment\n", (4_000, 5_000)),
    ):
        folder = tmp_path / f"9K19_50.{seed}"
        (folder / "sim").mkdir(parents=True)
        (folder / "hmmix").mkdir()
        (folder / "sim" / "truth.bed").write_text(truth)
        (folder / "sim" / "genome.chrom.sizes").write_text("chr1\t10000\n")
        (folder / "sim" / "ingroup.txt").write_text("A\nB\n")
        inside = [(start, s, h, s == "A" and h == 1 and called[0] <= start < called[1]) for start, s, h in bins]
        lines = [f"chr1\t{b}\t{b + 1000}\t{s}\t{h}\t{0.9 if hit else 0.1}\n" for b, s, h, hit in inside]
        (folder / "without.table.tsv").write_text(header.replace("\tp\n", "\tprobability\n") + "".join(lines))
        (folder / "without.segments.tsv").write_text(header + f"chr1\t{called[0]}\t{called[1]}\tA\t1\t0.9\n")
        (folder / "without.people.tsv").write_text(
            f"sample\tunlike_training\nA\t0\nB\t{10_000 if seed == 51 else 'NA'}\n"
        )
        (folder / "hmmix" / "segments.bed").write_text("chr1\t0\t1000\tB\t2\t0.95\nchr1\t1000\t2000\tA\t1\t0.6\n")
        with gzip.open(folder / "hmmix" / "windows.tsv.gz", "wt") as text:
            text.write("".join(lines))
    found = subprocess.run(
        [sys.executable, CALLERS / "histories.py", tmp_path, "9K19_50"], check=True, capture_output=True, text=True
    )
    cells = [cell.strip() for cell in found.stdout.splitlines()[2].strip("|").split("|")]
    # 3 kb called, of which 1.5 kb is true; 2 kb true. F1 = 2 * 1.5 / (3 + 2).
    assert cells[:3] == ["9K19_50", "50", "2.50 %"]
    assert cells[3:8] == ["\N{EN DASH}"] * 5
    # At 0.9: precision 1.5 / 3, recall 0.75. The rest of the tract is among 77 kb at 0.1: precision 2 / 80.
    area = 0.75 * 0.5 + 0.25 * 2 / 80
    assert cells[8:13] == ["0.600", "0.500 / 0.750", f"{area:.3f}", "3.75 %", "unlike: 1 of 2"]
    # hmmix at 0.5: 4 kb called, 1 kb true; at 0.8: 2 kb called, none true.
    assert cells[13:16] == [f"{2 / 6:.3f} / 0.000", f"{area:.3f}", "5.00 % / 2.50 %"]
    assert cells[16:] == ["\N{EN DASH}"]
    scores = (tmp_path / "scores.tsv").read_text().splitlines()
    assert [row.split("\t")[:3] for row in scores[1:]] == [
        [f"9K19_50.{seed}", caller, threshold]
        for seed in (51, 52)
        for caller, threshold in (("without", "0.50000"), ("hmmix", "0.50000"), ("hmmix", "0.80000"))
    ]
