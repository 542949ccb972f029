"""Which part contains which chromosome, and which people there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archaictools.errors import InputError
from archaictools.io.chromosomes import bare, in_genome_order
from archaictools.io.schema import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Names of chromosomes in every build, which show its naming style.
_STYLED = re.compile(r"(chr)?(?:[0-9]+[A-Z]?|[WXYZ])")


class PartOwners:
    """The parts of each chromosome: one, or several with different people."""

    def __init__(self) -> None:
        self._owners: dict[str, list[Path]] = {}
        self._people: dict[str, dict[str, Path] | None] = {}
        self._named: dict[str, str] = {}
        self._styles: dict[bool, str] = {}

    def add(self, part: Path, chrom: str, people: Iterable[str] | None = None) -> None:
        """Note that a part contains a chromosome.

        Parameters
        ----------
        part, chrom
            The part, and the chromosome.
        people
            People who have rows there; None if rows are not of people.

        Raises
        ------
        InputError
            If another part contains the chromosome, or one of the people there, or names chromosomes in another style.
        """
        owners = self._owners.setdefault(chrom, [])
        new = part not in owners
        self._add_people(part, chrom, people, owners)
        if not new:
            return
        owners.append(part)
        same = self._named.setdefault(bare(chrom), chrom)
        if same != chrom and part in self._owners[same]:
            raise InputError(f"names the same chromosome {same} and {chrom}", path=part, remedy="rename one of them")
        styled = _STYLED.fullmatch(chrom)
        if same == chrom and styled:
            same = self._styles.get(not styled[1], chrom)
            self._styles.setdefault(bool(styled[1]), chrom)
        if part not in self._owners[same]:
            raise InputError(
                f"names a chromosome {chrom}, but {self._owners[same][0]} names one {same}",
                path=part,
                remedy="merge parts with one style of names",
            )

    def _add_people(self, part: Path, chrom: str, people: Iterable[str] | None, owners: list[Path]) -> None:
        """Refuse another part without people, and people who are in another part."""
        known = self._people.setdefault(chrom, {})
        other = next((owner for owner in owners if owner != part), None)
        if people is None or known is None:
            self._people[chrom] = None
            if other is not None:
                raise InputError(
                    f"{chrom} is also in {other}",
                    path=part,
                    remedy="give each chromosome in one part, and each part once; of different people, merge sums",
                )
            return
        for person in people:
            owner = known.setdefault(person, part)
            if owner != part:
                raise InputError(
                    f"{shown(person)} on {chrom} is also in {owner}",
                    path=part,
                    remedy="give each person on a chromosome in one part, and each part once",
                )

    def in_order(self) -> list[tuple[str, list[Path]]]:
        """Return all chromosomes in the order of genomes, and the parts of each."""
        return [(chrom, self._owners[chrom]) for chrom in in_genome_order(self._owners)]
