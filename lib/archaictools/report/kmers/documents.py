"""Readers of the JSON documents of training and evaluation of k-mers, which are checked before they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archaictools.errors import InputError
from archaictools.report.files import read_json
from archaictools.report.kmers.numbers import known

if TYPE_CHECKING:
    from pathlib import Path

_TRAIN, _EVALUATE = "archaictools train --metrics", "archaictools evaluate --metrics"

#: Measures of :class:`archaictools.learning.metrics.Metrics` that the report shows; each may be null.
_MEASURES = ("prevalence", "accuracy", "auroc", "auprc", "mcc", "brier", "ece")
_INTERVALS = ("accuracy", "auroc", "auprc", "mcc", "brier", "ece")


def read_metrics(path: Path) -> Mapping[str, Any]:
    """Return the JSON of ``train --metrics`` of k-mers.

    Raises
    ------
    InputError
        If the file is another document, is of haplotypes, or lacks what the report shows.
    """
    found = read_json(path, "verdict", _TRAIN)
    if "models" in found:
        raise InputError(
            "is an evaluation, expected the metrics of training", path=path, remedy="give it as --evaluation"
        )
    if _is_of_haplotypes(found):
        raise _of_haplotypes(path, "metrics")
    if "coordinates" in found and "separability" in found:
        raise InputError(
            "is an audit of a split, expected the metrics of training", path=path, remedy=f"give the file of '{_TRAIN}'"
        )
    check_metrics(found, path, _TRAIN)
    return found


def read_evaluation(path: Path) -> Mapping[str, Any]:
    """Return the JSON of ``evaluate --metrics`` of k-mers.

    Raises
    ------
    InputError
        If the file is another document, is of haplotypes, or lacks what the report shows.
    """
    found = read_json(path, "verdict", _EVALUATE)
    if "models" not in found and "training" in found:
        raise InputError("is the metrics of training, expected an evaluation", path=path, remedy="give it as --metrics")
    if _is_of_haplotypes(found):
        raise _of_haplotypes(path, "evaluation")
    check_metrics(found, path, _EVALUATE)
    models = _part(found, "models", path, _EVALUATE)
    if "model" not in models:
        raise _lacks("models.model", path, _EVALUATE)
    for name, row in models.items():
        _check_measures(row, f"models.{name}", path, _EVALUATE, intervals=True)
    calibration = found.get("calibration")
    curve = calibration.get("reliability", []) if isinstance(calibration, Mapping) else []
    wanted = {"mean_probability", "introgressed_share", "n", "low", "high", "model"}
    if not isinstance(curve, list) or not all(isinstance(row, Mapping) and wanted <= set(row) for row in curve):
        raise _lacks("calibration.reliability", path, _EVALUATE)
    similarity = found.get("similarity", [])
    wanted = {"above", "up_to", "n"}
    if not isinstance(similarity, list) or not all(
        isinstance(row, Mapping) and wanted <= set(row) for row in similarity
    ):
        raise _lacks("similarity", path, _EVALUATE)
    return found


def check_metrics(found: Mapping[str, Any], path: Path, source: str) -> None:
    """Raise InputError if a document lacks a verdict, an audit or measures that the report shows."""
    if found.get("verdict") not in {"skill", "no skill", "leaky"} or not isinstance(found.get("reason"), str):
        raise _lacks("verdict", path, source)
    audit = _part(found, "audit", path, source)
    if not isinstance(audit.get("verdict"), str) or not isinstance(audit.get("reason"), str):
        raise _lacks("audit.verdict", path, source)
    for side in ("train", "validation", "test"):
        _check_measures(_part(found, side, path, source), side, path, source, intervals=side == "test")
    for name, row in _part(found, "chromosomes", path, source).items():
        _check_measures(row, f"chromosomes.{name}", path, source)
    for key in ("split", "training"):
        _part(found, key, path, source)


def _check_measures(row: object, name: str, path: Path, source: str, *, intervals: bool = False) -> None:
    if not isinstance(row, Mapping) or not isinstance(row.get("n"), int):
        raise _lacks(f"{name}.n", path, source)
    for key in _MEASURES:
        if key not in row or not (row[key] is None or known(row[key])):
            raise _lacks(f"{name}.{key}", path, source)
    for key in _INTERVALS if intervals else ():
        pair = row.get(f"{key}_ci")
        if not isinstance(pair, list) or len(pair) != 2 or not all(one is None or known(one) for one in pair):
            raise _lacks(f"{name}.{key}_ci", path, source)


def _part(found: Mapping[str, Any], key: str, path: Path, source: str) -> Mapping[str, Any]:
    part = found.get(key)
    if not isinstance(part, Mapping):
        raise _lacks(key, path, source)
    return part


def _is_of_haplotypes(found: Mapping[str, Any]) -> bool:
    """Tell whether a document is of the other wing: bins in the network, or base-wise measures."""
    network, test = found.get("network"), found.get("test")
    return (isinstance(network, Mapping) and network.get("per_bin") is True) or (
        isinstance(test, Mapping) and "f1_bp" in test
    )


def _of_haplotypes(path: Path, what: str) -> InputError:
    return InputError(
        f"is the {what} of a model of haplotypes, expected one of k-mers",
        path=path,
        remedy="give it to a report of people, or give the file of k-mers",
    )


def _lacks(key: str, path: Path, source: str) -> InputError:
    return InputError(
        f"lacks {key!r}, or it has a value that is not known", path=path, remedy=f"give the file of '{source}'"
    )
