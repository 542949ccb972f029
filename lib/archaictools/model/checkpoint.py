"""Checkpoints: what an interrupted training needs to go on exactly where it was.

One HDF5 file a folder, replaced as a whole after every epoch. It holds the weights, the optimiser's state, the best
weights so far, the history and the early-stopping count. Order of sentences and strands are functions of seed and
epoch and need no state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archaictools.errors import InputError
from archaictools.formats.files import Outputs
from archaictools.formats.hdf5 import create, open_container, read_array, read_document, write_document

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

KIND = "archaictools checkpoint"
SCHEMA_VERSION = 1
FILE = "checkpoint.h5"


@dataclass
class State:
    """Where a training stands after ``epoch`` finished epochs."""

    epoch: int = 0
    weights: list[np.ndarray] = field(default_factory=list)
    optimizer: list[np.ndarray] = field(default_factory=list)
    best: list[np.ndarray] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def waited(self) -> int:
        """Epochs since the validation loss was lowest."""
        return self.epoch - self.best_epoch


_ARRAYS = ("weights", "optimizer", "best")


def save_checkpoint(folder: Path, state: State, settings: dict[str, Any]) -> None:
    """Replace the checkpoint of a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        Outputs() as outputs,
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


def load_checkpoint(folder: Path, settings: dict[str, Any]) -> State | None:
    """Read the checkpoint of a folder, or return None where there is none.

    Raises
    ------
    InputError
        If it was made with other settings or other words.
    """
    path = folder / FILE
    if not path.exists():
        return None
    with open_container(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        before = read_document(handle, "settings", path)
        differing = sorted(key for key in {*before, *settings} if before.get(key) != settings.get(key))
        if differing:
            raise InputError(
                f"was made with other settings ({', '.join(differing)} differ)",
                path=path,
                remedy="repeat the command that made it, or give --checkpoint a new folder",
            )
        stored = read_document(handle, "state", path)
        arrays = {
            name: [read_array(handle, f"{name}/{number}", path) for number in range(int(stored["arrays"][name]))]
            for name in _ARRAYS
        }
        return State(
            epoch=int(stored["epoch"]),
            best_epoch=int(stored["best_epoch"]),
            best_loss=float(stored["best_loss"]),
            history=list(stored["history"]),
            **arrays,
        )
