"""Where a result comes from: program, versions, parameters and the digests of its inputs.

Nothing here changes between two runs with the same inputs, parameters and versions, so outputs that carry it stay
equal byte for byte.
"""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

from archaictools import __version__
from archaictools.io.files import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LIBRARIES = ("keras", "numpy", "tensorflow")


def record(verb: str, parameters: Mapping[str, Any], inputs: Mapping[str, Path | None]) -> dict[str, Any]:
    """Describe one run of a verb.

    Parameters
    ----------
    verb
        The command.
    parameters
        Its options, plain values.
    inputs
        Option name to input file; None for inputs not given. Files are named without their folder.
    """
    return {
        "program": "archaictools",
        "version": __version__,
        "verb": verb,
        "parameters": dict(parameters),
        "inputs": {
            option: {"name": path.name, "sha256": sha256(path)} for option, path in inputs.items() if path is not None
        },
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }
