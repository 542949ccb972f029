"""LSTM against HMM on haplotypes with known truth: the same words, the same bins, the same draws."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.haplotypes import hmm
from archaictools.haplotypes.compatibility import check_bins
from archaictools.haplotypes.predict import BinEnsemble, parts
from archaictools.intervals import runs_of_true, sums_of_ranges
from archaictools.learning.bootstrap import nth_block
from archaictools.learning.metrics import describe, reliability
from archaictools.learning.report import SCHEMA_VERSION
from archaictools.learning.score_histogram import ScoreCounter
from archaictools.progress import Progress
from archaictools.sequence.evaluate import Evaluation, comparison, judge_against_controls, with_intervals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt
    from hmmlearn.hmm import PoissonHMM

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.learning.model_file import TrainedModel

    Others = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float64]]

#: Rivals: the standard HMM on alleles that the outgroup lacks, and one that knows which of them the archaic shares.
RIVALS = ("hmm", "hmm_archaic")
CONTROLS = ("majority", "private_alleles")

#: Bins that HMMs are fitted to at most (or one chromosome of a haplotype): their few parameters hardly need more.
FITTED = 1_000_000

#: Bounds in bp of the lengths of true tracts by which recall is told.
LENGTHS = (0, 10_000, 30_000, 100_000, 1_000_000_000)


def evaluate_bins(
    model: TrainedModel, words: FeatureFile, *, leave_out: Sequence[str] = (), threshold: float = 0.5, seed: int = 1
) -> Evaluation:
    """Compare a model with HMMs and controls on bins that it has not seen.

    Haplotypes are gone through twice, some at a time, and only counted: memory holds one chromosome of those.

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
        Of resampling, and of what the HMMs are fitted to.

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
    ground = _Ground(words, ensemble)
    say = _others(words, ground, chosen, seed)
    scores = {"model": ScoreCounter(len(ground.block))} | {name: ScoreCounter(ground.blocks) for name in say}
    bases = {name: _Bases() for name in scores}
    with Progress(sum(words.bins.values()) * len(words.haplotypes), "bins", "model") as progress:
        for chrom, rows in ((chrom, rows) for chrom in words.bins for rows in words.groups):
            held, piece = ground.held[chrom], ground.piece[chrom]
            size, block = np.diff(words.edges(chrom)), ground.block[piece]
            if not held.any():
                progress.advance((rows.stop - rows.start) * len(held))
                continue
            posterior, read = ensemble.predict(chrom, rows)[0].astype(np.float64), words.read(chrom, rows)
            for row, probability in enumerate(posterior, start=rows.start):
                mine = held & read[row - rows.start]  # NA is nothing to measure
                there = mine[held]
                alone = slice(row, row + 1)
                one, truth = words.inputs(chrom, alone)[0], words.truth(chrom, alone)[0].astype(np.int64)
                label = words.label(chrom, alone)[0, mine]
                progress.advance(len(held))
                said = {"model": probability} | {name: probability_of(one) for name, probability_of in say.items()}
                for name, each in said.items():
                    scores[name].add(label, each[mine], (piece if name == "model" else block)[there])
                    bases[name].add(truth, size, mine, each >= threshold)
    found = {name: counter.scores() for name, counter in scores.items()}
    described = {name: describe(*each.flat()) | bases[name].measures() for name, each in found.items()}
    by_block = found | {"model": found["model"].joined(ground.block, ground.blocks)}
    models: dict[str, dict[str, Any]] = {}
    for name, measured in with_intervals(described, by_block, seed=seed).items():
        models[name] = {"kind": "rival" if name in RIVALS else "control" if name in CONTROLS else "model", **measured}
    audit = {"verdict": "clean", "reason": "no bin lies where the model was trained"}
    verdict, reason = judge_against_controls(audit, models)
    curve = pd.concat(
        [reliability(*found[name].flat()).assign(model=name) for name in ("model", *RIVALS) if name in found],
        ignore_index=True,
    )
    report = {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict,
        "reason": reason,
        "audit": audit,
        "test": models["model"],
        "chromosomes": {chrom: describe(*found["model"].flat(there)) for chrom, there in ground.pieces.items()},
        "models": models,
        "calibration": {"reliability": curve.to_dict("records")},
        "threshold": threshold,
        "left_out": list(leave_out),
    }
    table = comparison(models, model.members[0].split.options.method)
    for name in ("precision_bp", "recall_bp", "f1_bp", "half_true"):
        table[name] = [measured[name] for measured in models.values()]
    return Evaluation(report, table, curve)


def _haplotypes(words: FeatureFile) -> Iterator[tuple[str, slice, npt.NDArray[np.uint8]]]:
    """Yield all haplotypes of all chromosomes, some at a time: the chromosome, their rows, inputs (rows, bins, 34)."""
    for chrom in words.bins:
        for rows in parts(slice(0, len(words.haplotypes))):
            yield chrom, rows, words.inputs(chrom, rows)


