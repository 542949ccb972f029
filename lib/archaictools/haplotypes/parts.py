"""Files that a run of chosen chromosomes reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.errors import InputError, shortlist
from archaictools.io.chromosomes import bare
from archaictools.io.vcf_part import chromosomes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def files_with(chromosomes: Sequence[str], paths: Sequence[Path], *, refuse: bool = False) -> tuple[Path, ...]:
    """Return the files that may hold chosen chromosomes, in their order.

    A file is left out if an index, or its first and last record, show that it holds none of them.

    Parameters
    ----------
    chromosomes
        Chosen chromosomes, in either style of names; empty for all.
    paths
        VCF or BCF files.
    refuse
        Whether all chosen chromosomes must be in the files.

    Raises
    ------
    InputError
        If no file can hold one of the chromosomes, and ``refuse`` is set. Files whose chromosomes are not quickly known
        may hold any.
    """
    if not chromosomes:
        return tuple(paths)
    chosen = frozenset(map(bare, chromosomes))
    known = [(path, chromosomes_of(path)) for path in paths]
    held = [names for _, names in known if names is not None]
    if refuse and len(held) == len(known):
        refuse_absent(chromosomes, frozenset().union(*held), paths)
    return tuple(path for path, names in known if names is None or names & chosen)


def chromosomes_in(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return the chromosomes of several files, without ``chr``; none if those of a file are not quickly known.

    Parameters
    ----------
    paths
        VCF or BCF files.
    """
    known = [chromosomes_of(path) for path in paths]
    return tuple(sorted({name for names in known for name in names or ()})) if None not in known else ()


def refuse_absent(chromosomes: Iterable[str], found: Iterable[str], vcf: Sequence[Path]) -> None:
    """Raise InputError if the files lack a chosen chromosome.

    Parameters
    ----------
    chromosomes
        Chosen chromosomes, in either style of names.
    found
        Chromosomes that the files hold.
    vcf
        VCF or BCF files of modern samples.
    """
    known = {bare(name): name for name in found}
    absent = [name for name in chromosomes if bare(name) not in known]
    if absent:
        raise InputError(
            f"holds no single-nucleotide record on {shortlist(absent)}, which --chromosomes names",
            path=shortlist(vcf),
            remedy=f"name chromosomes of the files ({shortlist(sorted(known.values())) or 'none of these is there'})",
        )
