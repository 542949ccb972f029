"""Time commands against each other: wall time, CPU time and peak memory of whole processes, one after the other in turn.

    python performance/paired.py --pairs 5 "before=COMMAND" "after=COMMAND" ...

A COMMAND is a line of the shell. It is run once unmeasured, to fill the caches of the disk. The table has medians, and
the median ratio of the first command to each other one, with its range, within the same turn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time
from typing import NamedTuple


class Run(NamedTuple):
    """Seconds of wall and of CPU time, and the peak memory of the largest process in MiB."""

    wall: float
    cpu: float
    peak: float


def timed(command: str) -> Run:
    """Run a command in a shell, and wait for it."""
    begin = time.perf_counter()
    process = subprocess.Popen(["bash", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr
    said = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}\n{said}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def table(runs: dict[str, list[Run]]) -> list[str]:
    """Return a Markdown table, one row for each command."""
    first = next(iter(runs.values()))
    lines = ["| | wall s | CPU s | peak MiB | ratio of wall | ratio of CPU |", "|---|---|---|---|---|---|"]
    for label, found in runs.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*found, strict=True))
        cells = [
            ratio([getattr(run, key) for run in first], [getattr(run, key) for run in found]) for key in ("wall", "cpu")
        ]
        lines.append(f"| {label} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {cells[0]} | {cells[1]} |")
    return lines


def ratio(first: list[float], other: list[float]) -> str:
    """Format the ratios of all turns: median and range."""
    found = [a / b for a, b in zip(first, other, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"


def main() -> None:
    """Run all commands in turn, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="+", metavar="LABEL=COMMAND")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--no-warm-up", action="store_true")
    options = parser.parse_args()
    commands = dict(each.split("=", 1) for each in options.commands)
    runs: dict[str, list[Run]] = {label: [] for label in commands}
    for turn in range(options.pairs + (not options.no_warm_up)):
        for label, command in commands.items():
            found = timed(command)
            if turn or options.no_warm_up:
                runs[label].append(found)
    print("\n".join(table(runs)))


if __name__ == "__main__":
    main()
