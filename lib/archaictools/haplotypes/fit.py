"""Train a model on labelled haplotypes: split, training, calibration, measures."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools import provenance
from archaictools.alphabet import Alphabet
from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.audit import UNITS, audit_haplotypes
from archaictools.haplotypes.augment import Augmentation
from archaictools.haplotypes.batches import BinBatches
from archaictools.haplotypes.compatibility import check_bins
from archaictools.haplotypes.fit_second import (
    MAX_GRADIENT,
    WARMUP_STEPS,
    ValidationInputs,
    fit_second,
    second_network,
)
from archaictools.haplotypes.options import KEEP_NEGATIVES
from archaictools.haplotypes.predict import TwoStagePredictor
from archaictools.haplotypes.predictors import BinPredictor, SecondPredictor
from archaictools.haplotypes.sides import (
    MAX_VALIDATION_HAPLOTYPES,
    BinPredictions,
    count_inputs,
    haplotype_groups,
    predict_runs,
)
from archaictools.io.files import sha256
from archaictools.learning.calibration import fit_temperature
from archaictools.learning.forward import KerasForward
from archaictools.learning.model_file import Member, TrainedModel, array_digest, region_name
from archaictools.learning.regions import seen_by
from archaictools.learning.report import Predicted, judge
from archaictools.learning.splits import SIDES, Locations, Split, SplitScheme, make_splits
from archaictools.learning.training import (
    FitResult,
    Trained,
    compile_network,
    fold_folder,
    run_epochs,
    training_summary,
    validation,
)
from archaictools.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import keras

    from archaictools.haplotypes.dataset import Genomes, Run
    from archaictools.haplotypes.options import BinTrainingOptions
    from archaictools.learning.network import NetworkConfig
    from archaictools.learning.options import NetworkOptions
    from archaictools.learning.workers import Workers

log = logging.getLogger("archaictools")

#: Begins the title of people that the model of --start-from has seen.
EARLIER = "earlier:"


@dataclass(frozen=True)
class _Study:
    """What the networks of all folds share; ``earlier`` is the model to continue from."""

    genomes: Genomes
    network: NetworkConfig
    second: NetworkConfig | None
    options: BinTrainingOptions
    seed: int
    digests: list[str]
    earlier: TrainedModel | None
    workers: Workers | None

    @property
    def before(self) -> Member | None:
        """The network to continue from."""
        return self.earlier.member(1) if self.earlier else None

    @property
    def augmentation(self) -> Augmentation | None:
        """Changes made to each person in training."""
        return None if self.options.no_augment else Augmentation()


@dataclass(frozen=True)
class _SecondTraining:
    """How the second network was trained, and the measures of the first on the validation side."""

    trained: Trained
    temperature: float
    first: dict[str, float]

    def summary(self) -> dict[str, Any]:
        """Return it for the metrics."""
        return training_summary(self.trained, self.temperature) | {"first": self.first}


@dataclass(frozen=True)
class _FittedMember:
    """One network, calibrated, with its history and its predictions by side."""

    member: Member
    trained: Trained
    temperature: float
    second: _SecondTraining | None
    predictions: dict[str, BinPredictions]
    excluded: int


def fit_bins(
    genomes: Genomes,
    scheme: SplitScheme,
    options: BinTrainingOptions,
    sizes: NetworkOptions,
    *,
    seed: int,
    start: Callable[[], Workers | None],
    start_from: TrainedModel | None = None,
    checkpoint: Path | None = None,
) -> FitResult:
    """Train a model of one network, or of one network per fold; each may have a second network.

    Parameters
    ----------
    genomes
        Labelled haplotypes.
    scheme
        How to divide them into train, validation and test.
    options, sizes
        How to train, and the sizes of the network.
    seed
        Seed of weights, order, augmentation and resampling.
    start
        Called once the input is known to be usable; sets up TensorFlow, and returns the processes to train with.
    start_from
        A model to continue from. Its sizes stay, and the new model has also seen what it has seen. With 0 epochs its
        first network stays as it is: only a second network and the temperatures are fitted.
    checkpoint
        Folder of the checkpoint of an interrupted training.

    Raises
    ------
    UsageError
        If there is no epoch and no model to continue from, or if sizes contradict each other.
    InputError
        If the haplotypes cannot be split or trained on.
    ArchaicError
        If training diverges.
    """
    if not options.epochs and start_from is None:
        raise UsageError("--epochs 0 trains nothing: give 1 or more, or --start-from")
    encoding = genomes.files[0].encoding
    network = sizes.config(Alphabet.VARIANT, vocabulary=encoding.vocabulary, words=options.stretch)
    if start_from is not None:
        check_bins(start_from, genomes.files[0])
        network = replace(start_from.network, words=options.stretch, dropout=sizes.dropout)
    second = None
    if not options.no_sharing:
        second = (start_from.second_network if start_from else None) or second_network(network)
    splits = make_splits(genomes.locations, scheme)
    for split in splits:
        if not any(run.unit.words.people for run in genomes.runs(split, "train")):
            raise InputError("contains no sample with two haplotypes to train on", path=genomes.files[0].path)
    workers = start()
    digests = [sha256(words.path) for words in genomes.files]
    study = _Study(genomes, network, second, options, seed, digests, start_from, workers)
    fitted = []
    for split in splits:
        if scheme.folds:
            log.info("fold %d of %d", split.fold + 1, scheme.folds)
        fitted.append(_fit_member(study, split, fold_folder(checkpoint, split.fold, folds=scheme.folds)))
    locations, predicted = _line_up(genomes, fitted)
    sources = genomes.sources | _earlier_sources(start_from)
    audit = audit_haplotypes(genomes, splits)
    metrics: dict[str, Any] = dict(judge(locations, predicted, audit, units=UNITS, seed=seed))
    metrics |= _training_metrics(study, fitted[0], sources)
    model = TrainedModel(
        network=network,
        members=[one.member for one in fitted],
        encoding=encoding,
        both_strands=not options.no_augment,
        second_network=second,
        chromosomes=genomes.lengths,
        words_digest=" ".join(digests),
        sources=sources,
        metrics=metrics,
        provenance=provenance.record(
            "train",
            options.to_dict(seed=seed) | asdict(scheme),
            {f"words_{number}": words.path for number, words in enumerate(genomes.files)},
        ),
    )
    history = [
        {"fold": number, "reading": reading} | row
        for number, one in enumerate(fitted, start=1)
        for reading, trained in enumerate((one.trained, one.second and one.second.trained), start=1)
        for row in (trained.history if trained else ())
    ]
    return FitResult(model, history, locations, predicted)


def _training_metrics(study: _Study, first: _FittedMember, sources: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the part of the metrics that describes the training of the first member."""
    options, earlier = study.options, study.earlier
    metrics: dict[str, Any] = {"split": first.member.split.to_dict() | {"unused": first.excluded}}
    metrics["training"] = options.to_dict(seed=study.seed) | training_summary(first.trained, first.temperature)
    metrics["training"]["second"] = first.second.summary() if first.second else None
    metrics["network"] = study.network.to_dict()
    metrics["files"] = [words.path.name for words in study.genomes.files]
    metrics["sources"] = sources
    if earlier is not None:
        metrics["started_from"] = {"words": earlier.words_digest.split(), "training": earlier.metrics["training"]}
    metrics["augmentation"] = asdict(study.augmentation) if study.augmentation else None
    return metrics


