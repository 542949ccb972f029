"""HDF5 containers with a schema: k-mers, haplotypes, models and checkpoints.

A file of unknown origin must not run code, read other files, hang or exhaust memory. Therefore it is read in three
steps: :func:`open_container` checks the attributes of the root, :func:`check_data` all groups and datasets against a
table (:mod:`archaictools.io.schema`), and readers check the values as they read them.
"""

from __future__ import annotations

import contextlib
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from h5py import h5o

from archaictools.errors import InputError
from archaictools.io._hdf5_raw import RawFile
from archaictools.io.files import check_readable
from archaictools.io.schema import MOST_JSON, MOST_NAME, check_contents, check_depth, shown
from archaictools.io.tables import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from archaictools.io.schema import Contents, Table

Selection = Any

#: Errors of h5py for damaged files.
_DAMAGE = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, NotImplementedError)


def is_hdf5(path: Path) -> bool:
    """Return whether a file is HDF5, by its first bytes."""
    check_readable(path)
    with path.open("rb") as handle:
        return handle.read(8) == b"\x89HDF\r\n\x1a\n"


@contextlib.contextmanager
def create(path: Path, *, kind: str, schema_version: int) -> Iterator[h5py.File]:
    """Create a container of a kind (``archaictools haplotypes``); equal contents give equal bytes."""
    # Only the earliest format version writes no time stamps into the file.
    with h5py.File(path, "w", libver="earliest") as handle:
        handle.attrs["format"] = kind
        handle.attrs["schema_version"] = schema_version
        yield handle


