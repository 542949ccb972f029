"""Every reader of the package, and small valid inputs of each: what :mod:`fuzzing.test_fuzz` damages."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from archaictools.cli.main import main
from archaictools.io.bigwig import BigWigWriter
from fuzzing.containers import KINDS


class Reader(NamedTuple):
    """What reads an input: a function of its path and of the folder that holds it, and valid inputs."""

    read: Callable[[Path, Path], object]
    valid: Sequence[bytes] | Callable[[Path], Sequence[bytes]]
    text: bool = True
    #: Inputs beside those of other readers: one that takes long gets fewer.
    share: float = 1


VCF = b"""##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##contig=<ID=chr1,length=50000>
##contig=<ID=chr2,length=30000>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\tO1\tO2
""" + b"".join(
    b"chr%d\t%d\t.\t%s\t%s\t.\tPASS\t.\tGT:DP\t%s\n"
    % (1 + number // 12, 100 + 1_500 * (number % 12), b"ACGT"[number % 4 :][:1], b"CGTA"[number % 4 :][:1] + (b",G" if number == 7 else b""),
       b"\t".join(b"%d|%d:9" % ((number >> i) & 1, (number >> (i + 1)) & 1) for i in range(4)))
    for number in range(20)
)  # fmt: skip
ARCHAIC = VCF.replace(b"\tA\tB\tO1\tO2\n", b"\tN1\tN2\tN3\tN4\n").replace(b"|", b"/")
NAMES = b"A\nB\n"
TRUTH = b"chr1\t0\t3000\tA\t1\nchr1\t5000\t9000\tB\t2\nchr2\t100\t900\tA\t.\n"
BED = b"track name=x\nchr1\t0\t200\tintrogressed\t0\t+\nchr1\t400\t900\tdepleted\t10\t-\nchr2\t10\t300\tx\t5\t.\n"
GENES6 = b"chr1\t100\t900\tG1\t0\t+\nchr1\t1000\t1800\tG2\t0\t-\nchr2\t0\t500\tG3\t0\t+\n"
GENES12 = b"chr1\t100\t900\tG1\t0\t+\t100\t900\t0\t2\t100,200,\t0,600,\n"
GTF = b"""#!genome-build x
chr1\tsrc\tgene\t101\t900\t.\t+\t.\tgene_id "E1"; gene_name "G1"; gene_type "protein_coding";
chr1\tsrc\texon\t101\t300\t.\t+\t.\tgene_id "E1"; transcript_id "T1"; gene_name "G1";
chr2\tsrc\tgene\t1\t500\t.\t-\t.\tgene_id "E2"; gene_name "G2";
"""
GFF = b"""##gff-version 3
##sequence-region chr1 1 50000
chr1\tRefSeq\tgene\t101\t900\t.\t+\t.\tID=gene-G1;Name=G1;gene_biotype=protein_coding;Dbxref=GeneID:1%2C2
chr1\tRefSeq\tmRNA\t101\t900\t.\t+\t.\tID=rna1;Parent=gene-G1
chr2\tRefSeq\tpseudogene\t1\t500\t.\t-\t.\tID=gene-G2;gene=G2
###
"""
WINDOWS = (
    b"chrom\tstart\tend\tprobability\nchr1\t0\t200\t0.9\nchr1\t200\t400\t0.1\nchr1\t1000\t1200\t0.6\nchr2\t0\t200\tNA\n"
)
BINS = b"chrom\tstart\tend\tsample\thaplotype\tprobability\nchr1\t0\t1000\tA\t1\t0.9\nchr1\t0\t1000\tA\t2\t0.1\nchr2\t0\t1000\tB\t1\tNA\n"
SEGMENTS = (
    b"chrom\tstart\tend\tsample\thaplotype\tlength\tbins\tposterior\tmatched\tsource\n"
    b"chr1\t0\t3000\tA\t1\t3000\t3\t0.95\t3\tN1\nchr1\t9000\t12000\tB\t2\t3000\t3\t0.8\t0\tunmatched\n"
)
PEOPLE = b"sample\tbases\tpercent\tsegments\tcallable\nA\t3000\t3.0\t1\t100000\nB\t3000\t3.0\t1\t100000\n"
SUMMARY = (
    b"sample\thaplotypes\tcallable\tintrogressed\tpercent\tsegments\tmean_length\tlongest\n"
    b"A\t2\t100000\t3000\t3.0\t1\t3000\t3000\nB\t2\t100000\t3000\t3.0\t1\t3000\t3000\nC\t1\tNA\tNA\tNA\t0\tNA\t0\n"
)
COMPANION = b"chr1\t0\t20000\t2\nchr1\t20000\t30000\t4\n"
PUBLISHED = b"gene\tcall\nG1\tintrogressed\nG2\tfree\nG3\tNA\n"
FASTA = b">chr1 first\nACGTNNacgtACGTGGCATCATTACGGATTA\nACGTTTGACA\n>chr2\nGATTACAGATTACAGATTACA\n"
FOLDS = b"chr1\t0\t1000\t1\nchr1\t2000\t3000\t2\nchr2\t0\t500\t3\n"
SIDES = b"chr1\t0\t1000\ttrain\nchr1\t2000\t3000\tvalidation\nchr2\t0\t500\ttest\n"
MAP = b"Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)\nchr1\t0\t1.0\t0\nchr1\t500\t2.0\t0.0005\nchr1\t100000\t0\t0.2\n"
DEMES = b"""description: two and a pulse
time_units: generations
demes:
  - name: anc
    epochs: [{end_time: 20000, start_size: 10000}]
  - name: nea
    ancestors: [anc]
    epochs: [{start_size: 1000}]
  - name: afr
    ancestors: [anc]
    epochs: [{end_time: 0, start_size: 10000}]
  - name: eur
    ancestors: [afr]
    start_time: 2500
    epochs: [{end_time: 0, start_size: 2000, end_size: 9000}]
