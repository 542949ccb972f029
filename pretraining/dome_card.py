"""Write the DOME card of a model of haplotypes: dome_card.py MODEL OUT.md.

DOME is a list of questions about supervised machine learning in biology (Walsh et al. 2021,
doi:10.1038/s41592-021-01205-4). Answers are in dome.toml; every number in them is read from the model file. What the
file does not have is "not recorded".
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import tomllib
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from archaictools.errors import ArchaicError
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.fit import EARLIER
from archaictools.io.files import StagedOutputs, sha256
from archaictools.learning.bootstrap import BLOCKS
from archaictools.learning.draws import DRAWS
from archaictools.learning.model_file import TrainedModel, load_model, region_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archaictools.learning.network import NetworkConfig

TOPICS = Path(__file__).with_name("dome.toml")
SIDES = {"train": "training", "validation": "validation", "test": "test"}
UNKNOWN = "not recorded"

#: Title of a simulation of pretrain.sh: history, outgroup samples and seed.
SIMULATION = re.compile(r"(.+)_o\d+_s(\d+)")

#: Measures of the table: heading and decimals.
MEASURES = {
    "precision": ("precision", 3), "recall": ("recall", 3), "f1": ("F1", 3), "mcc": ("MCC", 3), "auroc": ("AUROC", 3),
    "auprc": ("AUPRC", 3), "brier": ("Brier", 4), "ece": ("ECE", 4),
}  # fmt: skip

#: Settings of a training in the order of the card. `archaictools train` and pretrain_gpu.py store different ones.
SETTINGS = {
    "epochs_run": "epochs run", "epochs": "epochs asked for", "steps": "steps", "batch_size": "batch size",
    "learning_rate": "learning rate", "schedule": "schedule", "patience": "patience", "keep": "epoch kept",
    "class_weight": "class weight", "stretch": "bins of a chunk", "seed": "seed",
}  # fmt: skip


def topics() -> list[dict[str, str]]:
    """Return the questions and the templates of their answers, in the order of DOME."""
    found: list[dict[str, str]] = tomllib.loads(TOPICS.read_text())["topic"]
    return found


def shown(value: object, decimals: int | None = None) -> str:
    """Return a value as text: numbers in the style of the card, None as not recorded."""
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if math.isnan(value):
            return "not defined"
        return f"{value:g}" if decimals is None else f"{value:.{decimals}f}"
    return str(value)


def part(metrics: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """Return an inner object of the metrics; an empty one if it is missing."""
    for key in keys:
        inner = metrics.get(key)
        metrics = inner if isinstance(inner, dict) else {}
    return metrics


def listed(items: Sequence[str]) -> str:
    """Join items with commas; without any they are not recorded."""
    return ", ".join(items) or UNKNOWN


def weights(network: NetworkConfig) -> int:
    """Return the number of weights of a network."""
    return sum(math.prod(shape) for shape in network.shapes().values())


def layers(network: NetworkConfig) -> str:
    """Describe the layers of a network."""
    stacked = f"{network.lstm_layers} stacked bidirectional LSTMs" if network.lstm_layers > 1 else "bidirectional LSTM"
    dense = f"Dense {network.dense}, " if network.dense else ""
    return f"Dense {network.embedding}, {stacked} of {network.lstm} units, {dense}sigmoid"


def data_facts(model: TrainedModel) -> dict[str, str]:
    """Return the facts about the data and their split."""
    metrics = model.metrics
    points = {side: counted(part(metrics, side)) for side in SIDES}
    measured = [found for found in points.values() if found]
    own = {title: digests for title, digests in model.sources.items() if not title.startswith(EARLIER)}
    total = len(set(chain.from_iterable(model.sources.values())))
    histories = Counter(found[1] if (found := SIMULATION.fullmatch(title)) else "other" for title in own)
    audit = part(metrics, "audit")
    split = model.members[0].split
    files = metrics.get("files")
    test = split.chromosomes.get("test")
    folds = f", fold 1 of {split.options.folds}" if split.options.folds else ""
    return {
        "simulations": f"The last training read {len(set(chain.from_iterable(own.values())))} simulations; all trainings "
        f"together read {total}.",
        "histories": f"By history, in the last training: {listed([f'{k} {n}' for k, n in sorted(histories.items())])}.",
        "points": f"{sum(pair[0] for pair in measured):,} measured points are positive, and "
        f"{sum(pair[1] for pair in measured):,} negative."
        if measured
        else f"Points of each class: {UNKNOWN}.",
        "sizes": "Measured points: "
        + listed([f"{SIDES[side]} {shown(sum(found) if found else None)}" for side, found in points.items()])
        + ".",
        "prevalence": "Positive: "
        + listed([f"{SIDES[side]} {percentage(found)}" for side, found in points.items()])
        + ".",
        "split": "Chromosomes: " + listed([f"{SIDES[side]} {extent(model, side)}" for side in SIDES]) + ".",
        "files": f"Encoded files: {len(files) if isinstance(files, list) else UNKNOWN}.",
        "method": f"Method of the split: {split.options.method} (seed {split.options.seed}{folds}).",
        "test_side": f"Test side: {listed(sorted(test or ()))}.",
        "audit": f"Audit of the split: {shown(audit.get('verdict'))} ({shown(audit.get('reason'))}).",
        "earlier_seen": earlier_seen(model, test),
        "test_seeds": test_seeds(model, test),
    }


def counted(side: Mapping[str, object]) -> tuple[int, int] | None:
    """Return the numbers of positive and negative points of a side, or None."""
    number, share = side.get("n"), side.get("prevalence")
    if not isinstance(number, int) or not isinstance(share, float | int) or math.isnan(share):
        return None
    positive = round(number * share)
    return positive, number - positive


def percentage(found: tuple[int, int] | None) -> str:
    """Return the percentage of positive points."""
    return f"{100 * found[0] / sum(found):.2f} %" if found and sum(found) else UNKNOWN


def extent(model: TrainedModel, side: str) -> str:
    """Return number and total length of the chromosomes of a side."""
    names = model.members[0].split.chromosomes.get(side)
    if not names:
        return UNKNOWN
    length = sum(model.chromosomes.get(name, 0) for name in names)
    return f"{len(names)} ({length / 1e6:,.0f} Mb)"


def earlier_seen(model: TrainedModel, test: Sequence[str] | None) -> str:
    """Return whether a network of this model, or of one it continued from, has seen a chromosome of the test side."""
    if not test:
        return f"Test chromosomes that earlier trainings saw: {UNKNOWN}."
    seen = set().union(*(vcfs(model, name) for member in model.members for name in set(member.seen.chrom)))
    found = [name for name in test if vcfs(model, name) & seen]
    return f"Test chromosomes that this or an earlier training saw: {len(found)} of {len(test)}."


def test_seeds(model: TrainedModel, test: Sequence[str] | None) -> str:
    """Return whether a simulation of the test side has the history and the seed of one that a training saw.

    Two simulations of one history and seed, with outgroups of two sizes, may not be independent.
    """
    seen = set().union(*(drawn(name) for member in model.members for name in set(member.seen.chrom)))
    if not test or not all(map(drawn, test)):
        return f"Test simulations with history and seed of a training one: {UNKNOWN}."
    return (
        f"Test simulations with history and seed of a training one: {sum(bool(drawn(name) & seen) for name in test)}."
    )


def drawn(name: str) -> set[tuple[str, ...]]:
    """Return history and seed of the simulation that a region's name means; nothing if the name has none."""
    title = name.rpartition("/")[0]
    while title.startswith(EARLIER):
        title = title.removeprefix(EARLIER)
    found = SIMULATION.fullmatch(title)
    return {found.groups()} if found else set()


