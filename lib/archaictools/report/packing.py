"""Tables packed by column for an HTML page, and small enough to be embedded: 46,000 rows of segments take 1 MB.

A packed table is gzip of these bytes, in base64:

* the length of the header in bytes, 32 bits, little-endian;
* the header, JSON in ASCII, filled up with spaces to a multiple of 8 bytes;
* the columns, little-endian, each filled up with zeros to a multiple of 8 bytes.

The header is ``{"rows": n, "columns": [...]}``. A column has ``name``; ``kind`` (``text``, ``number``, ``flag``);
``type`` (``u1 u2 u4 i1 i2 i4 f4 f8``, as NumPy names them); ``at``, the offset of its values behind the header;
``delta``, whether each value is the difference to the one before; and ``missing``, the offset of one byte a row that is
1 where the value is NA, or null if no value is. A text column has ``words``: its values are places in that list. Names
of columns and words are safe for scripts, see :mod:`archaictools.report.names`.

The page decodes a table when it is first needed (``assets/data.js``).
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from archaictools.report.names import safe_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INTEGERS = ("u1", "i1", "u2", "i2", "u4", "i4")
_EXACT = 2**53


def gzip_base64(content: bytes) -> str:
    """Return bytes as base64 of gzip, without a time stamp: equal bytes give equal texts."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return base64.b64encode(packer.compress(content) + packer.flush()).decode("ascii")


def pack(frame: pd.DataFrame) -> str:
    """Return a table as text for an HTML page, see the module's first lines.

    Parameters
    ----------
    frame
        Columns of text, whole numbers, floating-point numbers or truth values; NA in any of them stays NA.
        Whole numbers are exact up to 2**53, whatever their type; other numbers are stored in 32 bits.

    Raises
    ------
    TypeError
        A column has values of another kind, or of several kinds.
    ValueError
        Two columns have the same name.
    """
    if not frame.columns.is_unique:
        raise ValueError("two columns of a packed table have the same name")
    body, columns, size = [], [], 0
    for place in range(frame.shape[1]):
        described, arrays = _column(frame.iloc[:, place])
        for key, array in arrays.items():
            described[key] = size
            body.append(array.tobytes() + bytes(-array.nbytes % 8))
            size += len(body[-1])
        columns.append(described)
    header = json.dumps({"rows": len(frame), "columns": columns}, separators=(",", ":")).encode("ascii")
    header += b" " * (-(len(header) + 4) % 8)
    return gzip_base64(len(header).to_bytes(4, "little") + header + b"".join(body))


def _column(values: pd.Series) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the description of a column, and its arrays by the key that gets their offset."""
    missing = values.isna().to_numpy(dtype=bool)
    present = values[~missing]
    kind = _kind(present)
    found: dict[str, Any] = {"name": safe_name(str(values.name)), "kind": kind, "delta": False, "missing": None}
    packed: NDArray[Any]
    if kind == "text":
        codes, words = pd.factorize(present.astype(object))
        found["words"] = [safe_name(str(word)) for word in words]
        packed, found["delta"] = _integers(_spread(codes.astype(np.int64), missing))
    elif kind == "flag":
        packed = _spread(present.to_numpy(dtype=np.uint8), missing)
    elif (whole := _whole(present)) is not None:
        packed, found["delta"] = _integers(_spread(whole, missing))
    else:
        packed = _spread(present.to_numpy(dtype=np.float64), missing).astype("<f4")
    found["type"] = packed.dtype.str[1:]
    return found, {"at": packed, **({"missing": missing.astype("u1")} if missing.any() else {})}


def _kind(present: pd.Series) -> Literal["text", "flag", "number"]:
    """Return what the values of a column are; a column without values is text."""
    found = pd.api.types.infer_dtype(present.astype(object), skipna=False)
    if found in {"string", "empty"}:
        return "text"
    if found == "boolean":
        return "flag"
    if found in {"integer", "floating", "mixed-integer-float"}:
        return "number"
    raise TypeError(f"column {present.name!r} of a packed table is neither text nor numbers, but {found}")


def _whole(present: pd.Series) -> NDArray[np.int64] | None:
    """Return numbers as whole numbers, or None if one of them is not."""
    if pd.api.types.is_integer_dtype(present.dtype):
        return np.asarray(present, dtype=np.int64)
    floats = present.to_numpy(dtype=np.float64)
    if bool(np.all(np.isfinite(floats) & (floats == np.rint(floats)) & (np.abs(floats) <= _EXACT))):
        return floats.astype(np.int64)
    return None


def _spread(present: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    """Return values with those missing filled in by the value before them, which costs little when packed."""
    if not len(present):
        return np.zeros(len(missing), dtype=present.dtype)
    places: NDArray[np.intp] = np.maximum(np.cumsum(~missing) - 1, 0)
    filled: NDArray[Any] = present[places]
    return filled


def _integers(values: NDArray[np.int64]) -> tuple[NDArray[Any], bool]:
    """Return whole numbers in the smallest type, as differences if these compress better, and whether they are."""
    plain = _narrowed(values)
    if plain.dtype.itemsize == 1 or plain.dtype.kind == "f":
        return plain, False
    delta = _narrowed(np.diff(values, prepend=0))
    shorter = len(zlib.compress(delta.tobytes(), 1)) < len(zlib.compress(plain.tobytes(), 1))
    return (delta, True) if shorter else (plain, False)


def _narrowed(values: NDArray[np.int64]) -> NDArray[Any]:
    """Return whole numbers in the smallest type that contains them; beyond 32 bits as 64-bit floating point."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    for code in _INTEGERS:
        bounds = np.iinfo(code)
        if bounds.min <= low and high <= bounds.max:
            return values.astype(f"<{code}")
    if max(-low, high) > _EXACT:
        raise ValueError("a whole number of a packed table is beyond 2**53, which a browser cannot hold")
    return values.astype("<f8")
