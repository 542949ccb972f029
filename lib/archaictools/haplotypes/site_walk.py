"""Walk along the sites of modern samples, file by file, with the archaic genomes read in step.

Encoding and the scan for candidates read VCFs in the same way: one pass, block by block, whatever the order of
chromosomes in the archaic files.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archaictools.errors import InputError
from archaictools.haplotypes.archaic_genotypes import Archaics, check_files
from archaictools.haplotypes.archaic_vcf import ArchaicFile
from archaictools.haplotypes.headers import Headers
from archaictools.haplotypes.missing_calls import ModernMissing
from archaictools.haplotypes.parts import chromosomes_in, refuse_absent
from archaictools.io.chromosomes import Naming, bare, length_of
from archaictools.io.vcf import open_variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from archaictools.haplotypes.options import GenotypeOptions
    from archaictools.haplotypes.samples import SampleSets
    from archaictools.io.phase_sets import PhaseSets
    from archaictools.io.sites import Sites
    from archaictools.io.summary import Summary
    from archaictools.io.vcf import VariantFile

log = logging.getLogger("archaictools")

#: Class of modern records in the summary.
MODERN = "modern"


@dataclass(frozen=True)
class Block:
    """The next sites of a chromosome.

    Attributes
    ----------
    chrom
        Name of the chromosome in the results.
    path
        The VCF that holds it.
    sites
        Calls of the outgroup, the ingroup, and the archaic samples of the same file, in this order.
    archaics
        Genotypes of all archaic samples.
    lengths
        For the first block of a chromosome, chromosome lengths in bp that the header gives, by names in the results;
        for the first block of a file those of all its chromosomes. None for other blocks.
    """

    chrom: str
    path: Path
    sites: Sites
    archaics: Archaics
    lengths: dict[str, int] | None


class SiteWalk(AbstractContextManager["SiteWalk"]):
    """A pass over the files of modern samples.

    Parameters
    ----------
    samples, options
        Samples to read, and the meaning of their calls.
    tally
        Counts every record that is not used.
    chromosomes
        Chromosomes to read, in either style of names; empty for all.
    threads
        With more than one, files are decompressed in advance.
    phase_sets
        Counts phase sets; None where phase does not matter.
    roles
        What messages call the outgroup and the ingroup.

    Attributes
    ----------
    missing
        What was seen of missing genotypes.
    done
        Chromosomes that were read, by their names in the results.

    Raises
    ------
    InputError
        If a file cannot be understood, or lacks a sample.
    """

    def __init__(
        self,
        samples: SampleSets,
        options: GenotypeOptions,
        *,
        tally: Summary,
        chromosomes: Sequence[str] = (),
        threads: int = 1,
        phase_sets: PhaseSets | None = None,
        roles: tuple[str, str] = ("outgroup", "ingroup"),
    ) -> None:
        self._samples, self._options, self._tally = samples, options, tally
        self._chromosomes, self._threads, self._phase_sets = chromosomes, threads, phase_sets
        self._chosen = frozenset(map(bare, chromosomes)) or None
        self._naming = Naming(tally)
        self._stack = ExitStack()
        self._files: list[ArchaicFile] = []
        self.missing = ModernMissing(options.missing, samples, tally, roles=roles)
        self.done: set[str] = set()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close all files."""
        self._stack.close()

    def blocks(self) -> Iterator[Block]:
        """Yield the sites of all files.

        Raises
        ------
        InputError
            At the first record that cannot be understood; if two files hold one chromosome, or are of two builds.
        """
        samples, options = self._samples, self._options
        # Of an archaic genome, only the chromosomes of the modern files are read.
        of_archaic = self._chosen or frozenset(chromosomes_in(samples.vcf)) or None
        for path in samples.archaic_vcf:
            archaic = ArchaicFile(
                path,
                samples.archaic,
                naming=self._naming,
                tally=self._tally,
                check=options.archaic_missing == "ask",
                pass_only=options.pass_only,
                chosen=of_archaic,
            )
            self._files.append(archaic)
            self._stack.callback(archaic.close)
        headers = Headers(samples, self._files)
        for path in samples.vcf:
            read_too = [*samples.outgroup, *samples.ingroup, *samples.archaic]
            opened = open_variants(path, read_too, threads=self._threads, chromosomes=self._chosen)
            source = self._stack.enter_context(opened)
            archaics = Archaics(samples.archaic, source, self._files, options.archaic_missing, self._tally)
            names = [*samples.outgroup, *samples.ingroup, *archaics.here]
            current = None
            for read in source.sites(
                names,
                wanted=lambda name: self._chosen is None or bare(name) in self._chosen,
                tally=self._tally,
                group=MODERN,
                pass_only=options.pass_only,
                phase_sets=self._phase_sets,
            ):
                sites = self.missing.read(read)
                chrom, lengths = self._naming.common(sites.chrom, path), None
                if current != chrom:
                    if chrom in self.done:
                        raise InputError(f"holds {chrom}, as an earlier file does", path=path, remedy="give it once")
                    self.done.add(chrom)
                    headers.refuse_other_build(path, sites.chrom)
                    lengths = self._lengths(source, sites.chrom, all_=current is None)
                    current = chrom
                yield Block(chrom, path, sites, archaics, lengths)
            archaics.finish()
            if current is None and self._chosen is None:
                log.warning("%s holds no single-nucleotide record: nothing was read from it", path)
                self._tally.add(MODERN, "files without a single-nucleotide record", 1)

    def finish(self) -> None:
        """Check the files after all blocks were read.

        Raises
        ------
        InputError
            If no file holds a chosen chromosome, or if an archaic file does not belong to the modern samples.
        """
        refuse_absent(self._chromosomes, self.done, self._samples.vcf)
        chosen = self._chosen is not None
        check_files(self._files, self._samples.archaic, sorted(self.done), self._tally, chosen=chosen)

    def _lengths(self, source: VariantFile, name: str, *, all_: bool) -> dict[str, int]:
        """Return the length of a chromosome from a file's header, and with ``all_`` those of the others."""
        found = self._naming.lengths(source.lengths, name) if all_ else {}
        if length := length_of(source.lengths, name):
            found[self._naming.common(name, source.path)] = length
        return found
