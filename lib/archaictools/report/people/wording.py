"""Numbers and names in sentences about people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.report.wording import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archaictools.haplotypes.lineages import Source

#: From so many bases on, a number is in Gb.
_GIGABASES = 10_000_000_000


def people(number: int) -> str:
    """Return a number of people.

    >>> people(1), people(1_200)
    ('1 person', '1,200 people')
    """
    return "1 person" if number == 1 else f"{number:,} people"


def count(number: int, what: str) -> str:
    """Return a number of things.

    >>> count(1, "segment"), count(0, "segment")
    ('1 segment', '0 segments')
    """
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def megabases(bases: float) -> str:
    """Return a number of bases.

    >>> megabases(35_160_000), megabases(20_400), megabases(0), megabases(1_152_413_300_000)
    ('35.2 Mb', '20 kb', '0.0 Mb', '1,152.4 Gb')
    """
    if bases >= _GIGABASES:
        return f"{bases / 1e9:,.1f} Gb"
    return f"{bases / 1e6:,.1f} Mb" if bases >= 1e6 or not bases else f"{bases / 1e3:,.0f} kb"


def chromosomes(names: Sequence[str]) -> str:
    """Return chromosomes: names of up to three, the number of more.

    >>> chromosomes(["21"]), chromosomes(["chr1", "chr2"]), chromosomes(["1", "2", "3", "4"])
    ('chromosome 21', 'chr1 and chr2', '4 chromosomes')
    """
    if len(names) > 3:
        return f"{len(names):,} chromosomes"
    return joined([name if name.startswith("chr") else f"chromosome {name}" for name in names])


def described(source: Source) -> str:
    """Return the label of an archaic genome, with its lineage if the label does not name it.

    >>> from archaictools.haplotypes.lineages import sources_of
    >>> [described(source) for source in sources_of(["AltaiNea", "Neanderthal", "X"])[:3]]
    ['AltaiNea (Neanderthal)', 'Neanderthal', 'X (archaic)']
    """
    lineage = source.lineage.value if source.lineage else ""
    return source.label if lineage.casefold() in source.label.casefold() else f"{source.label} ({lineage})"
