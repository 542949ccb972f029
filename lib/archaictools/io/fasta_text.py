"""Check of the text of a FASTA file, in one pass.

Letters are the IUPAC codes of nucleotides, in upper or lower case. U is read as T. Codes other than A, C, G and T are
ambiguous: R, Y, ..., N, and X of some masking programs. Gaps of alignments (``-``, ``.``, ``*``) are no base: no k-mer
spans one. All other letters, such as those of proteins, are refused.
"""

from __future__ import annotations

from collections import Counter
from typing import IO, TYPE_CHECKING

from archaictools.errors import InputError, shorten

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.io.summary import Summary

#: Bytes read at a time, and the longest header line.
BLOCK, MAX_HEADER = 1 << 22, 1 << 20

_USUAL = b"ACGTNacgtn"
_LINE_ENDS = b"\r\n"
_KINDS = {
    "letters U, read as T": "Uu",
    "ambiguous letters other than N, read as N": "RYSWKMBDHVXryswkmbdhvx",
    "gaps (- . *), no base": "-.*",
}
_KIND_OF = {ord(letter): kind for kind, letters in _KINDS.items() for letter in letters}
_PROTEIN = frozenset(b"EFIJLOPQZefijlopqz")


class Letters:
    """Counts of letters other than A, C, G, T and N, by how they are read.

    Parameters
    ----------
    path
        Path for error messages.

    Attributes
    ----------
    counts
        Number of letters of each kind.
    bare_end
        Name of the last record of a file if it holds no base, else empty.

    Examples
    --------
    >>> letters = Letters("x.fa")
    >>> letters.add(b"ACGUNR-T", "r1")
    >>> letters.sentence()
    'letters U, read as T: 1, ambiguous letters other than N, read as N: 1, gaps (- . *), no base: 1'
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self.counts: Counter[str] = Counter()
        self.bare_end = ""

    def add(self, sequence: bytes, record: str, *, line: int | None = None) -> None:
        """Count the letters of a part of a sequence, without line ends.

        Parameters
        ----------
        sequence
            Letters of one record.
        record
            Name of the record.
        line
            Number of the first line of the part.

        Raises
        ------
        InputError
            At the first letter that is no nucleotide.
        """
        unusual = sequence.translate(None, _USUAL + _LINE_ENDS)
        if not unusual:
            return
        for byte, number in Counter(unusual).items():
            if byte not in _KIND_OF:
                self._refuse(byte, sequence, record, line)
            self.counts[_KIND_OF[byte]] += number

    def _refuse(self, byte: int, sequence: bytes, record: str, line: int | None) -> None:
        if line is not None:
            line += sequence.count(b"\n", 0, sequence.index(byte))
        what = "NUL bytes" if byte == 0 else repr(chr(byte)) if byte < 128 else f"the byte 0x{byte:02X}"
        kind = " (a protein?)" if byte in _PROTEIN else ""
        raise InputError(
            f"record {shorten(record)} holds {what}, which is no nucleotide{kind}",
            path=self._path,
            line=line,
            remedy="expected DNA or RNA: A, C, G, T, U, N and the other IUPAC codes, and - . * for gaps",
        )

    def add_to(self, tally: Summary, group: str) -> None:
        """Add the counts to a summary."""
        for kind in _KINDS:
            if self.counts[kind]:
                tally.add(group, kind, self.counts[kind], self.counts[kind])

    def sentence(self) -> str:
        """Return the counts as text, empty if there are none."""
        return ", ".join(f"{kind}: {self.counts[kind]:,}" for kind in _KINDS if self.counts[kind])


def check_fasta(handle: IO[bytes], path: Path) -> Letters:
    """Return the unusual letters of a FASTA file, after checking its whole text.

    Parameters
    ----------
    handle
        Decompressed bytes of the file.
    path
        Path for error messages.

    Raises
    ------
    InputError
        If it does not begin with a header, a record has no name or one of an earlier record, or a letter is no
        nucleotide.
    """
    letters, names = Letters(path), set[str]()
    name, line, kept, bare = "", 1, b"", False
    block = handle.read(BLOCK).lstrip()
    if not block.startswith(b">"):
        raise InputError("is not FASTA", path=path, remedy="expected a first line that begins with '>'")
    new_line = True  # whether the block begins a line
    while block:
        place = 0
        while place < len(block):
            if new_line and block[place] == ord(">"):
                end = block.find(b"\n", place)
                if end < 0:
                    break
                name = _name(block[place + 1 : end], path, line)
                if name in names:
                    raise InputError(
                        f"two records are named {shorten(name)}",
                        path=path,
                        line=line,
                        remedy="give each record its own name",
                    )
                names.add(name)
                bare = True
                place, line = end + 1, line + 1
                continue
            header = block.find(b"\n>", place)
            end = len(block) if header < 0 else header + 1
            part = block[place:end]
            letters.add(part, name, line=line)
            bare = bare and not part.strip()
            line += part.count(b"\n")
            place, new_line = end, header >= 0
        kept = block[place:]
        if len(kept) > MAX_HEADER:
            raise InputError("a header line is longer than 1 MB", path=path, line=line)
        if not kept:
            new_line = block.endswith(b"\n")
        more = handle.read(BLOCK)
        block = kept + more if more else kept + b"\n" if kept else b""
    letters.bare_end = name if bare else ""
    return letters


def _name(header: bytes, path: Path, line: int) -> str:
    words = header.split(None, 1)
    if not words or header[:1].isspace():
        raise InputError("a record has no name", path=path, line=line, remedy="expected '>name' before each sequence")
    if b"\0" in header:
        raise InputError("a header holds NUL bytes", path=path, line=line)
    return words[0].decode(errors="backslashreplace")
