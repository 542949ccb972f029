"""Results of k-mers that a report shows; :mod:`archaictools.report.kmers.loading` reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class KmerResults:
    """Results of a chain of k-mers; each is None if it was not given.

    Coordinates are 0-based and half-open, in bp.

    Attributes
    ----------
    metrics
        JSON of ``train --metrics``, see :class:`archaictools.learning.report.SidesReport`.
    evaluation
        JSON of ``evaluate --metrics``, see :class:`archaictools.learning.report.EvaluationReport`.
    history
        Table of ``train --history``.
    held_out
        Table of ``train --predictions``: ``chrom, start, end, label, probability, split, fold``.
    positions, kmers
        Tables of ``importance``.
    embedding
        Table of ``embedding --umap``: ``kmer, umap1, umap2, count, at_content, log_odds``.
    genes
        Table of ``genes``.
    segments
        BED6 of ``predict --bed``.
    track, attribution
        bigWig of ``predict --bigwig`` and of ``importance --attribution``.
    lengths
        Chromosome lengths in bp, from the tracks or the words; empty if none was given.
    build
        ``hg19``, ``hg38``, or ``genome``.
    model
        Provenance, parameters and measures in model.h5.
    words
        Provenance and parameters of kmers.h5.
    record
        JSON of ``predict --record``.
    files
        SHA-256 of every file of the report, by ``OPTION NAME``.
    """

    metrics: Mapping[str, Any] | None = None
    evaluation: Mapping[str, Any] | None = None
    history: pd.DataFrame | None = None
    held_out: pd.DataFrame | None = None
    positions: pd.DataFrame | None = None
    kmers: pd.DataFrame | None = None
    embedding: pd.DataFrame | None = None
    genes: pd.DataFrame | None = None
    segments: pd.DataFrame | None = None
    track: Path | None = None
    attribution: Path | None = None
    lengths: Mapping[str, int] = field(default_factory=dict)
    build: str = "genome"
    model: Mapping[str, Any] | None = None
    words: Mapping[str, Any] | None = None
    record: Mapping[str, Any] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
