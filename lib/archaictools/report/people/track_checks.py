"""Checks that the folder of tracks of people belongs to the segments: people, genome, carriers and posteriors.

Each difference is refused in one sentence that names the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archaictools.errors import InputError, shorten, shortlist
from archaictools.haplotypes.outputs import SUMMARY_TRACKS
from archaictools.haplotypes.posteriors import DIGITS
from archaictools.intervals import EMPTY_SET, IntervalSet, intervals_by_chromosome
from archaictools.io.bigwig_reader import open_bigwig, values_within
from archaictools.io.files import safe_file_name
from archaictools.report.files import first_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from archaictools.report.people.loading import PeopleFiles
    from archaictools.report.people.results import PeopleResults

_SAME_RUN = "give the outputs of one run"
_SAME_BUILD = "give results of the same genome build"

#: Relative difference that rounding explains.
_ROUNDING = 1e-4

#: Largest difference of a mean posterior that the rounding of each bin explains.
_POSTERIOR_ROUNDING = 10.0**-DIGITS

#: Haplotypes beyond which one carrier may be rounded to a share of 0.
_MOST_HAPLOTYPES = 10 ** (DIGITS + 1)


def check_tracks(results: PeopleResults, files: PeopleFiles) -> None:
    """Raise InputError if the folder of tracks is of other people, of another genome or of other segments."""
    folder = files.bigwig
    if folder is None:
        return
    _check_names(results, folder, files)
    path = folder / "share.bw"
    if not path.is_file():
        raise InputError("holds no share.bw", path=folder, remedy="name the folder that predict --bigwig wrote")
    segments = dict(iter(results.segments.groupby("chrom", sort=False)))
    covered = intervals_by_chromosome(results.segments)
    with open_bigwig(path) as reader:
        lengths = dict(reader.lengths)
        _check_lengths(results, lengths, path, files)
        for chrom in results.lengths:
            track = reader.track(chrom) if chrom in lengths else None
            starts, ends, values = track if track else (np.zeros(0, np.int64),) * 2 + (np.zeros(0),)
            carried = IntervalSet(starts[values > 0], ends[values > 0])
            _check_carriers(chrom, carried, covered.get(chrom, EMPTY_SET), path, files)
            if chrom in segments and len(results.haplotypes) < _MOST_HAPLOTYPES:
                _check_carried(chrom, carried, segments[chrom], path, files)
    _check_headers(folder, lengths, path)
    _check_posteriors(results, folder, files)


def _check_names(results: PeopleResults, folder: Path, files: PeopleFiles) -> None:
    """Refuse a track of a haplotype or person that the results do not have."""
    names = {safe_file_name(f"{sample}.{side}.bw") for sample, side in results.haplotypes}
    names |= {safe_file_name(f"{sample}.bw") for sample, _ in results.haplotypes}
    names |= {f"{name}.bw" for name in SUMMARY_TRACKS}
    strange = sorted(path.name for path in folder.glob("*.bw") if path.name not in names)
    if strange:
        raise InputError(
            f"holds {shortlist(strange)}, whose sample {files.of_people} lacks", path=folder, remedy=_SAME_RUN
        )


def _check_lengths(results: PeopleResults, lengths: Mapping[str, int], path: Path, files: PeopleFiles) -> None:
    """Compare the chromosomes of a track with those of the words."""
    if not files.words:
        return  # the track gives the lengths of the results
    for chrom, length in results.lengths.items():
        other = lengths.get(chrom)
        if other != length:
            raise InputError(
                f"{chrom} has {other:,} bp, but {length:,} bp in {first_of(files.words)}"
                if other
                else f"has no chromosome {chrom}, which {first_of(files.words)} has",
                path=path,
                remedy=_SAME_BUILD,
            )


def _check_carriers(chrom: str, carried: IntervalSet, covered: IntervalSet, path: Path, files: PeopleFiles) -> None:
    """Refuse carriers where no haplotype has a segment."""
    inside = covered.bases_within(carried.start, carried.end)
    first = np.flatnonzero(inside == 0)
    if carried.bases - int(inside.sum()) > _ROUNDING * max(1, covered.bases) and len(first):
        where = f"{chrom}:{carried.start[first[0]] + 1:,}-{carried.end[first[0]]:,}"
        raise InputError(
            f"has carriers at {where}, where {files.segments} has no segment: they are of another model or "
            "other settings",
            path=path,
            remedy=_SAME_RUN,
        )


def _check_carried(chrom: str, carried: IntervalSet, segments: pd.DataFrame, path: Path, files: PeopleFiles) -> None:
    """Refuse a segment that has bases with data (one or more, if they are not counted), but no carrier there."""
    start, end = (segments[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    inside = carried.bases_within(start, end)
    with_data = segments["callable"].to_numpy() if "callable" in segments else np.minimum(1, end - start)
    wrong = np.flatnonzero(inside < with_data)
    if len(wrong):
        row = segments.iloc[int(wrong[0])]
        raise InputError(
            f"has carriers at {inside[wrong[0]]:,} bases of {chrom}:{row['start'] + 1:,}-{row['end']:,}, but "
            f"{files.segments} has a segment of {shorten(row['sample'])} there, with data at "
            f"{with_data[wrong[0]]:,} bases: they are of another model or other settings",
            path=path,
            remedy=_SAME_RUN,
        )


def _check_headers(folder: Path, lengths: Mapping[str, int], share: Path) -> None:
    """Compare the chromosomes of every track with those of ``share.bw``; a haplotype may lack one without data."""
    for path in sorted(folder.glob("*.bw")):
        with open_bigwig(path) as reader:
            own = dict(reader.lengths)
        missing = [chrom for chrom in lengths if chrom not in own] if path.stem in SUMMARY_TRACKS else []
        for chrom in [*own, *missing]:
            if own.get(chrom) == lengths.get(chrom):
                continue
            if chrom in own and chrom in lengths:
                problem = f"{chrom} has {own[chrom]:,} bp, but {lengths[chrom]:,} bp in {share}"
            elif chrom in own:
                problem = f"has the chromosome {chrom}, which {share} lacks"
            else:
                problem = f"lacks the chromosome {chrom}, which {share} has"
            raise InputError(problem, path=path, remedy=_SAME_RUN)


def _check_posteriors(results: PeopleResults, folder: Path, files: PeopleFiles) -> None:
    """Compare the posterior of the longest segment of each haplotype with the mean of its own track there.

    Bases of the segment without a value (gaps) may have had any posterior. A track of a person has the higher value of
    both haplotypes, so its mean may be higher.
    """
    length = results.segments["end"] - results.segments["start"]
    longest = results.segments.loc[
        length.groupby([results.segments[name] for name in ("sample", "haplotype")]).idxmax()
    ]
    for row in longest.to_dict("records"):
        sample, chrom, start, end = str(row["sample"]), str(row["chrom"]), int(row["start"]), int(row["end"])
        own = folder / safe_file_name(f"{sample}.{row['haplotype']}.bw")
        path = own if own.is_file() else folder / safe_file_name(f"{sample}.bw")
        if not path.is_file() or (path.stem in SUMMARY_TRACKS and path != own):
            continue
        with open_bigwig(path) as reader:
            track = reader.track(chrom, near=(start, end)) if chrom in reader.lengths else None
        mean, covered = (float(part[0]) for part in values_within(track, np.array([start]), np.array([end])))
        known = covered if path == own else min(covered, row.get("callable", covered))
        allowed = _POSTERIOR_ROUNDING + 1 - known / (end - start)
        if covered and row["posterior"] - mean <= allowed and (path != own or mean - row["posterior"] <= allowed):
            continue
        what = f"has a mean posterior of {mean:.3f}" if covered else "has no value"
        raise InputError(
            f"{what} at {chrom}:{start + 1:,}-{end:,}, but {files.segments} has a segment of {shorten(sample)}, "
            f"haplotype {row['haplotype']}, with {row['posterior']:.3f} there: they are of other people or another "
            "model",
            path=path,
            remedy=_SAME_RUN,
        )
