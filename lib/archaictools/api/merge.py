"""``archaictools.merge``: join predictions that were made chromosome by chromosome."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archaictools.api.inputs import file_of, listed
from archaictools.api.keywords import keywords
from archaictools.api.predictions import BIGWIG_SUFFIXES
from archaictools.api.result import FileResult
from archaictools.errors import UsageError
from archaictools.options import OUTPUT, RunOptions, option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.api.inputs import PathLike
    from archaictools.io.merge import Kind


@dataclass(frozen=True, kw_only=True)
class MergeFiles:
    """The output."""

    out: Path = option(type=OUTPUT, help="One file of the kind of the parts.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MergeResult(FileResult):
    """One file made of parts.

    Attributes
    ----------
    path
        The file.
    callable
        File of callable regions of a table of segments, or None.
    kind
        Kind of the parts: ``bigWig``, ``table``, ``BED`` or ``summary``.
    rows
        Number of rows, or of intervals of a bigWig.
    empty_parts
        Number of parts without a row.
    """

    path: Path
    callable: Path | None
    kind: Kind
    rows: int
    empty_parts: int = field(repr=False)


@keywords(files=MergeFiles, run=RunOptions)
def merge(parts: PathLike | Sequence[PathLike], *, files: MergeFiles, run: RunOptions) -> MergeResult:
    """Join predictions that were made chromosome by chromosome into what one run over all of them gives.

    Parameters
    ----------
    parts
        bigWigs, tables, BED files or summaries of people, or results of ``predict``: one or several, all of one kind.
        No chromosome may be in two.

    Returns
    -------
    MergeResult
        The path of the file, and counts.

    Raises
    ------
    InputError
        If parts differ in kind, build or naming style, a chromosome is in two of them, or a value is wrong.
    UsageError
        If there is no part, if the output of other parts is named like a bigWig, or if a file of callable regions of
        another run lies in its folder.
    """
    from archaictools.haplotypes.merge import merge_callable_files, merge_people
    from archaictools.io.files import StagedOutputs
    from archaictools.io.merge import Kind, kind_of_parts, merge_files
    from archaictools.io.summary import Summary

    del run  # joining uses one thread and no random numbers
    several, summary = listed(parts), Summary()
    if not several:
        raise UsageError("parts is empty, expected one file or more")
    with ExitStack() as stack, StagedOutputs() as outputs:
        paths = [stack.enter_context(file_of(part, "parts")) for part in several]
        target = outputs.stage(files.out)
        kind, filled = kind_of_parts(paths)
        if files.out.suffix.lower() in BIGWIG_SUFFIXES and kind is not Kind.BIGWIG:
            raise UsageError(
                f"is the name of a bigWig, but the parts are of kind {kind}",
                path=files.out,
                remedy="name another output",
            )
        people = kind is Kind.PEOPLE
        rows = merge_people(filled, target) if people else merge_files(filled, target, kind, tally=summary)
        tables = kind is Kind.TABLE
        regions = merge_callable_files(paths, files.out, outputs, tally=summary) if tables else None
    empty = len(paths) - len(filled)
    facts = {
        "merged": f"{len(paths):,} {kind} parts into {files.out}" + (f", {empty:,} of them empty" if empty else "")
    }
    facts["intervals" if kind is Kind.BIGWIG else "rows"] = f"{rows:,}"
    if regions:
        facts["what was read"] = f"in {regions}"
    if summary.frame()["count"].sum():
        facts["handled"] = summary.sentence()
    return MergeResult(path=files.out, callable=regions, kind=kind, rows=rows, empty_parts=empty, facts=facts)
