"""Sentences as a stream of fixed-size batches of word ids, computed on the fly from stored bases.

The order is a pure function of seed and epoch, so a resumed training sees what an uninterrupted one sees. Up to
:data:`BUFFER` sentences are shuffled together and held in memory; larger sets are shuffled in groups of whole chunks
of the file, so memory stays flat whatever their size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.intervals import runs_of_equal
from archaictools.learning.batching import pad_rows, streamed
from archaictools.sequence.fetch import flip_rows
from archaictools.sequence.token_file import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import tensorflow as tf

    from archaictools.io.dna import Codes
    from archaictools.learning.batching import Batch
    from archaictools.sequence.token_file import TokenFile

#: Sentences shuffled together: 100 MB of bases at 200 nt.
BUFFER = 1 << 19


class TrainingBatches:
    """Batches of training sentences, in an order that depends on seed and epoch alone.

    Parameters
    ----------
    words
        Where the sentences are.
    rows
        Rows of the training side, ascending.
    label
        Their labels, 0 or 1.
    weight
        Their weights in the loss.
    batch
        Sentences per batch; the last one of an epoch is filled up with sentences of weight 0.
    seed
        Of the order and of the strands.
    reverse
        Read each sentence forward or reverse-complemented, at random.
    """

    def __init__(
        self,
        words: TokenFile,
        rows: npt.NDArray[np.int64],
        label: npt.NDArray[np.int8],
        weight: npt.NDArray[np.float32],
        *,
        batch: int,
        seed: int,
        reverse: bool,
    ) -> None:
        self._words, self._rows = words, rows
        self._label, self._weight = label.astype(np.float32), weight
        self._lengths = (words.field("end") - words.field("start"))[rows]
        self.batch = batch
        self._seed, self._reverse = seed, reverse
        self._resident: Codes | None = None
        self.steps = -(-len(rows) // batch)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of one epoch (counted from 0): ids (batch, words), labels and weights (batch, 1)."""
        rng = np.random.default_rng([self._seed, number])
        over_codes = np.empty((0, self._words.encoding.size), dtype=np.uint8)
        over_members = np.empty(0, dtype=np.int64)
        for members in self._groups(rng):
            codes = self._codes(members)
            order = rng.permutation(len(members))
            missing = self.batch - len(over_members)
            first, over = order[:missing], order[missing:]
            if len(first) == missing:
                yield self._make(
                    np.concatenate([over_codes, codes[first]]),
                    np.concatenate([over_members, members[first]]),
                    rng,
                )
                over_codes, over_members = over_codes[:0], over_members[:0]
                full = len(over) // self.batch * self.batch
                for begin in range(0, full, self.batch):
                    chosen = over[begin : begin + self.batch]
                    yield self._make(codes[chosen], members[chosen], rng)
                first = over[full:]
            over_codes = np.concatenate([over_codes, codes[first]])
            over_members = np.concatenate([over_members, members[first]])
        if len(over_members):
            yield self._make(over_codes, over_members, rng)

    def dataset(self, number: int) -> tf.data.Dataset[Any]:
        """Return one epoch as a dataset that prepares batches while others are trained on."""
        return streamed(
            lambda: self.epoch(number),
            self.steps,
            inputs=(self.batch, self._words.encoding.words),
            dtype="int32",
            targets=(self.batch, 1),
            ahead=4,
        )

    def _groups(self, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
        """Yield ascending positions in ``rows``: all at once, or random chunks of the file up to a buffer."""
        if len(self._rows) <= BUFFER:
            yield np.arange(len(self._rows))
            return
        begin, end = runs_of_equal(self._rows // CHUNK)
        chunks = rng.permutation(len(begin))
        for first in range(0, len(chunks), BUFFER // CHUNK):
            chosen = np.sort(chunks[first : first + BUFFER // CHUNK])
            yield np.concatenate([np.arange(begin[c], end[c]) for c in chosen])

    def _codes(self, members: npt.NDArray[np.int64]) -> Codes:
        if len(members) < len(self._rows):
            return self._words.take(self._rows[members])
        if self._resident is None:
            self._resident = self._words.take(self._rows)
        return self._resident

    def _make(self, codes: Codes, members: npt.NDArray[np.int64], rng: np.random.Generator) -> Batch:
        if self._reverse:
            flip_rows(codes, self._lengths[members], rng.random(len(members)) < 0.5)
        ids = pad_rows(self._words.encoding.ids(codes), self.batch)
        label = pad_rows(self._label[members, None], self.batch)
        return ids, label, pad_rows(self._weight[members, None], self.batch)
