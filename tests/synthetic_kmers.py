"""A made-up chain of k-mers, as files that belong together, for tests of the report; no network is trained.

Introgressed windows carry one of :data:`PLANTED`, on a random strand; probabilities come from the labels with noise.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from archaictools.io.bed import write_bed
from archaictools.io.bigwig import BigWigWriter
from archaictools.io.dna import encode, reverse_complement
from archaictools.io.files import sha256
from archaictools.io.tables import write_json, write_table
from archaictools.learning.bootstrap import blocks_of
from archaictools.learning.metrics import by_chromosome, compute_metrics, reliability
from archaictools.learning.model_file import Member, TrainedModel, save_model
from archaictools.learning.network import NetworkConfig
from archaictools.learning.options import SegmentOptions
from archaictools.learning.regions import seen_by
from archaictools.learning.report import (
    Predicted,
    judge,
    judge_against_baselines,
    predictions_table,
    with_intervals,
    with_kinds,
)
from archaictools.learning.score_histogram import ScoreHistogram
from archaictools.learning.splits import SIDES, Locations, SplitScheme, make_split
from archaictools.report.kmers.loading import KmerFiles
from archaictools.sequence.audit.overlap import check_leakage
from archaictools.sequence.dataset import training_counts
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.explain.enrichment import kmers_at
from archaictools.sequence.genes import summarise_genes
from archaictools.sequence.token_file import Sentences, open_tokens, write_tokens
from archaictools.sequence.tracks import ChromosomePredictions, write_predictions

PLANTED = ("TGGCCAAAATGT", "GGTGGGGTCTGA", "CTGATGTAATAG", "ACCCCAAAAGGG")
LENGTHS = {"chr1": 150_000, "chr2": 60_000, "chr3": 50_000, "chr4": 40_000}
SIZE = 100


def kmer_files(folder: Path, *, signal: float = 3.0, method: str = "chromosome", seed: int = 1) -> KmerFiles:
    """Write all results of a chain into a folder; with a signal of 0 the model has no skill."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    encoding = KmerEncoding(k=8, size=SIZE)
    files = KmerFiles(
        model=folder / "model.h5",
        words=folder / "kmers.h5",
        metrics=folder / "metrics.json",
        history=folder / "history.tsv",
        predictions=folder / "held_out.tsv",
        evaluation=folder / "evaluation.json",
        positions=folder / "positions.tsv",
        kmers=folder / "enriched.tsv",
        umap=folder / "umap.tsv",
        genes=folder / "genes.tsv",
        bed=folder / "segments.bed",
        bigwig=folder / "introgressed.bw",
        attribution=folder / "attribution.bw",
    )
    locations, codes = _windows(rng)
    made = {"program": "archaictools", "version": "0.1.0", "verb": "tokenize", "parameters": encoding.to_dict()}
    made |= {"inputs": {"genome": {"name": "genome.fa", "sha256": "0" * 64}}, "python": "3.11", "libraries": {}}
    with write_tokens(files.words, encoding, genome="genome.fa", chromosomes=LENGTHS, provenance=made) as writer:
        strand = np.zeros(len(locations), dtype=np.int8)
        fields = (locations.chrom, locations.start, locations.end, strand, locations.label)
        writer.append(Sentences(*fields, codes=codes))
    scheme = SplitScheme(method=method, seed=seed)
    split = make_split(locations, scheme)
    sides = split.sides(locations)
    odds = signal * (2 * locations.label - 1) + rng.normal(0, 2, len(locations))
    probability = 1 / (1 + np.exp(-odds))
    predicted = {}
    for name, side in SIDES.items():
        rows = np.flatnonzero(sides == side)
        predicted[name] = Predicted(rows, probability[rows], np.ones(len(rows), dtype=np.int64))
    metrics = dict(judge(locations, predicted, check_leakage(locations, sides, scheme), units="sentences", seed=seed))
    network = NetworkConfig(vocabulary=encoding.vocabulary, words=encoding.words, embedding=2, lstm=2, dense=2)
    metrics["split"] = split.to_dict() | {"unused": 0}
    metrics["training"] = {"epochs": 4, "batch_size": 32, "learning_rate": 0.004, "keep": "best", "seed": seed}
    metrics["training"] |= {"epochs_run": 4, "best_epoch": 3, "stopped_early": False, "temperature": 1.1}
    metrics["network"] = network.to_dict()
    write_json(files.metrics, metrics)
    write_table(files.predictions, predictions_table(locations, predicted))
    with open_tokens(files.words) as tokens:
        counts = training_counts(tokens, sides)
    _write_model(files, locations, split, encoding, network, metrics, counts, made)
    _write_evaluation(files.evaluation, locations, predicted, metrics, rng, seed)
    _write_history(files.history)
    _write_importance(files, locations, codes, encoding, rng)
    _write_embedding(files.umap, rng)
    _write_predictions(files, locations, probability, sides)
    return files


def changed_json(path: Path, target: Path, *keys: str, value: object) -> Path:
    """Write a copy of a JSON document with another value under some keys."""
    document = json.loads(path.read_text())
    part = document
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    target.write_text(json.dumps(document))
    return target


