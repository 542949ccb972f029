"""Probabilities of windows, from one network or all members of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.learning.regions import out_of_fold
from archaictools.sequence.compatibility import kmers_of
from archaictools.sequence.fetch import flip_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.io.dna import Codes
    from archaictools.learning.forward import Forward, Runtime
    from archaictools.learning.model_file import TrainedModel
    from archaictools.progress import Progress
    from archaictools.sequence.encoding import KmerEncoding
    from archaictools.sequence.token_file import Sentences, TokenFile

#: Windows that are read at a time.
WINDOWS_AT_ONCE = 8_192


class Predictor:
    """Predict with one network.

    Parameters
    ----------
    forward
        The network.
    encoding
        How bases become its k-mers.
    both_strands
        Average the probabilities of a window and of its reverse complement.
    """

    def __init__(self, forward: Forward, encoding: KmerEncoding, *, both_strands: bool) -> None:
        self._forward, self._encoding, self._both = forward, encoding, both_strands

    def of_codes(self, codes: Codes, lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return P(introgressed), float64 (n,), of windows given as base codes (n, size) and unpadded lengths (n,)."""
        forward = self.of_ids(self._encoding.ids(codes))
        if not self._both:
            return forward
        flipped = codes.copy()
        flip_rows(flipped, lengths, np.ones(len(codes), dtype=bool))
        return (forward + self.of_ids(self._encoding.ids(flipped))) / 2

    def of_rows(
        self, words: TokenFile, rows: npt.NDArray[np.int64], *, progress: Progress | None = None
    ) -> npt.NDArray[np.float64]:
        """Return P(introgressed), float64 (rows,), of some windows of a file, in the order of ``rows``."""
        lengths = (words.field("end") - words.field("start"))[rows]
        probability = np.empty(len(rows))
        for first in range(0, len(rows), WINDOWS_AT_ONCE):
            part = slice(first, first + WINDOWS_AT_ONCE)
            probability[part] = self.of_codes(words.take(rows[part]), lengths[part])
            if progress is not None:
                progress.advance(len(rows[part]))
        return probability

    def of_ids(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Return P(introgressed), float64 (n,), of the k-mer ids (n, words) of one strand."""
        rows = max(1, self._forward.steps_in_batch // ids.shape[1])
        batches = (ids[first : first + rows] for first in range(0, len(ids), rows))
        found = list(self._forward(batches))
        return np.concatenate(found).astype(np.float64) if found else np.empty(0)


def work_of(model: TrainedModel, windows: int) -> float:
    """Return the multiplications and additions that predicting windows takes, with all members."""
    strands = 2 if model.both_strands else 1
    return float(model.network.work_per_step() * model.network.words * windows * strands * len(model.members))


class Ensemble:
    """All members of a model; each window is predicted by those that have not seen it, or by all if every one has.

    Parameters
    ----------
    model
        As loaded; its networks are built here.
    chromosomes
        Names that ``chrom`` of the windows indexes.
    runtime
        What makes the networks.
    """

    def __init__(self, model: TrainedModel, chromosomes: Sequence[str], runtime: Runtime) -> None:
        self._names = list(chromosomes)
        self._seen = [member.seen for member in model.members]
        self._predictors = [
            Predictor(runtime.network(model.network, member.weights), kmers_of(model), both_strands=model.both_strands)
            for member in model.members
        ]

    def predict(self, part: Sentences) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Predict windows out of fold.

        Returns
        -------
        probability
            float64 (windows,): mean over the members that have seen no base of the window in training or validation, or
            over all members if every one has.
        seen
            bool (windows,): every member has, so the probability is not held-out.
        """
        blind = self._blind(part)
        asked, seen = out_of_fold(blind)
        lengths = part.end - part.start
        total = np.zeros(len(part))
        for member, predictor in zip(asked, self._predictors, strict=True):
            rows = np.flatnonzero(member)
            if len(rows) == len(part):
                total += predictor.of_codes(part.codes, lengths)
            elif len(rows):
                total[rows] += predictor.of_codes(part.codes[rows], lengths[rows])
        return total / asked.sum(axis=0), seen

    def _blind(self, part: Sentences) -> npt.NDArray[np.bool_]:
        """Return which members have seen no base of which windows: bool (members, windows)."""
        blind = np.empty((len(self._predictors), len(part)), dtype=bool)
        for chrom in np.unique(part.chrom):
            rows = part.chrom == chrom
            for number, seen in enumerate(self._seen):
                blind[number, rows] = ~seen.touches(self._names[int(chrom)], part.start[rows], part.end[rows])
        return blind