migrations:
  - {demes: [afr, eur], rate: 1e-5}
pulses:
  - {sources: [nea], dest: eur, time: 2000, proportions: [0.02]}
"""


def command(*arguments: object) -> None:
    """Run one command line in this process; it must end with 0, 2 or 3."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = main([str(argument) for argument in arguments])
    said = error.getvalue()
    assert code in {0, 2, 3}, f"exit {code}: {said[-600:]}"
    assert code != 3 or len(said) < 4_000, f"{len(said):,} bytes of error"


def beside(folder: Path, name: str, text: bytes) -> Path:
    """Write a valid file that another is read with."""
    path = folder / f"with.{name}"
    if not path.exists():
        path.write_bytes(text)
    return path


def haplotypes(option: str, path: Path, folder: Path, **others: object) -> None:
    given = {"vcf": beside(folder, "vcf", VCF), "ingroup": "A,B", "outgroup": "O1,O2", option: path} | others
    if option == "individuals":  # it names both groups itself
        del given["ingroup"], given["outgroup"]
    command(
        "haplotypes", "--out", folder / "out.h5", "--summary", folder / "out.tsv", "--threads", 1, "--quiet",
        *(part for name, value in given.items() for part in (f"--{name}", value)),
    )  # fmt: skip


def genes(
    path: Path,
    folder: Path,
    *,
    annotation: Path | None = None,
    published: Path | None = None,
    read: Path | None = None,
) -> None:
    annotation = annotation or beside(folder, "genes.bed", GENES6)
    more = ("--published", published, "--agreement", folder / "out.json") if published else ()
    more += ("--callable", read) if read else ()
    command("genes", path, "--annotation", annotation, "--out", folder / "out.tsv", "--bed", folder / "out.bed", *more)


def sharing(path: Path, folder: Path, **others: object) -> None:
    given = {"min-core": 1} | others
    outputs = [part for name in ("ages", "pairs", "matrix", "cores") for part in (f"--{name}", folder / f"out.{name}")]
    command(
        "sharing", path, *outputs, "--quiet", *(part for name, value in given.items() for part in (f"--{name}", value))
    )


def extract(path: Path, folder: Path, **others: object) -> None:
    given = {"regions": path, "samples": "A,B"} | others
    command(
        "extract", "--vcf", beside(folder, "vcf", VCF), "--out", folder / "out.tsv", "--fasta", folder / "out.fa",
        "--subset", folder / "out.vcf", "--threads", 1, "--quiet",
        *(part for name, value in given.items() for part in (f"--{name}", value)),
    )  # fmt: skip


def merge(path: Path, folder: Path) -> None:
    command("merge", path, path, "--out", folder / "out")
    command("merge", path, "--out", folder / "out")


def demes(path: Path, _: Path) -> None:
    from archaictools.errors import InputError, UsageError
    from archaictools.simulation.demography import scenario
    from archaictools.simulation.options import PopulationOptions

    model = path.rename(path.with_suffix(".yaml"))
    with contextlib.suppress(InputError, UsageError):
        scenario(
            str(model),
            PopulationOptions(
                outgroup_population="afr", ingroup_population="eur", archaic_population=("nea",), archaic_time=2_000
            ),
        )
    model.unlink()


def read_by(read: Callable[[Path], object]) -> Callable[[Path, Path], None]:
    """Call a function; it must return or refuse."""

    def reading(path: Path, folder: Path) -> None:
        from archaictools.errors import InputError, UsageError

        with contextlib.suppress(InputError, UsageError):
            read(path)
        shutil.rmtree(folder / "input.folder", ignore_errors=True)

    return reading


def folds(path: Path) -> None:
    from archaictools.learning.regions import read_folds

    read_folds(path)


def recombination_map(path: Path) -> None:
    from archaictools.simulation.recombination import mapped_regions, read_map

    mapped_regions(read_map(path, 1_000))


def valid_of(kind: str) -> Callable[[Path], Sequence[bytes]]:
    return lambda folder: [KINDS[kind][0](folder / "valid.h5").read_bytes()]


