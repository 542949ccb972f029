"""Processes that train one network together, as the environment describes them.

``TF_CONFIG`` is TensorFlow's own description of a cluster. Without it, the variables that Slurm's ``srun`` sets for
each task are read. This module imports no TensorFlow, so that a wrong description is refused at once.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archaictools.errors import UsageError, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Jobs whose tasks train, in the order of their ranks.
JOBS = ("chief", "worker")

#: First port of the tasks that Slurm starts, and the number of such ports; a job step uses one for each task of a node.
FIRST_PORT, PORTS = 20_000, 10_000

_FORM = 'expected {"cluster": {"worker": ["host:port", …]}, "task": {"type": "worker", "index": 0}}'
_ADDRESS = re.compile(r"[^\s:/]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")


@dataclass(frozen=True)
class Cluster:
    """All processes of a training, and which of them this one is.

    Attributes
    ----------
    addresses
        ``host:port`` of each process; the first is the chief.
    rank
        Number of this process, from 0.
    """

    addresses: tuple[str, ...]
    rank: int

    @property
    def chief(self) -> bool:
        """Whether this process writes the results."""
        return self.rank == 0

    @classmethod
    def from_environment(cls) -> Cluster | None:
        """Return the cluster that the environment describes, or None if this process trains alone.

        An empty ``TF_CONFIG``, ``{}``, keeps tasks of Slurm apart.

        Raises
        ------
        UsageError
            If the description cannot be understood.
        """
        text = os.environ.get("TF_CONFIG", "").strip()
        if text:
            return _from_tf_config(text)
        tasks = os.environ.get("SLURM_STEP_NUM_TASKS", "")
        return _from_slurm(os.environ) if tasks.isascii() and tasks.isdigit() and int(tasks) > 1 else None


def is_chief() -> bool:
    """Return whether this process writes the results of a training: it trains alone, or is the first of its cluster."""
    cluster = Cluster.from_environment()
    return cluster is None or cluster.chief


def _from_tf_config(text: str) -> Cluster | None:
    """Read TensorFlow's description of a cluster."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"TF_CONFIG is not JSON ({error}); {_FORM}") from error
    jobs = found.get("cluster") if isinstance(found, dict) else None
    if found == {} or jobs == {}:
        return None
    if not isinstance(jobs, dict):
        raise UsageError(f"TF_CONFIG has no cluster; {_FORM}")
    unknown = sorted(set(jobs) - set(JOBS))
    if unknown:
        raise UsageError(f"TF_CONFIG has the job {shorten(unknown[0])!r}, expected chief or worker")
    first: dict[str, int] = {}
    addresses: list[str] = []
    for job in JOBS:
        first[job] = len(addresses)
        addresses += _addresses(job, jobs.get(job, []))
    if len(set(addresses)) < len(addresses):
        raise UsageError("TF_CONFIG names an address twice, expected one for each process")
    task = found.get("task")
    own, index = (task.get("type"), task.get("index")) if isinstance(task, dict) else (None, None)
    if not isinstance(own, str) or own not in jobs or type(index) is not int or not 0 <= index < len(jobs[own]):
        raise UsageError(f"TF_CONFIG has no task of its cluster (found {shorten(task)}); {_FORM}")
    return Cluster(tuple(addresses), first[own] + index) if len(addresses) > 1 else None


def _addresses(job: str, found: Any) -> list[str]:
    """Return the addresses of a job of TF_CONFIG, checked."""
    if not isinstance(found, list):
        raise UsageError(f"TF_CONFIG has no list of addresses for the job {job}; {_FORM}")
    if job == "chief" and len(found) > 1:
        raise UsageError(f"TF_CONFIG has {len(found)} chiefs, expected one")
    for address in found:
        if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
            raise UsageError(f"TF_CONFIG has the address {shorten(address)!r}, expected host:port")
    return found


def _from_slurm(variables: Mapping[str, str]) -> Cluster:
    """Read what ``srun`` tells each of its tasks; TensorFlow's own reader sorts hosts, and needs GPUs."""
    try:
        tasks, rank = int(variables["SLURM_STEP_NUM_TASKS"]), int(variables["SLURM_PROCID"])
        job, step = int(variables["SLURM_JOB_ID"]), int(variables["SLURM_STEP_ID"])
        on_node = _tasks_on_nodes(variables["SLURM_STEP_TASKS_PER_NODE"])
        nodes = variables["SLURM_STEP_NODELIST"]
    except (KeyError, ValueError) as error:
        raise UsageError(f"the variables of srun are incomplete ({error}); set TF_CONFIG instead") from error
    try:
        listed = subprocess.run(["scontrol", "show", "hostnames", nodes], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UsageError(f"scontrol cannot name the nodes of this step ({error}); set TF_CONFIG instead") from error
    hosts = listed.stdout.split()
    port = FIRST_PORT + (job + step) % PORTS
    places = [
        (host, f"{host}:{port + number}")
        for host, count in zip(hosts, on_node, strict=False)
        for number in range(count)
    ]
    if len(places) != tasks or not 0 <= rank < tasks:
        raise UsageError(f"srun names {len(places)} places for {tasks} tasks; set TF_CONFIG instead")
    here = variables.get("SLURMD_NODENAME", places[rank][0])
    if here != places[rank][0]:
        raise UsageError(f"task {rank} runs on {here}, expected {places[rank][0]}; give srun --distribution=block")
    return Cluster(tuple(address for _, address in places), rank)


def _tasks_on_nodes(text: str) -> list[int]:
    """Return the number of tasks on each node, as Slurm shortens it.

    Examples
    --------
    >>> _tasks_on_nodes("2(x3),1")
    [2, 2, 2, 1]
    """
    counts: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if not found:
            raise ValueError(f"SLURM_STEP_TASKS_PER_NODE is {shorten(text)}")
        counts += [int(found[1])] * int(found[2] or 1)
    return counts
