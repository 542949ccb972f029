"""From labelled haplotypes to a judged model: split, training, calibration, measures."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from archaictools import provenance
from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.audit import audit_haplotypes
from archaictools.haplotypes.augment import Augmentation
from archaictools.haplotypes.batches import BinBatches
from archaictools.haplotypes.fit_second import Held, fit_second, second_network
from archaictools.haplotypes.predict import TwoStagePredictor
from archaictools.haplotypes.predictors import BinPredictor, SecondPredictor
from archaictools.haplotypes.sides import WATCHED, Flat, companies, count_inputs, predict_runs
from archaictools.io.files import sha256
from archaictools.learning.calibration import fit_temperature
from archaictools.learning.model_file import Member, TrainedModel, array_digest, check_bins
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import seen_by
from archaictools.learning.report import Predicted, judge
from archaictools.learning.splits import SIDES, Locations, Split, SplitScheme, make_splits
from archaictools.learning.training import (
    WARMUP,
    Trained,
    TrainingOptions,
    compile_network,
    run_epochs,
    validation,
)
from archaictools.progress import Progress
from archaictools.sequence.fit import Fitted, course

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import keras

    from archaictools.haplotypes.dataset import Genomes, Run

log = logging.getLogger("archaictools")

#: Before the title of people that the model started from has seen.
EARLIER = "earlier:"

#: Learning rate for a batch of 128.
RATE = 0.003


@dataclass(frozen=True, kw_only=True)
class BinTrainingOptions(TrainingOptions):
    """How to train on haplotypes; see :class:`archaictools.learning.training.TrainingOptions`.

    Attributes
    ----------
    stretch
        Bins read at once.
    keep_depleted
        Share of the stretches without introgression that an epoch learns from.
    augment
        Change what is read as real data would be changed, see :mod:`archaictools.haplotypes.augment`; half of the
        people are then read from end to start, and prediction is the mean of both ways.
    sharing
        Train a second network, that reads what the first says of haplotypes which share alleles.
    """

    FEWEST_EPOCHS: ClassVar[int] = 0

    stretch: int = 500
    keep_depleted: float = 0.35
    augment: bool = True
    sharing: bool = True

    def resolve(self, sentences: int) -> tuple[int, float]:
        """Return batch size and learning rate for a number of stretches.

        Examples
        --------
        >>> [BinTrainingOptions().resolve(number)[0] for number in (400, 4_000, 40_000)]
        [8, 64, 128]
        """
        aim = 1 << max(0, (max(1, sentences // 50)).bit_length() - 1)
        batch = self.batch_size or min(128, max(8, aim))
        return batch, self.learning_rate or RATE * (batch / 128) ** 0.5


@dataclass(frozen=True)
class _Second:
    """How the second network was trained, and what the first says of the validation side."""

    trained: Trained
    temperature: float
    before: dict[str, float]

    def course(self) -> dict[str, Any]:
        """Describe it for the metrics."""
        return course(self.trained, self.temperature) | {"first": self.before}


@dataclass(frozen=True)
class _FittedMember:
    member: Member
    trained: Trained
    temperature: float
    second: _Second | None
    flat: dict[str, Flat]
    unused: int


def fit_bins(
    genomes: Genomes,
    split_options: SplitScheme,
    options: BinTrainingOptions,
    sizes: Mapping[str, Any],
    *,
    start: Callable[[], None],
    start_from: TrainedModel | None = None,
    checkpoint: Path | None = None,
) -> Fitted:
    """Split, train, calibrate, measure; once, or once a fold.

    Parameters
    ----------
    genomes
        Labelled haplotypes.
    split_options, options
        How to hold out, and how to train.
    sizes
        ``embedding, lstm, dense, dropout`` of :class:`archaictools.learning.network.NetworkConfig`.
    start
        Called once the input is known to be usable: imports and sets up TensorFlow.
    start_from
        A model of one network to go on learning from, in place of fresh weights; its sizes hold, and what it has seen
        counts as seen. With 0 epochs its network stays as it is: only a second reading and temperatures are learnt.
    checkpoint
        Folder for the state of an interrupted training.

    Raises
    ------
    UsageError
        If nothing would be learnt.
    InputError
        If the haplotypes cannot be split or learnt from.
    ArchaicError
        If training diverges.
    """
    if not options.epochs and start_from is None:
        raise UsageError("0 epochs leave nothing learnt: give 1 or more, or a model to start from")
    alphabet = genomes.files[0].alphabet
    network = NetworkConfig(
        vocabulary=alphabet.vocabulary, words=options.stretch, per_bin=True, forget_bias="unit", **sizes
    )
    before = None
    if start_from is not None:
        check_bins(start_from, genomes.files[0])
        network = replace(start_from.network, words=options.stretch, dropout=sizes["dropout"])
        before = start_from.member(1)
    second = None
    if options.sharing:
        second = start_from.sharing if start_from and start_from.sharing else second_network(network)
    splits = make_splits(genomes.places, split_options)
    for split in splits:
        if not any(run.unit.words.people for run in genomes.runs(split, "train")):
            raise InputError("holds nobody with two haplotypes to learn from", path=genomes.files[0].path)
    start()
    digests = [sha256(words.path) for words in genomes.files]
    fitted = []
    for split in splits:
        if split_options.folds:
            log.info("fold %d of %d", split.fold + 1, split_options.folds)
        folder = checkpoint / f"fold-{split.fold + 1}" if checkpoint and split_options.folds else checkpoint
        fitted.append(_fit_member(genomes, split, (network, second), options, before, folder, digests))
    places, predicted = _places(genomes, fitted)
    metrics: dict[str, Any] = dict(judge(places, predicted, audit_haplotypes(genomes, splits), seed=options.seed))
    first = fitted[0]
    metrics["split"] = first.member.split.describe() | {"unused": first.unused}
    metrics["training"] = asdict(options) | course(first.trained, first.temperature)
    metrics["training"]["second"] = first.second.course() if first.second else None
    metrics["network"] = network.describe()
    metrics["files"] = [words.path.name for words in genomes.files]
    metrics["sources"] = genomes.sources
    if start_from is not None:
        earlier = start_from.metrics.get("sources", {})
        metrics["sources"] |= {f"{EARLIER}{title}": digests for title, digests in earlier.items()}
        metrics["started_from"] = {"words": start_from.words_digest.split(), "training": start_from.metrics["training"]}
    metrics["augmentation"] = asdict(Augmentation()) if options.augment else None
    model = TrainedModel(
        network=network,
        members=[one.member for one in fitted],
        alphabet=alphabet,
        both_strands=options.augment,
        sharing=second,
        chromosomes=genomes.lengths,
        words_digest=" ".join(digests),
        metrics=metrics,
        provenance=provenance.record(
            "train",
            asdict(options) | asdict(split_options),
            {f"words_{number}": words.path for number, words in enumerate(genomes.files)},
        ),
    )
    history = [
        {"fold": number, "reading": reading} | row
        for number, one in enumerate(fitted, start=1)
        for reading, trained in enumerate((one.trained, one.second and one.second.trained), start=1)
        for row in (trained.history if trained else ())
    ]
    return Fitted(model, history, places, predicted)


def _fit_member(
    genomes: Genomes,
    split: Split,
    networks: tuple[NetworkConfig, NetworkConfig | None],
    options: BinTrainingOptions,
    before: Member | None,
    checkpoint: Path | None,
    digests: list[str],
) -> _FittedMember:
    network, described = networks
    sides = {side: list(genomes.runs(split, side)) for side in SIDES}
    stretches = sum(len(run.unit.words.haplotypes) * (run.last - run.first) for run in sides["train"])
    batch, rate = options.resolve(stretches // options.stretch)
    batches = BinBatches(
        sides["train"],
        size=genomes.size,
        stretch=options.stretch,
        batch=batch,
        keep=options.keep_depleted,
        augmentation=Augmentation() if options.augment else None,
        seed=options.seed,
    )
    model = network.build(dict(before.weights) if before else None)
    compile_network(model, rate, options, batches.steps, warmup=WARMUP, clip=1.0)
    predictor = BinPredictor(model, both_strands=options.augment)

    stages = TwoStagePredictor(predictor, None)

    def validate() -> dict[str, float]:
        held = predict_runs(genomes, stages, sides["validation"], WATCHED)
        return validation(held.label, held.probability.astype(np.float64))

    trained = run_epochs(
        model,
        batches,
        options,
        validate,
        learning_rate=rate,
        settings={
            "network": asdict(network),
            "training": asdict(options),
            "words": digests,
            "split": split.describe(),
            "start": [array_digest(before.weights[name]) for name in network.shapes()] if before else None,
        },
        checkpoint=checkpoint,
    )
    temperature = _temper(genomes, stages, model, network, sides["validation"])
    weights, second, sharing = network.weights_of(model), None, {}
    if described:
        held = Held.read(stages, companies(sides["validation"], WATCHED))
        earlier = before.sharing if before else {}
        again, taught = fit_second(described, stages, sides["train"], held, options, before=earlier, size=genomes.size)
        stages = TwoStagePredictor(predictor, SecondPredictor(again, both_strands=options.augment))
        alone = [run for run in sides["validation"] if stages.uses_second_stage(run.unit.words)]
        second = _Second(taught, _temper(genomes, stages, again, described, alone), held.first())
        sharing = described.weights_of(again)
    most = {"train": WATCHED, "validation": WATCHED, "test": None}
    with Progress(len(sides), "sides", "measure") as progress:
        flat = {}
        for side, runs in sides.items():
            flat[side] = predict_runs(genomes, stages, runs, most[side])
            progress.advance(1)
    seen = seen_by(split, genomes.places, genomes.lengths)
    if before is not None:
        seen = seen.joined(before.seen, prefix=EARLIER)
    counts = count_inputs(sides["train"], network.vocabulary)
    member = Member(weights=weights, split=split, seen=seen, counts=counts, sharing=sharing)
    return _FittedMember(member, trained, temperature, second, flat, genomes.unused(split))


def _temper(
    genomes: Genomes, stages: TwoStagePredictor, model: keras.Model, network: NetworkConfig, runs: list[Run]
) -> float:
    """Calibrate the final network on these intervals; return the temperature."""
    if not runs:
        return 1.0
    held = predict_runs(genomes, stages, _deciding(runs), WATCHED)
    temperature = fit_temperature(held.label, held.probability)
    weights = network.tempered(network.weights_of(model), temperature)
    model.set_weights([weights[name] for name in network.shapes()])
    return temperature


def _deciding(runs: list[Run]) -> list[Run]:
    """Return what the temperature is fitted to: people beside an archaic genome, where there are any.

    Without one a network is too sure or too careful by the simulation, more than by the size of its outgroup, which no
    temperature mends. Of an earlier pretrained model it was 1.32 when fitted to both and 1.08 when fitted to those
    beside an archaic genome; the ECE of the test side, both together, was then 0.0046 and 0.0011.
    """
    return [run for run in runs if run.unit.words.alphabet.archaic] or runs


def _places(genomes: Genomes, fitted: Sequence[_FittedMember]) -> tuple[Locations, dict[str, Predicted]]:
    """Line up what was predicted as places, haplotype after haplotype, and rows of them."""
    flats, predicted, first = [], {}, 0
    for side in SIDES:
        rows, probability, fold = [], [], []
        for one in fitted:
            flat = one.flat[side]
            flats.append(flat)
            rows.append(np.arange(first, first + len(flat.label)))
            probability.append(flat.probability.astype(np.float64))
            fold.append(np.full(len(flat.label), one.member.split.fold + 1))
            first += len(flat.label)
        predicted[side] = Predicted(*(np.concatenate(column) for column in (rows, probability, fold)))
    joined = Flat.join(flats)
    places = Locations(list(genomes.lengths), joined.place, joined.start, joined.start + genomes.size, joined.label)
    return places, predicted