def _windows(rng: np.random.Generator) -> tuple[Locations, np.ndarray]:
    """Return windows end to end, in stretches of one class, with planted words in introgressed ones."""
    chrom = np.concatenate([np.full(length // SIZE, number) for number, length in enumerate(LENGTHS.values())])
    start = np.concatenate([np.arange(length // SIZE) * SIZE for length in LENGTHS.values()]).astype(np.int64)
    stretch = rng.integers(0, 2, size=len(start) // 5 + 1)
    label = np.repeat(stretch, 5)[: len(start)].astype(np.int8)
    codes = rng.integers(0, 4, size=(len(start), SIZE)).astype(np.uint8)
    words = [encode(word) for word in PLANTED]
    for row in np.flatnonzero(label == 1):
        word = words[rng.integers(len(words))]
        place = rng.integers(50, SIZE - 12 + 1)
        codes[row, place : place + 12] = word if rng.integers(2) else reverse_complement(word)
    locations = Locations(list(LENGTHS), chrom.astype(np.uint32), start, start + SIZE, label)
    return locations, codes


def _write_model(files, locations, split, encoding, network, metrics, counts, made) -> None:
    rng = np.random.default_rng(0)
    model = TrainedModel(
        network=network,
        members=[
            Member(
                weights={
                    name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in network.shapes().items()
                },
                split=split,
                seen=seen_by(split, locations, LENGTHS),
                counts=counts,
            )
        ],
        encoding=encoding,
        both_strands=False,
        chromosomes=LENGTHS,
        words_digest=sha256(files.words),
        metrics=metrics,
        provenance=made | {"verb": "train", "inputs": {}, "parameters": {"epochs": 4, "seed": 1}, "words": made},
    )
    save_model(files.model, model)


def _write_evaluation(path, locations, predicted, metrics, rng, seed) -> None:
    side = predicted["test"]
    test = locations.subset(side.rows)
    count = len(test)
    forest = np.clip(side.probability + rng.normal(0, 0.05, count), 0.001, 0.999)
    every = {"model": side.probability, "random_forest": forest, "majority": np.full(count, 0.5)}
    every["gc"] = rng.uniform(0.3, 0.7, count)
    blocks = blocks_of(test)
    models = with_kinds(
        with_intervals(
            {name: compute_metrics(test.label, each) for name, each in every.items()},
            {name: ScoreHistogram.of(test.label, each, blocks) for name, each in every.items()},
            seed=seed,
        ),
        controls=["majority", "gc"],
        rivals=["random_forest"],
    )
    verdict, reason = judge_against_baselines(metrics["audit"], models, units="sentences")
    curve = pd.concat(
        [reliability(test.label, side.probability).assign(model=name) for name in ("calibrated", "uncalibrated")]
    )
    keys = ("schema_version", "audit", "train", "validation", "split", "training")
    report = {key: metrics[key] for key in keys} | {"verdict": verdict, "reason": reason, "models": models}
    report |= {"test": models["model"], "chromosomes": by_chromosome(test, side.probability), "left_out": []}
    report["calibration"] = {"temperature": [1.1], "reliability": curve.to_dict("records")}
    report["similarity"] = [{"above": 0.0, "up_to": 0.0, **compute_metrics(test.label, side.probability)}]
    write_json(path, report)


def _write_history(path) -> None:
    loss, validation = [0.7, 0.5, 0.3, 0.2], [0.7, 0.55, 0.45, 0.5]
    rows = {"fold": 1, "epoch": range(1, 5), "loss": loss, "learning_rate": 0.004, "validation_loss": validation}
    rows |= {"validation_accuracy": [0.5, 0.7, 0.8, 0.8], "validation_auroc": [0.55, 0.8, 0.9, 0.89]}
    write_table(path, pd.DataFrame(rows))


def _write_importance(files, locations, codes, encoding, rng) -> None:
    count = encoding.words
    matters = np.arange(count) >= 45
    q = np.where(matters, 0.001, 0.5)
    table = pd.DataFrame({"position": np.arange(count), "importance": np.where(matters, 0.1, 0.0)})
    table = table.assign(sd=0.01, p=q / 2, q=q, start=np.arange(count), end=np.arange(count) + encoding.k)
    write_table(files.positions, table.assign(null_low=-0.02, null_high=0.02))
    write_table(files.kmers, kmers_at(matters, [(encoding.ids(codes), locations.label)], encoding))
    start = np.flatnonzero(rng.random(LENGTHS["chr4"] // 20) < 0.3) * 20
    with BigWigWriter(files.attribution, LENGTHS) as writer:
        writer.add("chr4", (start, start + 10, rng.uniform(-0.2, 0.9, len(start))))


def _write_embedding(path, rng) -> None:
    kmers = ["".join(rng.choice(list("ACGT"), 8)) for _ in range(300)]
    table = pd.DataFrame({"kmer": kmers, "umap1": rng.normal(size=300), "umap2": rng.normal(size=300)})
    table["count"] = np.sort(rng.integers(1, 100, 300))[::-1]
    table["at_content"] = [sum(letter in "AT" for letter in kmer) / 8 for kmer in kmers]
    write_table(path, table.assign(log_odds=rng.normal(size=300)))


def _write_predictions(files, locations, probability, sides) -> None:
    parts, tables = [], []
    for number, name in enumerate(LENGTHS):
        rows = locations.chrom == number
        fields = (locations.start[rows], locations.end[rows], probability[rows], sides[rows] != SIDES["test"])
        parts.append(ChromosomePredictions(name, *fields))
        tables.append(parts[-1].table())
    options = SegmentOptions(min_length=0)
    write_predictions(parts, LENGTHS, options, bigwig=files.bigwig, bed=files.bed)
    starts = np.arange(0, 150_000, 5_000)
    genes = pd.DataFrame({"chrom": "chr1", "start": starts + 300, "end": starts + 1_300})
    last = pd.DataFrame({"chrom": ["chr4", "chr4", "chr9"], "start": [100, 5_000, 1], "end": [900, 5_500, 90]})
    genes = pd.concat([genes, last], ignore_index=True)
    genes = genes.assign(name=[f"G{number}" for number in range(len(genes))], strand="+")
    write_table(files.genes, summarise_genes(genes, tables))


def empty_bed(path: Path) -> Path:
    """Write a BED without a row."""
    write_bed(path, [])
    path.touch()
    return path
