"""PLINK 2 .pgen as VCF text on standard output; run as a program by :mod:`archaictools.io._viewed_text`.

Hard calls and their phase come from pgenlib, by the authors of PLINK 2. Sites are in the .pvar and samples in the .psam
file of the same name. A .pgen has no haploid calls: those of males on chrX are stored, and read, as two equal alleles.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

#: Sites that are read at a time.
_SITES = 64
#: Alleles 0 to 9 as text by number, modulo 256; all others are missing.
_ALLELES = np.full(256, ord("."), dtype=np.uint8)
_ALLELES[:10] = np.frombuffer(b"0123456789", dtype=np.uint8)

#: Fields of a site in VCF order, from CHROM to INFO.
Site = tuple[str, ...]


def main(arguments: list[str]) -> None:
    """Write the text; the arguments are those of ``bcftools view`` that :mod:`archaictools.io._viewed_text` gives."""
    parser = argparse.ArgumentParser()
    for flag in ("--no-version", "-I", "--force-samples", "--header-only"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--threads")
    parser.add_argument("-S", dest="samples", type=Path)
    parser.add_argument("-R", dest="regions", type=Path)
    parser.add_argument("path", type=Path)
    given = parser.parse_args(arguments)
    names = _samples(_beside(given.path, ".psam"))
    chosen = list(range(len(names)))
    if given.samples:
        place = {name: number for number, name in enumerate(names)}
        chosen = [place[name] for name in given.samples.read_text().splitlines() if name in place]
    wanted: set[str] | None = set() if given.header_only else None
    if given.regions:
        wanted = {line.split("\t")[0] for line in given.regions.read_text().splitlines()}
    _write(sys.stdout.buffer, given.path, names, chosen, wanted)


def _beside(path: Path, suffix: str) -> Path:
    """Return the file of the same name with another suffix; end the program if it is missing."""
    found = path.with_suffix(suffix)
    if not found.is_file():
        packed = path.with_suffix(f"{suffix}.zst")
        advice = f"; run: zstd -d {packed.name}" if packed.is_file() else ""
        raise SystemExit(f"{found.name} is missing beside it{advice}")
    return found


def _samples(path: Path) -> list[str]:
    """Return the sample names (IID) of a .psam file."""
    header: list[str] = []
    names = []
    for line in path.read_text().splitlines():
        fields = line.split()
        if line.startswith("##") or not fields:
            continue
        if not header:
            header = fields if line.startswith("#") else ["#FID", "IID"]
            if line.startswith("#"):
                continue
        names.append(fields[[name.lstrip("#") for name in header].index("IID")])
    return names


def _meta(path: Path) -> list[str]:
    """Return the header lines of a .pvar file that a VCF needs."""
    with path.open(encoding="utf-8") as handle:
        meta = itertools.takewhile(lambda line: line.startswith("##"), handle)
        return [line for line in meta if line.startswith(("##contig", "##FILTER"))]


def _sites(path: Path) -> Iterator[Site]:
    """Yield the sites of a .pvar file, one at a time: a chromosome may have millions."""
    place = {name: number for number, name in enumerate(("CHROM", "ID", "CM", "POS", "ALT", "REF"))}  # without header
    with path.open(encoding="utf-8") as handle:
        for line in handle:
            if line.startswith("##"):
                continue
            if line.startswith("#"):
                place = {name: number for number, name in enumerate(line[1:].split())}
                continue
            fields = line.split()
            if fields:
                yield tuple(fields[place[name]] if name in place else "." for name in _COLUMNS)


_COLUMNS = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER")


def _write(out: BinaryIO, path: Path, names: list[str], chosen: list[int], wanted: set[str] | None) -> None:
    import pgenlib

    pvar = _beside(path, ".pvar")
    alleles = np.fromiter((2 + site[4].count(",") for site in _sites(pvar)), dtype=np.uint32)
    offsets = np.concatenate([[0], np.cumsum(alleles)]).astype(np.uintp)
    order = sorted(set(chosen))
    with pgenlib.PgenReader(
        str(path).encode(),
        raw_sample_ct=len(names),
        variant_ct=len(alleles),
        sample_subset=np.array(order, dtype=np.uint32),
        allele_idx_offsets=offsets if (alleles > 2).any() else None,
    ) as reader:
        head = [
            "##fileformat=VCFv4.2\n",
            *_meta(pvar),
            '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n',
        ]
        columns = [*_COLUMNS, "INFO", "FORMAT", *(names[number] for number in chosen)]
        out.write("".join([*head, "#", "\t".join(columns), "\n"]).encode())
        kept = ((number, site) for number, site in enumerate(_sites(pvar)) if wanted is None or site[0] in wanted)
        columns_of = np.searchsorted(order, chosen)
        while block := list(itertools.islice(kept, _SITES)):
            numbers = [number for number, _ in block]
            codes = np.empty((len(numbers), 2 * len(order)), dtype=np.int32)
            phased = np.empty((len(numbers), len(order)), dtype=np.uint8)
            reader.read_alleles_and_phasepresent_list(np.array(numbers, dtype=np.uint32), codes, phased)
            pairs = np.take(codes.reshape(len(numbers), -1, 2), columns_of, axis=1)
            for (_, site), text in zip(block, _texts(pairs, phased[:, columns_of] != 0), strict=True):
                out.write("\t".join([*site, ".", "GT"]).encode() + text + b"\n")


def _texts(pairs: npt.NDArray[np.int32], phased: npt.NDArray[np.bool_]) -> Iterator[bytes]:
    """Yield the genotypes of each site as text, each after a tab.

    Parameters
    ----------
    pairs
        int32 (sites, samples, 2): allele numbers, -9 where a call is missing.
    phased
        bool (sites, samples): the order of the alleles of a heterozygote is known. A homozygote has but one order.
    """
    known = phased | (pairs[..., 0] == pairs[..., 1])
    digits = pairs.reshape(len(pairs), -1).max(axis=1, initial=0) < 10
    text = np.empty((*known.shape, 4), dtype=np.uint8)
    text[..., 0] = ord("\t")
    text[..., 1::2] = _ALLELES[pairs.astype(np.uint8)]
    text[..., 2] = np.where(known, np.uint8(ord("|")), np.uint8(ord("/")))
    for row, (site, separators) in enumerate(zip(pairs, known, strict=True)):
        if digits[row]:
            yield text[row].tobytes()
        else:
            words = [
                f"\t{'.' if one < 0 else one}{'|' if order else '/'}{'.' if two < 0 else two}"
                for (one, two), order in zip(site.tolist(), separators.tolist(), strict=True)
            ]
            yield "".join(words).encode()
