"""``archaictools predict``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archaictools.cli.options import common, haplotype_option, kmer_option, of_haplotypes, report
from archaictools.options import BINARY, INPUT, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archaictools.sequence.tracks import Calling

#: Least length of a segment of a haplotype in bp, unless another is asked for: shorter calls are mostly wrong.
SHORTEST = 5_000


@click.command("predict", short_help="Predict windows or haplotypes.")
@click.argument("model", type=INPUT)
@click.argument("words", type=INPUT)
@click.option(
    "--bigwig",
    type=BINARY,
    help="Track of P(introgressed), mean where windows overlap. Haplotypes: new folder, a track each, mean and share.",
)
@click.option(
    "--bed",
    type=OUTPUT,
    help="Called segments, score 1000 times the mean probability; named by sample and haplotype, coloured by source.",
)
@click.option(
    "--table",
    type=OUTPUT,
    help="TSV of every window or bin: chrom, start, end, probability, seen; of a bin also sample and haplotype.",
)
@haplotype_option("--segments", type=OUTPUT, help="TSV of segments with posterior, source and its evidence.")
@haplotype_option("--summary", type=OUTPUT, help="TSV, one row a person.")
@haplotype_option(
    "--deserts",
    type=OUTPUT,
    help="BED of callable stretches in which nobody carries a segment; the name gives the number of haplotypes with "
    "data and how many such stretches chance leaves.",
)
@haplotype_option(
    "--callable",
    "callable_",
    type=OUTPUT,
    help="What was read: chrom, start, end and number of haplotypes with data, without a header "
    "[default: beside --segments, as NAME.callable.bed].",
)
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Of a call.")
@click.option(
    "--min-length",
    type=click.IntRange(0),
    default=None,
    help="Least segment length, bp [default: 0; haplotypes: 5000].",
)
@click.option("--max-gap", type=click.IntRange(0), default=0, show_default=True, help="Gap a segment may bridge, bp.")
@haplotype_option(
    "--desert-length", type=click.IntRange(1), default=1_000_000, show_default=True, help="Least of a desert, bp."
)
@kmer_option("--any-build", is_flag=True, help="Accept words of another genome build than the model's.")
@common
def command(
    *,
    model: Path,
    words: Path,
    bigwig: Path | None,
    bed: Path | None,
    table: Path | None,
    segments: Path | None,
    summary: Path | None,
    deserts: Path | None,
    callable_: Path | None,
    threshold: float,
    min_length: int | None,
    max_gap: int,
    desert_length: int,
    any_build: bool,
    threads: int,
    seed: int,
) -> None:
    """Predict P(introgressed) of every window, or along every haplotype.

    MODEL is a model.h5 from 'archaictools train', or the word 'pretrained' for the model of haplotypes that comes with
    the package; WORDS a words.h5 made in the same way as that it was trained on. Each window or bin is predicted by the
    networks (with --folds, several) that never saw its place; where all did, it is marked.

    A bin in which a haplotype has no called genotype, or is called at a tenth or less of the sites at which others
    are, is NA: no row in the table, a gap in its track, nothing in its percent. The second haplotype of a haploid
    chromosome is not listed. A segment goes on over at most 5 kb without data.

    The source of a segment is an archaic genome; 'ambiguous' where the evidence does not separate two of them; or
    'unmatched' where none is named, or none matches better than other lineages do. Evidence is rare alleles of the
    haplotype: at NAME_called the genome is called, NAME_shared it shares, NAME_compared count (without REF calls in its
    file, a missing call counts as lacking). NAME_match is the log odds of its lineage against any other, above 0 for a
    match. source_score is the log-likelihood ratio over the next genome; a name needs 2.94 (19 to 1).
    """
    from archaictools.errors import UsageError
    from archaictools.learning.network import start_tensorflow

    if not any((bigwig, bed, table, segments, summary, deserts, callable_)):
        raise UsageError(
            "name at least one output: --bigwig, --bed, --table, --segments, --summary, --deserts or --callable"
        )
    start = lambda: start_tensorflow(threads=threads, seed=seed)  # noqa: E731 - one line, used twice
    if of_haplotypes(words):
        from archaictools.haplotypes.callable_file import companion_of
        from archaictools.sequence.tracks import Calling

        if bigwig and bigwig.suffix.lower() in {".bw", ".bigwig"}:
            raise UsageError(
                f"--bigwig {bigwig} names a file, but the words are haplotypes, with a track each: name a folder, "
                "such as 'tracks' (in Galaxy, say that the words are haplotypes)"
            )
        outputs = {"bed": bed, "segments": segments, "summary": summary, "deserts": deserts}
        if callable_ is None and segments and (segments.is_file() or not segments.exists()):
            callable_ = companion_of(segments)
        outputs["callable"] = callable_
        calling = Calling(
            threshold=threshold, min_length=SHORTEST if min_length is None else min_length, max_gap=max_gap
        )
        _haplotypes(model, words, calling, desert_length, bigwig, table, outputs, start)
    else:
        _windows(model, words, bigwig, bed, table, (threshold, min_length or 0, max_gap), start, any_build=any_build)


def _haplotypes(
    model: Path,
    words: Path,
    calling: Calling,
    desert_length: int,
    bigwig: Path | None,
    table: Path | None,
    outputs: dict[str, Path | None],
    start: Callable[[], None],
) -> None:
    """Predict haplotypes."""
    from archaictools.haplotypes.feature_file import ALPHABET, open_features
    from archaictools.haplotypes.outputs import predict_haplotypes, write_calls
    from archaictools.haplotypes.predict import BinEnsemble
    from archaictools.haplotypes.pretrained import load
    from archaictools.haplotypes.tables import write_tables
    from archaictools.io.files import StagedOutputs
    from archaictools.learning.model_file import check_bins
    from archaictools.progress import Progress

    with StagedOutputs() as staging, open_features(words) as bins:
        trained = load(model, alphabet=ALPHABET)
        staged = {name: staging.stage(path) for name, path in outputs.items() if path}
        folder = staging.stage_folder(bigwig) if bigwig else None
        rows = staging.stage(table) if table else None
        check_bins(trained, bins)
        start()
        ensemble = BinEnsemble(trained, bins)
        with Progress(ensemble.work(), "bins", "predict") as progress:
            predicted = predict_haplotypes(bins, ensemble, progress=progress)
            called = write_calls(predicted, bins, calling, desert=desert_length, bigwig=folder, table=rows)
        write_tables(called, bins.alphabet.archaic, **staged)
    length = int((called.segments["end"] - called.segments["start"]).sum())
    report(bins=f"{called.bins:,} with data, of {called.haplotypes:,} haplotypes")
    if called.seen_bins:
        report(seen_in_training=f"{called.seen_bins:,} bins, marked: their probabilities are not held-out")
    percent = called.people["percent"].dropna()
    report(segments=f"{len(called.segments):,} of {calling.min_length:,} bp or more, {length:,} bp")
    if len(percent):
        report(introgressed=f"{percent.min():.2f} to {percent.max():.2f} % of a person, mean {percent.mean():.2f} %")
    if len(percent) < len(called.people):
        report(not_read=f"{len(called.people) - len(percent):,} people without data, NA")
    report(
        deserts=f"{len(called.deserts):,} of {desert_length:,} bp or more, among {called.haplotypes:,} haplotypes",
        outputs=", ".join(str(path) for path in (bigwig, table, *outputs.values()) if path),
    )


def _windows(
    model: Path,
    words: Path,
    bigwig: Path | None,
    bed: Path | None,
    table: Path | None,
    calls: tuple[float, int, int],
    start: Callable[[], None],
    *,
    any_build: bool,
) -> None:
    """Predict windows."""
    from archaictools.haplotypes.pretrained import load
    from archaictools.io.files import StagedOutputs
    from archaictools.learning.model_file import KMER, check_fit
    from archaictools.progress import Progress
    from archaictools.sequence.ensemble import Ensemble
    from archaictools.sequence.token_file import open_tokens
    from archaictools.sequence.tracks import Calling, predict_chromosomes, write_predictions

    trained = load(model, alphabet=KMER)
    threshold, min_length, max_gap = calls
    calling = Calling(threshold=threshold, min_length=min_length, max_gap=max_gap)
    with StagedOutputs() as outputs, open_tokens(words) as sentences:
        staged = {
            name: outputs.stage(path) for name, path in (("bigwig", bigwig), ("bed", bed), ("table", table)) if path
        }
        check_fit(trained, sentences, any_build=any_build)
        start()
        ensemble = Ensemble(trained, list(sentences.chromosomes))
        with Progress(len(sentences), "windows", "predict") as progress:
            predicted = predict_chromosomes(sentences, ensemble, progress=progress)
            done = write_predictions(predicted, sentences, calling, **staged)
    report(windows=f"{done.windows:,}, {done.called_windows:,} at or above {threshold:g}")
    if done.seen_windows:
        report(seen_in_training=f"{done.seen_windows:,} windows, marked: their probabilities are not held-out")
    report(
        covered=f"{done.bases:,} bp",
        segments=f"{done.segments:,}, {done.segment_bases:,} bp",
        outputs=", ".join(str(path) for path in (bigwig, bed, table) if path),
    )
