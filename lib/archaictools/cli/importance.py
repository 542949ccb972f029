"""``archaictools importance``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archaictools.cli.options import common, kmer_option, of_haplotypes, of_member, report
from archaictools.options import BINARY, INPUT, OUTPUT

if TYPE_CHECKING:
    from pathlib import Path


@click.command("importance", short_help="Rank positions and k-mers.")
@click.argument("model", type=INPUT)
@click.argument("words", type=INPUT)
@kmer_option(
    "--mode",
    type=click.Choice(["sequence", "word"]),
    default="sequence",
    show_default=True,
    help="Exchange bases and read the words anew, or a word alone (the article's way).",
)
@kmer_option("--block", type=click.IntRange(1), default=None, help="Bases exchanged in mode sequence [default: k].")
@kmer_option(
    "--metric",
    type=click.Choice(["loss", "auroc", "accuracy"]),
    default="loss",
    show_default=True,
    help="Skill that is lost.",
)
@kmer_option(
    "--part",
    type=click.Choice(["test", "validation", "train", "all"]),
    default="test",
    show_default=True,
    help="Side of the split to measure on.",
)
@click.option(
    "--windows",
    type=click.IntRange(4),
    default=2_000,
    show_default=True,
    help="Sentences drawn from it; of haplotypes a twentieth as many stretches.",
)
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True, help="Exchanges of each position.")
@kmer_option("--permutations", type=click.IntRange(1), default=2_000, show_default=True, help="Of labels, for p.")
@click.option("--fdr", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="q of important positions.")
@kmer_option("--threshold", type=float, default=None, help="Least importance, besides (the article: 0.01).")
@kmer_option("--min-count", type=click.IntRange(1), default=5, show_default=True, help="Rarer k-mers are left out.")
@click.option("--positions", type=OUTPUT, help="TSV: position, importance, sd, p, q.")
@kmer_option("--kmers", type=OUTPUT, help="TSV of k-mers at important positions.")
@kmer_option("--attribution", type=BINARY, help="bigWig: fall in probability when a place is exchanged.")
@click.option("--plot", type=OUTPUT, help="PNG or SVG of importance by position.")
@of_member
@common
def command(
    *,
    model: Path,
    words: Path,
    mode: str,
    block: int | None,
    metric: str,
    part: str,
    windows: int,
    repeats: int,
    permutations: int,
    fdr: float,
    threshold: float | None,
    min_count: int,
    positions: Path | None,
    kmers: Path | None,
    attribution: Path | None,
    plot: Path | None,
    member: int,
    threads: int,
    seed: int,
) -> None:
    """Rank the positions of a sentence, and the k-mers that stand there, by permutation importance.

    Of haplotypes (MODEL may be 'pretrained', WORDS any labelled words.h5), --positions ranks the inputs of a bin
    instead: the 32 words and what all haplotypes share, exchanged between stretches of haplotypes.

    MODEL is a model.h5; WORDS the words.h5 it was trained on (or, for --split chromosome, one of the same genome), of
    which the held-out part is used.
    """
    from archaictools.errors import UsageError

    if not any((positions, kmers, attribution, plot)):
        raise UsageError("name at least one output: --positions, --kmers, --attribution or --plot")
    if of_haplotypes(words):
        _haplotypes(model, words, windows // 20, repeats, fdr, positions, plot, member, threads, seed)
        return
    from archaictools.haplotypes.pretrained import load
    from archaictools.io.files import StagedOutputs
    from archaictools.io.tables import write_table
    from archaictools.learning.model_file import KMER, check_fit
    from archaictools.learning.plots import check_suffix, plot_importance
    from archaictools.learning.report import choose, locations_of
    from archaictools.progress import Progress
    from archaictools.sequence.explain.attribution import write_attribution
    from archaictools.sequence.explain.enrichment import kmers_at
    from archaictools.sequence.explain.permutation import ImportanceOptions, measure_importance
    from archaictools.sequence.explain.perturb import PerturbedReader, sequence_positions, word_positions
    from archaictools.sequence.heldout import draw_rows, rows_of_side
    from archaictools.sequence.token_file import open_tokens

    if plot:
        check_suffix(plot)
    options = ImportanceOptions(
        metric=metric, repeats=repeats, permutations=permutations, fdr=fdr, threshold=threshold, seed=seed
    )
    trained = load(model, alphabet=KMER)
    with StagedOutputs() as outputs, open_tokens(words) as sentences:
        staged = {path: outputs.stage(path) for path in (positions, kmers, attribution, plot) if path}
        check_fit(trained, sentences)
        rows = rows_of_side(trained, sentences, part, member=member)
        drawn = draw_rows(rows, windows, seed=seed)
        where = locations_of(sentences)
        reader = PerturbedReader(trained, member=member)
        places = (
            word_positions(sentences.alphabet)
            if mode == "word"
            else sequence_positions(sentences.alphabet, block or sentences.alphabet.k)
        )
        with Progress(len(drawn) * repeats, "sentences", "importance") as progress:
            found = measure_importance(
                reader, sentences.take(drawn), where.label[drawn], places, options, progress=progress
            )
        if positions:
            write_table(staged[positions], found.table)
        if kmers:
            at = places.words_at(found.important, sentences.alphabet)
            pieces = sentences.labelled_words(rows)
            table = kmers_at(at, pieces, sentences.alphabet, min_count=min_count)
            write_table(staged[kmers], table)
        if attribution:
            write_attribution(
                staged[attribution],
                choose(where, drawn),
                sentences.field("strand")[drawn],
                places,
                found.effect,
                sentences.chromosomes,
            )
        if plot:
            plot_importance(
                staged[plot],
                found.table,
                found.important,
                title=f"{len(drawn):,} {part} sentences, mode {mode}",
                ylabel={"loss": "log loss gained", "auroc": "AUROC lost", "accuracy": "accuracy lost"}[metric],
                file_format=plot.suffix[1:].lower(),
            )
    best = found.table.nlargest(3, "importance")[["position", "importance"]].to_numpy()
    report(
        important_positions=f"{int(found.important.sum())} of {len(places)} (q at most {fdr:g}"
        + (f", importance at least {threshold:g})" if threshold is not None else ")"),
        highest=", ".join(f"{position:.0f} ({lost:.3g})" for position, lost in best),
        measured_on=f"{len(drawn):,} of {len(rows):,} {part} sentences",
    )
    if kmers:
        report(leading_k_mers=", ".join(table["kmer"].head(5)) or "none: no position is important")


def _haplotypes(
    model: Path,
    words: Path,
    stretches: int,
    repeats: int,
    fdr: float,
    positions: Path | None,
    plot: Path | None,
    member: int,
    threads: int,
    seed: int,
) -> None:
    """Rank the inputs of a model of haplotypes."""
    from archaictools.haplotypes.dataset import known_places, seen_bins
    from archaictools.haplotypes.explain import draw_stretches, input_importance
    from archaictools.haplotypes.feature_file import ALPHABET, open_features
    from archaictools.haplotypes.predictors import BinPredictor
    from archaictools.haplotypes.pretrained import load
    from archaictools.io.files import StagedOutputs
    from archaictools.io.tables import write_table
    from archaictools.learning.model_file import check_bins
    from archaictools.learning.network import start_tensorflow
    from archaictools.learning.plots import check_suffix, plot_input_importance
    from archaictools.progress import Progress

    if plot:
        check_suffix(plot)
    with StagedOutputs() as outputs, open_features(words) as bins:
        trained = load(model, alphabet=ALPHABET)
        staged = {path: outputs.stage(path) for path in (positions, plot) if path}
        check_bins(trained, bins)
        chosen, known = trained.member(member), known_places(trained.metrics.get("sources", {}), bins)
        inputs, label = draw_stretches(
            bins,
            max(2, stretches),
            length=trained.network.words,
            seed=seed,
            seen=lambda chrom: seen_bins(chosen.seen, known[chrom], bins.edges(chrom)),
        )
        start_tensorflow(threads=threads, seed=seed)
        predictor = BinPredictor(trained.network.build(dict(chosen.weights)), both_strands=trained.both_strands)
        names = bins.alphabet.inputs
        with Progress(len(label) * len(names) * repeats, "stretches", "importance") as progress:
            table = input_importance(predictor, inputs, label, names, repeats=repeats, seed=seed, progress=progress)
        if positions:
            write_table(staged[positions], table)
        if plot:
            plot_input_importance(staged[plot], table, fdr=fdr, file_format=plot.suffix[1:].lower())
    best = table.sort_values("importance", ascending=False).head(3)
    report(
        stretches=f"{len(label):,} of {label.shape[1]:,} bins, {int(label.any(axis=1).sum()):,} with introgression",
        important=f"{int((table['q'] <= fdr).sum())} of {len(table)} inputs (q up to {fdr:g})",
        first=", ".join(f"{row['word']} {row['importance']:.4f}" for _, row in best.iterrows()),
    )