class _Ground:
    """Which bins are measured: unseen, and callable. They lie in blocks, which ends of chromosomes cut into pieces.

    Attributes
    ----------
    held
        Chromosome to bool (bins,): its bins that are measured.
    piece
        Chromosome to int64 (held bins,): the piece each lies in.
    pieces
        Chromosome to its pieces; only chromosomes with bins that are measured.
    block
        int64 (pieces,): the block that each is a piece of.
    blocks
        Number of blocks.
    """

    def __init__(self, words: FeatureFile, ensemble: BinEnsemble) -> None:
        self.held = {chrom: ~ensemble.seen(chrom) & (words.shared(chrom, "callable") > 0) for chrom in words.bins}
        total = sum(int(held.sum()) for held in self.held.values())
        if not total:
            raise InputError(
                "lies wholly where the model was trained, so nothing is held out", path=words.path,
                remedy="give other words, or train with --folds",
            )  # fmt: skip
        self.piece: dict[str, npt.NDArray[np.int64]] = {}
        self.pieces: dict[str, slice] = {}
        blocks: list[npt.NDArray[np.int64]] = []
        before = pieces = 0
        for chrom, held in self.held.items():
            number = before + np.arange(held.sum())
            block, piece = np.unique(nth_block(number, total), return_inverse=True)
            self.piece[chrom] = pieces + piece
            if len(block):
                self.pieces[chrom] = slice(pieces, pieces + len(block))
            blocks.append(block)
            before, pieces = before + len(number), pieces + len(block)
        self.block = np.concatenate(blocks)
        self.blocks = int(self.block[-1]) + 1


def _drawn(words: FeatureFile, seed: int) -> set[tuple[str, int]]:
    """Draw what HMMs are fitted to, a chromosome of a haplotype each: all, or so many as make :data:`FITTED` bins."""
    every = [(chrom, row) for chrom in words.bins for row in range(len(words.haplotypes))]
    if sum(words.bins[chrom] for chrom, _ in every) > FITTED:
        every = [every[place] for place in np.random.default_rng(seed).permutation(len(every))]
    upto = np.cumsum([words.bins[chrom] for chrom, _ in every]) <= FITTED
    return set(every[: max(1, int(upto.sum()))])


def _others(words: FeatureFile, ground: _Ground, chosen: set[str], seed: int) -> dict[str, Others]:
    """Fit rivals and controls to the haplotypes; return what each says of inputs (bins, 34), as a function."""
    reads = {name: partial(hmm.observations, archaic=name == "hmm_archaic") for name in RIVALS}
    observed: dict[str, list[npt.NDArray[np.int64]]] = {name: [] for name in RIVALS if name in chosen}
    drawn = _drawn(words, seed)
    introgressed = measured = most = 0
    for chrom, rows, inputs in _haplotypes(words):
        label = words.label(chrom, rows)[:, ground.held[chrom]]
        introgressed, measured = introgressed + int((label == 1).sum()), measured + label.size
        most = max(most, int(reads["hmm"](inputs).max()))
        for row, one in enumerate(inputs, start=rows.start):
            if (chrom, row) in drawn:
                for name, series in observed.items():
                    series.append(reads[name](one))
    if introgressed in (0, measured):
        raise InputError("has bins of one class only where the model has seen nothing", path=words.path)
    say: dict[str, Others] = {}
    for name, series in observed.items():
        say[name] = partial(_hmm_says, hmm.fitted(series, seed=seed), reads[name])
    if "majority" in chosen:
        say["majority"] = lambda inputs: np.full(len(inputs), introgressed / measured)
    if "private_alleles" in chosen:
        say["private_alleles"] = lambda inputs: reads["hmm"](inputs)[:, 0] / max(1, most)
    return say


def _hmm_says(
    model: PoissonHMM, read: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.int64]], inputs: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    return hmm.posterior(model, read(inputs))


class _Bases:
    """Calls of one model base by base, and by the length of true tracts, added up haplotype by haplotype."""

    def __init__(self) -> None:
        self._hits = self._called = self._true = self._runs = self._half = 0
        self._found = np.zeros((2, len(LENGTHS) - 1), dtype=np.int64)

    def add(
        self,
        truth: npt.NDArray[np.int64],
        size: npt.NDArray[np.int64],
        held: npt.NDArray[np.bool_],
        called: npt.NDArray[np.bool_],
    ) -> None:
        """Add one haplotype: introgressed bases and length of its bins, which are measured, which are called."""
        call = called & held
        self._hits += int(truth[call].sum())
        self._called += int(size[call].sum())
        self._true += int(truth[held].sum())
        first, last = runs_of_true(call)
        self._runs += len(first)
        inside, length = (sums_of_ranges(column, first, last) for column in (truth, size))
        self._half += int((2 * inside >= length).sum())
        # Tracts as bins tell them: runs of bins that hold introgressed bases.
        first, last = runs_of_true((truth > 0) & held)
        tract = sums_of_ranges(truth, first, last)
        place = np.asarray(np.searchsorted(LENGTHS, tract, side="right") - 1, dtype=np.intp)
        np.add.at(self._found[0], place, sums_of_ranges(truth * call, first, last))
        np.add.at(self._found[1], place, tract)

    def measures(self) -> dict[str, Any]:
        """Return ``precision_bp, recall_bp, f1_bp, half_true, runs, recall_by_length``."""
        hits, called, true = self._hits, self._called, self._true
        return {
            "precision_bp": hits / called if called else float("nan"),
            "recall_bp": hits / true if true else float("nan"),
            "f1_bp": 2 * hits / (called + true) if called + true else float("nan"),
            "half_true": self._half / self._runs if self._runs else float("nan"),
            "runs": self._runs,
            "recall_by_length": [
                {
                    "from": low,
                    "to": high,
                    "bases": int(bases),
                    "recall": int(got) / int(bases) if bases else float("nan"),
                }
                for low, high, got, bases in zip(LENGTHS[:-1], LENGTHS[1:], *self._found, strict=True)
            ],
        }
