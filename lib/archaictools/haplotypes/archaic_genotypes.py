"""Archaic genotypes at the sites of modern samples, from the same VCF or from files of their own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, shortlist
from archaictools.haplotypes.archaic_vcf import GROUP, UNUSABLE, ReferenceCheck, carried_bases

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from archaictools.haplotypes.archaic_vcf import ArchaicFile
    from archaictools.io.sites import Sites
    from archaictools.io.summary import Summary
    from archaictools.io.vcf import VariantFile

log = logging.getLogger("archaictools")

#: Share of contradicting calls in two archaic files of one sample above which a warning is given.
MAX_CONTRADICTIONS = 0.01


class Archaics:
    """Genotypes of archaic samples, from the VCF of modern samples and from files of their own.

    Parameters
    ----------
    names
        Archaic samples, in the order of the results.
    source
        VCF of modern samples.
    files
        Files of archaic samples.
    missing
        See :class:`archaictools.haplotypes.options.EncodingOptions`.
    tally
        Counts of sites.

    Attributes
    ----------
    here
        Archaic samples that are read from ``source``, after all modern samples.

    Raises
    ------
    InputError
        If a sample is in no file.
    """

    def __init__(
        self, names: Sequence[str], source: VariantFile, files: Sequence[ArchaicFile], missing: str, tally: Summary
    ) -> None:
        elsewhere = {name for archaic in files for name in archaic.names}
        self.here = [name for name in names if name not in elsewhere]
        source.columns(self.here)
        self._names, self._files, self._missing, self._tally = list(names), files, missing, tally
        self._check = ReferenceCheck(source.path) if missing == "ask" and self.here else None

    def lacks(self, name: str, chrom: str) -> bool:
        """Return whether no file of an archaic sample has records of a chromosome, as far as the files were read."""
        files = [archaic for archaic in self._files if name in archaic.names]
        return bool(files) and not any(archaic.holds(chrom) for archaic in files)

    def bases(self, chrom: str, sites: Sites) -> npt.NDArray[np.int8]:
        """Return the archaic bases at the next sites of modern samples.

        Returns
        -------
        ndarray
            int8 (sites, samples, 2): 0 to 3 for A, C, G, T, negative if not called.
        """
        shape = (len(sites), len(self._names))
        # Alleles are compared as bases, since two files may number them differently.
        bases = np.full((*shape, 2), -1, dtype=np.int8)
        if self.here:
            own = slice(sites.calls.alleles.shape[1] - len(self.here), None)
            if self._check is not None:
                self._check.count(sites, own)
            bases[:, [self._names.index(name) for name in self.here]] = carried_bases(sites, own)
        for archaic in self._files:
            columns = [self._names.index(name) for name in archaic.names]
            bases[:, columns] = self._both(bases[:, columns], archaic.bases(chrom, sites))
        if self._missing == "reference":
            # Samples are uncalled on chromosomes absent from their files.
            there = np.array([not self.lacks(name, chrom) for name in self._names], dtype=bool)
            absent = ((bases < 0) & (bases > UNUSABLE)).all(axis=2) & there
            bases = np.where(absent[..., None], sites.bases[:, :1, None], bases)
        return bases

    def carried(self, chrom: str, sites: Sites) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        """Return the archaic genotypes at the next sites of modern samples.

        Returns
        -------
        carried
            int8 (sites, 4, samples): chromosomes that carry each allele of the modern record.
        called
            int8 (sites, samples): called chromosomes.
        """
        bases = self.bases(chrom, sites)
        called = (bases >= 0).sum(axis=2, dtype=np.int8)
        table = np.where(sites.bases < 0, np.int8(-3), sites.bases)
        carried = (bases[:, None] == table[:, :, None, None]).sum(axis=3, dtype=np.int8)
        return carried, called

    def finish(self) -> None:
        """Check the archaic samples of the VCF of modern samples, after it was read."""
        if self._check is not None:
            self._check.finish()

    def _both(self, first: npt.NDArray[np.int8], second: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        """Return the calls of the first of two files, and of the second where it has none; count contradictions."""
        before, after = np.any(first >= 0, axis=2), np.any(second >= 0, axis=2)
        both = before & after
        if both.any():
            self._tally.add(GROUP, "calls that two archaic files hold", int(both.sum()))
            contrary = both & np.any(np.sort(first, axis=2) != np.sort(second, axis=2), axis=2)
            if contrary.any():
                item = "calls that two archaic files contradict, the first file's used"
                self._tally.add(GROUP, item, int(contrary.sum()))
        known = np.where(before[..., None], first, second)
        # An unusable record in either file is no missing call.
        unusable = ~before & ~after & (np.minimum(first, second) == UNUSABLE).any(axis=2)
        return np.where(unusable[..., None], np.int8(UNUSABLE), known)


def check_files(
    files: Sequence[ArchaicFile],
    names: Sequence[str],
    chromosomes: Sequence[str],
    tally: Summary,
    *,
    chosen: bool = False,
) -> None:
    """Check the files of archaic samples, after all modern samples were read.

    Parameters
    ----------
    files
        Files of archaic samples.
    names
        All archaic samples.
    chromosomes
        Chromosomes of the modern samples.
    tally
        Counts of files and chromosomes that are missing.
    chosen
        Whether these are chosen chromosomes of more; files of the others are no error then.

    Raises
    ------
    InputError
        If the files of a sample have none of the chromosomes, or if a file is of another build or leaves out REF.
    """
    if not chromosomes:
        return
    for name in names:
        own = [archaic for archaic in files if name in archaic.names]
        if own and not chosen and not any(archaic.served for archaic in own):
            raise InputError(
                f"holds none of the chromosomes of the modern samples ({shortlist(chromosomes)}), only "
                f"{shortlist(own[0].met) or 'none'}",
                path=own[0].path,
                remedy="give archaic genomes of the same chromosomes and the same build",
            )
    unused = [archaic.path for archaic in files if not archaic.served and not chosen]
    if unused:
        named = f"{unused[0]} holds" if len(unused) == 1 else f"{shortlist(path.name for path in unused)} hold"
        log.warning("%s no record on the chromosomes of the modern samples: not used", named)
        tally.add(GROUP, "files without a record on the chromosomes of the modern people, not used", len(unused))
    for archaic in files:
        archaic.finish()
    both = tally.count(GROUP, "calls that two archaic files hold")
    contrary = tally.count(GROUP, "calls that two archaic files contradict, the first file's used")
    if contrary > MAX_CONTRADICTIONS * both:
        log.warning(
            "archaic files contradict each other at %s of %s calls that two of them have: the first file is used",
            f"{contrary:,}", f"{both:,}",
        )  # fmt: skip
    for name in names:
        own = [archaic for archaic in files if name in archaic.names]
        without = [chrom for chrom in chromosomes if own and not any(archaic.holds(chrom) for archaic in own)]
        if without:
            log.warning("no archaic file holds %s on %s: not called there", name, shortlist(without))
            tally.add(GROUP, f"chromosomes without {name}, not called there", len(without))
