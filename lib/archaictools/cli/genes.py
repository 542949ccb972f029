"""``archaictools genes``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from archaictools.cli.options import common, report
from archaictools.options import INPUT, OUTPUT

if TYPE_CHECKING:
    from pathlib import Path


log = logging.getLogger("archaictools")


@click.command("genes", short_help="Summarise predictions over genes.")
@click.argument("predictions", type=INPUT)
@click.option("--annotation", type=INPUT, required=True, help="Genes: BED, GTF or GFF3.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Of a call; segments of a lower posterior are left out.",
)
@click.option(
    "--callable",
    "callable_",
    type=INPUT,
    help="BED of what was read of people, for a table of segments [default: x.callable.bed beside x.tsv].",
)
@click.option("--published", type=INPUT, help="Calls to compare with, in the article's form: Gene, Predict, Prob_1.")
@click.option("--agreement", type=OUTPUT, help="JSON: how far the calls agree with --published.")
@click.option("--out", type=OUTPUT, required=True, help="TSV, one row a gene.")
@click.option("--bed", type=OUTPUT, help="BED6 of genes, score 1000 times the mean probability.")
@common
def command(
    *,
    predictions: Path,
    annotation: Path,
    threshold: float,
    callable_: Path | None,
    published: Path | None,
    agreement: Path | None,
    out: Path,
    bed: Path | None,
    threads: int,
    seed: int,
) -> None:
    """Tell which genes lie in sequence predicted as introgressed.

    PREDICTIONS is the table or the bigWig of 'archaictools predict', or its table of segments of people. Over segments,
    each gene gets the number of haplotypes and people that carry archaic sequence, and its sources; a gene that was not
    read is NA, not 0. Chromosomes may be named chr21 in one file and 21 in the other. In an annotation without 'gene'
    features, parts of one gene_id more than 2 Mb apart are separate genes.
    """
    from archaictools.errors import UsageError
    from archaictools.haplotypes.genes import is_segments
    from archaictools.io.annotation import read_genes
    from archaictools.io.bed import write_bed
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_json, write_table
    from archaictools.sequence.genes import genes_bed, genome_names, read_predictions, summarise_genes

    if (published is None) != (agreement is None):
        raise UsageError("--published and --agreement go together: give both or none")
    if is_segments(predictions):
        if published:
            raise UsageError("--published compares windows, not segments of haplotypes")
        _of_haplotypes(predictions, annotation, threshold, callable_, out, bed)
        return
    if callable_:
        raise UsageError("--callable goes with a table of segments of people; windows name what was read themselves")
    tally = Summary()
    with StagedOutputs() as outputs:
        target = outputs.stage(out)
        compared = outputs.stage(agreement) if agreement else None
        track = outputs.stage(bed) if bed else None
        genes = read_genes(annotation, tally=tally)
        table = summarise_genes(
            genes,
            read_predictions(predictions, tally=tally),
            threshold=threshold,
            names=genome_names(predictions),
            source=annotation,
            tally=tally,
        )
        write_table(target, table)
        if compared and published:  # what compares them is slow to import
            from archaictools.sequence.published import agreement as compare
            from archaictools.sequence.published import read_published

            agreeing = compare(table, read_published(published))
            write_json(compared, agreeing)
        if track:
            write_bed(track, [genes_bed(table)])
    calls = table["call"].value_counts()
    with_calls = len(table) - int(calls.get("NA", 0))
    report(
        genes=f"{len(table):,} in {out} ({tally.sentence()})",
        free_of_introgression=f"{int(calls.get('free', 0)):,} of {with_calls:,} genes with a prediction",
        introgressed=f"{int(calls.get('introgressed', 0)):,}",
        without_a_window=f"{int(calls.get('NA', 0)):,}",
    )
    if published:
        kappa = "not defined" if agreeing["kappa"] is None else f"{agreeing['kappa']:.3f}"
        counts = [f"{agreeing[name]:,} {name.replace('_', ' ')}" for name in ("both", "here_only", "published_only")]
        report(
            agreement=f"kappa {kappa} over {agreeing['compared']:,} of {agreeing['published']:,} published genes; "
            f"introgressed: {', '.join(counts)}"
        )


def _of_haplotypes(
    segments: Path, annotation: Path, threshold: float, callable_: Path | None, out: Path, bed: Path | None
) -> None:
    """Count carriers of segments over genes."""
    from archaictools.haplotypes.callable_file import companion_of
    from archaictools.haplotypes.genes import carried_genes, carriers, carriers_bed
    from archaictools.io.annotation import read_genes
    from archaictools.io.bed import write_bed
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_table

    tally = Summary()
    if callable_ is None and companion_of(segments).is_file():
        callable_ = companion_of(segments)
        log.info("what was read is taken from %s, beside the segments", callable_)
    with StagedOutputs() as outputs:
        target = outputs.stage(out)
        track = outputs.stage(bed) if bed else None
        genes = read_genes(annotation, tally=tally)
        table = carriers(genes, segments, companion=callable_, threshold=threshold, tally=tally, source=annotation)
        write_table(target, table)
        if track:
            write_bed(track, [carriers_bed(table)])
    unread = int(table["haplotypes"].isna().sum())
    carried = carried_genes(table)
    most = carried.sort_values("haplotypes", ascending=False).head(1)
    report(
        genes=f"{len(table):,} in {out} ({tally.sentence()})",
        with_archaic_sequence=f"{len(carried):,}",
        free_of_archaic_sequence=f"{len(table) - unread - len(carried):,}",
        not_read=f"{unread:,}",
    )
    for _, row in most.iterrows():
        report(most_carried=f"{row['gene']}, by {row['haplotypes']:,} haplotypes of {row['people']:,} people")
