"""``archaictools tokenize``."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from archaictools.cli.options import common, report
from archaictools.options import BINARY, INPUT, MAX_LENGTH, OUTPUT

if TYPE_CHECKING:
    from pathlib import Path


@click.command("tokenize", short_help="Read windows as sentences of k-mers.")
@click.argument("windows", type=INPUT, required=False)
@click.option("--genome", type=INPUT, help="FASTA that the windows were cut from.")
@click.option("--fasta", type=INPUT, help="Sequence records without coordinates, instead of windows and genome.")
@click.option("--k", type=click.IntRange(1, 12), default=10, show_default=True, help="Length of a word in bp.")
@click.option("--stride", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="Distance of words.")
@click.option("--canonical", is_flag=True, help="A k-mer and its reverse complement are one word.")
@click.option(
    "--size",
    type=click.IntRange(1, MAX_LENGTH),
    default=None,
    help="Sentence length in bp; longer records are cut, shorter padded [default: longest window, 200 for --fasta].",
)
@click.option(
    "--label",
    type=click.Choice(["introgressed", "depleted", "."]),
    default=".",
    show_default=True,
    help="Class of all --fasta records.",
)
@click.option("--out", type=BINARY, required=True, help="words.h5.")
@click.option("--vocabulary", type=OUTPUT, help="TSV of k-mers: kmer, id, count, count per class.")
@common
def command(
    *,
    windows: Path | None,
    genome: Path | None,
    fasta: Path | None,
    k: int,
    stride: int,
    canonical: bool,
    size: int | None,
    label: str,
    out: Path,
    vocabulary: Path | None,
    threads: int,
    seed: int,
) -> None:
    """Read windows of a genome (or sequence records) as sentences of k-mer words.

    WINDOWS is a BED file as written by 'archaictools windows'; names introgressed and depleted become labels.

    Letters of DNA and RNA are read, U as T; codes such as N or R, and gaps (- . *), are no base: no word spans them.
    """
    from archaictools import provenance
    from archaictools.errors import InputError, UsageError
    from archaictools.io.fasta import open_genome
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_table
    from archaictools.progress import Progress
    from archaictools.sequence import tokenize
    from archaictools.sequence.labels import LABELS
    from archaictools.sequence.token_file import KmerEncoding, write_tokens
    from archaictools.sequence.vocabulary import WordCounts

    if fasta and (windows or genome):
        raise UsageError("give either WINDOWS with --genome, or --fasta, not both")
    if not fasta and not (windows and genome):
        raise UsageError("WINDOWS and --genome are needed, or --fasta")
    tally = Summary()
    with StagedOutputs() as outputs, contextlib.ExitStack() as stack:
        target = outputs.stage(out)
        table = outputs.stage(vocabulary) if vocabulary else None
        if fasta:
            chromosomes, letters = tokenize.record_lengths(fasta)
            source, length = fasta, size or 200
            parts = tokenize.sentences_of_records(fasta, size=length, label=LABELS[label])
        elif windows and genome:
            sequence = stack.enter_context(open_genome(genome))
            chromosomes, source, letters = sequence.lengths, genome, sequence.letters
            longest = tokenize.longest_window(windows, tally=Summary())
            if not longest:
                raise InputError("holds no window, only headers or blank lines", path=windows)
            length = size or longest
            if longest > length:
                raise InputError(
                    f"the longest window has {longest} bp, more than --size {length}",
                    path=windows,
                    remedy="give a larger --size or cut shorter windows",
                )
            parts = tokenize.sentences_of_windows(windows, sequence, size=length, tally=tally)
        alphabet = KmerEncoding(k=k, stride=stride, canonical=canonical, size=length)
        origin = provenance.record(
            "tokenize",
            {"k": k, "stride": stride, "canonical": canonical, "size": length},
            {"windows": windows, "genome": genome, "fasta": fasta},
        )
        counts = WordCounts(alphabet) if table else None
        classes = {1: 0, 0: 0, -1: 0}
        progress = stack.enter_context(Progress(None, "sentences", "tokenize"))
        with write_tokens(target, alphabet, genome=source.name, chromosomes=chromosomes, provenance=origin) as writer:
            for part in tokenize.batches(parts):
                writer.append(part)
                for value in classes:
                    classes[value] += int((part.label == value).sum())
                if counts:
                    counts.add(alphabet.ids(part.codes), part.label)
                progress.advance(len(part))
        if table and counts:
            distinct = write_table(table, counts.table())
    report(
        sentences=f"{writer.count:,} of {alphabet.words} words in {out}",
        introgressed=f"{classes[1]:,}",
        depleted=f"{classes[0]:,}",
        unlabelled=f"{classes[-1]:,}",
        **({"letters": unusual} if (unusual := letters.sentence()) else {}),
    )
    if vocabulary:
        report(distinct_k_mers=f"{distinct:,} of {alphabet.vocabulary - 1:,}")
