"""Writer of extracted tracts: table, sequences and VCF, region by region."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

import pandas as pd

from archaictools import __version__
from archaictools.haplotypes.tract_files import columns_of, sequences_of, table_of, vcf_header, write_records
from archaictools.io.tables import TableWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from archaictools.haplotypes.tract_alleles import TractSites
    from archaictools.haplotypes.tract_regions import Region


class TractWriter(AbstractContextManager["TractWriter"]):
    """Writer of the files that are named; without any, the table stays in memory.

    Parameters
    ----------
    targets
        Files by ``out`` (TSV), ``fasta`` and ``subset`` (VCF).
    haplotypes
        Sample and number of every haplotype.
    archaic
        Names of the archaic genomes.
    carriers
        Whether carriers of the regions are known.
    contigs
        Chromosomes of the regions, for the header of the VCF: length in bp by name, None if it is not known.

    Attributes
    ----------
    regions, rows
        Regions with a site, and their sites; a site of two regions counts twice.
    """

    def __init__(
        self,
        targets: Mapping[str, Path],
        *,
        haplotypes: Sequence[tuple[str, int]],
        archaic: Sequence[str],
        carriers: bool,
        contigs: Mapping[str, int | None],
    ) -> None:
        self._haplotypes, self._archaic = list(haplotypes), list(archaic)
        self._empty = pd.DataFrame(columns=columns_of(haplotypes, archaic, carriers=carriers))
        self._keep = not targets
        self._frames: list[pd.DataFrame] = []
        self.regions = self.rows = 0
        self._stack = ExitStack()
        self._table = self._stack.enter_context(TableWriter(targets["out"])) if "out" in targets else None
        self._fasta, self._subset = (
            self._stack.enter_context(targets[name].open("w", encoding="utf-8", newline=""))
            if name in targets
            else None
            for name in ("fasta", "subset")
        )
        if self._subset:
            people = list(dict.fromkeys(sample for sample, _ in haplotypes))
            source = f"archaictools {__version__} extract"
            self._subset.write(vcf_header([*people, *archaic], contigs, source=source))
        if self._table:
            self._table.write(self._empty)  # the header

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close all files."""
        self._stack.close()

    def records(self, sites: Iterator[TractSites]) -> Iterator[TractSites]:
        """Yield sites unchanged, after writing them to the VCF."""
        for block in sites:
            if self._subset:
                write_records(self._subset, block)
            yield block

    def add(self, region: Region, sites: TractSites) -> None:
        """Write a region."""
        self.regions += 1
        self.rows += len(sites)
        if self._fasta:
            self._fasta.writelines(sequences_of(region, sites, self._haplotypes, self._archaic))
        if self._table or self._keep:
            frame = table_of(region, sites, self._haplotypes, self._archaic)
            if self._table:
                self._table.write(frame)
            else:
                self._frames.append(frame)

    def table(self) -> pd.DataFrame | None:
        """Return the table, if no file was named."""
        return pd.concat(self._frames or [self._empty], ignore_index=True) if self._keep else None
