"""A Galaxy server of our own, from PyPI packages, on loopback: started, used by one command, and stopped.

    python tests/galaxy/server.py --galaxy .galaxy --program .venv/bin/archaictools --state build/galaxy -- pytest ...

The command finds the server in the environment: ``GALAXY_URL``, ``GALAXY_ADMIN_KEY``, ``GALAXY_USER_KEY``, and the
user's ``GALAXY_USER_EMAIL`` and ``GALAXY_USER_PASSWORD`` for the login page. Its exit code is returned. The server's log
stays in the state folder; the server and all its jobs end with the command, however that ends.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
ADMIN, USER = "admin@example.org", "user@example.org"
START_LIMIT = 240  # seconds
BUILDS = {"?": "unspecified", "hg18": "Human Mar. 2006", "hg19": "Human Feb. 2009", "hg38": "Human Dec. 2013"}
#: Genome browsers elsewhere, in the form of Galaxy's own tool-data, which the packages of PyPI lack.
BROWSERS = {
    "ucsc": "main\thttps://genome.ucsc.edu/cgi-bin/hgTracks?\thg18,hg19,hg38",
    "igv": "local_default\tlocal\thttp://localhost:60151/load\thg18,hg19,hg38\thg18,hg19,hg38",
}
SECTIONS = {
    "Archaic DNA": (
        "windows",
        "tokenize",
        "simulate",
        "haplotypes",
        "audit",
        "train",
        "evaluate",
        "importance",
        "embedding",
        "predict",
        "merge",
        "genes",
        "candidates",
        "sharing",
        "extract",
        "report",
    ),
}


@dataclass(frozen=True)
class Server:
    """Where a running server is, and the keys to it."""

    url: str
    admin_key: str
    user_key: str
    password: str

    def environment(self) -> dict[str, str]:
        """Return what the command is told."""
        return {
            "GALAXY_URL": self.url,
            "GALAXY_ADMIN_KEY": self.admin_key,
            "GALAXY_USER_KEY": self.user_key,
            "GALAXY_USER_EMAIL": USER,
            "GALAXY_USER_PASSWORD": self.password,
        }


def call(url: str, key: str, payload: dict[str, Any] | None = None) -> Any:
    """GET, or POST a payload to, an address of Galaxy's API."""
    request = urllib.request.Request(
        url,
        data=None if payload is None else json.dumps(payload).encode(),
        headers={"x-api-key": key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configure(state: Path, admin_key: str, program: Path, galaxy: Path, viewers: Path | None) -> Path:
    """Write a fresh server's configuration; return its path."""
    shutil.rmtree(state, ignore_errors=True)
    (state / "bin").mkdir(parents=True)
    plugins = _serve_viewers(state, galaxy, viewers)
    (state / "bin/archaictools").symlink_to(program.absolute())  # on the jobs' PATH, and nothing else of ours
    tools = "".join(
        f'<section id="section_{number}" name="{name}">'
        + "".join(f'<tool file="{ROOT}/tools/{verb}.xml"/>' for verb in verbs)
        + "</section>"
        for number, (name, verbs) in enumerate(SECTIONS.items())
    )
    (state / "tool_conf.xml").write_text(f"<toolbox>{tools}</toolbox>\n")
    (state / "builds.txt").write_text("".join(f"{build}\t{name} ({build})\n" for build, name in BUILDS.items()))
    _list_browsers(state)
    settings = {
        "data_dir": str(state / "data"),
        "tool_config_file": str(state / "tool_conf.xml"),
        "tool_data_table_config_path": f"{ROOT}/tools/tool_data_table_conf.xml.test,{state}/tables.xml",
        "build_sites_config_file": str(state / "build_sites.yml"),
        "bootstrap_admin_api_key": admin_key,
        "admin_users": ADMIN,
        "brand": "archaictools",
        "builds_file_path": str(state / "builds.txt"),
        "static_dir": str(state / "static"),
        "visualization_plugins_directory": str(plugins),
        "conda_auto_init": False,
        "conda_auto_install": False,
        "dependency_resolvers": [],  # jobs take archaictools from the PATH
        # Uploads and metadata go to a worker that stays: a process of its own for each costs seconds of imports.
        "enable_celery_tasks": True,
        "amqp_internal_connection": f"sqlalchemy+sqlite:///{state}/queue.sqlite?isolation_level=IMMEDIATE",
        "celery_conf": {"result_backend": f"db+sqlite:///{state}/results.sqlite?isolation_level=IMMEDIATE"},
        "metadata_strategy": "directory_celery",
        "database_auto_migrate": True,
        "allow_path_paste": True,
        "expose_dataset_path": True,  # so that tests may look at a job's command line
        "job_config": {
            "runners": {"local": {"load": "galaxy.jobs.runners.local:LocalJobRunner", "workers": 3}},
            "execution": {"default": "local", "environments": {"local": {"runner": "local", "local_slots": 1}}},
        },
        # A test server should not sleep between looking.
        "job_handler_monitor_sleep": 0.2,
        "job_runner_monitor_sleep": 0.2,
        "workflow_monitor_sleep": 0.2,
    }
    path = state / "galaxy.yml"
    path.write_text(json.dumps({"galaxy": settings}, indent=1) + "\n")  # JSON is YAML
    return path


def _list_browsers(state: Path) -> None:
    """Write which genome browsers elsewhere Galaxy links datasets to."""
    sites = []
    for kind, line in BROWSERS.items():
        (state / f"{kind}.txt").write_text(f"{line}\n")
        sites.append({"type": kind, "file": str(state / f"{kind}.txt"), "display": ["main"]})
    (state / "build_sites.yml").write_text(json.dumps(sites))
    (state / "igv_genomes.loc").write_text("Human hg19\t-\thg19\n")
    (state / "tables.xml").write_text(
        '<tables><table name="igv_broad_genomes" comment_char="#"><columns>name, url, value</columns>'
        f'<file path="{state}/igv_genomes.loc"/></table></tables>\n'
    )


def _serve_viewers(state: Path, galaxy: Path, viewers: Path | None) -> Path:
    """Put viewers (npm packages of Galaxy's visualisations, unpacked) where Galaxy serves them; return that folder."""
    (static,) = galaxy.glob("lib/python3*/site-packages/galaxy/webapps/base/static")
    shutil.copytree(static, state / "static")
    plugins = state / "static/plugins/visualizations"
    plugins.mkdir(parents=True)
    for package in sorted(viewers.glob("*/package")) if viewers else []:
        shutil.copytree(package, plugins / package.parent.name)
    return plugins


@contextlib.contextmanager
def running(galaxy: Path, program: Path, state: Path, viewers: Path | None = None) -> Iterator[Server]:
    """Start a server, make a user, and stop the server with all its jobs at the end."""
    admin_key, password, port = secrets.token_hex(16), secrets.token_hex(8), free_port()
    config = configure(state.absolute(), admin_key, program, galaxy, viewers)
    url, log = f"http://127.0.0.1:{port}", state / "server.log"
    environment = os.environ | {
        "GALAXY_CONFIG_FILE": str(config),
        "PATH": f"{state.absolute()}/bin:{galaxy.absolute()}/bin:{os.environ['PATH']}",
        "VIRTUAL_ENV": str(galaxy.absolute()),
        "GALAXY_TEST_FILE_DIR": str(ROOT / "test-data"),
    }
    for name in ("PYTHONPATH", "PYTHONHOME", "GALAXY_SLOTS"):
        environment.pop(name, None)
    programs = galaxy.absolute() / "bin"
    web = [
        programs / "gunicorn", "galaxy.webapps.galaxy.fast_factory:factory()",
        "--worker-class", "galaxy.webapps.galaxy.workers.Worker", "--bind", f"127.0.0.1:{port}", "--workers", "1",
    ]  # fmt: skip
    worker = [
        programs / "celery", "--app", "galaxy.celery", "worker", "--pool", "threads", "--concurrency", "2",
        "--queues", "celery,galaxy.internal,galaxy.external", "--loglevel", "INFO",
    ]  # fmt: skip
    try:
        process = _start(web, state, environment, log)
        _wait(url, process, log)
        _start(worker, state, environment, state / "worker.log")
        user = call(f"{url}/api/users", admin_key, {"username": "user", "email": USER, "password": password})
        user_key = call(f"{url}/api/users/{user['id']}/api_key", admin_key, {})
        print(f"Galaxy {call(f'{url}/api/version', admin_key)['version_major']} at {url}, log in {log}", flush=True)
        yield Server(url, admin_key, user_key, password)
    finally:
        _stop(state.absolute())


def _start(command: list[Path | str], state: Path, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command, cwd=state, env=environment, stdout=output, stderr=output, start_new_session=True
        )


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; leave with the end of its log if it dies or takes too long."""
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api/version", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
    sys.exit(f"{tail}\nGalaxy did not start in {START_LIMIT} s; the whole log is {log}")


def _stop(state: Path) -> None:
    """End every process that works below the state folder: server, worker, and jobs, which are sessions of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + 15
        while (groups := _groups_below(state)) and time.monotonic() < end:
            for group in groups:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, number)
            time.sleep(0.5)


def _groups_below(state: Path) -> set[int]:
    """Find process groups, but for our own, with a member whose working folder lies below a folder."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(state):
                found.add(os.getpgid(int(entry.name)))
    return found - {os.getpgrp()}


def main() -> int:
    """Run a command beside a server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxy", type=Path, required=True, help="environment with the package galaxy")
    parser.add_argument("--program", type=Path, required=True, help="archaictools, for the jobs' PATH")
    parser.add_argument("--state", type=Path, required=True, help="folder of this server; emptied first")
    parser.add_argument("--viewers", type=Path, help="folder of viewers, NAME/package each, to offer for datasets")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with running(options.galaxy, options.program, options.state, options.viewers) as server:
        code = subprocess.run(options.command, env=os.environ | server.environment(), check=False).returncode
    if code:
        print(f"failed with exit code {code}; the server's logs are in {options.state}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
