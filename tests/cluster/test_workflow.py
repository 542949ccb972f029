"""The Snakemake workflow on this machine: equal to the undivided run, also after it was killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time

import pytest

from conftest import CHROMOSOMES, assert_same

PARTS = len(CHROMOSOMES) * 3


def test_snakemake_finds_no_fault(run):
    assert "Congratulations" in run.snakemake("--lint")


def test_a_dry_run_lists_one_job_a_chromosome_and_shard(run):
    text = run.snakemake("--dry-run")
    counts = dict(re.findall(r"^(\w+) +(\d+)$", text, re.MULTILINE))
    expected = {"haplotypes": PARTS, "predict": PARTS, "join_shards": 2, "join_chunks": 1, "join_own_tracks": 3}
    assert {name: int(counts[name]) for name in expected} == expected
    assert {counts[name] for name in ("tracks", "genes", "report", "all")} == {"1"}
    assert not (run.folder / "results").exists()


def test_short_chromosomes_share_a_job(run):
    run.configure(minutes_per_job=10)
    text = run.snakemake("--dry-run", "--printshellcmds")
    assert len(re.findall(r"archaictools predict", text)) == 3
    assert "--chromosomes chr1,chr2 " in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"shards": 4}, "shards: 4 shards of 30 people in 3 group"),
        ({"chromosomes": ["chr3"]}, "data/genome.chrom.sizes has no row of chr3"),
        ({"outgroup": "data/nobody.txt"}, "outgroup: data/nobody.txt is not a file"),
        ({"shard": 3}, "'shard' was unexpected"),
        ({"ingroup": None}, "'ingroup' is a required property"),
    ],
)
def test_a_wrong_configuration_is_refused_with_a_sentence(run, changes, sentence):
    run.configure(**changes)
    assert sentence in run.snakemake("--dry-run", code=1)


def test_memory_and_time_grow_with_a_retry(run):
    resources = {}
    for attempt in (1, 2):
        text = run.snakemake("--dry-run", "--attempt", attempt)
        resources[attempt] = int(re.search(r"rule predict:.*?mem_mb=(\d+)", text, re.DOTALL)[1])
    assert resources[2] == pytest.approx(1.5 * resources[1], abs=2)


def test_a_divided_run_equals_the_undivided_one(run, undivided):
    run.snakemake()
    assert_same(run.folder / "results", undivided)
    assert not list((run.folder / "parts").rglob("haplotypes.h5"))


def test_a_killed_run_resumes(run, undivided):
    killed = subprocess.Popen(
        run.command("--cores", 2), cwd=run.folder, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    parts = run.folder / "parts"
    while len(list(parts.glob("*/*/sums.h5"))) < 3:
        assert killed.poll() is None, run.logs()
        time.sleep(0.05)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (run.folder / "results/segments.tsv").exists()
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in parts.glob("*/*/sums.h5")}
    assert 3 <= len(before) < PARTS
    run.snakemake("--unlock")
    run.snakemake()
    assert_same(run.folder / "results", undivided)
    assert not [path for path, (_, content) in before.items() if path.read_bytes() != content]
    again = [path for path, (time_ns, _) in before.items() if path.stat().st_mtime_ns != time_ns]
    assert len(again) <= 2, "only the two jobs that were not known to have ended are done again"
