"""``archaictools windows``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archaictools.cli.options import INPUT, MAX_LENGTH, OUTPUT, common, names, report

if TYPE_CHECKING:
    from pathlib import Path


@click.command("windows", short_help="Cut regions into windows.")
@click.option("--genome", type=INPUT, required=True, help="FASTA, plain, gzip or bgzip.")
@click.option("--introgressed", type=INPUT, help="BED of introgressed regions.")
@click.option("--depleted", type=INPUT, help="BED of depleted regions; left out: matched controls are drawn.")
@click.option("--regions", type=INPUT, help="BED, GTF or GFF3 of unlabelled regions or genes.")
@click.option(
    "--exclude", type=INPUT, help="BED of regions to leave out; rows on chromosomes that the genome lacks are counted."
)
@click.option("--chromosomes", callback=names, help="Use these only, separated by commas.")
@click.option("--size", type=click.IntRange(1, MAX_LENGTH), default=200, show_default=True, help="Window length in bp.")
@click.option(
    "--step",
    type=click.IntRange(1, MAX_LENGTH),
    default=200,
    show_default=True,
    help="Distance of window starts in bp.",
)
@click.option("--max-n", type=click.IntRange(0, MAX_LENGTH), default=0, show_default=True, help="Most N in a window.")
@click.option("--no-merge", is_flag=True, help="Keep overlapping regions as they are (the article's way; leaks).")
@click.option("--keep-short", is_flag=True, help="Keep windows shorter than --size (short genes, ends of regions).")
@click.option(
    "--gc-tolerance",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="Largest GC difference between a region and its drawn control.",
)
@click.option("--out", type=OUTPUT, required=True, help="BED6 of windows, named introgressed, depleted or '.'.")
@click.option("--by-chromosome", type=OUTPUT, help="Folder: the same windows as one BED a chromosome, to share out.")
@click.option("--summary", type=OUTPUT, help="TSV of what was merged, clipped and dropped, and why.")
@common
def command(
    *,
    genome: Path,
    introgressed: Path | None,
    depleted: Path | None,
    regions: Path | None,
    exclude: Path | None,
    chromosomes: tuple[str, ...],
    size: int,
    step: int,
    max_n: int,
    no_merge: bool,
    keep_short: bool,
    gc_tolerance: float,
    out: Path,
    by_chromosome: Path | None,
    summary: Path | None,
    threads: int,
    seed: int,
) -> None:
    """Cut labelled regions, unlabelled regions or genes, or the whole genome into windows.

    With --introgressed (and --depleted) the windows are labelled; with --regions they are not; with neither the
    genome is tiled. Overlapping regions of a class are merged first and bases that both classes claim are dropped.

    The FASTA may hold letters of DNA and RNA; others than A, C, G, T and U, such as gaps, count as N.
    """
    from archaictools.errors import InputError
    from archaictools.io.bed import write_bed, write_bed_by_chromosome
    from archaictools.io.fasta import open_genome
    from archaictools.io.files import Outputs
    from archaictools.io.summary import Tally
    from archaictools.io.tables import write_table
    from archaictools.progress import Progress
    from archaictools.sequence.selection import Selection, select_regions
    from archaictools.sequence.windows import Cutting, cut_regions

    cutting = Cutting(size=size, step=step, max_n=max_n, keep_short=keep_short)
    selection = Selection(
        introgressed=introgressed,
        depleted=depleted,
        regions=regions,
        exclude=exclude,
        chromosomes=chromosomes,
        merging=not no_merge,
        gc_tolerance=gc_tolerance,
        seed=seed,
    )
    tally = Tally()
    with Outputs() as outputs, open_genome(genome) as sequence:
        target = outputs.stage(out)
        table = outputs.stage(summary) if summary else None
        folder = outputs.stage_folder(by_chromosome) if by_chromosome else None
        sequence.letters.tell(tally, "genome")
        classes = select_regions(sequence, selection, tally=tally)
        with Progress(None, "windows", "cut") as progress:
            pieces = cut_regions(classes, sequence, cutting, tally=tally, progress=progress)
            count = write_bed(target, write_bed_by_chromosome(folder, pieces) if folder else pieces)
        if not count:
            raise InputError(f"no window is left ({tally.sentence()})")
        empty = [group for group in classes if not tally.count(group, "windows")]
        if empty:
            raise InputError(f"no {empty[0]} window is left ({tally.sentence()})")
        if table:
            write_table(table, tally.frame())
    report(
        windows=f"{count:,} in {out}",
        **{group if group != "." else "unlabelled": f"{tally.count(group, 'windows'):,}" for group in classes},
        handled=tally.sentence(),
    )
