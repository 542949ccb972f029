"""Posteriors along haplotypes of any length, from overlapping windows whose edges are thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from archaictools.model.batches import pad_rows
from archaictools.model.bin_batches import scaled
from archaictools.model.calibration import logit
from archaictools.model.genomes import known_places, seen_bins
from archaictools.model.territory import out_of_fold

if TYPE_CHECKING:
    import keras
    import numpy.typing as npt

    from archaictools.model.archive import TrainedModel
    from archaictools.words.bins import BinsFile

#: Bins predicted by a window, and bins on either side that it reads and whose predictions are thrown away: what lies
#: further off changes no posterior by more than a thousandth (measured with the pretrained models; a test says so).
CORE, MARGIN = 4_000, 1_000
#: Shorter haplotypes are predicted at once, with bins without anything up to a multiple of this.
STEP = 500
#: Windows predicted at once.
BATCH = 16


class BinPredictor:
    """Predict every bin with one network.

    Parameters
    ----------
    model
        As built by :meth:`archaictools.model.network.Network.build`, of bins.
    both_strands
        Read each haplotype from both of its ends, and take the mean of the logits: of what a training learnt from
        people read either way, this calls better at twice the time.
    """

    def __init__(self, model: keras.Model, *, both_strands: bool) -> None:
        self._model, self._both = model, both_strands

    def __call__(self, inputs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return P(introgressed), float32 (haplotypes, bins), of inputs (haplotypes, bins, 34)."""
        haplotypes, bins, _ = inputs.shape
        # TensorFlow prepares itself anew for each length, so there are few.
        core, margin = (CORE, MARGIN) if bins > CORE else (-(-max(bins, 1) // STEP) * STEP, 0)
        windows = -(-bins // core)
        padded = np.pad(inputs, ((0, 0), (margin, margin + windows * core - bins), (0, 0)))
        found = np.empty((haplotypes, windows * core), dtype=np.float32)
        places = [(row, window * core) for row in range(haplotypes) for window in range(windows)]
        for first in range(0, len(places), BATCH):
            part = places[first : first + BATCH]
            cut = np.stack([padded[row, start : start + core + 2 * margin] for row, start in part])
            read = scaled(pad_rows(cut, BATCH))
            said = self._model.predict_on_batch(read)[..., 0]
            if self._both:
                backwards = self._model.predict_on_batch(read[:, ::-1])[:, ::-1, 0]
                said = expit((logit(said) + logit(backwards)) / 2)
            for (row, start), values in zip(part, said[: len(part), margin : margin + core], strict=True):
                found[row, start : start + core] = values
        return found[:, :bins]


class BinEnsemble:
    """All members of a model; a place is predicted by those that did not see it, as far as there are any.

    Parameters
    ----------
    model
        As loaded.
    words
        Whose haplotypes are predicted: only where training read the same VCFs can it have seen their places.
    """

    def __init__(self, model: TrainedModel, words: BinsFile) -> None:
        self._names = known_places(model.metrics.get("sources", {}), words)
        self._territories = [member.seen for member in model.members]
        self._predictors = [
            BinPredictor(model.network.build(dict(member.weights)), both_strands=model.both_strands)
            for member in model.members
        ]

    def predict(
        self, chrom: str, inputs: npt.NDArray[np.uint8], edges: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Predict haplotypes of one chromosome.

        Parameters
        ----------
        chrom
            Its name.
        inputs
            uint8 (haplotypes, bins, 34).
        edges
            Coordinates of the bins, one more than bins.

        Returns
        -------
        probability
            float32 (haplotypes, bins): mean over members that saw nothing of the bin; over all where every one did.
        seen
            bool (bins,): where every member did.
        """
        blind = np.array([~seen_bins(seen, self._names[chrom], edges) for seen in self._territories])
        asked, seen = out_of_fold(blind)
        total = np.zeros(inputs.shape[:2], dtype=np.float32)
        for member, predictor in zip(asked, self._predictors, strict=True):
            if member.any():
                total += np.where(member, predictor(inputs), np.float32(0))
        return total / asked.sum(axis=0).astype(np.float32), seen
