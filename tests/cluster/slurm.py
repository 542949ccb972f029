"""A Slurm cluster of one node, this machine: slurmctld, slurmd and munged in a folder of their own, without cgroups."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
START_LIMIT = 60  # seconds
CONFIGURATION = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
MinJobAge=600
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def lacking() -> str | None:
    """Say why Slurm cannot run here, or None."""
    absent = [name for name in DAEMONS if shutil.which(name, path=_path()) is None]
    if absent:
        return f"{absent[0]} is not installed: Debian has it in slurm-wlm and munge"
    return None if os.geteuid() == 0 else "slurmd runs jobs as root alone, and this is another user"


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    folder: Path
    environment: dict[str, str]

    def call(self, *command: object) -> str:
        """Run a command of Slurm; return what it prints."""
        done = subprocess.run(
            list(map(str, command)), env=self.environment, check=True, stdout=subprocess.PIPE, text=True, timeout=60
        )
        return done.stdout

    def jobs(self, state: str) -> list[str]:
        """Return the numbers of the jobs in a state, such as RUNNING."""
        return self.call("squeue", "--noheader", "--format=%i", f"--states={state}").split()


@contextmanager
def cluster(folder: Path, *, cpus: int = 2, memory: int = 8_000) -> Iterator[Cluster]:
    """Start a cluster of one node; end its daemons and jobs on leaving.

    Parameters
    ----------
    folder
        New folder; munged refuses one that others may write to, or that others cannot enter.
    cpus, memory
        What the node offers; memory in MB. It may be more than there is.
    """
    host = socket.gethostname().split(".")[0]
    for name, mode in (("munge", 0o711), ("state", 0o700), ("spool", 0o755)):
        (folder / name).mkdir(parents=True)
        (folder / name).chmod(mode)
    key = folder / "munge/key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    (folder / "slurm.conf").write_text(
        CONFIGURATION.format(
            host=host,
            folder=folder,
            cpus=cpus,
            memory=memory,
            controller_port=_free_port(),
            node_port=_free_port(),
        )
    )
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
    # Snakemake removes variables of Slurm before it starts a step, so srun must find the configuration by itself.
    step = folder / "bin/srun"
    step.parent.mkdir()
    step.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
    step.chmod(0o755)
    path = f"{step.parent}{os.pathsep}{_path()}"
    environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}
    made = Cluster(folder, environment)
    munge = {name: f"--{name}={folder}/munge/{name}" for name in ("socket", "pid-file", "log-file", "seed-file")}
    commands = {
        "munged": ["munged", "--foreground", f"--key-file={key}", "--num-threads=2", *munge.values()],
        "slurmctld": ["slurmctld", "-D"],
        "slurmd": ["slurmd", "-D"],
    }
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        for name, command in commands.items():
            with (folder / f"{name}.out").open("wb") as log:
                daemons.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            if name == "munged":
                _wait_for((folder / "munge/socket").exists, daemons, folder)
        _wait_for(lambda: _state(made) == "idle", daemons, folder)
        yield made
    finally:
        if len(daemons) == len(commands):
            subprocess.run(["scancel", "--user=root"], env=environment, check=False, timeout=60)
            _wait(lambda: not made.call("squeue", "--noheader", "--states=RUNNING,COMPLETING"), 30)
        for daemon in reversed(daemons):
            daemon.send_signal(signal.SIGTERM)
        for daemon in reversed(daemons):
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def _path() -> str:
    return os.environ["PATH"] + os.pathsep + "/usr/sbin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _state(made: Cluster) -> str:
    done = subprocess.run(
        ["sinfo", "--noheader", "--format=%T"], env=made.environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _wait(condition, seconds: float) -> bool:
    """Wait until a condition holds; return whether it came to hold."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


def _wait_for(condition, daemons: list[subprocess.Popen[bytes]], folder: Path) -> None:
    """Wait until a daemon is ready; raise RuntimeError with the logs if it is not."""
    ended = lambda: any(daemon.poll() is not None for daemon in daemons)  # noqa: E731
    _wait(lambda: ended() or condition(), START_LIMIT)
    if ended() or not condition():
        logs = sorted([*folder.glob("*.out"), *folder.glob("*.log"), *folder.glob("munge/log-file")])
        raise RuntimeError("Slurm does not start:\n" + "\n".join(f"{log}:\n{log.read_text()[-2000:]}" for log in logs))