def _fit_member(study: _Study, split: Split, checkpoint: Path | None) -> _FittedMember:
    """Train and calibrate one network and its second network, and predict all sides."""
    genomes, options, network, before = study.genomes, study.options, study.network, study.before
    sides = {side: list(genomes.runs(split, side)) for side in SIDES}
    model = network.build(before.weights if before else None)
    stages = TwoStagePredictor(BinPredictor(KerasForward(model), both_strands=not options.no_augment), None)
    trained = _train_first(study, split, sides, model, stages, checkpoint)
    temperature = _calibrate(genomes, stages, model, network, sides["validation"])
    weights = network.weights_of(model)
    second: _SecondTraining | None = None
    second_weights: dict[str, np.ndarray] = {}
    if study.second:
        second, stages, second_weights = _train_second(study, study.second, sides, model, stages)
    limits = {"train": MAX_VALIDATION_HAPLOTYPES, "validation": MAX_VALIDATION_HAPLOTYPES, "test": None}
    with Progress(len(sides), "sides", "measure") as progress:
        predictions = {}
        for side, runs in sides.items():
            predictions[side] = predict_runs(genomes, stages, runs, limits[side])
            progress.advance(1)
    seen = seen_by(split, genomes.locations, genomes.lengths)
    if study.earlier is not None and before is not None:
        seen = seen.joined(before.seen, rename=_earlier_names(study.earlier))
    counts = count_inputs(sides["train"], network.vocabulary)
    member = Member(weights=weights, split=split, seen=seen, counts=counts, second_weights=second_weights)
    return _FittedMember(member, trained, temperature, second, predictions, genomes.excluded(split))


