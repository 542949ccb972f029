"""VCF Zarr as VCF text on standard output, by vcztools; run as a program by :mod:`archaictools.io._viewed_text`.

VCF Zarr (https://github.com/sgkit-dev/vcf-zarr-spec) stores genotypes in chunks of sites and of samples, so chunks of
other samples and chromosomes are not read. vcztools is kept by its authors, and takes the options of ``bcftools view``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

REGIONS = "-R"


def main(arguments: list[str]) -> None:
    """Write the text; the arguments are those of ``vcztools view``, with the store last but for the threads."""
    from vcztools.cli import vcztools_main

    if REGIONS in arguments:
        at = arguments.index(REGIONS)
        path = Path(arguments[at + 1])
        contigs = _contigs(arguments[-1])
        kept = [line for line in path.read_text().splitlines() if line.split("\t")[0] in contigs]
        path.write_text("".join(f"{line}\n" for line in kept))
        if not kept:  # vcztools refuses regions of chromosomes that the store does not name
            arguments[at : at + 2] = ["--header-only"]
    vcztools_main(["view", *arguments])


def _contigs(store: str) -> set[str]:
    """Return the names of the contigs of a store."""
    from vcztools import open_zarr  # zarr itself does not take the path of a zip

    group: Any = open_zarr(store)
    return {str(name) for name in group["contig_id"][:]}
