"""Fuzz every reader for long, each in a process of its own, and print one line per reader: ``make fuzz``.

What a reader did wrong is in ``build/fuzz/READER.log``; the input that ended a process is beside it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
LOGS = TESTS.parent / "build" / "fuzz"
sys.path.insert(0, str(TESTS))


def fuzz(test: str) -> bool:
    """Run one test; print what it printed of itself, or that it failed."""
    name = test.partition("[")[2].rstrip("]")
    place = LOGS / f"{Path(test.partition(':')[0]).stem}-{name.replace(' ', '-')}"
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(place), test],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    log = place.with_suffix(".log")
    log.write_text(result.stdout + result.stderr)
    lines = [line for line in result.stdout.splitlines() if line.startswith(f"{name}: ")]
    fault = "" if result.returncode == 0 else f"FAILED, see {log.relative_to(TESTS.parent)}"
    print("; ".join([*(lines or [name]), *([fault] if fault else [])]), flush=True)
    return not fault


def main() -> int:
    """Fuzz the readers named, or all; return how many failed."""
    from fuzzing.containers import KINDS
    from fuzzing.readers import READERS

    os.environ.setdefault("ARCHAICTOOLS_FUZZ", "10000")
    LOGS.mkdir(parents=True, exist_ok=True)
    tests = [f"tests/fuzzing/test_fuzz.py::test_reader[{name}]" for name in READERS]
    tests += [f"tests/fuzzing/test_hostile.py::test_hostile_files_are_refused_or_read[{kind}]" for kind in KINDS]
    wanted = [test for test in tests if not sys.argv[1:] or any(f"[{name}]" in test for name in sys.argv[1:])]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        good = list(pool.map(fuzz, wanted))
    return good.count(False)


if __name__ == "__main__":
    sys.exit(main())