def _train_first(
    study: _Study,
    split: Split,
    sides: Mapping[str, list[Run]],
    model: keras.Model,
    stages: TwoStagePredictor,
    checkpoint: Path | None,
) -> Trained:
    """Train the first network."""
    genomes, options, network, before = study.genomes, study.options, study.network, study.before
    bins = sum(len(run.unit.words.haplotypes) * (run.last - run.first) for run in sides["train"])
    batch, rate = options.resolve(bins // options.stretch)
    batches = BinBatches(
        sides["train"],
        size=genomes.size,
        stretch=options.stretch,
        batch=batch,
        keep=KEEP_NEGATIVES,
        augmentation=study.augmentation,
        seed=study.seed,
    )
    compile_network(model, rate, options, batches.steps, warmup=WARMUP_STEPS, clip=MAX_GRADIENT)

    def validate() -> dict[str, float]:
        predicted = predict_runs(genomes, stages, sides["validation"], MAX_VALIDATION_HAPLOTYPES)
        return validation(predicted.label, predicted.probability.astype(np.float64))

    return run_epochs(
        model,
        batches,
        options,
        validate,
        learning_rate=rate,
        settings={
            "network": network.to_dict(),
            "training": options.to_dict(seed=study.seed),
            "words": study.digests,
            "split": split.to_dict(),
            "start": [array_digest(before.weights[name]) for name in network.shapes()] if before else None,
        },
        checkpoint=checkpoint,
        workers=study.workers,
    )


def _train_second(
    study: _Study,
    network: NetworkConfig,
    sides: Mapping[str, list[Run]],
    first: keras.Model,
    stages: TwoStagePredictor,
) -> tuple[_SecondTraining, TwoStagePredictor, dict[str, np.ndarray]]:
    """Train and calibrate the second network; return also what predicts with both, and the weights."""
    genomes, both_strands = study.genomes, not study.options.no_augment
    groups = haplotype_groups(sides["validation"], MAX_VALIDATION_HAPLOTYPES)
    held_out = ValidationInputs.read(stages, groups)
    model, trained = fit_second(
        network,
        stages,
        sides["train"],
        held_out,
        study.options,
        seed=study.seed,
        before=study.before.second_weights if study.before else {},
        size=genomes.size,
        workers=study.workers,
    )
    both = TwoStagePredictor(
        BinPredictor(KerasForward(first), both_strands=both_strands),
        SecondPredictor(KerasForward(model), both_strands=both_strands),
    )
    runs = [run for run in sides["validation"] if both.uses_second_stage(run.unit.words)]
    temperature = _calibrate(genomes, both, model, network, runs)
    return _SecondTraining(trained, temperature, held_out.measure_first()), both, network.weights_of(model)


def _calibrate(
    genomes: Genomes, stages: TwoStagePredictor, model: keras.Model, network: NetworkConfig, runs: list[Run]
) -> float:
    """Calibrate the final network on these runs; return the temperature."""
    if not runs:
        return 1.0
    predicted = predict_runs(genomes, stages, _calibration_runs(runs), MAX_VALIDATION_HAPLOTYPES)
    temperature = fit_temperature(predicted.label, predicted.probability)
    weights = network.tempered(network.weights_of(model), temperature)
    model.set_weights([weights[name] for name in network.shapes()])
    return temperature


def _calibration_runs(runs: list[Run]) -> list[Run]:
    """Return the runs with an archaic genome if there are any, else all.

    Without an archaic genome a network is over-confident in some simulations and under-confident in others, whatever
    the size of the outgroup, which no temperature corrects. The temperature of an earlier pretrained model was 1.32
    when fitted to both and 1.08 when fitted to runs with an archaic genome. The ECE of the test side, both together,
    was 0.0046 and 0.0011.
    """
    return [run for run in runs if run.unit.words.encoding.archaic] or runs


def _earlier_sources(model: TrainedModel | None) -> dict[str, Sequence[str]]:
    """Return the sources of the model that training continues from, under other titles."""
    return {f"{EARLIER}{title}": digests for title, digests in model.sources.items()} if model else {}


def _earlier_names(model: TrainedModel) -> Callable[[str], str]:
    """Return the function that renames what a model has seen as :func:`_earlier_sources` renames its sources."""
    titles = sorted(filter(None, model.sources), key=len, reverse=True)

    def rename(name: str) -> str:
        title = next((title for title in titles if name.startswith(region_name(title, ""))), "")
        chrom = name.removeprefix(region_name(title, ""))
        return region_name(f"{EARLIER}{title}", chrom)

    return rename


def _line_up(genomes: Genomes, fitted: Sequence[_FittedMember]) -> tuple[Locations, dict[str, Predicted]]:
    """Return the predicted bins of all sides, one after the other, and each side's predictions by their rows."""
    parts, predicted, first = [], {}, 0
    for side in SIDES:
        rows, probability, fold = [], [], []
        for one in fitted:
            part = one.predictions[side]
            parts.append(part)
            rows.append(np.arange(first, first + len(part.label)))
            probability.append(part.probability.astype(np.float64))
            fold.append(np.full(len(part.label), one.member.split.fold + 1))
            first += len(part.label)
        predicted[side] = Predicted(*(np.concatenate(column) for column in (rows, probability, fold)))
    joined = BinPredictions.join(parts)
    locations = Locations(list(genomes.lengths), joined.chrom, joined.start, joined.start + genomes.size, joined.label)
    return locations, predicted
