"""Sequence shared between the sides of a split: repeats, duplications and twins that coordinates do not show.

Test windows are compared with the training side by long k-mers (31 bases, both strands as one). Only k-mers whose
hash falls below a limit are kept, the same ones on both sides (FracMinHash: Irber et al. 2022); the limit is lowered
while reading so that memory stays bounded whatever the number of windows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.io.dna import AMBIGUOUS
from archaictools.learning.splits import TEST, TRAIN
from archaictools.sequence.kmers import long_kmers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from archaictools.sequence.token_file import Sentences

K = 31
#: Most k-mers of a class of the training side kept, 8 bytes each.
LIMIT = 1 << 22
#: Share of a window's k-mers found in training from which it is a near twin.
TWIN = 0.8

_ODD = np.uint64(0x9E3779B97F4A7C15)


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread values over all 64 bits (the finaliser of SplitMix64), so that small hashes are a random sample."""
    with np.errstate(over="ignore"):
        values = (values + _ODD) * _ODD
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@dataclass
class _Sketch:
    """A bounded sample of hashes: those with ``bits`` leading zeros."""

    bits: int = 0
    parts: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    held: int = 0

    def add(self, hashes: npt.NDArray[np.uint64]) -> None:
        self.parts.append(self.sampled(_distinct(hashes)))
        self.held += len(self.parts[-1])
        while self.held > LIMIT:
            self.parts = [_distinct(np.concatenate(self.parts))]
            if len(self.parts[0]) > LIMIT // 2:
                self.bits += 1
                self.parts = [self.sampled(self.parts[0])]
            self.held = len(self.parts[0])

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
    """The 31-mers of a training side, by class, against which other windows are held.

    Parameters
    ----------
    parts
        All sentences from the first.
    sides, label
        Their sides and classes.
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
        """Look up windows, base codes (n, size) and lengths (n,)."""
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
    """What windows share with a training side, one value a window.

    Attributes
    ----------
    total, shared
        Numbers of their 31-mers looked at, and of those that stand in training.
    depleted, introgressed
        Of those, the ones that stand in training windows of a class.
    identical
        Whether the whole window, on either strand, stands in training.
    """

    total: npt.NDArray[np.int64]
    shared: npt.NDArray[np.int64]
    depleted: npt.NDArray[np.int64]
    introgressed: npt.NDArray[np.int64]
    identical: npt.NDArray[np.bool_]


def shared_sequence(
    read: Callable[[], Iterable[Sentences]], sides: npt.NDArray[np.int8], label: npt.NDArray[np.int8]
) -> dict[str, Any]:
    """Measure how much of the test windows' sequence stands in training windows.

    Parameters
    ----------
    read
        Gives all sentences from the first, each time it is called (twice).
    sides, label
        Their sides and classes.

    Returns
    -------
    dict
        ``windows`` (test windows with a 31-mer free of N), ``identical`` (the same sequence as a training window, on
        either strand), ``twins`` (at least 80 % of their 31-mers stand in training), ``touched`` (at least one does),
        the three as ``…_share`` too, and ``sampled`` (the share of all 31-mers that was looked at).
    """
    training = TrainingSequence(read(), sides, label)
    windows = identical = twins = touched = 0
    for codes, lengths, _ in _of_side(read(), sides, TEST):
        found = training.find(codes, lengths)
        windows += int((found.total > 0).sum())
        identical += int(found.identical.sum())
        touched += int((found.shared > 0).sum())
        twins += int(((found.total > 0) & (found.shared >= TWIN * found.total)).sum())
    result: dict[str, Any] = {"windows": windows, "sampled": 2.0**-training.bits}
    for name, count in (("identical", identical), ("twins", twins), ("touched", touched)):
        result |= {name: count, f"{name}_share": count / windows if windows else float("nan")}
    return result


def nearest_sequence(
    read: Callable[[], Iterable[Sentences]], sides: npt.NDArray[np.int8], label: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Predict test windows by the classes of the training windows with which they share sequence.

    Parameters
    ----------
    read, sides, label
        As for :func:`shared_sequence`.

    Returns
    -------
    similarity
        Share of each test window's 31-mers that stands in training; NaN where none could be looked at.
    probability
        Of the shared 31-mers, how many stand in introgressed training windows rather than depleted ones; the training
        side's share of introgressed windows where none is shared.
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
    """Sort, and drop repeats. NumPy's own unique hashes integers that are hashes already: five times the time here."""
    values = np.sort(values, axis=None)
    fresh = np.ones(len(values), dtype=bool)
    fresh[1:] = values[1:] != values[:-1]
    return values[fresh]


def _of_side(
    parts: Iterable[Sentences], sides: npt.NDArray[np.int8], side: int
) -> Iterable[tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield base codes, lengths and row numbers of one side."""
    first = 0
    for part in parts:
        rows = np.flatnonzero(sides[first : first + len(part)] == side)
        if len(rows):
            yield part.codes[rows], (part.end - part.start)[rows], rows + first
        first += len(part)


def _whole(codes: npt.NDArray[np.uint8], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Hash each whole sequence, the same for both strands."""
    reverse = np.where(codes < AMBIGUOUS, 3 - codes, codes)[:, ::-1]
    # Padding stands at the end: move each reversed row to the left by its padding.
    place = (np.arange(codes.shape[1]) + (codes.shape[1] - lengths)[:, None]) % codes.shape[1]
    reverse = np.take_along_axis(reverse, place, axis=1)
    return np.minimum(_row_hash(codes), _row_hash(reverse))


def _row_hash(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    width = -(-codes.shape[1] // 8) * 8
    words = np.zeros((len(codes), width), dtype=np.uint8)
    words[:, : codes.shape[1]] = codes
    found = np.zeros(len(codes), dtype=np.uint64)
    for column in words.view(np.uint64).T:
        found = _mixed(found ^ column)
    return found


def _within(values: npt.NDArray[np.uint64], known: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Tell which values are among sorted ones."""
    if not len(known):
        return np.zeros(values.shape, dtype=bool)
    place = np.minimum(np.searchsorted(known, values), len(known) - 1)
    same: npt.NDArray[np.bool_] = known[place] == values
    return same