def vcfs(model: TrainedModel, name: str) -> set[tuple[str, str]]:
    """Return the VCFs and the chromosome that a region's name means: the names of earlier trainings differ."""
    titles = sorted(model.sources, key=len, reverse=True)
    title = next((title for title in titles if name.startswith(region_name(title, ""))), "")
    chrom = name.removeprefix(region_name(title, ""))
    return {(digest, chrom) for digest in model.sources.get(title, ())}


def network_facts(model: TrainedModel) -> dict[str, str]:
    """Return the facts about the encoding, and the sizes of the networks."""
    first, second = model.network, model.second_network
    folds = f" The model has {len(model.members)} such networks, one a fold." if len(model.members) > 1 else ""
    facts = {
        "bin": f"{model.encoding.to_dict()['bin']:,} bp",
        "classes": str(len(model.encoding.to_dict()["patterns"])),
        "network": f"First network: {layers(first)}.{folds}",
        "second_network": "There is no second network.",
        "meta": "There is no second network.",
        "parameters": f"p = {weights(first):,}.",
        "features": f"f = {first.vocabulary} for each bin.",
    }
    if second:
        facts |= {
            "second_network": f"Second network, without an archaic genome: {layers(second)}.",
            "meta": f"The second network reads {second.vocabulary - first.vocabulary} inputs made from scores of the "
            "first network and from alleles that haplotypes share.",
            "parameters": f"p = {weights(first):,} in the first network, and {weights(second):,} in the second.",
            "features": f"f = {first.vocabulary} for each bin in the first network, and {second.vocabulary} in the second.",
        }
    return facts


