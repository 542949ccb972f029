"""The verdict on a model of k-mers in plain words, and what to mistrust.

The verdict itself is that of :mod:`archaictools.learning.report`: ``skill``, ``no skill`` or ``leaky``. An evaluation
counts more than the metrics of training, because it compares the model with baselines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archaictools.report.kmers.numbers import bounds, interval, known, number, percent
from archaictools.report.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archaictools.report.kmers.results import KmerResults

#: Fewer test windows than this, and an AUROC interval wider than this, are named as too few.
FEW_WINDOWS, WIDE = 500, 0.1
#: Expected calibration error from which probabilities count as not calibrated.
UNCALIBRATED = 0.05
#: AUROC on the training side above that of the test side from which the model has learnt single windows by heart.
BY_HEART = 0.1

#: Baselines in words.
BASELINES = {
    "model": "LSTM (this model)",
    "random_forest": "Random Forest on k-mer counts",
    "majority": "Majority class",
    "gc": "GC content",
    "bases": "Base composition",
    "dinucleotides": "Dinucleotide composition",
    "nearest_coordinate": "Nearest training window",
    "nearest_sequence": "Most similar training window",
    "shuffled_labels": "Network trained on shuffled labels",
}

_SPLITS = {
    "chromosome": "whole chromosomes are held out",
    "block": "blocks of the genome are held out",
    "interval": "whole regions are held out",
    "random": "windows are drawn at random",
    "file": "the sides are from a file",
}


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The verdict on a model.

    Attributes
    ----------
    verdict
        ``skill``, ``no skill`` or ``leaky``.
    title
        The verdict as a heading.
    meaning
        What it means: sentences in plain words.
    test
        Measures of the test side with intervals, see :class:`archaictools.learning.report.IntervalMetrics`.
    chromosomes
        Chromosomes of the test side.
    audit
        Audit of the split: ``verdict, reason``.
    split
        How the sides were made.
    compared
        Whether baselines were compared.
    """

    verdict: str
    title: str
    meaning: str
    test: Mapping[str, Any]
    chromosomes: tuple[str, ...]
    audit: Mapping[str, Any]
    split: str
    compared: bool


def measures_of(results: KmerResults) -> Mapping[str, Any] | None:
    """Return the document that the verdict is from: the evaluation, the metrics, or those inside of the model."""
    inside = results.model["metrics"] if results.model else None
    return results.evaluation or results.metrics or inside or None


def judgement(results: KmerResults) -> Judgement | None:
    """Return the verdict, or None if no result has one."""
    found = measures_of(results)
    if found is None:
        return None
    models = found.get("models") or {}
    verdict = str(found["verdict"])
    split = found.get("split") or {}
    folds = int(split.get("folds") or 0)
    how = _SPLITS.get(str(split.get("method")), "not known")
    return Judgement(
        verdict=verdict,
        title={
            "skill": "Skill: the model tells introgressed windows from depleted ones",
            "no skill": "No skill: the model does not tell introgressed windows from depleted ones",
        }.get(verdict, "Leaky split: nothing can be concluded from these measures"),
        meaning=_meaning(verdict, found, models),
        test=found["test"],
        chromosomes=tuple(found.get("chromosomes") or ()),
        audit=found["audit"],
        split=f"{how}, each of {folds} folds once" if folds else how,
        compared=bool(models),
    )


