"""Measure speed and memory of archaictools and of an alternative in the same run.

    make bench                                          (all sections, about ten minutes on two cores)
    python performance/speed.py --out results.md --only tokenize

Times are wall-clock seconds of the current machine: quote ratios. Pairs alternate, A B A B ..., and the report gives
the median ratio with its range.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pysam

HERE = Path(__file__).resolve().parent
PLANTED = HERE.parent / "test-data"
PREAMBLE = """
import json, resource, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
def now(): return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def report(**facts): print("RESULT" + json.dumps(facts))
"""


def child(code: str) -> dict[str, float]:
    """Run code in a separate process; return its report."""
    script = PREAMBLE.format(here=str(HERE)) + code
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.rpartition("RESULT")[2])


def ratios(first: list[float], second: list[float]) -> str:
    """Format the ratios first / second of all pairs: median and range."""
    found = [a / b for a, b in zip(first, second, strict=True)]
    return f"{statistics.median(found):.3g} ({min(found):.3g} to {max(found):.3g})"


def cli(*arguments: object) -> None:
    """Run one archaictools command in a separate process."""
    subprocess.run([sys.executable, "-c", "from archaictools.cli.main import run; run()", *map(str, arguments), "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip


def random_genome(folder: Path, megabases: int) -> tuple[Path, Path]:
    """Return the paths of a random genome and of 200-nt windows that tile it."""
    genome, windows = folder / f"{megabases}.fa", folder / f"{megabases}.bed"
    if not genome.exists():
        rng = np.random.default_rng(megabases)
        with genome.open("w") as handle:
            for number in range(-(-megabases // 10)):
                handle.write(f">chr{number + 1}\n")
                bases = rng.choice(np.frombuffer(b"ACGT", dtype="S1"), size=min(10, megabases) * 1_000_000)
                handle.write("\n".join(row.tobytes().decode() for row in bases.reshape(-1, 100)) + "\n")
        pysam.faidx(str(genome))  # only archaictools needs the index
        cli("windows", "--genome", genome, "--out", windows)
    return genome, windows


OURS = """
import numpy, pandas, h5py, pysam, pyBigWig, Bio.SeqIO
import archaictools.io.fasta, archaictools.progress, archaictools.provenance
import archaictools.sequence.tokenize, archaictools.sequence.vocabulary
from archaictools.cli import tokenize
from archaictools.cli.main import main
from archaictools.sequence.token_file import open_tokens
before, start = now(), time.perf_counter()
assert main(["tokenize", {windows!r}, "--genome", {genome!r}, "--out", {out!r}, "--quiet"]) == 0
stored = time.perf_counter() - start
with open_tokens(Path({out!r})) as words:
    total = sum(words.encoding.ids(part.codes).shape[0] for part in words.chunks())
report(seconds=time.perf_counter() - start, stored=stored, mib=max(0, peak() - before), whole=peak(), windows=total,
       bytes=Path({out!r}).stat().st_size / total)
