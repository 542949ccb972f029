"""Write simulated genotypes as a bgzipped, indexed VCF, block by block."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import pysam

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.simulation.genotypes import Block


class VcfWriter(contextlib.AbstractContextManager["VcfWriter"]):
    """Writer of the VCF of one chromosome.

    Parameters
    ----------
    path
        Name that ends in ``.vcf.gz``; the index ``.vcf.gz.tbi`` is written when the file is closed.
    chrom, length
        Name of the chromosome, and its length in bp.
    samples
        Names of the samples.
    phased
        Whether genotypes are written as ``0|1`` or as ``0/1``.

    Attributes
    ----------
    sites
        Number of sites written so far.
    """

    def __init__(self, path: Path, chrom: str, length: int, samples: Sequence[str], *, phased: bool) -> None:
        self._path, self._chrom, self.sites = path, chrom, 0
        self._between = ord("|") if phased else ord("/")
        self._file = pysam.BGZFile(str(path), "wb", index=None)
        columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
        self._file.write(
            "##fileformat=VCFv4.2\n"
            '##FILTER=<ID=PASS,Description="All filters passed">\n'
            f"##contig=<ID={chrom},length={length}>\n"
            '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
            f"{chr(9).join(columns)}\n".encode()
        )

    def write(self, block: Block) -> None:
        """Write the sites of a block; two adjacent haplotypes are one sample."""
        genotype = block.genotype
        count, haplotypes = genotype.shape
        text = np.full((count, haplotypes // 2, 4), self._between, dtype=np.uint8)
        letters = np.where(genotype < 0, np.uint8(ord(".")), (genotype + ord("0")).astype(np.uint8))
        text[:, :, 0], text[:, :, 2], text[:, :, 3] = letters[:, ::2], letters[:, 1::2], ord("\t")
        text[:, -1, 3] = ord("\n")
        lines = []
        for place, alleles, row in zip(block.position.tolist(), block.alleles, text.reshape(count, -1), strict=True):
            alternative = ",".join(alleles[1:]) or "."
            lines.append(f"{self._chrom}\t{place + 1}\t.\t{alleles[0]}\t{alternative}\t.\tPASS\t.\tGT\t".encode())
            lines.append(row.tobytes())
        self._file.write(b"".join(lines))
        self.sites += count

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the file; index it unless an error is raised."""
        self._file.close()
        if kind is None:
            pysam.tabix_index(str(self._path), preset="vcf", force=True)
