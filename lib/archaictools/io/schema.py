"""Tables of the allowed contents of an HDF5 container, and the check of a file against its table.

A table names every dataset with its type and its shape. A shape consists of numbers and of names of sizes; a name has
one value in the whole file. Readers check the values of datasets.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5o, h5s, h5t, h5z

from archaictools.errors import InputError
from archaictools.io._hdf5_raw import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from archaictools.io._hdf5_raw import RawFile

#: Text of any length, in UTF-8.
TEXT = "text"

#: Integers or floating-point numbers of up to 8 bytes.
NUMBERS = "numbers"

#: Longest name of a chromosome or sample in bytes; a bigWig stores this length in one byte.
MOST_NAME = 255

#: Longest chromosome in bp: bigWig and the indexes of BAM and VCF allow no more.
MOST_LENGTH = 2**32 - 1

#: Largest ratio of decompressed to compressed bytes of gzip (1,032), with a margin.
MAX_RATIO = 1_100

#: Largest chunk in bytes that is compressed, or read, at once.
MOST_CHUNK = 1 << 26

#: Largest depth, and size in bytes, of a JSON document.
MOST_DEPTH, MOST_JSON = 32, 1 << 26

#: Largest number of groups and datasets in one group.
MOST_LINKS = 1_000_000

_FILTERS = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE}
_NUMBER = re.compile(r"0|[1-9][0-9]{0,6}")
_SHA256 = re.compile("[0-9a-f]{64}")
_STRANGE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Data:
    """A dataset of a table.

    Attributes
    ----------
    dtype
        A NumPy type, :data:`TEXT`, or :data:`NUMBERS`.
    shape
        Numbers, and names of sizes. Sizes that begin with ``*`` are those of one numbered group; ``name/8`` is an
        eighth, rounded up. None is any shape.
    packed
        Whether it may be compressed.
    required
        Whether it must exist.
    attributes
        Names of its attributes, each a short text.
    longest
        Longest text in bytes.
    """

    dtype: str
    shape: tuple[int | str, ...] | None
    packed: bool = True
    required: bool = True
    attributes: tuple[str, ...] = ()
    longest: int = MOST_NAME


#: Dataset by its path; ``*`` is a number from 0.
Table = dict[str, Data]


@dataclass
class Contents:
    """Contents of a file.

    Attributes
    ----------
    shapes
        Path of a dataset to its shape.
    sizes
        Name of a size to its value; sizes of a numbered group begin with its path (``bins/0/*bins``).
    groups
        Paths of the numbered groups.
    """

    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)


def check_contents(
    handle: h5py.File, raw: RawFile, table: Table, path: Path, *, sizes: Mapping[str, int] | None = None
) -> Contents:
    """Return the contents of a file after checking them against a table; only lengths of names are read.

    Parameters
    ----------
    handle, raw
        The open file, through h5py and as bytes.
    table
        Allowed contents.
    path
        Path for error messages.
    sizes
        Known sizes.

    Raises
    ------
    InputError
        If something lacks, is not in the table, has another type or shape, is kept outside the file or elsewhere in
        it, or is larger than what is stored can be.
    """
    contents = Contents(sizes=dict(sizes or {}))
    storage = 0
    found = []
    for name, group, data, identity in _walk(handle["/"].id, _tree(table), path, contents):
        shape, stored = _check_dataset(name, data, identity, raw, path)
        storage += stored
        found.append((name, group, data, shape))
    if storage > path.stat().st_size:
        raise _wrong(path, f"its datasets store {storage:,} bytes, more than the file has")
    # Named sizes first, then derived ones.
    for derived in (False, True):
        for name, group, data, shape in found:
            _compare(name, group, data, shape, contents, path, derived=derived)
    for name, data in table.items():
        if data.required:
            _require(name, contents, path)
    return contents


def _require(pattern: str, contents: Contents, path: Path) -> None:
    before, star, after = pattern.partition("*")
    names = [f"{group}{after}" for group in contents.groups if group.startswith(before)] if star else [pattern]
    for name in names:
        if name not in contents.shapes:
            raise _wrong(path, f"has no dataset {name}")


def _tree(table: Table) -> dict[str, Any]:
    """Return a table as nested groups."""
    tree: dict[str, Any] = {}
    for name, data in table.items():
        *groups, last = name.split("/")
        here = tree
        for group in groups:
            here = here.setdefault(group, {})
        here[last] = data
    return tree


def _walk(
    group: h5g.GroupID, tree: dict[str, Any], path: Path, contents: Contents
) -> Iterator[tuple[str, str, Data, h5d.DatasetID]]:
    """Yield name, numbered group, entry of the table and identity of each dataset."""
    waiting = [("", "", group, tree)]
    while waiting:
        prefix, numbered, parent, branch = waiting.pop()
        if parent.get_num_objs() > MOST_LINKS:
            raise _wrong(path, f"has more than {MOST_LINKS:,} entries in {shown(prefix) or 'its root'}")
        for raw_name in parent:
            name = raw_name.decode("utf-8", "replace")
            full = f"{prefix}{name}"
            number = "*" in branch and _NUMBER.fullmatch(name) is not None
            entry = branch.get("*" if number else name) if name != "*" else None
            if entry is None:
                raise _wrong(path, f"holds {shown(full)}, which is not part of such a file")
            if parent.links.get_info(raw_name).type != h5py.h5l.TYPE_HARD:
                raise _wrong(path, f"has no dataset {full} of its own, but a link")
            thing = h5o.open(parent, raw_name)
            if h5o.get_info(thing).rc != 1:
                raise _wrong(path, f"holds {full} under several names")
            if isinstance(entry, dict):
                if not isinstance(thing, h5g.GroupID) or h5a.get_num_attrs(thing):
                    raise _wrong(path, f"{full} is not a group without attributes")
                if number:
                    contents.groups.add(full)
                waiting.append((f"{full}/", full if number else numbered, thing, entry))
            elif isinstance(thing, h5d.DatasetID):
                yield full, numbered, entry, thing
            else:
                raise _wrong(path, f"{full} is not a dataset")


def _check_dataset(
    name: str, data: Data, identity: h5d.DatasetID, raw: RawFile, path: Path
) -> tuple[tuple[int, ...], int]:
    """Check one dataset; return its shape, and its size in the file in bytes."""
    space, kind = identity.get_space(), identity.get_type()
    if space.get_simple_extent_type() not in {h5s.SIMPLE, h5s.SCALAR}:
        raise _wrong(path, f"{name} is not an array")
    shape = tuple(int(size) for size in space.get_simple_extent_dims())
    _check_attributes(name, data, identity, raw, path)
    if data.dtype == TEXT:
        good, item = kind.get_class() == h5t.STRING and kind.is_variable_str(), REFERENCE.itemsize
    elif data.dtype == NUMBERS:
        good, item = kind.get_class() in {h5t.INTEGER, h5t.FLOAT} and kind.get_size() <= 8, kind.get_size()
    else:
        good, item = kind.equal(h5t.py_create(np.dtype(data.dtype))), np.dtype(data.dtype).itemsize
    if not good or kind.committed():
        raise _wrong(path, f"{name} has type {_type_of(kind)}, expected {data.dtype}")
    if data.shape is not None and len(shape) != len(data.shape):
        raise _wrong(path, f"{name} has {len(shape)} dimensions, expected {len(data.shape)}")
    claimed = math.prod(shape) * item
    stored = _check_storage(name, data, identity, claimed, item, path)
    if data.dtype == TEXT and claimed:
        longest = int(raw.check_texts(identity.get_offset(), shape[0]).max())
        if longest > data.longest:
            raise _wrong(path, f"{name} holds a name of {longest:,} bytes, expected {data.longest} at most")
    return shape, stored


def _check_storage(name: str, data: Data, identity: h5d.DatasetID, claimed: int, item: int, path: Path) -> int:
    """Check how a dataset is stored; return its size in the file in bytes."""
    plan = identity.get_create_plist()
    layout, chunked = plan.get_layout(), plan.get_layout() == h5d.CHUNKED
    if plan.get_external_count() or layout not in {h5d.CONTIGUOUS, h5d.CHUNKED} or (chunked and data.dtype == TEXT):
        raise _wrong(path, f"keeps {name} outside itself", remedy="only self-contained files are read")
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    if not set(filters) <= (_FILTERS if data.packed else set()) or len(set(filters)) != len(filters):
        raise _wrong(path, f"{name} is compressed in another way than gzip" if data.packed else f"{name} is compressed")
    chunk = math.prod(plan.get_chunk()) * item if chunked else 0
    if chunk > MOST_CHUNK:
        raise _wrong(path, f"{name} is stored in pieces of {chunk:,} bytes, expected {MOST_CHUNK:,} at most")
    stored = int(identity.get_storage_size())
    if claimed > stored * (MAX_RATIO if filters else 1):
        raise _wrong(path, f"{name} claims {claimed:,} bytes, but stores {stored:,}")
    return stored


def _check_attributes(name: str, data: Data, identity: h5d.DatasetID, raw: RawFile, path: Path) -> None:
    if not h5a.get_num_attrs(identity):
        return
    for attribute, length in raw.attributes(h5o.get_info(identity).addr).items():
        if attribute not in data.attributes or length is None or length > MOST_NAME:
            raise _wrong(path, f"{name} has an attribute {shown(attribute)} that is not part of such a file")


def _compare(
    name: str, group: str, data: Data, shape: tuple[int, ...], contents: Contents, path: Path, *, derived: bool
) -> None:
    """Compare a shape with the sizes of the table, either the named ones or the derived ones."""
    contents.shapes[name] = shape
    expected = []
    for size, wanted in zip(shape, shape if data.shape is None else data.shape, strict=True):
        if isinstance(wanted, int):
            expected.append(wanted)
            continue
        base, _, part = wanted.partition("/")
        key = f"{group}/{base}" if base.startswith("*") else base
        if not part:
            expected.append(contents.sizes.setdefault(key, size))
        else:
            expected.append(-(-contents.sizes[key] // int(part)) if derived else size)
    if shape != tuple(expected):
        raise _wrong(path, f"{name} has shape {shape}, expected {tuple(expected)}")


def _type_of(kind: h5t.TypeID) -> str:
    try:
        return str(kind.dtype)[:60]
    except (TypeError, ValueError, OverflowError, RuntimeError, NotImplementedError):
        return "of another kind"


def _wrong(
    path: Path, problem: str, *, remedy: str = "the file is damaged or of another program; make it again"
) -> InputError:
    return InputError(problem, path=path, remedy=remedy)


def shown(text: str) -> str:
    """Return a text of a file for a message: short, and without control characters."""
    clean = text.encode("ascii", "backslashreplace").decode()
    clean = _STRANGE.sub("?", clean)
    return clean if len(clean) <= 60 else f"{clean[:60]}..."


def check_name(text: object, path: Path | None, *, what: str, longest: int = MOST_NAME) -> str:
    """Return a name of a chromosome or sample; refuse a name that tables or tracks cannot store.

    Raises
    ------
    InputError
        If it is empty, has more than ``longest`` bytes, is not Unicode, or holds a tab, line break or other control
        character.
    """
    if not isinstance(text, str) or not text:
        raise InputError(f"{what} is empty or not a text", path=path)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise InputError(f"{what} is not Unicode ({shown(text)})", path=path) from error
    if size > longest:
        raise InputError(
            f"{what} has {size:,} bytes ({shown(text)}), expected {longest} at most",
            path=path,
            remedy="give it a shorter name",
        )
    if _STRANGE.search(text):
        raise InputError(f"{what} holds a control character ({shown(text)})", path=path, remedy="rename it")
    return text


def check_names(texts: Iterable[str], path: Path | None, *, what: str, longest: int = MOST_NAME) -> list[str]:
    """Return names that :func:`check_name` accepts; refuse a name that occurs twice."""
    names = [check_name(text, path, what=what, longest=longest) for text in texts]
    if len(set(names)) != len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError(f"{what} occurs twice ({shown(twice)})", path=path)
    return names


def check_lengths(
    names: list[str], lengths: np.ndarray, path: Path | None, *, longest: int = MOST_NAME
) -> dict[str, int]:
    """Return chromosomes, name to length in bp; 0 means unknown.

    Raises
    ------
    InputError
        If a name is invalid or occurs twice, or if a length is negative or above :data:`MOST_LENGTH`.
    """
    checked = check_names(names, path, what="a chromosome's name", longest=longest)
    chromosomes = dict(zip(checked, lengths.tolist(), strict=True))
    for name, length in chromosomes.items():
        if not 0 <= length <= MOST_LENGTH:
            raise InputError(
                f"{shown(name)} has a length of {length:,} bp, expected {MOST_LENGTH:,} at most", path=path
            )
    return chromosomes


def check_digests(texts: Sequence[str], path: Path | None) -> list[str]:
    """Return the SHA-256 of files as hexadecimal text.

    Raises
    ------
    InputError
        If one is no SHA-256.
    """
    for text in texts:
        if not _SHA256.fullmatch(text):
            raise InputError(f"has a SHA-256 of an input that is none ({shown(text)})", path=path)
    return list(texts)


def check_depth(value: object, path: Path, name: str) -> None:
    """Raise InputError if JSON is deeper than :data:`MOST_DEPTH`."""
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise InputError(f"{name} is JSON of more than {MOST_DEPTH} levels", path=path, remedy="make the file again")
