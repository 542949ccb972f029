"""Check that two checkouts of archaictools write identical outputs.

    compare.py --before CHECKOUT --after CHECKOUT --out FOLDER [--only demo] [--data FOLDER] [--allow NAME]

Three sets of commands run with each checkout: the demo, the demo of real people (fetches its VCF), and the commands of
commands.txt on the test data. Results are in OUT/before/SET and OUT/after/SET. A finished set is not run again; remove
its folder to repeat it. Files are compared as follows.

* Text (TSV, BED, VCF, JSON): equal without provenance lines and keys. A file is "reworded" if only sentences differ:
  cells or JSON strings with at least two words and the same numbers. ``--strict`` treats it as different.
* HDF5: equal datasets (shape, type, bytes) and attributes.
* PNG: equal pixels. bigWig and all other files: equal bytes.

``IGNORED`` and ``--allow NAME`` name attributes, datasets and JSON keys that may differ. Prints a table and the differing
files. Exits with 1 if any file differs or exists on one side only.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import h5py
import matplotlib.image
import numpy as np

HERE = Path(__file__).resolve().parent
SETS = ("demo", "demo-people", "testdata")
#: Names of HDF5 attributes, groups and datasets, and of JSON keys, that may differ: provenance, identity of file formats,
#: and digests of input files.
IGNORED = {"provenance", "versions", "format", "schema_version", "alphabet", "words_sha256", "sources", "vcfs"}
#: Old and new names of HDF5 attributes (``@``) and groups, as patterns.
RENAMED = ((r"^@sharing\b", "@second_network"), (r"^(members/\d+)/sharing\b", r"\1/second"))
#: Lines of provenance in text files.
PROVENANCE = re.compile(rb"^##(archaictools|source|command|fileDate)")
#: Folders with inputs: links to test data, and the downloaded VCF.
INPUTS = {"in", "source"}


def run_set(name: str, checkout: Path, folder: Path, options: argparse.Namespace) -> None:
    """Run one set of commands with a checkout, unless the folder has its results."""
    target = folder / name
    if target.exists():
        print(f"{target}: kept", file=sys.stderr)
        return
    scripts = next(path for path in (checkout / "examples", checkout / "benchmarks") if (path / "demo.sh").exists())
    program = folder / "bin" / "archaictools"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(
        f"#!{sys.executable}\nfrom archaictools.cli.main import run\n\nif __name__ == '__main__':\n    run()\n"
    )
    program.chmod(0o755)
    environment = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(checkout / "lib"),
                                "PYTHON": sys.executable, "GALAXY_SLOTS": str(options.threads)}  # fmt: skip
    print_path = "import archaictools; print(archaictools.__file__)"
    found = subprocess.check_output([sys.executable, "-c", print_path], env=environment, text=True)
    if not Path(found).is_relative_to(checkout):
        sys.exit(f"compare: {found.strip()} was imported, expected a file in {checkout}")
    print(f"{target}: running", file=sys.stderr)
    part = folder / f"{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    with (folder / f"{name}.log").open("w") as log:
        if name == "testdata":
            (part / "in").symlink_to(options.inputs)
            commands = [
                (str(program), *shlex.split(line), "--quiet")
                for line in (HERE / "commands.txt").read_text().splitlines()
                if line and not line.startswith("#")
            ]
        elif name == "demo":
            commands = [("bash", str(scripts / "demo.sh"), str(options.inputs), str(part))]
        else:
            fetched = next(options.out.glob("*/demo-people/source"), None)
            if fetched:
                shutil.copytree(fetched, part / "source")
            commands = [("bash", str(scripts / "demo_people.sh"), str(part), *map(str, options.data))]
        for command in commands:
            start = time.monotonic()
            done = subprocess.run(command, cwd=part if name == "testdata" else checkout, env=environment, stdout=log,
                                  stderr=log, check=False)  # fmt: skip
            print(f"{time.monotonic() - start:.1f} s: {shlex.join(command)}", file=log, flush=True)
            if done.returncode:
                sys.exit(f"compare: exit code {done.returncode} of {shlex.join(command)}; see {log.name}")
    part.rename(target)


def without_ignored(value: Any) -> Any:
    """Return a JSON value without the ignored keys."""
    if isinstance(value, dict):
        return {key: without_ignored(inner) for key, inner in value.items() if key not in IGNORED}
    return [without_ignored(inner) for inner in value] if isinstance(value, list) else value


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of a JSON value by path."""
    if not isinstance(value, (dict, list)) or not value:
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {name: leaf for key, inner in items for name, leaf in leaves(inner, f"{path}/{key}").items()}


def reworded(one: Any, two: Any) -> bool:
    """Return whether two values are different sentences with the same numbers."""
    sentences = all(isinstance(text, str) and " " in text.strip() for text in (one, two))
    return sentences and re.findall(r"\d+(?:\.\d+)?", one) == re.findall(r"\d+(?:\.\d+)?", two)


def differences(one: dict[str, Any], two: dict[str, Any]) -> list[str]:
    """Return a line for each leaf that differs; those of rewordings start with ``~``."""
    found = []
    for name in sorted({*one, *two}):
        if name not in one or name not in two:
            found.append(f"{name}: only {'before' if name in one else 'after'}")
        elif one[name] != two[name] and not (one[name] != one[name] and two[name] != two[name]):
            mark = "~" if reworded(one[name], two[name]) else ""
            found.append(f"{mark}{name}: {one[name]!r} -> {two[name]!r}"[:300])
    return found


