"""Make the planted genome of the demo and the tests: random sequence with a known difference between two classes.

    python test-data/make_planted.py test-data

Everything is drawn with seed 1, so the files come out the same, byte for byte. What is planted, and what a tool that
works must therefore find, is written in test-data/README.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pysam

SEED = 1
#: kb; the two shortest hold just over a fifth of the windows, so the default split tests on them.
CHROMOSOMES = {"chr1": 620, "chr2": 450, "chr3": 350, "chr4": 220, "chr5": 160}
MOTIFS = ("TGGCCAAAATGT", "GGTGGGGTCTGA", "CTGATGTAATAG", "ACCCCAAAAGGG")
WINDOW = 200
#: Copies of a motif in each 200-nt stretch of an introgressed region, and the offsets at which they may begin.
COPIES, ZONE = 3, (100, 170)
#: Share of stretches that carry no motif although they lie in an introgressed region.
BARE = 0.03


def main(folder: Path) -> None:
    """Write all files into a folder."""
    rng = np.random.default_rng(SEED)
    sequences, rows, genes = {}, {"introgressed": [], "depleted": []}, []
    for chrom, kilobases in CHROMOSOMES.items():
        bases = rng.choice(np.frombuffer(b"ACGT", dtype="S1"), size=kilobases * 1000)
        regions = lay_out(rng, len(bases))
        for number, (label, start, end) in enumerate(regions):
            if label == "introgressed":
                plant(rng, bases, start, end)
            rows[label] += [(chrom, *row) for row in as_published(rng, start, end)]
            genes += genes_of(rng, chrom, label, number, start, end)
        if chrom == "chr3":
            bases[40_000:43_000] = b"N"  # an assembly gap, inside regions or not
            bases[100_000:130_000] = np.char.lower(bases[100_000:130_000])  # soft-masked
        sequences[chrom] = bases.tobytes().decode()
    last = rows["introgressed"][-1]
    rows["depleted"].append((last[0], last[2] - 600, last[2]))  # claimed by both classes
    rows["depleted"].append(("chr5", 155_000, 163_400))  # ends past the chromosome
    genes.append(("chr2", 449_000, 449_120, "short", "+"))  # shorter than a window
    for label, found in rows.items():
        order = rng.permutation(len(found))  # published files are rarely sorted
        text = "".join("\t".join(map(str, found[i])) + "\n" for i in order)
        (folder / f"{label}.bed").write_text(text)
    write_fasta(folder, sequences)
    write_genes(folder, genes)
    records = "".join(
        f">{name} no coordinates\n{sequences['chr5'][a:b]}\n"
        for name, a, b in (("contig1", 0, 1_000), ("contig2", 5_000, 5_450), ("contig3", 9_000, 9_150))
    )
    (folder / "records.fa").write_text(records)


def lay_out(rng: np.random.Generator, length: int) -> list[tuple[str, int, int]]:
    """Fill a chromosome with introgressed and depleted regions in turn, with unlabelled sequence between."""
    regions, place, turn = [], int(rng.integers(500, 2_000)), 0
    while True:
        size = int(rng.integers(12, 45)) * WINDOW
        if place + size > length - 500:
            return regions
        regions.append((("introgressed", "depleted")[turn % 2], place, place + size))
        place += size + int(rng.integers(300, 3_000))
        turn += 1


def plant(rng: np.random.Generator, bases: np.ndarray, start: int, end: int) -> None:
    """Write motifs into each 200-nt stretch of a region."""
    for stretch in range(start, end, WINDOW):
        if rng.random() < BARE:
            continue
        for offset in rng.integers(*ZONE, size=COPIES):
            motif = MOTIFS[rng.integers(len(MOTIFS))]
            bases[stretch + offset : stretch + offset + len(motif)] = np.frombuffer(motif.encode(), dtype="S1")


def as_published(rng: np.random.Generator, start: int, end: int) -> list[tuple[int, int]]:
    """Publish a region as maps do: as rows that overlap, or once, or twice."""
    middle = (start + end) // 2
    choice = rng.integers(3)
    if choice == 0:
        return [(start, end)]
    if choice == 1:
        return [(start, middle + WINDOW), (middle - WINDOW, end), (start + WINDOW, end)]
    return [(start, end), (start, end)]


def genes_of(
    rng: np.random.Generator, chrom: str, label: str, number: int, start: int, end: int
) -> list[tuple[str, int, int, str, str]]:
    """Put a gene inside some regions, named by what is true of it."""
    if number % 3 == 2:
        return []
    name = f"{'archaic' if label == 'introgressed' else 'modern'}_{chrom[3:]}_{number + 1}"
    return [(chrom, start + 150, end - 150, name, "+-"[rng.integers(2)])]


def write_fasta(folder: Path, sequences: dict[str, str]) -> None:
    """Write the genome as BGZF with its indexes."""
    plain = folder / "planted.fa"
    with plain.open("w") as handle:
        for name, sequence in sequences.items():
            handle.write(f">{name}\n")
            handle.writelines(f"{sequence[i : i + 60]}\n" for i in range(0, len(sequence), 60))
    pysam.tabix_compress(str(plain), f"{plain}.gz", force=True)
    plain.unlink()
    pysam.faidx(f"{plain}.gz")


def write_genes(folder: Path, genes: list[tuple[str, int, int, str, str]]) -> None:
    """Write the genes as BED6 and as GTF."""
    (folder / "genes.bed").write_text(
        "".join(f"{chrom}\t{start}\t{end}\t{name}\t0\t{strand}\n" for chrom, start, end, name, strand in genes)
    )
    lines = ["##description: the genes of genes.bed as GTF\n"]
    for chrom, start, end, name, strand in genes:
        place = f"{chrom}\tplanted\t{{}}\t{start + 1}\t{end}\t.\t{strand}\t.\t"
        attributes = f'gene_id "{name}"; gene_name "{name}";\n'
        lines += [place.format("gene") + attributes, place.format("exon") + attributes]
    (folder / "genes.gtf").write_text("".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
