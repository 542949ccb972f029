"""Names of chromosomes in several files: ``chr21`` and ``21`` are one chromosome, with a warning.

A tool that ignores this finds no common chromosome, and gives an empty result without an error. Only the prefix
``chr`` is reconciled; ``chrM`` and ``MT`` are not, since their sequences may differ.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from archaictools.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")

_PREFIX = "chr"


def bare(name: str) -> str:
    """Return a chromosome's name without ``chr``.

    >>> bare("chr21"), bare("21")
    ('21', '21')
    """
    return name.removeprefix(_PREFIX) or name


def other_style(name: str) -> str:
    """Return a chromosome's name in the other style."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else f"{_PREFIX}{name}"


def length_of(header: Mapping[str, int], name: str) -> int | None:
    """Return the length of a chromosome in a header, under its name or in the other style; None if missing or 0.

    >>> length_of({"21": 48129895}, "chr21")
    48129895
    """
    return header.get(name) or header.get(other_style(name)) or None


def in_genome_order(names: Iterable[str]) -> list[str]:
    """Return chromosomes in the order of most genomes: by number, sex chromosomes, mitochondrion, then all others.

    >>> in_genome_order(["chrM", "chrX", "chr10", "chrUn_2", "chr2", "chr2L", "chrUn_10"])
    ['chr2', 'chr2L', 'chr10', 'chrX', 'chrM', 'chrUn_2', 'chrUn_10']
    """
    return sorted(names, key=_place)


def _place(name: str) -> tuple[int, list[tuple[int, str]], str]:
    """Return the key of a chromosome in the order of genomes; numbers in names count as numbers."""
    own = bare(name)
    kinds = (r"[0-9]+[A-Za-z]?", "[W-Z]", "MT?")
    rank = next((number for number, kind in enumerate(kinds) if re.fullmatch(kind, own)), len(kinds))
    pieces = re.findall(r"([0-9]*)([^0-9]*)", own)
    return rank, [(int(digits) if digits else -1, text) for digits, text in pieces], name


def joined_lengths(parts: Sequence[tuple[Path, Mapping[str, int]]]) -> dict[str, int]:
    """Return the chromosomes of several files of one genome, name to length in bp.

    Parameters
    ----------
    parts
        Path and chromosomes of each file. If all files name the same in one order, it is that of the result; else it is
        that of :func:`in_genome_order`.

    Raises
    ------
    InputError
        If a chromosome has another length in another file.
    """
    found: dict[str, int] = {}
    owner: dict[str, Path] = {}
    for path, lengths in parts:
        for chrom, length in lengths.items():
            other = found.setdefault(chrom, length)
            if other != length:
                raise InputError(
                    f"has {length:,} bp of {chrom}, but {owner[chrom]} has {other:,} bp",
                    path=path,
                    remedy="merge parts of one build",
                )
            owner.setdefault(chrom, path)
    if all(list(lengths) == list(found) for _, lengths in parts):
        return found
    return {chrom: found[chrom] for chrom in in_genome_order(found)}


class Naming:
    """Finds a common name for each chromosome of several files: the first name met.

    Names are only exchanged for each other if they are one name with and without ``chr``. So ``GL000207.1`` or
    ``HLA-A*01:01:01:01`` do not change.

    Examples
    --------
    >>> from archaictools.io.summary import Summary
    >>> naming = Naming(Summary())
    >>> naming.common("21", "people.vcf"), naming.common("chr21", "archaic.vcf"), naming.common("chrEBV", "people.vcf")
    ('21', '21', 'chrEBV')
    """

    def __init__(self, tally: Summary) -> None:
        self._tally = tally
        self._known: dict[str, str] = {}
        self._found: dict[str, dict[str, str]] = {}
        self._warned: set[str] = set()

    def common(self, name: str, source: Path | str, *, leads: bool = True) -> str:
        """Return the name in the results of the chromosome ``name`` of ``source``.

        Parameters
        ----------
        name
            Name in the records of the file.
        source
            The file.
        leads
            Whether results use this name if no earlier file has the chromosome.

        Raises
        ------
        InputError
            If the file names the chromosome in both styles.
        """
        before = self._found.setdefault(str(source), {}).setdefault(bare(name), name)
        if before != name:
            raise InputError(
                f"names the same chromosome {before} and {name}",
                path=source,
                remedy="rename one of them",
            )
        known = self._known.get(bare(name), name)
        if leads:
            self._known[bare(name)] = known
        if known != name and str(source) not in self._warned:
            self._warned.add(str(source))
            log.warning("%s names chromosomes in another style: its %s is read as %s", source, name, known)
            self._tally.add("chromosome names", f"files in another style, read as {known} for {name}", 1)
        return known

    def lengths(self, header: Mapping[str, int], name: str) -> dict[str, int]:
        """Return the chromosome lengths of a header, under their names in the results.

        A header may hold names of both styles, or only of that which its records do not use. What its records do not
        use is left out, but for the length of the record's own chromosome.

        Parameters
        ----------
        header
            Chromosome lengths in bp, under the names of the header.
        name
            Name of a chromosome in the records, for which :meth:`common` was called.
        """
        other = other_style(name)
        if other in header and name not in header:
            return {self._known.get(bare(name), name): header[other]}
        found = {}
        for own, length in header.items():
            twice = other_style(own) in header
            if not twice or (other in header and own.startswith(_PREFIX) == name.startswith(_PREFIX)):
                found[self._known.setdefault(bare(own), own)] = length
        return found
