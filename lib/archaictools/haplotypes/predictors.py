"""Posteriors of stretches of bins by one network, from windows that overlap by half and are blended into each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from archaictools.haplotypes.batches import scaled
from archaictools.learning.calibration import logit
from archaictools.sequence.batches import pad_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras
    import numpy.typing as npt

    Told = Callable[[float], None]

#: Bins of a window. Longer windows call no better (measured with the pretrained model, 500 to 4,000), and a network
#: reads few stretches in training that are longer.
WINDOW = 2_000
#: Shorter stretches are predicted at once, padded with empty bins to one of these lengths. TensorFlow prepares itself
#: anew for each length, so there are few.
LENGTHS = (10, 50, 500, 1_000, 1_500, WINDOW)
#: Windows predicted at once; of those shorter than SHORT so many more that a batch holds as many bins.
BATCH, SHORT = 48, 500


class BinPredictor:
    """Predict every bin with one network.

    An LSTM remembers for longer than any margin, so that windows side by side would disagree where they meet. Here a
    bin has the mean of the logits of the two windows it lies in, weighed by how far it is from their ends: what one
    window says fades into what the next one says.

    Parameters
    ----------
    model
        As built by :meth:`archaictools.learning.network.NetworkConfig.build`, of bins.
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
        return self.predict([inputs])[0]

    def predict(self, parts: Sequence[np.ndarray], *, told: Told | None = None) -> list[npt.NDArray[np.float32]]:
        """Predict several stretches of haplotypes, short ones in batches with others.

        Parameters
        ----------
        parts
            Each (haplotypes, bins, inputs of a bin), of any number of haplotypes and bins.
        told
            Called after each batch with the bins of haplotypes it finished: a float, since windows overlap.

        Returns
        -------
        list of numpy.ndarray
            float32 (haplotypes, bins) for each part: P(introgressed).
        """
        totals = [np.zeros(part.shape[:2], dtype=np.float32) for part in parts]
        weights = [np.zeros(part.shape[1], dtype=np.float32) for part in parts]
        windows: dict[int, list[tuple[int, int, int]]] = {}
        for number, part in enumerate(parts):
            haplotypes, bins, _ = part.shape
            size = next((length for length in LENGTHS if length >= bins), WINDOW)
            # The last window ends where the bins end; the others begin every half of a window.
            last = max(0, bins - size)
            starts = [*range(0, last, size // 2), last]
            for start in starts:
                weights[number][start : start + size] += _taper(size)[: bins - start]
            windows.setdefault(size, []).extend((number, row, start) for row in range(haplotypes) for start in starts)
        for size, places in windows.items():
            batch = BATCH * max(1, SHORT // size)
            for first in range(0, len(places), batch):
                chosen = places[first : first + batch]
                odds = self._odds(np.stack([_window(parts[n][row], start, size) for n, row, start in chosen]), batch)
                for (number, row, start), values in zip(chosen, odds, strict=True):
                    bins = min(size, parts[number].shape[1] - start)
                    totals[number][row, start : start + bins] += (_taper(size) * values)[:bins]
                if told is not None:
                    told(sum(parts[n].shape[1] / (windows_of(parts[n].shape[1])) for n, _, _ in chosen))
        return [
            np.asarray(expit(total / weight), dtype=np.float32) for total, weight in zip(totals, weights, strict=True)
        ]

    def _odds(self, windows: np.ndarray, batch: int) -> npt.NDArray[np.float32]:
        """Return log odds, float32 (windows, bins), of one batch of windows."""
        read = self._scale(pad_rows(windows, batch))
        odds = logit(self._model.predict_on_batch(read)[..., 0])
        if self._both:
            odds = (odds + logit(self._model.predict_on_batch(read[:, ::-1])[:, ::-1, 0])) / 2
        return np.asarray(odds[: len(windows)], dtype=np.float32)


def windows_of(bins: int) -> int:
    """Return the number of windows that a stretch of so many bins is read in.

    Examples
    --------
    >>> [windows_of(bins) for bins in (3, 2_000, 2_001, 3_000, 3_001)]
    [1, 1, 2, 2, 3]
    """
    return 1 + -(-max(0, bins - WINDOW) // (WINDOW // 2))


def _taper(size: int) -> npt.NDArray[np.float32]:
    """Return the weight of each bin of a window: how far it is from the ends."""
    return np.minimum(np.arange(1, size + 1), np.arange(size, 0, -1)).astype(np.float32)


def _window(haplotype: np.ndarray, start: int, size: int) -> np.ndarray:
    """Cut a window from (bins, inputs), padded with empty bins at its end."""
    found = haplotype[start : start + size]
    return np.pad(found, ((0, size - len(found)), (0, 0))) if len(found) < size else found


class SecondPredictor(BinPredictor):
    """Predict every bin with a network of the second reading, whose inputs are scaled already."""

    def __init__(self, model: keras.Model, *, both_strands: bool) -> None:
        super().__init__(model, both_strands=both_strands, scale=np.asarray)
