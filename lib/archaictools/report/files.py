"""Files of a report that both wings read: JSON documents, and the checksums of all inputs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archaictools.errors import InputError, shorten
from archaictools.io.files import open_text, sha256
from archaictools.io.tables import LARGEST

if TYPE_CHECKING:
    from collections.abc import Mapping


def digests(files: Any) -> dict[str, str]:
    """Return the SHA-256 of every file in a dataclass of paths, by ``--option NAME``; folders have none."""
    found = {}
    for each in fields(files):
        path = getattr(files, each.name)
        if isinstance(path, Path) and path.is_file():
            found[_key(each.name, path)] = sha256(path) if path.stat().st_size else hashlib.sha256().hexdigest()
    return found


def digest_of(known: Mapping[str, str], field: str, path: Path) -> str:
    """Return the SHA-256 of a file, as from :func:`digests`, given the name of its option."""
    return known[_key(field, path)]


def _key(field: str, path: Path) -> str:
    return f"--{field.replace('_', '-')} {path.name}"


def check_recorded(
    document: Mapping[str, Any], path: Path, named: Mapping[str, Path | None], known: Mapping[str, str], remedy: str
) -> None:
    """Compare the checksums of inputs that a document records with those of the files of the report.

    Parameters
    ----------
    document, path
        JSON of ``predict --record`` or ``evaluate --metrics``, and its file.
    named
        File by the name of the input in the document (``model``, ``words``), or None if it was not given.
    known
        As from :func:`digests`.
    remedy
        What to do about a difference.

    Raises
    ------
    InputError
        If a recorded checksum is that of another file.
    """
    for name, file in named.items():
        digest = _recorded(document, name)
        if digest and file and digest != digest_of(known, name, file):
            raise InputError(f"is of another file than {file} (their SHA-256 differ)", path=path, remedy=remedy)


def check_same_inputs(
    one: tuple[Mapping[str, Any] | None, Path | None],
    other: tuple[Mapping[str, Any] | None, Path | None],
    names: tuple[str, ...],
    remedy: str,
) -> None:
    """Raise InputError if two documents, given with their files, record different inputs of one name.

    Parameters
    ----------
    one, other
        JSON of ``predict --record`` or ``evaluate --metrics``, and its file; None if it was not given.
    names
        Inputs to compare (``model``, ``words``).
    remedy
        What to do about a difference.
    """
    for name in names:
        first, second = (_recorded(document, name) for document, _ in (one, other))
        if first and second and first != second:
            raise InputError(
                f"is of another {name} than {other[1]} (the SHA-256 of the {name} differ)", path=one[1], remedy=remedy
            )


def _recorded(document: Mapping[str, Any] | None, name: str) -> Any:
    """Return the SHA-256 of an input that a document records, or None."""
    inputs = document.get("inputs") if document else None
    recorded = inputs.get(name) if isinstance(inputs, dict) else None
    return recorded.get("sha256") if isinstance(recorded, dict) else None


class _TooLargeError(Exception):
    """A number of a JSON document is too large to be a measure or a count."""


def _finite(text: str) -> float:
    value = float(text)
    if not abs(value) <= LARGEST:
        raise _TooLargeError(text)
    return value


def _finite_whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST:
        raise _TooLargeError(text)
    return int(text)


def read_json(path: Path, key: str, source: str) -> Mapping[str, Any]:
    """Return a JSON document that has a key; plain or gzip, with or without a byte-order mark.

    Raises
    ------
    InputError
        If it is no JSON, has a number beyond :data:`archaictools.io.tables.LARGEST`, or if the key is missing.
    """
    with open_text(path) as handle:
        text = handle.read()
    try:
        found = json.loads(text, parse_float=_finite, parse_int=_finite_whole)
    except _TooLargeError as error:
        raise InputError(
            f"has the number {shorten(error)}, expected none beyond {LARGEST:g}",
            path=path,
            remedy=f"give the file of '{source}'",
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError("is no JSON", path=path, remedy=f"give the file of '{source}'") from error
    if not isinstance(found, dict) or key not in found:
        raise InputError(f"has no key {key!r}", path=path, remedy=f"give the file of '{source}'")
    return found


def read_record(path: Path) -> Mapping[str, Any]:
    """Return the record of ``predict --record``, see :func:`archaictools.provenance.record`.

    Raises
    ------
    InputError
        If it is another document, or the record of another verb.
    """
    source = "predict --record"
    found = read_json(path, "verb", source)
    if found["verb"] != "predict":
        raise InputError(
            f"is a record of {shorten(found['verb'])!r}, expected one of 'predict'",
            path=path,
            remedy=f"give the file of '{source}'",
        )
    inputs = found.get("inputs")
    for key, right in (
        ("parameters", isinstance(found.get("parameters"), dict)),
        ("libraries", isinstance(found.get("libraries", {}), dict)),
        ("inputs", isinstance(inputs, dict) and all(isinstance(each, dict) for each in inputs.values())),
    ):
        if not right:
            raise InputError(
                f"lacks {key!r}, or it has a value that is not known", path=path, remedy=f"give the file of '{source}'"
            )
    return found