@contextlib.contextmanager
def open_container(
    path: Path,
    *,
    kind: str,
    schema_version: int,
    attributes: Mapping[str, int | None],
    oldest: int = 1,
    again: str = "make the file again",
    former: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[h5py.File]:
    """Open a container for reading; refuse other files, other kinds, and schemas that are not read.

    Nothing but the attributes of the root is read. :func:`check_data` must follow before any dataset is read.

    Parameters
    ----------
    path
        The file.
    kind
        Kind that was given to :func:`create`.
    schema_version, oldest
        Newest and oldest schema that is read.
    attributes
        Attributes that the root may have, besides those that :func:`create` writes: the longest text, or None for an
        integer.
    again
        Remedy for a file of an older schema.
    former
        Kinds of earlier releases that this kind replaces, and the remedy for each.

    Raises
    ------
    InputError
        If the file is missing, not HDF5, damaged, of another kind or of a schema that is not read.
    """
    check_readable(path)
    try:
        handle = h5py.File(path, "r", locking=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"is not an intact HDF5 file, expected {kind}", path=path) from error
    with handle:
        with intact(path, "its head"):
            present = _check_kind(handle, path, kind, former)
        # The version first: the attributes of another schema need not be known.
        if present.get("schema_version") is None:
            check_version(handle, path, schema_version, oldest=oldest, again=again)
        _check_attributes(present, path, kind, {"format": MOST_NAME, "schema_version": None, **attributes})
        yield handle


def check_version(
    handle: h5py.File, path: Path, newest: int, *, oldest: int = 1, again: str = "make the file again"
) -> None:
    """Raise InputError unless a container is of a schema that is read."""
    version = read_number(handle, "schema_version", path)
    if not oldest <= version <= newest:
        raise InputError(
            f"has schema version {version}, this release reads {oldest} to {newest}",
            path=path,
            remedy="install a newer archaictools" if version > newest else again,
        )


def read_kind(path: Path, *, expected: str) -> str:
    """Return the kind of a container, of which nothing else is read; ``expected`` is for the error of other files.

    Raises
    ------
    InputError
        If the file is missing, not HDF5 or damaged.
    """
    check_readable(path)
    try:
        handle = h5py.File(path, "r", locking=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"is not an intact HDF5 file, expected {expected}", path=path) from error
    with handle, intact(path, "its head"):
        return _kind(handle, path, expected)[0]


def _kind(handle: h5py.File, path: Path, expected: str) -> tuple[str, dict[str, int | None]]:
    """Return the kind, and the attributes of the root: bytes of a text, or None for an integer."""
    with RawFile(path, expected=expected) as raw:
        present = raw.attributes(h5o.get_info(handle.id, b"/").addr)
    known = 0 < (present.get("format") or 0) <= MOST_NAME
    return read_text(handle, "format", path) if known else "something else", present


def _check_kind(handle: h5py.File, path: Path, kind: str, former: Mapping[str, str]) -> Mapping[str, int | None]:
    """Check the kind; return the attributes of the root: bytes of a text, or None for an integer."""
    found, present = _kind(handle, path, kind)
    if found != kind:
        raise InputError(f"holds {shown(found)}, expected {kind}", path=path, remedy=former.get(found))
    return present


def _check_attributes(
    present: Mapping[str, int | None], path: Path, kind: str, known: Mapping[str, int | None]
) -> None:
    """Check names, types and lengths of the attributes of the root."""
    for name, length in present.items():
        most = known.get(name)
        if name not in known or (length is None) != (most is None):
            raise InputError(f"has an attribute {shown(name)} that {kind} does not have", path=path)
        if length is not None and most is not None and length > most:
            raise InputError(f"has {length:,} bytes of {name}, expected {most:,} at most", path=path)


def check_data(handle: h5py.File, path: Path, table: Table, *, sizes: Mapping[str, int] | None = None) -> Contents:
    """Check all groups and datasets of a container; see :func:`archaictools.io.schema.check_contents`."""
    with intact(path, "its list of datasets"), RawFile(path) as raw:
        return check_contents(handle, raw, table, path, sizes=sizes)


@contextlib.contextmanager
def intact(path: Path, what: str) -> Iterator[None]:
    """Raise InputError for errors of h5py; only for blocks that read from the file."""
    try:
        yield
    except _DAMAGE as error:
        raise InputError(f"{what} is damaged", path=path, remedy="copy it or make it again") from error


def read_number(handle: h5py.File, name: str, path: Path) -> int:
    """Read an integer attribute of the root; 0 where it has none."""
    with intact(path, name):
        return int(handle.attrs.get(name, 0))


def read_text(handle: h5py.File, name: str, path: Path) -> str:
    """Read a text attribute of the root; empty where it has none."""
    with intact(path, name):
        value = handle.attrs.get(name, "")
        text = value.decode() if isinstance(value, bytes) else str(value)
        text.encode()  # h5py does not refuse text that is not UTF-8
    return text


def dataset(handle: h5py.File, name: str, path: Path) -> h5py.Dataset:
    """Return a dataset that :func:`check_data` found."""
    with intact(path, name):
        found = handle[name]
    if not isinstance(found, h5py.Dataset):
        raise InputError(f"has no dataset {name}", path=path, remedy="the file is damaged; make it again")
    return found


def read_part(handle: h5py.File, name: str, path: Path, selection: Selection = ...) -> np.ndarray:
    """Read a part of a dataset that :func:`check_data` found."""
    data = dataset(handle, name, path)
    with intact(path, name):
        return np.asarray(data[selection])


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
    return read_part(handle, name, path)


def read_texts(handle: h5py.File, name: str, path: Path) -> list[str]:
    """Read a one-dimensional dataset of text."""
    data = dataset(handle, name, path)
    with intact(path, name):
        return [str(text) for text in data.asstr()[...]]


def write_attributes(handle: h5py.File, name: str, value: dict[str, Any]) -> None:
    """Store a small dictionary as a JSON attribute of the root; HDF5 allows 64 KiB."""
    handle.attrs[name] = json.dumps(plain(value), sort_keys=True)


def read_attributes(handle: h5py.File, name: str, path: Path) -> dict[str, Any]:
    """Read a dictionary stored by :func:`write_attributes`."""
    return _parsed(read_text(handle, name, path), name, path)


def write_document(handle: h5py.File, name: str, value: dict[str, Any]) -> None:
    """Store a dictionary of any size as a dataset of JSON text."""
    handle.create_dataset(name, data=np.frombuffer(json.dumps(plain(value)).encode(), dtype=np.uint8))


def read_document(handle: h5py.File, name: str, path: Path) -> dict[str, Any]:
    """Read a dictionary stored by :func:`write_document`."""
    size = dataset(handle, name, path).size
    if size > MOST_JSON:
        raise InputError(f"{name} has {size:,} bytes of JSON, expected {MOST_JSON:,} at most", path=path)
    return _parsed(read_array(handle, name, path, dtype="uint8").tobytes(), name, path)


def _parsed(text: bytes | str, name: str, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not readable JSON", path=path, remedy="make the file again") from error
    if not isinstance(value, dict):
        raise InputError(f"{name} is not a JSON object", path=path, remedy="make the file again")
    check_depth(value, path, name)
    return value
