"""``archaictools evaluate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archaictools.cli.options import common, kmer_option, names, of_haplotypes, report
from archaictools.options import INPUT, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archaictools.sequence.evaluate import Evaluation


@click.command("evaluate", short_help="Compare a model with every control.")
@click.argument("model", type=INPUT)
@click.argument("words", type=INPUT)
@click.option("--metrics", type=OUTPUT, help="JSON: the verdict, all measures with intervals, calibration, similarity.")
@click.option("--table", type=OUTPUT, help="TSV, one row a model, control or rival.")
@click.option(
    "--plots",
    type=OUTPUT,
    help="New folder: comparison.png, reliability.png, similarity.png; of haplotypes recall_by_length.png.",
)
@click.option("--leave-out", callback=names, help="Controls not to run; shuffled_labels takes as long as training.")
@kmer_option(
    "--block-size",
    type=click.IntRange(1),
    default=1_000_000,
    show_default=True,
    help="Blocks within which labels are shuffled, bp.",
)
@kmer_option("--trees", type=click.IntRange(1), default=100, show_default=True, help="Of the Random Forest.")
@kmer_option(
    "--tree-windows",
    type=click.IntRange(2),
    default=20_000,
    show_default=True,
    help="Training sentences drawn for each tree.",
)
@common
def command(
    *,
    model: Path,
    words: Path,
    metrics: Path | None,
    table: Path | None,
    plots: Path | None,
    leave_out: tuple[str, ...],
    block_size: int,
    trees: int,
    tree_windows: int,
    threads: int,
    seed: int,
) -> None:
    """Say whether a model has skill: measure it beside controls that have learnt nothing of words.

    MODEL is a model.h5, WORDS the words.h5 it was trained on. Controls: the commoner class, GC, bases, dinucleotides,
    the nearest training window, training windows that share sequence, and the same network trained on labels shuffled
    within blocks. Rival: a Random Forest on a bag of words. Intervals resample blocks of the genome.

    Of haplotypes, MODEL may be 'pretrained' and WORDS any words.h5 made with --truth. Rivals: a Hidden Markov Model of
    two Poisson states, fitted to these haplotypes (of many, to a million bins that --seed draws), without and with the
    archaic genome (hmm, hmm_archaic). Controls: majority, private_alleles.
    """
    from archaictools.errors import UsageError
    from archaictools.io.files import StagedOutputs
    from archaictools.io.tables import write_json, write_table
    from archaictools.learning.network import start_tensorflow
    from archaictools.learning.plots import plot_bin_evaluation, plot_evaluation

    if not (metrics or table or plots):
        raise UsageError("name at least one output: --metrics, --table or --plots")
    variant = of_haplotypes(words)
    start = lambda: start_tensorflow(threads=threads, seed=seed)  # noqa: E731 - one line, used twice
    with StagedOutputs() as outputs:
        staged = {path: outputs.stage(path) for path in (metrics, table) if path}
        folder = outputs.stage_folder(plots) if plots else None
        if variant:
            found = _of_haplotypes(model, words, leave_out, seed, start)
        else:
            values = {"block_size": block_size, "trees": trees, "tree_windows": tree_windows, "threads": threads}
            found = _of_kmers(model, words, values | {"leave_out": leave_out, "seed": seed}, start)
        if metrics:
            write_json(staged[metrics], found.report)
        if table:
            write_table(staged[table], found.table)
        if folder and variant:
            plot_bin_evaluation(folder, found.table, found.curve, found.report["models"])
        elif folder:
            plot_evaluation(folder, found.table, found.curve, found.report["similarity"])
    report(verdict=f"{found.report['verdict']} ({found.report['reason']})")
    for name, row in found.report["models"].items():
        if variant:
            line = f"AUPRC {row['auprc']:.3f} ({row['auprc_ci'][0]:.3f}-{row['auprc_ci'][1]:.3f})"
            line += f", AUROC {row['auroc']:.3f}, bases: precision {row['precision_bp']:.3f}"
            line += f", recall {row['recall_bp']:.3f}, F1 {row['f1_bp']:.3f}, ECE {row['ece']:.4f}"
        else:
            line = f"AUROC {row['auroc']:.3f} ({row['auroc_ci'][0]:.3f}-{row['auroc_ci'][1]:.3f})"
            line += f", accuracy {row['accuracy']:.3f}, AUPRC {row['auprc']:.3f}"
            line += f", Brier {row['brier']:.3f}, ECE {row['ece']:.3f}"
        report(**{name: line})


def _of_kmers(model: Path, words: Path, values: dict[str, Any], start: Callable[[], None]) -> Evaluation:
    """Compare on windows of the genome."""
    from archaictools.errors import UsageError
    from archaictools.haplotypes.pretrained import load
    from archaictools.learning.model_file import KMER
    from archaictools.sequence.baselines import CONTROLS, RIVALS
    from archaictools.sequence.evaluate import EvaluationOptions, evaluate
    from archaictools.sequence.token_file import open_tokens

    unknown = [name for name in values["leave_out"] if name not in {**CONTROLS, **RIVALS}]
    if unknown:
        raise UsageError(f"{', '.join(unknown)} is no control; choose among {', '.join({**CONTROLS, **RIVALS})}")
    trained = load(model, alphabet=KMER)
    with open_tokens(words) as sentences:
        start()
        return evaluate(trained, sentences, EvaluationOptions(**values))


def _of_haplotypes(
    model: Path, words: Path, leave_out: tuple[str, ...], seed: int, start: Callable[[], None]
) -> Evaluation:
    """Compare on haplotypes: LSTM against HMM."""
    from archaictools.haplotypes.evaluate import evaluate_bins
    from archaictools.haplotypes.feature_file import ALPHABET, open_features
    from archaictools.haplotypes.pretrained import load

    with open_features(words) as bins:
        trained = load(model, alphabet=ALPHABET)
        start()
        return evaluate_bins(trained, bins, leave_out=leave_out, seed=seed)
