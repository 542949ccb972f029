"""Reader of the JSON document of an evaluation of people: what the report shows is checked before it is used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archaictools.errors import InputError
from archaictools.report.files import read_json

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE = "evaluate --metrics"

#: Numbers of a row of the comparison, and of the lists in it; each may be null.
_ROW = ("precision_bp", "recall_bp", "f1_bp", "half_true", "auprc", "prevalence")
_LISTS = {
    "recall_by_length": ("from", "to", "bases", "recall"),
    "by_threshold": ("threshold", "precision_bp", "recall_bp", "f1_bp"),
}
_CURVE = ("mean_probability", "introgressed_share", "n")


def read_evaluation(path: Path) -> Mapping[str, Any]:
    """Return the JSON of ``evaluate --metrics`` of haplotypes.

    Raises
    ------
    InputError
        If the file is another document, is of k-mers, or lacks what the report shows.
    """
    found = read_json(path, "models", _SOURCE)
    models = found["models"]
    model = models.get("model") if isinstance(models, Mapping) else None
    if not isinstance(model, Mapping):
        raise _lacks("models.model", path)
    if "precision_bp" not in model and "auroc" in model:
        raise InputError(
            "is the evaluation of a model of k-mers, expected one of haplotypes",
            path=path,
            remedy="give it to a report of k-mers, or give the file of haplotypes",
        )
    for key in ("verdict", "reason"):
        if not isinstance(found.get(key), str):
            raise _lacks(key, path)
    if not isinstance(model.get("n"), int):
        raise _lacks("models.model.n", path)
    for name, row in models.items():
        _check_row(row, f"models.{name}", path)
    calibration = found.get("calibration")
    curve = calibration.get("reliability") if isinstance(calibration, Mapping) else None
    if not _is_table(curve, _CURVE):
        raise _lacks("calibration.reliability", path)
    return found


def _check_row(row: object, name: str, path: Path) -> None:
    if not isinstance(row, Mapping) or not isinstance(row.get("kind"), str):
        raise _lacks(f"{name}.kind", path)
    for key in _ROW:
        if key not in row or not _is_number(row[key]):
            raise _lacks(f"{name}.{key}", path)
    interval = row.get("auprc_ci")
    if not isinstance(interval, list) or len(interval) != 2 or not all(map(_is_number, interval)):
        raise _lacks(f"{name}.auprc_ci", path)
    for key, columns in _LISTS.items():
        if not _is_table(row.get(key, []), columns):
            raise _lacks(f"{name}.{key}", path)


def _is_table(rows: object, columns: tuple[str, ...]) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, Mapping) and all(name in row and _is_number(row[name]) for name in columns) for row in rows
    )


def _is_number(value: object) -> bool:
    """Tell whether a value is null or a finite number."""
    return value is None or (isinstance(value, int | float) and math.isfinite(value))


def _lacks(key: str, path: Path) -> InputError:
    return InputError(
        f"lacks {key!r}, or it has a value that is not known", path=path, remedy=f"give the file of '{_SOURCE}'"
    )
