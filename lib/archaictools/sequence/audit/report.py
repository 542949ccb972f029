"""Audit of a split: what a model can use without having learnt anything, in one report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from archaictools.learning.report import Audit
from archaictools.learning.splits import EXCLUDED, SIDES, Locations, Split, SplitScheme, make_splits
from archaictools.sequence.audit.composition import Separability, features, separability
from archaictools.sequence.audit.coverage import Coverage, coverage
from archaictools.sequence.audit.overlap import LeakageReport, check_leakage, worst, worst_of
from archaictools.sequence.audit.shared_kmers import TWIN, SharedSequence, shared_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archaictools.sequence.token_file import Sentences

SCHEMA_VERSION = 1

#: Share of test windows that are twins of training windows, above which a split is suspect, and leaky.
SUSPECT_TWINS, LEAKY_TWINS = 0.05, 0.25
#: AUROC of length or of N alone, in either direction, above which the classes were cut differently.
CUT_DIFFERENTLY = 0.7


class FoldVerdict(Audit):
    """Verdict on one fold, counted from 1."""

    fold: int


class _RequiredParts(Audit):
    schema_version: int
    reasons: list[str]
    split: dict[str, Any]
    windows: dict[str, int]
    coverage: Coverage
    coordinates: LeakageReport


class AuditReport(_RequiredParts, total=False):
    """Report of an audit, as ``audit --out`` writes it; ``sequence`` and ``separability`` need the sequence.

    ``split`` is the stored form of the split, and ``windows`` are numbers by side. ``reasons`` has one sentence for
    each part that is not clean. With folds it is the report of the worst fold, and ``folds`` has the verdict of each.
    """

    sequence: SharedSequence
    separability: dict[str, Separability]
    folds: list[FoldVerdict]


def audit_split(
    locations: Locations, scheme: SplitScheme, *, read: Callable[[], Iterable[Sentences]] | None = None
) -> AuditReport:
    """Audit a split of labelled windows, or every fold.

    Parameters
    ----------
    locations
        Locations and labels of the windows.
    scheme
        The split, as for training.
    read
        Returns the sequence of all windows from the first at each call; None to audit coordinates alone.

    Returns
    -------
    AuditReport
        Its verdict is the worst of those of its parts.

    Raises
    ------
    InputError
        If the windows cannot be split.
    """
    reports = [_audit(locations, split, read) for split in make_splits(locations, scheme)]
    report = worst_of(reports)
    if scheme.folds:
        report["folds"] = [
            {"fold": number, "verdict": found["verdict"], "reason": found["reason"]}
            for number, found in enumerate(reports, start=1)
        ]
    return report


def _audit(locations: Locations, split: Split, read: Callable[[], Iterable[Sentences]] | None) -> AuditReport:
    """Audit one split."""
    sides = split.sides(locations)
    coordinates = check_leakage(locations, sides, split.options)
    parts = [(coordinates["verdict"], coordinates["reason"])]
    report: AuditReport = {
        "schema_version": SCHEMA_VERSION,
        "verdict": "",
        "reason": "",
        "reasons": [],
        "split": split.to_dict(),
        "windows": {name: int((sides == side).sum()) for name, side in {**SIDES, "unused": EXCLUDED}.items()},
        "coverage": coverage(locations),
        "coordinates": coordinates,
    }
    if read is not None:
        report["sequence"] = shared_sequence(read, sides, locations.label)
        report["separability"] = separability(features(read(), len(locations)), locations.label, sides)
        parts += [_of_sequence(report["sequence"]), *_of_cutting(report["separability"])]
    report["verdict"] = worst(*(verdict for verdict, _ in parts))
    report["reason"] = next(reason for verdict, reason in parts if verdict == report["verdict"])
    report["reasons"] = [reason for verdict, reason in parts if verdict != "clean"]
    return report


def _of_sequence(found: SharedSequence) -> tuple[str, str]:
    """Return the verdict by shared sequence, and the reason."""
    share = found["twins_share"]
    sentence = f"{share:.1%} of the test windows have {TWIN:.0%} or more of their 31-mers in training windows"
    if share > LEAKY_TWINS:
        return "leaky", sentence
    return ("suspect" if share > SUSPECT_TWINS else "clean"), sentence


def _of_cutting(found: Mapping[str, Separability]) -> list[tuple[str, str]]:
    """Return the verdicts by the way in which the classes were cut, and the reasons."""
    parts = []
    for name, what in (("length", "the length of a window"), ("n", "the number of N in a window")):
        auroc = found[name]["auroc"]
        different = max(auroc, 1 - auroc) > CUT_DIFFERENTLY
        parts.append(("suspect" if different else "clean", f"{what} alone tells the class (AUROC {auroc:.3f})"))
    return parts


def audit_table(report: AuditReport) -> pd.DataFrame:
    """Return a report as rows ``check, item, value``."""
    parts = cast("Mapping[str, Any]", report)
    rows: list[tuple[str, str, Any]] = [
        ("verdict", "verdict", report["verdict"]),
        ("verdict", "reason", report["reason"]),
    ]
    rows += [
        (f"fold {fold['fold']}", item, fold[item]) for fold in report.get("folds", []) for item in ("verdict", "reason")
    ]
    for check in ("windows", "coordinates", "coverage", "sequence", "separability"):
        rows += [(check, item, value) for item, value in _flat(parts.get(check, {}))]
    return pd.DataFrame(rows, columns=["check", "item", "value"])


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield the items of nested mappings, with the names joined by spaces."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{name} ")
        elif isinstance(inner, list):
            yield prefix + name, ", ".join(f"{part:.6g}" for part in inner)
        else:
            yield prefix + name, "NA" if inner is None else f"{inner:.6g}" if isinstance(inner, float) else inner
