"""Two processes that train together give what one gives, refuse to differ, and end if one of them dies."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from archaictools.alphabet import Alphabet
from archaictools.api.inputs import open_model
from archaictools.learning.checkpoint import FILE
from archaictools.learning.workers import Workers
from helpers import PLANTED

#: Both trainings, one after the other, since importing TensorFlow takes the longest; then one whose options differ.
PROGRAM = f"""
import os, sys
from pathlib import Path
import archaictools as at
from archaictools.errors import UsageError
data, folder, rank = Path({str(PLANTED)!r}), Path(sys.argv[1]), int(sys.argv[2])
common = dict(epochs=2, embedding=4, lstm=4, dense=0, split="block", threads=1)
kmers = dict(common, batch_size=255, rc=True, class_weight="balanced", block_size=20_000, gap=200)
people = dict(common, batch_size=31, stretch=50, block_size=10_000, gap=1_000)
for name, words, options in (("k", "words.h5", kmers), ("p", "haplotypes.h5", people)):
    paths = {{"model": folder / f"{{name}}.h5", "history": folder / f"{{name}}.tsv", "checkpoint": folder / name}}
    print(at.train(data / words, **options, **paths).metrics["test"]["auroc"], flush=True)
import tensorflow as tf
print(tf.config.threading.get_intra_op_parallelism_threads(), tf.config.threading.get_inter_op_parallelism_threads())
if sys.argv[3:]:
    for seed, batch in ((rank, 255), (1, 1)):
        try:
            at.train(data / "words.h5", **{{**kmers, "seed": seed, "batch_size": batch}})
        except UsageError as error:
            print(error)
"""


def free_ports(count):
    """Return ports that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def start(command, rank, ports):
    """Start one process; it trains alone if there is no port."""
    cluster = {"worker": [f"localhost:{port}" for port in ports]}
    environment = os.environ | {
        "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": rank}})
    }
    return subprocess.Popen(
        command, env=environment if ports else os.environ | {"TF_CONFIG": "{}"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path):
    """Weights within 1e-5 of their largest value, after two epochs, of both wings and of the second network."""
    ports = free_ports(2)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    program = [sys.executable, "-c", PROGRAM]
    started = [
        start([*program, tmp_path / "two", "0", "differ"], 0, ports),
        start([*program, tmp_path / "two", "1", "differ"], 1, ports),
        start([*program, tmp_path / "one", "0"], 0, []),
    ]
    outputs = [process.communicate(timeout=900) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], outputs[0][1] + outputs[1][1]
    chief, other, alone = (output.splitlines() for output, _ in outputs)
    assert chief == other, "all processes have the same model and refuse the same"
    assert chief[:2] == alone[:2]
    assert chief[2] == "1 1", "--threads holds in each process"
    assert chief[3].startswith("the workers have other files or options")
    assert chief[4].startswith("a batch of 1 examples cannot be divided among 2 workers")
    for name, alphabet in (("k.h5", Alphabet.KMER), ("p.h5", Alphabet.VARIANT)):
        one, two = (open_model(tmp_path / folder / name, alphabet).member(1) for folder in ("one", "two"))
        assert bool(one.second_weights) == (alphabet is Alphabet.VARIANT)
        for before, after in ((one.weights, two.weights), (one.second_weights, two.second_weights)):
            for key, expected in before.items():
                np.testing.assert_allclose(
                    after[key], expected, rtol=0, atol=1e-5 * np.abs(expected).max(), err_msg=key
                )
        one, two = (pd.read_csv((tmp_path / folder / name).with_suffix(".tsv"), sep="\t") for folder in ("one", "two"))
        pd.testing.assert_frame_equal(one, two, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_the_others_end_if_one_dies(tmp_path, killed):
    model, state = tmp_path / "m.h5", tmp_path / "state"
    command = [
        sys.executable, "-c", "from archaictools.cli.main import run; run()", "train", str(PLANTED / "words.h5"),
        "--epochs", "100000", "--patience", "0", "--split", "block", "--block-size", "20000", "--gap", "200",
        "--model", str(model), "--checkpoint", str(state), "--quiet", "--threads", "1",
    ]  # fmt: skip
    ports = free_ports(2)
    both = [start(command, rank, ports) for rank in range(2)]
    try:
        deadline = time.monotonic() + 300
        while not (state / FILE).exists() and time.monotonic() < deadline and both[0].poll() is None:
            time.sleep(0.1)
        assert (state / FILE).exists(), both[0].communicate(timeout=30)[1]
        both[killed].send_signal(signal.SIGKILL)
        out, err = both[1 - killed].communicate(timeout=300)
    finally:
        for process in both:
            process.kill()
            process.communicate()
    assert both[1 - killed].returncode == 1
    said = [line for line in err.splitlines() if "worker" in line]
    assert said == [
        f"archaictools: error: worker {2 - killed} of 2 has lost another worker, which ended or does not answer; see its "
        "message, and start all workers again; with --checkpoint they continue"
    ], err
    assert out == ""
    assert [path.name for path in Path(tmp_path).iterdir()] == ["state"]


def test_parts_of_workers_make_the_whole_batch():
    def part(rank, number, batch):
        workers = object.__new__(Workers)
        workers.rank, workers.number = rank, number
        return list(range(batch)[workers.part(batch)])

    for number, batch in ((2, 255), (3, 4), (3, 128)):
        parts = [part(rank, number, batch) for rank in range(number)]
        assert [row for rows in parts for row in rows] == list(range(batch))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
