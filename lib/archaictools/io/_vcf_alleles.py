"""REF and ALT of any VCF record as bases at single positions.

:meth:`archaictools.io._vcf_text.Lines.alleles` reads records of single bases, many at a time. This module reads all
others: a SNP together with ``*``, ``<NON_REF>`` or an indel, and substitutions of several bases.

Each ALT is compared with REF as ``bcftools norm --atomize`` does. The bases that both share at the end are cut off, and
the rest is compared from the left. So ``AC`` to ``GT`` contains two substitutions, and ``AT`` to ``A`` has the base of
REF at the first position and no base at the second. Alleles without a sequence (``*``, ``<NON_REF>``, ``<*>``,
``<DEL>``, breakends) have no base at any position of REF.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

#: Largest number of alleles of a record; numbers of alleles are stored in 8 bits.
MAX_ALLELES = 127

#: Number in :class:`PositionBases` of an allele that has no base at a position.
NO_BASE = -2

_CODES = {letter: number for number, letter in enumerate(b"ACGT")}
_LETTERS = frozenset(b"ACGTNRYSWKMBDHV")
#: ALT of a REF block: of GATK, of bcftools, and an old form.
_BLOCK = frozenset((b"<NON_REF>", b"<*>", b"<X>"))
_PLACEHOLDERS = _BLOCK | {b"*"}


@dataclass(frozen=True)
class PositionBases:
    """Bases of the alleles of a record at one position.

    Attributes
    ----------
    offset
        Distance of the position from POS in bp.
    bases
        Four codes: REF and the other bases that occur, 0–3 for A, C, G, T, and -1 for no such allele.
    numbers
        For each allele of the record, REF first, its index in ``bases``, or :data:`NO_BASE`.
    """

    offset: int
    bases: tuple[int, int, int, int]
    numbers: tuple[int, ...]


def holds_reference_only(alts: bytes) -> bool:
    """Return whether ALT is that of a REF block: no other allele was found there.

    >>> holds_reference_only(b"."), holds_reference_only(b"<NON_REF>"), holds_reference_only(b"<DEL>")
    (True, True, False)
    """
    return alts == b"." or all(alt in _BLOCK for alt in alts.split(b","))


@lru_cache(maxsize=1 << 14)
def single_bases(ref: bytes, alts: bytes) -> tuple[PositionBases, ...]:
    """Return the positions at which alleles differ in one base; if all ALTs are placeholders, all positions.

    Parameters
    ----------
    ref, alts
        REF and ALT of the record.

    Examples
    --------
    >>> [(base.offset, base.bases, base.numbers) for base in single_bases(b"AT", b"GT,A")]
    [(0, (0, 2, -1, -1), (0, 1, 0))]
    >>> single_bases(b"AT", b"A")
    ()
    """
    ref, alts = ref.upper(), alts.upper()
    alleles = [] if alts == b"." else alts.split(b",")
    if len(alleles) >= MAX_ALLELES or not _LETTERS.issuperset(ref):
        return ()
    known = [_CODES.get(letter, -1) for letter in ref]
    aligned = [_align(ref, known, alt) for alt in alleles]
    alone = bool(alleles) and all(alt in _PLACEHOLDERS for alt in alleles)
    found = []
    for offset, own in enumerate(known):
        there = [codes[offset] for codes in aligned]
        others = list(dict.fromkeys(code for code in there if code >= 0 and code != own))
        if own < 0 or not (others or alone):
            continue
        bases = [own, *others]
        numbers = (0, *(bases.index(code) if code >= 0 else NO_BASE for code in there))
        first, second, third, fourth = bases + [-1] * (4 - len(bases))
        found.append(PositionBases(offset, (first, second, third, fourth), numbers))
    return tuple(found)


def _align(ref: bytes, known: list[int], alt: bytes) -> list[int]:
    """Return the base of an allele at each position of REF, -1 for no base."""
    if not _LETTERS.issuperset(alt):
        return [-1] * len(ref)
    left, right = len(ref), len(alt)
    while left > 1 and right > 1 and ref[left - 1] == alt[right - 1]:
        left, right = left - 1, right - 1
    return [_CODES.get(alt[place], -1) if place < right else -1 for place in range(left)] + known[left:]
