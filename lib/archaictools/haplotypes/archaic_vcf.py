"""Read an archaic VCF or gVCF together with the sites of modern samples: its records, and its REF blocks."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, shortlist
from archaictools.io.chromosomes import bare
from archaictools.io.sites import ReferenceBlocks
from archaictools.io.summary import Summary
from archaictools.io.vcf import header_of, open_variants
from archaictools.io.vcf_part import chromosomes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.io.chromosomes import Naming
    from archaictools.io.sites import Sites
    from archaictools.io.vcf import VariantFile

log = logging.getLogger("archaictools")

GROUP = "archaic"

#: Code in place of a base: the archaic record contradicts the modern record, or its allele has no base.
UNUSABLE = -2

#: A file is refused before its end after this many sites without a REF call.
_EARLY = 10_000

#: Share of shared sites with another REF above which a warning is given, and above which the run stops. Files of one
#: build have the same REF but for few liftover errors; REF of two builds differs at half of the sites or more.
WARNING_SHARE, OTHER_BUILD_SHARE = 0.01, 0.1
#: Shared sites needed to stop the run, sites with another REF needed for a warning, and shared sites needed to stop
#: before the end.
_MIN_SHARED, _MIN_DIFFERENT, _ENOUGH = 20, 3, 10_000


@dataclass
class ReferenceCheck:
    """Refuses archaic genomes that are only given where they are not REF: a missing call may then mean REF.

    In a file of several samples, one sample is REF where another is not. Therefore only sites count at which all called
    samples are REF.

    Attributes
    ----------
    path
        The file.
    reference, other
        Numbers of sites called as REF alone, and of sites with another allele.
    """

    path: Path
    reference: int = 0
    other: int = 0

    def count(self, sites: Sites, columns: slice) -> None:
        """Count sites; raise InputError if none of very many is REF alone."""
        alleles = sites.calls.alleles[:, columns]
        carries = (alleles > 0).any(axis=(1, 2))
        self.other += int(carries.sum())
        self.reference += int(((alleles == 0).any(axis=(1, 2)) & ~carries).sum())
        if self.other > _EARLY:
            self.finish()

    def finish(self) -> None:
        """Raise InputError if sites were called, but none as REF alone; warn if it is a single site."""
        if self.reference or not self.other:
            return
        problem = f"calls no site as REF alone, but {self.other:,} as something else: a missing call may mean REF"
        remedy = (
            "give --archaic-missing uncalled if it may also mean not called, or --archaic-missing reference "
            "if it always means REF"
        )
        if self.other > 1:
            raise InputError(problem, path=self.path, remedy=remedy)
        log.warning("%s: %s; %s", self.path, problem, remedy)


@dataclass
class BuildCheck:
    """Compares REF of archaic and modern records; stops the run if too many differ.

    A record whose REF is an ALT of the other record does not count as different: some files exchange REF and ALT.

    Attributes
    ----------
    path
        The archaic file.
    shared, differ
        Numbers of shared sites, and of those with another REF.
    """

    path: Path
    shared: int = 0
    differ: int = 0

    def count(self, theirs: npt.NDArray[np.int8], ours: npt.NDArray[np.int8]) -> None:
        """Count shared sites: int8 (sites, 4) of archaic and of modern bases, REF first."""
        known = (ours == theirs[:, :1]).any(axis=1) | (theirs == ours[:, :1]).any(axis=1)
        self.shared += len(known)
        self.differ += int(np.count_nonzero(~known))
        if self.shared >= _ENOUGH and self.differ > OTHER_BUILD_SHARE * self.shared:
            self.finish()

    def finish(self) -> None:
        """Raise InputError, or warn, if REF differs too often."""
        few = self.shared < _MIN_SHARED
        if self.differ <= WARNING_SHARE * self.shared or (few and self.differ < _MIN_DIFFERENT):
            return
        problem = (
            f"has another REF than the modern samples at {self.differ:,} of {self.shared:,} shared sites "
            f"({self.differ / self.shared:.1%})"
        )
        remedy = "give archaic genomes of the same build, or lift them over and normalise REF"
        if self.differ > OTHER_BUILD_SHARE * self.shared and not few:
            raise InputError(f"{problem}: it is of another genome build", path=self.path, remedy=remedy)
        log.warning("%s: %s; is it of another genome build?", self.path, problem)


class _OpenBlocks:
    """REF blocks that may reach to the next sites."""

    def __init__(self) -> None:
        self._blocks: ReferenceBlocks | None = None

    def add(self, blocks: ReferenceBlocks) -> None:
        """Add the next blocks; where two overlap, the one that begins later counts."""
        self._blocks = blocks if self._blocks is None else ReferenceBlocks.joined([self._blocks, blocks])

    def clear(self) -> None:
        """Remove all blocks, at the start of a chromosome."""
        self._blocks = None

    def at(self, position: npt.NDArray[np.int64], samples: int) -> npt.NDArray[np.int8]:
        """Return int8 (positions, samples, 2): 0 for REF, -1 for no block or not called; remove blocks that end."""
        found = np.full((len(position), samples, 2), -1, dtype=np.int8)
        blocks = self._blocks
        if blocks is None or not len(position):
            return found
        last = np.searchsorted(blocks.start, position, side="right") - 1
        for sample in range(samples):
            end = blocks.end[:, sample]
            reach = np.maximum.accumulate(end)  # largest end of this block and all before it
            block = last.copy()
            open_ = np.flatnonzero((block >= 0) & (reach[block] > position))
            while len(open_):
                here = open_[end[block[open_]] > position[open_]]
                found[here, sample] = blocks.alleles[block[here], sample]
                open_ = open_[end[block[open_]] <= position[open_]]
                block[open_] -= 1  # a block that contains the one before
        keep = (blocks.end > position[-1] + 1).any(axis=1)
        self._blocks = blocks.take(keep) if keep.any() else None
        return found


class ArchaicFile:
    """An archaic VCF or BCF, read along the chromosomes and positions of modern samples.

    Parameters
    ----------
    path
        The file.
    names
        Archaic samples; those that the file contains are read.
    naming
        Finds the common name of a chromosome.
    tally
        Counts of records.
    check
        Whether to refuse a file without REF calls.
    pass_only
        Drop records whose FILTER is neither PASS nor missing.
    chosen
        Chromosomes to read, without ``chr``; None for all.

    Attributes
    ----------
    names
        Archaic samples in the file.
    lengths
        Chromosome lengths of the header, in bp.
    """

    def __init__(
        self,
        path: Path,
        names: Sequence[str],
        *,
        naming: Naming,
        tally: Summary,
        check: bool,
        pass_only: bool,
        chosen: Collection[str] | None = None,
    ) -> None:
        self.path, self._naming, self._tally, self._pass_only = path, naming, tally, pass_only
        self._chosen = chosen
        header = header_of(path)
        self.names = [name for name in names if name in header.samples]
        self.lengths = header.lengths
        if not self.names:
            raise InputError(
                f"holds none of the archaic samples {shortlist(names)} (it holds {shortlist(header.samples)})",
                path=path,
                remedy="name them as in the #CHROM line",
            )
        self._check = ReferenceCheck(path) if check else None
        self._build = BuildCheck(path)
        self._known = chromosomes_of(path)
        self._stack = ExitStack()
        self._sites: Iterator[Sites] = iter(())
        self._next: Sites | None = None
        self._blocks = _OpenBlocks()
        self._at = ""
        # Chromosomes, without chr: with records in the file; requested; met while reading; read to their end.
        self._holds, self._asked, self._passed, self._read = set[str](), set[str](), set[str](), set[str]()
        self._opened = self._whole = self._matched = False

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def holds(self, chrom: str) -> bool:
        """Return whether records of a chromosome were found, once it was requested."""
        return bare(chrom) in self._holds

    @property
    def met(self) -> list[str]:
        """Chromosomes with records, named without ``chr``."""
        return sorted(self._holds | (self._known or frozenset()))

    @property
    def served(self) -> bool:
        """Whether records of a requested chromosome were found."""
        return bool(self._holds & self._asked)

    def finish(self) -> None:
        """Check the whole file.

        Raises
        ------
        InputError
            If no site is called as REF alone, or if REF is that of another build.
        """
        self._build.finish()
        if self._check is not None:
            while self._opened and not self._whole and not self._check.reference:
                self._advance()
            self._check.finish()
        if self.served and not self._matched:
            log.warning("%s has no single-nucleotide record or REF block at a site of the modern samples", self.path)

    def bases(self, chrom: str, sites: Sites) -> npt.NDArray[np.int8]:
        """Return the bases of the archaic samples at the next sites of a chromosome.

        Chromosomes may be requested in any order, each once.

        Returns
        -------
        ndarray
            int8 (sites, samples, 2): -1 not called, :data:`UNUSABLE` if the base is unknown.
        """
        carried = np.full((len(sites), len(self.names), 2), -1, dtype=np.int8)
        named = np.zeros(len(sites), dtype=bool)
        for found in self._up_to(bare(chrom), int(sites.position[-1])):
            theirs = np.flatnonzero(np.isin(found.position, sites.position))
            ours = np.searchsorted(sites.position, found.position[theirs])
            same = _agree(found.bases[theirs], sites.bases[ours])
            self._build.count(found.bases[theirs], sites.bases[ours])
            self._tally.add(GROUP, "sites of modern people found", len(theirs))
            if not same.all():
                self._tally.add(GROUP, "sites whose REF is no modern allele, not used", int((~same).sum()))
            carried[ours[same]] = carried_bases(found, slice(None))[theirs[same]]
            carried[ours[~same]] = UNUSABLE
            named[ours] = True
            self._matched |= bool(len(theirs))
            if found.blocks is not None:
                self._blocks.add(found.blocks)
        covered = self._blocks.at(sites.position, len(self.names))
        # A record takes precedence over the block around it.
        covered[named] = -1
        within = (covered == 0).any(axis=(1, 2))
        if within.any():
            self._matched = True
            self._tally.add(GROUP, "sites of modern people within a REF block", int(within.sum()))
            reference = np.broadcast_to(sites.bases[:, 0, None, None], covered.shape)
            carried = np.where(covered == 0, reference, carried)
        return carried

    def _up_to(self, chrom: str, last: int) -> Iterator[Sites]:
        """Yield the next sites of a chromosome, up to and including a position."""
        self._asked.add(chrom)
        while self._seek(chrom) and self._next is not None and self._next.position[0] <= last:
            part, rest = self._next.up_to(last)
            yield part
            if len(rest):
                self._next = rest
                return
            self._advance()

    def _seek(self, chrom: str) -> bool:
        """Advance to a chromosome, reopening the file if it was passed; return False at its end."""
        if self._at == chrom:
            return True
        if chrom in self._read or (self._whole and chrom not in self._passed):
            return False
        if self._known is not None and chrom not in self._known:
            return False
        if not self._opened or chrom in self._passed:
            self._open()
        while self._at and self._at != chrom:
            self._advance()
        if self._at:
            self._read.add(chrom)
            self._blocks.clear()
        return bool(self._at)

    def _open(self) -> None:
        """Open the file at its beginning."""
        self._stack.close()
        variants: VariantFile = self._stack.enter_context(
            open_variants(self.path, self.names, chromosomes=self._chosen)
        )
        tally = Summary() if self._opened else self._tally  # records are counted once
        self._sites = variants.sites(
            self.names, wanted=self._meet, tally=tally, group=GROUP, pass_only=self._pass_only, blocks=True
        )
        self._opened = True
        self._advance()

    def _meet(self, name: str) -> bool:
        """Note a chromosome of the file; return whether it is one of the chosen ones."""
        self._naming.common(name, self.path, leads=False)
        self._holds.add(bare(name))
        return self._chosen is None or bare(name) in self._chosen

    def _advance(self) -> None:
        """Read the next sites."""
        self._next = next(self._sites, None)
        if self._next is None:
            self._at, self._whole = "", True
            return
        self._at = bare(self._next.chrom)
        self._passed.add(self._at)
        if self._check is not None:
            self._check.count(self._next, slice(None))


def _agree(theirs: npt.NDArray[np.int8], ours: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Return the sites at which the REF of an archaic record is a modern allele that its ALT does not contradict.

    REF is the same, or is an ALT of the modern record. In the second case the archaic record either has no ALT, or the
    REF of the modern record as ALT. The build check stops a run whose records often have neither.
    """
    known = (ours == theirs[:, :1]).any(axis=1)
    exchanged = (theirs == ours[:, :1]).any(axis=1) | (theirs[:, 1:] < 0).all(axis=1)
    return np.asarray((theirs[:, 0] == ours[:, 0]) | (known & exchanged))


def carried_bases(sites: Sites, columns: slice) -> npt.NDArray[np.int8]:
    """Return the bases of some samples: int8 (sites, samples, 2), -1 not called, :data:`UNUSABLE` for no base."""
    alleles = sites.calls.alleles[:, columns]
    rows = np.arange(len(sites))[:, None, None]
    found = np.where(alleles >= 0, sites.bases[rows, np.maximum(alleles, 0)], np.int8(-1))
    if sites.calls.baseless is not None:
        found[(found < 0) & sites.calls.baseless[:, columns, None]] = UNUSABLE
    return found
