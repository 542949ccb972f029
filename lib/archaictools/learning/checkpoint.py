"""Checkpoints, from which an interrupted training resumes exactly where it stopped.

A folder contains one HDF5 file, replaced as a whole after every epoch: the weights, the state of the optimiser, the
best weights so far and the history. The order of examples and strands is a function of seed and epoch, and needs no
state.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.errors import ArchaicError, InputError, UsageError, shortlist
from archaictools.io.files import StagedOutputs
from archaictools.io.hdf5 import check_data, create, open_container, read_array, read_document, write_document
from archaictools.io.schema import NUMBERS, Data, Table, shown

if TYPE_CHECKING:
    from pathlib import Path

KIND = "archaictools checkpoint"
SCHEMA_VERSION = 1
FILE = "checkpoint.h5"

#: Datasets of the file, see :mod:`archaictools.io.schema`.
TABLE: Table = {
    "settings": Data("uint8", ("settings",), packed=False),
    "state": Data("uint8", ("state",), packed=False),
    **{f"{name}/*": Data(NUMBERS, None, packed=False, required=False) for name in ("weights", "optimizer", "best")},
}


@dataclass
class State:
    """State of a training after ``epoch`` finished epochs."""

    epoch: int = 0
    weights: list[np.ndarray] = field(default_factory=list)
    optimizer: list[np.ndarray] = field(default_factory=list)
    best: list[np.ndarray] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def waited(self) -> int:
        """Epochs since the lowest validation loss."""
        return self.epoch - self.best_epoch


_ARRAYS = ("weights", "optimizer", "best")


def check_folder(folder: Path) -> None:
    """Raise unless the folder of a checkpoint can be written, or be made; nothing is made.

    Raises
    ------
    UsageError
        If it, or a folder above it, is a file.
    ArchaicError
        If permission is denied.
    """
    above = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not above.is_dir():
        raise UsageError("is a file, expected a folder for the checkpoint", path=above)
    if not os.access(above, os.W_OK):
        where = above if above != folder else above.parent
        raise ArchaicError(f"cannot write the checkpoint {folder.name} in {where} (permission denied)")


def save_checkpoint(folder: Path, state: State, settings: dict[str, Any]) -> None:
    """Write the checkpoint of a folder, which is created if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        StagedOutputs() as outputs,
        create(outputs.stage(folder / FILE), kind=KIND, schema_version=SCHEMA_VERSION) as handle,
    ):
        write_document(handle, "settings", settings)
        counts = {name: len(getattr(state, name)) for name in _ARRAYS}
        # JSON keeps every digit of a float, so the state read back is the state written.
        write_document(
            handle,
            "state",
            {
                "epoch": state.epoch,
                "best_epoch": state.best_epoch,
                "best_loss": state.best_loss,
                "history": state.history,
                "arrays": counts,
            },
        )
        for name in _ARRAYS:
            for number, array in enumerate(getattr(state, name)):
                handle[f"{name}/{number}"] = array


def load_checkpoint(folder: Path, settings: dict[str, Any], like: State) -> State | None:
    """Return the checkpoint of a folder, or None if there is none.

    Parameters
    ----------
    folder
        As given to :func:`save_checkpoint`.
    settings
        Values that must be equal to those it was saved with.
    like
        A state of the same network; the arrays must have the same types and shapes.

    Raises
    ------
    InputError
        If it was saved with other settings or data, or is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return None
    with open_container(path, kind=KIND, schema_version=SCHEMA_VERSION, attributes={}) as handle:
        found = check_data(handle, path, TABLE)
        before = read_document(handle, "settings", path)
        differing = sorted(key for key in {*before, *settings} if before.get(key) != settings.get(key))
        if differing:
            raise InputError(
                f"was saved with other settings ({shortlist(map(shown, differing))} differ)",
                path=path,
                remedy="repeat the command that made it, or give --checkpoint a new folder",
            )
        stored = read_document(handle, "state", path)
        wanted = {f"{name}/{number}": each for name in _ARRAYS for number, each in enumerate(getattr(like, name))}
        if set(found.shapes) != {"settings", "state", *wanted}:
            raise InputError("contains arrays of another network", path=path, remedy="give --checkpoint a new folder")
        arrays: dict[str, list[np.ndarray]] = {name: [] for name in _ARRAYS}
        for name, each in wanted.items():
            array = read_array(handle, name, path, shape=each.shape, dtype=str(each.dtype))
            arrays[name.split("/")[0]].append(array)
        return _restore(stored, arrays, path)


def _restore(stored: dict[str, Any], arrays: dict[str, list[np.ndarray]], path: Path) -> State:
    try:
        state = State(
            epoch=int(stored["epoch"]),
            best_epoch=int(stored["best_epoch"]),
            best_loss=float(stored["best_loss"]),
            history=[dict(row) for row in stored["history"]],
            **arrays,
        )
    except (TypeError, KeyError, ValueError, OverflowError, AttributeError) as error:
        raise InputError("describes no training that this release can resume", path=path) from error
    finite = all(np.isfinite(array).all() for each in arrays.values() for array in each)
    if not (finite and 1 <= state.best_epoch <= state.epoch == len(state.history)) or math.isnan(state.best_loss):
        raise InputError("describes no training that this release can resume", path=path)
    return state
