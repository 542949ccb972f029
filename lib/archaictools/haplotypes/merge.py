"""Join results of people that were made in parts: summaries, callable regions of segments, and folders of tracks."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.callable_file import callable_file_of
from archaictools.haplotypes.outputs import SUMMARY_TRACKS
from archaictools.haplotypes.people_file import LENGTH, read_people
from archaictools.haplotypes.segment_file import archaic_of, is_segments
from archaictools.io.merge import merge_files
from archaictools.io.part_kinds import Kind, first_row, kind_of_parts
from archaictools.io.pipes import is_stream
from archaictools.io.schema import shown
from archaictools.io.tables import read_header, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.io.files import StagedOutputs
    from archaictools.io.summary import Summary

#: End of the name of a track of one haplotype.
_HAPLOTYPE = re.compile(r"\.[12]$")

log = logging.getLogger("archaictools")


def merge_people(parts: Sequence[Path], target: Path) -> pd.DataFrame:
    """Join summaries of people over files of different chromosomes or people, as one run over all of them gives.

    Numbers of a person are added, ``percent`` and ``mean_length`` follow from the sums, and ``haplotypes`` is the
    maximum (a chromosome may be haploid). A sum is ``NA`` if all its terms are. In files without the column ``length``,
    the total length of segments is ``mean_length`` times ``segments``, to six digits. People come in the order of the
    parts.

    Parameters
    ----------
    parts
        Summaries of the same people, or of people of whom none is in a part with others.
    target
        Where to write.

    Returns
    -------
    pandas.DataFrame
        What was written, one row for each person.

    Raises
    ------
    InputError
        If the parts differ in their columns, if their people overlap in part, or if a value is impossible.
    """
    frames = [read_people(part) for part in parts]
    first = frames[0]
    for part, frame in zip(parts[1:], frames[1:], strict=True):
        if list(frame.columns) != list(first.columns):
            found, expected = (", ".join(map(str, names.columns)) for names in (frame, first))
            raise InputError(
                f"has columns: {found}; {parts[0]} has {expected}",
                path=part,
                line=1,
                remedy="merge tables of one release and of the same archaic genomes",
            )
    groups: list[list[int]] = []
    for number, frame in enumerate(frames):
        for group in groups:
            other = frames[group[0]]
            if not frame.index.isin(other.index).any():
                continue
            _check_same_people(parts[number], frame, parts[group[0]], other)
            group.append(number)
            break
        else:
            groups.append([number])
    if len({len(group) for group in groups}) > 1:
        numbers = " and ".join(f"{frames[group[0]].index[0]} in {len(group):,}" for group in groups[:2])
        log.warning("people are in different numbers of parts (%s): is a part missing?", numbers)
    joined = []
    for group in groups:
        own = [frames[number] for number in group]
        _warn_of_copies([parts[number] for number in group], own)
        joined.append(_added(own).loc[own[0].index])
    people = pd.concat(joined).reset_index()[["sample", *first]]
    write_table(target, people)
    return people


def _check_same_people(part: Path, frame: pd.DataFrame, other_part: Path, other: pd.DataFrame) -> None:
    """Raise InputError unless two parts with a person in common have the same people."""
    for name, lacking, whole in ((part, frame, other), (other_part, other, frame)):
        absent = whole.index.difference(lacking.index)
        if len(absent):
            raise InputError(
                f"has no row of {absent[0]}, unlike the other parts",
                path=name,
                remedy="merge parts of the same people, or of different people",
            )


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
        merge_files(filled, merged, kind, tally=tally, counts=True)
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


def merge_track_folders(folders: Sequence[Path], target: Path, *, tally: Summary) -> int:
    """Join folders of tracks: a track is joined over chromosomes, and folders of different people give all tracks.

    The tracks of all people (:data:`archaictools.haplotypes.outputs.SUMMARY_TRACKS`) are joined only if all folders
    have the same people.

    Parameters
    ----------
    folders
        Folders of ``predict --bigwig``.
    target
        Existing folder for the tracks.
    tally
        Counts values that are NaN and left out.

    Returns
    -------
    int
        Number of intervals.

    Raises
    ------
    InputError
        If a folder holds anything but bigWigs (hidden files aside), or if a chromosome of a track is in two of them.
    """
    tracks: dict[str, list[Path]] = {}
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue  # a mark of a workflow engine or of the system
            if path.suffix != ".bw" or not path.is_file():
                raise InputError(
                    f"holds {shown(path.name)}, expected bigWigs only",
                    path=folder,
                    remedy="give folders of 'archaictools predict --bigwig'",
                )
            tracks.setdefault(path.name, []).append(path)
    if not tracks:
        raise InputError("holds no bigWig", path=folders[0])
    shared = {f"{name}.bw" for name in SUMMARY_TRACKS}
    people: dict[Path, set[str]] = {folder: set() for folder in folders}
    for name, paths in tracks.items():
        for path in paths if name not in shared else ():
            people[path.parent].add(_HAPLOTYPE.sub("", path.stem))  # a second haplotype may lack on a chromosome
    same_people = all(names == people[folders[0]] for names in people.values())
    if not same_people and shared & set(tracks):
        log.warning(
            "the tracks of all people (%s) are left out, since the folders have different people: "
            "make them of sums with merge --mean and --share",
            ", ".join(sorted(shared & set(tracks))),
        )
    rows = 0
    for name, paths in tracks.items():
        if same_people or name not in shared:
            rows += merge_files(paths, target / name, Kind.BIGWIG, tally=tally)
    return rows


def warn_of_whole_run(parts: Sequence[Path], kind: Kind) -> None:
    """Warn of values that depend on all people and chromosomes of a run, which parts of one do not know."""
    if len(parts) < 2:
        return
    what = None
    if kind is Kind.TABLE and is_segments(parts[0]) and archaic_of(read_header(parts[0])):
        what = "the sources of segments"
    elif kind is Kind.PEOPLE and "unmatched_bases" in read_header(parts[0]):
        what = "the bases of each source"
    elif kind is Kind.BED and any("desert;" in field[:7] for field in first_row(parts[0])[3:4]):
        what = "deserts and their expected numbers"
    if what:
        log.warning("%s are those of the parts, and may differ from those of one run: merge sums for these", what)
