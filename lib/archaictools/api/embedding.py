"""``archaictools.embedding``: export the word vectors that a model has learnt, and map them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import click

from archaictools.alphabet import Alphabet
from archaictools.api.inputs import open_kmers, open_model
from archaictools.api.keywords import keywords
from archaictools.api.result import Result
from archaictools.errors import UsageError
from archaictools.learning.options import MemberOptions
from archaictools.options import BINARY, INPUT, OUTPUT, RunOptions, check_alphabet, names, option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.learning.embedding import WordVectors
    from archaictools.learning.model_file import TrainedModel


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """Which words are exported, and with which metadata."""

    top: int = option(10_000, type=click.IntRange(5), help="Number of the most frequent words to export.")
    columns: tuple[str, ...] = option(
        (),
        parse=names,
        help="Metadata columns, separated by commas; a single one is written without a header, as the Projector "
        "requires [default: kmer,count,at_content,log_odds,cpg,reverse_complement; haplotypes: "
        "word,id,count,log_odds,norm].",
    )


@dataclass(frozen=True, kw_only=True)
class EmbeddingFiles:
    """The outputs."""

    vectors: Path | None = option(None, type=OUTPUT, help="TSV for the Embedding Projector, without a header.")
    metadata: Path | None = option(None, type=OUTPUT, help="TSV for the Embedding Projector, one row for each vector.")
    bytes: Path | None = option(None, type=BINARY, help="All trained vectors as raw little-endian float32.")
    bytes_metadata: Path | None = option(None, type=OUTPUT, help="Metadata TSV of --bytes.")
    config: Path | None = option(None, type=OUTPUT, help="projector_config.json, which names --vectors and --metadata.")
    umap: Path | None = option(None, type=OUTPUT, help="TSV of the positions of the words on a UMAP map.")
    plot: Path | None = option(
        None, type=OUTPUT, only=Alphabet.KMER, help="PNG or SVG of the map, by GC content and by class."
    )
    plots: Path | None = option(None, type=OUTPUT, help="New folder of a plot, as PNG and SVG: map.")

    def __post_init__(self) -> None:
        if self.config and not (self.vectors and self.metadata):
            raise UsageError("--config needs --vectors and --metadata")


@dataclass(frozen=True, kw_only=True)
class Word2VecOptions:
    """Word2Vec vectors of the same words, for comparison."""

    word2vec: Path | None = option(
        None,
        type=INPUT,
        only=Alphabet.KMER,
        help="File of k-mers of the training; Word2Vec is trained on the same sentences.",
    )
    word2vec_vectors: Path | None = option(
        None, type=OUTPUT, only=Alphabet.KMER, help="TSV of the Word2Vec vectors of the exported words."
    )
    word2vec_sentences: int = option(
        20_000, type=click.IntRange(1), only=Alphabet.KMER, help="Number of sentences drawn for Word2Vec."
    )
    clustering: Path | None = option(
        None,
        type=OUTPUT,
        only=Alphabet.KMER,
        help="TSV of how far learnt and Word2Vec vectors cluster words by AT content.",
    )

    def __post_init__(self) -> None:
        if self.word2vec_vectors and not self.word2vec:
            raise UsageError("--word2vec-vectors needs --word2vec")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EmbeddingResult(Result):
    """Word vectors of a model.

    Attributes
    ----------
    vectors
        float32 (words, dimensions): vectors of the exported words, most frequent first.
    metadata
        One row for each vector: its word (``kmer``, or ``word`` of a bin), ``id, count, log_odds, norm`` and, for
        k-mers, ``at_content, cpg, reverse_complement``; only those of ``columns`` if it names some.
    word2vec
        float32 (words, dimensions): Word2Vec vectors of the same words, or None.
    clustering
        Table ``vectors, words, dimensions, neighbours, at_correlation`` for k-mers if ``clustering`` is named, or None.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    metadata: pd.DataFrame = field(repr=False)
    word2vec: npt.NDArray[np.float32] | None = field(repr=False)
    clustering: pd.DataFrame | None = field(repr=False)
    _words: WordVectors = field(repr=False)
    _map: pd.DataFrame | None = field(repr=False)
    _seed: int = field(repr=False)

    @property
    def umap(self) -> pd.DataFrame:
        """Table of the words with ``umap1, umap2``; the map is made again if no output of it was named."""
        if self._map is not None:
            return self._map
        from archaictools.learning.embedding import umap_table

        return umap_table(self._words, seed=self._seed)[0]


class _Exported(NamedTuple):
    """All trained words, the exported ones, and Word2Vec vectors of the exported ones."""

    every: WordVectors
    chosen: WordVectors
    word2vec: WordVectors | None


