"""Posteriors along haplotypes of any length, from windows that overlap by half and are blended into each other.

A haplotype is read by itself, and where no archaic genome is named once more beside those that share its alleles, see
:mod:`archaictools.model.sharing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from archaictools.model.batches import pad_rows
from archaictools.model.bin_batches import scaled
from archaictools.model.calibration import logit
from archaictools.model.genomes import known_places, seen_bins
from archaictools.model.sharing import private_alleles, second_inputs
from archaictools.model.territory import out_of_fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import keras
    import numpy.typing as npt

    from archaictools.model.archive import Member, TrainedModel
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
#: Of long chromosomes fewer are in the second reading, so that they hold no more bins than these.
MOST_READ = 400_000


def parts(rows: slice, size: int = GROUP) -> list[slice]:
    """Part rows of haplotypes into those that are predicted together.

    Examples
    --------
    >>> parts(slice(24, 34))
    [slice(24, 32, None), slice(32, 34, None)]
    """
    return [slice(first, min(first + size, rows.stop)) for first in range(rows.start, rows.stop, size)]


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
    scale
        Turns inputs into what the network reads.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        both_strands: bool,
        scale: Callable[[np.ndarray], npt.NDArray[np.float32]] = scaled,
    ) -> None:
        self._model, self._both, self._scale = model, both_strands, scale

    def __call__(self, inputs: np.ndarray) -> npt.NDArray[np.float32]:
        """Return P(introgressed), float32 (haplotypes, bins), of inputs (haplotypes, bins, inputs of a bin)."""
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
            read = self._scale(pad_rows(np.stack([padded[row, start : start + size] for row, start in part]), BATCH))
            said = logit(self._model.predict_on_batch(read)[..., 0])
            if self._both:
                said = (said + logit(self._model.predict_on_batch(read[:, ::-1])[:, ::-1, 0])) / 2
            for (row, start), values in zip(part, said[: len(part)], strict=True):
                total[row, start : start + size] += weight * values
        return np.asarray(expit(total / weights)[:, :bins], dtype=np.float32)


class SecondPredictor(BinPredictor):
    """Predict every bin with a network of the second reading, whose inputs are scaled already."""

    def __init__(self, model: keras.Model, *, both_strands: bool) -> None:
        super().__init__(model, both_strands=both_strands, scale=np.asarray)


class Reader:
    """Read haplotypes that were read together: once, or without an archaic genome twice.

    Beside an archaic genome the first reading is the better one. With a second (trained on both kinds of words) ten
    simulations gained 0.002 of F1 on average, but the ten CEU of ``benchmarks/demo_people.sh`` lost 0.07: what they
    share and outgroups of five lack is often no archaic tract, and the archaic genome tells.

    Parameters
    ----------
    first
        Reads each by itself.
    second
        Reads what the first said of them all, or None.
    """

    def __init__(self, first: BinPredictor, second: BinPredictor | None) -> None:
        self._first, self._second = first, second

    def twice(self, words: BinsFile) -> bool:
        """Whether haplotypes are read a second time, beside others."""
        return self._second is not None and not words.alphabet.archaic

    def __call__(self, words: BinsFile, chrom: str, rows: slice, where: slice = slice(None)) -> npt.NDArray[np.float32]:
        """Return P(introgressed), float32 (haplotypes, bins).

        Parameters
        ----------
        words, chrom
            Whose bins are read.
        rows
            Haplotypes of one of ``words.companies``, the whole of it where there is a second reading.
        where
            The bins.
        """
        if self._second is None or not self.twice(words):
            return np.concatenate([self._first(words.inputs(chrom, part)[:, where]) for part in parts(rows)])
        return np.concatenate([self._second(inputs) for inputs in self.inputs(words, chrom, rows, where)])

    def inputs(
        self,
        words: BinsFile,
        chrom: str,
        rows: slice,
        where: slice = slice(None),
        *,
        change: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]] | None = None,
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield what the second network reads of some haplotypes at a time: float32 (haplotypes, bins, inputs).

        These are the inputs of the first network, as ``change`` leaves them, then
        :data:`archaictools.model.sharing.INPUTS`.
        """
        own = words.inputs(chrom, rows)[:, where]
        if change is not None:
            own = change(own)
        together = slice(0, len(own))
        odds = np.concatenate([logit(self._first(own[part])).astype(np.float32) for part in parts(together)])
        private = private_alleles(own)
        first, last, _ = where.indices(words.bins[chrom])
        bins, carriers = words.sharing(chrom, rows)
        here = (bins >= first) & (bins < last)
        bins, carriers = bins[here] - first, carriers[here]
        shared = second_inputs(odds, private, bins, carriers)
        for part in parts(together, max(1, min(GROUP, MOST_READ // (last - first)))):
            yield np.stack([np.concatenate([scaled(one), next(shared)], axis=1) for one in own[part]])


def _reader(model: TrainedModel, member: Member) -> Reader:
    both, second = model.both_strands, None
    if model.sharing is not None:
        second = SecondPredictor(model.sharing.build(dict(member.sharing)), both_strands=both)
    return Reader(BinPredictor(model.network.build(dict(member.weights)), both_strands=both), second)


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
        self._words = words
        self._names = known_places(model.metrics.get("sources", {}), words)
        self._territories = [member.seen for member in model.members]
        self._readers = [_reader(model, member) for member in model.members]

    def predict(self, chrom: str, rows: slice) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Predict haplotypes of one chromosome.

        Parameters
        ----------
        chrom
            Its name.
        rows
            One of ``words.companies``.

        Returns
        -------
        probability
            float32 (haplotypes, bins): mean over members that saw nothing of the bin; over all where every one did.
        seen
            bool (bins,): where every member did.
        """
        asked, seen = self._out_of_fold(chrom)
        total = np.zeros((rows.stop - rows.start, self._words.bins[chrom]), dtype=np.float32)
        for member, reader in zip(asked, self._readers, strict=True):
            if member.any():
                total += np.where(member, reader(self._words, chrom, rows), np.float32(0))
        return total / asked.sum(axis=0).astype(np.float32), seen

    def seen(self, chrom: str) -> npt.NDArray[np.bool_]:
        """Tell which bins of a chromosome every member has seen, bool (bins,), without predicting them."""
        return self._out_of_fold(chrom)[1]

    def _out_of_fold(self, chrom: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        edges = self._words.edges(chrom)
        return out_of_fold(np.array([~seen_bins(seen, self._names[chrom], edges) for seen in self._territories]))
