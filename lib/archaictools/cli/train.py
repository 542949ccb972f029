"""``archaictools train``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archaictools.cli.options import check_alphabet, common, haplotype_option, kmer_option, report
from archaictools.cli.splitting import holding_out, split_options
from archaictools.options import BINARY, INPUT, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from archaictools.learning.splits import Locations, SplitScheme
    from archaictools.sequence.fit import Fitted


@click.command("train", short_help="Train an LSTM.")
@click.argument("words", type=INPUT, nargs=-1, required=True)
@holding_out
@click.option(
    "--epochs",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="Passes over the training side; 0 leaves the network of --start-from as it is.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(0),
    default=0,
    help="Sentences a step [default: 32 to 1024 by number].",
)
@click.option("--learning-rate", type=click.FloatRange(0), default=0.0, help="Of Adam [default: fitted to the batch].")
@click.option(
    "--schedule",
    type=click.Choice(["cosine", "constant"]),
    default="cosine",
    show_default=True,
    help="How the learning rate falls.",
)
@click.option(
    "--patience",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Epochs without a lower validation loss before stopping; 0 never stops.",
)
@click.option(
    "--keep",
    type=click.Choice(["best", "last"]),
    default="best",
    show_default=True,
    help="Keep the epoch with the lowest validation loss, or the last one (the article's).",
)
@kmer_option(
    "--class-weight",
    type=click.Choice(["none", "balanced"]),
    default="none",
    show_default=True,
    help="Let both classes weigh the same.",
)
@kmer_option("--rc", "reverse_complement", is_flag=True, help="Train on random strands, predict the mean of both.")
@click.option(
    "--embedding",
    type=click.IntRange(1),
    default=None,
    help="Dimensions of a word vector [default: 10; haplotypes: 32].",
)
@click.option(
    "--lstm", type=click.IntRange(1), default=None, help="LSTM units in each direction [default: 10; haplotypes: 64]."
)
@haplotype_option(
    "--lstm-layers",
    type=click.IntRange(1),
    default=None,
    help="Bidirectional LSTMs, one on top of the other [default: 1].",
)
@click.option(
    "--dense", type=click.IntRange(0), default=None, help="Dense units, 0 for none [default: 10; haplotypes: 32]."
)
@click.option(
    "--dropout",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Share of vector components dropped in training.",
)
@kmer_option(
    "--forget-bias",
    type=click.Choice(["chrono", "unit"]),
    default="chrono",
    show_default=True,
    help="Initial memory of the LSTM: as long as the sentence, or Keras' (the article's) of two words.",
)
@haplotype_option("--stretch", type=click.IntRange(1), default=500, show_default=True, help="Bins read at once.")
@haplotype_option("--no-augment", is_flag=True, help="Learn from the words as they are, not as real data suffer.")
@haplotype_option(
    "--no-sharing",
    is_flag=True,
    help="Read each haplotype by itself, not, without an archaic genome, again beside those that share its alleles.",
)
@haplotype_option(
    "--start-from",
    type=INPUT,
    help="Go on learning from this model.h5, or from 'pretrained'; its sizes hold.",
)
@click.option("--model", "model_path", type=BINARY, required=True, help="model.h5.")
@click.option("--history", type=OUTPUT, help="TSV, one row an epoch.")
@click.option("--metrics", type=OUTPUT, help="JSON of measures on every side, and the verdict.")
@kmer_option("--predictions", type=OUTPUT, help="TSV of held-out predictions.")
@click.option("--write-folds", type=OUTPUT, help="BED of what is held out, for --fold-file.")
@click.option("--checkpoint", type=OUTPUT, help="Folder to go on from after an interruption.")
@common
def command(
    *,
    words: tuple[Path, ...],
    splitting: dict[str, Any],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    schedule: str,
    patience: int,
    keep: str,
    class_weight: str,
    reverse_complement: bool,
    embedding: int | None,
    lstm: int | None,
    lstm_layers: int | None,
    dense: int | None,
    dropout: float,
    forget_bias: str,
    stretch: int,
    no_augment: bool,
    no_sharing: bool,
    start_from: Path | None,
    model_path: Path,
    history: Path | None,
    metrics: Path | None,
    predictions: Path | None,
    write_folds: Path | None,
    checkpoint: Path | None,
    threads: int,
    seed: int,
) -> None:
    """Train Embedding, Bidirectional LSTM and Dense layers on labelled sentences.

    WORDS is a words.h5: one of k-mers, or any number of haplotypes (several simulations make one model; files made from
    the same VCFs stay on one side). By default whole chromosomes are held out: the smallest that hold 20 % of the
    sentences for test, the next 10 % for validation. With --folds, one network a fold is trained, and everything is
    held out once.
    """
    from contextlib import ExitStack

    import pandas as pd

    from archaictools.errors import UsageError
    from archaictools.api.inputs import alphabet_of
    from archaictools.io.bed import write_bed
    from archaictools.io.files import StagedOutputs
    from archaictools.io.tables import write_json, write_table
    from archaictools.learning.model_file import save_model
    from archaictools.learning.network import start_tensorflow
    from archaictools.learning.regions import fold_table
    from archaictools.learning.report import predictions_table

    holding = split_options(splitting)
    if write_folds and holding.method == "random":
        raise UsageError("--write-folds: a random split has no regions to write; choose another --split")
    kinds = {alphabet_of(path) for path in words}
    variant = kinds == {"variant"}
    if len(words) > 1 and not variant:
        raise UsageError("several words files make one model only where all are of the variant alphabet")
    check_alphabet("variant" if variant else "kmer")
    values: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "patience": patience,
        "keep": keep,
        "seed": seed,
    }
    given = {"embedding": embedding, "lstm": lstm, "lstm_layers": lstm_layers, "dense": dense}
    if start_from and set(given.values()) != {None}:
        raise UsageError(
            "--embedding, --lstm, --lstm-layers and --dense are those of the model of --start-from; leave them out"
        )
    sizes = _sizes(given, variant=variant) | {"dropout": dropout}
    start = lambda: start_tensorflow(threads=threads, seed=seed)  # noqa: E731 - one line, used twice
    with StagedOutputs() as outputs, ExitStack() as stack:
        target = outputs.stage(model_path)
        tables = {path: outputs.stage(path) for path in (history, metrics, predictions, write_folds) if path}
        if variant:
            values |= {"stretch": stretch, "augment": not no_augment, "sharing": not no_sharing}
            fitted, places, lengths = _of_haplotypes(
                words, holding, values, sizes, start_from, checkpoint, start, stack
            )
        else:
            values |= {"class_weight": class_weight, "reverse_complement": reverse_complement}
            sizes["forget_bias"] = forget_bias
            fitted, places, lengths = _of_kmers(words[0], holding, values, sizes, checkpoint, start, stack)
        save_model(target, fitted.model)
        if history:
            write_table(tables[history], pd.DataFrame(fitted.history))
        if metrics:
            write_json(tables[metrics], fitted.model.metrics)
        if predictions:
            write_table(tables[predictions], predictions_table(fitted.places, fitted.predicted))
        if write_folds:
            splits = [member.split for member in fitted.model.members]
            write_bed(tables[write_folds], [fold_table(splits, places, lengths)])
    found = fitted.model.metrics
    test = found["test"]
    report(
        verdict=f"{found['verdict']} ({found['reason']})",
        split=f"{holding.method}{f', {holding.folds} folds' if holding.folds else ''}: "
        + ", ".join(f"{side} {found[side]['n']:,}" for side in ("train", "validation", "test")),
        test=f"accuracy {test['accuracy']:.4f}, AUROC {test['auroc']:.4f}, AUPRC {test['auprc']:.4f} at prevalence "
        f"{test['prevalence']:.4f}, MCC {test['mcc']:.4f}, Brier {test['brier']:.4f}, ECE {test['ece']:.4f}",
        model=f"{model_path} ({len(fitted.model.members)} networks)"
        if holding.folds
        else f"{model_path} (epoch {found['training']['best_epoch']} of {len(fitted.history)})",
    )


def _sizes(given: dict[str, int | None], *, variant: bool) -> dict[str, Any]:
    """Return the sizes of layers, the usual ones where none are given."""
    usual = ({"embedding": 32, "lstm": 64, "dense": 32} if variant else dict.fromkeys(given, 10)) | {"lstm_layers": 1}
    return {name: usual[name] if size is None else size for name, size in given.items()}


def _of_kmers(
    words: Path,
    holding: SplitScheme,
    values: dict[str, Any],
    sizes: dict[str, Any],
    checkpoint: Path | None,
    start: Callable[[], None],
    stack: ExitStack,
) -> tuple[Fitted, Locations, dict[str, int]]:
    """Train on sentences of k-mers; return also where they lie and how long the chromosomes are."""
    from archaictools.learning.training import TrainingOptions
    from archaictools.sequence.fit import fit
    from archaictools.sequence.token_file import open_tokens

    sentences = stack.enter_context(open_tokens(words))
    fitted = fit(sentences, holding, TrainingOptions(**values), sizes, checkpoint=checkpoint, start=start)
    return fitted, fitted.places, sentences.chromosomes


def _of_haplotypes(
    words: tuple[Path, ...],
    holding: SplitScheme,
    values: dict[str, Any],
    sizes: dict[str, Any],
    start_from: Path | None,
    checkpoint: Path | None,
    start: Callable[[], None],
    stack: ExitStack,
) -> tuple[Fitted, Locations, dict[str, int]]:
    """Train on haplotypes; return also where their bins lie and how long the chromosomes are."""
    from archaictools.haplotypes.dataset import Genomes
    from archaictools.haplotypes.feature_file import ALPHABET, open_features
    from archaictools.haplotypes.fit import BinTrainingOptions, fit_bins
    from archaictools.haplotypes.pretrained import load

    genomes = Genomes([stack.enter_context(open_features(path)) for path in words])
    earlier = load(start_from, alphabet=ALPHABET) if start_from else None
    options = BinTrainingOptions(**values)
    fitted = fit_bins(genomes, holding, options, sizes, start=start, start_from=earlier, checkpoint=checkpoint)
    return fitted, genomes.places, genomes.lengths
