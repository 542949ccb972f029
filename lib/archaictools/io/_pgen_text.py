"""PLINK 2 .pgen as VCF text on standard output; run as a program by :mod:`archaictools.io._viewed_text`.

Hard calls and their phase come from pgenlib, by the authors of PLINK 2. Sites are in the .pvar and samples in the .psam
file of the same name. A .pgen has no haploid calls: those of males on chrX are stored, and read, as two equal alleles.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

#: Sites that are read at a time.
_SITES = 512

#: Fields of a site in VCF order, from CHROM to INFO.
Site = tuple[str, ...]


def main(arguments: list[str]) -> None:
    """Write the text; the arguments are those of ``bcftools view`` that :mod:`archaictools.io._viewed_text` gives."""
    parser = argparse.ArgumentParser()
    for flag in ("--no-version", "-I", "--force-samples"):
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
    wanted = None
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


def _sites(path: Path) -> tuple[list[str], Iterator[Site]]:
    """Return the header lines that a VCF needs, and the sites, of a .pvar file."""
    handle = path.open(encoding="utf-8")
    meta, columns = [], ["CHROM", "ID", "CM", "POS", "ALT", "REF"]  # of a .bim, which has no header
    first = ""
    for line in handle:
        if line.startswith("##"):
            meta.append(line)
        elif line.startswith("#"):
            columns = line[1:].split()
        else:
            first = line
            break

    def rows() -> Iterator[Site]:
        place = {name: number for number, name in enumerate(columns)}
        for line in (first, *handle):
            fields = line.split()
            if fields:
                known = [fields[place[name]] if name in place else "." for name in _COLUMNS]
                yield tuple(known)

    return [line for line in meta if line.startswith(("##contig", "##FILTER"))], rows()


_COLUMNS = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER")


def _write(out: BinaryIO, path: Path, names: list[str], chosen: list[int], wanted: set[str] | None) -> None:
    import pgenlib

    meta, rows = _sites(_beside(path, ".pvar"))
    sites = list(rows)
    alleles = np.array([2 + site[4].count(",") for site in sites])
    offsets = np.concatenate([[0], np.cumsum(alleles)]).astype(np.uintp)
    order = sorted(set(chosen))
    with pgenlib.PgenReader(
        str(path).encode(),
        raw_sample_ct=len(names),
        variant_ct=len(sites),
        sample_subset=np.array(order, dtype=np.uint32),
        allele_idx_offsets=offsets if (alleles > 2).any() else None,
    ) as reader:
        head = ["##fileformat=VCFv4.2\n", *meta, '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n']
        columns = [*_COLUMNS, "INFO", "FORMAT", *(names[number] for number in chosen)]
        out.write("".join([*head, "#", "\t".join(columns), "\n"]).encode())
        kept = [number for number, site in enumerate(sites) if wanted is None or site[0] in wanted]
        columns_of = np.searchsorted(order, chosen)
        for first in range(0, len(kept), _SITES):
            numbers = kept[first : first + _SITES]
            codes = np.empty((len(numbers), 2 * len(order)), dtype=np.int32)
            phased = np.empty((len(numbers), len(order)), dtype=np.uint8)
            reader.read_alleles_and_phasepresent_list(np.array(numbers, dtype=np.uint32), codes, phased)
            pairs = codes.reshape(len(numbers), -1, 2)[:, columns_of]
            for number, text in zip(numbers, _texts(pairs, phased[:, columns_of] != 0), strict=True):
                out.write("\t".join([*sites[number], ".", "GT"]).encode() + text + b"\n")


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
    for site, separators in zip(pairs, known, strict=True):
        if site.max(initial=0) < 10:
            text = np.full((len(site), 4), ord("."), dtype=np.uint8)
            text[:, 0] = ord("\t")
            called = site >= 0
            text[:, 1::2][called] = ord("0") + site[called]
            text[:, 2] = np.where(separators, ord("|"), ord("/"))
            yield text.tobytes()
        else:
            words = [
                f"\t{'.' if one < 0 else one}{'|' if order else '/'}{'.' if two < 0 else two}"
                for (one, two), order in zip(site.tolist(), separators.tolist(), strict=True)
            ]
            yield "".join(words).encode()


if __name__ == "__main__":
    main(sys.argv[1:])
