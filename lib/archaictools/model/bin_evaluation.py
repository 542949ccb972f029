"""LSTM against HMM on haplotypes with known truth: the same words, the same bins, the same draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.model import hmm
from archaictools.model.archive import check_bins
from archaictools.model.bin_prediction import BinEnsemble
from archaictools.model.calibration import reliability
from archaictools.model.evaluation import Evaluation, comparison, judge_against_controls, measure
from archaictools.model.judgement import SCHEMA_VERSION
from archaictools.model.metrics import by_chromosome
from archaictools.model.splits import Places
from archaictools.progress import Progress
from archaictools.words.bins import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.model.archive import TrainedModel
    from archaictools.words.bins import BinsFile

#: Rivals: the standard HMM on alleles that the outgroup lacks, and one that knows which of them the archaic shares.
RIVALS = ("hmm", "hmm_archaic")
CONTROLS = ("majority", "private_alleles")

#: Bounds in bp of the lengths of true tracts by which recall is told.
LENGTHS = (0, 10_000, 30_000, 100_000, 1_000_000_000)


def evaluate_bins(
    model: TrainedModel, words: BinsFile, *, leave_out: Sequence[str] = (), threshold: float = 0.5, seed: int = 1
) -> Evaluation:
    """Compare a model with HMMs and controls on bins that it has not seen.

    Parameters
    ----------
    model
        As loaded.
    words
        Labelled haplotypes.
    leave_out
        Names of :data:`RIVALS` and :data:`CONTROLS` not to run.
    threshold
        From which a bin counts as called.
    seed
        Of resampling.

    Returns
    -------
    Evaluation
        Its ``report`` and ``table`` have, for each model, ``precision_bp, recall_bp, f1_bp`` (bases called, and truly
        introgressed) beside the usual measures of bins, and the report ``recall_by_length`` and ``half_true`` (share of
        called runs that are at least half introgressed).

    Raises
    ------
    InputError
        If the words have no labels or other bins, or if the model has seen all of them.
    """
    unknown = [name for name in leave_out if name not in {*RIVALS, *CONTROLS}]
    if unknown:
        raise UsageError(f"{', '.join(unknown)} is no rival or control; choose among {', '.join((*RIVALS, *CONTROLS))}")
    check_bins(model, words)
    chosen = {name for name in (*RIVALS, *CONTROLS) if name not in leave_out}
    if not words.alphabet.archaic:
        chosen.discard("hmm_archaic")
    ensemble = BinEnsemble(model, words)
    parts: list[_Part] = []
    with Progress(sum(words.bins.values()) * len(words.haplotypes), "bins", "model") as progress:
        for number, (chrom, bins) in enumerate(words.bins.items()):
            edges = words.edges(chrom)
            truth, label = words.truth(chrom), words.label(chrom)
            for row in range(len(words.haplotypes)):
                inputs = words.inputs(chrom, slice(row, row + 1))
                posterior, seen = ensemble.predict(chrom, inputs, edges)
                values = posterior[0].astype(np.float64)
                parts.append(_Part(number, edges, inputs[0], values, truth[row], label[row], ~seen))
                progress.advance(bins)
    if not any(part.held.any() for part in parts):
        raise InputError(
            "lies wholly where the model was trained, so nothing is held out", path=words.path,
            remedy="give other words, or train with --folds",
        )  # fmt: skip
    said = {"model": [part.probability for part in parts]} | _others(parts, chosen, seed)
    held = Places(
        list(words.bins),
        np.concatenate([np.full(part.held.sum(), part.chrom, dtype=np.uint32) for part in parts]),
        np.concatenate([part.edges[:-1][part.held] for part in parts]),
        np.concatenate([part.edges[1:][part.held] for part in parts]),
        np.concatenate([part.label[part.held] for part in parts]),
    )
    if len(np.unique(held.label)) < 2:
        raise InputError("has bins of one class only where the model has seen nothing", path=words.path)
    flat = {name: np.concatenate([v[p.held] for v, p in zip(each, parts, strict=True)]) for name, each in said.items()}
    measured, gains = measure(held, flat["model"], {n: v for n, v in flat.items() if n != "model"}, seed=seed)
    audit = {"verdict": "clean", "reason": "no bin lies where the model was trained"}
    models: dict[str, dict[str, Any]] = {}
    for name, found in measured.items():
        kind = "rival" if name in RIVALS else "control" if name in CONTROLS else "model"
        models[name] = {"kind": kind, **found} | gains.get(name, {}) | _by_base(parts, said[name], threshold)
    verdict, reason = judge_against_controls(audit, models)
    curve = pd.concat(
        [reliability(held.label, flat[name]).assign(model=name) for name in ("model", *RIVALS) if name in flat],
        ignore_index=True,
    )
    report = {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict,
        "reason": reason,
        "audit": audit,
        "test": models["model"],
        "chromosomes": by_chromosome(held, flat["model"]),
        "models": models,
        "calibration": {"reliability": curve.to_dict("records")},
        "threshold": threshold,
        "left_out": list(leave_out),
    }
    table = comparison(models, model.members[0].split.options.method)
    for name in ("precision_bp", "recall_bp", "f1_bp", "half_true"):
        table[name] = [found[name] for found in models.values()]
    return Evaluation(report, table, curve)


class _Part:
    """One haplotype of one chromosome."""

    def __init__(
        self,
        chrom: int,
        edges: npt.NDArray[np.int64],
        inputs: npt.NDArray[np.uint8],
        probability: npt.NDArray[np.float64],
        truth: npt.NDArray[np.uint16],
        label: npt.NDArray[np.int8],
        unseen: npt.NDArray[np.bool_],
    ) -> None:
        self.chrom, self.edges, self.probability = chrom, edges, probability
        self.truth = truth.astype(np.int64)
        self.size = np.diff(edges)
        self.label = label
        self.plain, self.split = (hmm.observations(inputs, archaic=archaic) for archaic in (False, True))
        self.held = unseen & (inputs[:, -1] > 0)


def _others(parts: Sequence[_Part], chosen: set[str], seed: int) -> dict[str, list[npt.NDArray[np.float64]]]:
    """Return what rivals and controls say of each haplotype."""
    said = {}
    if "hmm" in chosen:
        said["hmm"] = hmm.posteriors([part.plain for part in parts], seed=seed)
    if "hmm_archaic" in chosen:
        said["hmm_archaic"] = hmm.posteriors([part.split for part in parts], seed=seed)
    if "majority" in chosen:
        share = float(np.mean([part.label.mean() for part in parts]))
        said["majority"] = [np.full(len(part.label), share) for part in parts]
    if "private_alleles" in chosen:
        most = max(1, *(int(part.plain.max()) for part in parts))
        said["private_alleles"] = [part.plain[:, 0] / most for part in parts]
    return said


def _by_base(parts: Sequence[_Part], said: Sequence[npt.NDArray[np.float64]], threshold: float) -> dict[str, Any]:
    """Measure calls base by base, and by the length of true tracts."""
    hits = called = true = called_runs = half = 0
    found = np.zeros((2, len(LENGTHS) - 1))
    for part, probability in zip(parts, said, strict=True):
        call = (probability >= threshold) & part.held
        hits += int(part.truth[call].sum())
        called += int(part.size[call].sum())
        true += int(part.truth[part.held].sum())
        first, last = runs(call)
        total, size = (np.concatenate([[0], np.cumsum(column)]) for column in (part.truth, part.size))
        called_runs += len(first)
        half += int((2 * (total[last] - total[first]) >= size[last] - size[first]).sum())
        # Tracts as bins tell them: runs of bins that hold introgressed bases.
        first, last = runs((part.truth > 0) & part.held)
        inside = np.concatenate([[0], np.cumsum(part.truth * call)])
        length = total[last] - total[first]
        place = np.searchsorted(LENGTHS, length, side="right") - 1
        np.add.at(found, (0, place), inside[last] - inside[first])
        np.add.at(found, (1, place), length)
    precision = hits / called if called else float("nan")
    recall = hits / true if true else float("nan")
    return {
        "precision_bp": precision,
        "recall_bp": recall,
        "f1_bp": 2 * hits / (called + true) if called + true else float("nan"),
        "half_true": half / called_runs if called_runs else float("nan"),
        "runs": called_runs,
        "recall_by_length": [
            {"from": low, "to": high, "bases": int(bases), "recall": float(got / bases) if bases else float("nan")}
            for low, high, got, bases in zip(LENGTHS[:-1], LENGTHS[1:], *found, strict=True)
        ],
    }
