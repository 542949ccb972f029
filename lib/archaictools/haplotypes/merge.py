"""Join results of people that were made chromosome by chromosome: summaries, and callable regions of segments."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.callable_file import callable_file_of
from archaictools.haplotypes.people_file import LENGTH, read_people
from archaictools.haplotypes.segment_file import is_segments
from archaictools.io.merge import kind_of_parts, merge_files
from archaictools.io.pipes import is_stream
from archaictools.io.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")


def merge_people(parts: Sequence[Path], target: Path) -> int:
    """Add up summaries of people over files of different chromosomes, as one run over all of them gives.

    Numbers are added, ``percent`` and ``mean_length`` follow from the sums, and ``haplotypes`` is the maximum (a
    chromosome may be haploid). A sum is ``NA`` if all its terms are. In files without the column ``length``, the total
    length of segments is ``mean_length`` times ``segments``, to six digits.

    Parameters
    ----------
    parts
        Summaries of the same people.
    target
        Where to write.

    Returns
    -------
    int
        Number of people.

    Raises
    ------
    InputError
        If the parts differ in their columns or people, or if a value is impossible.
    """
    frames = [read_people(part) for part in parts]
    first = frames[0]
    for part, frame in zip(parts[1:], frames[1:], strict=True):
        if list(frame.columns) != list(first.columns):
            found, expected = (", ".join(map(str, names.columns)) for names in (frame, first))
            raise InputError(f"has columns: {found}; {parts[0]} has {expected}", path=part, line=1)
        for name, lacking, other in ((part, frame, first), (parts[0], first, frame)):
            absent = other.index.difference(lacking.index)
            if len(absent):
                raise InputError(
                    f"has no row of {absent[0]}, unlike the other parts",
                    path=name,
                    remedy="merge parts of the same people",
                )
    _warn_of_copies(parts, frames)
    joined = _added(frames).loc[first.index]
    return write_table(target, joined.reset_index()[["sample", *first]])


def _warn_of_copies(parts: Sequence[Path], frames: Sequence[pd.DataFrame]) -> None:
    """Warn of parts with equal numbers, since a summary does not name its chromosomes."""
    for number, frame in enumerate(frames):
        for other in range(number):
            if frame["segments"].sum() and frame.equals(frames[other].loc[frame.index]):
                log.warning("%s and %s have the same numbers: is a chromosome in both?", parts[other], parts[number])


def _added(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the sums of people over parts."""
    whole = [str(name) for name in frames[0] if name not in {"percent", "mean_length"}]
    known_length = LENGTH in frames[0]
    groups = pd.concat(
        [
            frame if known_length else frame.assign(**{LENGTH: (frame["mean_length"] * frame["segments"]).round()})
            for frame in frames
        ]
    ).groupby(level="sample", sort=False)
    sums: pd.DataFrame = groups.sum(min_count=1)
    for name in ("haplotypes", "longest"):
        sums[name] = groups[name].max()
    joined: dict[str, Any] = {name: sums[name].astype("Int64") for name in whole}
    joined["percent"] = _ratio(100 * sums["introgressed"], sums["callable"])
    joined["mean_length"] = _ratio(sums[LENGTH], sums["segments"])
    return pd.DataFrame(joined)


def _ratio(numerator: pd.Series[float], denominator: pd.Series[float]) -> pd.Series[float]:
    """Divide; NaN where the denominator is 0."""
    return numerator / denominator.where(denominator > 0, np.nan)


def merge_callable_files(parts: Sequence[Path], out: Path, outputs: StagedOutputs, *, tally: Summary) -> Path | None:
    """Join the files of callable regions that belong to tables of segments.

    Parameters
    ----------
    parts
        Tables of one kind; other tables than those of segments have no such files.
    out
        The table made of them.
    outputs
        Where the output is staged.
    tally
        Counts headers and comments.

    Returns
    -------
    Path or None
        The file that belongs to ``out``, or None if parts have no such files.

    Raises
    ------
    UsageError
        If nothing is joined, but the file that belongs to ``out`` exists; or if that is the one of a part.
    """
    if not is_segments(parts[0]):
        return None
    files, own = [callable_file_of(part) for part in parts], callable_file_of(out)
    lacking = [part for part, file in zip(parts, files, strict=True) if not file.is_file()]
    if not lacking and not is_stream(out):
        kind, filled = kind_of_parts(files)
        merged = outputs.stage(own)
        for file in files:
            outputs.keep(file)
        merge_files(filled, merged, kind, tally=tally)
        return own
    if len(lacking) < len(parts):
        reason = f"{out} has no folder to write them to"
        if lacking:
            reason = f"{lacking[0]} has no {callable_file_of(lacking[0]).name} in its folder"
        log.warning("callable regions are not joined: %s", reason)
    if not is_stream(out) and own.exists():
        raise UsageError(
            "would be read as the callable regions of the output, but those of the parts are not joined",
            path=own,
            remedy="remove it, or name another output",
        )
    return None
