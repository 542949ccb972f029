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
    from collections.abc import Mapping, Sequence


def digests(files: Any) -> dict[str, str]:
    """Return the SHA-256 of every file in a dataclass of paths, by ``--option NAME``; folders have none.

    A second file of one option and name is ``--option NAME (2)``.
    """
    found: dict[str, str] = {}
    for each in fields(files):
        given = getattr(files, each.name)
        for path in given if isinstance(given, tuple) else (given,):
            if isinstance(path, Path) and path.is_file():
                key = _key(each.name, path)
                same = sum(known == key or known.startswith(f"{key} (") for known in found)
                digest = sha256(path) if path.stat().st_size else hashlib.sha256().hexdigest()
                found[f"{key} ({same + 1})" if same else key] = digest
    return found


def digest_of(known: Mapping[str, str], field: str, path: Path) -> str:
    """Return the SHA-256 of the one file of an option, as from :func:`digests`."""
    return known[_key(field, path)]


def _key(field: str, path: Path) -> str:
    return f"--{field.replace('_', '-')} {path.name}"


def check_recorded(
    document: Mapping[str, Any],
    path: Path,
    named: Mapping[str, Sequence[Path]],
    known: Mapping[str, str],
    remedy: str,
) -> None:
    """Compare the checksums of inputs that a document records with those of the files of the report.

    Parameters
    ----------
    document, path
        JSON of ``predict --record`` or ``evaluate --metrics``, and its file.
    named
        Files by the name of the input in the document (``model``, ``words``); none if it was not given.
    known
        As from :func:`digests`.
    remedy
        What to do about a difference.

    Raises
    ------
    InputError
        If a recorded checksum is that of none of the files.
    """
    for name, files in named.items():
        digest = _recorded(document, name)
        held = {value for key, value in known.items() if key.startswith(f"--{name} ")}
        if digest and files and digest not in held:
            raise InputError(
                f"is of another file than {first_of(files)} (their SHA-256 differ)", path=path, remedy=remedy
            )


def check_same_inputs(
    one: tuple[Mapping[str, Any], Path],
    others: Sequence[tuple[Mapping[str, Any], Path]],
    names: tuple[str, ...],
    remedy: str,
) -> None:
    """Raise InputError if a document records another input of one name than all other documents that record it.

    Parameters
    ----------
    one, others
        JSON of ``predict --record`` or ``evaluate --metrics``, each with its file.
    names
        Inputs to compare (``model``, ``words``).
    remedy
        What to do about a difference.
    """
    for name in names:
        own = _recorded(one[0], name)
        recorded = [(digest, path) for document, path in others if (digest := _recorded(document, name))]
        if own and recorded and own not in [digest for digest, _ in recorded]:
            raise InputError(
                f"is of another {name} than {recorded[0][1]} (the SHA-256 of the {name} differ)",
                path=one[1],
                remedy=remedy,
            )


def first_of(files: Sequence[Path]) -> str:
    """Return the name of the first of several files, and how many others there are.

    Examples
    --------
    >>> first_of([Path("chr1.h5")]), first_of([Path("chr1.h5"), Path("chr2.h5"), Path("chr3.h5")])
    ('chr1.h5', 'chr1.h5 and 2 more')
    """
    return f"{files[0]} and {len(files) - 1:,} more" if len(files) > 1 else str(files[0])


def _recorded(document: Mapping[str, Any], name: str) -> Any:
    """Return the SHA-256 of an input that a document records, or None."""
    inputs = document.get("inputs")
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