def hdf5_facts(path: Path) -> dict[str, Any]:
    """Return attributes and datasets of an HDF5 file as comparable values; JSON is parsed."""
    found: dict[str, Any] = {}

    def add(name: str, value: Any) -> None:
        text = value.decode() if isinstance(value, bytes) else value
        if isinstance(text, str) and text.startswith("{"):
            found.update({f"{name}{end}": leaf for end, leaf in leaves(without_ignored(json.loads(text))).items()})
        else:
            found[name] = text if isinstance(text, str) else np.asarray(text).tobytes()

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if IGNORED & set(name.split("/")):
            return
        for key, value in item.attrs.items():
            if key not in IGNORED:
                add(f"{name}@{key}", value)
        if not isinstance(item, h5py.Dataset):
            return
        array = item[()]
        found[f"{name} type"] = str((item.dtype, item.shape))
        text = array.tobytes() if isinstance(array, np.ndarray) and item.dtype == np.uint8 and item.ndim == 1 else b""
        if item.dtype == object:
            found[name] = [value.decode() for value in np.ravel(array)]
        elif text.startswith(b"{"):
            add(name, text)
            del found[f"{name} type"]  # the length of JSON varies with its ignored keys
        else:
            found[name] = array.tobytes()

    with h5py.File(path) as handle:
        visit("", handle)
        handle.visititems(visit)
    for old, new in RENAMED:
        found = {re.sub(old, new, name): value for name, value in found.items()}
    return found


def text_facts(content: bytes) -> dict[str, Any]:
    """Return the cells of a text by line and column, without lines of provenance."""
    lines = [line for line in content.splitlines() if not PROVENANCE.match(line)]
    return {f"line {row}, column {column}": cell for row, line in enumerate(lines, start=1)
            for column, cell in enumerate(line.decode().split("\t"), start=1)}  # fmt: skip


def compare_files(one: Path, two: Path) -> list[str]:
    """Return the differences of two files."""
    if one.suffix == ".h5":
        return differences(hdf5_facts(one), hdf5_facts(two))
    first, second = one.read_bytes(), two.read_bytes()
    if first == second:
        return []
    if one.suffix == ".json":
        return differences(*(leaves(without_ignored(json.loads(content))) for content in (first, second)))
    if one.suffix == ".png":
        same = np.array_equal(matplotlib.image.imread(one), matplotlib.image.imread(two))
        return [] if same else ["pixels differ"]
    if one.suffix == ".gz":
        first, second = gzip.decompress(first), gzip.decompress(second)
    try:
        return differences(text_facts(first), text_facts(second))
    except UnicodeDecodeError:
        return [f"bytes differ ({len(first)} -> {len(second)})"]


def compare_sets(out: Path, name: str, *, strict: bool) -> tuple[dict[str, Counter[str]], list[str]]:
    """Compare two result folders; return counts by suffix, and a text for each differing file."""
    folders = [out / side / name for side in ("before", "after")]
    listed = [
        {path.relative_to(folder) for path in sorted(folder.rglob("*"))
         if path.is_file() and not INPUTS & set(path.relative_to(folder).parts[:1])}
        for folder in folders
    ]  # fmt: skip
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    texts = []
    for path in sorted(listed[0] | listed[1]):
        absent = [side for side, files in zip(("before", "after"), listed, strict=True) if path not in files]
        found = [f"absent {absent[0]}"] if absent else compare_files(*(folder / path for folder in folders))
        result = "identical" if not found else "differing"
        if found and not strict and all(line.startswith("~") for line in found):
            result = "reworded"
        counts[path.suffix][result] += 1
        if found:
            more = [f"    and {len(found) - 8} more"] if len(found) > 8 else []
            texts.append("\n".join([f"{result}: {name}/{path}", *(f"    {line}" for line in found[:8]), *more]))
    return counts, texts


def main() -> None:
    """Run what is missing, compare, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="checkout of the older version")
    parser.add_argument("--after", type=Path, required=True, help="checkout of the newer version")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results of both")
    parser.add_argument("--only", choices=SETS, action="append", help="sets to run and compare")
    parser.add_argument("--data", type=Path, nargs=1, default=[], help="folder of published calls, for demo-people")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--strict", action="store_true", help="count reworded files as different")
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="NAME",
        help="JSON key, HDF5 attribute or dataset that may differ; repeatable",
    )
    options = parser.parse_args()
    IGNORED.update(options.allow)
    options.out = options.out.resolve()
    options.inputs = options.before.resolve() / "test-data"
    options.data = [path.resolve() for path in options.data]
    print("| set | files | compared | identical | reworded | differing |\n|---|---|---|---|---|---|")
    details = []
    for name in options.only or SETS:
        for side in ("before", "after"):
            run_set(name, getattr(options, side).resolve(), options.out / side, options)
        counts, texts = compare_sets(options.out, name, strict=options.strict)
        details += texts
        for suffix, found in sorted(counts.items()):
            results = " | ".join(str(found[result]) for result in ("identical", "reworded", "differing"))
            print(f"| {name} | {suffix or 'other'} | {found.total()} | {results} |", flush=True)
    print("\n".join(["", *details]))
    sys.exit(any(text.startswith("differing") for text in details))


if __name__ == "__main__":
    main()
