"""Layout of a file of haplotypes, haplotypes.h5, and the limits of its contents.

Counts are compressed in tiles of one haplotype and :data:`TILE` bins, so that one haplotype can be read along a
chromosome. The writer goes by chunks of a chromosome, the reader by haplotypes. Neither needs memory for a whole
chromosome of all haplotypes.

Layout (schema version 2)::

    attributes  format ("archaictools haplotypes"), schema_version, alphabet ("variant"),
                parameters (JSON: bin, archaic, outgroup, patterns), provenance (JSON)
    chromosomes/ name, length in bp; a chromosome without sites has no bins below
    haplotypes/  sample, haplotype (int8: 1 or 2), group (int32: number of the samples encoded together)
    vcfs/        sha256 of each VCF of the ingroup and outgroup: files with a common VCF hold the same samples
    bins/N/      N is the chromosome's number, from 0:
        counts             uint8 (haplotypes, bins, 32): see archaictools.haplotypes.allele_classes; 255 is 255 or more
        matches            uint8 (haplotypes, bins, archaic samples, 3): rare alleles at which that sample is called;
                           those it shares; and non-REF ones at which it is not called
        pairs              uint8 (haplotypes, bins, ordered pairs of archaic samples, 2): rare alleles that the first
                           shares and the second, called, lacks; and non-REF ones that the first shares where the second
                           is not called; see archaictools.haplotypes.allele_classes.ordered_pairs
        unshared           int64 (archaic samples, 2): non-REF alleles of the VCF that no archaic sample shares, and
                           those at which that sample is called: few in a file without REF calls
        outgroup_variable  uint16 (bins): sites that vary in the outgroup
        callable           uint16 (bins): bases that could be called
        typed              uint16 (bins): sites that are evidence, see archaictools.haplotypes.evidence
        missing            uint16 (haplotypes, bins): the sites of these at which a haplotype is not called
        exists             uint8 (haplotypes): 0 for the second haplotype of a chromosome that is haploid throughout
        sharing/bin        uint32 (alleles): bins of alleles that at most 1 % of the outgroup and two haplotypes
                           or more carry (see archaictools.haplotypes.allele_classes.VERY_RARE)
        sharing/carriers   uint8 (alleles, haplotypes / 8, rounded up): carriers of each, one bit each, lowest first
        truth              uint16 (haplotypes, bins): introgressed bases; only with truth
        label              int8 (haplotypes, bins): 1 where they are half of the bin or more, else 0; -1 unknown
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.io.schema import MOST_JSON, TEXT, Data, Table

if TYPE_CHECKING:
    import numpy.typing as npt

#: Kind of the file, its attribute ``format``.
KIND = "archaictools haplotypes"
#: Kinds of earlier releases, and the remedy for each.
FORMER_KINDS = {"archaictools words": "make the file again with 'archaictools haplotypes'"}
#: Version 1 did not store the missing calls of a haplotype.
SCHEMA_VERSION = 2
#: Attributes of the root, and the longest text of each in bytes.
ATTRIBUTES = {"alphabet": 64, "parameters": MOST_JSON, "provenance": MOST_JSON}
#: Datasets of the file; see :mod:`archaictools.io.schema`. A new dataset is a new line here.
TABLE: Table = {
    "chromosomes/name": Data(TEXT, ("chromosomes",)),
    "chromosomes/length": Data("int64", ("chromosomes",)),
    "haplotypes/sample": Data(TEXT, ("haplotypes",)),
    "haplotypes/haplotype": Data("int8", ("haplotypes",)),
    "haplotypes/group": Data("int32", ("haplotypes",)),
    "vcfs/sha256": Data(TEXT, ("vcfs",)),
    "bins/*/counts": Data("uint8", ("haplotypes", "*bins", len(CLASSES))),
    "bins/*/matches": Data("uint8", ("haplotypes", "*bins", "archaic", 3)),
    "bins/*/pairs": Data("uint8", ("haplotypes", "*bins", "pairs", 2)),
    "bins/*/unshared": Data("int64", ("archaic", 2)),
    "bins/*/typed": Data("uint16", ("*bins",)),
    "bins/*/missing": Data("uint16", ("haplotypes", "*bins")),
    "bins/*/exists": Data("uint8", ("haplotypes",)),
    "bins/*/outgroup_variable": Data("uint16", ("*bins",)),
    "bins/*/callable": Data("uint16", ("*bins",)),
    "bins/*/sharing/bin": Data("uint32", ("*alleles",)),
    "bins/*/sharing/carriers": Data("uint8", ("*alleles", "haplotypes/8")),
    "bins/*/truth": Data("uint16", ("haplotypes", "*bins"), required=False),
    "bins/*/label": Data("int8", ("haplotypes", "*bins"), required=False),
}

#: Largest number of bins of a chromosome, which bounds memory: 249 Mb in bins of 50 bp, 4 Gb in bins of 1 kb.
MAX_BINS = 5_000_000

#: Largest number of shared alleles of a chromosome: ten times those of 1,000 Genomes on chromosome 1.
MAX_SHARED_ALLELES = 64_000_000

#: Bins of one haplotype that are stored together, and shared alleles that are stored together.
TILE = 1_024


def bin_edges(length: int, size: int) -> npt.NDArray[np.int64]:
    """Return the edges of the bins of a chromosome in bp: int64 (bins + 1,); the last bin may be shorter."""
    return np.minimum(np.arange(-(-length // size) + 1, dtype=np.int64) * size, length)
