"""Checks that results of people belong together: the same people, genome, model and settings.

Each difference is refused in one sentence that names the files. A file that cannot be compared is not refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from archaictools.errors import InputError, shorten, shortlist
from archaictools.intervals import EMPTY_SET, intervals_by_chromosome
from archaictools.report.files import check_recorded, check_same_inputs, first_of
from archaictools.report.people.gene_checks import check_genes
from archaictools.report.people.track_checks import check_tracks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from archaictools.report.people.loading import PeopleFiles
    from archaictools.report.people.results import PeopleResults

_SAME_RUN = "give the outputs of one run"

#: Relative difference that rounding explains.
_ROUNDING = 1e-4


def check_together(results: PeopleResults, files: PeopleFiles) -> None:
    """Raise InputError if two of the results do not belong together."""
    _check_samples(results, files)
    _check_sources(results, files)
    _check_repeated(results, files)
    for table, path in (
        (results.segments, files.segments),
        (results.callable, files.callable or files.segments),
        (results.deserts, files.deserts),
        (results.genes, files.genes),
        (results.candidates, files.candidates),
    ):
        if table is not None and path is not None:
            _check_places(table, results, path, _names_lengths(files))
    _check_callable(results, files)
    _check_summary(results, files)
    _check_settings(results, files)
    check_genes(results, files)
    _check_deserts(results, files)
    check_tracks(results, files)
    records = (results.record, *results.other_records) if results.record else ()
    recorded = list(zip(records, files.record, strict=True))
    evaluated = [(results.evaluation, files.evaluation)] if results.evaluation and files.evaluation else []
    for document, path in (*evaluated, *recorded):
        check_recorded(document, path, {"words": files.words}, results.files, _SAME_RUN)
    for record in recorded[1:]:
        _check_same_settings(record, recorded[0])
    for one in evaluated:
        check_same_inputs(one, recorded, ("model", "words"), _SAME_RUN)


def _names_lengths(files: PeopleFiles) -> str:
    """Return the name of what gives the chromosome lengths."""
    return first_of(files.words or (files.bigwig or files.callable or files.segments,))


def _check_samples(results: PeopleResults, files: PeopleFiles) -> None:
    named = files.of_people
    known = {sample for sample, _ in results.haplotypes}
    if not files.words and files.summary:  # a person without data has a row, but no haplotype
        known |= set(results.people["sample"])
    for samples, path in ((results.segments["sample"], files.segments), (results.people["sample"], files.summary)):
        unknown = sorted(set(samples) - known)
        if unknown and path is not None:
            raise InputError(f"has the sample {shortlist(unknown)}, which {named} lacks", path=path, remedy=_SAME_RUN)
    lacking = sorted(known - set(results.people["sample"]))
    if lacking and files.summary:
        raise InputError(f"lacks {shortlist(lacking)}, which {named} has", path=files.summary, remedy=_SAME_RUN)
    pairs = set(zip(results.segments["sample"], results.segments["haplotype"], strict=True))
    strange = sorted(pairs - set(results.haplotypes))
    if strange:
        sample, side = strange[0]
        raise InputError(
            f"has haplotype {side} of {shorten(sample)}, which {named} lacks", path=files.segments, remedy=_SAME_RUN
        )


def _check_sources(results: PeopleResults, files: PeopleFiles) -> None:
    known = {source.name for source in results.sources}
    unknown = sorted(set(results.segments["source"]) - known)
    if unknown:
        raise InputError(
            f"names the source {shortlist(unknown)}, which is no archaic genome of "
            f"{files.words[0] if files.words else files.segments}",
            path=files.segments,
            remedy=_SAME_RUN,
        )


def _check_repeated(results: PeopleResults, files: PeopleFiles) -> None:
    """Refuse segments of one haplotype that overlap each other, and deserts that do."""
    for table, groups, path, what in (
        (results.segments, ["chrom", "sample", "haplotype"], files.segments, "segments of one haplotype"),
        (results.deserts, ["chrom"], files.deserts, "deserts"),
    ):
        if table is None or not len(table):
            continue
        rows = table.sort_values([*groups, "start"], kind="stable")
        before = rows.groupby(groups, sort=False)["end"].cummax().groupby([rows[name] for name in groups]).shift()
        wrong = rows[before > rows["start"]]
        if len(wrong):
            row = wrong.iloc[0]
            whose = f" of {shorten(row['sample'])}, haplotype {row['haplotype']}," if "sample" in groups else ""
            raise InputError(
                f"has two {what}{whose} at {row['chrom']}:{row['start'] + 1:,}, expected none that overlaps another",
                path=path,
                remedy="give the file of one run, as predict wrote it",
            )


def _check_places(table: pd.DataFrame, results: PeopleResults, path: Path, named: str) -> None:
    """Refuse a chromosome or an end that the genome does not have."""
    genes = "gene" in table
    further = genes or "Q95" in table  # an annotation, or a scan, may have further contigs, which are not read
    unknown = [chrom for chrom in dict.fromkeys(table["chrom"]) if chrom not in results.lengths]
    if unknown and not further:
        raise InputError(
            f"has the chromosome {shortlist(unknown)}, which {named} lacks (it has {shortlist(results.lengths)})",
            path=path,
            remedy="give results of the same genome, with the same chromosome names",
        )
    beyond = table[table["end"] > table["chrom"].map(results.lengths)]
    if genes:
        beyond = beyond[beyond["haplotypes"].notna()]
    if len(beyond):
        chrom, end = str(beyond["chrom"].iloc[0]), int(beyond["end"].iloc[0])
        raise InputError(
            f"reaches {chrom}:{end:,}, but {chrom} has {results.lengths[chrom]:,} bp in {named}",
            path=path,
            remedy="give results of the same genome build",
        )


def _check_callable(results: PeopleResults, files: PeopleFiles) -> None:
    """Compare the callable regions with the callable bases of the segments and of the people."""
    regions = results.callable
    path = files.callable or files.segments
    if "callable" in results.segments:
        known = intervals_by_chromosome(regions)
        for chrom, rows in results.segments.groupby("chrom", sort=False):
            start, end = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
            inside = known.get(str(chrom), EMPTY_SET).bases_within(start, end)
            wrong = np.flatnonzero(inside < rows["callable"].to_numpy())
            if len(wrong):
                row = rows.iloc[int(wrong[0])]
                raise InputError(
                    f"has {inside[wrong[0]]:,} callable bases at {chrom}:{row['start'] + 1:,}-{row['end']:,}, but "
                    f"{files.segments} has {row['callable']:,} there",
                    path=path,
                    remedy=_SAME_RUN,
                )
    read = int(((regions["end"] - regions["start"]) * regions["haplotypes"]).sum())
    counted = int(results.people["callable"].fillna(0).sum())
    if counted > read:
        raise InputError(
            f"has {read:,} callable bases, all haplotypes added up, but {files.summary} has {counted:,}",
            path=path,
            remedy=_SAME_RUN,
        )


def _check_settings(results: PeopleResults, files: PeopleFiles) -> None:
    """Compare the settings of the record with the segments."""
    if results.record is None or not len(results.segments):
        return
    settings = results.record["parameters"]
    shortest = int((results.segments["end"] - results.segments["start"]).min())
    least = settings.get("min_length")
    if isinstance(least, int) and shortest < least:
        raise InputError(
            f"has a minimum length of {least:,} bp, but {files.segments} has a segment of {shortest:,} bp",
            path=files.record[0],
            remedy=_SAME_RUN,
        )
    lowest, threshold = float(results.segments["posterior"].min()), settings.get("threshold")
    # A segment that spans a gap below the threshold may have a lower mean.
    if isinstance(threshold, float) and not settings.get("max_gap") and lowest < threshold - _ROUNDING:
        raise InputError(
            f"has a threshold of {threshold:g}, but {files.segments} has a segment with a posterior of {lowest:g}",
            path=files.record[0],
            remedy=_SAME_RUN,
        )


def _check_same_settings(one: tuple[Mapping[str, Any], Path], first: tuple[Mapping[str, Any], Path]) -> None:
    """Refuse records of parts that another model, or predict with other settings, has made."""
    (own, path), (other, there) = one, first
    check_same_inputs(one, [first], ("model",), _SAME_RUN)
    settings = own["parameters"], other["parameters"]
    differ = sorted(name for name in {*settings[0], *settings[1]} if settings[0].get(name) != settings[1].get(name))
    if differ:
        name = differ[0]
        raise InputError(
            f"has {shorten(name)} {shorten(settings[0].get(name))}, but {there} has {shorten(settings[1].get(name))}",
            path=path,
            remedy=_SAME_RUN,
        )


def _check_summary(results: PeopleResults, files: PeopleFiles) -> None:
    """Compare the archaic bases of each person with the segments."""
    if files.summary is None:
        return
    column = "callable" if "callable" in results.segments else None
    of_segments = results.segments.groupby("sample").size()
    rows = results.people.set_index("sample")
    number = rows["segments"].fillna(0).astype(int)
    wrong = number.index[number != of_segments.reindex(number.index).fillna(0)]
    what, table, found = "segments", number, of_segments
    if not len(wrong) and column:
        found = results.segments.groupby("sample")[column].sum()
        table = rows["introgressed"].fillna(0).astype(int)
        wrong = table.index[table != found.reindex(table.index).fillna(0)]
        what = "archaic bases"
    if len(wrong):
        name = str(wrong[0])
        raise InputError(
            f"counts {int(table[name]):,} {what} of {shorten(name)}, but {files.segments} has "
            f"{int(found.get(name, 0)):,}: they are of another model, other settings or other data",
            path=files.summary,
            remedy=_SAME_RUN,
        )


def _check_deserts(results: PeopleResults, files: PeopleFiles) -> None:
    if results.deserts is None:
        return
    covered = intervals_by_chromosome(results.segments)
    for chrom, rows in results.deserts.groupby("chrom", sort=False):
        start, end = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
        wrong = np.flatnonzero(covered.get(str(chrom), EMPTY_SET).overlaps(start, end))
        if len(wrong):
            first = int(wrong[0])
            raise InputError(
                f"has the desert {chrom}:{start[first] + 1:,}-{end[first]:,}, in which {files.segments} has a segment",
                path=files.deserts,
                remedy=_SAME_RUN,
            )
