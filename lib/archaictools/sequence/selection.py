"""Which regions are cut into windows: labelled maps, named regions, or the whole genome."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from archaictools.errors import InputError, shortlist
from archaictools.io.annotation import read_genes
from archaictools.io.bed import read_bed
from archaictools.io.naming_styles import match_names, renamed
from archaictools.sequence.labels import DEPLETED, INTROGRESSED, UNLABELLED
from archaictools.sequence.matched_regions import draw_matched_regions
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
    from archaictools.io.summary import Summary
    from archaictools.sequence.options import RegionOptions


log = logging.getLogger("archaictools")

_PLACE = ["chrom", "start", "end"]

#: Class of the regions of ``--exclude`` in the summary.
EXCLUDED = "excluded"


def select_regions(genome: Genome, selection: RegionOptions, *, seed: int, tally: Summary) -> dict[str, pd.DataFrame]:
    """Read and prepare the regions to cut.

    Parameters
    ----------
    genome
        Names and lengths of the chromosomes, and bases to match GC.
    selection
        The files, and what becomes of overlaps.
    seed
        Random seed of the drawing of matched regions.
    tally
        Counts of what is merged, clipped and dropped.

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
    ready = prepare(classes, lengths=genome.lengths, exclude=exclude, merging=not selection.no_merge, tally=tally)
    if not selection.depleted:
        regions = ready[INTROGRESSED]
        if selection.no_merge:
            regions = merge(regions, tally=tally, group="introgressed, for drawing matched regions")
        ready[DEPLETED] = draw_matched_regions(
            regions,
            genome,
            exclude=exclude,
            gc_tolerance=selection.gc_tolerance,
            seed=seed,
            tally=tally,
        )
    return ready


def _read(path: Path, group: str, genome: Genome, selection: RegionOptions, tally: Summary) -> pd.DataFrame:
    """Read one BED file of regions and keep the chosen chromosomes."""
    return _chosen(read_bed(path, tally=tally, group=group), path, group, genome, selection, tally)


def _chosen(
    frame: pd.DataFrame, path: Path, group: str, genome: Genome, selection: RegionOptions, tally: Summary
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


def _read_excluded(path: Path, genome: Genome, selection: RegionOptions, tally: Summary) -> pd.DataFrame:
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


def _unlabelled(genome: Genome, selection: RegionOptions, exclude: pd.DataFrame | None, tally: Summary) -> pd.DataFrame:
    if selection.regions:
        frame = read_genes(selection.regions, tally=tally, group=UNLABELLED)
        frame = _chosen(frame, selection.regions, UNLABELLED, genome, selection, tally)
        frame = clip(frame, genome.lengths, tally=tally, group=UNLABELLED)
        if not selection.no_merge:
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
