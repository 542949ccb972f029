"""Predict one side of a split; count the inputs of its bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.dataset import Genomes, Run
    from archaictools.haplotypes.predict import TwoStagePredictor

#: Haplotype-chromosomes predicted after each epoch, and of the training side in the end: enough to compare epochs.
MAX_VALIDATION_HAPLOTYPES = 96
#: Runs that they come from if whole groups of haplotypes are read.
MAX_VALIDATION_RUNS = 24


@dataclass(frozen=True)
class BinPredictions:
    """Predictions of the bins of some haplotypes, one after the other.

    Attributes
    ----------
    chrom
        uint32 (bins,): number of the chromosome in :attr:`archaictools.haplotypes.dataset.Genomes.lengths`.
    start
        int64 (bins,): start of the bin in bp.
    label
        int8 (bins,): 1 introgressed, 0 not.
    probability
        float32 (bins,): P(introgressed).
    """

    chrom: npt.NDArray[np.uint32]
    start: npt.NDArray[np.int64]
    label: npt.NDArray[np.int8]
    probability: npt.NDArray[np.float32]

    @classmethod
    def join(cls, parts: Sequence[BinPredictions]) -> BinPredictions:
        """Concatenate predictions."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__annotations__))


def haplotype_groups(runs: Sequence[Run], max_haplotypes: int | None) -> list[tuple[Run, slice]]:
    """Return groups of haplotypes of each run, with at least one group per run.

    Parameters
    ----------
    runs
        Runs of one side.
    max_haplotypes
        Haplotypes of all runs together, which the last group of each run may exceed; None for all.
    """
    if max_haplotypes is None:
        return [(run, rows) for run in runs for rows in run.unit.words.groups]
    if len(runs) > MAX_VALIDATION_RUNS:
        runs = [runs[number] for number in np.linspace(0, len(runs) - 1, MAX_VALIDATION_RUNS).astype(int)]
    chosen = []
    for run in runs:
        number = 0
        for rows in run.unit.words.groups:
            if number and number + rows.stop - rows.start > max_haplotypes // len(runs):
                break
            chosen.append((run, rows))
            number += rows.stop - rows.start
    return chosen


def predict_runs(
    genomes: Genomes, stages: TwoStagePredictor, runs: Sequence[Run], max_haplotypes: int | None
) -> BinPredictions:
    """Predict haplotypes of each run; bins without data are left out.

    Parameters
    ----------
    genomes
        The data set of the runs.
    stages
        Predicts; where it uses two networks it reads whole groups of haplotypes.
    runs
        Runs of one side.
    max_haplotypes
        Haplotypes of all runs together, approximately; None for all.
    """
    parts = []
    numbers = {name: number for number, name in enumerate(genomes.lengths)}
    chosen = haplotype_groups(
        [run for run in runs if max_haplotypes is None or stages.uses_second_stage(run.unit.words)], max_haplotypes
    )
    if max_haplotypes is not None:
        number = max(1, max_haplotypes // len(runs))
        alone = [run for run in runs if not stages.uses_second_stage(run.unit.words)]
        chosen += [(run, slice(0, min(len(run.unit.words.haplotypes), number))) for run in alone]
    for run, rows in chosen:
        words, chrom = run.unit.words, run.unit.chrom
        probability = stages(words, chrom, rows, run.where)
        label = words.label(chrom, rows)[:, run.where]
        known = ~words.gaps(chrom, rows)[:, run.where]
        start = np.broadcast_to(np.arange(run.first, run.last, dtype=np.int64) * genomes.size, label.shape)
        number_of_chrom = np.full(int(known.sum()), numbers[run.unit.name], dtype=np.uint32)
        parts.append(BinPredictions(number_of_chrom, start[known], label[known], probability[known]))
    return BinPredictions.join(parts)


def count_inputs(runs: Sequence[Run], vocabulary: int) -> npt.NDArray[np.uint32]:
    """Return sums of the inputs of the training side: uint32 (2, vocabulary), of introgressed bins and of others."""
    counts = np.zeros((2, vocabulary), dtype=np.int64)
    for run in runs:
        words, chrom = run.unit.words, run.unit.chrom
        inputs, introgressed = words.inputs(chrom)[:, run.where], words.label(chrom)[:, run.where] == 1
        counts[0] += inputs[introgressed].sum(axis=0, dtype=np.int64)
        counts[1] += inputs[~introgressed].sum(axis=0, dtype=np.int64)
    return np.minimum(counts, np.iinfo(np.uint32).max).astype(np.uint32)
