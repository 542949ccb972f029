"""``archaictools.genes``: predictions of windows, or segments of people, summarised over genes."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archaictools.api.inputs import file_of
from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult
from archaictools.errors import UsageError
from archaictools.options import INPUT, OUTPUT, RunOptions, option

if TYPE_CHECKING:
    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.api.predictions import PredictResult
    from archaictools.io.summary import Summary
    from archaictools.sequence.published import Agreement

log = logging.getLogger("archaictools")


@dataclass(frozen=True, kw_only=True)
class GeneOptions:
    """Genes, what they are compared with, and the outputs."""

    annotation: Path = option(type=INPUT, help="Genes: BED, GTF or GFF3.")
    threshold: float = option(
        0.5,
        type=click.FloatRange(0, 1),
        help="Minimum mean probability of an introgressed gene; minimum posterior of a segment.",
    )
    callable: Path | None = option(
        None,
        type=INPUT,
        help="BED of the callable regions of a table of segments [default: x.callable.bed in the folder of x.tsv].",
    )
    published: Path | None = option(
        None, type=INPUT, help="Published calls to compare with, in the article's form: Gene, Predict, Prob_1."
    )
    agreement: Path | None = option(None, type=OUTPUT, help="JSON of the agreement with --published.")
    out: Path | None = option(None, type=OUTPUT, required=True, help="TSV, one row per gene.")
    bed: Path | None = option(
        None, type=OUTPUT, help="BED6 of genes; score 1000 times the mean probability, or the highest posterior."
    )
    plots: Path | None = option(
        None, type=OUTPUT, help="New folder of plots, each as PNG and SVG: distribution and top_genes."
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GenesResult(FileResult):
    """Genes, and the archaic sequence in them.

    Attributes
    ----------
    path
        The TSV, or None if none was written.
    table
        One row for each gene, see :func:`archaictools.sequence.genes.summarise_genes` and
        :func:`archaictools.haplotypes.genes.carriers`.
    agreement
        Agreement with published calls, or None if there are none.
    """

    NO_FILE = "the genes have no file; give genes() an `out`"

    table: pd.DataFrame = field(repr=False)
    agreement: Agreement | None = field(repr=False)
    _bed: pd.DataFrame = field(repr=False)

    def write_to(self, folder: Path) -> Path | None:
        """Write a table that is only in memory to ``genes.tsv`` in a folder."""
        if self.path is not None:
            return None
        self.to_tsv(folder / "genes.tsv")
        return folder / "genes.tsv"

    def to_bed(self, path: PathLike) -> None:
        """Write the genes with a call, or those that carry a segment, as BED6."""
        from archaictools.io.bed import write_bed
        from archaictools.io.files import StagedOutputs

        with StagedOutputs() as outputs:
            write_bed(outputs.stage(Path(path)), [self._bed])

    def to_tsv(self, path: PathLike) -> None:
        """Write the table."""
        from archaictools.io.files import StagedOutputs
        from archaictools.io.tables import write_table

        with StagedOutputs() as outputs:
            write_table(outputs.stage(Path(path)), self.table)


@keywords(options=GeneOptions, run=RunOptions)
def genes(predictions: PathLike | PredictResult, *, options: GeneOptions, run: RunOptions) -> GenesResult:
    """Summarise predictions over genes.

    Parameters
    ----------
    predictions
        Table or bigWig of windows, table of segments of people, or what ``predict`` returned.

    Returns
    -------
    GenesResult
        One row for each gene. A gene without a window, or without callable bases, is NA.

    Raises
    ------
    InputError
        If a file cannot be understood, or if no gene lies on a chromosome of the predictions.
    UsageError
        If an option does not apply to the predictions.

    Examples
    --------
    >>> import archaictools as at
    >>> calls = at.predict(model="pretrained", words="haplotypes.h5")  # doctest: +SKIP
    >>> at.genes(calls, annotation="genes.gtf").table.nlargest(10, "haplotypes")  # doctest: +SKIP
    """
    from archaictools.haplotypes.segment_file import is_segments

    del run  # counting uses one thread and no random numbers
    if options.agreement and not options.published:
        raise UsageError("--agreement needs --published")
    with file_of(predictions, "predictions") as path:
        if is_segments(path):
            if options.published:
                raise UsageError("--published compares windows, not segments of haplotypes")
            return _of_segments(path, options)
        if options.callable:
            raise UsageError("--callable is for a table of segments of people; a table of windows needs none")
        return _of_windows(path, options)


def _of_windows(path: Path, options: GeneOptions) -> GenesResult:
    from archaictools.io.annotation import read_genes
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_json
    from archaictools.learning.gene_table import genes_bed
    from archaictools.sequence.genes import called_genes, genome_names, read_predictions, summarise_genes

    summary, agreement = Summary(), None
    with StagedOutputs() as outputs:
        target, track = (outputs.stage(file) if file else None for file in (options.out, options.bed))
        compared = outputs.stage(options.agreement) if options.agreement else None
        folder = outputs.stage_folder(options.plots) if options.plots else None
        table = summarise_genes(
            read_genes(options.annotation, tally=summary),
            read_predictions(path, tally=summary),
            threshold=options.threshold,
            names=genome_names(path),
            source=options.annotation,
            tally=summary,
        )
        bed = genes_bed(called_genes(table), "mean")
        _write(table, target, bed, track)
        if folder:
            from archaictools.learning.plots import write_plots
            from archaictools.sequence.prediction_plots import gene_plots

            write_plots(folder, gene_plots(table, threshold=options.threshold))
        if options.published:  # the comparison is slow to import
            from archaictools.sequence.published import agreement as agreement_of
            from archaictools.sequence.published import read_published

            agreement = agreement_of(table, read_published(options.published))
            if compared:
                write_json(compared, asdict(agreement))
    calls = table["call"].value_counts()
    with_calls = len(table) - int(calls.get("NA", 0))
    facts = _gene_fact(table, options, summary) | {
        "free of introgression": f"{int(calls.get('free', 0)):,} of {with_calls:,} genes with a prediction",
        "introgressed": f"{int(calls.get('introgressed', 0)):,}",
        "without a window": f"{int(calls.get('NA', 0)):,}",
    }
    if agreement is not None:
        facts["agreement"] = str(agreement)
    return GenesResult(path=options.out, table=table, agreement=agreement, facts=facts, _bed=bed)


def _of_segments(path: Path, options: GeneOptions) -> GenesResult:
    from archaictools.haplotypes.callable_file import callable_file_of
    from archaictools.haplotypes.genes import carried_genes, carriers
    from archaictools.io.annotation import read_genes
    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary
    from archaictools.learning.gene_table import genes_bed

    summary, regions = Summary(), options.callable
    if regions is None and callable_file_of(path).is_file():
        regions = callable_file_of(path)
        log.info("callable regions are read from %s", regions)
    with StagedOutputs() as outputs:
        target, track = (outputs.stage(file) if file else None for file in (options.out, options.bed))
        folder = outputs.stage_folder(options.plots) if options.plots else None
        if regions:
            outputs.keep(regions)
        table = carriers(
            read_genes(options.annotation, tally=summary),
            path,
            callable_file=regions,
            threshold=options.threshold,
            tally=summary,
            source=options.annotation,
        )
        carried = carried_genes(table)
        bed = genes_bed(carried, "max")
        _write(table, target, bed, track)
        if folder:
            from archaictools.haplotypes.prediction_plots import gene_plots
            from archaictools.learning.plots import write_plots

            write_plots(folder, gene_plots(table))
    unknown = int(table["haplotypes"].isna().sum())
    facts = _gene_fact(table, options, summary) | {
        "with archaic sequence": f"{len(carried):,}",
        "free of archaic sequence": f"{len(table) - unknown - len(carried):,}",
        "not read": f"{unknown:,}",
    }
    for _, row in carried.sort_values("haplotypes", ascending=False).head(1).iterrows():
        counts = f"{row['haplotypes']:,} haplotypes of {row['people']:,} people"
        facts["most carried"] = f"{row['gene']}, by {counts}"
    return GenesResult(path=options.out, table=table, agreement=None, facts=facts, _bed=bed)


def _write(table: pd.DataFrame, target: Path | None, bed: pd.DataFrame, track: Path | None) -> None:
    from archaictools.io.bed import write_bed
    from archaictools.io.tables import write_table

    if target:
        write_table(target, table)
    if track:
        write_bed(track, [bed])


def _gene_fact(table: pd.DataFrame, options: GeneOptions, summary: Summary) -> dict[str, str]:
    where = f" in {options.out}" if options.out else ""
    return {"genes": f"{len(table):,}{where} ({summary.sentence()})"}
