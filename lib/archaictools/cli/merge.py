"""``archaictools merge``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from archaictools.cli.options import INPUT, OUTPUT, common, report

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
    from archaictools.formats.files import Outputs
    from archaictools.formats.tally import Tally
    from archaictools.results.carriers import is_segments
    from archaictools.results.companion import companion_of
    from archaictools.results.merging import merge

    tally = Tally()
    with Outputs() as outputs:
        merged = merge(parts, outputs.stage(out), tally=tally)
        companions = [companion_of(part) for part in parts]
        lacking = [part for part, beside in zip(parts, companions, strict=True) if not beside.is_file()]
        joined = merged.kind == "table" and is_segments(parts[0]) and len(lacking) < len(parts)
        if joined and lacking:
            log.warning(
                "what was read is not joined: %s has no %s beside it", lacking[0], companion_of(lacking[0]).name
            )
        elif joined:
            merge(companions, outputs.stage(companion_of(out)), tally=tally)
    report(
        merged=f"{len(parts):,} {merged.kind} parts into {out}"
        + (f", {merged.empty_parts:,} of them empty" if merged.empty_parts else ""),
        **{"intervals" if merged.kind == "bigWig" else "rows": f"{merged.rows:,}"},
    )
    if joined and not lacking:
        report(what_was_read=f"{companion_of(out)}")
    if tally.frame()["count"].sum():
        report(handled=tally.sentence())