def training_facts(model: TrainedModel) -> dict[str, str]:
    """Return the facts about the trainings."""
    metrics = model.metrics
    training, second = part(metrics, "training"), part(metrics, "training", "second")
    before = part(metrics, "started_from", "training")
    temperatures = {"first network": training, "second network": second, "model it continued from": before}
    given = [
        f"{name} {shown(found['temperature'], 3)}" for name, found in temperatures.items() if "temperature" in found
    ]
    kept = training.get("keep_depleted")
    provenance = model.provenance
    software = [f"archaictools {shown(provenance.get('version'))}"]
    software += [f"{name} {version}" for name, version in part(provenance, "libraries").items()]
    return {
        "training": f"Last training of the first network: {settings(training)}.",
        "second_training": f"Second network: {settings(second)}." if model.second_network else "",
        "earlier_training": f"It continued from a model trained with: {settings(before)}." if before else "",
        "temperature": f"Temperatures: {listed(given)}.",
        "software": f"Software: {listed(software)}.",
        "regularization": " ".join(
            [
                f"Dropout of the last training: {shown(model.network.dropout)}.",
                kept_epoch("First network", training),
                *([kept_epoch("Second network", second)] if model.second_network else []),
                *([kept_epoch("Model it continued from", before)] if before else []),
            ]
        ),
        "augmented": augmented(metrics),
        "kept": f" (fraction kept: {shown(kept)})" if kept is not None else "",
    }


def settings(training: Mapping[str, object]) -> str:
    """Return the settings of a training; an epoch count of zero is the whole story."""
    if training.get("epochs_run") == 0:
        return f"weights unchanged ({shown(0)} epochs)"
    return listed([f"{label} {shown(training[key])}" for key, label in SETTINGS.items() if key in training])


def kept_epoch(name: str, training: Mapping[str, object]) -> str:
    """Return which epoch's weights a training kept."""
    run, best = training.get("epochs_run"), training.get("best_epoch")
    if run == 0:
        return f"{name}: unchanged by the last training."
    if run is None:
        return f"{name}: epoch kept {UNKNOWN}."
    early = ", stopped early" if training.get("stopped_early") else ""
    return f"{name}: weights of epoch {shown(best)} of {shown(run)}{early}."


