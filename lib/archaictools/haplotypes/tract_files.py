"""Files of extracted tracts: a table with one row per site, sequences of variable sites, and a VCF."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

    import numpy.typing as npt

    from archaictools.haplotypes.tract_alleles import TractSites
    from archaictools.haplotypes.tract_regions import Region

#: First columns of the table; archaic genomes, counts and haplotypes follow.
COLUMNS = ["region", "chrom", "pos", "REF", "ALT"]

#: Letters of bases; the last one stands for a base that is not known.
_LETTERS = np.array(["A", "C", "G", "T", "NA"], dtype=object)
#: Letters of pairs of bases by the sum of 2^base: IUPAC codes.
_IUPAC = {1: "A", 2: "C", 4: "G", 8: "T", 3: "M", 5: "R", 9: "W", 6: "S", 10: "Y", 12: "K"}
#: Letters of a line of sequence.
_WIDTH = 80


def columns_of(haplotypes: Sequence[tuple[str, int]], archaic: Sequence[str], *, carriers: bool) -> list[str]:
    """Return the columns of :func:`table_of`, with counts of carriers or without."""
    counts = ["alt", "called", *(["carriers_alt", "carriers_called"] if carriers else [])]
    return [*COLUMNS, *archaic, *counts, *(f"{sample}_{side}" for sample, side in haplotypes)]


def table_of(
    region: Region, sites: TractSites, haplotypes: Sequence[tuple[str, int]], archaic: Sequence[str]
) -> pd.DataFrame:
    """Return a table with one row per site: :data:`COLUMNS`, archaic genomes, counts, and the base of each haplotype.

    ``pos`` counts from 1, as POS of a VCF. An archaic genotype is written as ``A/G``, or ``NA``. ``alt`` and
    ``called``: haplotypes with a base other than REF, and with any. With carriers, ``carriers_alt`` and
    ``carriers_called`` are the same of carriers.
    """
    carried = sites.carried
    first = {
        "region": region.name,
        "chrom": sites.chrom,
        "pos": sites.position + 1,
        "REF": _LETTERS[sites.bases[:, 0]],
        "ALT": [",".join("ACGT"[base] for base in row if base >= 0) or "." for row in sites.bases[:, 1:].tolist()],
    }
    parts: dict[str, npt.NDArray[np.generic]] = {
        name: _genotypes(sites.archaic[:, number]) for number, name in enumerate(archaic)
    }
    called, other = carried >= 0, carried != sites.bases[:, :1]
    parts |= {"alt": (called & other).sum(axis=1), "called": called.sum(axis=1)}
    if region.carriers is not None:
        own = np.array([haplotype in region.carriers for haplotype in haplotypes], dtype=bool)
        parts |= {
            "carriers_alt": (called & other)[:, own].sum(axis=1),
            "carriers_called": called[:, own].sum(axis=1),
        }
    names = [f"{sample}_{side}" for sample, side in haplotypes]
    letters = pd.DataFrame(_LETTERS[carried], columns=names)
    frame = pd.concat([pd.DataFrame(first), pd.DataFrame(parts), letters], axis=1)
    return frame[columns_of(haplotypes, archaic, carriers=region.carriers is not None)]


def sequences_of(
    region: Region, sites: TractSites, haplotypes: Sequence[tuple[str, int]], archaic: Sequence[str]
) -> Iterator[str]:
    """Yield lines of FASTA: the bases of each archaic genome and haplotype at the variable sites, N if not known.

    A heterozygous archaic genotype is an IUPAC code. The name of a sequence is ``REGION|NAME``. The description gives
    place and number of sites, and of a haplotype with a segment the word ``carrier``. Blanks in names become ``_``.
    """
    where = f"{sites.chrom}:{region.start + 1}-{region.end} sites={len(sites)}"
    for number, name in enumerate(archaic):
        yield f">{_word(region.name)}|{_word(name)} {where} archaic\n"
        yield from _wrapped("".join(_IUPAC.get(code, "N") for code in _codes(sites.archaic[:, number])))
    letters = np.where(sites.carried >= 0, _LETTERS[sites.carried], "N")
    for column, (sample, side) in enumerate(haplotypes):
        carrier = " carrier" if region.carriers and (sample, side) in region.carriers else ""
        yield f">{_word(region.name)}|{_word(sample)}_{side} {where}{carrier}\n"
        yield from _wrapped("".join(letters[:, column]))


def vcf_header(names: Sequence[str], contigs: Mapping[str, int | None], *, source: str) -> str:
    """Return the header of a VCF with genotypes alone; ``contigs`` are lengths by name, None if not known."""
    known = {chrom: f",length={length}" if length else "" for chrom, length in contigs.items()}
    lines = "".join(f"##contig=<ID={chrom}{length}>\n" for chrom, length in known.items())
    return (
        f"##fileformat=VCFv4.2\n##source={source}\n{lines}"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        + "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names])
        + "\n"
    )


def write_records(handle: IO[str], sites: TractSites) -> None:
    """Write sites as records of VCF: genotypes of the people, then of the archaic genomes."""
    for row in range(len(sites)):
        bases = [base for base in sites.bases[row].tolist() if base >= 0]
        # An archaic base may be no allele of the modern record.
        archaic = sites.archaic[row].tolist()
        bases += sorted({base for pair in archaic for base in pair if base >= 0} - set(bases))
        calls = [
            _call(pair, known=known, haploid=haploid)
            for pair, known, haploid in zip(
                sites.alleles[row].tolist(), sites.known[row].tolist(), sites.haploid[row].tolist(), strict=True
            )
        ]
        for pair in archaic:
            numbers = sorted(bases.index(base) for base in pair if base >= 0)
            calls.append("/".join(map(str, numbers)) if len(numbers) == 2 else "./.")
        alt = ",".join("ACGT"[base] for base in bases[1:]) or "."
        start = (sites.chrom, str(int(sites.position[row]) + 1), ".", "ACGT"[bases[0]], alt, ".", ".", ".", "GT")
        handle.write("\t".join(itertools.chain(start, calls)) + "\n")


def _call(pair: Sequence[int], *, known: bool, haploid: bool) -> str:
    """Return GT of one sample."""
    first, second = ("." if allele < 0 else str(allele) for allele in pair)
    return first if haploid else f"{first}{'|' if known else '/'}{second}"


def _codes(pairs: npt.NDArray[np.int8]) -> list[int]:
    """Return the sum of 2^base over the bases of each pair, 0 if one of them is not called."""
    known = (pairs >= 0).all(axis=1)
    bits = np.left_shift(1, np.maximum(pairs, 0).astype(np.int64))
    codes: list[int] = np.where(known, np.bitwise_or.reduce(bits, axis=1), 0).tolist()
    return codes


def _genotypes(pairs: npt.NDArray[np.int8]) -> npt.NDArray[np.object_]:
    """Return ``A/G`` for each pair of bases, in the order of the alphabet; ``NA`` if one of them is not called."""
    low, high = np.sort(pairs, axis=1).T
    return np.array(
        ["NA" if one < 0 else f"{'ACGT'[one]}/{'ACGT'[two]}" for one, two in zip(low, high, strict=True)], dtype=object
    )


def _word(name: str) -> str:
    """Return a name without blanks, since the name of a sequence ends at the first blank."""
    return "_".join(name.split())


def _wrapped(sequence: str) -> Iterator[str]:
    for start in range(0, len(sequence), _WIDTH):
        yield sequence[start : start + _WIDTH] + "\n"
