"""``archaictools.evaluate``: compare a model with its baselines on data that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archaictools.alphabet import Alphabet
from archaictools.api.inputs import files_of, is_of_haplotypes, open_haplotypes, open_kmers, open_model
from archaictools.api.keywords import keywords
from archaictools.api.result import Result
from archaictools.options import OUTPUT, RunOptions, check_alphabet, names, option
from archaictools.sequence.options import BaselineOptions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.learning.model_file import TrainedModel
    from archaictools.learning.report import Evaluation, EvaluationReport
    from archaictools.sequence.token_file import TokenFile


@dataclass(frozen=True, kw_only=True)
class EvaluationFiles:
    """The outputs, and the baselines to leave out."""

    metrics: Path | None = option(
        None, type=OUTPUT, help="JSON of the verdict and all measures with intervals, calibration and similarity."
    )
    table: Path | None = option(None, type=OUTPUT, help="TSV, one row for the model and one for each baseline.")
    plots: Path | None = option(
        None,
        type=OUTPUT,
        help="New folder of plots, each as PNG and SVG: comparison, reliability and similarity; haplotypes: "
        "recall_by_length in place of the last.",
    )
    leave_out: tuple[str, ...] = option(
        (),
        parse=names,
        help="Baselines not to run, separated by commas; shuffled_labels takes as long as training.",
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EvaluateResult(Result):
    """A model compared with its baselines.

    Attributes
    ----------
    verdict
        ``skill``, ``no skill`` or ``leaky``.
    reason
        The reason, one sentence.
    table
        One row for the model and one for each baseline: ``model, split``, measures with intervals, and the gain of the
        model in AUROC.
    curve
        Reliability curves: ``low, high, n, mean_probability, introgressed_share, model``; for haplotypes also
        ``share_low, share_high``.
    report
        All measures, as ``--metrics`` writes them to JSON.
    """

    verdict: str
    reason: str
    table: pd.DataFrame = field(repr=False)
    curve: pd.DataFrame = field(repr=False)
    report: EvaluationReport = field(repr=False)

    def write_to(self, folder: Path) -> Path:
        """Write the measures to ``evaluation.json`` in a folder, as ``--metrics`` does."""
        from archaictools.io.tables import write_json

        write_json(folder / "evaluation.json", self.report)
        return folder / "evaluation.json"

    def _repr_html_(self) -> str:
        """Return verdict and table, as a notebook shows them."""
        html: str = self.table.to_html(index=False, float_format="{:.3f}".format)
        return super()._repr_html_() + html


@keywords(files=EvaluationFiles, baselines=BaselineOptions, run=RunOptions)
def evaluate(
    model: PathLike | TrainedModel,
    words: PathLike | FeatureFile | TokenFile,
    *,
    files: EvaluationFiles,
    baselines: BaselineOptions,
    run: RunOptions,
) -> EvaluateResult:
    """Compare a model with its baselines on data that it was not trained on.

    Parameters
    ----------
    model
        A model.h5, the word ``pretrained``, a result of ``train``, or a model in memory.
    words
        The file of k-mers that the model was trained on, or any labelled file of haplotypes; also a result, or the open
        file.

    Returns
    -------
    EvaluateResult
        Verdict, measures and reliability curves.

    Raises
    ------
    InputError
        If a file cannot be understood, if it does not fit the model, or if the model has seen all of it.
    UsageError
        If an option is for the other alphabet, or if a name in ``leave_out`` is not that of a baseline.
    """
    from archaictools import provenance
    from archaictools.io.files import StagedOutputs
    from archaictools.io.tables import write_json, write_table

    alphabet = Alphabet.VARIANT if is_of_haplotypes(words) else Alphabet.KMER
    check_alphabet(alphabet, baselines)
    with StagedOutputs() as outputs:
        metrics = outputs.stage(files.metrics) if files.metrics else None
        table = outputs.stage(files.table) if files.table else None
        folder = outputs.stage_folder(files.plots) if files.plots else None
        if alphabet is Alphabet.VARIANT:
            found, facts = _evaluate_haplotypes(model, words, files.leave_out, run, folder)
        else:
            found, facts = _evaluate_kmers(model, words, files.leave_out, baselines, run, folder)
        found.report["inputs"] = provenance.digests(files_of(model, words))
        if metrics:
            write_json(metrics, found.report)
        if table:
            write_table(table, found.table)
    verdict, reason = found.report["verdict"], found.report["reason"]
    return EvaluateResult(
        verdict=verdict,
        reason=reason,
        table=found.table,
        curve=found.curve,
        report=found.report,
        facts={"verdict": f"{verdict} ({reason})"} | facts,
    )


def _evaluate_kmers(
    model: PathLike | TrainedModel,
    words: PathLike | FeatureFile | TokenFile,
    leave_out: tuple[str, ...],
    baselines: BaselineOptions,
    run: RunOptions,
    folder: Path | None,
) -> tuple[Evaluation, dict[str, str]]:
    """Compare on windows of the genome; return the evaluation and the summary."""
    from archaictools.learning.forward import start_runtime
    from archaictools.learning.plots import write_plots
    from archaictools.sequence.evaluate import check_baselines, evaluate_kmers
    from archaictools.sequence.plots import evaluation_plots
    from archaictools.sequence.predict import work_of

    check_baselines(leave_out)
    trained = open_model(model, Alphabet.KMER)
    with open_kmers(words) as tokens:
        runtime = start_runtime(threads=run.usable_threads, seed=run.seed, work=work_of(trained, len(tokens)))
        found = evaluate_kmers(
            trained, tokens, runtime, baselines, leave_out=leave_out, threads=run.usable_threads, seed=run.seed
        )
    if folder:
        write_plots(folder, evaluation_plots(found))
    facts = {}
    for name, row in found.report["models"].items():
        facts[name.replace("_", " ")] = (
            f"AUROC {row['auroc']:.3f} ({row['auroc_ci'][0]:.3f}-{row['auroc_ci'][1]:.3f}), "
            f"accuracy {row['accuracy']:.3f}, AUPRC {row['auprc']:.3f}, Brier {row['brier']:.3f}, ECE {row['ece']:.3f}"
        )
    return found, facts


def _evaluate_haplotypes(
    model: PathLike | TrainedModel,
    words: PathLike | FeatureFile | TokenFile,
    leave_out: tuple[str, ...],
    run: RunOptions,
    folder: Path | None,
) -> tuple[Evaluation, dict[str, str]]:
    """Compare on haplotypes; return the evaluation and the summary."""
    from archaictools.haplotypes.evaluate import evaluate_bins
    from archaictools.haplotypes.plots import evaluation_plots
    from archaictools.haplotypes.predict import work_of
    from archaictools.learning.forward import start_runtime
    from archaictools.learning.plots import write_plots

    with open_haplotypes(words) as features:
        trained = open_model(model, Alphabet.VARIANT)
        runtime = start_runtime(threads=run.usable_threads, seed=run.seed, work=work_of(trained, features))
        found = evaluate_bins(trained, features, runtime, leave_out=leave_out, seed=run.seed)
    if folder:
        write_plots(folder, evaluation_plots(found))
    facts = {}
    for name, row in found.models.items():
        facts[name.replace("_", " ")] = (
            f"AUPRC {row['auprc']:.3f} ({row['auprc_ci'][0]:.3f}-{row['auprc_ci'][1]:.3f}), "
            f"AUROC {row['auroc']:.3f}, bases: precision {row['precision_bp']:.3f}, recall {row['recall_bp']:.3f}, "
            f"F1 {row['f1_bp']:.3f}, ECE {row['ece']:.4f}"
        )
    return found, facts