def _meaning(verdict: str, found: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what a verdict means."""
    if verdict == "leaky":
        return (
            "Windows of the test side overlap windows of the training side, or lie next to them. "
            "A model can recognise such windows without having learnt what introgression looks like. "
            "Train again on a split by chromosomes before you use any result below."
        )
    pairs = percent(found["test"]["auroc"])
    drawn = f"In {pairs} of pairs of test windows, one of each class, it ranks the introgressed window higher"
    if verdict == "no skill":
        worst = _unbeaten(models, "control")
        beside = f"It is not better than this control: {BASELINES.get(worst[0], worst[0])}. " if worst else ""
        return (
            f"{drawn}; chance is 50 %. {beside}"
            "This is a valid result: the model found nothing in these windows that holds on data it has not seen. "
            "Probabilities, k-mers, genes and segments below then carry no evidence of introgression."
        )
    controls = any(row.get("kind") == "control" for row in models.values())
    rivals = _unbeaten(models, "rival")
    names = listed([BASELINES.get(name, name) for name in rivals])
    return (
        f"{drawn}; chance is 50 %. "
        + (
            "It is better than every control, and controls cannot have learnt introgression. "
            if controls
            else "It was compared with chance only, not with baselines. "
        )
        + (f"{names} does as well, so these data give no reason to prefer an LSTM." if rivals else "")
    ).strip()


def _unbeaten(models: Mapping[str, Mapping[str, Any]], kind: str) -> list[str]:
    """Return baselines of a kind that the model does not beat by more than the interval, the best first."""
    found = [name for name, row in models.items() if row.get("kind") == kind and not bounds(row, "gain")[0] > 0]
    return sorted(found, key=lambda name: -models[name]["auroc"] if known(models[name]["auroc"]) else 0.0)


def doubts(results: KmerResults) -> tuple[str, ...]:
    """Return what a reader must mistrust, the gravest first."""
    found = measures_of(results)
    measured = tuple(_of_measures(found)) if found else ("No verdict was given: it is not known whether it has skill.",)
    return (*measured, *_of_predictions(results))


def _of_measures(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield doubts about split, size, baselines and calibration."""
    audit, test = found["audit"], found["test"]
    if audit["verdict"] != "clean":
        yield f"The split is {audit['verdict']}: {audit['reason']}."
    low, high = bounds(test, "auroc")
    if test["n"] < FEW_WINDOWS:
        yield f"Only {test['n']:,} windows were tested."
    if high - low > WIDE:
        yield f"The interval of the AUROC is wide: {interval(test, 'auroc')}."
    chromosomes = found.get("chromosomes") or {}
    if len(chromosomes) == 1:
        yield f"All test windows are on {next(iter(chromosomes))}; other chromosomes may give another result."
    yield from _of_baselines(found)
    train = found["train"]["auroc"]
    if known(train) and known(test["auroc"]) and train - test["auroc"] > BY_HEART:
        yield (
            f"The AUROC is {number(train)} on training windows and {number(test['auroc'])} on test windows: "
            "the model has learnt single windows by heart."
        )
    if known(test["ece"]) and test["ece"] > UNCALIBRATED:
        yield (
            f"Probabilities are not calibrated: they differ from the observed share by {number(test['ece'])} on "
            "average (expected calibration error)."
        )
    yield (
        f"{percent(test['prevalence'])} of the test windows are introgressed, because they were chosen so. "
        "Where the share differs, precision, AUPRC and probabilities differ, too."
    )


def _of_baselines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield doubts that the baselines raise."""
    models: Mapping[str, Mapping[str, Any]] = found.get("models") or {}
    if not models:
        yield "No baseline was compared; run 'archaictools evaluate' and add --evaluation."
        return
    left_out = found.get("left_out") or []
    if left_out:
        yield f"Baselines left out: {listed([BASELINES.get(name, name) for name in left_out])}."
    if found["verdict"] == "skill":
        for name in _unbeaten(models, "rival"):
            row = models[name]
            yield (
                f"{BASELINES.get(name, name)} has an AUROC of {number(row['auroc'])}; the LSTM gains "
                f"{number(row['gain'])} ({interval(row, 'gain')}), which may be nothing."
            )
    simple = {
        name: row
        for name, row in models.items()
        if row.get("kind") == "control" and name in {"gc", "bases", "dinucleotides"} and bounds(row, "auroc")[0] > 0.5
    }
    if simple:
        best = max(simple, key=lambda name: float(simple[name]["auroc"]))
        yield (
            f"{BASELINES[best]} alone gives an AUROC of {number(simple[best]['auroc'])}: "
            "the classes differ in plain composition, too."
        )


def _of_predictions(results: KmerResults) -> Iterator[str]:
    """Yield doubts about predictions of windows that training has seen."""
    if results.segments is not None and len(results.segments):
        seen = int(results.segments["name"].astype(str).str.endswith("_seen").sum())
        if seen:
            yield (
                f"{seen:,} of {len(results.segments):,} segments share bases with windows seen in training; "
                "their probabilities are not held out."
            )
    if results.genes is not None and len(results.genes):
        trained = int((results.genes["seen"].fillna(0) > 0).sum())
        if trained:
            yield f"{trained:,} of {len(results.genes):,} genes lie in windows seen in training, wholly or in part."
