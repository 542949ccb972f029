"""``archaictools predict``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archaictools.cli.options import INPUT, OUTPUT, common, report

if TYPE_CHECKING:
    from pathlib import Path


@click.command("predict", short_help="Predict windows.")
@click.argument("model", type=INPUT)
@click.argument("words", type=INPUT)
@click.option("--bigwig", type=OUTPUT, help="Track of P(introgressed), mean where windows overlap.")
@click.option(
    "--bed",
    type=OUTPUT,
    help="Called segments, BED6, score 1000 times the mean probability; introgressed_seen where training saw some.",
)
@click.option("--table", type=OUTPUT, help="TSV of every window: chrom, start, end, probability, seen.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Of a call.")
@click.option("--min-length", type=click.IntRange(0), default=0, show_default=True, help="Least segment length, bp.")
@click.option("--max-gap", type=click.IntRange(0), default=0, show_default=True, help="Gap a segment may bridge, bp.")
@click.option("--any-build", is_flag=True, help="Accept words of another genome build than the model's.")
@common
def command(
    *,
    model: Path,
    words: Path,
    bigwig: Path | None,
    bed: Path | None,
    table: Path | None,
    threshold: float,
    min_length: int,
    max_gap: int,
    any_build: bool,
    threads: int,
    seed: int,
) -> None:
    """Predict P(introgressed) of every window.

    MODEL is a model.h5 from 'archaictools train'; WORDS a words.h5 of windows cut and tokenized in the same way. Each
    window is predicted by the networks (with --folds, several) that never saw its place; where all did, it is marked.
    """
    import logging

    from archaictools.errors import UsageError
    from archaictools.formats.files import Outputs
    from archaictools.model.archive import check_fit, load_model
    from archaictools.model.ensemble import Ensemble
    from archaictools.model.network import start_tensorflow
    from archaictools.progress import Progress
    from archaictools.results.tracks import Calling, predict_chromosomes, write_predictions
    from archaictools.words.sentences import open_words

    if not (bigwig or bed or table):
        raise UsageError("name at least one output: --bigwig, --bed or --table")
    trained = load_model(model)
    calling = Calling(threshold=threshold, min_length=min_length, max_gap=max_gap)
    with Outputs() as outputs, open_words(words) as sentences:
        staged = {
            name: outputs.stage(path) for name, path in (("bigwig", bigwig), ("bed", bed), ("table", table)) if path
        }
        check_fit(trained, sentences, any_build=any_build)
        logging.getLogger("archaictools").info("%s", start_tensorflow(threads=threads, seed=seed))
        ensemble = Ensemble(trained, list(sentences.chromosomes))
        with Progress(len(sentences), "windows", "predict") as progress:
            predicted = predict_chromosomes(sentences, ensemble, progress=progress)
            done = write_predictions(predicted, sentences, calling, **staged)
    report(
        windows=f"{done.windows:,}, {done.called_windows:,} at or above {threshold:g}",
        seen_in_training=f"{done.seen_windows:,} windows, marked: their probabilities are not held-out",
        covered=f"{done.bases:,} bp",
        segments=f"{done.segments:,}, {done.segment_bases:,} bp",
        outputs=", ".join(str(path) for path in (bigwig, bed, table) if path),
    )
