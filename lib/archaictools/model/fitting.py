"""From labelled sentences to a judged model: split, leakage check, training, measures."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools import provenance
from archaictools.formats.files import sha256
from archaictools.model.archive import TrainedModel
from archaictools.model.judgement import judge, places_of, training_counts
from archaictools.model.leakage import check_leakage
from archaictools.model.network import Network
from archaictools.model.prediction import Predictor
from archaictools.model.splits import UNUSED, Places, SplitOptions, make_split
from archaictools.model.training import TrainingOptions, train_network
from archaictools.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from archaictools.words.sentences import WordsFile

log = logging.getLogger("archaictools")


@dataclass(frozen=True)
class Fitted:
    """A judged model, its history, and what it says of every labelled sentence.

    Attributes
    ----------
    model
        Ready to be saved; ``model.metrics`` is what ``train --metrics`` writes.
    history
        One row an epoch.
    places, sides, probability
        All sentences, their side of the split, and P(introgressed) (NaN where unused).
    """

    model: TrainedModel
    history: list[dict[str, float]]
    places: Places
    sides: npt.NDArray[np.int8]
    probability: npt.NDArray[np.float64]


def fit(
    words: WordsFile,
    split_options: SplitOptions,
    options: TrainingOptions,
    sizes: Mapping[str, Any],
    *,
    start: Callable[[], str],
    checkpoint: Path | None = None,
) -> Fitted:
    """Split, check, train, measure.

    Parameters
    ----------
    words
        Labelled sentences.
    split_options, options
        How to hold out, and how to train.
    sizes
        ``embedding, lstm, dense, dropout`` of :class:`archaictools.model.network.Network`.
    start
        Called once the input is known to be usable: imports and sets up TensorFlow, and names the device.
    checkpoint
        Folder for the state of an interrupted training.

    Raises
    ------
    InputError
        If the sentences cannot be split or learnt from.
    ArchaicError
        If training diverges.
    """
    network = Network(vocabulary=words.alphabet.vocabulary, words=words.alphabet.words, **sizes)
    places = places_of(words)
    split = make_split(places, split_options)
    sides = split.sides(places)
    audit = check_leakage(places, sides, split_options)
    if audit["verdict"] != "clean":
        log.warning("the split is %s: %s", audit["verdict"], audit["reason"])
    unused = int(((sides == UNUSED) & (places.label >= 0)).sum())
    if unused:
        log.info("%s labelled sentences lie near a block of another side and are left out", f"{unused:,}")
    digest = sha256(words.path)
    log.info("%s", start())
    trained = train_network(
        words,
        sides,
        network,
        options,
        checkpoint=checkpoint,
        identity={"words": digest, "split": split.describe()},
    )
    rows = np.flatnonzero(sides != UNUSED)
    probability = np.full(len(places), np.nan)
    predictor = Predictor(trained.model, words.alphabet, both_strands=options.reverse_complement)
    with Progress(len(rows), "sentences", "measure") as progress:
        probability[rows] = predictor.of_rows(words, rows, progress=progress)
    metrics = judge(places, sides, probability, audit, seed=options.seed)
    metrics["split"] = split.describe() | {"unused": unused}
    metrics["training"] = asdict(options) | {
        "batch_size": trained.batch,
        "learning_rate": trained.learning_rate,
        "epochs_run": len(trained.history),
        "best_epoch": trained.best_epoch,
        "stopped_early": trained.stopped_early,
    }
    metrics["network"] = network.describe()
    model = TrainedModel(
        network=network,
        weights=network.weights_of(trained.model),
        alphabet=words.alphabet,
        both_strands=options.reverse_complement,
        split=split,
        counts=training_counts(words, sides),
        chromosomes=words.chromosomes,
        words_digest=digest,
        metrics=metrics,
        provenance=provenance.record("train", asdict(options) | split.describe(), {"words": words.path})
        | {"words": words.provenance},
    )
    return Fitted(model, trained.history, places, sides, probability)
