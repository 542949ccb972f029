"""Is a split honest? Everything that a model could use without having learnt anything, in one report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from archaictools.learning.splits import EXCLUDED, SIDES, Locations, Split, SplitScheme, make_splits
from archaictools.sequence.audit.composition import features, separability
from archaictools.sequence.audit.coverage import coverage
from archaictools.sequence.audit.overlap import VERDICTS, check_leakage, worst
from archaictools.sequence.audit.shared_kmers import TWIN, shared_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archaictools.sequence.token_file import Sentences

SCHEMA_VERSION = 1

#: Share of test windows that are twins of training windows from which a split is suspect, and leaky.
SUSPECT_TWINS, LEAKY_TWINS = 0.05, 0.25
#: AUROC of length or of N alone, either way, from which the classes were cut differently.
CUT_DIFFERENTLY = 0.7


def audit_split(
    places: Locations, options: SplitScheme, *, read: Callable[[], Iterable[Sentences]] | None = None
) -> dict[str, Any]:
    """Audit a split of labelled windows, or every fold of one.

    Parameters
    ----------
    places
        Where the windows lie, and their labels.
    options
        The split, as for training.
    read
        Gives all windows' sequence from the first, each time it is called; left out: coordinates are judged alone.

    Returns
    -------
    dict
        ``schema_version, verdict, reason, split, windows, coverage, coordinates`` and, with sequence, ``sequence,
        separability``. The verdict is the worst of its parts; ``reasons`` gives one sentence for each part that is
        not clean. With folds it is the report of the worst fold, and ``folds`` gives the verdict of each.

    Raises
    ------
    InputError
        If the windows cannot be split.
    """
    reports = [_audit(places, split, read) for split in make_splits(places, options)]
    report = max(reports, key=lambda report: VERDICTS.index(report["verdict"]))
    if options.folds:
        report["folds"] = [
            {"fold": number, "verdict": found["verdict"], "reason": found["reason"]}
            for number, found in enumerate(reports, start=1)
        ]
    return report


def _audit(places: Locations, split: Split, read: Callable[[], Iterable[Sentences]] | None) -> dict[str, Any]:
    options, sides = split.options, split.sides(places)
    coordinates = check_leakage(places, sides, options)
    judged = [(coordinates["verdict"], coordinates["reason"])]
    report: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "verdict": "", "reason": "", "reasons": []}
    report["split"] = split.to_dict()
    report["windows"] = {name: int((sides == side).sum()) for name, side in {**SIDES, "unused": EXCLUDED}.items()}
    report["coverage"] = coverage(places)
    report["coordinates"] = coordinates
    if read is not None:
        report["sequence"] = shared_sequence(read, sides, places.label)
        report["separability"] = separability(features(read(), len(places)), places.label, sides)
        judged += [_of_sequence(report["sequence"]), *_of_cutting(report["separability"])]
    report["verdict"] = worst(*(verdict for verdict, _ in judged))
    report["reasons"] = [reason for verdict, reason in judged if verdict != "clean"]
    report["reason"] = next(reason for verdict, reason in judged if verdict == report["verdict"])
    return report


def _of_sequence(found: dict[str, Any]) -> tuple[str, str]:
    share = found["twins_share"]
    sentence = f"{share:.1%} of the test windows have {TWIN:.0%} or more of their 31-mers in training windows"
    if share > LEAKY_TWINS:
        return "leaky", sentence
    return ("suspect" if share > SUSPECT_TWINS else "clean"), sentence


def _of_cutting(found: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    judged = []
    for name, what in (("length", "the length of a window"), ("n", "the number of N in a window")):
        auroc = found[name]["auroc"]
        different = max(auroc, 1 - auroc) > CUT_DIFFERENTLY
        judged.append(("suspect" if different else "clean", f"{what} alone tells the class (AUROC {auroc:.3f})"))
    return judged


def audit_table(report: dict[str, Any]) -> pd.DataFrame:
    """Return a report as rows ``check, item, value``."""
    rows: list[tuple[str, str, Any]] = [
        ("verdict", "verdict", report["verdict"]),
        ("verdict", "reason", report["reason"]),
    ]
    rows += [
        (f"fold {fold['fold']}", item, fold[item]) for fold in report.get("folds", []) for item in ("verdict", "reason")
    ]
    for check in ("windows", "coordinates", "coverage", "sequence", "separability"):
        rows += [(check, item, value) for item, value in _flat(report.get(check, {}))]
    return pd.DataFrame(rows, columns=["check", "item", "value"])


def _flat(value: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{name} ")
        elif isinstance(inner, list):
            yield prefix + name, ", ".join(f"{part:.6g}" for part in inner)
        else:
            yield prefix + name, "NA" if inner is None else f"{inner:.6g}" if isinstance(inner, float) else inner
