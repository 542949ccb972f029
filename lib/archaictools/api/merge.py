"""``archaictools.merge``: join the results of parts of a run, by chromosome or by group of people."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from archaictools.api.inputs import file_of, listed
from archaictools.api.keywords import keywords
from archaictools.api.predictions import BIGWIG_SUFFIXES
from archaictools.api.result import FileResult
from archaictools.errors import UsageError
from archaictools.haplotypes.options import TrackLineOptions
from archaictools.options import BINARY, OUTPUT, RunOptions, flag_of, option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.api.inputs import PathLike
    from archaictools.io.files import StagedOutputs
    from archaictools.io.part_kinds import Kind
    from archaictools.io.summary import Summary

_OF_SUMS = "Of sums: "


@dataclass(frozen=True, kw_only=True)
class MergeFiles:
    """The outputs."""

    out: Path | None = option(
        None,
        type=OUTPUT,
        help="One file of the kind of the parts, or a new folder of tracks; may be left out for sums.",
    )
    segments: Path | None = option(
        None, type=OUTPUT, help=f"{_OF_SUMS}TSV of segments with posterior, source and its evidence."
    )
    bed: Path | None = option(None, type=OUTPUT, help=f"{_OF_SUMS}BED of segments, coloured by source.")
    bigbed: Path | None = option(None, type=BINARY, help=f"{_OF_SUMS}bigBed of segments, coloured by source.")
    summary: Path | None = option(None, type=OUTPUT, help=f"{_OF_SUMS}TSV, one row per person.")
    deserts: Path | None = option(
        None, type=OUTPUT, help=f"{_OF_SUMS}BED of callable stretches in which no haplotype has a segment."
    )
    callable: Path | None = option(
        None,
        type=OUTPUT,
        help=f"{_OF_SUMS}BED of callable regions with the number of haplotypes that have data "
        "[default: NAME.callable.bed in the folder of --segments].",
    )
    mean: Path | None = option(None, type=BINARY, help=f"{_OF_SUMS}bigWig of the mean posterior of all haplotypes.")
    share: Path | None = option(
        None, type=BINARY, help=f"{_OF_SUMS}bigWig of the fraction of haplotypes with a segment."
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MergeResult(FileResult):
    """What parts were joined into.

    Attributes
    ----------
    path
        The file or folder of ``--out``, or None if sums were joined without it.
    files
        The outputs.
    callable
        File of callable regions of a table of segments, or None.
    kind
        Kind of the parts: ``bigWig``, ``table``, ``BED``, ``summary``, ``sums`` or ``folder of tracks``.
    rows
        Number of rows, of intervals of bigWigs, or of segments.
    empty_parts
        Number of parts without a row.
    """

    path: Path | None
    files: MergeFiles = field(repr=False)
    callable: Path | None
    kind: Kind
    rows: int
    empty_parts: int = field(repr=False)


@keywords(files=MergeFiles, display=TrackLineOptions, run=RunOptions)
def merge(
    parts: PathLike | Sequence[PathLike], *, files: MergeFiles, display: TrackLineOptions, run: RunOptions
) -> MergeResult:
    """Join results of ``predict`` for chromosomes or groups of people into what one run over all of them gives.

    Parameters
    ----------
    parts
        Sums, folders of tracks, bigWigs, tables, BED files or summaries of people, or results of ``predict``: one or
        several, all of one kind. No person may be on a chromosome of two parts.

    Returns
    -------
    MergeResult
        The outputs, and counts.

    Raises
    ------
    InputError
        If parts differ in kind, build or naming style, the same is in two of them, or a value is wrong.
    UsageError
        If there is no part or no output, if an output is only for sums, if the output of other parts is named like a
        bigWig, or if a file of callable regions of another run lies in its folder.
    """
    from archaictools.io.files import StagedOutputs
    from archaictools.io.part_kinds import Kind, kind_of_parts
    from archaictools.io.summary import Summary
    from archaictools.report.people.wording import count

    del run  # joining uses one thread and no random numbers
    several, summary = listed(parts), Summary()
    if not several:
        raise UsageError("parts is empty, expected one file or more")
    with ExitStack() as stack, StagedOutputs() as outputs:
        paths = [stack.enter_context(file_of(part, "parts")) for part in several]
        kind, filled = kind_of_parts(paths)
        if kind is Kind.SUMS:
            return _of_sums(filled, files, outputs, track_line=display.track_line)
        given = asdict(files) | asdict(display)
        others = [flag_of(name) for name, value in given.items() if value and name != "out"]
        if others:
            raise UsageError(
                f"{', '.join(others)}: only for sums, but the parts are of kind {kind}; "
                "give the files of 'archaictools predict --sums', or name --out alone"
            )
        if files.out is None:
            raise UsageError("name the output with --out")
        rows, regions, unlike = _of_results(paths, filled, files.out, kind, outputs, summary)
    empty = len(paths) - len(filled)
    facts = {
        "merged": f"{count(len(paths), f'{kind} part')} into {files.out}"
        + (f", {empty:,} of them empty" if empty else "")
    }
    facts["intervals" if kind in {Kind.BIGWIG, Kind.TRACKS} else "rows"] = f"{rows:,}"
    facts |= unlike
    if regions:
        facts["what was read"] = f"in {regions}"
    if summary.frame()["count"].sum():
        facts["handled"] = summary.sentence()
    return MergeResult(
        path=files.out, files=files, callable=regions, kind=kind, rows=rows, empty_parts=empty, facts=facts
    )


def _of_results(
    paths: Sequence[Path],
    filled: Sequence[Path],
    out: Path,
    kind: Kind,
    outputs: StagedOutputs,
    summary: Summary,
) -> tuple[int, Path | None, dict[str, str]]:
    """Join results of one kind; return their number of rows, a file of callable regions, and a fact about people."""
    from archaictools.haplotypes.likeness import warn_of_people
    from archaictools.haplotypes.merge import (
        merge_callable_files,
        merge_people,
        merge_track_folders,
        warn_of_whole_run,
    )
    from archaictools.haplotypes.named_genomes import warn_if_unmatched
    from archaictools.io.merge import merge_files
    from archaictools.io.part_kinds import Kind

    if kind is Kind.TRACKS:
        return merge_track_folders(filled, outputs.stage_folder(out), tally=summary), None, {}
    target = outputs.stage(out)
    if out.suffix.lower() in BIGWIG_SUFFIXES and kind is not Kind.BIGWIG:
        raise UsageError(
            f"is the name of a bigWig, but the parts are of kind {kind}", path=out, remedy="name another output"
        )
    warn_of_whole_run(filled, kind)
    if kind is Kind.PEOPLE:
        people = merge_people(filled, target)
        return len(people), None, warn_of_people(people) | warn_if_unmatched(people)
    rows = merge_files(filled, target, kind, tally=summary)
    return rows, merge_callable_files(paths, out, outputs, tally=summary) if kind is Kind.TABLE else None, {}


def _of_sums(paths: Sequence[Path], files: MergeFiles, outputs: StagedOutputs, *, track_line: bool) -> MergeResult:
    """Join sums, and write the outputs of the whole run."""
    from archaictools.haplotypes.callable_file import callable_file_beside
    from archaictools.haplotypes.joined_outputs import JoinedFiles, write_joined
    from archaictools.haplotypes.joined_sums import JoinedSums
    from archaictools.haplotypes.likeness import warn_if_unlike
    from archaictools.haplotypes.sums_file import SumsFile
    from archaictools.io.part_kinds import Kind
    from archaictools.progress import Progress
    from archaictools.report.people.wording import count, people

    files = replace(files, callable=files.callable or callable_file_beside(files.segments))
    named = {name: path for name, path in asdict(files).items() if path}
    if track_line and not files.bed:
        raise UsageError("--track-line is the first line of --bed, which is missing; name a file for it")
    if not named:
        raise UsageError(f"name an output of the joined sums: {', '.join(map(flag_of, asdict(files)))}")
    staged = JoinedFiles(**{name: outputs.stage(path) for name, path in named.items()})
    joined = JoinedSums([SumsFile(path) for path in paths])
    with Progress(staged.passes * len(joined.bins), "chromosomes", "merge") as progress:
        rows = write_joined(joined, staged, progress=progress, track_line=track_line)
    samples = {sample for sample, _ in joined.head.haplotypes}
    facts = {
        "merged": f"{count(len(paths), f'{Kind.SUMS} part')} of {people(len(samples))} on "
        f"{count(len(joined.bins), 'chromosome')}",
        "outputs": ", ".join(map(str, named.values())),
    }
    if staged.of_segments:
        facts["segments"] = f"{rows:,}"
    facts |= warn_if_unlike(joined.unlike_training())
    return MergeResult(
        path=files.out,
        files=files,
        callable=files.callable,
        kind=Kind.SUMS,
        rows=rows,
        empty_parts=0,
        facts=facts,
    )