"""
ARTICLE = """
from article import integer_matrix
before, start = now(), time.perf_counter()
matrix, index = integer_matrix(Path({genome!r}), Path({windows!r}))
report(seconds=time.perf_counter() - start, mib=peak() - before, whole=peak(), windows=len(matrix))
"""


def tokenize(folder: Path, pairs: int) -> list[str]:
    """Compare tokenisation of 100,000 windows with the article's; then time genomes of 10, 40 and 160 Mb."""
    genome, windows = random_genome(folder, 20)
    names = {"genome": str(genome), "windows": str(windows), "out": str(folder / "w.h5")}
    ours, theirs = [], []
    for _ in range(pairs):
        ours.append(child(OURS.format(**names)))
        theirs.append(child(ARTICLE.format(**names)))
    pick = lambda rows, key: [row[key] for row in rows]  # noqa: E731
    lines = [
        "| 100,000 windows of 200 nt, k = 10 | archaictools | article's code | ratio |",
        "|---|---|---|---|",
        f"| from BED and indexed FASTA to all word ids, s | {statistics.median(pick(ours, 'seconds')):.2f} "
        f"| {statistics.median(pick(theirs, 'seconds')):.1f} | {ratios(pick(theirs, 'seconds'), pick(ours, 'seconds'))} × faster |",
        f"| peak memory above the imported libraries, MiB | {statistics.median(pick(ours, 'mib')):.0f} "
        f"| {statistics.median(pick(theirs, 'mib')):.0f} | {ratios(pick(ours, 'mib'), pick(theirs, 'mib'))} of it |",
        f"| peak memory of the whole process, MiB | {statistics.median(pick(ours, 'whole')):.0f} "
        f"| {statistics.median(pick(theirs, 'whole')):.0f} | {ratios(pick(ours, 'whole'), pick(theirs, 'whole'))} of it |",
        f"| bytes per window on disk | {ours[0]['bytes']:.1f} | 764 (int32 matrix) | |",
        "",
        "| genome | windows | s | s per million windows | peak memory above the libraries, MiB |",
        "|---|---|---|---|---|",
    ]
    for megabases in (10, 40, 160):
        genome, windows = random_genome(folder, megabases)
        runs = [
            child(OURS.format(genome=str(genome), windows=str(windows), out=str(folder / "w.h5"))) for _ in range(pairs)
        ]
        seconds = statistics.median(pick(runs, "seconds"))
        lines.append(
            f"| {megabases} Mb | {runs[0]['windows']:,} | {seconds:.2f} | {1e6 * seconds / runs[0]['windows']:.2f} "
            f"| {statistics.median(pick(runs, 'mib')):.0f} |"
        )
    return lines


SETUP = """
import contextlib
import numpy as np
import pysam
from archaictools.learning.backend import start_tensorflow
from archaictools.learning.network import NetworkConfig
start_tensorflow(threads=None, seed={seed})
import keras
from sklearn.metrics import roc_auc_score
from archaictools.sequence.batches import TrainingBatches
from archaictools.sequence.dataset import locations_of
from archaictools.learning.splits import SplitScheme, make_split, TRAIN, TEST
from archaictools.learning.training import compile_network
from archaictools.sequence.options import KmerTrainingOptions
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.token_file import open_tokens
stack = contextlib.ExitStack()
words = stack.enter_context(open_tokens(Path({words!r})))
places = locations_of(words)
sides = make_split(places, SplitScheme()).sides(places)
rows, held = np.flatnonzero(sides == TRAIN), np.flatnonzero(sides == TEST)
test = words.encoding.ids(words.take(held))
"""
TO_SKILL = (
    SETUP
    + """
plain, limit = {plain}, {limit}
network = NetworkConfig(vocabulary=words.encoding.vocabulary, words=words.encoding.words,
                  forget_bias="unit" if plain else "chrono")
options = KmerTrainingOptions()
batch, rate = (32, 0.001) if plain else options.resolve(len(rows))
batches = TrainingBatches(words, rows, places.label[rows], np.ones(len(rows), np.float32), batch=batch, seed={seed},
                          reverse=False)
model = network.build()
if plain:
    model.compile(optimizer="adam", loss="binary_crossentropy")
else:
    compile_network(model, rate, options, batches.steps)
spent, first, auroc, seen, epoch = 0.0, 0.0, 0.5, 0, 0
while auroc < 0.95 and spent < limit:
    for step, (ids, label, weight) in enumerate(batches.epoch(epoch)):
        start = time.perf_counter()
        model.train_on_batch(ids, label, sample_weight=weight)
        spent += time.perf_counter() - start
        first = first or spent
        seen += batch
        if step % max(1, batches.steps // 4) == max(1, batches.steps // 4) - 1:
            auroc = roc_auc_score(places.label[held], model.predict(test, batch_size=2048, verbose=0)[:, 0])
            if auroc >= 0.95 or spent >= limit:
                break
    epoch += 1
report(seconds=spent, first=first, auroc=auroc, epochs=seen / len(rows), batch=batch)
"""
)


