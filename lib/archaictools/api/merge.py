"""``archaictools.merge``: join predictions that were made chromosome by chromosome."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archaictools.api.inputs import path_of
from archaictools.api.result import Result
from archaictools.options import OUTPUT, RunOptions, keywords, option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archaictools.api.inputs import PathLike
    from archaictools.io.files import StagedOutputs
    from archaictools.io.merge import Kind
    from archaictools.io.summary import Summary

log = logging.getLogger("archaictools")


@dataclass(frozen=True, kw_only=True)
class MergeFiles:
    """The output."""

    out: Path = option(type=OUTPUT, help="One file of the kind of the parts.")


@dataclass(frozen=True, kw_only=True)
class MergeResult(Result):
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

    def __fspath__(self) -> str:
        """Return the path of the file, so that the result can be given in place of it."""
        return str(self.path)


@keywords(files=MergeFiles, run=RunOptions)
def merge(parts: Sequence[PathLike], *, files: MergeFiles, run: RunOptions) -> MergeResult:
    """Join predictions that were made chromosome by chromosome into what one run over all of them gives.

    Parameters
    ----------
    parts
        bigWigs, tables, BED files or summaries of people of ``predict``, all of one kind. No chromosome may be in two.

    Returns
    -------
    MergeResult
        The path of the file, and counts.

    Raises
    ------
    InputError
        If parts differ in kind, build or naming style, a chromosome is in two of them, or a value is wrong.
    UsageError
        If a file of callable regions of another run lies in the folder of the output.
    """
    from archaictools.haplotypes.merge import merge_people
    from archaictools.io.files import StagedOutputs
    from archaictools.io.merge import Kind, kind_of_parts, merge_files
    from archaictools.io.summary import Summary

    del run  # joining uses one thread and no random numbers
    paths, summary = [path_of(part) for part in parts], Summary()
    with StagedOutputs() as outputs:
        target = outputs.stage(files.out)
        kind, filled = kind_of_parts(paths)
        people = kind is Kind.PEOPLE
        rows = merge_people(filled, target) if people else merge_files(filled, target, kind, tally=summary)
        regions = _merge_companions(paths, kind, files.out, outputs, summary)
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


def _merge_companions(
    paths: Sequence[Path], kind: Kind, out: Path, outputs: StagedOutputs, summary: Summary
) -> Path | None:
    """Join the callable regions in the folders of tables of segments; return the file, or None if there is none."""
    from archaictools.errors import UsageError
    from archaictools.haplotypes.callable_file import companion_of
    from archaictools.haplotypes.genes import is_segments
    from archaictools.io.merge import Kind, kind_of_parts, merge_files
    from archaictools.io.pipes import is_stream

    if kind is not Kind.TABLE or not is_segments(paths[0]):
        return None
    companions = [companion_of(path) for path in paths]
    lacking = [path for path, companion in zip(paths, companions, strict=True) if not companion.is_file()]
    if not lacking and not is_stream(out):
        regions = companion_of(out)
        found, filled = kind_of_parts(companions)
        merge_files(filled, outputs.stage(regions), found, tally=summary)
        return regions
    if len(lacking) < len(paths):
        reason = f"{out} has no folder to write them to"
        if lacking:
            reason = f"{lacking[0]} has no {companion_of(lacking[0]).name} in its folder"
        log.warning("callable regions are not joined: %s", reason)
    if not is_stream(out) and companion_of(out).exists():
        raise UsageError(
            "would be read as the callable regions of the output, but those of the parts are not joined",
            path=companion_of(out),
            remedy="remove it, or name another output",
        )
    return None
