"""The cluster that TF_CONFIG or srun describes, and descriptions that are refused."""

from __future__ import annotations

import json

import pytest

from archaictools.errors import UsageError
from archaictools.learning.cluster import FIRST_PORT, PORTS, Cluster, is_chief

TWO = ["one:4001", "two:4001"]


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch):
    for name in ("TF_CONFIG", "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def slurm(monkeypatch, tmp_path):
    """Set what srun sets for a task; ``scontrol`` names the nodes as they are given."""

    def start(nodes, tasks_per_node, rank, *, here=None, tasks=2):
        program = tmp_path / "scontrol"
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' {nodes}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        values = {
            "JOB_ID": 77, "STEP_ID": 1, "STEP_NUM_TASKS": tasks, "PROCID": rank, "STEP_NODELIST": "n[9-10]",
            "STEP_TASKS_PER_NODE": tasks_per_node,
        }  # fmt: skip
        for name, value in values.items():
            monkeypatch.setenv(f"SLURM_{name}", str(value))
        if here:
            monkeypatch.setenv("SLURMD_NODENAME", here)

    return start


def config(monkeypatch, found):
    monkeypatch.setenv("TF_CONFIG", found if isinstance(found, str) else json.dumps(found))


def test_without_a_description_a_process_trains_alone(monkeypatch):
    assert Cluster.from_environment() is None
    assert is_chief()
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "1")
    assert Cluster.from_environment() is None


def test_tf_config(monkeypatch):
    config(monkeypatch, {"cluster": {"worker": TWO}, "task": {"type": "worker", "index": 1}})
    assert Cluster.from_environment() == Cluster(tuple(TWO), 1)
    assert not is_chief()
    both = {"worker": TWO, "chief": ["[::1]:3000"]}
    config(monkeypatch, {"cluster": both, "task": {"type": "worker", "index": 0}})
    assert Cluster.from_environment() == Cluster(("[::1]:3000", *TWO), 1), "the chief comes first"
    config(monkeypatch, {"cluster": both, "task": {"type": "chief", "index": 0}})
    assert is_chief()
    config(monkeypatch, {"cluster": {"worker": TWO[:1]}, "task": {"type": "worker", "index": 0}})
    assert Cluster.from_environment() is None


TASK = {"type": "worker", "index": 0}


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("{", "TF_CONFIG is not JSON"),
        ("[]", "TF_CONFIG has no cluster"),
        ({"cluster": ["a:1"], "task": TASK}, "TF_CONFIG has no cluster"),
        ({"cluster": {"worker": "a:1"}, "task": TASK}, "no list of addresses for the job worker"),
        ({"cluster": {"worker": ["a", "b:1"]}, "task": TASK}, "has the address 'a', expected host:port"),
        ({"cluster": {"worker": [1, "b:1"]}, "task": TASK}, "has the address '1', expected host:port"),
        ({"cluster": {"worker": ["b:1", "b:1"]}, "task": TASK}, "names an address twice"),
        ({"cluster": {"chief": TWO, "worker": ["b:1"]}, "task": TASK}, "2 chiefs, expected one"),
        ({"cluster": {"ps": ["a:1"], "worker": TWO}, "task": TASK}, "the job 'ps', expected chief or worker"),
        ({"cluster": {"worker": TWO}}, "no task of its cluster (found None)"),
        ({"cluster": {"worker": TWO}, "task": {"type": "worker", "index": 2}}, "no task of its cluster"),
        ({"cluster": {"worker": TWO}, "task": {"type": "worker", "index": True}}, "no task of its cluster"),
        ({"cluster": {"worker": TWO}, "task": {"type": ["worker"], "index": 0}}, "no task of its cluster"),
        ({"cluster": {"worker": TWO}, "task": {"type": "chief", "index": 0}}, "no task of its cluster"),
    ],
)
def test_a_wrong_tf_config_is_refused_in_a_sentence(run, planted, tmp_path, monkeypatch, found, message):
    config(monkeypatch, found)
    result = run("train", planted / "words.h5", "--model", tmp_path / "m.h5")
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_slurm(monkeypatch, slurm):
    slurm("n9 n10", "1(x2)", 1, here="n10")
    port = FIRST_PORT + 78 % PORTS
    assert Cluster.from_environment() == Cluster((f"n9:{port}", f"n10:{port}"), 1), "nodes stay in Slurm's order"
    config(monkeypatch, "{}")
    assert Cluster.from_environment() is None, "an empty TF_CONFIG keeps tasks of Slurm apart"


def test_slurm_with_several_tasks_a_node(slurm):
    slurm("n9 n10", "2,1", 1, tasks=3, here="n9")
    assert [address.partition(":")[0] for address in Cluster.from_environment().addresses] == ["n9", "n9", "n10"]
    assert len(set(Cluster.from_environment().addresses)) == 3


@pytest.mark.parametrize(
    ("nodes", "tasks_per_node", "rank", "here", "message"),
    [
        ("n9 n10", "1(x2)", 1, "n9", "task 1 runs on n9, expected n10; give srun --distribution=block"),
        ("n9", "1(x2)", 0, "n9", "1 places for 2 tasks"),
        ("n9 n10", "1(x2", 0, "n9", "SLURM_STEP_TASKS_PER_NODE is 1(x2"),
        ("n9 n10", "1(x2)", 2, "n9", "2 places for 2 tasks"),
    ],
)
def test_wrong_variables_of_slurm_are_refused(slurm, nodes, tasks_per_node, rank, here, message):
    slurm(nodes, tasks_per_node, rank, here=here)
    with pytest.raises(UsageError) as error:
        Cluster.from_environment()
    assert message in str(error.value)


def test_a_failing_scontrol_is_told(slurm, tmp_path):
    slurm("n9 n10", "1(x2)", 0)
    (tmp_path / "scontrol").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(UsageError, match="scontrol cannot name the nodes"):
        Cluster.from_environment()