def planted_words(folder: Path) -> Path:
    """Return the path of the k-mer file of the planted genome."""
    words = folder / "planted.h5"
    if not words.exists():
        cli("windows", "--genome", PLANTED / "planted.fa.gz", "--introgressed", PLANTED / "introgressed.bed",
            "--depleted", PLANTED / "depleted.bed", "--out", folder / "planted.bed")  # fmt: skip
        cli("tokenize", folder / "planted.bed", "--genome", PLANTED / "planted.fa.gz", "--out", words)
    return words


def train(folder: Path, pairs: int) -> list[str]:
    """Compare training times until held-out AUROC is 0.95."""
    words = str(planted_words(folder))
    ours, theirs = [], []
    for seed in range(1, pairs + 3):
        ours.append(child(TO_SKILL.format(words=words, plain=False, seed=seed, limit=300)))
        theirs.append(child(TO_SKILL.format(words=words, plain=True, seed=seed, limit=12 * ours[-1]["seconds"])))
    lines = [
        "| planted genome, held-out AUROC 0.95 | training, s | of which the first step (tracing) | epochs | AUROC then |",
        "|---|---|---|---|---|",
    ]
    for name, runs in (("archaictools' defaults", ours), ("Keras' defaults at batch 32", theirs)):
        for seed, run in enumerate(runs, start=1):
            never = "" if run["auroc"] >= 0.95 else " (not reached, stopped)"
            lines.append(
                f"| {name} ({run['batch']}), seed {seed} | {run['seconds']:.1f}{never} | {run['first']:.1f} "
                f"| {run['epochs']:.2f} | {run['auroc']:.3f} |"
            )
    whole = ratios([r["seconds"] for r in theirs], [r["seconds"] for r in ours])
    steps = ratios([r["seconds"] - r["first"] for r in theirs], [r["seconds"] - r["first"] for r in ours])
    lines += [
        "",
        f"Ratio: {whole} × faster, {steps} × without the first step; a lower bound where Keras' defaults did not reach 0.95.",
    ]
    return lines


MANY = """
import numpy as np
from archaictools.io.dna import encode
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.token_file import CHUNK, Sentences, write_tokens
sys.path.insert(0, {planted!r})
from make_planted import BARE, COPIES, MOTIFS, ZONE
rng, total = np.random.default_rng(1), {windows}
motifs = np.stack([encode(motif) for motif in MOTIFS])
chromosomes = {{f"chr{{number}}": 200 * total for number in range(1, 9)}}
with write_tokens(Path({out!r}), KmerEncoding(), genome="made", chromosomes=chromosomes, provenance={{}}) as writer:
    for first in range(0, total, CHUNK):
        count = min(CHUNK, total - first)
        codes = rng.integers(0, 4, size=(count, 200), dtype=np.uint8)
        number = np.arange(first, first + count)
        label = (number // 20 % 2).astype(np.int8)
        carries = np.flatnonzero((label == 1) & (rng.random(count) >= BARE))
        for _ in range(COPIES):
            at = rng.integers(*ZONE, size=len(carries))[:, None] + np.arange(12)
            codes[carries[:, None], at] = motifs[rng.integers(len(motifs), size=len(carries))]
        start = 200 * number.astype(np.int64)
        writer.append(Sentences((8 * number // total).astype(np.uint32), start, start + 200,
                                np.zeros(count, np.int8), label, codes))
report(written=writer.count)
"""


def defaults(folder: Path, _pairs: int) -> list[str]:
    """Train with default options on 15,000 and 700,000 windows with planted motifs."""
    lines = ["| windows | epochs | batch | learning rate | training, s | held-out AUROC |", "|---|---|---|---|---|---|"]
    for windows, epochs in ((15_000, 5), (700_000, 2)):
        words, metrics = folder / "many.h5", folder / "many.json"
        child(MANY.format(planted=str(PLANTED), windows=windows, out=str(words)))
        start = time.perf_counter()
        cli("train", words, "--epochs", epochs, "--model", folder / "many.model", "--metrics", metrics)
        spent, found = time.perf_counter() - start, json.loads(metrics.read_text())
        lines.append(
            f"| {windows:,} | {epochs} | {found['training']['batch_size']} | {found['training']['learning_rate']:.4f} "
            f"| {spent:.0f} | {found['test']['auroc']:.4f} |"
        )
    return [*lines, "", "Attainable: 0.985, since 3 % of the introgressed windows carry no motif."]