def augmented(metrics: Mapping[str, object]) -> str:
    """Describe the augmentation."""
    changes = [f"{name.replace('_', ' ')} {shown(value)}" for name, value in part(metrics, "augmentation").items()]
    if changes:
        return f"Data augmentation of the last training (fields of `Augmentation` in `haplotypes/augment.py`): {listed(changes)}."
    return f"Data augmentation: {'none' if 'augmentation' in metrics else UNKNOWN}."


def evaluation_facts(model: TrainedModel) -> dict[str, str]:
    """Return the facts about fit and evaluation."""
    metrics = model.metrics
    train, test = part(metrics, "train"), part(metrics, "test")
    number = train.get("n")
    total = weights(model.network) + (weights(model.second_network) if model.second_network else 0)
    folds = model.members[0].split.options.folds
    held = f"By {folds}-fold cross-validation" if folds else "On held-out data"
    intervals = any(name.endswith("_ci") for name in test)
    return {
        "fitting": f"p is {total:,} in all, and {shown(number)} points of the training side were measured.",
        "train_and_test": f"AUPRC is {shown(train.get('auprc'), 3)} in training and {shown(test.get('auprc'), 3)} in test.",
        "evaluation": f"{held}: {shown(test.get('n'))} points of the test side (verdict: {shown(metrics.get('verdict'))}).",
        "confidence": f"Those of the test side: central 95 % intervals of {DRAWS:,} bootstrap draws of {BLOCKS} blocks."
        if intervals
        else f"Confidence intervals: {UNKNOWN}.",
    }


def facts(model: TrainedModel) -> dict[str, str]:
    """Return everything that answers name, as sentences or parts of them."""
    return data_facts(model) | network_facts(model) | training_facts(model) | evaluation_facts(model)


def measures(metrics: Mapping[str, object]) -> list[str]:
    """Return the table of measures: each side, the intervals of the test side, and each chromosome of it."""
    sides = {f"{label} side": part(metrics, side) for side, label in SIDES.items()}
    chromosomes = {str(name): part(metrics, "chromosomes", name) for name in part(metrics, "chromosomes")}
    lines = [
        f"| points | number | {' | '.join(heading for heading, _ in MEASURES.values())} |",
        "|---|---|" + "---|" * len(MEASURES),
    ]
    for name, found in (sides | chromosomes).items():
        row = [shown(found.get(measure), decimals) for measure, (_, decimals) in MEASURES.items()]
        lines.append(f"| {name} | {shown(found.get('n'))} | {' | '.join(row)} |")
        if found is sides["test side"]:
            bounds = [interval(found.get(f"{measure}_ci"), decimals) for measure, (_, decimals) in MEASURES.items()]
            lines.append(f"| its 95 % intervals | | {' | '.join(bounds)} |")
    return lines


def interval(bounds: object, decimals: int) -> str:
    """Return an interval; nothing if a measure has none."""
    return "–".join(shown(bound, decimals) for bound in bounds) if isinstance(bounds, list) else ""


def card(path: Path) -> str:
    """Return the DOME card of a model file.

    Raises
    ------
    InputError
        If the file is no model of haplotypes.
    """
    model = load_model(path, HaplotypeEncoding)
    found = facts(model)
    lines = [
        "# DOME card of the pretrained model",
        "",
        "Answers to the questions of [DOME](https://doi.org/10.1038/s41592-021-01205-4) (Walsh et al. 2021, *Nature Methods*"
        " 18, 1122–1127).",
        f"`pretraining/dome_card.py` writes this card from the model file with SHA-256 `{sha256(path)}`; do not edit it.",
        "`MODEL_CARD.md` describes use and limits.",
    ]
    section = ""
    for topic in topics():
        if topic["section"] != section:
            section = topic["section"]
            lines += ["", f"## {section}"]
        lines += ["", f"**{topic['name']}.** *{topic['asks']}*", " ".join(topic["answer"].format(**found).split())]
    lines += ["", "## Measures", "", *measures(model.metrics), ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    try:
        with StagedOutputs() as outputs:
            outputs.stage(given.out).write_text(card(given.model))
    except ArchaicError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
