"""``archaictools.train``: train an LSTM on labelled k-mers or haplotypes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from archaictools.alphabet import Alphabet
from archaictools.api.inputs import ModelFile, listed
from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult
from archaictools.errors import UsageError
from archaictools.haplotypes.options import BinTrainingOptions
from archaictools.learning.options import NetworkOptions, SplitOptions
from archaictools.options import BINARY, OUTPUT, RunOptions, check_alphabet, option
from archaictools.sequence.options import KmerTrainingOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.learning.model_file import TrainedModel
    from archaictools.learning.splits import Locations, SplitScheme
    from archaictools.learning.training import FitResult
    from archaictools.learning.workers import Workers
    from archaictools.sequence.token_file import TokenFile

    Words = PathLike | FeatureFile | TokenFile


#: What each wing predicts, in plots.
_UNITS = {Alphabet.KMER: "windows", Alphabet.VARIANT: "bins of haplotypes"}


@dataclass(frozen=True, kw_only=True)
class TrainFiles:
    """A model to continue from, and the outputs."""

    start_from: Path | TrainedModel | None = option(
        None,
        type=ModelFile(),
        only=Alphabet.VARIANT,
        help="Model to continue from: a model.h5, or 'pretrained'; its layer sizes stay.",
    )
    model: Path | None = option(None, type=BINARY, required=True, help="The trained model (model.h5).")
    history: Path | None = option(None, type=OUTPUT, help="TSV of the training history, one row per epoch.")
    metrics: Path | None = option(None, type=OUTPUT, help="JSON of the measures of each side, and the verdict.")
    predictions: Path | None = option(
        None, type=OUTPUT, only=Alphabet.KMER, help="TSV of the predictions of validation and test."
    )
    plots: Path | None = option(
        None,
        type=OUTPUT,
        help="New folder of plots, each as PNG and SVG: learning_curves, and roc, precision_recall and reliability of "
        "the test side.",
    )
    write_folds: Path | None = option(None, type=OUTPUT, help="BED of the regions of each side, for --fold-file.")
    checkpoint: Path | None = option(
        None, type=OUTPUT, help="Folder of the training state, to resume from after an interruption."
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TrainResult(FileResult):
    """A trained model.

    Attributes
    ----------
    path
        The model file, or None if none was written.
    model
        The model in memory.
    history
        Table of the training history, one row per epoch, fold and network.
    """

    NO_FILE = "the model has no file; give train() a `model`"

    model: TrainedModel = field(repr=False)
    history: pd.DataFrame = field(repr=False)
    _fitted: FitResult = field(repr=False)

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Measures of each side and the verdict, as ``metrics`` writes them."""
        return self.model.metrics

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Table ``chrom, start, end, label, probability, split, fold`` of validation and test.

        For haplotypes it has a row for each bin of each haplotype, in the order of the haplotypes.
        """
        from archaictools.learning.report import predictions_table

        return predictions_table(self._fitted.locations, self._fitted.predicted)


@dataclass(frozen=True)
class _Training:
    """What one wing trained, with the lengths of the chromosomes in bp."""

    fitted: FitResult
    lengths: Mapping[str, int]
    locations: Locations


@keywords(
    files=TrainFiles,
    split=SplitOptions,
    kmers=KmerTrainingOptions,
    bins=BinTrainingOptions,
    network=NetworkOptions,
    run=RunOptions,
)
def train(
    words: Words | Sequence[Words],
    *,
    files: TrainFiles,
    split: SplitOptions,
    kmers: KmerTrainingOptions,
    bins: BinTrainingOptions,
    network: NetworkOptions,
    run: RunOptions,
) -> TrainResult:
    """Train Embedding, Bidirectional LSTM and Dense layers on labelled k-mers or haplotypes.

    Processes of one cluster, which ``TF_CONFIG`` or Slurm's ``srun`` describes, train one model together. Each returns
    it, and the first writes the files.

    Parameters
    ----------
    words
        A file of k-mers, or one or several files of haplotypes: paths, results of ``tokenize`` or ``haplotypes``, or
        open files.

    Returns
    -------
    TrainResult
        The model, its history and its measures; without ``model`` it stays in memory.

    Raises
    ------
    UsageError
        If options contradict each other or are for the other alphabet, or if the cluster cannot be understood.
    InputError
        If a file cannot be understood, or if its examples cannot be split or trained on.
    ArchaicError
        If training diverges, or if another process of the cluster ends.
    """
    import pandas as pd

    from archaictools.io.files import StagedOutputs
    from archaictools.learning.backend import require_tensorflow, start_tensorflow
    from archaictools.learning.checkpoint import check_folder
    from archaictools.learning.cluster import Cluster

    cluster = Cluster.from_environment()
    if files.checkpoint:
        check_folder(files.checkpoint)
    scheme = split.scheme(seed=run.seed)
    if files.write_folds and scheme.method == "random":
        raise UsageError("--write-folds: a random split has no regions to write; choose another --split")
    several = listed(words)
    alphabet = _alphabet_of(several)
    check_alphabet(alphabet, files, kmers, bins, network)
    if files.start_from and network.sized:
        raise UsageError(
            "--embedding, --lstm, --lstm-layers and --dense are those of the model of --start-from; leave them out"
        )
    require_tensorflow()
    start = partial(start_tensorflow, threads=run.usable_threads, seed=run.seed, cluster=cluster)
    if cluster and not cluster.chief:
        files = replace(files, model=None, history=None, metrics=None, predictions=None, plots=None, write_folds=None)
    with StagedOutputs() as outputs, ExitStack() as stack:
        names = ("model", "history", "metrics", "predictions", "write_folds")
        staged = {name: outputs.stage(getattr(files, name)) for name in names if getattr(files, name)}
        if files.plots:
            staged["plots"] = outputs.stage_folder(files.plots)
        if alphabet is Alphabet.VARIANT:
            done = _train_haplotypes(several, scheme, bins, network, files, run.seed, start, stack)
        else:
            done = _train_kmers(several[0], scheme, kmers, network, files, run.seed, start, stack)
        fitted = done.fitted
        result = TrainResult(
            path=files.model,
            model=fitted.model,
            history=pd.DataFrame(fitted.history),
            _fitted=fitted,
            facts=_facts(fitted, scheme, files.model),
        )
        _write(staged, result, done, alphabet)
    if cluster:
        from archaictools.learning.workers import join_workers

        join_workers(cluster).wait()  # if the chief cannot write, the others fail too
    return result


def _write(staged: Mapping[str, Path], result: TrainResult, done: _Training, alphabet: Alphabet) -> None:
    """Write the outputs that have a staged path, by the names of their options."""
    from archaictools.io.bed import write_bed
    from archaictools.io.tables import write_json, write_table
    from archaictools.learning.model_file import save_model
    from archaictools.learning.regions import fold_table

    if "model" in staged:
        save_model(staged["model"], result.model)
    if "history" in staged:
        write_table(staged["history"], result.history)
    if "metrics" in staged:
        write_json(staged["metrics"], result.metrics)
    if "predictions" in staged:
        write_table(staged["predictions"], result.predictions)
    if "plots" in staged:
        from archaictools.learning.measure_plots import training_plots
        from archaictools.learning.plots import write_plots

        write_plots(staged["plots"], training_plots(done.fitted, _UNITS[alphabet]))
    if "write_folds" in staged:
        splits = [member.split for member in result.model.members]
        write_bed(staged["write_folds"], [fold_table(splits, done.locations, done.lengths)])


def _alphabet_of(several: Sequence[object]) -> Alphabet:
    """Return the alphabet of the files.

    Raises
    ------
    UsageError
        If there is no file, or if there are several and not all of them are of haplotypes.
    """
    from archaictools.api.inputs import is_of_haplotypes

    if not several:
        raise UsageError("no file to train on is given")
    if all(is_of_haplotypes(words) for words in several):
        return Alphabet.VARIANT
    if len(several) > 1:
        raise UsageError("several files make one model only if all are of haplotypes")
    return Alphabet.KMER


def _train_kmers(
    words: object,
    scheme: SplitScheme,
    options: KmerTrainingOptions,
    network: NetworkOptions,
    files: TrainFiles,
    seed: int,
    start: Callable[[], Workers | None],
    stack: ExitStack,
) -> _Training:
    """Train on sentences of k-mers."""
    from archaictools.api.inputs import open_kmers
    from archaictools.sequence.fit import fit

    sentences = stack.enter_context(open_kmers(words))
    fitted = fit(sentences, scheme, options, network, seed=seed, start=start, checkpoint=files.checkpoint)
    return _Training(fitted, sentences.chromosomes, fitted.locations)


def _train_haplotypes(
    several: Sequence[object],
    scheme: SplitScheme,
    options: BinTrainingOptions,
    network: NetworkOptions,
    files: TrainFiles,
    seed: int,
    start: Callable[[], Workers | None],
    stack: ExitStack,
) -> _Training:
    """Train on haplotypes."""
    from archaictools.api.inputs import open_haplotypes, open_model
    from archaictools.haplotypes.dataset import Genomes
    from archaictools.haplotypes.fit import fit_bins

    genomes = Genomes([stack.enter_context(open_haplotypes(words)) for words in several])
    earlier = open_model(files.start_from, Alphabet.VARIANT) if files.start_from else None
    fitted = fit_bins(
        genomes,
        scheme,
        options,
        network,
        seed=seed,
        start=start,
        start_from=earlier,
        checkpoint=files.checkpoint,
    )
    return _Training(fitted, genomes.lengths, genomes.locations)


def _facts(fitted: FitResult, scheme: SplitScheme, path: Path | None) -> dict[str, str]:
    """Return the summary."""
    found = fitted.model.metrics
    test = found["test"]
    networks = f"({len(fitted.model.members)} networks)"
    epochs = f"(epoch {found['training']['best_epoch']} of {len(fitted.history)})"
    folds = f", {scheme.folds} folds" if scheme.folds else ""
    sides = ", ".join(f"{side} {found[side]['n']:,}" for side in ("train", "validation", "test"))
    return {
        "verdict": f"{found['verdict']} ({found['reason']})",
        "split": f"{scheme.method}{folds}: {sides}",
        "test": f"accuracy {test['accuracy']:.4f}, AUROC {test['auroc']:.4f}, AUPRC {test['auprc']:.4f} at prevalence "
        f"{test['prevalence']:.4f}, MCC {test['mcc']:.4f}, Brier {test['brier']:.4f}, ECE {test['ece']:.4f}",
        "model": f"{path or 'in memory'} {networks if scheme.folds else epochs}",
    }
