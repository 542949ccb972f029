"""Provenance of a result: program, versions, parameters and digests of its inputs.

Two runs with the same inputs, parameters and versions have the same provenance, so their outputs have the same bytes.
"""

from __future__ import annotations

import contextlib
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypedDict

from archaictools import __version__
from archaictools.io.files import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Libraries on which numbers depend.
LIBRARIES = ("keras", "numpy", "openvino", "tensorflow")


class FileDigest(TypedDict):
    """Name of a file without its folder, and SHA-256 of its bytes."""

    name: str
    sha256: str


def digests(inputs: Mapping[str, Path | None]) -> dict[str, FileDigest]:
    """Return names and digests of files by option, without inputs that are None."""
    return {option: {"name": path.name, "sha256": sha256(path)} for option, path in inputs.items() if path is not None}


def record(verb: str, parameters: Mapping[str, Any], inputs: Mapping[str, Path | None]) -> dict[str, Any]:
    """Return the provenance of one run of a verb.

    Parameters
    ----------
    verb
        Name of the verb.
    parameters
        Options, as plain values.
    inputs
        Option to input file, or None if it was not given. The record names files without their folder.
    """
    return {
        "program": "archaictools",
        "version": __version__,
        "verb": verb,
        "parameters": dict(parameters),
        "inputs": digests(inputs),
        "python": platform.python_version(),
        "libraries": {name: version for name, version in library_versions().items() if version},
    }


def library_versions() -> dict[str, str | None]:
    """Return the versions of the libraries on which numbers depend, without importing them; None if not installed."""
    found: dict[str, str | None] = dict.fromkeys(LIBRARIES)
    for name in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