@keywords(export=ExportOptions, files=EmbeddingFiles, comparing=Word2VecOptions, members=MemberOptions, run=RunOptions)
def embedding(
    model: PathLike | TrainedModel,
    *,
    export: ExportOptions,
    files: EmbeddingFiles,
    comparing: Word2VecOptions,
    members: MemberOptions,
    run: RunOptions,
) -> EmbeddingResult:
    """Export the word vectors that a model has learnt, and map them with UMAP.

    Parameters
    ----------
    model
        A model.h5, the word ``pretrained``, a result of ``train``, or a model in memory.

    Returns
    -------
    EmbeddingResult
        Vectors and metadata of the most frequent words; words that do not occur in training are left out.

    Raises
    ------
    InputError
        If a file cannot be understood, or has too few trained words.
    UsageError
        If options contradict each other, if one is for the other alphabet, or if there is no such member or column.
    """
    from archaictools.io.files import StagedOutputs
    from archaictools.io.tables import write_table
    from archaictools.learning.embedding import chosen_metadata, umap_table
    from archaictools.learning.plots import check_suffix
    from archaictools.sequence.explain.word2vec import clustering

    if files.plot:
        check_suffix(files.plot)
    measured, mapped, table = {}, None, None
    with StagedOutputs() as outputs:
        named = {name: getattr(files, name) for name in files.__dataclass_fields__ if name != "plots"}
        named |= {name: getattr(comparing, name) for name in ("word2vec_vectors", "clustering")}
        staged = {name: outputs.stage(path) for name, path in named.items() if path}
        folder = outputs.stage_folder(files.plots) if files.plots else None
        trained = open_model(model, None)
        check_alphabet(Alphabet(trained.encoding.name), files, comparing)
        exported = _exported(trained, export, comparing, member=members.member, seed=run.seed)
        metadata = exported.chosen.metadata
        if export.columns:
            metadata = chosen_metadata(exported.chosen, export.columns)
        _write(staged, files, exported, export.columns or _default_columns(trained), name=_name_of(model))
        if files.umap or files.plot or folder:
            mapped, measured["map trustworthiness"] = umap_table(exported.chosen, seed=run.seed)
            _write_map(mapped, staged, files, folder)
        if comparing.clustering:
            sets = {"learnt": exported.chosen}
            if exported.word2vec is not None:
                sets["word2vec"] = exported.word2vec
            table = clustering(sets, seed=run.seed)
            write_table(staged["clustering"], table)
            correlations = table.set_index("vectors")["at_correlation"]
            measured |= {f"{name} at correlation": value for name, value in correlations.items()}
    facts = {"trained words": f"{len(exported.every):,}", "exported": f"{len(exported.chosen):,}, the most frequent"}
    return EmbeddingResult(
        vectors=exported.chosen.vectors,
        metadata=metadata,
        word2vec=None if exported.word2vec is None else exported.word2vec.vectors,
        clustering=table,
        _words=exported.chosen,
        _map=mapped,
        _seed=run.seed,
        facts=facts | {name: f"{value:.3f}" for name, value in measured.items()},
    )


def _default_columns(trained: TrainedModel) -> tuple[str, ...]:
    """Return the columns of the metadata if none are named."""
    if trained.encoding.name == Alphabet.KMER:
        from archaictools.sequence.explain.embedding import COLUMNS

        return COLUMNS
    from archaictools.haplotypes.explain import VECTOR_COLUMNS

    return VECTOR_COLUMNS


def _name_of(model: PathLike | TrainedModel) -> str:
    """Return the name of a model in the configuration of the Projector: that of its file, if it has one."""
    from pathlib import Path

    path = model if isinstance(model, str) else getattr(model, "path", model)  # a result, or a path
    return Path(path).name if isinstance(path, str | os.PathLike) else "model"


def _exported(
    trained: TrainedModel, export: ExportOptions, comparing: Word2VecOptions, *, member: int, seed: int
) -> _Exported:
    """Return the vectors of all trained words, of the exported ones, and of Word2Vec if it is asked for."""
    if trained.encoding.name == Alphabet.VARIANT:
        from archaictools.haplotypes.explain import input_vectors

        every = input_vectors(trained, member=member)
        return _Exported(every, every.top(export.top), None)
    from archaictools.sequence.explain.embedding import word_vectors

    every = word_vectors(trained, member=member)
    chosen = every.top(export.top)
    if not comparing.word2vec:
        return _Exported(every, chosen, None)
    from archaictools.sequence.compatibility import check_fit
    from archaictools.sequence.explain.word2vec import vectors_of_training

    with open_kmers(comparing.word2vec) as tokens:
        check_fit(trained, tokens)
        both, other = vectors_of_training(
            trained, tokens, chosen, sentences=comparing.word2vec_sentences, member=member, seed=seed
        )
    return _Exported(every, both, other)


def _write(
    staged: Mapping[str, Path],
    files: EmbeddingFiles,
    exported: _Exported,
    columns: tuple[str, ...],
    *,
    name: str,
) -> None:
    """Write the vectors and their metadata."""
    from archaictools.io.tables import write_json
    from archaictools.learning import embedding as export

    if exported.word2vec is not None and "word2vec_vectors" in staged:
        export.write_vectors(staged["word2vec_vectors"], exported.word2vec)
    for output, words in (("metadata", exported.chosen), ("bytes_metadata", exported.every)):
        if output in staged:
            export.write_metadata(staged[output], words, columns)
    if "vectors" in staged:
        export.write_vectors(staged["vectors"], exported.chosen)
    if "bytes" in staged:
        export.write_bytes(staged["bytes"], exported.every)
    if "config" in staged and files.vectors and files.metadata:
        config = export.projector_config(exported.chosen, name=name, tensor=files.vectors, metadata=files.metadata)
        write_json(staged["config"], config)


def _write_map(mapped: pd.DataFrame, staged: Mapping[str, Path], files: EmbeddingFiles, folder: Path | None) -> None:
    """Write the map as a table and as plots, if they are named."""
    from archaictools.io.tables import write_table
    from archaictools.learning.plots import save, write_plots

    if "umap" in staged:
        write_table(staged["umap"], mapped)
    if "plot" in staged or folder:
        if "kmer" in mapped:
            from archaictools.sequence.explain.plots import plot_map
        else:
            from archaictools.haplotypes.plots import plot_map
        figure = plot_map(mapped)
        if "plot" in staged and files.plot:
            save(figure, staged["plot"], files.plot.suffix[1:].lower())
        if folder:
            write_plots(folder, {"map": figure})
