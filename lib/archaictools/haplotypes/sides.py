"""What a model says of the haplotypes of one side of a split, and what it could learn from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.dataset import Genomes, Run
    from archaictools.haplotypes.predict import TwoStagePredictor

#: Haplotype-chromosomes predicted after each epoch, and of the training side in the end: enough to tell. Where they are
#: read beside others, and so all that were read together are, they are of so many runs at most.
WATCHED, WATCHED_RUNS = 96, 24


@dataclass(frozen=True)
class Flat:
    """Bins of some haplotypes, one after the other."""

    place: npt.NDArray[np.uint32]
    start: npt.NDArray[np.int64]
    label: npt.NDArray[np.int8]
    probability: npt.NDArray[np.float32]

    @classmethod
    def join(cls, parts: Sequence[Flat]) -> Flat:
        """Put parts one after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__annotations__))


def companies(runs: Sequence[Run], most: int | None) -> list[tuple[Run, slice]]:
    """Choose haplotypes of each run: all, or companies till ``most`` of all runs together are exceeded by little."""
    if most is None:
        return [(run, rows) for run in runs for rows in run.unit.words.groups]
    if len(runs) > WATCHED_RUNS:
        runs = [runs[place] for place in np.linspace(0, len(runs) - 1, WATCHED_RUNS).astype(int)]
    chosen = []
    for run in runs:
        number = 0
        for rows in run.unit.words.groups:
            if number and number + rows.stop - rows.start > most // len(runs):
                break
            chosen.append((run, rows))
            number += rows.stop - rows.start
    return chosen


def predict_runs(genomes: Genomes, stages: TwoStagePredictor, runs: Sequence[Run], most: int | None) -> Flat:
    """Predict haplotypes of each run: all, or so many that ``most`` of all runs together are not much exceeded."""
    parts = []
    numbers = {name: number for number, name in enumerate(genomes.lengths)}
    chosen = companies([run for run in runs if most is None or stages.uses_second_stage(run.unit.words)], most)
    if most is not None:
        number = max(1, most // len(runs))
        once = [run for run in runs if not stages.uses_second_stage(run.unit.words)]
        chosen += [(run, slice(0, min(len(run.unit.words.haplotypes), number))) for run in once]
    for run, rows in chosen:
        words, chrom = run.unit.words, run.unit.chrom
        probability = stages(words, chrom, rows, run.where)
        label = words.label(chrom, rows)[:, run.where]
        known = ~words.gaps(chrom, rows)[:, run.where]
        start = np.broadcast_to(np.arange(run.first, run.last, dtype=np.int64) * genomes.size, label.shape)
        place = np.full(int(known.sum()), numbers[run.unit.name], dtype=np.uint32)
        parts.append(Flat(place, start[known], label[known], probability[known]))
    return Flat.join(parts)


def count_inputs(runs: Sequence[Run], vocabulary: int) -> npt.NDArray[np.uint32]:
    """Add up the inputs of the training side: uint32 (2, vocabulary), introgressed bins and others."""
    counts = np.zeros((2, vocabulary), dtype=np.int64)
    for run in runs:
        words, chrom = run.unit.words, run.unit.chrom
        inputs, introgressed = words.inputs(chrom)[:, run.where], words.label(chrom)[:, run.where] == 1
        counts[0] += inputs[introgressed].sum(axis=0, dtype=np.int64)
        counts[1] += inputs[~introgressed].sum(axis=0, dtype=np.int64)
    return np.minimum(counts, np.iinfo(np.uint32).max).astype(np.uint32)
