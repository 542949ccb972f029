"""``archaictools embedding``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archaictools.cli.options import INPUT, OUTPUT, common, names, of_member, report

if TYPE_CHECKING:
    from pathlib import Path


@click.command("embedding", short_help="Export the learnt word vectors.")
@click.argument("model", type=INPUT)
@click.option("--top", type=click.IntRange(5), default=10_000, show_default=True, help="Most frequent words to export.")
@click.option(
    "--columns",
    callback=names,
    default="kmer,count,at_content,log_odds,cpg,reverse_complement",
    show_default=True,
    help="Metadata columns; a single one is written without a header, as the Projector wants it.",
)
@click.option("--vectors", type=OUTPUT, help="TSV for the Embedding Projector, no header.")
@click.option("--metadata", type=OUTPUT, help="TSV for the Embedding Projector, a row a vector.")
@click.option("--bytes", "raw", type=OUTPUT, help="All trained vectors as raw little-endian float32.")
@click.option("--bytes-metadata", "raw_metadata", type=OUTPUT, help="Metadata TSV of --bytes.")
@click.option("--config", type=OUTPUT, help="projector_config.json that names --vectors and --metadata.")
@click.option("--umap", type=OUTPUT, help="TSV of the words' places on a UMAP map.")
@click.option("--plot", type=OUTPUT, help="PNG or SVG of the map, by GC content and by class.")
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
    member: int,
    threads: int,
    seed: int,
) -> None:
    """Export the word vectors that a model has learnt, and map them with UMAP.

    MODEL is a model.h5. Words that training never saw are left out.
    """
    from archaictools.errors import UsageError
    from archaictools.formats.files import Outputs
    from archaictools.formats.tables import write_json, write_table
    from archaictools.model.archive import load_model
    from archaictools.results import vectors as export
    from archaictools.results.plots import check_suffix, plot_embedding

    if not any((vectors, metadata, raw, raw_metadata, umap, plot)):
        raise UsageError("name at least one output: --vectors, --metadata, --bytes, --umap or --plot")
    if config and not (vectors and metadata):
        raise UsageError("--config names --vectors and --metadata: give both")
    if plot:
        check_suffix(plot)
    with Outputs() as outputs:
        staged = {
            path: outputs.stage(path) for path in (vectors, metadata, raw, raw_metadata, config, umap, plot) if path
        }
        words = export.word_vectors(load_model(model), member=member)
        chosen = words.top(top)
        if vectors:
            export.write_vectors(staged[vectors], chosen)
        if metadata:
            export.write_metadata(staged[metadata], chosen, columns)
        if raw:
            export.write_bytes(staged[raw], words)
        if raw_metadata:
            export.write_metadata(staged[raw_metadata], words, columns)
        if config and vectors and metadata:
            write_json(
                staged[config],
                export.projector_config(chosen, name=model.name, tensor=vectors, metadata=metadata),
            )
        if umap or plot:
            table, trust = export.umap_table(chosen, seed=seed)
            if umap:
                write_table(staged[umap], table)
            if plot:
                plot_embedding(staged[plot], table, file_format=plot.suffix[1:].lower())
    report(trained_words=f"{len(words):,}", exported=f"{len(chosen):,}, the most frequent")
    if umap or plot:
        report(map_trustworthiness=f"{trust:.3f}")
