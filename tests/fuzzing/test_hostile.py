"""Files from strangers: every one is read whole or refused in a sentence, soon, and without memory or a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuzzing.containers import KINDS
from fuzzing.hostile import make

TESTS = Path(__file__).parents[1]

#: Of the files of a kind, one in so many is read, but for ARCHAICTOOLS_FUZZ: then every one.
EVERY = {"kmers": 4, "haplotypes": 5, "sums": 5, "kmer model": 10, "haplotype model": 16, "checkpoint": 4}


class Reader:
    """A process apart, begun anew when it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, kind: str, path: Path) -> tuple[str, float, int]:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fuzzing.hostile", str(self._folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TESTS,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
            assert self.process.stdout.readline() == "ready\n"
        self.process.stdin.write(f"{kind}\t{path}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            self.process.communicate()
            return f"ended by signal {-self.process.returncode}", 0, 0
        said, seconds, grown = answer.rstrip("\n").split("\t")
        return said, float(seconds), int(grown)

    def close(self) -> None:
        if self.process:
            self.process.communicate()


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    reader = Reader(tmp_path_factory.mktemp("apart"))
    yield reader
    reader.close()


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_files_are_refused_or_read(kind, read, tmp_path, request):
    wrong, counts = [], {"read": 0, "refused": 0}
    for label, path, must in make(kind, tmp_path, every=1 if "ARCHAICTOOLS_FUZZ" in os.environ else EVERY[kind]):
        answer, seconds, grown = read(kind, path)
        counts[answer] = counts.get(answer, 0) + 1
        if answer not in {"read", "refused"} or (must and answer == "read") or seconds > 1 or grown > 500:
            wrong.append(f"{label}: {answer} ({seconds:.2f} s, {grown} MB)")
        path.unlink()
    assert not wrong, f"{len(wrong)} of {sum(counts.values())}: " + "\n".join(wrong[:40])
    assert counts["refused"] > 50
    if "ARCHAICTOOLS_FUZZ" in os.environ:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n{kind}: {sum(counts.values()):,} hostile files, {counts['refused']:,} refused", flush=True)
