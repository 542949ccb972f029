"""Lines of VCF text as arrays: the fields of thousands of records are found by a few NumPy calls.

Source: VCF 4.2 to 4.5 (``#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT`` and one column per sample; GT comes first).
:mod:`archaictools.io._vcf_calls` decodes the genotypes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from archaictools.io._vcf_alleles import single_bases
from archaictools.io._vcf_calls import MAX_HEAD, CallColumns, LineError
from archaictools.io.sites import MAX_BASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archaictools.io._vcf_alleles import PositionBases
    from archaictools.io.sites import Calls

Index = npt.NDArray[np.int64]

_POWERS = 10 ** np.arange(18, -1, -1, dtype=np.int64)
_NEWLINE, _RETURN, _DOT, _COMMA, _COLON, _ZERO = b"\n\r.,:0"

_BASES = np.full(256, -1, dtype=np.int8)
for _code, _pair in enumerate(("Aa", "Cc", "Gg", "Tt")):
    _BASES[[ord(letter) for letter in _pair]] = _code
_END = re.compile(rb"(?<=[\t;])END=(\d{1,18})(?=[\t;])")


class Lines:
    """A block of whole record lines.

    Parameters
    ----------
    text
        Lines, each ended by a newline; blank lines are skipped.
    samples
        Number of sample columns in the header.

    Attributes
    ----------
    number
        int64 (lines,): number of each line in the block, from 0, blank lines counted.
    read
        Number of lines of the block, blank lines counted.

    Raises
    ------
    LineError
        At the first line with too many or too few columns.
    """

    def __init__(self, text: bytes, samples: int) -> None:
        self._text = text
        buffer = np.frombuffer(text + bytes(MAX_HEAD), dtype=np.uint8)
        end = np.flatnonzero(buffer[: len(text)] == _NEWLINE)
        start = np.concatenate(([0], end[:-1] + 1)) if len(end) else end
        end = end - ((buffer[end - 1] == _RETURN) & (end > start))
        self.read = len(end)
        self.number = np.flatnonzero(end > start)
        if len(self.number) < len(end):
            start, end = start[self.number], end[self.number]
        self._buffer, self._start, self._end = buffer, start, end
        self._columns = CallColumns(text, buffer, start, end, self.number, samples)
        self._tabs = self._columns.tabs

    def __len__(self) -> int:
        return len(self._start)

    def chromosomes(self) -> list[tuple[int, int, str]]:
        """Return runs of lines on one chromosome: first line, last line (not included), name."""
        if not len(self):
            return []
        length = self._tabs[:, 0] - self._start
        longest = int(length.max())
        if longest <= MAX_HEAD:
            name = np.lib.stride_tricks.sliding_window_view(self._buffer, max(longest, 1))[self._start]
            name = np.where(np.arange(name.shape[1]) < length[:, None], name, 0)
            change = np.flatnonzero((name[1:] != name[:-1]).any(axis=1)) + 1
        else:
            change = np.arange(1, len(self))
        bounds = [0, *change.tolist(), len(self)]
        return [(a, b, self._field(a, 0)) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]

    def _field(self, row: int, number: int) -> str:
        line = self._text[int(self._start[row]) : int(self._end[row])]
        return line.split(b"\t", number + 1)[number].decode(errors="replace")

    def positions(self) -> Index:
        """Return POS, 0-based (POS 0, a telomere, becomes -1)."""
        before, after = self._tabs[:, 0], self._tabs[:, 1]
        width = min(int((after - before - 1).max(initial=1)), 18)
        place = after[:, None] - np.arange(width, 0, -1)
        digit = self._buffer[place] - np.uint8(_ZERO)
        digit[place <= before[:, None]] = 0
        length = after - before - 1
        wrong = np.flatnonzero((digit > 9).any(axis=1) | (length < 1) | (length > width))
        if len(wrong):
            raise self._error(int(wrong[0]), f"POS is {self._field(int(wrong[0]), 1)!r}, expected a whole number")
        return np.asarray(digit @ _POWERS[-width:], dtype=np.int64) - 1

    def alleles(self) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
        """Return the bases of REF and ALT, and which records are single-nucleotide variants or have no ALT.

        Returns
        -------
        tuple
            int8 (lines, 4) of 0–3 for A, C, G, T and -1 for no such allele; bool (lines,), False for indels, symbolic
            and other alleles, whose bases have no meaning.
        """
        tabs, buffer = self._tabs, self._buffer
        base = np.full((len(self), MAX_BASES), -1, dtype=np.int8)
        base[:, 0] = _BASES[buffer[tabs[:, 2] + 1]]
        length = tabs[:, 4] - tabs[:, 3] - 1
        alone = length == 1
        base[:, 1] = np.where(alone, _BASES[buffer[tabs[:, 3] + 1]], np.int8(-1))
        known = alone & ((base[:, 1] >= 0) | (buffer[tabs[:, 3] + 1] == _DOT))
        several = np.flatnonzero((length == 3) | (length == 5))
        if len(several):
            place = tabs[several, 3][:, None] + np.arange(1, 6)
            there = np.arange(5) < length[several][:, None]
            letters = np.where(there, buffer[place], np.uint8(_COMMA))
            base[several, 1:] = _BASES[letters[:, ::2]]
            commas = (letters[:, 1::2] == _COMMA).all(axis=1)
            known[several] = commas & ((base[several, 1:] >= 0) == there[:, ::2]).all(axis=1)
            chosen = base[several]
            for first, second in ((1, 2), (1, 3), (2, 3)):
                known[several] &= (chosen[:, first] != chosen[:, second]) | (chosen[:, first] < 0)
        known &= (tabs[:, 3] - tabs[:, 2] == 2) & (base[:, 0] >= 0) & (base[:, 1:] != base[:, :1]).all(axis=1)
        return base, known

    def other_alleles(self, rows: Index) -> list[tuple[PositionBases, ...]]:
        """Return the bases of records that :meth:`alleles` does not read, position by position.

        See :func:`archaictools.io._vcf_alleles.single_bases`.
        """
        text = self._text
        return [
            single_bases(text[ref + 1 : alt], text[alt + 1 : end]) for ref, alt, end in self._tabs[rows, 2:5].tolist()
        ]

    def alts(self, row: int) -> bytes:
        """Return ALT of a line."""
        return self._text[int(self._tabs[row, 3]) + 1 : int(self._tabs[row, 4])]

    def ends(self) -> Index | None:
        """Return END in INFO, 0-based and exclusive, -1 where it is missing; None if no line has it."""
        if b"END=" not in self._text:
            return None
        found = [(match.start(), int(match[1])) for match in _END.finditer(self._text)]
        if not found:
            return None
        place, end = np.array(found, dtype=np.int64).T
        row = np.searchsorted(self._start, place, side="right") - 1
        inside = (self._tabs[row, 6] < place) & (place < self._tabs[row, 7])
        ends = np.full(len(self), -1, dtype=np.int64)
        ends[row[inside]] = end[inside]
        return ends

    def values(self, rows: Index, columns: Index, key: bytes) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the values of a FORMAT key in some samples, for each of some lines whose FORMAT names it.

        Yields
        ------
        tuple
            Index into ``rows``, and a value for each sample, ``.`` where it is missing.
        """
        # Most files have GT alone.
        if not (self._tabs[:, 8] - self._tabs[:, 7] > len("GT") + 1).any() or b":" + key not in self._text:
            return
        numbers = columns.tolist()
        for place, row in enumerate(rows.tolist()):
            form = self._text[int(self._tabs[row, 7]) + 1 : int(self._tabs[row, 8])].split(b":")
            if key not in form:
                continue
            where = form.index(key)
            parts = [self._columns.cell(row, number).split(b":") for number in numbers]
            yield place, [part[where] if len(part) > where else b"." for part in parts]

    def has_genotypes(self) -> npt.NDArray[np.bool_]:
        """Return which lines have a FORMAT that begins with GT: bool (lines,)."""
        start, end = self._tabs[:, 7] + 1, self._tabs[:, 8]
        first, second = self._buffer[start] == ord("G"), self._buffer[start + 1] == ord("T")
        return np.asarray(first & second & ((end == start + 2) | (self._buffer[start + 2] == _COLON)))

    def passed(self) -> npt.NDArray[np.bool_]:
        """Return which lines have a FILTER that is PASS or missing: bool (lines,)."""
        start, length = self._tabs[:, 5] + 1, self._tabs[:, 6] - self._tabs[:, 5] - 1
        found = (length == 1) & (self._buffer[start] == _DOT)
        word = np.lib.stride_tricks.sliding_window_view(self._buffer, 4)[start]
        return np.asarray(found | ((length == 4) & (word == np.frombuffer(b"PASS", np.uint8)).all(axis=1)))

    def _error(self, row: int, problem: str) -> LineError:
        return LineError(int(self.number[row]), problem)

    def calls(self, rows: Index, columns: slice | Index, alleles: npt.NDArray[np.int64]) -> Calls:
        """Return the genotypes of some lines; see :meth:`archaictools.io._vcf_calls.CallColumns.decode`."""
        return self._columns.decode(rows, columns, alleles)