def valid_bigwig(folder: Path) -> Sequence[bytes]:
    rng = np.random.default_rng(1)
    with BigWigWriter(folder / "valid.bw", {"chr1": 50_000, "chr2": 30_000, "chrM": 100}) as writer:
        for chrom in ("chr1", "chr2"):
            starts = np.arange(30, dtype=np.int64) * 500
            writer.add(chrom, (starts, starts + 300, rng.random(30)))
    with BigWigWriter(folder / "empty.bw", {"chr1": 50_000}):
        pass
    return [(folder / "valid.bw").read_bytes()] * 4 + [(folder / "empty.bw").read_bytes()]


def windows(path: Path, folder: Path) -> None:
    genome = beside(folder, "fa", FASTA)
    command(
        "windows", "--genome", genome, "--introgressed", path, "--size", 5, "--step", 5, "--out", folder / "out.bed"
    )


def regions(path: Path, folder: Path) -> None:
    genome = beside(folder, "fa", FASTA)
    command(
        "windows",
        "--genome",
        genome,
        "--regions",
        path,
        "--exclude",
        path,
        "--size",
        5,
        "--step",
        5,
        "--out",
        folder / "out.bed",
    )


def tokenize(path: Path, folder: Path) -> None:
    genome = beside(folder, "fa", FASTA)
    command(
        "tokenize",
        path,
        "--genome",
        genome,
        "--k",
        3,
        "--size",
        900,
        "--out",
        folder / "out.h5",
        "--vocabulary",
        folder / "out.tsv",
    )


def genome(path: Path, folder: Path) -> None:
    command("windows", "--genome", path, "--size", 5, "--step", 5, "--out", folder / "out.bed")


def records(path: Path, folder: Path) -> None:
    command("tokenize", "--fasta", path, "--k", 3, "--size", 12, "--out", folder / "out.h5")


def audit(path: Path, folder: Path) -> None:
    command("audit", path, "--out", folder / "out.json", "--split", "random")


READERS = {
    "vcf": Reader(lambda p, f: haplotypes("vcf", p, f), [VCF]),
    "archaic vcf": Reader(lambda p, f: haplotypes("archaic-vcf", p, f, archaic="N1,N2"), [ARCHAIC]),
    "names": Reader(lambda p, f: haplotypes("ingroup", p, f), [NAMES, b"sample\tpop\nA\tCEU\n", b"A B\n"]),
    "truth": Reader(lambda p, f: haplotypes("truth", p, f), [TRUTH]),
    "callable": Reader(lambda p, f: haplotypes("callable", p, f), [BED, b"chr1\t0\t40000\nchr2\t0\t0\n"]),
    "bed of classes": Reader(windows, [BED]),
    "bed of regions": Reader(regions, [BED, GENES6, GENES12, GTF]),
    "bed of windows": Reader(tokenize, [b"chr1\t0\t20\tintrogressed\nchr2\t1\t15\tdepleted\nchr1\t5\t25\t.\t0\t-\n"]),
    "bed to audit": Reader(audit, [BED], share=0.5),
    "annotation": Reader(lambda p, f: genes(beside(f, "w.tsv", WINDOWS), f, annotation=p), [GENES6, GENES12, GTF, GFF]),
    "annotation of segments": Reader(lambda p, f: genes(beside(f, "s.tsv", SEGMENTS), f, annotation=p), [GENES6, GTF, GFF]),
    "predictions": Reader(genes, [WINDOWS, BINS, SEGMENTS]),
    "what was read": Reader(lambda p, f: genes(beside(f, "s.tsv", SEGMENTS), f, read=p), [COMPANION]),
    "published": Reader(lambda p, f: genes(beside(f, "w.tsv", WINDOWS), f, published=p), [PUBLISHED]),
    "segments to share": Reader(sharing, [SEGMENTS]),
    "people who share": Reader(lambda p, f: sharing(beside(f, "s.tsv", SEGMENTS), f, summary=p), [SUMMARY]),
    "populations": Reader(lambda p, f: sharing(beside(f, "s.tsv", SEGMENTS), f, groups=p), [b"sample\tpop\nA\tCEU\n"]),
    "regions of tracts": Reader(extract, [BED, GENES6]),
    "merged tables": Reader(merge, [WINDOWS, BINS, SEGMENTS, PEOPLE, GENES6, COMPANION]),
    "individuals": Reader(lambda p, f: haplotypes("individuals", p, f), [b'{"ingroup": ["A"], "outgroup": ["O1"]}']),
    "genome": Reader(genome, [FASTA]),
    "records": Reader(records, [FASTA]),
    "folds": Reader(read_by(folds), [FOLDS, SIDES]),
    "demes": Reader(demes, [DEMES]),
    "recombination map": Reader(read_by(recombination_map), [MAP]),
    "bigwig": Reader(genes, valid_bigwig, text=False),
    "merged bigwigs": Reader(merge, valid_bigwig, text=False),
    **{kind: Reader(read_by(read), valid_of(kind), text=False) for kind, (_, read) in KINDS.items()},
}  # fmt: skip
