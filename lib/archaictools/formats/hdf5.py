"""HDF5 containers with a schema: how words.h5, model.h5 and checkpoints are opened, and what is refused.

A file from a stranger must not be able to run code, read other files or exhaust memory: only hard-linked,
non-external datasets of plain numbers or text are read, after their shape has been checked.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from archaictools.errors import InputError
from archaictools.formats.files import check_readable
from archaictools.formats.tables import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def is_hdf5(path: Path) -> bool:
    """Tell an HDF5 file by its first bytes."""
    check_readable(path)
    with path.open("rb") as handle:
        return handle.read(8) == b"\x89HDF\r\n\x1a\n"


@contextlib.contextmanager
def create(path: Path, *, kind: str, schema_version: int) -> Iterator[h5py.File]:
    """Create a container of a kind (``archaictools words``); the bytes depend on the content alone."""
    # The earliest format version is the one that writes no times of day into the file.
    with h5py.File(path, "w", libver="earliest") as handle:
        handle.attrs["format"] = kind
        handle.attrs["schema_version"] = schema_version
        yield handle


@contextlib.contextmanager
def open_container(path: Path, *, kind: str, schema_version: int, oldest: int = 1) -> Iterator[h5py.File]:
    """Open a container for reading, refusing other files, other kinds, newer schemas and those before ``oldest``.

    Raises
    ------
    InputError
        If the file is missing, not HDF5, damaged, of another kind or of a schema that is not read.
    """
    check_readable(path)
    try:
        handle = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise InputError(f"is not an intact HDF5 file, expected {kind}", path=path) from error
    with handle:
        found = handle.attrs.get("format", "something else")
        if found != kind:
            raise InputError(f"holds {found}, expected {kind}", path=path)
        version = int(handle.attrs.get("schema_version", 0))
        if not oldest <= version <= schema_version:
            raise InputError(
                f"has schema version {version}, this release reads {oldest} to {schema_version}",
                path=path,
                remedy="install a newer archaictools" if version > schema_version else "make the file again",
            )
        yield handle


def dataset(handle: h5py.File, name: str, path: Path) -> h5py.Dataset:
    """Return a dataset of the file itself: no soft link, no external link or storage, no virtual mapping."""
    group: Any = handle
    for part in name.split("/"):
        link = group.get(part, getlink=True) if isinstance(group, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            raise InputError(f"has no dataset {name}", path=path, remedy="the file is damaged; make it again")
        group = group[part]
    if not isinstance(group, h5py.Dataset) or group.external or group.is_virtual:
        raise InputError(f"keeps {name} outside itself", path=path, remedy="only self-contained files are read")
    return group


def read_array(
    handle: h5py.File,
    name: str,
    path: Path,
    *,
    shape: tuple[int, ...] | None = None,
    dtype: str | None = None,
) -> np.ndarray:
    """Read a whole dataset after checking its shape and dtype."""
    data = dataset(handle, name, path)
    if shape is not None and data.shape != shape:
        raise InputError(f"{name} has shape {data.shape}, expected {shape}", path=path, remedy="make the file again")
    if dtype is not None and data.dtype != np.dtype(dtype):
        raise InputError(f"{name} has type {data.dtype}, expected {dtype}", path=path, remedy="make the file again")
    try:
        return np.asarray(data[...])
    except OSError as error:
        raise InputError(f"{name} is damaged ({error})", path=path, remedy="make the file again") from error


def read_texts(handle: h5py.File, name: str, path: Path) -> list[str]:
    """Read a one-dimensional dataset of text."""
    data = dataset(handle, name, path)
    if h5py.check_string_dtype(data.dtype) is None or data.ndim != 1:
        raise InputError(f"{name} is not a list of names", path=path, remedy="make the file again")
    return [str(text) for text in data.asstr()[...]]


def write_attributes(handle: h5py.File, name: str, value: dict[str, Any]) -> None:
    """Store a small dictionary as a JSON attribute of the root (HDF5 allows 64 KiB)."""
    handle.attrs[name] = json.dumps(plain(value), sort_keys=True)


def read_attributes(handle: h5py.File, name: str, path: Path) -> dict[str, Any]:
    """Read a dictionary stored by :func:`write_attributes`."""
    return _parsed(handle.attrs.get(name, ""), name, path)


def write_document(handle: h5py.File, name: str, value: dict[str, Any]) -> None:
    """Store a dictionary of any size as a dataset of JSON text."""
    handle.create_dataset(name, data=np.frombuffer(json.dumps(plain(value)).encode(), dtype=np.uint8))


def read_document(handle: h5py.File, name: str, path: Path) -> dict[str, Any]:
    """Read a dictionary stored by :func:`write_document`."""
    return _parsed(read_array(handle, name, path, dtype="uint8").tobytes(), name, path)


def _parsed(text: object, name: str, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(text if isinstance(text, bytes) else str(text))
    except ValueError as error:
        raise InputError(f"{name} is not readable JSON", path=path, remedy="make the file again") from error
    if not isinstance(value, dict):
        raise InputError(f"{name} is not a JSON object", path=path, remedy="make the file again")
    return value