PREDICT = (
    SETUP
    + """
from archaictools.learning.forward import OpenVinoRuntime
from archaictools.sequence.predict import Predictor
network = NetworkConfig(vocabulary=words.encoding.vocabulary, words=words.encoding.words)
model = network.build()
codes = np.concatenate([words.take(np.arange(len(words)))] * 3)
lengths = np.full(len(codes), 200)
runtime = OpenVinoRuntime(os.cpu_count())
predictor = Predictor(runtime.network(network, network.weights_of(model)), words.encoding, both_strands=False)
ids = words.encoding.ids(codes)
predictor.of_codes(codes[:4096], lengths[:4096]); model.predict(ids[:64], batch_size=32, verbose=0)
start = time.perf_counter(); one = predictor.of_codes(codes, lengths); ours = time.perf_counter() - start
start = time.perf_counter(); two = model.predict(ids, batch_size=32, verbose=0)[:, 0]; plain = time.perf_counter() - start
assert np.abs(one - two).max() < 1e-5
report(ours=ours, plain=plain, windows=len(codes))
"""
)


def predict(folder: Path, pairs: int) -> list[str]:
    """Compare prediction with Keras' predict at batch 32."""
    words = str(planted_words(folder))
    runs = [child(PREDICT.format(words=words, seed=1)) for _ in range(pairs)]
    rate = statistics.median(r["windows"] / r["ours"] for r in runs)
    plain = statistics.median(r["windows"] / r["plain"] for r in runs)
    return [
        "| | archaictools | alternative | ratio |",
        "|---|---|---|---|",
        f"| prediction, windows/s (alternative: `predict`, batch 32) | {rate:,.0f} | {plain:,.0f} "
        f"| {ratios([r['plain'] for r in runs], [r['ours'] for r in runs])} × faster |",
    ]


def start_up(_folder: Path, pairs: int) -> list[str]:
    """Time --help and --version from the shell."""
    lines = ["| command | s |", "|---|---|"]
    for arguments in (["--help"], ["--version"], ["train", "--help"], ["predict", "--version"]):
        found = []
        for _ in range(pairs + 2):
            start = time.perf_counter()
            subprocess.run(
                [Path(sys.executable).parent / "archaictools", *arguments], check=True, stdout=subprocess.DEVNULL
            )
            found.append(time.perf_counter() - start)
        lines.append(f"| `archaictools {' '.join(arguments)}` | {statistics.median(found):.2f} |")
    return lines


LOOP = """
import pysam
outgroup, ingroup = ([line.strip() for line in open({sim!r} + "/" + role + ".txt")] for role in ("outgroup", "ingroup"))
start, sites, words = time.perf_counter(), 0, {{}}
with pysam.VariantFile({vcf!r}) as variants:
    for record in variants:
        known = [allele for name in outgroup for allele in record.samples[name]["GT"] if allele is not None]
        theirs = [record.samples[name]["GT"] for name in ingroup]
        if len({{*known, *(allele for pair in theirs for allele in pair)}}) < 2:
            continue
        sites += 1
        for row, pair in enumerate(theirs):
            for side, allele in enumerate(pair):
                place = row, side, record.start // 1000, known.count(allele) / len(known) > 0
                words[place] = words.get(place, 0) + 1
report(seconds=time.perf_counter() - start, sites=sites)
"""
READ = """
from archaictools.io.summary import Summary
from archaictools.progress import Progress
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_writer import write_features
from archaictools.haplotypes.encode import encode_vcfs
from archaictools.haplotypes.options import EncodingOptions
from archaictools.haplotypes.samples import SampleSets
outgroup, ingroup = (tuple(line.strip() for line in open({sim!r} + "/" + role + ".txt")) for role in ("outgroup", "ingroup"))
people = SampleSets(vcf=(Path({vcf!r}),), ingroup=ingroup, outgroup=outgroup).divided(12, (1, 1))
start = time.perf_counter()
with write_features(Path({out!r}), HaplotypeEncoding(), haplotypes=people.haplotypes, lengths={{}}, provenance={{}},
                    vcf_digests=["0" * 64]) as writer:
    used = encode_vcfs(people, EncodingOptions(), writer, tally=Summary(), progress=Progress(None, "sites", "read"))
report(seconds=time.perf_counter() - start, sites=used.sites)
"""
PEAK = """
import contextlib, io
from archaictools.cli.main import main
start = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    assert main({arguments!r}) == 0
report(seconds=time.perf_counter() - start, peak=peak())
"""


