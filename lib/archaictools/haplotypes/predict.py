"""Posteriors along haplotypes, read once or twice by all networks of a model.

A first network scores each haplotype by itself. Without an archaic genome, a second network refines the score with
those of haplotypes that share its rare alleles, see :mod:`archaictools.haplotypes.relatedness`. Only runs of callable
bins are predicted: neither data beyond a gap nor the length of a chromosome in the header changes a score.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.batches import scaled
from archaictools.haplotypes.callability import stretches
from archaictools.haplotypes.dataset import known_places, seen_bins
from archaictools.haplotypes.predictors import BinPredictor, SecondPredictor
from archaictools.haplotypes.relatedness import MOST, private_alleles, second_inputs
from archaictools.learning.calibration import logit
from archaictools.learning.regions import out_of_fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.predictors import Told
    from archaictools.learning.model_file import Member, TrainedModel

#: Callable bins this far apart are read apart.
APART = 100
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


class Reader:
    """Read haplotypes that were read together: once, or without an archaic genome twice.

    Beside an archaic genome the first reading is the better one. With a second (trained on both kinds of words) ten
    simulations gained 0.002 of F1 on average, but the ten CEU of ``examples/demo_people.sh`` lost 0.07: what they
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

    def twice(self, words: FeatureFile) -> bool:
        """Whether haplotypes are read a second time, beside others."""
        return self._second is not None and not words.alphabet.archaic

    def __call__(
        self, words: FeatureFile, chrom: str, rows: slice, where: slice = slice(None)
    ) -> npt.NDArray[np.float32]:
        """Predict haplotypes of one chromosome; see :meth:`predict`.

        Parameters
        ----------
        words, chrom
            Whose bins are read.
        rows
            Haplotypes of one of ``words.groups``, the whole of it where there is a second reading.
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
        words: FeatureFile,
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
            Haplotypes of one of ``words.groups``, the whole of it where there is a second reading.
        where
            The bins of each chromosome.
        told
            See :meth:`BinPredictor.predict`.

        Returns
        -------
        list of numpy.ndarray
            float32 (haplotypes, bins) for each chromosome: P(introgressed); 0 where nothing is read.
        """
        twice = self._second is not None and self.twice(words)
        if twice and told is not None:
            told = partial(_half, told)  # each reading finishes half of a bin
        found = self._filled(self._first, self._pieces(words, chroms, rows, where), words, chroms, rows, where, told)
        if self._second is None or not twice:
            return found
        pieces = self._second_pieces(words, chroms, rows, where, found)
        return self._filled(self._second, pieces, words, chroms, rows, where, told)

    @staticmethod
    def _filled(
        predictor: BinPredictor,
        pieces: Iterable[Piece],
        words: FeatureFile,
        chroms: Sequence[str],
        rows: slice,
        where: slice,
        told: Told | None,
    ) -> list[npt.NDArray[np.float32]]:
        """Predict pieces, and put them where they belong."""
        counts = [len(range(*where.indices(words.bins[chrom]))) for chrom in chroms]
        found = [np.zeros((rows.stop - rows.start, bins), dtype=np.float32) for bins in counts]
        for (number, some, bins), values in _gathered(predictor, pieces, told):
            found[number][some, bins] = values
        return found

    def _pieces(self, words: FeatureFile, chroms: Sequence[str], rows: slice, where: slice) -> Iterator[Piece]:
        """Yield what the first network reads."""
        for number, chrom in enumerate(chroms):
            apart = _stretches(words, chrom, where)
            for part in parts(rows) if apart else ():
                inputs = words.inputs(chrom, part)[:, where]
                some = slice(part.start - rows.start, part.stop - rows.start)
                for bins in apart:
                    yield (number, some, bins), inputs[:, bins]

    def _second_pieces(
        self,
        words: FeatureFile,
        chroms: Sequence[str],
        rows: slice,
        where: slice,
        first: Sequence[npt.NDArray[np.float32]],
    ) -> Iterator[Piece]:
        """Yield what the second network reads, after the first has read all chromosomes."""
        for number, chrom in enumerate(chroms):
            apart, begin = _stretches(words, chrom, where), 0
            for inputs in self.inputs(words, chrom, rows, where, first=first[number]) if apart else ():
                some = slice(begin, begin + len(inputs))
                begin = some.stop
                for bins in apart:
                    yield (number, some, bins), inputs[:, bins]

    def inputs(
        self,
        words: FeatureFile,
        chrom: str,
        rows: slice,
        where: slice = slice(None),
        *,
        change: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]] | None = None,
        first: npt.NDArray[np.float32] | None = None,
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield what the second network reads of some haplotypes at a time: float32 (haplotypes, bins, inputs).

        These are the inputs of the first network, as ``change`` leaves them, then
        :data:`archaictools.haplotypes.relatedness.INPUTS`.
        """
        own = words.inputs(chrom, rows)[:, where]
        if change is not None:
            own = change(own)
        together, apart = slice(0, len(own)), _stretches(words, chrom, where)
        odds = np.full(own.shape[:2], -MOST, dtype=np.float32)
        for part in parts(together):
            some = [own[part, bins] for bins in apart]
            found = self._first.predict(some) if first is None else [first[part, bins] for bins in apart]
            for bins, values in zip(apart, found, strict=True):
                odds[part, bins] = logit(values)
        private = private_alleles(own)
        begin, end, _ = where.indices(words.bins[chrom])
        place, carriers = words.shared_alleles(chrom, rows)
        here = (place >= begin) & (place < end)
        shared = second_inputs(odds, private, place[here] - begin, carriers[here])
        for part in parts(together, max(1, min(GROUP, MOST_READ // (end - begin)))):
            yield np.stack([np.concatenate([scaled(one), next(shared)], axis=1) for one in own[part]])


def _half(told: Told, bins: float) -> None:
    told(bins / 2)


def _stretches(words: FeatureFile, chrom: str, where: slice) -> list[slice]:
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

    def __init__(self, model: TrainedModel, words: FeatureFile) -> None:
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
            One of ``words.groups``.
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

    def work(self) -> int:
        """Return the bins of haplotypes that :meth:`predict_chromosomes` finishes over all chromosomes."""
        total = 0
        for chrom in self._words.bins:
            asked = int(self._out_of_fold(chrom)[0].any(axis=1).sum())
            total += asked * sum(part.stop - part.start for part in _stretches(self._words, chrom, slice(None)))
        return total * len(self._words.haplotypes)

    def seen(self, chrom: str) -> npt.NDArray[np.bool_]:
        """Tell which bins of a chromosome every member has seen, bool (bins,), without predicting them."""
        return self._out_of_fold(chrom)[1]

    def _out_of_fold(self, chrom: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        edges = self._words.edges(chrom)
        return out_of_fold(np.array([~seen_bins(seen, self._names[chrom], edges) for seen in self._territories]))
