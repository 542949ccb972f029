"""Comparison of a model of haplotypes with its baselines, on the same bins of haplotypes with known truth."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.haplotypes import hmm
from archaictools.haplotypes.audit import UNITS
from archaictools.haplotypes.base_measures import BaseCounter, BaseMetrics
from archaictools.haplotypes.both_readings import BothReadings
from archaictools.haplotypes.compatibility import check_bins
from archaictools.haplotypes.predict import parts
from archaictools.learning.bootstrap import nth_block
from archaictools.learning.metrics import compute_metrics
from archaictools.learning.report import (
    SCHEMA_VERSION,
    Audit,
    Evaluation,
    EvaluationReport,
    ModelMetrics,
    comparison,
    judge_against_baselines,
    reliability_with_intervals,
    with_intervals,
    with_kinds,
)
from archaictools.learning.score_histogram import ScoreCounter
from archaictools.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt
    from hmmlearn.hmm import PoissonHMM

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.learning.forward import Runtime
    from archaictools.learning.metrics import Metrics
    from archaictools.learning.model_file import TrainedModel
    from archaictools.learning.score_histogram import ScoreHistogram

    #: Predicts P(introgressed), float64 (bins,), from the inputs of a haplotype, uint8 (bins, inputs).
    Baseline = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float64]]

#: Rivals: an HMM on alleles that the outgroup lacks, and one that also knows which of them the archaic genome shares.
RIVALS = ("hmm", "hmm_archaic")
#: Controls: the share of introgressed bins, and the number of alleles that the outgroup lacks.
CONTROLS = ("majority", "private_alleles")

#: Largest number of bins to which HMMs are fitted (or one chromosome of a haplotype): they have few parameters.
MAX_HMM_BINS = 1_000_000


class BinMetrics(ModelMetrics, BaseMetrics):
    """Measures of one row of the comparison: those of bins, and those of bases."""


class BinReport(EvaluationReport, total=False):
    """``evaluate --metrics`` of a model of haplotypes; ``threshold`` is that of a predicted bin."""

    calibration: dict[str, list[dict[str, Any]]]
    threshold: float


class BinEvaluation(Evaluation):
    """A model of haplotypes compared with its baselines; the report is a :class:`BinReport`."""

    report: BinReport

    @property
    def models(self) -> dict[str, BinMetrics]:
        """Rows of the comparison by name."""
        return cast("dict[str, BinMetrics]", self.report["models"])


def check_baselines(names: Sequence[str]) -> None:
    """Raise UsageError if a name is not that of a baseline."""
    known = (*RIVALS, *CONTROLS)
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"--leave-out: {', '.join(unknown)} is no baseline; choose among {', '.join(known)}")


def evaluate_bins(
    model: TrainedModel,
    words: FeatureFile,
    runtime: Runtime,
    *,
    leave_out: Sequence[str] = (),
    threshold: float = 0.5,
    seed: int = 1,
) -> BinEvaluation:
    """Compare a model with HMMs and controls on bins that it has not seen.

    The haplotypes are read twice, a few at a time, and only counts are kept: memory holds one chromosome of a few
    haplotypes.

    Parameters
    ----------
    model
        A model of haplotypes.
    words
        Labelled haplotypes.
    runtime
        What makes the networks.
    leave_out
        Names of :data:`RIVALS` and :data:`CONTROLS` not to run.
    threshold
        Minimum probability of a bin that is predicted positive.
    seed
        Random seed of the bootstrap, and of the haplotypes to which the HMMs are fitted.

    Returns
    -------
    BinEvaluation
        Report, table and reliability curves. The table also has ``precision_bp,
        recall_bp, f1_bp`` (of bases) and ``half_true``: the share of predicted runs of which at least half is
        introgressed.

    Raises
    ------
    InputError
        If the file has no labels or bins of another length, or if the model has seen all its bins.
    UsageError
        If a name in ``leave_out`` is not that of a baseline.
    """
    check_baselines(leave_out)
    check_bins(model, words)
    chosen = {name for name in (*RIVALS, *CONTROLS) if name not in leave_out}
    if not words.encoding.archaic:
        chosen.discard("hmm_archaic")
    readings = BothReadings(model, words, runtime)
    test = _TestBins(words, readings)
    baselines = _fitted_baselines(words, test, chosen, seed)
    counters, bases = _count(words, readings, test, baselines, threshold)
    found = {name: counter.histogram() for name, counter in counters.items()}
    by_block = found | {"model": found["model"].joined(test.block, test.blocks)}
    models = _measured(found, bases, by_block, seed)
    audit: Audit = {"verdict": "clean", "reason": "no bin lies where the model was trained"}
    verdict, reason = judge_against_baselines(audit, models, units=UNITS)
    curve = pd.concat(
        [
            reliability_with_intervals(by_block[name], seed=seed).assign(model=name)
            for name in ("model", *RIVALS)
            if name in found
        ],
        ignore_index=True,
    )
    report: BinReport = {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict,
        "reason": reason,
        "audit": audit,
        "test": models["model"],
        "chromosomes": {chrom: compute_metrics(*found["model"].flat(there)) for chrom, there in test.pieces.items()},
        "models": models,
        "calibration": {"reliability": cast("list[dict[str, Any]]", curve.to_dict("records"))},
        "threshold": threshold,
        "left_out": list(leave_out),
    }
    table = comparison(models, model.members[0].split.options.method)
    for name in ("precision_bp", "recall_bp", "f1_bp", "half_true"):
        table[name] = [cast("dict[str, Any]", measured)[name] for measured in models.values()]
    return BinEvaluation(report, table, curve)


def _count(
    words: FeatureFile,
    readings: BothReadings,
    test: _TestBins,
    baselines: dict[str, Baseline],
    threshold: float,
) -> tuple[dict[str, ScoreCounter], dict[str, BaseCounter]]:
    """Count the predictions of the model and of its baselines, bin by bin and base by base."""
    scores = {"model": ScoreCounter(len(test.block))} | {name: ScoreCounter(test.blocks) for name in baselines}
    bases = {name: BaseCounter(threshold) for name in scores}
    with Progress(sum(words.bins.values()) * len(words.haplotypes), "bins", "model") as progress:
        for chrom, rows in ((chrom, rows) for chrom in words.bins for rows in words.groups):
            used, piece = test.used[chrom], test.piece[chrom]
            size, block = np.diff(words.edges(chrom)), test.block[piece]
            if not used.any():
                progress.advance((rows.stop - rows.start) * len(used))
                continue
            posterior, read = readings.predict(chrom, rows)[0].astype(np.float64), words.read(chrom, rows)
            for row, probability in enumerate(posterior, start=rows.start):
                mine = used & read[row - rows.start]  # a bin without calls is not measured
                there = mine[used]
                alone = slice(row, row + 1)
                one, truth = words.inputs(chrom, alone)[0], words.truth(chrom, alone)[0].astype(np.int64)
                label = words.label(chrom, alone)[0, mine]
                progress.advance(len(used))
                predicted = {"model": probability} | {name: baseline(one) for name, baseline in baselines.items()}
                for name, each in predicted.items():
                    scores[name].add(label, each[mine], (piece if name == "model" else block)[there])
                    bases[name].add(truth, size, mine, each)
    return scores, bases


def _measured(
    found: dict[str, ScoreHistogram],
    bases: dict[str, BaseCounter],
    by_block: dict[str, ScoreHistogram],
    seed: int,
) -> dict[str, ModelMetrics]:
    """Return the rows of the comparison, each a :class:`BinMetrics`."""
    metrics = {
        name: cast("Metrics", {**compute_metrics(*each.flat()), **bases[name].metrics()})
        for name, each in found.items()
    }
    return with_kinds(with_intervals(metrics, by_block, seed=seed), controls=CONTROLS, rivals=RIVALS)


def _haplotypes(words: FeatureFile) -> Iterator[tuple[str, slice, npt.NDArray[np.uint8]]]:
    """Yield all haplotypes of all chromosomes, a few at a time: chromosome, rows, inputs (rows, bins, inputs)."""
    for chrom in words.bins:
        for rows in parts(slice(0, len(words.haplotypes))):
            yield chrom, rows, words.inputs(chrom, rows)


class _TestBins:
    """Bins that are measured: callable, and not seen in training. Blocks of these are cut at ends of chromosomes.

    Attributes
    ----------
    used
        Chromosome to bool (bins,): the bins that are measured.
    piece
        Chromosome to int64 (used bins,): the piece of each.
    pieces
        Chromosome to its range of pieces; only chromosomes with bins that are measured.
    block
        int64 (pieces,): the block of each piece.
    blocks
        Number of blocks.
    """

    def __init__(self, words: FeatureFile, readings: BothReadings) -> None:
        self.used = {chrom: ~readings.seen(chrom) & (words.shared(chrom, "callable") > 0) for chrom in words.bins}
        total = sum(int(used.sum()) for used in self.used.values())
        if not total:
            raise InputError(
                "has only bins that the model was trained on, so no bin is left for a test", path=words.path,
                remedy="give other haplotypes, or train with --folds",
            )  # fmt: skip
        self.piece: dict[str, npt.NDArray[np.int64]] = {}
        self.pieces: dict[str, slice] = {}
        blocks: list[npt.NDArray[np.int64]] = []
        before = pieces = 0
        for chrom, used in self.used.items():
            number = before + np.arange(used.sum())
            block, piece = np.unique(nth_block(number, total), return_inverse=True)
            self.piece[chrom] = pieces + piece
            if len(block):
                self.pieces[chrom] = slice(pieces, pieces + len(block))
            blocks.append(block)
            before, pieces = before + len(number), pieces + len(block)
        self.block = np.concatenate(blocks)
        self.blocks = int(self.block[-1]) + 1


def _drawn(words: FeatureFile, seed: int) -> set[tuple[str, int]]:
    """Draw chromosomes of haplotypes for the HMMs: all of them, or as many as have :data:`MAX_HMM_BINS` bins."""
    every = [(chrom, row) for chrom in words.bins for row in range(len(words.haplotypes))]
    if sum(words.bins[chrom] for chrom, _ in every) > MAX_HMM_BINS:
        every = [every[number] for number in np.random.default_rng(seed).permutation(len(every))]
    upto = np.cumsum([words.bins[chrom] for chrom, _ in every]) <= MAX_HMM_BINS
    return set(every[: max(1, int(upto.sum()))])


def _fitted_baselines(words: FeatureFile, test: _TestBins, chosen: set[str], seed: int) -> dict[str, Baseline]:
    """Fit the chosen baselines to the haplotypes."""
    reads = {name: partial(hmm.observations, archaic=name == "hmm_archaic") for name in RIVALS}
    observed: dict[str, list[npt.NDArray[np.int64]]] = {name: [] for name in RIVALS if name in chosen}
    drawn = _drawn(words, seed)
    introgressed = measured = most = 0
    for chrom, rows, inputs in _haplotypes(words):
        label = words.label(chrom, rows)[:, test.used[chrom]]
        introgressed, measured = introgressed + int((label == 1).sum()), measured + label.size
        most = max(most, int(reads["hmm"](inputs).max()))
        for row, one in enumerate(inputs, start=rows.start):
            if (chrom, row) in drawn:
                for name, series in observed.items():
                    series.append(reads[name](one))
    if introgressed in (0, measured):
        raise InputError("has bins of one class only, among those that the model has not seen", path=words.path)
    baselines: dict[str, Baseline] = {}
    for name, series in observed.items():
        baselines[name] = partial(_hmm_posterior, hmm.fitted(series, seed=seed), reads[name])
    if "majority" in chosen:
        baselines["majority"] = lambda inputs: np.full(len(inputs), introgressed / measured)
    if "private_alleles" in chosen:
        baselines["private_alleles"] = lambda inputs: reads["hmm"](inputs)[:, 0] / max(1, most)
    return baselines


def _hmm_posterior(
    model: PoissonHMM, read: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.int64]], inputs: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Return the posterior of the archaic state from the inputs of a haplotype."""
    return hmm.posterior(model, read(inputs))