def haplotypes(folder: Path, pairs: int) -> list[str]:
    """Compare encoding with a loop over records; measure time and memory of calling by genome length."""
    sim = folder / "people"
    cli("simulate", "--model", "ooa3", "--outgroup", 90, "--ingroup", 10, "--archaic", 0, "--length", 10_000_000, "--out",
        sim)  # fmt: skip
    facts = {"sim": str(sim), "vcf": str(sim / "modern.chr1.vcf.gz"), "out": str(folder / "read.h5")}
    ours, loop = [], []
    for _ in range(pairs):
        ours.append(child(READ.format(**facts)))
        loop.append(child(LOOP.format(**facts)))
    if {run["sites"] for run in (*ours, *loop)} != {ours[0]["sites"]}:
        sys.exit("the loop and archaictools disagree on the number of sites")
    rates = [statistics.median(run["sites"] / run["seconds"] for run in runs) for runs in (ours, loop)]
    lines = [
        "| 100 people, one core | sites/s | a loop over records (pysam), sites/s | ratio |",
        "|---|---|---|---|",
        f"| haplotypes | {rates[0]:,.0f} | {rates[1]:,.0f} "
        f"| {ratios([run['seconds'] for run in loop], [run['seconds'] for run in ours])} × faster |",
        "",
        "| 20 people, 20 outgroup samples | haplotypes, s | peak MiB | predict with the pretrained model, s | peak MiB "
        "| evaluate with HMMs, s | peak MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for megabases in (10, 20, 40, 80):
        sim, words = folder / f"people_{megabases}", str(folder / "words.h5")
        cli("simulate", "--model", "ooa3", "--outgroup", 20, "--ingroup", 20, "--archaic", 1, "--length", megabases * 10**6,
            "--out", sim)  # fmt: skip
        read = ["haplotypes", "--vcf", sim / "modern.chr1.vcf.gz", "--ingroup", sim / "ingroup.txt", "--outgroup",
                sim / "outgroup.txt", "--archaic-vcf", sim / "archaic.chr1.vcf.gz", "--archaic", "ARC000", "--truth",
                sim / "truth.bed", "--out", words]  # fmt: skip
        tracks = folder / f"tracks_{megabases}"
        call = ["predict", "pretrained", words, "--bigwig", tracks, "--segments", folder / "s.tsv"]
        judge = ["evaluate", "pretrained", words, "--table", folder / "e.tsv"]
        found = [
            child(PEAK.format(arguments=[str(word) for word in (*verb, "--quiet")])) for verb in (read, call, judge)
        ]
        cells = " | ".join(f"{run['seconds']:.1f} | {run['peak']:.0f}" for run in found)
        lines.append(f"| {megabases} Mb | {cells} |")
    return lines


SECTIONS = {
    "tokenize": tokenize,
    "train": train,
    "defaults": defaults,
    "predict": predict,
    "haplotypes": haplotypes,
    "start_up": start_up,
}


def main() -> None:
    """Run the chosen sections and write a Markdown page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=SECTIONS, action="append")
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    page = [
        "# Measured",
        "",
        f"`make bench`, {options.pairs} pairs, Python {platform.python_version()}, {platform.machine()}, two cores. "
        "The machine is shared: read ratios, not seconds.",
    ]
    with tempfile.TemporaryDirectory(prefix="archaictools-bench-") as folder:
        for name in options.only or SECTIONS:
            print(f"measuring {name}", file=sys.stderr)
            page += ["", f"## {name.replace('_', '-')}", "", *SECTIONS[name](Path(folder), options.pairs)]
            options.out.write_text("\n".join(page) + "\n")


if __name__ == "__main__":
    main()
