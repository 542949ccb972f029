"""``archaictools.predict``: probabilities of windows, or along haplotypes, and segments called from them."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

from archaictools.alphabet import Alphabet
from archaictools.api.inputs import files_of, is_of_haplotypes, open_haplotypes, open_kmers, open_model
from archaictools.api.keywords import keywords
from archaictools.api.predictions import (
    HaplotypePredictions,
    PredictionFiles,
    PredictResult,
    WindowPredictions,
    check_track_folder,
)
from archaictools.errors import UsageError
from archaictools.haplotypes.options import DesertOptions, DisplayOptions
from archaictools.learning.options import SegmentOptions
from archaictools.options import RunOptions, check_alphabet
from archaictools.sequence.options import BuildOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.api.inputs import PathLike
    from archaictools.api.predictions import Again
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.haplotypes.segments import CallResult
    from archaictools.io.files import StagedOutputs
    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import TokenFile
    from archaictools.sequence.tracks import WindowCounts


@keywords(
    files=PredictionFiles,
    display=DisplayOptions,
    calling=SegmentOptions,
    deserts=DesertOptions,
    build=BuildOptions,
    run=RunOptions,
)
def predict(
    model: PathLike | TrainedModel,
    words: PathLike | FeatureFile | TokenFile,
    *,
    files: PredictionFiles,
    display: DisplayOptions,
    calling: SegmentOptions,
    deserts: DesertOptions,
    build: BuildOptions,
    run: RunOptions,
) -> PredictResult:
    """Predict P(introgressed) of every window, or along every haplotype, and call segments.

    Parameters
    ----------
    model
        A model.h5, the word ``pretrained``, a result of ``train``, or a model in memory.
    words
        A file of haplotypes or k-mers, its result, or the open file.

    Returns
    -------
    PredictResult
        :class:`archaictools.api.predictions.HaplotypePredictions` or
        :class:`archaictools.api.predictions.WindowPredictions`.

    Raises
    ------
    InputError
        If a file cannot be understood, or if the model does not fit the words.
    UsageError
        If an option is for the other alphabet.

    Examples
    --------
    >>> import archaictools as at
    >>> calls = at.predict(model="pretrained", words="haplotypes.h5")  # doctest: +SKIP
    >>> calls.people[["sample", "percent"]]  # doctest: +SKIP
    >>> calls.to_bigwig("tracks")  # doctest: +SKIP
    """
    alphabet = Alphabet.VARIANT if is_of_haplotypes(words) else Alphabet.KMER
    check_alphabet(alphabet, files, display, deserts, build)
    options = asdict(calling) | asdict(deserts) | asdict(build) | asdict(replace(run, force=False))
    again = partial(predict, model, words, **options)
    if alphabet is Alphabet.VARIANT:
        return _of_haplotypes(model, words, files, display, calling, deserts, run, again)
    return _of_windows(model, words, files, calling, build, run, again)


def _of_haplotypes(
    model: PathLike | TrainedModel,
    words: PathLike | FeatureFile | TokenFile,
    files: PredictionFiles,
    display: DisplayOptions,
    calling: SegmentOptions,
    deserts: DesertOptions,
    run: RunOptions,
    again: Again,
) -> HaplotypePredictions:
    from archaictools.haplotypes.both_readings import BothReadings
    from archaictools.haplotypes.callable_file import callable_file_beside
    from archaictools.haplotypes.compatibility import check_bins
    from archaictools.haplotypes.likeness import count_sites, unlike_training, warn_if_unlike
    from archaictools.haplotypes.lineages import sources_of
    from archaictools.haplotypes.named_genomes import warn_if_unmatched
    from archaictools.haplotypes.outputs import write_posteriors, write_tables
    from archaictools.haplotypes.posteriors import KeptPosteriors, predict_haplotypes, track_lengths
    from archaictools.haplotypes.predict import work_of
    from archaictools.haplotypes.pretrained import is_pretrained
    from archaictools.io.files import StagedOutputs
    from archaictools.learning.forward import start_runtime
    from archaictools.progress import Progress

    if files.bigwig:
        check_track_folder(files.bigwig)
    files = replace(files, callable=files.callable or callable_file_beside(files.segments))
    _check_display(files, display)
    calling = calling.resolved(Alphabet.VARIANT)
    with StagedOutputs() as outputs, open_haplotypes(words) as features:
        trained = open_model(model, Alphabet.VARIANT)
        sources, lengths = sources_of(features.encoding.archaic), track_lengths(features)
        tables = {"bed": files.bed, "segments": files.segments, "summary": files.summary}
        tables |= {"deserts": files.deserts, "callable": files.callable}
        staged = {name: outputs.stage(path) for name, path in tables.items() if path}
        bigbed = (outputs.stage(files.bigbed), lengths) if files.bigbed else None
        folder = outputs.stage_folder(files.bigwig) if files.bigwig else None
        rows = outputs.stage(files.table) if files.table else None
        _write_record(files, outputs, asdict(calling) | asdict(deserts) | {"seed": run.seed}, files_of(model, words))
        plots = outputs.stage_folder(files.plots) if files.plots else None
        check_bins(trained, features)
        sites = {chrom: count_sites(features, chrom) for chrom in features.bins} if is_pretrained(trained) else {}
        unlike = warn_if_unlike(unlike_training(sites, features.encoding))
        runtime = start_runtime(threads=run.usable_threads, seed=run.seed, work=work_of(trained, features))
        sums = outputs.stage(files.sums) if files.sums else None
        kept = None if folder or rows or staged or bigbed or plots or sums else KeptPosteriors.of(features)
        readings = BothReadings(trained, features, runtime)
        with Progress(readings.work(), "bins", "predict") as progress:
            found = write_posteriors(
                predict_haplotypes(features, readings, progress=progress),
                features,
                calling,
                desert_length=deserts.desert_length,
                bigwig=folder,
                per_person=display.per_person,
                table=rows,
                kept=kept,
                sites=sites,
            )
        write_tables(found, sources, track_line=display.track_line, bigbed=bigbed, **staged)
        if plots:
            from archaictools.haplotypes.prediction_plots import prediction_plots
            from archaictools.learning.plots import write_plots

            write_plots(plots, prediction_plots(found, features.encoding.archaic))
        if sums:
            from archaictools.haplotypes.sums_file import write_result_sums

            write_result_sums(sums, found, features, trained, calling, desert_length=deserts.desert_length)
    return HaplotypePredictions(
        segments=found.segments,
        people=found.people,
        deserts=found.deserts,
        callable=found.callable,
        files=files,
        facts=_haplotype_facts(found, calling, deserts)
        | unlike
        | warn_if_unmatched(found.people)
        | _output_fact(
            [files.bigwig, files.bigbed, files.table, *tables.values(), files.sums, files.record, files.plots]
        ),
        _calls=found,
        _sources=sources,
        _lengths=lengths,
        _kept=kept,
        _again=again,
    )


def _check_display(files: PredictionFiles, display: DisplayOptions) -> None:
    """Refuse an option of an output that is not asked for."""
    if display.per_person and not files.bigwig:
        raise UsageError("--per-person is about the tracks of --bigwig, which is missing; name a folder for them")
    if display.track_line and not files.bed:
        raise UsageError("--track-line is the first line of --bed, which is missing; name a file for it")


def _write_record(
    files: PredictionFiles, outputs: StagedOutputs, options: Mapping[str, object], inputs: Mapping[str, Path | None]
) -> None:
    """Stage the record of the run, if it is asked for."""
    from archaictools import provenance
    from archaictools.io.tables import write_json

    if files.record:
        write_json(outputs.stage(files.record), provenance.record("predict", options, inputs))


def _output_fact(paths: list[Path | None]) -> dict[str, str]:
    named = ", ".join(str(path) for path in paths if path)
    return {"outputs": named} if named else {}


def _haplotype_facts(found: CallResult, calling: SegmentOptions, deserts: DesertOptions) -> dict[str, str]:
    length = int((found.segments["end"] - found.segments["start"]).sum())
    percent = found.people["percent"].dropna()
    facts = {"bins": f"{found.bins:,} with data, of {found.haplotypes:,} haplotypes"}
    if found.seen_bins:
        facts["seen in training"] = f"{found.seen_bins:,} bins, marked: their probabilities are not held-out"
    facts["segments"] = f"{len(found.segments):,} of {calling.min_length:,} bp or more, {length:,} bp"
    if len(percent):
        low, high, mean = percent.min(), percent.max(), percent.mean()
        spread = f"{low:.2f} to {high:.2f} % of the callable bases per sample, mean {mean:.2f} %"
        facts["introgressed"] = spread
    if len(percent) < len(found.people):
        facts["not read"] = f"{len(found.people) - len(percent):,} samples without data, NA"
    shortest = f"{deserts.desert_length:,} bp or more"
    facts["deserts"] = f"{len(found.deserts):,} of {shortest}, among {found.haplotypes:,} haplotypes"
    return facts


def _of_windows(
    model: PathLike | TrainedModel,
    words: PathLike | FeatureFile | TokenFile,
    files: PredictionFiles,
    calling: SegmentOptions,
    build: BuildOptions,
    run: RunOptions,
    again: Again,
) -> WindowPredictions:
    from archaictools.io.files import StagedOutputs
    from archaictools.learning.forward import start_runtime
    from archaictools.progress import Progress
    from archaictools.sequence.compatibility import check_fit
    from archaictools.sequence.predict import Ensemble, work_of
    from archaictools.sequence.tracks import predict_chromosomes, track_lengths, write_predictions

    trained = open_model(model, Alphabet.KMER)
    calling = calling.resolved(Alphabet.KMER)
    with StagedOutputs() as outputs, open_kmers(words) as tokens:
        named = {"bigwig": files.bigwig, "bed": files.bed, "table": files.table}
        staged = {name: outputs.stage(path) for name, path in named.items() if path}
        _write_record(files, outputs, asdict(calling) | asdict(build) | {"seed": run.seed}, files_of(model, words))
        plots = outputs.stage_folder(files.plots) if files.plots else None
        check_fit(trained, tokens, any_build=build.any_build)
        runtime = start_runtime(threads=run.usable_threads, seed=run.seed, work=work_of(trained, len(tokens)))
        ensemble, lengths = Ensemble(trained, list(tokens.chromosomes), runtime), track_lengths(tokens)
        with Progress(len(tokens), "windows", "predict") as progress:
            parts = predict_chromosomes(tokens, ensemble, progress=progress)
            kept = None if staged or plots else list(parts)
            summary = None
            if plots:
                from archaictools.sequence.prediction_plots import PredictionSummary

                summary = PredictionSummary(lengths, calling.threshold)
            counts = write_predictions(parts if kept is None else kept, lengths, calling, summary, **staged)
        if plots and summary:
            from archaictools.learning.plots import write_plots

            write_plots(plots, summary.plots())
    return WindowPredictions(
        files=files,
        facts=_window_facts(counts, calling) | _output_fact([*named.values(), files.record, files.plots]),
        _kept=kept,
        _options=calling,
        _lengths=lengths,
        _again=again,
    )


def _window_facts(counts: WindowCounts, calling: SegmentOptions) -> dict[str, str]:
    facts = {"windows": f"{counts.windows:,}, {counts.introgressed_windows:,} at or above {calling.threshold:g}"}
    if counts.seen_windows:
        facts["seen in training"] = f"{counts.seen_windows:,} windows, marked: their probabilities are not held-out"
    facts["covered"] = f"{counts.bases:,} bp"
    facts["segments"] = f"{counts.segments:,}, {counts.segment_bases:,} bp"
    return facts
