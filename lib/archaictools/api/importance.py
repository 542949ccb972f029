"""``archaictools.importance``: rank what a model reads by permutation importance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from archaictools.alphabet import Alphabet
from archaictools.api.inputs import is_of_haplotypes, open_haplotypes, open_kmers, open_model
from archaictools.api.keywords import keywords
from archaictools.api.result import Result
from archaictools.learning.options import MemberOptions
from archaictools.options import BINARY, OUTPUT, RunOptions, check_alphabet, option
from archaictools.sequence.options import ImportanceOptions

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.io.files import StagedOutputs
    from archaictools.learning.model_file import TrainedModel
    from archaictools.learning.splits import Locations
    from archaictools.sequence.explain.permutation import Importance
    from archaictools.sequence.explain.perturb import Positions
    from archaictools.sequence.token_file import TokenFile

#: Number of --windows for each chunk of haplotypes that is drawn.
_WINDOWS_PER_CHUNK = 20


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How much is exchanged, and what counts as important."""

    windows: int = option(
        2_000,
        type=click.IntRange(4),
        help="Number of sentences drawn; for haplotypes, a twentieth as many chunks of bins.",
    )
    repeats: int = option(5, type=click.IntRange(1), help="Exchanges of each position.")
    fdr: float = option(0.05, type=click.FloatRange(0, 1), help="Largest q of an important position.")


