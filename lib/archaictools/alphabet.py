"""The two alphabets: k-mers of a reference sequence, and variants along haplotypes."""

from __future__ import annotations

from enum import StrEnum


class Alphabet(StrEnum):
    """What a file or a model reads; the value is what files store.

    Examples
    --------
    >>> Alphabet("kmer").label, str(Alphabet.VARIANT)
    ('k-mers', 'variant')
    """

    KMER = "kmer"
    VARIANT = "variant"

    @property
    def label(self) -> str:
        """The plural noun for messages."""
        return "k-mers" if self is Alphabet.KMER else "haplotypes"
