"""Every reader beside bytes that nobody expects: it reads them, or refuses them in a sentence, soon, and leaves nothing.

The tests of ``make test`` are few and always the same; ``make fuzz`` (``ARCHAICTOOLS_FUZZ=10000``, tests/fuzzing/run.py)
draws new ones, and prints one line per reader. No test imports TensorFlow.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fuzzing.mutations import mutated
from fuzzing.readers import READERS

#: Inputs of each reader, and seconds that one may take.
INPUTS = int(os.environ.get("ARCHAICTOOLS_FUZZ", "0"))
FEW, SECONDS = 60, 20

pytestmark = pytest.mark.filterwarnings("error")


class TooLongError(Exception):
    """An input took more than its time."""


@contextlib.contextmanager
def time_limit() -> Iterator[None]:
    def late(*_: object) -> None:
        raise TooLongError(f"took more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    # Code in C sees no signal: then the process ends, with the line that called it.
    faulthandler.dump_traceback_later(2 * SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", READERS)
def test_reader(name, tmp_path, monkeypatch, request):
    reader = READERS[name]
    monkeypatch.setenv("ARCHAICTOOLS_DEBUG", "1")  # what is not expected comes through as it is
    monkeypatch.chdir(tmp_path)
    valid = reader.valid(tmp_path) if callable(reader.valid) else reader.valid
    for path in tmp_path.iterdir():
        path.unlink()
    slowest, count = 0.0, 0
    had_tensorflow = "tensorflow" in sys.modules

    def left(folder: Path) -> set[str]:
        return {path.name for path in folder.iterdir() if not path.name.startswith(("input", "with."))}

    @settings(
        max_examples=max(1, round(reader.share * (INPUTS or FEW))),
        derandomize=not INPUTS,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if INPUTS else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(valid, text=reader.text))
    def check(raw: bytes) -> None:
        nonlocal slowest, count
        path = tmp_path / "input"
        path.write_bytes(raw)
        start = time.perf_counter()
        with time_limit(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            reader.read(path, tmp_path)
        slowest, count = max(slowest, time.perf_counter() - start), count + 1
        rest = {found for found in left(tmp_path) if not found.startswith("out") or found.endswith(".part")}
        assert not rest, f"left {sorted(rest)}"
        for found in tmp_path.glob("out*"):
            found.unlink()

    check()
    assert had_tensorflow or "tensorflow" not in sys.modules
    if INPUTS:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n{name}: {count:,} inputs, the slowest {slowest:.2f} s", flush=True)