@dataclass(frozen=True, kw_only=True)
class ImportanceFiles:
    """The outputs."""

    positions: Path | None = option(
        None, type=OUTPUT, help="TSV: position, importance, sd, p, q; k-mers: start, end, null_low, null_high."
    )
    kmers: Path | None = option(
        None, type=OUTPUT, only=Alphabet.KMER, help="TSV of k-mers enriched at important positions."
    )
    attribution: Path | None = option(
        None, type=BINARY, only=Alphabet.KMER, help="bigWig of the fall in probability when a position is exchanged."
    )
    plot: Path | None = option(None, type=OUTPUT, help="PNG or SVG of importance by position.")
    plots: Path | None = option(
        None,
        type=OUTPUT,
        help="New folder of plots, each as PNG and SVG: positions and kmers; haplotypes: inputs.",
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ImportanceResult(Result):
    """Importance of positions, or of the inputs of a bin.

    Attributes
    ----------
    positions
        Table ``position, importance, sd, p, q``; for k-mers also ``start, end, null_low, null_high``, see
        :class:`archaictools.sequence.explain.permutation.Importance`; for haplotypes ``word``.
    kmers
        For k-mers: table of k-mers at important positions, see
        :func:`archaictools.sequence.explain.enrichment.kmers_at`. None for haplotypes, and if other outputs are named
        but not ``kmers``.
    """

    positions: pd.DataFrame = field(repr=False)
    kmers: pd.DataFrame | None = field(repr=False)

    def _repr_html_(self) -> str:
        """Return the summary and the ten most important positions, as a notebook shows them."""
        html: str = self.positions.nlargest(10, "importance").to_html(index=False)
        return super()._repr_html_() + html


@keywords(
    measuring=ImportanceOptions,
    sampling=SamplingOptions,
    files=ImportanceFiles,
    members=MemberOptions,
    run=RunOptions,
)
def importance(
    model: PathLike | TrainedModel,
    words: PathLike | FeatureFile | TokenFile,
    *,
    measuring: ImportanceOptions,
    sampling: SamplingOptions,
    files: ImportanceFiles,
    members: MemberOptions,
    run: RunOptions,
) -> ImportanceResult:
    """Rank positions of a sentence and their k-mers, or the inputs of a bin, by permutation importance.

    Parameters
    ----------
    model
        A model.h5, the word ``pretrained``, a result of ``train``, or a model in memory.
    words
        The file of k-mers that the model was trained on (with ``split="chromosome"``, any of the same genome), or any
        labelled file of haplotypes; also a result, or the open file.

    Returns
    -------
    ImportanceResult
        Importance of each position, and enriched k-mers.

    Raises
    ------
    InputError
        If a file cannot be understood, or has too few sentences that the model has not seen.
    UsageError
        If an option is for the other alphabet, or if there is no such member.
    """
    from archaictools.io.files import StagedOutputs
    from archaictools.learning.plots import check_suffix

    alphabet = Alphabet.VARIANT if is_of_haplotypes(words) else Alphabet.KMER
    check_alphabet(alphabet, measuring, files)
    if files.plot:
        check_suffix(files.plot)
    with StagedOutputs() as outputs:
        if alphabet is Alphabet.VARIANT:
            with open_haplotypes(words) as features:
                trained = open_model(model, alphabet)
                return _of_haplotypes(trained, features, sampling, files, outputs, member=members.member, run=run)
        trained = open_model(model, alphabet)
        with open_kmers(words) as tokens:
            return _of_kmers(trained, tokens, measuring, sampling, files, outputs, member=members.member, run=run)


def _of_kmers(
    trained: TrainedModel,
    tokens: TokenFile,
    measuring: ImportanceOptions,
    sampling: SamplingOptions,
    files: ImportanceFiles,
    outputs: StagedOutputs,
    *,
    member: int,
    run: RunOptions,
) -> ImportanceResult:
    """Rank the positions of a sentence."""
    from archaictools.learning.forward import start_runtime
    from archaictools.progress import Progress
    from archaictools.sequence.compatibility import check_fit
    from archaictools.sequence.dataset import draw_rows, locations_of, rows_of_side
    from archaictools.sequence.explain.enrichment import kmers_at
    from archaictools.sequence.explain.permutation import measure_importance
    from archaictools.sequence.explain.perturb import PerturbedPredictor, positions_of
    from archaictools.sequence.predict import work_of

    staged = {
        name: outputs.stage(path)
        for name in ("positions", "kmers", "attribution", "plot")
        if (path := getattr(files, name))
    }
    folder = outputs.stage_folder(files.plots) if files.plots else None
    check_fit(trained, tokens)
    rows = rows_of_side(trained, tokens, measuring.part, member=member)
    drawn = draw_rows(rows, sampling.windows, seed=run.seed)
    locations, positions = locations_of(tokens).subset(drawn), positions_of(tokens.encoding, measuring)
    predicted = len(drawn) * (1 + len(positions) * sampling.repeats)
    runtime = start_runtime(threads=run.usable_threads, seed=run.seed, work=work_of(trained, predicted))
    predictor = PerturbedPredictor(trained, runtime, member=member)
    with Progress(len(drawn) * sampling.repeats, "sentences", "importance") as progress:
        found = measure_importance(
            predictor,
            tokens.take(drawn),
            locations.label,
            positions,
            measuring,
            repeats=sampling.repeats,
            fdr=sampling.fdr,
            seed=run.seed,
            progress=progress,
        )
    at = positions.words_at(found.important, tokens.encoding)
    kmers = None
    if files.kmers or folder or not staged:
        kmers = kmers_at(at, tokens.labelled_words(rows), tokens.encoding, min_count=measuring.min_count)
    _write(staged, found, kmers)
    if files.plot or folder:
        from archaictools.learning.plots import save, write_plots
        from archaictools.sequence.explain.plots import plot_kmers, plot_positions

        on = f"{len(drawn):,} {measuring.part} windows, mode {measuring.mode}"
        figure = plot_positions(found, metric=measuring.metric, measured_on=on)
        if files.plot:
            save(figure, staged["plot"], files.plot.suffix[1:].lower())
        if folder and kmers is not None:
            write_plots(folder, {"positions": figure, "kmers": plot_kmers(kmers, fdr=sampling.fdr)})
    if "attribution" in staged:
        _write_attribution(staged["attribution"], tokens, locations, drawn, positions, found)
    best = found.table.nlargest(3, "importance")[["position", "importance"]].to_numpy()
    bound = "" if measuring.threshold is None else f", importance at least {measuring.threshold:g}"
    facts = {
        "important positions": f"{int(found.important.sum())} of {len(positions)} (q at most {sampling.fdr:g}{bound})",
        "highest": ", ".join(f"{position:.0f} ({lost:.3g})" for position, lost in best),
        "measured on": f"{len(drawn):,} of {len(rows):,} {measuring.part} sentences",
    }
    if kmers is not None:
        facts["leading k mers"] = ", ".join(kmers["kmer"].head(5)) or "none: no position is important"
    return ImportanceResult(positions=found.table, kmers=kmers, facts=facts)


def _write(staged: dict[str, Path], found: Importance, kmers: pd.DataFrame | None) -> None:
    """Write the tables that are named."""
    from archaictools.io.tables import write_table

    if "positions" in staged:
        write_table(staged["positions"], found.table)
    if "kmers" in staged and kmers is not None:
        write_table(staged["kmers"], kmers)


def _write_attribution(
    path: Path,
    tokens: TokenFile,
    locations: Locations,
    drawn: npt.NDArray[np.int64],
    positions: Positions,
    found: Importance,
) -> None:
    """Write the effect of each position along the genome."""
    from archaictools.sequence.explain.attribution import write_attribution

    strand = tokens.field("strand")[drawn]
    write_attribution(path, locations, strand, positions, found.effect, tokens.chromosomes)


def _of_haplotypes(
    trained: TrainedModel,
    features: FeatureFile,
    sampling: SamplingOptions,
    files: ImportanceFiles,
    outputs: StagedOutputs,
    *,
    member: int,
    run: RunOptions,
) -> ImportanceResult:
    """Rank the inputs of a bin."""
    from archaictools.haplotypes.compatibility import check_bins
    from archaictools.haplotypes.dataset import known_names, seen_bins
    from archaictools.haplotypes.explain import draw_chunks, input_importance
    from archaictools.haplotypes.plots import plot_inputs
    from archaictools.haplotypes.predictors import BinPredictor
    from archaictools.io.tables import write_table
    from archaictools.learning.forward import start_runtime
    from archaictools.learning.plots import save, write_plots
    from archaictools.progress import Progress

    table = outputs.stage(files.positions) if files.positions else None
    plot = outputs.stage(files.plot) if files.plot else None
    folder = outputs.stage_folder(files.plots) if files.plots else None
    check_bins(trained, features)
    chosen, known = trained.member(member), known_names(trained.sources, features)
    inputs, label = draw_chunks(
        features,
        max(2, sampling.windows // _WINDOWS_PER_CHUNK),
        length=trained.network.words,
        seed=run.seed,
        seen=lambda chrom: seen_bins(chosen.seen, known[chrom], features.edges(chrom)),
    )
    names = features.encoding.inputs
    bins = label.size * (1 + len(names) * sampling.repeats)
    work = bins * trained.network.work_per_step() * (2 if trained.both_strands else 1)
    runtime = start_runtime(threads=run.usable_threads, seed=run.seed, work=work)
    predictor = BinPredictor(runtime.network(trained.network, chosen.weights), both_strands=trained.both_strands)
    with Progress(len(label) * len(names) * sampling.repeats, "chunks", "importance") as progress:
        found = input_importance(
            predictor, inputs, label, names, repeats=sampling.repeats, seed=run.seed, progress=progress
        )
    if table:
        write_table(table, found)
    if plot or folder:
        figure = plot_inputs(
            found, fdr=sampling.fdr, measured_on=f"{len(label):,} chunks of {label.shape[1]:,} bins of a haplotype"
        )
        if plot and files.plot:
            save(figure, plot, files.plot.suffix[1:].lower())
        if folder:
            write_plots(folder, {"inputs": figure})
    best = found.sort_values("importance", ascending=False).head(3)
    rich = int(label.any(axis=1).sum())
    facts = {
        "stretches": f"{len(label):,} of {label.shape[1]:,} bins, {rich:,} with introgression",
        "important": f"{int((found['q'] <= sampling.fdr).sum())} of {len(found)} inputs (q up to {sampling.fdr:g})",
        "first": ", ".join(f"{row['word']} {row['importance']:.4f}" for _, row in best.iterrows()),
    }
    return ImportanceResult(positions=found, kmers=None, facts=facts)
