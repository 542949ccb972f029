"""Leakage by sequence: repeats, duplications and near-identical windows on both sides of a split.

Test windows are compared with the training side by k-mers of 31 bases, with both strands as one. Only k-mers whose hash
is below a limit are used, the same ones on both sides (FracMinHash: Irber et al. 2022). The limit falls while windows
are read, so that memory is bounded whatever their number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from archaictools.io.dna import AMBIGUOUS
from archaictools.learning.splits import TEST, TRAIN
from archaictools.sequence.kmers import long_kmers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from archaictools.sequence.token_file import Sentences

#: Length of the k-mers that are compared.
K = 31
#: Largest number of k-mers kept for each class of the training side, 8 bytes each.
LIMIT = 1 << 22
#: Share of the k-mers of a window that occur in training, from which it is a twin of training windows.
TWIN = 0.8

_ODD = np.uint64(0x9E3779B97F4A7C15)


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return hashes of values (the finaliser of SplitMix64), of which the small ones are a random sample."""
    with np.errstate(over="ignore"):
        values = (values + _ODD) * _ODD
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@dataclass
class _Sketch:
    """Bounded sample of hashes: those with ``bits`` leading zeros."""

    bits: int = 0
    parts: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    size: int = 0

    def add(self, hashes: npt.NDArray[np.uint64]) -> None:
        self.parts.append(self.sampled(_distinct(hashes)))
        self.size += len(self.parts[-1])
        while self.size > LIMIT:
            self.parts = [_distinct(np.concatenate(self.parts))]
            if len(self.parts[0]) > LIMIT // 2:
                self.bits += 1
                self.parts = [self.sampled(self.parts[0])]
            self.size = len(self.parts[0])

    def sampled(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        return hashes if not self.bits else hashes[self.chosen(hashes)]

    def chosen(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        if not self.bits:
            return np.ones(hashes.shape, dtype=bool)
        small: npt.NDArray[np.bool_] = (hashes >> np.uint64(64 - self.bits)) == 0
        return small

    def sorted(self) -> npt.NDArray[np.uint64]:
        return _distinct(np.concatenate(self.parts)) if self.parts else np.zeros(0, dtype=np.uint64)


class TrainingSequence:
    """The 31-mers of the training side by class, to look up those of other windows.

    Parameters
    ----------
    parts
        All sentences from the first.
    sides, label
        int8 (sentences,): their sides and labels.

    Attributes
    ----------
    bits
        Only k-mers whose hash has this number of leading zeros are used.
    """

    def __init__(self, parts: Iterable[Sentences], sides: npt.NDArray[np.int8], label: npt.NDArray[np.int8]) -> None:
        sketches, whole = (_Sketch(), _Sketch()), []
        for codes, lengths, rows in _of_side(parts, sides, TRAIN):
            whole.append(_distinct(_whole(codes, lengths)))
            values, good = long_kmers(codes, k=K)
            for group, sketch in enumerate(sketches):
                chosen = label[rows] == group
                sketch.add(_mixed(values[chosen][good[chosen]]))
        self.bits = max(sketch.bits for sketch in sketches)
        self._chosen = _Sketch(bits=self.bits).chosen
        known = (sketch.sorted() for sketch in sketches)
        self._known = tuple(hashes[self._chosen(hashes)] for hashes in known)
        self._sequences = _distinct(np.concatenate(whole)) if whole else np.zeros(0, dtype=np.uint64)

    def find(self, codes: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int64]) -> Shared:
        """Look up windows, given as base codes (n, size) and lengths in bp (n,)."""
        values, good = long_kmers(codes, k=K)
        hashes = _mixed(values)
        good &= self._chosen(hashes)
        depleted, introgressed = (good & _within(hashes, known) for known in self._known)
        return Shared(
            total=good.sum(axis=1),
            shared=(depleted | introgressed).sum(axis=1),
            depleted=depleted.sum(axis=1),
            introgressed=introgressed.sum(axis=1),
            identical=_within(_whole(codes, lengths), self._sequences),
        )


@dataclass(frozen=True)
class Shared:
    """31-mers that windows share with a training side, one value for each window.

    Attributes
    ----------
    total, shared
        Numbers of 31-mers looked up, and of those that occur in training.
    depleted, introgressed
        Numbers of those that occur in training windows of the class.
    identical
        Whether the whole window, on either strand, is a training window.
    """

    total: npt.NDArray[np.int64]
    shared: npt.NDArray[np.int64]
    depleted: npt.NDArray[np.int64]
    introgressed: npt.NDArray[np.int64]
    identical: npt.NDArray[np.bool_]


class SharedSequence(TypedDict):
    """Numbers and shares of test windows whose sequence occurs in training; see :func:`shared_sequence`."""

    windows: int
    sampled: float
    identical: int
    identical_share: float
    twins: int
    twins_share: float
    touched: int
    touched_share: float


def shared_sequence(
    read: Callable[[], Iterable[Sentences]], sides: npt.NDArray[np.int8], label: npt.NDArray[np.int8]
) -> SharedSequence:
    """Measure how much of the sequence of test windows occurs in training windows.

    Parameters
    ----------
    read
        Returns all sentences from the first at each call (there are two).
    sides, label
        int8 (sentences,): their sides and labels.

    Returns
    -------
    SharedSequence
        ``windows``: test windows with a 31-mer without N. ``identical``: those equal to a training window, on either
        strand. ``twins``: those with at least 80 % of their 31-mers in training. ``touched``: those with at least one.
        The three as ``…_share``, too. ``sampled``: the share of all 31-mers that was looked up.
    """
    training = TrainingSequence(read(), sides, label)
    windows = identical = twins = touched = 0
    for codes, lengths, _ in _of_side(read(), sides, TEST):
        found = training.find(codes, lengths)
        windows += int((found.total > 0).sum())
        identical += int(found.identical.sum())
        touched += int((found.shared > 0).sum())
        twins += int(((found.total > 0) & (found.shared >= TWIN * found.total)).sum())
    share = (lambda count: count / windows) if windows else lambda _count: float("nan")
    return {
        "windows": windows,
        "sampled": 2.0**-training.bits,
        "identical": identical,
        "identical_share": share(identical),
        "twins": twins,
        "twins_share": share(twins),
        "touched": touched,
        "touched_share": share(touched),
    }


def nearest_sequence(
    read: Callable[[], Iterable[Sentences]], sides: npt.NDArray[np.int8], label: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Predict test windows by the classes of the training windows that share their sequence.

    Parameters
    ----------
    read, sides, label
        As for :func:`shared_sequence`.

    Returns
    -------
    similarity
        float64 (test windows,): share of the 31-mers that occur in training; NaN if none could be looked up.
    probability
        float64 (test windows,): share of the shared 31-mers that occur in introgressed training windows rather than in
        depleted ones. If none is shared, it is the share of introgressed windows in the training side.
    """
    training = TrainingSequence(read(), sides, label)
    prevalence = float(label[sides == TRAIN].mean())
    similarity, probability = [np.zeros(0)], [np.zeros(0)]
    for codes, lengths, _ in _of_side(read(), sides, TEST):
        found = training.find(codes, lengths)
        votes = found.introgressed + found.depleted
        similarity.append(np.where(found.total > 0, found.shared / np.maximum(found.total, 1), np.nan))
        probability.append(np.where(votes > 0, found.introgressed / np.maximum(votes, 1), prevalence))
    return np.concatenate(similarity), np.concatenate(probability)


def _distinct(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the distinct values, sorted; five times as fast here as NumPy's own, which hashes these hashes again."""
    values = np.sort(values, axis=None)
    fresh = np.ones(len(values), dtype=bool)
    fresh[1:] = values[1:] != values[:-1]
    return values[fresh]


def _of_side(
    parts: Iterable[Sentences], sides: npt.NDArray[np.int8], side: int
) -> Iterable[tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield base codes, lengths in bp and rows of the sentences of one side."""
    first = 0
    for part in parts:
        rows = np.flatnonzero(sides[first : first + len(part)] == side)
        if len(rows):
            yield part.codes[rows], (part.end - part.start)[rows], rows + first
        first += len(part)


def _whole(codes: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return a hash of each whole sequence, the same for both strands."""
    reverse = np.where(codes < AMBIGUOUS, 3 - codes, codes)[:, ::-1]
    # Padding is at the end: move each reversed row to the left by its padding.
    source = (np.arange(codes.shape[1]) + (codes.shape[1] - lengths)[:, None]) % codes.shape[1]
    reverse = np.take_along_axis(reverse, source, axis=1)
    return np.minimum(_row_hash(codes), _row_hash(reverse))


def _row_hash(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Return a hash of each row."""
    width = -(-codes.shape[1] // 8) * 8
    words = np.zeros((len(codes), width), dtype=np.uint8)
    words[:, : codes.shape[1]] = codes
    found = np.zeros(len(codes), dtype=np.uint64)
    for column in words.view(np.uint64).T:
        found = _mixed(found ^ column)
    return found


def _within(values: npt.NDArray[np.uint64], known: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Return which values are among the sorted ``known``."""
    if not len(known):
        return np.zeros(values.shape, dtype=bool)
    nearest = np.minimum(np.searchsorted(known, values), len(known) - 1)
    same: npt.NDArray[np.bool_] = known[nearest] == values
    return same
