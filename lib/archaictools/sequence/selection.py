"""Which regions are cut into windows: labelled maps, named regions, or the whole genome."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from archaictools.errors import InputError, UsageError, shortlist
from archaictools.io.annotation import read_genes
from archaictools.io.bed import read_bed
from archaictools.io.naming_styles import match_names, renamed
from archaictools.sequence.labels import DEPLETED, INTROGRESSED, UNLABELLED
from archaictools.sequence.matched_regions import draw_controls
from archaictools.sequence.regions import (
    bases,
    clip,
    in_order,
    merge,
    prepare,
    remove,
    select_chromosomes,
)

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.io.fasta import Genome
    from archaictools.io.summary import Tally


log = logging.getLogger("archaictools")

_PLACE = ["chrom", "start", "end"]

#: Class of the regions of ``--exclude`` in the summary.
EXCLUDED = "excluded"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What to cut.

    Attributes
    ----------
    introgressed, depleted
        BED files of the two classes; without ``depleted``, matched controls are drawn.
    regions
        BED, GTF or GFF3 of unlabelled regions; without any of the three, the genome is tiled.
    exclude
        BED of regions to leave out of everything.
    chromosomes
        Use these only; empty for all.
    merging
        Join overlapping regions of a class before cutting.
    gc_tolerance
        Largest difference in GC share between a region and its control.
    seed
        Of the drawing of controls.
    """

    introgressed: Path | None = None
    depleted: Path | None = None
    regions: Path | None = None
    exclude: Path | None = None
    chromosomes: tuple[str, ...] = ()
    merging: bool = True
    gc_tolerance: float = 0.02
    seed: int = 1

    def __post_init__(self) -> None:
        if self.depleted and not self.introgressed:
            raise UsageError("--depleted needs --introgressed beside it")
        if self.regions and self.introgressed:
            raise UsageError("give either --introgressed (labelled windows) or --regions (unlabelled ones), not both")
        if not 0 <= self.gc_tolerance <= 1:
            raise UsageError(f"the GC tolerance is {self.gc_tolerance}, expected 0 to 1")


def select_regions(genome: Genome, selection: Selection, *, tally: Tally) -> dict[str, pd.DataFrame]:
    """Read and prepare the regions to cut.

    Returns
    -------
    dict
        Class (``introgressed``, ``depleted`` or ``.``) to regions ``chrom, start, end``, sorted.

    Raises
    ------
    InputError
        If a file cannot be understood, names a chromosome that the genome lacks, or leaves nothing to cut.
    """
    chosen = tuple(genome.require(selection.chromosomes, "--chromosomes").values())
    selection = replace(selection, chromosomes=chosen)
    exclude = _read_excluded(selection.exclude, genome, selection, tally) if selection.exclude else None
    if selection.introgressed is None:
        return {UNLABELLED: _unlabelled(genome, selection, exclude, tally)}
    classes = {INTROGRESSED: _read(selection.introgressed, INTROGRESSED, genome, selection, tally)}
    if selection.depleted:
        classes[DEPLETED] = _read(selection.depleted, DEPLETED, genome, selection, tally)
    ready = prepare(classes, lengths=genome.lengths, exclude=exclude, merging=selection.merging, tally=tally)
    if not selection.depleted:
        regions = ready[INTROGRESSED]
        if not selection.merging:
            regions = merge(regions, tally=tally, group="introgressed, for drawing controls")
        ready[DEPLETED] = draw_controls(
            regions,
            genome,
            exclude=exclude,
            gc_tolerance=selection.gc_tolerance,
            seed=selection.seed,
            tally=tally,
        )
    return ready


def _read(path: Path, group: str, genome: Genome, selection: Selection, tally: Tally) -> pd.DataFrame:
    """Read one BED file of regions and keep the chosen chromosomes."""
    return _chosen(read_bed(path, tally=tally, group=group), path, group, genome, selection, tally)


def _chosen(
    frame: pd.DataFrame, path: Path, group: str, genome: Genome, selection: Selection, tally: Tally
) -> pd.DataFrame:
    """Name chromosomes as the genome does, and keep the chosen ones."""
    frame = frame[_PLACE]
    names = match_names(frame["chrom"], genome.lengths, source=path, tally=tally)
    frame = frame.assign(chrom=renamed(frame["chrom"], names))
    kept = select_chromosomes(frame, frozenset(selection.chromosomes) or None, tally=tally, group=group)
    if kept.empty:
        raise InputError(f"has no row on {', '.join(selection.chromosomes)}", path=path)
    genome.require(kept["chrom"], path)
    return kept


def _read_excluded(path: Path, genome: Genome, selection: Selection, tally: Tally) -> pd.DataFrame:
    """Read regions to leave out; rows on chromosomes that the genome lacks are counted: masks list whole genomes."""
    frame = read_bed(path, tally=tally, group=EXCLUDED)
    names = match_names(frame["chrom"], genome.lengths, source=path, tally=tally)
    known = frame["chrom"].isin(list(names))
    if not known.all():
        item = "rows on chromosomes that the genome lacks, not used"
        tally.add(EXCLUDED, item, int((~known).sum()), bases(frame[~known]))
    if not known.any():
        log.warning(
            "%s excludes nothing: it names %s, and %s holds %s",
            path,
            shortlist(frame["chrom"].unique()),
            genome.path,
            shortlist(genome.lengths),
        )
    frame = frame.loc[known, _PLACE]
    frame = frame.assign(chrom=renamed(frame["chrom"], names))
    return select_chromosomes(frame, frozenset(selection.chromosomes) or None, tally=tally, group=EXCLUDED)


def _unlabelled(genome: Genome, selection: Selection, exclude: pd.DataFrame | None, tally: Tally) -> pd.DataFrame:
    if selection.regions:
        frame = read_genes(selection.regions, tally=tally, group=UNLABELLED)
        frame = _chosen(frame, selection.regions, UNLABELLED, genome, selection, tally)
        frame = clip(frame, genome.lengths, tally=tally, group=UNLABELLED)
        if selection.merging:
            frame = merge(frame, tally=tally, group=UNLABELLED)
    else:
        chroms = selection.chromosomes or tuple(genome.lengths)
        frame = pd.DataFrame([(chrom, 0, genome.lengths[chrom]) for chrom in chroms], columns=["chrom", "start", "end"])
        tally.add(UNLABELLED, "chromosomes tiled", len(frame), int(frame["end"].sum()))
    if exclude is not None:
        frame = remove(frame, exclude, tally=tally, group=UNLABELLED, item="regions cut by --exclude")
    if frame.empty:
        raise InputError(f"no region is left to cut ({tally.sentence()})")
    return in_order(frame)
