"""Lines of VCF text as arrays: thousands of records are cut and decoded by a few NumPy calls.

No library reads genotypes of many records at once: at 100 samples htslib through cyvcf2 hands over about 95,000
records a second, one by one, where a block of text read as a matrix gives a million. Two layouts are told apart line
by line:

* *fixed*: FORMAT is GT alone and every call has three characters (``0|1``), so that calls stand four bytes apart;
* *other*: calls of any width, whose starts are found from the tabs.

Source: VCF 4.2 to 4.5 (``#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT`` and a column a sample; GT comes first). Since
VCF 4.4 a mark may come before the first allele (``|0|1``, ``/0/1``); a first allele marked ``/`` is not phased.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from archaictools.io._vcf_alleles import parse_genotype, single_bases
from archaictools.io.sites import Calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archaictools.io._vcf_alleles import Base

Index = npt.NDArray[np.int64]

#: Most alleles a record of single nucleotides can have.
ALLELES = 4
#: Longest stretch before the calls (INFO) that is searched for its nine tabs line by line.
_HEAD = 1_024
_SHORTEST_HEAD = len("1\t1\t.\tA\t.\t.\t.\t.\tGT\t")
_POWERS = 10 ** np.arange(18, -1, -1, dtype=np.int64)

_TAB, _NEWLINE, _RETURN, _DOT, _COMMA, _COLON, _ZERO = b"\t\n\r.,:0"
_BAR, _SLASH = b"|/"
#: A call and its tab as one number; by ``^`` with it, bits tell how another differs, and OR how any of a line does.
_CALL = np.frombuffer(b"0|0\t", np.uint32)[0]
_ALLELE_BITS, _CALL_BITS = (np.frombuffer(bits, np.uint32)[0] for bits in (b"\7\0\7\0", b"\377\377\377\0"))

_BASES = np.full(256, -1, dtype=np.int8)
for _code, _pair in enumerate(("Aa", "Cc", "Gg", "Tt")):
    _BASES[[ord(letter) for letter in _pair]] = _code
_CLOSES = np.zeros(256, dtype=bool)
_CLOSES[[_TAB, _NEWLINE, _RETURN, _COLON]] = True
_END = re.compile(rb"(?<=[\t;])END=(\d{1,18})(?=[\t;])")


class LineError(Exception):
    """A line that cannot be understood.

    Attributes
    ----------
    line
        Its number in the block, from 0, blank lines counted.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


