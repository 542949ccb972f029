"""Posteriors along haplotypes of any length, from windows that overlap by half and are blended into each other."""

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

#: Bins of a window. Longer windows call no better (measured with the pretrained model, 500 to 4,000), and a network
#: reads few stretches in training that are longer.
WINDOW = 2_000
#: Shorter haplotypes are predicted at once, with bins without anything up to a multiple of this.
STEP = 500
#: Windows predicted at once.
BATCH = 48
#: Haplotypes predicted together, so that those of short chromosomes fill a batch: one chromosome of so many is held.
GROUP = 8


def groups(haplotypes: int) -> list[slice]:
    """Return rows of haplotypes that are predicted together.

    Examples
    --------
    >>> groups(10)
    [slice(0, 8, None), slice(8, 10, None)]
    """
    return [slice(first, min(first + GROUP, haplotypes)) for first in range(0, haplotypes, GROUP)]


class BinPredictor:
    """Predict every bin with one network.

    An LSTM remembers for longer than any margin, so that windows side by side would disagree where they meet. Here a
    bin has the mean of the logits of the two windows it lies in, weighed by how far it is from their ends: what one
    window says fades into what the next one says.

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
        size = WINDOW if bins > WINDOW else -(-max(bins, 1) // STEP) * STEP
        padded = np.pad(inputs, ((0, 0), (0, max(0, size - bins)), (0, 0)))
        last = padded.shape[1] - size
        starts = np.rint(np.linspace(0, last, 1 + -(-last // (size // 2)))).astype(np.int64).tolist()
        weight = np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1)).astype(np.float32)
        total, weights = np.zeros(padded.shape[:2], dtype=np.float32), np.zeros(padded.shape[1], dtype=np.float32)
        for start in starts:
            weights[start : start + size] += weight
        places = [(row, start) for row in range(haplotypes) for start in starts]
        for first in range(0, len(places), BATCH):
            part = places[first : first + BATCH]
            read = scaled(pad_rows(np.stack([padded[row, start : start + size] for row, start in part]), BATCH))
            said = logit(self._model.predict_on_batch(read)[..., 0])
            if self._both:
                said = (said + logit(self._model.predict_on_batch(read[:, ::-1])[:, ::-1, 0])) / 2
            for (row, start), values in zip(part, said[: len(part)], strict=True):
                total[row, start : start + size] += weight * values
        return np.asarray(expit(total / weights)[:, :bins], dtype=np.float32)


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
        asked, seen = self._out_of_fold(chrom, edges)
        total = np.zeros(inputs.shape[:2], dtype=np.float32)
        for member, predictor in zip(asked, self._predictors, strict=True):
            if member.any():
                total += np.where(member, predictor(inputs), np.float32(0))
        return total / asked.sum(axis=0).astype(np.float32), seen

    def seen(self, chrom: str, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell which bins of a chromosome every member has seen, bool (bins,), without predicting them."""
        return self._out_of_fold(chrom, edges)[1]

    def _out_of_fold(
        self, chrom: str, edges: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        return out_of_fold(np.array([~seen_bins(seen, self._names[chrom], edges) for seen in self._territories]))
