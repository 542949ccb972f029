"""``archaictools merge``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from archaictools.cli.options import common, report
from archaictools.options import INPUT, OUTPUT

if TYPE_CHECKING:
    from pathlib import Path


log = logging.getLogger("archaictools")


@click.command("merge", short_help="Join predictions made part by part.")
@click.argument("parts", type=INPUT, nargs=-1, required=True)
@click.option("--out", type=OUTPUT, required=True, help="One file of the kind of the parts.")
@common
def command(*, parts: tuple[Path, ...], out: Path, threads: int, seed: int) -> None:
    """Join predictions that were made chromosome by chromosome.

    PARTS are bigWigs, tables, BED files or summaries of people of 'archaictools predict', all of one kind; no
    chromosome may be in two. Every value is checked. Summaries are added up: the result is that of one run over all.
    Tables of segments that have companions beside them (x.callable.bed beside x.tsv: what was read) come out with one.
    """
    from archaictools.api.merge import merge
    from archaictools.errors import UsageError
    from archaictools.haplotypes.callable_file import companion_of
    from archaictools.haplotypes.genes import is_segments
    from archaictools.io.files import StagedOutputs
    from archaictools.io.pipes import is_stream
    from archaictools.io.summary import Summary

    tally, joined = Summary(), None
    with StagedOutputs() as outputs:
        merged = merge(parts, outputs.stage(out), tally=tally)
        companions = [companion_of(part) for part in parts]
        lacking = [part for part, beside in zip(parts, companions, strict=True) if not beside.is_file()]
        segments = merged.kind == "table" and is_segments(parts[0])
        found = segments and len(lacking) < len(parts)
        if found and lacking:
            beside = companion_of(lacking[0]).name
            log.warning("what was read is not joined: %s has no %s beside it", lacking[0], beside)
        elif found and is_stream(out):
            log.warning("what was read is not joined: nothing can lie beside %s", out)
        elif found:
            joined = companion_of(out)
            merge(companions, outputs.stage(joined), tally=tally)
        if segments and not joined and not is_stream(out) and companion_of(out).exists():
            raise UsageError(
                "lies beside the output, for whose companion it would be taken, but what was read is not joined",
                path=companion_of(out),
                remedy="remove it, or name another output",
            )
    report(
        merged=f"{len(parts):,} {merged.kind} parts into {out}"
        + (f", {merged.empty_parts:,} of them empty" if merged.empty_parts else ""),
        **{"intervals" if merged.kind == "bigWig" else "rows": f"{merged.rows:,}"},
    )
    if joined:
        report(what_was_read=f"in {joined}")
    if tally.frame()["count"].sum():
        report(handled=tally.sentence())