class Lines:
    """A block of whole record lines.

    Parameters
    ----------
    text
        Lines, each ended by a newline; blank ones are passed over.
    samples
        Sample columns that the header names.

    Attributes
    ----------
    number
        int64 (n,): number of each line in the block, from 0, blank lines counted.
    read
        Lines of the block, blank ones too.

    Raises
    ------
    LineError
        At the first line with too many or too few columns.
    """

    def __init__(self, text: bytes, samples: int) -> None:
        self._text, self._samples = text, samples
        buffer = np.frombuffer(text + bytes(_HEAD), dtype=np.uint8)
        end = np.flatnonzero(buffer[: len(text)] == _NEWLINE)
        start = np.concatenate(([0], end[:-1] + 1)) if len(end) else end
        end = end - ((buffer[end - 1] == _RETURN) & (end > start))
        self.read = len(end)
        self.number = np.flatnonzero(end > start)
        if len(self.number) < len(end):
            start, end = start[self.number], end[self.number]
        self._buffer, self._start, self._end = buffer, start, end
        self._tabs = np.zeros((len(start), 9), dtype=np.int64)
        self._fixed = self._find_fixed()
        self._order = np.cumsum(~self._fixed) - 1  # row of self._fields
        self._fields = self._find_fields(np.flatnonzero(~self._fixed))

    def __len__(self) -> int:
        return len(self._start)

    def _find_fixed(self) -> npt.NDArray[np.bool_]:
        """Find the lines whose calls stand four bytes apart, their first tabs and their calls."""
        width = 4 * self._samples
        head = self._end - self._start - width + 1
        fixed: npt.NDArray[np.bool_] = (head >= _SHORTEST_HEAD) & (head <= _HEAD)
        self._calls, self._differs = np.empty((0, self._samples), dtype=np.uint32), np.empty(0, dtype=np.uint32)
        if not fixed.any():
            return fixed
        rows = np.flatnonzero(fixed)
        length = head[rows]
        longest = int(length.max())
        tab = np.lib.stride_tricks.sliding_window_view(self._buffer, longest)[self._start[rows]] == _TAB
        tab &= np.arange(longest) < length[:, None]
        calls = np.lib.stride_tricks.sliding_window_view(self._buffer, width)[self._start[rows] + length]
        words = calls.view(np.uint32)
        # With a tab at every fourth byte there is room for no other, so no sample can stand in another's column.
        differs = np.bitwise_or.reduce(words[:, :-1] ^ _CALL, axis=1)
        good: npt.NDArray[np.bool_] = (differs & ~_CALL_BITS) == 0
        differs |= (words[:, -1] ^ _CALL) & _CALL_BITS
        good &= np.count_nonzero(tab, axis=1) == 9
        good &= tab[np.arange(len(rows)), length - 1]
        if not good.all():
            fixed[rows[~good]] = False
            rows, tab, words, differs = rows[good], tab[good], words[good], differs[good]
        offset = self._start[rows] - longest * np.arange(len(rows))
        self._tabs[rows] = np.flatnonzero(tab).reshape(-1, 9) + offset[:, None]
        self._calls, self._differs = words, differs
        return fixed

    def _find_fields(self, rows: Index) -> Index:
        """Find all tabs of the other lines: (lines, 8 + samples), the last ones before the calls."""
        columns = 8 + self._samples
        if not len(rows):
            return np.empty((0, columns), dtype=np.int64)
        tabs = np.flatnonzero(self._buffer == _TAB)
        first = np.searchsorted(tabs, self._start[rows])
        count = np.searchsorted(tabs, self._end[rows]) - first
        wrong = np.flatnonzero(count != columns)
        if len(wrong):
            raise self._error(
                int(rows[wrong[0]]),
                f"has {int(count[wrong[0]]) + 1} columns, expected {columns + 1} as the #CHROM line names",
            )
        found: Index = tabs[first[:, None] + np.arange(columns)]
        self._tabs[rows] = found[:, :9]
        return found

    def chromosomes(self) -> list[tuple[int, int, str]]:
        """Return runs of lines on one chromosome: first line, last line (not included), name."""
        if not len(self):
            return []
        length = self._tabs[:, 0] - self._start
        longest = int(length.max())
        if longest <= _HEAD:
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
        """Return bases of REF and ALT and which records are single-nucleotide variants (or have no ALT).

        Returns
        -------
        tuple
            int8 (n, 4) of 0–3 for A, C, G, T and -1 for no such allele; bool (n,), False for indels, symbolic and other
            alleles, whose bases mean nothing.
        """
        tabs, buffer = self._tabs, self._buffer
        base = np.full((len(self), ALLELES), -1, dtype=np.int8)
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

    def other_alleles(self, rows: Index) -> list[tuple[Base, ...]]:
        """Return the bases of records that :meth:`alleles` does not read.

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
        """Return END in INFO, 0-based and not included, -1 where it is not given; None if no line has it."""
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
        """Yield the values of a FORMAT key that some samples have, for those of some lines whose FORMAT names it.

        Yields
        ------
        tuple
            Place in ``rows``, and a value a sample, ``.`` where it is left out.
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
            parts = [self._cell(row, number).split(b":") for number in numbers]
            yield place, [part[where] if len(part) > where else b"." for part in parts]

    def _cell(self, row: int, sample: int) -> bytes:
        """Return what a line has in the column of a sample."""
        if self._fixed[row]:
            start = int(self._tabs[row, 8]) + 1 + 4 * sample
            return self._text[start : start + 3]
        tabs = self._fields[self._order[row]]
        last = self._end[row] if sample + 1 == self._samples else tabs[9 + sample]
        return self._text[int(tabs[8 + sample]) + 1 : int(last)]

    def has_genotypes(self) -> npt.NDArray[np.bool_]:
        """Tell whether FORMAT begins with GT."""
        start, end = self._tabs[:, 7] + 1, self._tabs[:, 8]
        first, second = self._buffer[start] == ord("G"), self._buffer[start + 1] == ord("T")
        return np.asarray(first & second & ((end == start + 2) | (self._buffer[start + 2] == _COLON)))

    def passed(self) -> npt.NDArray[np.bool_]:
        """Tell whether FILTER is PASS or not given."""
        start, length = self._tabs[:, 5] + 1, self._tabs[:, 6] - self._tabs[:, 5] - 1
        found = (length == 1) & (self._buffer[start] == _DOT)
        word = np.lib.stride_tricks.sliding_window_view(self._buffer, 4)[start]
        return np.asarray(found | ((length == 4) & (word == np.frombuffer(b"PASS", np.uint8)).all(axis=1)))

    def calls(self, rows: Index, columns: slice | Index, alleles: npt.NDArray[np.int64]) -> Calls:
        """Decode genotypes.

        Parameters
        ----------
        rows
            Lines to decode, ascending; all must have GT.
        columns
            Samples to decode, numbered as in the header.
        alleles
            Number of alleles of each of those lines.

        Raises
        ------
        LineError
            At a call that is neither haploid nor diploid or names an allele that the record lacks.
        """
        fixed = self._fixed[rows]
        slashed = None
        plain = False  # all calls are phased and of alleles 0 to 7
        if fixed.all():
            where = slice(None) if len(rows) == len(self) else (np.cumsum(self._fixed) - 1)[rows]
            words, differs = self._calls[where][:, columns], self._differs[where]
            plain = not (differs & ~_ALLELE_BITS).any()
        else:
            everyone = np.arange(self._samples)[columns]
            words = np.empty((len(rows), len(everyone)), dtype=np.uint32)
            words[fixed] = self._calls[(np.cumsum(self._fixed) - 1)[rows[fixed]]][:, columns]
            starts = self._fields[self._order[rows[~fixed]]][:, 8 + everyone] + 1
            mark = self._buffer[starts]
            marked = (mark == _BAR) | (mark == _SLASH)
            if marked.any():
                starts = starts + marked
                slashed = np.zeros(words.shape, dtype=bool)
                slashed[~fixed] = mark == _SLASH
            quads = np.lib.stride_tricks.sliding_window_view(self._buffer, 4)[starts]
            words[~fixed] = quads.view(np.uint32)[..., 0]
        quad = _bytes(words)
        number = quad[:, :, ::2] - np.uint8(_ZERO)
        found = number.view(np.int8)
        if plain:
            phased, haploid = np.ones(words.shape, dtype=bool), None
            bits = _bytes(differs)
            highest = bits[:, 0] | bits[:, 2]  # numbers that are ORed: as high as the highest of them, or higher
        else:
            phased, haploid = self._settle(quad, number, rows, columns, fixed)
            if slashed is not None:
                phased = phased & ~(slashed if haploid is None else slashed & ~haploid)
            highest = found.reshape(len(rows), 2 * found.shape[1]).max(axis=1, initial=0)
        doubtful = np.flatnonzero(highest >= alleles)
        wrong = (found[doubtful] >= alleles[doubtful, None, None]).any(axis=2)
        self._refuse(rows[doubtful], columns, np.asarray(wrong))
        return Calls(found, phased, haploid)

    def _settle(
        self,
        quad: npt.NDArray[np.uint8],
        number: npt.NDArray[np.uint8],
        rows: Index,
        columns: slice | Index,
        fixed: npt.NDArray[np.bool_],
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_] | None]:
        """Judge calls of any form: mark missing alleles in ``number``; return which are phased, and which haploid."""
        phased = quad[:, :, 1] == _BAR
        haploid = None
        regular = phased if phased.all() else np.asarray(phased | (quad[:, :, 1] == _SLASH))
        if not fixed.all():
            regular = regular & _CLOSES[quad[:, :, 3]]
        odd = None
        if not regular.all():
            haploid = ~regular & _CLOSES[quad[:, :, 1]]
            number[haploid, 1] = np.uint8((_DOT - _ZERO) % 256)
            phased = np.asarray(phased | haploid)
            odd = ~(regular | haploid)
            number[odd] = 0
        if (number > 9).any():
            missing = number == np.uint8((_DOT - _ZERO) % 256)
            strange = (number > 9) & ~missing
            self._refuse(rows, columns, strange[..., 0] | strange[..., 1])
            number[missing] = 255  # -1 as int8
        if odd is not None and odd.any() and haploid is not None:
            self._read_one_by_one(odd, number, phased, haploid, rows, columns)
        return phased, haploid if haploid is not None and haploid.any() else None

    def _read_one_by_one(
        self,
        odd: npt.NDArray[np.bool_],
        number: npt.NDArray[np.uint8],
        phased: npt.NDArray[np.bool_],
        haploid: npt.NDArray[np.bool_],
        rows: Index,
        columns: slice | Index,
    ) -> None:
        """Read calls that name alleles of several digits; refuse what is no haploid or diploid call."""
        numbers = np.arange(self._samples)[columns].tolist()
        for place in np.flatnonzero(odd.any(axis=1)).tolist():
            row = int(rows[place])
            for sample in np.flatnonzero(odd[place]).tolist():
                call = parse_genotype(self._cell(row, numbers[sample]).split(b":", 1)[0])
                if call is None:
                    wrong = np.zeros_like(odd)
                    wrong[place, sample] = True
                    self._refuse(rows, columns, wrong)
                else:
                    alleles, phased[place, sample], haploid[place, sample] = call
                    number[place, sample] = [allele % 256 for allele in alleles]

    def _refuse(self, rows: Index, columns: slice | Index, wrong: npt.NDArray[np.bool_]) -> None:
        if not wrong.any():
            return
        place, sample = (int(found) for found in np.argwhere(wrong)[0])
        row, column = int(rows[place]), int(np.arange(self._samples)[columns][sample])
        text = self._cell(row, column).split(b":")[0].decode(errors="replace")
        raise self._error(
            row,
            f"at {self._field(row, 0)}:{self._field(row, 1)} the genotype of sample number {column + 1} is {text!r}, "
            "expected one or two of the record's own alleles, such as 0|1",
        )

    def _error(self, row: int, problem: str) -> LineError:
        return LineError(int(self.number[row]), problem)


def _bytes(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return the four bytes of each word: one more axis."""
    return np.ascontiguousarray(words).view(np.uint8).reshape(*words.shape, 4)
