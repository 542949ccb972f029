"""Preparation of labelled regions: clip, exclude, merge, and remove what both classes claim.

Published maps list the same base many times (the introgressed regions of the article cover each base 9.1 times).
Windows cut from such rows are copies of one another, which a random split puts on both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.intervals import IntervalSet, end_to_end, merge_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archaictools.io.summary import Summary

_PLACE = ["chrom", "start", "end"]


def select_chromosomes(
    frame: pd.DataFrame, chromosomes: frozenset[str] | None, *, tally: Summary, group: str
) -> pd.DataFrame:
    """Keep regions on the chromosomes asked for (all when None), counting the rest."""
    if chromosomes is None:
        return frame
    chosen = frame["chrom"].isin(chromosomes)
    if not chosen.all():
        tally.add(group, "rows on chromosomes not asked for", int((~chosen).sum()), bases(frame[~chosen]))
    return frame[chosen].reset_index(drop=True)


def clip(frame: pd.DataFrame, lengths: Mapping[str, int], *, tally: Summary, group: str) -> pd.DataFrame:
    """Cut regions at the end of their chromosome and drop those that lie wholly beyond it.

    All chromosomes must be in ``lengths``; see :meth:`archaictools.io.fasta.Genome.require`.
    """
    limit = frame["chrom"].map(lengths).astype("int64")
    beyond = frame["start"] >= limit
    past = (frame["end"] > limit) & ~beyond
    if beyond.any():
        tally.add(group, "rows beyond the chromosome's end, dropped", int(beyond.sum()), bases(frame[beyond]))
    if past.any():
        overhang = (frame["end"] - limit)[past]
        tally.add(group, "rows clipped at the chromosome's end", int(past.sum()), int(overhang.sum()))
    return frame.assign(end=frame["end"].clip(upper=limit))[~beyond].reset_index(drop=True)


def merge(frame: pd.DataFrame, *, tally: Summary, group: str) -> pd.DataFrame:
    """Join overlapping and touching regions, counting what that removed."""
    merged = merge_table(frame)
    tally.add(group, "rows merged away", len(frame) - len(merged), bases(frame) - bases(merged))
    tally.add(group, "regions after merging", len(merged), bases(merged))
    return merged


def remove(frame: pd.DataFrame, unwanted: pd.DataFrame, *, tally: Summary, group: str, item: str) -> pd.DataFrame:
    """Cut ``unwanted`` intervals out of regions, counting the regions touched and the bases lost."""
    if frame.empty or unwanted.empty:
        return frame[_PLACE]
    both = pd.concat([part[_PLACE].astype({"chrom": object}) for part in (frame, unwanted)])
    code, _ = pd.factorize(both["chrom"])
    start, end = end_to_end(code, *(both[name].to_numpy(dtype=np.int64) for name in ("start", "end")))
    count = len(frame)
    cut = IntervalSet.merged(start[count:], end[count:])
    touched = cut.overlaps(start[:count], end[:count])
    if not touched.any():
        return frame[_PLACE]
    row, left, right = cut.gaps(int(end.max())).pieces_within(start[:count], end[:count])
    kept = frame[_PLACE].iloc[row]
    behind = start[row] - kept["start"].to_numpy()
    kept = kept.assign(start=left - behind, end=right - behind).reset_index(drop=True)
    tally.add(group, item, int(touched.sum()), bases(frame) - bases(kept))
    return kept


def prepare(
    classes: dict[str, pd.DataFrame],
    *,
    lengths: Mapping[str, int],
    exclude: pd.DataFrame | None,
    merging: bool,
    tally: Summary,
) -> dict[str, pd.DataFrame]:
    """Make the regions of each class ready for cutting.

    Parameters
    ----------
    classes
        Class name to regions (``chrom, start, end``).
    lengths
        Chromosome lengths of the genome in bp.
    exclude
        Regions to cut out of every class, or None.
    merging
        Join overlapping regions of a class; False keeps every row as published (the article's way).
    tally
        Where everything merged, clipped and dropped is counted.

    Returns
    -------
    dict
        Class name to regions, sorted by chromosome and start.

    Raises
    ------
    InputError
        If nothing is left of a class.
    """
    ready = {}
    for group, frame in classes.items():
        kept = clip(frame, lengths, tally=tally, group=group)
        if exclude is not None:
            kept = remove(kept, exclude, tally=tally, group=group, item="regions cut by --exclude")
        ready[group] = merge(kept, tally=tally, group=group) if merging else kept[_PLACE]
    if len(ready) == 2:
        (one, first), (other, second) = ready.items()
        item = "regions cut because both classes claim them"
        ready = {
            one: remove(first, second, tally=tally, group=one, item=item),
            other: remove(second, first, tally=tally, group=other, item=item),
        }
    for group, frame in ready.items():
        if frame.empty:
            raise InputError(f"no {group} region is left ({tally.sentence()})")
    return {group: in_order(frame) for group, frame in ready.items()}


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort as ``sort -k1,1 -k2,2n -k3,3n`` does in the C locale."""
    return frame.sort_values(_PLACE, kind="stable").reset_index(drop=True)


def bases(frame: pd.DataFrame) -> int:
    """Sum of interval lengths in bp."""
    return int((frame["end"] - frame["start"]).sum())
