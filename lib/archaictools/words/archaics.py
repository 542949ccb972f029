"""What archaic genomes say at the sites of modern people, from files read alongside, in step with them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pysam

from archaictools.errors import InputError, shortlist
from archaictools.formats.tally import Tally
from archaictools.formats.variants import Sites, open_variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.formats.chromosomes import Naming
    from archaictools.formats.variants import VariantFile

GROUP = "archaic"

#: In place of a base, where the archaic record contradicts the modern one.
_UNUSABLE = -2

#: Sites called as not REF, without one called as REF, after which a file is taken to leave REF out.
_SUSPICIOUS = 1_000


@dataclass
class ReferenceCheck:
    """Refuse archaic genomes that are only given where they are not REF, unless told what a missing call means.

    Where several people stand in one file, one is called REF where another is not; so only sites count at which nobody
    of them carries anything else.
    """

    path: Path
    reference: int = 0
    other: int = 0

    def count(self, sites: Sites, columns: slice) -> None:
        """Count genotypes; raise InputError where all of many are not REF."""
        alleles = sites.calls.alleles[:, columns]
        carries = (alleles > 0).any(axis=(1, 2))
        self.other += int(carries.sum())
        self.reference += int(((alleles == 0).any(axis=(1, 2)) & ~carries).sum())
        if not self.reference and self.other > _SUSPICIOUS:
            raise InputError(
                f"calls no site as REF alone, but {self.other:,} as something else: a missing call may mean REF",
                path=self.path,
                remedy="say --archaic-missing uncalled where it may as well mean not called, or "
                "--archaic-missing reference where it always means REF",
            )


class ArchaicFile:
    """An archaic VCF or BCF, read in step with the chromosomes and positions of modern people.

    Parameters
    ----------
    path
        The file.
    names
        Archaic people asked for; those that the file holds are read.
    naming
        Reconciles names of chromosomes.
    tally
        Counts records.
    check
        Refuse a file without REF calls.
    pass_only
        Drop records that a filter has marked.
    """

    def __init__(
        self, path: Path, names: Sequence[str], *, naming: Naming, tally: Tally, check: bool, pass_only: bool
    ) -> None:
        self.path, self._naming, self._tally, self._pass_only = path, naming, tally, pass_only
        with open_variants(path) as variants:
            self.names = [name for name in names if name in variants.samples]
        if not self.names:
            raise InputError(
                f"holds none of the archaic people {shortlist(names)} (it holds {shortlist(variants.samples)})",
                path=path,
                remedy="name them as in the #CHROM line",
            )
        self._check = ReferenceCheck(path) if check else None
        self._indexed = _indexed_chromosomes(path)
        self._stack = ExitStack()
        self._blocks: Iterator[Sites] = iter(())
        self._block: Sites | None = None
        self._at = ""
        # Chromosomes met in the file, and those that were asked for and found.
        self._met, self._found = set[str](), set[str]()
        self._opened = self._whole = False

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def holds(self, chrom: str) -> bool:
        """Tell whether a chromosome that was asked for was found."""
        return chrom in self._found

    def refuse_strange(self, chromosomes: Sequence[str]) -> None:
        """Raise InputError if none of the chromosomes of modern people was found."""
        if not self._found:
            raise InputError(
                f"holds none of the chromosomes of the modern people ({shortlist(chromosomes)}), only "
                f"{shortlist(sorted(self._met)) or 'none'}",
                path=self.path,
                remedy="give archaic genomes of the same chromosomes and the same build",
            )

    def up_to(self, chrom: str, last: int) -> Iterator[Sites]:
        """Yield all sites of a chromosome that were not yielded yet and lie at or before a position.

        Chromosomes may be asked for in any order, each once.
        """
        while self._seek(chrom) and self._block is not None and self._block.position[0] <= last:
            block = self._block
            cut = int(np.searchsorted(block.position, last, side="right"))
            yield _cut(block, slice(0, cut))
            if cut < len(block):
                self._block = _cut(block, slice(cut, None))
                return
            self._advance()

    def _seek(self, chrom: str) -> bool:
        """Stand at a chromosome, reading on, or anew where it was passed over; False where there is no more of it."""
        if self._at == chrom:
            return True
        if chrom in self._found or (self._whole and chrom not in self._met):
            return False
        if self._indexed is not None and chrom not in {self._naming.common(name, self.path) for name in self._indexed}:
            return False
        if not self._opened or chrom in self._met:
            self._open()
        while self._at and self._at != chrom:
            self._advance()
        if self._at:
            self._found.add(chrom)
        return bool(self._at)

    def _open(self) -> None:
        self._stack.close()
        variants: VariantFile = self._stack.enter_context(open_variants(self.path, self.names))
        tally = Tally() if self._opened else self._tally  # records are counted once
        self._blocks = variants.sites(
            self.names, wanted=lambda _chrom: True, tally=tally, group=GROUP, pass_only=self._pass_only
        )
        self._opened = True
        self._advance()

    def _advance(self) -> None:
        self._block = next(self._blocks, None)
        if self._block is None:
            self._at, self._whole = "", True
            return
        self._at = self._naming.common(self._block.chrom, self.path)
        self._met.add(self._at)
        if self._check is not None:
            self._check.count(self._block, slice(None))


def _cut(sites: Sites, rows: slice) -> Sites:
    calls = sites.calls
    haploid = None if calls.haploid is None else calls.haploid[rows]
    part = type(calls)(calls.alleles[rows], calls.phased[rows], haploid)
    return Sites(sites.chrom, sites.position[rows], sites.bases[rows], part, sites.line[rows])


def _indexed_chromosomes(path: Path) -> list[str] | None:
    """Return the chromosomes that a tabix index beside the file names, or None without one."""
    for suffix in (".tbi", ".csi"):
        index = path.with_name(path.name + suffix)
        if index.exists():
            try:
                with pysam.TabixFile(str(path), index=str(index)) as handle:
                    return list(handle.contigs)
            except (OSError, ValueError):
                return None
    return None


class Archaics:
    """Archaic people wherever they stand: beside modern people in one VCF, or in files of their own.

    Parameters
    ----------
    names
        Archaic people, in the order in which results name them.
    source
        The VCF of modern people.
    files
        Those of archaic people.
    missing
        See :class:`archaictools.words.haplotypes.HaplotypeOptions`.
    tally
        Counts sites.

    Attributes
    ----------
    here
        People read from ``source``, after all modern ones.

    Raises
    ------
    InputError
        If somebody is nowhere.
    """

    def __init__(
        self, names: Sequence[str], source: VariantFile, files: Sequence[ArchaicFile], missing: str, tally: Tally
    ) -> None:
        elsewhere = {name for archaic in files for name in archaic.names}
        self.here = [name for name in names if name not in elsewhere]
        source.columns(self.here)
        self._names, self._files, self._missing, self._tally = list(names), files, missing, tally
        self._check = ReferenceCheck(source.path) if missing == "ask" and self.here else None

    def lacks(self, name: str, chrom: str) -> bool:
        """Tell whether no file of an archaic person holds a chromosome, as far as the files were read."""
        files = [archaic for archaic in self._files if name in archaic.names]
        return bool(files) and not any(archaic.holds(chrom) for archaic in files)

    def carried(self, chrom: str, sites: Sites) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        """Return what the archaic people carry at the next sites of modern people.

        Returns
        -------
        carried
            int8 (sites, 4, people): chromosomes that carry each of the modern record's alleles.
        called
            int8 (sites, people): chromosomes that are called.
        """
        shape = (len(sites), len(self._names))
        # Alleles are compared as bases: two files may number them differently.
        bases = np.full((*shape, 2), -1, dtype=np.int8)
        if self.here:
            own = slice(sites.calls.alleles.shape[1] - len(self.here), None)
            if self._check is not None:
                self._check.count(sites, own)
            bases[:, [self._names.index(name) for name in self.here]] = _bases(sites, own)
        for archaic in self._files:
            columns = [self._names.index(name) for name in archaic.names]
            for found in archaic.up_to(chrom, int(sites.position[-1])):
                theirs = np.flatnonzero(np.isin(found.position, sites.position))
                ours = np.searchsorted(sites.position, found.position[theirs])
                same = _agree(found.bases[theirs], sites.bases[ours])
                self._tally.add(GROUP, "sites of modern people found", len(theirs))
                if not same.all():
                    self._tally.add(GROUP, "sites whose REF is no modern allele, not used", int((~same).sum()))
                bases[ours[same][:, None], columns] = _bases(found, slice(None))[theirs[same]]
                bases[ours[~same][:, None], columns] = _UNUSABLE
        called = (bases >= 0).sum(axis=2, dtype=np.int8)
        table = np.where(sites.bases < 0, np.int8(-3), sites.bases)
        carried = (bases[:, None] == table[:, :, None, None]).sum(axis=3, dtype=np.int8)
        if self._missing == "reference":
            # Of a chromosome that a file does not hold, its people say nothing.
            there = np.array([not self.lacks(name, chrom) for name in self._names], dtype=bool)
            absent = (called == 0) & there & (bases > _UNUSABLE).all(axis=2)
            carried[:, 0][absent] = 2
            called[absent] = 2
        return carried, called


def _agree(theirs: npt.NDArray[np.int8], ours: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Tell at which sites two records speak of the same bases: of one REF, or of two that each know the other's."""
    known = (ours == theirs[:, :1]).any(axis=1) & (theirs == ours[:, :1]).any(axis=1)
    return np.asarray((theirs[:, 0] == ours[:, 0]) | known)


def _bases(sites: Sites, columns: slice) -> npt.NDArray[np.int8]:
    """Return the bases that people carry: int8 (sites, people, 2), -1 not called."""
    alleles = sites.calls.alleles[:, columns]
    rows = np.arange(len(sites))[:, None, None]
    return np.where(alleles >= 0, sites.bases[rows, np.maximum(alleles, 0)], np.int8(-1))
