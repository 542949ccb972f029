"""Predict every sentence with networks that never saw its place, as far as there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.learning.regions import out_of_fold
from archaictools.sequence.compatibility import kmers_of
from archaictools.sequence.predict import Predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import Sentences


class Ensemble:
    """All members of a model.

    Parameters
    ----------
    model
        As loaded; its networks are built here.
    chromosomes
        Names that ``chrom`` of the sentences to come indexes.
    """

    def __init__(self, model: TrainedModel, chromosomes: Sequence[str]) -> None:
        self._names = list(chromosomes)
        self._territories = [member.seen for member in model.members]
        self._predictors = [
            Predictor(model.network.build(dict(member.weights)), kmers_of(model), both_strands=model.both_strands)
            for member in model.members
        ]

    def predict(self, part: Sentences) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Predict sentences out of fold.

        Returns
        -------
        probability
            Mean over the members that saw no base of the sentence in training or validation; over all members where
            every one did.
        seen
            Where every member did: these probabilities are not held-out.
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
        """Tell which members (rows) saw nothing of which sentences (columns)."""
        blind = np.empty((len(self._predictors), len(part)), dtype=bool)
        for chrom in np.unique(part.chrom):
            rows = part.chrom == chrom
            for number, seen in enumerate(self._territories):
                blind[number, rows] = ~seen.touches(self._names[int(chrom)], part.start[rows], part.end[rows])
        return blind
