"""Posteriors along haplotypes of any length, from windows that overlap by half and are blended into each other.

A haplotype is read by itself, and where no archaic genome is named once more beside those that share its alleles, see
:mod:`archaictools.model.sharing`. Only stretches of callable bins are read: what lies beyond a gap, and how long the
header makes the chromosome, changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from archaictools.model.batches import pad_rows
from archaictools.model.bin_batches import scaled
from archaictools.model.calibration import logit
from archaictools.model.genomes import known_places, seen_bins
from archaictools.model.sharing import MOST, private_alleles, second_inputs
from archaictools.model.territory import out_of_fold
from archaictools.words.callability import stretches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import keras
    import numpy.typing as npt

    from archaictools.model.archive import Member, TrainedModel
    from archaictools.words.bins import BinsFile

    Told = Callable[[float], None]

#: Bins of a window. Longer windows call no better (measured with the pretrained model, 500 to 4,000), and a network
#: reads few stretches in training that are longer.
WINDOW = 2_000
#: Shorter stretches are predicted at once, padded with empty bins to one of these lengths. TensorFlow prepares itself
#: anew for each length, so there are few.
LENGTHS = (10, 50, 500, 1_000, 1_500, WINDOW)
#: Windows predicted at once; of those shorter than SHORT so many more that a batch holds as many bins.
BATCH, SHORT = 48, 500
#: Callable bins this far apart are read apart.
APART = 100
#: Chromosomes of together at most so many bins are read together.
TOGETHER = 50_000
#: Haplotypes of one chromosome held at a time.
GROUP = 8
#: Bins of haplotypes held in the second reading, and gathered for batches of short stretches.
MOST_READ = 400_000


#: Number of the chromosome, its haplotypes and its bins.
Place = tuple[int, slice, slice]
#: Where, and what a network reads there: (haplotypes, bins, inputs).
Piece = tuple[Place, np.ndarray]


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
        """Predict haplotypes of one chromosome; see :meth:`predict`.

        Parameters
        ----------
        words, chrom
            Whose bins are read.
        rows
            Haplotypes of one of ``words.companies``, the whole of it where there is a second reading.
        where
            The bins.

        Returns
        -------
        numpy.ndarray
            float32 (haplotypes, bins).
        """
        return self.predict(words, [chrom], rows, where)[0]

    def predict(
        self,
        words: BinsFile,
        chroms: Sequence[str],
        rows: slice,
        where: slice = slice(None),
        *,
        told: Told | None = None,
    ) -> list[npt.NDArray[np.float32]]:
        """Predict haplotypes of some chromosomes, the short ones in batches with others.

        Parameters
        ----------
        words, chroms
            Whose bins are read.
        rows
            Haplotypes of one of ``words.companies``, the whole of it where there is a second reading.
        where
            The bins of each chromosome.
        told
            See :meth:`BinPredictor.predict`.

        Returns
        -------
        list of numpy.ndarray
            float32 (haplotypes, bins) for each chromosome: P(introgressed); 0 where nothing is read.
        """
        counts = [len(range(*where.indices(words.bins[chrom]))) for chrom in chroms]
        found = [np.zeros((rows.stop - rows.start, bins), dtype=np.float32) for bins in counts]
        if self._second is None or not self.twice(words):
            predictor, pieces = self._first, self._pieces(words, chroms, rows, where)
        else:
            predictor, pieces = self._second, self._second_pieces(words, chroms, rows, where)
        for (number, some, bins), values in _gathered(predictor, pieces, told):
            found[number][some, bins] = values
        return found

    def _pieces(self, words: BinsFile, chroms: Sequence[str], rows: slice, where: slice) -> Iterator[Piece]:
        """Yield what the first network reads."""
        for number, chrom in enumerate(chroms):
            apart = _stretches(words, chrom, where)
            for part in parts(rows) if apart else ():
                inputs = words.inputs(chrom, part)[:, where]
                some = slice(part.start - rows.start, part.stop - rows.start)
                for bins in apart:
                    yield (number, some, bins), inputs[:, bins]

    def _second_pieces(self, words: BinsFile, chroms: Sequence[str], rows: slice, where: slice) -> Iterator[Piece]:
        """Yield what the second network reads."""
        for number, chrom in enumerate(chroms):
            apart, begin = _stretches(words, chrom, where), 0
            for inputs in self.inputs(words, chrom, rows, where) if apart else ():
                some = slice(begin, begin + len(inputs))
                begin = some.stop
                for bins in apart:
                    yield (number, some, bins), inputs[:, bins]

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
        odds = np.full(own.shape[:2], -MOST, dtype=np.float32)
        apart = _stretches(words, chrom, where)
        for part in parts(together):
            for bins, values in zip(apart, self._first.predict([own[part, bins] for bins in apart]), strict=True):
                odds[part, bins] = logit(values)
        private = private_alleles(own)
        first, last, _ = where.indices(words.bins[chrom])
        bins, carriers = words.sharing(chrom, rows)
        here = (bins >= first) & (bins < last)
        bins, carriers = bins[here] - first, carriers[here]
        shared = second_inputs(odds, private, bins, carriers)
        for part in parts(together, max(1, min(GROUP, MOST_READ // (last - first)))):
            yield np.stack([np.concatenate([scaled(one), next(shared)], axis=1) for one in own[part]])


def _stretches(words: BinsFile, chrom: str, where: slice) -> list[slice]:
    """Return the stretches of bins that are read, counted from the first bin of ``where``."""
    return [slice(*ends) for ends in stretches((words.shared(chrom, "callable") > 0)[where], APART)]


def _gathered(
    predictor: BinPredictor, pieces: Iterable[Piece], told: Told | None
) -> Iterator[tuple[Place, npt.NDArray[np.float32]]]:
    """Predict pieces as they come, many short ones at once."""
    held: list[Piece] = []
    bins = 0
    for piece in pieces:
        held.append(piece)
        bins += piece[1].shape[0] * piece[1].shape[1]
        if bins >= MOST_READ:
            yield from _predicted(predictor, held, told)
            held, bins = [], 0
    yield from _predicted(predictor, held, told)


def _predicted(
    predictor: BinPredictor, held: Sequence[Piece], told: Told | None
) -> Iterator[tuple[Place, npt.NDArray[np.float32]]]:
    found = predictor.predict([inputs for _, inputs in held], told=told)
    return ((place, values) for (place, _), values in zip(held, found, strict=True))


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
        """Predict haplotypes of one chromosome; see :meth:`predict_chromosomes`."""
        return self.predict_chromosomes([chrom], rows)[0]

    def predict_chromosomes(
        self, chroms: Sequence[str], rows: slice, *, told: Told | None = None
    ) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
        """Predict haplotypes of some chromosomes.

        Parameters
        ----------
        chroms
            Their names.
        rows
            One of ``words.companies``.
        told
            Called as batches are done with the bins of haplotypes they finished.

        Returns
        -------
        list of tuple
            Of each chromosome, probability: float32 (haplotypes, bins), the mean over members that saw nothing of the
            bin, over all where every one did; and seen: bool (bins,), where every member did.
        """
        folds = [self._out_of_fold(chrom) for chrom in chroms]
        totals = [np.zeros((rows.stop - rows.start, self._words.bins[chrom]), dtype=np.float32) for chrom in chroms]
        for number, reader in enumerate(self._readers):
            asked = [place for place, (members, _) in enumerate(folds) if members[number].any()]
            found = reader.predict(self._words, [chroms[place] for place in asked], rows, told=told)
            for place, values in zip(asked, found, strict=True):
                totals[place] += np.where(folds[place][0][number], values, np.float32(0))
        return [
            (total / members.sum(axis=0).astype(np.float32), seen)
            for total, (members, seen) in zip(totals, folds, strict=True)
        ]

    def passes(self, chrom: str) -> int:
        """Return how many members predict a chromosome."""
        return int(self._out_of_fold(chrom)[0].any(axis=1).sum())

    def seen(self, chrom: str) -> npt.NDArray[np.bool_]:
        """Tell which bins of a chromosome every member has seen, bool (bins,), without predicting them."""
        return self._out_of_fold(chrom)[1]

    def _out_of_fold(self, chrom: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        edges = self._words.edges(chrom)
        return out_of_fold(np.array([~seen_bins(seen, self._names[chrom], edges) for seen in self._territories]))
