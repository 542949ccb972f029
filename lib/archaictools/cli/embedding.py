"""``archaictools embedding``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archaictools.cli.options import check_alphabet, common, kmer_option, log, names, of_member, report
from archaictools.options import BINARY, INPUT, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from archaictools.learning.model_file import TrainedModel
    from archaictools.sequence.explain.embedding import WordVectors


USUAL = ("kmer", "count", "at_content", "log_odds", "cpg", "reverse_complement")


@click.command("embedding", short_help="Export the learnt word vectors.")
@click.argument("model", type=INPUT)
@click.option("--top", type=click.IntRange(5), default=10_000, show_default=True, help="Most frequent words to export.")
@click.option(
    "--columns",
    callback=names,
    help="Metadata columns; a single one is written without a header, as the Projector wants it "
    "[default: kmer,count,at_content,log_odds,cpg,reverse_complement; of haplotypes word,id,count,log_odds,norm].",
)
@click.option("--vectors", type=OUTPUT, help="TSV for the Embedding Projector, no header.")
@click.option("--metadata", type=OUTPUT, help="TSV for the Embedding Projector, a row a vector.")
@click.option("--bytes", "raw", type=BINARY, help="All trained vectors as raw little-endian float32.")
@click.option("--bytes-metadata", "raw_metadata", type=OUTPUT, help="Metadata TSV of --bytes.")
@click.option("--config", type=OUTPUT, help="projector_config.json that names --vectors and --metadata.")
@click.option("--umap", type=OUTPUT, help="TSV of the words' places on a UMAP map.")
@kmer_option("--plot", type=OUTPUT, help="PNG or SVG of the map, by GC content and by class.")
@kmer_option("--word2vec", type=INPUT, help="words.h5 of training: train Word2Vec on the same sentences.")
@kmer_option("--word2vec-vectors", type=OUTPUT, help="TSV of the Word2Vec vectors of the exported words.")
@kmer_option(
    "--word2vec-sentences", type=click.IntRange(1), default=20_000, show_default=True, help="Drawn for Word2Vec."
)
@kmer_option("--clustering", type=OUTPUT, help="TSV: how far learnt and Word2Vec vectors sort words by AT content.")
@of_member
@common
def command(
    *,
    model: Path,
    top: int,
    columns: tuple[str, ...],
    vectors: Path | None,
    metadata: Path | None,
    raw: Path | None,
    raw_metadata: Path | None,
    config: Path | None,
    umap: Path | None,
    plot: Path | None,
    word2vec: Path | None,
    word2vec_vectors: Path | None,
    word2vec_sentences: int,
    clustering: Path | None,
    member: int,
    threads: int,
    seed: int,
) -> None:
    """Export the word vectors that a model has learnt, and map them with UMAP.

    MODEL is a model.h5, or 'pretrained': of haplotypes, the vectors of the 32 words of a bin. Words that training
    never saw are left out. With --word2vec, vectors of the same words are learnt without labels, and --clustering says
    how far either set sorts words by their AT content.
    """
    from archaictools.errors import UsageError
    from archaictools.haplotypes.pretrained import load
    from archaictools.io.files import StagedOutputs
    from archaictools.io.tables import write_json, write_table
    from archaictools.learning.model_file import KMER
    from archaictools.learning.plots import check_suffix
    from archaictools.sequence.explain import embedding as export
    from archaictools.sequence.explain.word2vec import clustering as cluster

    asked = (vectors, metadata, raw, raw_metadata, umap, plot, word2vec_vectors, clustering)
    if not any(asked):
        raise UsageError("name at least one output: --vectors, --metadata, --bytes, --umap, --plot or --clustering")
    if (config and not (vectors and metadata)) or (word2vec_vectors and not word2vec):
        raise UsageError("--config needs --vectors and --metadata; --word2vec-vectors needs --word2vec")
    if plot:
        check_suffix(plot)
    found = {}
    with StagedOutputs() as outputs:
        staged = {path: outputs.stage(path) for path in (*asked, config) if path}
        trained = load(model, alphabet=None)
        check_alphabet(trained.alphabet.name)
        words = export.word_vectors(trained, member=member)
        columns = columns or (USUAL if trained.alphabet.name == KMER else tuple(words.metadata.columns))
        chosen = words.top(top)
        sets = {}
        if word2vec:
            chosen, sets["word2vec"] = _beside(trained, word2vec, chosen, member, word2vec_sentences, seed)
            if word2vec_vectors:
                export.write_vectors(staged[word2vec_vectors], sets["word2vec"])
        for path, exported in ((metadata, chosen), (raw_metadata, words)):
            if path:
                export.write_metadata(staged[path], exported, columns)
        if vectors:
            export.write_vectors(staged[vectors], chosen)
        if raw:
            export.write_bytes(staged[raw], words)
        if config and vectors and metadata:
            opened = export.projector_config(chosen, name=model.name, tensor=vectors, metadata=metadata)
            write_json(staged[config], opened)
        if umap or plot:
            table, found["map_trustworthiness"] = export.umap_table(chosen, seed=seed)
            _map(table, staged, umap, plot)
        if clustering:
            measured = cluster({"learnt": chosen, **sets}, seed=seed)
            write_table(staged[clustering], measured)
            correlations = measured.set_index("vectors")["at_correlation"]
            found |= {f"{name}_at_correlation": value for name, value in correlations.items()}
    report(trained_words=f"{len(words):,}", exported=f"{len(chosen):,}, the most frequent")
    report(**{name: f"{value:.3f}" for name, value in found.items()})


def _map(table: pd.DataFrame, staged: Mapping[Path, Path], umap: Path | None, plot: Path | None) -> None:
    """Write the map as a table, a picture, or both."""
    from archaictools.io.tables import write_table
    from archaictools.learning.plots import plot_embedding

    if umap:
        write_table(staged[umap], table)
    if plot:
        plot_embedding(staged[plot], table, file_format=plot.suffix[1:].lower())


def _beside(
    trained: TrainedModel, path: Path, chosen: WordVectors, member: int, sentences: int, seed: int
) -> tuple[WordVectors, WordVectors]:
    """Train Word2Vec on sentences of the member's training side; return the words of both, learnt and of Word2Vec.

    Files of either go with the same metadata, so that words of which no sentence was drawn are left out of both.
    """
    from archaictools.learning.model_file import check_fit
    from archaictools.progress import Progress
    from archaictools.sequence.explain.word2vec import EPOCHS, word2vec
    from archaictools.sequence.heldout import draw_rows, rows_of_side
    from archaictools.sequence.token_file import open_tokens

    with open_tokens(path) as words:
        check_fit(trained, words)
        rows = draw_rows(rows_of_side(trained, words, "train", member=member), sentences, seed=seed)
        with Progress(len(rows) * (1 + EPOCHS), "sentences", "Word2Vec") as progress:
            found = word2vec(words, rows, chosen, seed=seed, progress=progress)
    both = chosen.shared_with(found)
    if left_out := len(chosen) - len(both):
        log.warning("%s words are in none of the sentences drawn for Word2Vec, left out", f"{left_out:,}")
    return both, found
