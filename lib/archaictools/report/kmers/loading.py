"""Read the results of k-mers for a report, and check that they belong together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.io.builds import build_of
from archaictools.learning.model_file import load_model
from archaictools.report.files import digests, read_record
from archaictools.report.kmers import checks, documents, readers
from archaictools.report.kmers.results import KmerResults
from archaictools.sequence.compatibility import check_fit
from archaictools.sequence.encoding import KmerEncoding
from archaictools.sequence.token_file import open_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.token_file import TokenFile

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, kw_only=True)
class KmerFiles:
    """Files of one chain of k-mers; the options of ``report`` have the same names.

    Attributes
    ----------
    model, words
        model.h5 and the kmers.h5 that it was trained on.
    metrics, history, predictions
        Outputs of ``train``: ``--metrics``, ``--history`` and ``--predictions``.
    evaluation
        JSON of ``evaluate --metrics``.
    positions, kmers, attribution
        Outputs of ``importance``.
    umap
        Table of ``embedding --umap``.
    genes
        Table of ``genes``.
    bed, bigwig, record
        Outputs of ``predict``.

    Raises
    ------
    UsageError
        If no file is named.
    """

    model: Path | None = None
    words: Path | None = None
    metrics: Path | None = None
    history: Path | None = None
    predictions: Path | None = None
    evaluation: Path | None = None
    positions: Path | None = None
    kmers: Path | None = None
    umap: Path | None = None
    genes: Path | None = None
    bed: Path | None = None
    bigwig: Path | None = None
    attribution: Path | None = None
    record: Path | None = None

    def __post_init__(self) -> None:
        if not any(getattr(self, each.name) for each in fields(self)):
            raise UsageError("a report of k-mers needs at least one result; name, for example, --metrics")


def load_kmer_results(files: KmerFiles) -> KmerResults:
    """Return the results of k-mers.

    Raises
    ------
    InputError
        If a file cannot be understood, is of another kind, or if files do not belong together; it names both.
    """
    model = _load_model(files.model) if files.model else None
    words, windows = None, None
    if files.words:
        with open_tokens(files.words) as tokens:
            if model:
                check_fit(model, tokens)
            words, genome = _of_words(tokens), tokens.chromosomes
            windows = _labelled_windows(tokens) if files.predictions else None
    track = readers.track_lengths(files.bigwig) if files.bigwig else {}
    attribution = readers.track_lengths(files.attribution, lowest=-1.0) if files.attribution else {}
    lengths: Mapping[str, int] = (genome if words else model.chromosomes if model else track or attribution) or {}
    results = KmerResults(
        metrics=_read(files.metrics, documents.read_metrics),
        evaluation=_read(files.evaluation, documents.read_evaluation),
        history=_read(files.history, readers.read_history),
        held_out=_read(files.predictions, readers.read_held_out),
        positions=_read(files.positions, readers.read_positions),
        kmers=_read(files.kmers, readers.read_kmers),
        embedding=_read(files.umap, readers.read_embedding),
        genes=_read(files.genes, readers.read_genes),
        segments=_read(files.bed, readers.read_segments),
        track=files.bigwig,
        attribution=files.attribution,
        lengths=dict(lengths),
        build=build_of(lengths),
        model=_of_model(model) if model else None,
        words=words,
        record=_read(files.record, read_record),
        files=digests(files),
    )
    checks.check_together(results, files)
    checks.check_genome(results, files, {"bigwig": track, "attribution": attribution})
    checks.check_held_out_windows(results, files, windows)
    return results


def _read(path: Path | None, reader: Callable[[Path], ResultT]) -> ResultT | None:
    return None if path is None else reader(path)


def _load_model(path: Path) -> TrainedModel:
    """Return a model of k-mers; TensorFlow is not needed to read it."""
    model = load_model(path, KmerEncoding, HaplotypeEncoding)
    if not isinstance(model.encoding, KmerEncoding):
        raise InputError(
            "is a model of haplotypes, expected one of k-mers",
            path=path,
            remedy="give the model that 'archaictools train' made of k-mers",
        )
    documents.check_metrics(model.metrics, path, "archaictools train")
    return model


def _of_model(model: TrainedModel) -> dict[str, Any]:
    """Return what a report tells about a model."""
    return {
        "provenance": model.provenance,
        "parameters": model.encoding.to_dict(),
        "network": model.network.to_dict(),
        "metrics": model.metrics,
        "members": len(model.members),
        "both_strands": model.both_strands,
        "words_sha256": model.words_digest,
    }


def _labelled_windows(tokens: TokenFile) -> pd.DataFrame:
    """Return ``chrom, start, end, label`` of every window that has a label."""
    columns = {name: tokens.field(name) for name in ("chrom", "start", "end", "label")}
    columns["chrom"] = np.array(list(tokens.chromosomes), dtype=object)[columns["chrom"]]
    table = pd.DataFrame(columns)
    return table[table["label"] >= 0].reset_index(drop=True)


def _of_words(tokens: TokenFile) -> dict[str, Any]:
    """Return what a report tells about a file of k-mers."""
    label = tokens.field("label")
    return {
        "provenance": tokens.provenance,
        "parameters": tokens.encoding.to_dict(),
        "windows": len(tokens),
        "introgressed": int(np.count_nonzero(label == 1)),
        "depleted": int(np.count_nonzero(label == 0)),
    }
